"""Models from box to box: one file, hash-checked, and signed where a box asks for it."""

from collections.abc import Sequence
from pathlib import Path

from components.home import Home
from components.modeling.registry import ModelRegistry, ModelVersion
from components.modeling.signing import require_signature, sign
from components.settings.release import ReleaseSettings


def export_version(home: Home, version: str, file: Path, key: Path | None) -> list[Path]:
    """Write a version to a file that another box can import.

    Args:
        home: Whose registry.
        version: Name of the version, or its first letters.
        file: Where to; its name gets the registry's suffix if it has another.
        key: Private key that signs it; None for no signature.

    Returns:
        The file, and its signature if it was signed.

    Raises:
        ModelError: If the version is unknown or damaged, or the key cannot be used.
    """
    written = ModelRegistry(home.registry).export(version, file)
    return [written] if key is None else [written, sign(written, key)]


def import_version(
    home: Home, file: Path, trusted: Sequence[Path] = ()
) -> tuple[ModelVersion, Path | None]:
    """Register the version in an exported file; it does not serve before it is promoted.

    The signature is checked first: nothing of a file that is not trusted is unpacked.

    Args:
        home: Whose registry and settings.
        file: What `export_version` wrote.
        trusted: Public keys beside those of the settings.

    Returns:
        The version, and the key that had signed it; None where no key is trusted.

    Raises:
        ModelError: If a trusted key is set and none of them signed the file, or if it is damaged.
    """
    keys = [*trusted, *ReleaseSettings.load(home.configs).trusted_keys]
    signer = require_signature(file, keys) if keys else None
    return ModelRegistry(home.registry).import_file(file), signer
