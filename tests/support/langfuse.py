"""A server of our own that plays the documented lists of a Langfuse, with a clock that tests set.

    with Langfuse(project(calls=500, scores=200)) as server:
        server.now = START + timedelta(hours=2)

A document is listed once its `arrives` has come, which may be long after the time that it bears.
Faults that any server can have are played by `faulty.Faulty`, put in front of this one; those that
only this one can have, and a mixture of all for long runs (`chaos`), are here.
"""

from __future__ import annotations

import base64
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

PUBLIC_KEY, SECRET_KEY = "pk-lf-0a9c-public-4711", "sk-lf-77f1-secret-9e2b"
START = datetime(2026, 9, 1)
WORDS = ("parcel", "invoice", "fuse", "pump", "garden", "router", "ticket", "valve", "window")
GROUPS = {
    "core": "id traceId startTime endTime projectId parentObservationId type",
    "basic": "name level statusMessage version environment userId sessionId",
    "time": "completionStartTime createdAt updatedAt",
    "io": "input output",
    "metadata": "metadata",
    "model": "providedModelName internalModelId modelParameters",
    "usage": "usageDetails costDetails totalCost",
    "prompt": "promptId promptName promptVersion",
    "metrics": "latency timeToFirstToken",
    "trace_context": "tags release traceName",
}
SCORE_GROUPS = {"details": "comment configId metadata", "annotation": "authorUserId queueId"}
_OF_TRACES = ("userId", "sessionId", "traceName", "tags", "release")
Fields = dict[str, Any]


@dataclass
class Kept:
    """A document that the server keeps: what it says, its own time, and since when it is listed."""

    fields: Fields
    at: datetime
    arrives: datetime

    @property
    def order(self) -> tuple[datetime, str]:
        return self.at, self.fields["id"]


@dataclass
class Data:
    """What a project holds, by list."""

    observations: list[Kept] = field(default_factory=list)
    scores: list[Kept] = field(default_factory=list)

    @property
    def end(self) -> datetime:
        """The moment at which everything is listed."""
        return max(k.arrives for k in (*self.observations, *self.scores)) + timedelta(seconds=1)


