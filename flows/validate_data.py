"""Flow: dataset -> checks; a failed check stops the run."""

from prefect import flow, task

from components.operations.pipeline import jobs
from components.operations.pipeline.jobs import Run
from components.operations.stages.running import StageResult
from components.validation.report import report_pages
from flows.parameters import HomeFolder, Size
from flows.reporting import (
    PrefectProgress,
    log_result,
    remembered,
    show_link,
    show_report,
    show_table,
)
from flows.retries import may_pass

LONGEST_S = 3600


@task(name="validate-dataset", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def validate_dataset(run: Run) -> StageResult:
    """Check the dataset against its expectations; a table shows each of them."""
    result = log_result(jobs.validate(run, PrefectProgress("validate-dataset-progress")))
    show_table("validation", result.figures["expectations"], "Every expectation with its result")
    for name, page in report_pages(run.home).items():
        show_link(f"validation-{name}", page, "Every expectation with what was found")
    return result


@flow(name="validate-data", flow_run_name="validate-{profile}", timeout_seconds=LONGEST_S)
def validate_data(home: HomeFolder, profile: Size = "standard") -> list[StageResult]:
    """Check the home folder's dataset.

    Args:
        home: Folder in which everything lies.
        profile: Row of `profiles` in the settings: small datasets have laxer bounds.

    Raises:
        ValidationError: Naming the failed expectations and the rows.
    """
    with remembered(home):
        results = [validate_dataset(jobs.open_run(home, None, profile, 0))]
        show_report("validation-report", results, "What the checks of the dataset found")
    return results
