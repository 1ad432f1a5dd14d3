"""What lies under the parts: procedural grounds and the user's own photographs.

Lengths of a ground are in *frames*, the width of the picture, since a scene's scale is its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.draws import below, between
from components.data_preprocessing.materials import Colour, around, dull_colour, ramp, rgb_from_hsv
from components.data_preprocessing.photos import mean_rgb_of, photos_of, read_photo
from components.data_preprocessing.prints import Line, draw_lines, parallels, sheet
from components.data_preprocessing.textures import TURNS, VARIANTS, Rng, crop, tile
from components.data_preprocessing.view import View
from components.domain import SPLITS, Split
from components.settings.data import BackgroundName, GroundSettings

Picture = NDArray[np.uint8]
Grey = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Stain:
    """Large spots on a ground: worn, wet or darker places.

    Attributes:
        variant: Which tile of the pattern `cloud`.
        zoom: Pixels per pixel of the tile, for pictures 320 pixels wide.
        at: Where in the tile, 0..1 across and down.
        share: Of the ground's contrast that the spots have, 0..1.
    """

    variant: int
    zoom: float
    at: tuple[float, float]
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The surface of the table.

    Attributes:
        kind: What it is made of.
        pattern: Name of the grey tile.
        variant: Which of its tiles.
        colours: Colour of each grey level, shape (256, 1, 3).
        zoom: Pixels per pixel of the tile, for pictures 320 pixels wide; of a photograph the side
            of the piece that is used over the greatest possible.
        at: Where in the tile or photograph, 0..1 across and down.
        lines: What is printed on it, bottom first.
        photo: Photograph that takes the place of the tile.
        turn: How tile or photograph are laid, see `textures.crop`.
        stain: Spots on it, None without.
    """

    kind: str
    pattern: str
    variant: int
    colours: NDArray[np.uint8]
    zoom: float
    at: tuple[float, float]
    lines: tuple[Line, ...] = ()
    photo: Path | None = None
    turn: int = 0
    stain: Stain | None = None

    @property
    def mean_rgb(self) -> Colour:
        """Typical colour, RGB, 0..255."""
        if self.photo is not None:
            return mean_rgb_of(self.photo)
        return np.asarray(self.colours[128, 0], dtype=np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    patterns: tuple[str, ...]
    colours: NDArray[np.uint8]
    lines: tuple[Line, ...] = ()


def _wood(rng: Rng) -> _Look:
    tone = rgb_from_hsv(between(rng, 0.05, 0.11), between(rng, 0.15, 0.6), between(rng, 0.25, 0.9))
    lines: tuple[Line, ...] = ()
    if rng.random() < 0.4:
        pitch, angle, width = (
            between(rng, 0.2, 0.6),
            between(rng, 0, np.pi),
            between(rng, 0.003, 0.01),
        )
        lines = (parallels(rng, pitch, angle, tone * 0.35, width),)
    return _Look(("grain",), around(tone, between(rng, 4, 24)), lines)


def _concrete(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 80, 205)) + rng.normal(0, 4, 3)
    return _Look(("cloud", "noise", "blotch"), around(tone, between(rng, 3, 20)))


def _terrazzo(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 110, 225)) + rng.normal(0, 6, 3)
    # Stones differ from their cement in brightness more than in hue.
    steps = rng.normal(0, 55, 2)[:, None] + rng.normal(0, 16, (2, 3))
    chips = [np.clip(tone + step, 10, 250) for step in steps]
    colours = ramp((20, chips[0]), (95, tone), (145, tone), (235, chips[1]))
    return _Look(("chips",), colours)


def _gravel(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 70, 180)) * np.array([1.0, 0.97, 0.92])
    return _Look(("gravel",), around(tone, between(rng, 10, 26)))


def _cloth(rng: Rng) -> _Look:
    return _Look(("knit", "fibre"), around(dull_colour(rng), between(rng, 3, 12)))


def _belt(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 18, 90))
    if rng.random() < 0.35:
        tone = rgb_from_hsv(
            between(rng, 0.35, 0.65), between(rng, 0.3, 0.8), between(rng, 0.2, 0.6)
        )
    lines: tuple[Line, ...] = ()
    if rng.random() < 0.4:
        pitch, angle, width = (
            between(rng, 0.05, 0.4),
            between(rng, 0, np.pi),
            between(rng, 0.003, 0.02),
        )
        lines = (parallels(rng, pitch, angle, tone * 0.6, width),)
    return _Look(("knit", "noise", "streak"), around(tone, between(rng, 2, 9)), lines)


def _cutting_mat(rng: Rng) -> _Look:
    hue = rng.choice([0.42, 0.38, 0.6, 0.0])
    tone = rgb_from_hsv(float(hue), between(rng, 0.2, 0.8), between(rng, 0.2, 0.5))
    ink = np.clip(tone + between(rng, 30, 130), 0, 240)
    angle, pitch = between(rng, 0, np.pi), between(rng, 0.05, 0.14)
    width = between(rng, 0.0012, 0.004)
    lines = tuple(parallels(rng, pitch, angle + turn, ink, width) for turn in (0.0, np.pi / 2))
    return _Look(("noise", "cloud"), around(tone, between(rng, 1.5, 5)), lines)


def _paper(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 180, 250)) + rng.normal(0, 3, 3)
    if rng.random() < 0.6:
        ink = tone * between(rng, 0.15, 0.6)
        return _Look(("print",), ramp((0, ink), (110, tone), (255, tone)))
    return _Look(("noise", "fibre"), around(tone, between(rng, 0.5, 2.5)))


