"""Shadows: swept polygons, softened, that darken what was painted before."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.dxf_to_mask import Rings, fill
from components.data_preprocessing.rasters import smeared, window_round
from components.data_preprocessing.scene import Placement, Scene
from components.data_preprocessing.view import View

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]


def paint_shadows(canvas: Picture, piece: Placement, scene: Scene, base: Rings) -> None:
    """Darken the ground round a solid: every lamp's shadow, and the contact with the ground."""
    lighting, view = scene.lighting, scene.view
    height_px = piece.thickness_mm * view.px_per_mm
    unit = view.width_px / 320
    for number, lamp in enumerate(lighting.lamps):
        throw = np.array([lamp.throw[0], -lamp.throw[1]]) * height_px
        sigma = min(max(0.5, lamp.blur * height_px), 0.06 * view.width_px)
        cast = float(np.abs(throw).max()) > 0.5 * unit
        contact = lighting.contact_depth if number == 0 else 0.0
        # A sheet's own shadow is narrower than a pixel: the contact is all that shows.
        if not cast:
            throw, sigma = np.zeros(2), 1.4 * unit
        depth = lamp.depth if cast else contact
        if depth > 0.02:
            shadow = _Shadow(throw, sigma, depth, contact if cast else 0.0)
            _paint_shadow(canvas, shadow, base, view)


@dataclass(frozen=True, slots=True, eq=False)
class _Shadow:
    """One shadow of one solid.

    Attributes:
        throw_px: Where the upper edge's shadow falls, from the foot.
        sigma_px: Softness.
        depth: Share of the light it takes.
        contact: Further share taken right beside the foot.
    """

    throw_px: NDArray[np.float64]
    sigma_px: float
    depth: float
    contact: float


def _paint_shadow(canvas: Picture, shadow: _Shadow, base: Rings, view: View) -> None:
    unit, sigma = view.width_px / 320, shadow.sigma_px
    outline = base.outline
    reach = np.concatenate([outline, outline + shadow.throw_px])
    window = window_round(reach, view, 2.2 * max(sigma, 1.5 * unit) + 1)
    if window is None:
        return
    # Wide soft shadows are drawn on a coarser grid: nobody sees the difference.
    scale = 1.0 if sigma < 2.0 else 0.5
    rows, columns = (max(1, int(np.ceil(side * scale))) for side in window.shape)
    # Room for the solid beyond the frame whose shadow falls into it; even, as the scale may be 1/2.
    x, y = (2 * math.ceil(abs(way) / 2) for way in shadow.throw_px.tolist())
    foot = np.zeros((rows + round(2 * y * scale), columns + round(2 * x * scale)), dtype=np.uint8)
    fill(foot, base, (window.left - x, window.top - y), scale)
    top, left = round(y * scale), round(x * scale)
    inner = np.s_[top : top + rows, left : left + columns]
    dark = _soft(smeared(foot, shadow.throw_px * scale)[inner], sigma * scale)
    foot = foot[inner]
    if shadow.contact > 0.05:
        foot = _soft(foot, max(1.4 * unit * scale, 0.7))
        weighed = cv2.addWeighted(dark, -shadow.depth, foot, -shadow.contact, 255.0)
        light = np.asarray(weighed, dtype=np.uint8)
    else:
        light = np.asarray(cv2.LUT(dark, _light_left(shadow.depth)), dtype=np.uint8)
    if scale != 1.0:
        size = window.shape[1], window.shape[0]
        light = np.asarray(cv2.resize(light, size), dtype=np.uint8)
    target = window.of(canvas)
    target[...] = cv2.multiply(target, cv2.cvtColor(light, cv2.COLOR_GRAY2RGB), scale=1 / 255)


def _light_left(depth: float) -> NDArray[np.uint8]:
    """Return the light, 255 for all of it, that each depth of shadow leaves."""
    return np.asarray(255.5 - depth * np.arange(256)).astype(np.uint8)


def _soft(mask: Mask, sigma: float) -> Mask:
    side = 2 * int(np.ceil(2.0 * sigma)) + 1
    blurred = cv2.GaussianBlur(mask, (side, side), sigma, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(blurred, dtype=np.uint8)
