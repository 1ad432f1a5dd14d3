"""Tolerances that concern nothing: a misspelt name must not pass a bad part in silence."""

from collections.abc import Iterable, Sequence

from components.domain import Part
from components.settings.measure import Tolerances


def idle_tolerances(settings: Tolerances, parts: Sequence[Part]) -> list[str]:
    """Return in words which tolerances name a part, a layer or a hole that no drawing has.

    Args:
        settings: What is allowed.
        parts: All drawings.
    """
    known = {part.name: part for part in parts}
    told = [
        f"tolerances.layers: no drawing has a contour on the layer {layer!r}"
        for layer in _unknown(settings.layers, parts)
    ]
    for name, own in settings.parts.items():
        part = known.get(name)
        if part is None:
            told.append(f"tolerances.parts: no drawing is named {name!r}")
            continue
        told += [
            f"tolerances.parts.{name}.layers: it has no contour on the layer {layer!r}"
            for layer in _unknown(own.layers, [part])
        ]
        told += [
            f"tolerances.parts.{name}.holes: it has {len(part.holes)} holes, none is {number}"
            for number in own.holes
            if not 1 <= number <= len(part.holes)
        ]
    return told


def _unknown(layers: Iterable[str], parts: Sequence[Part]) -> list[str]:
    """Return the layers on which no part has a contour; upper and lower case count alike."""
    drawn = {layer.casefold() for part in parts for layer in part.layers}
    return [layer for layer in layers if layer.casefold() not in drawn]
