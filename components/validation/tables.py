"""Turns what was measured into the tables that the suites judge.

A value that means nothing because of another fault is taken out, so that each fault fails the
check that names it and no other; the measured tables keep every value.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import ks_2samp

from components.domain import SPLITS
from components.validation.measurements import THUMBNAIL_PX
from components.validation.rows import PICTURES
from components.validation.statistics import Statistics

EXACT_KS_GROUPS = 100
"""Above so many groups on both sides the asymptotic p-value is exact enough, and fast."""

ALIKE_RMS = 10.0
"""Pictures that differ by less show the same things in the same places."""

FARTHEST_RMS = 255.0
"""Two layouts cannot differ by more."""

CHUNK = 512


def checked_tables(statistics: Statistics) -> dict[str, pd.DataFrame]:
    """Return the table of each suite by its name."""
    return {
        "files": statistics.files,
        "images": _images(statistics.images),
        "annotations": _annotations(statistics.annotations, statistics.labels),
        "splits": _splits(statistics),
        "groups": _shared(statistics.images, "group"),
        "grounds": _shared(statistics.images, "ground"),
        "classes": _classes(statistics.annotations, statistics.labels),
    }


def _images(measured: pd.DataFrame) -> pd.DataFrame:
    """Return the pictures with what can be judged of each.

    A picture without an object may be an empty belt or a backlight: uniform and still right. In a
    picture of a single grey level brightness and sharpness say nothing more.
    """
    table = measured.drop(columns=list(PICTURES))
    has_objects = (measured["parts"] + measured["others"]) > 0
    uniform = measured["grey_range"] == 0
    for column in ("grey_range", "saturated_share"):
        table[column] = measured[column].where(has_objects)
    table["sharpness"] = measured["sharpness"].where(has_objects & ~uniform)
    table["brightness"] = measured["brightness"].where(~(has_objects & uniform))
    table["saturated_share"] = table["saturated_share"].where(~uniform)
    double = measured["pixels_sha256"].duplicated(keep=False)
    judged = has_objects & ~uniform & ~double & measured["thumbnail"].notna()
    table["look_alike_rms"] = look_alike_rms(measured[judged], "thumbnail").reindex(table.index)
    # One small object lies in the same place sooner or later.
    several = measured["parts"] + measured["others"] > 1
    laid = judged & several & measured["layout"].notna()
    # A picture that is there twice is told as such, and not as a layout that is.
    laid &= ~(table["look_alike_rms"] < ALIKE_RMS)
    table["layout_rms"] = look_alike_rms(measured[laid], "layout").reindex(table.index)
    if not several.any():
        # Scenes of single objects by the settings: there are no layouts, and none leaks.
        table.loc[judged, "layout_rms"] = FARTHEST_RMS
    return table


def look_alike_rms(images: pd.DataFrame, column: str) -> "pd.Series[float]":
    """Return how much each picture differs from the most similar one of another split.

    Args:
        images: With `split` and the column.
        column: Of `THUMBNAIL_PX` squared levels each, 0 to 255.

    Returns:
        RMS difference in grey levels; NaN where no other split has a picture.
    """
    thumbnails = _thumbnails(images[column])
    splits = images["split"].to_numpy(dtype=str)
    rms = np.full(len(images), np.nan)
    for split in np.unique(splits):
        others = thumbnails[splits != split]
        if not len(others):
            continue
        for rows in _chunks(np.flatnonzero(splits == split)):
            rms[rows] = _nearest_rms(thumbnails[rows], others)
    return pd.Series(rms, index=images.index)


def _thumbnails(stored: "pd.Series[bytes]") -> NDArray[np.float32]:
    """Return thumbnails, shape (N, pixels), with mid grey at 0."""
    flat = np.frombuffer(b"".join(stored), dtype=np.uint8)
    return flat.reshape(len(stored), THUMBNAIL_PX**2).astype(np.float32) - np.float32(128)


def _chunks(rows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return row numbers in pieces that bound the memory of a distance table."""
    return [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]


