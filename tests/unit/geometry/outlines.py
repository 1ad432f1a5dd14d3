"""Outlines that several tests of symmetry and likeness share."""

import numpy as np

from tests.unit.strategies import part

CHIRAL = np.array([(0, 0), (60, 0), (60, 15), (15, 15), (15, 40), (0, 40)], dtype=float) - (30, 20)


def gear(name, teeth, depth, missing=(), *holes):
    """A disc of radius 50 mm with square teeth."""
    places = []
    for tooth in range(teeth):
        top = 0.0 if tooth in missing else depth
        for share, extra in ((0.0, 0.0), (0.5, 0.0), (0.5, top), (1.0, top)):
            angle = 2 * np.pi * (tooth + share) / teeth
            radius = 50.0 + extra
            places.append((radius * np.cos(angle), radius * np.sin(angle)))
    return part(name, np.array(places), *holes)
