"""Why batch work leaves files and pushes nothing: a Pushgateway beside a node-exporter, both real.

The table of docs/decisions/0009-metrics-of-batch-work.md, seen.
"""

import os
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from prometheus_client import CollectorRegistry, Gauge, push_to_gateway

from components.home import Home
from components.operations.stages.metrics import StageReport
from components.operations.stages.running import StageResult
from components.serving.launch import free_port
from tests.deploy.programs import Program, need

MISSING = need("prometheus-pushgateway", "prometheus-node-exporter") or (
    "" if os.environ.get("DXFVISION_DEPLOY") else "starts programs: make test-deploy"
)
pytestmark = pytest.mark.skipif(bool(MISSING), reason=MISSING or "all there")
NAME = "dxfvision_pipeline_stage_last_success_timestamp_seconds"


class Ways:
    """Both ways of telling Prometheus, each on a port that it keeps."""

    def __init__(self, folder: Path, home: Home) -> None:
        self._folder, self._stack = folder, ExitStack()
        self.gateway, self.exporter = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self._commands = {
            self.gateway: [
                "prometheus-pushgateway",
                f"--web.listen-address={self.gateway}",
                # As it is built by its makers; Debian's names a file.
                "--persistence.file=",
            ],
            self.exporter: [
                "prometheus-node-exporter",
                f"--web.listen-address={self.exporter}",
                "--collector.disable-defaults",
                "--collector.textfile",
                f"--collector.textfile.directory={home.metrics}",
            ],
        }

    def start(self) -> None:
        for address, command in self._commands.items():
            program = Program(command, f"http://{address}/metrics", self._folder)
            self._stack.callback(program.stop)
            program.wait_until_ready()

    def stop(self) -> None:
        self._stack.close()

    def push(self) -> None:
        registry = CollectorRegistry()
        Gauge(NAME, "When the stage ended well.", ["stage"], registry=registry).labels(
            "publish"
        ).set(1)
        push_to_gateway(self.gateway, job="publish", registry=registry)

    def told(self) -> tuple[bool, bool]:
        """Whether gateway and exporter tell of the stage."""
        texts = [httpx.get(f"http://{each}/metrics").text for each in (self.gateway, self.exporter)]
        gateway, exporter = (f"{NAME}{{" in text for text in texts)
        return gateway, exporter


def work(home: Home) -> None:
    report = StageReport(home, "publish")
    report.begin()
    report.done(StageResult("publish", "key", True, 1.0, {}))


def test_what_is_left_as_a_file_outlives_restarts_and_is_told_even_if_nobody_listened(
    tmp_path: Path,
) -> None:
    home = Home(tmp_path / "home")
    home.prepare()
    ways = Ways(tmp_path, home)
    ways.start()
    try:
        assert ways.told() == (False, False)
        work(home)
        ways.push()
        assert ways.told() == (True, True)
        ways.stop()
        ways.start()
        assert ways.told() == (False, True)
        (home.metrics / "publish.prom").unlink()
        ways.stop()
        work(home)
        with pytest.raises(OSError, match="refused"):
            ways.push()
        ways.start()
        assert ways.told() == (False, True)
    finally:
        ways.stop()
