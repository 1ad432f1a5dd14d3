"""`dxfvision calibrate` as a user calls it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest
from PIL import Image

from components.cli.calibration import tell_generator
from components.errors import CalibrationError
from components.inspection.camera.board import page_picture
from components.inspection.camera.calibration import Calibration
from components.settings.data import DataSettings
from components.settings.measure import MeasureSettings
from tests.unit.cli.test_app import dxfvision

CALIBRATION = Calibration(
    camera="cell",
    created=datetime(2026, 1, 1, tzinfo=UTC), expires=datetime(2027, 1, 1, tzinfo=UTC),
    width_px=896, height_px=672, pictures=1, corners=80, lens=False,
    camera_matrix=((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0)), distortion=(0.0,) * 5,
    plane=((4.0, 0, 0), (0, -4.0, 0), (0, 0, 1.0)), lift=None, px_per_mm=4.0, residual_px=0.1,
    residual_mm=0.1, worst_mm=0.1, board=MeasureSettings.load().calibration.board, versions={},
)  # fmt: skip
BOARD = MeasureSettings.load().calibration.board


def photograph(path: Path) -> Path:
    """The page itself at 4 px a mm: a camera straight above it."""
    page = page_picture(BOARD).convert("L")
    page.resize((page.width // 5, page.height // 5), Image.Resampling.BOX).save(path)
    return path


def test_board_is_printed_measured_kept_and_shown(tmp_path: Path) -> None:
    home = tmp_path / "home"
    done = dxfvision("calibrate", "board", "--home", home, "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert Path(json.loads(done.stdout)["pdf"]).read_bytes().startswith(b"%PDF")
    image = photograph(tmp_path / "flat.png")
    done = dxfvision(
        "calibrate", image, "--home", home, "--camera", "cell-1", "--generator", "--json"
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert abs(found["px_per_mm"] / 4.0 - 1) < 1e-3
    assert found["residual_mm"] < 0.05
    assert Path(found["file"]).parent == home / "data" / "calibrations" / "cell-1"
    # The page is 840 px wide at 4 px a mm; generated pictures of 448 px show as much of it.
    scale = DataSettings.load(home / "configs").camera.px_per_mm
    assert scale == pytest.approx(4.0 * 448 / 840, rel=1e-3)
    done = dxfvision("calibrate", "show", "--home", home, "--camera", "cell-1", "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    assert json.loads(line) == found | {"current": True}


def test_faults_are_told_in_one_line(tmp_path: Path) -> None:
    done = dxfvision("calibrate", "show", "--home", tmp_path / "home")
    assert done.returncode == 1
    assert "never calibrated" in done.stderr
    grey = tmp_path / "grey.png"
    cv2.imwrite(str(grey), cv2.imread(str(photograph(tmp_path / "a.png")))[:200, :200])
    done = dxfvision("calibrate", grey, "--home", tmp_path / "home")
    assert done.returncode == 1
    assert "grey.png: shows" in done.stderr.replace("\n", "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("images: 7\n", "images: 7\ncamera:\n  px_per_mm: 2.0000  # calibration "),
        (
            "camera:\n  px_per_mm: null   # keep\n  noise: [0, 1]\n",
            "camera:\n  px_per_mm: 2.0000   # keep\n  noise: [0, 1]\n",
        ),
    ],
)
def test_generator_s_other_settings_stay_as_they_are(tmp_path, before, after) -> None:
    path = tmp_path / "data_config.yaml"
    path.write_text(before)
    tell_generator(tmp_path, CALIBRATION)
    assert path.read_text().startswith(after)
    assert DataSettings.load(tmp_path).camera.px_per_mm == 2.0


def test_generator_with_a_camera_of_its_own_is_not_touched(tmp_path) -> None:
    path = tmp_path / "data_config.yaml"
    path.write_text("camera:\n  noise: [0, 1]\n")
    with pytest.raises(CalibrationError, match=r"add `px_per_mm: 2\.0000`"):
        tell_generator(tmp_path, CALIBRATION)
    assert path.read_text() == "camera:\n  noise: [0, 1]\n"
