"""A document -> the curves of its parts: layers, linetypes and sheet frames weighed together.

Names of layers and linetypes are asked first. Where that leaves nothing, or leaves the outline out,
they are not believed, and the user is told.
"""

import dataclasses

from ezdxf.document import Drawing as Document

from components.geometry.assembly import join_settings
from components.geometry.dxf_curves import harvested
from components.geometry.harvest import SHEET, Harvest
from components.geometry.layers import LayerRules
from components.geometry.left_out import closed_aside
from components.geometry.named_layers import NamedLayer, named_layers
from components.geometry.sheets import sheets_among
from components.settings.drawings import DrawingSettings


def collected(
    document: Document,
    rules: LayerRules,
    mm_per_unit: float,
    units: tuple[float, ...],
    settings: DrawingSettings,
) -> Harvest:
    """Return the curves of the parts in a document, and in `warnings` what the user should know.

    Args:
        document: The loaded file.
        rules: Which layers are read.
        mm_per_unit: Length of a drawing unit that the sampling must fit.
        units: Lengths that a drawing unit may have, for the sizes of sheets.
        settings: Tolerances and bounds.

    Raises:
        DrawingError: If a bound is passed or a number cannot be meant.
    """
    tolerance = settings.curve_tolerance_mm / mm_per_unit
    joins = join_settings(settings, mm_per_unit)
    harvest = harvested(document, rules, tolerance, settings)
    layers = named_layers(harvest, joins)
    if spared := _spared(layers, harvest):
        rules = dataclasses.replace(rules, spared=frozenset(layer.name for layer in spared))
        harvest = harvested(document, rules, tolerance, settings)
    elif not harvest.curves and harvest.unread_blocks():
        rules = dataclasses.replace(rules, words={})
        harvest = harvested(document, rules, tolerance, settings)
        harvest.warnings.append("only blocks that are usually not cut hold curves; they were read")
    if not harvest.curves and harvest.aside:
        rules = dataclasses.replace(rules, linetypes=())
        harvest = harvested(document, rules, tolerance, settings)
        harvest.warnings.append(
            "only linetypes that are usually not cut hold curves; they were read"
        )
    harvest.warnings += [layer.spared() for layer in spared]
    left = [layer.left_out() for layer in layers if layer not in spared]
    harvest.warnings += filter(None, left)
    harvest.warnings += [*harvest.unread_blocks(), *closed_aside(harvest.aside, joins)]
    if harvest.curves:
        _take_sheets(harvest, rules, settings.gap_limit_mm / mm_per_unit, units)
    return harvest


def _spared(layers: list[NamedLayer], harvest: Harvest) -> list[NamedLayer]:
    """Return the layers that are cut whatever their names say.

    These hold the outline. If no other layer holds curves, these hold contours, or any curves.
    """
    if harvest.curves:
        return [layer for layer in layers if layer.is_outline]
    drawn = {curve.layer for curve in harvest.named}
    return [layer for layer in layers if layer.rings] or [
        layer for layer in layers if layer.name in drawn
    ]


def _take_sheets(
    harvest: Harvest, rules: LayerRules, slack: float, units: tuple[float, ...]
) -> None:
    """Take sheet frames and title blocks away."""
    sheets = sheets_among(harvest.curves, harvest.text_places(), slack, units, rules.is_chosen)
    harvest.take_away(sheets.curves, SHEET)
    harvest.warnings += sheets.warnings
