"""From the drawing's plane (mm, y up) to the picture (px, y down) and back.

This is the only place where y is flipped. A point p of the plane becomes the pixel H p, where H
is a homography of shape (3, 3); of a camera that looks straight down H is a similarity.
"""

import numpy as np
from numpy.typing import NDArray

from components.domain import Part, Pose

Points = NDArray[np.float64]
Matrix = NDArray[np.float64]


def similarity(
    x_px: float, y_px: float, angle_rad: float, px_per_mm: float, mirrored: bool = False
) -> Matrix:
    """Return the map of mm to px, shape (3, 3), of the five numbers of a `Pose`.

    Examples:
        >>> transformed(np.array([[1.0, 0.0]]), similarity(10, 20, np.pi / 2, 4)).round(6).tolist()
        [[10.0, 16.0]]
    """
    c, s = px_per_mm * np.cos(angle_rad), px_per_mm * np.sin(angle_rad)
    flip = -1.0 if mirrored else 1.0
    return np.array([[flip * c, -s, x_px], [-flip * s, -c, y_px], [0.0, 0.0, 1.0]])


def pose_matrix(pose: Pose) -> Matrix:
    """Return the map of mm to px, shape (3, 3): the exact one if the pose has it."""
    if pose.mm_to_px is not None:
        return np.asarray(pose.mm_to_px, dtype=np.float64)
    return similarity(pose.x_px, pose.y_px, pose.angle_rad, pose.px_per_mm, pose.mirrored)


def pose_from_matrix(matrix: Matrix) -> Pose:
    """Return the pose that fits a map of mm to px best near the drawing's origin.

    Args:
        matrix: Homography, shape (3, 3), invertible; it is kept as `mm_to_px`.

    Raises:
        ValueError: If the matrix cannot be inverted or sends the origin to infinity.
    """
    h = np.asarray(matrix, dtype=np.float64)
    if h.shape != (3, 3) or abs(np.linalg.det(h)) < 1e-300 or h[2, 2] == 0:
        raise ValueError("expected an invertible (3, 3) homography that keeps the origin finite")
    h = h / h[2, 2]
    # Derivative of the homography at the origin; rows u, v; v turned up again.
    jacobian = h[:2, :2] - np.outer(h[:2, 2], h[2, :2])
    upright = np.diag([1.0, -1.0]) @ jacobian
    mirrored = bool(np.linalg.det(upright) < 0)
    if mirrored:
        upright = upright @ np.diag([-1.0, 1.0])
    # The rotation nearest to `upright`: the angle of the sum of both columns' directions.
    angle = float(np.arctan2(upright[1, 0] - upright[0, 1], upright[0, 0] + upright[1, 1]))
    scale = float(np.sqrt(abs(np.linalg.det(jacobian))))
    angle = np.pi if angle == -np.pi else angle
    return Pose(float(h[0, 2]), float(h[1, 2]), angle, scale, mirrored, h)


def transformed(xy: Points, matrix: Matrix) -> Points:
    """Return points, shape (N, 2), after a homography of shape (3, 3).

    Points on the horizon (third coordinate 0) become infinite.
    """
    points = np.asarray(xy, dtype=np.float64)
    moved = points @ matrix[:2, :2].T + matrix[:2, 2]
    depth = points @ matrix[2, :2] + matrix[2, 2]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(moved / depth[:, None], dtype=np.float64)


def part_in_picture(part: Part, pose: Pose) -> tuple[Points, list[Points]]:
    """Return the outline and the holes of a part in pixels, vertex by vertex as in the drawing."""
    matrix = pose_matrix(pose)
    holes = [transformed(hole.xy_mm, matrix) for hole in part.holes]
    return transformed(part.outline.xy_mm, matrix), holes
