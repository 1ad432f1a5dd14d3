"""Pictures of parts whose every edge is known: filled finely, averaged, blurred and noisy."""

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part, Pose
from components.geometry.transforms import pose_matrix, transformed

FINE = 8
Picture = NDArray[np.uint8]


def coverage(part: Part, pose: Pose, height: int = 360, width: int = 480) -> NDArray[np.float64]:
    """The share of each pixel that the part covers, to 1/64."""
    fine = np.zeros((height * FINE, width * FINE), np.uint8)
    for ring, value in [(part.outline, 1), *((hole, 0) for hole in part.holes)]:
        xy = transformed(ring.xy_mm, pose_matrix(pose))
        # Pixel (0, 0) has its centre at fine pixel (FINE - 1) / 2.
        at = (xy + 0.5) * FINE - 0.5
        cv2.fillPoly(fine, [np.rint(at * 256).astype(np.int32)], value, cv2.LINE_8, 8)
    return fine.reshape(height, FINE, width, FINE).mean(axis=(1, 3))


def picture(
    part: Part,
    pose: Pose,
    face: tuple[float, float, float] = (190.0, 180.0, 170.0),
    ground: tuple[float, float, float] = (60.0, 70.0, 80.0),
    noise: float = 3.0,
    blur_px: float = 0.8,
    light: NDArray[np.float64] | None = None,
    seed: int = 1,
) -> Picture:
    """A part on a ground, RGB; `light` multiplies every pixel before blur and noise."""
    share = coverage(part, pose)[..., None]
    seen = share * np.array(face) + (1 - share) * np.array(ground)
    if light is not None:
        seen = seen * light[..., None]
    seen = cv2.GaussianBlur(seen, (0, 0), blur_px)
    seen = seen + np.random.default_rng(seed).normal(0, noise, seen.shape)
    return np.clip(np.rint(seen), 0, 255).astype(np.uint8)
