"""Verbs that make a model: `run`, and its stages one by one."""

import os
import shlex
import signal
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.markup import escape

from components.cli.output import (
    INTERRUPTED,
    INTERRUPTED_CODE,
    HomeOption,
    JsonOption,
    ProfileOption,
    SeedOption,
    console,
    friendly,
    messages,
    open_home,
    print_json,
    print_table,
    progress_bars,
)
from components.home import Home
from components.operations.stages.lock import hold_home
from components.operations.stages.running import StageResult
from components.settings.data import ExecutorName

DrawingsOption = Annotated[
    Path | None,
    typer.Option(
        "--drawings",
        help="Folder with DXF files; HOME/data/raw/dxf_templates if not given.",
        metavar="DIR",
    ),
]
ExecutorOption = Annotated[
    ExecutorName | None,
    typer.Option("--executor", help="Who renders; `executor` in data_config.yaml if not given."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=0, max=1024, help="How many at once; 0 is one for each core."),
]
SchedulerOption = Annotated[
    str | None,
    typer.Option(
        "--dask-scheduler",
        help="Render on the Dask cluster of this scheduler, such as tcp://host:8786.",
        metavar="ADDRESS",
    ),
]
DeepOption = Annotated[
    bool,
    typer.Option("--deep", help="First compare every byte of every file with what was written."),
]

