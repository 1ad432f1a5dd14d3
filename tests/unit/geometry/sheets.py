"""Pens, parts and checks for drawings with and without a sheet frame."""

import math
from itertools import pairwise

import pytest

from components.geometry.contours import hole_area, outline_area
from components.geometry.dxf_reader import read_drawing
from components.settings.drawings import DrawingSettings
from tests.unit.strategies import saved

SETTINGS = DrawingSettings.load()
A3 = (420.0, 297.0)
ISO = {
    "A0": (1189.0, 841.0),
    "A1": (841.0, 594.0),
    "A2": (594.0, 420.0),
    "A3": A3,
    "A4": (297.0, 210.0),
}
ANSI = {
    "A": (11.0, 8.5),
    "B": (17.0, 11.0),
    "C": (22.0, 17.0),
    "D": (34.0, 22.0),
    "E": (44.0, 34.0),
}


class Pen:
    """Draws at a scale, with lines or with closed polylines."""

    def __init__(self, space, scale=1.0, lines=False):
        self.space, self.scale, self.lines = space, scale, lines

    def line(self, *points):
        for (x0, y0), (x1, y1) in pairwise(points):
            s = self.scale
            self.space.add_line((x0 * s, y0 * s), (x1 * s, y1 * s))

    def box(self, x0, y0, x1, y1):
        corners = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
        if self.lines:
            self.line(*corners, corners[0])
        else:
            s = self.scale
            self.space.add_lwpolyline([(x * s, y * s) for x, y in corners], close=True)

    def text(self, x, y, said="TEXT"):
        place = (x * self.scale, y * self.scale)
        self.space.add_text(said, height=3 * self.scale).set_placement(place)


def draw_part(space, x, y, hole=True, size=1.0):
    """Draw an L of 80 x 60 less 60 x 40: 2400 mm², with a hole of radius 4."""
    corners = [(0, 0), (80, 0), (80, 20), (20, 20), (20, 60), (0, 60)]
    space.add_lwpolyline([(x + a * size, y + b * size) for a, b in corners], close=True)
    if hole:
        space.add_circle((x + 10 * size, y + 10 * size), 4 * size)


def read(tmp_path, draw, settings=SETTINGS, units=4):
    return read_drawing(saved(tmp_path / "a.dxf", draw, units=units), settings)


def is_the_l(drawing, size=1.0, hole=True):
    (part,) = drawing.parts
    assert outline_area(part) == pytest.approx(2400 * size**2, rel=1e-6)
    assert hole_area(part) == pytest.approx(hole * math.pi * 16 * size**2, rel=2e-3)
