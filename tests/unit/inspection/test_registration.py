import cv2
import numpy as np
import pytest

from components.domain import UNKNOWN_LABEL, Part
from components.geometry.resemblance import Symmetry
from components.geometry.transforms import pose_from_matrix, pose_matrix, transformed
from components.inspection.registration import Registrar
from tests.unit.inspection.shapes import (
    HEIGHT,
    SETTINGS,
    WIDTH,
    angle_apart_deg,
    bracket,
    disc,
    mask_of,
    plate,
    posed,
    registrar,
    tilted,
    triangle,
)
from tests.unit.strategies import part, rectangle, regular, square

ALL = registrar(bracket(), plate(), disc(), triangle())

POSES = [
    posed(240.3, 180.8, 0.0, 3.0),
    posed(231.0, 170.5, 37.0, 2.2),
    posed(250.6, 190.2, -118.4, 1.6, True),
    posed(238.9, 181.1, 90.0, 2.7, True),
    posed(200.0, 160.0, 179.0, 1.1),
]


@pytest.mark.parametrize("pose", POSES, ids=lambda p: f"{np.rad2deg(p.angle_rad):.0f} deg")
def test_pose_of_a_part_without_symmetry_is_found(pose):
    found = ALL.register(mask_of(bracket(), pose))
    assert found.label == "bracket"
    assert found.pose.mirrored == pose.mirrored
    assert angle_apart_deg(found.pose.angle_rad, pose.angle_rad) < 0.2
    assert found.pose.px_per_mm == pytest.approx(pose.px_per_mm, rel=0.006)
    assert (found.pose.x_px, found.pose.y_px) == pytest.approx((pose.x_px, pose.y_px), abs=0.3)
    assert found.fit_iou > 0.95
    assert found.edge_rms_px < 0.5
    assert found.unseen < 0.02


@pytest.mark.parametrize(
    ("one", "order"), [(plate(), 2), (triangle(), 1), (disc(), 1000)], ids=lambda x: str(x)[:12]
)
def test_symmetric_parts_are_found_in_one_of_their_positions(one: Part, order):
    pose = posed(240.0, 175.0, 63.0, 2.4)
    found = ALL.register(mask_of(one, pose))
    assert found.label == one.name
    assert angle_apart_deg(found.pose.angle_rad, pose.angle_rad, order) < 0.25
    assert found.pose.px_per_mm == pytest.approx(2.4, rel=0.006)


def test_known_symmetry_keeps_angles_in_one_turn_of_its_order():
    known = Registrar([plate(), bracket()], SETTINGS, [Symmetry("plate", 2, True, 0.05)])
    for angle in (20.0, 200.0):
        found = known.register(mask_of(plate(), posed(240, 180, angle, 2.0)))
        assert not found.pose.mirrored
        assert np.rad2deg(found.pose.angle_rad) == pytest.approx(20.0, abs=0.3)


def test_perspective_is_found_as_a_homography():
    pose = posed(240, 180, 25.0, 2.5)
    truth = tilted(pose, (2.5e-4, -3e-4))
    found = ALL.register(mask_of(bracket(), pose_from_matrix(truth)))
    corners = bracket().outline.xy_mm
    off = transformed(corners, pose_matrix(found.pose)) - transformed(corners, truth)
    # A similarity alone misses the corners by more than three pixels here.
    flat = transformed(corners, pose_matrix(pose)) - transformed(corners, truth)
    assert np.hypot(*flat.T).max() > 3
    assert np.hypot(*off.T).max() < 1.0


def test_side_walls_do_not_shift_the_upper_face():
    # The mask of a thick part below the picture's centre: its lower face, nearer to the centre,
    # shows on the side that looks at the camera.
    pose = posed(240, 260, 10.0, 2.0)
    mask = mask_of(bracket(), pose)
    for step in range(1, 6):
        mask |= mask_of(bracket(), posed(240, 260 - step, 10.0, 2.0))
    found = ALL.register(mask)
    assert found.label == "bracket"
    assert (found.pose.x_px, found.pose.y_px) == pytest.approx((240, 260), abs=0.5)
    assert found.pose.px_per_mm == pytest.approx(2.0, rel=0.006)
    assert found.wall_px == pytest.approx(5.0, abs=0.6)


@pytest.mark.parametrize("x_px", [-10.0, 30.0, 455.0, 490.0])
def test_part_that_the_frame_cuts_is_found_by_what_is_seen(x_px):
    pose = posed(x_px, 180.0, 34.0, 2.3)
    mask = mask_of(bracket(), pose)
    whole = np.count_nonzero(mask_of(bracket(), posed(240, 180, 34.0, 2.3)))
    found = ALL.register(mask)
    assert found.label == "bracket"
    assert angle_apart_deg(found.pose.angle_rad, pose.angle_rad) < 1.0
    assert (found.pose.x_px, found.pose.y_px) == pytest.approx((x_px, 180), abs=2.0)
    assert found.visible_fraction == pytest.approx(np.count_nonzero(mask) / whole, abs=0.05)


def test_part_under_another_is_found_by_what_is_seen():
    pose = posed(220.0, 170.0, -50.0, 2.3)
    above = mask_of(plate(), posed(250, 230, 15.0, 1.8))
    mask = mask_of(bracket(), pose) & ~above
    under, over = ALL.register(mask, above), ALL.register(above, mask)
    assert (under.label, over.label) == ("bracket", "plate")
    assert (under.pose.x_px, under.pose.y_px) == pytest.approx((220, 170), abs=1.0)
    assert under.visible_fraction < 0.95


