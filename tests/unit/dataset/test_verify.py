"""Deep verification finds any changed byte."""

import shutil

import pytest

from components.dataset.verify import verify_dataset
from components.domain import SPLITS
from components.errors import DatasetError
from components.home import Home


@pytest.fixture
def copy(dataset, tmp_path):
    root = tmp_path / "copy"
    shutil.copytree(dataset[0].root, root, symlinks=True)
    return Home(root)


def test_sound_dataset_has_no_fault(dataset):
    assert verify_dataset(dataset[0], deep=True) == []


@pytest.mark.parametrize(
    "pattern",
    [
        "data/processed/train/images/*.jpg",
        "data/processed/train/masks/*.instances.png",
        "data/annotations/yolo/labels/train/*.txt",
        "data/annotations/coco/instances_val.json",
        "data/annotations/coco/polygons_train.json",
        "data/annotations/yolo/data.yaml",
        "data/processed/manifest.jsonl",
    ],
)
def test_one_changed_bit_is_found_and_its_file_named(copy, pattern):
    victim = sorted(copy.root.glob(pattern))[0]
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(bytes(content))
    faults = verify_dataset(copy, deep=True)
    assert any(str(victim) in fault for fault in faults)


def test_missing_file_is_found_without_hashing(copy):
    victim = next(copy.masks("train").glob("*.png"))
    victim.unlink()
    assert verify_dataset(copy) == [f"{victim}: missing"]


def test_file_of_no_sample_is_found(copy):
    stranger = copy.images(SPLITS[0]) / "999999.jpg"
    stranger.write_bytes(b"x")
    assert verify_dataset(copy) == [f"{stranger}: belongs to no sample of the manifest"]


def test_folder_without_dataset_says_so(tmp_path):
    with pytest.raises(DatasetError, match="no finished dataset"):
        verify_dataset(Home(tmp_path))
