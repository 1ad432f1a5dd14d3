import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from components.camera.health import changed_share, edge_blur_px


def edges(blur_px: float, noise: float, seed: int = 0) -> NDArray[np.uint8]:
    """A plate with a hole, blurred by a known amount before the sensor's noise."""
    image = np.full((480, 640), 60, np.float32)
    image[100:300, 100:400] = 170
    cv2.circle(image, (500, 200), 60, 200.0, -1)
    blurred = cv2.GaussianBlur(image, (0, 0), blur_px)
    noisy = blurred + np.random.default_rng(seed).normal(0, noise, image.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("noise", [0.0, 3.0])
@pytest.mark.parametrize("blur_px", [1.0, 2.0, 3.0, 5.0])
def test_blur_of_edges_is_measured_within_half_a_pixel(blur_px: float, noise: float) -> None:
    assert edge_blur_px(edges(blur_px, noise)) == pytest.approx(blur_px, abs=0.5)


def test_an_empty_table_says_nothing_about_focus() -> None:
    assert edge_blur_px(np.full((480, 640), 90, np.uint8)) is None


def test_noise_alone_is_not_taken_for_blur() -> None:
    noise = np.random.default_rng(0).normal(100, 6, (480, 640)).astype(np.uint8)
    blur = edge_blur_px(noise)
    assert blur is None or blur < 1.0


def test_the_share_of_changed_pixels_is_counted() -> None:
    before = np.zeros((10, 10, 3), np.uint8)
    after = before.copy()
    after[0, :5, 1] = 1
    assert changed_share(before, after) == 0.05
    assert changed_share(before, before.copy()) == 0.0
    assert changed_share(before, np.zeros((5, 5, 3), np.uint8)) == 1.0
