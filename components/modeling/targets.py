"""What a decoded picture with its truth becomes: crops and the targets of the network's heads.

A *picture* holds source pixels; a *crop* is a rectangle of it scaled to network pixels. Pixel
centres are integers, so the source point x lies at (x + 0.5 - x0) * scale - 0.5 in the crop.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Annotation
from components.modeling.heads import (
    CENTRE_STRIDE,
    NO_LABEL,
    NO_SEAM,
    OTHER,
    PART,
    SIGHT_STRIDE,
)

ID_COUNT = 256
HEAT_SIGMA_SHARE = 0.12
"""Width of the Gaussian round a centre as a share of the square root of the object's area."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture with the truth about each object, indexed by instance id 0..255.

    Attributes:
        image: RGB, shape (H, W, 3), uint8.
        instances: Shape (H, W), uint8, 0 background.
        kinds: Background, part or other by id, shape (256,), uint8.
        labels: Number of the drawing or `NO_LABEL` by id, shape (256,), int64.
        centres: Centre (x, y) of the visible pixels by id, shape (256, 2), float32.
        areas: Visible pixels by id, shape (256,), float32.
        boxes: (x0, y0, x1, y1) of each object, shape (M, 4), float32.
    """

    image: NDArray[np.uint8]
    instances: NDArray[np.uint8]
    kinds: NDArray[np.uint8]
    labels: NDArray[np.int64]
    centres: NDArray[np.float32]
    areas: NDArray[np.float32]
    boxes: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Window:
    """Where a crop is taken and how it is shown.

    Attributes:
        x0: First source column.
        y0: First source row.
        width: Source columns.
        height: Source rows.
        flip: OpenCV flip code (0 upside down, 1 left-right, -1 both), None for none.
        turn: Whether rows and columns are swapped; only for square crops.
    """

    x0: int
    y0: int
    width: int
    height: int
    flip: int | None = None
    turn: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class CropTargets:
    """Targets of one crop of h x w network pixels; see `losses.Targets`.

    Attributes:
        sight: Shape (2, h/2, w/2), uint8: 255 times the share of part and of other.
        seam: Shape (h/2, w/2), float32: 1, 0 or `NO_SEAM`.
        label: Shape (h/4, w/4), int64.
        heat: Shape (h/4, w/4), float32.
        offset: Shape (2, h/4, w/4), float32, network pixels.
        on_object: Shape (h/4, w/4), bool.
    """

    sight: NDArray[np.uint8]
    seam: NDArray[np.float32]
    label: NDArray[np.int64]
    heat: NDArray[np.float32]
    offset: NDArray[np.float32]
    on_object: NDArray[np.bool_]


def picture_of(
    image: NDArray[np.uint8],
    instances: NDArray[np.uint8],
    annotations: tuple[Annotation, ...],
    label_numbers: dict[str, int],
) -> Picture:
    """Return a picture ready to be cropped.

    Args:
        image: RGB, shape (H, W, 3).
        instances: Shape (H, W), values are `Annotation.instance_id`.
        annotations: Of all objects in the picture.
        label_numbers: Number of each drawing; a label that is missing counts as other object.
    """
    kinds = np.zeros(ID_COUNT, np.uint8)
    labels = np.full(ID_COUNT, NO_LABEL, np.int64)
    for annotation in annotations:
        number = label_numbers.get(annotation.label, NO_LABEL)
        kinds[annotation.instance_id] = OTHER if number == NO_LABEL else PART
        labels[annotation.instance_id] = number
    boxes = np.array([a.xyxy_px for a in annotations], np.float32).reshape(-1, 4)
    centres, areas = centres_of(instances)
    return Picture(image, instances, kinds, labels, centres, areas, boxes)


def centres_of(
    instances: NDArray[np.uint8],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the mean pixel (x, y) and the area of each id, from every second row and column.

    An id that shows between those rows or columns alone is measured on all its pixels.

    Returns:
        Shapes (256, 2) and (256,), float32; an id that is absent has area 0.
    """
    coarse = instances[::2, ::2]
    rows, columns = np.nonzero(coarse)
    ids = coarse[rows, columns]
    count = np.bincount(ids, minlength=ID_COUNT)
    safe = np.maximum(count, 1)
    x = 2.0 * np.bincount(ids, columns, ID_COUNT) / safe + 0.5
    y = 2.0 * np.bincount(ids, rows, ID_COUNT) / safe + 0.5
    areas = 4.0 * count
    pixels = cv2.calcHist([instances], [0], None, [ID_COUNT], [0, ID_COUNT]).ravel()
    for number in np.flatnonzero((pixels[1:] > 0) & (count[1:] == 0)) + 1:
        rows, columns = np.nonzero(instances == number)
        x[number], y[number], areas[number] = columns.mean(), rows.mean(), len(rows)
    return np.stack([x, y], 1).astype(np.float32), areas.astype(np.float32)


