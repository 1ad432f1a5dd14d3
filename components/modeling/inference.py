"""Picture -> instances with masks; nothing here loads torch.

    picture --shrink, pad--> network pixels --ONNX--> heads --group--> instances --enlarge--> masks

A *bundle* is the folder that an export writes: `model.onnx`, its `card.json` and what the service
needs beside them.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import UNKNOWN_LABEL, Detection
from components.errors import ModelError
from components.geometry.masks import xyxy_from_mask
from components.modeling.bundle_files import require_hash
from components.modeling.grouping import Answer, Instances, group
from components.modeling.heads import BACKGROUND, SIGHT_STRIDE
from components.modeling.model_card import CARD_NAME, ModelCard, Precision, read_card
from components.modeling.preparing import Prepared, prepared
from components.modeling.runtimes import Network, Runtime, open_network
from components.settings.train import GroupingSettings, PredictionSettings


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What a model says about one picture.

    Attributes:
        detections: Best first.
        timing_ms: Wall time of each step.
    """

    detections: tuple[Detection, ...]
    timing_ms: dict[str, float]


class Detector(Protocol):
    """Whatever finds objects in pictures: the network alone, or with registration after it."""

    @property
    def card(self) -> ModelCard:
        """Of the model inside."""

    def predict(
        self, image: NDArray[np.uint8], score_threshold: float | None = None, /
    ) -> Prediction:
        """Return the objects in a picture.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            score_threshold: Detections below it are dropped; None takes the detector's own.
        """


def detections_of(
    answer: Answer,
    picture: Prepared,
    hw: tuple[int, int],
    labels: tuple[str, ...],
    settings: PredictionSettings,
    score_threshold: float,
) -> tuple[Detection, ...]:
    """Return the detections of one picture, best first.

    Args:
        answer: Of the network for `picture`.
        picture: As the network saw it.
        hw: Height and width of the original picture.
        labels: Names of the drawings in the network's order.
        settings: How pixels become instances.
        score_threshold: Instances below it are dropped.
    """
    instances = group(answer, settings.grouping)
    on_object = 1.0 - answer.sight[BACKGROUND]
    order = np.argsort(-instances.scores, kind="stable")
    order = order[instances.scores[order] >= score_threshold][: settings.max_detections]
    found = [
        _detection(instances, int(number), on_object, picture, hw, labels, settings.grouping)
        for number in order
    ]
    return tuple(detection for detection in found if detection)


