import numpy as np
import pytest

from components.errors import ModelError
from components.inspection.baseline.template_matching import TemplateMatcher
from components.inspection.baseline.templates import write_templates
from components.settings.inspection import InspectionSettings
from components.settings.train import TrainSettings
from tests.unit.inspection.shapes import bracket, disc, picture_of, posed

SETTINGS = InspectionSettings.load()
PREDICTION = TrainSettings.load().prediction


@pytest.fixture(scope="module")
def matcher(tmp_path_factory) -> TemplateMatcher:
    folder = tmp_path_factory.mktemp("templates")
    write_templates(folder, [bracket(), disc()])
    return TemplateMatcher(folder, PREDICTION, SETTINGS.proposals, SETTINGS.templates)


@pytest.mark.parametrize("part", [bracket(), disc()], ids=["bracket", "disc"])
@pytest.mark.parametrize("mirrored", [False, True], ids=["front", "back"])
def test_part_on_plain_ground_is_found_and_named_without_a_network(matcher, part, mirrored):
    picture = picture_of(part, posed(240.0, 180.0, 70.0, 2.0, mirrored))
    found = matcher.predict(picture).detections
    # The bore of the ring is a region, too, and looks rather like a disc.
    assert found[0].label == part.name
    assert [each.score for each in found[1:]] < [found[0].score]
    assert found[0].score > 0.8
    assert found[0].pose is None
    assert {name for name, _ in found[0].candidates} == {"bracket", "disc"}


def test_empty_ground_answers_nothing(matcher):
    assert matcher.predict(np.full((240, 320, 3), 90, np.uint8)).detections == ()


def test_shape_of_no_template_scores_below_the_threshold(matcher):
    picture = np.full((360, 480, 3), 60, np.uint8)
    for x in range(60, 420, 60):
        picture[170:190, x : x + 50] = 180
    picture[178:182, 60:400] = 180
    assert matcher.predict(picture).detections == ()


def test_card_tells_the_labels_and_the_threshold(matcher):
    assert matcher.card.labels == ("bracket", "disc")
    assert matcher.card.prediction.score_threshold == SETTINGS.templates.least_score


def test_folder_without_templates_is_named_with_the_remedy(tmp_path):
    with pytest.raises(ModelError, match=r"index\.json: cannot be read .*dxfvision generate"):
        TemplateMatcher(tmp_path, PREDICTION, SETTINGS.proposals, SETTINGS.templates)
