"""A small real dataset and a small real training on it, made once."""

import shutil
from pathlib import Path

import pytest

from components.dataset.generate import generate_dataset
from components.dataset.manifest import read_manifest
from components.domain import Part, Sample
from components.home import Home
from components.modeling.train import train
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.train import TrainSettings
from tests.unit.modeling.trainings import training
from tests.unit.strategies import part, plate_with_hole, regular, square

STEPS = 8


@pytest.fixture(scope="session")
def parts() -> list[Part]:
    """A plate with a hole, a frame and a disc."""
    return [
        plate_with_hole(),
        part("frame", square(80.0), square(60.0)),
        part("disc", regular(60, 30.0)),
    ]


@pytest.fixture(scope="session")
def settings() -> TrainSettings:
    """Eight steps of four small crops, the last two of whole pictures."""
    tiny = TrainSettings.load(None, "tiny")
    crops = tiny.crops.model_copy(
        update={"size_px": 64, "whole_sizes_px": ((96, 64),), "whole_share": 0.25}
    )
    prediction = tiny.prediction.model_copy(update={"long_side_px": 128, "score_threshold": 0.2})
    changes = {"steps": STEPS, "crops": crops, "prediction": prediction, "from_scratch": True}
    return tiny.model_copy(update=changes)


@pytest.fixture(scope="session")
def dataset_home(tmp_path_factory: pytest.TempPathFactory, parts: list[Part]) -> Home:
    """Forty pictures of 128 x 96; read it, never write to it."""
    changes = {"images": 40, "width_px": 128, "height_px": 96, "executor": "sequential"}
    settings = DataSettings.load(None, "tiny").model_copy(update=changes)
    home = Home(tmp_path_factory.mktemp("dataset"))
    generate_dataset(parts, home, settings, 5, SilentProgress())
    return home


@pytest.fixture
def home(dataset_home: Home, tmp_path: Path) -> Home:
    """A copy of the dataset to train in."""
    shutil.copytree(dataset_home.root, tmp_path / "home")
    return Home(tmp_path / "home")


@pytest.fixture(scope="session")
def trained_home(
    dataset_home: Home,
    tmp_path_factory: pytest.TempPathFactory,
    parts: list[Part],
    settings: TrainSettings,
) -> Home:
    """The dataset with a finished training; read it, never write to it."""
    root = tmp_path_factory.mktemp("trained") / "home"
    shutil.copytree(dataset_home.root, root)
    train(training(Home(root), parts, settings), SilentProgress())
    return Home(root)


@pytest.fixture(scope="session")
def samples(dataset_home: Home) -> list[Sample]:
    """All samples of the dataset."""
    return list(read_manifest(dataset_home.manifest))
