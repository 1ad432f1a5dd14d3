"""Measured deviations against pictures whose every edge is known by construction."""

import json
from dataclasses import replace

import numpy as np
import pytest

from components.domain import Contour, Part, Pose
from components.geometry.transforms import similarity
from components.inspection.deviation import measured_part
from components.inspection.measuring.findings import Deviation
from components.inspection.measuring.laid_drawing import Ruler
from components.inspection.measuring.report import deviation_record
from components.inspection.measuring.tolerances import judged
from components.settings.measure import MeasureSettings
from tests.unit.inspection.pictures import coverage, picture
from tests.unit.inspection.shapes import bracket, posed
from tests.unit.strategies import part, rectangle, regular

SETTINGS = MeasureSettings.load()
SCALE = 4.0
POSE = posed(239.3, 180.6, 17.0, SCALE)
RULER = Ruler(px_per_mm=SCALE)


def with_holes(one: Part, *rings: np.ndarray) -> Part:
    """The part with other holes."""
    return replace(one, holes=tuple(Contour(ring) for ring in rings))


def measure(made: Part, should: Part | None = None, pose: Pose = POSE, **how) -> Deviation:
    """What is measured on a picture of a part as it was made."""
    return measured_part(picture(made, POSE, **how), should or bracket(), pose, SETTINGS, RULER)


def test_good_part_has_no_fault_and_every_edge_is_found():
    found = measure(bracket())
    assert found.faults == ()
    assert found.doubt == ""
    assert found.judged_share > 0.95
    assert [hole.state for hole in found.holes] == ["present", "present"]
    outline = found.contours[0]
    off = outline.deviation[outline.judged]
    # A tenth of a pixel is 0.025 mm here.
    assert np.median(np.abs(off)) < 0.025


@pytest.mark.parametrize("mirrored", [False, True])
def test_moved_hole_is_off_by_its_shift_within_the_uncertainty(mirrored):
    pose = posed(239.3, 180.6, 17.0, SCALE, mirrored)
    made = with_holes(bracket(), regular(64, 5.0, 26.6, -18.2), regular(64, 3.0, -27.0, 20.0))
    found = measured_part(picture(made, pose), bracket(), pose, SETTINGS, RULER)
    moved, still = found.holes
    assert moved.position is not None
    assert still.position is not None
    # A shift by (0.6, 0.8) mm.
    assert abs(moved.position.value - 1.0) <= moved.position.uncertainty
    assert abs(moved.position.value - 1.0) < 0.06
    assert still.position.value <= still.position.uncertainty
    assert [(fault.kind, fault.contour) for fault in found.faults] == [("misplaced_hole", 1)]


@pytest.mark.parametrize("by", [(1.8, 0.0), (-1.2, 1.3)])
def test_hole_that_moved_by_half_its_radius_keeps_its_width(by):
    # Along the normals of the drawn circle alone, the moved one would look narrower.
    moved = regular(64, 4.0, 26.0 + by[0], -19.0 + by[1])
    should = with_holes(bracket(), regular(64, 4.0, 26.0, -19.0), regular(64, 3.0, -27.0, 20.0))
    found = measure(with_holes(bracket(), moved, regular(64, 3.0, -27.0, 20.0)), should)
    hole = found.holes[0]
    assert hole.position is not None
    assert hole.size is not None
    assert hole.position.value == pytest.approx(np.hypot(*by), abs=0.1)
    assert abs(hole.size.value) < 0.15
    assert [(fault.kind, fault.contour) for fault in found.faults] == [("misplaced_hole", 1)]


@pytest.mark.parametrize("grown", [-1.2, 1.2])
def test_wrong_diameter_is_measured_with_its_sign(grown):
    made = with_holes(
        bracket(), regular(64, 5.0 + grown / 2, 26.0, -19.0), regular(64, 3.0, -27.0, 20.0)
    )
    found = measure(made)
    size = found.holes[0].size
    assert size is not None
    assert abs(size.value - grown) <= size.uncertainty
    assert [(fault.kind, fault.contour) for fault in found.faults] == [("wrong_diameter", 1)]


