"""What was asked and answered in a call, from the fields that a log has for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from curate.kernels.user_ids import masked
from curate.messages import Message, canonical, is_json, split_answer, text_of
from curate.pull.bodies.bodies import (
    Body,
    describe,
    is_cut_off,
    is_envelope,
    opened,
    read_request,
    read_response,
)
from curate.pull.bodies.body import failure
from curate.pull.bodies.opening import is_odd
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.histories import read_history
from curate.pull.rating import is_blank

Values = dict[str, Any]


class UnknownShape(ValueError):
    """A value in a place for messages or answers that no reader understands."""

    def __init__(self, place: str, value: Any) -> None:
        super().__init__(masked(f"{place} has {describe(value)}"))


class Content(NamedTuple):
    """The messages and the answers of a call, and what bodies say besides.

    Args:
        messages: everything before the answer, oldest first.
        output: the answer, or each of several; None where there is none.
        fields: what bodies say of other fields.
        unread: what no field takes, by the field that it stood in.
    """

    messages: list[Message]
    output: list[Message] | None
    fields: Values
    unread: Values


def content_of(values: Mapping[str, Any], encoded: Sequence[str] = ()) -> Content:
    """Returns what was asked and answered.

    Args:
        values: what a document has of each field.
        encoded: fields whose texts are JSON text throughout.

    Raises:
        UnknownShape: one of the values is an object, a list or an envelope that nobody reads.
    """
    bodies = {
        name: _asked(name, value, name in encoded)
        for name in _ASKED
        if (value := values.get(name)) is not None
    }
    answer_given = values.get("response") or None
    answer = None if answer_given is None else _answered(answer_given, "response" in encoded)
    fields: Values = {}
    for body in (*([answer] if answer else []), *bodies.values()):  # what was asked comes first
        if body.fields:
            fields.update((k, v) for k, v in body.fields.items() if not is_blank(v))
    output = answer.output if answer else None
    if answer is None:
        output = next((b.output for b in bodies.values() if b.output), None)
    messages = _history(bodies, output) or (answer.messages if answer else None) or []
    if answer is None and output is None:
        messages, output = split_answer(messages)
    unread = {name: body.unread for name, body in bodies.items() if body.unread}
    if answer and answer.unread:
        unread["response"] = answer.unread
    return Content(_with_system(values.get("system"), messages), output, fields, unread)


_ASKED = ("messages", "history", "request", "query")
_BODIES = ("messages", "request")
"""Fields of which a text that holds an object is no text that somebody wrote."""
_JSON = ("{", "[", '"')


def _asked(place: str, value: Any, is_encoded: bool) -> Body:
    """Returns what stands in a place for what was asked."""
    if place == "history" and (turns := read_history(value)) is not None:
        return Body(turns)
    if isinstance(value, str):
        if not is_odd(value):  # as most are
            return Body([{"role": "user", "content": value}])
        text = _unquoted(value, is_encoded)
        inner = opened(text) if text.lstrip()[:1] in _JSON else text
        body = None if isinstance(inner, str) else read_request(inner)
        is_body = place in _BODIES and isinstance(inner, dict | list)
        is_broken = is_cut_off(text) or is_envelope(text if isinstance(inner, str) else inner)
        if body is None and (is_body or is_broken):
            raise UnknownShape(place, inner)
        return body or Body([{"role": "user", "content": text}])
    body = read_request(value)
    if body is None:
        if isinstance(value, Mapping | list):
            raise UnknownShape(place, value)
        body = Body([{"role": "user", "content": as_text(value)}])
    return body


def _answered(value: Any, is_encoded: bool) -> Body:
    """Returns what stands in the place for the answer.

    JSON text without the keys of an envelope is the answer itself: somebody asked for JSON.
    """
    if isinstance(value, str):
        if not is_odd(value):
            return Body(None, [_assistant(value)])
        text = _unquoted(value, is_encoded)
        if not is_envelope(text) and not is_cut_off(text):
            return Body(None, [_assistant(text)])
        value = opened(text)
    elif not isinstance(value, Mapping | list):
        return Body(None, [_assistant(as_text(value) or "")])
    body = read_response(value)
    if body is None:
        raise UnknownShape("response", value)
    return body


def _unquoted(text: str, is_encoded: bool) -> str:
    """Returns a text without the quotes that JSON put around it; an author's own quotes stay."""
    inner: Any = text
    while is_encoded and isinstance(inner, str) and inner.lstrip()[:1] == '"' and is_json(inner):
        outer, inner = inner, orjson.loads(inner)
        if not isinstance(inner, str):
            return outer
    return str(inner)


def _history(bodies: Mapping[str, Body], output: list[Message] | None) -> list[Message]:
    """Returns the messages before the answer: a request's, or a list and then the query."""
    if len(bodies) == 1:
        (body,) = bodies.values()
        return _without_answer(body.messages or [], output)
    said = {name: _without_answer(body.messages or [], output) for name, body in bodies.items()}
    if said.get("request"):
        return said["request"]
    messages, query = said.get("messages") or said.get("history", []), said.get("query", [])
    if not messages or not query:
        return messages or query
    last, asked = messages[-1], query[-1]
    same = last["role"] == asked["role"] and text_of(last["content"]) == text_of(asked["content"])
    return messages if same else [*messages, *query]


def _without_answer(messages: list[Message], output: list[Message] | None) -> list[Message]:
    """Returns messages without the answer, where a log has it in both places."""
    if not output or not messages or messages[-1]["role"] != "assistant":
        return messages
    last, answer = messages[-1], output[0]
    same = text_of(last["content"]) == text_of(answer["content"])
    same = same and last.get("tool_calls") == answer.get("tool_calls")
    return messages[:-1] if same else messages


def _with_system(value: Any, messages: list[Message]) -> list[Message]:
    if value is None or is_blank(value) or any(message["role"] == "system" for message in messages):
        return messages
    text = value if isinstance(value, str) else None
    if text is None or text.lstrip()[:1] in _JSON:
        body = read_request([{"role": "system", "content": opened(value)}])
        body = body or read_request(opened(value))
        parts = text_of(body.messages[0]["content"]) if body and body.messages else ""
        text = parts or text
    if text is None:
        raise UnknownShape("system", value)
    return [{"role": "system", "content": text}, *messages]


def _assistant(text: str) -> Message:
    return with_reasoning({"role": "assistant", "content": text})


def as_text(value: Any) -> str | None:
    """Returns a cell as text: strings as they are, whole floats without `.0`, the rest as JSON."""
    if value is None:
        return None
    if isinstance(value, str):
        return None if is_blank(value) else value
    if is_blank(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return canonical(value) if isinstance(value, dict | list | bool) else str(value)


def written(value: Any) -> str | None:
    """Returns the text of an answer that somebody wrote in place of another.

    Returns:
        None where it is a message or a body of no shape that is known.
    """
    if isinstance(value, str) and not is_envelope(value):
        return as_text(value)
    if not isinstance(value, str | Mapping | list):
        return as_text(value)
    body = read_response(opened(value))
    return text_of(body.output[0]["content"]) or None if body and body.output else None


def reason_of(error: Any) -> str | None:
    """Returns what an error says: its message, its code, or all of it where it has neither."""
    inner = opened(error)
    while isinstance(inner, list) and len(inner) == 1:
        inner = opened(inner[0])
    if isinstance(inner, Mapping) and isinstance(opened(inner.get("error")), Mapping):
        inner = opened(inner["error"])
    said = failure(dict(inner)) if isinstance(inner, Mapping) else None
    return said or as_text(error)
