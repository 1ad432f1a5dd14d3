"""The doctor's report on drawings as one HTML page that needs nothing else.

Every text that comes from a file passes `shown` and the template's escaping, so a layer called
`<script>` is only a name. The pictures are SVG inside the page (`drawing_pictures.py`): contours,
numbered holes, a red ring where a gap was closed, and pairs that look alike laid on each other.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from components.files import write_text
from components.geometry.drawing import Drawing, drawing_to_json, shown
from components.geometry.resemblance import SimilarityReport
from components.visualization.drawing_pictures import overlay_of, picture_of

TEMPLATE = "drawings.html.j2"

MOST_OVERLAYS = 100
"""Pairs that look alike are drawn up to this number, most alike first; the rest are a table."""

MOST_ROWS = 60
"""Rows of gaps and of entities that one card shows; the JSON record has all."""


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
    environment = Environment(
        loader=PackageLoader("components.visualization", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    parts = [part for drawing in drawings for part in drawing.parts]
    keys = {part.name: key for key, part in enumerate(parts, 1)}
    verdicts = Counter(drawing.verdict for drawing in drawings)
    alike = similarity.of_one_size()
    return environment.get_template(TEMPLATE).render(
        cards=_cards(drawings, similarity),
        counts={verdict: verdicts[verdict] for verdict in ("accepted", "repaired", "rejected")},
        pictures=len(parts),
        alike=alike,
        overlays=[
            overlay_of(parts[keys[pair.first] - 1], (keys[pair.first], keys[pair.second]), pair)
            for pair in alike[:MOST_OVERLAYS]
        ],
        repeats=similarity.repeats(),
        families=similarity.families(),
        resized=similarity.of_other_sizes(),
        most=MOST_ROWS,
    )


def _cards(drawings: Sequence[Drawing], similarity: SimilarityReport) -> list[Mapping[str, object]]:
    """Return what the template needs for each file."""
    words = {one.name: _words(one.order, one.mirrored) for one in similarity.symmetries}
    numbers = count(1)
    cards: list[Mapping[str, object]] = []
    for drawing in drawings:
        pictures = [
            picture_of(next(numbers), drawing, index, words.get(part.name, ""))
            for index, part in enumerate(drawing.parts)
        ]
        name = {"name": shown(drawing.file.name), "pictures": pictures}
        cards.append(drawing_to_json(drawing) | name)
    return cards


def _words(order: int, mirrored: bool) -> str:
    """Return a symmetry in words."""
    turn = {0: "round", 1: ""}.get(order, f"looks the same {order} times a turn")
    return ", ".join(filter(None, (turn, "looks the same from behind" if mirrored else "")))
