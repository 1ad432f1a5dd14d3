"""The console script `dxfvision`: collects the verbs of the modules beside it."""

import os

import typer

from components.cli import (
    answers,
    autolabel,
    bench,
    calibration,
    camera,
    doctor,
    drawings,
    drift,
    inspection,
    logs,
    models,
    operations,
    pipeline,
    report,
    service,
)
from components.cli.log_setup import log_commands, set_up_logging

app = typer.Typer(
    name="dxfvision",
    help="A folder of DXF drawings becomes a monitored service that finds those parts in pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for module in (
    pipeline,
    drawings,
    drift,
    models,
    answers,
    report,
    autolabel,
    inspection,
    calibration,
    camera,
    service,
    operations,
    doctor,
    logs,
    bench,
):
    module.add_to(app)
log_commands(app)


def be_private() -> None:
    """Switch off what libraries would tell the world; their users may switch it on again."""
    for name, value in (
        ("DO_NOT_TRACK", "1"),
        ("BENTOML_DO_NOT_TRACK", "True"),
        ("PREFECT_SERVER_ANALYTICS_ENABLED", "false"),
        ("GX_ANALYTICS_ENABLED", "false"),
    ):
        os.environ.setdefault(name, value)


def main() -> None:
    """Run the console script."""
    be_private()
    set_up_logging()
    app()
