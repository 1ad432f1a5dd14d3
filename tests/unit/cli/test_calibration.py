"""`dxfvision calibrate` as a user calls it."""

import json
from pathlib import Path

import cv2
from PIL import Image

from components.inspection.calibration_board import page_picture
from components.settings.measure import MeasureSettings
from tests.unit.cli.test_app import dxfvision

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
    done = dxfvision("calibrate", image, "--home", home, "--camera", "cell-1", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert abs(found["px_per_mm"] / 4.0 - 1) < 1e-3
    assert found["residual_mm"] < 0.05
    assert Path(found["file"]).parent == home / "data" / "calibrations" / "cell-1"
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
