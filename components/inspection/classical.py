"""Registration without a network: regions that thresholds and edges find, drawings that name them.

Where the ground is plain or lit from behind, plain image processing segments parts as exactly as a
network, and registration does the rest. What lies on a lively ground, touches its neighbour or is
partly covered it rarely finds. It needs no training and shows what the network is worth.
"""

import time
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.resemblance import Symmetry
from components.inspection.claiming import Claimant, Look, Object
from components.inspection.competition import Claim, settled
from components.inspection.fitting.material import Window
from components.inspection.inspector import detection_of
from components.inspection.plain_card import plain_card
from components.inspection.proposals import Proposal, propose
from components.inspection.registration import Registrar
from components.inspection.sight import Sight
from components.modeling.inference import Prediction
from components.modeling.origin import drawings_hash
from components.settings.inspection import InspectionSettings
from components.settings.train import PredictionSettings

Picture = NDArray[np.uint8]
Bools = NDArray[np.bool_]


class ClassicalInspector:
    """Drawings that answer pictures without any network. It may be shared by threads."""

    def __init__(
        self,
        parts: Sequence[Part],
        symmetries: Sequence[Symmetry],
        prediction: PredictionSettings,
        settings: InspectionSettings,
    ) -> None:
        """Prepare the drawings.

        Args:
            parts: With unique names.
            symmetries: Of some or all of them.
            prediction: For its card.
            settings: See `configs/inspection_config.yaml`.
        """
        self.registrar = Registrar(parts, settings.registration, symmetries)
        self.symmetries, self._settings = tuple(symmetries), settings
        self._claimant = Claimant(self.registrar, settings)
        sha256 = drawings_hash(parts)
        self.card = plain_card(
            f"classical-{sha256[:12]}",
            sha256,
            self.registrar.names,
            prediction,
            settings.answers.least_score,
        )

    def predict(self, image: Picture, score_threshold: float | None = None, /) -> Prediction:
        """Return the parts in a picture, registered; a region that no drawing fits is left out.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            score_threshold: Least score of an answer; None takes the settings'.

        Raises:
            ValueError: If `image` is no such array.
        """
        answers = self._settings.answers
        threshold = answers.least_score if score_threshold is None else score_threshold
        start = time.perf_counter()
        regions = propose(image, self._settings.proposals)
        proposed = time.perf_counter()
        claims = self._claims(image, regions)
        kept = [c for c in settled(claims, answers.most_shared) if c.score >= threshold]
        kept = without_holes(kept, self._settings.classical.hole_iou)
        hw = image.shape[0], image.shape[1]
        found = tuple(detection_of(claim, hw) for claim in kept)
        end = time.perf_counter()
        steps = {"propose": proposed - start, "registration": end - proposed}
        return Prediction(found, {name: 1e3 * s for name, s in steps.items()})

    def _claims(self, image: Picture, regions: list[Proposal]) -> list[Claim]:
        """Return what every region may be."""
        height, width = image.shape[:2]
        shrunk = max(max(height, width) / self._settings.proposals.long_side_px, 1.0)
        look: Look | None = None
        found: list[Claim] = []
        for region in regions:
            # What the region shows is all that is seen: it stands for the network's probability.
            mask = region.mask
            seen = mask.astype(np.float32)
            sight = Sight(seen, seen, shrunk)
            look = look.with_sight(sight) if look else self._claimant.looking_at(image, sight)
            found += look.claims(Object(mask, None, None, {}))
        least = self._settings.classical.least_fit_iou
        return [claim for claim in found if claim.quality.iou >= least]


def without_holes(claims: Sequence[Claim], hole_iou: float) -> list[Claim]:
    """Return claims without those whose region is a hole of a better one.

    Ground that shows through a round hole looks like a disc of that size.

    Args:
        claims: Best first.
        hole_iou: Overlap of a claim, its own holes filled, with a hole from which it is that hole.
    """
    kept: list[Claim] = []
    for claim in claims:
        filled = _filled(claim.pixels)
        if not any(_fills_hole(claim.window, filled, other, hole_iou) for other in kept):
            kept.append(claim)
    return kept


def _filled(pixels: Bools) -> Bools:
    """Return a region with its holes filled."""
    outlines, _ = cv2.findContours(
        pixels.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    filled = np.zeros(pixels.shape, np.uint8)
    cv2.drawContours(filled, outlines, -1, 1, cv2.FILLED)
    return filled > 0


def _fills_hole(window: Window, filled: Bools, other: Claim, hole_iou: float) -> bool:
    """Return whether a filled region is one of the holes of a claim."""
    rows = slice(window.top - other.window.top, window.top + window.height - other.window.top)
    columns = slice(window.left - other.window.left, window.left + window.width - other.window.left)
    height, width = other.pixels.shape
    if rows.start < 0 or columns.start < 0 or rows.stop > height or columns.stop > width:
        return False
    holes = _filled(other.pixels) & ~other.pixels
    _, labels = cv2.connectedComponents(holes.astype(np.uint8), connectivity=4)
    numbers = labels[rows, columns][filled]
    inside = numbers[numbers > 0]
    if not len(inside):
        return False
    number = int(np.bincount(inside).argmax())
    both = int(np.count_nonzero(inside == number))
    either = int(np.count_nonzero(filled)) + int(np.count_nonzero(labels == number)) - both
    return both / either >= hole_iou
