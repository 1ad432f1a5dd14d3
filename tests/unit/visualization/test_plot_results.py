import json
from pathlib import Path

import cv2
import pytest

from components.modeling.figures import NOTHING, Confusion, Evaluation, LabelFigures
from components.modeling.groups import GroupFigures
from components.modeling.reliability import reliability_of
from components.visualization.plot_results import (
    plot_confusion,
    plot_evaluation,
    plot_groups,
    plot_labels,
    plot_training,
)

CONFUSION = Confusion(
    ("plate", "ring", "unknown", NOTHING),
    ((8, 1, 0, 1), (0, 9, 0, 0), (0, 0, 0, 0), (1, 0, 2, 0)),
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    terms = dict.fromkeys(("sight", "seam", "label", "centre", "offset"), 0.5)
    lines = [
        {"step": s, "seconds": float(s), "rate": 0.5, "loss": 9.0 / s, **terms}
        for s in range(10, 100, 10)
    ]
    figures = {"val_map": 0.3, "val_agnostic_map": 0.4, "val_miou": 0.8}
    lines.append({"step": 95, "seconds": 95.0, "validation": figures})
    path = tmp_path / "training.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_training_is_drawn_the_same_twice(log: Path, tmp_path: Path) -> None:
    first = plot_training(log, tmp_path / "plots" / "a.png")
    second = plot_training(log, tmp_path / "plots" / "b.png")
    assert first.read_bytes() == second.read_bytes()
    assert cv2.imread(str(first)).std() > 5


def test_training_without_a_line_is_drawn_empty(tmp_path: Path) -> None:
    out = plot_training(tmp_path / "gone.jsonl", tmp_path / "a.png")
    assert cv2.imread(str(out)) is not None


def test_confusion_is_drawn(tmp_path: Path) -> None:
    out = plot_confusion(CONFUSION, tmp_path / "confusion.png")
    assert cv2.imread(str(out)).shape[0] > 300


def evaluation(groups: tuple[GroupFigures, ...]) -> Evaluation:
    return Evaluation(
        pictures=2,
        objects=19,
        map=0.5,
        map50=0.7,
        agnostic_map=0.6,
        agnostic_map50=0.8,
        miou=0.8,
        part_iou=0.7,
        per_class={"plate": LabelFigures(0.4, 0.6, 0.7, 10), "ring": LabelFigures(0.6, 1, 0.8, 9)},
        by_size=groups,
        by_visibility=(),
        by_contrast=groups,
        confusion=CONFUSION,
        reliability=reliability_of([0.2, 0.7, 0.95, 0.95], [False, True, True, False]),
        worst=(),
        timing_ms={"network": 1.0},
        not_known=(),
    )


def test_every_figure_has_its_chart(tmp_path: Path) -> None:
    groups = (GroupFigures("small", 3, 0.2, 0.1, 0.3, 0.4), GroupFigures("large", 9, 1, 1, 1, 1))
    charts = plot_evaluation(evaluation(groups), tmp_path)
    assert [chart.name for chart in charts] == [
        "confusion.png",
        "drawings.png",
        "groups.png",
        "reliability.png",
    ]
    assert all(cv2.imread(str(chart)).std() > 5 for chart in charts)


def test_evaluation_without_an_object_is_drawn_empty(tmp_path: Path) -> None:
    out = plot_groups(evaluation(()), tmp_path / "groups.png")
    assert cv2.imread(str(out)) is not None


def test_charts_of_fifty_drawings_stay_of_a_size_that_opens(tmp_path: Path) -> None:
    names = tuple(f"drawing_{number}" for number in range(50))
    counts = tuple(tuple(9 * (row == column) for column in range(50)) for row in range(50))
    matrix = plot_confusion(Confusion(names, counts), tmp_path / "confusion.png")
    bars = plot_labels({name: LabelFigures(0.5, 0.6, 0.7, 9) for name in names}, tmp_path / "b.png")
    assert max(cv2.imread(str(matrix)).shape) < 3000
    assert max(cv2.imread(str(bars)).shape) < 3000


def test_names_that_are_long_or_would_be_formulas_are_drawn(tmp_path: Path) -> None:
    names = (r"plate $\bad$", "y" * 200)
    matrix = plot_confusion(Confusion(names, ((1, 0), (0, 1))), tmp_path / "confusion.png")
    bars = plot_labels({name: LabelFigures(0.5, 0.6, 0.7, 9) for name in names}, tmp_path / "b.png")
    assert cv2.imread(str(matrix)) is not None
    assert cv2.imread(str(bars)) is not None
