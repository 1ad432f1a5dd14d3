"""Labelled frames of the camera beside generated scenes."""

import logging

import cv2
import pytest

from components.dataset.frames import LabelledFrame, write_frames
from components.domain import Part, Sample, Split
from components.errors import DatasetError
from components.home import Home
from components.modeling.train import inputs_fingerprint, train
from components.progress import SilentProgress
from components.settings.train import TrainSettings
from tests.unit.modeling.trainings import training


def frames_of(home: Home, samples: list[Sample], split: Split = "train") -> None:
    """Write the first samples as if a camera had taken them and a model labelled them."""
    frames = []
    for sample in samples[:4]:
        image = cv2.cvtColor(cv2.imread(str(home.root / sample.image)), cv2.COLOR_BGR2RGB)
        mask = cv2.imread(str(home.root / sample.instance_mask), cv2.IMREAD_UNCHANGED)
        sha256 = sample.sha256[str(sample.image)]
        frames.append(LabelledFrame(image, mask, sample.annotations, split, "frames-0", sha256))
    write_frames(home.labelled, {"disc": 1, "frame": 2, "plate": 3}, frames, {})


def test_labelled_frames_are_shown_beside_the_scenes_and_are_another_training(
    home: Home,
    parts: list[Part],
    samples: list[Sample],
    settings: TrainSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    few = settings.model_copy(update={"steps": 2, "validations": 0, "frames_share": 0.5})
    chosen = training(home, parts, few)
    before = inputs_fingerprint(chosen, None)
    frames_of(home, samples)
    after = inputs_fingerprint(chosen, None)
    assert before != after
    none = training(home, parts, few.model_copy(update={"frames_share": 0.0}))
    assert none.frames() is None
    with caplog.at_level(logging.INFO):
        assert train(chosen, SilentProgress()).finished
    assert "4 labelled frames of the camera are shown" in caplog.text


def test_frames_kept_to_watch_training_are_not_learned_from(
    home: Home,
    parts: list[Part],
    samples: list[Sample],
    settings: TrainSettings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    frames_of(home, samples, "val")
    few = settings.model_copy(update={"steps": 2, "validations": 0})
    with caplog.at_level(logging.INFO):
        train(training(home, parts, few), SilentProgress())
    assert "0 labelled frames of the camera are shown" in caplog.text


def test_labelled_frames_never_stand_in_test(home: Home, samples: list[Sample]) -> None:
    with pytest.raises(DatasetError, match="never stand in test"):
        frames_of(home, samples, "test")
