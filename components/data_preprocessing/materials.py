"""What objects are made of: patterns, colours, gloss.

A *surface* turns a grey pattern into colours by a table of 256 entries, which is how one brushed
tile becomes steel, brass or black anodised aluminium.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from components.data_preprocessing.draws import below, between
from components.data_preprocessing.textures import TURNS, VARIANTS, Rng
from components.settings.data import MaterialName

Colour = NDArray[np.float64]
"""Red, green and blue, 0..255, shape (3,)."""


_CENTRED = np.linspace(-1.0, 1.0, 256)[:, None]


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """How one object looks.

    Attributes:
        pattern: Name of the grey tile.
        variant: Which of its tiles.
        colours: Colour of each grey level, shape (256, 1, 3), uint8, RGB.
        zoom: Pixels per pixel of the tile, for pictures 320 pixels wide.
        at: Where in the tile, 0..1 across and down.
        gloss: How strongly it mirrors lamps, 0..1.
        opacity: 1 hides what lies beneath.
        edge: Colour of cut edges, RGB.
        turn: How the tile is laid, see `textures.crop`.
    """

    pattern: str
    variant: int
    colours: NDArray[np.uint8]
    zoom: float
    at: tuple[float, float]
    gloss: float
    opacity: float
    edge: Colour
    turn: int = 0

    @property
    def mean_rgb(self) -> Colour:
        """Colour of the pattern's middle grey."""
        return np.asarray(self.colours[128, 0], dtype=np.float64)


def as_table(colours: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return 256 colours as a table that OpenCV takes, shape (256, 1, 3), cut to 0..255."""
    # Many times in each scene: `np.clip` takes longer than both its halves.
    bounded = np.minimum(np.maximum(colours, 0.0), 255.0)
    return np.asarray(bounded.astype(np.uint8).reshape(256, 1, 3))


def ramp(*stops: tuple[float, Colour]) -> NDArray[np.uint8]:
    """Return a table of colours, shape (256, 1, 3), that runs through stops (grey level, RGB)."""
    levels = np.arange(256)
    places = [place for place, _ in stops]
    channels = [
        np.interp(levels, places, [colour[channel] for _, colour in stops]) for channel in range(3)
    ]
    return as_table(np.stack(channels, axis=-1))


def around(colour: Colour, contrast: float) -> NDArray[np.uint8]:
    """Return a table that varies a colour's brightness by `contrast` grey levels per spread.

    The patterns have a spread of 42 levels; the table has shape (256, 1, 3).
    """
    change = 128.0 / 42.0 * contrast
    return as_table(colour + _CENTRED * change)


def rgb_from_hsv(hue: float, saturation: float, value: float) -> Colour:
    """Return a colour of hue 0..1, saturation 0..1 and value 0..1.

    Examples:
        >>> rgb_from_hsv(0.0, 1.0, 1.0).tolist()
        [255.0, 0.0, 0.0]
    """
    # Smith's hexcone: each channel is a clipped triangle wave of the hue.
    wheel: NDArray[np.float64] = np.abs((hue * 6.0 + np.array([0.0, 4.0, 2.0])) % 6.0 - 3.0) - 1.0
    rgb = 255.0 * value * (1.0 + saturation * (np.clip(wheel, 0.0, 1.0) - 1.0))
    return np.asarray(rgb, dtype=np.float64)


def any_colour(rng: Rng) -> Colour:
    """Return a colour as paints and plastics have it: grey in three of ten cases."""
    if rng.random() < 0.3:
        return np.full(3, between(rng, 15, 245)) + rng.normal(0, 4, 3)
    return rgb_from_hsv(rng.random(), between(rng, 0.25, 1.0), between(rng, 0.2, 0.95))


def dull_colour(rng: Rng) -> Colour:
    """Return a colour as benches, cloths and sheets have it: most are nearly grey."""
    tone = any_colour(rng)
    return np.asarray(tone + between(rng, 0.2, 0.95) * (tone.mean() - tone))


def _metal_tone(rng: Rng) -> Colour:
    """Return steel, aluminium, or sometimes brass and copper."""
    grey = np.full(3, between(rng, 90, 225))
    if rng.random() < 0.15:
        brass = np.array([1.05, between(rng, 0.75, 0.92), between(rng, 0.4, 0.65)])
        return np.asarray(grey * brass)
    return np.asarray(grey * (1.0 + rng.normal(0, 0.02, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """What a material's function decides; the rest is drawn for all alike."""

    patterns: tuple[str, ...]
    colour: Colour
    contrast: float
    gloss: float = 0.0
    opacity: float = 1.0
    colours: NDArray[np.uint8] | None = None
    edge: Colour | None = None


def _brushed(rng: Rng) -> _Look:
    return _Look(("streak",), _metal_tone(rng), between(rng, 4, 14), between(rng, 0.3, 0.9))


def _rolled(rng: Rng) -> _Look:
    return _Look(("rolled", "cloud"), _metal_tone(rng), between(rng, 3, 10), between(rng, 0.2, 0.7))


def _galvanised(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 110, 200)) + np.array([-2.0, 0.0, 4.0])
    return _Look(("spangle",), tone, between(rng, 5, 30), between(rng, 0.2, 0.6))