def stamp(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds") + "Z"


def project(calls: int, scores: int, seed: int = 0) -> Data:
    """Returns a project with so many calls, the spans around them, and scores of some of them.

    Every seventh call comes up to 15 minutes late; scores come up to two days after their calls.
    """
    rng, data, when, turn = random.Random(seed), Data(), START, 0
    generations = 0
    while generations < calls:
        when += timedelta(milliseconds=rng.randint(50, 20_000))
        trace, session = f"tr-{turn:06d}", f"s-{turn // 3:05d}"
        rounds = min(rng.choice((1, 1, 1, 2)), calls - generations)
        for number in range(-1, rounds):
            started = when + timedelta(milliseconds=40 * (number + 1))
            generations += number >= 0
            data.observations.append(_observation(rng, trace, session, number, started))
        turn += 1
    data.scores = _scores(rng, data.observations, scores)
    return data


def _observation(
    rng: random.Random, trace: str, session: str, number: int, started: datetime
) -> Kept:
    """Returns the span of a trace (-1), or one of its generations."""
    text = " ".join(rng.choices(WORDS, k=6))
    name = f"{trace}-{number}" if number >= 0 else f"{trace}-span"
    late = timedelta(seconds=rng.randint(60, 890)) if rng.random() < 1 / 7 else timedelta(seconds=1)
    tokens = {"input": rng.randint(5, 90), "output": rng.randint(5, 90)}
    fields: Fields = {
        "id": name,
        "traceId": trace,
        "startTime": stamp(started),
        "endTime": stamp(started + timedelta(milliseconds=700)),
        "projectId": "proj-1",
        "parentObservationId": f"{trace}-span" if number >= 0 else None,
        "type": "GENERATION" if number >= 0 else "SPAN",
        "name": "answer",
        "level": "DEFAULT",
        "environment": "production",
        "userId": f"user-{session}",
        "sessionId": session,
        "updatedAt": stamp(started + timedelta(seconds=1)),
        "input": json.dumps([{"role": "user", "content": f"Where is the {text}?"}]),
        "output": json.dumps({"role": "assistant", "content": f"By the {text}, {name}."}),
        "metadata": {"shop": rng.choice(WORDS)},
        "providedModelName": "small-model",
        "usageDetails": {**tokens, "total": sum(tokens.values())},
        "totalCost": 0.001,
        "latency": 0.7,
        "traceName": "chat",
        "tags": ["shop"],
    }
    return Kept(fields, started, started + late)


def _scores(rng: random.Random, observations: Sequence[Kept], count: int) -> list[Kept]:
    """Returns thumbs of users, two in three on a generation, the others on its trace."""
    made = []
    for number, call in enumerate(rng.choices([o for o in observations if _is_call(o)], k=count)):
        given = call.at + timedelta(seconds=rng.randint(5, 2 * 86_400))
        about = {"kind": "trace", "id": call.fields["traceId"]}
        if number % 3:
            about = {"kind": "observation", "id": call.fields["id"], "traceId": about["id"]}
        fields = {
            "id": f"sc-{number:06d}",
            "projectId": "proj-1",
            "name": "user-feedback",
            "value": rng.random() < 0.7,
            "dataType": "BOOLEAN",
            "source": "API",
            "timestamp": stamp(given),
            "createdAt": stamp(given),
            "updatedAt": stamp(given),
            "environment": "production",
            "comment": rng.choice((None, "thanks")),
            "authorUserId": None,
            "subject": about,
        }
        made.append(Kept(fields, given, given + timedelta(seconds=rng.randint(1, 890))))
    return made


def _is_call(kept: Kept) -> bool:
    return bool(kept.fields["type"] == "GENERATION")


def calls_of(data: Data) -> dict[str, tuple[Any, ...]]:
    """Returns the truth: id -> question, answer, session, model, tokens of every call."""
    found = {}
    for fields in (kept.fields for kept in data.observations if _is_call(kept)):
        usage = fields["usageDetails"]
        found[fields["id"]] = (
            json.loads(fields["input"])[0]["content"],
            json.loads(fields["output"])["content"],
            fields["sessionId"], fields["providedModelName"], usage["input"], usage["output"],
        )  # fmt: skip
    return found


def ratings_of(data: Data) -> list[tuple[str, bool]]:
    """Returns the truth: (call, whether the thumb is up) of every score, in order.

    A score on a trace is one of the trace's last generation.
    """
    last: dict[str, str] = {}
    for kept in sorted(filter(_is_call, data.observations), key=lambda kept: kept.order):
        last[kept.fields["traceId"]] = kept.fields["id"]
    found = []
    for fields in (kept.fields for kept in data.scores):
        subject = fields["subject"]
        if subject["kind"] == "observation":
            found.append((subject["id"], fields["value"]))
        else:
            found.append((last[subject["id"]], fields["value"]))
    return sorted(found)


class Langfuse:
    """A running server.

    Attributes:
        now: its clock, which replies tell.
        current: whether it has the lists with cursors; otherwise those with numbered pages only.
        page_rows: the most documents of a page.
        asked: every request's path and parameters, in the order in which they came.
        on_page: called with the number of a page (from 1) before it is sent, and after.
        chaos: the share of requests that meet a fault of some kind.
    """

    def __init__(self, data: Data, *, page_rows: int = 1_000, chaos: float = 0.0) -> None:
        self.data, self.page_rows, self.chaos = data, page_rows, chaos
        self.now, self.current, self.pages = data.end, True, 0
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.before_page: Callable[[int], None] = lambda _: None
        self.after_page: Callable[[int], None] = lambda _: None
        self.faults: dict[str, int] = {}
        self._random, self._lock = random.Random(1), threading.Lock()
        self._last: dict[str, tuple[str | None, bytes]] = {}

    def __enter__(self) -> Langfuse:
        self._server = _Server(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def location(self) -> str:
        """Its address as `curate pull` takes it."""
        return f"langfuse+{self.url}"

    def listed(self, name: str) -> Iterator[Kept]:
        """Yields what a list shows now, newest first."""
        kept: Iterable[Kept] = getattr(self.data, name)
        shown = [k for k in kept if k.arrives <= self.now]
        yield from sorted(shown, key=lambda k: k.order, reverse=True)

    # -- answers -----------------------------------------------------------------------------------

    def answer(self, path: str, given: Mapping[str, str]) -> tuple[int, Any]:
        """Returns the status and the content of a reply."""
        if path == "/api/public/projects":
            return 200, {"data": [{"id": "proj-1", "name": "shop"}]}
        if path.startswith("/api/public/traces/") and not self.current:
            return self._trace(unquote(path.rpartition("/")[2]))
        if path in ("/api/public/v2/observations", "/api/public/v3/scores"):
            return self._cursor_page(path, given) if self.current else (404, _NOT_FOUND)
        if path in ("/api/public/observations", "/api/public/v2/scores"):
            return (404, _NOT_FOUND) if self.current else self._numbered_page(path, given)
        return 404, _NOT_FOUND

    def _window(self, name: str, given: Mapping[str, str]) -> list[Kept]:
        times = ("fromStartTime", "toStartTime")
        if name == "scores":
            times = ("fromTimestamp", "toTimestamp")
        low, high = (datetime.fromisoformat(given[t]).replace(tzinfo=None) for t in times)
        kept = [k for k in self.listed(name) if low <= k.at < high]
        return [k for k in kept if given.get("type") in (None, k.fields.get("type"))]

    def _cursor_page(self, path: str, given: Mapping[str, str]) -> tuple[int, Any]:
        name = path.rpartition("/")[2]
        if unknown := set(given) - _KNOWN[name]:
            return 400, {"message": f"Unrecognized keys: {sorted(unknown)}"}
        limit, most = int(given.get("limit", 50)), 1_000 if name == "observations" else 100
        if limit > most:
            return 400, {"message": f"limit must be at most {most}"}
        window = self._window(name, given)
        if "cursor" in given:
            try:
                at, key = json.loads(base64.b64decode(given["cursor"]))
            except ValueError:
                return 400, {"message": "Invalid cursor format"}
            window = [k for k in window if k.order < (datetime.fromisoformat(at), key)]
        page = window[: min(limit, self.page_rows)]
        meta = {}
        if len(page) < len(window):
            last = page[-1]
            text = json.dumps([last.at.isoformat(), last.fields["id"]])
            meta = {"cursor": base64.b64encode(text.encode()).decode()}
        return 200, {"data": [_shown(name, k.fields, given) for k in page], "meta": meta}

    def _numbered_page(self, path: str, given: Mapping[str, str]) -> tuple[int, Any]:
        name, window = path.rpartition("/")[2], self._window(path.rpartition("/")[2], given)
        limit, page = int(given.get("limit", 50)), int(given.get("page", 1))
        rows = window[(page - 1) * limit : page * limit]
        data = [_old_observation(k.fields) if name == "observations" else _old_score(k.fields)
                for k in rows]  # fmt: skip
        total = -(-len(window) // limit)
        meta = {"page": page, "limit": limit, "totalItems": len(window), "totalPages": total}
        return 200, {"data": data, "meta": meta}

    def _trace(self, trace: str) -> tuple[int, Any]:
        for kept in self.listed("observations"):
            if kept.fields["traceId"] == trace:
                about = {name: kept.fields.get(name) for name in ("sessionId", "userId", "tags")}
                return 200, {"id": trace, "name": "chat", **about}
        return 404, _NOT_FOUND


_NOT_FOUND = {"message": "Not Found", "error": "LangfuseNotFoundError"}
_KNOWN = {
    "observations": {"fields", "limit", "cursor", "type", "fromStartTime", "toStartTime"},
    "scores": {"fields", "limit", "cursor", "fromTimestamp", "toTimestamp"},
}


def _shown(name: str, fields: Fields, given: Mapping[str, str]) -> Fields:
    """Returns the fields of a document whose groups were asked for."""
    asked = given.get("fields", "core,basic").split(",")
    if name == "observations":
        wanted = {field for group in ("core", *asked) for field in GROUPS[group].split()}
    else:
        left_out = {g: names.split() for g, names in SCORE_GROUPS.items() if g not in asked}
        gone = {field for names in left_out.values() for field in names}
        wanted = set(fields) - gone - ({"subject"} if "subject" not in asked else set())
    return {field: value for field, value in fields.items() if field in wanted}


def _old_observation(fields: Fields) -> Fields:
    """Returns an observation as the older list has it: parsed, and without what its trace says."""
    rest = {name: value for name, value in fields.items() if name not in _OF_TRACES}
    rest["model"] = rest.pop("providedModelName")
    rest["calculatedTotalCost"] = rest.pop("totalCost")
    return {**rest, "input": json.loads(fields["input"])}


def _old_score(fields: Fields) -> Fields:
    """Returns a score as the older list has it: a number and its text, and ids beside them."""
    subject, rest = fields["subject"], {**fields}
    del rest["subject"]
    observation = subject["id"] if subject["kind"] == "observation" else None
    trace = subject.get("traceId") or subject["id"]
    return {
        **rest,
        "value": int(fields["value"]),
        "stringValue": str(fields["value"]),
        "traceId": trace,
        "observationId": observation,
        "trace": {"userId": "user-of-a-trace", "tags": []},
    }


# -- the line --------------------------------------------------------------------------------------


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *said: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # that a client was killed is no news
            super().handle_error(*said)


def _handler(server: Langfuse) -> type[BaseHTTPRequestHandler]:
    pair = base64.b64encode(f"{PUBLIC_KEY}:{SECRET_KEY}".encode()).decode()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            server.asked.append((parts.path, given))
            if self.headers["Authorization"] != f"Basic {pair}":
                said = f"Invalid credentials {self.headers['Authorization']}"
                self._send(401, json.dumps({"message": said}).encode())
                return
            with server._lock:
                self._list(parts.path, given)

        def _list(self, path: str, given: Mapping[str, str]) -> None:
            is_page = path.endswith(("/observations", "/scores"))
            is_fault = is_page and server._random.random() < server.chaos
            if is_fault and self._fault(path, given.get("cursor")):
                return
            status, content = server.answer(path, given)
            body = json.dumps(content).encode()
            is_page &= status == 200
            if is_page:
                server.pages += 1
                server.before_page(server.pages)
            self._send(status, body)
            if is_page:
                server._last[path] = content["meta"].get("cursor"), body
                server.after_page(server.pages)

        def _fault(self, path: str, cursor: str | None) -> bool:
            """Plays one of the faults; returns whether the request is answered by it."""
            kind = server._random.choice(("429", "500", "502", "cut", "again", "slow"))
            following, body = server._last.get(path, (None, b""))
            if kind == "again" and (cursor is None or following != cursor):
                return False
            server.faults[kind] = server.faults.get(kind, 0) + 1
            if kind == "429":
                self._send(429, b'{"message": "slow down"}', Retry_After="0.05")
            elif kind in ("500", "502"):
                self._send(int(kind), b"<html>out of order</html>")
            elif kind == "cut":
                self._send(200, b'{"data": [{"id": "x"', whole=4_000)
            elif kind == "again":
                self._send(200, body)  # the page before, once more
            else:
                time.sleep(0.05)
                return False
            return True

        def _send(self, status: int, body: bytes, whole: int = 0, **headers: str) -> None:
            self.send_response_only(status)
            self.send_header("Date", format_datetime(server.now.replace(tzinfo=UTC), usegmt=True))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(whole or len(body)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_: Any) -> None:
            pass

    return Handler
