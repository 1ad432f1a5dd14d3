"""What a network saw, at the size of the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.modeling.grouping import Answer
from components.modeling.heads import BACKGROUND, OTHER, SIGHT_STRIDE
from components.modeling.preparing import Prepared

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the network saw in one picture.

    Attributes:
        on_object: Probability that a pixel shows an object, shape (H, W), float32.
        on_part: Likewise a part.
        cell_px: Width of one of the network's output pixels, in px.
    """

    on_object: Singles
    on_part: Singles
    cell_px: float


def sight_of(answer: Answer, picture: Prepared, hw: tuple[int, int], foreground: float) -> Sight:
    """Return the network's answer at the size of the picture.

    Args:
        answer: Of the network.
        picture: As it saw it.
        hw: Height and width of the original picture.
        foreground: Probability at which a pixel counts as object; it becomes one half, which is
            what whoever takes the answer for a probability expects.
    """
    per_x, per_y = picture.scale_x / SIGHT_STRIDE, picture.scale_y / SIGHT_STRIDE
    # Cell of pixel u: (u + 0.5) * per_x - 0.5.
    cells_from_pixels = np.array([[per_x, 0, 0.5 * per_x - 0.5], [0, per_y, 0.5 * per_y - 0.5]])
    on_object = 1.0 - answer.sight[BACKGROUND]
    even = on_object * (1 - foreground)
    even = even / (even + (1 - on_object) * foreground + 1e-9)
    share = np.clip(1.0 - answer.sight[OTHER] / np.maximum(on_object, 1e-6), 0, 1)
    planes = [
        np.asarray(
            cv2.warpAffine(
                np.asarray(plane, dtype=np.float32),
                cells_from_pixels,
                (hw[1], hw[0]),
                flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            dtype=np.float32,
        )
        for plane in (even, even * share)
    ]
    return Sight(planes[0], planes[1], 1 / per_x)
