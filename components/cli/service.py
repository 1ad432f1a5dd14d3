"""Verbs about the HTTP service: `serve` and `token`."""

import time
from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import HomeOption, friendly, messages, open_home
from components.home import Home

PortOption = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="Where to listen.")
]
WaitOption = Annotated[
    bool, typer.Option("--wait", help="Without a champion wait for the first one; else give up.")
]

_LOOK_S = 2.0


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("serve")(friendly(serve_champion))
    app.command("token")(friendly(make_token))


def serve_champion(
    home: HomeOption = Path(), port: PortOption = None, wait: WaitOption = False
) -> None:
    """Serve the champion over HTTP until Ctrl-C; it listens on loopback by default."""
    from components.serving.launch import check_startable, serve
    from components.settings.serve import ServeSettings

    place = open_home(home, writable=False)
    settings = ServeSettings.load(place.configs)
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    if wait:
        _wait_for_champion(place)
    check_startable(place, settings)
    scheme = "https" if settings.tls.certificate else "http"
    messages.print(
        f"Serving on {scheme}://{settings.host}:{settings.port} (see /docs); Ctrl-C ends it."
    )
    serve(place, settings)


def _wait_for_champion(home: Home) -> None:
    """Return once a model was promoted; nothing listens until then."""
    from components.modeling.registry import ModelRegistry

    registry = ModelRegistry(home.registry)
    if registry.champion() is None:
        messages.print(f"{home.registry}: no model was promoted yet; waiting for the first one.")
    while registry.champion() is None:
        time.sleep(_LOOK_S)


def make_token() -> None:
    """Make an access token; its hash goes into `access.tokens` of serve_config.yaml."""
    from components.serving.access import new_token

    token, digest = new_token()
    typer.echo(f"token, for the client: {token}\nhash, for the service: {digest}")
