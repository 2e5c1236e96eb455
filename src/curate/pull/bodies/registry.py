"""Knows the dialects: each is one file in `dialects/`, which registers what it can read.

To add one, add a file there that calls `register`. Nothing else knows the dialects by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from typing import Any, Literal

from curate.messages import Message, joined_texts
from curate.pull.bodies import dialects
from curate.pull.bodies.body import Body, BodyTurn, Piece, read_body, result
from curate.pull.bodies.opening import is_cut_off, is_odd, opened
from curate.pull.bodies.reasoning import with_reasoning

ReadBody = Callable[[Any], Body | None]
ReadItem = Callable[[Mapping[str, Any]], list[BodyTurn] | None]
ReadPart = Callable[[Mapping[str, Any]], Piece | list[Piece] | None]
ReadEvents = Callable[[list[Mapping[str, Any]]], Body | None]


@dataclass(frozen=True)
class BodyDialect:
    """What one file reads; see `register`.

    Args:
        name: as in the documentation.
        shapes: names of its bodies for people, each with the keys that tell it.
        order: of asking; a dialect that looks like another one, but has more, is asked before it.
        request: reads the body of a request, None where it is not one.
        response: reads the body of a response, None where it is not one.
        item: reads one item of a list of messages, None where it is not one.
        stream: puts the events of a stream together, None where they are not its own.
        parts: readers of the typed parts of a message's content, by type.
        needs: keys of which a dict has at least one, for `request`, `response` and `item`; without
            them, its reader is not asked.
        envelope: whether a dict is meant for this API, also where it is broken or half.
    """

    name: str
    shapes: Mapping[str, Sequence[str]]
    order: int = 50
    request: ReadBody | None = None
    response: ReadBody | None = None
    item: ReadItem | None = None
    stream: ReadEvents | None = None
    parts: Mapping[str, ReadPart] = field(default_factory=dict)
    needs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    envelope: Callable[[Mapping[str, Any]], bool] | None = None


_dialects: dict[str, BodyDialect] = {}


def register(dialect: BodyDialect) -> None:
    """Registers a dialect under its name."""
    if dialect.name in _dialects:
        raise ValueError(f"two dialects are called {dialect.name!r}")
    _dialects[dialect.name] = dialect


@cache
def all_dialects() -> tuple[BodyDialect, ...]:
    """Returns all dialects in the order in which they are asked."""
    for module in pkgutil.iter_modules(dialects.__path__):
        importlib.import_module(f"{dialects.__name__}.{module.name}")
    return tuple(sorted(_dialects.values(), key=lambda dialect: (dialect.order, dialect.name)))


@cache
def _readers(of: Literal["request", "response", "item", "stream"]) -> tuple[Any, ...]:
    """Returns the readers that dialects have of one thing, in the order in which they are asked."""
    found = (getattr(dialect, of) for dialect in all_dialects())
    return tuple(read for read in found if read is not None)


@lru_cache(maxsize=2048)
def _readers_of(of: Literal["request", "response", "item"], keys: tuple[Any, ...]) -> Sequence[Any]:
    """Returns the readers that may know a dict with these keys; a log has few sets of keys."""
    return [
        getattr(dialect, of)
        for dialect in all_dialects()
        if getattr(dialect, of)
        and (of not in dialect.needs or not set(dialect.needs[of]).isdisjoint(keys))
    ]


_MOST_KEYS = 50  # of a dict whose set of keys is remembered


@cache
def _parts() -> dict[str, ReadPart]:
    readers: dict[str, ReadPart] = {}
    for dialect in all_dialects():
        for name, read in dialect.parts.items():
            if name in readers:
                raise ValueError(f"two dialects read parts of the type {name!r}")
            readers[name] = read
    return readers


def request_of(value: Any) -> Body | None:
    """Returns what a request says: of any dialect, None where none understands it."""
    return _asked("request", value)


def response_of(value: Any) -> Body | None:
    """Returns what a response says: of any dialect, None where none understands it."""
    return _asked("response", value)


_LEVELS = 8  # of bodies inside of bodies
_level: ContextVar[int] = ContextVar("level", default=0)


def _asked(side: Literal["request", "response"], value: Any) -> Body | None:
    """Returns what the first dialect that understands a value reads in it."""
    if _level.get() >= _LEVELS:
        return None
    value = opened(value)
    if value in (None, "", [], {}):
        return Body()  # a platform's word for nothing
    token = _level.set(_level.get() + 1)
    try:
        is_usual = isinstance(value, dict) and len(value) <= _MOST_KEYS
        for read in _readers_of(side, tuple(value)) if is_usual else _readers(side):
            if (body := read(value)) is not None:
                return body  # type: ignore[no-any-return]
        return None
    finally:
        _level.reset(token)


def stream_of(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns what the events of a stream make together, None where no dialect knows them."""
    for read in _readers("stream"):
        if (body := read(events)) is not None:
            return body  # type: ignore[no-any-return]
    return None


