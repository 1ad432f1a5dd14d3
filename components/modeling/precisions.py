"""What a bundle offers: its network in several precisions, each measured on this machine.

Every precision is run by every runtime that is installed, on the same held-out pictures as the
trained network, so that what it costs in accuracy and gains in time stands in the card. Served is
the fastest one whose loss is within what the settings allow; between two that are nearly as fast
the more exact one stays.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from components.domain import OTHER_LABEL, UNKNOWN_LABEL, Detection, Sample
from components.files import file_sha256
from components.geometry.masks import rle_from_mask
from components.modeling.coco_scores import (
    LOWEST_SCORE,
    FoundObject,
    TrueObject,
    mean_precision,
    precision_by_label,
    precision_without_labels,
)
from components.modeling.evaluate import read_rgb
from components.modeling.grouping import Answer
from components.modeling.inference import answer_of, detections_of
from components.modeling.model_card import ModelCard, Offer, Precision
from components.modeling.parity import ParityTally
from components.modeling.preparing import prepared
from components.modeling.runtimes import Network, Runtime, installed_runtimes, open_network
from components.modeling.trained import TrainedNetwork, answers_of
from components.progress import Progress
from components.settings.train import ExportSettings

TIMED_PICTURES = 4
"""Pictures that the networks are timed on, in turn."""

Found = tuple[Answer, Sequence[Detection]]


@dataclass(frozen=True, slots=True, eq=False)
class _Candidate:
    """One precision in one runtime, and what was seen of it."""

    precision: Precision
    runtime: Runtime
    path: Path
    network: Network
    parity: ParityTally = field(default_factory=ParityTally)
    found: list[FoundObject] = field(default_factory=list)


def measured_offers(
    files: dict[Precision, Path],
    trained: TrainedNetwork,
    card: ModelCard,
    root: Path,
    samples: Sequence[Sample],
    settings: ExportSettings,
    bar: Progress,
) -> tuple[Offer, ...]:
    """Return what every precision costs and gains in every runtime that is installed.

    Args:
        files: ONNX file of each precision.
        trained: The network that they were made from.
        card: Says how answers become detections.
        root: Home folder that the samples' paths are relative to.
        samples: Held out from training and calibration.
        settings: How often to time.
        bar: Told after each picture.
    """
    candidates = [
        _Candidate(precision, runtime, path, open_network(path, 1, runtime))
        for runtime in installed_runtimes()
        for precision, path in files.items()
    ]
    truth: list[TrueObject] = []
    pictures: list[NDArray[np.uint8]] = []
    with _one_torch_thread():
        for number, sample in enumerate(samples):
            image = read_rgb(root / sample.image)
            truth += [
                TrueObject(number, item.label, item.visible)
                for item in sample.annotations
                if item.label != OTHER_LABEL
            ]
            _compare(candidates, trained, card, image, number)
            if len(pictures) < TIMED_PICTURES:
                pictures.append(prepared(image, card.prediction.long_side_px).pixels)
            bar.advance(1, "compared")
    times = network_ms([each.network for each in candidates], pictures, settings.timing_rounds)
    return tuple(
        _offer(candidate, truth, len(samples), spent)
        for candidate, spent in zip(candidates, times, strict=True)
    )


@contextmanager
def _one_torch_thread() -> Iterator[None]:
    """Keep torch to one thread: on a busy box two wait for each other, six times as long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _compare(
    candidates: Sequence[_Candidate],
    trained: TrainedNetwork,
    card: ModelCard,
    image: NDArray[np.uint8],
    number: int,
) -> None:
    """Show one picture to the trained network and to all candidates."""
    prediction, hw = card.prediction, (image.shape[0], image.shape[1])
    ready = prepared(image, prediction.long_side_px)
    pixels = torch.from_numpy(ready.pixels[None])
    answer = answers_of(trained.network, pixels, trained.offset_unit_px)[0]

    def found_in(answer: Answer) -> tuple[Detection, ...]:
        return detections_of(answer, ready, hw, card.labels, prediction, LOWEST_SCORE)

    def sure(detections: Sequence[Detection]) -> list[Detection]:
        return [each for each in detections if each.score >= prediction.score_threshold]

    wanted: Found = (answer, sure(found_in(answer)))
    for candidate in candidates:
        theirs = answer_of(candidate.network, ready.pixels)
        detections = found_in(theirs)
        candidate.parity.add(wanted, (theirs, sure(detections)))
        candidate.found.extend(
            FoundObject(number, each.label, rle_from_mask(each.mask), each.score)
            for each in detections
            if each.label != UNKNOWN_LABEL
        )


def network_ms(
    networks: Sequence[Network], pictures: Sequence[NDArray[np.uint8]], rounds: int
) -> list[float]:
    """Return the median processor time of each network for a picture, in ms.

    The networks take turns, so that what else runs on the machine slows all of them alike.

    Args:
        networks: What is timed.
        pictures: At network size, one or more.
        rounds: Turns of each.
    """
    batches = [picture[None] for picture in pictures]
    for network in networks:
        # The first run allocates.
        network(batches[0])
    times = np.zeros((rounds, len(networks)))
    for turn in range(rounds):
        for place, network in enumerate(networks):
            start = time.process_time()
            network(batches[turn % len(batches)])
            times[turn, place] = time.process_time() - start
    return [float(median) for median in 1e3 * np.median(times, axis=0)]


def _offer(
    candidate: _Candidate, truth: Sequence[TrueObject], pictures: int, spent_ms: float
) -> Offer:
    return Offer(
        precision=candidate.precision,
        runtime=candidate.runtime,
        file=candidate.path.name,
        sha256=file_sha256(candidate.path),
        size_bytes=candidate.path.stat().st_size,
        network_ms=spent_ms,
        val_map=mean_precision(precision_by_label(truth, candidate.found, pictures)).ap,
        val_agnostic_map=precision_without_labels(truth, candidate.found, pictures).ap,
        parity=candidate.parity.parity(),
    )


def chosen(offers: Sequence[Offer], settings: ExportSettings) -> tuple[Precision, str]:
    """Return the precision that shall be served, and why.

    Args:
        offers: With float32 in ONNX Runtime among them; other runtimes do not count, for the box
            that serves may not have them.
        settings: Loss that is allowed and gain that is wanted.
    """
    ours = [offer for offer in offers if offer.runtime == "onnxruntime"]
    exact = next(offer for offer in ours if offer.precision == "fp32")
    best, why = exact, "no other precision was made"
    for other in sorted(ours, key=lambda offer: offer.network_ms):
        if other is exact:
            continue
        loss = max(
            exact.val_map - other.val_map, exact.val_agnostic_map - other.val_agnostic_map, 0.0
        )
        gain = exact.network_ms / other.network_ms
        why = f"{other.precision} loses {loss:.3f} mAP and is {gain:.2f} times as fast"
        if loss <= settings.max_map_loss and gain >= settings.min_speedup:
            best = other
            break
        why += f"; {settings.max_map_loss:.3f} and {settings.min_speedup:.2f} are wanted"
    return best.precision, why
