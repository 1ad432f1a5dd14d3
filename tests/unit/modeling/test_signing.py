"""Signatures, also against what openssl makes and checks."""

import base64
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from components.errors import ModelError
from components.modeling.signing import make_keys, require_signature, sign, signature_of


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    private, public = tmp_path / "mine.pem", tmp_path / "mine.pub.pem"
    make_keys(private, public)
    return private, public


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "parts.bentomodel"
    path.write_bytes(b"a model")
    return path


def test_own_signature_is_accepted_and_tells_the_key(
    keys: tuple[Path, Path], file: Path, tmp_path: Path
) -> None:
    private, public = keys
    make_keys(tmp_path / "other.pem", tmp_path / "other.pub.pem")
    assert sign(file, private) == tmp_path / "parts.bentomodel.sig"
    assert require_signature(file, [tmp_path / "other.pub.pem", public]) == public


def test_private_key_is_readable_by_its_owner_alone(keys: tuple[Path, Path]) -> None:
    assert keys[0].stat().st_mode & 0o777 == 0o600


def test_existing_key_is_not_overwritten(keys: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"mine\.pem: is there already"):
        make_keys(keys[0], tmp_path / "new.pub.pem")


def test_wrong_key_and_changed_file_are_refused(
    keys: tuple[Path, Path], file: Path, tmp_path: Path
) -> None:
    private, public = keys
    sign(file, private)
    make_keys(tmp_path / "other.pem", tmp_path / "other.pub.pem")
    with pytest.raises(ModelError, match="of none of the trusted keys"):
        require_signature(file, [tmp_path / "other.pub.pem"])
    file.write_bytes(b"a modeL")
    with pytest.raises(ModelError, match="or the file was changed"):
        require_signature(file, [public])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"\.sig: is missing, only signed models are taken"),
        ("{", "cannot be read as a signature"),
        ("[]", "cannot be read as a signature"),
        ('{"algorithm": "none", "signature": ""}', "expected ed25519, got 'none'"),
        ('{"algorithm": "ed25519", "signature": "%%%"}', "cannot be read as a signature"),
        ('{"algorithm": "ed25519", "signature": ""}', "of none of the trusted keys"),
    ],
    ids=["none", "no JSON", "no table", "another algorithm", "no base64", "empty"],
)
def test_signature_that_says_nothing_is_refused(
    keys: tuple[Path, Path], file: Path, content: str | None, message: str
) -> None:
    if content is not None:
        signature_of(file).write_text(content)
    with pytest.raises(ModelError, match=message):
        require_signature(file, [keys[1]])


def test_keys_of_another_kind_are_refused(file: Path, tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = tmp_path / "ec.pem", tmp_path / "ec.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(ModelError, match="expected an Ed25519 key"):
        sign(file, private)
    signature_of(file).write_text('{"algorithm": "ed25519", "signature": "AAAA"}')
    with pytest.raises(ModelError, match="expected an Ed25519 key"):
        require_signature(file, [public])
    with pytest.raises(ModelError, match="cannot be read as a public key"):
        require_signature(file, [file])


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_makes_the_keys_and_checks_the_signature(file: Path, tmp_path: Path) -> None:
    private, public = tmp_path / "o.pem", tmp_path / "o.pub.pem"
    openssl("genpkey", "-algorithm", "ed25519", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)
    record = json.loads(sign(file, private).read_text())
    assert require_signature(file, [public]) == public
    message, raw = tmp_path / "message", tmp_path / "raw"
    message.write_bytes(b"dxfvision exported model\n" + hashlib.sha256(b"a model").digest())
    raw.write_bytes(base64.b64decode(record["signature"]))
    openssl(
        "pkeyutl", "-verify", "-pubin", "-inkey", public, "-rawin", "-in", message, "-sigfile", raw
    )


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
