"""Histograms and bars as numbers that the page draws as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from components.domain import SPLITS

BINS = 28


@dataclass(frozen=True, slots=True)
class Series:
    """The bars of one split.

    Attributes:
        name: The split.
        count: Number of values.
        heights: One a bin, 0 to 1; each split has its own scale, so that small splits are seen.
    """

    name: str
    count: int
    heights: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """One quantity, split by split over the same bins.

    Attributes:
        title: The quantity and its unit.
        low: Left end of the first bin.
        high: Right end of the last bin.
        series: One for each split that has a value.
    """

    title: str
    low: float
    high: float
    series: tuple[Series, ...]


def histogram(title: str, values: "pd.Series[float]", splits: "pd.Series[str]") -> Histogram:
    """Return the histogram of one quantity for each split.

    Examples:
        >>> h = histogram("x", pd.Series([0.0, 1.0, 1.0]), pd.Series(["train"] * 3))
        >>> h.low, h.high, h.series[0].count, h.series[0].heights[0], h.series[0].heights[-1]
        (0.0, 1.0, 3, 0.5, 1.0)
    """
    numbers = pd.to_numeric(values).astype(float)
    known = numbers[np.isfinite(numbers)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    series = []
    for split in SPLITS:
        part = known[splits.reindex(known.index) == split]
        if len(part):
            counts, _ = np.histogram(part, bins=BINS, range=(low, max(high, low + 1e-9)))
            heights = tuple(float(height) for height in counts / counts.max())
            series.append(Series(split, len(part), heights))
    return Histogram(title, low, high, tuple(series))


def dataset_histograms(images: pd.DataFrame, annotations: pd.DataFrame) -> tuple[Histogram, ...]:
    """Return the histograms of a dataset that tell most about it."""
    parts = annotations[annotations["is_part"].astype(bool)]
    return (
        histogram("Brightness, mean grey level", images["brightness"], images["split"]),
        histogram(
            "Sharpness, log10 of the Laplacian's variance",
            np.log10(pd.to_numeric(images["sharpness"]).clip(lower=0.01)),
            images["split"],
        ),
        histogram("Parts in a picture", images["parts"], images["split"]),
        histogram(
            "Visible fraction of parts not wholly seen",
            parts["visible_fraction"][parts["visible_fraction"] < 1],
            parts["split"],
        ),
        histogram(
            "Size of a part, root of its visible pixels",
            np.sqrt(pd.to_numeric(parts["area_px"])),
            parts["split"],
        ),
        histogram(
            "Contrast, standard deviation of grey levels", images["contrast"], images["split"]
        ),
    )


@dataclass(frozen=True, slots=True)
class ClassBar:
    """How often one part is seen.

    Attributes:
        label: The part.
        counts: Objects in each split, in the order of `SPLITS`.
        widths: The same against the commonest part, 0 to 1.
    """

    label: str
    counts: tuple[int, ...]
    widths: tuple[float, ...]


def class_bars(annotations: pd.DataFrame, labels: Sequence[str]) -> tuple[ClassBar, ...]:
    """Return how often each part is seen in each split."""
    counts = pd.crosstab(annotations["label"], annotations["split"])
    counts = counts.reindex(index=list(labels), columns=list(SPLITS), fill_value=0)
    most = max(int(counts.sum(axis=1).max()), 1) if len(counts) else 1
    return tuple(
        ClassBar(label, tuple(int(n) for n in row), tuple(int(n) / most for n in row))
        for label, row in zip(labels, counts.to_numpy(), strict=True)
    )
