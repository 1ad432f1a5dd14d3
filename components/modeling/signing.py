"""Signatures of exported models: who made a file, checked before anything is read from it.

`parts.bentomodel.sig` stands beside `parts.bentomodel`:

    {"algorithm": "ed25519", "key": "3f2a...", "signature": "base64"}

Signed is the SHA-256 of the file's bytes behind a prefix that says what the signature is for. Keys
are PEM files as `openssl genpkey -algorithm ed25519` makes them; `key` is the SHA-256 of the raw
public key and only helps to tell which one is meant.
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import ModelError
from components.files import file_sha256, write_bytes, write_json

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

SUFFIX = ".sig"
ALGORITHM = "ed25519"
_PREFIX = b"dxfvision exported model\n"


def make_keys(private: Path, public: Path) -> None:
    """Write a new pair of keys; only its owner may read the private one.

    Raises:
        ModelError: If one of the files is there already: an older signature may need it.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        PublicFormat,
    )

    for path in (private, public):
        if path.exists():
            raise ModelError(f"{path}: is there already; name another file")
    key = Ed25519PrivateKey.generate()
    private.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    write_bytes(
        public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )


def sign(file: Path, private: Path) -> Path:
    """Write the signature of a file beside it and return its path.

    Args:
        file: What is signed.
        private: PEM file with the private key, not encrypted.

    Raises:
        ModelError: If the key cannot be used.
    """
    key = _private_key(private)
    record = {
        "algorithm": ALGORITHM,
        "key": _name(key.public_key()),
        "signature": base64.b64encode(key.sign(_message(file))).decode(),
    }
    target = signature_of(file)
    write_json(target, record)
    return target


def signature_of(file: Path) -> Path:
    """Return where the signature of a file stands."""
    return file.with_name(file.name + SUFFIX)


def require_signature(file: Path, trusted: Sequence[Path]) -> Path:
    """Return the key that signed a file.

    Args:
        file: What is signed.
        trusted: PEM files with public keys; one of them must have signed.

    Raises:
        ModelError: If there is no signature, it is damaged, or none of the keys made it.
    """
    from cryptography.exceptions import InvalidSignature

    signature = _read_signature(file)
    message = _message(file)
    for path in trusted:
        try:
            _public_key(path).verify(signature, message)
        except InvalidSignature:
            continue
        return path
    names = ", ".join(str(path) for path in trusted)
    raise ModelError(
        f"{file}: its signature is of none of the trusted keys ({names}), or the file was changed "
        "after it was signed; get it again from whom you trust"
    )


def _read_signature(file: Path) -> bytes:
    path = signature_of(file)
    try:
        record = json.loads(path.read_bytes())
        if record["algorithm"] != ALGORITHM:
            raise ModelError(f"{path}: expected {ALGORITHM}, got {record['algorithm']!r}")
        return base64.b64decode(record["signature"], validate=True)
    except FileNotFoundError as error:
        raise ModelError(
            f"{path}: is missing, only signed models are taken here; export it with --key, or "
            "remove trusted_keys from release_config.yaml"
        ) from error
    except (OSError, ValueError, KeyError, TypeError, binascii.Error) as error:
        raise ModelError(f"{path}: cannot be read as a signature ({error})") from error


def _message(file: Path) -> bytes:
    try:
        return _PREFIX + bytes.fromhex(file_sha256(file))
    except OSError as error:
        raise ModelError(f"{file}: cannot be read ({error.strerror})") from error


def _private_key(path: Path) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise ModelError(f"{path}: cannot be read as a private key in PEM ({error})") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise ModelError(f"{path}: expected an Ed25519 key; make one with `dxfvision models keys`")
    return key


def _public_key(path: Path) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a public key in PEM ({error})") from error
    if not isinstance(key, Ed25519PublicKey):
        raise ModelError(f"{path}: expected an Ed25519 key; make one with `dxfvision models keys`")
    return key


def _name(key: "Ed25519PublicKey") -> str:
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]