def _detection(
    instances: Instances,
    number: int,
    on_object: NDArray[np.float32],
    picture: Prepared,
    hw: tuple[int, int],
    labels: tuple[str, ...],
    settings: GroupingSettings,
) -> Detection | None:
    """Return instance `number`, from 0; None if it lies on the padding only."""
    window = _enlarged(on_object, instances, number, picture, hw)
    if window is None:
        return None
    belief, left, top = window
    inside = belief > settings.foreground
    box = xyxy_from_mask(inside)
    if box is None:
        return None
    mask = np.zeros(hw, np.bool_)
    mask[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    beliefs = instances.labels[number]
    order = np.argsort(-beliefs, kind="stable")
    candidates = tuple((labels[i], float(beliefs[i])) for i in order)
    label = candidates[0][0] if instances.is_part[number] else UNKNOWN_LABEL
    score = float(min(instances.scores[number], 1.0))
    x0, y0, x1, y1 = box
    corners = (x0 + left, y0 + top, x1 + left, y1 + top)
    return Detection(label, score, corners, mask, candidates)


def _enlarged(
    on_object: NDArray[np.float32],
    instances: Instances,
    number: int,
    picture: Prepared,
    hw: tuple[int, int],
) -> tuple[NDArray[np.float32], int, int] | None:
    """Return how likely pixels round one instance are on it, and the first one's column and row.

    The probability is enlarged, not the mask, which keeps the border smooth; where neighbours
    touch, each fades to nothing inside the other, so the border falls between them (and leaves a
    slit of a fraction of a cell where `foreground` is above one half).
    """
    ids = instances.ids
    x0, y0 = np.maximum(instances.boxes[number, :2] - 1, 0)
    x1, y1 = np.minimum(instances.boxes[number, 2:] + 1, ids.shape[::-1])
    cells = ids[y0:y1, x0:x1]
    belief = np.where((cells == number + 1) | (cells == 0), on_object[y0:y1, x0:x1], 0.0)
    per_x, per_y = picture.scale_x / SIGHT_STRIDE, picture.scale_y / SIGHT_STRIDE
    left, top = max(int(x0 / per_x), 0), max(int(y0 / per_y), 0)
    right, bottom = min(int(x1 / per_x) + 1, hw[1]), min(int(y1 / per_y) + 1, hw[0])
    if right <= left or bottom <= top:
        return None
    # Cell of pixel u: (u + 0.5) * per_x - 0.5, counted from the first cell and pixel of the cut.
    cells_from_pixels = np.array(
        [
            [per_x, 0.0, (left + 0.5) * per_x - 0.5 - x0],
            [0.0, per_y, (top + 0.5) * per_y - 0.5 - y0],
        ]
    )
    enlarged = cv2.warpAffine(
        belief.astype(np.float32),
        cells_from_pixels,
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(enlarged, np.float32), left, top


class Predictor:
    """A loaded model.

    Args:
        network: Opened by one of the runtimes.
        card: Its card.
    """

    def __init__(self, network: Network, card: ModelCard) -> None:
        """Use `Predictor.load`, which checks the files."""
        self._network = network
        self.card = card

    @classmethod
    def load(
        cls,
        bundle: Path,
        threads: int = 1,
        runtime: Runtime = "onnxruntime",
        precision: Precision | None = None,
    ) -> Self:
        """Load the model of a bundle.

        Args:
            bundle: Folder with `card.json` and the ONNX files that it names.
            threads: For one picture.
            runtime: What runs the network.
            precision: Another than the card says is served.

        Raises:
            ModelError: If a file is missing or damaged, the two do not belong together, the bundle
                does not have this precision or the runtime is not installed.
        """
        card = read_card(bundle / CARD_NAME)
        wanted = precision or card.precision
        file = card.file_of(wanted)
        if file is None:
            raise ModelError(f"{bundle}: has no network in {wanted}; export the model again")
        name, sha256 = file
        require_hash(bundle / name, sha256, "export the model again")
        return cls(open_network(bundle / name, threads, runtime), card)

    def predict(self, image: NDArray[np.uint8], score_threshold: float | None = None) -> Prediction:
        """Return the objects in a picture.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            score_threshold: Detections below it are dropped; None takes the card's.

        Raises:
            ValueError: If `image` is no such array.
        """
        settings = self.card.prediction
        threshold = settings.score_threshold if score_threshold is None else score_threshold
        start = time.perf_counter()
        picture = prepared(image, settings.long_side_px)
        ready = time.perf_counter()
        answer = self.answer(picture.pixels)
        seen = time.perf_counter()
        hw = (image.shape[0], image.shape[1])
        detections = detections_of(answer, picture, hw, self.card.labels, settings, threshold)
        end = time.perf_counter()
        steps = {"prepare": ready - start, "network": seen - ready, "group": end - seen}
        return Prediction(detections, {name: 1e3 * s for name, s in steps.items()})

    def answer(self, pixels: NDArray[np.uint8]) -> Answer:
        """Return the network's answer for one picture at network size, shape (h, w, 3)."""
        return answer_of(self._network, pixels)


def answer_of(network: Network, pixels: NDArray[np.uint8]) -> Answer:
    """Return a network's answer for one picture at network size, shape (h, w, 3)."""
    sight, seam, label, heat, offset = network(pixels[None])
    return Answer(sight[0], seam[0, 0], label[0], heat[0, 0], offset[0])
