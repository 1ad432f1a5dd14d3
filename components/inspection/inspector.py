"""Picture -> registered answer: the network and plain image processing propose, geometry decides.

1. The network's instances, and the regions that thresholds and edges find where these explain
   little, are *objects*.
2. Every drawing is laid on every object (`registration`), the best one is moved to the edges that
   the picture itself shows (`sharpening`), and what speaks for it becomes a score (`rating`).
3. Of answers about the same pixels the one with the better score stays (`competition`), with the
   pixels of the drawing in its place as mask. What no drawing explains is `unknown`.
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from components.domain import UNKNOWN_LABEL, Detection, Part
from components.geometry.masks import mask_count, xyxy_from_mask
from components.geometry.resemblance import Symmetry
from components.inspection.claiming import Claimant, Look, Object
from components.inspection.competition import Claim, settled, whole_mask
from components.inspection.proposals import Proposal, propose
from components.inspection.registration import Registrar
from components.inspection.sight import Sight, sight_of
from components.modeling.inference import Prediction, Predictor, detections_of
from components.modeling.model_card import ModelCard
from components.modeling.preparing import prepared
from components.settings.inspection import InspectionSettings

Picture = NDArray[np.uint8]


class Inspector:
    """A network and drawings that answer pictures together. It may be shared by threads."""

    def __init__(
        self,
        predictor: Predictor,
        parts: Sequence[Part],
        symmetries: Sequence[Symmetry],
        settings: InspectionSettings,
    ) -> None:
        """Prepare the drawings.

        Args:
            predictor: The network; it need not know the drawings.
            parts: The drawings, with unique names.
            symmetries: Of some or all of them.
            settings: See `configs/inspection_config.yaml`.
        """
        self.predictor, self._settings = predictor, settings
        self.symmetries = tuple(symmetries)
        self.registrar = Registrar(parts, settings.registration, symmetries)
        self._claimant = Claimant(self.registrar, settings)
        names = tuple(part.name for part in parts)
        self._knows_names = set(names) == set(predictor.card.labels)
        prediction = predictor.card.prediction.model_copy(
            update={"score_threshold": settings.answers.least_score}
        )
        self.card: ModelCard = predictor.card.model_copy(
            update={"labels": names, "prediction": prediction}
        )

    def predict(self, image: Picture, score_threshold: float | None = None) -> Prediction:
        """Return the parts in a picture, registered, and the objects that are none.

        Args:
            image: RGB, shape (H, W, 3), uint8.
            score_threshold: Least score of an answer; None takes the settings'. What the network
                sees as surely and no drawing explains is `unknown`.

        Raises:
            ValueError: If `image` is no such array.
        """
        settings = self._settings.answers
        threshold = settings.least_score if score_threshold is None else score_threshold
        start = time.perf_counter()
        claims, instances, steps = self.claims(image)
        hw = image.shape[0], image.shape[1]
        kept = [c for c in settled(claims, settings.most_shared) if c.score >= threshold]
        named = [detection_of(claim, hw) for claim in kept]
        found = named + self._unknown(instances, named, threshold)
        found.sort(key=lambda detection: -detection.score)
        steps["registration"] = time.perf_counter() - start - sum(steps.values())
        return Prediction(tuple(found), {name: 1e3 * s for name, s in steps.items()})

    def claims(self, image: Picture) -> tuple[list[Claim], Sequence[Detection], dict[str, float]]:
        """Return every claim before they compete, the network's instances, and seconds by step.

        Args:
            image: RGB, shape (H, W, 3), uint8.
        """
        card = self.predictor.card
        hw = image.shape[0], image.shape[1]
        start = time.perf_counter()
        picture = prepared(image, card.prediction.long_side_px)
        ready = time.perf_counter()
        answer = self.predictor.answer(picture.pixels)
        seen = time.perf_counter()
        least = self._settings.answers.least_network_score
        instances = detections_of(answer, picture, hw, card.labels, card.prediction, least)
        grouped = time.perf_counter()
        sight = sight_of(answer, picture, hw, card.prediction.grouping.foreground)
        claims, proposed_s = self._claims(image, instances, sight)
        steps = {
            "prepare": ready - start,
            "network": seen - ready,
            "group": grouped - seen,
            "propose": proposed_s,
        }
        return claims, instances, steps

    def _claims(
        self, image: Picture, instances: Sequence[Detection], sight: Sight
    ) -> tuple[list[Claim], float]:
        """Return what every object may be, and the seconds that proposals took."""
        hw = image.shape[0], image.shape[1]
        look = self._claimant.looking_at(image, sight)
        count = mask_count((instance.mask for instance in instances), *hw)
        claims = []
        for instance in instances:
            scores = dict(instance.candidates) if self._knows_names else {}
            belief = instance.score if instance.label != UNKNOWN_LABEL else 0.0
            item = Object(instance.mask, count > instance.mask, belief, scores)
            claims += look.claims(item)
        if self._settings.answers.most_proposals == 0:
            return claims, 0.0
        start = time.perf_counter()
        regions = propose(image, self._settings.proposals)
        proposed_s = time.perf_counter() - start
        return claims + self._more_claims(look, regions, claims), proposed_s

    def _more_claims(
        self, look: Look, regions: Sequence[Proposal], claims: Sequence[Claim]
    ) -> list[Claim]:
        """Return the claims on regions that good claims do not explain, bigger regions first."""
        settings = self._settings.answers
        good = [claim for claim in claims if claim.score >= settings.explained_score]
        found: list[Claim] = []
        looked_at = 0
        for region in regions:
            mask = region.mask
            explained = sum(
                np.count_nonzero(mask[claim.window.slices] & claim.pixels) for claim in good
            )
            if explained > settings.explained * np.count_nonzero(mask):
                continue
            looked_at += 1
            if looked_at > settings.most_proposals:
                break
            more = look.claims(Object(mask, None, None, {}))
            good += [claim for claim in more if claim.score >= settings.explained_score]
            found += more
        return found

    def _unknown(
        self, instances: Sequence[Detection], named: Sequence[Detection], threshold: float
    ) -> list[Detection]:
        """Return the network's instances that no named answer explains, as unknown."""
        least = max(self.predictor.card.prediction.score_threshold, threshold)
        sure = [instance for instance in instances if instance.score >= least]
        if not sure:
            return []
        explained = np.zeros_like(sure[0].mask)
        for detection in named:
            explained |= detection.mask
        found = []
        for instance in sure:
            area = np.count_nonzero(instance.mask)
            shared = np.count_nonzero(instance.mask & explained)
            if shared <= self._settings.answers.most_shared * area:
                found.append(
                    Detection(UNKNOWN_LABEL, instance.score, instance.xyxy_px, instance.mask)
                )
        return found


def detection_of(claim: Claim, hw: tuple[int, int]) -> Detection:
    """Return a claim that stayed as the answer about a picture of that height and width."""
    mask = whole_mask(claim.pixels, claim.window, hw)
    x0, y0, x1, y1 = xyxy_from_mask(mask) or (0.0, 0.0, 0.0, 0.0)
    return Detection(
        label=claim.label,
        score=claim.score,
        xyxy_px=(x0, y0, x1, y1),
        mask=mask,
        candidates=claim.candidates,
        pose=claim.pose,
        fit=claim.quality,
    )
