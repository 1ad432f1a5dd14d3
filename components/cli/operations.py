"""Verbs that run everything by itself: `deploy`."""

import os
from pathlib import Path

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    friendly,
    open_home,
    print_json,
    print_table,
)
from components.errors import ServiceError
from components.files import plain
from components.home import Home
from components.settings.operations import OperationsSettings


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("deploy")(friendly(deploy))


def deploy(home: HomeOption = Path(), as_json: JsonOption = False) -> None:
    """Set up pool, queues, schedules and every flow on a Prefect server; may be repeated.

    The server is that of PREFECT_API_URL, else the one that `dxfvision up` starts.
    """
    place = open_home(home)
    settings = OperationsSettings.load(place.configs)
    use_server(place, settings)
    from components.operations.deployments import deploy as set_up

    rows = [plain(each) for each in set_up(place, settings)]
    if as_json:
        for row in rows:
            print_json(row)
    else:
        print_table(os.environ["PREFECT_API_URL"], rows)


def use_server(home: Home, settings: OperationsSettings) -> None:
    """Let Prefect's client, not yet imported, talk to the server; it must answer.

    Raises:
        ServiceError: If it does not.
    """
    import httpx

    from components.operations.prefect_server import API_VARIABLE, client_environment

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
