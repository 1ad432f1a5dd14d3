"""An agent with a made-up camera, a made-up judge and a list for a sink."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from components.camera.agent import Agent
from components.camera.frames import Picture
from components.camera.sinks import Delivery, Sink
from components.camera.state import FaultName
from components.camera.verdicts import Judged
from components.errors import ServiceError
from components.settings.camera import CameraSettings

COMMAND = (sys.executable, str(Path(__file__).with_name("faulty_child.py")))
DEADLINES = {"open_s": 8.0, "frame_s": 1.0, "first_wait_s": 0.1, "longest_wait_s": 0.5}


def settings(**tables: Any) -> CameraSettings:
    """The shipped settings with short deadlines and some values of their tables replaced."""
    shipped = CameraSettings.load()
    changes: dict[str, dict[str, Any]] = {
        "capture": DEADLINES,
        "source": {"frames_per_s": 50.0},
        "frame": {"frozen_s": 1.0, "fault_s": 0.3},
        "http": {"port": 0},
        "judge": {"retry_s": 0.1},
        "trigger": {"wait_s": 1.0},
        "sinks": {"retry_s": 0.05, "longest_retry_s": 0.2, "lines": False},
        "evidence": {"of": (), "min_free_mib": 0.0, "headroom_hours": 0.0},
    }
    for name, values in tables.items():
        changes[name] = changes.get(name, {}) | values
    return shipped.model_copy(
        update={
            name: type(getattr(shipped, name)).model_validate(
                getattr(shipped, name).model_dump() | values
            )
            for name, values in changes.items()
        }
    )


class StubJudge:
    """Says `ok` to everything and remembers what it saw and when.

    Attributes:
        seen: For each picture the era it was made in and the time it was judged.
        down: While true, the service cannot be reached.
    """

    def __init__(self) -> None:
        self.seen: list[tuple[int, float]] = []
        self.down = False

    def judge(self, image: Picture, name: str, overlay: bool) -> Judged:
        if self.down:
            raise ServiceError("the service cannot be asked")
        self.seen.append((int(image[0, 0, 0]), time.monotonic()))
        return Judged("ok", (), {"detections": []}, None)

    def close(self) -> None:
        """Hold nothing."""


class ListSink(Sink):
    """Keeps records."""

    name: FaultName = "output"

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def send(self, delivery: Delivery) -> None:
        self.records.append(delivery.record)

    def faults(self, name: str) -> list[dict[str, Any]]:
        return [each for each in self.records if each.get("fault") == name]


class Rig:
    """A running agent and what is around it."""

    def __init__(self, folder: Path, chosen: CameraSettings, live: bool | None) -> None:
        self.folder, self.judge, self.sink = folder, StubJudge(), ListSink()
        self.control = folder / "control"
        self.era = 0
        self.set("good")
        command = COMMAND
        if chosen.source.what is None:
            what = {"what": str(self.control)}
            source = type(chosen.source).model_validate(chosen.source.model_dump() | what)
            chosen = chosen.model_copy(update={"source": source})
            self.agent = Agent(folder / "out", chosen, self.judge, [self.sink], True, command)
        else:
            self.agent = Agent(folder / "out", chosen, self.judge, [self.sink], live)
        self.thread = threading.Thread(target=self.agent.run)

    def set(self, state: str) -> int:
        """Let the camera do something from now on; return the era's number."""
        self.era += 1
        partial = self.control.with_suffix(".partial")
        partial.write_text(f"{state} {self.era}")
        partial.replace(self.control)
        return self.era

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.agent.port}"

    def has(self, fault: str) -> bool:
        return any(each["name"] == fault for each in self.agent.status()["faults"])


@contextmanager
def running(
    folder: Path, chosen: CameraSettings | None = None, live: bool | None = None
) -> Iterator[Rig]:
    """Run an agent beside the test."""
    rig = Rig(folder, chosen or settings(), live)
    rig.thread.start()
    try:
        yield rig
    finally:
        rig.agent.stop()
        rig.thread.join(30)
        assert not rig.thread.is_alive()


def until(what: str, look: Callable[[], Any], wait_s: float = 30.0) -> float:
    """Wait until something is true; return how long that took."""
    start = time.monotonic()
    while not look():
        assert time.monotonic() - start < wait_s, f"{what}: not within {wait_s:g} s"
        time.sleep(0.02)
    return time.monotonic() - start
