from pathlib import Path

import pytest

from components.domain import Sample
from components.errors import DatasetError
from components.home import Home
from components.modeling.export_pictures import ExportPictures
from components.settings.train import ExportSettings, TrainSettings


@pytest.fixture
def export_settings(settings: TrainSettings) -> ExportSettings:
    return settings.export.model_copy(update={"calibration_pictures": 2, "parity_pictures": 50})


def test_pictures_that_give_scales_are_not_measured_on(
    dataset_home: Home, samples: list[Sample], export_settings: ExportSettings
) -> None:
    pictures = ExportPictures.of(dataset_home, export_settings)
    scales = {sample.index for sample in pictures.calibration}
    measured = {sample.index for sample in pictures.compared}
    assert len(scales) == 2
    assert not scales & measured
    assert scales | measured == {sample.index for sample in samples}
    assert {sample.split for sample in pictures.golden} == {"test"}


def test_no_more_are_measured_than_asked_for(
    dataset_home: Home, export_settings: ExportSettings
) -> None:
    few = export_settings.model_copy(update={"parity_pictures": 1})
    assert len(ExportPictures.of(dataset_home, few).compared) == 1


def test_half_of_a_small_split_is_left_to_measure_on(
    dataset_home: Home, samples: list[Sample], export_settings: ExportSettings
) -> None:
    greedy = export_settings.model_copy(update={"calibration_pictures": 1000})
    held_out = sum(sample.split == "val" for sample in samples)
    pictures = ExportPictures.of(dataset_home, greedy)
    assert len(pictures.calibration) == held_out // 2
    rest = held_out - held_out // 2
    first = [sample.split for sample in pictures.compared[: rest + 1]]
    assert first == ["val"] * rest + ["test"]


def test_dataset_without_held_out_pictures_is_refused(
    dataset_home: Home, tmp_path: Path, export_settings: ExportSettings
) -> None:
    home = Home(tmp_path)
    home.manifest.parent.mkdir(parents=True)
    lines = dataset_home.manifest.read_text().splitlines(keepends=True)
    home.manifest.write_text("".join(line for line in lines if '"split":"train"' in line))
    with pytest.raises(DatasetError, match=r"manifest\.jsonl: has no sample of the split val"):
        ExportPictures.of(home, export_settings)
