"""`langchain`: messages and results of LangChain, as its serialisers write them.

Source: langchain_core, `load.dumpd` (lc, constructor, kwargs), `messages_to_dict` (type, data),
`BaseMessage.model_dump` (type, content), `LLMResult` and `ChatGeneration`; LangSmith's runs keep
the first form, n8n's and message_store's tables the second one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    as_list,
    as_mapping,
    call,
    fields,
    listed_tools,
    nested,
    number,
    person,
    read_answers,
    read_body,
    rest,
    word,
)
from curate.pull.bodies.dialects import openai_chat
from curate.pull.bodies.opening import opened, structure
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.bodies.registry import BodyDialect, register, tool_result, turns_of

_TYPES = {
    **dict.fromkeys(("human", "HumanMessage", "HumanMessageChunk"), "user"),
    **dict.fromkeys(("ai", "AIMessage", "AIMessageChunk"), "assistant"),
    **dict.fromkeys(("system", "SystemMessage", "SystemMessageChunk"), "system"),
    **dict.fromkeys(("tool", "ToolMessage", "ToolMessageChunk"), "tool"),
    **dict.fromkeys(("function", "FunctionMessage", "FunctionMessageChunk"), "tool"),
    **dict.fromkeys(("chat", "ChatMessage", "ChatMessageChunk"), None),
}
_READ = (
    *("type", "content", "name", "tool_calls", "tool_call_id", "additional_kwargs", "id"),
    *("response_metadata", "usage_metadata", "role", "tool_call_chunks", "example"),
)
_META = (
    "finish_reason",
    "stop_reason",
    "done_reason",
    "model_name",
    "model",
    "token_usage",
    "usage",
)


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turn of a message in any form of LangChain."""
    data = _data(item)
    if data is None:
        return None
    role = _TYPES[data["type"]] or data.get("role")
    extra = as_mapping(data.get("additional_kwargs"))
    calls = data.get("tool_calls") or extra.get("tool_calls")
    said = {"role": role, "content": data.get("content"), "tool_calls": calls}
    said |= {key: data[key] for key in ("name", "tool_call_id") if data.get(key)}
    names = ("function_call", "reasoning_content", "refusal", "audio")
    said |= {key: extra[key] for key in names if extra.get(key) and not (calls and "call" in key)}
    if not isinstance(role, str) or "content" not in data:
        return None
    turns = openai_chat.read_item(said)
    if not turns:
        return None
    unread = rest(data, *_READ) | nested(
        additional_kwargs=rest(extra, "tool_calls", *names),
        response_metadata=rest(as_mapping(data.get("response_metadata")), *_META),
    )
    last = turns[-1]
    found = _fields(data) if role == "assistant" else {}
    return [*turns[:-1], BodyTurn(last.message, found, {**last.unread, **unread})]


def _data(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns what a message holds, with its `type`; None where it is not LangChain's."""
    kind = item.get("type")
    if isinstance(item.get("kwargs"), dict) and (kind == "constructor" or "lc" in item):
        named = as_list(item.get("id"))[-1:]
        kind = item["kwargs"].get("type") or (named[0] if named else None)
        data = item["kwargs"]
    elif isinstance(opened(item.get("data")), dict):
        data = opened(item["data"])
    else:
        data = item
    is_ours = isinstance(kind, str) and kind in _TYPES and "role" not in item
    return {**data, "type": kind} if is_ours else None


def _fields(data: Mapping[str, Any]) -> dict[str, Any]:
    usage, meta = as_mapping(data.get("usage_metadata")), as_mapping(data.get("response_metadata"))
    counts = as_mapping(meta.get("token_usage") or meta.get("usage"))
    ends = [word(meta.get(key)) for key in ("finish_reason", "stop_reason", "done_reason")]
    return fields(
        model=word(meta.get("model_name")) or word(meta.get("model")),
        finish_reason=next(filter(None, ends), None),
        input_tokens=number(usage.get("input_tokens"), counts.get("prompt_tokens"),
                            counts.get("input_tokens")),
        output_tokens=number(usage.get("output_tokens"), counts.get("completion_tokens"),
                             counts.get("output_tokens")),
    )  # fmt: skip


def read_request(value: Any) -> Body | None:
    """Returns the inputs of a run: a batch of one list of messages, a prompt, a prompt value."""
    if isinstance(value, list):
        turns = _pairs(value)
        return read_body(turns) if turns else None
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("kwargs"), dict) and "lc" in value:
        value = value["kwargs"]
        if isinstance(value.get("text"), str) and "type" not in value:
            return read_body([BodyTurn({"role": "user", "content": value["text"]})])
    messages, prompts = structure(value.get("messages")), opened(value.get("prompts"))
    if isinstance(prompts, list) and len(prompts) == 1 and isinstance(prompts[0], str):
        return read_body(
            [BodyTurn({"role": "user", "content": prompts[0]})], request=rest(value, "prompts")
        )
    if not isinstance(messages, list) or not messages:
        return None
    is_batch = len(messages) == 1 and isinstance(messages[0], list)
    turns = _pairs(messages) or (turns_of(messages[0]) if is_batch else None)
    if turns is None and "lc" in as_mapping(messages[0]):
        turns = turns_of(messages)
    if turns is None:
        return None
    tools = listed_tools(structure(value.get("tools")))
    extra = fields(model=word(value.get("model")), user=person(value), tools=tools)
    unread = rest(value, "messages", "model", *(["tools"] if tools else ()))
    return read_body(turns, extra, request=unread)