def _painted(rng: Rng) -> _Look:
    # Benches and trays are mostly grey; loud ones are rare and duller than loud parts.
    tone = rgb_from_hsv(rng.random(), between(rng, 0.1, 0.7), between(rng, 0.2, 0.9))
    if rng.random() < 0.8:
        tone = np.full(3, between(rng, 50, 240)) + rng.normal(0, 6, 3)
    return _Look(("noise", "cloud", "scratch"), around(tone, between(rng, 0.5, 5)))


def _metal_sheet(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 90, 205)) + rng.normal(0, 3, 3)
    patterns = ("streak", "rolled", "scratch", "spangle")
    return _Look(patterns, around(tone, between(rng, 3, 13)))


LOOKS: dict[BackgroundName, Callable[[Rng], _Look]] = {
    "wood": _wood,
    "concrete": _concrete,
    "terrazzo": _terrazzo,
    "gravel": _gravel,
    "cloth": _cloth,
    "belt": _belt,
    "cutting_mat": _cutting_mat,
    "paper": _paper,
    "painted": _painted,
    "metal_sheet": _metal_sheet,
}


def variants_of(split: Split) -> tuple[int, int]:
    """Return the first and one past the last tile variant of a split; no two splits share one."""
    bounds = [0, VARIANTS - 2, VARIANTS - 1, VARIANTS]
    place = SPLITS.index(split)
    return bounds[place], bounds[place + 1]


def random_ground(
    rng: Rng,
    name: BackgroundName,
    split: Split,
    settings: GroundSettings,
    photos: Sequence[Path] = (),
) -> Ground:
    """Return a ground of one kind.

    Args:
        rng: Source of randomness.
        name: Kind; a `photo` without any photograph becomes painted.
        split: Decides which tiles and photographs may be used.
        settings: Ranges that all grounds share.
        photos: The user's photographs.
    """
    own = photos_of(split, photos)
    kind: BackgroundName = "painted" if name == "photo" else name
    look = LOOKS[kind](rng)
    low, high = variants_of(split)
    stain = None
    if rng.random() < settings.stain_share:
        place, zoom = (rng.random(), rng.random()), between(rng, *settings.stain_zoom)
        variant, share = int(rng.integers(low, high)), between(rng, *settings.stain_strength)
        stain = Stain(variant, zoom, place, share)
    ground = Ground(
        kind=kind,
        pattern=look.patterns[below(rng, len(look.patterns))],
        variant=int(rng.integers(low, high)),
        colours=look.colours,
        zoom=between(rng, *settings.pattern_zoom),
        at=(rng.random(), rng.random()),
        lines=look.lines + (sheet(rng) if rng.random() < settings.sheet_share else ()),
        turn=below(rng, TURNS),
        stain=stain,
    )
    if name == "photo" and own:
        photo = own[below(rng, len(own))]
        share = between(rng, *settings.photo_crop)
        return replace(ground, kind="photo", lines=(), photo=photo, stain=None, zoom=share)
    return ground


def ground_picture(ground: Ground, view: View, seed: int) -> Picture:
    """Return the bare ground as RGB of the picture's size.

    Args:
        ground: What to draw.
        view: The camera: printed lines follow its perspective and lens.
        seed: The dataset's, for the tiles.
    """
    height, width = view.height_px, view.width_px
    if ground.photo is not None:
        return _photo_crop(read_photo(ground.photo), ground, height, width)
    unit = width / 320
    grey = tile(ground.pattern, ground.variant, seed)
    grey = crop(grey, height, width, ground.at, ground.zoom * unit, ground.turn)
    if ground.stain is not None:
        grey = _stained(grey, ground.stain, unit, seed)
    picture = np.asarray(cv2.applyColorMap(grey, ground.colours), dtype=np.uint8)
    matrix = view.plane(0.0)
    for line in ground.lines:
        draw_lines(picture, line, view.pixels(line.xy.reshape(-1, 2) * view.width_mm, matrix))
    return picture


def _stained(grey: Grey, stain: Stain, unit: float, seed: int) -> Grey:
    """Mix spots into a pattern; its spread stays what it was."""
    cloud = tile("cloud", stain.variant, seed)
    rows, columns = grey.shape
    spots = crop(cloud, rows, columns, stain.at, stain.zoom * unit)
    own = (1.0 - stain.share**2) ** 0.5
    offset = 128.0 * (1.0 - own - stain.share)
    return np.asarray(cv2.addWeighted(grey, own, spots, stain.share, offset), dtype=np.uint8)


def _photo_crop(photo: Picture, ground: Ground, height: int, width: int) -> Picture:
    """Return a random piece of a photograph with the picture's proportions."""
    room = min(photo.shape[0] / height, photo.shape[1] / width)
    share = room * ground.zoom
    rows, columns = max(1, int(height * share)), max(1, int(width * share))
    top = int(ground.at[1] * (photo.shape[0] - rows))
    left = int(ground.at[0] * (photo.shape[1] - columns))
    piece = photo[top : top + rows, left : left + columns]
    way = cv2.INTER_AREA if share > 1 else cv2.INTER_LINEAR
    picture = np.asarray(cv2.resize(piece, (width, height), interpolation=way), dtype=np.uint8)
    # Upside down, yes; on its side its proportions would be wrong.
    flip = (None, 0, 1, -1)[ground.turn % 4]
    return picture if flip is None else np.asarray(cv2.flip(picture, flip), dtype=np.uint8)
