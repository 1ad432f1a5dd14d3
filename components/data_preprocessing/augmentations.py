"""The camera: what lens, sensor and electronics do to the light that reaches them."""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.draws import between
from components.data_preprocessing.lighting import EVEN, lit
from components.data_preprocessing.rasters import softened
from components.data_preprocessing.textures import Rng
from components.settings.data import CameraSettings

Picture = NDArray[np.uint8]

_NOISE_SIDE_PX = 800
_NOISE_SD = 32.0
_MIDDLE_GREY = 110.0
"""Grey level to which automatic exposure brings the ground."""

_LEVELS = np.arange(256) / 255.0


@dataclass(frozen=True, slots=True, eq=False)
class CameraEffects:
    """One camera's faults; lengths in pixels of a picture 320 pixels wide.

    Attributes:
        gains: Exposure times white balance, RGB.
        gamma: Exponent on brightness 0..1.
        vignetting: Share of the light lost in the corners.
        blur_px: Standard deviation of the focus blur.
        motion_px: Length and direction of a blur by movement, (x, y); (0, 0) is none.
        noise: Standard deviation of the noise in the dark, in grey levels.
        shot_noise: Standard deviation that full white adds, in grey levels.
        noise_at: Where in the noise tile, 0..1 across and down.
        bayer: Whether colours were mosaicked and interpolated.
        jpeg_quality: Quality of an earlier packing, None without.
        grey: Whether the camera sees no colour.
        sharpening: Share of the detail that the camera adds to its picture.
    """

    gains: tuple[float, float, float]
    gamma: float
    vignetting: float
    blur_px: float
    motion_px: tuple[float, float]
    noise: float
    shot_noise: float
    noise_at: tuple[float, float]
    bayer: bool
    jpeg_quality: int | None
    grey: bool
    sharpening: float = 0.0


def _mostly_low(rng: Rng, limits: tuple[float, float]) -> float:
    """Return a number between limits, near the lower one mostly: few cameras are bad."""
    low, high = limits
    return float(low + (high - low) * rng.random() ** 2)


def random_effects(rng: Rng, settings: CameraSettings, motion_share: float) -> CameraEffects:
    """Return one camera's faults."""
    balance = np.exp(rng.normal(0.0, settings.white_balance_sd, 2))
    exposure = float(np.exp(rng.normal(0.0, settings.exposure_sd)))
    motion = (0.0, 0.0)
    if rng.random() < motion_share:
        length, azimuth = between(rng, *settings.motion_px), between(rng, 0, np.pi)
        motion = (float(length * np.cos(azimuth)), float(length * np.sin(azimuth)))
    sharpened = rng.random() < settings.sharpen_share
    packed = rng.random() < settings.jpeg_share
    return CameraEffects(
        gains=(exposure * float(balance[0]), exposure, exposure * float(balance[1])),
        gamma=float(np.exp(rng.normal(0.0, settings.gamma_sd))),
        vignetting=between(rng, *settings.vignetting),
        blur_px=_mostly_low(rng, settings.blur_px),
        motion_px=motion,
        noise=_mostly_low(rng, settings.noise),
        shot_noise=_mostly_low(rng, settings.shot_noise),
        noise_at=(rng.random(), rng.random()),
        bayer=rng.random() < settings.demosaic_share,
        jpeg_quality=int(rng.integers(*settings.jpeg_quality, endpoint=True)) if packed else None,
        grey=rng.random() < settings.grey_share,
        sharpening=between(rng, *settings.sharpening) if sharpened else 0.0,
    )


def exposed(effects: CameraEffects, brightness: float, share: float) -> CameraEffects:
    """Return a camera that makes up for a dark or bright place, with more noise in the dark.

    Args:
        effects: The camera as it was drawn.
        brightness: Mean grey level of the ground, 0..255.
        share: Of the difference from middle grey, on a logarithmic scale, that is made up for.
    """
    gain = (_MIDDLE_GREY / max(8.0, brightness)) ** share
    red, green, blue = effects.gains
    return replace(
        effects,
        gains=(red * gain, green * gain, blue * gain),
        noise=effects.noise * min(max(gain, 0.7), 2.0),
    )


def photographed(
    picture: Picture,
    effects: CameraEffects,
    seed: int,
    gain_map: NDArray[np.float64] = EVEN,
) -> Picture:
    """Return what a camera makes of a picture.

    Args:
        picture: RGB, uint8, shape (H, W, 3), as even white light would show it.
        effects: The camera's faults.
        seed: The dataset's, for the tile of noise.
        gain_map: The light, see `Lighting`.
    """
    picture = _blurred(picture, effects)
    # Light and sensor's gains in one pass over the picture; light varies too slowly to be blurred.
    picture = lit(picture, gain_map * effects.gains, effects.vignetting)
    picture = np.asarray(cv2.LUT(picture, response(effects.gamma)), dtype=np.uint8)
    if effects.bayer:
        picture = _demosaicked(picture)
    picture = _noisy(picture, effects, seed)
    if effects.sharpening > 0.0:
        picture = _sharpened(picture, effects.sharpening)
    if effects.grey:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        picture = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8)
    if effects.jpeg_quality is not None:
        picture = _packed(picture, effects.jpeg_quality)
    return picture


