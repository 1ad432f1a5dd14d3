"""From an object to the claims of drawings on its pixels."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from components.domain import FitQuality
from components.geometry.transforms import pose_from_matrix
from components.inspection.competition import Claim
from components.inspection.fitting.edges import FoundEdges, smoothed
from components.inspection.fitting.material import Window, drawn_mask
from components.inspection.fitting.rating import (
    OFFSET_LIMIT_PX,
    Evidence,
    limited_contrast,
    limited_margin,
    logit,
    rating,
)
from components.inspection.fitting.refinement import Fit
from components.inspection.fitting.results import Registration, ambiguous_label
from components.inspection.fitting.sharpening import Sharpener
from components.inspection.fitting.verification import Verdict
from components.inspection.fitting.views import View, view_of
from components.inspection.registration import Registrar
from components.inspection.sight import Sight
from components.settings.inspection import InspectionSettings

Bools = NDArray[np.bool_]
Picture = NDArray[np.uint8]

_ROUND_PX = 3
"""Ground round a drawing that belongs to it when it is compared with the network's probability."""


@dataclass(frozen=True, slots=True, eq=False)
class Object:
    """One region of a picture that may show a part.

    Attributes:
        mask: Its pixels, shape (H, W).
        others: Pixels of other objects that may hide it, shape (H, W); None if unknown.
        belief: The network's score that it is a part, 0..1; None for a region that the network did
            not propose.
        class_scores: The network's score of each part's name; may be empty.
    """

    mask: Bools
    others: Bools | None
    belief: float | None
    class_scores: Mapping[str, float]


class Claimant:
    """Lays drawings on objects and rates them."""

    def __init__(self, registrar: Registrar, settings: InspectionSettings) -> None:
        """Prepare the drawings of a registrar."""
        self.registrar, self.settings = registrar, settings
        self.sharpener = Sharpener(registrar.parts, registrar.twins, registrar.fields)

    def looking_at(self, image: Picture, sight: Sight) -> "Look":
        """Return what is needed of one picture."""
        return Look(self, smoothed(image), sight)


