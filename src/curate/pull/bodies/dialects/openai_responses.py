"""`openai-responses`: requests, responses and items of OpenAI's Responses API.

Source: OpenAI API reference, "Create a model response" (input items, the response object). An
assistant's turn stands there as several items: reasoning, message and function calls.
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
    failure,
    fields,
    kind_of,
    moment,
    nested,
    number,
    person,
    read_answers,
    rest,
    tool,
    word,
)
from curate.pull.bodies.envelopes import is_envelope
from curate.pull.bodies.opening import opened, structure
from curate.pull.bodies.registry import (
    BodyDialect,
    message_turns,
    pieces_of,
    register,
    tool_result,
    turns_of,
)

# Items of the tools that OpenAI runs itself; they are no part of what a model could be taught.
_HOSTED = {
    *("item_reference", "web_search_call", "file_search_call", "code_interpreter_call"),
    *("computer_call", "computer_call_output", "image_generation_call", "local_shell_call"),
    *("local_shell_call_output", "mcp_call", "mcp_list_tools", "mcp_approval_request"),
    *("mcp_approval_response", "compaction"),
}


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turns of an item of `input` or `output`."""
    kind = kind_of(item)
    if kind in ("function_call", "custom_tool_call"):
        return _call(item)
    if kind in ("function_call_output", "custom_tool_call_output"):
        return _result(item)
    if kind == "reasoning" and "role" not in item:
        return _reasoning(item)
    if kind in _HOSTED:
        return [BodyTurn(None, unread={"item": rest(item)})]
    return _message(item) if kind == "message" else None


