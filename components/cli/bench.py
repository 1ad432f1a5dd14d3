"""Verbs that measure: `bench generate`, `bench defects`, `bench serve`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from components.cli import box
from components.cli.bench_serve import bench_serve
from components.cli.defects import defects
from components.cli.output import (
    DrawingsOption,
    HomeOption,
    JsonOption,
    ProfileOption,
    console,
    friendly,
    open_home,
    print_json,
    print_table,
    progress_bars,
)
from components.files import plain
from components.home import Home
from components.settings.base import Profile
from components.settings.data import DataSettings, ExecutorName
from components.settings.drawings import DrawingSettings

if TYPE_CHECKING:
    from components.dataset.benchmark import GenerationBenchmark, Size
    from components.dataset.memory import MemoryTrend
    from components.dataset.stage_costs import Figure
    from components.domain import Part

PACKAGES = ("dxfvision", "numpy", "opencv-python-headless", "prefect-dask")
EXECUTORS: tuple[ExecutorName, ...] = get_args(ExecutorName)

ExecutorsOption = Annotated[
    str, typer.Option("--executors", help=f"Out of {', '.join(EXECUTORS)}.", metavar="A,B")
]
WorkersOption = Annotated[
    str | None,
    typer.Option("--workers", help="Workers at once; 1 to the cores if not given.", metavar="N,M"),
]
SizesOption = Annotated[
    str, typer.Option("--sizes", help="Sizes of the pictures, in pixels.", metavar="WxH,WxH")
]
ImagesOption = Annotated[int, typer.Option("--images", min=32, help="Pictures of each run.")]
MemoryOption = Annotated[
    int,
    typer.Option(
        "--memory-pictures",
        min=0,
        help="Also make so many pictures of the smallest size and tell the memory at each tenth; "
        "0 does not, 10000 take minutes.",
    ),
]
RepetitionsOption = Annotated[
    int, typer.Option("--repetitions", min=1, max=100, help="How often each is measured.")
]
ScratchOption = Annotated[
    Path | None,
    typer.Option(
        "--scratch",
        help="Folder on the disk that datasets shall go to: creating a file costs some disks more "
        "than encoding it; the system's temporary folder if not given.",
        metavar="DIR",
        exists=True,
        file_okay=False,
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the verbs of this module."""
    bench = typer.Typer(help="Measure speed, and what can be seen.", no_args_is_help=True)
    # Without it Typer makes a group of one command the command itself.
    bench.callback()(lambda: None)
    bench.command("generate")(friendly(generate))
    bench.command("defects")(friendly(defects))
    box.add_to(bench)
    bench.command("serve")(friendly(bench_serve))
    app.add_typer(bench, name="bench")


