import numpy as np
import pytest

from components.modeling.preparing import prepared


@pytest.mark.parametrize(
    ("hw", "padded"),
    [
        ((480, 640), (352, 448)),
        ((640, 480), (448, 352)),
        ((100, 448), (128, 448)),
        ((64, 448), (64, 448)),
    ],
    ids=["landscape", "portrait", "flat", "fits"],
)
def test_picture_is_shrunk_and_padded(hw: tuple[int, int], padded: tuple[int, int]) -> None:
    picture = prepared(np.zeros((*hw, 3), np.uint8), 448)
    assert picture.pixels.shape == (*padded, 3)
    assert picture.scale_x == pytest.approx(448 / max(hw), rel=0.01)


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)],
    ids=["grey", "floats", "empty"],
)
def test_anything_but_rgb_bytes_is_a_callers_mistake(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected RGB bytes"):
        prepared(image, 448)