def turns_of(items: Any) -> list[BodyTurn] | None:
    """Returns the turns of a list of messages, None where one of its items is not understood."""
    items = opened(items)
    if not isinstance(items, list) or not items:
        return None
    turns: list[BodyTurn] = []
    for item in items:
        if (plain := _plain_turn(item)) is not None:
            turns.append(plain)
            continue
        read = item_of(item)
        if read is None:
            return None
        turns += read
    return _joined(turns) if any(turn.is_fragment for turn in turns) else turns


_PLAIN = {"user": "user", "system": "system", "assistant": "assistant", "developer": "system"}


def _plain_turn(item: Any) -> BodyTurn | None:
    """Returns the turn of a message with a role and a text and nothing else, as most of them are.

    It is what the dialects would say; they are not asked, since there are many of them.
    """
    if type(item) is not dict or len(item) != 2:
        return None
    role, content = item.get("role"), item.get("content")
    if type(role) is not str or type(content) is not str or role not in _PLAIN:
        return None
    if is_odd(content) or (role == "assistant" and "</" in content):
        return None  # there may be a message in it, a stream, or thoughts
    return BodyTurn({"role": _PLAIN[role], "content": content})


def plain_request(value: Any) -> Body | None:
    """Returns what a list of messages says that have a role and a text and nothing else.

    No text in it can hold a message or a body again.
    """
    if not isinstance(value, list) or not value:
        return None
    turns = [turn for item in value if (turn := _plain_turn(item)) is not None]
    return read_body(turns) if len(turns) == len(value) else None


def item_of(item: Any) -> list[BodyTurn] | None:
    """Returns the turns of one item of a list of messages, None where it is not understood."""
    item = opened(item)
    if not isinstance(item, dict):
        return None
    is_usual = len(item) <= _MOST_KEYS
    for read in _readers_of("item", tuple(item)) if is_usual else _readers("item"):
        if (turns := read(item)) is not None:
            return turns  # type: ignore[no-any-return]
    return None


def _joined(turns: list[BodyTurn]) -> list[BodyTurn]:
    """Returns turns with the fragments of each assistant's turn put together."""
    joined: list[BodyTurn] = []
    for turn in turns:
        last = joined[-1] if joined else None
        if last is None or not _belong(last, turn):
            joined.append(turn)
            continue
        assert last.message is not None and turn.message is not None  # noqa: S101
        message = _both(last.message, turn.message)
        unread = {**last.unread, **turn.unread}
        joined[-1] = BodyTurn(message, {**last.fields, **turn.fields}, unread, is_fragment=True)
    return joined


def _belong(one: BodyTurn, other: BodyTurn) -> bool:
    roles = [turn.message and turn.message["role"] for turn in (one, other)]
    return roles == ["assistant"] * 2 and (one.is_fragment or other.is_fragment)


def _both(one: Message, other: Message) -> Message:
    message = {**one, **{k: v for k, v in other.items() if k not in ("content", "tool_calls")}}
    contents = [m["content"] for m in (one, other) if m["content"] not in (None, "", [])]
    if len(contents) == 2 and not all(isinstance(content, str) for content in contents):
        contents = [[part for content in contents for part in _as_parts(content)]]
    message["content"] = "\n".join(contents) if len(contents) == 2 else (*contents, None)[0]
    if calls := [*one.get("tool_calls", ()), *other.get("tool_calls", ())]:
        message["tool_calls"] = calls
    thoughts = [m["reasoning_content"] for m in (one, other) if "reasoning_content" in m]
    return message | ({"reasoning_content": "\n".join(thoughts)} if thoughts else {})


def _as_parts(content: Any) -> list[Any]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)


