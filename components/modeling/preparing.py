"""Picture -> network pixels: the same for training, validation, export and service."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.modeling.heads import SIZE_MULTIPLE


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A picture at network size.

    Attributes:
        pixels: Shape (h, w, 3), uint8; h and w are multiples of 32.
        scale_x: Network pixels per picture pixel, along rows of pixels.
        scale_y: The same along columns.
    """

    pixels: NDArray[np.uint8]
    scale_x: float
    scale_y: float


def prepared(image: NDArray[np.uint8], long_side_px: int) -> Prepared:
    """Return a picture at network size: long side fixed, shape kept, right and bottom padded.

    Args:
        image: RGB, shape (H, W, 3).
        long_side_px: Of the result before padding.

    Raises:
        ValueError: If `image` is no such array.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or image.size == 0:
        raise ValueError(f"expected RGB bytes (H, W, 3), got {image.shape} {image.dtype}")
    factor = max(max(image.shape[:2]) // long_side_px, 1)
    image = _averaged(image, factor)
    height, width = image.shape[:2]
    scale = long_side_px / max(height, width)
    size = (max(round(width * scale), 1), max(round(height * scale), 1))
    how = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_LINEAR
    small = cv2.resize(image, size, interpolation=how)
    right, bottom = -size[0] % SIZE_MULTIPLE, -size[1] % SIZE_MULTIPLE
    padded = cv2.copyMakeBorder(small, 0, bottom, 0, right, cv2.BORDER_REPLICATE)
    scale_x, scale_y = size[0] / (width * factor), size[1] / (height * factor)
    return Prepared(np.asarray(padded, np.uint8), scale_x, scale_y)


def _averaged(image: NDArray[np.uint8], factor: int) -> NDArray[np.uint8]:
    """Return the means of squares of `factor` pixels; what is left over at the end is cut off.

    Whole pixels are averaged in a tenth of the time that parts of pixels take.
    """
    if factor == 1:
        return image
    # A picture that is narrower than the factor keeps its one row or column.
    width, height = (max(side // factor, 1) for side in (image.shape[1], image.shape[0]))
    whole = image[: height * factor, : width * factor]
    means = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.uint8)
