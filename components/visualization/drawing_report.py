"""The doctor's report on drawings as one HTML page that needs nothing else.

Every text that comes from a file passes `shown` and the template's escaping, so a layer called
`<script>` is only a name. The pictures are SVG inside the page: outline, numbered holes, and a red
ring where a gap was closed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jinja2 import Environment, StrictUndefined
from numpy.typing import NDArray
from shapely import LinearRing

from components.domain import Part
from components.files import write_text
from components.geometry.drawing import Drawing, drawing_to_json, part_to_json
from components.geometry.laying import Lay
from components.geometry.resemblance import Resemblance, SimilarityReport

MAX_NUMBERED = 120
"""Numbers in more holes than this would only hide them."""

MAX_OVERLAYS = 100
"""Pairs that look alike are drawn up to this number; the table lists all."""

PICTURE_PX = 300

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Drawings</title>
<style>
:root { color-scheme: light; }
section { content-visibility: auto; contain-intrinsic-size: auto 30rem; }
@media print { section, figure { break-inside: avoid; content-visibility: visible; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem;
       color: #1c2733; background: #f6f7f9; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.05rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
section { background: #fff; border: 1px solid #d9dee4; border-left-width: 6px; border-radius: 6px;
          padding: 1rem; margin: 1rem 0; }
.accepted { border-left-color: #2c8a4b; } .repaired { border-left-color: #c98a00; }
.rejected { border-left-color: #c0392b; }
.parts { display: flex; flex-wrap: wrap; gap: 1rem; } figure { margin: 0; }
figcaption { font-size: .85rem; max-width: {{ side }}px; }
table { border-collapse: collapse; font-size: .85rem; margin-top: .6rem; }
th, td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
svg { background: #fbfcfd; border: 1px solid #e4e8ec; }
</style></head><body>
<h1>Drawings</h1>
<p>{{ drawings | length }} files: {{ counts.accepted }} accepted, {{ counts.repaired }} repaired,
{{ counts.rejected }} rejected; {{ symmetries | length }} parts.</p>
{% if pairs %}<section class="repaired"><h2>Parts that look alike</h2><table>
<tr><th>Parts</th><th>Relation</th><th>IoU</th><th>What differs</th><th>Needs</th></tr>
{% for pair in pairs %}<tr><td>{{ pair.first }} / {{ pair.second }}</td>
<td>{{ pair.relation }}{{ " (back)" if pair.mirrored and pair.feature }}</td>
<td>{{ "%.4f" | format(pair.iou) }}</td>
<td>{{ pair.difference() }}</td>
<td>{% if pair.feature %}{{ "%.2f" | format(pair.feature.px_per_mm) }} px per mm
{% else %}another way to tell them{% endif %}</td></tr>
{% endfor %}</table>
<p>Blue: the first part. Orange: the second, laid on it. Red ring: the feature that differs.</p>
<div class="parts">{% for pair in overlays %}<figure>
<svg width="{{ side }}" height="{{ side }}" viewBox="{{ pair.view }}" role="img"
 aria-label="{{ pair.title }}">
<path d="{{ pair.first }}" fill="#2f6fb0" fill-opacity=".35" fill-rule="evenodd" stroke="#1c3d5a"
 stroke-width="{{ pair.pen }}"/>
<path d="{{ pair.second }}" fill="#e07b00" fill-opacity=".35" fill-rule="evenodd" stroke="#a85700"
 stroke-width="{{ pair.pen }}"/>
{% if pair.mark %}<circle cx="{{ pair.mark[0] }}" cy="{{ pair.mark[1] }}" r="{{ pair.mark[2] }}"
 fill="none" stroke="#d22" stroke-width="{{ pair.pen * 2 }}"/>{% endif %}
</svg><figcaption>{{ pair.title }}</figcaption></figure>{% endfor %}</div>
{% if pairs | length > overlays | length %}<p>Pictures of the first {{ overlays | length }} of
{{ pairs | length }} pairs.</p>{% endif %}</section>{% endif %}
{% for card in drawings %}<section class="{{ card.verdict }}">
<h2>{{ card.file }} &mdash; {{ card.verdict }}</h2>
{% if card.reason %}<p><b>{{ card.reason }}</b></p>{% endif %}
{% for warning in card.warnings %}<p>Warning: {{ warning }}</p>{% endfor %}
{% if card.unit_evidence %}<p>1 unit = {{ "%g" | format(card.mm_per_unit) }} mm
({{ card.unit_evidence }})</p>{% endif %}
<div class="parts">{% for part in card.pictures %}<figure>
<svg width="{{ side }}" height="{{ side }}" viewBox="{{ part.view }}" role="img"
 aria-label="{{ part.figures.name }}">
<path d="{{ part.path }}" fill="#b9cfe4" fill-rule="evenodd" stroke="#1c3d5a"
 stroke-width="{{ part.pen }}"/>
{% for number, x, y in part.holes %}<text x="{{ x }}" y="{{ y }}" font-size="{{ part.font }}"
 text-anchor="middle" dominant-baseline="central" fill="#1c3d5a">{{ number }}</text>{% endfor %}
{% for x, y in part.gaps %}<circle cx="{{ x }}" cy="{{ y }}" r="{{ part.font }}" fill="none"
 stroke="#d22" stroke-width="{{ part.pen * 2 }}"/>{% endfor %}
</svg><figcaption>{{ part.figures.name }}: {{ "%.2f" | format(part.figures.width_mm) }} x
{{ "%.2f" | format(part.figures.height_mm) }} mm, outline
{{ "%.1f" | format(part.figures.outer_area_mm2) }} mm&sup2;, {{ part.figures.hole_count }} holes
{{ "%.1f" | format(part.figures.hole_area_mm2) }} mm&sup2;{% if part.symmetry %};
{{ part.symmetry }}{% endif %}</figcaption></figure>{% endfor %}</div>
{% if card.gaps %}<table><tr><th>Closed gap</th><th>mm</th><th>at (drawing units)</th></tr>
{% for gap in card.gaps[:50] %}<tr><td>{{ loop.index }}</td><td>{{ "%.4g" | format(gap.size_mm) }}
</td><td>{{ "%.6g, %.6g" | format(gap.x, gap.y) }}</td></tr>{% endfor %}</table>{% endif %}
{% if card.kept or card.dropped %}<table>
<tr><th>Entity</th><th>Layer</th><th>Count</th><th></th></tr>
{% for row in card.kept + card.dropped %}<tr><td>{{ row.entity }}</td><td>{{ row.layer }}</td>
<td>{{ row.count }}</td><td>{{ row.rule | default("kept") }}</td></tr>{% endfor %}</table>
{% endif %}</section>{% endfor %}</body></html>
"""


