"""`otel`: messages with parts of the semantic conventions for generative AI.

Source: OpenTelemetry semantic conventions, "GenAI", JSON schemas of `gen_ai.input.messages`,
`gen_ai.output.messages` and `gen_ai.system_instructions`. Their own example of a tool's response
writes `result` where the schema says `response`; both are read.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.messages import ROLES
from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    call,
    data_url,
    fields,
    kind_of,
    media,
    read_body,
    rest,
    word,
)
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, message_turns, register, tool_result

_TYPES = {
    *("text", "reasoning", "tool_call", "tool_call_response", "blob", "file", "uri"),
    *("server_tool_call", "server_tool_call_response", "thinking"),
}


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turns of a message with parts."""
    parts, role = opened(item.get("parts")), item.get("role")
    if not isinstance(parts, list) or not isinstance(role, str):
        return None
    pieces = _pieces(parts)
    if pieces is None:
        return None
    said = fields(finish_reason=word(item.get("finish_reason")))
    unread = rest(item, "role", "parts", "finish_reason", "name")
    others = fields(name=word(item.get("name")))
    role = ROLES.get(role.casefold(), role)
    return message_turns(role, pieces, others=others, fields=said, unread=unread)


def _pieces(parts: list[Any]) -> list[Piece] | None:
    pieces = [_piece(part) for part in parts]
    return None if None in pieces else [piece for piece in pieces if piece is not None]


def _piece(part: Any) -> Piece | None:
    if not isinstance(part, dict) or kind_of(part) not in _TYPES:
        return None
    kind, content = part["type"], part.get("content")
    if kind in ("text", "reasoning", "thinking"):
        is_text = isinstance(content, str)
        return Piece("text" if kind == "text" else "reasoning", content) if is_text else None
    if kind == "tool_call":
        made = call(part.get("name"), part.get("arguments"), part.get("id"))
        return Piece("call", made) if made else None
    if kind == "tool_call_response":
        names = [name for name in ("response", "result", "content") if name in part]
        return tool_result(part[names[0]], part.get("id"), part.get("name")) if names else None
    if kind.startswith("server_tool"):
        return Piece("unread", rest(part))
    return _media(part)


def _media(part: Mapping[str, Any]) -> Piece | None:
    kind = part.get("mime_type") or f"{part.get('modality', 'application')}/*"
    url = part.get("uri") or part.get("file_id") or data_url(kind, part.get("content"))
    made = media(kind, url)
    return Piece("part", made) if made else None


def read_request(value: Any) -> Body | None:
    """Returns system instructions, which are a list of parts without a message around them."""
    if not isinstance(value, list) or not value:
        return None
    if not all(kind_of(part) == "text" and "content" in part for part in value):
        return None
    pieces = _pieces(value)
    return read_body(message_turns("system", pieces)) if pieces else None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    kind = kind_of(value)
    return kind in _TYPES and {"tool_call": "arguments", "text": "content"}.get(kind, "-") in value


register(
    BodyDialect(
        "otel",
        {"an OpenTelemetry message": ("parts", "role", "finish_reason")},
        order=41,
        request=read_request,
        item=read_item,
        needs={"item": ("parts",)},
        envelope=_is_envelope,
    )
)
