"""Verbs that run everything by itself: `up`, `deploy`, `watch`; and `backup` and `restore`."""

import logging
import os
import signal
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

from components.cli.log_setup import log_into
from components.cli.output import (
    HomeOption,
    JsonOption,
    ProfileOption,
    friendly,
    messages,
    open_home,
    print_json,
    print_table,
)
from components.errors import ServiceError
from components.files import plain
from components.home import Home
from components.settings.drawings import DrawingSettings
from components.settings.operations import OperationsSettings
from components.settings.serve import ServeSettings

logger = logging.getLogger(__name__)

OnceOption = Annotated[
    bool, typer.Option("--once", help="Look once, do what is due, and end: for cron and tests.")
]
ProgramsOption = Annotated[
    list[str] | None,
    typer.Option("--only", help="Run this program alone; may be given several times."),
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("up")(friendly(up))
    app.command("deploy")(friendly(deploy))
    app.command("watch")(friendly(watch))
    app.command("backup")(friendly(backup))
    app.command("restore")(friendly(restore_archive))


def up(
    home: HomeOption = Path(), profile: ProfileOption = "quick", only: ProgramsOption = None
) -> None:
    """Run Prefect server, worker, watcher and service together until Ctrl-C; no Docker needed."""
    from components.operations.launch.supervisor import Supervisor
    from components.operations.launch.whole import programs

    place = open_home(home)
    settings = OperationsSettings.load(place.configs)
    serve = ServeSettings.load(place.configs)
    wanted = programs(place, settings, serve, profile, only or [])
    messages.print(f"Prefect: {settings.server.api_url.removesuffix('/api')}")
    messages.print(f"Logs: {place.logs}; Ctrl-C stops everything.", soft_wrap=True)
    supervisor = Supervisor(wanted, settings.supervisor, place.logs, _tell)
    supervisor.run(_until_told())


def _tell(name: str, state: str) -> None:
    messages.print(f"{time.strftime('%H:%M:%S')} {name}: {state}", highlight=False)


def _until_told() -> threading.Event:
    """Return an event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def deploy(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Set up pool, queues, schedules and every flow on a Prefect server; may be repeated.

    The server is that of PREFECT_API_URL, else the one that `dxfvision up` starts.
    """
    place = open_home(home)
    settings = OperationsSettings.load(place.configs)
    use_server(place, settings)
    from components.operations.server.deployments import deploy as set_up

    rows = [plain(each) for each in set_up(place, settings)]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table(os.environ["PREFECT_API_URL"], rows)


def watch(
    home: HomeOption = Path(), profile: ProfileOption = "quick", once: OnceOption = False
) -> None:
    """Start the pipeline whenever the drawings change, and end runs whose process is gone."""
    place = open_home(home)
    log_into(place, "watcher", make=True)
    settings = OperationsSettings.load(place.configs)
    use_server(place, settings)
    from components.operations.launch.drawing_watch import DrawingWatch
    from components.operations.launch.watcher import PipelineStarter
    from components.operations.launch.watching import Rounds

    largest = DrawingSettings.load(place.configs).max_file_mib * 2**20
    quiet_s = 0.0 if once else settings.watcher.quiet_s
    rounds = Rounds(
        place,
        DrawingWatch(place.drawings, quiet_s, largest),
        PipelineStarter(place, profile, settings.watcher),
        settings.watcher,
    )
    if once:
        rounds.go()
        return
    stop = _until_told()
    while not stop.is_set():
        rounds.go()
        stop.wait(settings.watcher.every_s)


def backup(
    home: HomeOption = Path(),
    to: Annotated[
        Path | None,
        typer.Option(
            "--to", help="Folder of the archive; HOME/backups if not given.", metavar="DIR"
        ),
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option("--check", help="Write nothing; try to restore this archive.", metavar="FILE"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Save registry, settings, drawings, calibrations and Prefect's database; restore on trial.

    Nothing has to be stopped. Exit code 1 if the archive cannot be restored.
    """
    from components.operations.upkeep import backup as archives
    from components.operations.upkeep.maintaining import back_up_home, checked

    place = open_home(home, writable=False)
    if check is not None:
        found = plain(archives.check(check))
    else:
        found = back_up_home(checked(place.root), to).figures["archive"]
    if as_json:
        print_json(found)
    else:
        print_table("Archive, restored on trial", [found])


def restore_archive(
    archive: Annotated[
        Path | None,
        typer.Argument(help="The archive; the newest in HOME/backups if not given."),
    ] = None,
    home: HomeOption = Path(),
    as_json: JsonOption = False,
) -> None:
    """Put back what an archive holds; what was there is put aside. `dxfvision up` must not run."""
    from components.operations.stages.lock import hold_home
    from components.operations.upkeep import backup as archives
    from components.serving.launch import check_port

    place = open_home(home)
    settings = OperationsSettings.load(place.configs)
    hold_home(place)
    # Its server would write into the database while it is replaced.
    check_port(settings.server.host, settings.server.port)
    found = plain(archives.restore(place, settings, archive or archives.newest(place)))
    if as_json:
        print_json(found)
    else:
        print_table("Restored", [found])


def use_server(home: Home, settings: OperationsSettings) -> None:
    """Let Prefect's client, not yet imported, talk to the server; it must answer.

    Raises:
        ServiceError: If it does not.
    """
    import httpx

    from components.operations.server.prefect_server import API_VARIABLE, client_environment

    given = os.environ.get(API_VARIABLE)
    os.environ.update(client_environment(home, settings) | ({API_VARIABLE: given} if given else {}))
    url = os.environ[API_VARIABLE]
    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=10).raise_for_status()
    except httpx.HTTPError as error:
        raise ServiceError(
            f"{url}: no Prefect server answers ({type(error).__name__}: {error}); start it with "
            "`dxfvision up` or `make prefect`, or correct PREFECT_API_URL"
        ) from error
