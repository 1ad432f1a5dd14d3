"""Which drawing does an object show, and where exactly does it lie?

1. Its mask is compared with all drawings in all turns (`signatures`); of an object that is cut by
   the frame, covered by another or explained by none, pairs of edge points are (`partial`).
2. The likely lays of all drawings are aligned together (`alignment`).
3. The best few get perspective and side walls (`refinement`) and are checked pixel by pixel
   (`verification`).
4. What explains the object best is the answer, if it explains enough (`decision`).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from components.domain import Part
from components.geometry.contours import hole_area, outline_area
from components.geometry.resemblance import Symmetry
from components.inspection.fitting.alignment import Lays, aligned, lays_from_starts
from components.inspection.fitting.decision import Judge
from components.inspection.fitting.fields import FieldStack, field_of
from components.inspection.fitting.material import material_of
from components.inspection.fitting.partial import PairTable, likely_lays
from components.inspection.fitting.placing import Placing
from components.inspection.fitting.refinement import Fit, refined
from components.inspection.fitting.results import NOTHING, Registration
from components.inspection.fitting.signatures import SignatureSet, Start, part_shape
from components.inspection.fitting.twins import likely_twins, twins_of
from components.inspection.fitting.verification import Verdict, verified
from components.inspection.fitting.views import View, view_of
from components.settings.inspection import RegistrationSettings

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Singles = NDArray[np.float32]

COARSE_LIMITS = (0.18, 0.11, 0.06)
"""Distances over the object's diameter beyond which edge points count for nothing, step by step."""

FINE_LIMIT = 0.035
LEAST_LIMIT_PX = 3.0
ROUGH = 1.15
"""Rough lays may be so much larger or smaller than the scale that is known."""

SAME_LAY = 0.06
"""Lays that differ by less, over the object's diameter, end in the same place."""

EXACT_LIMITS_PX = (3.0, 2.0)


