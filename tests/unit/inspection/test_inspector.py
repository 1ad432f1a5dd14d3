import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from components.domain import AMBIGUOUS
from components.errors import ModelError
from components.geometry.masks import mask_iou
from components.inspection.inspector import Inspector
from components.inspection.opening import inspector_of, open_inspector
from components.modeling.inference import Predictor
from components.settings.inspection import InspectionSettings
from tests.bundles import BLUE, PARTS, RED, make_bundle, scene

SETTINGS = InspectionSettings.load()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("inspector") / "bundle")


@pytest.fixture(scope="module")
def inspector(bundle) -> Inspector:
    return open_inspector(bundle, SETTINGS)


def by_label(inspector, image):
    return {found.label: found for found in inspector.predict(image).detections}


def test_masks_are_the_drawings_in_their_places_finer_than_the_network_sees(inspector):
    image = scene(3)
    truth = {"plate": image[:, :, 0] == RED[0], "ring": image[:, :, 2] == BLUE[2]}
    found = by_label(inspector, image)
    assert set(found) == {"plate", "ring"}
    for label, mask in truth.items():
        assert mask_iou(found[label].mask, mask) > 0.95
        assert found[label].fit.iou > 0.9
        assert found[label].candidates[0] == (label, found[label].score)


def test_drawings_the_network_never_heard_of_are_named_by_their_shape(bundle):
    # The same parts by other names: the network's labels tell nothing about them.
    from dataclasses import replace

    renamed = [replace(part, name=f"my_{part.name}") for part in PARTS]
    found = by_label(inspector_of(Predictor.load(bundle), renamed, None, SETTINGS), scene(3))
    assert set(found) == {"my_plate", "my_ring"}


def test_part_that_the_network_does_not_see_is_found_by_its_edges(inspector):
    # Both grounds are dark to this network, which calls only bright pixels part.
    image = np.full((240, 320, 3), 20, np.uint8)
    image[60:160, 60:160] = 110
    image[90:130, 90:130] = 20
    assert inspector.predictor.predict(image).detections == ()
    claims, instances, _ = inspector.claims(image)
    assert len(instances) == 0
    assert max(claims, key=lambda claim: claim.score).candidates[0][0] == "ring"


def grey_bar():
    """A long bar that the network does not see: at a glance neither square nor ring."""
    image = np.full((240, 320, 3), 20, np.uint8)
    image[100:110, 40:280] = 110
    return image


def test_region_that_no_drawing_is_like_is_not_fitted(inspector, monkeypatch):
    fitted = []
    checked = inspector.registrar.judged
    monkeypatch.setattr(
        inspector.registrar, "judged", lambda v, *rest: fitted.append(len(v)) or checked(v, *rest)
    )
    claims, _, _ = inspector.claims(grey_bar())
    assert claims == []
    assert sum(fitted) == 0


def test_no_drawing_at_all_is_no_claim_even_where_every_overlap_would_do(bundle):
    answers = SETTINGS.answers.model_copy(update={"least_fit_iou": 0.0, "region_fit_iou": 0.0})
    lenient = open_inspector(bundle, SETTINGS.model_copy(update={"answers": answers}))
    claims, _, _ = lenient.claims(grey_bar())
    assert claims == []


def test_unknown_object_has_no_pose_and_keeps_the_networks_mask(inspector):
    image = np.full((240, 320, 3), 20, np.uint8)
    star = np.array([[60, 200], [160, 40], [260, 200], [160, 150]])
    cv2.fillPoly(image, [star], RED)
    [found] = inspector.predict(image).detections
    assert (found.label, found.pose, found.fit) == ("unknown", None, None)
    assert mask_iou(found.mask, image[:, :, 0] == RED[0]) > 0.9


def test_near_identical_drawings_without_the_feature_in_sight_are_both_named(bundle):
    from dataclasses import replace

    bored = replace(PARTS[1], name="bored", holes=())
    parts = [PARTS[0], replace(bored, name="square"), replace(bored, name="square_too")]
    found = inspector_of(Predictor.load(bundle), parts, None, SETTINGS).predict(scene(3), 0.0)
    labels = [detection.label for detection in found.detections]
    assert any(label.startswith(AMBIGUOUS) or label == "unknown" for label in labels)


def test_empty_picture_has_no_objects(inspector):
    assert inspector.predict(np.full((240, 320, 3), 20, np.uint8)).detections == ()


def test_steps_are_timed(inspector):
    timing = inspector.predict(scene(3)).timing_ms
    assert list(timing) == ["prepare", "network", "group", "propose", "registration"]
    assert all(value >= 0 for value in timing.values())


def test_bundle_with_other_drawings_than_its_card_says_is_refused(bundle, tmp_path):
    copy = shutil.copytree(bundle, tmp_path / "copy")
    content = json.loads((copy / "parts.json").read_text("utf-8"))
    content["parts"][0]["outline_mm"][0][0] -= 1.0
    (copy / "parts.json").write_text(json.dumps(content), "utf-8")
    with pytest.raises(ModelError, match=r"parts\.json: holds drawings with the hash"):
        open_inspector(copy, SETTINGS)
