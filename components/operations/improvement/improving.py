"""The stages that make a better model of the camera's own frames, as plain functions.

`label` answers the frames with the champion and keeps those in which every part fits its drawing
tightly; `accept_frames` makes samples of them, by a person's list or of all. Then come the stages
that train and release: the gate compares with the champion, so that frames labelled wrongly cannot
make the service worse on the test pictures. The training begins anew at the generic weights, with
the generated scenes and the frames together, so that it forgets nothing.
"""

import time
from pathlib import Path
from typing import Literal

from components.home import Home
from components.operations.improvement.labelling import REVIEW_NAME, apply_review, label_frames
from components.operations.improvement.review import read_review
from components.operations.pipeline.inspectors import released_inspector
from components.operations.pipeline.jobs import Run, known_parts
from components.operations.pipeline.releases import champion_of
from components.operations.stages.metrics import reported
from components.operations.stages.running import StageResult
from components.progress import Progress
from components.settings.drift import DriftSettings
from components.settings.labelling import LabellingSettings
from components.visualization.label_review import PAGE_NAME

Review = Literal["wait", "done", "none"]
"""`wait`: label frames and stop, a person looks at them; `done`: go on with what the person
accepted; `none`: take all frames that fit tightly."""


@reported("autolabel")
def label(run: Run, frames: Path | None, progress: Progress) -> StageResult:
    """Label frames with the champion and write them down for review.

    Args:
        run: Whose champion.
        frames: Folder of the pictures; None for the home folder's own.
        progress: Told after each frame.

    Raises:
        DatasetError: If there are no pictures.
        ModelError: If there is no champion.
    """
    start = time.monotonic()
    home = run.home
    champion = champion_of(home)
    settings = LabellingSettings.load(home.configs)
    inspector = released_inspector(home, champion)
    found = label_frames(home, inspector, settings, frames or home.photos, progress)
    labels = sum(len(sample.annotations) for sample in found.tight)
    summary = f"{len(found.tight)} frames with {labels} labels, {len(found.refused)} left out"
    refused = [{"frame": e.frame.name, "why": "; ".join(e.reasons)} for e in found.refused]
    figures = {
        "summary": summary,
        "version": champion.version,
        "tight": len(found.tight),
        "refused": refused,
    }
    return StageResult("autolabel", champion.version, False, _since(start), figures)


@reported("accept-frames")
def accept_frames(run: Run, review: Review) -> StageResult:
    """Make samples of the labelled frames that are accepted.

    Args:
        run: Whose frames.
        review: `done` takes the person's list, `none` takes all.

    Raises:
        DatasetError: If none is accepted or a frame changed since it was labelled.
    """
    start = time.monotonic()
    home = run.home
    decisions = read_review(review_list(home)) if review == "done" else None
    card = apply_review(home, known_parts(home), decisions)
    figures = {"summary": f"{card.total} frames become samples", "splits": card.images}
    return StageResult("accept-frames", card.fingerprint, False, _since(start), figures)


def _since(start: float) -> float:
    return round(time.monotonic() - start, 3)


def review_list(home: Home) -> Path:
    """Return the list that a person edits."""
    return home.autolabel / REVIEW_NAME


def review_sheet(home: Home) -> Path:
    """Return the page that shows the labelled frames."""
    return home.autolabel / PAGE_NAME


def review_after_drift(home: Home) -> Review:
    """Return whether a person is asked when something has drifted."""
    return "none" if DriftSettings.load(home.configs).on_drift == "improve" else "wait"
