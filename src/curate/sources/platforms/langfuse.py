"""Langfuse: observations of type GENERATION and scores, newest first, by their own times.

The current lists have a cursor; servers that lack them have older ones with numbered pages. What an
older list calls otherwise is given the current names here, so that one preset reads both.

Source: langfuse/langfuse, fern/apis/server/definition/{observations,scores-v3}.yml and legacy/;
langfuse.com/docs/api-and-data-platform/features/{observations,scores}-api, faq/all/api-limits.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from curate.errors import ConfigError, RemoteUnavailable, SourceError
from curate.sources.platforms import CursorLost, Item, Page, Platform, Stream, Window
from curate.sources.platforms._http import Api, NotThere, Refused

CLOUD = "https://cloud.langfuse.com"
_HOSTS = ("LANGFUSE_BASE_URL", "LANGFUSE_HOST")
_PUBLIC, _SECRET = "LANGFUSE_PUBLIC_KEY", "LANGFUSE_SECRET_KEY"
_BEGINNING = datetime(1970, 1, 1)
Fields = dict[str, Any]


@dataclass(frozen=True)
class _List:
    """One of the server's lists: its endpoint, its greatest page, and what it is asked.

    Args:
        path: of the endpoint.
        limit: of a page.
        times: names of the parameters of a window.
        parameters: others.
        cursor: whether a reply names the next page; otherwise pages are numbered.
        complete: brings documents into the form of the current list.
    """

    path: str
    limit: int
    times: tuple[str, str]
    parameters: Mapping[str, str]
    cursor: bool
    complete: Callable[[Langfuse, list[Fields]], list[Fields]]


class Langfuse:
    """A connection to the project that the keys in the environment belong to.

    Args:
        location: `langfuse://`, with a host where the environment has none.

    Raises:
        ConfigError: the address has what does not belong there, or there are no keys.
        SourceError: the keys are not accepted.
        RemoteUnavailable: the server does not answer.
    """

    def __init__(self, location: str) -> None:
        url, self.shown = _address(location)
        public, secret = (os.environ.get(name, "").strip() for name in (_PUBLIC, _SECRET))
        if not public or not secret:
            raise ConfigError(
                f"{self.shown} wants the keys of a project. Next: set {_PUBLIC} and {_SECRET}"
            )
        pair = base64.b64encode(f"{public}:{secret}".encode()).decode()
        keys = f"{_PUBLIC} and {_SECRET}" + (
            f", or its region into {_HOSTS[1]}" if url == CLOUD else ""
        )
        self._api = Api(url, self.shown, f"Basic {pair}", (public, secret), keys)
        self._lists: dict[str, _List] = {}
        self._traces: dict[str, Fields] = {}
        try:
            reply = self._api.get("/api/public/projects", {})
            self.project = str(reply.content["data"][0]["id"])
        except (NotThere, KeyError, IndexError, TypeError):
            raise SourceError(
                f"{self.shown} is no Langfuse. Next: langfuse://HOST, or set {_HOSTS[1]}"
            ) from None
        self.now = reply.at or datetime.now(UTC).replace(tzinfo=None)

    def page(self, stream: Stream, window: Window, cursor: str | None) -> Page:
        """Returns the page at a cursor, or the first one; see `Connection`."""
        lists = _LISTS[stream.name]
        if cursor is not None:
            path, _, position = cursor.partition(" ")
            listed = next((each for each in lists if each.path == path), None)
            if listed is None:
                raise CursorLost
            try:
                return self._page(listed, window, position)
            except NotThere:  # the server has another version now
                raise CursorLost from None
            except Refused as refusal:
                if refusal.status == 400 and "cursor" in str(refusal).lower():
                    raise CursorLost from None
                raise
        for listed in lists:
            try:
                return self._page(listed, window, None)
            except NotThere:
                continue
        raise SourceError(f"{self.shown} has no {stream.name} to read: is it a Langfuse?")

    def _page(self, listed: _List, window: Window, position: str | None) -> Page:
        low, high = listed.times
        asked = {
            **listed.parameters,
            low: _iso(window.low or _BEGINNING),
            high: _iso(window.high),
            "limit": listed.limit,
            "cursor" if listed.cursor else "page": position or (None if listed.cursor else "1"),
        }
        content = self._api.get(listed.path, asked, shrink=listed.cursor).content
        try:
            documents, meta = content["data"], content["meta"]
            following = meta.get("cursor") if listed.cursor else _number(meta, position)
            items = _items(listed.complete(self, documents))
        except (KeyError, TypeError, AttributeError):
            raise RemoteUnavailable(
                f"{self.shown} answers {listed.path} as no Langfuse does. Next: check the address"
            ) from None
        return Page(items, f"{listed.path} {following}" if following else None)

    def with_traces(self, observations: list[Fields]) -> list[Fields]:
        """Returns observations of the older list with what it says of them at their traces."""
        if len(self._traces) > _TRACES_KEPT:
            self._traces.clear()
        for trace in dict.fromkeys(o.get("traceId") for o in observations):
            if trace and trace not in self._traces:
                self._traces[trace] = self._trace(trace)
        return [_current(o, self._traces.get(str(o.get("traceId")), {})) for o in observations]

    def _trace(self, trace: str) -> Fields:
        try:
            path = f"/api/public/traces/{quote(trace, safe='')}"
            content = self._api.get(path, {"fields": "core"}).content
        except NotThere:
            return {}
        return {new: content.get(old) for new, old in _OF_TRACE.items()}


_TRACES_KEPT = 10_000
_OF_TRACE = {"sessionId": "sessionId", "userId": "userId", "traceName": "name", "tags": "tags"}


def _current(observation: Fields, trace: Fields) -> Fields:
    """Returns an observation of the older list with the names of the current one."""
    costs = observation.get("costDetails") or {}
    total = costs.get("total", observation.get("calculatedTotalCost"))
    return {
        **trace,
        **observation,
        "providedModelName": observation.get("model"),
        "totalCost": total,
    }


def _flat(score: Fields) -> Fields:
    """Returns a score with ids as the older lists have them and a value as the current one has it.

    What is said of its trace, such as the user, is left out.
    """
    subject = score.get("subject") or {}
    about = {f"{subject['kind']}Id": subject["id"]} if subject.get("kind") else {}
    if subject.get("traceId"):
        about["traceId"] = subject["traceId"]
    rest = {name: value for name, value in score.items() if name not in ("subject", "trace")}
    return {**rest, **about, "value": _value(score)}


def _value(score: Fields) -> Any:
    """Returns the value of a score; older lists have a number for each, and a text beside it."""
    kind, value = score.get("dataType"), score.get("value")
    if kind == "BOOLEAN" and isinstance(value, int | float):
        return bool(value)
    return score.get("stringValue", value) if kind in _TEXTS else value


_TEXTS = ("CATEGORICAL", "TEXT", "CORRECTION")


def _items(documents: Sequence[Fields]) -> list[Item]:
    """Returns documents in the order in which of those with one id the newest is last."""
    items = [
        Item(str(each["id"]), _moment(each.get("startTime") or each.get("timestamp")), each,
             _unreadable(each))
        for each in documents
    ]  # fmt: skip
    return sorted(items, key=lambda item: (str(item.fields.get("updatedAt") or ""), item.key))


def _unreadable(document: Fields) -> str:
    try:
        orjson.dumps(document)
    except (TypeError, ValueError) as error:
        return str(error)
    return ""


def _number(meta: Mapping[str, Any], position: str | None) -> str | None:
    """Returns the number of the page after the one at a position, if there is one."""
    page = int(position or 1)
    return str(page + 1) if page < int(meta["totalPages"]) else None


def _iso(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds") + "Z"


def _moment(text: Any) -> datetime | None:
    try:
        when = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return when.astimezone(UTC).replace(tzinfo=None) if when.tzinfo else when


def _address(location: str) -> tuple[str, str]:
    """Returns the server's URL, and the address as it may be stored and printed."""
    scheme, _, rest = location.partition("://")
    plain = scheme.lower() == "langfuse+http"
    if rest.strip("/"):
        url = f"{'http' if plain else 'https'}://{rest}"
    else:
        named = next((os.environ[name].strip() for name in _HOSTS if os.environ.get(name)), CLOUD)
        url = named if "://" in named else f"https://{named}"
    parts = urlsplit(url)
    if parts.username or parts.password or "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"keys do not belong into the address of a Langfuse. Next: langfuse://HOST, with "
            f"{_PUBLIC} and {_SECRET} in the environment"
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("that is no address of a Langfuse. Next: langfuse://HOST or langfuse://")
    name = "langfuse" if parts.scheme == "https" else "langfuse+http"
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}", f"{name}://{parts.netloc}{path}"


