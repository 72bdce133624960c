"""A slow client holds no connection: a head has its time, a body its pace, an answer its reader. With each cut short."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import orjson
import pytest
import uvicorn

from quantos.kit.wire import BODY_BYTES_MIN, JsonRefusals

SHORT_S: Final = 0.4
PAUSE_S: Final = SHORT_S / 4
MUCH: Final = b"POST /?40000 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" + b"x" * 1000
MUCH_BYTES: Final = 40_000_000
HEAD: Final = b"POST / HTTP/1.1\r\nHost: x\r\n"


class Hasty(JsonRefusals):
    """The platform's protocol, in a hurry."""

    head_s = SHORT_S
    body_s = SHORT_S
    taken_s = 4 * SHORT_S


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Answers what was sent, as late as the path says, and as often as the query does."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        body, more = body + message["body"], message["more_body"]
    await asyncio.sleep(float(scope["path"].strip("/") or 0))
    body *= int(scope["query_string"] or 1)
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}
    )
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def address() -> Iterator[tuple[str, int]]:
    listening = socket.create_server(("127.0.0.1", 0))
    options: Any = {"http": Hasty, "lifespan": "off", "log_config": None, "timeout_keep_alive": 60}
    server = uvicorn.Server(uvicorn.Config(echo, **options))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield listening.getsockname()
    server.should_exit = True
    thread.join()


@pytest.fixture
def sender(address: tuple[str, int]) -> Iterator[socket.socket]:
    with socket.create_connection(address, timeout=10) as connected:
        yield connected


def drip(sender: socket.socket, text: bytes) -> bytes:
    """A byte now and then, until the server has enough of it; its last words."""
    sender.settimeout(PAUSE_S)
    for at in range(len(text)):
        sender.sendall(text[at : at + 1])
        with suppress(TimeoutError):
            return sender.recv(65536)
    raise AssertionError("it was let go on")


def answer(sender: socket.socket, body: bytes) -> bytes:
    """All of an answer that ends with this body."""
    found = b""
    while not found.endswith(body):
        piece = sender.recv(65536)
        assert piece, found
        found += piece
    return found


def is_refusal(found: bytes) -> bool:
    head, _, body = found.partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 408 ") and isinstance(orjson.loads(body)["detail"], str)


def test_a_head_that_comes_byte_by_byte_is_refused(sender: socket.socket) -> None:
    assert is_refusal(drip(sender, HEAD * 10))


def test_who_says_nothing_is_refused(sender: socket.socket) -> None:
    assert is_refusal(sender.recv(65536))
    assert sender.recv(1) == b""


def test_empty_lines_between_requests_hold_no_connection(sender: socket.socket) -> None:
    sender.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")
    answer(sender, b"ok")
    assert is_refusal(drip(sender, b"\r\n" * 100))


def test_a_second_head_that_comes_byte_by_byte_is_refused(sender: socket.socket) -> None:
    sender.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")
    answer(sender, b"ok")
    assert is_refusal(drip(sender, HEAD * 10))


def test_a_body_that_comes_byte_by_byte_is_cut_off(sender: socket.socket) -> None:
    sender.sendall(HEAD + b"Content-Length: 1000\r\n\r\n")
    with suppress(ConnectionError):
        assert drip(sender, b"x" * 1000) == b""


def test_a_body_that_keeps_its_pace_is_read_to_its_end(sender: socket.socket) -> None:
    pieces = [bytes([at]) * BODY_BYTES_MIN for at in range(12)]
    sender.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % sum(map(len, pieces)))
    for piece in pieces:
        threading.Event().wait(PAUSE_S)
        sender.sendall(piece)
    assert answer(sender, b"".join(pieces)).startswith(b"HTTP/1.1 200 ")


def test_an_answer_may_take_its_time_also_where_the_next_head_has_begun(sender: socket.socket) -> None:
    sender.sendall(b"POST /%g HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok" % (2.5 * SHORT_S) + b"PO")
    assert answer(sender, b"ok").startswith(b"HTTP/1.1 200 ")


def test_a_connection_that_is_kept_alive_may_be_idle_for_as_long_as_the_server_keeps_it(
    sender: socket.socket,
) -> None:
    for _ in range(2):
        sender.sendall(HEAD + b"Content-Length: 2\r\n\r\nok")
        assert answer(sender, b"ok").startswith(b"HTTP/1.1 200 ")
        threading.Event().wait(2 * SHORT_S)


def test_an_answer_that_nobody_reads_is_given_up(sender: socket.socket) -> None:
    sender.sendall(MUCH)
    threading.Event().wait(10 * SHORT_S)
    found = 0
    with suppress(ConnectionError):
        while got := len(sender.recv(1_000_000)):
            found += got
    assert found < MUCH_BYTES


def test_an_answer_that_is_read_at_a_pace_comes_to_its_end(sender: socket.socket) -> None:
    sender.sendall(MUCH)
    found = 0
    while found < MUCH_BYTES:
        found += (got := len(sender.recv(400_000)))
        assert got
        threading.Event().wait(PAUSE_S / 5)
