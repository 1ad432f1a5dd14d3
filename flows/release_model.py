"""Flow: trained network -> ONNX bundle -> gates -> champion -> tried service."""

from pathlib import Path

from prefect import flow, task
from prefect.logging import get_run_logger

from components.home import Home
from components.operations.pipeline import jobs, releases
from components.operations.pipeline.jobs import Run
from components.operations.promotion import promoting
from components.operations.stages.running import StageResult
from components.visualization.model_report import report_path, write_model_report
from flows.parameters import DaskScheduler, HomeFolder, Size
from flows.reporting import (
    PrefectProgress,
    log_result,
    remembered,
    show_link,
    show_markdown,
    show_picture,
    show_report,
    show_table,
)
from flows.retries import may_pass

LONGEST_S = 4 * 3600


@task(name="export-model", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def export_model(run: Run) -> StageResult:
    """Export to ONNX and compare with torch on real samples."""
    result = log_result(releases.export_model(run, PrefectProgress("export-model-progress")))
    show_table("parity", [result.figures["parity"]], "ONNX against torch on the same pictures")
    rows = [
        {key: value for key, value in offer.items() if key not in {"parity", "sha256"}}
        for offer in result.figures["offers"]
    ]
    show_table("precisions", rows, "What each precision costs and gains on this machine")
    return result


@task(name="evaluate-model", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def evaluate_model(run: Run, dask_scheduler: str | None = None) -> StageResult:
    """Measure the exported model on the test split."""
    progress = PrefectProgress("evaluate-model-progress")
    result = log_result(releases.evaluate_model(run, progress, dask_scheduler))
    rows = [{"drawing": name} | row for name, row in result.figures["per_class"].items()]
    show_table("evaluation", rows, "Average precision by drawing, test split")
    show_picture("confusion", releases.confusion_plot(run.home), "Which drawing is taken for which")
    show_picture(
        "predictions", releases.predictions_sheet(run.home), "Predictions on the test split"
    )
    show_picture("groups", releases.groups_chart(run.home), "Objects by size, visibility, contrast")
    return result


@task(name="promote-model", retries=1, retry_delay_seconds=2, retry_condition_fn=may_pass)
def promote_model(run: Run) -> StageResult:
    """Register the bundle and make it the champion if it passes the gate."""
    progress = PrefectProgress("promote-model-progress")
    result = log_result(promoting.promote_model(run, progress))
    comparison = result.figures["comparison"]
    rows = comparison["parts"] if comparison else []
    show_table("champion-comparison", rows, "The new model beside the champion, same test pictures")
    show_markdown("model-card", result.figures["card"], "The released model")
    return result


@task(name="try-service", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def try_service(run: Run) -> StageResult:
    """Start the real service with the champion, ask it over HTTP, compare, stop it."""
    result = log_result(promoting.try_champion(run, PrefectProgress("try-service-progress")))
    show_table("trial", result.figures["answers"], "Pictures sent to the service over HTTP")
    return result


@task(name="report-model")
def report_model(home: Path, promotion: StageResult) -> None:
    """Write the page about the registered model unless it is there; a fault stops nothing."""
    version = promotion.figures["version"]
    page = report_path(Home(home), version)
    if promotion.skipped and page.is_file():
        return
    try:
        write_model_report(Home(home), version)
    except Exception as error:
        # The model is released and tried: a fault in a page about it must not fail the run.
        get_run_logger().warning("no report on %s: %r", version, error, exc_info=True)
        return
    show_link("model-report", page, "All about the released model, on one page")


@flow(name="release-model", flow_run_name="release-{profile}", timeout_seconds=LONGEST_S)
def release_model(
    home: HomeFolder, profile: Size = "standard", dask_scheduler: DaskScheduler = None
) -> list[StageResult]:
    """Export, measure, register, promote and try the home folder's trained network.

    Args:
        home: Folder in which everything lies.
        profile: Row of `profiles` in the settings: the tiny profile has no quality to gate.
        dask_scheduler: Measure on the workers of this Dask scheduler, such as `tcp://box:8786`, or
            `local` for a cluster on this machine.
    """
    with remembered(home):
        run = jobs.open_run(home, None, profile, 0)
        results = [export_model(run), evaluate_model(run, dask_scheduler)]
        promotion = promote_model(run)
        results += [promotion, try_service(run)]
        report_model(run.home.root, promotion)
        show_report("release-report", results, "The release, step by step")
    return results
