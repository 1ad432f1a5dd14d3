"""The verb `autolabel`: frames of the user's camera become labelled samples."""

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
from components.home import Home

if TYPE_CHECKING:
    from components.dataset.card import DatasetCard

FramesOption = Annotated[
    Path | None,
    typer.Option(
        "--frames", help="Pictures; the home folder's data/raw/images if not given.", metavar="DIR"
    ),
]
GenericOption = Annotated[
    bool,
    typer.Option(
        "--generic", help="Take the generic weights and the drawings that were read last."
    ),
]
ApplyOption = Annotated[
    Path | None,
    typer.Option(
        "--apply", help="Make samples of the frames that this list accepts.", metavar="LIST"
    ),
]
AcceptOption = Annotated[
    bool,
    typer.Option("--accept-all", help="Make samples of all frames that fit, without a review."),
]


def add_to(app: typer.Typer) -> None:
    """Add the verb of this module."""
    app.command("autolabel")(friendly(autolabel))


def autolabel(
    home: HomeOption = Path(),
    frames: FramesOption = None,
    generic: GenericOption = False,
    apply: ApplyOption = None,
    accept_all: AcceptOption = False,
    as_json: JsonOption = False,
) -> None:
    """Label frames in which every part fits its drawing tightly; review, then apply the list.

    The first call writes a review sheet; the second, with --apply, makes samples of what was
    accepted. Training then shows them beside the generated scenes.
    """
    if apply is not None and (accept_all or generic or frames is not None):
        raise typer.BadParameter("--apply goes with --home and --json alone")
    place = open_home(home)
    from components.operations.stages.lock import hold_home

    hold_home(place)
    if apply is None:
        _label(place, frames, generic, as_json)
    if apply is not None or accept_all:
        _tell_samples(place, _applied(place, apply), as_json)


def _label(place: Home, frames: Path | None, generic: bool, as_json: bool) -> None:
    """Label frames and say where the review sheet is."""
    from components.inspection.inspector import Inspector
    from components.operations.improvement.labelling import REVIEW_NAME, label_frames
    from components.operations.pipeline.inspectors import open_engine
    from components.settings.labelling import LabellingSettings
    from components.visualization.label_review import PAGE_NAME

    settings = LabellingSettings.load(place.configs)
    with progress_bars() as bars:
        detector, version = open_engine(place, "registered", generic, bars)
        if not isinstance(detector, Inspector):
            raise TypeError(f"expected an inspector, got {type(detector).__name__}")
        found = label_frames(place, detector, settings, frames or place.photos, bars)
    page, review = place.autolabel / PAGE_NAME, place.autolabel / REVIEW_NAME
    if as_json:
        print_json(
            {
                "model": version,
                "tight": len(found.tight),
                "refused": {str(each.frame): each.reasons for each in found.refused},
                "labels": sum(len(sample.annotations) for sample in found.tight),
                "review": page,
                "list": review,
            }
        )
        return
    rows = [{"frame": each.frame.name, "why": "; ".join(each.reasons)} for each in found.refused]
    if rows:
        print_table("Not labelled", rows)
    console.print(f"{len(found.tight)} frames labelled. Look at them: {page}", soft_wrap=True)
    console.print(f"Then: dxfvision autolabel --apply {review}", soft_wrap=True)


def _applied(place: Home, review: Path | None) -> "DatasetCard":
    """Return the card of the dataset that a list makes; without one of all frames."""
    from components.operations.improvement.labelling import apply_review
    from components.operations.improvement.review import read_review
    from components.operations.pipeline.jobs import known_parts

    return apply_review(place, known_parts(place), read_review(review) if review else None)


def _tell_samples(place: Home, card: "DatasetCard", as_json: bool) -> None:
    folder = place.labelled.root
    if as_json:
        print_json({"samples": card.images, "instances": card.instances, "folder": folder})
        return
    rows = [
        {"split": split, "frames": card.images[split], "labels": sum(counts.values())}
        for split, counts in card.instances.items()
    ]
    print_table(str(folder), rows)
