"""What the OpenCV baseline says about a share of the pictures, compared with the answer.

The baseline knows nothing of the network, so a share of disagreement that rises against its own
past on one camera tells that light, camera or parts have changed, or that a model is worse than the
one before it. It is asked in a thread of its own, one picture at a time and never twice at once, so
that no answer waits for it.
"""

import logging
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from components.domain import Detection, Part
from components.inspection.baseline.template_matching import TemplateMatcher
from components.inspection.baseline.templates import write_templates
from components.inspection.disagreement import disagreement
from components.logs.following import following
from components.serving import telemetry
from components.serving.recording import record_opinion
from components.settings.inspection import InspectionSettings
from components.settings.train import PredictionSettings

logger = logging.getLogger(__name__)


class SecondOpinion:
    """Compares answers about the drawings of one model; threads may share it.

    Args:
        parts: The drawings; their templates, about 2.4 MB each, are made when first needed.
        prediction: Of the model's card.
        inspection: How the baseline works.
        share: Of the pictures, 0..1; 0 asks never.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        prediction: PredictionSettings,
        inspection: InspectionSettings,
        share: float,
    ) -> None:
        """Make nothing yet."""
        self._parts, self._prediction, self._inspection = tuple(parts), prediction, inspection
        self._share, self._due = share, 0.0
        self._matcher: TemplateMatcher | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="second-opinion")
        self._asked: Future[None] | None = None
        self._lock = Lock()

    def offer(self, image_rgb: NDArray[np.uint8], detections: Sequence[Detection]) -> None:
        """Take every so many-th picture; one that comes while another is looked at is let go.

        Args:
            image_rgb: Shape (H, W, 3), uint8; not changed by anyone any more.
            detections: The answer, cut at the model's own threshold.
        """
        with self._lock:
            self._due = min(self._due + self._share, 1.0)
            # Sums of shares such as 0.1 end a little below 1.
            if self._due < 1.0 - 1e-9 or (self._asked and not self._asked.done()):
                return
            self._due = 0.0
            work = partial(self._compare, image_rgb, tuple(detections))
            self._asked = self._thread.submit(following(work))

    def close(self) -> None:
        """Wait for the picture that is looked at."""
        self._thread.shutdown(wait=True)

    def _compare(self, image_rgb: NDArray[np.uint8], detections: tuple[Detection, ...]) -> None:
        try:
            if self._matcher is None:
                self._matcher = self._new_matcher()
            opinion = self._matcher.predict(image_rgb).detections
            found = disagreement(detections, opinion)
            telemetry.observe_disagreement(found)
            record_opinion(found)
        except Exception:
            # A second opinion that fails must not be told as one that agrees, nor end the service.
            logger.exception("the OpenCV baseline gave no second opinion")

    def _new_matcher(self) -> TemplateMatcher:
        inspection = self._inspection
        with tempfile.TemporaryDirectory(prefix="dxfvision-templates-") as folder:
            write_templates(Path(folder), self._parts)
            return TemplateMatcher(
                Path(folder), self._prediction, inspection.proposals, inspection.templates
            )
