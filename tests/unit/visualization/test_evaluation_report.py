import json
from pathlib import Path

from components.modeling.evaluate import evaluate
from components.modeling.inference import Predictor
from components.progress import SilentProgress
from components.visualization.evaluation_report import write_evaluation
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
