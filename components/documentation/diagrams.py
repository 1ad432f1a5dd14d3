"""Diagrams as SVG: rows of boxes, with arrows between some of them.

    Row("what goes in", (Box("drawings", "DXF files"), Box("camera", "frames")))
    Row("", (Box("dxfvision", "..."),))

The pictures bring their own background, so that they can be read on light and dark pages, and use
the fonts of whoever looks at them.
"""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from xml.sax.saxutils import escape

_WIDTH = 960
_MARGIN, _GAP, _ROW_GAP = 24, 18, 44
_LABEL_WIDTH = 130
_LINE, _TITLE = 17, 22
_LETTER = 6.4
"""Width of a letter of the text, in units of the picture."""

_STYLE = (
    "text{font-family:system-ui,'DejaVu Sans',sans-serif;font-size:12px;fill:#20303c}"
    ".name{font-size:14px;font-weight:600}.row{font-size:12px;fill:#5b6b77}"
    ".box{fill:#fff;stroke:#0b6a78;stroke-width:1.3}.ours{fill:#e3f1f3}"
    ".arrow{stroke:#5b6b77;stroke-width:1.3;fill:none;marker-end:url(#tip)}"
    ".said{font-size:11px;fill:#3c4b56;paint-order:stroke;stroke:#f7f9fa;stroke-width:4px}"
)


@dataclass(frozen=True, slots=True)
class Box:
    """One thing.

    Attributes:
        name: What it is called.
        text: What it is or does, in a sentence or less.
        ours: Whether it is part of what the diagram is about; others are drawn pale.
    """

    name: str
    text: str = ""
    ours: bool = True


@dataclass(frozen=True, slots=True)
class Row:
    """Things side by side.

    Attributes:
        label: What they have in common; stands left of them.
        boxes: From left to right.
    """

    label: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line from one box to another in the same or another row.

    Attributes:
        start: Name of a box.
        end: Name of a box.
        said: What goes along it.
    """

    start: str
    end: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """A picture.

    Attributes:
        title: For those who hear it.
        rows: From top to bottom.
        arrows: Drawn over the gaps between them.
    """

    title: str
    rows: tuple[Row, ...]
    arrows: tuple[Arrow, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a box lies, in units of the picture."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


def svg(diagram: Diagram) -> str:
    """Return a diagram as an SVG file.

    Raises:
        KeyError: If an arrow names a box that is not there.
    """
    places, height = _laid_out(diagram)
    title = escape(diagram.title)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height:.0f}" role="img">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8"'
        ' markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z" fill="#5b6b77"/></marker></defs>',
        f'<rect width="{_WIDTH}" height="{height:.0f}" rx="8" fill="#f7f9fa"/>',
        *_arrows(diagram, places),
        *_boxes(diagram, places),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _laid_out(diagram: Diagram) -> tuple[dict[str, _Place], float]:
    """Return the place of every box by its name, and the height of all."""
    left = _MARGIN + (_LABEL_WIDTH if any(row.label for row in diagram.rows) else 0)
    places: dict[str, _Place] = {}
    y = float(_MARGIN)
    for row in diagram.rows:
        room = _WIDTH - left - _MARGIN - _GAP * (len(row.boxes) - 1)
        width = room / len(row.boxes)
        wrapped = [textwrap.wrap(box.text, int((width - 20) / _LETTER)) for box in row.boxes]
        height = _TITLE + 14 + _LINE * max(len(lines) for lines in wrapped)
        for number, (box, lines) in enumerate(zip(row.boxes, wrapped, strict=True)):
            x = left + number * (width + _GAP)
            places[box.name] = _Place(x, y, width, height, tuple(lines))
        y += height + (_ROW_GAP if diagram.arrows else 10)
    return places, y - (_ROW_GAP if diagram.arrows else 10) + _MARGIN


def _boxes(diagram: Diagram, places: dict[str, _Place]) -> Iterator[str]:
    for row in diagram.rows:
        first = places[row.boxes[0].name]
        for number, line in enumerate(textwrap.wrap(row.label, 18)):
            yield _text(_MARGIN, first.y + _TITLE + number * _LINE, line, "row")
        for box in row.boxes:
            place = places[box.name]
            kind = "box ours" if box.ours else "box"
            yield (
                f'<rect class="{kind}" x="{place.x:.0f}" y="{place.y:.0f}" rx="6" '
                f'width="{place.width:.0f}" height="{place.height:.0f}"/>'
            )
            yield _text(place.x + 10, place.y + _TITLE, box.name, "name")
            for number, line in enumerate(place.lines):
                yield _text(place.x + 10, place.y + _TITLE + 18 + number * _LINE, line, "")


def _arrows(diagram: Diagram, places: dict[str, _Place]) -> Iterator[str]:
    for arrow in diagram.arrows:
        start, end = places[arrow.start], places[arrow.end]
        (x1, y1), (x2, y2) = _ends(start, end)
        middle = (y1 + y2) / 2
        way = f"V{middle:.0f}H{x2:.0f}V{y2:.0f}" if y1 != y2 else f"H{x2:.0f}"
        yield f'<path class="arrow" d="M{x1:.0f} {y1:.0f}{way}"/>'
        if arrow.said:
            x, y = (x1 + x2) / 2 + 6, (y1 + y2) / 2 + 4
            yield _text(x, y, arrow.said, "said")


def _ends(start: _Place, end: _Place) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where a line leaves one box and meets the other, by the shortest way."""
    if start.y == end.y:
        y = start.y + start.height / 2
        if start.x < end.x:
            return (start.x + start.width, y), (end.x, y)
        return (start.x, y), (end.x + end.width, y)
    # Boxes that lie over each other in part are joined straight down.
    low = max(start.x, end.x)
    high = min(start.x + start.width, end.x + end.width)
    over = (low + high) / 2 if high > low else None
    x1 = over if over is not None else start.x + start.width / 2
    x2 = over if over is not None else end.x + end.width / 2
    if start.y < end.y:
        return (x1, start.y + start.height), (x2, end.y)
    return (x1, start.y), (x2, end.y + end.height)


def _text(x: float, y: float, words: str, kind: str) -> str:
    name = f' class="{kind}"' if kind else ""
    shown = words.replace("`", "")
    return f'<text{name} x="{x:.0f}" y="{y:.0f}">{escape(shown)}</text>'