def cropped(
    picture: Picture, window: Window, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], CropTargets]:
    """Return a crop as the network sees it and its targets.

    Args:
        picture: Where from.
        window: Which part of it.
        size: Width and height of the crop in network pixels, multiples of 32.

    Returns:
        RGB of shape (h, w, 3), uint8, and the targets.
    """
    x0, y0 = window.x0, window.y0
    part = np.s_[y0 : y0 + window.height, x0 : x0 + window.width]
    image, instances = picture.image[part], picture.instances[part]
    centres = picture.centres - np.array([x0, y0], np.float32)
    if window.flip is not None:
        image = np.asarray(cv2.flip(image, window.flip), np.uint8)
        instances = np.asarray(cv2.flip(instances, window.flip), np.uint8)
        centres = _flipped(centres, window)
    if window.turn:
        image = np.ascontiguousarray(image.swapaxes(0, 1))
        instances = np.ascontiguousarray(instances.T)
        centres = centres[:, ::-1]
    scale = size[0] / window.width
    shrinks = scale < 1.0
    resized = cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    centres = (centres + 0.5) * np.float32(scale) - 0.5
    targets = _targets(picture, instances, centres, size, scale)
    return np.asarray(resized, np.uint8), targets


def _flipped(centres: NDArray[np.float32], window: Window) -> NDArray[np.float32]:
    flipped = centres.copy()
    if window.flip in (1, -1):
        flipped[:, 0] = window.width - 1 - centres[:, 0]
    if window.flip in (0, -1):
        flipped[:, 1] = window.height - 1 - centres[:, 1]
    return flipped


def _targets(
    picture: Picture,
    instances: NDArray[np.uint8],
    centres: NDArray[np.float32],
    size: tuple[int, int],
    scale: float,
) -> CropTargets:
    kinds = cv2.LUT(instances, picture.kinds)
    fine = (size[0] // SIGHT_STRIDE, size[1] // SIGHT_STRIDE)
    planes = [(kinds == kind).astype(np.uint8) * np.uint8(255) for kind in (PART, OTHER)]
    sight = np.stack([cv2.resize(p, fine, interpolation=cv2.INTER_AREA) for p in planes])
    coarse = (size[0] // CENTRE_STRIDE, size[1] // CENTRE_STRIDE)
    ids = cv2.resize(instances, coarse, interpolation=cv2.INTER_NEAREST_EXACT)
    columns, rows = _cell_centres(coarse[0]), _cell_centres(coarse[1])
    goal = centres[ids]
    offset = np.stack([goal[..., 0] - columns[None, :], goal[..., 1] - rows[:, None]])
    present = np.unique(ids)
    present = present[present > 0]
    heat = _heat(centres[present], np.sqrt(picture.areas[present]) * scale, columns, rows)
    fine_ids = cv2.resize(instances, fine, interpolation=cv2.INTER_NEAREST_EXACT)
    seam = seams_of(np.asarray(fine_ids, np.uint8))
    return CropTargets(sight, seam, picture.labels[ids], heat, offset, ids > 0)


def seams_of(ids: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return where two objects meet: pixels with two different ids among their eight neighbours.

    Args:
        ids: Instance ids at the seam head's stride, 0 background, shape (h, w).

    Returns:
        1 on a seam, 0 elsewhere on objects, `NO_SEAM` on the background; shape (h, w).
    """
    block = np.ones((3, 3), np.uint8)
    highest = cv2.dilate(ids, block)
    # Background becomes the highest id of all, so that the least one is an object's.
    least = cv2.erode(np.where(ids == 0, np.uint8(ID_COUNT - 1), ids), block)
    seam = np.not_equal(highest, least).astype(np.float32)
    seam[ids == 0] = NO_SEAM
    return np.asarray(seam, np.float32)


def _cell_centres(count: int) -> NDArray[np.float32]:
    """Return where the middle of each output pixel lies in network pixels."""
    return (np.arange(count, dtype=np.float32) + 0.5) * CENTRE_STRIDE - 0.5


def _heat(
    centres: NDArray[np.float32],
    sizes: NDArray[np.float32],
    columns: NDArray[np.float32],
    rows: NDArray[np.float32],
) -> NDArray[np.float32]:
    """Return the heat-map of centres (M, 2) of objects of the given sizes in network pixels."""
    heat = np.zeros((len(rows), len(columns)), np.float32)
    reach = CENTRE_STRIDE / 2
    for (x, y), size in zip(centres, sizes, strict=True):
        inside = -0.5 <= x < columns[-1] + reach and -0.5 <= y < rows[-1] + reach
        if not inside:
            continue
        spread = max(HEAT_SIGMA_SHARE * float(size), float(CENTRE_STRIDE))
        across = np.exp(-((columns - x) ** 2) / (2.0 * spread**2))
        down = np.exp(-((rows - y) ** 2) / (2.0 * spread**2))
        np.maximum(heat, down[:, None] * across[None, :], out=heat)
        heat[int((y + 0.5) // CENTRE_STRIDE), int((x + 0.5) // CENTRE_STRIDE)] = 1.0
    return heat
