"""Loads against a little server of our own whose answers are known."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from components.operations.serve_bench.load import (
    LOST,
    Caller,
    closed_load,
    for_seconds,
    open_load,
    percentile_ms,
)
from components.serving.launch import free_port

ANSWER_S = 0.02


class Slow(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        time.sleep(ANSWER_S)
        self.send_response(429 if body == b"busy" else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_clients_of_a_closed_load_wait_for_their_answers(url):
    replies = closed_load(url, "/", b"x", 3, for_seconds(0.5))
    assert {reply.status for reply in replies} == {200}
    assert min(reply.seconds for reply in replies) >= ANSWER_S
    assert 3 <= len(replies) <= 3 * (0.5 / ANSWER_S + 1)


def test_open_load_sends_what_is_due_and_tells_when(url):
    replies = open_load(url, "/", b"x", per_s=20, seconds=0.5, connections=4)
    assert sorted(round(20 * reply.at_s) for reply in replies) == list(range(10))
    assert {reply.status for reply in replies} == {200}


def test_waiting_for_a_slow_server_counts(url):
    # One connection answers 50 a second at most; the last of 20 that are due at once waits for all.
    replies = open_load(url, "/", b"x", per_s=1e4, seconds=0.002, connections=1)
    assert len(replies) == 20
    assert max(reply.seconds for reply in replies) >= 20 * ANSWER_S


def test_refusals_and_lost_requests_are_told(url):
    caller = Caller(url)
    assert caller.ask("POST", "/", b"busy") == 429
    caller.close()
    assert Caller(f"http://127.0.0.1:{free_port()}").ask("GET", "/") == LOST


def test_percentile_is_in_ms():
    # 101 values 0..100 ms: 99 of 100 lie below the value 99.
    assert percentile_ms([number / 1000 for number in range(101)], 0.99) == pytest.approx(99.0)
