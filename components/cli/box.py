"""The verb `bench box`: what this machine can do, and what shall run the network on it."""

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from components.cli.output import (
    HomeOption,
    JsonOption,
    console,
    friendly,
    open_home,
    print_json,
    print_table,
    progress_bars,
)
from components.files import plain, write_text

if TYPE_CHECKING:
    from components.operations.box.ways import Result

SecondsOption = Annotated[
    int,
    typer.Option("--warm-seconds", min=0, max=3600, help="Load on all cores; 0 leaves it out."),
]
SizesOption = Annotated[
    str | None,
    typer.Option("--sizes", help="Longer sides of the network's picture, px.", metavar="N,M"),
]
ImagesOption = Annotated[
    Path | None,
    typer.Option("--images", help="Pictures; the validation split's if not given.", metavar="DIR"),
]
PageOption = Annotated[
    Path | None, typer.Option("--page", help="Write all figures here, Markdown.", metavar="FILE")
]
ChooseOption = Annotated[
    bool,
    typer.Option("--choose/--no-choose", help="Write the choice to the home's serve_config.yaml."),
]


def add_to(bench: typer.Typer) -> None:
    """Add the verb of this module to the group `bench`."""
    bench.command("box")(friendly(measure_box))


def measure_box(
    home: HomeOption = Path(),
    warm_seconds: SecondsOption = 60,
    sizes: SizesOption = None,
    images: ImagesOption = None,
    page: PageOption = None,
    choose: ChooseOption = True,
    as_json: JsonOption = False,
) -> None:
    """Measure this machine and every library that can run the champion on it, and choose.

    The service, `predict`, `inspect` and `camera` use what was chosen from their next start on.
    """
    from components.operations.box.bench import measured_ways, some_pictures, ways
    from components.operations.box.choice import chosen
    from components.operations.box.libraries import MEASURED
    from components.operations.box.machine import measured_box
    from components.operations.box.page import box_page, write_choice
    from components.operations.pipeline.releases import champion_of
    from components.operations.stages.machine import this_machine
    from components.settings.serve import ServeSettings

    place = open_home(home, writable=False)
    settings = ServeSettings.load(place.configs)
    model = champion_of(place)
    shown = sorted(images.glob("*.*"))[:8] if images else some_pictures(place)
    own = model.card.prediction.long_side_px
    box = measured_box(Path(tempfile.gettempdir()), warm_seconds)
    machine = this_machine([library.distribution for library in MEASURED])
    threads = sorted({1, *(2**n for n in range(8) if 2**n <= box.cores), box.cores})
    plan = ways(model.card, _sizes(sizes, own), threads, place.checkpoint.exists())
    with progress_bars() as bars:
        bars.begin("measuring libraries", len(plan), "ways")
        results = measured_ways(model, place.checkpoint, plan, shown, bars)
        bars.end()
    choice = chosen(results, own, settings.workers, box.cores)
    if page is not None:
        write_text(page, box_page(machine, box, results, choice))
    path = write_choice(place.configs, choice, machine.time) if choose else None
    if as_json:
        facts = {"machine": machine, "box": box, "results": results, "choice": choice}
        print_json({name: plain(value) for name, value in facts.items()})
        return
    figures = {key: value for key, value in plain(box).items() if key not in ("simd", "warmth")}
    print_table(machine.processor, [figures | {"simd": " ".join(box.simd)}])
    if box.warmth is not None:
        print_table("Under load on all cores", [plain(box.warmth)])
    print_table(f"The champion {model.version}, network alone", [_row(each) for each in results])
    for reason in choice.reasons:
        console.print(f"- {reason}")
    if path is not None:
        console.print(f"Written to {path}")


def _sizes(text: str | None, own: int) -> list[int]:
    if text is None:
        return [own]
    if not re.fullmatch(r"[1-9]\d{1,3}(,[1-9]\d{1,3})*", text):
        raise typer.BadParameter(f"expected sizes such as 320,448 after --sizes, got {text!r}")
    # The champion's own is the one that is chosen for.
    return sorted({own, *(int(size) for size in text.split(","))}, key=lambda size: size != own)


def _row(result: "Result") -> dict[str, object]:
    """Return what a table shows of one way."""
    way, found, parity = result.way, result.figures, result.parity
    row: dict[str, object] = {
        "library": way.library,
        "precision": way.precision,
        "size px": way.size,
        "threads": way.threads,
    }
    if found is None or parity is None:
        return row | {
            "ms": None, "CPU ms": None, "per s": None, "memory MB": None, "same label": None,
            "mask IoU": result.refused,
        }  # fmt: skip
    return row | {
        "ms": found.median_ms,
        "CPU ms": found.cpu_ms,
        "per s": found.per_s,
        "memory MB": found.memory_mb,
        "same label": parity.same_label,
        "mask IoU": parity.mean_mask_iou,
    }
