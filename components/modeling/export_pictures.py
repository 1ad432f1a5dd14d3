"""Which pictures of the dataset an export uses for what."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from components.dataset.manifest import read_manifest
from components.domain import Sample, Split
from components.errors import DatasetError
from components.home import Home
from components.settings.train import ExportSettings


@dataclass(frozen=True, slots=True, eq=False)
class ExportPictures:
    """Which samples of the dataset the export uses for what.

    Attributes:
        calibration: They give int8 its scales.
        compared: Figures are of these alone: of the validation split, and where that is small of
            the others, too.
        golden: Some of them travel with the model.
    """

    calibration: Sequence[Sample]
    compared: Sequence[Sample]
    golden: Sequence[Sample]

    @classmethod
    def of(cls, home: Home, settings: ExportSettings) -> Self:
        """Return the samples; a split of one picture is used twice."""
        samples = list(read_manifest(home.manifest))
        held_out = _of_split(samples, "val", home)
        count = min(settings.calibration_pictures, max(len(held_out) // 2, 1))
        places = set(np.linspace(0, len(held_out) - 1, count).astype(int).tolist())
        rest = [sample for place, sample in enumerate(held_out) if place not in places]
        tested = _of_split(samples, "test", home)
        learned = [sample for sample in samples if sample.split == "train"]
        return cls(
            calibration=[held_out[place] for place in sorted(places)],
            compared=[*(rest or held_out), *tested, *learned][: settings.parity_pictures],
            golden=tested,
        )


def _of_split(samples: Sequence[Sample], split: Split, home: Home) -> list[Sample]:
    found = [sample for sample in samples if sample.split == split]
    if not found:
        raise DatasetError(
            f"{home.manifest}: has no sample of the split {split}; generate a larger dataset"
        )
    return found