MinutesOption = Annotated[
    float | None,
    typer.Option(
        "--minutes", min=0.05, help="Budget of the training; without it, that of the settings."
    ),
]
ScratchOption = Annotated[
    bool,
    typer.Option("--from-scratch", help="Start from random weights, not from the generic ones."),
]
EpochsOption = Annotated[
    float | None,
    typer.Option(
        "--epochs", min=0.01, help="Budget of the training in passes over the training pictures."
    ),
]
StreamOption = Annotated[
    bool,
    typer.Option("--stream", help="Make scenes while the network learns; read no dataset."),
]
GenericOption = Annotated[
    bool,
    typer.Option(
        "--generic",
        help="Train the generic weights on random parts for one more stretch; no drawings needed.",
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    app.command("run")(friendly(run))
    app.command("generate")(friendly(generate))
    app.command("validate")(friendly(validate))
    app.command("train")(friendly(train))
    app.command("export")(friendly(export))


def run(
    home: HomeOption = Path(),
    drawings: DrawingsOption = None,
    profile: ProfileOption = "standard",
    seed: SeedOption = 0,
    as_json: JsonOption = False,
) -> None:
    """Do everything: drawings, dataset, checks, training, release, trial of the service."""
    place = open_home(home)
    # Before Prefect starts a server on its database in the home folder.
    hold_home(place)
    prepare_prefect(place)
    from flows.pipeline import pipeline

    with progress_bars():
        results = pipeline(place.root, drawings, profile, seed)
    print_results(results, as_json)
    if not as_json:
        print_summary(place, results)


def generate(
    home: HomeOption = Path(),
    drawings: DrawingsOption = None,
    profile: ProfileOption = "standard",
    seed: SeedOption = 0,
    executor: ExecutorOption = None,
    workers: WorkersOption = None,
    dask_scheduler: SchedulerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the drawings and render the dataset; an interrupted one is completed."""
    from components.operations.pipeline import jobs

    if dask_scheduler and executor not in (None, "dask"):
        raise typer.BadParameter(
            f"a scheduler is of no use to the executor {executor}; leave out one"
        )
    run = jobs.open_run(home, drawings, profile, seed)
    given = {
        "executor": "dask" if dask_scheduler and not executor else executor,
        "workers": workers,
        "dask_scheduler": dask_scheduler,
    }
    spread = {name: value for name, value in given.items() if value is not None}
    if jobs.data_settings(run, spread).executor == "dask":
        prepare_prefect(run.home)
    with progress_bars() as bars:
        results = [jobs.read_drawing_folder(run, bars), jobs.generate(run, bars, spread)]
    print_results(results, as_json)


def validate(
    home: HomeOption = Path(),
    profile: ProfileOption = "standard",
    deep: DeepOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check the dataset against its expectations; exit code 1 if one that matters fails."""
    from components.operations.pipeline import jobs
    from components.validation.report import report_pages

    run = jobs.open_run(home, None, profile, 0)
    with progress_bars() as bars:
        result = jobs.validate(run, bars, always=True, deep=deep)
    print_results([result], as_json)
    if not as_json:
        print_pages(report_pages(run.home).values())


def train(
    home: HomeOption = Path(),
    profile: ProfileOption = "standard",
    seed: SeedOption = 0,
    minutes: MinutesOption = None,
    epochs: EpochsOption = None,
    from_scratch: ScratchOption = False,
    stream: StreamOption = False,
    generic: GenericOption = False,
    as_json: JsonOption = False,
) -> None:
    """Train on the dataset, or go on with an interrupted training."""
    from components.modeling.team import joined
    from components.operations.pipeline import jobs, trainings

    wishes = trainings.Wishes(minutes, epochs, from_scratch, stream)
    if generic and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise typer.BadParameter("one process trains the generic weights; leave out torchrun")
    with joined() as team:
        if not team.leads:
            team.wait()
            trainings.follow_training(jobs.joined_run(home, profile, seed), wishes, team)
            return
        run = jobs.open_run(home, None, profile, seed)
        results = []
        with progress_bars() as bars:
            if stream and not generic and not run.home.parts.exists():
                results.append(jobs.read_drawing_folder(run, bars))
            # The others need the drawings.
            team.wait()
            if generic:
                results.append(trainings.train_generic_weights(run, bars, wishes))
            else:
                results.append(trainings.train_network(run, bars, wishes, team))
    print_results(results, as_json)


def export(
    home: HomeOption = Path(), profile: ProfileOption = "standard", as_json: JsonOption = False
) -> None:
    """Export the trained network to ONNX, compare it with torch, measure it on the test split."""
    from components.operations.pipeline import jobs, releases

    run = jobs.open_run(home, None, profile, 0)
    with progress_bars() as bars:
        results = [releases.export_model(run, bars), releases.evaluate_model(run, bars)]
    print_results(results, as_json)


def prepare_prefect(home: Home) -> None:
    """Keep an embedded Prefect server inside the home folder, and its log off the bars.

    With `PREFECT_API_URL` set that server is used, as everywhere in Prefect.
    """
    if "PREFECT_API_URL" not in os.environ:
        os.environ.setdefault("PREFECT_HOME", str(home.state / "prefect"))
        # On a busy machine Prefect's own 20 s are not enough for its server.
        os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "180")
        end_at_once_when_interrupted()
    # Faults reach the user as one sentence; the run's log on the server has the traceback.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")


def end_at_once_when_interrupted() -> None:
    """End on Ctrl-C without telling Prefect's embedded server.

    A terminal sends the signal to that server as well: it ends first, and Prefect would ask it for
    minutes and then report the lost connection. Stages may be killed at any moment, nothing is
    lost.
    """

    def end(number: int, frame: FrameType | None) -> None:
        del frame
        from prefect.server.api.server import SubprocessASGIServer

        signal.signal(number, signal.SIG_IGN)
        messages.show_cursor()
        messages.print(INTERRUPTED)
        SubprocessASGIServer().stop()
        os._exit(INTERRUPTED_CODE)

    signal.signal(signal.SIGINT, end)


def print_results(results: Sequence[StageResult], as_json: bool) -> None:
    """Print what each stage did."""
    if as_json:
        for result in results:
            print_json(result)
        return
    rows = [
        {
            "stage": result.name,
            "did": "unchanged, skipped" if result.skipped else f"{result.seconds:.1f} s",
            "result": result.summary,
        }
        for result in results
    ]
    print_table("Stages", rows)


def print_pages(pages: Iterable[Path]) -> None:
    """Say where the pages of a stage are."""
    for page in pages:
        console.print(f"See {escape(str(page))}", soft_wrap=True)


def print_summary(home: Home, results: Sequence[StageResult]) -> None:
    """Say where to look and what to do next."""
    from components.visualization.model_report import report_path

    console.print(f"\nReports and plots: {escape(str(home.reports))}", soft_wrap=True)
    versions = [each.figures["version"] for each in results if each.name == "promote"]
    print_pages(page for page in (report_path(home, v) for v in versions) if page.is_file())
    # The script need not be on the search path: it is called as it was this time.
    command = shlex.join([sys.argv[0], "serve", "--home", str(home.root)])
    console.print(f"Serve the champion: {escape(command)}", soft_wrap=True)
