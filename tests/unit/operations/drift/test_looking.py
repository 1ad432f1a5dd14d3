"""Drift told from the service's own lines: what moved is named, what did not is not."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.errors import DatasetError
from components.home import Home
from components.inspection.opening import open_inspector
from components.modeling.registry import ModelRegistry
from components.operations.drift.frames import (
    REFERENCE_NAME,
    Watched,
    logged_frames,
    site_frames,
    write_frames,
)
from components.operations.drift.looking import check_drift, event_payload
from components.serving.feature_log import features_folder
from components.settings.inspection import InspectionSettings
from tests.bundles import make_bundle, scene

Change = Callable[[dict[str, Any]], None]


def frames(
    version: str, count: int, seed: int, ago_s: float = 0.0, change: Change | None = None
) -> list[dict[str, Any]]:
    """Return lines of a camera that looks at one kind of scene; `change` alters each."""
    rng = np.random.default_rng(seed)
    now = time.time() - ago_s
    lines = []
    for place in range(count):
        line: dict[str, Any] = {
            "t": now - count + place,
            "version": version,
            "brightness": rng.normal(120, 8),
            "sharpness": rng.lognormal(5, 0.3),
            "saturated_share": rng.beta(1, 60),
            "warmth": rng.normal(0.02, 0.01),
            "tint": rng.normal(0.0, 0.01),
            "objects": int(rng.integers(2, 6)),
            "unknown_share": float(rng.choice([0.0, 0.0, 0.0, 0.25])),
            "mean_score": rng.beta(30, 3),
            "least_score": rng.beta(20, 5),
            "mean_fit_iou": rng.beta(60, 3),
            "mean_edge_rms_px": rng.gamma(20, 0.02),
            "labels": {"plate": int(rng.integers(1, 4)), "ring": int(rng.integers(1, 4))},
        }
        if change:
            change(line)
        lines.append(line)
    return lines


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home folder whose champion was asked about nothing yet."""
    home = Home(tmp_path)
    registry = ModelRegistry(home.registry)
    bundle = make_bundle(tmp_path / "bundle")
    write_frames(bundle / REFERENCE_NAME, frames("generated", 240, 99))
    registry.promote(registry.register(bundle).version)
    return home


def version_of(home: Home) -> str:
    champion = ModelRegistry(home.registry).champion()
    assert champion is not None
    return champion.version


def answered(home: Home, lines: list[dict[str, Any]], name: str) -> None:
    write_frames(features_folder(home) / f"{name}.jsonl", lines)


def moved(home: Home) -> set[str]:
    figures = check_drift(home).figures
    return {each.figure for each in figures if each.reference == "site" and each.drifted}


def darker(line: dict[str, Any]) -> None:
    line["brightness"] -= 20


def only_plates(line: dict[str, Any]) -> None:
    line["labels"] = {"plate": 4}


def strangers(line: dict[str, Any]) -> None:
    line["unknown_share"] = 0.5


@pytest.mark.parametrize(
    ("change", "figure"),
    [(darker, "brightness"), (only_plates, "labels"), (strangers, "unknown_share")],
    ids=["a lamp went out", "one drawing is no longer made", "parts of no drawing"],
)
def test_what_changed_on_the_site_is_named_and_nothing_else(
    home: Home, change: Change, figure: str
) -> None:
    version = version_of(home)
    # The first frames are older than the window.
    answered(home, frames(version, 200, 1, ago_s=48 * 3600), "1")
    assert check_drift(home).state == "unknown"
    answered(home, frames(version, 300, 2), "2")
    assert check_drift(home).state == "steady"
    answered(home, frames(version, 300, 3, change=change), "2")
    report = check_drift(home)
    assert report.state == "drifting"
    assert moved(home) == {figure}
    payload = event_payload(report)
    assert [each["figure"] for each in payload["figures"]] == [figure]
    assert f"moved: {figure}" in (home.reports / "drift.md").read_text()
    assert json.loads((home.reports / "drift.json").read_text())["state"] == "drifting"
    metrics = (home.metrics / "drift.prom").read_text()
    assert "dxfvision_drift_state 2.0" in metrics
    assert f'dxfvision_drift_psi{{figure="{figure}",reference="site"}}' in metrics


