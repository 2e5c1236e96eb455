"""`ollama`: the chat and generate API of Ollama, whose streams are a JSON object a line.

Source: Ollama API reference (docs/api.md), "Generate a chat completion", "Generate a completion";
times in nanoseconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.messages import ROLES
from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    as_mapping,
    fields,
    media,
    moment,
    number,
    read_answers,
    rest,
    word,
)
from curate.pull.bodies.registry import BodyDialect, message_turns, register, turns_of

_COUNTS = ("prompt_eval_count", "eval_count", "total_duration", "eval_duration", "load_duration")


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turn of a message with images beside its text."""
    images, role, said = item.get("images"), item.get("role"), item.get("content")
    if not isinstance(images, list) or not images or not isinstance(role, str):
        return None
    if not all(isinstance(image, str) for image in images) or not isinstance(said, str | None):
        return None
    urls = [i if "://" in i or i[:5] == "data:" else f"data:image/*;base64,{i}" for i in images]
    pieces = [Piece("text", said)] if said else []
    pieces += [Piece("part", media("image", url)) for url in urls]
    unread = rest(item, "role", "content", "images")
    return message_turns(ROLES.get(role.casefold(), role), pieces, unread=unread)


def read_response(value: Any) -> Body | None:
    """Returns a response of chat or generate."""
    if not isinstance(value, dict) or not _is_ours(value):
        return None
    if isinstance(value.get("message"), dict):
        turns = turns_of([{"role": "assistant", **value["message"]}])
    else:
        thought = {"thinking": value["thinking"]} if word(value.get("thinking")) else {}
        turns = turns_of([{"role": "assistant", "content": value.get("response"), **thought}])
    if turns is None:
        return None
    took = number(value.get("total_duration"))
    extra = fields(
        model=word(value.get("model")), created_at=moment(value.get("created_at")),
        input_tokens=number(value.get("prompt_eval_count")),
        output_tokens=number(value.get("eval_count")),
        latency_ms=float(took) / 1e6 if took is not None else None,
        status=None if value["done"] else "incomplete",
    )  # fmt: skip
    used = ("message", "response", "thinking", "model", "created_at", "done", "done_reason")
    unread = rest(value, *used, *_COUNTS, "context", "prompt_eval_duration")
    return read_answers([turns], extra, [word(value.get("done_reason"))], response=unread)


def _is_ours(value: Mapping[str, Any]) -> bool:
    if not isinstance(value.get("done"), bool) or "model" not in value:
        return False
    return isinstance(value.get("message"), dict) or isinstance(value.get("response"), str)


def read_stream(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the response that the lines of a stream make together."""
    if len(events) < 2 or not all(map(_is_ours, events)):
        return None
    messages = [as_mapping(event.get("message")) for event in events]
    whole = dict(events[-1])
    if any(messages):
        calls = [call for m in messages for call in m.get("tool_calls") or ()]
        texts = {key: _joined(messages, key) for key in ("content", "thinking")}
        whole["message"] = {**texts, "tool_calls": calls}
    else:
        whole |= {key: _joined(events, key) for key in ("response", "thinking")}
    body = read_response(whole)
    is_done = any(event["done"] for event in events)
    return body and (
        body if is_done else replace(body, fields={**body.fields, "status": "incomplete"})
    )


def _joined(items: list[Mapping[str, Any]], key: str) -> str:
    return "".join(item[key] for item in items if isinstance(item.get(key), str))


def _is_envelope(value: Mapping[str, Any]) -> bool:
    return "done" in value and not {"done_reason", "message", "eval_count"}.isdisjoint(value)


register(
    BodyDialect(
        "ollama",
        {"an Ollama response": ("done", "message", "response", "eval_count")},
        order=35,
        response=read_response,
        item=read_item,
        stream=read_stream,
        needs={"response": ("done",), "item": ("images",)},
        envelope=_is_envelope,
    )
)
