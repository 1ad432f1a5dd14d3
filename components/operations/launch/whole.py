"""Everything on one machine without Docker: server, worker, watcher and service together."""

import os
import sys
from collections.abc import Collection
from dataclasses import replace

from components.errors import PipelineError, SettingsError
from components.home import Home
from components.modeling.champion import read_champion
from components.modeling.registry import ModelRegistry
from components.operations.launch.supervisor import Program
from components.operations.promotion.settling import service_url
from components.operations.server.prefect_server import (
    client_environment,
    server_command,
    server_environment,
    worker_command,
    worker_environment,
)
from components.serving.launch import check_port
from components.settings.base import Profile
from components.settings.operations import OperationsSettings
from components.settings.serve import ServeSettings

_CLI = (sys.executable, "-c", "from components.cli.app import main; main()")


def programs(
    home: Home,
    settings: OperationsSettings,
    serve: ServeSettings,
    profile: Profile,
    only: Collection[str] = (),
) -> list[Program]:
    """Return what `dxfvision up` runs, in the order of their start.

    Args:
        home: Where all of them work.
        settings: Ports of server and worker.
        serve: Port of the service.
        profile: Of the runs that changed drawings start.
        only: Names of those wanted; all if empty. The others run elsewhere, such as in containers
            of their own, and are not waited for.

    Raises:
        SettingsError: If there is no program of such a name.
        ServiceError: If a port is taken, naming it.
    """
    every = _every(home, settings, serve, profile)
    names = [program.name for program in every]
    if unknown := sorted(set(only) - set(names)):
        raise SettingsError(
            f"{', '.join(unknown)}: there is no such program; choose of {', '.join(names)}"
        )
    wanted = set(only) or set(names)
    addresses = {
        "prefect-server": (settings.server.host, settings.server.port),
        "worker": ("127.0.0.1", settings.worker.port),
        "service": (serve.host, serve.port),
    }
    for name, (host, port) in addresses.items():
        if name in wanted:
            check_port(host, port)
    return [
        replace(program, after=tuple(name for name in program.after if name in wanted))
        for program in every
        if program.name in wanted
    ]


def _every(
    home: Home, settings: OperationsSettings, serve: ServeSettings, profile: Profile
) -> list[Program]:
    client = client_environment(home, settings)
    where = ("--home", str(home.root))
    return [
        Program(
            "prefect-server",
            server_command(settings),
            server_environment(home, settings),
            url=f"{settings.server.api_url}/health",
            start_s=settings.server.start_s,
        ),
        Program(
            "deploy",
            (*_CLI, "deploy", "--json", *where),
            client,
            after=("prefect-server",),
            once=True,
        ),
        Program(
            "worker",
            worker_command(settings),
            worker_environment(home, settings),
            url=f"http://127.0.0.1:{settings.worker.port}/health",
            after=("deploy",),
        ),
        Program(
            "watcher", (*_CLI, "watch", "--profile", profile, *where), client, after=("deploy",)
        ),
        Program(
            "service",
            (*_CLI, "serve", *where),
            dict(os.environ),
            url=f"{service_url(serve)}/readyz",
            start_s=serve.start_s,
            wanted=lambda: has_champion(home),
        ),
    ]


def has_champion(home: Home) -> bool:
    """Whether there is a model to serve."""
    try:
        return read_champion(ModelRegistry(home.registry).champion_file) is not None
    except PipelineError:
        # The doctor and the service itself say what is wrong.
        return False
