"""A small home folder with a dataset, its statistics and a released model, made once."""

import json
from typing import get_args

import numpy as np
import pytest

from components.dataset.card import load_dataset
from components.dataset.exports import coco_paths
from components.dataset.generate import generate_dataset
from components.dataset.manifest import read_manifest
from components.domain import Contour, Part
from components.files import file_sha256, write_json
from components.geometry.parts_file import write_parts
from components.geometry.resemblance import similarity_to_json
from components.geometry.similarity import similarity_report
from components.home import Home
from components.inspection.opening import open_inspector
from components.inspection.pose_figures import PoseMeter
from components.inspection.pose_truth import read_poses
from components.modeling.card_figures import DatasetFacts, held_out_figures
from components.modeling.defect_card import (
    DefectFigure,
    DefectFigures,
    DefectKindFigures,
    ShareFigure,
)
from components.modeling.evaluate import evaluate_split
from components.modeling.model_card import (
    CARD_NAME,
    ModelCard,
    Offer,
    read_card,
    read_similarity,
    write_card,
)
from components.modeling.registry import ModelRegistry
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.inspection import InspectionSettings
from components.settings.measure import FaultName
from components.validation.layout import Whole
from components.validation.statistics import measure_dataset, write_tables
from components.visualization.evaluation_report import PoseRecord, write_evaluation, write_poses
from tests.bundles import PARTS, make_bundle

VAL_MAP = 0.1234567891234
KINDS = get_args(FaultName)


def make_dataset(home: Home, parts: list[Part]) -> None:
    """Write thirty small pictures of some parts, what was read of the drawings, and statistics."""
    changes = {"images": 30, "width_px": 160, "height_px": 120, "executor": "sequential"}
    settings = DataSettings.load(None, "tiny").model_copy(update=changes)
    card = generate_dataset(parts, home, settings, 5, SilentProgress())
    whole = Whole(card.labels, card.total, card.files)
    samples = read_manifest(home.manifest)
    write_tables(home, measure_dataset(home, samples, whole, 1, SilentProgress()))
    write_parts(home.parts, parts)
    alike = similarity_to_json(similarity_report(parts, progress=SilentProgress()))
    write_json(home.reports / "similarity.json", alike)


def make_model(home: Home) -> None:
    """Release a model whose card, log and evaluation belong to the dataset."""
    bundle = make_bundle(home.exported)
    inspector = open_inspector(bundle, InspectionSettings.load(home.configs))
    images, coco = home.images("test"), coco_paths(home, "test")[0]
    meter = PoseMeter(inspector, read_poses(coco), 0.3)
    found = evaluate_split(home, meter, "test", SilentProgress())
    card = read_card(bundle / CARD_NAME)
    poses = meter.figures(inspector.registrar.parts, inspector.symmetries)
    folder = home.reports / "evaluation"
    write_evaluation(found, images, coco, inspector, folder)
    write_poses(folder, PoseRecord(card.onnx_sha256, poses))
    dataset = load_dataset(home)
    facts = DatasetFacts(
        fingerprint=dataset.fingerprint,
        seed=dataset.seed,
        pictures=dataset.images,
        settings=dataset.settings,
    )
    names = {"map": found.map, "map50": found.map50, "agnostic_map": found.agnostic_map}
    metrics = {f"test_registered_{name}": value for name, value in names.items()}
    changes = {
        "dataset_fingerprint": file_sha256(home.manifest),
        "dataset": facts,
        "test": held_out_figures(found, file_sha256(coco), "a processor"),
        "metrics": metrics | {"val_map": VAL_MAP, "test_map": 0.25},
        "similarity": read_similarity(home.reports / "similarity.json"),
        "offers": (offer(card),),
        "commit": "0123456789ab",
        "settings": {"from_scratch": False, "minutes": 0.5},
        "training_steps": 90,
    }
    write_card(bundle / CARD_NAME, card.model_copy(update=changes))
    registry = ModelRegistry(home.registry)
    registry.promote(registry.register(bundle).version)


def offer(card: ModelCard) -> Offer:
    return Offer(
        precision="fp32",
        runtime="onnxruntime",
        file="model.onnx",
        sha256=card.onnx_sha256,
        size_bytes=1_500_000,
        network_ms=7.5,
        val_map=0.4,
        val_agnostic_map=0.5,
        parity=card.parity,
    )


def write_log(home: Home) -> None:
    """Write a training log whose last validation is the one on the card."""
    terms = dict.fromkeys(("sight", "seam", "label", "centre", "offset"), 0.5)
    lines = [
        {"step": s, "seconds": float(s), "rate": 0.5, "loss": 9.0 / s, **terms}
        for s in range(10, 100, 10)
    ]
    figures = {"val_map": VAL_MAP, "val_agnostic_map": 0.4, "val_miou": 0.8}
    lines.append({"step": 90, "seconds": 90.0, "validation": figures})
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (home.reports / "training.jsonl").write_text(text)
    record = {"file": "/somewhere/plate & ring.dxf", "parts": [{"name": p.name} for p in PARTS]}
    (home.reports / "drawings.jsonl").write_text(json.dumps(record) + "\n")


def share(count: int, of: int) -> ShareFigure:
    return ShareFigure(count=count, of=of, share=count / of, low=0.0, high=1.0)


def defects() -> DefectFigures:
    """What a benchmark of faults found: nine of ten holes of 1 mm, none of 0.5 mm."""
    points = tuple(
        DefectFigure(size_mm=s, found=share(n, 10), named=share(n, 10), doubt=share(0, 10))
        for s, n in ((0.5, 0), (1.0, 9))
    )
    kinds = tuple(DefectKindFigures(kind=k, smallest_mm=1.0, points=points) for k in KINDS)
    return DefectFigures(
        px_per_mm=4.0,
        seed=0,
        least_detection=0.9,
        false_alarms=share(1, 20),
        doubt=share(0, 20),
        kinds=kinds,
    )


def tab() -> Part:
    """A plate that differs from `plate` by a hole."""
    turn = np.linspace(0.0, 2.0 * np.pi, 24, endpoint=False)
    hole = Contour(2.0 * np.column_stack([np.cos(turn), np.sin(turn)]))
    return Part("tab", PARTS[0].outline, (hole,))


@pytest.fixture(scope="session")
def dataset_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A dataset of a plate, the same plate with a hole, and a ring; no model."""
    home = Home(tmp_path_factory.mktemp("dataset"))
    make_dataset(home, [*PARTS, tab()])
    return home


@pytest.fixture(scope="session")
def model_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A dataset of a plate and a ring and a champion that was trained on it, as far as told."""
    home = Home(tmp_path_factory.mktemp("model"))
    make_dataset(home, list(PARTS))
    make_model(home)
    write_log(home)
    return home


@pytest.fixture(scope="session")
def defect_figures() -> DefectFigures:
    return defects()
