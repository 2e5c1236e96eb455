"""Vercel AI SDK: chats of UI messages, and rows of the chat template's database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.messages import Message
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
    calls_in_list,
    conversation,
    role_of,
    said,
    text_of_turn,
)
from curate.sources.presets._values import (
    as_dict,
    as_list,
    dicts,
    first_text,
    is_true,
    mapped,
    name_of,
    plain,
    row,
    text_in,
    without,
)

_SESSIONS = ("chatId", "chat_id", "threadId", "id")
_CHAT = (*_SESSIONS, "messages", "userId", "user_id", "user", "createdAt", "created_at")
_MESSAGE = (
    *("id", "chatId", "chat_id", "role", "parts", "content", "createdAt", "created_at"),
    *("userId", "user_id", "toolInvocations"),
)


_PARTS = {"step-start", "file", "dynamic-tool", "tool-invocation"}


def _is_part(part: Fields) -> bool:
    kind = part.get("type")
    if kind in ("text", "reasoning"):
        return "text" in part or "reasoning" in part
    return isinstance(kind, str) and (
        kind in _PARTS or kind.startswith(("tool-", "source", "data-"))
    )


def _has_parts(message: Fields) -> bool:
    parts = dicts(message.get("parts"))
    return isinstance(message.get("role"), str) and bool(parts) and all(map(_is_part, parts))


def _is_chat(document: Fields) -> bool:
    messages = dicts(document.get("messages"))
    return bool(messages) and any(map(_has_parts, messages))


def _is_message(document: Fields) -> bool:
    return bool({"chatId", "chat_id"} & set(document)) and _has_parts(document)


def _is_vote(document: Fields) -> bool:
    return {"messageId", "isUpvoted"} <= set(document)


def _pieces(message: Fields) -> Iterator[Piece]:
    """Yields the pieces of an answer's parts.

    Source: AI SDK, UIMessage and its UIMessagePart; `tool-invocation` is of its version 4.
    """
    for part in dicts(message.get("parts")):
        kind = str(part.get("type"))
        if kind == "text":
            yield Text(text_in(part.get("text")) or "")
        elif kind == "reasoning":
            yield Thought(first_text(part.get("text"), part.get("reasoning")) or "")
        elif kind == "tool-invocation":
            yield from _tool(as_dict(part.get("toolInvocation")))
        elif kind.startswith("tool-") or kind == "dynamic-tool":
            yield from _tool({"toolName": kind.removeprefix("tool-"), **part})


def _tool(part: Fields) -> Iterator[Piece]:
    name = name_of(part.get("toolCallId"))
    tool = text_in(part.get("toolName")) or "tool"
    yield ToolCall(tool, part.get("input", part.get("args")), name)
    outputs = (part.get(key) for key in ("output", "result", "errorText"))
    output = next((value for value in outputs if value is not None), None)
    if output is not None:
        yield ToolResult(output, name)


def _messages(message: Fields) -> list[Message]:
    role = role_of(message.get("role"))
    if not as_list(message.get("parts")):
        return said(role, text_in(message.get("content")))
    if role == "assistant":
        return assistant_messages(_pieces(message))
    parts = dicts(message.get("parts"))
    texts = [text for part in parts if (text := text_in(part.get("text")))]
    pictures = [
        {"type": "image_url", "image_url": {"url": part["url"]}}
        for part in parts
        if text_in(part.get("url")) and str(part.get("mediaType")).startswith("image/")
    ]
    if not pictures:
        return said(role, "\n\n".join(texts))
    return said(role, [*({"type": "text", "text": text} for text in texts), *pictures])


def _about(message: Fields) -> dict[str, Any]:
    metadata = as_dict(message.get("metadata"))
    usage = as_dict(metadata.get("usage")) or as_dict(metadata.get("totalUsage"))
    times = (message.get("createdAt"), message.get("created_at"), metadata.get("createdAt"))
    return {
        "created_at": next((time for time in map(plain, times) if time), None),
        "model": first_text(metadata.get("model"), metadata.get("modelId")),
        "finish_reason": text_in(metadata.get("finishReason")),
        "input_tokens": usage.get("inputTokens", usage.get("promptTokens")),
        "output_tokens": usage.get("outputTokens", usage.get("completionTokens")),
    }


def _user(document: Fields) -> str | None:
    return name_of(document.get("userId")) or name_of(document.get("user_id"))


def _calls(document: Fields) -> Iterator[Part]:
    user = _user(document)
    session = next((name for key in _SESSIONS if (name := name_of(document.get(key)))), None)
    turns = [
        TalkTurn(
            role_of(message.get("role")),
            _messages(message),
            id=name_of(message.get("id")),
            about={**_about(message), "user": user},
        )
        for message in dicts(document.get("messages"))
    ]
    yield from conversation(without(document, _CHAT), session, calls_in_list(turns))


def _row(document: Fields) -> Iterator[Part]:
    role = role_of(document.get("role"))
    computed = {
        "id": name_of(document.get("id")),
        "session": name_of(document.get("chatId")) or name_of(document.get("chat_id")),
        "role": role,
        "text": text_of_turn(_messages(document)),
        "user": _user(document),
        **_about(document),
    }
    yield row(without(document, _MESSAGE), computed)


def _vote(document: Fields) -> Iterator[Part]:
    up = is_true(document.get("isUpvoted"))
    yield {
        "key": name_of(document.get("messageId")),
        "rating": "up" if up else "down",
        "rater_type": "user",
    }


_SOURCE = "https://ai-sdk.dev/docs/reference/ai-sdk-core/ui-message"
_TABLES = "vercel/ai-chatbot: lib/db/schema.ts"

PRESETS = [
    Preset(
        name="vercel",
        version=1,
        what="Vercel AI SDK: chats of UI messages with parts",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_chat,
        fields=CALL_FIELDS,
        rows=_calls,
    ),
    Preset(
        name="vercel",
        version=1,
        what="Vercel AI SDK: rows of Message_v2 in the chat template's database",
        source=_TABLES,
        date="2026-11-29",
        fits=_is_message,
        fields=mapped(
            "turns",
            *("id", "session", "role", "text", "user", "created_at", "model", "finish_reason"),
            *("input_tokens", "output_tokens"),
        ),
        rows=_row,
        kind="turns",
        roles={"user": "user", "assistant": "assistant", "system": "system"},
    ),
    Preset(
        name="vercel",
        version=1,
        what="Vercel AI SDK: rows of Vote_v2, joined by the rated message",
        source=_TABLES,
        date="2026-11-29",
        fits=_is_vote,
        fields=mapped("feedback", "key", "rating", "rater_type"),
        rows=_vote,
        kind="feedback",
        scale="thumbs",
    ),
]
