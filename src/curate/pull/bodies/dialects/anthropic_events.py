"""`anthropic-events`: the event stream of Anthropic's Messages API.

Source: Anthropic API reference, "Streaming Messages" (message_start, content_block_start,
content_block_delta, content_block_stop, message_delta, message_stop, ping, error).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body, as_mapping, failure, kind_of
from curate.pull.bodies.dialects.anthropic import read_response
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, register

_EVENTS = {
    *("message_start", "content_block_start", "content_block_delta", "content_block_stop"),
    *("message_delta", "message_stop", "ping", "error"),
}
# What each kind of delta adds to, and the block that it makes where none was begun.
_DELTAS = {
    "text_delta": ("text", "text"),
    "thinking_delta": ("thinking", "thinking"),
    "input_json_delta": ("partial_json", "tool_use"),
    "signature_delta": ("signature", "thinking"),
}


def read_stream(events: list[Mapping[str, Any]]) -> Body | None:
    """Returns the message that events make together."""
    if not all(kind_of(event) in _EVENTS for event in events):
        return None
    message: dict[str, Any] = {"type": "message", "role": "assistant", "usage": {}}
    blocks: dict[Any, dict[str, Any]] = {}
    error = None
    for event in events:
        if event["type"] == "error":
            error = failure(event.get("error")) or "error"
        if event["type"] == "message_start":
            message |= as_mapping(event.get("message"))
        elif event["type"] == "message_delta":
            message |= as_mapping(event.get("delta"))
            usage = {**as_mapping(message.get("usage")), **as_mapping(event.get("usage"))}
            message["usage"] = usage
        elif not _add(blocks, event):
            return None
    whole = {**message, "content": [_whole(block) for block in blocks.values()]}
    body = read_response(whole)
    is_whole = bool(message.get("stop_reason")) or kind_of(events[-1]) == "message_stop"
    if body is None or (is_whole and not error):
        return body
    said = {"status": "error", "error": error} if error else {"status": "incomplete"}
    return replace(body, fields={**body.fields, **said})


def _add(blocks: dict[Any, dict[str, Any]], event: Mapping[str, Any]) -> bool:
    """Adds an event to its block; returns whether it could be understood."""
    index = event.get("index", 0)
    if not isinstance(index, int | str):
        return False
    if event["type"] == "content_block_start":
        blocks[index] = dict(as_mapping(event.get("content_block")))
        return "type" in blocks[index]
    if event["type"] != "content_block_delta":
        return True
    delta = as_mapping(event.get("delta"))
    if delta.get("type") == "citations_delta":
        blocks.setdefault(index, {"type": "text", "text": ""}).setdefault("citations", [])
        return True
    key, kind = _DELTAS.get(str(delta.get("type")), ("", ""))
    said = delta.get(key)
    if not isinstance(said, str):
        return False
    block = blocks.setdefault(index, {"type": kind})
    before = block.get(key)
    block[key] = (before if isinstance(before, str) else "") + said
    return True


def _whole(block: dict[str, Any]) -> dict[str, Any]:
    """Returns a block with its arguments, which came as pieces of JSON text."""
    if "partial_json" not in block:
        return block
    text = block["partial_json"]
    arguments = opened(text) if text else block.get("input")
    rest = {key: value for key, value in block.items() if key != "partial_json"}
    return {**rest, "input": arguments}


def _is_envelope(value: Mapping[str, Any]) -> bool:
    return kind_of(value) in _EVENTS - {"error", "ping"} and len(value) > 1


register(
    BodyDialect(
        "anthropic-events",
        {"an event of an Anthropic stream": ("delta", "content_block", "index")},
        order=17,
        stream=read_stream,
        envelope=_is_envelope,
    )
)
