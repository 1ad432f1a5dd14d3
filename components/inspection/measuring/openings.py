"""Is there a hole? Asked of every hole of the drawing, and of all places where none is drawn.

A face is never even: rust, print and light make patches. How much a patch of some size differs
from the ring round it is counted all over the face; a hole differs by more. What differs that much
must also look like the ground, in whatever shadow, to be a hole, and its rim must be found as an
edge: a sticker or a spot of light is none.
"""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from components.geometry.transforms import transformed
from components.inspection.measuring.edge_search import edges_of
from components.inspection.measuring.features import Measured, hole_fit
from components.inspection.measuring.traces import Surroundings, Trace, profiles_of

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Bools = NDArray[np.bool_]

RADII_PX = (1.6, 2.5, 4.0, 6.5, 10.0, 16.0)
"""Sizes of holes that are looked for where none is drawn."""

MISSING_BELOW = 3.0
"""A hole differs less from its ring: so do patches of the face."""

PRESENT_ABOVE = 5.0
EXTRA_ABOVE = 7.0
"""In standard deviations of patches of its size."""

_RIDGE = 3.0
_PATCHES = 400
_MOST_TRIED = 12
_RIM_PX = 12.0
_WIDEST_PX = 40.0


@dataclass(frozen=True, slots=True)
class Opening:
    """A hole where none is drawn.

    Attributes:
        at_px: Its middle.
        diameter_px: Its width.
        noise_px: Spread of its rim.
    """

    at_px: tuple[float, float]
    diameter_px: float
    noise_px: float


