"""Charts and pictures of the report on a model, as data URIs; none where nothing is known."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from components.dataset.exports import coco_paths
from components.domain import Part
from components.inspection.opening import open_inspector
from components.modeling.coco_truth import read_coco
from components.modeling.figures import Evaluation
from components.settings.inspection import InspectionSettings
from components.visualization.dataset_plots import (
    class_balance_figure,
    light_figure,
    objects_figure,
)
from components.visualization.dataset_samples import sample_sheet
from components.visualization.defect_curves import plot_defects
from components.visualization.drawing_pictures import plain_picture
from components.visualization.inlining import (
    inline_chart,
    inline_figure,
    inline_picture,
    inline_svg,
)
from components.visualization.model_sources import DatasetView, ModelSources
from components.visualization.part_plots import look_alikes_figure
from components.visualization.picture_pairs import fault_words, side_by_side
from components.visualization.plot_results import plot_evaluation, plot_training

SHEET_PICTURES, SHEET_COLUMNS, SHEET_WIDTH_PX = 12, 4, 1680
WORST = 8
PAIR_WIDTH_PX = 1000
PART_PX = 150
MOST_PARTS = 120
"""Drawings that are shown as pictures; of more, the rest are named."""


@dataclass(frozen=True, slots=True)
class PartPicture:
    """One drawing as the page draws it.

    Attributes:
        name: Of the part.
        size: In words.
        view: SVG viewBox.
        size_px: Width and height of the picture.
        path: SVG path.
    """

    name: str
    size: str
    view: str
    size_px: tuple[int, int]
    path: str


@dataclass(frozen=True, slots=True)
class WorstPicture:
    """A picture that was answered badly, the truth on the left.

    Attributes:
        file: Its name.
        words: What is wrong.
        uri: The picture.
    """

    file: str
    words: str
    uri: str


def part_pictures(parts: Sequence[Part]) -> list[PartPicture]:
    """Return the first `MOST_PARTS` drawings."""
    return [_part_picture(part) for part in parts[:MOST_PARTS]]


def _part_picture(part: Part) -> PartPicture:
    view, size_px, path = plain_picture(part, PART_PX)
    width, height = part.size_mm
    holes = f"{len(part.holes)} hole{'' if len(part.holes) == 1 else 's'}"
    return PartPicture(part.name, f"{width:.1f} x {height:.1f} mm, {holes}", view, size_px, path)


def look_alikes_chart(sources: ModelSources) -> str | None:
    """Return the pairs that look alike laid on each other; None if there are none."""
    if sources.card.similarity is None:
        return None
    figure = look_alikes_figure(sources.parts, sources.card.similarity)
    return inline_figure(figure) if figure else None


def dataset_sheet(sources: ModelSources) -> str | None:
    """Return pictures of the dataset with their labels."""
    if sources.dataset is None:
        return None
    sheet = sample_sheet(sources.home, SHEET_PICTURES, SHEET_COLUMNS)
    return inline_picture(sheet, SHEET_WIDTH_PX)


def dataset_charts(dataset: DatasetView | None) -> dict[str, str]:
    """Return the charts of a dataset that was checked, by title."""
    if dataset is None or dataset.images.empty:
        return {}
    images, annotations, labels = dataset.images, dataset.annotations, dataset.card.labels
    return {
        "How often each part is seen": inline_figure(class_balance_figure(annotations, labels)),
        "How large, how hidden, how many": inline_figure(objects_figure(images, annotations)),
        "Light and focus": inline_figure(light_figure(images)),
    }


def training_chart(log: Path | None) -> str | None:
    """Return the course of a training."""
    return None if log is None else inline_chart(lambda out: plot_training(log, out))


def evaluation_charts(evaluation: Evaluation | None) -> dict[str, str]:
    """Return the charts of an evaluation by name: confusion, drawings, groups, reliability."""
    if evaluation is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        charts = plot_evaluation(evaluation, Path(folder), ".svg")
        return {path.stem: inline_svg(path) for path in charts}


def defect_chart(sources: ModelSources) -> str | None:
    """Return how small a fault is found."""
    defects = sources.defects
    return None if defects is None else inline_chart(lambda out: plot_defects(defects, out))


def worst_pictures(sources: ModelSources) -> list[WorstPicture]:
    """Return the worst pictures that were evaluated; the model is asked about each once more.

    Raises:
        ModelError: If the bundle is damaged.
        DatasetError: If the test pictures are not what the evaluation saw.
    """
    if sources.evaluation is None or sources.dataset is None:
        return []
    home = sources.home
    inspector = open_inspector(sources.bundle, InspectionSettings.load(home.configs))
    pictures = read_coco(coco_paths(home, "test")[0], home.images("test"))
    faulty = [each for each in sources.evaluation.worst if each.quality < 1.0][:WORST]
    return [
        WorstPicture(
            each.file,
            fault_words(each),
            inline_picture(side_by_side(pictures[each.number], inspector), PAIR_WIDTH_PX),
        )
        for each in faulty
    ]
