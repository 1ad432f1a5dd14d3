"""Figures of matplotlib as files, the same bytes for the same input."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from components.files import replacing

DPI = 110

WITHOUT_DATE = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}


def saved(figure: Figure, out: Path) -> Path:
    """Write a figure in the format that the ending of the name says.

    Args:
        figure: What to write.
        out: PNG or SVG file.

    Returns:
        `out`.
    """
    kind = out.suffix.removeprefix(".")
    # Names inside an SVG file follow from its content; its text needs no font of the reader's.
    style = mpl.rc_context({"svg.hashsalt": "dxfvision", "svg.fonttype": "path"})
    with replacing(out) as partial, style:
        figure.savefig(partial, format=kind, metadata=WITHOUT_DATE[kind])
    return out
