"""Golden pictures: a few that travel with a model, and what it must say about them.

golden/000017.jpg
golden/expected.json   {"000017.jpg": [{"label", "score", "segmentation"}, ...]}
golden/truth.json      {"000017.jpg": [{"label", "segmentation"}, ...]}, what is true about them

Another processor or runtime rounds otherwise. A healthy service must not be refused for that, so
pictures are taken whose answers hang by no hair: all precisions agree on them, no score is near the
threshold and no label near another.
"""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.domain import OTHER_LABEL, UNKNOWN_LABEL, Annotation, Detection
from components.files import write_json
from components.geometry.masks import mask_iou, rle_from_mask
from components.modeling.bundle_files import EXPECTED_NAME, GOLDEN_FOLDER, TRUTH_NAME
from components.modeling.evaluate import read_rgb
from components.modeling.inference import Predictor
from components.modeling.parity import best_pairs

TRIED = 40
"""Pictures that golden ones are chosen from."""

SCORE_MARGIN = 0.05
"""A score this near to the threshold may fall on its other side elsewhere."""

LABEL_MARGIN = 0.1
"""So may the second label become the first."""

HOPELESS = 1.0
"""Doubt where answers differ in kind."""


def steady_pictures(
    pictures: Sequence[Path], predictors: Sequence[Predictor], count: int
) -> list[Path]:
    """Return the pictures whose answers are least in doubt, those without an object last.

    Args:
        pictures: To choose from; only the first `TRIED` are looked at.
        predictors: The same model in every form it may be served in.
        count: How many.
    """
    doubts = {picture: _doubt(read_rgb(picture), predictors) for picture in pictures[:TRIED]}
    return sorted(doubts, key=doubts.__getitem__)[:count]


def _doubt(image: NDArray[np.uint8], predictors: Sequence[Predictor]) -> float:
    """Return how far the answers differ or could differ: 0 not at all, 1 in kind, 2 are none."""
    threshold = predictors[0].card.prediction.score_threshold
    answers = [each.predict(image, threshold - SCORE_MARGIN).detections for each in predictors]
    if not any(answers):
        return 2.0 * HOPELESS
    if len({len(answer) for answer in answers}) > 1:
        return HOPELESS
    hairs = [_hair(found, threshold) for answer in answers for found in answer]
    gaps = [
        _gap(one, other) for answer in answers[1:] for one, other in best_pairs(answers[0], answer)
    ]
    return max(hairs + gaps)


def _hair(found: Detection, threshold: float) -> float:
    """Return how much too near a detection is to being another or none."""
    near = SCORE_MARGIN - abs(found.score - threshold)
    if found.label != UNKNOWN_LABEL and len(found.candidates) > 1:
        near = max(near, LABEL_MARGIN - (found.candidates[0][1] - found.candidates[1][1]))
    return max(near, 0.0)


def _gap(one: Detection, other: Detection) -> float:
    """Return how far two answers about one object lie apart."""
    if one.label != other.label:
        return HOPELESS
    return max(1.0 - mask_iou(one.mask, other.mask), abs(one.score - other.score))


def write_golden(
    bundle: Path,
    predictor: Predictor,
    pictures: Sequence[Path],
    truth: Mapping[Path, Sequence[Annotation]] | None = None,
) -> None:
    """Copy pictures into a bundle and note what its model says about them, and what is true.

    Args:
        bundle: Folder that gets `golden/`.
        predictor: The bundle's model.
        pictures: Files; their names must differ.
        truth: What is in each of them, for the gate of later models; None if that is not known.
    """
    folder = bundle / GOLDEN_FOLDER
    folder.mkdir(parents=True)
    expected = {}
    for picture in pictures:
        shutil.copyfile(picture, folder / picture.name)
        prediction = predictor.predict(read_rgb(picture))
        expected[picture.name] = [_record(detection) for detection in prediction.detections]
    write_json(folder / EXPECTED_NAME, expected)
    if truth is not None:
        known = {picture.name: _true_objects(truth[picture]) for picture in pictures}
        write_json(folder / TRUTH_NAME, known)


def _true_objects(annotations: Sequence[Annotation]) -> list[dict[str, Any]]:
    return [
        {"label": each.label, "segmentation": each.visible}
        for each in annotations
        if each.label != OTHER_LABEL
    ]


def _record(detection: Detection) -> dict[str, Any]:
    return {
        "label": detection.label,
        "score": round(detection.score, 6),
        "segmentation": rle_from_mask(detection.mask),
    }