def _anodised(rng: Rng) -> _Look:
    tone = rgb_from_hsv(rng.random(), between(rng, 0.4, 0.95), between(rng, 0.2, 0.85))
    if rng.random() < 0.35:
        tone = np.full(3, between(rng, 18, 60))
    return _Look(("noise", "streak"), tone, between(rng, 1.5, 5), between(rng, 0.3, 0.8))


def _painted(rng: Rng) -> _Look:
    patterns = ("noise", "cloud", "scratch")
    return _Look(patterns, any_colour(rng), between(rng, 1, 6), between(rng, 0, 0.5))


def _rusty(rng: Rng) -> _Look:
    rust = np.array([between(rng, 95, 160), between(rng, 50, 85), between(rng, 20, 50)])
    bare = np.full(3, between(rng, 70, 150)) if rng.random() < 0.6 else rust * 0.6
    colours = ramp((20, rust * 0.6), (110, rust), (160, bare), (255, bare * 1.2))
    return _Look(("blotch", "cloud"), rust, 0.0, colours=colours, edge=rust * 0.6)


def _oily(rng: Rng) -> _Look:
    tone = _metal_tone(rng)
    film = tone * between(rng, 0.35, 0.7) * np.array([1.0, 0.95, 0.8])
    colours = ramp((40, film * 0.8), (105, film), (150, tone), (255, tone * 1.15))
    return _Look(("blotch",), tone, 0.0, between(rng, 0.5, 1.0), colours=colours)


def _scratched(rng: Rng) -> _Look:
    return _Look(("scratch",), _metal_tone(rng), between(rng, 5, 13), between(rng, 0.2, 0.7))


def _rubber(rng: Rng) -> _Look:
    tone = np.full(3, between(rng, 14, 70)) + rng.normal(0, 2, 3)
    if rng.random() < 0.2:
        tone = np.array([between(rng, 120, 190), between(rng, 40, 80), between(rng, 30, 60)])
    return _Look(("noise", "cloud"), tone, between(rng, 1.5, 6))


def _mdf(rng: Rng) -> _Look:
    tone = between(rng, 0.75, 1.15) * np.array([176.0, 139.0, 98.0])
    burnt = tone * between(rng, 0.2, 0.8)
    return _Look(("fibre", "cloud", "grain"), tone, between(rng, 3, 11), edge=burnt)


def _cardboard(rng: Rng) -> _Look:
    tone = between(rng, 0.75, 1.15) * np.array([187.0, 150.0, 108.0])
    return _Look(("stripe", "fibre"), tone, between(rng, 2, 7))


def _acrylic(rng: Rng) -> _Look:
    opacity = 1.0 if rng.random() < 0.5 else between(rng, 0.45, 0.85)
    return _Look(("noise",), any_colour(rng), between(rng, 0.5, 2.5), between(rng, 0.4, 1), opacity)


def _carbon(rng: Rng) -> _Look:
    return _Look(("weave",), np.full(3, between(rng, 30, 65)), between(rng, 4, 12), 0.5)


def _pcb(rng: Rng) -> _Look:
    hue = rng.choice([0.38, 0.38, 0.36, 0.6, 0.0])
    tone = rgb_from_hsv(float(hue), between(rng, 0.6, 0.9), between(rng, 0.25, 0.5))
    return _Look(("traces",), tone, between(rng, 6, 14), 0.3)


def _plastic(rng: Rng) -> _Look:
    patterns = ("stripe", "noise")
    return _Look(patterns, any_colour(rng), between(rng, 1, 6), between(rng, 0.0, 0.5))


LOOKS: dict[MaterialName, Callable[[Rng], _Look]] = {
    "brushed": _brushed,
    "rolled": _rolled,
    "galvanised": _galvanised,
    "anodised": _anodised,
    "painted": _painted,
    "rusty": _rusty,
    "oily": _oily,
    "scratched": _scratched,
    "rubber": _rubber,
    "mdf": _mdf,
    "cardboard": _cardboard,
    "acrylic": _acrylic,
    "carbon": _carbon,
    "pcb": _pcb,
    "plastic": _plastic,
}


def random_surface(rng: Rng, name: MaterialName) -> Surface:
    """Return a surface of one material."""
    look = LOOKS[name](rng)
    colours = around(look.colour, look.contrast) if look.colours is None else look.colours
    edge = look.colour * between(rng, 0.55, 1.1) if look.edge is None else look.edge
    return Surface(
        pattern=look.patterns[below(rng, len(look.patterns))],
        variant=below(rng, VARIANTS),
        colours=colours,
        zoom=between(rng, 0.6, 1.6),
        at=(rng.random(), rng.random()),
        gloss=look.gloss,
        opacity=look.opacity,
        edge=edge,
        turn=below(rng, TURNS),
    )


def shifted_to(surface: Surface, mean_rgb: Colour) -> Surface:
    """Return the surface with its mean colour moved to another, its pattern kept."""
    move = mean_rgb - surface.mean_rgb
    edge = np.minimum(np.maximum(surface.edge + move, 0.0), 255.0)
    return replace(surface, colours=as_table(surface.colours + move), edge=edge)


def unlit(surface: Surface, level: float) -> Surface:
    """Return the surface as it looks before a bright panel: nearly black, hardly any pattern.

    Args:
        surface: Seen from its dark side.
        level: Grey level, 0..255.
    """
    faint = surface.colours.astype(np.float64) * 0.06
    colours = as_table(faint + (level - float(faint.mean())))
    return replace(surface, colours=colours, opacity=1.0, gloss=0.0, edge=np.full(3, 0.8 * level))
