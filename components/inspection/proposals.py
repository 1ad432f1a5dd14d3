"""Objects that plain image processing finds: no network, no drawing.

Where the ground is plain or lit from behind, thresholds find parts as exactly as any network. Every
way of looking gives a map of what may be part; each connected region of a map is a *proposal*. Many
are wrong: registration decides which of them show a drawing.

- grey: darker or brighter than Otsu's threshold;
- colour: far from the colours along the frame, which are taken for the ground;
- edges: closed off from the frame by edges.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from components.settings.inspection import ProposalSettings

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]
Source = Literal["dark", "bright", "colour", "edges"]

_LEAST_SIDE_PX = 3
"""A narrower picture has no inside: all of it is along the frame."""
_BORDER_SHARE = 0.04
"""Width of the strip along the frame whose colours are the ground's, over the shorter side."""

_GROUND_COLOURS = 3
"""Colours that the ground may have: wood and shadows have more than one."""


@dataclass(frozen=True, slots=True, eq=False)
class _Region:
    """One connected region of the picture that was looked at, cut out.

    Attributes:
        pixels: Bool; holes cut out.
        left: First column.
        top: First row.
        hw: Height and width of the picture that was looked at.
    """

    pixels: Bools
    left: int
    top: int
    hw: tuple[int, int]

    def whole(self) -> Bools:
        """Return it as a mask of the picture that was looked at."""
        mask = np.zeros(self.hw, np.bool_)
        height, width = self.pixels.shape
        mask[self.top : self.top + height, self.left : self.left + width] = self.pixels
        return mask


@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """One region that may show an object.

    Attributes:
        region: Of the picture that was looked at, which is smaller where the picture is large.
        source: Which way of looking found it.
        hw: Height and width of the picture.
    """

    region: _Region
    source: Source
    hw: tuple[int, int]

    @property
    def mask(self) -> Bools:
        """Shape (H, W) of the picture, bool; holes cut out.

        Made anew each time: a picture may have hundreds, and one of a large picture takes 24 MB.
        """
        whole = self.region.whole()
        return whole if whole.shape == self.hw else _enlarged(whole, self.hw)


def propose(image: Picture, settings: ProposalSettings) -> list[Proposal]:
    """Return regions of a picture that may show parts, bigger ones first, each once.

    Args:
        image: RGB, shape (H, W, 3), uint8.
        settings: Sizes and limits.

    Raises:
        ValueError: If the picture is not of shape (H, W, 3) and uint8.
    """
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
        raise ValueError(
            f"expected RGB of shape (H, W, 3), uint8, got {image.shape}, {image.dtype}"
        )
    if min(image.shape[:2]) < _LEAST_SIDE_PX:
        return []
    small = _shrunk(image, settings.long_side_px)
    hw = image.shape[0], image.shape[1]
    found = [
        (int(np.count_nonzero(region.pixels)), Proposal(region, source, hw))
        for source, chosen in _maps(small)
        for region in _regions(chosen, settings)
    ]
    found.sort(key=lambda sized: -sized[0])
    return _distinct(found, settings.same_iou)


