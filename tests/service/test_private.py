"""A real service with tokens and TLS."""

import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from components.serving.access import new_token
from components.serving.client import AnswerError, Client
from components.serving.launch import running_service
from components.settings.serve import TlsSettings, TokenHashes
from tests.bundles import encoded, scene

pytestmark = pytest.mark.service
PICTURE = encoded(scene(), "JPEG")


def self_signed(folder: Path) -> TlsSettings:
    """A certificate of our own for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "dxfvision test")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files = TlsSettings(certificate=folder / "cert.pem", key=folder / "key.pem")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return files


def test_service_with_certificate_and_tokens(home, settings, tmp_path):
    token, token_sha256 = new_token()
    access = settings.access.model_copy(
        update={"tokens": TokenHashes(predict=(token_sha256,), operate=())}
    )
    tls = self_signed(tmp_path)
    private = settings.model_copy(update={"workers": 1, "access": access, "tls": tls})
    with running_service(home, private) as url:
        assert url.startswith("https://")
        with Client(url, token, verify=tls.certificate) as client:
            assert len(client.predict(PICTURE).detections) == 2
        with Client(url, "guess", verify=tls.certificate) as client:
            assert client.ready().status == "ready"
            with pytest.raises(AnswerError, match="access token") as refused:
                client.predict(PICTURE)
            assert refused.value.body.status == 401
