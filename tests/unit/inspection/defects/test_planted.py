"""Planted faults against areas worked out by hand."""

import json
import math

import numpy as np
import pytest

from components.domain import Part
from components.errors import ModelError
from components.geometry.contours import hole_area, outline_area
from components.geometry.transforms import pose_matrix, transformed
from components.inspection.defects.bench import CurvePoint, Share, disturbed, smallest_found
from components.inspection.defects.planted import KINDS, with_defect, with_hole
from components.inspection.measuring.visible import smallest_mm, smallest_px
from components.modeling.defect_card import defect_lines, read_defects
from tests.unit.inspection.shapes import bracket, disc, posed
from tests.unit.strategies import part, plate_with_hole, rectangle, regular


def material(one: Part) -> float:
    return outline_area(one) - hole_area(one)


@pytest.mark.parametrize("size", [0.5, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_burr_and_notch_change_the_area_by_their_trapezium(size, seed):
    # Sides of 1.5 and 1.2 sizes, one size high.
    area = 1.35 * size**2
    for kind, sign in (("burr", 1), ("notch", -1)):
        made = with_defect(np.random.default_rng(seed), bracket(), kind, size)
        assert made is not None
        assert material(made) - material(bracket()) == pytest.approx(sign * area, rel=0.1)
        assert len(made.holes) == 2


@pytest.mark.parametrize("seed", range(4))
def test_short_edge_takes_a_strip_off_one_side(seed):
    made = with_defect(np.random.default_rng(seed), part("bar", rectangle(80, 30)), "short_edge", 2)
    assert made is not None
    # Only the sides of 80 mm are long enough.
    assert material(made) == pytest.approx(80 * 28)


@pytest.mark.parametrize("seed", range(4))
def test_wrong_diameter_changes_one_hole(seed):
    made = with_defect(np.random.default_rng(seed), plate_with_hole(), "wrong_diameter", 2.0)
    assert made is not None
    widths = [2 * math.sqrt(hole_area(made) / math.pi)]
    assert abs(widths[0] - 10.0) == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("seed", range(4))
def test_misplaced_hole_keeps_its_shape_at_another_place(seed):
    made = with_defect(np.random.default_rng(seed), plate_with_hole(), "misplaced_hole", 2.0)
    assert made is not None
    moved = made.holes[0].xy_mm.mean(axis=0) - plate_with_hole().holes[0].xy_mm.mean(axis=0)
    assert math.hypot(*moved) == pytest.approx(2.0, abs=0.01)
    assert hole_area(made) == pytest.approx(hole_area(plate_with_hole()))
    # Its diameter is 10 mm: farther than to its rim it is not moved.
    assert with_defect(np.random.default_rng(0), plate_with_hole(), "misplaced_hole", 5.1) is None


def test_extra_hole_is_round_and_inside():
    made = with_defect(np.random.default_rng(1), plate_with_hole(), "extra_hole", 3.0)
    assert made is not None
    assert len(made.holes) == 2
    extra = made.holes[1].xy_mm
    assert np.hypot(*(extra - extra.mean(axis=0)).T) == pytest.approx(1.5)
    assert np.abs(extra).max(axis=0) == pytest.approx([50, 30], abs=50)
    assert (np.abs(extra) < (50, 30)).all()


def test_missing_hole_is_one_of_the_wanted_size():
    made = with_defect(np.random.default_rng(1), bracket(), "missing_hole", 6.0)
    assert made is not None
    assert hole_area(made) == pytest.approx(hole_area(bracket()) - 9 * math.pi, rel=0.01)
    assert with_defect(np.random.default_rng(1), bracket(), "missing_hole", 1.0) is None


def test_faults_without_room_are_none():
    small = part("small", rectangle(4, 4), regular(32, 1.0))
    assert with_hole(np.random.default_rng(1), small, 3.0) is None
    assert with_defect(np.random.default_rng(1), disc(), "short_edge", 1.0) is None


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_makes_the_same_fault(kind):
    size = 6.0 if kind == "missing_hole" else 1.0
    first, second = (with_defect(np.random.default_rng(5), bracket(), kind, size) for _ in range(2))
    assert first is not None
    assert second is not None
    assert np.array_equal(first.outline.xy_mm, second.outline.xy_mm)
    with pytest.raises(ValueError, match="above 0"):
        with_defect(np.random.default_rng(5), bracket(), kind, 0.0)


def test_wilson_interval_is_that_of_the_textbook():
    # 95 % interval of 0 of 10: 0 to z² / (10 + z²).
    low, high = Share(0, 10).interval
    assert low == 0.0
    assert high == pytest.approx(1.959964**2 / (10 + 1.959964**2))
    assert Share(0, 0).interval == (0.0, 1.0)


def point(size: float, count: int) -> CurvePoint:
    return CurvePoint(size, Share(count, 10), Share(count, 10), Share(0, 10))


def test_smallest_size_is_that_from_which_on_all_are_found():
    points = [point(0.5, 10), point(1.0, 4), point(2.0, 9), point(3.0, 10)]
    assert smallest_found(points, 0.9) == 2.0
    assert smallest_found(points[:2], 0.9) is None


def test_disturbed_pose_is_off_by_about_the_noise_at_the_rim():
    rng, pose = np.random.default_rng(3), posed(200, 150, 30, 4.0)
    ring = bracket().outline.xy_mm
    off = [
        np.hypot(
            *(
                transformed(ring, pose_matrix(disturbed(rng, pose, bracket(), 0.4)))
                - transformed(ring, pose_matrix(pose))
            ).T
        ).mean()
        for _ in range(200)
    ]
    assert 0.2 < np.mean(off) < 0.6


def record(**changes) -> dict:
    share = {"count": 1, "of": 2, "share": 0.5, "low": 0.1, "high": 0.9}
    kinds = [("burr", 0.5), ("notch", None)]
    return {
        "format": "dxfvision-defects-1", "px_per_mm": 4.0, "seed": 0, "least_detection": 0.9,
        "false_alarms": share, "doubt": share,
        "kinds": [
            {"kind": kind, "smallest_mm": size,
             "points": [{"size_mm": 0.5, "found": share, "named": share, "doubt": share}]}
            for kind, size in kinds
        ],
    } | changes  # fmt: skip


def test_own_benchmark_wins_over_the_shipped_figures(tmp_path):
    path = tmp_path / "curve.json"
    assert smallest_px(path, {"burr": 5.0}) == {"burr": 5.0}
    path.write_text(json.dumps(record()))
    found = smallest_px(path, {"burr": 5.0})
    assert found == {"burr": 2.0, "notch": math.inf}
    assert smallest_mm(found, 8.0)["burr"] == 0.25


@pytest.mark.parametrize("text", ["[]", "{", json.dumps(record(format="other"))])
def test_record_that_is_none_is_refused(tmp_path, text):
    path = tmp_path / "curve.json"
    path.write_text(text)
    with pytest.raises(ModelError, match="no record of what can be seen"):
        smallest_px(path, {})


def test_card_s_page_tells_what_is_found(tmp_path):
    assert defect_lines(None) == []
    path = tmp_path / "curve.json"
    path.write_text(json.dumps(record()))
    lines = defect_lines(read_defects(path))
    assert "## Faults found at 4 px per mm" in lines
    assert lines[-2] == "| burr | 0.5 mm | 0.5 mm 1/2 |"
    assert lines[-1] == "| notch | - | 0.5 mm 1/2 |"
