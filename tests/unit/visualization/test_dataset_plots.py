import numpy as np
import pandas as pd
import pytest

from components.visualization.dataset_plots import (
    class_balance_figure,
    light_figure,
    likeness_figure,
    objects_figure,
)

ANNOTATIONS = pd.DataFrame(
    {
        "label": ["a", "a", "b", "other"],
        "split": ["train", "test", "train", "train"],
        "is_part": [True, True, True, False],
        "area_px": [100, 400, 900, 5],
        "visible_fraction": [1.0, 0.5, 1.0, 0.1],
    }
)
IMAGES = pd.DataFrame(
    {
        "split": ["train", "train", "test"],
        "parts": [1, 1, 1],
        "brightness": [10.0, 20.0, float("nan")],
        "contrast": [1.0, 2.0, 3.0],
        "sharpness": [100.0, 0.0, 10.0],
        "saturated_share": [0.0, 0.0, 0.0],
    }
)


def test_bars_are_the_counts_and_a_part_never_seen_is_there() -> None:
    (axes,) = class_balance_figure(ANNOTATIONS, ["b", "a", "never"]).axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "never"]
    assert [text.get_text().strip() for text in axes.texts] == ["2", "1", "0"]


def test_of_very_many_parts_the_commonest_and_the_rarest_are_drawn() -> None:
    labels = [f"part {number:03d}" for number in range(100)]
    seen = np.repeat(labels, np.arange(100, 0, -1))
    table = pd.DataFrame({"label": seen, "split": "train"})
    (axes,) = class_balance_figure(table, labels).axes
    shown = [label.get_text() for label in axes.get_yticklabels()]
    assert shown == labels[:20] + labels[-20:]


def test_share_of_hidden_parts_is_told() -> None:
    _, visible, counts = objects_figure(IMAGES, ANNOTATIONS).axes
    # One of three parts; the other object is none.
    assert visible.get_xlabel() == "visible share of the 33% of parts not wholly seen"
    heights = [bar.get_height() for bar in counts.patches]
    assert sum(heights) == pytest.approx(2.0)


def test_figures_that_could_not_be_measured_are_left_out() -> None:
    brightness = light_figure(IMAGES).axes[0]
    # The only test picture has no brightness: nothing but the training split is drawn.
    assert len(brightness.patches) == 1


def test_real_pictures_are_drawn_over_generated_ones_and_may_be_missing() -> None:
    def told(real: pd.DataFrame) -> list[str]:
        return likeness_figure(IMAGES, real).axes[0].get_legend_handles_labels()[1]

    assert told(IMAGES.iloc[:0]) == ["generated", "real (0)"]
    # One of the three has no brightness.
    assert told(IMAGES) == ["generated", "real (2)"]


def test_empty_dataset_is_drawn_empty() -> None:
    assert len(objects_figure(IMAGES.iloc[:0], ANNOTATIONS.iloc[:0]).axes) == 3
    assert len(class_balance_figure(ANNOTATIONS.iloc[:0], []).axes) == 1
