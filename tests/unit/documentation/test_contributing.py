"""The code on the pages of `docs/contributing` does what they say when it is plugged in."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest

from components.camera import sinks, webhook
from components.camera.sinks import Delivery, SinkError
from components.data_preprocessing import materials
from components.data_preprocessing.textures import PATTERNS
from components.dataset import executors
from components.validation import image_checks
from components.validation.checks import Suite
from components.validation.runner import run_suites
from tests.unit.documentation.pages import ROOT, blocks


def plugged_in(page: str, module: Any, **more: Any) -> dict[str, Any]:
    """Run the page's Python among the names of the module that it belongs into."""
    (block,) = [b for b in blocks(ROOT / "docs" / "contributing" / page) if b.language == "python"]
    names = dict(vars(module)) | more
    exec(compile(block.text, block.place, "exec"), names)
    return names


def test_the_material_becomes_a_surface(monkeypatch: pytest.MonkeyPatch) -> None:
    look = plugged_in("material.md", materials)["_felt"]
    monkeypatch.setitem(materials.LOOKS, "felt", look)
    first, second = (materials.random_surface(np.random.default_rng(4), "felt") for _ in range(2))
    assert first.pattern in PATTERNS
    assert first.colours.shape == (256, 1, 3)
    np.testing.assert_array_equal(first.colours, second.colours)


def test_the_executor_makes_every_shard_and_keeps_opencv_to_one_thread() -> None:
    backwards = plugged_in("executor.md", executors)["backwards"]
    threads: list[int] = []

    def work(job: object, shard: int) -> int:
        threads.append(cv2.getNumThreads())
        return shard

    before = cv2.getNumThreads()
    assert list(backwards(work, None, range(4), 2)) == [3, 2, 1, 0]
    assert set(threads) == {1}
    assert cv2.getNumThreads() == before


def test_the_sink_writes_verdicts_and_says_when_it_cannot(tmp_path: Path) -> None:
    journal = plugged_in("sink.md", sinks, Path=Path, FaultName=webhook.FaultName)["Journal"]
    sink = journal(tmp_path / "journal.txt")
    verdict = Delivery({"kind": "verdict", "time": "2026-01-02", "verdict": "ok"})
    assert sink.wants(verdict)
    assert not sink.wants(Delivery({"kind": "fault"}))
    sink.send(verdict)
    sink.send(verdict)
    assert (tmp_path / "journal.txt").read_text() == "2026-01-02 ok\n" * 2
    with pytest.raises(SinkError, match="judging goes on"):
        journal(tmp_path / "no" / "journal.txt").send(verdict)


def test_the_expectation_finds_the_dark_picture() -> None:
    check = plugged_in("expectation.md", image_checks)["darkness_check"](20.0)
    table = pd.DataFrame({"image": ["a.jpg", "b.jpg", "c.jpg"], "brightness": [90.0, 3.0, 120.0]})
    (result,) = run_suites([Suite("images", ("image",), (check,))], {"images": table}, 5, None)
    (found,) = result.checks
    assert (found.state, found.severity, found.failing) == ("failed", "warning", 1)
    assert found.rows[0]["image"] == "b.jpg"
