"""`dxfvision inspect` as a user calls it, with a champion that is there in no time."""

import json
from pathlib import Path

import pytest

from components.home import Home
from components.inspection.camera.calibration import keep_calibration
from components.modeling.registry import ModelRegistry
from tests.bundles import encoded, make_bundle, scene
from tests.unit.cli.test_app import dxfvision
from tests.unit.cli.test_calibration import CALIBRATION


@pytest.fixture
def home(tmp_path: Path) -> Path:
    place = Home(tmp_path / "home")
    place.prepare()
    registry = ModelRegistry(place.registry)
    registry.promote(registry.register(make_bundle(tmp_path / "bundle")).version)
    (tmp_path / "home" / "a.png").write_bytes(encoded(scene(3)))
    return place.root


def test_parts_are_measured_in_pixels_without_a_scale_and_judged_with_one(home: Path) -> None:
    done = dxfvision("inspect", home / "a.png", "--home", home, "--json")
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)
    assert record["file"] == str(home / "a.png")
    found = {each["label"]: each["deviation"] for each in record["detections"]}
    assert set(found) == {"plate", "ring"}
    assert {each["unit"] for each in found.values()} == {"px"}
    assert {each["verdict"] for each in found.values()} == {"cannot judge"}
    report = home / "report"
    done = dxfvision(
        "inspect", home / "a.png", "--home", home, "--json", "--px-per-mm", "2", "--report", report
    )
    record = json.loads(done.stdout)
    assert {each["deviation"]["unit"] for each in record["detections"]} == {"mm"}
    page = (report / "inspection.md").read_text()
    assert "| plate |" in page
    assert (report / "001_a.png").read_bytes().startswith(b"\x89PNG")


def test_calibration_of_another_camera_is_refused(home: Path) -> None:
    kept = keep_calibration(home / "calibrations", CALIBRATION)
    done = dxfvision(
        "inspect", home / "a.png", "--home", home, "--calibration", kept, "--camera", "cell-7"
    )
    assert done.returncode == 1
    assert "is of the camera 'cell', the pictures are of 'cell-7'" in done.stderr.replace("\n", " ")


def test_calibration_that_is_none_and_two_scales_are_refused(home: Path) -> None:
    done = dxfvision("inspect", home / "a.png", "--home", home, "--calibration", home / "a.png")
    assert done.returncode == 1
    assert "is no calibration" in done.stderr
    done = dxfvision(
        "inspect", home / "a.png", "--home", home, "--calibration", "x", "--px-per-mm", "2"
    )
    assert done.returncode == 2
