"""The verb `bench serve`: how fast the service is and what it stands."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    console,
    open_home,
    print_json,
    print_table,
)
from components.files import plain
from components.home import Home
from components.settings.serve import ServeSettings

if TYPE_CHECKING:
    from components.operations.serve_bench.speed import Speed
    from components.operations.serve_bench.swaps import Swaps

PACKAGES = ("dxfvision", "bentoml", "onnxruntime", "numpy", "opencv-python-headless", "uvicorn")
MEASUREMENTS = ("speed", "overload", "swaps", "soak", "leak")
SWAP_CLIENTS = 20
MOST_OVERHEAD, LEAST_THROUGHPUT = 1.25, 0.9

"""Bounds on p50 and p99 of one client, and on pictures a second, against the work in process."""

WhatOption = Annotated[
    str,
    typer.Option(
        "--what",
        help="Out of speed, overload, swaps, soak and leak: a soak with a leak planted, which must "
        "be found.",
        metavar="A,B",
    ),
]
ImageOption = Annotated[
    Path | None,
    typer.Option(
        "--image",
        help="What is sent; the champion's first golden picture as JPEG of 640x480 if not given.",
        metavar="FILE",
    ),
]
RequestsOption = Annotated[
    int, typer.Option("--requests", min=20, help="Of one client, to each server.")
]
ClientsOption = Annotated[int, typer.Option("--clients", min=1, max=200, help="At a time.")]
RoundsOption = Annotated[int, typer.Option("--rounds", min=1, help="Of throughput.")]
SecondsOption = Annotated[
    float, typer.Option("--seconds", min=1, help="Of a round of throughput, and of overload.")
]
SwapsOption = Annotated[int, typer.Option("--swaps", min=1, help="Promotions under 20 clients.")]
SoakOption = Annotated[
    float, typer.Option("--soak-minutes", min=0.2, help="How long a soak takes.")
]


def bench_serve(
    home: HomeOption = Path(),
    what: WhatOption = "speed",
    image: ImageOption = None,
    requests: RequestsOption = 300,
    clients: ClientsOption = 8,
    rounds: RoundsOption = 5,
    seconds: SecondsOption = 10.0,
    swaps: SwapsOption = 100,
    soak_minutes: SoakOption = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Measure the service of the champion: speed, overload, swaps, a soak.

    Nothing below the home folder is changed. Exit code 1 if a bound is missed.
    """
    from components.operations.serve_bench.endurance import overload
    from components.operations.serve_bench.speed import SpeedPlan, measure_speed
    from components.operations.stages.machine import this_machine
    from components.serving.launch import running_service

    wanted = _measurements(what)
    place = open_home(home, writable=False)
    settings = _unlimited(ServeSettings.load(place.configs))
    data = _picture(place, image)
    machine = this_machine(PACKAGES)
    found: dict[str, Any] = {}
    if "speed" in wanted:
        plan = SpeedPlan(requests, clients, seconds, rounds)
        speed = measure_speed(place, settings, data, plan)
        found["speed"] = plain(speed) | {"passed": _fast_enough(speed)}
    if "overload" in wanted:
        with running_service(place, settings, recording=False) as url:
            found["overload"] = plain(overload(url, data, seconds, clients))
    if "swaps" in wanted:
        found["swaps"] = plain(_swapped(place, settings, data, swaps))
    for name in ("soak", "leak"):
        if name in wanted:
            found[name] = _soaked(place, settings, data, soak_minutes, clients, name == "leak")
    if as_json:
        print_json({"machine": plain(machine), "picture_bytes": len(data)} | found)
    else:
        console.print(f"{machine.processor}, {machine.cores} cores, commit {machine.commit}")
        _print_tables(found)
    if not all(record["passed"] for record in found.values()):
        raise typer.Exit(1)


def _measurements(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in MEASUREMENTS:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(MEASUREMENTS)}")
    return names


def _unlimited(settings: ServeSettings) -> ServeSettings:
    """Return settings without access rules: all clients are this process."""
    from components.settings.serve import TokenHashes

    open_to_all = {
        "tokens": TokenHashes(predict=(), operate=()),
        "tokens_file": None,
        "public_metrics": True,
        "requests_per_s": 1e6,
        "burst": 1_000_000,
    }
    access = settings.access.model_copy(update=open_to_all)
    tls = settings.tls.model_copy(update={"certificate": None, "key": None})
    return settings.model_copy(update={"access": access, "tls": tls})


def _picture(place: Home, image: Path | None) -> bytes:
    """Return what is sent: a given file as it is, or a golden picture as JPEG of 640x480."""
    import cv2

    from components.modeling.pictures import TRUSTED_MAX_PIXELS, read_picture
    from components.operations.pipeline.inspectors import picture_bytes
    from components.operations.pipeline.releases import champion_of
    from components.serving.golden import read_expected

    if image is not None:
        return picture_bytes(image)
    golden = min(read_expected(champion_of(place).path))
    small = cv2.resize(read_picture(golden, TRUSTED_MAX_PIXELS), (640, 480))
    quality = [cv2.IMWRITE_JPEG_QUALITY, 95]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), quality)
    return data.tobytes()


def _swapped(place: Home, settings: ServeSettings, data: bytes, swaps: int) -> "Swaps":
    from components.operations.serve_bench.swaps import swap, swapping_home
    from components.serving.launch import running_service

    with swapping_home(place) as other, running_service(other, settings) as url:
        return swap(url, other, data, swaps, SWAP_CLIENTS)


def _soaked(
    place: Home, settings: ServeSettings, data: bytes, minutes: float, clients: int, leaking: bool
) -> dict[str, Any]:
    """Return the record of a soak; one with a leak passes if the leak was found."""
    from components.operations.serve_bench.endurance import MOST_GROWTH_MB, leaking_command, soak
    from components.serving.launch import running_service

    command_of = leaking_command(minutes) if leaking else None
    with running_service(place, settings, command_of=command_of, recording=False) as url:
        found = soak(url, data, minutes, clients)
    record: dict[str, Any] = plain(found)
    return record | {"passed": found.growth_mb > MOST_GROWTH_MB} if leaking else record


def _fast_enough(speed: "Speed") -> bool:
    latency = speed.latency["service"]
    overhead = max(latency.p50_ratio, latency.p99_ratio)
    return overhead <= MOST_OVERHEAD and speed.throughput["service"].ratio >= LEAST_THROUGHPUT


def _print_tables(found: dict[str, Any]) -> None:
    """Print what was measured for people."""
    speed = found.get("speed")
    if speed:
        rows = [
            {"where": name} | figures | {"pictures a second": rate["per_s"], "ratio": rate["ratio"]}
            for name, figures in speed["latency"].items()
            for rate in [speed["throughput"][name]]
        ]
        print_table("One client's times, and pictures a second with all workers", rows)
        network = [
            {"pictures at once": count, "network ms a picture": spent}
            for count, spent in speed["network_ms"].items()
        ]
        print_table("What batching could gain", network)
        console.print(
            f"Wanted: p50 and p99 ratio of the service at most {MOST_OVERHEAD}, its pictures a "
            f"second at least {LEAST_THROUGHPUT} of those in process."
        )
    for name in MEASUREMENTS[1:]:
        if name in found:
            print_table(name, [found[name]])
