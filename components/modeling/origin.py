"""What a training saw; kept with its weights, so that a model's card says it of the right ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.domain import Part
from components.errors import DatasetError
from components.files import file_sha256, fingerprint
from components.geometry.parts_file import part_record
from components.home import Home


@dataclass(frozen=True, slots=True)
class Origin:
    """Dataset and drawings of a training.

    Attributes:
        dataset: SHA-256 of the dataset's manifest; of a stream, the hash of what its scenes
            depend on.
        drawings: Hash of the parts, whatever their order.
        streamed: Whether the scenes were made while the network learned.
    """

    dataset: str
    drawings: str
    streamed: bool = False


def origin_of(home: Home, parts: Sequence[Part]) -> Origin:
    """Return what a training in this home folder would see now.

    Raises:
        DatasetError: If there is no dataset.
    """
    if not home.manifest.is_file():
        raise DatasetError(f"{home.manifest}: is missing; generate a dataset first")
    return Origin(file_sha256(home.manifest), drawings_hash(parts))


def drawings_hash(parts: Sequence[Part]) -> str:
    """Return the hash of parts, whatever their order."""
    return fingerprint([part_record(part) for part in sorted(parts, key=lambda part: part.name)])
