"""A box whose exporters are made up: real Prometheus asks them, and its rules find every ill.

What cannot be caused within minutes on the machine of a test (a hot processor, a leak over hours, a
share that doubles against a week before) is told by these exporters; what happened before now is
written into Prometheus' database before it starts.
"""

import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from components.home import Home
from tests.deploy.stack import Stack, watched

BOX = "local"
Values = dict[str, tuple[float, float]]
"""Value at the start and rise in a second, by series."""


@dataclass
class Exporter:
    """Answers Prometheus.

    Attributes:
        values: What it tells; may be changed at any time.
        port: Where it listens.
    """

    values: Values
    port: int
    began_s: float = field(default_factory=time.monotonic)

    def text(self) -> str:
        elapsed_s = time.monotonic() - self.began_s
        rows = (f"{name} {start + rise * elapsed_s}" for name, (start, rise) in self.values.items())
        return "\n".join(rows) + "\n"


@contextmanager
def exporting(values: Values) -> Iterator[Exporter]:
    """Run an exporter."""
    exporter = Exporter(dict(values), 0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = exporter.text().encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    exporter.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield exporter
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass(frozen=True)
class Past:
    """What a series was before now.

    Attributes:
        series: Name, and labels besides box, instance and job.
        value: All the time.
        hours: From so long ago to so long ago, in hours.
        rise: In each step; counters rise.
    """

    series: str
    value: float
    hours: tuple[float, float]
    rise: float = 0.0


def remember(folder: Path, pasts: Mapping[str, tuple[Past, ...]], ports: Mapping[str, int]) -> None:
    """Write what was before now into Prometheus' database.

    Args:
        folder: Of the database; made.
        pasts: By the job that told it; an empty job for what rules recorded.
        ports: By job.
    """
    lines = []
    for job, of_job in pasts.items():
        own = f'box="{BOX}",instance="127.0.0.1:{ports[job or "dxfvision"]}"'
        own += f',job="{job}"' if job else ""
        for past in of_job:
            name, _, labels = past.series.partition("{")
            inner = ",".join(filter(None, (labels.rstrip("}"), own)))
            lines += _samples(f"{name}{{{inner}}}", past)
    file = folder.with_suffix(".om")
    # A family's samples must stand together, each series' in the order of time.
    file.write_text("\n".join([*lines, "# EOF"]) + "\n")
    command = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(file), str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def _samples(series: str, past: Past) -> list[str]:
    first, last = past.hours
    step_s = 60.0 if first < 12 else 1800.0
    now = time.time()
    steps = int((first - last) * 3600 / step_s)
    return [
        f"{series} {past.value + past.rise * step} {now - first * 3600 + step * step_s:.0f}"
        for step in range(steps)
    ]


@contextmanager
def ill_box(
    folder: Path, tells: Mapping[str, Values], pasts: Mapping[str, tuple[Past, ...]]
) -> Iterator[tuple[Stack, dict[str, Exporter]]]:
    """Run Prometheus and Alertmanager over made-up exporters, one for each job."""
    with ExitStack() as stack:
        exporters = {job: stack.enter_context(exporting(told)) for job, told in tells.items()}
        ports = {job: exporter.port for job, exporter in exporters.items()}
        remember(folder / "tsdb", pasts, ports)
        yield stack.enter_context(watched(folder, Home(folder), ports)), exporters
