"""Pictures of results: the course of a training, confusion, detections beside the truth."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from components.dataset.exports import coco_paths
from components.domain import UNKNOWN_LABEL, Detection, Split
from components.files import replacing
from components.geometry.masks import mask_from_rle, xyxy_from_mask
from components.home import Home
from components.modeling.coco_truth import CocoPicture, read_coco
from components.modeling.evaluate import read_rgb
from components.modeling.figures import Confusion
from components.modeling.inference import Detector
from components.modeling.training_log import read_log

DPI = 110
PAIRS = 6
"""Pictures in a contact sheet of predictions."""
FILL = 0.4
"""Share of its colour in an object's pixels."""
UNKNOWN_COLOUR = (128, 128, 128)
TERMS = ("sight", "seam", "label", "centre", "offset")
FIGURE_NAMES = {
    "val_map": "mAP",
    "val_agnostic_map": "class-agnostic mAP",
    "val_miou": "mIoU",
}


def plot_training(log: Path, out: Path) -> Path:
    """Draw loss, rate and validation figures over time.

    Args:
        log: JSON lines of `TrainingLog`.
        out: PNG file to write.

    Returns:
        `out`.
    """
    lines = read_log(log)
    steps = [line for line in lines if "loss" in line]
    checks = [line for line in lines if "validation" in line]
    figure = Figure(figsize=(10, 4), dpi=DPI, layout="constrained")
    left, right = figure.subplots(1, 2)
    minutes = [line["seconds"] / 60.0 for line in steps]
    for name in ("loss", *TERMS):
        smooth = _smoothed([line[name] for line in steps])
        left.plot(minutes, smooth, label=name, linewidth=2.0 if name == "loss" else 1.0)
    left.set(xlabel="minutes", ylabel="loss, terms unweighted", title="Training", yscale="log")
    rate = left.twinx()
    rate.plot(minutes, [line["rate"] for line in steps], color="0.7", linestyle=":")
    rate.set(ylabel="rate (dotted), share of its highest", ylim=(0.0, 1.05))
    if steps:
        left.legend(loc="upper right", fontsize="small")
    for key, name in FIGURE_NAMES.items():
        known = [line for line in checks if key in line["validation"]]
        x = [line["seconds"] / 60.0 for line in known]
        y = [line["validation"][key] for line in known]
        right.plot(x, y, marker="o", label=name)
    right.set(xlabel="minutes", title="Validation split, mean weights", ylim=(0.0, 1.0))
    right.grid(alpha=0.3)
    right.legend(loc="lower right", fontsize="small")
    return _saved(figure, out)


def _smoothed(values: Sequence[float], width: int = 5) -> NDArray[np.float64]:
    """Return the running median, which single odd batches do not move."""
    padded = np.pad(np.asarray(values, np.float64), width // 2, mode="edge") if values else values
    count = len(values)
    return np.array([np.median(padded[i : i + width]) for i in range(count)], np.float64)


def plot_confusion(confusion: Confusion, out: Path) -> Path:
    """Draw which label was taken for which, in shares of each row and in counts.

    Args:
        confusion: Of an evaluation.
        out: PNG file to write.

    Returns:
        `out`.
    """
    counts = np.array(confusion.counts, np.float64)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1.0)
    side = 2.8 + 0.55 * len(confusion.labels)
    figure = Figure(figsize=(side + 0.6, side), dpi=DPI, layout="constrained")
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    places = range(len(confusion.labels))
    axes.set_xticks(places, confusion.labels, rotation=45, ha="right")
    axes.set_yticks(places, confusion.labels)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, f"{count:.0f}", ha="center", va="center", color=colour)
    axes.set(xlabel="the model's answer", ylabel="the truth", title="Objects by label")
    return _saved(figure, out)


