"""LibreChat: its collection of messages, and conversations exported from its screen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from curate.messages import Message, as_json
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
    text_of_turn,
)
from curate.sources.presets._values import (
    as_dict,
    dicts,
    first_text,
    is_true,
    mapped,
    name_of,
    opened,
    plain,
    row,
    text_in,
    without,
)

_USED = (
    *("_id", "__v", "messageId", "parentMessageId", "conversationId", "user", "isCreatedByUser"),
    *("sender", "text", "content", "feedback", "createdAt", "model", "error", "tokenCount"),
    *(
        "clientId",
        "children",
        "messages",
        "messagesTree",
        "_meiliIndex",
        "finish_reason",
        "updatedAt",
    ),
)


def _is_message(document: Fields) -> bool:
    return {"messageId", "isCreatedByUser"} <= set(document)


def _is_export(document: Fields) -> bool:
    listed = [*dicts(document.get("messages")), *dicts(document.get("messagesTree"))]
    return "conversationId" in document and any(_is_message(message) for message in listed)


def _turn(message: Fields) -> TalkTurn:
    if is_true(message.get("isCreatedByUser")):
        role, text = "user", _user_text(message)
        messages = said(role, text)
    else:
        role, messages = "assistant", _answer(message)
    about = _about(message, role)
    return TalkTurn(
        role,
        [] if "error" in about else messages,
        id=name_of(message.get("messageId")),
        parent=name_of(message.get("parentMessageId")),
        about=about,
    )


def _about(message: Fields, role: str) -> dict[str, Any]:
    about: dict[str, Any] = {
        "created_at": plain(message.get("createdAt")),
        "user": name_of(message.get("user")),
    }
    if role != "assistant":
        return about
    feedback = as_dict(message.get("feedback"))
    tag = feedback.get("tag")
    about |= {
        "model": text_in(message.get("model")),
        "rating": feedback.get("rating"),
        "comment": text_in(feedback.get("text")),
        "tag": tag.get("key") if isinstance(tag, Mapping) else tag,
        "output_tokens": plain(message.get("tokenCount")),
        "finish_reason": text_in(message.get("finish_reason")),
    }
    if is_true(message.get("error")):
        text = first_text(message.get("text"), _plain_text(message)) or "failed"
        about |= {"status": "error", "error": text}
    return about


def _plain_text(message: Fields) -> str:
    parts = dicts(message.get("content"))
    return "\n\n".join(text for part in parts if (text := _text_of_part(part)))


def _user_text(message: Fields) -> str:
    return first_text(message.get("text")) or _plain_text(message)


def _answer(message: Fields) -> list[Message]:
    """Returns an answer: of its parts, where it has any, or else of its text."""
    pieces = [piece for part in dicts(message.get("content")) for piece in _pieces(part)]
    if not pieces:
        pieces = [Text(text_in(message.get("text")) or "")]
    return assistant_messages(pieces)


def _text_of_part(part: Fields) -> str | None:
    text = part.get("text")
    value = as_dict(text).get("value") if isinstance(text, Mapping) else text
    return text_in(value) if part.get("type") in ("text", "error") else None


def _pieces(part: Fields) -> Iterator[Piece]:
    """Yields the pieces of a part of an answer.

    Source: LibreChat, packages/data-provider/src/types/assistants.ts, TMessageContentParts.
    """
    if text := _text_of_part(part):
        yield Text(text)
    elif thought := text_in(part.get("think")):
        yield Thought(thought)
    elif part.get("type") == "tool_call":
        yield from _tool(as_dict(part.get("tool_call")))


def _tool(call: Fields) -> Iterator[Piece]:
    function = as_dict(call.get("function"))
    name = first_text(call.get("name"), function.get("name"), call.get("type")) or "tool"
    arguments = call.get("args", function.get("arguments"))
    yield ToolCall(name, arguments if isinstance(arguments, str) else opened(arguments), _id(call))
    output = call.get("output", function.get("output"))
    if output is not None:
        yield ToolResult(output if isinstance(output, str) else as_json(output), _id(call))


def _id(call: Fields) -> str | None:
    return name_of(call.get("id"))


def _message(document: Fields) -> Iterator[Part]:
    turn = _turn(document)
    computed = {
        "id": turn.id,
        "parent": turn.parent,
        "session": name_of(document.get("conversationId")),
        "role": turn.role,
        "text": text_of_turn(turn.messages),
        **turn.about,
    }
    yield row(without(document, _USED), computed)


def _export(document: Fields) -> Iterator[Part]:
    options = as_dict(document.get("options"))
    nodes = _nodes(document)
    turns = [_turn({"model": options.get("model"), **node}) for node in nodes]
    rest = without(document, (*_USED, "options"))
    session = name_of(document.get("conversationId"))
    yield from conversation(rest, session, calls_in(turns))


def _nodes(document: Fields) -> list[Fields]:
    """Returns the messages of an export, in order; a nested one names the one that it stands in."""
    stack: list[Fields] = [*dicts(document.get("messages")), *dicts(document.get("messagesTree"))]
    stack.reverse()
    nodes = []
    while stack:
        node = stack.pop()
        nodes.append(node)
        children = reversed(dicts(node.get("children")))
        stack += [{"parentMessageId": node.get("messageId"), **child} for child in children]
    return nodes


_SCALE = "thumbsUp=5,thumbsDown=1"
_SOURCE = "danny-avila/LibreChat: packages/data-schemas/src/schema/message.ts"

PRESETS = [
    Preset(
        name="librechat",
        version=1,
        what="LibreChat: its collection of messages by mongoexport, or a conversation as CSV",
        source=_SOURCE,
        date="2026-11-29",
        fits=_is_message,
        fields=mapped(
            "turns",
            *("id", "parent", "session", "role", "text", "created_at", "user", "model", "rating"),
            *("comment", "output_tokens", "finish_reason", "status", "error"),
        ),
        rows=_message,
        kind="turns",
        scale=_SCALE,
        roles={"user": "user", "assistant": "assistant"},
    ),
    Preset(
        name="librechat",
        version=1,
        what="LibreChat: conversations exported as JSON",
        source="danny-avila/LibreChat: client/src/hooks/Conversations/useExportConversation.ts",
        date="2026-11-29",
        fits=_is_export,
        fields=CALL_FIELDS,
        rows=_export,
        scale=_SCALE,
    ),
]
