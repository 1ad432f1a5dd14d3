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
        ((1080, 1920), (256, 448)),
        ((961, 1283), (352, 448)),
        ((3, 5000), (32, 448)),
    ],
    ids=["landscape", "portrait", "flat", "fits", "four to one", "odd sides", "a thread"],
)
def test_picture_is_shrunk_and_padded(hw: tuple[int, int], padded: tuple[int, int]) -> None:
    picture = prepared(np.zeros((*hw, 3), np.uint8), 448)
    assert picture.pixels.shape == (*padded, 3)
    assert picture.scale_x == pytest.approx(448 / max(hw), rel=0.01)


@pytest.mark.parametrize("hw", [(300, 400), (600, 800), (961, 1283), (1500, 2000)])
def test_a_place_in_the_picture_stays_that_place(hw: tuple[int, int]) -> None:
    # A bright square; its middle, by the two scales, is where the picture has it.
    image = np.zeros((*hw, 3), np.uint8)
    top, left, side = hw[0] // 2, hw[1] // 3, hw[0] // 8
    image[top : top + side, left : left + side] = 255
    picture = prepared(image, 448)
    rows, columns = np.nonzero(picture.pixels[..., 0] > 127)
    middle_x, middle_y = columns.mean() + 0.5, rows.mean() + 0.5
    assert middle_x / picture.scale_x == pytest.approx(left + side / 2, abs=0.6 / picture.scale_x)
    assert middle_y / picture.scale_y == pytest.approx(top + side / 2, abs=0.6 / picture.scale_y)


def test_fine_stripes_become_grey() -> None:
    # Sampled without averaging they would be black or white.
    image = np.zeros((896, 3584, 3), np.uint8)
    image[:, ::2] = 200
    pixels = prepared(image, 448).pixels[:112]
    assert np.abs(pixels.astype(int) - 100).max() <= 1


@pytest.mark.parametrize(
    "image",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32), np.zeros((0, 4, 3), np.uint8)],
    ids=["grey", "floats", "empty"],
)
def test_anything_but_rgb_bytes_is_a_callers_mistake(image: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected RGB bytes"):
        prepared(image, 448)
