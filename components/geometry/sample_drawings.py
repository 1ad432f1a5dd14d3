"""The six drawings that ship with the project, drawn with ezdxf.

`python -m components.geometry.sample_drawings [FOLDER]` writes them again; without a folder into
`data/raw/dxf_templates`. They are typical 3 to 6 mm sheet parts, and between them hold what real
files hold:

    shaft_flange      LINE/ARC chain, CIRCLEs       pump shaft flange, four bolts
    shaft_flange_key  the same with one hole more   they differ by exactly this dowel hole
    cover_gasket      bulged LWPOLYLINE, ELLIPSE    rounded gasket with an oval port
    hinge_plate       mirrored INSERT, text layer   symmetric about x: half of it is a block
    wiper_spring      ARC chain, thin and curved    leaf 6 mm wide, 100 degrees of arc
    cam_lever         SPLINE outline, CIRCLEs       lever with a free-form back
"""

import math
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from ezdxf import units
from ezdxf.document import Drawing as Document
from ezdxf.filemanagement import new
from ezdxf.layouts.base import BaseLayout
from ezdxf.layouts.layout import Modelspace

from components.files import replacing

CUT = "CUT"
TEXT = "TEXT"

FLANGE_SIDE = 62.0
FLANGE_CORNER = 9.0
DOWEL = ((0.0, 23.5), 1.6)
"""Centre and radius of the one hole that tells the two flanges apart."""

SPRING_RADIUS, SPRING_WIDTH, SPRING_TURN_DEG = 66.0, 6.0, 100.0

LEVER_CONTROL = (
    (-40.0, -14.0), (-16.0, -20.0), (12.0, -15.0), (40.0, -16.0), (56.0, -8.0), (57.0, 6.0),
    (42.0, 13.0), (22.0, 6.0), (2.0, 12.0), (-18.0, 31.0), (-40.0, 29.0), (-57.0, 14.0),
    (-58.0, -6.0),
)  # fmt: skip
"""Control points of the lever's closed outline."""


def draw_flange(space: Modelspace) -> None:
    """Draw a square flange of lines and corner arcs with a bore and four bolt holes."""
    half, r = FLANGE_SIDE / 2, FLANGE_CORNER
    straight = half - r
    cut = {"layer": CUT}
    for quarter in range(4):
        turn = math.radians(90 * quarter)

        def turned(x: float, y: float, turn: float = turn) -> tuple[float, float]:
            """Return a point of the right edge on the edge of this quarter."""
            c, s = math.cos(turn), math.sin(turn)
            return x * c - y * s, x * s + y * c

        space.add_line(turned(half, -straight), turned(half, straight), dxfattribs=cut)
        centre = turned(straight, straight)
        space.add_arc(centre, r, 90 * quarter, 90 * quarter + 90, dxfattribs=cut)
        space.add_circle(turned(22.0, 22.0), 3.3, dxfattribs=cut)
    space.add_circle((0, 0), 14.0, dxfattribs=cut)


def draw_flange_with_key(space: Modelspace) -> None:
    """Draw the same flange with a dowel hole more."""
    draw_flange(space)
    centre, radius = DOWEL
    space.add_circle(centre, radius, dxfattribs={"layer": CUT})


def draw_gasket(space: Modelspace) -> None:
    """Draw a rounded gasket, 96 x 58 mm, with an oval port, two ears' holes and two bolts."""
    bulge = math.tan(math.radians(90) / 4)
    w, h, r = 48.0, 29.0, 12.0
    corners = [
        (w - r, -h, bulge), (w, -h + r, 0.0), (w, h - r, bulge), (w - r, h, 0.0),
        (-w + r, h, bulge), (-w, h - r, 0.0), (-w, -h + r, bulge), (-w + r, -h, 0.0),
    ]  # fmt: skip
    cut = {"layer": CUT}
    space.add_lwpolyline(corners, format="xyb", close=True, dxfattribs=cut)
    space.add_ellipse((-9.0, 0.0), major_axis=(22.0, 0.0), ratio=0.7, dxfattribs=cut)
    slot = [(27.0, -7.0, 0.0), (35.0, -7.0, 1.0), (35.0, 7.0, 0.0), (27.0, 7.0, 1.0)]
    space.add_lwpolyline(slot, format="xyb", close=True, dxfattribs=cut)
    for x, y in ((-38.0, 19.0), (38.0, 19.0), (38.0, -19.0), (-38.0, -19.0)):
        space.add_circle((x, y), 2.75, dxfattribs=cut)


