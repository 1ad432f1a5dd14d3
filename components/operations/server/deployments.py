"""What a Prefect server must know of us: pool, queues, variable, block, deployments.

Everything may be set up again and again: what is there is updated, nothing is made twice. What the
deployments are stands in `deploy/prefect.yaml`.
"""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.client.schemas.filters import WorkQueueFilter, WorkQueueFilterName
from prefect.exceptions import ObjectNotFound
from prefect.filesystems import LocalFileSystem
from prefect.variables import Variable
from prefect.workers.process import ProcessWorker

from components.errors import ServiceError
from components.home import Home
from components.operations.server.automations import set_up_automations
from components.operations.server.prefect_server import (
    API_VARIABLE,
    client_environment,
    deploy_command,
    prefect_folder,
)
from components.settings.operations import OperationsSettings

HOME_VARIABLE = "dxfvision_home"
POOL_VARIABLE = "dxfvision_pool"
RESULTS_BLOCK = "dxfvision-results"
PREFECT_FILE = Path(__file__).parents[3] / "deploy" / "prefect.yaml"


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue of the pool.

    Attributes:
        name: As `deploy/prefect.yaml` calls it.
        runs: How many of its runs go at once.
        description: For the UI.
    """

    name: str
    runs: int
    description: str


QUEUES = (
    Queue("home", 1, "Flows that work in the home folder, one after the other."),
    Queue("checks", 2, "Flows that only look; a long training does not keep them waiting."),
)


@dataclass(frozen=True, slots=True)
class SetUp:
    """One thing that was set up.

    Attributes:
        kind: What it is.
        name: In the UI.
        detail: For people.
    """

    kind: str
    name: str
    detail: str


def deploy(home: Home, settings: OperationsSettings) -> list[SetUp]:
    """Set up everything on the server of `PREFECT_API_URL`.

    Args:
        home: What the deployments work in.
        settings: Name of the pool.

    Raises:
        ServiceError: If the deployments are refused; with what Prefect says.
    """
    with get_client(sync_client=True) as client:
        done = [_pool(client, settings), *_queues(client, settings)]
    values = {HOME_VARIABLE: str(home.root), POOL_VARIABLE: settings.worker.pool}
    for name, value in values.items():
        Variable.set(name, value, tags=["dxfvision"], overwrite=True)
        done.append(SetUp("variable", name, value))
    folder = prefect_folder(home) / "storage"
    LocalFileSystem(basepath=str(folder)).save(RESULTS_BLOCK, overwrite=True)
    done.append(SetUp("block", f"local-file-system/{RESULTS_BLOCK}", f"results, in {folder}"))
    create_deployments(home, settings, os.environ.get(API_VARIABLE, settings.server.api_url))
    done += [SetUp("automation", name, "") for name in set_up_automations()]
    with get_client(sync_client=True) as client:
        return done + _found_deployments(client)


def _pool(client: SyncPrefectClient, settings: OperationsSettings) -> SetUp:
    """Make the pool of processes, or take over the one that a worker made."""
    name = settings.worker.pool
    description = "Flow runs as processes on the machine where `dxfvision up` runs."
    try:
        client.read_work_pool(name)
        client.update_work_pool(name, WorkPoolUpdate(description=description))
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        pool = WorkPoolCreate(
            name=name, type="process", description=description, base_job_template=template
        )
        client.create_work_pool(pool)
    return SetUp("work pool", name, "type process")


def _queues(client: SyncPrefectClient, settings: OperationsSettings) -> list[SetUp]:
    pool = settings.worker.pool
    done = []
    for priority, queue in enumerate(QUEUES, start=1):
        named = WorkQueueFilter(name=WorkQueueFilterName(any_=[queue.name]))
        found = client.read_work_queues(work_pool_name=pool, work_queue_filter=named)
        identifier: UUID
        if found:
            identifier = found[0].id
        else:
            identifier = client.create_work_queue(queue.name, work_pool_name=pool).id
        client.update_work_queue(
            identifier,
            concurrency_limit=queue.runs,
            description=queue.description,
            priority=priority,
        )
        done.append(SetUp("queue", f"{pool}/{queue.name}", f"{queue.runs} at once"))
    return done


def create_deployments(home: Home, settings: OperationsSettings, url: str) -> None:
    """Hand the file to Prefect's own command.

    Args:
        home: What the deployments work in.
        settings: Of the server that `dxfvision up` starts, which need not be this one.
        url: API of the server.

    Raises:
        ServiceError: If the server refuses; with what Prefect says.
    """
    if not PREFECT_FILE.exists():
        raise ServiceError(f"{PREFECT_FILE}: is missing; install dxfvision again")
    done = subprocess.run(
        deploy_command(PREFECT_FILE),
        cwd=home.root,
        env=client_environment(home, settings) | {API_VARIABLE: url},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        raise ServiceError(f"{PREFECT_FILE}: the server refuses a deployment:\n{said[-2000:]}")


def _found_deployments(client: SyncPrefectClient) -> list[SetUp]:
    """Return the deployments of the file as the server knows them now."""
    known = {each.name: each for each in client.read_deployments()}
    done = []
    for name in deployment_names():
        deployment = known.get(name)
        if deployment is None:
            raise ServiceError(f"{PREFECT_FILE}: {name} is not on the server; see its log")
        active = [each.slug or "" for each in deployment.schedules if each.active]
        off = [each.slug or "" for each in deployment.schedules if not each.active]
        told = [f"on: {', '.join(active)}"] if active else []
        told += [f"off: {', '.join(off)}"] if off else []
        done.append(SetUp("deployment", name, "; ".join(told) or "no schedule"))
    return done


def deployment_names() -> list[str]:
    """Return the names of the deployments in the file."""
    content = yaml.safe_load(PREFECT_FILE.read_text("utf-8"))
    return [str(each["name"]) for each in content["deployments"]]