class Look:
    """One picture, ready for claims."""

    def __init__(self, claimant: Claimant, picture: Picture, sight: Sight) -> None:
        """Keep the smoothed picture and what the network saw in it."""
        self._claimant, self._picture, self._sight = claimant, picture, sight
        cells = claimant.settings.answers.reaches_cells
        self._reaches_px = [max(share * sight.cell_px, 2.0) for share in cells]

    def with_sight(self, sight: Sight) -> "Look":
        """Return the same picture with something else seen in it."""
        return Look(self._claimant, self._picture, sight)

    def claims(self, item: Object) -> list[Claim]:
        """Return the claims of drawings on an object; none if no drawing can be laid.

        Pieces of drawings are looked for only where none explains the object as a whole.
        """
        settings, registrar = self._claimant.settings.answers, self._claimant.registrar
        others = None if item.others is None else item.others & ~item.mask
        soft = self._sight.on_object if item.belief is not None else None
        view = view_of(item.mask, others, soft)
        if view is None:
            return []
        verdicts = registrar.as_whole(view, least_likeness=self._least_likeness(item))
        region = item.belief is None
        least_iou = settings.region_fit_iou if region else settings.least_fit_iou
        whole = self._best_claim(item, view, verdicts, least_iou)
        if whole is not None and self._explains(whole):
            return [whole]
        hopeless = whole is None or whole.score < settings.hopeless_score
        if region and hopeless:
            return []
        piece = None
        if float(self._sight.on_part[item.mask].mean()) >= settings.piece_seen:
            least_iou = max(least_iou, settings.piece_fit_iou)
            piece = self._best_claim(item, view, registrar.as_piece(view), least_iou)
        return [claim for claim in (whole, piece) if claim is not None]

    def _least_likeness(self, item: Object) -> float:
        """Return how like a drawing an object must be to be looked at, 0..1.

        Most regions of plain image processing are ground; a glance at their outline saves the fit.
        """
        settings = self._claimant.settings.answers
        if item.belief is not None:
            return 0.0
        seen = float(self._sight.on_object[item.mask].mean())
        return (
            settings.region_likeness if seen >= settings.region_seen else settings.unseen_likeness
        )

    def _explains(self, claim: Claim) -> bool:
        """Return whether nothing better needs to be looked for."""
        settings = self._claimant.settings.answers
        overlap = claim.evidence.overlap
        return claim.score >= settings.explained_score and overlap >= settings.explained_iou

    def _best_claim(
        self, item: Object, view: View, verdicts: Sequence[Verdict], least_iou: float
    ) -> Claim | None:
        """Return the claim of the drawing whose fit explains an object best, if it is good enough.

        Args:
            item: The object.
            view: The same, ready for comparison.
            verdicts: Of all fits.
            least_iou: A fit that overlaps the object less is not looked at in the picture.
        """
        found = self._claimant.registrar.judged(verdicts, view, item.class_scores)
        if not found.candidates or found.fit_iou < least_iou:
            return None
        fit, margin, runner_up = self._placed(found, view)
        return self._claim(item, found, fit, margin, runner_up, view.others)

    def _placed(self, found: Registration, view: View) -> tuple[Fit, float, str | None]:
        """Return the best drawing at the picture's edges, its margin and the runner-up."""
        sharpener, names = self._claimant.sharpener, self._claimant.registrar.names
        first = found.candidates[0].fit
        fit = sharpener.sharpened(first, view, self._picture, self._reaches_px)
        ranked = [(fit, 0.0), *sharpener.alternatives(fit, self._picture, view.others)]
        ranked.sort(key=lambda pair: -pair[1])
        best, odds = ranked[0]
        label = names[best.number]
        twins = [pair for pair in ranked if names[pair[0].number] != label]
        if twins:
            return best, odds - twins[0][1], names[twins[0][0].number]
        return best, found.margin, found.runner_up

    def _claim(
        self,
        item: Object,
        found: Registration,
        fit: Fit,
        margin: float,
        runner_up: str | None,
        others: Bools | None,
    ) -> Claim | None:
        """Return the claim of a drawing in its place; None if nothing of it can be seen."""
        claimant = self._claimant
        hw = self._picture.shape[0], self._picture.shape[1]
        drawn, window = drawn_mask(fit, claimant.registrar.materials[fit.number], hw)
        if others is not None:
            drawn = drawn & ~others[window.slices]
        if not drawn.any():
            return None
        edges = claimant.sharpener.edges(fit, self._picture, others, OFFSET_LIMIT_PX)
        offset = _rms(edges)
        evidence = self._evidence(item, found, fit, margin, (drawn, window), edges, others)
        score = rating(evidence, claimant.settings.rating)
        label = claimant.registrar.names[fit.number]
        candidates = [(label, score)]
        if runner_up is not None:
            candidates.append((runner_up, min(score * math.exp(-max(margin, 0.0)), 1 - score)))
            if margin < claimant.settings.answers.ambiguous_below:
                label = ambiguous_label(label, runner_up)
                score = candidates[0][1] + candidates[1][1]
        return Claim(
            label=label,
            score=score,
            fit=fit,
            pixels=drawn,
            window=window,
            candidates=tuple(candidates),
            pose=pose_from_matrix(np.asarray(np.linalg.inv(fit.to_mm), dtype=np.float64)),
            quality=FitQuality(
                iou=evidence.overlap,
                edge_rms_px=offset,
                visible_fraction=evidence.visible,
                margin=margin if math.isfinite(margin) else None,
                runner_up=runner_up,
            ),
            evidence=evidence,
        )

    def _evidence(
        self,
        item: Object,
        found: Registration,
        fit: Fit,
        margin: float,
        drawn: tuple[Bools, Window],
        edges: FoundEdges,
        others: Bools | None,
    ) -> Evidence:
        """Return what speaks for a drawing in its place."""
        registrar, (pixels, window) = self._claimant.registrar, drawn
        area = int(np.count_nonzero(pixels))
        whole = registrar.materials[fit.number].area_mm2 * fit.px_per_mm**2
        both = int(np.count_nonzero(item.mask[window.slices] & pixels))
        either = area + int(np.count_nonzero(item.mask)) - both
        contrast = float(np.median(edges.contrast)) if len(edges.contrast) else 0.0
        return Evidence(
            seen=0.0 if item.belief is None else logit(item.belief),
            proposed=float(item.belief is None),
            overlap=both / max(either, 1),
            belief=self._belief(pixels, window, others),
            part=float(self._sight.on_part[window.slices][pixels].mean()) if area else 0.0,
            contrast=limited_contrast(contrast),
            edged=float((edges.contrast > 0).mean()) if len(edges.contrast) else 0.0,
            absent=self._claimant.sharpener.absent(fit, self._picture, others),
            offset=_rms(edges) / OFFSET_LIMIT_PX,
            shown=len(edges.contrast) / self._claimant.sharpener.points(fit.number),
            visible=min(area / max(whole, 1.0), 1.0),
            size=math.log(max(area, 1)),
            margin=limited_margin(margin),
            unseen=found.unseen,
            outliers=found.outliers,
            rough=min(found.edge_rms_px, 2.0),
        )

    def _belief(self, pixels: Bools, window: Window, others: Bools | None) -> float:
        """Return the overlap of a drawing with the network's probability, 0..1.

        Around the drawing only what lies near it counts, for neighbours may touch.
        """
        near = cv2.dilate(pixels.view(np.uint8), np.ones((2 * _ROUND_PX + 1,) * 2, np.uint8))
        if others is not None:
            near[others[window.slices]] = 0
        soft = self._sight.on_object[window.slices]
        inside = float(soft[pixels].sum())
        around = float(soft[near > 0].sum())
        return inside / max(float(np.count_nonzero(pixels)) + around - inside, 1.0)


def _rms(edges: FoundEdges) -> float:
    """Return the root mean square distance of the picture's edges, far ones as the limit."""
    if len(edges.offsets_px) == 0:
        return OFFSET_LIMIT_PX
    far = np.minimum(np.abs(edges.offsets_px), OFFSET_LIMIT_PX)
    return float(np.sqrt(np.square(far).mean()))
