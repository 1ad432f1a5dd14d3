import json
from pathlib import Path

import pytest

from components.errors import ModelError
from components.inspection.pose_figures import PoseFigures, Spread
from components.modeling.evaluate import evaluate
from components.modeling.inference import Predictor
from components.progress import SilentProgress
from components.visualization.evaluation_report import (
    PoseRecord,
    read_evaluation,
    read_pose_record,
    write_evaluation,
    write_poses,
)
from tests.bundles import BLUE, RED, make_bundle, write_coco


def test_report_holds_figures_and_their_charts(tmp_path: Path) -> None:
    predictor = Predictor.load(make_bundle(tmp_path / "bright"))
    coco = write_coco(tmp_path, {"plate": RED, "ring": BLUE})
    figures = evaluate(predictor, tmp_path, coco, SilentProgress())
    written = write_evaluation(figures, tmp_path, coco, predictor, tmp_path / "report")
    assert {path.name for path in (tmp_path / "report").iterdir()} == {
        "evaluation.json",
        "confusion.png",
        "drawings.png",
        "groups.png",
        "reliability.png",
        "worst.png",
    }
    assert json.loads(written[0].read_text())["map50"] == figures.map50
    assert read_evaluation(tmp_path / "report") == figures


def test_errors_of_poses_come_back_as_they_were(tmp_path: Path) -> None:
    spread = Spread(0.25, 1.5)
    poses = PoseFigures(9, 8, 0.875, 1.0, 3, 0.5, spread, spread, None, spread)
    assert read_pose_record(tmp_path) is None
    write_poses(tmp_path, PoseRecord("ab" * 32, poses))
    assert read_pose_record(tmp_path) == PoseRecord("ab" * 32, poses)


def test_damaged_record_is_told(tmp_path: Path) -> None:
    assert read_evaluation(tmp_path) is None
    (tmp_path / "evaluation.json").write_text("{")
    with pytest.raises(ModelError, match=r"evaluation\.json: is no record .* `dxfvision export`"):
        read_evaluation(tmp_path)
