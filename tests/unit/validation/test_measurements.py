import cv2
import numpy as np
import pytest

from components.progress import SilentProgress
from components.validation.measurements import picture_figures
from components.validation.statistics import measure_dataset
from tests.unit.validation.toy_dataset import make_toy


def test_uniform_picture_has_neither_contrast_nor_sharpness() -> None:
    figures = picture_figures(np.full((40, 60), 77, np.uint8))
    names = ("brightness", "contrast", "grey_range", "sharpness", "saturated_share")
    assert [figures[name] for name in names] == [77.0, 0.0, 0.0, 0.0, 0.0]


def test_sharpness_of_a_chessboard_is_the_square_of_eight_times_its_step() -> None:
    # Each pixel's four neighbours differ by the whole step of 10: the Laplacian is +-40. Mirrored
    # at the edge (without repeating it), the pattern goes on.
    board = (np.indices((40, 60)).sum(axis=0) % 2 * 10 + 100).astype(np.uint8)
    assert picture_figures(board)["sharpness"] == pytest.approx(40.0**2)


@pytest.mark.parametrize("times", [2, 7.5])
def test_sharpness_is_the_same_at_every_size(times: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (240, 320), dtype=np.uint8)
    scene = cv2.GaussianBlur(noise, (0, 0), 1.5)
    size = round(320 * times), round(240 * times)
    larger = cv2.resize(scene, size, interpolation=cv2.INTER_CUBIC)
    one, other = (picture_figures(grey)["sharpness"] for grey in (scene, larger))
    assert other == pytest.approx(one, rel=0.3)


def test_saturated_share_counts_pixels_at_254_and_above() -> None:
    grey = np.full((10, 10), 253, np.uint8)
    grey[0, :7] = 254
    assert picture_figures(grey)["saturated_share"] == pytest.approx(0.07)


def test_hash_tells_pictures_of_equal_bytes_and_other_shape_apart() -> None:
    grey = np.full((10, 20), 5, np.uint8)
    hashes = {picture_figures(g)["pixels_sha256"] for g in (grey, grey.reshape(20, 10))}
    assert len(hashes) == 2


def test_picture_that_cannot_be_read_has_no_figures() -> None:
    assert set(picture_figures(None).values()) == {None}


def test_two_processes_measure_the_same_as_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    toy = make_toy(tmp_path_factory.mktemp("toy"))
    one, two = (
        measure_dataset(toy.home, toy.samples, toy.whole, workers, SilentProgress())
        for workers in (1, 2)
    )
    for name in ("files", "images", "annotations", "splits"):
        assert getattr(one, name).equals(getattr(two, name)), name
