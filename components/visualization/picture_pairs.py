"""Contact sheets of pictures with the truth on the left and a model's answer on the right."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components.dataset.exports import coco_paths
from components.domain import Detection, Split
from components.geometry.masks import mask_from_rle, xyxy_from_mask
from components.home import Home
from components.modeling.coco_truth import CocoPicture, read_coco
from components.modeling.evaluate import read_rgb
from components.modeling.figures import PictureFigures
from components.modeling.inference import Detector
from components.visualization.figure_files import DPI, saved
from components.visualization.overlays import draw_detections

COLUMNS = 2
PAIRS = 6
"""Pictures in a sheet of predictions."""

TRUTH_SCORE = 1.0


def plot_predictions(home: Home, detector: Detector, split: Split, out: Path) -> Path:
    """Draw a few pictures of a split with the truth and the answers.

    Args:
        home: Where the dataset lies.
        detector: Asked for its answers.
        split: Which pictures.
        out: PNG file to write.

    Returns:
        `out`.
    """
    pictures = read_coco(coco_paths(home, split)[0], home.images(split))
    places = np.unique(np.linspace(0, len(pictures) - 1, PAIRS).astype(int))
    chosen = [pictures[place] for place in places]
    titles = [f"{picture.path.name}: truth | {detector.card.name}" for picture in chosen]
    return _sheet(chosen, titles, detector, out)


def plot_worst(
    worst: Sequence[PictureFigures],
    pictures: Sequence[CocoPicture],
    detector: Detector,
    out: Path,
) -> Path:
    """Draw the worst pictures of an evaluation with the truth and the answers, worst first.

    Args:
        worst: Of the evaluation.
        pictures: All pictures that were evaluated, in their order.
        detector: Asked for its answers once more.
        out: PNG file to write.

    Returns:
        `out`.
    """
    titles = [f"{each.file}: {fault_words(each)}" for each in worst]
    return _sheet([pictures[each.number] for each in worst], titles, detector, out)


def fault_words(each: PictureFigures) -> str:
    """Return how well a picture was answered, in words."""
    return (
        f"quality {each.quality:.2f}; of {each.objects} missed {each.missed}, misnamed "
        f"{each.misnamed}; invented {each.invented}"
    )


def _sheet(
    pictures: Sequence[CocoPicture], titles: Sequence[str], detector: Detector, out: Path
) -> Path:
    rows = max(-(-len(pictures) // COLUMNS), 1)
    figure = Figure(figsize=(7 * COLUMNS, 2.75 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, COLUMNS, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, picture, title in zip(grid.flat, pictures, titles, strict=False):
        axes.imshow(side_by_side(picture, detector))
        axes.set_title(title, fontsize="small")
    return saved(figure, out)


def side_by_side(picture: CocoPicture, detector: Detector) -> NDArray[np.uint8]:
    """Return a picture with the truth drawn on the left and a model's answer on the right.

    Args:
        picture: With what is in it.
        detector: Asked for its answer.

    Returns:
        RGB, shape (H, 2 W + 6, 3), uint8.
    """
    image = read_rgb(picture.path)
    truth = []
    for item in picture.objects:
        mask = mask_from_rle(item.rle)
        x0, y0, x1, y1 = xyxy_from_mask(mask) or (0.0, 0.0, 0.0, 0.0)
        truth.append(Detection(item.label, TRUTH_SCORE, (x0, y0, x1, y1), mask))
    card = detector.card
    found = detector.predict(image, card.prediction.score_threshold).detections
    gap = np.full((image.shape[0], 6, 3), 255, np.uint8)
    sides = [draw_detections(image, objects, card.labels) for objects in (truth, found)]
    return np.hstack([sides[0], gap, sides[1]])
