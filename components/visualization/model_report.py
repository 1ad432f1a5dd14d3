"""One page about one model: data, training, quality, mistakes, poses, faults, speed, lineage.

The page needs nothing else: charts and pictures are inside, there is no script and no address. What
is not known is said in its place, with the command that makes it.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from components.domain import SPLITS
from components.files import write_text
from components.home import Home
from components.modeling.card_figures import most_confused
from components.modeling.figures import Confusion
from components.visualization.model_gaps import gaps_of, is_replaced
from components.visualization.model_lineage import lineage_of
from components.visualization.model_pictures import (
    dataset_charts,
    dataset_sheet,
    defect_chart,
    evaluation_charts,
    look_alikes_chart,
    part_pictures,
    training_chart,
    worst_pictures,
)
from components.visualization.model_sources import EXPORTED, ModelSources, sources_of

TEMPLATE = "model_report.html.j2"
FOLDER_NAME = "models"

STEPS = ("prepare", "network", "group", "propose", "registration")
"""Of an answer, in their order."""

KEPT = (
    "The page was written when more was known of this version than now, and is kept; `-o FILE` "
    "writes a new one."
)


def report_path(home: Home, version: str) -> Path:
    """Return where the report of a version is kept."""
    return home.reports / FOLDER_NAME / f"{version}.html"


def write_model_report(
    home: Home, version: str | None = None, out: Path | None = None
) -> tuple[Path, dict[str, str]]:
    """Write the report of a model.

    The page that was kept of a version whose evaluation is gone by now is not overwritten.

    Args:
        home: Where the model lies.
        version: Its name or the beginning of it; the champion if None.
        out: HTML file; `report_path` if None.

    Returns:
        The file, and what is missing in it: a sentence for each section.

    Raises:
        ModelError: If there is no such model or a record about it is damaged.
        DatasetError: If a picture or table of its dataset is damaged.
        DrawingError: If the drawings in its bundle cannot be read.
    """
    sources = sources_of(home, version)
    gaps = gaps_of(sources)
    path = out or report_path(home, sources.version)
    if out is None and path.is_file() and is_replaced(sources):
        return path, {"report": KEPT}
    write_text(path, _page(sources, gaps))
    return path, gaps


def _page(sources: ModelSources, gaps: Mapping[str, str]) -> str:
    environment = Environment(
        loader=PackageLoader("components.visualization", "."),
        autoescape=select_autoescape(["html.j2"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"coded": coded, "yaml": _as_yaml}
    evaluation = sources.evaluation
    return environment.get_template(TEMPLATE).render(
        sources=sources,
        home=shlex.quote(str(sources.home.root)),
        splits=SPLITS,
        card=sources.card,
        registered=sources.version != EXPORTED,
        gaps=gaps,
        tiles=_tiles(sources),
        parts=part_pictures(sources.parts),
        alike=look_alikes_chart(sources),
        sheet=dataset_sheet(sources),
        data_charts=dataset_charts(sources.dataset),
        training=training_chart(sources.training_log),
        charts=evaluation_charts(evaluation),
        confused=_confused(sources),
        worst=worst_pictures(sources),
        defects=defect_chart(sources),
        latency=latency_of(sources),
        lineage=lineage_of(sources),
    )


def coded(text: str) -> Markup:
    """Return a sentence for HTML, with what stands between backticks as code.

    Examples:
        >>> coded("see `a < b`.")
        Markup('see <code>a &lt; b</code>.')
    """
    pieces = [escape(piece) for piece in text.split("`")]
    pieces[1::2] = [Markup("<code>{}</code>").format(piece) for piece in pieces[1::2]]
    return Markup("").join(pieces)


def _as_yaml(settings: dict[str, Any]) -> str:
    return str(yaml.safe_dump(settings, sort_keys=False, default_flow_style=None))


def latency_of(sources: ModelSources) -> dict[str, float]:
    """Return the median wall time in ms of each step of an answer to a test picture, in order."""
    test, evaluation = sources.card.test, sources.evaluation
    found = test.latency_ms if test else evaluation.timing_ms if evaluation else {}
    known = [step for step in STEPS if step in found]
    return {step: found[step] for step in [*known, *sorted(found.keys() - set(known))]}


def _confused(sources: ModelSources) -> list[dict[str, Any]]:
    """Return the most frequent wrong answers."""
    if sources.evaluation:
        found = most_confused(sources.evaluation.confusion)
    else:
        found = sources.card.test.confused if sources.card.test else ()
    return [each.model_dump() for each in found]


def named_right(confusion: Confusion) -> tuple[int, int]:
    """Return how many of the found objects got the right name, and how many were found."""
    labels = len(confusion.labels) - 2
    found = sum(sum(row[: labels + 1]) for row in confusion.counts[:labels])
    right = sum(confusion.counts[place][place] for place in range(labels))
    return right, found


def _tiles(sources: ModelSources) -> list[tuple[str, str, str]]:
    """Return the figures at the top: value, what it is, how to read it."""
    card, evaluation, poses = sources.card, sources.evaluation, sources.poses
    metrics = card.metrics
    tiles = [
        (f"{metrics[key]:.3f}", name, words)
        for key, name, words in (
            ("test_registered_map", "mask mAP", "served answers, test split"),
            ("test_registered_map50", "mAP50", "overlap of a half counts"),
            ("test_registered_agnostic_map", "mAP, any part", "labels do not count"),
        )
        if key in metrics
    ]
    if evaluation:
        right, found = named_right(evaluation.confusion)
        tiles.append((f"{right / max(found, 1):.1%}", "named right", f"of {found} found objects"))
    if poses and poses.contour_px and poses.angle_deg:
        contour, angle = poses.contour_px.median, poses.angle_deg.median
        tiles.append((f"{contour:.2f} px", "contour error", f"median; angle {angle:.2f}°"))
    latency = latency_of(sources)
    if latency:
        tiles.append((f"{sum(latency.values()):.0f} ms", "one answer", "sum of the steps' medians"))
    served = [offer for offer in card.offers if offer.precision == card.precision]
    if served:
        size = served[0].size_bytes / 1e6
        tiles.append((f"{size:.1f} MB", "network", f"{card.precision}, {card.parameters:,} values"))
    return tiles
