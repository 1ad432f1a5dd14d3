"""How good a model is on pictures whose truth is known.

Categories are matched by name. Objects that the model calls unknown count in the confusion
matrix and nowhere else.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.dataset.exports import coco_paths
from components.domain import Split
from components.errors import DatasetError, ImageError, ModelError
from components.home import Home
from components.modeling.coco_scores import LOWEST_SCORE
from components.modeling.coco_truth import CocoPicture, read_coco
from components.modeling.figures import Evaluation
from components.modeling.inference import Detector, Prediction
from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
from components.modeling.tally import Tally
from components.progress import Progress, stage


def evaluate(
    detector: Detector,
    images: Path,
    coco: Path,
    progress: Progress,
    one_label: str | None = None,
) -> Evaluation:
    """Return how good a model is on the pictures of a COCO file.

    Args:
        detector: The model.
        images: Folder of the pictures.
        coco: The truth.
        progress: Told after each picture.
        one_label: Every object of the truth gets this label: for a model that tells parts from the
            rest, but not from each other.

    Raises:
        DatasetError: If the file is damaged, lists no picture, or a picture cannot be read.
        ModelError: If the model knows none of the labels in the file.
    """
    pictures = read_coco(coco, images)
    if not pictures:
        raise DatasetError(f"{coco}: lists no pictures; there is nothing to evaluate on")
    if one_label is not None:
        pictures = [_relabelled(picture, one_label) for picture in pictures]
    labels = {item.label for picture in pictures for item in picture.objects}
    if labels and not labels & set(detector.card.labels):
        raise ModelError(
            f"{coco}: has the labels {', '.join(sorted(labels))}; the model knows none of them, "
            f"only {', '.join(detector.card.labels)}; train on those drawings"
        )
    tally = Tally(labels, detector.card.labels, detector.card.prediction.score_threshold)
    with stage(progress, "evaluate", len(pictures), "pictures") as bar:
        for picture in pictures:
            image = read_rgb(picture.path)
            if image.shape[:2] != (picture.height_px, picture.width_px):
                raise DatasetError(
                    f"{picture.path}: is {image.shape[1]}x{image.shape[0]}, its COCO file says "
                    f"{picture.width_px}x{picture.height_px}"
                )
            tally.add(picture, image, _guessed(detector.predict(image, LOWEST_SCORE)))
            bar.advance(1, "")
    return tally.evaluation()


def _guessed(prediction: Prediction) -> Prediction:
    """Return an answer in which ambiguous objects have the likelier of their two labels."""
    detections = [
        replace(detection, label=detection.guess[0], score=detection.guess[1])
        for detection in prediction.detections
    ]
    return replace(prediction, detections=tuple(detections))


def _relabelled(picture: CocoPicture, label: str) -> CocoPicture:
    objects = tuple(replace(item, label=label) for item in picture.objects)
    return replace(picture, objects=objects)


def evaluate_split(home: Home, detector: Detector, split: Split, progress: Progress) -> Evaluation:
    """Return how good a model is on one split of the home folder's dataset; see `evaluate`."""
    return evaluate(detector, home.images(split), coco_paths(home, split)[0], progress)


def read_rgb(path: Path) -> NDArray[np.uint8]:
    """Read a picture of a dataset as the service would: RGB, shape (H, W, 3), uint8.

    Raises:
        DatasetError: If it cannot be read or decoded.
    """
    try:
        return read_picture(path, TRUSTED_MAX_PIXELS)
    except ImageError as error:
        raise DatasetError(str(error)) from error
