"""From the drawing's plane (mm, y up) to the picture (px, y down) and back.

This is the only place where y is flipped. A point p of the plane becomes the pixel H p, where H
is a homography of shape (3, 3); of a camera that looks straight down H is a similarity.
"""

import math

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
    if h.shape != (3, 3) or h[2, 2] == 0:
        raise ValueError("expected a (3, 3) homography that keeps the origin finite")
    h = h / h[2, 2]
    # Plain numbers: arrays of four take ten times as long.
    (a, b, x), (c, d, y), (e, f, _) = h.tolist()
    if abs(a * (d - f * y) - b * (c - e * y) + x * (c * f - d * e)) < 1e-300:
        raise ValueError("expected a (3, 3) homography that can be inverted")
    # Derivative of the homography at the origin, v turned up again; columns by x and y.
    ux, uy, vx, vy = a - x * e, b - x * f, y * e - c, y * f - d
    area = ux * vy - uy * vx
    if area < 0:
        ux, vx = -ux, -vx
    # The nearest rotation: the angle of the sum of both columns' directions.
    angle = math.atan2(vx - uy, ux + vy)
    angle = math.pi if angle == -math.pi else angle
    return Pose(x, y, angle, math.sqrt(abs(area)), area < 0, h)


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
