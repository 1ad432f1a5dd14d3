import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from components.operations.launch import supervisor as supervisor_module
from components.operations.launch.supervisor import Program, State, Supervisor
from components.serving.launch import free_port
from components.settings.operations import OperationsSettings

SETTINGS = OperationsSettings.load().supervisor.model_copy(
    update={"check_s": 0.2, "failures": 2, "pause_s": 0.1, "longest_pause_s": 0.4, "stop_s": 2.0}
)
SLEEP = "import time; time.sleep(600)"


def program(name: str, code: str = SLEEP, **more: Any) -> Program:
    command = [sys.executable, "-c", code]
    return Program(name, command, dict(os.environ), **more)


@contextmanager
def running(
    folder: Path, *programs: Program
) -> Iterator[tuple[Supervisor, list[tuple[str, State]]]]:
    told: list[tuple[str, State]] = []
    supervisor = Supervisor(
        programs, SETTINGS, folder, lambda name, state: told.append((name, state))
    )
    stop = threading.Event()
    thread = threading.Thread(target=supervisor.run, args=(stop,))
    thread.start()
    try:
        yield supervisor, told
    finally:
        stop.set()
        thread.join(30)


def wait_until(look: Callable[[], object]) -> None:
    deadline = time.monotonic() + 40
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children() -> list[psutil.Process]:
    """Return what the supervisor started; other tests' servers and pools live beside it."""
    return [each for each in psutil.Process().children() if "time.sleep(600)" in line_of(each)]


def line_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return ""


def test_programs_start_in_order_and_all_end_in_reverse(tmp_path: Path) -> None:
    once = program("set-up", "print('ready')", once=True)
    last = program("worker", after=("set-up",))
    with running(tmp_path, program("server"), once, last) as (supervisor, told):
        wait_until(lambda: supervisor.states()["worker"] == "well")
        assert supervisor.states() == {"server": "well", "set-up": "done", "worker": "well"}
        assert told.index(("set-up", "done")) < told.index(("worker", "starts"))
        pids = [child.pid for child in children()]
    assert [name for name, state in told if state == "stopped"] == ["worker", "server"]
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert (tmp_path / "set-up.log").read_text() == "ready\n"


def test_killed_program_is_started_again(tmp_path: Path) -> None:
    with running(tmp_path, program("worker")) as (supervisor, told):
        wait_until(lambda: supervisor.states()["worker"] == "well")
        os.kill(children()[0].pid, signal.SIGKILL)
        wait_until(lambda: told.count(("worker", "well")) == 2)


def test_program_that_answers_badly_for_long_is_started_again(tmp_path: Path) -> None:
    port = free_port()
    code = (
        "import http.server, time\n"
        "born = time.monotonic()\n"
        "class H(http.server.BaseHTTPRequestHandler):\n"
        "    def do_GET(self):\n"
        "        self.send_response(200 if time.monotonic() < born + 1.5 else 500)\n"
        "        self.end_headers()\n"
        f"http.server.HTTPServer(('127.0.0.1', {port}), H).serve_forever()\n"
    )
    ill = program("service", code, url=f"http://127.0.0.1:{port}/", start_s=20)
    with running(tmp_path, ill) as (_, told):
        wait_until(lambda: told.count(("service", "well")) == 2)
    assert told.index(("service", "unwell")) < told.index(("service", "stopped"))


def test_program_waits_for_what_it_needs(tmp_path: Path) -> None:
    there = tmp_path / "champion"
    with running(tmp_path / "logs", program("service", wanted=there.exists)) as (supervisor, _):
        time.sleep(0.5)
        assert supervisor.states() == {"service": "waits"}
        there.touch()
        wait_until(lambda: supervisor.states()["service"] == "well")


def test_program_that_will_not_end_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "deaf"
    deaf = (
        "import pathlib, signal, time; signal.signal(15, signal.SIG_IGN); "
        f"pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    )
    with running(tmp_path / "logs", program("server", deaf)):
        wait_until(ready.exists)
        pid = children()[0].pid
    assert not psutil.pid_exists(pid)


def test_a_log_that_grows_is_put_aside_while_its_program_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "_LOG_BYTES", 2000)
    talk = "import time\nfor n in range(9999): print(n, 'x' * 99, flush=True); time.sleep(0.02)"
    with running(tmp_path, program("worker", talk)) as (_, told):
        wait_until((tmp_path / "worker.log.1").exists)
        last = (tmp_path / "worker.log.1").read_text().splitlines()[-1]
        wait_until(lambda: (tmp_path / "worker.log").read_text().count("\n") > 1)
        first = (tmp_path / "worker.log").read_text().splitlines()[0]
    assert int(first.split()[0]) > int(last.split()[0])
    assert [state for _, state in told].count("starts") == 1
