"""The agent with a camera that fails in every way: each fault noticed, told and outlived."""

import json
import time
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from tests.unit.camera.rig import Rig, running, settings, until

NOTICED_S, RECOVERED_S = 20.0, 30.0


def judged_since(rig: Rig, era: int) -> bool:
    return any(seen == era for seen, _ in rig.judge.seen)


@pytest.mark.parametrize(
    ("state", "fault"),
    [
        ("block", "no frames"),
        ("dead", "no frames"),
        ("closed", "no frames"),
        ("frozen", "frozen"),
        ("black", "black"),
    ],
)
def test_each_fault_is_noticed_and_outlived_and_no_stale_frame_is_judged(
    tmp_path: Path, state: str, fault: str
) -> None:
    with running(tmp_path) as rig:
        until("a first verdict", lambda: rig.judge.seen)
        assert httpx.get(f"{rig.url}/readyz").status_code == 200
        bad = rig.set(state)
        began = time.monotonic()
        until(fault, lambda: rig.has(fault), NOTICED_S)
        assert httpx.get(f"{rig.url}/readyz").status_code == 503
        # Frames on their way when it began are younger than the bound of their age.
        time.sleep(max(0.0, began + 2.0 - time.monotonic()))
        before = len(rig.judge.seen)
        time.sleep(1.0)
        assert len(rig.judge.seen) == before, "something was judged while the camera was blind"
        good = rig.set("good")
        until("a verdict after the fault", lambda: judged_since(rig, good), RECOVERED_S)
        until("the fault's end", lambda: not rig.has(fault), RECOVERED_S)
        until("both records", lambda: len(rig.sink.faults(fault)) >= 2)
    first, *_, last = rig.sink.faults(fault)
    assert first["ended"] is None
    assert last["ended"] is not None
    if state == "black":
        assert not any(era == bad for era, _ in rig.judge.seen)


