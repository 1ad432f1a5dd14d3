"""Real programs beside a test: started on free ports, waited for, stopped."""

import json
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx

WAIT_S = 90.0


def need(*names: str) -> str:
    """Return why the tests cannot run: the first program that is missing; else empty."""
    missing = [name for name in names if shutil.which(name) is None]
    return f"{missing[0]} is not installed (apt-get install prometheus ...)" if missing else ""


def wait_for(what: str, look: Callable[[], Any], wait_s: float = WAIT_S) -> Any:
    """Look again and again until what comes back is true; return it."""
    deadline = time.monotonic() + wait_s
    seen: Any = None
    while time.monotonic() < deadline:
        try:
            seen = look()
        except httpx.HTTPError as error:
            seen = error
        else:
            if seen:
                return seen
        time.sleep(0.5)
    raise AssertionError(f"{what}: not within {wait_s:g} s; last seen: {seen!r}")


class Program:
    """A program that answers HTTP.

    Args:
        command: How it is started.
        url: Where it says that it is ready.
        folder: It works there; its log is kept there.
        environment: Its variables.
    """

    def __init__(
        self,
        command: list[str],
        url: str,
        folder: Path,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Start it."""
        self.log = folder / f"{Path(command[0]).name}.log"
        with self.log.open("wb") as output:
            self._process = subprocess.Popen(
                command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env=environment
            )
        self._url = url

    def wait_until_ready(self) -> None:
        """Wait until it answers."""
        wait_for(f"{self._url} ({self.log})", lambda: httpx.get(self._url).is_success)

    def stop(self) -> None:
        """End it and wait for its end."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Mailbox:
    """Keeps what Alertmanager sends to its webhooks.

    Attributes:
        status: What it answers.
        got: Path and names of alerts of each message.
    """

    def __init__(self) -> None:
        """Receive nothing yet."""
        self.status = 200
        self.got: list[tuple[str, str, str]] = []

    def told(self, path: str, alert: str, state: str = "firing") -> bool:
        """Whether a webhook was told of an alert."""
        return (path, alert, state) in self.got


@contextmanager
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    """Run a webhook; yields what it keeps and its URL."""
    box = Mailbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in body["alerts"]:
                box.got.append((self.path, alert["labels"]["alertname"], alert["status"]))
            self.send_response(box.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield box, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
