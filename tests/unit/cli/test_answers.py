import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from components.cli.answers import detection_row, engine_rows
from components.cli.app import app
from tests.bundles import encoded, make_home, scene

RUNNER = CliRunner()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    place = make_home(tmp_path_factory.mktemp("home"))
    (place.root / "picture.png").write_bytes(encoded(scene(3)))
    return place.root


def predicted(home: Path, *options: str) -> dict:
    arguments = ["predict", str(home / "picture.png"), "--home", str(home), "--json", *options]
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout.splitlines()[-1])


@pytest.mark.parametrize("engine", ["registered", "classical"])
def test_predict_answers_registered_parts_with_their_poses(home, engine):
    found = {each["label"]: each for each in predicted(home, "--engine", engine)["detections"]}
    assert set(found) == {"plate", "ring"}
    assert all(each["pose"]["px_per_mm"] == pytest.approx(2.0, rel=0.03) for each in found.values())


@pytest.mark.parametrize("engine", ["network", "template"])
def test_other_engines_answer_without_poses(home, engine):
    found = predicted(home, "--engine", engine)["detections"]
    assert {"plate", "ring"} <= {each["label"] for each in found}
    assert [each["pose"] for each in found] == [None] * len(found)


def test_unknown_engine_is_wrong_usage(home):
    result = RUNNER.invoke(app, ["predict", str(home / "picture.png"), "--engine", "guess"])
    assert result.exit_code == 2


def test_rows_of_the_tables():
    pose = {"x_px": 1.0, "y_px": 2.0, "angle_deg": 3.04, "px_per_mm": 2.0, "mirrored": True}
    record = {"label": "a", "score": 0.5, "xyxy_px": [0, 1, 2, 3], "pose": pose}
    assert detection_row(record) == {
        "label": "a",
        "score": 0.5,
        "box x0 y0 x1 y1 (px)": "0 1 2 3",
        "place (px)": "1.0 2.0",
        "angle (deg)": "3.0",
        "px per mm": "2.000",
        "side": "back",
    }
    assert detection_row(record | {"pose": None})["side"] == ""


def test_engines_stand_side_by_side():
    names = ("pictures", "map", "map50", "agnostic_map", "agnostic_map50", "miou", "part_iou")
    records = [
        {"engine": engine, "evaluation": dict.fromkeys(names, value), "class_accuracy": 0.7}
        for engine, value in (("registered", 0.75), ("network", 0.5))
    ]
    rows = engine_rows(records)
    assert [row["figure"] for row in rows] == [*names, "class_accuracy"]
    assert rows[1] == {"figure": "map", "registered": 0.75, "network": 0.5}
    assert rows[-1] == {"figure": "class_accuracy", "registered": 0.7, "network": 0.7}