class Face:
    """The part's face and the ground round it, in a window of the picture."""

    def __init__(self, around: Surroundings, outline: Trace) -> None:
        """Cut out the window.

        Args:
            around: The picture; depths to the drawing's edges.
            outline: Of the part.
        """
        height, width = around.judged.shape
        low = np.floor(outline.points_px.min(axis=0)).astype(int) - 24
        high = np.ceil(outline.points_px.max(axis=0)).astype(int) + 25
        # A part beside the frame leaves one pixel, which tells nothing.
        self.left, self.top = np.clip(low, 0, (width - 1, height - 1)).astype(int).tolist()
        right, bottom = np.clip(high, (self.left + 1, self.top + 1), (width, height)).tolist()
        window = np.s_[self.top : bottom, self.left : right]
        self.around = around
        self.colours = np.ascontiguousarray(around.colours[window])
        self.depth, self.judged = around.depth_px[window], around.judged[window]
        self.face = (self.depth < -2.0) & self.judged
        ring = np.zeros(self.depth.shape, np.uint8)
        shape = np.rint((outline.points_px - (self.left, self.top)) * 16).astype(np.int32)
        cv2.fillPoly(ring, [shape], 1, cv2.LINE_8, 4)
        outside = (ring == 0) & self.judged
        self.ground = outside & (self.depth > 1.5) & (self.depth < 16.0)
        self._patches: dict[float, tuple[Singles, Bools, Floats]] = {}

    def patches(self, radius_px: float) -> tuple[Singles, Bools, Floats]:
        """Return what discs of the face differ by from their rings.

        Returns:
            Difference of colours at each pixel, shape (h, w, C); where it is known; and the inverse
            of its covariance over the face, shape (C, C).
        """
        radius_px = max(radius_px, 1.0)
        if radius_px not in self._patches:
            self._patches[radius_px] = self._compared(radius_px)
        return self._patches[radius_px]

    def _compared(self, radius_px: float) -> tuple[Singles, Bools, Floats]:
        # Squares of a disc's area: their sums cost the same at any size.
        inner = max(round(0.88 * radius_px - 0.9), 0)
        hollow, outer = round(0.88 * radius_px + 1.5), round(0.88 * radius_px + 4.5)
        face = self.face.astype(np.float32)
        painted = self.colours * face[..., None]
        disc, disc_share = _sums(painted, face, inner)
        low, low_share = _sums(painted, face, hollow)
        high, high_share = _sums(painted, face, outer)
        ring_share = high_share - low_share
        here = disc / np.maximum(disc_share, 1e-3)[..., None]
        round_it = (high - low) / np.maximum(ring_share, 1e-3)[..., None]
        disc_share /= (2 * inner + 1) ** 2
        ring_share /= (2 * outer + 1) ** 2 - (2 * hollow + 1) ** 2
        known = (disc_share > 0.97) & (ring_share > 0.6)
        difference = here - round_it
        found = difference[known].reshape(-1, self.colours.shape[2])
        if len(found) > _PATCHES:
            found = found[:: len(found) // _PATCHES]
        spread = _RIDGE * np.eye(self.colours.shape[2])
        if len(found) >= 20:
            size = np.abs(found).sum(axis=1)
            # A hole that is looked for must not hide itself by its own weight.
            usual = found[size <= np.quantile(size, 0.95)]
            spread = spread + 1.3 * np.asarray(usual.T @ usual, np.float64) / max(len(usual), 1)
        return difference, known, np.asarray(np.linalg.inv(spread), dtype=np.float64)

    def difference_of(self, hole: Trace, radius_px: float) -> float | None:
        """Return by how many standard deviations of patches a drawn hole differs from its ring."""
        drawn = np.zeros(self.depth.shape, np.uint8)
        shape = np.rint((hole.points_px - (self.left, self.top)) * 16).astype(np.int32)
        cv2.fillPoly(drawn, [shape], 1, cv2.LINE_8, 4)
        depth = min(1.0, 0.4 * radius_px)
        inside = (drawn > 0) & (self.depth > depth) & self.judged
        near = cv2.dilate(drawn, np.ones((13, 13), np.uint8)) > 0
        ring = near & (drawn == 0) & (self.depth < -1.0) & self.judged
        if inside.sum() < 3 or ring.sum() < 8:
            return None
        off = self.colours[inside].mean(axis=0) - self.colours[ring].mean(axis=0)
        return self.sized(off.astype(np.float64), radius_px)

    def sized(self, off: Floats, radius_px: float) -> float:
        """Return a difference of colours, (C,), in standard deviations of patches of a size."""
        inverse = self.patches(radius_px)[2]
        return math.sqrt(max(float(off @ inverse @ off), 0.0))

    def ground_difference(self, radius_px: float) -> float:
        """Return by how many standard deviations the ground differs from the face."""
        if self.ground.sum() < 20 or self.face.sum() < 20:
            return 0.0
        ground, face = (
            np.median(self.colours[pixels], axis=0) for pixels in (self.ground, self.face)
        )
        return self.sized(np.asarray(ground - face, dtype=np.float64), radius_px)

    def holds(self, opening: Opening) -> bool:
        """Return whether an opening lies in the face with all its rim."""
        column, row = (
            round(v) for v in (opening.at_px[0] - self.left, opening.at_px[1] - self.top)
        )
        height, width = self.depth.shape
        if not (0 <= column < width and 0 <= row < height):
            return False
        return bool(self.depth[row, column] < -opening.diameter_px / 2 - 1.0)

    def like_ground(self, colour: Floats, face_colour: Floats) -> bool:
        """Return whether a colour, (C,), is rather the shadowed ground's than the face's."""
        ground = self.colours[self.ground]
        if len(ground) == 0:
            return False
        ground = ground[:: max(len(ground) // 300, 1)].astype(np.float64)
        shade = np.clip(ground @ colour / np.maximum((ground * ground).sum(axis=1), 1.0), 0.3, 1.1)
        far = float(np.linalg.norm(ground * shade[:, None] - colour, axis=1).min())
        return far < 0.5 * float(np.linalg.norm(colour - face_colour))


def extra_openings(face: Face, least_contrast: float) -> list[Opening]:
    """Return the holes where none is drawn, clearest first."""
    places = sorted(_suspects(face), reverse=True)[:_MOST_TRIED]
    found: list[Opening] = []
    for _, x, y, radius in places:
        if any(
            math.dist((x, y), other.at_px) < other.diameter_px / 2 + radius + 1 for other in found
        ):
            continue
        opening = _opening_at(face, x, y, radius, least_contrast)
        if opening is not None and face.holds(opening) and not _known(opening, found):
            found.append(opening)
    return found


def _known(opening: Opening, found: list[Opening]) -> bool:
    """Return whether an opening is one of those that were found, at another size."""
    return any(
        math.dist(opening.at_px, other.at_px) < (opening.diameter_px + other.diameter_px) / 2
        for other in found
    )


def _suspects(face: Face) -> list[tuple[float, float, float, float]]:
    """Return places that differ from the face like ground: strength, x, y, radius in px."""
    places = []
    for radius in RADII_PX:
        difference, known, inverse = face.patches(radius)
        if known.sum() < 20:
            continue
        strength = np.sqrt(
            np.maximum(np.einsum("hwc,cd,hwd->hw", difference, inverse, difference), 0)
        ).astype(np.float32)
        strength[~known] = 0
        side = 2 * math.ceil(radius) + 3
        peak = (strength >= cv2.dilate(strength, np.ones((side, side), np.uint8))) & (
            strength > EXTRA_ABOVE
        )
        for row, column in np.argwhere(peak):
            colour = _disc_colour(face, column, row, radius)
            if face.like_ground(colour, colour - difference[row, column]):
                places.append((float(strength[row, column]), float(column), float(row), radius))
    return places


def _disc_colour(face: Face, column: int, row: int, radius_px: float) -> Floats:
    reach = max(int(radius_px - 0.5), 0)
    rows = slice(max(row - reach, 0), row + reach + 1)
    columns = slice(max(column - reach, 0), column + reach + 1)
    pixels = face.colours[rows, columns].reshape(-1, face.colours.shape[2])
    return np.asarray(np.median(pixels, axis=0), dtype=np.float64)


def _opening_at(
    face: Face, x: float, y: float, radius_px: float, least_contrast: float
) -> Opening | None:
    """Return the hole at a suspect place, if its rim closes."""
    rest_px = 0.0
    for _ in range(2):
        trace = circle_trace(x + face.left, y + face.top, radius_px)
        profiles = profiles_of(trace, face.around, max(4.0, 1.2 * radius_px))
        # Round a circle in the face the drawing's own contours are far.
        near = (profiles.places_px < radius_px) & (np.abs(profiles.places_px) < _RIM_PX)
        seen = np.broadcast_to(near, profiles.seen.shape)
        edges = edges_of(trace, replace(profiles, seen=seen), least_contrast)
        count = len(edges.found)
        none = np.zeros(count)
        measured = Measured(
            trace=trace,
            offset_px=edges.offset_px,
            sd_px=none,
            noise_px=edges.noise_px,
            found=edges.found,
            per_px=none + 1,
            band=edges.band,
            soft_px=(none, none),
        )
        fit = hole_fit(measured)
        if fit is None or fit.share < 0.75 or fit.rest_px > max(0.5, 0.2 * radius_px):
            return None
        rest_px = fit.rest_px
        rows = np.column_stack([trace.normals_px, np.ones(count)])[edges.found]
        dx, dy, grown = np.linalg.lstsq(rows, edges.offset_px[edges.found], rcond=None)[0].tolist()
        x, y, radius_px = x + dx, y + dy, radius_px - grown
        if not 0.8 < radius_px < _WIDEST_PX or math.hypot(dx, dy) > 6:
            return None
    return Opening((x + face.left, y + face.top), 2 * radius_px, rest_px)


def circle_trace(x: float, y: float, radius_px: float) -> Trace:
    """Return a round hole in the picture as a trace, its drawing the picture itself."""
    count = max(24, round(2 * math.pi * radius_px))
    angles = np.arange(count) * (2 * math.pi / count)
    way = np.column_stack([np.cos(angles), np.sin(angles)])
    points = transformed(way * radius_px, np.array([[1.0, 0, x], [0, 1.0, y], [0, 0, 1.0]]))
    return Trace(
        number=1,
        xy_mm=points,
        points_px=points,
        normals_px=-way,
        px_per_mm=np.ones(count),
        step_px=2 * math.pi * radius_px / count,
        clear=np.ones(count, dtype=np.bool_),
    )


def _sums(painted: Singles, weight: Singles, half: int) -> tuple[Singles, Singles]:
    """Return sums over squares of 2 `half` + 1 pixels of colours and of their weights."""
    side = 2 * half + 1

    def summed(values: Singles) -> Singles:
        found = cv2.boxFilter(
            values, cv2.CV_32F, (side, side), normalize=False, borderType=cv2.BORDER_CONSTANT
        )
        return np.asarray(found, dtype=np.float32)

    return summed(painted).reshape(painted.shape), summed(weight)