def test_missing_hole_tells_near_identical_drawings_apart():
    pair = registrar(bracket("two", 2), bracket("one", 1))
    for holes, label in ((2, "two"), (1, "one")):
        found = pair.register(mask_of(bracket("x", holes), posed(240, 180, 70.0, 2.5)))
        assert found.label == label
        assert found.margin > 10
        assert found.runner_up in {"one", "two"} - {label}


def test_drawings_whose_difference_no_pixel_shows_are_ambiguous():
    # A hole of 0.3 mm is 0.6 px wide.
    small = part("small", bracket().outline.xy_mm, regular(32, 0.15, -27.0, 20.0))
    bare = part("bare", bracket().outline.xy_mm)
    twins = registrar(small, bare)
    found = twins.register(mask_of(bare, posed(240, 180, 70.0, 2.0)))
    assert found.label == "ambiguous: bare | small"
    assert found.score > 0.5
    assert {c.label for c in found.candidates} == {"bare", "small"}


def test_network_decides_where_pixels_cannot():
    small = part("small", bracket().outline.xy_mm, regular(32, 0.15, -27.0, 20.0))
    bare = part("bare", bracket().outline.xy_mm)
    mask = mask_of(bare, posed(240, 180, 70.0, 2.0))
    found = registrar(small, bare).register(mask, class_scores={"small": 0.9, "bare": 0.05})
    assert found.label == "small"


def test_scaled_copies_are_ambiguous_and_a_known_scale_decides():
    large = part("large", bracket().outline.xy_mm * 1.5)
    pair = registrar(part("little", bracket().outline.xy_mm), large)
    mask = mask_of(large, posed(240, 180, 20.0, 2.0))
    assert pair.register(mask).label == "ambiguous: large | little"
    found = pair.register(mask, px_per_mm=(1.9, 2.1))
    assert found.label == "large"
    assert found.pose.px_per_mm == pytest.approx(2.0, rel=0.01)


def test_object_of_no_drawing_is_unknown():
    star = regular(10, 35.0) * np.where(np.arange(10) % 2, 1.0, 0.45)[:, None]
    found = ALL.register(mask_of(part("star", star), posed(240, 180, 12.0, 2.5)))
    assert found.label == UNKNOWN_LABEL
    assert found.pose is None
    assert found.candidates


def test_square_is_not_taken_for_a_ring():
    assert ALL.register(mask_of(part("s", square(50)), posed(240, 180, 5, 2.5))).label == "unknown"


def test_mask_without_edge_is_unknown():
    for mask in (np.zeros((HEIGHT, WIDTH), bool), np.ones((HEIGHT, WIDTH), bool)):
        assert ALL.register(mask).label == UNKNOWN_LABEL


def test_single_pixels_are_unknown():
    mask = np.zeros((HEIGHT, WIDTH), dtype=bool)
    mask[100, 100] = mask[200, 300:303] = True
    assert ALL.register(mask).label == UNKNOWN_LABEL


def test_probability_places_the_edge_between_pixels():
    pose = posed(240.0, 180.0, 33.0, 2.0)
    mask = mask_of(bracket(), pose)
    soft = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 1.5)
    found = ALL.register(soft > 0.5, probability=soft)
    assert found.label == "bracket"
    assert (found.pose.x_px, found.pose.y_px) == pytest.approx((240, 180), abs=0.2)


def test_same_mask_gives_the_same_answer():
    mask = mask_of(triangle(), posed(200, 150, 77, 2.0))
    one, other = ALL.register(mask), ALL.register(mask)
    assert (one.score, one.pose.x_px, one.pose.angle_rad) == (
        other.score,
        other.pose.x_px,
        other.pose.angle_rad,
    )


def test_names_must_be_unique_and_shapes_equal():
    with pytest.raises(ValueError, match="unique names"):
        registrar(plate("a"), disc("a"))
    with pytest.raises(ValueError, match="unique names"):
        registrar()
    with pytest.raises(ValueError, match=r"others.*\(360, 480\)"):
        ALL.register(np.zeros((HEIGHT, WIDTH), bool), np.zeros((4, 4), bool))


def strange_masks():
    """Masks as no part makes them."""
    rng = np.random.default_rng(5)
    none = np.zeros((HEIGHT, WIDTH), dtype=bool)
    row, column, dots, window = (none.copy() for _ in range(4))
    row[100], column[:, 7], dots[::2, ::2], window[:] = True, True, True, True
    window[100:120, 50:90] = False
    smooth = cv2.GaussianBlur(rng.normal(size=(HEIGHT, WIDTH)), (0, 0), 12)
    return {
        "row": row,
        "column": column,
        "dots": dots,
        "hole in everything": window,
        "noise": rng.random((HEIGHT, WIDTH)) > 0.5,
        "clouds": smooth > 0,
        "all but a part": ~mask_of(bracket(), posed(240, 180, 30, 2.0)),
        "half the picture": np.tile(np.arange(WIDTH) < 200, (HEIGHT, 1)),
    }


@pytest.mark.parametrize(("name", "mask"), strange_masks().items(), ids=strange_masks())
def test_strange_masks_of_strange_parts_have_an_answer(name, mask):
    slender = part("slender", rectangle(1000, 2))
    speck = part("speck", rectangle(0.01, 0.006))
    hoop = part("hoop", regular(300, 50.0), regular(300, 49.8))
    wavy = regular(5000, 30) * (1 + 0.05 * np.cos(np.arange(5000) * np.pi / 62.5))[:, None]
    found = registrar(slender, speck, hoop, part("wavy", wavy)).register(mask)
    assert 0 <= found.score <= 1
    assert np.isfinite([found.fit_iou, found.edge_rms_px, found.outline_rms_px]).all()
    if name not in {"row", "column", "half the picture"}:
        assert found.label == UNKNOWN_LABEL
