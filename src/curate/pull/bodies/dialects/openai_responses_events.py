"""`openai-responses-events`: the event stream of OpenAI's Responses API.

Source: OpenAI API reference, "Streaming events" (response.created, response.output_item.done,
response.output_text.delta, response.completed, response.incomplete, response.failed, error). The
last event holds the whole response; a stream that was cut has its items and deltas only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body, as_list, as_mapping, failure
from curate.pull.bodies.dialects.openai_responses import read_response
from curate.pull.bodies.registry import BodyDialect, register

_LAST = ("response.completed", "response.incomplete", "response.failed", "response.done")


def _is_event(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    is_error = kind == "error" and "sequence_number" in value
    return isinstance(kind, str) and (kind.startswith("response.") or is_error)


def read_stream(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the response that events make together."""
    if not all(map(_is_event, events)):
        return None
    for event in reversed(events):
        if event["type"] in _LAST and isinstance(event.get("response"), dict):
            return read_response({"object": "response", **event["response"]})
    first: Mapping[str, Any] = next(
        (e["response"] for e in events if isinstance(e.get("response"), dict)), {}
    )
    items = _items(events)
    if items is None:
        return None
    body = read_response({**first, "object": "response", "output": items})
    if body is None:
        return None
    errors = [failure(event) for event in events if event["type"] == "error"]
    said = {"status": "error", "error": errors[0]} if errors else {"status": "incomplete"}
    return replace(body, fields={**body.fields, **said})


def _items(events: list[Mapping[str, Any]]) -> list[Any] | None:
    """Returns the items that a cut stream got to, by their place; None where they are odd."""
    items: dict[Any, dict[str, Any]] = {}
    for event in events:
        index, said = event.get("output_index", 0), event.get("delta")
        if not isinstance(index, int | str):
            return None
        if event["type"] in ("response.output_item.added", "response.output_item.done"):
            items[index] = dict(as_mapping(event.get("item")))
        elif event["type"] == "response.output_text.delta" and isinstance(said, str):
            item = items.setdefault(index, {"type": "message", "role": "assistant"})
            texts = [part for part in as_list(item.get("content")) if isinstance(part, dict)]
            before = str(texts[0].get("text") or "") if texts else ""
            item["content"] = [{"type": "output_text", "text": before + said}]
        elif event["type"] == "response.function_call_arguments.delta" and isinstance(said, str):
            item = items.setdefault(index, {"type": "function_call"})
            item["arguments"] = str(item.get("arguments") or "") + said
    return [item for item in items.values() if item.get("type") != "message" or item.get("content")]


register(
    BodyDialect(
        "openai-responses-events",
        {"an event of a Responses stream": ("sequence_number", "item", "response", "delta")},
        order=18,
        stream=read_stream,
        envelope=_is_event,
    )
)