def _pairs(items: list[Any]) -> list[BodyTurn] | None:
    """Returns the turns of pairs such as `["human", "..."]`."""
    turns = []
    for item in items:
        if not (isinstance(item, list) and len(item) == 2 and isinstance(item[1], str)):
            return None
        role = _PAIRED.get(item[0]) if isinstance(item[0], str) else None
        if role is None:
            return None
        turns.append(BodyTurn(with_reasoning({"role": role, "content": item[1]})))
    return turns or None


_PAIRED = {
    **{kind: role for kind, role in _TYPES.items() if role and role != "tool"},
    **{role: role for role in ("user", "assistant", "system")},
}


def read_response(value: Any) -> Body | None:
    """Returns the outputs of a run: generations, each a text and a message."""
    if not isinstance(value, dict):
        return None
    listed = opened(value.get("generations"))
    is_ours = isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], list)
    if not is_ours and not ("llm_output" in value and isinstance(listed, list)):
        return None
    inner = listed[0] if is_ours else listed
    choices = [_generation(each) for each in inner]
    if not choices or None in choices:
        return None
    turns = [choice for choice in choices if choice]
    output = as_mapping(value.get("llm_output"))
    counts = as_mapping(output.get("token_usage") or output.get("usage"))
    extra = fields(
        model=word(output.get("model_name")) or word(output.get("model")),
        input_tokens=number(counts.get("prompt_tokens"), counts.get("input_tokens")),
        output_tokens=number(counts.get("completion_tokens"), counts.get("output_tokens")),
    )  # fmt: skip
    unread = rest(value, "generations", "llm_output", "type", "run")
    unread |= nested(llm_output=rest(output, "token_usage", "usage", "model_name", "model"))
    return read_answers(turns, extra, response=unread)


def _generation(value: Any) -> list[BodyTurn] | None:
    if not isinstance(value, dict):
        return None
    info = as_mapping(value.get("generation_info"))
    message = opened(value.get("message"))
    if message is not None:
        turns = turns_of([message])
    elif isinstance(value.get("text"), str):
        turns = [BodyTurn(with_reasoning({"role": "assistant", "content": value["text"]}))]
    else:
        return None
    if not turns or turns[-1].message is None or turns[-1].message["role"] != "assistant":
        return None
    last = turns[-1]
    said = fields(finish_reason=word(info.get("finish_reason")), model=word(info.get("model_name")))
    unread = last.unread | nested(generation_info=rest(info, "finish_reason", "model_name"))
    return [*turns[:-1], BodyTurn(last.message, {**said, **last.fields}, unread)]


def _called(part: Mapping[str, Any]) -> Piece | list[Piece] | None:
    """Returns a standard content block `tool_call`, or LibreChat's, which has the result too."""
    inner = as_mapping(part.get("tool_call")) or part
    arguments = inner.get("args", inner.get("arguments"))
    made = call(inner.get("name"), arguments, inner.get("id"))
    if made is None:
        return None
    if not isinstance(inner.get("output"), str):
        return Piece("call", made)
    answered = tool_result(inner["output"], inner.get("id"), inner.get("name"))
    return [Piece("call", made), answered] if answered else None


def _think(part: Mapping[str, Any]) -> Piece | None:
    """Returns LibreChat's part of what was thought."""
    return Piece("reasoning", part["think"]) if isinstance(part.get("think"), str) else None


def _is_envelope(value: Mapping[str, Any]) -> bool:
    kind = value.get("type")
    if "lc" in value and not {"kwargs", "id"}.isdisjoint(value):
        return True
    if isinstance(kind, str) and kind in _TYPES and kind not in ("chat", "function", "tool"):
        return "content" in value or isinstance(value.get("data"), dict)
    if "additional_kwargs" in value or "response_metadata" in value or "llm_output" in value:
        return True
    listed = value.get("generations")
    inner = [
        each for part in as_list(listed) for each in (part if isinstance(part, list) else [part])
    ]
    return any(not {"text", "message"}.isdisjoint(as_mapping(each)) for each in inner)


register(
    BodyDialect(
        "langchain",
        {
            "a LangChain message": ("kwargs", "lc", "type", "data", "additional_kwargs"),
            "a LangChain result": ("generations", "llm_output"),
            "inputs of a LangChain run": ("messages", "prompts"),
        },
        order=44,
        request=read_request,
        response=read_response,
        item=read_item,
        parts={"tool_call": _called, "think": _think},
        needs={
            "request": ("messages", "prompts", "kwargs"),
            "response": ("generations",),
            "item": ("type", "kwargs", "data"),
        },
        envelope=_is_envelope,
    )
)
