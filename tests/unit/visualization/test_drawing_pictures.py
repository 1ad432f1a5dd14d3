import re
from pathlib import Path

import numpy as np
import pytest
from shapely import Polygon

from components.domain import Part
from components.geometry.drawing import Drawing, Gap
from components.geometry.resemblance import Resemblance
from components.geometry.similarity import similarity_report
from components.visualization.drawing_pictures import (
    FLATTEST,
    MAX_MARKED,
    NARROW_PX,
    WIDE_PX,
    overlay_of,
    picture_of,
)
from tests.unit.strategies import mirrored_part, part, plate_with_hole, rectangle, regular


def drawing(one: Part, *gaps: Gap) -> Drawing:
    return Drawing(
        file=Path("plate.dxf"), verdict="accepted", parts=(one,), mm_per_unit=25.4, gaps=gaps,
        centres=((10.0, 20.0),),
    )  # fmt: skip


def rings(path):
    """Contours of an SVG path, y up again."""
    return [
        np.array(ring.split(), dtype=float).reshape(-1, 2) * (1, -1)
        for ring in re.findall("M([^Z]*)Z", path)
    ]


def area(path):
    outline, *holes = rings(path)
    return Polygon(outline, holes).area


def test_path_is_the_part_with_y_down():
    one = plate_with_hole(x=-20, y=5)
    picture = picture_of(1, drawing(one), 0, "")
    assert area(picture.path) == pytest.approx(6000 - np.pi * 25, rel=2e-3)
    assert rings(picture.path)[1].mean(axis=0) == pytest.approx([-20, 5], abs=0.2)
    # Half the part and 6 % of its longer side on every side.
    assert [float(v) for v in picture.view.split()] == pytest.approx([-56, -36, 112, 72])
    assert picture.size_px == (NARROW_PX, round(NARROW_PX * 72 / 112))


def test_gaps_are_marked_where_they_are_on_the_part():
    gaps = Gap(0.1, 10.0 + 50 / 25.4, 20.0 - 30 / 25.4), Gap(0.1, 90.0, 20.0)
    picture = picture_of(1, drawing(plate_with_hole(), *gaps), 0, "")
    # The other one is on another part.
    assert picture.gaps == (pytest.approx((50, 30)),)


@pytest.mark.parametrize(("width", "height"), [(1000, 3), (3, 1000)])
def test_slender_parts_have_room_for_marks(width, height):
    sides = picture_of(1, drawing(part("bar", rectangle(width, height))), 0, "").size_px
    assert (max(sides), min(sides)) == (NARROW_PX, NARROW_PX * FLATTEST)


def test_number_stands_in_a_wide_hole_and_beside_a_narrow_one():
    one = part("p", rectangle(100, 60), regular(64, 8, 20, 0), regular(32, 0.5, -20, 0))
    wide, narrow = picture_of(1, drawing(one), 0, "").holes
    assert wide.label == pytest.approx((20, 0), abs=0.1)
    assert narrow.label[0] > -20 + 0.5
    assert narrow.label[1] < -0.5
    assert [hole.across_mm for hole in (wide, narrow)] == pytest.approx([16, 1], rel=0.01)


def test_numbers_that_would_hide_others_and_too_many_are_left_out():
    near = [regular(16, 0.2, x, 0) for x in (0, 0.6, 1.2)]
    picture = picture_of(1, drawing(part("p", rectangle(100, 60), *near)), 0, "")
    assert [hole.label is not None for hole in picture.holes] == [True, False, False]
    many = [regular(8, 0.2, x, y) for x in range(-40, 40, 4) for y in range(-20, 20, 4)]
    assert len(many) > MAX_MARKED
    picture = picture_of(1, drawing(part("p", rectangle(100, 60), *many)), 0, "")
    assert picture.holes == ()
    assert max(picture.size_px) == WIDE_PX


@pytest.mark.parametrize("mirrored", [False, True])
def test_second_part_is_laid_on_the_first(mirrored):
    one = plate_with_hole("a", x=-20, y=5)
    other = mirrored_part(one, "b") if mirrored else Part("b", one.outline, one.holes)
    pair: Resemblance = similarity_report([one, other]).pairs[0]
    overlay = overlay_of(one, (3, 7), pair)
    a, b, c, d, e, f = map(float, re.findall(r"[-+.\de]+", overlay.transform))
    x, y = other.holes[0].xy_mm.mean(axis=0)
    laid = a * x + c * -y + e, b * x + d * -y + f
    assert laid == pytest.approx((-20, -5), abs=0.05)
    assert (overlay.first, overlay.second, overlay.mark) == (3, 7, None)
