"""What registration answers about one object."""

from dataclasses import dataclass, replace

from components.domain import AMBIGUOUS, UNKNOWN_LABEL, Pose
from components.inspection.fitting.refinement import Fit


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """One drawing that was laid on an object.

    Attributes:
        label: Name of the part.
        score: Confidence that the object is this part, 0..1.
        fit_iou: Overlap of the drawing with the mask, where it can be seen, 0..1. The drawing's
            side walls are counted to it, as masks do.
        pose: Its place; `mm_to_px` is the homography of its upper face.
        error: What it leaves unexplained. The errors of two candidates of one object differ by the
            logarithm of the odds between them.
        fit: Its place with its side walls.
    """

    label: str
    score: float
    fit_iou: float
    pose: Pose
    error: float
    fit: Fit


@dataclass(frozen=True, slots=True, eq=False)
class Registration:
    """The answer about one object.

    Attributes:
        label: Name of a part, `unknown`, or `ambiguous: a | b` if the pixels cannot tell.
        score: Confidence in the label, 0..1; of an unknown object, that no drawing fits.
        pose: Of the best drawing; None for an unknown object.
        fit_iou: See `Candidate`; of an unknown object the best overlap that was found.
        edge_rms_px: From the picture to the drawing: root mean square distance of the mask's edge.
        outline_rms_px: From the drawing to the picture: likewise of the drawing's visible edges.
        outliers: Share of the mask's edge that is far from the drawing's, 0..1.
        unseen: Share of the drawing's visible edges that the mask does not have, 0..1.
        visible_fraction: Share of the drawing's area inside the frame and on no other object.
        wall_px: Length of the side wall in the mask: how far the lower face lies off the upper one.
        candidates: Drawings that were compared, best first, each once.
        margin: Logarithm of the odds against the runner-up; infinite without one.
        pose_margin: Likewise of the same drawing in another place, turned or mirrored.
    """

    label: str
    score: float
    pose: Pose | None
    fit_iou: float
    edge_rms_px: float
    outline_rms_px: float
    outliers: float
    unseen: float
    visible_fraction: float
    wall_px: float
    candidates: tuple[Candidate, ...]
    margin: float
    pose_margin: float

    @property
    def runner_up(self) -> str | None:
        """Name of the second best drawing, if another one was compared."""
        return self.candidates[1].label if len(self.candidates) > 1 else None


NOTHING = Registration(
    label=UNKNOWN_LABEL,
    score=0.0,
    pose=None,
    fit_iou=0.0,
    edge_rms_px=0.0,
    outline_rms_px=0.0,
    outliers=1.0,
    unseen=1.0,
    visible_fraction=0.0,
    wall_px=0.0,
    candidates=(),
    margin=float("inf"),
    pose_margin=float("inf"),
)
"""The answer where no drawing could be compared."""


def ambiguous_label(first: str, second: str) -> str:
    """Return the label of an object that may be either of two parts.

    Examples:
        >>> ambiguous_label("plate_b", "plate_a")
        'ambiguous: plate_a | plate_b'
    """
    low, high = sorted((first, second))
    return f"{AMBIGUOUS}{low} | {high}"


def unknown(found: Registration, score: float) -> Registration:
    """Return the answer that no drawing fits, with what was found for whoever asks why."""
    return replace(found, label=UNKNOWN_LABEL, score=score, pose=None)
