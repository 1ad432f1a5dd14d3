"""Flow: a folder of drawings becomes a served model."""

from pathlib import Path

from prefect import flow

from components.operations.stages import StageResult, run_report
from components.settings.base import Profile
from flows.generate_data import generate_data
from flows.release_model import release_model
from flows.reporting import show_markdown
from flows.train_model import train_model
from flows.validate_data import validate_data


@flow(name="pipeline", flow_run_name="pipeline-{profile}-{seed}")
def pipeline(
    home: Path, drawings: Path | None = None, profile: Profile = "standard", seed: int = 0
) -> list[StageResult]:
    """Make, check, train, release and try a model of a folder of drawings.

    Stages whose inputs are unchanged are skipped. A failed validation stops the run; the service
    goes on with the champion it has.

    Args:
        home: Folder in which everything lies.
        drawings: Folder with the DXF files; the home folder's `data/raw/dxf_templates` if None.
        profile: How much work.
        seed: Decides everything random.
    """
    results = generate_data(home, drawings, profile, seed)
    results += validate_data(home, profile)
    results += train_model(home, profile, seed)
    results += release_model(home, profile)
    show_markdown("pipeline-report", run_report(results), "What every stage did")
    return results
