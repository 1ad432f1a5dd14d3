"""Any changed byte of any file is found, and so are files that are missing or too many."""

import random
import shutil
from pathlib import Path

import pytest

from components.dataset.generate import generate_dataset, remove_dataset
from components.errors import DatasetError, PipelineError, ValidationError
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.settings.validation import ValidationSettings
from components.validation.deep import require_untouched
from components.validation.report import report_folder, validate_dataset
from tests.unit.strategies import part, plate_with_hole, square

SEED = 3
BITS_PER_FILE = 3


def data_settings() -> DataSettings:
    changes = {"images": 8, "width_px": 96, "height_px": 72, "executor": "sequential"}
    return DataSettings.load(None, "tiny").model_copy(update=changes)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home"))
    parts = [part("square", square(50.0)), plate_with_hole()]
    generate_dataset(parts, home, data_settings(), SEED, SilentProgress())
    settings = ValidationSettings.load(None, "tiny").model_copy(update={"workers": 1})
    validate_dataset(home, settings, SilentProgress())
    return home


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    shutil.copytree(made.root / "data", tmp_path / "data", symlinks=True)
    return Home(tmp_path)


def dataset_files(home: Home) -> list[Path]:
    return sorted(path for path in (home.root / "data").rglob("*") if path.is_file())


def test_dataset_as_it_was_written_is_sound(home: Home) -> None:
    require_untouched(home)
    assert not (report_folder(home) / "deep.txt").exists()


def test_every_changed_bit_of_every_file_is_found_and_the_file_named(home: Home) -> None:
    files = dataset_files(home)
    kinds = {path.suffix for path in files}
    assert kinds == {".jpg", ".png", ".txt", ".json", ".jsonl", ".yaml", ".parquet"}
    chance = random.Random(1)
    for path in files:
        sound = path.read_bytes()
        for _ in range(BITS_PER_FILE if sound else 0):
            changed = bytearray(sound)
            changed[chance.randrange(len(sound))] ^= 1 << chance.randrange(8)
            path.write_bytes(bytes(changed))
            with pytest.raises(PipelineError) as caught:
                require_untouched(home)
            assert str(path) in str(caught.value)
        path.write_bytes(sound)
    require_untouched(home)


def test_every_missing_file_is_found_and_named(home: Home) -> None:
    for path in dataset_files(home):
        content = path.read_bytes()
        path.unlink()
        with pytest.raises(PipelineError) as caught:
            require_untouched(home)
        assert str(path) in str(caught.value)
        path.write_bytes(content)


@pytest.mark.parametrize(
    "folder",
    ["processed", "processed/train/images", "processed/val/masks", "processed/new",
     "annotations/coco", "annotations/yolo", "annotations/yolo/labels/test"],
)  # fmt: skip
def test_file_too_many_is_found_and_named(home: Home, folder: str) -> None:
    path = home.root / "data" / folder / "000999.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text("{}")
    with pytest.raises(ValidationError) as caught:
        require_untouched(home)
    assert str(path) in str(caught.value)
    assert "1 files are not" in str(caught.value)


def test_link_that_leads_elsewhere_is_found(home: Home, tmp_path: Path) -> None:
    link = home.yolo / "images" / "val"
    link.unlink()
    link.symlink_to(tmp_path)
    with pytest.raises(ValidationError, match="must be a link"):
        require_untouched(home)


def test_notes_and_caches_of_other_tools_are_nobodys_fault(home: Home) -> None:
    (home.processed / "README.md").write_text("note")
    (home.yolo / "labels" / "train.cache").write_bytes(b"Ultralytics")
    require_untouched(home)


def test_many_faults_are_counted_and_all_written_down(home: Home) -> None:
    masks = [path for path in dataset_files(home) if path.suffix == ".png"]
    labels = [path for path in dataset_files(home) if path.suffix == ".jpg"]
    victims = [*masks, *labels, home.yolo / "data.yaml"]
    extra = [home.masks("train") / f"{number}.png" for number in range(900, 920)]
    for path in victims:
        path.unlink()
    for path in extra:
        path.write_bytes(b"")
    with pytest.raises(ValidationError, match=r"and \d+ more"):
        require_untouched(home)
    told = (report_folder(home) / "deep.txt").read_text()
    assert all(str(path) in told for path in [*victims, *extra])


def test_statistics_leave_with_their_dataset(home: Home) -> None:
    own_coco = home.coco / "mine.json"
    own_coco.write_text("{}")
    remove_dataset(home)
    assert [path.name for path in dataset_files(home)] == ["mine.json"]
    with pytest.raises(DatasetError, match="no finished dataset"):
        require_untouched(home)
