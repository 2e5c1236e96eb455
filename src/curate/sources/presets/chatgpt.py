"""ChatGPT: the data export of an account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.messages import Message, as_json
from curate.sources.presets import Fields, Part, Preset
from curate.sources.presets._conversations import (
    CALL_FIELDS,
    TalkTurn,
    calls_in_tree,
    conversation,
    role_of,
    said,
)
from curate.sources.presets._values import (
    as_dict,
    as_list,
    dicts,
    first_text,
    is_true,
    mapped,
    name_of,
    opened,
    row,
    text_in,
    without,
)

_USED = (
    *("id", "conversation_id", "mapping", "current_node", "default_model_slug", "create_time"),
    *("safe_urls", "blocked_urls", "moderation_results", "owner", "user_id", "disabled_tool_ids"),
    *("sugar_item_id", "voice", "plugin_ids"),
)


def _is_export(document: Fields) -> bool:
    nodes = as_dict(document.get("mapping")).values()
    return any(isinstance(node, Mapping) and {"message", "parent"} <= set(node) for node in nodes)


def _calls(document: Fields) -> Iterator[Part]:
    session = name_of(document.get("conversation_id")) or name_of(document.get("id"))
    nodes = as_dict(document.get("mapping"))
    user = name_of(document.get("user_id"))
    turns = [_turn(name, node, user) for name, node in nodes.items() if isinstance(node, Mapping)]
    yield from conversation(without(document, _USED), session, calls_in_tree(turns))


def _turn(name: str, node: Fields, user: str | None) -> TalkTurn:
    """Returns the turn of a node; one that nobody sees holds nothing, and the path goes on."""
    message = as_dict(node.get("message"))
    role = role_of(as_dict(message.get("author")).get("role"))
    metadata = as_dict(message.get("metadata"))
    parent = name_of(node.get("parent"))
    content = as_dict(message.get("content"))
    kind = content.get("content_type")
    if is_true(metadata.get("is_visually_hidden_from_conversation")) or kind in _UNSEEN:
        return TalkTurn(role, id=name, parent=parent, is_answer=False)
    if kind == "thoughts":
        thoughts = _thoughts(content)
        return TalkTurn(role, id=name, parent=parent, reasoning=thoughts, is_answer=False)
    if role == "tool":
        return TalkTurn(role, _tool_result(message, content, parent), id=name, parent=parent)
    if role == "assistant" and _recipient(message) != "all":
        messages = _tool_call(name, message, content)
        return TalkTurn(role, messages, id=name, parent=parent, is_answer=False)
    return TalkTurn(
        role,
        said(role, _content(content)),
        id=name,
        parent=parent,
        is_answer=message.get("end_turn") is not False,
        about={**_about(message, metadata, user), "id": name_of(message.get("id")) or name},
    )


_UNSEEN = ("user_editable_context", "model_editable_context", "reasoning_recap", "system_error")


def _recipient(message: Fields) -> str:
    return text_in(message.get("recipient")) or "all"


def _about(message: Fields, metadata: Fields, user: str | None) -> dict[str, Any]:
    ends = {"max_tokens": "length"}
    end = text_in(as_dict(metadata.get("finish_details")).get("type"))
    return {
        "created_at": message.get("create_time"),
        "model": text_in(metadata.get("model_slug")),
        "finish_reason": ends.get(end or "", end),
        "user": user,
    }


def _content(content: Fields) -> Any:
    """Returns the text of a message; with its pictures as parts, where it has any."""
    parts = [part for item in as_list(content.get("parts")) if (part := _part(item))]
    if not parts:
        return first_text(content.get("text"), content.get("result")) or ""
    if all(isinstance(part, str) for part in parts):
        return "\n".join(parts)
    return [{"type": "text", "text": part} if isinstance(part, str) else part for part in parts]


def _part(item: Any) -> Any:
    if not isinstance(item, Mapping):
        return text_in(item)
    if url := text_in(item.get("asset_pointer")):
        is_picture = item.get("content_type") == "image_asset_pointer"
        return {"type": "image_url", "image_url": {"url": url}} if is_picture else None
    return text_in(item.get("text"))


def _thoughts(content: Fields) -> str:
    thoughts = [thought.get("content") for thought in dicts(content.get("thoughts"))]
    return "\n".join(text for thought in thoughts if (text := text_in(thought)))


def _tool_call(name: str, message: Fields, content: Fields) -> list[Message]:
    text = first_text(content.get("text"), _content(content)) or ""
    arguments = text if isinstance(opened(text), Mapping) else as_json({"input": text})
    function = {"name": _recipient(message), "arguments": arguments}
    call = {"id": name, "type": "function", "function": function}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}]


def _tool_result(message: Fields, content: Fields, parent: str | None) -> list[Message]:
    answer = _content(content)
    return [{"role": "tool", "tool_call_id": parent or "", "content": answer}] if answer else []


def _is_feedback(document: Fields) -> bool:
    marks = {"evaluation_name", "evaluation_treatment", "workspace_id", "message_id", "content"}
    return (
        {"conversation_id", "rating", "create_time"} <= set(document)
        and bool(marks & set(document))
        and _thumb(document.get("rating")) is not None
    )


def _thumb(value: Any) -> str | None:
    word = str(value).replace("_", "").replace(" ", "").casefold()
    return {"thumbsup": "thumbs up", "thumbsdown": "thumbs down"}.get(word)


def _feedback(document: Fields) -> Iterator[Part]:
    content = as_dict(document.get("content"))
    computed = {
        "key": name_of(document.get("message_id")) or name_of(document.get("id")),
        "rating": _thumb(document.get("rating")),
        "comment": first_text(content.get("text"), document.get("text")),
        "rater": name_of(document.get("user_id")),
        "rater_type": "user",
        "created_at": document.get("create_time"),
    }
    used = ("id", "message_id", "user_id", "content", "text", "create_time", "workspace_id")
    yield row({**without(document, used), "tags": content.get("tags")}, computed)


PRESETS = [
    Preset(
        name="chatgpt",
        version=1,
        what="ChatGPT: conversations.json of a data export",
        source="https://help.openai.com/en/articles/7260999 and "
        "mitkury/chatgpt-export-parser: docs/chatgpt-data-export-format.md",
        date="2026-11-29",
        fits=_is_export,
        fields=CALL_FIELDS,
        rows=_calls,
    ),
    Preset(
        name="chatgpt",
        version=1,
        what="ChatGPT: message_feedback.json of a data export",
        source="mitkury/chatgpt-export-parser: docs/chatgpt-data-export-format.md",
        date="2026-11-29",
        fits=_is_feedback,
        fields=mapped(
            "feedback", *("key", "rating", "comment", "rater", "rater_type", "created_at")
        ),
        rows=_feedback,
        kind="feedback",
        scale="thumbs",
    ),
]