def _shrunk(image: Picture, long_side_px: int) -> Picture:
    """Return a picture whose long side is at most so long; the same if it is."""
    height, width = image.shape[:2]
    scale = long_side_px / max(height, width)
    if scale >= 1:
        return image
    size = max(round(width * scale), 1), max(round(height * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _enlarged(mask: Bools, hw: tuple[int, int]) -> Bools:
    """Return a mask at the size of the picture, its border smooth."""
    whole = cv2.resize(mask.view(np.uint8) * np.uint8(255), (hw[1], hw[0]))
    left, top, width, height = cv2.boundingRect(whole)
    window = slice(top, top + height), slice(left, left + width)
    # Zeros that nobody writes to take no memory: masks that are kept cost little more than objects.
    enlarged = np.zeros(hw, np.bool_)
    enlarged[window] = whole[window] > 127
    return enlarged


def _maps(image: Picture) -> Iterator[tuple[Source, Mask]]:
    """Yield the maps of what may be part, 255 inside."""
    smooth = np.asarray(cv2.bilateralFilter(image, 5, 30, 3), dtype=np.uint8)
    grey = np.asarray(cv2.cvtColor(smooth, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
    _, bright = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    yield "bright", np.asarray(bright, dtype=np.uint8)
    yield "dark", np.asarray(255 - bright, dtype=np.uint8)
    yield "colour", _far_from_ground(smooth)
    yield "edges", _between_edges(grey)


def _far_from_ground(image: Picture) -> Mask:
    """Return where colours are far from those along the frame."""
    colours = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), dtype=np.float32)
    height, width = colours.shape[:2]
    strip = max(int(_BORDER_SHARE * min(height, width)), 1)
    inner = colours[strip:-strip, strip:-strip]
    frame = np.ones((height, width), dtype=np.bool_)
    frame[strip : strip + inner.shape[0], strip : strip + inner.shape[1]] = False
    ground = _main_colours(colours[frame])
    distance = np.clip(4 * np.sqrt(_nearest(colours, ground)), 0, 255).astype(np.uint8)
    _, far = cv2.threshold(distance, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(far, dtype=np.uint8)


def _nearest(colours: Singles, ground: Singles) -> Singles:
    """Return the squared distance of every pixel to the nearest of some colours, shape (H, W)."""
    # |c - g|² = |c|² - 2 c.g + |g|²: one map of colours for all grounds, a quarter of the time.
    squares = np.square(ground).sum(axis=1, keepdims=True)
    apart = cv2.transform(colours, np.hstack([-2 * ground, squares]))
    apart = np.asarray(apart, dtype=np.float32).reshape(*colours.shape[:2], len(ground))
    own = cv2.transform(np.square(colours), np.ones((1, 3), dtype=np.float32))
    nearest = np.asarray(own, dtype=np.float32) + functools.reduce(np.minimum, cv2.split(apart))
    return np.asarray(np.maximum(nearest, 0.0), dtype=np.float32)


def _main_colours(pixels: Singles) -> Singles:
    """Return the colours of the ground, without those of a few pixels: parts that are cut."""
    sample = np.ascontiguousarray(pixels[:: max(len(pixels) // 2000, 1)])
    if len(sample) == 1:
        # OpenCV takes one colour for three numbers.
        return sample
    count = min(_GROUND_COLOURS, len(sample))
    cv2.setRNGSeed(0)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    first = np.zeros((len(sample), 1), dtype=np.int32)
    _, labels, centres = cv2.kmeans(sample, count, first, criteria, 2, cv2.KMEANS_PP_CENTERS)
    counts = np.bincount(np.asarray(labels, dtype=np.intp).ravel(), minlength=count)
    often = counts >= min(0.2 * len(sample), float(counts.max()))
    return np.asarray(np.asarray(centres)[often], dtype=np.float32)


def _between_edges(grey: NDArray[np.uint8]) -> Mask:
    """Return what edges close off from the frame."""
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    edges = cv2.Canny(grey, 0.25 * level, 0.6 * level)
    closed = cv2.morphologyEx(edges, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    # Ground is what can be reached from outside; one pixel more all round lets it pass along.
    padded = cv2.copyMakeBorder(closed, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    cv2.floodFill(padded, None, (0, 0), 128)
    enclosed = np.where(padded[1:-1, 1:-1] == 128, 0, 255).astype(np.uint8)
    # The edges themselves lie half outside.
    return np.asarray(cv2.erode(enclosed, np.ones((3, 3), np.uint8)), dtype=np.uint8)


def _regions(chosen: Mask, settings: ProposalSettings) -> Iterator[_Region]:
    """Yield the connected regions of a map that may be objects."""
    height, width = chosen.shape
    opened = cv2.morphologyEx(chosen, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    opened = _without_specks(np.asarray(opened, dtype=np.uint8), settings.least_hole_px)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    least, most = (share * height * width for share in (settings.least_share, settings.most_share))
    for number, (left, top, wide, high, area) in enumerate(stats.tolist()):
        sides = (left == 0) + (top == 0) + (left + wide == width) + (top + high == height)
        # What touches three sides of the frame is ground.
        if number > 0 and least <= area <= most and sides < 3:
            cut = labels[top : top + high, left : left + wide]
            yield _Region(np.asarray(cut == number), left, top, (height, width))


def _without_specks(chosen: Mask, least_px: int) -> Mask:
    """Return a map with holes of a few pixels filled: noise and glints."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(255 - chosen, connectivity=8)
    small = stats[:, cv2.CC_STAT_AREA] < least_px
    small[0] = False
    return np.where(small[labels], np.uint8(255), chosen)


def _distinct(found: list[tuple[int, Proposal]], same_iou: float) -> list[Proposal]:
    """Return proposals, each once, of those sorted by size."""
    kept: list[tuple[int, Proposal]] = []
    for area, proposal in found:
        alike = (p for a, p in kept if a * same_iou <= area)
        if not any(_overlap(p.region, proposal.region) > same_iou for p in alike):
            kept.append((area, proposal))
    return [proposal for _, proposal in kept]


def _overlap(one: _Region, other: _Region) -> float:
    """Return the overlap of two regions that are not empty."""
    left, top = max(one.left, other.left), max(one.top, other.top)
    right = min(one.left + one.pixels.shape[1], other.left + other.pixels.shape[1])
    bottom = min(one.top + one.pixels.shape[0], other.top + other.pixels.shape[0])
    if right <= left or bottom <= top:
        return 0.0
    cuts = [
        region.pixels[
            top - region.top : bottom - region.top, left - region.left : right - region.left
        ]
        for region in (one, other)
    ]
    both = np.count_nonzero(cuts[0] & cuts[1])
    either = np.count_nonzero(one.pixels) + np.count_nonzero(other.pixels) - both
    return both / either
