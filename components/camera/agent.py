"""The agent: waits for who asks, takes the newest frame, has it judged, tells every sink.

    capture process -> Supervisor -> NewestFrame -> Agent -> Judge
                        (a thread)                   |----> sinks (a thread each)
                                                     '----> /readyz /metrics ... (a thread)

Whatever fails besides the agent itself (camera, service, model, disk, network) is a fault that is
told and tried again; the agent goes on.
"""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.camera import telemetry
from components.camera.child import COMMAND
from components.camera.endpoint import Endpoint
from components.camera.frames import Picture, encoded
from components.camera.judging import Judge
from components.camera.notify import notify
from components.camera.outlets import Outlets
from components.camera.records import change_record, moment, verdict_record
from components.camera.secret_files import read_secret
from components.camera.sinks import Delivery, Sink
from components.camera.slot import NewestFrame, Seen
from components.camera.sources import safe_url
from components.camera.state import BLIND, Change, Faults
from components.camera.supervisor import Supervisor
from components.camera.triggers import Ask, Triggers
from components.camera.verdicts import Judged
from components.errors import PipelineError, ServiceError
from components.files import plain
from components.logs.following import request
from components.serving.client import AnswerError
from components.settings.camera import CameraSettings

logger = logging.getLogger(__name__)

_POLL_S = 0.5
_BEAT_SLACK_S = 20.0


@dataclass(frozen=True, slots=True)
class Told:
    """What the agent remembers of its work.

    Attributes:
        judged: Pictures that got a verdict.
        not_judged: Pictures somebody waited for that got none.
    """

    judged: int
    not_judged: int


