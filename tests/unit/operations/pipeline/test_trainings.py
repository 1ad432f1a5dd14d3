import pytest

from components.errors import SettingsError
from components.operations.pipeline.trainings import Wishes
from components.settings.train import TrainSettings


def test_what_is_asked_for_takes_the_place_of_the_whole_budget() -> None:
    settings = TrainSettings.load(None, "tiny")
    wanted = Wishes(minutes=0.5).applied(settings)
    assert (wanted.minutes, wanted.epochs, wanted.steps) == (0.5, None, None)
    wanted = Wishes(epochs=2.0, from_scratch=True).applied(settings)
    assert (wanted.minutes, wanted.epochs, wanted.steps) == (None, 2.0, None)
    assert wanted.from_scratch
    assert wanted.scenes == "dataset"


def test_nothing_asked_for_changes_nothing() -> None:
    settings = TrainSettings.load(None, "tiny")
    assert Wishes().applied(settings) == settings


def test_passes_over_a_stream_without_end_are_refused() -> None:
    settings = TrainSettings.load(None, "tiny")
    with pytest.raises(SettingsError, match=r"epochs: 2 passes over a stream .* give --minutes"):
        Wishes(epochs=2.0, stream=True).applied(settings)
