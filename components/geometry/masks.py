"""Masks, boxes, run lengths and polygons of the same pixels.

A box is given by pixel edges: a mask of the single pixel (column 3, row 5) has the box
(3, 5, 4, 6). A polygon is given by pixel centres, as OpenCV finds contours.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from components.domain import Rle


@dataclass(frozen=True, slots=True, eq=False)
class Polygon:
    """One connected region of a mask.

    Attributes:
        outline_px: Vertices (x, y), shape (N, 2), int32.
        holes_px: Vertices of each hole, shape (M, 2), int32.
    """

    outline_px: NDArray[np.int32]
    holes_px: tuple[NDArray[np.int32], ...]


def rle_from_mask(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> Rle:
    """Return the COCO run-length encoding of a mask of shape (H, W), non-zero inside."""
    encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Rle(size=[int(side) for side in encoded["size"]], counts=encoded["counts"].decode())


def rle_from_window(
    mask: NDArray[np.uint8], left: int, top: int, height_px: int, width_px: int
) -> Rle:
    """Return the run-length encoding of a mask that covers a small part of a picture.

    It equals `rle_from_mask` of the whole picture and looks at the mask's own pixels only.

    Args:
        mask: Shape (h, w), one value inside, zero outside.
        left: Column of the picture at which the mask begins.
        top: Row of the picture at which the mask begins.
        height_px: Height of the picture; `top` + h does not exceed it.
        width_px: Width of the picture; `left` + w does not exceed it.
    """
    height, width = mask.shape
    # Columns one after the other, a zero before the first and after the last, and between them
    # unless they are as high as the picture: there a run goes on from one to the next.
    rows = height if height == height_px else height + 1
    columns = np.zeros(width * rows + 2, dtype=np.uint8)
    # OpenCV's transposition takes a fifth of the time of a copy along the columns.
    columns[1:-1].reshape(width, rows)[:, :height] = cv2.transpose(mask)
    changes = np.flatnonzero(columns[1:] != columns[:-1])
    if height != height_px:
        changes += changes // rows * (height_px - rows) + top
    ends = np.empty(len(changes) + 2, dtype=np.int64)
    ends[0], ends[-1] = 0, height_px * width_px
    np.add(changes, left * height_px, out=ends[1:-1])
    counts = ends[1:] - ends[:-1]
    if len(counts) > 1 and counts[-1] == 0:
        counts = counts[:-1]
    # As an array: a list of the counts takes three times as long to read.
    raw = {"size": [height_px, width_px], "counts": counts}
    packed = coco_mask.frPyObjects(raw, height_px, width_px)
    return Rle(size=[height_px, width_px], counts=packed["counts"].decode())


def mask_from_rle(rle: Rle) -> NDArray[np.bool_]:
    """Return the mask, shape (H, W), bool, of a COCO run-length encoding."""
    decoded = coco_mask.decode({"size": rle["size"], "counts": rle["counts"].encode()})
    return np.ascontiguousarray(decoded, dtype=np.bool_)


def mask_count(
    masks: Iterable[NDArray[np.bool_]], height_px: int, width_px: int
) -> NDArray[np.uint16]:
    """Return how many of the masks cover each pixel, shape (H, W).

    One is added after the other: stacked, those of a large picture would fill the memory.

    Args:
        masks: Each of shape (H, W).
        height_px: H.
        width_px: W.
    """
    count = np.zeros((height_px, width_px), np.uint16)
    for mask in masks:
        count += mask
    return count


def mask_iou(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return the overlap of two masks: common pixels / pixels of either, 0..1.

    Two empty masks agree fully, as two empty answers do; masks of different shapes do not overlap.

    Examples:
        >>> mask_iou(np.array([[True, True]]), np.array([[True, False]]))
        0.5
    """
    if first.shape != second.shape:
        return 0.0
    union = np.count_nonzero(first | second)
    return float(np.count_nonzero(first & second) / union) if union else 1.0


def xyxy_from_mask(mask: NDArray[np.bool_] | NDArray[np.uint8]) -> tuple[float, ...] | None:
    """Return the box (x0, y0, x1, y1), px, round the non-zero pixels of an (H, W) mask, or None."""
    x, y, width, height = cv2.boundingRect(np.ascontiguousarray(mask, dtype=np.uint8))
    if width == 0:
        return None
    return float(x), float(y), float(x + width), float(y + height)


