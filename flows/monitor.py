"""Flow: is the running service well?"""

from prefect import flow, task

from components.operations.promotion import selfcheck
from components.operations.promotion.selfcheck import Checked
from components.operations.stages.running import StageResult
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


@flow(name="monitor", flow_run_name="self-check", timeout_seconds=LONGEST_S)
def monitor(home: HomeFolder) -> list[StageResult]:
    """Ask the running service about the champion's golden pictures; fail if it answers wrongly.

    Each answer must be what the champion says in this process, and come in time. A failed run is
    what to look at; metrics and an alert tell of it, too.

    Args:
        home: Folder in which everything lies.
    """
    with remembered(home):
        about = checked(home)
        # How fast the disk fills is known from these readings.
        measure_room(about.home)
        results = [check_service(about)]
        show_report("self-check", results, "What the service answered")
    return results
