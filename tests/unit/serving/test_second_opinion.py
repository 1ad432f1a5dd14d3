"""The OpenCV baseline is asked about a share of the pictures, beside the answers."""

import threading

import pytest

from components.inspection.baseline.template_matching import TemplateMatcher
from components.serving import telemetry
from components.serving.second_opinion import SecondOpinion
from components.settings.inspection import InspectionSettings
from tests.bundles import PARTS, scene


def counted(name: str) -> float:
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.split()[-1]) for line in lines if line.startswith(name))


def objects(agreement: str) -> float:
    return counted(f'dxfvision_second_opinion_objects_total{{agreement="{agreement}"}}')


@pytest.fixture
def opinion_of(inspector):
    def make(share: float) -> SecondOpinion:
        return SecondOpinion(PARTS, inspector.card.prediction, InspectionSettings.load(), share)

    return make


def test_every_picture_is_compared_where_the_share_is_one(opinion_of, inspector):
    image = scene(3)
    detections = inspector.predict(image).detections
    assert len(detections) == 2
    before = objects("same"), objects("renamed"), objects("unshared")
    second = opinion_of(1.0)
    second.offer(image, detections)
    second.close()
    after = objects("same"), objects("renamed"), objects("unshared")
    # It names both parts, and takes the square hole of one for a part, too.
    assert [b - a for a, b in zip(before, after, strict=True)] == [2, 0, 1]


def test_parts_that_one_alone_finds_are_unshared(opinion_of):
    before = objects("unshared")
    second = opinion_of(1.0)
    second.offer(scene(3), ())
    second.close()
    assert objects("unshared") - before == 3


@pytest.mark.parametrize(("share", "asked"), [(0.0, 0), (0.1, 2), (0.5, 10)])
def test_share_of_the_pictures_is_kept_to(opinion_of, monkeypatch, share, asked):
    second = opinion_of(share)
    compared = []
    monkeypatch.setattr(second, "_compare", lambda *_: compared.append(1))
    for _ in range(20):
        second.offer(scene(3), ())
        if second._asked:
            second._asked.result()
    assert len(compared) == asked


def test_picture_that_comes_while_another_is_looked_at_is_let_go(opinion_of, monkeypatch):
    second, looked_at, compared = opinion_of(1.0), threading.Event(), []

    def slow(*_: object) -> None:
        compared.append(1)
        looked_at.wait(10)

    monkeypatch.setattr(second, "_compare", slow)
    for _ in range(5):
        second.offer(scene(3), ())
    looked_at.set()
    second.close()
    assert len(compared) == 1


def test_baseline_that_fails_is_logged_and_not_counted(opinion_of, monkeypatch, caplog):
    def fail(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(TemplateMatcher, "predict", fail)
    before = counted("dxfvision_second_opinion_pictures_total")
    second = opinion_of(1.0)
    second.offer(scene(3), ())
    second.close()
    assert "gave no second opinion" in caplog.text
    assert counted("dxfvision_second_opinion_pictures_total") == before
