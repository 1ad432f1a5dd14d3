"""Similarities of the plane as two complex numbers: compared and joined without arrays.

With a point as z = x + iy, y up, a similarity is a z + b, or with a mirror a conj(z) + b.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Placing:
    """One similarity.

    Attributes:
        turn: a: its size is the scale, its angle the turn.
        move: b.
        mirrored: Whether points are mirrored to (x, -y) first.
    """

    turn: complex
    move: complex
    mirrored: bool

    def after(self, first: "Placing") -> "Placing":
        """Return the similarity that does `first` and then this one.

        Examples:
            >>> quarter = Placing(1j, 0j, False)
            >>> quarter.after(Placing(2 + 0j, 1 + 0j, True))
            Placing(turn=2j, move=1j, mirrored=True)
        """
        turn, move = first.turn, first.move
        if self.mirrored:
            turn, move = turn.conjugate(), move.conjugate()
        return Placing(
            self.turn * turn, self.turn * move + self.move, self.mirrored != first.mirrored
        )

    def near(self, other: "Placing", reach: float, limit: float) -> bool:
        """Return whether two similarities of a picture agree round its origin.

        Args:
            other: The other one.
            reach: How far round the origin, in px.
            limit: Greatest distance of two images of a point, counted back in px.
        """
        if self.mirrored != other.mirrored:
            return False
        off = abs(self.turn - other.turn) * reach + abs(self.move - other.move)
        return off <= limit * abs(self.turn)

    def matrix(self) -> NDArray[np.float64]:
        """Return it as a matrix of shape (3, 3)."""
        a, b = self.turn, self.move
        flip = -1.0 if self.mirrored else 1.0
        return np.array(
            [[a.real, -flip * a.imag, b.real], [a.imag, flip * a.real, b.imag], [0.0, 0.0, 1.0]]
        )
