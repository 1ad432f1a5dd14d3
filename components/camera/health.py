"""Is the picture of a camera one that can be judged: frozen, black, out of focus, glaring?

Blur is told from edges alone, so that an empty table is not taken for a lens out of focus: the
picture is blurred once more by a known amount, and how much that weakens the strongest edges tells
how blurred they were.

References:
    Zhuo and Sim, "Defocus map estimation from a single image", Pattern Recognition 44 (2011).
"""

import time
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.camera.frames import Frame, Picture
from components.camera.state import FaultName
from components.settings.camera import FrameSettings

WHITE = 255
NOT_BLACK_SHARE = 0.001
MEASURED_SIDE_PX = 960
"""Blur is measured on a picture no larger than this: cheap, and blur that matters is coarse."""
DENOISED_PX, REBLURRED_PX = 1.0, 2.0
"""Blur that hides the sensor's noise, and the known amount after it; standard deviations."""
LEAST_SLOPE = 2.5
"""Grey values a pixel: weaker edges could be noise."""
LEAST_EDGE_PIXELS = 20
STRONG = 0.6
"""Edges count from this share of the strongest one's slope."""

TEXTS: dict[FaultName, str] = {
    "frozen": "the picture has not changed for {frozen_s:g} s, not even by noise; the capture is "
    "begun anew, look at the camera if that does not help",
    "black": "the picture is black; look at light, lens cap and exposure",
    "defocus": "edges are blurred by {blur_px:.1f} px, {max_blur_px:g} are allowed; focus or clean "
    "the lens",
    "glare": "{saturated:.0%} of the picture is white, {max_saturated_share:.0%} are allowed; "
    "lower exposure or turn the lamp",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen of one frame.

    Attributes:
        brightness: Mean grey value, 0..255.
        blur_px: Standard deviation of the blur of the strongest edges; None without edges.
        saturated_share: Share of pixels with a channel at 255.
        reasons: Why it must not be judged; none for a good frame.
        standing: Those reasons that have lasted long enough to be a fault, with what to say.
    """

    brightness: float
    blur_px: float | None
    saturated_share: float
    reasons: tuple[FaultName, ...]
    standing: dict[FaultName, str]


class PictureWatch:
    """Looks at every frame of one camera.

    Args:
        settings: What is good.
        live: Whether the source is a camera; files may well repeat.
    """

    def __init__(self, settings: FrameSettings, live: bool) -> None:
        """Begin without a frame."""
        self._settings, self._live = settings, live
        self._reference: Picture | None = None
        self._same_since_s = 0.0
        self._bad_since_s: dict[FaultName, float] = {}

    def look(self, frame: Frame) -> Look:
        """Return what is to say about a frame; frames come in their order."""
        settings, now = self._settings, time.monotonic()
        grey = np.asarray(cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY), np.uint8)
        saturated = _saturated_share(frame.image)
        blur = edge_blur_px(grey)
        bad: list[FaultName] = []
        if self._frozen(frame.image, now):
            bad.append("frozen")
        if np.count_nonzero(grey > settings.black_level) < NOT_BLACK_SHARE * grey.size:
            bad.append("black")
        elif blur is not None and blur > settings.max_blur_px:
            bad.append("defocus")
        if saturated > settings.max_saturated_share:
            bad.append("glare")
        facts = settings.model_dump() | {"blur_px": blur or 0.0, "saturated": saturated}
        standing = {name: TEXTS[name].format(**facts) for name in self._standing(bad, now)}
        return Look(float(cv2.mean(grey)[0]), blur, saturated, tuple(bad), standing)

    def _frozen(self, image: Picture, now: float) -> bool:
        if not self._live:
            return False
        before = self._reference
        if before is None or changed_share(before, image) > self._settings.frozen_share:
            self._reference, self._same_since_s = image, now
            return False
        return now - self._same_since_s >= self._settings.frozen_s

    def _standing(self, bad: list[FaultName], now: float) -> list[FaultName]:
        """Return what has been bad for long enough; a frozen picture has been so already."""
        self._bad_since_s = {name: self._bad_since_s.get(name, now) for name in bad}
        return [
            name
            for name, since in self._bad_since_s.items()
            if name == "frozen" or now - since >= self._settings.fault_s
        ]


def changed_share(before: Picture, after: Picture) -> float:
    """Return the share of pixels that differ, 0..1; 1 for pictures of different sizes.

    Args:
        before: Shape (H, W, 3), uint8.
        after: Likewise.
    """
    if before.shape != after.shape:
        return 1.0
    if np.array_equal(before, after):
        return 0.0
    return float(np.mean(np.any(before != after, axis=2)))


def edge_blur_px(grey: NDArray[np.uint8]) -> float | None:
    """Return the blur of a picture's strongest edges as a standard deviation; None without edges.

    An edge blurred by s has, blurred again by r, a slope that is smaller by sqrt(1 + r²/s²).

    Args:
        grey: Shape (H, W), uint8.
    """
    reduction = max(1.0, max(grey.shape) / MEASURED_SIDE_PX)
    size = (round(grey.shape[1] / reduction), round(grey.shape[0] / reduction))
    small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if reduction > 1 else grey
    once = _blurred(small.astype(np.float32), DENOISED_PX)
    slope = _slope(once)
    strongest = float(slope.max())
    if strongest < LEAST_SLOPE:
        return None
    edges = slope >= max(LEAST_SLOPE, STRONG * strongest)
    if np.count_nonzero(edges) < LEAST_EDGE_PIXELS:
        return None
    twice = _slope(_blurred(once, REBLURRED_PX))
    ratio = float(np.median(slope[edges] / np.maximum(twice[edges], 1e-3)))
    blurred = REBLURRED_PX / np.sqrt(max(ratio**2 - 1.0, 1e-4))
    return float(reduction * np.sqrt(max(blurred**2 - DENOISED_PX**2, 0.0)))


def _blurred(image: NDArray[np.float32], deviation_px: float) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), deviation_px), np.float32)


def _slope(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the slope in grey values a pixel."""
    across = cv2.Sobel(image, cv2.CV_32F, 1, 0, scale=0.125)
    down = cv2.Sobel(image, cv2.CV_32F, 0, 1, scale=0.125)
    return np.asarray(cv2.magnitude(across, down), np.float32)


def _saturated_share(image: Picture) -> float:
    dark = cv2.inRange(image, (0, 0, 0), (WHITE - 1,) * 3)
    return 1.0 - cv2.countNonZero(dark) / dark.size
