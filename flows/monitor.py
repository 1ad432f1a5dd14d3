"""Flow: are the box and the running service well?"""

from prefect import flow, task

from components.operations.health import examination
from components.operations.promotion import selfcheck
from components.operations.stages.running import Checked, StageResult
from components.operations.upkeep.disk import measure_room
from components.operations.upkeep.maintaining import checked
from flows.parameters import HomeFolder
from flows.reporting import log_result, remembered, show_report, show_table

LONGEST_S = 600


@task(name="check-service")
def check_service(about: Checked) -> StageResult:
    """Ask the service about the champion's golden pictures and compare the answers."""
    result = log_result(selfcheck.check_service(about))
    show_table("self-check-answers", result.figures["answers"], "Golden pictures over HTTP")
    return result


@task(name="examine-box")
def examine_box(about: Checked) -> StageResult:
    """Look at everything that the box needs, as `dxfvision doctor` does."""
    result = log_result(examination.examine_box(about))
    show_table("doctor", result.figures["findings"], "What the doctor found")
    return result


@flow(name="monitor", flow_run_name="self-check", timeout_seconds=LONGEST_S)
def monitor(home: HomeFolder) -> list[StageResult]:
    """Look at the box and ask the service about golden pictures; fail if it answers wrongly.

    Each answer must be what the champion says in this process, and come in time. A failed run is
    what to look at; metrics and an alert tell of it, too. What the doctor finds on the box does not
    fail the run: its metrics have alerts of their own.

    Args:
        home: Folder in which everything lies.
    """
    with remembered(home):
        about = checked(home)
        # How fast the disk fills is known from these readings.
        measure_room(about.home)
        results = [examine_box(about), check_service(about)]
        show_report("self-check", results, "What the doctor found and the service answered")
    return results
