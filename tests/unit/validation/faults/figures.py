"""Faults of whole splits and classes: planted in the figures, since few pictures show them."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd

from components.validation.statistics import Statistics

Edit = Callable[[pd.DataFrame], pd.DataFrame]


def pictures(statistics: Statistics, edit: Edit) -> Statistics:
    return replace(statistics, images=edit(statistics.images.copy()))


def objects(statistics: Statistics, edit: Edit) -> Statistics:
    return replace(statistics, annotations=edit(statistics.annotations.copy()))


def setting(column: str, values: object, split: str | None = None) -> Edit:
    """Return an edit that sets a column in the first row, or in all rows of a split."""

    def edit(table: pd.DataFrame) -> pd.DataFrame:
        table[column] = table[column].astype(object)
        rows = table.index[:1] if split is None else table.index[table["split"] == split]
        table.loc[rows, column] = values
        return table.infer_objects()

    return edit


def fewer(split: str, keep: int, label: str | None = None) -> Edit:
    """Return an edit that leaves so many rows of a split, or of a split's label."""

    def edit(table: pd.DataFrame) -> pd.DataFrame:
        chosen = table["split"] == split
        if label is not None:
            chosen &= table["label"] == label
        return table.drop(index=table.index[chosen][keep:])

    return edit


def shrink(area_px: int, rows: slice) -> Edit:
    """Return an edit that shows so many pixels of some objects; all else agrees with it."""

    def edit(table: pd.DataFrame) -> pd.DataFrame:
        places = table.index[rows]
        table.loc[places, "visible_fraction"] = area_px / table.loc[places, "whole_area_px"]
        table.loc[places, "area_px"] = area_px
        return table

    return edit


def hide(split: str) -> Edit:
    """Return an edit that shows three tenths of each object of a split."""

    def edit(table: pd.DataFrame) -> pd.DataFrame:
        rows = table["split"] == split
        table.loc[rows, "visible_fraction"] = 0.3
        return table

    return edit


def in_turn(table: pd.DataFrame, labels: tuple[int, int, int]) -> pd.DataFrame:
    """Leave so many discs in train, val and test."""
    for split, keep in zip(("train", "val", "test"), labels, strict=True):
        table = fewer(split, keep, "disc")(table)
    return table


def same_layout(table: pd.DataFrame) -> pd.DataFrame:
    table.at[table.index[10], "layout"] = table.at[table.index[0], "layout"]
    return table


FAULTS: dict[str, tuple[Callable[[Statistics], Statistics], str]] = {
    "column of pictures missing": (
        lambda s: pictures(s, lambda table: table.drop(columns="contrast")),
        "images/columns",
    ),
    "column of objects missing": (
        lambda s: objects(s, lambda table: table.drop(columns="x0_px")),
        "annotations/columns",
    ),
    "picture too narrow": (lambda s: pictures(s, setting("width_px", 40)), "images/width"),
    "picture too high": (lambda s: pictures(s, setting("height_px", 9000)), "images/height"),
    "layout in two splits": (lambda s: pictures(s, same_layout), "images/no-same-layouts"),
    "part too small": (lambda s: objects(s, shrink(3, slice(0, 1))), "annotations/area"),
    "box like a hair": (
        lambda s: objects(s, setting("side_ratio", 150.0)),
        "annotations/box-shape",
    ),
    "few pictures": (lambda s: pictures(s, fewer("val", 2)), "splits/images"),
    "many empty pictures": (lambda s: pictures(s, setting("parts", 0, "val")), "splits/empty"),
    "parts mostly hidden": (lambda s: objects(s, hide("val")), "splits/visible-median"),
    "dark split": (
        lambda s: pictures(s, setting("brightness", [25.0, 25.0, 25.0, 240.0], "val")),
        "splits/brightness-median",
    ),
    "one brightness only": (
        lambda s: pictures(s, setting("brightness", 90.0, "val")),
        "splits/brightness-spread",
    ),
    "split in other light": (
        lambda s: pictures(s, setting("brightness", [200.0, 205.0, 210.0, 215.0], "val")),
        "splits/brightness-shift",
    ),
    "blurred split": (
        lambda s: pictures(s, setting("sharpness", [2.0, 2.0, 2.0, 9000.0], "val")),
        "splits/sharpness-median",
    ),
    "split in other focus": (
        lambda s: pictures(s, setting("sharpness", 7000.0, "val")),
        "splits/sharpness-shift",
    ),
    "part rare in train": (
        lambda s: objects(s, fewer("train", 9, "disc")),
        "classes/count-train",
    ),
    "part rare in val": (lambda s: objects(s, fewer("val", 1, "disc")), "classes/count-val"),
    "part rare in test": (lambda s: objects(s, fewer("test", 1, "disc")), "classes/count-test"),
    "part rarer than others": (
        lambda s: objects(s, lambda t: in_turn(t, (10, 2, 2))),
        "classes/balance",
    ),
}
