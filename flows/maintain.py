"""Flow: the nightly maintenance."""

import os

from prefect import flow, task
from prefect.client.orchestration import get_client

from components.operations.server.sweeping import Swept, sweep
from components.operations.stages.lock import hold_home
from components.operations.stages.running import Checked, StageResult
from components.operations.upkeep import maintaining
from components.settings.operations import OperationsSettings
from flows.parameters import HomeFolder
from flows.reporting import log_result, remembered, show_report, show_table
from flows.retries import may_pass

LONGEST_S = 2 * 3600


@task(name="end-dead-runs", retries=2, retry_delay_seconds=10)
def end_dead_runs(about: Checked) -> list[Swept]:
    """End runs whose process is gone and free slots that nobody holds."""
    settings = OperationsSettings.load(about.home.configs).watcher
    with get_client(sync_client=True) as client:
        swept = sweep(client, about.home, settings.pending_s)
    rows = [{"run": each.name, "was": each.was, "now": each.now} for each in swept]
    show_table("dead-runs", rows or [{"run": "none", "was": "", "now": ""}], "Runs without process")
    return swept


@task(name="apply-retention", retries=1, retry_delay_seconds=5, retry_condition_fn=may_pass)
def apply_retention(about: Checked) -> StageResult:
    """Remove what is too old, and the oldest if the disk runs full."""
    result = log_result(maintaining.apply_retention(about))
    show_table("removed", maintaining.removed_rows(result.figures["removed"]), "What was removed")
    return result


@task(name="care-for-database", retries=2, retry_delay_seconds=60)
def care_for_database(about: Checked) -> StageResult:
    """Give unused pages of Prefect's database back to the disk."""
    return log_result(maintaining.care_for_database(about))


@task(name="back-up", retries=1, retry_delay_seconds=30, retry_condition_fn=may_pass)
def back_up(about: Checked) -> StageResult:
    """Write an archive of registry, settings and database, and restore it on trial."""
    return log_result(maintaining.back_up_home(about))


@flow(name="maintain", flow_run_name="maintain", timeout_seconds=LONGEST_S)
def maintain(home: HomeFolder) -> list[StageResult]:
    """Keep disk, database and registry in order; nothing that serves or is needed is touched.

    Dead runs are ended after a second look at their state and process, leaked slots are freed, what
    is too old is removed, Prefect's database is made smaller, and an archive is written and
    restored on trial. What is kept how long stands in operations_config.yaml.

    Args:
        home: Folder in which everything lies.

    Raises:
        Exception: What kept the first step that failed from its work; the others did theirs.
    """
    with remembered(home):
        about = maintaining.checked(home)
        hold_home(about.home)
        settings = OperationsSettings.load(about.home.configs).maintain
        swept = end_dead_runs(about, return_state=True) if "PREFECT_API_URL" in os.environ else None
        steps = [apply_retention, care_for_database, *([back_up] if settings.backup else [])]
        # What one of them cannot do keeps no other from its work, least of all the backup.
        ends = [step(about, return_state=True) for step in steps]
        done = [end.result() for end in ends if end.is_completed()]
        show_report("maintenance-report", done, "What the maintenance did")
        if swept is not None:
            swept.result()
        return [end.result() for end in ends]
