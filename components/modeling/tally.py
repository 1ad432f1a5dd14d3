"""Adds up the figures of an evaluation picture by picture."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from components.domain import UNKNOWN_LABEL, Detection, Rle
from components.geometry.masks import mask_from_rle, rle_from_mask
from components.modeling.coco_scores import (
    FoundObject,
    Measured,
    Range,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_without_labels,
)
from components.modeling.coco_truth import CocoObject, CocoPicture
from components.modeling.contrast import contrast_of, lab_of
from components.modeling.figures import NOTHING, Confusion, Evaluation, LabelFigures, PictureFigures
from components.modeling.groups import CONTRASTS, SIZES, VISIBLE, GroupFigures, figures_by_group
from components.modeling.inference import Prediction
from components.modeling.matching import Match, is_right, matched, picture_figures
from components.modeling.reliability import reliability_of

WORST_PICTURES = 20


class _True(NamedTuple):
    """An object of the truth with what is measured of it."""

    item: TrueObject
    size: float
    visible: float
    contrast: float
    seen: bool


class _Found(NamedTuple):
    """An object that the model names, with the same."""

    item: FoundObject
    size: float
    visible: float
    contrast: float
    right: bool


class Tally:
    """Adds up pictures.

    Args:
        true_labels: In the truth.
        known_labels: The model's.
        score_threshold: Of the confusion matrix, the pixel overlaps and the pictures' figures.
    """

    def __init__(
        self, true_labels: set[str], known_labels: Sequence[str], score_threshold: float
    ) -> None:
        """Start with nothing."""
        self._threshold = score_threshold
        self._true_labels, self._known = true_labels, set(known_labels)
        # A file may call its own objects unknown: still one row and one column.
        names = sorted((true_labels | set(known_labels)) - {UNKNOWN_LABEL, NOTHING})
        self._names = (*names, UNKNOWN_LABEL, NOTHING)
        self._place = {name: number for number, name in enumerate(self._names)}
        self._counts = np.zeros((len(self._names), len(self._names)), np.int64)
        self._pixels = np.zeros((len(self._names), len(self._names)), np.int64)
        self._truth: list[_True] = []
        self._found: list[_Found] = []
        self._timings: list[dict[str, float]] = []
        self._pictures: list[PictureFigures] = []

    def add(self, picture: CocoPicture, image: NDArray[np.uint8], prediction: Prediction) -> None:
        """Add one picture.

        Args:
            picture: With its truth.
            image: RGB, shape (H, W, 3), uint8.
            prediction: The model's answer, best first.
        """
        masks = [rle_from_mask(detection.mask) for detection in prediction.detections]
        matches = matched(picture.objects, prediction.detections, masks)
        sure = [match for match in matches if match.detection.score >= self._threshold]
        truth_masks = [mask_from_rle(item.rle) for item in picture.objects]
        lab = lab_of(image)
        self._note_truth(picture, truth_masks, lab, sure)
        self._note_found(picture, matches, masks, lab)
        self._count(picture.objects, sure)
        self._count_pixels(picture, truth_masks, [match.detection for match in sure])
        self._pictures.append(picture_figures(len(self._pictures), picture, sure))
        self._timings.append(prediction.timing_ms)

    def _note_truth(
        self,
        picture: CocoPicture,
        masks: Sequence[NDArray[np.bool_]],
        lab: NDArray[np.float32],
        sure: Sequence[Match],
    ) -> None:
        seen = {match.place for match in sure}
        for place, (item, mask) in enumerate(zip(picture.objects, masks, strict=True)):
            self._truth.append(
                _True(
                    TrueObject(len(self._pictures), item.label, item.rle),
                    float(coco_mask.area(item.rle)),
                    math.nan if item.visible_fraction is None else item.visible_fraction,
                    contrast_of(lab, mask),
                    place in seen,
                )
            )

    def _note_found(
        self,
        picture: CocoPicture,
        matches: Sequence[Match],
        masks: Sequence[Rle],
        lab: NDArray[np.float32],
    ) -> None:
        for match, rle in zip(matches, masks, strict=True):
            detection = match.detection
            if detection.label == UNKNOWN_LABEL:
                continue
            self._found.append(
                _Found(
                    FoundObject(len(self._pictures), detection.label, rle, detection.score),
                    float(coco_mask.area(rle)),
                    # Nobody can say how much of a thing shows that is not there.
                    math.nan,
                    contrast_of(lab, detection.mask),
                    is_right(match, picture.objects),
                )
            )

    def _count(self, objects: Sequence[CocoObject], matches: Sequence[Match]) -> None:
        """Note which label was taken for which."""
        for match in matches:
            row = NOTHING if match.place is None else objects[match.place].label
            self._counts[self._place[row], self._place[match.detection.label]] += 1
        about = {match.place for match in matches}
        for place, item in enumerate(objects):
            if place not in about:
                self._counts[self._place[item.label], self._place[NOTHING]] += 1

    def _count_pixels(
        self,
        picture: CocoPicture,
        masks: Sequence[NDArray[np.bool_]],
        detections: Sequence[Detection],
    ) -> None:
        nothing, hw = self._place[NOTHING], (picture.height_px, picture.width_px)
        true_map, found_map = np.full(hw, nothing), np.full(hw, nothing)
        for item, mask in zip(picture.objects, masks, strict=True):
            true_map[mask] = self._place[item.label]
        for detection in reversed(detections):
            if detection.label != UNKNOWN_LABEL:
                found_map[detection.mask] = self._place[detection.label]
        pairs = true_map * len(self._names) + found_map
        count = np.bincount(pairs.ravel(), minlength=self._pixels.size)
        self._pixels += count.reshape(self._pixels.shape)

    def evaluation(self) -> Evaluation:
        """Return the figures of all that was added."""
        truth, found = [each.item for each in self._truth], [each.item for each in self._found]
        by_label = precision_by_label(truth, found, len(self._pictures))
        mean = mean_precision(by_label)
        agnostic = precision_without_labels(truth, found, len(self._pictures))
        part_iou, background_iou = self._part_iou()
        per_class = {
            label: LabelFigures(
                precision.ap,
                precision.ap50,
                self._label_iou(label),
                sum(item.label == label for item in truth),
            )
            for label, precision in by_label.items()
        }
        return Evaluation(
            pictures=len(self._pictures),
            objects=len(truth),
            map=mean.ap,
            map50=mean.ap50,
            agnostic_map=agnostic.ap,
            agnostic_map50=agnostic.ap50,
            miou=(part_iou + background_iou) / 2.0,
            part_iou=part_iou,
            per_class=per_class,
            by_size=self._groups(lambda each: each.size, SIZES),
            by_visibility=self._groups(lambda each: each.visible, VISIBLE),
            by_contrast=self._groups(lambda each: each.contrast, CONTRASTS),
            confusion=Confusion(self._names, tuple(map(tuple, self._counts.tolist()))),
            reliability=reliability_of(
                [each.item.score for each in self._found], [each.right for each in self._found]
            ),
            worst=tuple(sorted(self._pictures, key=lambda each: each.quality)[:WORST_PICTURES]),
            timing_ms={
                step: float(np.median([t[step] for t in self._timings]))
                for step in self._timings[0]
            },
            not_known=tuple(sorted(self._true_labels - self._known)),
        )

    def _groups(
        self, value: Callable[[_True | _Found], float], groups: dict[str, Range]
    ) -> tuple[GroupFigures, ...]:
        measured = Measured(
            [value(each) for each in self._truth], [value(each) for each in self._found]
        )
        if any(math.isnan(number) for number in measured.truth):
            return ()
        return figures_by_group(
            [each.item for each in self._truth],
            [each.item for each in self._found],
            len(self._pictures),
            measured,
            [each.seen for each in self._truth],
            groups,
        )

    def _part_iou(self) -> tuple[float, float]:
        total, nothing = self._pixels.sum(), self._place[NOTHING]
        neither = self._pixels[nothing, nothing]
        missed, invented = self._pixels[:, nothing].sum(), self._pixels[nothing].sum()
        both = total - missed - invented + neither
        parts, backgrounds = total - neither, missed + invented - neither
        return _ratio(both, parts), _ratio(neither, backgrounds)

    def _label_iou(self, label: str) -> float:
        place = self._place[label]
        both = self._pixels[place, place]
        return _ratio(both, self._pixels[place].sum() + self._pixels[:, place].sum() - both)


def _ratio(part: np.int64, whole: np.int64) -> float:
    """Return part / whole, 1 where there is nothing to get wrong."""
    return float(part / whole) if whole else 1.0
