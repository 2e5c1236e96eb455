"""`openai-chat`: chat completions, and the legacy completions API.

Source: OpenAI API reference, "Create chat completion" (request, the chat completion object) and
"Create completion". `reasoning_content` as DeepSeek, vLLM and LiteLLM write it, `reasoning` as
OpenRouter does. ShareGPT's `from` and `value` as LLaMA-Factory's data/README documents them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.messages import as_json, parse_messages, role_of
from curate.pull.bodies.body import (
    Body,
    BodyTurn,
    Piece,
    as_list,
    as_mapping,
    call,
    failure,
    fields,
    listed_tools,
    moment,
    nested,
    number,
    person,
    read_answers,
    read_body,
    rest,
    word,
)
from curate.pull.bodies.envelopes import is_envelope, is_message
from curate.pull.bodies.opening import opened, structure
from curate.pull.bodies.reasoning import with_reasoning
from curate.pull.bodies.registry import (
    BodyDialect,
    message_turns,
    pieces_of,
    register,
    response_of,
    turns_of,
)

_THOUGHTS = ("reasoning_content", "reasoning", "thinking")
_TEXTS = ("name", "tool_call_id", "refusal")
_READ = (
    *("role", "from", "content", "value", "tool_calls", "function_call", "audio", "weight"),
    *_TEXTS,
)
# What may stand beside an empty content without being the content under another name.
_BESIDE = {
    *("id", "object", "index", "type", "status", "timestamp", "created", "created_at", "model"),
    *("metadata", "annotations", "provider_specific_fields", "reasoning_details", "logprobs"),
    *("finish_reason", "cache_control", "prefix", "token_count", "images"),
}
_USAGE = ("prompt_tokens", "completion_tokens", "total_tokens", "cost")


def read_item(item: Mapping[str, Any]) -> list[BodyTurn] | None:
    """Returns the turns of a message with `role` and `content`, or `from` and `value`."""
    role = item.get("role", item.get("from"))
    content = item.get("content", item.get("value"))
    if not isinstance(role, str):
        return None
    if role_of(role) != "tool":
        content = _as_parts(content)
    calls = _calls(item)
    if calls is None or not _is_whole(item, content, calls):
        return None
    thoughts = [item[key] for key in _THOUGHTS if isinstance(item.get(key), str)]
    unread = rest(item, *_READ, *(k for k in _THOUGHTS if isinstance(item.get(k), str)))
    if isinstance(content, str | list) and role_of(role) != "tool":
        content = _inner(role, content)
        if content is None:
            return None
    if isinstance(content, list):
        pieces = pieces_of(content)
        if pieces is None and role_of(role) == "tool":
            pieces, content = [], as_json(content)  # a structured result
        if pieces is None:
            return None
        if not all(piece.as_logged for piece in pieces):
            return _from_pieces(item, role, [*_thought(thoughts), *pieces], calls, unread)
    elif isinstance(content, dict) and role_of(role) != "tool" and not calls:
        return None
    said = {"role": role, "content": content, "tool_calls": calls, **_small(item)}
    parsed = parse_messages([said])
    if not parsed or isinstance(parsed[0]["content"], dict):
        return None
    return [BodyTurn(with_reasoning(parsed[0], *thoughts), {}, unread)]


def _as_parts(content: Any) -> Any:
    """Returns the list of parts that a text holds as JSON, else the content as it is."""
    if not isinstance(content, str) or not content.startswith("[{"):
        return content
    parts = structure(content)
    return parts if parts and pieces_of(parts) is not None else content


def _inner(role: str, content: str | list[Any]) -> Any:
    """Returns a content, opened where it is the text of a message; None where it is a broken one.

    A message inside a message is what logging twice leaves; users may paste one.
    """
    if isinstance(content, list):
        return content
    if role_of(role) != "assistant" or not is_envelope(content):
        return content
    if role.casefold() == "function_call":
        return content
    body = response_of(content)
    output = body.output if body else None
    alone = output is not None and len(output) == 1 and not output[0].get("tool_calls")
    return output[0]["content"] if alone and output else None


def _thought(thoughts: list[str]) -> list[Piece]:
    return [Piece("reasoning", thought) for thought in thoughts]


def _from_pieces(
    item: Mapping[str, Any],
    role: str,
    pieces: list[Piece],
    calls: list[Any],
    unread: dict[str, Any],
) -> list[BodyTurn]:
    """Returns the turns of a message with parts that OpenAI's own API does not have."""
    known = [piece.value.get("id") for piece in pieces if piece.kind == "call"]
    pieces += [Piece("call", c) for c in calls if not c.get("id") or c.get("id") not in known]
    role = role_of(role) or role
    return message_turns(role, pieces, others=_small(item), unread=unread)


