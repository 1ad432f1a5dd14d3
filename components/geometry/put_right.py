"""What joining, noding and cleaning had to put right, in sentences with sizes and places."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from components.geometry.drawing import Gap, counted, place_text
from components.geometry.loose_ends import is_line
from components.geometry.overshoots import Place, length_of
from components.settings.drawings import DrawingSettings

Points = NDArray[np.float64]

SHOWN = 3
"""So many places are told of each kind of thing that was put right or left out."""


class Teller:
    """Tells lengths in mm and places in the drawing's own coordinates.

    Args:
        origin: Where the origin of the curves lies in the drawing, shape (2,).
        mm: Length of a drawing unit.
        settings: Limits in mm.
    """

    def __init__(self, origin: Points, mm: float, settings: DrawingSettings) -> None:
        """Keep what every sentence needs."""
        self._origin, self._mm, self._settings = origin, mm, settings

    def gaps(self, places: list[Place]) -> tuple[Gap, ...]:
        """Return the gaps, widest first."""
        x, y = map(float, self._origin)
        return tuple(
            Gap(size * self._mm, gx + x, gy + y) for size, gx, gy in sorted(places, reverse=True)
        )

    def gap_repairs(self, gaps: tuple[Gap, ...]) -> list[str]:
        """Return a sentence about gaps that are no rounding."""
        wide = [gap for gap in gaps if gap.size_mm > self._settings.gap_noise_mm]
        if not wide:
            return []
        place = place_text(wide[0].x, wide[0].y)
        return [f"{counted(len(wide), 'gap')} joined (widest {wide[0].size_mm:.3g} mm at {place})"]

    def overshoots(self, places: list[Place]) -> list[str]:
        """Return a sentence about ends that were cut off, the longest first."""
        longest = [
            f"{size * self._mm:.3g} mm at {self._place((x, y))}"
            for size, x, y in sorted(places, key=lambda p: (-round(p[0], 6), *p[1:]))[:SHOWN]
        ]
        said = f"{counted(len(places), 'overshooting end')} trimmed"
        return [f"{said} ({_listed(longest, len(places))})"] if places else []

    def dropped(self, chains: list[Points]) -> list[str]:
        """Return a sentence about open chains that were left out, the longest first."""
        longer = [chain for chain in chains if self._mm_of(chain) > self._settings.gap_noise_mm]
        return (
            [f"{counted(len(longer), 'open chain')} dropped ({self._chains(longer)})"]
            if longer
            else []
        )

    def bent(self, chains: list[Points]) -> list[str]:
        """Return a warning of open chains that were left out though they are not straight."""
        bent = [chain for chain in chains if not is_line(chain)]
        if not bent:
            return []
        said = counted(len(bent), "open line that is", "open lines that are")
        return [
            f"{said} not straight left out ({self._chains(bent)}); what is to be cut must be closed"
        ]

    def dots(self, dots: list[Points]) -> list[str]:
        """Return a sentence about contours too small to be parts."""
        if not dots:
            return []
        least = f"min_size_mm ({self._settings.min_size_mm:g})"
        said = f"{counted(len(dots), 'contour')} smaller than {least}"
        return [f"{said} dropped ({self._centres(dots)})"]

    def tiny_holes(self, holes: Iterable[Points]) -> list[str]:
        """Return a warning of holes so small that they may be punch or centre marks."""
        least = self._settings.min_hole_mm / self._mm
        tiny = [hole for hole in holes if np.ptp(hole, axis=0).max() < least]
        if not tiny:
            return []
        limit = f"min_hole_mm ({self._settings.min_hole_mm:g})"
        said = f"{counted(len(tiny), 'hole')} smaller than {limit} kept"
        return [f"{said} ({self._centres(tiny)}); put punch and centre marks on their own layer"]

    def _mm_of(self, chain: Points) -> float:
        """Return the length of a chain in mm."""
        return length_of(chain) * self._mm

    def _place(self, point: Points | tuple[float, float]) -> str:
        """Return a place in the drawing's coordinates."""
        return place_text(*(np.asarray(point) + self._origin))

    def _chains(self, chains: list[Points]) -> str:
        """Return length and start of the longest chains; of equal ones in the order of places."""
        longest = sorted(chains, key=lambda c: (-round(self._mm_of(c), 3), *c[0]))[:SHOWN]
        said = [f"{self._mm_of(c):.4g} mm from {self._place(c[0])}" for c in longest]
        return _listed(said, len(chains))

    def _centres(self, rings: list[Points]) -> str:
        """Return the centres of the first rings."""
        return _listed([f"at {self._place(r.mean(axis=0))}" for r in rings[:SHOWN]], len(rings))


def _listed(places: list[str], count: int) -> str:
    """Return the first places, and dots if there are more."""
    return ", ".join(places) + (", ..." if count > len(places) else "")
