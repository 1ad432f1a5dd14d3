"""Flow: the camera's own frames -> labels -> training -> gates -> champion."""

from pathlib import Path

from prefect import flow, task
from prefect.client.schemas.objects import State
from prefect.states import Completed

from components.operations.improvement import improving
from components.operations.improvement.improving import Review
from components.operations.pipeline import jobs
from components.operations.pipeline.jobs import Run
from components.operations.stages.running import StageResult
from flows.parameters import HomeFolder, Seed, Size
from flows.release_model import evaluate_model, export_model, promote_model, try_service
from flows.reporting import (
    PrefectProgress,
    log_result,
    remembered,
    show_link,
    show_report,
    show_table,
)
from flows.retries import may_pass
from flows.train_model import train_network

LONGEST_S = 8 * 3600


@task(name="label-frames", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def label_frames(run: Run, frames: Path | None) -> StageResult:
    """Label frames of the camera with the champion; a table says why others are left out."""
    result = log_result(improving.label(run, frames, PrefectProgress("label-frames-progress")))
    show_table("frames-left-out", result.figures["refused"], "Frames that are not labelled")
    show_link("frames-review", improving.review_sheet(run.home), "The labelled frames")
    show_link("frames-list", improving.review_list(run.home), "Accept or reject each of them")
    return result


@task(name="accept-frames", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def accept_frames(run: Run, review: Review) -> StageResult:
    """Make samples of the frames that are accepted."""
    return log_result(improving.accept_frames(run, review))


@flow(name="improve", flow_run_name="improve-{profile}", timeout_seconds=LONGEST_S)
def improve(
    home: HomeFolder,
    frames: Path | None = None,
    review: Review | None = None,
    profile: Size = "standard",
    seed: Seed = 0,
) -> list[StageResult] | State[list[StageResult]]:
    """Learn from the camera's own frames; the gate decides whether the new model serves.

    Args:
        home: Folder in which everything lies.
        frames: Folder of the camera's pictures; the home folder's `data/raw/images` if None.
        review: `wait` labels frames and ends, so that a person looks at them; `done` goes on with
            what the person accepted; `none` takes all frames that fit tightly. None follows
            `on_drift` in drift_config.yaml.
        profile: How much work.
        seed: Decides everything random.
    """
    with remembered(home):
        run = jobs.open_run(home, None, profile, seed)
        asked = review or improving.review_after_drift(run.home)
        results = [] if asked == "done" else [label_frames(run, frames)]
        if asked == "wait":
            show_report("improve-report", results, "A person looks at the frames now")
            message = (
                f"look at {improving.review_sheet(run.home)}, edit "
                f"{improving.review_list(run.home)}, then run improve with review: done"
            )
            return Completed(name="AwaitingReview", message=message, data=results)
        results += [accept_frames(run, asked), train_network(run), export_model(run)]
        results += [evaluate_model(run), promote_model(run), try_service(run)]
        show_report("improve-report", results, "From the camera's frames to the gate's decision")
    return results