def test_every_judged_frame_is_newer_than_the_one_before(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        until("verdicts", lambda: len(rig.judge.seen) > 10)
        frames = [r["frame"] for r in rig.sink.records if r["kind"] == "verdict"]
    numbers = [frame["sequence"] for frame in frames]
    assert numbers == sorted(set(numbers))
    assert max(frame["age_s"] for frame in frames) < 2.0 + 1.0


def test_a_service_that_is_away_is_told_and_judging_goes_on_when_it_is_back(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        until("a first verdict", lambda: rig.judge.seen)
        rig.judge.down = True
        until("the fault", lambda: rig.has("judge"))
        rig.judge.down = False
        back = len(rig.judge.seen)
        until("a verdict", lambda: len(rig.judge.seen) > back)
        until("its end", lambda: not rig.has("judge"))


def test_a_trigger_over_http_is_answered_with_a_frame_taken_after_it(tmp_path: Path) -> None:
    chosen = settings(trigger={"mode": "http", "wait_s": 5.0})
    with running(tmp_path, chosen) as rig:
        until("frames", lambda: httpx.get(f"{rig.url}/metrics").text.count("camera_frames_total{"))
        era = rig.set("good")
        time.sleep(0.2)
        answer = httpx.post(f"{rig.url}/trigger", params={"text": "part 7"}, timeout=20)
        assert answer.status_code == 200
        record = answer.json()
        assert record["verdict"] == "ok"
        assert record["trigger"] == {"mode": "http", "text": "part 7"}
        assert [seen for seen, _ in rig.judge.seen] == [era]


def test_a_trigger_without_a_good_frame_is_answered_with_the_reason(tmp_path: Path) -> None:
    chosen = settings(trigger={"mode": "http", "wait_s": 1.0})
    with running(tmp_path, chosen) as rig:
        rig.set("black")
        until("black", lambda: rig.has("black"))
        record = httpx.post(f"{rig.url}/trigger", timeout=20).json()
    assert record["verdict"] == "cannot judge"
    assert "black" in record["reasons"][0]
    assert rig.judge.seen == []


def test_free_run_refuses_triggers(tmp_path: Path) -> None:
    with running(tmp_path) as rig:
        assert httpx.post(f"{rig.url}/trigger").status_code == 409


def test_a_file_triggers_one_picture_and_is_removed(tmp_path: Path) -> None:
    file = tmp_path / "go"
    with running(tmp_path, settings(trigger={"mode": "file", "file": file, "wait_s": 5.0})) as rig:
        for number in (1, 2):
            file.write_text(f"part {number}\nmore")
            until("a record", lambda n=number: len(rig.sink.records) >= n)
            assert not file.exists()
    texts = [
        record["trigger"]["text"] for record in rig.sink.records if record["kind"] == "verdict"
    ]
    assert texts == ["part 1", "part 2"]


def test_an_interval_gives_one_record_each_time(tmp_path: Path) -> None:
    began = time.monotonic()
    with running(tmp_path, settings(trigger={"mode": "interval", "every_s": 0.5})) as rig:
        until("records", lambda: len(rig.judge.seen) >= 3)
        times = [moment for _, moment in rig.judge.seen]
    # One that came late does not put off the next: counted from the start, none comes early.
    for number, moment in enumerate(times):
        assert moment - began >= 0.5 * number


def test_every_picture_of_a_folder_is_judged_once_in_its_order(tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    rng = np.random.default_rng(0)
    for number in range(3):
        image = rng.integers(60, 200, (48, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(shots / f"{number}.png"), image)
        time.sleep(0.02)
    (shots / "broken.png").write_bytes(b"\x89PNG and no more")
    (shots / "readme.txt").write_text("no picture")
    with running(tmp_path, settings(source={"what": str(shots)})) as rig:
        until("all", lambda: len(rig.judge.seen) == 3)
        cv2.imwrite(str(shots / "late.png"), np.full((48, 64, 3), 90, np.uint8))
        until("the late one", lambda: len(rig.judge.seen) == 4)
        until("records", lambda: len(rig.sink.records) == 4)
    names = [record["frame"]["name"] for record in rig.sink.records]
    assert names == ["0.png", "1.png", "2.png", "late.png"]


def test_no_picture_of_a_folder_is_lost_while_the_service_is_away(tmp_path: Path) -> None:
    shots = tmp_path / "shots"
    shots.mkdir()
    for number in range(2):
        image = np.random.default_rng(number).integers(60, 200, (48, 64, 3), dtype=np.uint8)
        cv2.imwrite(str(shots / f"{number}.png"), image)
    with running(tmp_path, settings(source={"what": str(shots)})) as rig:
        rig.judge.down = True
        until("the fault", lambda: rig.has("judge"))
        rig.judge.down = False
        until("both", lambda: len(rig.judge.seen) == 2)


def test_a_video_ends_the_agent_after_its_last_frame(tmp_path: Path) -> None:
    video = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(video), cv2.VideoWriter.fourcc(*"MJPG"), 10, (64, 48))
    for number in range(5):
        image = np.random.default_rng(number).integers(60, 200, (48, 64, 3), dtype=np.uint8)
        writer.write(image)
    writer.release()
    with running(tmp_path, settings(source={"what": str(video)})) as rig:
        rig.thread.join(20)
        assert not rig.thread.is_alive()
    assert len(rig.judge.seen) == 5


def test_verdicts_and_pictures_land_on_the_disk(tmp_path: Path) -> None:
    chosen = settings(
        sinks={"lines": True},
        evidence={"of": ("ok",)},
        trigger={"mode": "interval", "every_s": 0.3},
    )
    with running(tmp_path, chosen) as rig:
        until("verdicts", lambda: len(rig.judge.seen) >= 2)
        until("pictures", lambda: list((tmp_path / "out" / "evidence").glob("*/*.jpg")))
    (file,) = (tmp_path / "out").glob("*.jsonl")
    records = [json.loads(line) for line in file.read_text().splitlines()]
    kept = [r["evidence"] for r in records if r.get("verdict") == "ok"]
    assert (tmp_path / "out" / "evidence" / kept[0]).exists()


def test_status_tells_no_secret_of_the_source(tmp_path: Path) -> None:
    chosen = settings(source={"what": "rtsp://me:secret@127.0.0.1:9/x"})
    with running(tmp_path, chosen) as rig:
        until("the fault", lambda: rig.has("no frames"))
        told = httpx.get(f"{rig.url}/status").text
    assert "secret" not in told
    assert "127.0.0.1:9/x" in told
