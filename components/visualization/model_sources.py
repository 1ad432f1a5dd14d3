"""What a home folder still knows of one model: its bundle, and what the last run left in reports.

A model's card travels with it and is always there. Dataset, training log and evaluation are those
of the last run: they count only if they are this model's. That is decided by hashes and by figures
that the card holds to the last digit, never by file names or dates.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from components.dataset.card import DatasetCard, load_dataset
from components.domain import Part
from components.errors import DatasetError
from components.files import file_sha256
from components.geometry.parts_file import read_parts
from components.home import Home
from components.inspection.pose_figures import PoseFigures
from components.modeling.bundle_files import PARTS_NAME
from components.modeling.champion import read_champion
from components.modeling.defect_card import CURVE_NAME, DefectFigures, read_defects
from components.modeling.figures import Evaluation
from components.modeling.model_card import CARD_NAME, ModelCard, read_card
from components.modeling.notes import read_notes
from components.modeling.registry import ModelRegistry, ModelVersion
from components.modeling.training_log import read_log
from components.validation.outcome import ValidationReport
from components.validation.report import read_report
from components.validation.statistics import (
    annotations_table_path,
    changed_tables,
    images_table_path,
)
from components.visualization.evaluation_report import read_evaluation, read_pose_record

EXPORTED = "exported"
"""What is told instead of a version of a bundle that was never registered."""


@dataclass(frozen=True, slots=True, eq=False)
class DatasetView:
    """The dataset that a model was trained on.

    Attributes:
        card: What it is.
        images: Figures of each picture; empty if it was not checked.
        annotations: Figures of each object; likewise.
        checks: The last checks; None if there were none.
    """

    card: DatasetCard
    images: pd.DataFrame
    annotations: pd.DataFrame
    checks: ValidationReport | None


@dataclass(frozen=True, slots=True, eq=False)
class ModelSources:
    """All that is known of one model.

    Attributes:
        home: Where it lies.
        version: In the registry, or `exported`.
        bundle: Its folder.
        card: Of the model.
        champion: Whether it serves.
        parts: The drawings in its bundle.
        notes: What was seen of it after it was registered.
        dataset: What it was trained on; None if the home folder holds another one, or none.
        training_log: Its training; None if the log is another's.
        evaluation: Of its served answers on the test pictures; None likewise.
        poses: Errors of its poses there; None likewise or if they were never measured.
        defects: How small a fault is found.
        drawings: What was read from each drawing; empty if the last that were read are others.
    """

    home: Home
    version: str
    bundle: Path
    card: ModelCard
    champion: bool
    parts: tuple[Part, ...]
    notes: dict[str, Any]
    dataset: DatasetView | None
    training_log: Path | None
    evaluation: Evaluation | None
    poses: PoseFigures | None
    defects: DefectFigures | None
    drawings: tuple[dict[str, Any], ...]


def sources_of(home: Home, version: str | None = None) -> ModelSources:
    """Collect what is known of a model.

    Args:
        home: Where it lies.
        version: Its name or the beginning of it; the champion if None, and the exported bundle if
            nothing was registered yet.

    Raises:
        ModelError: If there is no such model or a record about it is damaged.
        DrawingError: If the drawings in its bundle cannot be read.
    """
    found = _version(home, version)
    bundle = found.path if found else home.exported
    card = found.card if found else read_card(home.exported / CARD_NAME)
    name = found.version if found else EXPORTED
    champion = read_champion(ModelRegistry(home.registry).champion_file)
    evaluation = read_evaluation(home.reports / "evaluation")
    is_its = evaluation is not None and _same(card, "test_registered_map", evaluation.map)
    poses = read_pose_record(home.reports / "evaluation")
    log = home.reports / "training.jsonl"
    return ModelSources(
        home=home,
        version=name,
        bundle=bundle,
        card=card,
        champion=champion is not None and champion.version == name,
        parts=tuple(read_parts(bundle / PARTS_NAME)),
        notes=read_notes(home.registry, name),
        dataset=_dataset(home, card),
        training_log=log if _is_log_of(log, card) else None,
        evaluation=evaluation if is_its else None,
        poses=poses.figures if poses and poses.onnx_sha256 == card.onnx_sha256 else None,
        defects=card.defects or _defects(home, card),
        drawings=_drawings(home, card),
    )


def _version(home: Home, version: str | None) -> ModelVersion | None:
    registry = ModelRegistry(home.registry)
    return registry.champion() if version is None else registry.get(version)


def _same(card: ModelCard, metric: str, value: float | None) -> bool:
    """Return whether a card holds a figure, to the last digit."""
    return value is not None and card.metrics.get(metric) == value


def _is_log_of(log: Path, card: ModelCard) -> bool:
    checks = [line for line in read_log(log) if "validation" in line]
    return bool(checks) and _same(card, "val_map", checks[-1]["validation"].get("val_map"))


def _dataset(home: Home, card: ModelCard) -> DatasetView | None:
    """Return the home folder's dataset if the model was trained on it."""
    if not home.manifest.is_file() or file_sha256(home.manifest) != card.dataset_fingerprint:
        return None
    checked = images_table_path(home).is_file() and not changed_tables(home)
    tables = [
        pd.read_parquet(path) if checked else pd.DataFrame()
        for path in (images_table_path(home), annotations_table_path(home))
    ]
    return DatasetView(load_dataset(home), tables[0], tables[1], _checks(home))


def _checks(home: Home) -> ValidationReport | None:
    try:
        return read_report(home)
    except DatasetError:
        return None


def _defects(home: Home, card: ModelCard) -> DefectFigures | None:
    """Return what was measured after the export, if the home folder's drawings are the model's."""
    drawings = _drawings(home, card)
    return read_defects(home.defects / CURVE_NAME) if drawings else None


def _drawings(home: Home, card: ModelCard) -> tuple[dict[str, Any], ...]:
    """Return the records of the drawings that were read last, if their parts are the model's."""
    path = home.reports / "drawings.jsonl"
    try:
        records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        names = {part["name"] for record in records for part in record["parts"]}
    except (OSError, ValueError, KeyError, TypeError):
        return ()
    return tuple(records) if names == set(card.labels) else ()
