import numpy as np
import pytest

from components.domain import Contour, Part
from components.geometry.contours import part_from_rings
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.progress import SilentProgress
from tests.unit.geometry.outlines import CHIRAL, gear
from tests.unit.strategies import mirrored_part, part, plate_with_hole, rectangle, regular, square


def turned(one, name, angle_rad):
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    rotation = np.array([[c, s], [-s, c]])
    rings = (one.outline, *one.holes)
    moved = [ring.xy_mm @ rotation + np.array([400.0, -70.0]) for ring in rings]
    return part_from_rings(name, moved[0], moved[1:])[0]


@pytest.mark.parametrize("angle", [0.0, 0.4, 2.9])
def test_same_part_turned_is_a_duplicate(angle):
    one = plate_with_hole("a")
    (pair,) = similarity_report([one, turned(one, "b", angle)]).pairs
    assert (pair.relation, pair.mirrored, pair.feature) == ("duplicate", False, None)
    assert pair.iou == pytest.approx(1.0, abs=1e-3)
    assert np.cos(np.radians(pair.angle_deg) + angle) == pytest.approx(1.0, abs=1e-4)


def test_back_of_a_part_is_its_mirror_pair():
    one = Part("a", Contour(CHIRAL))
    (pair,) = similarity_report([one, turned(mirrored_part(one, "b"), "b", 1.1)]).pairs
    assert (pair.relation, pair.mirrored) == ("mirror pair", True)


def test_hole_that_differs_is_found_with_its_size_and_resolution():
    one = plate_with_hole("a", -20.0, 5.0)
    other = Part("b", one.outline, (*one.holes, Contour(regular(96, 1.6, 30.0, -12.0))))
    (pair,) = [p for p in similarity_report([one, other]).pairs if not p.mirrored]
    assert pair.relation == "confusable"
    assert (pair.feature.x_mm, pair.feature.y_mm) == pytest.approx((30, -12), abs=0.3)
    assert pair.feature.width_mm == pytest.approx(3.2, abs=0.2)
    assert pair.feature.px_per_mm == pytest.approx(4 / 3.2, rel=0.1)
    area = 6000 - 78.5
    assert pair.iou == pytest.approx((area - 8.04) / area, abs=2e-3)


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.2, -2.9])
@pytest.mark.parametrize("length", [300, 2000])
def test_hole_of_a_strip_moved_by_half_a_millimetre_is_told(length, angle):
    def strip(name, x):
        return part(name, rectangle(length, 8), regular(64, 1.5, x, 0), regular(64, 1.5, -120, 0))

    (pair,) = similarity_report([strip("a", 60), turned(strip("b", 60.5), "b", angle)]).pairs
    assert pair.relation == "confusable"
    assert (pair.feature.first_hole, pair.feature.second_hole) == (1, 1)
    assert "0.5 mm apart" in pair.feature.text.replace("0.499", "0.5").replace("0.498", "0.5")
    assert pair.feature.width_mm == pytest.approx(0.5, abs=0.02)
    assert pair.feature.px_per_mm == pytest.approx(4 / 0.5, rel=0.05)
    assert pair.feature.count == 2  # the two crescents


def test_missing_hole_is_named_by_its_number():
    places = [(-40, 10), (-20, 10), (0, 10), (20, 10), (35, 10)]
    five = part("five", rectangle(100, 60), *[regular(48, 4, *place) for place in places])
    six = part("six", rectangle(100, 60), *[regular(48, 4, *p) for p in (*places, (10, -20))])
    (pair,) = similarity_report([five, turned(six, "six", 3.0)]).pairs
    assert (pair.feature.first_hole, pair.feature.second_hole) == (None, 6)
    assert pair.difference() == (
        "hole 6 of six, 7.98 mm wide, at (10, -20) mm of five, is missing in five"
    )


def test_place_on_an_axis_is_told_as_nought():
    one = part("a", rectangle(100, 60))
    other = part("b", rectangle(100, 60), regular(96, 4, 0, 16))
    (pair,) = similarity_report([one, other]).pairs
    assert "(0, 16) mm" in pair.difference() or "(0, -16) mm" in pair.difference()