def _nearest_rms(left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the RMS difference of each row on the left from its nearest row on the right."""
    nearest = np.argmin((right**2).sum(axis=1) - 2 * left @ right.T, axis=1)
    mean_square: NDArray[np.float32] = np.mean((left - right[nearest]) ** 2, axis=1)
    return np.sqrt(mean_square)


def _annotations(measured: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return the objects with what can be judged of each."""
    table = measured.copy()
    is_part = measured["is_part"].astype(bool)
    table["label_known"] = ~is_part | measured["label"].isin(labels)
    table["part_area_px"] = measured["area_px"].where(is_part)
    table["part_visible_fraction"] = measured["visible_fraction"].where(is_part)
    bound = measured["area_px"] / measured["whole_area_px"]
    possible = measured["visible_fraction"].between(0, 1) & measured["area_error_px"].eq(0)
    table["fraction_excess"] = (measured["visible_fraction"] - bound).where(possible)
    table["box_error_px"] = measured["box_error_px"].where(measured["box_inside"].astype(bool))
    coco, polygon = measured["coco_label"], measured["coco_polygon_label"]
    coco_right = (coco == measured["label"]) & ((polygon == coco) | polygon.isna())
    table["coco_label_agrees"] = coco_right.where(coco.notna() & table["label_known"], None)
    # Of two objects with one number neither can be found in the instance mask.
    twice = measured.duplicated(["image", "instance_id"], keep=False)
    table["mask_iou"] = measured["mask_iou"].where(~twice)
    yolo_right = measured["yolo_label"] == measured["coco_label"]
    table["yolo_label_agrees"] = yolo_right.where(coco_right & measured["yolo_label"].notna(), None)
    return table


def _splits(statistics: Statistics) -> pd.DataFrame:
    """Return one row a split: how many pictures, how bright, how sharp, which class names."""
    table = statistics.splits.copy()
    images = statistics.images
    by_split = {split: images[images["split"] == split] for split in SPLITS}
    rows = [by_split[split] for split in table["split"]]
    table["images"] = [len(part) for part in rows]
    table["empty_share"] = [(part["parts"] == 0).mean() if len(part) else np.nan for part in rows]
    parts = statistics.annotations[statistics.annotations["is_part"].astype(bool)]
    fractions = parts.groupby("split")["visible_fraction"].median()
    table["visible_median"] = table["split"].map(fractions)
    for column in ("brightness", "sharpness"):
        table[f"{column}_median"] = [part[column].median() for part in rows]
        low, high = ([part[column].quantile(q) for part in rows] for q in (0.05, 0.95))
        table[f"{column}_spread"] = np.subtract(high, low)
        table[f"{column}_shift_p"] = [_shift_p(images, split, column) for split in table["split"]]
    return table


def _shift_p(images: pd.DataFrame, split: str, column: str) -> float:
    """Return the p-value that a split's pictures come from where the others come from.

    Pictures of one group share light and background, so a group counts as one observation.

    References:
        Hodges, "The significance probability of the Smirnov two-sample test", 1958.
    """
    means = images.groupby(["split", "group"])[column].mean().dropna()
    inside = means.index.get_level_values("split") == split
    here, there = means[inside].to_numpy(), means[~inside].to_numpy()
    if not len(here) or not len(there):
        return float("nan")
    method = "asymp" if min(len(here), len(there)) > EXACT_KS_GROUPS else "exact"
    return float(ks_2samp(here, there, method=method).pvalue)


def _shared(images: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return one row a group of scenes, or a ground: its splits and its number of pictures."""
    known = images[images["split"].isin(SPLITS)]  # others are a fault of their own
    grouped = known.groupby(column, as_index=False).agg(
        split_count=("split", "nunique"),
        splits=("split", lambda splits: ", ".join(sorted(set(splits)))),
        images=("index", "count"),
    )
    return pd.DataFrame(grouped)


def _classes(annotations: pd.DataFrame, labels: Sequence[str]) -> pd.DataFrame:
    """Return one row a part: its objects in all and in each split, its share against the mean.

    Of a part that is nowhere only that is said.
    """
    counts = pd.crosstab(annotations["label"], annotations["split"])
    counts = counts.reindex(index=list(labels), columns=list(SPLITS), fill_value=0)
    table = pd.DataFrame({"label": list(labels), "total": counts.sum(axis=1).to_numpy()})
    seen = table["total"] > 0
    for split in SPLITS:
        table[split] = pd.Series(counts[split].to_numpy()).where(seen)
    factor = table["total"].where(seen) / table["total"][seen].mean()
    table["imbalance"] = np.maximum(factor, 1 / factor)
    return table
