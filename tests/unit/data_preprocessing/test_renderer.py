"""Pictures and pixels of scenes whose truth is known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from components.data_preprocessing.augmentations import CameraEffects
from components.data_preprocessing.backgrounds import Ground
from components.data_preprocessing.dxf_to_mask import part_mask
from components.data_preprocessing.lighting import Lamp, Lighting
from components.data_preprocessing.materials import Surface, around
from components.data_preprocessing.outlines import shape_of
from components.data_preprocessing.renderer import render
from components.data_preprocessing.scene import Placement, Scene, SceneObject
from components.data_preprocessing.view import View, view_from
from components.domain import Part
from tests.unit.strategies import part, plate_with_hole, rectangle, square

CLEAR = CameraEffects(
    (1.0, 1.0, 1.0), 1.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, (0.0, 0.0), False, None, False
)
DAYLIGHT = Lighting((), 0.0, np.ones((12, 16, 3)), 1.0, 0.0, 0.0)


def surface(grey: float, opacity: float = 1.0) -> Surface:
    tone = np.full(3, grey)
    return Surface("noise", 0, around(tone, 0.0), 1.0, (0.0, 0.0), 0.0, opacity, tone)


def lying(
    shape: Part, x: float = 0.0, y: float = 0.0, z: float = 0.0, high: float = 0.0
) -> SceneObject:
    return SceneObject(shape.name, (Placement(shape, x, y, 0.3, False, z, high, surface(200)),))


def scene_of(
    *objects: SceneObject, view: View | None = None, lighting: Lighting = DAYLIGHT
) -> Scene:
    ground = Ground("painted", "noise", 0, around(np.full(3, 60.0), 0.0), 1.0, (0.0, 0.0))
    return Scene(1, view or view_from(320, 240, 1.5), ground, lighting, objects, CLEAR)


def test_flat_part_covers_the_pixels_of_its_mask() -> None:
    thing = lying(plate_with_hole())
    scene = scene_of(thing)
    pose = thing.pose(scene.view)
    assert pose is not None
    rendering = render(scene)
    expected = part_mask(plate_with_hole(), pose, 240, 320) > 0
    both = np.count_nonzero(expected & (rendering.instances == 1))
    either = np.count_nonzero(expected | (rendering.instances == 1))
    assert both / either > 0.99


def test_picture_shows_the_ground_through_the_hole() -> None:
    image = render(scene_of(lying(part("frame", square(80.0), square(40.0))))).image
    assert image[120, 160].tolist() == pytest.approx([60] * 3, abs=1)
    assert image[120, 160 + 45].tolist() == pytest.approx([200] * 3, abs=1)


def test_pose_of_a_straight_view_has_the_five_numbers_it_was_made_from() -> None:
    pose = lying(plate_with_hole(), x=20.0, y=-10.0).pose(view_from(320, 240, 1.5))
    assert pose is not None
    assert (pose.x_px, pose.y_px) == pytest.approx((159.5 + 30.0, 119.5 + 15.0))
    assert pose.angle_rad == pytest.approx(0.3)
    assert pose.px_per_mm == pytest.approx(1.5)
    assert not pose.mirrored


@pytest.mark.parametrize("distortion", [0.0, -0.05])
def test_homography_follows_perspective_and_lens(distortion: float) -> None:
    view = view_from(320, 240, 1.5, (0.15, -0.1), 2.0, distortion)
    placed = lying(part("s", square(60.0)), x=30.0, y=10.0, high=4.0)
    pose = placed.pose(view)
    assert pose is not None
    assert pose.mm_to_px is not None
    _, top = placed.pieces[0].base_and_top(view)  # 90 px: the first coarser level
    mapped = (pose.mm_to_px @ shape_of(placed.pieces[0].part, level=1).xy1_mm).T
    assert np.abs(mapped[:, :2] / mapped[:, 2:] - top.xy_px).max() < 0.35


def test_object_on_top_hides_the_one_below_and_both_keep_their_whole_mask() -> None:
    low, high = lying(part("low", square(60.0))), lying(part("high", square(30.0)), z=2.0)
    rendering = render(scene_of(low, high))
    whole = rendering.silhouettes[0]
    assert whole is not None
    visible = np.count_nonzero(rendering.instances == 1)
    # 30 by 30 of 60 by 60: a quarter is hidden, a little more as it lies nearer the camera.
    assert visible / np.count_nonzero(whole.mask) == pytest.approx(0.75, abs=0.01)


def test_in_frame_share_of_a_half_truncated_square_is_a_half() -> None:
    view = view_from(320, 240, 1.0)
    shape = part("s", square(60.0))
    thing = SceneObject("s", (Placement(shape, 160.0, 0.0, 0.0, False, 0.0, 0.0, surface(200)),))
    silhouette = render(scene_of(thing, view=view)).silhouettes[0]
    assert silhouette is not None
    assert silhouette.in_frame == pytest.approx(0.5, abs=0.02)


def test_object_outside_the_frame_leaves_no_silhouette() -> None:
    assert render(scene_of(lying(part("s", square(20.0)), x=1000.0))).silhouettes == (None,)


def test_side_wall_shows_towards_the_middle_and_belongs_to_the_part() -> None:
    view = view_from(320, 240, 1.5, distance=1.5)
    flat, thick = (
        render(scene_of(lying(part("s", square(40.0)), x=60.0, high=h), view=view)) for h in (0, 15)
    )
    assert np.count_nonzero(thick.instances) > 1.05 * np.count_nonzero(flat.instances)


def test_shadow_falls_away_from_the_lamp() -> None:
    lamp = Lamp(throw=(2.0, 0.0), blur=0.1, depth=0.6)
    lighting = replace(DAYLIGHT, lamps=(lamp,))
    shape = SceneObject(
        "s", (Placement(part("s", square(40.0)), 0, 0, 0.0, False, 0.0, 8.0, surface(200)),)
    )
    grey = render(scene_of(shape, lighting=lighting)).image[..., 0].astype(float)
    right, left = grey[120, 160 + 30 + 12], grey[120, 160 - 30 - 12]
    assert right == pytest.approx(60 * 0.4, abs=4)
    assert left == pytest.approx(60, abs=2)


def test_translucent_part_mixes_with_the_ground() -> None:
    clear = Placement(
        part("s", square(60.0)), 0, 0, 0.0, False, 0.0, 0.0, surface(200, opacity=0.5)
    )
    image = render(scene_of(SceneObject("s", (clear,)))).image
    assert image[120, 160, 0] == pytest.approx((200 + 60) / 2, abs=2)


def test_area_of_picture_grows_with_the_square_of_the_scale() -> None:
    areas = [
        np.count_nonzero(
            render(scene_of(lying(plate_with_hole()), view=view_from(320, 240, s))).instances
        )
        for s in (1.0, 2.0)
    ]
    assert areas[1] / areas[0] == pytest.approx(4.0, rel=0.02)
    assert areas[0] == pytest.approx(6000 - 25 * math.pi, rel=0.03)


def test_round_side_is_bright_towards_the_lamp_and_dark_behind_its_crest() -> None:
    lighting = replace(DAYLIGHT, lamps=(Lamp(throw=(1.0, 0.0), blur=0.3, depth=0.0),))
    bar = Placement(part("rod", rectangle(12.0, 120.0)), 0, 0, 0.0, False, 0.0, 12.0, surface(120))
    flat, domed = (
        render(scene_of(SceneObject("rod", (piece,)), lighting=lighting))
        .image[120, :, 0]
        .astype(int)
        for piece in (bar, replace(bar, domed=True))
    )
    # The rod is 18 px wide about column 159.5; its lamp is on the left.
    assert np.ptp(flat[153:167]) <= 2
    assert domed[154] > 120 + 15
    assert domed[165] < 120 - 15
    assert domed[159] == pytest.approx(120, abs=8)
