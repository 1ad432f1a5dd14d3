"""What stands out of an outline: a burr is material that ends; a shadow or a pattern is neither."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from components.domain import Contour
from components.inspection.deviation import measured_part
from components.inspection.measuring.edge_search import Band
from components.inspection.measuring.features import soft_px
from components.inspection.measuring.findings import Deviation
from components.inspection.measuring.laid_drawing import Ruler
from components.inspection.measuring.standing_out import ending
from components.inspection.measuring.tolerances import judged
from components.settings.measure import MeasureSettings
from tests.unit.inspection.pictures import coverage, picture
from tests.unit.inspection.shapes import bracket, posed

SETTINGS = MeasureSettings.load()
SCALE = 4.0
POSE = posed(239.3, 180.6, 17.0, SCALE)
FACE = (190.0, 180.0, 170.0)


def measured(image: np.ndarray) -> Deviation:
    return measured_part(image, bracket(), POSE, SETTINGS, Ruler(px_per_mm=SCALE))


def line_towards_the_part(width_px: float, face: tuple[float, float, float] = FACE) -> np.ndarray:
    """A bracket and a printed line of its colour on the ground, from its side to the frame."""
    image = picture(bracket(), POSE, noise=0.0, blur_px=0.01)
    matrix = POSE.mm_to_px if POSE.mm_to_px is not None else np.eye(3)
    ends = [matrix @ (x, y, 1.0) for x, y in ((-4.5, -29.0), (-9.0, -90.0))]
    (x0, y0), (x1, y1) = ((end[:2] / end[2]) for end in ends)
    drawn = image.copy()
    cv2.line(drawn, (round(x0), round(y0)), (round(x1), round(y1)), face, round(width_px))
    drawn[coverage(bracket(), POSE) > 0.5] = np.array(face)
    drawn = cv2.GaussianBlur(drawn, (0, 0), 0.8).astype(np.float64)
    noise = np.random.default_rng(1).normal(0, 3.0, drawn.shape)
    return np.clip(np.rint(drawn + noise), 0, 255).astype(np.uint8)


def test_printed_line_of_the_part_s_colour_is_no_burr_and_leaves_the_part_open():
    found = measured(line_towards_the_part(8))
    assert [fault.kind for fault in found.faults] == []
    assert {fault.kind for fault in found.unclear} <= {"burr"}
    tolerances = SETTINGS.tolerances.model_copy(update={"burr": 1.0, "notch": 2.0, "outline": 1.0})
    answer = judged(found, tolerances, layers=())
    assert answer.verdict != "not ok"
    if found.unclear:
        assert answer.verdict == "cannot judge"
        assert "shadow" in answer.reason


@pytest.mark.parametrize("depth", [1.25, 2.0, 3.0])
def test_burr_of_the_part_s_material_is_told(depth):
    outline = bracket().outline.xy_mm
    half = 0.75 * depth
    tooth = np.array([(-4.5 - half, -30), (-4.5 - 0.8 * half, -30 - depth)], float)
    back = (-9.0, 0.0) - tooth[::-1] * (1, -1)
    made = replace(bracket(), outline=Contour(np.vstack([outline[:1], tooth, back, outline[1:]])))
    found = measured(picture(made, POSE))
    (fault,) = found.faults
    assert fault.kind == "burr"
    assert fault.size.value == pytest.approx(depth, abs=0.3)
    assert found.unclear == ()


def test_shadow_that_begins_along_a_side_is_no_burr():
    # Darkness between the dark part's and the ground's colour, from no width to 6 px.
    dark = (40.0, 42.0, 45.0)
    share = coverage(bracket(), POSE)
    shadow = np.zeros_like(share)
    for shift in range(1, 7):
        moved = np.roll(share, (shift, shift // 2), axis=(0, 1))
        columns = np.arange(share.shape[1]) > 180 + 25 * shift
        shadow = np.maximum(shadow, moved * columns)
    light = 1 - 0.62 * shadow * (1 - share)
    found = measured(picture(bracket(), POSE, face=dark, ground=(150.0, 140.0, 120.0), light=light))
    assert [fault.kind for fault in found.faults if fault.kind in ("burr", "notch")] == []


def band(share: np.ndarray, edge_px: np.ndarray) -> Band:
    places = np.arange(-8, 9) * 0.5
    seen = np.full(len(edge_px), 4.0)
    return Band(
        places, share.astype(np.float32), edge_px, edge_px - 0.5, edge_px + 0.5, (seen, seen)
    )


def test_material_that_reaches_the_end_of_what_is_seen_does_not_end():
    places = np.arange(-8, 9) * 0.5
    share = np.tile(places < 0, (40, 1)).astype(float)
    share[10:14] = places < 2.0
    share[30:34] = 1.0
    edge = np.zeros(40)
    edge[10:14] = edge[30:34] = 2.0
    ends = ending(band(share, edge), burr=True)
    assert ends[10:14].all()
    assert not ends[30:34].any()
    assert ends[:10].all()


def test_line_that_leaves_at_an_angle_does_not_end_either_even_across_the_seam():
    places = np.arange(-8, 9) * 0.5
    share = np.tile(places < 0, (40, 1)).astype(float)
    for column, place in enumerate(places):
        if place >= 0:
            share[(38 + column // 2 + np.arange(4)) % 40, column] = 1.0
    edge = np.zeros(40)
    rows = (42 + np.arange(4)) % 40
    edge[rows] = 1.5
    assert not ending(band(share, edge), burr=True)[rows].all()


def test_ground_that_goes_through_the_part_is_no_notch_that_ends():
    places = np.arange(-8, 9) * 0.5
    share = np.tile(places < 0, (40, 1)).astype(float)
    share[5:9] = places < -2.0
    share[20:24] = 0.0
    edge = np.zeros(40)
    edge[5:9] = edge[20:24] = -2.0
    ends = ending(band(share, edge), burr=False)
    assert ends[5:9].all()
    assert not ends[20:24].any()


def test_edge_is_soft_by_what_exceeds_the_blur_of_the_picture():
    one = band(np.zeros((5, 17)), np.array([0.0, 0.0, 3.0, 0.0, 0.0]))
    wide = replace(one, inner_px=np.array([-0.5, -0.5, 0.0, -0.5, -0.5]))
    all_wide = replace(one, edge_px=np.zeros(5), outer_px=np.full(5, 1.5))
    first, second, *_ = soft_px([wide, all_wide, one, one])
    assert first[0].tolist() == [0.0, 0.0, 2.5, 0.0, 0.0]
    assert first[1].tolist() == [0.0] * 5
    assert second[1].tolist() == [1.0] * 5
