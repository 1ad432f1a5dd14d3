"""Charts of drawings: every part to one scale, and pairs that look alike laid on each other."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path as Outline
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.laying import Lay
from components.modeling.model_card import DrawingSimilarity, LookAlike
from components.visualization.figure_files import DPI

COLUMNS = 6
MOST_PARTS = 60
MOST_PAIRS = 12
FILL, EDGE = "#b9cfe4", "#1c3d5a"
FIRST, SECOND, MARK = "#3867a8", "#d08a1d", "#d02020"


def parts_figure(parts: Sequence[Part]) -> Figure:
    """Draw every part with its size, each in a square of its own scale, and its holes' number.

    Args:
        parts: The first `MOST_PARTS` are drawn.
    """
    shown = parts[:MOST_PARTS]
    columns = min(COLUMNS, max(len(shown), 1))
    rows = max(-(-len(shown) // columns), 1)
    figure = Figure(figsize=(2.2 * columns, 2.5 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, part in zip(grid.flat, shown, strict=False):
        axes.add_patch(PathPatch(outline_of(part), facecolor=FILL, edgecolor=EDGE, linewidth=1))
        _frame(axes, part)
        width, height = part.size_mm
        holes = f"{len(part.holes)} hole{'' if len(part.holes) == 1 else 's'}"
        title = f"{part.name}\n{width:.0f} x {height:.0f} mm, {holes}"
        axes.set_title(title, fontsize="small")
    return figure


def look_alikes_figure(parts: Sequence[Part], similarity: DrawingSimilarity) -> Figure | None:
    """Draw pairs that a camera could confuse, the second on the first, with what differs ringed.

    Args:
        parts: The drawings.
        similarity: What their comparison found; its first `MOST_PAIRS` pairs are drawn.

    Returns:
        None if no two look alike.
    """
    named = {part.name: part for part in parts}
    pairs = [p for p in similarity.pairs if p.first in named and p.second in named][:MOST_PAIRS]
    if not pairs:
        return None
    columns = min(3, len(pairs))
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(4.2 * columns, 3.4 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, pair in zip(grid.flat, pairs, strict=False):
        _draw_pair(axes, named[pair.first], named[pair.second], pair)
    return figure


def outline_of(part: Part, matrix: NDArray[np.float64] | None = None) -> Outline:
    """Return outline and holes of a part as one path, mm with y up.

    Args:
        part: Which.
        matrix: Shape (2, 2), applied to every point; None leaves them.
    """
    turn = np.eye(2) if matrix is None else matrix
    # Holes go the other way round: what is drawn fills where turns do not cancel.
    rings = [part.outline.xy_mm @ turn.T, *(hole.xy_mm[::-1] @ turn.T for hole in part.holes)]
    closed = [np.vstack([ring, ring[:1]]) for ring in rings]
    codes = [
        [Outline.MOVETO] + [Outline.LINETO] * (len(ring) - 2) + [Outline.CLOSEPOLY]
        for ring in closed
    ]
    return Outline(np.vstack(closed), np.concatenate(codes))


def _draw_pair(axes: Axes, first: Part, second: Part, pair: LookAlike) -> None:
    matrix = Lay(pair.angle_deg, 0.0, 0.0, pair.scale, pair.mirrored).matrix()
    laid = outline_of(second, matrix)
    laid = Outline(laid.vertices + np.array([pair.x_mm, pair.y_mm]), laid.codes)
    for path, colour in ((outline_of(first), FIRST), (laid, SECOND)):
        axes.add_patch(PathPatch(path, facecolor=colour, edgecolor=colour, alpha=0.35))
    if pair.feature is not None:
        radius = max(0.7 * pair.feature.width_mm, 0.04 * max(first.size_mm))
        place = (pair.feature.x_mm, pair.feature.y_mm)
        axes.add_patch(Circle(place, radius, fill=False, edgecolor=MARK, linewidth=2))
    half = 0.54 * np.array(first.size_mm)
    axes.set(xlim=(-half[0], half[0]), ylim=(-half[1], half[1]), aspect="equal")
    needs = f"\nneeds {pair.feature.px_per_mm:.2f} px per mm" if pair.feature else ""
    title = f"{pair.first} / {pair.second}\n{pair.relation}, IoU {pair.iou:.4f}{needs}"
    axes.set_title(title, fontsize="small")


def _frame(axes: Axes, part: Part) -> None:
    half = 0.56 * max(part.size_mm)
    axes.set(xlim=(-half, half), ylim=(-half, half), aspect="equal")