def _small(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what a message says beside its content, as far as it is what it should be."""
    texts = {key: item[key] for key in _TEXTS if isinstance(item.get(key), str)}
    audio = {"audio": item["audio"]} if isinstance(item.get("audio"), dict) else {}
    return {**texts, **audio}


def _calls(item: Mapping[str, Any]) -> list[Any] | None:
    """Returns the tool calls of a message; None where they are not understood."""
    listed = opened(item.get("tool_calls"))
    if listed and not isinstance(listed, list):
        return None
    if not listed and item.get("function_call"):
        listed = [opened(item["function_call"])]
    calls = [read_call(each) for each in listed or ()]
    return None if None in calls else calls


def read_call(value: Any) -> dict[str, Any] | None:
    """Returns a tool call in OpenAI's form, from that form or a flat one; None where it is none."""
    if not isinstance(value, dict):
        return None
    function = value.get("function", value)
    if isinstance(function, dict) and "name" in function:
        keys = ("arguments", "args", "input", "parameters")
        arguments = next((function[key] for key in keys if function.get(key) is not None), None)
        return call(function["name"], arguments, value.get("id"))
    return dict(value) if value.keys() <= {"id", "type", "index"} else None


def _is_whole(item: Mapping[str, Any], content: Any, calls: list[Any]) -> bool:
    """Returns whether a message has its content, or has none and hides none under another key."""
    if content not in (None, "", []) or calls:
        return True
    if any(item.get(key) for key in ("refusal", "audio", *_THOUGHTS)):
        return True
    said = {key for key, value in item.items() if value not in (None, "", [], {}, False)}
    return said <= {*_READ, *_BESIDE}


def is_bare(item: Any) -> bool:
    """Returns whether a dict is a message whose role goes without saying."""
    if not isinstance(item, dict) or not item.keys().isdisjoint(("role", "from", "type", "lc")):
        return False
    return isinstance(item.get("content"), str | list) or bool(item.get("tool_calls"))


def read_request(value: Any) -> Body | None:
    """Returns a request body with `messages`, of chat completions or an API like it."""
    if not isinstance(value, dict) or not _has_messages(value):
        return None
    turns = turns_of(value["messages"])
    if turns is None:
        return None
    tools = listed_tools(structure(value.get("tools"))) or _functions(value)
    extra = fields(model=word(value.get("model")), user=person(value), tools=tools or None)
    unread = rest(value, "messages", "model", *(("tools", "functions") if tools else ()))
    return read_body(turns, extra, request=unread)


def _has_messages(value: Mapping[str, Any]) -> bool:
    return isinstance(opened(value.get("messages")), list) and "choices" not in value


def _functions(value: Mapping[str, Any]) -> list[Any]:
    """Returns the tools of the API before there were tools."""
    listed = as_list(value.get("functions"))
    return [{"type": "function", "function": item} for item in listed if isinstance(item, dict)]


def read_response(value: Any) -> Body | None:
    """Returns a response body with `choices`, or an error body."""
    if not isinstance(value, dict):
        return None
    choices = opened(value.get("choices"))
    if not isinstance(choices, list) or (not choices and value.get("error")):
        return _error(value)
    listed = [_choice(choice) for choice in choices]
    if None in listed or any("delta" in choice for choice in choices):
        return None
    usage = as_mapping(value.get("usage"))
    hidden = as_mapping(value.get("_hidden_params"))
    extra = fields(
        id=word(value.get("id")), model=word(value.get("model")),
        created_at=moment(value.get("created")),
        input_tokens=number(usage.get("prompt_tokens"), usage.get("input_tokens")),
        output_tokens=number(usage.get("completion_tokens"), usage.get("output_tokens")),
        cost_usd=number(usage.get("cost"), hidden.get("response_cost")),
    )  # fmt: skip
    ends = [word(choice.get("finish_reason")) for choice in choices]
    turns = [turn for turn in listed if turn]
    unread = rest(value, "id", "model", "created", "choices", "usage", "object", "_hidden_params")
    unread |= nested(usage=rest(usage, *_USAGE, "input_tokens", "output_tokens"))
    unread |= nested(choices={
        str(n): said for n, choice in enumerate(choices)
        if (said := rest(choice, "index", "message", "text", "finish_reason"))
    })  # fmt: skip
    return read_answers(turns, extra, ends, response=unread)


def _choice(choice: Any) -> list[BodyTurn] | None:
    """Returns the turns of a choice; the older completions API has a text instead."""
    if not isinstance(choice, dict):
        return None
    if "message" not in choice and isinstance(choice.get("text"), str):
        return [BodyTurn(with_reasoning({"role": "assistant", "content": choice["text"]}))]
    message = opened(choice.get("message"))
    if message in (None, {}) and word(choice.get("finish_reason")):
        return []  # stopped before it said something, by a filter of content
    if not isinstance(message, dict):
        return None
    return turns_of([message if "role" in message else {"role": "assistant", **message}])


def _error(value: Mapping[str, Any]) -> Body | None:
    """Returns the body of a failed call."""
    error = opened(value.get("error"))
    is_error = isinstance(error, dict) and ("message" in error or "code" in error)
    said = failure(error) if is_error or value.get("object") == "error" else None
    said = said or (word(value.get("message")) if value.get("object") == "error" else None)
    if said is None:
        return None
    unread = nested(response=rest(value, "error"), error=rest(as_mapping(error), "message"))
    return Body(None, None, {"status": "error", "error": said}, unread)


def _text(part: Mapping[str, Any]) -> Piece | None:
    text = part.get("text")
    if isinstance(text, dict):  # the Assistants API keeps annotations beside it
        return Piece("text", text["value"]) if isinstance(text.get("value"), str) else None
    return Piece("text", text, as_logged=True) if isinstance(text, str) else None


def _kept(*needs: str) -> Any:
    def read(part: Mapping[str, Any]) -> Piece | None:
        has = not needs or any(part.get(name) for name in needs)
        return Piece("part", dict(part), as_logged=True) if has else None

    return read


def _is_envelope(value: Mapping[str, Any]) -> bool:
    named = str(value.get("object"))
    if named.startswith(("chat.completion", "text_completion", "thread.", "embedding")):
        return True
    if str(value.get("id")).startswith(("chatcmpl-", "cmpl-")) or "system_fingerprint" in value:
        return True
    usage = as_mapping(value.get("usage"))
    if {"prompt_tokens", "completion_tokens"} & usage.keys():
        return True
    choices = value.get("choices")
    inner = ("message", "delta", "finish_reason", "logprobs")
    if isinstance(choices, list):
        listed = [c for c in choices if isinstance(c, dict) and any(k in c for k in inner)]
        return bool(listed) or not choices or ("model" in value and "created" in value)
    messages = value.get("messages")
    return isinstance(messages, list) and bool(messages) and all(map(is_message, messages))


register(
    BodyDialect(
        "openai-chat",
        {
            "an OpenAI chat request": ("messages", "model", "tools", "temperature"),
            "an OpenAI chat response": ("choices", "model", "usage", "created", "object"),
            "an OpenAI message": ("role", "content", "tool_calls", "tool_call_id", "refusal"),
        },
        order=60,
        request=read_request,
        response=read_response,
        item=read_item,
        parts={
            "text": _text,
            **{name: _kept(name) for name in ("refusal", "image_url", "input_audio", "file")},
            **{name: _kept() for name in ("image", "audio", "video", "image_file")},
            **{name: _kept(name) for name in ("audio_url", "video_url")},
        },
        needs={"request": ("messages",), "response": ("choices", "error", "object")},
        envelope=_is_envelope,
    )
)