def test_missing_hole_is_told_by_its_number():
    found = measure(with_holes(bracket(), regular(64, 5.0, 26.0, -19.0)))
    assert [hole.state for hole in found.holes] == ["present", "missing"]
    assert [(fault.kind, fault.contour) for fault in found.faults] == [("missing_hole", 2)]


def test_hole_too_small_to_be_seen_is_not_called_missing():
    small = regular(32, 0.25, -5.0, -20.0)
    should = replace(bracket(), holes=(*bracket().holes, Contour(small)))
    for made in (should, bracket()):
        found = measure(made, should)
        assert found.holes[2].state != "missing"
        assert found.faults == ()


def test_extra_hole_is_told_with_its_place_and_diameter():
    made = replace(bracket(), holes=(*bracket().holes, Contour(regular(64, 1.5, -5.0, -20.0))))
    (fault,) = measure(made).faults
    assert fault.kind == "extra_hole"
    assert np.hypot(fault.at_mm[0] + 5.0, fault.at_mm[1] + 20.0) < 0.15
    assert fault.size.value == pytest.approx(3.0, abs=fault.size.uncertainty + 0.1)


def test_short_edge_is_told_with_its_depth():
    outline = bracket().outline.xy_mm.copy()
    outline[outline[:, 0] == 40.0, 0] = 39.0
    found = measure(replace(bracket(), outline=Contour(outline)))
    sides = [fault for fault in found.faults if fault.kind == "short_edge"]
    assert len(sides) == 1
    assert sides[0].size.value == pytest.approx(-1.0, abs=0.1)
    assert sides[0].at_mm == pytest.approx((40.0, -19.0), abs=1.0)


@pytest.mark.parametrize(("depth", "kind"), [(1.5, "burr"), (-1.5, "notch")])
def test_tooth_on_a_side_is_burr_or_notch(depth, kind):
    outline = bracket().outline.xy_mm
    tooth = np.array([(-6, -30), (-5.5, -30 - depth), (-3.5, -30 - depth), (-3, -30)], float)
    made = replace(bracket(), outline=Contour(np.vstack([outline[:1], tooth, outline[1:]])))
    (fault,) = measure(made).faults
    assert fault.kind == kind
    assert fault.size.value == pytest.approx(depth, abs=0.25)
    assert fault.at_mm == pytest.approx((-4.5, -30.0), abs=0.6)


def test_glare_on_the_face_is_no_fault():
    columns, rows = np.meshgrid(np.arange(480), np.arange(360))
    band = np.exp(-(((columns + rows - 420) / 30.0) ** 2))
    found = measure(bracket(), light=1 + 0.9 * band)
    assert found.doubt == ""
    assert found.faults == ()


def test_shadow_beside_the_part_is_no_fault():
    # The part's own shape, moved by 5 px: a hard shadow on two sides and in the holes.
    shadow = np.roll(coverage(bracket(), POSE), (5, 5), axis=(0, 1))
    found = measure(bracket(), light=1 - 0.5 * shadow * (1 - coverage(bracket(), POSE)))
    assert found.doubt == ""
    assert found.faults == ()


def test_pose_that_is_off_by_a_pixel_is_settled():
    pose = posed(240.0, 180.0, 17.2, SCALE * 1.002)
    found = measure(bracket(), pose=pose)
    assert found.faults == ()
    assert np.median(np.abs(found.contours[0].deviation)) < 0.03


def test_without_scale_lengths_are_pixels():
    made = with_holes(bracket(), regular(64, 5.6, 26.0, -19.0), regular(64, 3.0, -27.0, 20.0))
    found = measured_part(picture(made, POSE), bracket(), POSE, SETTINGS)
    size = found.holes[0].size
    assert found.unit == "px"
    assert found.scale is None
    assert size is not None
    assert size.value == pytest.approx(1.2 * SCALE, abs=0.4)


