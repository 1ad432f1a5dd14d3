"""Scene -> RGB picture and the pixels of each object.

Objects are painted from below to above. Each solid is a prism under perspective: its *base* and
its *top* are the same rings at two heights; all that shows of it, its *silhouette*, is the area
its rings sweep between the two. Holes show what lies beneath, and their far walls.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.augmentations import photographed
from components.data_preprocessing.backgrounds import ground_picture
from components.data_preprocessing.dxf_to_mask import (
    FINE,
    INSIDE,
    Rings,
    averaged,
    fill,
    fill_swept,
    ungrown,
)
from components.data_preprocessing.lighting import Lighting
from components.data_preprocessing.rasters import (
    Box,
    Window,
    box_of,
    moved_pair,
    softened,
    window_round,
)
from components.data_preprocessing.scene import Placement, Scene
from components.data_preprocessing.shadows import paint_shadows
from components.data_preprocessing.textures import crop, tile
from components.data_preprocessing.view import View

_DOME = 0.3
"""Light that the slope of a round side takes and gives."""

_CELLS = 256
"""Cells along the longer side of what is cut by the frame, when its share is counted."""

_GLARE_CELLS = np.linspace(-0.5, 0.5, 12)

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """The pixels inside the frame of one object, nothing in front of it.

    Attributes:
        window: Where the mask lies.
        mask: Non-zero inside, shape of the window, uint8.
        in_frame: Share of the whole object that the frame shows, 0..1.
    """

    window: Window
    mask: Mask
    in_frame: float


@dataclass(frozen=True, slots=True, eq=False)
class Rendering:
    """A drawn scene.

    Attributes:
        image: RGB, shape (H, W, 3), uint8.
        instances: Number of the visible object, shape (H, W), uint8: 0 the ground, i + 1 the
            scene's object i.
        silhouettes: Of each object of the scene; None if the frame shows nothing of it.
    """

    image: Picture
    instances: Mask
    silhouettes: tuple[Silhouette | None, ...]


def render(scene: Scene) -> Rendering:
    """Draw a scene.

    Args:
        scene: What to draw.

    Returns:
        The picture as the camera gives it, and every object's pixels.
    """
    view = scene.view
    canvas = ground_picture(scene.ground, view, scene.seed)
    if not canvas.flags.writeable or not canvas.flags.c_contiguous:
        canvas = canvas.copy()
    instances = np.zeros((view.height_px, view.width_px), dtype=np.uint8)
    silhouettes = []
    for number, thing in enumerate(scene.objects, start=1):
        drawn = [_paint(canvas, piece, scene) for piece in thing.pieces]
        silhouette = _joined([d for d in drawn if d is not None])
        if silhouette is not None:
            silhouette.window.of(instances)[silhouette.mask > 0] = number
        silhouettes.append(silhouette)
    image = photographed(canvas, scene.effects, scene.seed, scene.lighting.gain_map)
    return Rendering(image, instances, tuple(silhouettes))


def _joined(pieces: list[Silhouette]) -> Silhouette | None:
    """Return one silhouette of several pieces."""
    if len(pieces) <= 1:
        return pieces[0] if pieces else None
    window = Window(
        min(p.window.left for p in pieces),
        min(p.window.top for p in pieces),
        max(p.window.right for p in pieces),
        max(p.window.bottom for p in pieces),
    )
    mask = np.zeros(window.shape, dtype=np.uint8)
    for piece in pieces:
        top, left = piece.window.top - window.top, piece.window.left - window.left
        rows, columns = piece.window.shape
        mask[top : top + rows, left : left + columns] |= piece.mask
    return Silhouette(window, mask, float(np.mean([p.in_frame for p in pieces])))


def _paint(canvas: Picture, piece: Placement, scene: Scene) -> Silhouette | None:
    """Paint one solid with its shadows; return what shows of it, or None."""
    view = scene.view
    base, top = piece.base_and_top(view)
    # Rings of holes lie inside the outline's.
    foot, head = box_of(base.outline), box_of(top.outline)
    paint_shadows(canvas, piece, scene, base, foot)
    window = window_round(foot.united(head), view, 1.0)
    if window is None:
        return None
    rows, columns = window.shape
    target = window.of(canvas)
    fine = np.zeros((rows * FINE, columns * FINE), dtype=np.uint8)
    fill(fine, top, (window.left, window.top))
    inside = averaged(fine)
    alpha = ungrown(inside)
    face = _face(piece, scene, window, fine, alpha)
    lean = (
        (head.left + head.right - foot.left - foot.right) / 2,
        (head.top + head.bottom - foot.top - foot.bottom) / 2,
    )
    if max(abs(lean[0]), abs(lean[1])) > 0.4:
        fill_swept(fine, base, top, (window.left, window.top))
        inside = averaged(fine)
        _blend(target, _wall(piece, scene.lighting, lean, window), ungrown(inside), 1.0)
    _blend(target, face, alpha, piece.surface.opacity)
    mask = (inside >= INSIDE).view(np.uint8)
    return Silhouette(window, mask, _in_frame(top, head, view))


def _blend(target: Picture, paint: Picture, alpha: Mask, opacity: float) -> None:
    """Lay paint over a part of the canvas, in place; the paint is used up.

    In bytes: with weights as float32 it took three times as long.
    """
    if opacity < 1.0:
        alpha = np.asarray(cv2.convertScaleAbs(alpha, alpha=opacity), dtype=np.uint8)
    over = cv2.cvtColor(alpha, cv2.COLOR_GRAY2RGB)
    cv2.multiply(paint, over, dst=paint, scale=1 / 255)
    under = cv2.bitwise_not(over, dst=over)
    cv2.add(paint, cv2.multiply(target, under, scale=1 / 255), dst=target)


def _wall(
    piece: Placement, lighting: Lighting, lean_px: tuple[float, float], window: Window
) -> Picture:
    """Return the colour of the side walls, which lean away from the middle of the picture."""
    # The walls that show face against the lean; pictures have y down, the table has it up.
    x, y = lighting.towards()
    facing = (y * lean_px[1] - x * lean_px[0]) / max(math.hypot(*lean_px), 1e-9)
    shade = 0.62 + 0.33 * facing
    rgb = [min(max(channel * shade, 0.0), 255.0) for channel in piece.surface.edge.tolist()]
    wall = np.empty((*window.shape, 3), dtype=np.uint8)
    # Many times faster than assigning three numbers to every pixel.
    cv2.rectangle(wall, (0, 0), window.shape[::-1], rgb, cv2.FILLED)
    return wall


def _face(piece: Placement, scene: Scene, window: Window, fine: Mask, alpha: Mask) -> Picture:
    """Return the upper side's colours, rims and glare included, for a window.

    Args:
        piece: The solid.
        scene: Its lamps.
        window: Where.
        fine: The upper side in fine pixels.
        alpha: Its coverage.
    """
    surface, lighting = piece.surface, scene.lighting
    unit = scene.view.width_px / 320
    rows, columns = window.shape
    grey = tile(surface.pattern, surface.variant, scene.seed)
    grey = crop(grey, rows, columns, surface.at, surface.zoom * unit, surface.turn)
    face = np.asarray(cv2.applyColorMap(grey, surface.colours), dtype=np.uint8)
    if piece.glare > 2.0:
        cv2.add(face, _glare(piece, window), dst=face)
    x, y = lighting.towards()
    if piece.domed:
        reach = piece.thickness_mm * scene.view.px_per_mm / 4
        face = _domed(face, alpha, x * reach, -y * reach)
    width = lighting.bevel_px * max(1.0, unit) * FINE
    shift = round(x * width), round(-y * width)
    if lighting.rim_bright > 3.0:
        cv2.scaleAdd(_rim(fine, *shift), lighting.rim_bright / 255.0, face, dst=face)
    if lighting.rim_dark > 3.0:
        rim = _rim(fine, -shift[0], -shift[1])
        cv2.addWeighted(face, 1.0, rim, -lighting.rim_dark / 255.0, 0.0, dst=face)
    return face


def _domed(face: Picture, alpha: Mask, x_px: float, y_px: float) -> Picture:
    """Return a round side's colours: brighter towards the lamp, darker behind the crest.

    Args:
        face: Colours of the flat side.
        alpha: Its coverage.
        x_px: To the lamp in the picture, to the right, as long as a quarter of the height.
        y_px: Likewise, downwards.
    """
    reach = math.hypot(x_px, y_px)
    if reach < 0.4:
        return face
    # The blurred coverage is the height: its slope towards the lamp is the light.
    height = softened(alpha, reach)
    there, back = _shifted(height, x_px, y_px), _shifted(height, -x_px, -y_px)
    slope = cv2.addWeighted(there, _DOME, back, -_DOME, 128.0)
    light = cv2.cvtColor(slope, cv2.COLOR_GRAY2RGB)
    return np.asarray(cv2.multiply(face, light, scale=1 / 128), dtype=np.uint8)


def _shifted(mask: Mask, x_px: float, y_px: float) -> Mask:
    """Return a mask displaced by a fraction of a pixel or more, its border drawn out."""
    move = np.array([[1.0, 0.0, x_px], [0.0, 1.0, y_px]])
    size = mask.shape[1], mask.shape[0]
    moved = cv2.warpAffine(mask, move, size, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, dtype=np.uint8)


def _rim(fine: Mask, x: int, y: int) -> Picture:
    """Return how much of each pixel is rim: inside the shape, but outside it when it is moved.

    Args:
        fine: The shape in fine pixels.
        x: Fine pixels from the rim to the outside, to the right.
        y: Likewise, downwards.
    """
    rim = np.zeros_like(fine)
    if abs(x) < fine.shape[1] and abs(y) < fine.shape[0]:
        # Where the frame cuts the shape nothing is known of the outside: no rim.
        here, moved = moved_pair(fine, -x, -y)
        cv2.subtract(here, moved, dst=moved_pair(rim, -x, -y)[0])
    return np.asarray(cv2.cvtColor(averaged(rim), cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def _glare(piece: Placement, window: Window) -> Picture:
    """Return the soft band of light that a glossy side mirrors."""
    # The band's place and slope come from the texture's place, which is random already.
    angle, place = 2 * np.pi * piece.surface.at[0], piece.surface.at[1]
    across = _GLARE_CELLS[:, None] * np.sin(angle) + _GLARE_CELLS * np.cos(angle)
    across = 0.5 + across / 2**0.5
    band = piece.glare * np.exp(-(((across - place) / 0.22) ** 2))
    size = window.shape[1], window.shape[0]
    fine = cv2.resize(np.clip(band, 0, 255).astype(np.uint8), size)
    return np.asarray(cv2.cvtColor(fine, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def _in_frame(rings: Rings, box: Box, view: View) -> float:
    """Return the share of a shape's area that lies inside the frame."""
    right, bottom = view.width_px - 0.5, view.height_px - 0.5
    if box.left >= -0.5 and box.top >= -0.5 and box.right <= right and box.bottom <= bottom:
        return 1.0
    # Points on a grid over the shape's box, wherever that lies.
    scale = _CELLS / max(box.right - box.left, box.bottom - box.top)
    cells = np.zeros((_CELLS + 1, _CELLS + 1), dtype=np.uint8)
    corner = np.array([box.left, box.top])
    fill(cells, rings.at((rings.xy_px - corner) * scale), scale=1.0)
    x0, y0 = np.ceil(np.maximum((-0.5 - corner) * scale, 0.0)).astype(int).tolist()
    ends = np.floor((np.array([right, bottom]) - corner) * scale) + 1
    x1, y1 = np.maximum(ends, 0.0).astype(int).tolist()
    total = cv2.countNonZero(cells)
    return np.count_nonzero(cells[y0:y1, x0:x1]) / total if total else 0.0
