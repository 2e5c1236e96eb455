"""`vercel`: UI messages and model messages of Vercel's AI SDK.

Source: AI SDK reference, "UIMessage" (versions 5 and 6), "ModelMessage", and the messages with
`toolInvocations` of version 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.messages import ROLES
from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    as_list,
    as_mapping,
    call,
    data_url,
    fields,
    media,
    nested,
    number,
    read_answers,
    rest,
    word,
)
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, message_turns, register, tool_result

_APART = ("source-url", "source-document", "source")


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turns of a UI message, whose tools stand beside their results."""
    parts, role = opened(item.get("parts")), item.get("role")
    invoked = item.get("toolInvocations")
    if not isinstance(role, str) or not (isinstance(parts, list) or isinstance(invoked, list)):
        return None
    if not isinstance(parts, list) or not parts:
        parts = [{"type": "tool-invocation", "toolInvocation": each} for each in invoked or ()]
        parts += [{"type": "text", "text": item["content"]}] if word(item.get("content")) else []
    parts = [*parts, *(_attached(each) for each in as_list(item.get("experimental_attachments")))]
    steps = _steps(parts)
    if steps is None:
        return None
    role = ROLES.get(role.casefold(), role)
    used = ("role", "parts", "content", "toolInvocations", "experimental_attachments", "id")
    turns = [turn for step in steps for turn in message_turns(role, step)]
    last = turns[-1] if turns else BodyTurn({"role": role, "content": ""})
    return [*turns[:-1], BodyTurn(last.message, last.fields, {**last.unread, **rest(item, *used)})]


def _attached(value: Any) -> dict[str, Any]:
    said = as_mapping(value)
    return {"type": "file", "url": said.get("url"), "mediaType": said.get("contentType")}


def _steps(parts: list[Any]) -> list[list[Piece]] | None:
    """Returns the pieces of each step: what the model said, then the results of its tools."""
    steps: list[list[Piece]] = [[]]
    for part in parts:
        kind = as_mapping(part).get("type")
        if not isinstance(kind, str):
            return None
        pieces = [] if kind == "step-start" else _pieces(kind, part)
        if pieces is None:
            return None
        has_results = any(piece.kind == "result" for piece in steps[-1])
        is_next = any(piece.kind in ("text", "reasoning") for piece in pieces)
        if kind == "step-start" or (has_results and is_next):
            steps.append([])
        steps[-1] += pieces
    ordered = [sorted(step, key=lambda piece: piece.kind == "result") for step in steps]
    return [step for step in ordered if step]


def _pieces(kind: str, part: Mapping[str, Any]) -> list[Piece] | None:
    if kind in ("text", "reasoning"):
        said = part.get("text", part.get("reasoning"))
        is_text = isinstance(said, str)
        return [Piece("text" if kind == "text" else "reasoning", said)] if is_text else None
    if kind == "file":
        mime = part.get("mediaType") or part.get("mimeType")
        url = part.get("url") or data_url(mime, part.get("data"))
        made = media(mime, url, part.get("filename"))
        return [Piece("part", made)] if made else None
    if kind in _APART or kind.startswith("data-"):
        return [Piece("unread", rest(part))]
    if kind == "tool-invocation":
        inner = as_mapping(part.get("toolInvocation"))
        return _tool(inner, inner.get("toolName"))
    if kind == "dynamic-tool":
        return _tool(part, part.get("toolName"))
    return _tool(part, kind[5:]) if kind.startswith("tool-") and "toolCallId" in part else None


def _tool(part: Mapping[str, Any], name: Any) -> list[Piece] | None:
    """Returns the call of a tool and, as far as it has run, its result."""
    arguments = part.get("input", part.get("args", part.get("rawInput")))
    made = call(name, arguments, part.get("toolCallId"))
    if made is None:
        return None
    said = next(
        (part[key] for key in ("output", "result", "errorText") if part.get(key) is not None), None
    )
    if said is None:
        return [Piece("call", made)]
    answered = tool_result(said, part.get("toolCallId"), name)
    return [Piece("call", made), answered] if answered else None


def _called(part: Mapping[str, Any]) -> Piece | None:
    """Returns the part `tool-call` of a model message."""
    arguments = part.get("input", part.get("args"))
    made = call(part.get("toolName"), arguments, part.get("toolCallId"))
    return Piece("call", made) if made else None


def _result(part: Mapping[str, Any]) -> Piece | None:
    """Returns the part `tool-result` of a model message."""
    output = part.get("output", part.get("result"))
    if isinstance(output, dict) and output.keys() <= {"type", "value", "providerOptions"}:
        output = output.get("value", output)
    return tool_result(output, part.get("toolCallId"), part.get("toolName"))


def _thought(part: Mapping[str, Any]) -> Piece | None:
    """Returns the part `reasoning` of model messages, and of LangChain's content blocks."""
    said = next((part[k] for k in ("text", "reasoning", "content") if k in part), None)
    if isinstance(said, str):
        return Piece("reasoning", said)
    listed = [as_mapping(each).get("text") for each in as_list(part.get("summary"))]
    texts = [text for text in listed if isinstance(text, str)]
    return Piece("reasoning", "\n".join(texts)) if "summary" in part else None


def read_response(value: Any) -> Body | None:
    """Returns the result of generateText: a text, tool calls, why it ended."""
    if not isinstance(value, dict) or "finishReason" not in value:
        return None
    text, listed = value.get("text"), value.get("toolCalls")
    if not isinstance(text, str) and not isinstance(listed, list):
        return None
    pieces: list[Piece | None] = [Piece("text", text)] if isinstance(text, str) and text else []
    thought = value.get("reasoningText", value.get("reasoning"))
    pieces += [Piece("reasoning", thought)] if word(thought) else []
    pieces += [_called(as_mapping(each)) for each in as_list(listed)]
    if None in pieces:
        return None
    known = [piece for piece in pieces if piece is not None]
    turns = message_turns("assistant", known) if known else []
    usage = as_mapping(value.get("usage"))
    extra = fields(
        input_tokens=number(usage.get("inputTokens"), usage.get("promptTokens")),
        output_tokens=number(usage.get("outputTokens"), usage.get("completionTokens")),
        model=word(as_mapping(value.get("response")).get("modelId")),
        id=word(as_mapping(value.get("response")).get("id")),
    )  # fmt: skip
    used = ("text", "toolCalls", "reasoning", "reasoningText", "usage", "finishReason", "response")
    unread = rest(value, *used) | nested(response=rest(as_mapping(value.get("response"))))
    return read_answers([turns], extra, [word(value["finishReason"])], response=unread)


def _is_envelope(value: Mapping[str, Any]) -> bool:
    if "toolCallId" in value or "toolInvocations" in value:
        return True
    return "finishReason" in value and not {"text", "usage", "toolCalls"}.isdisjoint(value)


register(
    BodyDialect(
        "vercel",
        {
            "a Vercel UI message": ("parts", "role", "toolInvocations"),
            "a Vercel result": ("finishReason", "text", "toolCalls"),
        },
        order=42,
        response=read_response,
        item=read_item,
        parts={"tool-call": _called, "tool-result": _result, "reasoning": _thought},
        needs={"response": ("finishReason",), "item": ("parts", "toolInvocations")},
        envelope=_is_envelope,
    )
)
