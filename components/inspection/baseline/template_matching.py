"""The OpenCV baseline: no network, no registration, only what any vision library holds.

Regions that thresholds and edges find are compared with the templates of `models/opencv_templates`:
by Hu moments of the outline (`cv2.matchShapes`), and by the overlap of the masks, brought to one
size about their centroids, in the best of all turns and mirrors. It serves as a measure of what the
network and registration are worth, and as a second opinion.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import UNKNOWN_LABEL, Detection
from components.files import file_sha256
from components.geometry.masks import xyxy_from_mask
from components.inspection.baseline.templates import INDEX, read_template_mask, template_names
from components.inspection.plain_card import plain_card
from components.inspection.proposals import propose
from components.modeling.inference import Prediction
from components.settings.inspection import ProposalSettings, TemplateSettings
from components.settings.train import PredictionSettings

Picture = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Bools = NDArray[np.bool_]

_SIDE = 64
"""Side of the square on which masks are compared; the disc of a mask's area fills half of it."""

_RADIUS = _SIDE / 4
_TURNS = 72


@dataclass(frozen=True, slots=True, eq=False)
class _Template:
    """A drawing, ready for comparison.

    Attributes:
        name: Of the part.
        outline: As `cv2.findContours` gives it, of the biggest region.
        lays: The mask on the square, front and back in all turns, shape (2 * turns, side * side).
        areas: Sums of the lays, shape (2 * turns,).
    """

    name: str
    outline: NDArray[np.int32]
    lays: NDArray[np.float32]
    areas: NDArray[np.float32]


class TemplateMatcher:
    """Finds parts by templates alone. It may be shared by threads."""

    def __init__(
        self,
        folder: Path,
        prediction: PredictionSettings,
        proposals: ProposalSettings,
        settings: TemplateSettings,
    ) -> None:
        """Read the templates.

        Args:
            folder: `models/opencv_templates` of the home folder.
            prediction: For its card.
            proposals: How regions are found.
            settings: How they are compared.

        Raises:
            ModelError: If there are no templates or one is damaged.
        """
        names = template_names(folder)
        self._templates = [_template(name, read_template_mask(folder, name)) for name in names]
        self._proposals, self._settings = proposals, settings
        sha256 = file_sha256(folder / INDEX)
        name = f"templates-{sha256[:12]}"
        self.card = plain_card(name, sha256, names, prediction, settings.least_score)

    def predict(self, image: Picture, score_threshold: float | None = None, /) -> Prediction:
        """Return the parts in a picture; a region that fits no template is left out.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            score_threshold: Least score; None takes the settings'.
        """
        threshold = self._settings.least_score if score_threshold is None else score_threshold
        start = time.perf_counter()
        regions = propose(image, self._proposals)
        proposed = time.perf_counter()
        found = (self._named(region.mask) for region in regions)
        kept = _without_repeats([d for d in found if d is not None and d.score >= threshold])
        end = time.perf_counter()
        steps = {"propose": proposed - start, "match": end - proposed}
        return Prediction(tuple(kept), {name: 1e3 * s for name, s in steps.items()})

    def _named(self, mask: Bools) -> Detection | None:
        """Return the template that a region fits best."""
        box = xyxy_from_mask(mask)
        pixels = mask.view(np.uint8)
        outline = _outline(pixels)
        if box is None or outline is None:
            return None
        square = _on_square(pixels, outline, 0.0).ravel()
        scores = np.array([self._score(template, outline, square) for template in self._templates])
        order = np.argsort(-scores, kind="stable")
        names = [self._templates[place].name for place in order]
        candidates = tuple(zip(names, scores[order].tolist(), strict=True))
        x0, y0, x1, y1 = box
        return Detection(names[0], float(scores[order[0]]), (x0, y0, x1, y1), mask, candidates)

    def _score(
        self, template: _Template, outline: NDArray[np.int32], square: NDArray[np.float32]
    ) -> float:
        """Return how well a region fits a template, 0..1."""
        distance = cv2.matchShapes(outline, template.outline, cv2.CONTOURS_MATCH_I1, 0.0)
        alike = math.exp(-distance / self._settings.hu_scale)
        both = template.lays @ square
        either = template.areas + square.sum() - both
        return alike * float((both / np.maximum(either, 1.0)).max())


def _template(name: str, mask: Mask) -> _Template:
    outline = _outline(mask)
    if outline is None:
        raise ValueError(f"template {name}: its mask is empty")
    turns = np.arange(_TURNS) * (2 * math.pi / _TURNS)
    lays = [
        _on_square(side, edge, angle).ravel()
        for side in (mask, np.ascontiguousarray(mask[:, ::-1]))
        if (edge := _outline(side)) is not None
        for angle in turns
    ]
    every = np.stack(lays)
    return _Template(name, outline, every, every.sum(axis=1))


def _outline(mask: Mask) -> NDArray[np.int32] | None:
    """Return the outline of the biggest region of a mask; None if it has no area."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    biggest = max(contours, key=cv2.contourArea, default=None)
    if biggest is None or cv2.contourArea(biggest) <= 0:
        return None
    return np.asarray(biggest, dtype=np.int32)


def _on_square(mask: Mask, outline: NDArray[np.int32], angle_rad: float) -> NDArray[np.float32]:
    """Return a mask on the square: its outline's centroid in the middle, size by its area."""
    moments = cv2.moments(outline)
    x, y = moments["m10"] / moments["m00"], moments["m01"] / moments["m00"]
    scale = _RADIUS / math.sqrt(abs(moments["m00"]) / math.pi)
    c, s = scale * math.cos(angle_rad), scale * math.sin(angle_rad)
    middle = (_SIDE - 1) / 2
    matrix = np.array([[c, -s, middle - c * x + s * y], [s, c, middle - s * x - c * y]])
    inside = (mask > 0).astype(np.float32)
    if scale < 1:
        # Averages the pixels that fall on one of the square.
        inside = np.asarray(cv2.blur(inside, (max(round(1 / scale), 1),) * 2), dtype=np.float32)
    return np.asarray(cv2.warpAffine(inside, matrix, (_SIDE, _SIDE)), dtype=np.float32)


def _without_repeats(detections: Sequence[Detection]) -> list[Detection]:
    """Return detections, best first, without those that lie on a better one."""
    kept: list[tuple[Detection, int]] = []
    for detection in sorted(detections, key=lambda d: -d.score):
        area = int(np.count_nonzero(detection.mask))
        shared = (
            np.count_nonzero(detection.mask & other.mask) / min(area, size) for other, size in kept
        )
        if detection.label != UNKNOWN_LABEL and all(share <= 0.5 for share in shared):
            kept.append((detection, area))
    return [detection for detection, _ in kept]
