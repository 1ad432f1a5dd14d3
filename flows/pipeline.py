"""Flow: a folder of drawings becomes a served model."""

from prefect import flow

from components.operations.stages import StageResult
from flows.generate_data import generate_data
from flows.parameters import Drawings, HomeFolder, Seed, Size
from flows.release_model import release_model
from flows.reporting import remembered, show_report
from flows.train_model import train_model
from flows.validate_data import validate_data

LONGEST_S = 8 * 3600
"""The full profile takes a tenth of it on two cores."""


@flow(name="pipeline", flow_run_name="pipeline-{profile}-{seed}", timeout_seconds=LONGEST_S)
def pipeline(
    home: HomeFolder, drawings: Drawings = None, profile: Size = "standard", seed: Seed = 0
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
    with remembered(home):
        results = generate_data(home, drawings, profile, seed)
        results += validate_data(home, profile)
        results += train_model(home, profile, seed)
        results += release_model(home, profile)
        show_report("pipeline-report", results, "What every stage did")
    return results