def response(gamma: float) -> Picture:
    """Return the grey level, shape (256,), that each level of light becomes."""
    return np.asarray(np.rint(_LEVELS**gamma * 255.0).astype(np.uint8))


def _blurred(picture: Picture, effects: CameraEffects) -> Picture:
    scale = picture.shape[1] / 320.0
    if any(effects.motion_px):
        picture = _moved(picture, np.array(effects.motion_px) * scale)
    sigma = effects.blur_px * scale
    if sigma < 0.3:
        return picture
    return softened(picture, sigma)


def _moved(picture: Picture, along_px: NDArray[np.float64]) -> Picture:
    half = int(np.ceil(np.abs(along_px).max() / 2))
    kernel = np.zeros((2 * half + 1, 2 * half + 1), dtype=np.float32)
    ends = np.rint((np.array([-0.5, 0.5])[:, None] * along_px + half) * 16).astype(int)
    cv2.line(kernel, ends[0].tolist(), ends[1].tolist(), 1.0, 1, cv2.LINE_8, 4)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), dtype=np.uint8)


def _demosaicked(picture: Picture) -> Picture:
    mosaic = picture[..., 1].copy()
    mosaic[::2, ::2] = picture[::2, ::2, 0]
    mosaic[1::2, 1::2] = picture[1::2, 1::2, 2]
    # OpenCV names a pattern by the second row and column: "BG" has red in the first corner, and
    # its "BGR" result is the one in the order red, green, blue for "RG".
    return np.asarray(cv2.cvtColor(mosaic, cv2.COLOR_BayerRGGB2RGB), dtype=np.uint8)


@lru_cache(maxsize=4)
def _noise_tile(seed: int) -> Picture:
    rng = np.random.default_rng([seed, 2])
    noise = rng.standard_normal((_NOISE_SIDE_PX, _NOISE_SIDE_PX, 3), dtype=np.float32)
    grey = rng.standard_normal((_NOISE_SIDE_PX, _NOISE_SIDE_PX, 1), dtype=np.float32)
    mixed = (0.85 * noise + 0.53 * grey) * _NOISE_SD + 128.0
    tile = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
    tile.setflags(write=False)
    return tile


def _noise_field(shape: tuple[int, ...], at: tuple[float, float], seed: int) -> Picture:
    tile = _noise_tile(seed)
    height, width = shape[:2]
    repeat = max(-(-height // (_NOISE_SIDE_PX - 64)), -(-width // (_NOISE_SIDE_PX - 64)))
    if repeat > 1:
        tile = np.tile(tile, (repeat, repeat, 1))
    top = int(at[1] * (tile.shape[0] - height))
    left = int(at[0] * (tile.shape[1] - width))
    return tile[top : top + height, left : left + width]


def _noisy(picture: Picture, effects: CameraEffects, seed: int) -> Picture:
    """Add noise that grows with the light: one part constant, one in proportion to it."""
    field = _noise_field(picture.shape, effects.noise_at, seed)
    if effects.shot_noise > 0.3:
        share = effects.shot_noise / 255.0 * 128.0 / _NOISE_SD
        factor = cv2.convertScaleAbs(field, alpha=share, beta=128.0 * (1.0 - share))
        picture = np.asarray(cv2.multiply(picture, factor, scale=1.0 / 128.0), dtype=np.uint8)
    share = effects.noise / _NOISE_SD
    # Another place of the tile, so that both parts are independent.
    x, y = effects.noise_at
    other = _noise_field(picture.shape, ((x + 0.5) % 1.0, (y + 0.5) % 1.0), seed)
    return np.asarray(cv2.addWeighted(picture, 1.0, other, share, -128.0 * share), dtype=np.uint8)


def _sharpened(picture: Picture, share: float) -> Picture:
    """Return a picture with its fine detail raised, noise and halos of edges included."""
    side = 3 if picture.shape[1] < 480 else 5
    soft = cv2.blur(picture, (side, side))
    return np.asarray(cv2.addWeighted(picture, 1.0 + share, soft, -share, 0.0), dtype=np.uint8)


def _packed(picture: Picture, quality: int) -> Picture:
    _, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality]
    )
    unpacked = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.asarray(cv2.cvtColor(unpacked, cv2.COLOR_BGR2RGB), dtype=np.uint8)
