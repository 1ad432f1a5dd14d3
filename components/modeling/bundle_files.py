"""The files of a bundle and their hashes.

A *bundle* is a folder with everything a model needs to answer: `card.json`, `model.onnx`,
`model.int8.onnx`,
`parts.json` and `golden/`. Its *manifest* lists the SHA-256 of every file by its path inside the
bundle, so that a copy that was cut short, changed or added to is found before it is used.
"""

import json
import lzma
import tarfile
from pathlib import Path

from components.errors import ModelError
from components.files import file_sha256, write_json

PARTS_NAME = "parts.json"
GOLDEN_FOLDER = "golden"
EXPECTED_NAME = "expected.json"
"""In the golden folder: what the model must say about its pictures."""

TRUTH_NAME = "truth.json"
"""In the golden folder: what is true about its pictures; bundles of older versions lack it."""

MANIFEST_NAME = "manifest.json"
BENTO_RECORD_NAME = "model.yaml"
"""BentoML writes this beside the bundle's files in its store."""


def manifest_of(bundle: Path) -> dict[str, str]:
    """Return the SHA-256 of each file of a bundle by its path inside it."""
    own = {MANIFEST_NAME, BENTO_RECORD_NAME}
    names = {path.relative_to(bundle).as_posix() for path in bundle.rglob("*") if path.is_file()}
    return {name: file_sha256(bundle / name) for name in sorted(names - own)}


def write_manifest(bundle: Path, manifest: dict[str, str]) -> None:
    """Write the manifest into the bundle."""
    write_json(bundle / MANIFEST_NAME, manifest)


def fault_of(bundle: Path) -> str | None:
    """Say what differs between a bundle's files and its manifest; None if nothing does."""
    file = bundle / MANIFEST_NAME
    try:
        wanted = json.loads(file.read_bytes())
        found = manifest_of(bundle)
    except (OSError, ValueError) as error:
        return f"{file}: cannot be read as a manifest ({error})"
    if not isinstance(wanted, dict):
        return f"{file}: expected a table of hashes, got {type(wanted).__name__}"
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            return (
                f"{bundle / name}: expected SHA-256 {wanted.get(name, '(not in the manifest)')}, "
                f"found {found.get(name, '(no such file)')}"
            )
    return None


def unpack(file: Path, folder: Path) -> None:
    """Unpack an exported model and check the hash of each of its files.

    BentoML's own import follows names such as `../../elsewhere` out of the folder.

    Args:
        file: The export.
        folder: An empty one.

    Raises:
        ModelError: If the file is no export, was cut short or changed, or cannot be unpacked.
    """
    try:
        with tarfile.open(file, "r:xz") as packed:
            packed.extractall(folder, filter="data")
    except (EOFError, tarfile.TarError, lzma.LZMAError) as error:
        raise ModelError(
            f"{file}: cannot be read as an exported model ({type(error).__name__}: {error}); "
            "export it again with `dxfvision models export`"
        ) from error
    except OSError as error:
        raise ModelError(
            f"{file}: cannot be unpacked into {folder} ({error}); see that the file is there and "
            "that the disk has room"
        ) from error
    if fault := fault_of(folder):
        raise ModelError(f"{file}: {fault}; export it again")


def require_hash(path: Path, wanted: str, advice: str) -> None:
    """Check a file against the hash on the card beside it, before anything is loaded from it.

    Args:
        path: The file.
        wanted: Its SHA-256 as the card says.
        advice: What to do if it is missing or another.

    Raises:
        ModelError: If it is missing or another.
    """
    if not path.is_file():
        raise ModelError(f"{path}: is missing beside its card; {advice}")
    found = file_sha256(path)
    if found != wanted:
        raise ModelError(f"{path}: has the SHA-256 {found}, its card says {wanted}; {advice}")
