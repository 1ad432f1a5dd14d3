import json
from pathlib import Path

import numpy as np
import pytest

from components.errors import ModelError
from components.files import write_bytes
from components.geometry.masks import rle_from_mask
from components.home import Home
from components.inspection.baseline.template_matching import TemplateMatcher
from components.inspection.baseline.templates import write_templates
from components.inspection.classical import ClassicalInspector
from components.inspection.inspector import Inspector
from components.modeling.figures import Confusion
from components.modeling.inference import Predictor
from components.operations.pipeline.inspectors import accuracy_of, measured, open_engine
from components.progress import SilentProgress
from tests.bundles import BLUE, PARTS, RED, encoded, make_home, scene

QUIET = SilentProgress()


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Home:
    return make_home(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def coco(home) -> Path:
    """Two pictures with their truth, poses included: upright at two pixels per mm."""
    rows = []
    for number in (1, 2):
        image = scene(number)
        write_bytes(home.root / f"{number}.png", encoded(image))
        for label, mask in enumerate((image[:, :, 0] == RED[0], image[:, :, 2] == BLUE[2]), 1):
            y, x = np.argwhere(mask).min(axis=0) / 2 + np.argwhere(mask).max(axis=0) / 2
            rows.append(
                {
                    "id": len(rows) + 1,
                    "image_id": number,
                    "category_id": label,
                    "segmentation": rle_from_mask(mask),
                    "mm_to_px": [[2.0, 0.0, x], [0.0, -2.0, y], [0.0, 0.0, 1.0]],
                }
            )
    content = {
        "images": [
            {"id": number, "file_name": f"{number}.png", "width": 320, "height": 240}
            for number in (1, 2)
        ],
        "categories": [{"id": k, "name": part.name} for k, part in enumerate(PARTS, 1)],
        "annotations": rows,
    }
    path = home.root / "coco.json"
    path.write_text(json.dumps(content), "utf-8")
    return path


@pytest.mark.parametrize(
    ("engine", "kind"),
    [
        ("registered", Inspector),
        ("classical", ClassicalInspector),
        ("network", Predictor),
        ("template", TemplateMatcher),
    ],
)
def test_every_engine_is_opened(home, engine, kind):
    detector, version = open_engine(home, engine, False, QUIET)
    assert isinstance(detector, kind)
    assert set(detector.card.labels) == {"plate", "ring"}
    assert version


def test_registered_answers_are_better_than_the_networks_and_tell_poses(home, coco):
    alone = measured(home, "network", False, home.root, coco, QUIET)
    registered = measured(home, "registered", False, home.root, coco, QUIET)
    assert alone.poses is None
    assert registered.evaluation.map > alone.evaluation.map
    assert registered.class_accuracy == 1.0
    assert registered.poses is not None
    assert registered.poses.matched == registered.poses.objects == 4
    assert registered.poses.contour_px.median < 0.6


def test_templates_are_measured_without_a_champion(tmp_path, home, coco):
    bare = Home(tmp_path)
    write_templates(bare.templates, PARTS)
    found = measured(bare, "template", False, home.root, coco, QUIET)
    assert found.evaluation.map50 > 0.5
    with pytest.raises(ModelError, match="holds no champion"):
        open_engine(bare, "registered", False, QUIET)


def test_accuracy_counts_unknown_as_wrong_and_missed_not_at_all():
    labels = ("a", "b", "unknown", "(nothing)")
    counts = ((3, 1, 0, 9), (0, 4, 2, 0), (0, 0, 0, 0), (5, 0, 0, 0))
    assert accuracy_of(Confusion(labels, counts)) == 0.7
    nothing = ((0, 0, 0, 1), (0, 0, 0, 1), (0, 0, 0, 0), (0, 0, 0, 0))
    assert accuracy_of(Confusion(labels, nothing)) is None
