"""Claude.ai: the data export of an account."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.messages import text_of
from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._conversations import (
    CALL_FIELDS,
    Piece,
    TalkTurn,
    Text,
    Thought,
    ToolCall,
    ToolResult,
    assistant_messages,
    calls_in,
    conversation,
    said,
)
from curate.sources.presets._values import (
    as_dict,
    dicts,
    first_text,
    name_of,
    opened,
    text_in,
    without,
)

_USED = (
    *("uuid", "account", "chat_messages", "created_at", "model", "current_leaf_message_uuid"),
    *("organization", "settings", "creator"),
)


def _is_export(document: Fields) -> bool:
    messages = dicts(document.get("chat_messages"))
    empty = "uuid" in document and opened(document.get("chat_messages")) == []
    return empty or any({"uuid", "sender"} <= set(message) for message in messages)


def _calls(document: Fields) -> Iterator[Part]:
    about = {
        "user": name_of(as_dict(document.get("account")).get("uuid")),
        "model": text_in(document.get("model")),
    }
    turns = [_turn(message, about) for message in dicts(document.get("chat_messages"))]
    rest, session = without(document, _USED), name_of(document.get("uuid"))
    yield from conversation(rest, session, calls_in(turns))


def _turn(message: Fields, about: Fields) -> TalkTurn:
    if message.get("sender") == "assistant":
        role, messages = "assistant", assistant_messages(_pieces(message))
    else:
        role = "user"
        messages = said(role, _question(message))
    return TalkTurn(
        role,
        messages,
        id=name_of(message.get("uuid")),
        parent=name_of(message.get("parent_message_uuid")),
        about={
            **about,
            "created_at": message.get("created_at"),
            "finish_reason": text_in(message.get("stop_reason")),
        },
    )


def _question(message: Fields) -> str:
    """Returns what a person wrote, and below it the texts that were attached."""
    text = _text(message)
    attached = [item.get("extracted_content") for item in dicts(message.get("attachments"))]
    return "\n\n".join(part for item in [text, *attached] if (part := text_in(item)))


def _text(message: Fields) -> str:
    blocks = [block for block in dicts(message.get("content")) if block.get("type") == "text"]
    text = "\n\n".join(text for block in blocks if (text := text_in(block.get("text"))))
    return text or text_in(message.get("text")) or ""


def _pieces(message: Fields) -> Iterator[Piece]:
    blocks = dicts(message.get("content"))
    for block in blocks:
        yield from _piece(block)
    if not any(block.get("type") in ("text", "tool_use") for block in blocks):
        yield Text(text_in(message.get("text")) or "")


def _piece(block: Fields) -> Iterator[Piece]:
    kind = block.get("type")
    if kind == "text":
        yield Text(text_in(block.get("text")) or "")
    elif kind == "thinking":
        yield Thought(text_in(block.get("thinking")) or "")
    elif kind == "tool_use":
        name = text_in(block.get("name")) or "tool"
        yield ToolCall(name, block.get("input"), name_of(block.get("id")))
    elif kind == "tool_result":
        yield ToolResult(_result(block.get("content")), name_of(block.get("tool_use_id")))


def _result(content: Any) -> Any:
    return first_text(text_of(content)) or ("" if content is None else content)


PRESETS = [
    Preset(
        name="claude-ai",
        version=1,
        what="Claude.ai: conversations.json of a data export",
        source="https://support.claude.com/en/articles/9450526-how-can-i-export-my-claude-data",
        date="2026-11-29",
        fits=_is_export,
        fields=CALL_FIELDS,
        rows=_calls,
    ),
]
