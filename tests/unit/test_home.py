from pathlib import Path

import pytest

from components import home as home_module
from components.errors import HomeError
from components.home import Home


def test_prepare_makes_the_layout_the_readme_promises(tmp_path: Path) -> None:
    Home(tmp_path / "new").prepare()
    made = {str(p.relative_to(tmp_path / "new")) for p in (tmp_path / "new").rglob("*")}
    assert {
        "data/raw/images",
        "data/raw/dxf_templates",
        "data/processed/train/images",
        "data/processed/val/masks",
        "data/processed/test/images",
        "data/annotations/coco",
        "data/annotations/yolo",
        "models/opencv_templates",
    } <= made


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(HomeError, match=r"cannot write to the home folder .*data.*--home"):
        Home(tmp_path).prepare()


def test_read_only_place_is_refused() -> None:
    with pytest.raises(HomeError, match=r"cannot write .*choose another with --home"):
        Home(Path("/sys/kernel")).prepare()


@pytest.mark.parametrize("name", ["reports", "models/registry", "data/processed/val/masks"])
def test_read_only_folder_inside_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).symlink_to("/sys/kernel")
    with pytest.raises(HomeError, match=f"cannot write .*{name}.*choose another with --home"):
        Home(tmp_path).prepare()


def test_read_only_drawings_are_welcome(tmp_path: Path) -> None:
    (tmp_path / "data" / "raw").mkdir(parents=True)
    (tmp_path / "data" / "raw" / "dxf_templates").symlink_to("/sys/kernel")
    Home(tmp_path).prepare()


def test_full_disk_is_refused_before_work_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home_module, "MIN_FREE_BYTES", 2**63)
    with pytest.raises(HomeError, match="make room or choose another folder"):
        Home(tmp_path).prepare()
