"""Passwords and tokens: each stands alone in a file, never in the settings."""

from pathlib import Path

from components.errors import CameraError


def read_secret(path: Path | None, setting: str) -> str | None:
    """Return what a file with a password or token holds; None without a file.

    Raises:
        CameraError: If it cannot be read.
    """
    if path is None:
        return None
    try:
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise CameraError(
            f"{path}: cannot be read ({error.strerror}); correct {setting}"
        ) from error
