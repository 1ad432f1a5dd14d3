"""How much objects stand out: the difference of colour on both sides of a mask's border.

It is the distance of the median colours of two bands in CIE L*a*b* (1976): one inside the border,
one outside it, each a few pixels wide. A difference of 2 can just be seen side by side.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

BAND_SHARE = 0.01
"""Width of a band over the long side of the picture."""

LEAST_BAND_PX = 2


def lab_of(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return a picture in CIE L*a*b*, shape (H, W, 3).

    Args:
        image: sRGB, shape (H, W, 3), uint8.
    """
    floats = image.astype(np.float32) / np.float32(255.0)
    return np.asarray(cv2.cvtColor(floats, cv2.COLOR_RGB2LAB), np.float32)


def contrast_of(lab: NDArray[np.float32], mask: NDArray[np.bool_]) -> float:
    """Return how much the object under a mask stands out, 0 where the mask has no border.

    Args:
        lab: From `lab_of`.
        mask: Of the object, shape (H, W).
    """
    band = max(round(BAND_SHARE * max(mask.shape)), LEAST_BAND_PX)
    x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
    rows = slice(max(y - band, 0), y + height + band)
    columns = slice(max(x - band, 0), x + width + band)
    inside = np.ascontiguousarray(mask[rows, columns]).view(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * band + 1, 2 * band + 1))
    # Beyond the window there is nothing to know: no border there.
    wide, narrow = cv2.dilate(inside, kernel), cv2.erode(inside, kernel)
    cut = lab[rows, columns]
    outer, inner = cut[(wide > 0) & (inside == 0)], cut[(inside > 0) & (narrow == 0)]
    if len(outer) == 0 or len(inner) == 0:
        return 0.0
    return float(np.linalg.norm(np.median(outer, axis=0) - np.median(inner, axis=0)))
