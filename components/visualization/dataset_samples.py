"""Pictures of a dataset that say most about it: a spread of all, and the hardest ones.

*Hardness* of an object is told from the truth alone, before any network: the mean of its ranks, 0
easy to 1 hard, in how little of it shows, how small it is, and how little contrast its picture has.
That of a picture is its hardest part's.
"""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.dataset.manifest import read_manifest
from components.domain import Sample
from components.home import Home
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.validation.measurements import picture_figures
from components.visualization.contact_sheet import label_colours, tiled, with_labels

Picture = NDArray[np.uint8]

LIGHT = ("brightness", "contrast", "grey_range", "sharpness", "saturated_share")
"""Columns of the pictures' table that describe light and focus."""


def sample_sheet(
    home: Home, pictures: int = 12, columns: int = 4, labelled: bool = True
) -> Picture:
    """Return pictures spread evenly over the dataset, with their labels laid over.

    Args:
        home: Where the dataset lies.
        pictures: At most so many.
        columns: Side by side.
        labelled: Whether masks, boxes, names and axes are drawn.

    Returns:
        RGB, shape (H, W, 3), uint8.

    Raises:
        DatasetError: If the manifest is damaged.
        ImageError: If a picture cannot be read.
    """
    samples = list(read_manifest(home.manifest))
    chosen = np.unique(np.linspace(0, len(samples) - 1, min(pictures, len(samples))).astype(int))
    return _sheet(home, [samples[place] for place in chosen], columns, labelled)


def hardest_parts(images: pd.DataFrame, annotations: pd.DataFrame, count: int = 12) -> pd.DataFrame:
    """Return the hardest part of each of the hardest pictures, hardest first.

    Args:
        images: Columns `image` and `contrast`.
        annotations: Columns `image`, `label`, `split`, `is_part`, `visible_fraction`, `area_px`.
        count: How many pictures.

    Returns:
        Columns `image`, `split`, `label`, `visible_fraction`, `area_px`, `contrast`, `hardness`.

    Examples:
        >>> images = pd.DataFrame({"image": ["a", "b"], "contrast": [40.0, 10.0]})
        >>> parts = pd.DataFrame({"image": ["a", "a", "b"], "label": ["x", "y", "x"],
        ...     "split": "train", "is_part": True, "visible_fraction": [1.0, 0.9, 0.2],
        ...     "area_px": [900, 800, 50]})
        >>> hardest_parts(images, parts)[["image", "label"]].to_numpy().tolist()
        [['b', 'x'], ['a', 'y']]
    """
    parts = annotations[annotations["is_part"].astype(bool)]
    table = parts.merge(images[["image", "contrast"]], on="image")
    easy = [table[name].rank(pct=True) for name in ("visible_fraction", "area_px", "contrast")]
    table["hardness"] = 1.0 - sum(easy) / len(easy)
    hardest = table.sort_values("hardness", ascending=False, kind="stable")
    shown = ["image", "split", "label", "visible_fraction", "area_px", "contrast", "hardness"]
    return hardest.drop_duplicates("image")[shown].head(count).reset_index(drop=True)


def pictures_sheet(home: Home, images: Sequence[str], columns: int = 4) -> Picture:
    """Return pictures with their labels, in the order of their names.

    Args:
        home: Where the dataset lies.
        images: Paths below the home folder, as the tables have them.
        columns: Side by side.

    Returns:
        RGB, shape (H, W, 3), uint8.

    Raises:
        ValueError: If none of them is in the manifest.
    """
    wanted = set(images)
    found = {str(s.image): s for s in read_manifest(home.manifest) if str(s.image) in wanted}
    return _sheet(home, [found[image] for image in images if image in found], columns, True)


def real_figures(paths: Sequence[Path]) -> pd.DataFrame:
    """Return the figures of photographs, measured as those of generated pictures are.

    Args:
        paths: Picture files.

    Returns:
        One row a file: `image` and the columns of the pictures' table on light and focus.

    Raises:
        ImageError: If one cannot be read.
    """
    rows = []
    for path in paths:
        grey = cv2.cvtColor(read_picture(path, TRUSTED_MAX_PIXELS), cv2.COLOR_RGB2GRAY)
        figures = picture_figures(np.asarray(grey, np.uint8))
        rows.append({"image": str(path)} | figures)
    return pd.DataFrame(rows, columns=["image", *LIGHT])


def unlike_shares(generated: pd.DataFrame, real: pd.DataFrame) -> pd.DataFrame:
    """Return for each figure what share of real pictures lies outside the generated ones.

    Args:
        generated: The pictures' table of a dataset.
        real: What `real_figures` returns.

    Returns:
        One row a figure: `generated from`, `generated to` (the middle 98 %), `real median`, and
        `real outside`, 0 to 1. A large share says that training does not see such pictures.

    Examples:
        >>> generated = pd.DataFrame({"brightness": np.arange(101.0)})
        >>> real = pd.DataFrame({"brightness": [50.0, 200.0]})
        >>> unlike_shares(generated, real).loc["brightness"].tolist()
        [1.0, 99.0, 125.0, 0.5]
    """
    rows = {}
    for name in (each for each in LIGHT if each in generated):
        low, high = generated[name].quantile([0.01, 0.99])
        inside = real[name].between(low, high)
        outside = 1.0 - float(inside.mean()) if len(real) else float("nan")
        rows[name] = [low, high, real[name].median(), outside]
    columns = ["generated from", "generated to", "real median", "real outside"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def _sheet(home: Home, samples: Sequence[Sample], columns: int, labelled: bool) -> Picture:
    colours = label_colours(sorted({a.label for sample in samples for a in sample.annotations}))
    drawn = []
    for sample in samples:
        rgb = read_picture(home.root / sample.image, TRUSTED_MAX_PIXELS)
        bgr = np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), np.uint8)
        drawn.append(with_labels(bgr, sample, colours) if labelled else bgr)
    sheet = tiled(drawn, columns)
    return np.asarray(cv2.cvtColor(sheet, cv2.COLOR_BGR2RGB), np.uint8)