@dataclass(frozen=True, slots=True)
class _Picture:
    """What the template needs to draw one part; lengths in mm, y down."""

    figures: dict[str, object]
    symmetry: str
    view: str
    path: str
    pen: float
    font: float
    holes: list[tuple[int, float, float]]
    gaps: list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Overlay:
    """What the template needs to draw two parts on each other; lengths in mm, y down."""

    title: str
    view: str
    first: str
    second: str
    pen: float
    mark: tuple[float, float, float] | None


def write_drawing_report(
    path: Path, drawings: Sequence[Drawing], similarity: SimilarityReport
) -> None:
    """Write the report on drawings to an HTML file; whole or not at all."""
    write_text(path, drawing_report(drawings, similarity))


def drawing_report(drawings: Sequence[Drawing], similarity: SimilarityReport) -> str:
    """Return the report as the text of an HTML page.

    Args:
        drawings: In the order of their cards.
        similarity: Of all their parts.
    """
    symmetries = {
        symmetry.name: _words(symmetry.order, symmetry.mirrored)
        for symmetry in similarity.symmetries
    }
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True
    )
    parts = {part.name: part for drawing in drawings for part in drawing.parts}
    counts = Counter(drawing.verdict for drawing in drawings)
    return environment.from_string(PAGE).render(
        drawings=[_card(drawing, symmetries) for drawing in drawings],
        counts={verdict: counts[verdict] for verdict in ("accepted", "repaired", "rejected")},
        symmetries=symmetries,
        pairs=similarity.pairs,
        overlays=[
            _overlay(parts[pair.first], parts[pair.second], pair)
            for pair in similarity.pairs[:MAX_OVERLAYS]
        ],
        side=PICTURE_PX,
    )


