"""Runs whose process is gone, and slots that nobody holds any more.

A killed worker cannot report its runs, a server that was down never heard of an end. A *sweep* asks
the server for runs that it believes alive and looks for their processes on this machine. Nothing is
ended on one look: a run counts as dead only if, some seconds later, the server still tells the same
state and the process is still gone. A run whose work ended well is completed, not crashed; the
server itself refuses to change a run that has ended.
"""

import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Completed, Crashed, Failed

from components.home import Home
from components.operations.server.witness import read_witness

logger = logging.getLogger(__name__)

SECOND_LOOK_S = 3.0
RUN_VARIABLE = "PREFECT__FLOW_RUN_ID"
"""Prefect's own name for the run in the environment of its process."""

_ALIVE = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """One thing that a sweep put right.

    Attributes:
        name: Of the run or the deployment.
        was: What the server believed.
        now: What it is told.
    """

    name: str
    was: str
    now: str


def sweep(client: SyncPrefectClient, home: Home, pending_s: float) -> list[Swept]:
    """End what is dead and free what nobody holds.

    Args:
        client: Of the server.
        home: Only runs that work here are looked at.
        pending_s: A run that is about to start for so long and has no process is dead, too.
    """
    suspects = {run.id: run for run in _believed_alive(client) if _is_dead(run, home, pending_s)}
    leaks = {limit: name for limit, name, _, _ in _leaks(client)}
    if not suspects and not leaks:
        return []
    time.sleep(SECOND_LOOK_S)
    done = [
        swept
        for run in suspects.values()
        if (swept := _end(client, run, home, pending_s)) is not None
    ]
    # Ending a run frees its slot; only now can a leak be told.
    for limit, name, slots, held in list(_leaks(client)):
        if limit in leaks:
            update = GlobalConcurrencyLimitUpdate(active_slots=held)
            client.update_global_concurrency_limit(str(limit), update)
            done.append(Swept(name, f"{slots} slots taken", f"{held}, as many as runs"))
    for swept in done:
        logger.warning("%s: was %s, now %s", swept.name, swept.was, swept.now)
    return done


def _believed_alive(client: SyncPrefectClient) -> list[FlowRun]:
    """Return all runs that have begun and not ended, as the server believes."""
    wanted = FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_ALIVE)))
    found: list[FlowRun] = []
    while True:
        page = client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE, offset=len(found))
        found += page
        if len(page) < _PAGE:
            return found


def _is_dead(run: FlowRun, home: Home, pending_s: float) -> bool:
    """Whether a run of this home folder has no process; what runs elsewhere is left alone."""
    if str(run.parameters.get("home")) != str(home.root) or run.state is None:
        return False
    witness = read_witness(home, str(run.id))
    if witness is not None:
        return witness.here and not witness.alive
    return _age_s(run.state) > pending_s and not _has_process(run.id)


def _age_s(state: State[object]) -> float:
    return (datetime.now(UTC) - state.timestamp).total_seconds()


def _has_process(run: UUID) -> bool:
    """Whether a process of this machine was started for a run."""
    for process in psutil.process_iter():
        try:
            if process.environ().get(RUN_VARIABLE) == str(run):
                return True
        except psutil.Error:
            # Ended meanwhile, or another user's.
            continue
    return False


def _end(client: SyncPrefectClient, run: FlowRun, home: Home, pending_s: float) -> Swept | None:
    """Look again; tell the server how a dead run ended; None if it is well after all."""
    try:
        again = client.read_flow_run(run.id)
    except ObjectNotFound:
        return None
    before, now = run.state, again.state
    if before is None or now is None or now.id != before.id or not _is_dead(again, home, pending_s):
        return None
    end = _end_state(again, home)
    result = client.set_flow_run_state(run.id, end)
    if result.state is None or result.state.type != end.type:
        logger.info("%s: the server keeps its state", run.name)
        return None
    return Swept(run.name, now.name or "", end.name or "")


def _end_state(run: FlowRun, home: Home) -> State[object]:
    """Return how a run without process ended."""
    witness = read_witness(home, str(run.id))
    if witness is not None and witness.outcome == "completed":
        return Completed(message="It ended well while the server did not listen.")
    if witness is not None and witness.outcome == "failed":
        return Failed(message="It failed while the server did not listen; see its log.")
    if run.state is not None and run.state.type == StateType.CANCELLING:
        return Cancelled(message="Its process is gone.")
    return Crashed(message="Its process is gone: killed, or the machine was switched off.")


def _leaks(client: SyncPrefectClient) -> Iterator[tuple[UUID, str, int, int]]:
    """Yield limits of deployments with more slots taken than runs alive.

    Yields:
        Id of the limit, name of the deployment, slots taken, runs alive.
    """
    for deployment in client.read_deployments():
        limit = deployment.global_concurrency_limit
        if limit is None or not limit.active_slots:
            continue
        held = len(alive_runs(client, [deployment.id]))
        if limit.active_slots > held:
            yield limit.id, deployment.name, limit.active_slots, held


def alive_runs(
    client: SyncPrefectClient, deployments: Iterable[UUID], waiting: bool = False
) -> list[FlowRun]:
    """Return the runs of deployments that have begun and not ended.

    Args:
        client: Of the server.
        deployments: Whose.
        waiting: Also those that have not begun.
    """
    states = [StateType.SCHEDULED, *_ALIVE] if waiting else _ALIVE
    wanted = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=list(deployments)),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)),
    )
    return client.read_flow_runs(flow_run_filter=wanted, limit=_PAGE)


def deployment_ids(client: SyncPrefectClient, names: Iterable[str]) -> list[UUID]:
    """Return the ids of deployments by their names."""
    wanted = set(names)
    return [each.id for each in client.read_deployments() if each.name in wanted]
