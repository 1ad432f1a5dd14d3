"""What a run shows in the Prefect UI: progress, tables, reports and pictures.

An artifact's key says what it shows (`drawings`, `training-curves`, `train-network-progress`) and
is the same in every run, so that the UI keeps one history for each.
"""

import base64
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import cv2
import httpx
from prefect import runtime
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.logging import get_run_logger

from components.home import Home
from components.logs.following import flow_run
from components.logs.setting_up import PART_VARIABLE, is_set_up, log_as_part
from components.operations.server.witness import witnessed
from components.operations.stages.running import StageResult, run_report
from components.progress import Progress, listener

UPDATE_EVERY_S = 5.0
UNREACHABLE = (httpx.HTTPError, OSError)
"""The server restarts, or is gone: what is shown must not end the work that is done."""
THUMBNAIL_WIDTH_PX = 960


@contextmanager
def remembered(home: Path) -> Iterator[None]:
    """Leave in the home folder what became of this flow run, should the server not hear of it.

    Every line that is logged meanwhile bears the run's id; a process of the worker logs as the
    part `flow`.

    Args:
        home: Folder in which everything lies.
    """
    run = runtime.flow_run.get_id()
    if run is None:
        # Called as a plain function.
        yield
        return
    place = Home(home.resolve())
    part = os.environ.get(PART_VARIABLE)
    if part and not is_set_up():
        log_as_part(place, part)
    with flow_run(run), witnessed(place, run):
        yield


@contextmanager
def shown() -> Iterator[None]:
    """Go on without an artifact that the server does not take just now."""
    try:
        yield
    except UNREACHABLE as error:
        get_run_logger().warning("the server takes no artifact now: %r", error)


class PrefectProgress:
    """Shows a stage as a progress artifact and passes everything on to who listens here.

    Args:
        key: Key of the artifact: lower-case letters, digits and dashes.
    """

    def __init__(self, key: str) -> None:
        """Remember the key and who listens."""
        self._key = key
        self._inner: Progress = listener()
        self._artifact: UUID | None = None

    def begin(self, title: str, total: float | None, unit: str) -> None:
        """Create the artifact if the total is known."""
        self._inner.begin(title, total, unit)
        self._title, self._total, self._done = title, total, 0.0
        self._last = time.monotonic()
        self._artifact = None
        if total:
            with shown():
                created = create_progress_artifact(0.0, self._key, title)
                # In an event loop the call would give a coroutine; flows here are synchronous.
                self._artifact = created if isinstance(created, UUID) else None

    def advance(self, count: float, note: str) -> None:
        """Update the artifact every few seconds: each update is a request to the server."""
        self._inner.advance(count, note)
        self._done += count
        if time.monotonic() - self._last >= UPDATE_EVERY_S:
            self._update(note)

    def end(self) -> None:
        """Set the artifact to where the stage ended."""
        self._inner.end()
        self._update("")

    def _update(self, note: str) -> None:
        self._last = time.monotonic()
        if self._artifact and self._total:
            percent = min(100.0, 100.0 * self._done / self._total)
            with shown():
                update_progress_artifact(self._artifact, percent, f"{self._title} {note}".strip())


def show_table(key: str, rows: Sequence[Mapping[str, Any]], description: str) -> None:
    """Show rows as a table; nothing if there are none."""
    if rows:
        with shown():
            create_table_artifact([dict(row) for row in rows], key, description)


def show_markdown(key: str, text: str, description: str) -> None:
    """Show a Markdown report."""
    with shown():
        create_markdown_artifact(text, key, description)


def show_report(key: str, results: Sequence[StageResult], description: str) -> None:
    """Show what each stage of a run did as a Markdown report."""
    show_markdown(key, run_report(results), description)


def show_picture(key: str, path: Path, description: str) -> None:
    """Show a picture inside the page and a link to the file.

    The page of the UI cannot read this machine's files, so a reduced copy travels as a data URI.
    """
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        get_run_logger().warning("%s is missing; no picture is shown", path)
        return
    scale = min(1.0, THUMBNAIL_WIDTH_PX / image.shape[1])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    data = base64.b64encode(cv2.imencode(".jpg", small)[1].tobytes()).decode()
    with shown():
        create_image_artifact(f"data:image/jpeg;base64,{data}", key, description)
    show_link(f"{key}-file", path, description)


def show_link(key: str, path: Path, description: str) -> None:
    """Show where a file of this machine is."""
    with shown():
        create_link_artifact(path.resolve().as_uri(), path.name, key, description)


def log_result(result: StageResult) -> StageResult:
    """Log what a stage did and return it."""
    log = get_run_logger()
    if result.skipped:
        log.info("%s: inputs unchanged, skipped (earlier %.1f s)", result.name, result.seconds)
    else:
        log.info("%s: done in %.1f s", result.name, result.seconds)
    return result
