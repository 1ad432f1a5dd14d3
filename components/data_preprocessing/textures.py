"""Grey patterns from which surfaces are coloured, made once and cropped at random.

A pattern is a tile of shape (TILE_PX, TILE_PX), uint8, around 128. Each has a few *variants*, so
that the splits of a dataset can use different ones; a tile depends on its name, variant and the
dataset's seed alone.
"""

import math
from collections.abc import Callable
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Field = NDArray[np.float32]
Rng = np.random.Generator

TILE_PX = 512
VARIANTS = 5

_SPARE_PX = 256
"""What the white noise has more than a tile, for other grains in each."""

_COARSE = 24
"""Cells per side up to which a grid is smooth at a quarter of a tile's side."""

_FLIPS = (None, 0, 1, -1)


def octaves(rng: Rng, cells: tuple[int, ...], stretch: float = 1.0) -> Field:
    """Return smooth noise: the sum of random grids, coarse ones weighing most.

    Args:
        rng: Source of randomness.
        cells: Number of cells per side of each grid.
        stretch: How many times longer than wide the blobs are, along x.
    """
    smooth = np.zeros((TILE_PX // 4, TILE_PX // 4), dtype=np.float32)
    field = np.zeros((TILE_PX, TILE_PX), dtype=np.float32)
    for count in cells:
        grid = rng.standard_normal((count, max(2, int(count / stretch))), dtype=np.float32)
        grid *= (cells[0] / count) ** 0.6
        # Coarse grids are enlarged to a quarter of the side first: that costs a tenth.
        target = smooth if count <= _COARSE else field
        target += cv2.resize(grid, target.shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.add(field, cv2.resize(smooth, (TILE_PX, TILE_PX)), out=field)


@lru_cache(maxsize=1)
def _white_noise() -> Field:
    """Return the noise that all grains are cut from: drawing it anew costs more than all else."""
    side = TILE_PX + _SPARE_PX
    noise = np.random.default_rng(6).standard_normal((side, side), dtype=np.float32)
    noise.setflags(write=False)
    return noise


def grains(rng: Rng, sigma_px: float = 0.6) -> Field:
    """Return fine noise of unit spread, blurred by `sigma_px`."""
    top, left = rng.integers(0, _SPARE_PX, 2).tolist()
    noise = _white_noise()[top : top + TILE_PX, left : left + TILE_PX]
    kernel = np.asarray(cv2.getGaussianKernel(2 * math.ceil(2.5 * sigma_px) + 1, sigma_px))
    # Along each axis the blur leaves this much of the spread of white noise.
    kernel = kernel / np.sqrt((kernel**2).sum())
    blurred = cv2.sepFilter2D(noise, -1, kernel, kernel)
    return _mirrored(np.asarray(blurred, dtype=np.float32), int(rng.integers(4)))


def _mirrored(field: Field, way: int) -> Field:
    flip = _FLIPS[way]
    return field if flip is None else np.asarray(cv2.flip(field, flip), dtype=np.float32)


def turned(field: Field, angle_rad: float) -> Field:
    """Return a square field turned about its centre, mirrored at its edges."""
    side = field.shape[0]
    centre = ((side - 1) / 2, (side - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, np.rad2deg(angle_rad), 1.0)
    return np.asarray(
        cv2.warpAffine(field, matrix, (side, side), borderMode=cv2.BORDER_REFLECT),
        dtype=np.float32,
    )


def cells(rng: Rng, count: int) -> tuple[NDArray[np.int32], Field]:
    """Return Voronoi cells: their numbers from 1 on and the distance to their seeds in px."""
    seeds = np.full((TILE_PX, TILE_PX), 255, dtype=np.uint8)
    seeds[rng.integers(0, TILE_PX, count), rng.integers(0, TILE_PX, count)] = 0
    distance, labels = cv2.distanceTransformWithLabels(
        seeds, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    return np.asarray(labels, dtype=np.int32), np.asarray(distance, dtype=np.float32)


def _noise(rng: Rng) -> Field:
    return grains(rng, rng.uniform(0.5, 1.2)) + 0.4 * octaves(rng, (4, 9))


def _cloud(rng: Rng) -> Field:
    return octaves(rng, (4, 9, 20, 45, 100)) + 0.25 * grains(rng)


def _streak(rng: Rng) -> Field:
    fine = cv2.blur(grains(rng, 0.5), (61, 1))
    field = np.asarray(fine / fine.std(), dtype=np.float32) + 0.5 * octaves(
        rng, (60, 160), stretch=30.0
    )
    return turned(field + 0.3 * octaves(rng, (3, 6)), rng.uniform(0, np.pi))


def _rolled(rng: Rng) -> Field:
    field = octaves(rng, (6, 14, 40), stretch=3.0) + 0.5 * grains(rng, 0.8)
    return turned(field, rng.uniform(0, np.pi))


def _spangle(rng: Rng) -> Field:
    labels, _ = cells(rng, int(rng.integers(300, 1500)))
    tones = rng.standard_normal(labels.max() + 1).astype(np.float32)
    return np.asarray(tones[labels] + 0.35 * octaves(rng, (20, 60)) + 0.2 * grains(rng))


def _blotch(rng: Rng) -> Field:
    field = octaves(rng, (5, 12, 30, 70))
    edge = np.tanh(2.5 * (field / field.std() - rng.uniform(-0.6, 0.8)))
    return np.asarray(edge + 0.35 * grains(rng, 0.7), dtype=np.float32)


def _scratch(rng: Rng) -> Field:
    field = 0.6 * grains(rng, 0.8) + 0.4 * octaves(rng, (5, 11))
    for _ in range(int(rng.integers(60, 220))):
        start = rng.uniform(0, TILE_PX, 2)
        along = rng.normal(0.0, 60.0, 2)
        tone = float(rng.choice([-2.5, 3.0]))
        ends = np.rint(np.array([start, start + along]) * 8).astype(int)
        cv2.line(field, ends[0].tolist(), ends[1].tolist(), tone, 1, cv2.LINE_8, 3)
    return field


def _weave(rng: Rng) -> Field:
    pitch = int(rng.integers(3, 6))
    threads = (np.arange(TILE_PX) // pitch % 4).astype(np.uint8)
    over = (threads[:, None] + threads) & 3 < 2
    twill = np.where(over, np.float32(1.0), np.float32(-1.0))
    return np.asarray(twill + 0.35 * grains(rng) + 0.3 * octaves(rng, (4, 8)))


def _stripe(rng: Rng) -> Field:
    rows = np.arange(TILE_PX, dtype=np.float32)[:, None]
    wave = np.sin(rows * (2 * np.pi / rng.uniform(2.6, 7.0))).astype(np.float32)
    field = np.repeat(wave, TILE_PX, axis=1) + 0.4 * grains(rng) + 0.3 * octaves(rng, (4, 9))
    return turned(np.ascontiguousarray(field), rng.uniform(0, np.pi))


def _chips(rng: Rng) -> Field:
    labels, distance = cells(rng, int(rng.integers(900, 4000)))
    tones = rng.choice([-1.8, -0.4, -0.4, -0.4, 0.2, 1.8], labels.max() + 1).astype(np.float32)
    inside = distance < rng.uniform(3.0, 7.0)
    return np.asarray(np.where(inside, tones[labels], np.float32(-0.3)) + 0.2 * grains(rng))


def _gravel(rng: Rng) -> Field:
    labels, distance = cells(rng, int(rng.integers(1200, 5000)))
    tones = rng.standard_normal(labels.max() + 1).astype(np.float32)
    return np.asarray(tones[labels] - 0.22 * distance + 0.4 * grains(rng))


def _grain(rng: Rng) -> Field:
    rows = np.linspace(0, rng.uniform(5, 16), TILE_PX, dtype=np.float32)[:, None]
    bend = octaves(rng, (3, 6), stretch=3.0)
    rings = np.sin(2 * np.pi * (rows + 0.7 * bend)).astype(np.float32)
    pores = octaves(rng, (120, 260), stretch=25.0)
    field = rings * rng.uniform(0.4, 1.0) + 0.6 * pores + 0.3 * grains(rng)
    return turned(np.asarray(field, dtype=np.float32), rng.uniform(0, np.pi))


def _fibre(rng: Rng) -> Field:
    return grains(rng, 0.7) + 0.7 * octaves(rng, (90, 200), stretch=4.0)


def _knit(rng: Rng) -> Field:
    pitch = rng.uniform(2.4, 4.5)
    wave = np.sin(np.arange(TILE_PX) * (2 * np.pi / pitch)).astype(np.float32)
    threads = wave[:, None] * wave
    return turned(
        np.asarray(threads + 0.5 * grains(rng) + 0.5 * octaves(rng, (5, 11, 40)), np.float32),
        rng.uniform(0, np.pi),
    )


def _print(rng: Rng) -> Field:
    page = 0.15 * grains(rng)
    line = int(rng.integers(9, 16))
    for top in range(line, TILE_PX - line, line):
        if rng.random() < 0.15:
            continue
        column = int(rng.integers(4, 30))
        end = TILE_PX - int(rng.integers(4, 300))
        while column < end:
            width = int(rng.integers(3, 34))
            word = page[top : top + line // 2, column : column + width]
            word -= rng.uniform(1.5, 3.5, word.shape) * (rng.random(word.shape) < 0.6)
            column += width + int(rng.integers(3, 6))
    return np.asarray(cv2.GaussianBlur(page, (0, 0), 0.6), dtype=np.float32)


def _traces(rng: Rng) -> Field:
    board = 0.15 * grains(rng)
    for _ in range(140):
        corner = rng.integers(0, TILE_PX, 2)
        steps = rng.integers(-90, 90, 2)
        bend = np.add(corner, (steps[0], 0))
        end = np.add(bend, (steps[1] // 3, steps[1]))
        path = np.array([corner, bend, end], dtype=np.int32)
        cv2.polylines(board, [path], False, 1.4, int(rng.integers(1, 4)))
        cv2.circle(board, corner.tolist(), 3, 2.4, -1)
    return board


PATTERNS: dict[str, Callable[[Rng], Field]] = {
    "noise": _noise,
    "cloud": _cloud,
    "streak": _streak,
    "rolled": _rolled,
    "spangle": _spangle,
    "blotch": _blotch,
    "scratch": _scratch,
    "weave": _weave,
    "stripe": _stripe,
    "chips": _chips,
    "gravel": _gravel,
    "grain": _grain,
    "fibre": _fibre,
    "knit": _knit,
    "print": _print,
    "traces": _traces,
}


@lru_cache(maxsize=len(PATTERNS) * VARIANTS)
def tile(name: str, variant: int, seed: int) -> Grey:
    """Return one pattern, shape (TILE_PX, TILE_PX), uint8, mean 128, read-only.

    Args:
        name: Key of `PATTERNS`.
        variant: 0 to `VARIANTS` - 1.
        seed: The dataset's.
    """
    rng = np.random.default_rng([seed, variant, list(PATTERNS).index(name), 1])
    field = PATTERNS[name](rng)
    (mean,), (spread,) = (figure[0] for figure in cv2.meanStdDev(field))
    gain = 42.0 / max(float(spread), 1e-6)
    offset = 128.0 - gain * float(mean)
    # One pass that scales, rounds and cuts to bytes.
    grey = np.asarray(cv2.addWeighted(field, gain, field, 0.0, offset, dtype=cv2.CV_8U), np.uint8)
    grey.setflags(write=False)
    return grey


TURNS = 8
"""Ways to lay a tile: turned by quarters, and mirrored. With them few tiles show many grains."""


def crop(
    grey: Grey,
    height_px: int,
    width_px: int,
    at: tuple[float, float],
    zoom: float,
    turn: int = 0,
) -> Grey:
    """Return a piece of a tile, enlarged, of shape (height_px, width_px).

    Args:
        grey: The tile.
        height_px: Height of the result.
        width_px: Width of the result.
        at: Where the piece lies, 0..1 of the room there is, across and down.
        zoom: Pixels of the result per pixel of the tile; raised if the tile is too small.
        turn: Which of the `TURNS` ways to lay the tile.
    """
    zoom = max(zoom, height_px / grey.shape[0], width_px / grey.shape[1])
    height = min(grey.shape[0], max(1, round(height_px / zoom)))
    width = min(grey.shape[1], max(1, round(width_px / zoom)))
    rows, columns = (width, height) if turn >= 4 else (height, width)
    left = int(at[0] * (grey.shape[1] - columns))
    top = int(at[1] * (grey.shape[0] - rows))
    piece = _laid(grey[top : top + rows, left : left + columns], turn)
    if (height, width) == (height_px, width_px):
        return piece
    return np.asarray(cv2.resize(piece, (width_px, height_px)), dtype=np.uint8)


def _laid(piece: Grey, turn: int) -> Grey:
    """Return a piece of a tile turned and mirrored."""
    if turn >= 4:
        piece = np.asarray(cv2.transpose(piece), dtype=np.uint8)
    flip = _FLIPS[turn % 4]
    return piece if flip is None else np.asarray(cv2.flip(piece, flip), dtype=np.uint8)