class Registrar:
    """Lays drawings on objects. It holds what every object needs and may be shared by threads."""

    def __init__(
        self,
        parts: Sequence[Part],
        settings: RegistrationSettings,
        symmetries: Sequence[Symmetry] = (),
    ) -> None:
        """Prepare the drawings.

        Args:
            parts: With unique names, one or more.
            settings: See `configs/inspection_config.yaml`.
            symmetries: Of some or all parts; they save time and keep the angles of symmetric
                parts in one turn of their order. Of other parts nothing is assumed.

        Raises:
            ValueError: If there is no part or two have one name.
        """
        names = [part.name for part in parts]
        if not names or len(set(names)) != len(names):
            raise ValueError(f"expected one or more parts with unique names, got {names}")
        known = {symmetry.name: symmetry for symmetry in symmetries}
        orders = [
            (known[name].order, known[name].mirrored) if name in known else (1, False)
            for name in names
        ]
        self.parts, self.names, self.settings = tuple(parts), tuple(names), settings
        self._shapes = [part_shape(part) for part in parts]
        self._signatures = SignatureSet(self._shapes, orders)
        self._pairs = PairTable(parts, [mirrored for _, mirrored in orders])
        fields = [field_of(part, settings.field_nodes) for part in parts]
        self.fields = FieldStack(fields)
        self._areas = np.array([outline_area(part) - hole_area(part) for part in parts])
        self.materials = [
            material_of(field, area) for field, area in zip(fields, self._areas, strict=True)
        ]
        self.twins = twins_of(parts, self._shapes, self._signatures, self.fields)
        self._judge = Judge(names, settings)

    def register(
        self,
        mask: Bools,
        others: Bools | None = None,
        probability: Singles | None = None,
        class_scores: Mapping[str, float] | None = None,
        px_per_mm: tuple[float, float] | None = None,
    ) -> Registration:
        """Return which drawing an object shows and where.

        Args:
            mask: Pixels of the object, shape (H, W) of the picture.
            others: Pixels of other objects that may hide it, shape (H, W); None for none.
            probability: That a pixel shows a part, shape (H, W), float32, 0..1: it places the edge
                between pixels. None if only the mask is known.
            class_scores: The network's score of each part's name, a weak hint; None for none.
            px_per_mm: Least and greatest scale that is possible; None if nothing is known.

        Raises:
            ValueError: If the shapes differ.
        """
        for what, other in (("others", others), ("probability", probability)):
            if other is not None and other.shape != mask.shape:
                raise ValueError(
                    f"{what}: expected the mask's shape {mask.shape}, got {other.shape}"
                )
        view = view_of(mask, others, probability)
        if view is None:
            return NOTHING
        verdicts = self.as_whole(view, px_per_mm)
        if not self._judge.explained(verdicts, view):
            verdicts += self.as_piece(view, px_per_mm)
        return self.judged(verdicts, view, class_scores or {})

    def as_whole(
        self,
        view: View,
        px_per_mm: tuple[float, float] | None = None,
        least_likeness: float = 0.0,
    ) -> list[Verdict]:
        """Return the fits of the drawings that look like the whole object.

        Args:
            view: The object.
            px_per_mm: See `register`.
            least_likeness: Nothing is fitted where no drawing is as like the object, 0..1.
        """
        starts = self._signatures.starts(view, self.settings.starts, self.settings.start_spread)
        if not starts or starts[0].likeness < least_likeness:
            return []
        return self._checked(self._coarse(starts, view), view, px_per_mm)

    def as_piece(self, view: View, px_per_mm: tuple[float, float] | None = None) -> list[Verdict]:
        """Return the fits of the drawings of which the object may be a piece; takes longer."""
        return self._checked(self._pieces(view, px_per_mm), view, px_per_mm)

    def judged(
        self, verdicts: Sequence[Verdict], view: View, class_scores: Mapping[str, float]
    ) -> Registration:
        """Return the answer about an object from its fits."""
        return self._judge.answer(verdicts, view, class_scores)

    def _coarse(self, starts: Sequence[Start], view: View) -> Lays:
        """Return rough lays of the drawings that look like the whole object."""
        settings = self.settings
        lays = lays_from_starts(starts, self._shapes, view.centre_px, view.area_px)
        limits = [max(share * view.size_px, LEAST_LIMIT_PX) for share in COARSE_LIMITS]
        return aligned(lays, self.fields, view.edge_px[: settings.coarse_points], limits)

    def _pieces(self, view: View, px_per_mm: tuple[float, float] | None) -> Lays:
        """Return rough lays of the drawings of which the object may be a piece."""
        settings = self.settings
        lays = likely_lays(
            self._pairs.lays(view, settings.piece_lays),
            self.fields,
            view,
            self._areas,
            settings.least_visible,
            px_per_mm,
            settings.starts,
        )
        limits = [max(share * view.size_px, LEAST_LIMIT_PX) for share in COARSE_LIMITS]
        return aligned(lays, self.fields, view.edge_px[: settings.coarse_points], limits)

    def _checked(
        self, lays: Lays, view: View, px_per_mm: tuple[float, float] | None
    ) -> list[Verdict]:
        """Return the best lays, fitted exactly and checked, with the twins of the very best."""
        settings = self.settings
        low, high = px_per_mm or (0.0, np.inf)
        if px_per_mm is not None:
            scales = lays.px_per_mm()
            lays = lays.chosen(np.flatnonzero((scales > low / ROUGH) & (scales < high * ROUGH)))
        if len(lays.numbers) == 0:
            return []
        lays = self._distinct(lays.chosen(np.argsort(lays.misfit_px)), view)
        limit = max(FINE_LIMIT * view.size_px, LEAST_LIMIT_PX)
        lays = aligned(lays, self.fields, view.edge_px[: 2 * settings.coarse_points], [limit])
        worst = lays.misfit_px.min() * settings.contender_ratio + settings.contender_slack_px
        order = np.argsort(lays.misfit_px)[: settings.contenders]
        lays = lays.chosen(order[lays.misfit_px[order] <= worst])
        fits = refined(lays, self.fields, view, settings.fine_points, EXACT_LIMITS_PX)
        verdicts = [self._verified(fit, view) for fit in fits]
        best = min(verdicts, key=lambda verdict: verdict.error)
        twins = likely_twins(
            self.twins[best.fit.number],
            best.fit,
            self.fields,
            view.edge_px[: settings.fine_points],
            settings.contenders,
        )
        verdicts += [self._verified(fit, view) for fit in twins]
        return [verdict for verdict in verdicts if low <= verdict.fit.px_per_mm <= high]

    def _verified(self, fit: Fit, view: View) -> Verdict:
        """Return what the pixels say about a fit."""
        settings = self.settings
        material = self.materials[fit.number]
        return verified(fit, material, view, settings.tolerance_px, settings.limit_px)

    def _distinct(self, lays: Lays, view: View) -> Lays:
        """Return the first lays that are neither repeated nor twins of one before."""
        half, limit = view.size_px / 2, SAME_LAY * view.size_px
        kept: list[int] = []
        taken: list[tuple[int, Placing]] = []
        for k in range(len(lays.numbers)):
            number, placing = int(lays.numbers[k]), lays.placing(k)
            if any(n == number and p.near(placing, half, limit) for n, p in taken):
                continue
            kept.append(k)
            taken.append((number, placing))
            taken += [(twin.number, twin.placing.after(placing)) for twin in self.twins[number]]
            if len(kept) > self.settings.contenders:
                break
        return lays.chosen(np.array(kept, dtype=np.intp))