def generate(
    home: HomeOption = Path(),
    drawings: DrawingsOption = None,
    profile: ProfileOption = "standard",
    executors: ExecutorsOption = "sequential,thread,async,process",
    workers: WorkersOption = None,
    sizes: SizesOption = "320x240,640x480",
    images: ImagesOption = 640,
    repetitions: RepetitionsOption = 3,
    memory_pictures: MemoryOption = 0,
    scratch: ScratchOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how fast datasets are made, by executor and workers, and where the time goes.

    Nothing below the home folder is changed; the datasets are removed again.
    """
    from components.cli.pipeline import prepare_prefect
    from components.dataset.benchmark import Plan, benchmark_generation
    from components.operations.stages.machine import this_machine

    place = open_home(home, writable=False)
    machine = this_machine(PACKAGES)
    plan = Plan(
        executors=_executors(executors),
        workers=_workers(workers, machine.cores),
        sizes=_sizes(sizes),
        images=images,
        repetitions=repetitions,
        scratch=scratch,
        memory_images=memory_pictures,
    )
    if "dask" in plan.executors:
        prepare_prefect(place)
    parts = drawn_parts(place, drawings, profile)
    with progress_bars() as bars:
        found = benchmark_generation(parts, DataSettings.load(place.configs, profile), plan, bars)
    if as_json:
        print_json({"machine": plain(machine), **plain(found)})
        return
    console.print(
        f"{machine.processor}, {machine.cores} cores, load {found.load:.1f}, "
        f"commit {machine.commit}"
    )
    _print_tables(found)


def _executors(text: str) -> list[ExecutorName]:
    known: dict[str, ExecutorName] = {name: name for name in EXECUTORS}
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in known:
            raise typer.BadParameter(f"{name!r} is none of {', '.join(EXECUTORS)}")
    return [known[name] for name in names]


def _workers(text: str | None, cores: int) -> list[int]:
    if text is None:
        return list(range(1, cores + 1))
    if not re.fullmatch(r"[1-9]\d{0,3}(,[1-9]\d{0,3})*", text):
        raise typer.BadParameter(f"expected numbers such as 1,2,4 after --workers, got {text!r}")
    return sorted({int(number) for number in text.split(",")})


def _sizes(text: str) -> list["Size"]:
    if not re.fullmatch(r"\d{2,4}x\d{2,4}(,\d{2,4}x\d{2,4})*", text):
        raise typer.BadParameter(f"expected sizes such as 320x240,640x480, got {text!r}")
    pairs = [[int(side) for side in size.split("x")] for size in text.split(",")]
    if min(side for pair in pairs for side in pair) < 64:
        raise typer.BadParameter(f"expected sides of 64 pixels or more, got {text!r}")
    return [(width, height) for width, height in pairs]


def drawn_parts(home: Home, drawings: Path | None, profile: Profile) -> list["Part"]:
    """Return the parts of some drawings, without writing anything."""
    from components.errors import DrawingError
    from components.geometry.drawing_files import find_drawings
    from components.geometry.dxf_reader import read_drawings
    from components.progress import SilentProgress

    folder = drawings or home.drawings
    settings = DrawingSettings.load(home.configs, profile)
    found = read_drawings(find_drawings(folder), settings, SilentProgress())
    parts = [part for drawing in found for part in drawing.parts]
    if not parts:
        raise DrawingError(f"{folder}: no drawing can be used; see `dxfvision drawings {folder}`")
    return parts


def _print_tables(found: "GenerationBenchmark") -> None:
    """Print what was measured for people."""
    rows = [
        {
            "run": f"{rate.width_px}x{rate.height_px} {rate.executor} x{rate.workers}",
            "per s": _words(rate.images_per_second),
            "with start": _words(rate.whole_run),
            "per CPU-s": _words(rate.images_per_cpu_second),
            "cores had": _words(rate.cores_used),
            "speed-up": _words(rate.speed_up) if rate.speed_up else "",
        }
        for rate in found.rates
    ]
    print_table(f"Pictures: datasets of {found.images}, median of {found.repetitions}", rows)
    for cost in found.costs:
        title = f"One core, one picture of {cost.width_px}x{cost.height_px}: CPU time in ms"
        whole = {
            "stage": f"all: {_words(cost.images_per_cpu_second)} a CPU-s",
            "ms": _words(cost.total_ms),
            "share": "",
        }
        stages = [
            {"stage": name, "ms": _words(spent), "share": f"{cost.shares[name]:.0%}"}
            for name, spent in cost.stages_ms.items()
        ]
        fastest = {
            "stage": f"all, undisturbed: {1000 / cost.fastest_ms:.0f} a CPU-s",
            "ms": f"{cost.fastest_ms:.2f}",
            "share": "",
        }
        limit = {"stage": "limit: copy, encode", "ms": _words(cost.limit_ms), "share": ""}
        files = {"stage": "limit: create the files", "ms": _words(cost.files_ms), "share": ""}
        print_table(title, [*stages, whole, fastest, limit, files])
    console.print(
        "A worker process costs "
        f"{_words(found.start_seconds)} CPU-s once: imports, textures, plates. `per CPU-s` counts "
        "them for processes and dask; the others work here, where all is made already, like one "
        "core by stages. ± is the greatest less the smallest value; undisturbed: every 20 pictures "
        "at their fastest repetition."
    )
    if found.memory is not None:
        _print_memory(found.memory)


def _print_memory(trend: "MemoryTrend") -> None:
    """Print the memory of a long run."""
    rows = [
        {
            "pictures": str(point.images),
            "parent": f"{point.parent:.0f} MiB",
            "workers": f"{point.workers:.0f} MiB",
        }
        for point in trend.points
    ]
    growth = {
        "pictures": "growth per 1,000",
        "parent": f"{trend.parent_slope:+.2f} MiB",
        "workers": f"{trend.workers_slope:+.2f} MiB",
    }
    title = (
        f"Memory: {trend.images} pictures of {trend.width_px}x{trend.height_px}, {trend.executor} "
        f"x{trend.workers}, {trend.images_per_second:.0f} a second"
    )
    print_table(title, [*rows, growth])
    console.print("Shared pages count in parts; growth is that after the second tenth.")


def _words(figure: "Figure") -> str:
    """Return a figure in words.

    Examples:
        >>> from components.dataset.stage_costs import Figure
        >>> _words(Figure(123.4, 5.6)), _words(Figure(1.9, 0.05))
        ('123 ±6', '1.90 ±0.05')
    """
    digits = 0 if figure.median >= 20 else 2
    return f"{figure.median:.{digits}f} ±{figure.spread:.{digits}f}"
