"""An endpoint compatible with OpenAI's on loopback, which misbehaves as it is told.

    with EndpointServer() as server:
        server.script = [status(429, retry_after="1"), cut]

Requests meet the faults of the script one after the other, and what follows is answered. `fault`
chooses a fault for each request instead. What comes is written down before anything else is done.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Body = dict[str, Any]


@dataclass
class Call:
    """One request as it came.

    Attributes:
        at: when it came, monotonic.
        outcome: the name of the fault that it met; else answered, or gone: nobody waited any more.
        said: the reply that was made for it, whether or not it arrived.
    """

    path: str
    headers: dict[str, str]
    body: Body
    at: float
    outcome: str = ""
    said: Body | None = None

    @property
    def prompt(self) -> str:
        """Returns the last message."""
        return str(self.body["messages"][-1]["content"])


class Exchange:
    """A request that waits for its reply."""

    def __init__(self, server: EndpointServer, handler: BaseHTTPRequestHandler, call: Call) -> None:
        self.server, self._handler, self.call = server, handler, call

    def answer(self) -> None:
        self.send(200, self.reply())

    def reply(self) -> Body:
        self.call.said = self.server.reply(self.call.body)
        return self.call.said

    def send(
        self, code: int, content: Any, headers: dict[str, str] | None = None, share: float = 1.0
    ) -> None:
        """Sends a reply, or the first part of one before the line breaks."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._handler.send_response_only(code)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self._handler.send_header(name, value)
        self._handler.send_header("Content-Length", str(len(body)))
        self._handler.end_headers()
        self._handler.wfile.write(body[: int(len(body) * share)])
        self._handler.wfile.flush()
        if share < 1:
            self.hang_up()

    def hang_up(self) -> None:
        self._handler.close_connection = True
        self._handler.connection.shutdown(socket.SHUT_RDWR)


Fault = Callable[[Exchange], None]


def status(code: int, said: str = "out of order", **headers: str) -> Fault:
    """Answers with a status; `retry_after="1"` becomes a header."""
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}

    def fault(exchange: Exchange) -> None:
        exchange.send(code, {"error": {"message": said, "type": "some"}}, named)

    fault.__name__ = f"status {code}"
    return fault


def cut(exchange: Exchange) -> None:
    """Closes the line in the middle of an answer."""
    exchange.send(200, exchange.reply(), share=0.5)


def hang_up(exchange: Exchange) -> None:
    """Closes the line without an answer."""
    exchange.hang_up()


def no_json(exchange: Exchange) -> None:
    """Answers half of a document as if it were whole."""
    whole = json.dumps(exchange.reply()).encode()
    exchange.send(200, whole[: len(whole) // 2])


def hang(exchange: Exchange) -> None:
    """Never answers."""
    exchange.server.closing.wait(30)
    exchange.hang_up()


def drip(exchange: Exchange) -> None:
    """Sends a byte now and then, for ever."""
    handler = exchange._handler
    handler.send_response_only(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not exchange.server.closing.wait(0.05):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def slow(seconds: float) -> Fault:
    """Answers after a while."""

    def fault(exchange: Exchange) -> None:
        exchange.server.closing.wait(seconds)
        exchange.answer()

    return fault


def echo(body: Body) -> Body:
    """Returns a chat completion that says what the last message said."""
    return completion({"role": "assistant", "content": f"echo: {body['messages'][-1]['content']}"})


def completion(message: Body, *, tokens: tuple[int, int] = (7, 3), end: str = "stop") -> Body:
    """Returns a chat completion with one answer. Source: OpenAI API reference."""
    usage = {
        "prompt_tokens": tokens[0],
        "completion_tokens": tokens[1],
        "total_tokens": sum(tokens),
    }
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": end, "logprobs": None}],
        "usage": usage,
    }


class EndpointServer:
    """The server.

    Args:
        reply: makes a reply of a request's body.

    Attributes:
        calls: all requests, in the order in which they came.
        most_at_once: requests that were under way at the same time.
    """

    def __init__(self, reply: Callable[[Body], Body] = echo) -> None:
        self.reply = reply
        self.calls: list[Call] = []
        self.script: list[Fault] = []
        self.fault: Callable[[Call], Fault | None] = lambda _: None
        self.closing = threading.Event()
        self.most_at_once = self._at_once = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def __enter__(self) -> EndpointServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def prompts(self) -> list[str]:
        """Returns the last message of each request."""
        return [call.prompt for call in self.calls]

    def take(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        call = Call(handler.path, dict(handler.headers), json.loads(body), time.monotonic())
        with self._lock:
            self.calls.append(call)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            fault = self.script.pop(0) if self.script else self.fault(call)
        try:
            call.outcome = fault.__name__ if fault else ""
            (fault or Exchange.answer)(Exchange(self, handler, call))
            call.outcome = call.outcome or "answered"
        except OSError:
            call.outcome = call.outcome or "gone"
            raise
        finally:
            with self._lock:
                self._at_once -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *said: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # that a client has gone is no news
            super().handle_error(*said)


def _handler(server: EndpointServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            server.take(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))

        def do_GET(self) -> None:
            server.take(self, b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
