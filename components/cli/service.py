"""Verbs about the HTTP service: `serve` and `token`."""

from pathlib import Path
from typing import Annotated

import typer

from components.cli.output import HomeOption, friendly, messages, open_home

PortOption = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help="Where to listen.")
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("serve")(friendly(serve_champion))
    app.command("token")(friendly(make_token))


def serve_champion(home: HomeOption = Path(), port: PortOption = None) -> None:
    """Serve the champion over HTTP until Ctrl-C; it listens on loopback by default."""
    from components.serving.launch import check_startable, serve
    from components.settings.serve import ServeSettings

    place = open_home(home, writable=False)
    settings = ServeSettings.load(place.configs)
    if port is not None:
        settings = settings.model_copy(update={"port": port})
    check_startable(place, settings)
    scheme = "https" if settings.tls.certificate else "http"
    messages.print(
        f"Serving on {scheme}://{settings.host}:{settings.port} (see /docs); Ctrl-C ends it."
    )
    serve(place, settings)


def make_token() -> None:
    """Make an access token; its hash goes into `access.tokens` of serve_config.yaml."""
    from components.serving.access import new_token

    token, digest = new_token()
    typer.echo(f"token, for the client: {token}\nhash, for the service: {digest}")