def _call(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    arguments = item.get("arguments", item.get("input"))
    made = call(item.get("name"), arguments, item.get("call_id") or item.get("id"))
    if made is None:
        return None
    message = {"role": "assistant", "content": None, "tool_calls": [made]}
    return [BodyTurn(message, is_fragment=True)]


def _result(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    piece = tool_result(item["output"], item.get("call_id")) if "output" in item else None
    return [BodyTurn(piece.value)] if piece else None


def _reasoning(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    listed = [*as_list(item.get("summary")), *as_list(item.get("content"))]
    thoughts = [as_mapping(part).get("text") for part in listed]
    said = "\n".join(text for text in thoughts if isinstance(text, str) and text)
    if not said:
        return [BodyTurn(None, unread={"item": rest(item, "type", "summary", "content")})]
    message = {"role": "assistant", "content": None, "reasoning_content": said}
    return [BodyTurn(message, is_fragment=True)]


def _message(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    role, content = item.get("role"), item.get("content")
    if not isinstance(role, str) or not isinstance(content, str | list):
        return None
    pieces = [Piece("text", content)] if isinstance(content, str) else pieces_of(content)
    if pieces is None:
        return None
    role = ROLES.get(role.casefold(), role)
    refusals = [p.value["refusal"] for p in pieces if _is_refusal(p) and role == "assistant"]
    others = {"refusal": "\n".join(map(str, refusals))} if refusals else {}
    pieces = [piece for piece in pieces if not refusals or not _is_refusal(piece)]
    if refusals and not pieces:
        return [BodyTurn({"role": role, "content": None, **others}, is_fragment=True)]
    joint = "" if role == "assistant" else "\n"
    unread = rest(item, "type", "role", "content", "status", "id")
    return message_turns(
        role, pieces, joint=joint, others=others, unread=unread, is_fragment=role == "assistant"
    )


def _is_refusal(piece: Piece) -> bool:
    return piece.kind == "part" and piece.value.get("type") == "refusal"


def _is_response(value: Mapping[str, Any]) -> bool:
    if value.get("object") == "response" or str(value.get("id")).startswith("resp_"):
        return True
    output = opened(value.get("output"))
    return isinstance(output, list) and bool(output) and all(map(_is_item, output))


def _is_item(item: Any) -> bool:
    kind = kind_of(item)
    if kind == "message":
        return "role" in item and isinstance(item.get("content"), list)
    is_own = kind in ("function_call", "function_call_output", "reasoning", "custom_tool_call")
    return (is_own and "role" not in item) or kind in _HOSTED


def read_request(value: Any) -> Body | None:
    """Returns a request body, or what a stored response repeats of its request."""
    if isinstance(value, list):
        return None
    if not isinstance(value, dict) or "input" not in value or "messages" in value:
        return None
    before = _system(value.get("instructions"))
    asked = value["input"] if isinstance(value["input"], str) else None
    inner = structure(value["input"])
    turns = turns_of(inner)
    if asked is not None and turns is None and not (inner and is_envelope(inner)):
        turns = [BodyTurn({"role": "user", "content": asked})]
    is_ours = _is_response(value) or not _KEYS.isdisjoint(value) or isinstance(inner, list)
    if turns is None or before is None or not is_ours:
        return None
    return _request_body(value, [*before, *turns])


_KEYS = {
    *("instructions", "previous_response_id", "max_output_tokens", "reasoning", "store", "model"),
    *("tools", "text", "truncation", "conversation"),
}


def _system(instructions: Any) -> list[BodyTurn] | None:
    if isinstance(instructions, str) or instructions is None:
        said = word(instructions)
        return [BodyTurn({"role": "system", "content": said})] if said else []
    return turns_of(instructions)


def _request_body(value: Mapping[str, Any], turns: list[BodyTurn]) -> Body:
    messages = [turn.message for turn in turns if turn.message is not None]
    listed = as_list(structure(value.get("tools")))
    tools = [each for each in map(_tool, listed) if each is not None]
    session = value.get("conversation")
    extra = fields(
        model=word(value.get("model")), user=person(value), tools=tools or None,
        previous=word(value.get("previous_response_id")),
        session=word(as_mapping(session).get("id")) or word(session),
    )  # fmt: skip
    used = ("input", "instructions", "tools", "previous_response_id", "conversation", "model")
    unread = rest(value, *used, *_OF_RESPONSE)
    hosted = rest({str(n): each for n, each in enumerate(listed) if _tool(each) is None})
    inner = {str(n): turn.unread for n, turn in enumerate(turns) if turn.unread}
    return Body(messages, None, extra, nested(request=unread, tools=hosted, messages=inner))


_OF_RESPONSE = (
    *("id", "object", "output", "usage", "status", "error", "incomplete_details", "created_at"),
    *("output_text", "completed_at"),
)


def _tool(definition: Any) -> dict[str, Any] | None:
    if not isinstance(definition, dict):
        return None
    if isinstance(definition.get("function"), dict):
        return dict(definition)
    is_function = definition.get("type", "function") in ("function", "custom")
    return tool(definition) if is_function else None


def read_response(value: Any) -> Body | None:
    """Returns a response object, or the list of its output items."""
    if isinstance(value, list) and value and all(map(_is_item, value)):
        turns = turns_of(value)
        return read_answers([turns]) if turns else None
    if not isinstance(value, dict) or not _is_response(value):
        return None
    output = opened(value.get("output"))
    turns = turns_of(output) if output else _from_text(value)
    if turns is None:
        return None
    usage, details = as_mapping(value.get("usage")), as_mapping(value.get("incomplete_details"))
    ends = [word(details.get("reason"))] if details else None
    asked = read_request(value)
    unread = rest(value, *_OF_RESPONSE, "model", *(_REQUESTED if asked else ()))
    unread |= nested(usage=rest(usage, "input_tokens", "output_tokens", "total_tokens"))
    body = read_answers([turns] if turns else [], _fields(value, usage), ends, response=unread)
    if body is None or asked is None:
        return body
    inner = {k: v for k, v in asked.unread.items() if k != "request"} | body.unread
    return Body(asked.messages, body.output, {**asked.fields, **body.fields}, inner)


_REQUESTED = ("input", "instructions", "tools", "previous_response_id", "conversation", "model")


def _from_text(value: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turn of the SDK's `output_text`; none where the response has no answer."""
    said = value.get("output_text")
    if isinstance(said, str) and said:
        return message_turns("assistant", [Piece("text", said)])
    return [] if "output" in value or value.get("error") or value.get("status") else None


def _fields(value: Mapping[str, Any], usage: Mapping[str, Any]) -> dict[str, Any]:
    session = value.get("conversation")
    return fields(
        id=word(value.get("id")), model=word(value.get("model")),
        status=word(value.get("status")), error=failure(value.get("error")),
        created_at=moment(value.get("created_at")), user=person(value),
        input_tokens=number(usage.get("input_tokens"), usage.get("prompt_tokens")),
        output_tokens=number(usage.get("output_tokens"), usage.get("completion_tokens")),
        previous=word(value.get("previous_response_id")),
        session=word(as_mapping(session).get("id")) or word(session),
        tools=[t for t in map(_tool, as_list(value.get("tools"))) if t] or None,
    )  # fmt: skip


def _text(part: Mapping[str, Any]) -> Piece | None:
    return Piece("text", part["text"]) if isinstance(part.get("text"), str) else None


def _image(part: Mapping[str, Any]) -> Piece | None:
    url = part.get("image_url") or part.get("file_id")
    if isinstance(url, dict):
        url = url.get("url")
    if not isinstance(url, str):
        return None
    said = {"url": url} | fields(detail=word(part.get("detail")))
    return Piece("part", {"type": "image_url", "image_url": said})


def _file(part: Mapping[str, Any]) -> Piece | None:
    said = rest(part, "type")
    return Piece("part", {"type": "file", "file": said}) if said else None


def _thought(part: Mapping[str, Any]) -> Piece | None:
    return Piece("reasoning", part["text"]) if isinstance(part.get("text"), str) else None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    if value.get("object") in ("response", "conversation.item"):
        return True
    if str(value.get("id")).startswith("resp_") or "previous_response_id" in value:
        return True
    if kind in ("function_call", "function_call_output"):
        return "call_id" in value or "arguments" in value
    return kind in ("output_text", "input_text", "summary_text") and "text" in value


register(
    BodyDialect(
        "openai-responses",
        {
            "an OpenAI Responses request": ("input", "instructions", "previous_response_id"),
            "an OpenAI Responses response": ("output", "object", "status", "output_text"),
            "an item of OpenAI Responses": ("type", "call_id", "arguments", "summary"),
        },
        order=30,
        request=read_request,
        response=read_response,
        item=read_item,
        parts={
            **dict.fromkeys(("input_text", "output_text"), _text),
            **dict.fromkeys(("summary_text", "reasoning_text"), _thought),
            "input_image": _image,
            "input_file": _file,
        },
        needs={
            "request": ("input",),
            "response": ("output", "object", "output_text", "status", "id"),
            "item": ("type",),
        },
        envelope=_is_envelope,
    )
)
