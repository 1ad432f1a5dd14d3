import math
from pathlib import Path

import numpy as np
import pytest

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawing
from components.geometry.sample_drawings import SAMPLES, write_samples
from components.settings.drawings import DrawingSettings

SHIPPED = Path(__file__).parents[3] / "data" / "raw" / "dxf_templates"
SETTINGS = DrawingSettings.load()


def circle(radius):
    return math.pi * radius**2


FLANGE = 62**2 - (4 - math.pi) * 9**2
FLANGE_HOLES = circle(14) + 4 * circle(3.3)
FIGURES = {
    "shaft_flange": (FLANGE, FLANGE_HOLES, 5),
    "shaft_flange_key": (FLANGE, FLANGE_HOLES + circle(1.6), 6),
    "cover_gasket": (
        96 * 58 - (4 - math.pi) * 12**2,
        math.pi * 22 * 15.4 + 8 * 14 + circle(7) + 4 * circle(2.75),
        6,
    ),
    "hinge_plate": (
        84 * 50 - 2 * 12 * 10 - 2 * (1 - math.pi / 4) * (6**2 + 8**2),
        4 * circle(3.2) + circle(4),
        5,
    ),
    "wiper_spring": (math.radians(100) / 2 * (69**2 - 63**2) + circle(3), circle(1.5), 1),
}
"""Area of the outline, area of the holes and their number, by formula."""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    return {path.stem: path for path in write_samples(tmp_path_factory.mktemp("samples"))}


@pytest.mark.parametrize("name", FIGURES)
def test_sample_has_the_areas_of_its_formula(drawn, name):
    (part,) = read_drawing(drawn[name], SETTINGS).parts
    outer, holes, count = FIGURES[name]
    assert outline_area(part) == pytest.approx(outer, rel=5e-4)
    assert hole_area(part) == pytest.approx(holes, rel=1e-3)
    assert len(part.holes) == count


@pytest.mark.parametrize("name", SAMPLES)
def test_shipped_file_is_what_the_script_draws(drawn, name):
    shipped, fresh = (
        read_drawing(SHIPPED / f"{name}.dxf", SETTINGS),
        read_drawing(drawn[name], SETTINGS),
    )
    assert shipped.verdict == fresh.verdict == "accepted"
    assert shipped.kept == fresh.kept
    (one,), (other,) = shipped.parts, fresh.parts
    assert np.array_equal(one.outline.xy_mm, other.outline.xy_mm)
    assert all(
        np.array_equal(a.xy_mm, b.xy_mm) for a, b in zip(one.holes, other.holes, strict=True)
    )
    assert 30 <= max(one.size_mm) <= 150


def test_samples_hold_every_kind_of_entity(drawn):
    kinds = set()
    for path in drawn.values():
        drawing = read_drawing(path, SETTINGS)
        kinds |= {count.entity for count in drawing.kept + drawing.dropped}
    assert kinds >= {"LINE", "ARC", "CIRCLE", "LWPOLYLINE", "SPLINE", "ELLIPSE", "TEXT"}
