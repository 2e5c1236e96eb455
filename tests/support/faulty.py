"""A proxy between us and a real server that fails when it is told to.

    with Faulty(label_studio.url) as line:
        line.fail(cut, "POST", "/import", nth=2)

Every other request passes. A fault is a function of one `Exchange`.
"""

from __future__ import annotations

import http.client
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


@dataclass
class Request:
    """One request that came: its path with the query, its bytes, and what was answered.

    Attributes:
        status: None where the client got no whole answer.
    """

    method: str
    path: str
    sent_bytes: int
    status: int | None = None
    received_bytes: int = 0


@dataclass(frozen=True)
class Reply:
    status: int
    headers: list[tuple[str, str]]
    body: bytes


class Exchange:
    """One request, to forward and to answer, in this order or not at all."""

    def __init__(
        self, line: Faulty, closing: threading.Event, handler: BaseHTTPRequestHandler, body: bytes
    ) -> None:
        self.line, self.closing, self._handler, self._body = line, closing, handler, body
        self.request = Request(handler.command, handler.path, len(body))

    def forward(self) -> Reply:
        """Returns what the server answers."""
        handler = self._handler
        server = http.client.HTTPConnection(self.line.target, timeout=600)
        try:
            server.request(handler.command, handler.path, self._body, dict(handler.headers))
            answer = server.getresponse()
            kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP_BY_HOP]
            return Reply(answer.status, kept, answer.read())
        finally:
            server.close()

    def answer(self, reply: Reply, body_bytes: int | None = None) -> None:
        """Sends an answer, or the first bytes of one."""
        if body_bytes is None:
            self.request.status, self.request.received_bytes = reply.status, len(reply.body)
        self._handler.send_response_only(reply.status)
        for name, value in [*reply.headers, ("Content-Length", str(len(reply.body)))]:
            self._handler.send_header(name, value)
        self._handler.end_headers()
        self._handler.wfile.write(reply.body[:body_bytes])
        self._handler.wfile.flush()

    def hang_up(self) -> None:
        """Ends the connection, in whatever state it is."""
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


Fault = Callable[[Exchange], None]


def cut(exchange: Exchange) -> None:
    """The server does what it was asked for; the client gets half of its answer."""
    reply = exchange.forward()
    exchange.answer(reply, len(reply.body) // 2)
    exchange.hang_up()


def drop(exchange: Exchange) -> None:
    """The line breaks before the server hears of it."""
    exchange.hang_up()


def hang(exchange: Exchange) -> None:
    """Nobody ever answers, and the server never hears of it."""
    exchange.closing.wait()
    exchange.hang_up()


def hang_after(exchange: Exchange) -> None:
    """The server does what it was asked for, and nobody ever answers."""
    exchange.forward()
    hang(exchange)


def refuse(exchange: Exchange) -> None:
    """From now on nobody listens; see `Faulty.listen`."""
    exchange.line.close()
    exchange.hang_up()


def says(status: int, body: str = "", **headers: str) -> Fault:
    """Answers with a status in place of the server, which never hears of the request."""
    made = [(name.replace("_", "-"), value) for name, value in headers.items()]

    def fault(exchange: Exchange) -> None:
        exchange.answer(Reply(status, made, body.encode()))

    return fault


error_500 = says(500, '{"detail": "out of order"}', Content_Type="application/json")
bad_gateway = says(502, "<html><h1>502 Bad Gateway</h1></html>", Content_Type="text/html")
too_many = says(429, '{"detail": "slow down"}', Content_Type="application/json", Retry_After="1")


def first(act: Callable[[], Any]) -> Fault:
    """Does something before the server hears of the request, which then passes."""

    def fault(exchange: Exchange) -> None:
        act()
        _pass(exchange)

    return fault


def _pass(exchange: Exchange) -> None:
    exchange.answer(exchange.forward())


@dataclass
class _Rule:
    fault: Fault
    method: str | None
    path: re.Pattern[str]
    numbers: range
    met: int = 0


class Faulty:
    """A server in front of another one.

    Attributes:
        url: its address, which stays the same when it stops listening and starts again.
        requests: all that came, in the order in which they came.
    """

    def __init__(self, url: str) -> None:
        self.target = urlsplit(url).netloc
        self.requests: list[Request] = []
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()
        self._port = 0
        self.listen()

    def __enter__(self) -> Faulty:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def fail(
        self, fault: Fault, method: str | None = None, path: str = "", nth: int = 1, times: int = 1
    ) -> None:
        """Makes the n-th request from now (and the next ones) fail.

        Args:
            fault: what happens to it.
            method: count only requests with this method.
            path: count only requests in whose path and query this expression is found.
            nth: the first that fails, from 1.
            times: how many fail from there.
        """
        numbers = range(nth, nth + times)
        self._rules.append(_Rule(fault, method, re.compile(path), numbers))

    def count(self, method: str | None = None, path: str = "") -> int:
        """Returns how many requests came."""
        found = [r for r in self.requests if method in (None, r.method)]
        return sum(bool(re.search(path, r.path)) for r in found)

    def listen(self) -> None:
        """Listens, for the first time or again."""
        self._closing = threading.Event()
        self._server = _Server(("127.0.0.1", self._port), _handler(self, self._closing))
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Refuses connections, and ends those that hang."""
        if not self._closing.is_set():
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Refuses connections for a while."""
        self.close()
        try:
            yield
        finally:
            self.listen()

    def _came(self, request: Request) -> Fault:
        """Records a request and returns what happens to it."""
        with self._lock:
            self.requests.append(request)
            chosen: Fault = _pass
            for rule in self._rules:
                if rule.method in (None, request.method) and rule.path.search(request.path):
                    rule.met += 1
                    if rule.met in rule.numbers:
                        chosen = rule.fault
            return chosen


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *said: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # that a client has gone is no news
            super().handle_error(*said)


def _handler(line: Faulty, closing: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            exchange = Exchange(line, closing, self, body)
            # One that was kept alive may not outlive the server that seems to have gone.
            fault = drop if closing.is_set() else line._came(exchange.request)
            fault(exchange)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
