"""Flow: dataset -> trained network."""

from prefect import flow, task

from components.operations.pipeline import jobs, trainings
from components.operations.pipeline.jobs import Run
from components.operations.stages.running import StageResult
from flows.parameters import HomeFolder, Seed, Size
from flows.reporting import (
    PrefectProgress,
    log_result,
    remembered,
    show_picture,
    show_report,
    show_table,
)
from flows.retries import may_pass

LONGEST_S = 8 * 3600


@task(name="train-network", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def train_network(run: Run) -> StageResult:
    """Train on the CPU; a retry goes on at the last checkpoint."""
    result = log_result(trainings.train_network(run, PrefectProgress("train-network-progress")))
    show_table("training", [result.figures], "The training and its figures on the val split")
    show_picture(
        "training-curves", trainings.training_curves(run.home), "Loss and validation figures"
    )
    return result


@flow(name="train-model", flow_run_name="train-{profile}-{seed}", timeout_seconds=LONGEST_S)
def train_model(home: HomeFolder, profile: Size = "standard", seed: Seed = 0) -> list[StageResult]:
    """Train the network on the home folder's dataset.

    Args:
        home: Folder in which everything lies.
        profile: How much work.
        seed: Decides everything random.
    """
    with remembered(home):
        results = [train_network(jobs.open_run(home, None, profile, seed))]
        show_report("training-report", results, "The training and what came of it")
    return results
