"""Flow: the service's newest pictures and answers beside what they were."""

from prefect import flow, get_run_logger, task

from components.files import plain
from components.home import Home
from components.operations.drift.looking import (
    DriftReport,
    check_drift,
    drift_page,
    event_payload,
)
from components.operations.drift.state import remember_told, told_state
from components.operations.server.automations import DRIFT_BEGAN, DRIFT_ENDED, HOME_RESOURCE
from components.operations.server.events import emit_event
from flows.parameters import HomeFolder
from flows.reporting import remembered, show_markdown, show_table

LONGEST_S = 600


@task(name="check-drift", retries=1, retry_delay_seconds=5)
def compare_frames(home: Home) -> DriftReport:
    """Compare every figure of the newest frames with both references."""
    report = check_drift(home)
    get_run_logger().info("drift of %s: %s; %s", report.version, report.state, report.reason)
    show_markdown("drift", drift_page(report), "Figures of the newest pictures and references")
    show_table("drift-figures", [plain(each) for each in report.figures], "Every figure compared")
    return report


@flow(name="watch-drift", flow_run_name="watch-drift", timeout_seconds=LONGEST_S)
def watch_drift(home: HomeFolder) -> DriftReport:
    """Tell when pictures or answers are no longer what they were on this site.

    The first look that finds drift emits an event, which an automation answers with `improve`; so
    does the first that finds none any more. An event that the server did not take is told by the
    next look.

    Args:
        home: Folder in which everything lies.
    """
    with remembered(home):
        place = Home(home.resolve())
        report = compare_frames(place)
        told = told_state(place)
        if report.state == "drifting" and told != "drifting":
            tell(DRIFT_BEGAN, place, report)
        if report.state == "steady" and told == "drifting":
            tell(DRIFT_ENDED, place, report)
    return report


def tell(event: str, home: Home, report: DriftReport) -> None:
    """Emit an event about a home folder, and remember that."""
    resource = {
        "prefect.resource.id": f"{HOME_RESOURCE}.{home.root.name}",
        "prefect.resource.name": str(home.root),
    }
    emit_event(event=event, resource=resource, payload=event_payload(report))
    remember_told(home, report.state)
