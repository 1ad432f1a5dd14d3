import pandas as pd
import pytest

from components.home import Home
from components.validation.statistics import annotations_table_path, images_table_path
from components.visualization.dataset_samples import (
    LIGHT,
    hardest_parts,
    pictures_sheet,
    real_figures,
    sample_sheet,
)


def test_photographs_are_measured_as_generated_pictures_are(dataset_home: Home) -> None:
    images = pd.read_parquet(images_table_path(dataset_home)).head(3)
    found = real_figures([dataset_home.root / image for image in images["image"]])
    for name in LIGHT:
        # A picture is read in colour here and in grey there: JPEG decodes to grey within a level.
        assert found[name].tolist() == pytest.approx(images[name].tolist(), rel=0.05, abs=2.0)


def test_no_photographs_give_an_empty_table() -> None:
    assert list(real_figures([]).columns) == ["image", *LIGHT]


def test_sheet_holds_the_pictures_asked_for(dataset_home: Home) -> None:
    # Pictures of 160x120 with gaps of 4.
    assert sample_sheet(dataset_home, pictures=6, columns=3).shape == (252, 496, 3)
    plain = sample_sheet(dataset_home, pictures=1, columns=1, labelled=False)
    assert plain.shape == (128, 168, 3)


def test_hardest_pictures_are_shown_hardest_first(dataset_home: Home) -> None:
    images = pd.read_parquet(images_table_path(dataset_home))
    annotations = pd.read_parquet(annotations_table_path(dataset_home))
    hardest = hardest_parts(images, annotations, 4)
    assert hardest["hardness"].is_monotonic_decreasing
    assert hardest["image"].is_unique
    assert set(hardest["label"]) <= {"plate", "ring", "tab"}
    assert pictures_sheet(dataset_home, hardest["image"].tolist(), 2).shape == (252, 332, 3)
