"""`anthropic`: the Messages API of Anthropic, and its older text completions.

Source: Anthropic API reference, "Messages" (content blocks, tools, stop reasons, usage),
"Errors", "Message Batches", and "Text Completions (Legacy)".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

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
    nested,
    number,
    person,
    read_answers,
    read_body,
    rest,
    tool,
    word,
)
from curate.pull.bodies.opening import opened, structure
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.bodies.registry import (
    BodyDialect,
    content_of_parts,
    message_turns,
    pieces_of,
    register,
    tool_result,
    turns_of,
)

_BLOCKS = {"tool_use", "tool_result", "thinking", "redacted_thinking", "server_tool_use"}
_USED = ("system", "messages", "tools", "model", "metadata", "user", "anthropic_version")


def read_request(value: Any) -> Body | None:
    """Returns a request body that only this API has: with `system`, its tools or its blocks."""
    if not isinstance(value, dict):
        return None
    messages = structure(value.get("messages"))
    if not isinstance(messages, list) or not _is_ours(value, messages):
        return None
    system = _system(value.get("system"))
    turns = turns_of(messages)
    if turns is None or system is None:
        return None
    listed = as_list(structure(value.get("tools")))
    tools = [each for each in map(_tool, listed) if each is not None]
    extra = fields(model=word(value.get("model")), user=person(value), tools=tools or None)
    hosted = rest({str(n): each for n, each in enumerate(listed) if _tool(each) is None})
    unread = rest(value, *_USED) | nested(metadata=rest(as_mapping(value.get("metadata"))))
    return read_body([*system, *map(_flat, turns)], extra, request=unread, tools=hosted)


def _is_ours(value: Mapping[str, Any], messages: list[Any]) -> bool:
    if isinstance(value.get("system"), str) or "anthropic_version" in value:
        return True
    if str(value.get("model")).startswith(("claude", "anthropic")):
        return True
    blocks = as_list(structure(value.get("system")))
    if any(isinstance(block, str) or "type" in as_mapping(block) for block in blocks):
        return True
    if any("input_schema" in as_mapping(each) for each in as_list(opened(value.get("tools")))):
        return True
    contents = [m["content"] for m in messages if isinstance(m, dict) and "content" in m]
    within = [b for content in contents if isinstance(content, list) for b in content]
    return any(kind_of(block) in _BLOCKS for block in within)


def _system(system: Any) -> list[BodyTurn] | None:
    if system in (None, "", []):
        return []
    parts = structure(system)
    content = system if isinstance(system, str) and not isinstance(parts, list) else parts
    if isinstance(content, list):
        content = content_of_parts(content)
    return [BodyTurn({"role": "system", "content": content})] if isinstance(content, str) else None


def _flat(turn: BodyTurn) -> BodyTurn:
    """Returns an assistant's turn with its texts as one: an answer comes so, and must be known."""
    message = turn.message
    if (
        message is None
        or message["role"] != "assistant"
        or not isinstance(message["content"], list)
    ):
        return turn
    pieces = pieces_of(message["content"])
    if not pieces or any(piece.kind != "text" for piece in pieces):
        return turn
    return replace(turn, message={**message, "content": _joint(message["content"]).join(
        piece.value for piece in pieces
    )})  # fmt: skip


def _joint(blocks: list[Any]) -> str:
    """Returns what stands between blocks of text: those with citations are pieces of one text."""
    return "" if any("citations" in as_mapping(block) for block in blocks) else "\n"


def _tool(definition: Any) -> dict[str, Any] | None:
    if not isinstance(definition, dict):
        return None
    if isinstance(definition.get("function"), dict):
        return dict(definition)
    is_hosted = "type" in definition and definition["type"] not in ("custom", "function")
    return None if is_hosted else tool(definition, "input_schema", "parameters")


