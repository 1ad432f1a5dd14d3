"""The verb `camera`: judges what a camera sees, for as long as it runs."""

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter, ValidationError

from components.cli.log_setup import log_into
from components.cli.output import (
    HomeOption,
    JsonOption,
    console,
    friendly,
    messages,
    open_home,
    print_json,
    print_table,
)
from components.files import write_bytes
from components.home import Home
from components.settings.base import Table
from components.settings.camera import CameraSettings, Name, TriggerMode

if TYPE_CHECKING:
    from components.camera.sinks import Sink

SourceOption = Annotated[
    str | None,
    typer.Option(
        "--source",
        help="/dev/video0, rtsp://..., http://..., a video file, or a folder that gets pictures.",
        metavar="WHAT",
    ),
]
NameOption = Annotated[
    str | None, typer.Option("--name", help="Of the camera: its calibration, metrics, folder.")
]
ModeOption = Annotated[
    TriggerMode | None, typer.Option("--trigger", help="When a frame is judged.")
]
EveryOption = Annotated[
    float | None,
    typer.Option("--every", min=0.01, help="Seconds between frames; sets the interval."),
]
ServiceOption = Annotated[
    str | None,
    typer.Option("--service", help="Judge by this dxfvision service instead of in this process."),
]
PortOption = Annotated[
    int | None, typer.Option("--port", min=0, max=65535, help="Of health, metrics and trigger.")
]
CheckOption = Annotated[
    bool,
    typer.Option("--check", help="Only open the camera, look at a few frames, say how they are."),
]
SaveOption = Annotated[
    Path | None, typer.Option("--save", help="With --check: write the frame here.", metavar="FILE")
]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("camera")(friendly(watch_camera))


def watch_camera(
    home: HomeOption = Path(),
    source: SourceOption = None,
    name: NameOption = None,
    trigger: ModeOption = None,
    every: EveryOption = None,
    service: ServiceOption = None,
    port: PortOption = None,
    check: CheckOption = False,
    save: SaveOption = None,
    as_json: JsonOption = False,
) -> None:
    """Judge what a camera sees until Ctrl-C; every setting stands in camera_config.yaml.

    With --json each record is printed as a line, too. A video file ends by itself; exit code 1 if
    a picture somebody waited for got no verdict, or --check finds a fault.
    """
    from components.camera.sources import check_source

    place = open_home(home, writable=False)
    settings = settings_of(
        CameraSettings.load(place.configs), source, name, trigger, every, service, port
    )
    check_source(settings.source)
    if check:
        _check(settings, save, as_json)
        return
    _run(place, settings, as_json)


def settings_of(
    settings: CameraSettings,
    source: str | None,
    name: str | None,
    trigger: TriggerMode | None,
    every: float | None,
    service: str | None,
    port: int | None,
) -> CameraSettings:
    """Return settings with what the command line says laid over them.

    Args:
        settings: Of the files and the environment.
        source: What is given as `--source`, and so on; None leaves the settings'.
        name: See source.
        trigger: See source.
        every: See source; without `trigger` it means the mode `interval`.
        service: See source.
        port: See source.
    """
    mode = trigger or ("interval" if every is not None else None)
    tables: dict[str, dict[str, Any]] = {
        "source": {"what": source},
        "trigger": {"mode": mode, "every_s": every},
        "judge": {"service": service},
        "http": {"port": port},
    }
    try:
        changed: dict[str, Any] = {"name": _checked_name(name or settings.name)}
        for key, values in tables.items():
            table: Table = getattr(settings, key)
            given = {field: value for field, value in values.items() if value is not None}
            changed[key] = type(table).model_validate(table.model_dump() | given)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(step) for step in fault["loc"])
        raise typer.BadParameter(f"{place}: {fault['msg']}, got {fault['input']!r}") from error
    return settings.model_copy(update=changed)


def _checked_name(name: str) -> str:
    return TypeAdapter(Name).validate_python(name)


def _check(settings: CameraSettings, save: Path | None, as_json: bool) -> None:
    """Open the camera, look at some frames and say how they are."""
    from components.camera.checking import look_at
    from components.camera.frames import encoded

    found = look_at(settings)
    if save is not None:
        write_bytes(save, encoded(found.image, save.suffix.lower() or ".png"))
    row = found.row()
    if as_json:
        print_json(row)
    else:
        rows = [{"figure": key, "value": value} for key, value in row.items()]
        print_table(f"Camera {settings.name}", rows)
        for text in found.faults:
            messages.print(f"[yellow]Fault:[/] {text}")
    if found.faults:
        raise typer.Exit(1)


def _run(home: Home, settings: CameraSettings, as_json: bool) -> None:
    from components.camera.agent import Agent
    from components.camera.judging import open_judge

    log_into(home, "camera", make=True, camera=settings.name)
    sinks: list[Sink] = [_printer()] if as_json else []
    agent = Agent(home.cameras / settings.name, settings, open_judge(home, settings), sinks)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, agent.stop)
    messages.print(
        f"Camera {settings.name}; health and metrics on http://{settings.http.host}:{agent.port} "
        "(/readyz /status /metrics); Ctrl-C ends it."
    )
    told = agent.run()
    if not as_json:
        console.print(f"{told.judged} pictures judged, {told.not_judged} could not be.")
    if told.not_judged and not agent.live:
        raise typer.Exit(1)


def _printer() -> "Sink":
    """Return a sink that prints each record as a line."""
    from components.camera.sinks import Delivery, Sink
    from components.camera.state import FaultName

    class Printer(Sink):
        name: FaultName = "output"

        def send(self, delivery: Delivery) -> None:
            print_json(delivery.record)

    return Printer()
