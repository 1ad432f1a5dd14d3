import numpy as np
import pytest

from components.domain import Pose
from components.geometry.contours import hole_area, outline_area
from components.geometry.transforms import similarity
from components.inspection.fitting.fields import field_of
from components.inspection.fitting.material import Material, drawn_mask, material_of
from components.inspection.fitting.refinement import Fit
from tests.unit.inspection.shapes import bracket, mask_of, posed

PICTURE_HW = 360, 480
AREA_MM2 = outline_area(bracket()) - hole_area(bracket())


def material() -> Material:
    return material_of(field_of(bracket(), 224), AREA_MM2)


def placed(pose: Pose, wall: tuple[float, float] = (0.0, 0.0)) -> Fit:
    to_px = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
    return Fit(0, pose.mirrored, np.linalg.inv(to_px), np.array(wall), pose.px_per_mm)


def whole(fit: Fit) -> np.ndarray:
    """Return the pixels that a drawing covers, in the whole picture."""
    mask, window = drawn_mask(fit, material(), PICTURE_HW)
    picture = np.zeros(PICTURE_HW, dtype=bool)
    picture[window.slices] = mask
    return picture


def test_points_lie_on_material_and_spread_evenly():
    points = material()
    x, y, ones = points.inner_mm
    assert (ones == 1).all()
    assert (points.depth_mm > 0).all()
    # Rows and columns of one square grid.
    assert np.ptp(np.diff(np.unique(x))) == pytest.approx(0, abs=1e-6)
    assert np.diff(np.unique(x))[0] == pytest.approx(np.diff(np.unique(y))[0])
    assert len(x) * np.diff(np.unique(x))[0] ** 2 == pytest.approx(AREA_MM2, rel=0.05)


@pytest.mark.parametrize("pose", [posed(240.0, 180.0, 30.0, 2.5), posed(470.0, 20.0, 75.0, 2.0)])
def test_drawing_covers_the_pixels_of_its_polygons_and_is_cut_at_the_frame(pose):
    found, want = whole(placed(pose)), mask_of(bracket(), pose)
    assert (found & want).sum() / (found | want).sum() > 0.98


def test_walls_are_covered_too():
    pose = posed(240.0, 180.0, 30.0, 2.5)
    found = whole(placed(pose, (6.0, 0.0)))
    face = mask_of(bracket(), pose)
    both = face | np.roll(face, 6, axis=1)
    assert (found & both).sum() / (found | both).sum() > 0.97
    assert found.sum() > face.sum()


def test_drawing_outside_the_picture_covers_nothing():
    mask, _ = drawn_mask(placed(posed(2000.0, 2000.0, 0.0, 2.0)), material(), PICTURE_HW)
    assert not mask.any()
