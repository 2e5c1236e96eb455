"""Chat histories that LangChain and n8n keep in tables and collections."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.messages import Message, text_of
from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._conversations import (
    CALL_FIELDS,
    Piece,
    TalkTurn,
    Text,
    Thought,
    ToolCall,
    assistant_messages,
    calls_in_list,
    conversation,
    said,
    text_of_turn,
)
from curate.sources.presets._values import (
    as_dict,
    dicts,
    mapped,
    name_of,
    number,
    opened,
    plain,
    row,
    text_in,
    without,
)

_ROLES = {
    **dict.fromkeys(("human", "user", "HumanMessageChunk"), "user"),
    **dict.fromkeys(("ai", "assistant", "AIMessageChunk"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function"), "tool"),
}
_SESSIONS = ("session_id", "sessionId", "SessionId")
_BODIES = ("message", "History", "history")
_TIMES = ("created_at", "createdAt", "time", "timestamp")
_USED = (*_SESSIONS, *_BODIES, *_TIMES, "id", "_id", "user_id", "userId", "messages")


def _fields_of(message: Any) -> Mapping[str, Any]:
    """Returns a message's type and what it says, of the forms `data`, `kwargs` and flat."""
    message = as_dict(message)
    inner = as_dict(message.get("data")) or as_dict(message.get("kwargs"))
    kind = message.get("type")
    if kind == "constructor" or not kind:
        kind = inner.get("type")
    return {**message, **inner, "type": kind}


def _is_message(message: Any) -> bool:
    fields = _fields_of(message)
    kind = fields.get("type")
    return isinstance(kind, str) and kind in _ROLES and "content" in fields


def _session(document: Fields) -> str | None:
    return next((name for key in _SESSIONS if (name := name_of(document.get(key)))), None)


def _body(document: Fields) -> Any:
    return next((document[key] for key in _BODIES if document.get(key)), None)


def _is_row(document: Fields) -> bool:
    return any(key in document for key in _SESSIONS) and _is_message(_body(document))


def _listed(document: Fields) -> list[Mapping[str, Any]]:
    return dicts(document.get("messages")) or dicts(_body(document))


def _is_history(document: Fields) -> bool:
    listed = _listed(document)
    has_session = any(key in document for key in _SESSIONS)
    return has_session and bool(listed) and all(map(_is_message, listed))


def _messages(fields: Fields) -> list[Message]:
    role = _ROLES.get(str(fields.get("type")), "user")
    if role == "assistant":
        return assistant_messages(_pieces(fields))
    content = opened(fields.get("content")) if role != "tool" else fields.get("content")
    text = content if isinstance(content, str) else text_of(content)
    if isinstance(fields.get("content"), str):
        text = fields["content"]
    if role == "tool":
        name = name_of(fields.get("tool_call_id")) or ""
        return [{"role": "tool", "tool_call_id": name, "content": text}]
    return said(role, text)


def _pieces(fields: Fields) -> Iterator[Piece]:
    content = fields.get("content")
    extra = as_dict(fields.get("additional_kwargs"))
    if thought := text_in(extra.get("reasoning_content")):
        yield Thought(thought)
    if isinstance(content, str):
        yield Text(content)
    for block in dicts(content) if isinstance(content, list) else ():
        if block.get("type") == "thinking":
            yield Thought(text_in(block.get("thinking")) or "")
        yield Text(text_in(block.get("text")) or "")
    for call in dicts(fields.get("tool_calls")) or dicts(extra.get("tool_calls")):
        function = as_dict(call.get("function")) or call
        arguments = function.get("arguments", function.get("args"))
        name = text_in(function.get("name")) or "tool"
        yield ToolCall(name, arguments, name_of(call.get("id")))


def _about(fields: Fields) -> dict[str, Any]:
    metadata = as_dict(fields.get("response_metadata"))
    usage = as_dict(fields.get("usage_metadata")) or as_dict(metadata.get("token_usage"))
    return {
        "model": text_in(metadata.get("model_name")) or text_in(metadata.get("model")),
        "finish_reason": text_in(metadata.get("finish_reason")),
        "input_tokens": usage.get("input_tokens", usage.get("prompt_tokens")),
        "output_tokens": usage.get("output_tokens", usage.get("completion_tokens")),
    }


def _turn(document: Fields) -> Iterator[Part]:
    fields = _fields_of(_body(document))
    role = _ROLES.get(str(fields.get("type")))
    if role is None:
        yield LeftOut("message of another type")
        return
    place = plain(document.get("id"))
    times = (plain(document.get(key)) for key in _TIMES)
    computed = {
        "id": name_of(document.get("id")) or name_of(document.get("_id")),
        "text": text_of_turn(_messages(fields)),
        "role": role,
        "order": place if number(place) is not None else None,
        "session": _session(document),
        "user": name_of(document.get("user_id")) or name_of(document.get("userId")),
        "created_at": next((time for time in times if time), None),
        **(_about(fields) if role == "assistant" else {}),
    }
    yield row(without(document, _USED), computed)


def _calls(document: Fields) -> Iterator[Part]:
    turns = []
    for message in _listed(document):
        fields = _fields_of(message)
        role = _ROLES.get(str(fields.get("type")), "user")
        turns.append(
            TalkTurn(role, _messages(fields), id=name_of(fields.get("id")), about=_about(fields))
        )
    yield from conversation(without(document, _USED), _session(document), calls_in_list(turns))


_SOURCE = (
    "langchain-ai/langchain-community: chat_message_histories/{sql,postgres,mongodb}.py; "
    "n8n-io/n8n: packages/@n8n/nodes-langchain/nodes/memory"
)

PRESETS = [
    Preset(
        name="langchain-history",
        version=1,
        what="LangChain and n8n: tables of chat histories, a row per message (message_store, "
        "n8n_chat_histories)",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_row,
        fields=mapped(
            "turns",
            *("id", "text", "role", "order", "session", "user", "created_at", "model"),
            *("finish_reason", "input_tokens", "output_tokens"),
        ),
        rows=_turn,
        kind="turns",
        roles={"user": "user", "assistant": "assistant", "system": "system", "tool": "tool"},
    ),
    Preset(
        name="langchain-history",
        version=1,
        what="LangChain and n8n: a document per session with its messages",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_history,
        fields=CALL_FIELDS,
        rows=_calls,
    ),
]
