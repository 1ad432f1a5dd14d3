from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from components.files import write_bytes
from components.modeling.golden import steady_pictures
from components.modeling.inference import Prediction, Predictor
from tests.bundles import encoded, make_bundle, scene


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor.load(make_bundle(tmp_path_factory.mktemp("bundle") / "bright"))


@pytest.fixture
def pictures(tmp_path: Path) -> list[Path]:
    """The first shows nothing, each of the others two objects."""
    images = [np.full((240, 320, 3), 20, np.uint8), *(scene(seed) for seed in range(3))]
    paths = [tmp_path / f"{number}.png" for number in range(len(images))]
    for path, image in zip(paths, images, strict=True):
        write_bytes(path, encoded(image))
    return paths


class Elsewhere(Predictor):
    """The same model on a machine that changes its answer about one picture."""

    def __init__(self, predictor: Predictor, odd: NDArray[np.uint8], change: dict[str, object]):
        self.card, self._here, self._odd, self._change = predictor.card, predictor, odd, change

    def predict(self, image: NDArray[np.uint8], score_threshold: float | None = None) -> Prediction:
        found = self._here.predict(image, score_threshold)
        if not np.array_equal(image, self._odd):
            return found
        changed = tuple(replace(each, **self._change) for each in found.detections)  # type: ignore[arg-type]  # any field
        return Prediction(changed, found.timing_ms)


@pytest.mark.parametrize(
    "change",
    [{"score": 0.9}, {"label": "ring"}, {"mask": np.ones((240, 320), np.bool_)}],
    ids=["score", "label", "mask"],
)
def test_pictures_that_are_answered_otherwise_elsewhere_are_left_out(
    predictor: Predictor, pictures: list[Path], change: dict[str, object]
) -> None:
    forms = [predictor, Elsewhere(predictor, scene(0), change)]
    assert steady_pictures(pictures, forms, 2) == [pictures[2], pictures[3]]


def test_score_near_the_threshold_is_in_doubt(predictor: Predictor, pictures: list[Path]) -> None:
    near = predictor.card.prediction.score_threshold + 0.01
    forms = [Elsewhere(predictor, scene(0), {"score": near})]
    assert steady_pictures(pictures, forms, 3)[-1] == pictures[1]


def test_empty_pictures_come_last(predictor: Predictor, pictures: list[Path]) -> None:
    assert steady_pictures(pictures, [predictor], 4)[-1] == pictures[0]


def test_labels_that_are_nearly_alike_are_in_doubt(
    predictor: Predictor, pictures: list[Path]
) -> None:
    alike = (("plate", 0.51), ("ring", 0.49))
    forms = [Elsewhere(predictor, scene(1), {"candidates": alike})]
    assert steady_pictures(pictures, forms, 3)[-1] == pictures[2]
