"""The stages that make a dataset, as plain functions; then `trainings.py` and `releases.py`.

Each takes a `Run`, works below its home folder and returns a `StageResult`; `flows/` and the
command line call them. The order is `read_drawing_folder`, `generate`, `validate`. What loads Great
Expectations is imported by the stage that needs it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from components.dataset.card import DatasetCard, load_dataset
from components.dataset.generate import generate_dataset
from components.domain import SPLITS, Part
from components.errors import DatasetError, DrawingError
from components.files import fingerprint, source_fingerprint, write_json, write_text
from components.geometry.drawing import counted, drawing_to_json
from components.geometry.drawing_files import drawing_digest, find_drawings
from components.geometry.dxf_reader import read_drawings
from components.geometry.parts_file import read_parts, write_parts
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.home import Home
from components.inspection.baseline.templates import INDEX, templates_intact, write_templates
from components.operations.stages.lock import hold_home
from components.operations.stages.metrics import reported
from components.operations.stages.running import Figures, StageResult, input_sha256, run_stage
from components.progress import Progress
from components.settings.base import Profile
from components.settings.data import DataSettings
from components.settings.drawings import DrawingSettings
from components.settings.validation import ValidationSettings
from components.visualization.contact_sheet import write_contact_sheets
from components.visualization.drawing_report import write_drawing_report


@dataclass(frozen=True, slots=True)
class Run:
    """What a run of the pipeline is about.

    Attributes:
        home: Where everything lies.
        drawings: Folder with the DXF files.
        profile: How much work.
        seed: Decides everything random.
    """

    home: Home
    drawings: Path
    profile: Profile
    seed: int


def open_run(home: Path, drawings: Path | None, profile: Profile, seed: int) -> Run:
    """Return a run after preparing its home folder.

    Args:
        home: Folder in which everything lies; made if it is missing.
        drawings: Folder with the DXF files; None for the home folder's own.
        profile: How much work.
        seed: Decides everything random.

    Raises:
        HomeError: If the home folder cannot be used or another process works in it.
    """
    place = Home(home.resolve())
    place.prepare()
    hold_home(place)
    return Run(place, drawings.resolve() if drawings else place.drawings, profile, seed)


def joined_run(home: Path, profile: Profile, seed: int) -> Run:
    """Return the run of a process that helps another, which has opened the home folder.

    Args:
        home: As the other's.
        profile: As the other's.
        seed: As the other's.
    """
    place = Home(home.resolve())
    return Run(place, place.drawings, profile, seed)


def known_parts(home: Home) -> list[Part]:
    """Return the parts of the drawings that were read last.

    Raises:
        DatasetError: If no drawings were read yet.
    """
    if not home.parts.exists():
        raise DatasetError(
            f"{home.parts}: no drawings were read yet; start with `dxfvision generate` or "
            "`dxfvision run`"
        )
    return read_parts(home.parts)


def similarity_file(home: Home) -> Path:
    """Path of what the comparison of the drawings found, for the model's card."""
    return home.reports / "similarity.json"


@reported("read-drawings")
def read_drawing_folder(run: Run, progress: Progress) -> StageResult:
    """Read the drawings; their parts go to `home.parts`, their templates to `home.templates`.

    A drawing that cannot be read is named in the figures and left out. The doctor's page and
    records go to the reports folder.

    Raises:
        DrawingError: If the folder is missing or empty, or no drawing gave a part.
    """
    settings = DrawingSettings.load(run.home.configs, run.profile)
    paths = find_drawings(run.drawings)
    records_file, page = (run.home.reports / f"drawings.{kind}" for kind in ("jsonl", "html"))
    index = run.home.templates / INDEX
    key = fingerprint(
        {
            str(path.relative_to(run.drawings)): drawing_digest(path, settings.max_file_mib * 2**20)
            for path in paths
        },
        settings,
        source_fingerprint(
            "geometry",
            "inspection/baseline/templates.py",
            "visualization/drawing_report.py",
            "visualization/drawing_pictures.py",
            "visualization/drawings.html.j2",
            "domain.py",
        ),
    )

    def work() -> Figures:
        drawings = read_drawings(paths, settings, progress)
        parts = [part for drawing in drawings for part in drawing.parts]
        records = [drawing_to_json(drawing) for drawing in drawings]
        if not parts:
            faults = "; ".join(f"{record['file']}: {record['reason']}" for record in records)
            raise DrawingError(f"{run.drawings}: no drawing can be used: {faults}")
        similarity = similarity_report(parts, progress=progress)
        write_text(records_file, "".join(json.dumps(record) + "\n" for record in records))
        write_drawing_report(page, drawings, similarity)
        write_templates(run.home.templates, parts)
        write_parts(run.home.parts, parts)
        compared = similarity_to_json(similarity)
        write_json(similarity_file(run.home), compared)
        return {
            "summary": drawings_summary(records),
            "drawings": records,
            "similarity": compared,
        }

    outputs = [run.home.parts, records_file, page, index, similarity_file(run.home)]
    damaged = not templates_intact(run.home.templates)
    return run_stage(run.home, "read-drawings", key, outputs, work, always=damaged)