def polygons_from_mask(
    mask: NDArray[np.bool_] | NDArray[np.uint8],
    tolerance_px: float = 0.0,
    with_lines: bool = False,
    corner_px: tuple[int, int] = (0, 0),
) -> list[Polygon]:
    """Return the regions of a mask as polygons with holes, biggest first.

    Args:
        mask: Shape (H, W), non-zero inside.
        tolerance_px: Largest distance a simplified edge may stray from the pixel contour;
            0 keeps every corner.
        with_lines: Whether a region one pixel wide, which has no area between its pixels' centres,
            is kept, with its vertices repeated; whoever fills the ring draws its edge, too.
        corner_px: Column and row of the picture at which the mask begins.
    """
    contours, hierarchy = cv2.findContours(
        np.ascontiguousarray(mask, dtype=np.uint8),
        cv2.RETR_CCOMP,
        cv2.CHAIN_APPROX_SIMPLE,
        offset=corner_px,
    )
    if hierarchy is None:
        return []
    rings = [
        cv2.approxPolyDP(ring, tolerance_px, True)[:, 0] if tolerance_px > 0 else ring[:, 0]
        for ring in contours
    ]
    if with_lines:
        rings = [ring if len(ring) >= 3 else np.resize(ring, (3, 2)) for ring in rings]
    polygons = []
    links = hierarchy[0].tolist()
    for number, (_, _, child, parent) in enumerate(links):
        if parent >= 0 or len(rings[number]) < 3:
            continue
        holes = []
        while child >= 0:
            if len(rings[child]) >= 3:
                holes.append(np.asarray(rings[child], dtype=np.int32))
            child = links[child][0]
        polygons.append(Polygon(np.asarray(rings[number], dtype=np.int32), tuple(holes)))
    if len(polygons) > 1:
        polygons.sort(key=lambda p: -cv2.contourArea(p.outline_px))
    return polygons


def edge_polygons(mask: NDArray[np.uint8], corner_px: tuple[int, int] = (0, 0)) -> list[Polygon]:
    """Return the regions of a mask as polygons along the pixels' edges, biggest first.

    This is how COCO's tools read a polygon: the single pixel (column 3, row 5) is the square from
    (3, 5) to (4, 6).

    Args:
        mask: Shape (H, W), non-zero inside.
        corner_px: Column and row of the picture at which the mask begins.
    """
    # Each byte twice beside itself, then each row: a sixth of the time of a resize.
    pairs = (mask.astype(np.uint16) * 0x101).view(np.uint8)
    doubled = np.repeat(pairs, 2, axis=0)
    corner = 2 * corner_px[0], 2 * corner_px[1]
    # Of the two fine pixels of each pixel, an outline passes the one at the edge: the even one on
    # the left and above, the odd one on the right and below; around holes it is the reverse.
    return [
        Polygon((p.outline_px + 1) // 2, tuple((hole + 1) // 2 for hole in p.holes_px))
        for p in polygons_from_mask(doubled, corner_px=corner)
    ]


def bridged(rings: list[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Return one closed ring that runs through all rings, joined by seams of no width.

    Formats that know only simple polygons keep holes that way: a fill by parity passes each seam
    twice and sees nothing of it.

    Args:
        rings: Outline and holes, or several outlines, each of shape (N, 2).
    """
    if len(rings) == 1:
        return rings[0]
    # Points as complex numbers: one array operation does what takes three on pairs.
    whole, *others = (ring.astype(np.float32).view(np.complex64)[:, 0] for ring in rings)
    for ring in others:
        # A short seam, not the shortest: trying all pairs would cost more than drawing the scene.
        here = np.abs(whole - ring[0]).argmin()
        there = np.abs(ring - whole[here]).argmin()
        whole = np.concatenate([whole[: here + 1], ring[there:], ring[: there + 1], whole[here:]])
    return whole.view(np.float32).reshape(-1, 2).astype(np.int32)


def chained(rings: list[NDArray[np.int32]]) -> list[NDArray[np.int32]]:
    """Return the rings so ordered that each lies near one before it; the first stays.

    Joined in that order (`bridged`), pieces that lie in a row get seams from one to the next. In
    any other order several seams run side by side, and a fill that paints them makes them an area.

    Args:
        rings: Several outlines, each of shape (N, 2).
    """
    if len(rings) < 3:
        return rings
    middles = np.array([ring.mean(axis=0) for ring in rings])
    order, waiting = [0], np.arange(1, len(rings))
    reach = np.linalg.norm(middles - middles[0], axis=1)
    while len(waiting):
        nearest = waiting[reach[waiting].argmin()]
        order.append(int(nearest))
        waiting = waiting[waiting != nearest]
        reach = np.minimum(reach, np.linalg.norm(middles - middles[nearest], axis=1))
    return [rings[place] for place in order]