def draw_hinge(space: Modelspace) -> None:
    """Draw a hinge plate, 84 x 50 mm: its left half is the mirrored INSERT of its right half."""
    document = space.doc
    half = document.blocks.new("HINGE_HALF")
    _draw_hinge_half(half)
    space.add_blockref("HINGE_HALF", (0, 0), dxfattribs={"layer": CUT})
    space.add_blockref("HINGE_HALF", (0, 0), dxfattribs={"layer": CUT, "xscale": -1.0})
    # The hole off the axis tells the back from the front.
    space.add_circle((-9.0, -6.0), 4.0, dxfattribs={"layer": CUT})
    space.add_text("HP-84  t=3  S235", height=3.5, dxfattribs={"layer": TEXT}).set_placement(
        (-20.0, -33.0)
    )


def _draw_hinge_half(block: BaseLayout) -> None:
    """Draw the half at x >= 0: an open chain from (0, 25) down to (0, -25), and two holes."""
    path = [(0.0, 25.0), (8.0, 25.0), (8.0, 15.0), (20.0, 15.0), (20.0, 25.0), (36.0, 25.0)]
    for start, end in pairwise(path):
        block.add_line(start, end)
    block.add_arc((36.0, 19.0), 6.0, 0.0, 90.0)
    block.add_line((42.0, 19.0), (42.0, -17.0))
    block.add_arc((34.0, -17.0), 8.0, 270.0, 360.0)
    block.add_line((34.0, -25.0), (0.0, -25.0))
    block.add_circle((31.0, -14.0), 3.2)
    block.add_circle((31.0, 6.0), 3.2)


def draw_spring(space: Modelspace) -> None:
    """Draw a thin arched leaf: two long arcs, round ends, a small hole in one end."""
    inner, outer = SPRING_RADIUS - SPRING_WIDTH / 2, SPRING_RADIUS + SPRING_WIDTH / 2
    first, last = 90 - SPRING_TURN_DEG / 2, 90 + SPRING_TURN_DEG / 2
    cut = {"layer": CUT}
    space.add_arc((0, 0), outer, first, last, dxfattribs=cut)
    space.add_arc((0, 0), inner, first, last, dxfattribs=cut)
    ends = [
        (SPRING_RADIUS * math.cos(a), SPRING_RADIUS * math.sin(a))
        for a in (math.radians(first), math.radians(last))
    ]
    space.add_arc(ends[0], SPRING_WIDTH / 2, first + 180, first + 360, dxfattribs=cut)
    space.add_arc(ends[1], SPRING_WIDTH / 2, last, last + 180, dxfattribs=cut)
    space.add_circle(ends[1], 1.5, dxfattribs=cut)


def draw_lever(space: Modelspace) -> None:
    """Draw a cam lever: a free-form outline of one closed spline, a bore, a pin and a slot."""
    spline = space.add_spline(dxfattribs={"layer": CUT})
    spline.set_closed([(x, y, 0.0) for x, y in LEVER_CONTROL], degree=3)
    cut = {"layer": CUT}
    space.add_circle((-36.0, 8.0), 9.0, dxfattribs=cut)
    space.add_circle((44.0, -2.0), 4.25, dxfattribs=cut)
    slot = [(-6.0, -10.0, 0.0), (14.0, -10.0, 1.0), (14.0, -4.0, 0.0), (-6.0, -4.0, 1.0)]
    space.add_lwpolyline(slot, format="xyb", close=True, dxfattribs=cut)


SAMPLES: dict[str, Callable[[Modelspace], None]] = {
    "cam_lever": draw_lever,
    "cover_gasket": draw_gasket,
    "hinge_plate": draw_hinge,
    "shaft_flange": draw_flange,
    "shaft_flange_key": draw_flange_with_key,
    "wiper_spring": draw_spring,
}
"""Name of the file without its suffix -> what draws it."""


def sample_document(name: str) -> Document:
    """Return one of the drawings as a document in millimetres.

    Args:
        name: Key of `SAMPLES`.
    """
    document = new("R2000", units=units.MM)
    document.layers.add(CUT, color=7)
    document.layers.add(TEXT, color=3)
    SAMPLES[name](document.modelspace())
    return document


def write_samples(folder: Path) -> list[Path]:
    """Write the six drawings into a folder; return their paths."""
    paths = [folder / f"{name}.dxf" for name in SAMPLES]
    for name, path in zip(SAMPLES, paths, strict=True):
        with replacing(path) as partial:
            sample_document(name).saveas(partial)
    return paths


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("data/raw/dxf_templates")
    for written in write_samples(target):
        print(written)
