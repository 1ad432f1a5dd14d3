import json
import threading
from pathlib import Path

import numpy as np
import pytest

from components.domain import Detection, FitQuality
from components.inspection.disagreement import Disagreement
from components.serving.answers import picture_quality
from components.serving.feature_log import FeatureLog, read_lines
from components.serving.features import FIGURES, frame_features, opinion_features
from components.settings.drift import DriftSettings, FeatureLogSettings

BOUNDS = FeatureLogSettings(share_per_minute=6000, file_mib=0.001, files=3)


def test_lines_come_back_in_order(tmp_path: Path) -> None:
    log = FeatureLog(tmp_path / "features", BOUNDS.model_copy(update={"file_mib": 1.0}))
    for number in range(50):
        log.add({"n": number})
    log.close()
    assert [line["n"] for line in read_lines(tmp_path / "features")] == list(range(50))


def test_folder_never_grows_beyond_its_bound(tmp_path: Path) -> None:
    folder = tmp_path / "features"
    logs = [FeatureLog(folder, BOUNDS) for _ in range(2)]
    for number in range(600):
        for log in logs:
            log.add({"n": number, "text": "x" * 60})
        if number % 50 == 0:
            assert len(list(folder.glob("*.jsonl"))) <= BOUNDS.files + 1
    for log in logs:
        log.close()
    files = list(folder.glob("*.jsonl"))
    assert len(files) <= BOUNDS.files + 1
    assert sum(file.stat().st_size for file in files) <= 4 * (0.001 * 2**20 + 100)


def test_no_more_than_the_asked_share_is_written() -> None:
    log = FeatureLog(Path("unused"), BOUNDS.model_copy(update={"share_per_minute": 60}))
    assert [log.due() for _ in range(5)] == [True, False, False, False, False]
    never = FeatureLog(Path("unused"), BOUNDS.model_copy(update={"share_per_minute": 0}))
    assert not never.due()


def test_line_cut_short_by_a_kill_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "1.jsonl").write_text('{"n": 1}\n{"n": 2}\n{"n": ')
    (tmp_path / "2.jsonl").write_text("[3]\n")
    assert [line["n"] for line in read_lines(tmp_path)] == [1, 2]


def test_folder_that_cannot_be_written_to_is_told_once_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "features").write_text("a file in the way")
    log = FeatureLog(tmp_path / "features", BOUNDS)
    for number in range(20):
        log.add({"n": number})
    log.close()
    assert caplog.text.count("cannot be written") == 1


def test_adding_never_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = threading.Event()
    monkeypatch.setattr(FeatureLog, "_append", lambda log, line: blocked.wait(30))
    log = FeatureLog(tmp_path, BOUNDS)
    for number in range(2000):
        log.add({"n": number})
    blocked.set()
    log.close()


def test_picture_becomes_numbers_and_names_only() -> None:
    image = np.full((40, 60, 3), (90, 60, 60), np.uint8)
    mask = np.zeros((40, 60), np.bool_)
    fit = FitQuality(iou=0.9, edge_rms_px=0.5, visible_fraction=1.0, margin=None, runner_up=None)
    box = (0.0, 0.0, 1.0, 1.0)
    found = [
        Detection("plate", 0.9, box, mask, fit=fit),
        Detection("ambiguous: a | b", 0.7, box, mask),
        Detection("unknown", 0.5, box, mask),
        Detection("plate", 0.7, box, mask),
    ]
    line = frame_features(image, picture_quality(image), found, "v1")
    assert line["labels"] == {"plate": 2, "ambiguous": 1, "unknown": 1}
    assert (line["unknown_share"], line["mean_score"], line["least_score"]) == (0.25, 0.7, 0.5)
    assert (line["mean_fit_iou"], line["mean_edge_rms_px"]) == (0.9, 0.5)
    assert line["warmth"] == pytest.approx(30 / 210, abs=1e-4)
    assert line.keys() - set(FIGURES) == {"t", "version", "labels"}
    assert len(json.dumps(line)) < 500


def test_empty_picture_has_no_scores() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    line = frame_features(image, picture_quality(image), [], "v1")
    assert line["mean_score"] is None
    assert line["unknown_share"] is None
    assert (line["warmth"], line["objects"]) == (0.0, 0)


def test_second_opinion_is_a_share() -> None:
    assert opinion_features(Disagreement(4, 1, 1), "v1")["template_disagreement"] == 0.5
    assert opinion_features(Disagreement(0, 0, 0), "v1")["template_disagreement"] is None


def test_shipped_settings_bound_the_folder_to_32_mib() -> None:
    log = DriftSettings.load().log
    assert log.file_mib * log.files == 32
