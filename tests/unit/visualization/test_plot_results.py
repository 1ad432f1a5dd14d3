import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.domain import Detection
from components.modeling.figures import NOTHING, Confusion
from components.visualization.plot_results import (
    UNKNOWN_COLOUR,
    colour_of,
    draw_detections,
    plot_confusion,
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


def detection(label: str) -> Detection:
    mask = np.zeros((100, 100), np.bool_)
    mask[30:90, 20:80] = True
    mask[50:70, 40:60] = False
    return Detection(label, 0.9, (20.0, 30.0, 80.0, 90.0), mask)


def test_objects_get_their_colour_and_holes_stay_as_they_are() -> None:
    image = np.full((100, 100, 3), 50, np.uint8)
    drawn = draw_detections(image, [detection("ring")], ["plate", "ring"])
    expected = 0.6 * 50 + 0.4 * np.array(colour_of("ring", ["plate", "ring"]))
    assert np.allclose(drawn[80, 30], expected, atol=1)
    assert drawn[60, 50].tolist() == [50, 50, 50]
    assert (image == 50).all()


def test_labels_have_colours_of_their_own_and_unknown_is_grey() -> None:
    labels = [f"part {number}" for number in range(10)]
    assert len({colour_of(label, labels) for label in labels}) == 10
    assert colour_of("unknown", labels) == UNKNOWN_COLOUR
