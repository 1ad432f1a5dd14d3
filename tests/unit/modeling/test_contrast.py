import numpy as np
import pytest
from numpy.typing import NDArray

from components.modeling.contrast import contrast_of, lab_of

MASK = np.zeros((60, 80), np.bool_)
MASK[20:40, 20:60] = True


def painted(inside: tuple[int, int, int], outside: tuple[int, int, int]) -> NDArray[np.uint8]:
    image = np.full((60, 80, 3), outside, np.uint8)
    image[MASK] = inside
    return image


@pytest.mark.parametrize(
    ("inside", "outside", "expected"),
    [
        # L* of sRGB grey: 0 is 0, 119 is 50, 255 is 100.
        ((255, 255, 255), (0, 0, 0), 100.0),
        ((119, 119, 119), (0, 0, 0), 50.0),
        ((70, 80, 90), (70, 80, 90), 0.0),
        # Red is (53.24, 80.09, 67.20), black the origin.
        ((255, 0, 0), (0, 0, 0), np.sqrt(53.24**2 + 80.09**2 + 67.20**2)),
    ],
    ids=["white on black", "grey on black", "the same", "red on black"],
)
def test_contrast_is_the_distance_of_the_colours(
    inside: tuple[int, int, int], outside: tuple[int, int, int], expected: float
) -> None:
    assert contrast_of(lab_of(painted(inside, outside)), MASK) == pytest.approx(expected, abs=0.5)


def test_what_lies_away_from_the_border_does_not_count() -> None:
    image = painted((200, 200, 200), (50, 50, 50))
    plain = contrast_of(lab_of(image), MASK)
    image[27:33, 27:53] = 0
    image[:10] = 255
    assert contrast_of(lab_of(image), MASK) == plain


def test_mask_of_the_whole_picture_has_no_border() -> None:
    image = painted((200, 0, 0), (0, 0, 200))
    assert contrast_of(lab_of(image), np.ones_like(MASK)) == 0.0
    assert contrast_of(lab_of(image), np.zeros_like(MASK)) == 0.0