def drawings_summary(records: Sequence[Mapping[str, Any]]) -> str:
    """Return a sentence that counts the parts and names every drawing that was left out."""
    parts = sum(len(record["parts"]) for record in records)
    text = f"{counted(parts, 'part')} from {counted(len(records), 'drawing')}"
    rejected = [
        f"{record['file']} ({record['reason']})"
        for record in records
        if record["verdict"] == "rejected"
    ]
    return f"{text}; left out: {', '.join(rejected)}" if rejected else text


def dataset_sheet(home: Home) -> Path:
    """Path of the picture that shows generated samples with their labels."""
    return home.reports / "dataset" / "train_labels.png"


def data_settings(run: Run, spread: Mapping[str, object]) -> DataSettings:
    """Return the settings of the dataset.

    Args:
        run: Whose home folder and profile.
        spread: `executor`, `workers` and `dask_scheduler` where they differ from the settings: they
            decide who works, not what is made.
    """
    settings = DataSettings.load(run.home.configs, run.profile)
    return settings.model_copy(update=dict(spread))


@reported("generate")
def generate(
    run: Run, progress: Progress, spread: Mapping[str, object] = MappingProxyType({})
) -> StageResult:
    """Render the dataset of the drawings that were read.

    An interrupted one is completed; a finished one whose files were changed is made again.

    Args:
        run: What the run is about.
        progress: Is told of each finished shard.
        spread: As for `data_settings`.
    """
    home = run.home
    parts = known_parts(home)
    settings = data_settings(run, spread)
    earlier = finished_dataset(home)
    card = generate_dataset(parts, home, settings, run.seed, progress)
    sheets = contact_sheets(home, card)
    # A card written anew tells other times.
    skipped = card == earlier and sheets.skipped
    splits = [
        {"split": split, "pictures": card.images[split]} | card.instances[split] for split in SPLITS
    ]
    figures = {
        "summary": f"{counted(card.total, 'picture')} of {counted(len(card.labels), 'part')}, "
        f"{card.images_per_second:.0f} a second ({card.executor}, {card.workers} workers)",
        "splits": splits,
    }
    return StageResult("generate", card.fingerprint, skipped, card.seconds, figures)


def contact_sheets(home: Home, card: DatasetCard) -> StageResult:
    """Write the contact sheets of a dataset unless they are there and show this very one."""
    key = fingerprint(
        card.fingerprint,
        source_fingerprint("visualization/contact_sheet.py", "geometry/masks.py"),
    )
    outputs = [
        home.reports / "dataset" / f"{split}_{kind}.png"
        for split in SPLITS
        if card.images[split]
        for kind in ("pictures", "labels")
    ]

    def work() -> Figures:
        return {"summary": f"{len(write_contact_sheets(home))} contact sheets"}

    return run_stage(home, "contact-sheets", key, outputs, work)


def finished_dataset(home: Home) -> DatasetCard | None:
    """Return the card of the finished dataset, None if there is none."""
    try:
        return load_dataset(home)
    except DatasetError:
        return None


@reported("validate")
def validate(run: Run, progress: Progress, always: bool = False, deep: bool = False) -> StageResult:
    """Check the dataset against its expectations.

    Args:
        run: Whose dataset.
        progress: Told of measured pictures and judged tables.
        always: Look again even if dataset and expectations are unchanged: a picture that was
            changed on the disk is found only by looking.
        deep: Before that compare every byte with what was written, statistics included, and look
            for files too many.

    Raises:
        DatasetError: If there is no finished dataset.
        ValidationError: Naming the failed expectations and the first rows that break them, or
            each file that is not as it was written.
    """
    from components.validation.deep import require_untouched
    from components.validation.report import (
        check_rows,
        report_folder,
        require_passed,
        validate_dataset,
    )

    home = run.home
    if deep:
        require_untouched(home)
    settings = ValidationSettings.load(home.configs, run.profile)
    key = fingerprint(
        load_dataset(home).fingerprint,
        input_sha256(home.manifest, DatasetError, "dxfvision generate"),
        settings,
        source_fingerprint("validation", "dataset", "geometry/masks.py", "domain.py"),
    )
    outputs = [report_folder(home) / name for name in ("report.json", "report.html")]

    def work() -> Figures:
        report = validate_dataset(home, settings, progress)
        require_passed(report)
        warnings = f", {len(report.warnings)} warnings" if report.warnings else ""
        return {
            "summary": f"{report.ran} expectations ran and hold{warnings}"
            + (", every byte is as it was written" if deep else ""),
            "expectations": check_rows(report),
        }

    return run_stage(home, "validate", key, outputs, work, always)