class Agent:
    """One camera's agent.

    Attributes:
        port: Where its HTTP side listens.
    """

    def __init__(
        self,
        folder: Path,
        settings: CameraSettings,
        judge: Judge,
        sinks: Sequence[Sink] = (),
        live: bool | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Prepare everything that can fail before the first frame.

        Args:
            folder: Where lines and evidence go.
            settings: All settings; `source.what` is set.
            judge: Who judges.
            sinks: Further sinks.
            live: Whether the source is a camera; None tells it from the source's name.
            command: Starts the capture process.

        Raises:
            CameraError: If something in the settings cannot be had: a port, a file, a library.
        """
        self._settings, self._judge = settings, judge
        self._name = settings.name
        self._stopping = threading.Event()
        self._faults = Faults(self._name, self._changed)
        self._newest = NewestFrame()
        self._triggers = Triggers(settings.trigger)
        self._supervisor = Supervisor(settings, self._faults, self._newest, live, command)
        self._beat_s = time.monotonic()
        self._last: Seen | None = None
        self._judged_image: Picture | None = None
        self._counts = {"judged": 0, "not_judged": 0}
        wait_s = settings.trigger.wait_s + settings.judge.timeout_s
        token = read_secret(settings.http.token_file, "http.token_file")
        self._endpoint = Endpoint(settings.http, token, self, self._triggers, wait_s)
        self.port = self._endpoint.port
        self._outlets = Outlets(folder, settings, self._faults, sinks)

    def run(self) -> Told:
        """Work until `stop`, or until a source that ends is at its end.

        Raises:
            CameraError: If a trigger's file cannot be removed.
        """
        self._supervisor.start()
        self._endpoint.start()
        notify("READY=1")
        try:
            while not self._stopping.is_set() and not self._newest.ended:
                self._beat()
                ask = self._triggers.next(_POLL_S)
                if ask is not None:
                    # The service writes the same id on its lines.
                    with request(ask.id):
                        self._answer(ask)
        finally:
            notify("STOPPING=1")
            self._supervisor.stop()
            self._outlets.close()
            self._endpoint.stop()
            self._judge.close()
        return Told(self._counts["judged"], self._counts["not_judged"])

    @property
    def live(self) -> bool:
        """Whether the source is a camera, and not a file."""
        return self._supervisor.live

    def stop(self, *_: object) -> None:
        """End soon; may be a signal's handler."""
        self._stopping.set()

    def alive(self) -> bool:
        """Whether the loop goes round; judging may take its time."""
        settings = self._settings
        longest_s = settings.trigger.wait_s + settings.judge.timeout_s + _BEAT_SLACK_S
        return time.monotonic() - self._beat_s < longest_s

    def status(self) -> dict[str, Any]:
        """Return everything that is known, plain values."""
        faults, last = self._faults.now(), self._last
        blind = [fault for fault in faults if fault.name in (*BLIND, "judge")]
        return {
            "camera": self._name,
            "source": safe_url(self._settings.source.what or ""),
            "mode": self._settings.trigger.mode,
            "ready": self.alive() and last is not None and not blind,
            "faults": [plain(fault) | {"since": moment(fault.since)} for fault in faults],
            "frame": None
            if last is None
            else {
                "captured": moment(last.frame.captured),
                "age_s": round(last.frame.age_s(), 3),
                "width_px": last.frame.image.shape[1],
                "height_px": last.frame.image.shape[0],
                "blur_px": last.look.blur_px,
                "brightness": last.look.brightness,
                "saturated_share": last.look.saturated_share,
            },
            **self._counts,
        }

    def last_picture(self) -> bytes | None:
        """Return the frame that was looked at last, as JPEG."""
        last = self._last
        return None if last is None else encoded(last.frame.image, ".jpg")

    def _beat(self) -> None:
        self._beat_s = time.monotonic()
        notify("WATCHDOG=1")

    def _changed(self, change: Change) -> None:
        """Tell the sinks of a fault that began or ended."""
        self._outlets.offer(Delivery(change_record(self._name, change)))

    def _answer(self, ask: Ask) -> None:
        """Take a frame for who asks, have it judged, tell."""
        seen, why = self._frame_for(ask)
        waited_for = ask.triggered or (seen is not None and not self._supervisor.live)
        if seen is None or why:
            if waited_for:
                self._tell(ask, seen, None, why)
            return
        judged, why = self._judged(seen)
        self._tell(ask, seen, judged, why)
        if judged is None and not ask.triggered:
            self._stopping.wait(self._settings.judge.retry_s)

    def _frame_for(self, ask: Ask) -> tuple[Seen | None, list[str]]:
        """Return a good frame; without one the newest that is not, and what is wrong."""
        until = time.monotonic() + (self._settings.trigger.wait_s if ask.triggered else _POLL_S)
        bad: Seen | None = None
        why = ""
        while not self._stopping.is_set():
            seen = self._newest.take(max(0.0, until - time.monotonic()), ask.asked_monotonic_s)
            if seen is None:
                break
            self._last = seen
            why = self._refusal(seen)
            if not why:
                return seen, []
            bad = seen
            telemetry.REFUSED.labels(self._name, why).inc()
            if not ask.triggered:
                break
        blind = [
            f"{fault.name}: {fault.text}" for fault in self._faults.now() if fault.name in BLIND
        ]
        nothing = f"no frame within {self._settings.trigger.wait_s:g} s"
        return bad, blind or [why or nothing]

    def _refusal(self, seen: Seen) -> str:
        """Return in one word why a frame must not be judged; empty if it may."""
        frame = seen.frame
        if self._supervisor.live and frame.age_s() > self._settings.frame.max_age_s:
            return "stale"
        if seen.look.reasons:
            return seen.look.reasons[0]
        repeats = self._supervisor.live and not self._settings.frame.judge_unchanged
        if repeats and self._judged_image is not None:
            return "unchanged" if np.array_equal(self._judged_image, frame.image) else ""
        return ""

    def _judged(self, seen: Seen) -> tuple[Judged | None, list[str]]:
        """Have a frame judged; pictures of files are asked about until there is an answer."""
        while True:
            try:
                return self._asked(seen), []
            except PipelineError as error:
                self._faults.begin("judge", str(error))
                lasting = isinstance(error, ServiceError) and not isinstance(error, AnswerError)
                if self._supervisor.live or not lasting:
                    return None, [str(error)]
            self._beat()
            if self._stopping.wait(self._settings.judge.retry_s):
                return None, ["the agent was stopped"]

    def _asked(self, seen: Seen) -> Judged:
        start = time.monotonic()
        frame = seen.frame
        overlay = self._settings.evidence.overlay
        judged = self._judge.judge(frame.image, frame.name or "the frame", overlay)
        self._faults.end("judge")
        self._judged_image = frame.image
        telemetry.JUDGE_SECONDS.labels(self._name).observe(time.monotonic() - start)
        telemetry.DELAY_SECONDS.labels(self._name).observe(frame.age_s())
        telemetry.LAST_JUDGED.labels(self._name).set(frame.captured)
        telemetry.VERDICTS.labels(self._name, judged.verdict).inc()
        for each in judged.answer["detections"]:
            found = each.get("deviation")
            own = "none" if found is None else found["verdict"]
            telemetry.OBJECTS.labels(self._name, each["label"], own).inc()
        return judged

    def _tell(self, ask: Ask, seen: Seen | None, judged: Judged | None, why: list[str]) -> None:
        """Tell every sink and who asked."""
        frame = None if seen is None else seen.frame
        mode = self._settings.trigger.mode
        record = verdict_record(self._name, mode, ask, frame, judged, why)
        name = ""
        if frame is not None:
            name = self._outlets.evidence.name_for(record["verdict"], ask.id)
        record["evidence"] = name or None
        image = None if frame is None else frame.image
        overlay = None if judged is None else judged.overlay
        self._outlets.offer(Delivery(record, image, overlay, name))
        outcome = "not_judged" if judged is None else "judged"
        logger.info(
            "%s: %s%s",
            self._name,
            record["verdict"],
            f" ({'; '.join(record['reasons'])})" if record["reasons"] else "",
            extra={"verdict": record["verdict"], "evidence": record["evidence"]},
        )
        self._counts[outcome] += 1
        if ask.triggered:
            telemetry.TRIGGERS.labels(self._name, outcome).inc()
        if ask.reply is not None:
            ask.reply.put_nowait(record)