def plot_predictions(home: Home, detector: Detector, split: Split, out: Path) -> Path:
    """Draw a few pictures of a split with the truth on the left and the answers on the right.

    Args:
        home: Where the dataset lies.
        detector: Asked for its answers.
        split: Which pictures.
        out: PNG file to write.

    Returns:
        `out`.
    """
    pictures = read_coco(coco_paths(home, split)[0], home.images(split))
    chosen = [pictures[i] for i in np.unique(np.linspace(0, len(pictures) - 1, PAIRS).astype(int))]
    pairs = [_pair(picture, detector) for picture in chosen]
    columns = 2
    rows = -(-len(pairs) // columns)
    figure = Figure(figsize=(7 * columns, 2.75 * rows), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, (picture, pair) in zip(grid.flat, zip(chosen, pairs, strict=True), strict=False):
        axes.imshow(pair)
        axes.set_title(f"{picture.path.name}: truth | {detector.card.name}", fontsize="small")
    return _saved(figure, out)


def _pair(picture: CocoPicture, detector: Detector) -> NDArray[np.uint8]:
    image = read_rgb(picture.path)
    truth = []
    for item in picture.objects:
        mask = mask_from_rle(item.rle)
        x0, y0, x1, y1 = xyxy_from_mask(mask) or (0.0, 0.0, 0.0, 0.0)
        truth.append(Detection(item.label, 1.0, (x0, y0, x1, y1), mask))
    card = detector.card
    found = detector.predict(image, card.prediction.score_threshold).detections
    labels = card.labels
    gap = np.full((image.shape[0], 6, 3), 255, np.uint8)
    sides = [draw_detections(image, objects, labels) for objects in (truth, found)]
    return np.hstack([sides[0], gap, sides[1]])


def draw_detections(
    image: NDArray[np.uint8], detections: Sequence[Detection], labels: Sequence[str]
) -> NDArray[np.uint8]:
    """Return a picture with each object's mask, outline, label and score drawn on it.

    Args:
        image: RGB, shape (H, W, 3), uint8; left as it is.
        detections: What to draw.
        labels: All names, in an order that decides the colours.
    """
    drawn = image.copy()
    thick = max(round(max(image.shape[:2]) / 500), 1)
    for detection in reversed(detections):
        colour = colour_of(detection.label, labels)
        mask = detection.mask
        blend = drawn[mask] * (1.0 - FILL) + np.array(colour) * FILL
        drawn[mask] = np.rint(blend).astype(np.uint8)
        outlines, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, outlines, -1, colour, thick)
    for detection in reversed(detections):
        text = f"{detection.label} {detection.score:.2f}"
        _write(drawn, text, detection.xyxy_px, colour_of(detection.label, labels), thick)
    return drawn


def colour_of(label: str, labels: Sequence[str]) -> tuple[int, int, int]:
    """Return the RGB colour of a label: well apart for up to ten, grey for the unknown."""
    if label == UNKNOWN_LABEL or label not in labels:
        return UNKNOWN_COLOUR
    red, green, blue = mpl.colormaps["tab10"](list(labels).index(label) % 10)[:3]
    return round(255 * red), round(255 * green), round(255 * blue)


def _write(
    image: NDArray[np.uint8],
    text: str,
    box: tuple[float, float, float, float],
    colour: tuple[int, int, int],
    thick: int,
) -> None:
    """Write a label into the picture at the top left of a box, on a plate of its colour."""
    scale = 0.38 * thick
    (width, height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x = int(np.clip(box[0], 0, max(image.shape[1] - width - 2, 0)))
    y = int(np.clip(box[1], height + 2, max(image.shape[0] - below - 1, height + 2)))
    cv2.rectangle(image, (x, y - height - 2), (x + width + 2, y + below), colour, cv2.FILLED)
    white = (255, 255, 255)
    cv2.putText(image, text, (x + 1, y), cv2.FONT_HERSHEY_SIMPLEX, scale, white, thick, cv2.LINE_AA)


def _saved(figure: Figure, out: Path) -> Path:
    """Write a figure; without date or version in the file one input gives the same bytes."""
    with replacing(out) as partial:
        figure.savefig(partial, format="png", metadata={"Software": None})
    return out