def test_given_scale_tells_a_part_that_is_too_long():
    long = part("bar", rectangle(81.0, 30.375))
    # Registration fits the scale to what it sees.
    pose = posed(239.3, 180.6, 17.0, SCALE * 81 / 80)
    found = measured_part(
        picture(long, POSE), part("bar", rectangle(80.0, 30.0)), pose, SETTINGS, RULER
    )
    assert found.scale is not None
    assert found.scale.value == pytest.approx(1.0, abs=0.05)


def test_part_of_the_ground_s_colour_is_doubted():
    found = measure(bracket(), face=(60.0, 70.0, 80.0), noise=4.0)
    assert found.doubt != ""
    assert found.faults == ()


def test_pose_beside_the_part_is_doubted():
    found = measure(bracket(), pose=posed(245.0, 186.0, 17.0, SCALE))
    assert found.doubt != ""


def test_what_another_object_covers_is_not_judged():
    image = picture(bracket(), POSE)
    others = np.zeros(image.shape[:2], bool)
    others[:, 330:] = True
    image[:, 330:] = (30, 200, 30)
    found = measured_part(image, bracket(), POSE, SETTINGS, RULER, others)
    outline = found.contours[0]
    hidden = outline.points_px[:, 0] > 332
    assert not outline.judged[hidden].any()
    assert outline.judged[outline.points_px[:, 0] < 328].mean() > 0.9
    assert found.faults == ()


def test_grey_picture_is_measured_like_a_coloured_one():
    image = picture(bracket(), POSE)
    grey = measured_part(image[..., 1].copy(), bracket(), POSE, SETTINGS, RULER)
    assert grey.faults == ()
    assert grey.judged_share > 0.95


def test_homography_of_the_pose_counts():
    lean = np.eye(3)
    lean[2, :2] = 2e-4, -1e-4
    matrix = similarity(239.3, 180.6, 0.3, SCALE) @ lean
    pose = replace(POSE, mm_to_px=matrix)
    found = measured_part(picture(bracket(), pose), bracket(), pose, SETTINGS, RULER)
    assert found.faults == ()
    assert found.doubt == ""


@pytest.mark.parametrize("seed", range(3))
def test_uncertainty_covers_the_error_of_holes(seed):
    """Of 6 measured lengths at most one may miss its 95 % interval."""
    found = measure(bracket(), noise=12.0, seed=seed)
    misses = 0
    for hole in found.holes:
        assert hole.position is not None
        assert hole.size is not None
        misses += hole.position.value > 1.3 * hole.position.uncertainty
        misses += abs(hole.size.value) > hole.size.uncertainty
    assert misses == 0


def test_wrong_inputs_are_refused():
    image = picture(bracket(), POSE)
    with pytest.raises(ValueError, match="uint8"):
        measured_part(image.astype(np.float32), bracket(), POSE, SETTINGS)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="others"):
        measured_part(image, bracket(), POSE, SETTINGS, others=np.zeros((3, 3), bool))


def test_any_pose_in_any_picture_gets_an_answer_and_none_of_them_a_verdict():
    """Poses beside the frame, parts of a pixel and of a thousand, noise, black, white."""
    rng = np.random.default_rng(7)
    for index in range(24):
        height, width = [(64, 64), (120, 300), (33, 17)][index % 3]
        noise = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
        image = [noise, np.zeros_like(noise), np.full_like(noise, 255)][index // 3 % 3]
        scale = float(np.exp(rng.uniform(np.log(0.02), np.log(20))))
        place = rng.uniform(-0.5, 1.5, 2) * (width, height)
        pose = Pose(*place.tolist(), rng.uniform(-3, 3), scale, bool(index % 2))
        others = rng.random((height, width)) < 0.5 if index % 2 else None
        found = measured_part(image, bracket(), pose, SETTINGS, Ruler(px_per_mm=scale), others)
        verdict = judged(found, SETTINGS.tolerances).verdict
        assert verdict == "cannot judge"
        json.dumps(deviation_record(found, judged(found, SETTINGS.tolerances)), allow_nan=False)
