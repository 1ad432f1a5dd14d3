"""Flow: a folder of drawings becomes a served model."""

from prefect import flow, task

from components.operations.pipeline import jobs
from components.operations.pipeline.jobs import Run
from components.operations.promotion import publishing
from components.operations.stages.running import StageResult
from flows.generate_data import generate_data, read_drawings
from flows.parameters import Drawings, HomeFolder, Seed, Size
from flows.release_model import release_model
from flows.reporting import PrefectProgress, log_result, remembered, show_report
from flows.retries import may_pass
from flows.train_model import train_model
from flows.validate_data import validate_data

LONGEST_S = 8 * 3600
"""The full profile takes a tenth of it on two cores. Each step has a bound of its own, too; while
that is looked at, this one waits."""

PUBLISHED_S = 3600


@task(name="publish-drawings", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def publish_drawings(run: Run) -> StageResult:
    """Serve the drawings with the generic weights while nothing was trained on them yet."""
    result = log_result(
        publishing.publish_drawings(run, PrefectProgress("publish-drawings-progress"))
    )
    show_report("published-drawings", [result], "New drawings, served before any training")
    return result


@flow(
    name="publish-drawings", flow_run_name="publish-{profile}-{seed}", timeout_seconds=PUBLISHED_S
)
def publish(
    home: HomeFolder, drawings: Drawings = None, profile: Size = "standard", seed: Seed = 0
) -> list[StageResult]:
    """Read a folder of drawings and serve them with the generic weights, without a training.

    Args:
        home: Folder in which everything lies.
        drawings: Folder with the DXF files; the home folder's `data/raw/dxf_templates` if None.
        profile: How much work.
        seed: Decides everything random.
    """
    with remembered(home):
        run = jobs.open_run(home, drawings, profile, seed)
        return [read_drawings(run), publish_drawings(run)]


@flow(name="pipeline", flow_run_name="pipeline-{profile}-{seed}", timeout_seconds=LONGEST_S)
def pipeline(
    home: HomeFolder,
    drawings: Drawings = None,
    profile: Size = "standard",
    seed: Seed = 0,
    publish_first: bool = False,
) -> list[StageResult]:
    """Make, check, train, release and try a model of a folder of drawings.

    Stages whose inputs are unchanged are skipped. A failed validation stops the run; the service
    goes on with the champion it has.

    Args:
        home: Folder in which everything lies.
        drawings: Folder with the DXF files; the home folder's `data/raw/dxf_templates` if None.
        profile: How much work.
        seed: Decides everything random.
        publish_first: Serve new drawings with the generic weights before the training begins.
    """
    with remembered(home):
        results = publish(home, drawings, profile, seed) if publish_first else []
        results += generate_data(home, drawings, profile, seed)
        results += validate_data(home, profile)
        results += train_model(home, profile, seed)
        results += release_model(home, profile)
        show_report("pipeline-report", results, "What every stage did")
    return results
