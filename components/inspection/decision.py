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

from components.geometry.transforms import pose_from_matrix
from components.inspection.results import (
    NOTHING,
    Candidate,
    Registration,
    ambiguous_label,
    unknown,
)
from components.inspection.verification import Verdict, outline_error
from components.inspection.views import View
from components.settings.inspection import RegistrationSettings

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
        for verdict in verdicts:
            tight = (
                verdict.fit_iou >= limits.tight_iou and verdict.outliers <= limits.tight_outliers
            )
            if tight and verdict.faults_px <= limits.tight_faults * view.own_area_px:
                return True
        return False

    def fits(self, verdict: Verdict, view: View) -> bool:
        """Return whether a drawing explains an object at all."""
        limits = self._settings
        return (
            verdict.fit_iou >= limits.min_fit_iou
            and verdict.faults_px <= limits.max_faults * view.own_area_px
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
        errors = [self._error(verdict, class_scores) for verdict in verdicts]
        order = np.argsort(errors).tolist()
        ranked = [verdicts[index] for index in order]
        errors = [errors[index] for index in order]
        best = ranked[0]
        others = [k for k, v in enumerate(ranked) if v.fit.number != best.fit.number]
        margin = errors[others[0]] - errors[0] if others else math.inf
        elsewhere = [
            k
            for k, v in enumerate(ranked)
            if v.fit.number == best.fit.number and self._apart(v, best, view)
        ]
        candidates = self._candidates(ranked, view)
        found = Registration(
            label=self._names[best.fit.number],
            score=candidates[0].score,
            pose=candidates[0].pose,
            fit_iou=best.fit_iou,
            edge_rms_px=best.rms_px,
            outline_rms_px=outline_error(best, view, self._settings.limit_px),
            outliers=best.outliers,
            visible_fraction=best.visible_fraction,
            wall_px=float(np.hypot(*best.fit.wall_px)),
            candidates=candidates,
            margin_px2=margin,
            pose_margin_px2=errors[elsewhere[0]] - errors[0] if elsewhere else math.inf,
        )
        if not self.fits(best, view):
            return unknown(found, 1.0 - found.score)
        if margin < self._settings.ambiguous_px2 and self.fits(ranked[others[0]], view):
            return replace(found, label=ambiguous_label(found.label, candidates[1].label))
        return found

    def _error(self, verdict: Verdict, class_scores: Mapping[str, float]) -> float:
        """Return what a fit leaves unexplained, the network's opinion counted in."""
        if not class_scores:
            return verdict.error_px2
        score = max(class_scores.get(self._names[verdict.fit.number], 0.0), _LEAST_SCORE)
        return verdict.error_px2 - self._settings.prior_px2 * math.log(score)

    def _apart(self, one: Verdict, other: Verdict, view: View) -> bool:
        """Return whether two fits of one drawing lie in different places."""
        if one.fit.mirrored != other.fit.mirrored:
            return True
        change = other.fit.to_mm @ np.linalg.inv(one.fit.to_mm)
        change /= change[2, 2]
        moved = float(np.hypot(*change[:2, 2])) * one.fit.px_per_mm
        turned = abs(math.atan2(change[1, 0], change[0, 0]))
        return max(moved, turned * view.size_px / 2) > self._settings.limit_px

    def _candidates(self, ranked: Sequence[Verdict], view: View) -> tuple[Candidate, ...]:
        """Return the best fit of each drawing."""
        found: dict[int, Candidate] = {}
        for verdict in ranked:
            number = verdict.fit.number
            if number not in found:
                found[number] = Candidate(
                    label=self._names[number],
                    score=self._score(verdict, view),
                    fit_iou=verdict.fit_iou,
                    pose=pose_from_matrix(np.asarray(np.linalg.inv(verdict.fit.to_mm), np.float64)),
                    error_px2=verdict.error_px2,
                )
        return tuple(found.values())

    def _score(self, verdict: Verdict, view: View) -> float:
        return verdict.fit_iou