def read_response(value: Any) -> Body | None:
    """Returns a message of the API, a completion of the older one, or an error."""
    if not isinstance(value, dict):
        return None
    if value.get("type") == "error" and isinstance(value.get("error"), dict):
        said = failure(value["error"]) or "error"
        return Body(None, None, {"status": "error", "error": said}, nested(
            error=rest(value["error"], "message"), response=rest(value, "type", "error")
        ))  # fmt: skip
    if isinstance(value.get("completion"), str) and "stop_reason" in value:
        return _completion(value)
    content = opened(value.get("content"))
    is_ours = value.get("type") == "message" or "stop_reason" in value
    if not is_ours or value.get("role", "assistant") != "assistant":
        return None
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    pieces = pieces_of(blocks)
    if pieces is None:
        return None
    turns = message_turns("assistant", pieces, joint=_joint(as_list(blocks))) if pieces else []
    usage = as_mapping(value.get("usage"))
    unread = rest(value, "id", "type", "role", "model", "content", "stop_reason", "usage")
    unread |= nested(usage=rest(usage, "input_tokens", "output_tokens"))
    return read_answers([turns], _fields(value), [word(value.get("stop_reason"))], response=unread)


def _fields(value: Mapping[str, Any]) -> dict[str, Any]:
    usage = as_mapping(value.get("usage"))
    return fields(
        id=word(value.get("id")), model=word(value.get("model")),
        input_tokens=number(usage.get("input_tokens")),
        output_tokens=number(usage.get("output_tokens")),
    )  # fmt: skip


def _completion(value: Mapping[str, Any]) -> Body | None:
    turn = BodyTurn(with_reasoning({"role": "assistant", "content": value["completion"].lstrip()}))
    unread = rest(value, "completion", "stop_reason", "id", "model", "type", "usage")
    return read_answers([[turn]], _fields(value), [word(value.get("stop_reason"))], response=unread)


def _use(part: Mapping[str, Any]) -> Piece | None:
    made = call(part.get("name"), part.get("input"), part.get("id"))
    return Piece("call", made) if made else None


def _result(part: Mapping[str, Any]) -> Piece | None:
    if not isinstance(part.get("tool_use_id"), str):
        return None
    return tool_result(part.get("content", ""), part["tool_use_id"])


def _thinking(part: Mapping[str, Any]) -> Piece | None:
    said = part.get("thinking", part.get("text"))
    return Piece("reasoning", said) if isinstance(said, str) else None


def _apart(part: Mapping[str, Any]) -> Piece:
    return Piece("unread", rest(part))


def _kept(part: Mapping[str, Any]) -> Piece | None:
    has = any(part.get(key) for key in ("source", "file_id", "content"))
    return Piece("part", dict(part), as_logged=True) if has else None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    kind = kind_of(value)
    if kind == "message" and ("content" in value or "role" in value):
        return True
    if "stop_reason" in value and not {"content", "usage", "completion"}.isdisjoint(value):
        return True
    if kind == "error" and isinstance(value.get("error"), dict):
        return True
    if kind == "tool_use":
        return "input" in value
    return kind in ("tool_result", "thinking") and len(value) > 1


register(
    BodyDialect(
        "anthropic",
        {
            "an Anthropic request": ("messages", "system", "max_tokens", "anthropic_version"),
            "an Anthropic message": ("content", "stop_reason", "type", "stop_sequence"),
        },
        order=20,
        request=read_request,
        response=read_response,
        parts={
            "tool_use": _use,
            "tool_result": _result,
            "thinking": _thinking,
            **dict.fromkeys(("document", "search_result", "container_upload"), _kept),
            **dict.fromkeys(
                (
                    *("redacted_thinking", "server_tool_use", "web_search_tool_result"),
                    *("web_fetch_tool_result", "code_execution_tool_result", "mcp_tool_use"),
                    *("mcp_tool_result", "bash_code_execution_tool_result", "tool_reference"),
                    "text_editor_code_execution_tool_result",
                ),
                _apart,
            ),
        },
        needs={"request": ("messages",), "response": ("type", "stop_reason", "completion")},
        envelope=_is_envelope,
    )
)
