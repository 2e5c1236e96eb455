"""Open WebUI: exports of feedback and of chats, and rows of its database."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from curate.messages import text_of
from curate.sources.presets import Fields, LeftOut, Part, Preset
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
    role_of,
    said,
    text_of_turn,
)
from curate.sources.presets._values import (
    as_dict,
    dicts,
    first_text,
    json_value,
    mapped,
    name_of,
    number,
    opened,
    plain,
    row,
    text_in,
    without,
)

_SCALE = "-1..1"


def _is_feedback(document: Fields) -> bool:
    data, meta = as_dict(document.get("data")), as_dict(document.get("meta"))
    return "type" in document and "rating" in data and {"message_id", "chat_id"} <= set(meta)


def _chat_of(document: Fields) -> Mapping[str, Any]:
    """Returns the chat of a row of chats, whose column `chat` holds it."""
    return as_dict(document.get("chat"))


def _nodes(chat: Fields) -> list[Mapping[str, Any]]:
    """Returns the messages of a chat: of the tree, or of the open branch where there is no tree."""
    tree = as_dict(as_dict(chat.get("history")).get("messages"))
    if not tree:
        return dicts(chat.get("messages"))
    return [
        {**node, "id": name_of(node.get("id")) or name}
        for name, node in tree.items()
        if isinstance(node, Mapping)
    ]


def _is_chat(document: Fields) -> bool:
    chat = _chat_of(document)
    if _is_tree(chat):
        return True
    marks = {"models", "history", "params", "files", "timestamp"} & set(chat)
    return bool(marks) and any("role" in node for node in dicts(chat.get("messages")))


def _is_tree(chat: Fields) -> bool:
    history = as_dict(chat.get("history"))
    nodes = as_dict(history.get("messages")).values()
    return any(
        isinstance(node, Mapping) and "role" in node and {"parentId", "childrenIds"} & set(node)
        for node in nodes
    )


def _is_message(document: Fields) -> bool:
    needed = {"chat_id", "parent_id", "role", "content", "model_id"}
    return needed <= set(document) and bool({"done", "status_history", "usage"} & set(document))


def _calls(document: Fields) -> Iterator[Part]:
    if _is_feedback(document):
        yield from _rated(document)
    elif _is_tree(document):
        yield from _chat(document, document)
    else:
        yield from _chat(document, _chat_of(document))


def _chat(document: Fields, chat: Fields) -> Iterator[Part]:
    rest = without(document, ("chat", "history", "messages", "user_id", "user", "meta", "id"))
    session = first_text(name_of(document.get("id")), name_of(chat.get("id")))
    about = _about_chat(document, chat)
    turns = [_turn(node, about) for node in _nodes(chat)]
    yield from conversation(rest, session, calls_in(turns))


def _about_chat(document: Fields, chat: Fields) -> dict[str, Any]:
    system = first_text(as_dict(chat.get("params")).get("system"), chat.get("system"))
    return {"user": name_of(document.get("user_id")), "system": system}


def _turn(node: Fields, about: Fields) -> TalkTurn:
    role, content = role_of(node.get("role")), node.get("content")
    text = content if isinstance(content, str) else text_of(content)
    messages = assistant_messages(_pieces(text)) if role == "assistant" else said(role, text)
    error = node.get("error")
    if role == "assistant" and error:
        messages = []
        about = {**about, "status": "error", "error": _error(error) or text or "failed"}
    return TalkTurn(
        role,
        messages,
        id=name_of(node.get("id")),
        parent=name_of(node.get("parentId")),
        about={**about, **_about_answer(node)},
    )


def _about_answer(node: Fields) -> dict[str, Any]:
    annotation = as_dict(node.get("annotation"))
    usage = as_dict(node.get("usage")) or as_dict(as_dict(node.get("info")).get("usage"))
    return {
        "created_at": plain(node.get("timestamp")),
        "model": first_text(node.get("model"), node.get("modelName")),
        "rating": annotation.get("rating"),
        "comment": text_in(annotation.get("comment")),
        "reason": annotation.get("reason"),
        **_tokens(usage),
    }


def _tokens(usage: Fields) -> dict[str, Any]:
    counts = {
        "input_tokens": ("prompt_tokens", "input_tokens", "prompt_eval_count"),
        "output_tokens": ("completion_tokens", "output_tokens", "eval_count"),
    }
    return {
        name: next((usage[key] for key in keys if number(usage.get(key)) is not None), None)
        for name, keys in counts.items()
    }


def _error(value: Any) -> str | None:
    fields = as_dict(value)
    return first_text(fields.get("content"), fields.get("message"), value)


_BLOCK = re.compile(r"<details\b([^>]*)>(.*?)</details>\s*", re.DOTALL)
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_SUMMARY = re.compile(r"<summary>.*?</summary>", re.DOTALL)
_QUOTE = re.compile(r"^> ?", re.MULTILINE)


def _pieces(text: str) -> Iterator[Piece]:
    """Yields what an answer's text holds: thoughts and tools stand in it as `<details>`.

    Source: open-webui, backend/open_webui/utils/middleware.py, serialize_content_blocks.
    """
    end = 0
    for block in _BLOCK.finditer(text):
        attributes = {name: html.unescape(value) for name, value in _ATTRIBUTE.findall(block[1])}
        kind = attributes.get("type")
        if kind not in ("reasoning", "tool_calls", "code_interpreter"):
            continue
        yield Text(text[end : block.start()].strip())
        end = block.end()
        if kind == "reasoning":
            inner = html.unescape(_SUMMARY.sub("", block[2]).strip())
            yield Thought(_QUOTE.sub("", inner))
        elif kind == "tool_calls":
            yield from _tool(attributes)
    yield Text(text[end:].strip() if end else text)


def _tool(attributes: Fields) -> Iterator[Piece]:
    name = attributes.get("id") or None
    arguments = json_value(attributes.get("arguments"))
    yield ToolCall(attributes.get("name") or "tool", arguments, name)
    if attributes.get("result"):
        yield ToolResult(json_value(attributes["result"]), name)


def _rated(document: Fields) -> Iterator[Part]:
    """Yields the call whose answer a feedback rates, as the snapshot of its chat has it."""
    data, meta = as_dict(document.get("data")), as_dict(document.get("meta"))
    snapshot = as_dict(as_dict(document.get("snapshot")).get("chat"))
    chat = _chat_of(snapshot) or snapshot
    if not chat:
        yield LeftOut("feedback without its chat")
        return
    rated = name_of(meta.get("message_id"))
    about = {**_about_chat(snapshot, chat), "user": _rater(document)}
    calls = calls_in([_turn(node, about) for node in _nodes(chat)])
    call = next((c for c in calls if isinstance(c, Mapping) and c.get("id") == rated), None)
    if call is None:
        yield LeftOut("feedback on an answer that its chat does not have")
        return
    rest = without(document, ("data", "meta", "snapshot", "user", "user_id", "id"))
    rest |= {name: data[name] for name in ("reason", "tags", "details") if name in data}
    session = name_of(meta.get("chat_id")) or name_of(snapshot.get("id"))
    rating = {"rating": data.get("rating"), "comment": text_in(data.get("comment"))}
    call = {**without(call, ("reason",)), **rating}
    yield from conversation(rest, session, [call])


def _rater(document: Fields) -> str | None:
    return name_of(document.get("user_id")) or name_of(as_dict(document.get("user")).get("id"))


def _feedback(document: Fields) -> Iterator[Part]:
    data, meta = as_dict(document.get("data")), as_dict(document.get("meta"))
    computed = {
        "key": name_of(meta.get("message_id")),
        "rating": data.get("rating"),
        "comment": text_in(data.get("comment")),
        "rater": _rater(document),
        "rater_type": "user",
        "created_at": plain(document.get("created_at")),
    }
    rest = without(document, ("id", "data", "meta", "snapshot", "user", "user_id"))
    yield row(rest, {**computed, "reason": data.get("reason")})


def _message(document: Fields) -> Iterable[Part]:
    chat, role = name_of(document.get("chat_id")), role_of(document.get("role"))
    content = json_value(document.get("content"))
    error = opened(document.get("error"))
    parent = document.get("parent_id")
    turn = _turn({**document, "content": content, "error": error, "parentId": parent}, {})
    usage = as_dict(document.get("usage"))
    computed = {
        "id": (turn.id or "").removeprefix(f"{chat}-") or None,
        "parent": turn.parent,
        "session": chat,
        "role": role,
        "text": text_of_turn(turn.messages),
        "created_at": plain(document.get("created_at")),
        "model": text_in(document.get("model_id")) if role == "assistant" else None,
        "user": name_of(document.get("user_id")),
        "status": turn.about.get("status"),
        "error": turn.about.get("error"),
        **_tokens(usage),
    }
    used = ("chat_id", "user_id", "parent_id", "content", "output", "model_id", "usage", "role")
    yield row(without(document, used), computed)


_SOURCE = "open-webui/open-webui: backend/open_webui/models/{feedbacks,chats,chat_messages}.py"

PRESETS = [
    Preset(
        name="open-webui",
        version=1,
        what="Open WebUI: exported chats and feedback, rows of chat and feedback in webui.db",
        source=_SOURCE,
        date="2026-11-29",
        fits=lambda d: _is_feedback(d) or _is_chat(d) or _is_tree(d),
        fields=CALL_FIELDS,
        rows=_calls,
        scale=_SCALE,
    ),
    Preset(
        name="open-webui",
        version=1,
        what="Open WebUI: rows of chat_message in its database",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_message,
        fields=mapped(
            "turns",
            *("id", "parent", "session", "role", "text", "created_at", "model", "user", "status"),
            *("error", "input_tokens", "output_tokens"),
        ),
        rows=_message,
        kind="turns",
        roles={"user": "user", "assistant": "assistant", "system": "system"},
    ),
    Preset(
        name="open-webui",
        version=1,
        what="Open WebUI: exported feedback, joined by the rated message",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_feedback,
        fields=mapped(
            "feedback",
            *("key", "rating", "comment", "rater", "rater_type", "created_at"),
        ),
        rows=_feedback,
        kind="feedback",
        scale=_SCALE,
    ),
]
