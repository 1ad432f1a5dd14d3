"""Shadows: swept polygons, softened, that darken what was painted before."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import Rings, fill
from components.data_preprocessing.rasters import (
    Box,
    Window,
    smeared,
    softened,
    window_round,
)
from components.data_preprocessing.scene import Placement, Scene
from components.data_preprocessing.view import View

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class _Shadow:
    """One shadow of one solid.

    Attributes:
        x_px: Where the upper edge's shadow falls, from the foot, to the right.
        y_px: Likewise, downwards.
        sigma_px: Softness.
        depth: Share of the light it takes.
        contact: Further share taken right beside the foot.
    """

    x_px: float
    y_px: float
    sigma_px: float
    depth: float
    contact: float


def paint_shadows(canvas: Picture, piece: Placement, scene: Scene, base: Rings, box: Box) -> None:
    """Darken the ground round a solid: every lamp's shadow, and the contact with the ground.

    Args:
        canvas: Changed in place.
        piece: The solid.
        scene: Its lamps and camera.
        base: Rings of the solid's lower side in the picture.
        box: Round `base`.
    """
    lighting, view = scene.lighting, scene.view
    height_px = piece.thickness_mm * view.px_per_mm
    unit = view.width_px / 320
    for number, lamp in enumerate(lighting.lamps):
        x, y = lamp.throw[0] * height_px, -lamp.throw[1] * height_px
        contact = lighting.contact_depth if number == 0 else 0.0
        if max(abs(x), abs(y)) > 0.5 * unit:
            sigma = min(max(0.5, lamp.blur * height_px), 0.06 * view.width_px)
            shadow = _Shadow(x, y, sigma, lamp.depth, contact)
        else:
            # A sheet's own shadow is narrower than a pixel: the contact is all that shows.
            shadow = _Shadow(0.0, 0.0, 1.4 * unit, contact, 0.0)
        if shadow.depth > 0.02:
            _paint_shadow(canvas, shadow, base, box, view)


def _paint_shadow(canvas: Picture, shadow: _Shadow, base: Rings, box: Box, view: View) -> None:
    unit, sigma = view.width_px / 320, shadow.sigma_px
    reach = box.united(box.moved(shadow.x_px, shadow.y_px))
    window = window_round(reach, view, 2.2 * max(sigma, 1.5 * unit) + 1)
    if window is None:
        return
    # Soft shadows are drawn on a coarser grid: nobody sees the difference.
    scale = 1.0 if sigma < 1.2 else 0.5 if sigma < 3.0 else 0.25
    foot, dark = _swept(shadow, base, window, scale)
    dark = softened(dark, sigma * scale)
    if shadow.contact > 0.05:
        foot = softened(foot, max(1.4 * unit * scale, 0.6))
        weighed = cv2.addWeighted(dark, -shadow.depth, foot, -shadow.contact, 255.0)
        light = np.asarray(weighed, dtype=np.uint8)
    else:
        light = np.asarray(cv2.convertScaleAbs(dark, alpha=-shadow.depth, beta=255.0), np.uint8)
    if scale != 1.0:
        size = window.shape[1], window.shape[0]
        light = np.asarray(cv2.resize(light, size), dtype=np.uint8)
    target = window.of(canvas)
    cv2.multiply(target, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), dst=target, scale=1 / 255)


def _swept(shadow: _Shadow, base: Rings, window: Window, scale: float) -> tuple[Mask, Mask]:
    """Return the foot of a solid and the area of its shadow, hard-edged, on the window's grid."""
    rows, columns = (math.ceil(side * scale) for side in window.shape)
    # Room for what stands beyond the frame and whose shadow falls into it, in whole cells.
    right, down = (math.ceil(abs(way) * scale) for way in (shadow.x_px, shadow.y_px))
    grid = np.zeros((rows + 2 * down, columns + 2 * right), dtype=np.uint8)
    corner = window.left - round(right / scale), window.top - round(down / scale)
    fill(grid, base, corner, scale)
    inner = np.s_[down : down + rows, right : right + columns]
    dark = smeared(grid, shadow.x_px * scale, shadow.y_px * scale)
    return grid[inner], dark[inner]
