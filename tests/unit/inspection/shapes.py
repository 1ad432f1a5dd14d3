"""Parts for registration whose symmetry and features are known, and masks of them."""

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import part_mask
from components.domain import Part, Pose
from components.geometry.transforms import similarity
from components.inspection.registration import Registrar
from components.settings.inspection import InspectionSettings
from tests.unit.strategies import part, rectangle, regular

HEIGHT, WIDTH = 360, 480
SETTINGS = InspectionSettings.load().registration


def bracket(name: str = "bracket", holes: int = 2) -> Part:
    """An L of 80 x 60 mm with holes of 10 and 6 mm: no turn and no mirror shows it again."""
    outline = np.array([(-40, -30), (40, -30), (40, -8), (-15, -8), (-15, 30), (-40, 30)], float)
    rings = [regular(64, 5.0, 26.0, -19.0), regular(64, 3.0, -27.0, 20.0)]
    return part(name, outline, *rings[:holes])


def plate(name: str = "plate") -> Part:
    """A rectangle of 90 x 40 mm: half a turn and the back show it again."""
    return part(name, rectangle(90.0, 40.0))


def disc(name: str = "disc") -> Part:
    """A ring of 60 mm with a bore of 20 mm: every turn shows it again."""
    return part(name, regular(128, 30.0), regular(96, 10.0))


def triangle(name: str = "triangle") -> Part:
    """A triangle whose sides all differ, with one hole."""
    return part(
        name, np.array([(-35.0, -25.0), (35.0, -25.0), (-10.0, 25.0)]), regular(48, 6, -8, -8)
    )


def posed(
    x_px: float, y_px: float, angle_deg: float, px_per_mm: float, mirrored: bool = False
) -> Pose:
    """A pose in degrees."""
    return Pose(x_px, y_px, float(np.deg2rad(angle_deg)), px_per_mm, mirrored)


def mask_of(one: Part, pose: Pose) -> NDArray[np.bool_]:
    """The part's pixels."""
    return part_mask(one, pose, HEIGHT, WIDTH) > 0


def tilted(pose: Pose, per_px: tuple[float, float]) -> NDArray[np.float64]:
    """The pose's matrix followed by a perspective about the pose's own place."""
    matrix = similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)
    there, back = np.eye(3), np.eye(3)
    there[:2, 2], back[:2, 2] = (-pose.x_px, -pose.y_px), (pose.x_px, pose.y_px)
    lean = np.eye(3)
    lean[2, :2] = per_px
    return np.asarray(back @ lean @ there @ matrix)


def registrar(*parts: Part) -> Registrar:
    """A registrar that knows nothing of symmetries."""
    return Registrar(parts, SETTINGS)


def angle_apart_deg(one: float, other: float, order: int = 1) -> float:
    """How far two angles in radians lie apart, in degrees, for a part of some symmetry."""
    turn = 2 * np.pi / order
    return float(np.rad2deg(abs((one - other + turn / 2) % turn - turn / 2)))


def picture_of(
    one: Part,
    pose: Pose,
    material: tuple[int, int, int] = (180, 170, 150),
    ground: tuple[int, int, int] = (60, 80, 70),
) -> NDArray[np.uint8]:
    """An RGB picture of a part; pixels at its edge are as mixed as they are covered."""
    fine = 4
    finer = Pose(
        fine * pose.x_px + (fine - 1) / 2,
        fine * pose.y_px + (fine - 1) / 2,
        pose.angle_rad,
        fine * pose.px_per_mm,
        pose.mirrored,
    )
    mask = part_mask(one, finer, fine * HEIGHT, fine * WIDTH) > 0
    cover = mask.reshape(HEIGHT, fine, WIDTH, fine).mean(axis=(1, 3))[:, :, None]
    return np.round(cover * material + (1 - cover) * ground).astype(np.uint8)
