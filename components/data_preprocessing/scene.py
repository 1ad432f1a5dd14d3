"""A scene: what lies where, under which lamps, before which camera.

Everything that can be seen is decided here; the renderer only draws it.

Terms: a *placement* is one flat solid on the table; a *scene object* is what has one label: a
part is one placement, a screw has two.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.augmentations import CameraEffects
from components.data_preprocessing.backgrounds import Ground
from components.data_preprocessing.dxf_to_mask import Rings
from components.data_preprocessing.lighting import Lighting
from components.data_preprocessing.materials import Surface
from components.data_preprocessing.outlines import base_and_top, bent_homography
from components.data_preprocessing.view import View
from components.domain import OTHER_LABEL, Part, Pose
from components.geometry.transforms import pose_from_matrix


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """One flat solid on the table.

    Attributes:
        part: Its shape.
        x_mm: Where the drawing's origin lies on the table.
        y_mm: Likewise.
        angle_rad: Turn counter-clockwise.
        mirrored: Whether it shows its back.
        z_mm: Height of its lower side.
        thickness_mm: Height of its upper side over the lower one.
        surface: What it is made of.
        glare: Strength of a lamp's mirror image on it, in grey levels.
        scale: Enlargement of the shape; 1 for the parts of drawings.
        domed: Whether its upper side is round, as of cables and balls, instead of flat.
    """

    part: Part
    x_mm: float
    y_mm: float
    angle_rad: float
    mirrored: bool
    z_mm: float
    thickness_mm: float
    surface: Surface
    glare: float = 0.0
    scale: float = 1.0
    domed: bool = False

    @property
    def part_to_table(self) -> NDArray[np.float64]:
        """Map of the drawing to the table, both mm with y up, shape (3, 3)."""
        c, s = self.scale * math.cos(self.angle_rad), self.scale * math.sin(self.angle_rad)
        flip = -1.0 if self.mirrored else 1.0
        return np.array([[flip * c, -s, self.x_mm], [flip * s, c, self.y_mm], [0.0, 0.0, 1.0]])

    def base_and_top(self, view: View) -> tuple[Rings, Rings]:
        """Return outline and holes of the lower and of the upper side in the picture."""
        return base_and_top(self.part, self.part_to_table, self.z_mm, self.thickness_mm, view)

    def moved(self, x_mm: float, y_mm: float, z_mm: float) -> "Placement":
        """Return the solid displaced."""
        # Written out: `dataclasses.replace` takes several times as long.
        return Placement(
            self.part,
            self.x_mm + x_mm,
            self.y_mm + y_mm,
            self.angle_rad,
            self.mirrored,
            self.z_mm + z_mm,
            self.thickness_mm,
            self.surface,
            self.glare,
            self.scale,
            self.domed,
        )

    def pose(self, view: View) -> Pose:
        """Return where the upper side is seen."""
        top = view.plane(self.z_mm + self.thickness_mm) @ self.part_to_table
        return pose_from_matrix(bent_homography(self.part, view, top))


@dataclass(frozen=True, slots=True, eq=False)
class SceneObject:
    """What has one label and one mask.

    Attributes:
        label: Name of the part or `OTHER_LABEL`.
        pieces: Solids from below to above; a part has one.
    """

    label: str
    pieces: tuple[Placement, ...]

    def pose(self, view: View) -> Pose | None:
        """Return the part's pose; None for other objects."""
        return None if self.label == OTHER_LABEL else self.pieces[0].pose(view)

    @property
    def top_mm(self) -> float:
        """Height of the highest point."""
        return max(piece.z_mm + piece.thickness_mm for piece in self.pieces)


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """One picture before it is drawn.

    Attributes:
        seed: The dataset's, for the tiles of textures and noise.
        view: The camera's position.
        ground: What lies under the objects.
        lighting: The lamps.
        objects: From below to above.
        effects: The camera's faults.
    """

    seed: int
    view: View
    ground: Ground
    lighting: Lighting
    objects: tuple[SceneObject, ...]
    effects: CameraEffects