def pieces_of(content: Any) -> list[Piece] | None:
    """Returns the pieces of a list of content parts, None where one is not understood."""
    if not isinstance(content, list):
        return None
    pieces: list[Piece] = []
    for part in content:
        read = _piece(part)
        if read is None:
            return None
        pieces += read if isinstance(read, list) else [read]
    return pieces


def _piece(part: Any) -> Piece | list[Piece] | None:
    if isinstance(part, str):
        return _piece_of_text(part)
    if not isinstance(part, dict) or not isinstance(part.get("type"), str):
        return None
    read = _parts().get(part["type"])
    if read and _is_empty(part):
        return Piece("unread", {})
    return read(part) if read else None


def _piece_of_text(text: str) -> Piece | list[Piece] | None:
    """Returns the piece of a part that is a text, or the text of a part or of a list of them."""
    inner = opened(text)
    is_list = isinstance(inner, list) and any(isinstance(item, dict) for item in inner)
    if not isinstance(inner, dict) and not is_list:
        return None if is_cut_off(text) else Piece("text", text, as_logged=True)
    pieces = pieces_of(inner if is_list else [inner])
    return None if pieces is None else [replace(piece, as_logged=False) for piece in pieces]


def _is_empty(part: Mapping[str, Any]) -> bool:
    """Returns whether all that a part would hold is null, as clients write what was not said."""
    said = [value for key, value in part.items() if key != "type"]
    return None in said and all(value in (None, [], {}) for value in said)


def content_of_parts(parts: Any) -> Any:
    """Returns the content that a list of parts makes, None where it is not only text and media."""
    pieces = pieces_of(parts)
    if pieces is None or any(piece.kind not in ("text", "part") for piece in pieces):
        return None
    return content_of_pieces(pieces)


def content_of_pieces(pieces: Sequence[Piece], joint: str = "\n") -> Any:
    """Returns the content that pieces make: a text, or a list of parts where not all are text."""
    said = [piece for piece in pieces if piece.kind in ("text", "part")]
    if not said:
        return None
    if all(piece.kind == "text" for piece in said):
        return joined_texts([piece.value for piece in said], joint)
    return [
        {"type": "text", "text": piece.value} if piece.kind == "text" else piece.value
        for piece in said
    ]


def message_turns(
    role: str,
    pieces: Sequence[Piece],
    *,
    joint: str = "\n",
    others: Mapping[str, Any] | None = None,
    **beside: Any,
) -> list[BodyTurn]:
    """Returns the turns that the pieces of one message make.

    The results of tools become messages of their own, where they stand.

    Args:
        role: in OpenAI's words.
        pieces: its parts.
        joint: what stands between texts that follow each other.
        others: keys of the message beside its content.
        beside: `fields`, `unread` and `is_fragment` of its last turn.
    """
    groups: list[list[Piece]] = [[]]
    for piece in pieces:
        groups += [[piece], []] if piece.kind == "result" else []
        if piece.kind != "result":
            groups[-1].append(piece)
    unread = [piece.value for piece in pieces if piece.kind == "unread"]
    messages = []
    for group in groups:
        if group and group[0].kind == "result":
            messages.append(group[0].value)
        elif any(piece.kind != "unread" for piece in group):
            messages.append(_message(role, group, joint) | dict(others or {}))
    if not messages:
        messages = [
            {"role": role, "content": "" if pieces and not unread else None} | dict(others or {})
        ]
    if kept := [value for value in unread if value]:
        beside["unread"] = {**beside.get("unread", {}), "parts": kept}
    return [*(BodyTurn(message) for message in messages[:-1]), BodyTurn(messages[-1], **beside)]


def _message(role: str, pieces: Sequence[Piece], joint: str) -> Message:
    message: Message = {"role": role, "content": content_of_pieces(pieces, joint)}
    calls = [piece.value for piece in pieces if piece.kind == "call"]
    if calls:
        message["content"] = message["content"] or None
        message["tool_calls"] = calls
    thoughts = [piece.value for piece in pieces if piece.kind == "reasoning"]
    return with_reasoning(message, *thoughts)


def tool_result(content: Any, id: Any = None, name: Any = None) -> Piece | None:
    """Returns the piece of a tool's result, whose content is a text, parts or a structure."""
    if isinstance(content, list) and content and pieces_of(content) is not None:
        content = content_of_parts(content)
        if content is None:
            return None
        return Piece("result", result(content, id, name, is_parts=True))
    return Piece("result", result(content, id, name))
