"""Things that end on a day: a certificate, a calibration."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from components.inspection.camera.calibration import Calibration
from components.settings.measure import BoardSettings


def certificate(folder: Path, days: float) -> tuple[Path, Path]:
    """Write a self-signed certificate that expires in so many days, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=100))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    file, key_file = folder / "box.pem", folder / "box.key"
    file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return file, key_file


def calibration(days: float) -> Calibration:
    """Return a calibration that holds for so many days from now."""
    unit = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    now = datetime.now(UTC)
    return Calibration(
        camera="belt-1",
        created=now - timedelta(days=30),
        expires=now + timedelta(days=days),
        width_px=640,
        height_px=480,
        pictures=1,
        corners=24,
        lens=False,
        camera_matrix=unit,
        distortion=(0.0, 0.0, 0.0, 0.0, 0.0),
        plane=unit,
        lift=None,
        px_per_mm=2.0,
        residual_px=0.1,
        residual_mm=0.05,
        worst_mm=0.1,
        board=BoardSettings(columns=7, rows=5, square_mm=20.0, marker_mm=12.0),
        versions={},
    )
