"""From checked fits to an answer: a name, `unknown`, or two names that pixels cannot tell apart.

Drawings are compared by what each leaves unexplained of the same pixels. Two near-identical
drawings explain all of an object alike but for the feature that differs: their errors differ by
that feature's edge points and pixels alone, however big the parts are. If it is too small to be
seen the errors are equal, and so is the answer.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from components.geometry.transforms import pose_from_matrix
from components.inspection.fitting.results import (
    NOTHING,
    Candidate,
    Registration,
    ambiguous_label,
    unknown,
)
from components.inspection.fitting.verification import Verdict, outline_error
from components.inspection.fitting.views import View
from components.settings.inspection import RegistrationSettings

Floats = NDArray[np.float64]

_LEAST_SCORE = 1e-3
"""A class score below this counts as this: a network is never that sure."""


class Judge:
    """Compares fits of several drawings on one object."""

    def __init__(self, names: Sequence[str], settings: RegistrationSettings) -> None:
        """Take the names of the parts, in the order of their numbers, and the limits."""
        self._names, self._settings = tuple(names), settings

    def explained(self, verdicts: Sequence[Verdict], view: View) -> bool:
        """Return whether a fit explains the whole object so well that no other is looked for."""
        limits = self._settings
        return any(
            verdict.fit_iou >= limits.tight_iou
            and verdict.outliers <= limits.tight_outliers
            and verdict.extra_px + verdict.missing_px <= limits.tight_faults * view.own_area_px
            for verdict in verdicts
        )

    def fits(self, verdict: Verdict, view: View) -> bool:
        """Return whether a drawing explains an object, though something may lie on it."""
        limits = self._settings
        return (
            verdict.fit_iou >= limits.min_fit_iou
            and verdict.extra_px <= limits.max_extra * view.own_area_px
            and verdict.missing_px <= limits.max_missing * view.own_area_px
            and verdict.rms_px <= limits.max_rms_px
            and verdict.outliers <= limits.max_outliers
            and verdict.visible_fraction >= limits.least_visible
        )

    def answer(
        self, verdicts: Sequence[Verdict], view: View, class_scores: Mapping[str, float]
    ) -> Registration:
        """Return the answer about one object.

        Args:
            verdicts: Of all fits that were checked.
            view: What is seen.
            class_scores: The network's score of each part's name; may be empty.
        """
        if not verdicts:
            return NOTHING
        errors = np.array([self._error(verdict, class_scores) for verdict in verdicts])
        order = np.argsort(errors)
        ranked, errors = [verdicts[k] for k in order.tolist()], errors[order]
        best = ranked[0]
        outline_rms, unseen = outline_error(best, view, self._settings.limit_px)
        quality = self._quality(best, unseen)
        firsts = self._first_of_each(ranked)
        candidates = self._candidates([ranked[k] for k in firsts], errors[firsts], quality)
        elsewhere = [k for k, verdict in enumerate(ranked) if self._apart(verdict, best, view)]
        found = Registration(
            label=self._names[best.fit.number],
            score=candidates[0].score,
            pose=candidates[0].pose,
            fit_iou=best.fit_iou,
            edge_rms_px=best.rms_px,
            outline_rms_px=outline_rms,
            outliers=best.outliers,
            unseen=unseen,
            visible_fraction=best.visible_fraction,
            wall_px=float(np.hypot(*best.fit.wall_px)),
            candidates=candidates,
            margin=float(errors[firsts[1]] - errors[0]) if len(firsts) > 1 else math.inf,
            pose_margin=float(errors[elsewhere[0]] - errors[0]) if elsewhere else math.inf,
        )
        if quality < self._settings.min_score or not self.fits(best, view):
            return unknown(found, 1.0 - quality)
        if found.margin < self._settings.ambiguous_below and self.fits(ranked[firsts[1]], view):
            label = ambiguous_label(found.label, candidates[1].label)
            return replace(found, label=label, score=found.score + candidates[1].score)
        return found

    def _error(self, verdict: Verdict, class_scores: Mapping[str, float]) -> float:
        """Return what a fit leaves unexplained, the network's opinion counted in."""
        if not class_scores:
            return verdict.error
        score = max(class_scores.get(self._names[verdict.fit.number], 0.0), _LEAST_SCORE)
        return verdict.error - self._settings.prior_weight * math.log(score)

    def _quality(self, verdict: Verdict, unseen: float) -> float:
        """Return how surely an object is what the best drawing shows, 0..1."""
        rough = math.exp(-((verdict.rms_px / self._settings.rough_px) ** 2))
        lacks = max(1.0 - self._settings.unseen_weight * unseen, 0.0)
        # Of a piece less than half as big as the drawing many other things are pieces, too.
        seen = min(0.5 + verdict.visible_fraction, 1.0)
        return verdict.fit_iou * (1.0 - verdict.outliers) * rough * lacks * seen

    def _apart(self, one: Verdict, other: Verdict, view: View) -> bool:
        """Return whether two fits are of one drawing in different places."""
        if one.fit.number != other.fit.number:
            return False
        if one.fit.mirrored != other.fit.mirrored:
            return True
        change = other.fit.to_mm @ np.linalg.inv(one.fit.to_mm)
        change /= change[2, 2]
        moved = float(np.hypot(*change[:2, 2])) * one.fit.px_per_mm
        turned = abs(math.atan2(change[1, 0], change[0, 0]))
        return max(moved, turned * view.size_px / 2) > self._settings.limit_px

    @staticmethod
    def _first_of_each(ranked: Sequence[Verdict]) -> list[int]:
        """Return the place of the best fit of each drawing."""
        firsts: dict[int, int] = {}
        for place, verdict in enumerate(ranked):
            firsts.setdefault(verdict.fit.number, place)
        return list(firsts.values())

    def _candidates(
        self, ranked: Sequence[Verdict], errors: Floats, quality: float
    ) -> tuple[Candidate, ...]:
        """Return the drawings with their shares of the confidence.

        Measured on near-identical drawings, of answers whose errors differ by d a share of
        1 / (1 + exp(-d)) is right: the errors act as logarithms of odds.
        """
        shares = np.exp(np.maximum(errors[0] - errors, -50.0))
        shares *= quality / shares.sum()
        return tuple(
            Candidate(
                label=self._names[verdict.fit.number],
                score=float(share),
                fit_iou=verdict.fit_iou,
                pose=pose_from_matrix(np.asarray(np.linalg.inv(verdict.fit.to_mm), np.float64)),
                error=verdict.error,
                fit=verdict.fit,
            )
            for verdict, share in zip(ranked, shares, strict=True)
        )
