import asyncio
import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import uvicorn
from uvicorn.config import HTTP_PROTOCOLS

from components.serving.heads import bound_heads

LONGEST_S = 0.4
HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"


LARGE = bytes(32 * 2**20)


async def echo(scope, receive, send) -> None:
    """Answer with the body; of `/large` with more than any socket holds."""
    assert scope["type"] == "http"
    if scope["path"] == "/large":
        headers = [(b"content-length", str(len(LARGE)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": LARGE})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    """Of a real uvicorn that was told, like BentoML's, nothing of heads."""
    before = HTTP_PROTOCOLS["auto"]
    bound_heads(LONGEST_S)
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(echo, lifespan="off", log_config=None, timeout_keep_alive=30)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join()
    HTTP_PROTOCOLS["auto"] = before


@pytest.fixture
def client(address) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=10.0) as connection:
        yield connection


def answered(client: socket.socket) -> bytes:
    """Return what a whole answer to `HEAD` with the body "ab" ends with."""
    received = b""
    while not received.endswith(b"ab"):
        received += client.recv(1000)
    return received


def is_closed(client: socket.socket) -> bool:
    try:
        return client.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True


def test_connection_that_says_nothing_is_closed(client):
    start = time.monotonic()
    assert client.recv(1) == b""
    assert time.monotonic() - start >= LONGEST_S * 0.9


def test_head_that_trickles_in_ends_with_the_connection_closed(client):
    client.setblocking(False)
    deadline = time.monotonic() + 10.0
    while not is_closed(client) and time.monotonic() < deadline:
        with suppress(BlockingIOError, ConnectionError):
            client.send(b"X")
        time.sleep(LONGEST_S / 10)
    assert is_closed(client)


def test_body_may_take_longer_than_a_head(client):
    client.sendall(HEAD)
    time.sleep(2 * LONGEST_S)
    client.sendall(b"ab")
    assert answered(client).startswith(b"HTTP/1.1 200")


def test_kept_connection_may_be_idle_longer_than_a_head_takes(client):
    for _ in range(2):
        client.sendall(HEAD + b"ab")
        assert answered(client).startswith(b"HTTP/1.1 200")
        time.sleep(2 * LONGEST_S)


def test_second_head_on_a_connection_must_be_prompt_too(client):
    client.sendall(HEAD + b"ab")
    answered(client)
    client.sendall(HEAD[:10])
    start = time.monotonic()
    assert client.recv(1) == b""
    assert time.monotonic() - start >= LONGEST_S * 0.9


def test_client_that_does_not_take_its_answer_is_cut_off(client):
    client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
    time.sleep(6 * LONGEST_S)
    count = 0
    with suppress(ConnectionError):
        while piece := client.recv(2**20):
            count += len(piece)
    assert 0 < count < len(LARGE)


def test_slow_client_gets_its_whole_answer(client):
    client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    start, count = time.monotonic(), 0
    while piece := client.recv(2**20):
        count += len(piece)
        if time.monotonic() - start < 4 * LONGEST_S:
            time.sleep(LONGEST_S / 4)
    assert count > len(LARGE)
    assert time.monotonic() - start >= 4 * LONGEST_S


def whole(client: socket.socket) -> tuple[list[bytes], bytes]:
    """Return the lines of the head and the body of an answer after which the server closes."""
    received = b""
    while piece := client.recv(10_000):
        received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    return head.lower().split(b"\r\n"), body


@pytest.mark.parametrize(
    "said",
    [b"\x16\x03\x01 hello\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET /" + b"x" * 80_000],
    ids=["TLS", "no host", "endless line"],
)
def test_what_is_no_http_is_answered_in_the_error_schema(client, caplog, said):
    caplog.set_level(logging.INFO, "components.serving.heads")
    with suppress(ConnectionError):
        client.sendall(said)
    head, body = whole(client)
    error = json.loads(body)["error"]
    assert head[0] == b"http/1.1 400 bad request"
    assert (error["status"], error["code"]) == (400, "no_http")
    assert set(error) == {"status", "code", "message", "remedy", "id"}
    assert f"x-request-id: {error['id']}".encode() in head
    assert b"x-content-type-options: nosniff" in head
    assert f"content-length: {len(body)}".encode() in head
    assert "no HTTP/1.1: 400" in caplog.text


def test_no_connection_becomes_a_websocket(client):
    upgrade = b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    key = b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    client.sendall(HEAD[:-2] + upgrade + key + b"\r\nab")
    assert answered(client).startswith(b"HTTP/1.1 200")