_GROUPS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"
_STARTED, _GIVEN = ("fromStartTime", "toStartTime"), ("fromTimestamp", "toTimestamp")
_GENERATION = {"type": "GENERATION"}


def _as_they_are(_: Langfuse, documents: list[Fields]) -> list[Fields]:
    return documents


def _all_flat(_: Langfuse, documents: list[Fields]) -> list[Fields]:
    return [_flat(score) for score in documents]


_LISTS = {
    "observations": (
        _List("/api/public/v2/observations", 1_000, _STARTED, {**_GENERATION, "fields": _GROUPS},
              True, _as_they_are),
        _List("/api/public/observations", 100, _STARTED, _GENERATION, False, Langfuse.with_traces),
    ),
    "scores": (
        _List("/api/public/v3/scores", 100, _GIVEN, {"fields": "core,details,subject,annotation"},
              True, _all_flat),
        _List("/api/public/v2/scores", 100, _GIVEN, {}, False, _all_flat),
        _List("/api/public/scores", 100, _GIVEN, {}, False, _all_flat),
    ),
}  # fmt: skip

PLATFORM = Platform(
    "langfuse",
    ("langfuse", "langfuse+http"),
    (
        Stream("observations", "interactions", "langfuse"),
        Stream("scores", "feedback", "langfuse"),
    ),
    # Rows of older SDKs come up to 15 minutes late.
    "20m",
    Langfuse,
)
