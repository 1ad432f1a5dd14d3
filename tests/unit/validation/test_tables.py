from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.dataset.card import load_dataset
from components.dataset.generate import generate_dataset
from components.dataset.manifest import read_manifest
from components.home import Home
from components.progress import SilentProgress
from components.settings.data import DataSettings
from components.validation.layout import Whole
from components.validation.measurements import THUMBNAIL_PX
from components.validation.statistics import measure_dataset
from components.validation.tables import checked_tables, look_alike_rms
from tests.unit.strategies import plate_with_hole


def thumbnail(level: int) -> bytes:
    return bytes([level]) * THUMBNAIL_PX**2


def test_look_alike_is_sought_in_other_splits_only() -> None:
    images = pd.DataFrame(
        {
            "split": ["train", "train", "test", "val"],
            "thumbnail": [thumbnail(level) for level in (100, 101, 110, 130)],
        }
    )
    assert look_alike_rms(images, "thumbnail").tolist() == pytest.approx([10.0, 9.0, 9.0, 20.0])


def test_single_split_has_no_look_alikes() -> None:
    images = pd.DataFrame({"split": ["train"] * 2, "thumbnail": [thumbnail(1)] * 2})
    assert np.isnan(look_alike_rms(images, "thumbnail")).all()


@pytest.mark.parametrize("parts", [1, 3])
def test_scenes_of_one_object_each_share_no_layout_and_are_judged_all_the_same(
    tmp_path: Path, parts: int
) -> None:
    home, whole = Home(tmp_path), DataSettings.load(None, "tiny")
    changes = {"parts": (parts, parts), "distractors": (0, 0), "empty_share": 0.0}
    settings = whole.model_copy(
        update={
            "images": 12,
            "executor": "sequential",
            "samples_per_group": 1,
            "scene": whole.scene.model_copy(update=changes),
        }
    )
    generate_dataset([plate_with_hole()], home, settings, 1, SilentProgress())
    card = load_dataset(home)
    measured = measure_dataset(
        home,
        read_manifest(home.manifest),
        Whole(card.labels, card.total, card.files),
        1,
        SilentProgress(),
    )
    layouts = checked_tables(measured)["images"]["layout_rms"].dropna()
    assert len(layouts) > 0
    assert (layouts == 255.0).all() == (parts == 1)
