"""The camera over the table: where a point of the scene falls in the picture.

The table is the plane z = 0 in mm, x to the right and y up in the picture, z towards the camera.
The camera looks at the table's origin, tilted about it; its lens bends straight lines a little.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.draws import between
from components.geometry.transforms import Matrix, Points, transformed
from components.settings.data import CameraSettings


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """One position of the camera.

    Attributes:
        width_px: Width of the picture.
        height_px: Height of the picture.
        px_per_mm: Scale of the table at the picture's centre.
        projection: Scene (x, y, z, 1) in mm to homogeneous pixels, shape (3, 4).
        distortion: Radial displacement at the picture's corner over its distance to the centre.
    """

    width_px: int
    height_px: int
    px_per_mm: float
    projection: NDArray[np.float64]
    distortion: float

    @property
    def width_mm(self) -> float:
        """Width of the table that the picture shows, at its centre."""
        return self.width_px / self.px_per_mm

    @property
    def height_mm(self) -> float:
        """Height of the table that the picture shows, at its centre."""
        return self.height_px / self.px_per_mm

    def plane(self, z_mm: float) -> Matrix:
        """Return the map of the plane at a height over the table to pixels, shape (3, 3)."""
        matrix = self.projection.take((0, 1, 3), axis=1)
        matrix[:, 2] += self.projection[:, 2] * z_mm
        return np.asarray(matrix)

    def bent(self, xy_px: Points) -> Points:
        """Return pixels, shape (N, 2), after the lens's radial distortion."""
        if self.distortion == 0.0:
            return xy_px
        centre = (self.width_px - 1) / 2, (self.height_px - 1) / 2
        corner2 = centre[0] ** 2 + centre[1] ** 2
        offset = xy_px - centre
        x, y = offset[:, 0], offset[:, 1]
        radius2 = x * x
        radius2 += y * y
        # Far outside the frame the square would fold the plane over itself.
        np.minimum(radius2, 3.0 * corner2, out=radius2)
        radius2 *= self.distortion / corner2
        radius2 += 1.0
        x *= radius2
        y *= radius2
        offset += centre
        return np.asarray(offset)

    def pixels(self, xy_mm: Points, matrix: Matrix) -> Points:
        """Return where points of a plane fall, lens included; `matrix` maps them to pixels."""
        return self.bent(transformed(xy_mm, matrix))


def view_from(
    width_px: int,
    height_px: int,
    px_per_mm: float,
    tilt_rad: tuple[float, float] = (0.0, 0.0),
    distance: float = 3.0,
    distortion: float = 0.0,
) -> View:
    """Return the view of a camera that looks at the table's origin.

    Args:
        width_px: Width of the picture.
        height_px: Height of the picture.
        px_per_mm: Scale at the picture's centre.
        tilt_rad: Turn of the camera about the table's x and y axis.
        distance: From the origin, in widths of what the picture shows.
        distortion: See `View`.
    """
    (cx, sx), (cy, sy) = ((np.cos(a), np.sin(a)) for a in tilt_rad)
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    distance_mm = distance * width_px / px_per_mm
    rotation = np.diag([1.0, -1.0, -1.0]) @ about_x @ about_y
    focal_px = px_per_mm * distance_mm
    intrinsics = np.array(
        [[focal_px, 0, (width_px - 1) / 2], [0, focal_px, (height_px - 1) / 2], [0, 0, 1.0]]
    )
    projection = intrinsics @ np.column_stack([rotation, [0.0, 0.0, distance_mm]])
    return View(width_px, height_px, px_per_mm, projection, distortion)


def random_view(
    rng: np.random.Generator,
    settings: CameraSettings,
    width_px: int,
    height_px: int,
    px_per_mm: float,
) -> View:
    """Return a view at a scale, tilted and bent at random."""
    limit = np.deg2rad(settings.tilt_max_deg)
    tilts = np.clip(rng.normal(0.0, np.deg2rad(settings.tilt_sd_deg), 2), -limit, limit)
    return view_from(
        width_px,
        height_px,
        px_per_mm,
        (float(tilts[0]), float(tilts[1])),
        distance=between(rng, *settings.distance),
        distortion=between(rng, *settings.distortion),
    )
