"""Contact sheets of a small dataset."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from components.dataset.generate import generate_dataset
from components.dataset.manifest import read_manifest
from components.domain import Annotation, Sample
from components.errors import DatasetError
from components.geometry.masks import mask_from_rle, rle_from_mask
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.visualization.contact_sheet import (
    label_colours,
    tiled,
    with_labels,
    write_contact_sheets,
)
from tests.unit.strategies import part, square


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("sheets"))
    changes = {"images": 24, "width_px": 96, "height_px": 72, "executor": "sequential"}
    settings = DataSettings.load(None, "tiny").model_copy(update=changes)
    generate_dataset([part("square", square(50.0))], home, settings, 2, SilentProgress())
    return home


def test_every_split_gets_a_plain_and_a_labelled_sheet(home):
    paths = write_contact_sheets(home, pictures=6, columns=3)
    names = {path.name for path in paths}
    assert {"train_pictures.png", "train_labels.png", "val_labels.png"} <= names
    sheet = cv2.imread(str(home.reports / "dataset" / "train_pictures.png"))
    # Two rows of three, with gaps of four pixels.
    assert sheet.shape == (2 * 72 + 3 * 4, 3 * 96 + 4 * 4, 3)


def test_labels_are_drawn_over_the_objects_only(home):
    sample = next(s for s in read_manifest(home.manifest) if s.annotations)
    picture = np.full((72, 96, 3), 100, dtype=np.uint8)
    drawn = with_labels(picture, sample, label_colours(["square"]))
    inside = mask_from_rle(sample.annotations[0].visible)
    assert (drawn[inside] != 100).any(axis=-1).mean() > 0.9
    assert (picture == 100).all()


def ink(x: int, y: int) -> int:
    """Count the pixels that are drawn for a speck at a place of a black picture of 160 x 120."""
    mask = np.zeros((120, 160), dtype=np.uint8)
    mask[y : y + 4, x : x + 4] = 1
    box = (float(x), float(y), x + 4.0, y + 4.0)
    speck = Annotation(1, "speck", box, 16, rle_from_mask(mask), rle_from_mask(mask), 1.0, None)
    path = Path("0.png")
    sample = Sample(0, "train", "g", path, path, path, 160, 120, (speck,))
    black = np.zeros((120, 160, 3), dtype=np.uint8)
    return int(np.count_nonzero(with_labels(black, sample, {"speck": (0, 0, 255)}).any(axis=2)))


@pytest.mark.parametrize(("x", "y"), [(156, 60), (120, 60), (156, 116)])
def test_names_at_the_edge_are_written_whole(x, y):
    assert ink(x, y) == pytest.approx(ink(40, 60), rel=0.1)


def test_colours_of_labels_differ():
    colours = label_colours([f"p{n}" for n in range(9)])
    assert len(set(colours.values())) == 10


def test_sheet_without_pictures_is_refused():
    with pytest.raises(ValueError, match="expected pictures"):
        tiled([], 3)


def test_missing_picture_is_named(home):
    victim = next(home.images("val").glob("*.jpg"), None) or next(
        home.images("train").glob("*.jpg")
    )
    content = victim.read_bytes()
    victim.unlink()
    try:
        with pytest.raises(DatasetError, match=victim.name):
            write_contact_sheets(home, pictures=24)
    finally:
        victim.write_bytes(content)