def test_missing_tooth_and_wider_edge_are_places_of_the_outline():
    (pair,) = similarity_report(
        [gear("a", 60, 2.0), turned(gear("b", 60, 2.0, (7,)), "b", 1)]
    ).pairs
    assert (pair.feature.first_hole, pair.feature.second_hole) == (None, None)
    assert np.hypot(pair.feature.x_mm, pair.feature.y_mm) == pytest.approx(51, abs=0.2)
    assert pair.feature.width_mm == pytest.approx(2.0, abs=0.1)
    assert "only a has material there" in pair.feature.text
    (pair,) = similarity_report(
        [part("a", rectangle(100, 60)), part("b", rectangle(100, 62))]
    ).pairs
    assert pair.feature.text.endswith("only b has material there")
    assert pair.iou == pytest.approx(60 / 62, abs=1e-3)


@pytest.mark.parametrize("factor", [0.1, 0.98, 2.7, 30.0])
@pytest.mark.parametrize("back", [False, True])
def test_same_shape_in_another_size_is_a_scaled_copy(factor, back):
    one = part("a", CHIRAL)
    shape = mirrored_part(one, "m") if back else one
    other = turned(part("b", shape.outline.xy_mm * factor), "b", 0.7)
    (pair,) = similarity_report([one, other]).pairs
    assert (pair.relation, pair.mirrored, pair.feature) == ("scaled copy", back, None)
    assert pair.scale == pytest.approx(1 / factor, rel=2e-3)
    assert pair.iou == pytest.approx(1.0, abs=2e-3)
    assert "calibrated camera" in pair.difference()


def test_feature_of_a_scaled_pair_is_told_in_millimetres_of_the_first():
    one = plate_with_hole("a")
    other = part("b", rectangle(200, 120), regular(96, 10, -40, 10), regular(96, 6, 50, 20))
    (pair,) = similarity_report([one, other]).pairs
    assert (pair.relation, pair.feature.second_hole) == ("confusable", 2)
    assert pair.scale == pytest.approx(0.5, rel=1e-3)
    assert (pair.feature.x_mm, pair.feature.y_mm) == pytest.approx((25, 10), abs=0.1)


def test_tiny_parts_are_told_apart_by_a_tolerance_of_their_size():
    one = part("a", rectangle(1.5, 1.0), regular(32, 0.2, 0.4, 0.1))
    other = part("b", rectangle(1.5, 1.0), regular(32, 0.2, 0.3, 0.1))
    report = similarity_report([one, turned(other, "b", 1.0)])
    assert [s.tolerance_mm for s in report.symmetries] == [0.01, 0.01]
    assert report.pairs[0].relation == "confusable"
    assert report.pairs[0].feature.width_mm == pytest.approx(0.1, abs=0.01)


def test_ring_and_the_same_ring_cut_open_are_confusable():
    sweep = np.linspace(0.05, 2 * np.pi - 0.05, 300)
    unit = np.column_stack([np.cos(sweep), np.sin(sweep)])
    ring = part("ring", regular(360, 50), regular(360, 48))
    cut = part("cut", np.vstack([unit * 50, unit[::-1] * 48]))
    (pair,) = similarity_report([ring, turned(cut, "cut", 0.8)]).pairs
    assert pair.relation == "confusable"
    assert pair.iou == pytest.approx(1 - 0.1 / (2 * np.pi), abs=5e-3)
    assert pair.feature.width_mm == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize("mirrored", [False, True])
def test_position_of_a_pair_lays_the_second_part_on_the_first(mirrored):
    one = plate_with_hole("a")
    shape = mirrored_part(one, "m") if mirrored else one
    other = turned(part("b", shape.outline.xy_mm * 2, shape.holes[0].xy_mm * 2), "b", 2.0)
    pair = similarity_report([one, other]).pairs[0]
    assert pair.mirrored == mirrored
    x, y = other.holes[0].xy_mm.mean(axis=0)
    angle = np.radians(pair.angle_deg)
    x = -x if pair.mirrored else x
    laid = (
        pair.x_mm + pair.scale * (x * np.cos(angle) - y * np.sin(angle)),
        pair.y_mm + pair.scale * (x * np.sin(angle) + y * np.cos(angle)),
    )
    assert laid == pytest.approx((-20, 5), abs=0.05)


