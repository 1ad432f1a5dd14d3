"""Tolerances for what no drawing has are told."""

from dataclasses import replace

from components.domain import Part
from components.inspection.measuring.idle_tolerances import idle_tolerances
from components.settings.measure import (
    HoleTolerances,
    LayerTolerances,
    MeasureSettings,
    PartTolerances,
)
from tests.unit.inspection.shapes import bracket, plate

TOLERANCES = MeasureSettings.load().tolerances


def on_layers(part: Part, *layers: str) -> Part:
    outline, *holes = (
        replace(ring, layer=layer)
        for ring, layer in zip((part.outline, *part.holes), layers, strict=True)
    )
    return replace(part, outline=outline, holes=tuple(holes))


PARTS = [on_layers(bracket(), "CUT", "FITS", "fits"), plate()]


def test_shipped_tolerances_concern_every_drawing():
    assert idle_tolerances(TOLERANCES, PARTS) == []


def test_misspelt_parts_layers_and_holes_that_are_none_are_told():
    fine = LayerTolerances(hole_diameter=0.1)
    hole = HoleTolerances(hole_position=0.1)
    bracket_s = PartTolerances(layers={"Fits": fine, "SLOTS": fine}, holes={1: hole, 3: hole})
    given = TOLERANCES.model_copy(
        update={
            "layers": {"cut": fine, "CUTS": fine},
            "parts": {"bracket": bracket_s, "braket": PartTolerances(outline=0.1)},
        }
    )
    assert idle_tolerances(given, PARTS) == [
        "tolerances.layers: no drawing has a contour on the layer 'CUTS'",
        "tolerances.parts.bracket.layers: it has no contour on the layer 'SLOTS'",
        "tolerances.parts.bracket.holes: it has 2 holes, none is 3",
        "tolerances.parts: no drawing is named 'braket'",
    ]
