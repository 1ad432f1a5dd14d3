"""Lamps: how bright each place of the table is and where shadows fall."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.draws import between
from components.data_preprocessing.textures import Rng
from components.settings.data import BacklightSettings, LightSettings

GRID = (12, 16)
"""Rows and columns of the coarse map that is smoothed over the picture."""

_ROWS, _COLUMNS = np.meshgrid(
    np.linspace(-0.5, 0.5, GRID[0]), np.linspace(-0.5, 0.5, GRID[1]), indexing="ij"
)
_RADIUS2 = 2.0 * (_ROWS**2 + _COLUMNS**2)[..., None]
"""Squared distance of each cell from the middle, 1 in the corners, shape (12, 16, 1)."""

EVEN = np.ones((*GRID, 3))
"""Even white light, see `Lighting.gain_map`."""


@dataclass(frozen=True, slots=True, eq=False)
class Lamp:
    """One lamp that throws shadows.

    Attributes:
        throw: Displacement (x, y) on the table of the shadow of a point, per mm of its height.
        blur: Standard deviation of the shadow's edge, per mm of height.
        depth: Share of the light that the shadow takes, 0..1.
    """

    throw: tuple[float, float]
    blur: float
    depth: float


@dataclass(frozen=True, slots=True, eq=False)
class Lighting:
    """The light of a scene.

    Attributes:
        lamps: Those that throw shadows, the main one first.
        contact_depth: Darkness right beside an edge that stands on the ground, 0..1.
        gain_map: Light on a coarse grid over the picture, RGB, 1 is normal, shape (12, 16, 3).
        bevel_px: Width of rims in pixels of a picture 320 wide.
        rim_bright: Grey levels added where a rim faces the main lamp.
        rim_dark: Grey levels taken where it turns away.
    """

    lamps: tuple[Lamp, ...]
    contact_depth: float
    gain_map: NDArray[np.float64]
    bevel_px: float
    rim_bright: float
    rim_dark: float

    @property
    def brightness(self) -> float:
        """Mean light over the picture, 1 is normal."""
        return float(self.gain_map.mean())

    def towards(self) -> tuple[float, float]:
        """Return the unit vector (x, y) on the table that points to the main lamp."""
        if not self.lamps:
            return 0.0, 1.0
        x, y = self.lamps[0].throw
        length = max(math.hypot(x, y), 1e-9)
        return -x / length, -y / length


def _lamp(rng: Rng, settings: LightSettings, depth_share: float) -> Lamp:
    azimuth = between(rng, 0, 2 * np.pi)
    reach = 1.0 / np.tan(np.deg2rad(between(rng, *settings.elevation_deg)))
    throw = (float(reach * np.cos(azimuth)), float(reach * np.sin(azimuth)))
    blur = between(rng, *settings.softness) * max(reach, 0.5)
    return Lamp(throw, blur, depth_share * between(rng, *settings.shadow_depth))


def random_lighting(rng: Rng, settings: LightSettings) -> Lighting:
    """Return lamps over a workbench."""
    lamps = [_lamp(rng, settings, 1.0)]
    if rng.random() < settings.second_lamp_share:
        lamps.append(_lamp(rng, settings, settings.second_lamp_depth))
    return Lighting(
        lamps=tuple(lamps),
        contact_depth=between(rng, *settings.contact_depth),
        gain_map=_gain_map(rng, settings),
        bevel_px=between(rng, *settings.bevel_px),
        rim_bright=_rim(rng, settings.bevel_bright_share, settings.bevel_bright),
        rim_dark=_rim(rng, settings.bevel_dark_share, settings.bevel_dark),
    )


def _rim(rng: Rng, share: float, levels: tuple[float, float]) -> float:
    """Return the strength of a scene's rims, 0 if it has none."""
    return between(rng, *levels) * rng.random() if rng.random() < share else 0.0


def backlight(rng: Rng, settings: LightSettings, panel: BacklightSettings) -> Lighting:
    """Return the light of a panel below: no shadows, a slight fall-off to the sides."""
    even = settings.model_copy(update={"spot_share": 0.0, "gradient": panel.gradient})
    gain = _gain_map(rng, even)
    bevel_px = between(rng, *settings.bevel_px)
    return Lighting((), 0.0, gain, bevel_px, between(rng, *panel.bevel_bright), 0.0)


def _gain_map(rng: Rng, settings: LightSettings) -> NDArray[np.float64]:
    rows, columns = _ROWS, _COLUMNS
    azimuth = between(rng, 0, 2 * np.pi)
    slope = between(rng, *settings.gradient)
    gain = 1.0 + slope * (rows * np.sin(azimuth) + columns * np.cos(azimuth))
    if rng.random() < settings.spot_share:
        middle, width = rng.uniform(-0.6, 0.6, 2), between(rng, *settings.spot_radius)
        distance2 = (rows - middle[0]) ** 2 + (columns - middle[1]) ** 2
        # A spot comes with less light elsewhere, as the camera's exposure follows the brightest.
        gain = 0.8 * gain + between(rng, *settings.spot_gain) * np.exp(-distance2 / width**2)
    tint = np.exp(rng.normal(0.0, settings.tint, 3))
    drift = np.exp(rng.normal(0.0, settings.tint, 3)) - 1.0
    return np.asarray(gain[..., None] * tint + columns[..., None] * drift)


def lit(
    picture: NDArray[np.uint8], gain_map: NDArray[np.float64], vignetting: float
) -> NDArray[np.uint8]:
    """Return a picture as its lamps and the lens's fall-off light it.

    Args:
        picture: RGB, shape (H, W, 3).
        gain_map: See `Lighting`; the sensor's gains may be in it.
        vignetting: Share of the light lost in the corners. The fall-off of a lens is cos^4 of the
            angle: to the second order a parabola.
    """
    gain = gain_map * (1.0 - vignetting * _RADIUS2)
    # Bytes that reach as far as the brightest place needs.
    unit = 254.0 / max(float(gain.max()), 1.0)
    coarse = np.maximum(gain * unit + 0.5, 0.0).astype(np.uint8)
    size = picture.shape[1], picture.shape[0]
    fine = cv2.resize(coarse, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(picture, fine, scale=1.0 / unit), dtype=np.uint8)
