import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from components.serving.launch import free_port
from tests.unit.operations.proofs import certificate

Process = subprocess.Popen[bytes]
SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")
NOBODY = "http://127.0.0.1:{}/"


@contextmanager
def answering(status: int, trust: ssl.SSLContext | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True)
    scheme = "http" if trust is None else "https"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"{scheme}://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def watched(folder: Path, url: str, *command: str) -> Iterator[tuple[Process, socket.socket]]:
    """Run a command as systemd would, with three looks a second."""
    address = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(address))
        systemd.settimeout(20)
        process = subprocess.Popen(
            [sys.executable, "-m", "components.operations.launch.watched", url, *command],
            env={**os.environ, "NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "1000000"},
        )
        try:
            yield process, systemd
        finally:
            process.kill()
            process.wait()


def told(systemd: socket.socket) -> str:
    return systemd.recv(4096).decode()


def test_a_program_that_answers_keeps_the_watchdog_quiet(tmp_path: Path) -> None:
    with answering(200) as url, watched(tmp_path, url, *SLEEP) as (_, systemd):
        assert told(systemd).startswith("READY=1")
        assert [told(systemd) for _ in range(3)] == ["WATCHDOG=1\nSTATUS=answers"] * 3


def test_before_its_first_good_answer_a_program_is_trusted(tmp_path: Path) -> None:
    url = NOBODY.format(free_port())
    with watched(tmp_path, url, *SLEEP) as (_, systemd):
        assert told(systemd).startswith("READY=1")
        assert told(systemd).startswith("WATCHDOG=1\nSTATUS=starts")


def test_after_a_good_answer_a_bad_one_is_no_sign_of_life(tmp_path: Path) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(ExitStack())
        url = server.enter_context(answering(200))
        _, systemd = stack.enter_context(watched(tmp_path, url, *SLEEP))
        while told(systemd) != "WATCHDOG=1\nSTATUS=answers":
            pass
        server.close()
        while (last := told(systemd)) == "WATCHDOG=1\nSTATUS=answers":
            pass
        assert last == f"STATUS={url} gives no good answer"


def test_the_program_itself_has_nothing_to_tell_systemd(tmp_path: Path) -> None:
    # systemd listens to one process of a unit, and writes a warning for each word of another.
    said = tmp_path / "said"
    script = f"import os; open({str(said)!r}, 'w').write(' '.join(os.environ))"
    with watched(tmp_path, NOBODY.format(free_port()), sys.executable, "-c", script) as (
        process,
        _,
    ):
        assert process.wait(30) == 0
    assert not {"NOTIFY_SOCKET", "WATCHDOG_USEC"} & set(said.read_text().split())
    assert "PATH" in said.read_text().split()


def test_a_service_with_a_certificate_of_its_own_is_asked_all_the_same(tmp_path: Path) -> None:
    file, key = certificate(tmp_path, 30.0)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(file, key)
    with answering(200, trust) as url, watched(tmp_path, url, *SLEEP) as (_, systemd):
        assert told(systemd).startswith("READY=1")
        assert told(systemd) == "WATCHDOG=1\nSTATUS=answers"


def test_the_programs_exit_code_is_its_own(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit(7)")
    with watched(tmp_path, NOBODY.format(free_port()), *command) as (process, _):
        assert process.wait(30) == 7


def test_sigterm_reaches_the_program(tmp_path: Path) -> None:
    with watched(tmp_path, NOBODY.format(free_port()), *SLEEP) as (process, systemd):
        assert told(systemd).startswith("READY=1")
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 128 + signal.SIGTERM