def test_a_camera_that_stays_as_it_is_gives_no_alarm_in_fifty_windows(home: Home) -> None:
    version = version_of(home)
    answered(home, frames(version, 200, 1, ago_s=48 * 3600), "1")
    for seed in range(2, 52):
        answered(home, frames(version, 150, seed), "2")
        assert check_drift(home).state == "steady"


def test_pictures_unlike_the_generated_ones_alone_start_nothing(home: Home) -> None:
    version = version_of(home)
    answered(home, frames(version, 200, 1, 48 * 3600, darker), "1")
    answered(home, frames(version, 300, 2, 0.0, darker), "2")
    report = check_drift(home)
    assert report.state == "steady"
    drifted = {each.figure for each in report.figures if each.drifted}
    assert drifted == {"brightness"}
    assert {each.reference for each in report.figures if each.drifted} == {"training"}


def test_too_few_pictures_say_nothing(home: Home) -> None:
    answered(home, frames(version_of(home), 99, 1), "1")
    report = check_drift(home)
    assert (report.state, report.frames) == ("unknown", 99)
    assert "100 are needed" in report.reason


def test_first_frames_stay_the_reference_until_a_person_accepts_new_ones(home: Home) -> None:
    version = version_of(home)
    answered(home, frames(version, 250, 1, ago_s=48 * 3600), "1")
    check_drift(home)
    first = site_frames(home, version)
    assert first == logged_frames(home, version)[:200]
    answered(home, frames(version, 300, 2, change=darker), "2")
    assert check_drift(home).state == "drifting"
    assert site_frames(home, version) == first
    assert check_drift(home, accept=True).state == "steady"
    assert site_frames(home, version) != first


def test_accepting_takes_enough_pictures(home: Home) -> None:
    answered(home, frames(version_of(home), 120, 1), "1")
    with pytest.raises(DatasetError, match=r"tells of 120 pictures .* a reference takes 200"):
        check_drift(home, accept=True)


def test_frames_of_another_version_do_not_count(home: Home) -> None:
    answered(home, frames("another", 500, 1), "1")
    assert check_drift(home).frames == 0


def test_home_without_a_champion_is_unknown(tmp_path: Path) -> None:
    assert check_drift(Home(tmp_path)).reason == "no version was promoted"


def test_second_opinions_are_compared_though_they_are_few(home: Home) -> None:
    version = version_of(home)

    def opinions(share: float, ago_s: float) -> list[dict[str, Any]]:
        start = time.time() - ago_s - 100
        return [
            {"t": start + n, "version": version, "template_disagreement": share} for n in range(30)
        ]

    answered(home, frames(version, 200, 1, ago_s=48 * 3600), "1")
    answered(home, opinions(0.1, 48 * 3600), "1b")
    answered(home, frames(version, 300, 2), "2")
    answered(home, opinions(0.9, 0), "2b")
    assert moved(home) == {"template_disagreement"}


def test_reference_of_the_training_tells_what_the_model_answers(tmp_path: Path) -> None:
    inspector = open_inspector(make_bundle(tmp_path / "bundle"), InspectionSettings.load())
    watched = Watched(inspector)
    picture = scene(1)
    assert watched.predict(picture, 0.001).detections
    (frame,) = watched.frames
    assert frame["labels"] == {"plate": 1, "ring": 1}
    assert frame["brightness"] == pytest.approx(
        float(np.dot(picture.reshape(-1, 3).mean(0), [0.299, 0.587, 0.114])), abs=0.5
    )
    assert watched.card == inspector.card