def test_one_shape_in_many_sizes_is_one_family_and_no_mass_of_pairs():
    sizes = {"a": 2.0, "b": 1.0, "c": 4.0, "d": 8.0, "e": 1.02}
    parts = [turned(part(n, CHIRAL * size), n, size) for n, size in sizes.items()]
    report = similarity_report(parts)
    (family,) = report.families()
    assert [member.name for member in family.members] == ["b", "e", "a", "c", "d"]
    factors = [member.factor for member in family.members]
    assert factors == pytest.approx([1, 1.02, 2, 4, 8], rel=2e-3)
    # Two that a calibrated camera could confuse as well: 1.02 squared is below 1 / 0.9.
    assert [(p.first, p.second) for p in report.of_one_size()] == [("b", "e")]
    assert len(report.pairs) == len(parts)  # four with the first, and those two


def test_parts_drawn_more_than_once_are_listed_once():
    plain = plate_with_hole("b")
    parts = [turned(plain, "b", 0), turned(plain, "a", 1), turned(plain, "c", 2)]
    other = part("d", plain.outline.xy_mm, plain.holes[0].xy_mm, regular(60, 4, 30, -12))
    report = similarity_report([*parts, other])
    assert report.repeats() == (("b", "a", "c"),)
    assert [(pair.first, pair.second) for pair in report.of_one_size()] == [("b", "d")]
    told = similarity_to_json(report)["pairs"]
    assert len(told) == 6
    assert [(p["first"], p["second"]) for p in told if not p["folded"]] == [("b", "d")]


def test_discs_of_all_sizes_are_one_family():
    radii = (50, 3, 51, 10, 200)
    report = similarity_report([part(f"d{radius}", regular(90, radius)) for radius in radii])
    (family,) = report.families()
    assert [m.name for m in family.members] == ["d3", "d10", "d50", "d51", "d200"]
    assert [(p.first, p.second) for p in report.of_one_size()] == [("d50", "d51")]
    assert report.of_other_sizes() == ()


def test_of_two_sides_that_are_alike_the_nearer_is_shown():
    outline = rectangle(100, 60)
    one = part("a", outline, regular(64, 4, 30, 18), regular(64, 4, -30, 10))
    other = part(
        "b", outline, regular(64, 4, -30, 18), regular(64, 4, 30, 10), regular(64, 2, 0, 0)
    )
    report = similarity_report([one, other])
    assert sorted(pair.mirrored for pair in report.pairs) == [False, True]
    (shown,) = report.of_one_size()
    # Turned over, only the hole in the middle differs.
    assert (shown.mirrored, shown.feature.second_hole) == (True, 3)


@pytest.mark.parametrize(("factor", "told"), [(1.9, 1), (2.2, 0)])
def test_parts_that_differ_in_a_feature_are_compared_up_to_twice_their_size(factor, told):
    one = plate_with_hole("a")
    outline, hole = one.outline.xy_mm * factor, one.holes[0].xy_mm * factor
    other = part("b", outline, hole, regular(60, 5 * factor, 30 * factor, -12 * factor))
    report = similarity_report([one, other])
    assert len(report.of_other_sizes()) == told
    assert report.families() == report.of_one_size() == ()


def test_symmetric_parts_are_laid_as_well_as_others():
    one = part("a", regular(6, 40), regular(64, 3, 20, 0))
    plain = part("b", regular(6, 40))
    (pair,) = similarity_report([plain, turned(one, "a", 0.3)]).pairs
    assert pair.feature.text.startswith("hole 1 of a")
    # Six lays are equally good: the hole lies on a line from the middle to a corner in all.
    angle = np.degrees(np.arctan2(pair.feature.y_mm, pair.feature.x_mm))
    assert angle % 60 == pytest.approx(0, abs=0.3) or angle % 60 == pytest.approx(60, abs=0.3)
    assert np.hypot(pair.feature.x_mm, pair.feature.y_mm) == pytest.approx(20, abs=0.1)


def test_different_parts_are_no_pair():
    report = similarity_report([part("a", square(50)), part("b", rectangle(80, 30))])
    assert report.pairs == ()
    assert similarity_to_json(report)["parts"][0] == {
        "name": "a", "rotation_order": 4, "mirror_symmetric": True, "tolerance_mm": 0.0707,
    }  # fmt: skip


def test_no_parts_make_an_empty_report():
    assert similarity_to_json(similarity_report([])) == {
        "parts": [],
        "pairs": [],
        "repeats": [],
        "families": [],
    }


def test_comparison_tells_its_progress():
    told = []

    class Listener(SilentProgress):
        def advance(self, count, note):
            told.append((count, note))

    similarity_report([part("a", square(50)), part("b", square(20))], progress=Listener())
    assert told == [(1, "a"), (1, "b"), (1, "1 alike")]
