"""Sinks: real files, a real server, a disk that takes nothing."""

import json
import os
import resource
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest

from components.camera import sinks
from components.camera.evidence import Evidence
from components.camera.lines import JsonLines
from components.camera.sinks import Delivery, RefusedError, Sink, SinkError, SinkWorker
from components.camera.state import Change, FaultName, Faults
from components.camera.webhook import Webhook
from components.settings.camera import EvidenceSettings, WebhookSettings
from tests.answering import answering
from tests.unit.camera.rig import until

IMAGE = np.full((48, 64, 3), 90, np.uint8)


class Moody(Sink):
    """Takes records while it is well."""

    name: FaultName = "webhook"

    def __init__(self) -> None:
        self.well, self.got = False, list[int]()

    def send(self, delivery: Delivery) -> None:
        if not self.well:
            raise SinkError("not now")
        self.got.append(delivery.record["n"])


def test_records_wait_for_a_sink_and_the_oldest_are_dropped() -> None:
    changes: list[Change] = []
    sink = Moody()
    worker = SinkWorker(sink, "test", Faults("test", changes.append), 3, 0.02, 0.05)
    for number in range(6):
        worker.offer(Delivery({"n": number}))
    until("the fault", lambda: changes)
    sink.well = True
    until("what was kept", lambda: len(sink.got) == 3)
    worker.close()
    assert sink.got == [3, 4, 5]
    assert [change.ended is None for change in changes] == [True, False]


class Tended(Moody):
    """Cannot be tended while it is ill, though nothing waits."""

    def tend(self) -> None:
        if not self.well:
            raise SinkError("no room")


def test_a_fault_ends_when_nothing_is_wrong_any_more_though_no_record_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sinks, "_TEND_S", 0.02)
    changes: list[Change] = []
    sink = Tended()
    worker = SinkWorker(sink, "test", Faults("test", changes.append), 3, 0.02, 0.05)
    until("the fault", lambda: changes)
    sink.well = True
    until("its end", lambda: len(changes) == 2)
    worker.close()
    assert [change.ended is None for change in changes] == [True, False]


@contextmanager
def room(path: Path, more: int) -> Iterator[None]:
    """Let the files of this process grow no further than so many bytes beyond this one's size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_line_that_the_disk_took_a_part_of_is_offered_again(tmp_path: Path) -> None:
    with closing(JsonLines(tmp_path, 30.0)) as lines:
        lines.send(Delivery({"n": 1}))
        (path,) = tmp_path.glob("*.jsonl")
        with room(path, 5), pytest.raises(SinkError, match="cannot be written"):
            lines.send(Delivery({"n": 2}))
        lines.send(Delivery({"n": 2}))
    assert path.read_text().splitlines() == ['{"n": 1}', '{"n":', '{"n": 2}']


def test_lines_are_appended_and_a_cut_one_is_ended(tmp_path: Path) -> None:
    lines = JsonLines(tmp_path, 30.0)
    lines.send(Delivery({"n": 1}))
    lines.close()
    (path,) = tmp_path.glob("*.jsonl")
    path.write_bytes(path.read_bytes() + b'{"n": 2')
    lines.send(Delivery({"n": 3}))
    lines.close()
    assert path.read_text().splitlines() == ['{"n": 1}', '{"n": 2', '{"n": 3}']


def test_old_lines_are_removed(tmp_path: Path) -> None:
    old = tmp_path / "2020-01-01.jsonl"
    old.write_text("{}\n")
    os.utime(old, (0, 0))
    with closing(JsonLines(tmp_path, 30.0)) as lines:
        lines.send(Delivery({"n": 1}))
    assert not old.exists()


def test_a_disk_that_is_gone_is_told_and_used_again_when_it_is_back(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    folder.write_text("a file where the folder should be")
    lines = JsonLines(folder, 30.0)
    with pytest.raises(SinkError, match="cannot be written"):
        lines.send(Delivery({"n": 1}))
    folder.unlink()
    lines.send(Delivery({"n": 1}))
    lines.close()
    assert len(list(folder.glob("*.jsonl"))) == 1


def test_a_webhook_gets_the_record() -> None:
    got: list[str] = []
    with answering({"/in": lambda body: got.append(body) or {}}) as url:
        settings = WebhookSettings(url=f"{url}/in", timeout_s=5.0, token_file=None)
        Webhook(settings, None).send(Delivery({"n": 1}))
    assert json.loads(got[0]) == {"n": 1}


@pytest.mark.parametrize(("status", "error"), [(422, RefusedError), (503, SinkError)])
def test_a_webhook_that_refuses_is_told(status: int, error: type[Exception]) -> None:
    with answering({"/in": {}}, status) as url:
        settings = WebhookSettings(url=f"{url}/in", timeout_s=5.0, token_file=None)
        with pytest.raises(error, match=str(status)):
            Webhook(settings, None).send(Delivery({"n": 1}))


def evidence(folder: Path, **values: object) -> Evidence:
    shipped = {
        "of": ("not ok",),
        "format": "jpg",
        "overlay": True,
        "min_free_mib": 0.0,
        "headroom_hours": 0.0,
        "max_gib": 1.0,
        "max_per_minute": 100,
    }
    return Evidence(folder, "test", EvidenceSettings.model_validate(shipped | values))


def test_the_oldest_pictures_make_room(tmp_path: Path) -> None:
    for name in ("2026-01-01/1_a_not-ok.jpg", "2026-01-02/1_b_not-ok.jpg"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(b"x" * 6000)
    (tmp_path / "2026-01-01" / "note.txt").write_text("mine")
    keeper = evidence(tmp_path, max_gib=8000 / 2**30)
    name = keeper.name_for("not ok", "c" * 32)
    keeper.send(Delivery({}, IMAGE, None, name))
    assert (tmp_path / name).exists()
    assert not (tmp_path / "2026-01-01/1_a_not-ok.jpg").exists()
    assert (tmp_path / "2026-01-02/1_b_not-ok.jpg").exists()
    assert (tmp_path / "2026-01-01" / "note.txt").exists()


def test_without_room_no_picture_is_written_and_it_is_told(tmp_path: Path) -> None:
    keeper = evidence(tmp_path, min_free_mib=1e12)
    name = keeper.name_for("not ok", "c" * 32)
    with pytest.raises(SinkError, match="more must be free"):
        keeper.send(Delivery({}, IMAGE, None, name))
    assert list(tmp_path.rglob("*.jpg")) == []


def test_only_wanted_verdicts_and_so_many_a_minute_leave_a_picture(tmp_path: Path) -> None:
    keeper = evidence(tmp_path, max_per_minute=2)
    assert keeper.name_for("ok", "a") == ""
    names = [keeper.name_for("not ok", str(number)) for number in range(3)]
    assert [bool(name) for name in names] == [True, True, False]