def _words(order: int, mirrored: bool) -> str:
    """Return a symmetry in words."""
    turn = {0: "round", 1: ""}.get(order, f"same {order} times a turn")
    return ", ".join(filter(None, (turn, "same from behind" if mirrored else "")))


def _card(drawing: Drawing, symmetries: dict[str, str]) -> dict[str, object]:
    """Return what the template needs for one file."""
    pictures = [
        _picture(part, _gaps_of(drawing, index), symmetries.get(part.name, ""))
        for index, part in enumerate(drawing.parts)
    ]
    return {**drawing_to_json(drawing), "pictures": pictures}


def _gaps_of(drawing: Drawing, index: int) -> NDArray[np.float64]:
    """Return the places of the gaps on one part in its own coordinates, shape (N, 2)."""
    mm = drawing.mm_per_unit or 1.0
    places = np.array([(gap.x, gap.y) for gap in drawing.gaps], dtype=np.float64).reshape(-1, 2)
    local = (places - drawing.centres[index]) * mm
    half = np.array(drawing.parts[index].size_mm) / 2 + max(1.0, 0.01 * mm)
    return np.asarray(local[(np.abs(local) <= half).all(axis=1)])


def _picture(part: Part, gaps: NDArray[np.float64], symmetry: str) -> _Picture:
    """Return the drawing instructions of one part."""
    side = max(part.size_mm)
    rings = [part.outline, *part.holes]
    edge = 0.56 * side
    holes = [
        (number, *_rounded(hole.xy_mm.mean(axis=0))) for number, hole in enumerate(part.holes, 1)
    ]
    return _Picture(
        figures=part_to_json(part),
        symmetry=symmetry,
        view=f"{-edge:.4g} {-edge:.4g} {2 * edge:.4g} {2 * edge:.4g}",
        path="".join(_ring(ring.xy_mm, side / 3000) for ring in rings),
        pen=side / 400,
        font=side / 36,
        holes=holes if len(holes) <= MAX_NUMBERED else [],
        gaps=[_rounded(place) for place in gaps[:MAX_NUMBERED]],
    )


def _overlay(first: Part, second: Part, pair: Resemblance) -> _Overlay:
    """Return the drawing instructions of the second part laid on the first."""
    side = max(first.size_mm)
    edge = 0.56 * side
    lay = Lay(pair.angle_deg, pair.x_mm, pair.y_mm, pair.scale, pair.mirrored)
    laid = [
        ring.xy_mm @ lay.matrix().T + (lay.x_mm, lay.y_mm)
        for ring in (second.outline, *second.holes)
    ]
    mark = None
    if pair.feature is not None:
        radius = max(0.7 * pair.feature.width_mm, side / 40)
        place = np.array([pair.feature.x_mm, pair.feature.y_mm])
        mark = (*_rounded(place), radius)
    return _Overlay(
        title=f"{pair.first} / {pair.second}: {pair.difference()}",
        view=f"{-edge:.4g} {-edge:.4g} {2 * edge:.4g} {2 * edge:.4g}",
        first="".join(_ring(ring.xy_mm, side / 3000) for ring in (first.outline, *first.holes)),
        second="".join(_ring(ring, side / 3000) for ring in laid),
        pen=side / 400,
        mark=mark,
    )


def _rounded(place: NDArray[np.float64]) -> tuple[float, float]:
    """Return a place with y down, to 1 um."""
    return round(float(place[0]), 3), round(-float(place[1]), 3)


def _ring(xy: NDArray[np.float64], tolerance: float) -> str:
    """Return one contour as an SVG path, y down, without vertices too near to see."""
    coarse = LinearRing(xy).simplify(tolerance)
    points = " ".join(f"{x:.4f},{-y:.4f}" for x, y in coarse.coords)
    return f"M{points}Z"
