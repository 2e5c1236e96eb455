"""Turns the shapes that calls are logged in into OpenAI messages and an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

ROLES: dict[str, str] = {
    **dict.fromkeys(("user", "human", "customer", "client", "prompter", "visitor"), "user"),
    **dict.fromkeys(("assistant", "bot", "agent", "gpt", "ai", "model", "chatbot"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation"), "tool"),
}

_KEPT = ("name", "tool_calls", "tool_call_id", "refusal")

Message = dict[str, Any]


def decoded(value: Any) -> Any:
    """Returns a value, parsed first where it is a string that holds a JSON object or array."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def parse_messages(value: Any) -> list[Message] | None:
    """Returns chat messages in OpenAI shape, or None where the value is not a list of messages.

    Reads `role`/`content` and ShareGPT's `from`/`value`; a JSON string is parsed first.
    """
    value = decoded(value)
    if not isinstance(value, list) or not value:
        return None
    parsed = [_message(item) for item in value]
    return None if None in parsed else [message for message in parsed if message is not None]


def _message(item: Any) -> Message | None:
    if not isinstance(item, Mapping):
        return None
    role = item.get("role", item.get("from"))
    if not isinstance(role, str):
        return None
    content = item.get("content", item.get("value"))
    if not isinstance(content, str | list | Mapping | None):
        content = str(content)
    message: Message = {"role": ROLES.get(role.casefold(), role), "content": content}
    message.update({key: item[key] for key in _KEPT if item.get(key) is not None})
    return message


def text_of(content: Any) -> str:
    """Returns the text of a message's content: a string, or the text parts of a list."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [p.get("text") if isinstance(p, Mapping) else p for p in content]
        return "\n".join(part for part in parts if isinstance(part, str))
    return ""


def parse_request(body: Any) -> dict[str, Any] | None:
    """Returns fields of a raw chat-completions request body, or None where it is not one.

    Source: OpenAI API reference, chat completions, request body.
    """
    body = decoded(body)
    if not isinstance(body, Mapping) or "messages" not in body:
        return None
    messages = parse_messages(body["messages"])
    if messages is None:
        return None
    return {
        "messages": messages,
        "tools": body.get("tools"),
        "model": body.get("model"),
        "user": body.get("user"),
    }


def parse_response(body: Any) -> dict[str, Any] | None:
    """Returns fields of a raw chat-completions response body, or None where it is not one.

    Source: OpenAI API reference, the chat completion object.
    """
    body = decoded(body)
    if not isinstance(body, Mapping):
        return None
    failure = body.get("error")
    if isinstance(failure, Mapping) and "message" in failure and not body.get("choices"):
        return {"output": None, "status": "error", "error": failure["message"]}
    if not isinstance(body.get("choices"), list):
        return None
    choices = [choice for choice in body["choices"] if isinstance(choice, Mapping)]
    outputs = parse_messages([_chosen(choice) for choice in choices])
    usage = body["usage"] if isinstance(body.get("usage"), Mapping) else {}
    return {
        "id": body.get("id"),
        "output": outputs,
        "finish_reason": choices[0].get("finish_reason") if choices else None,
        "finish_reasons": [choice.get("finish_reason") for choice in choices],
        "model": body.get("model"),
        "created_at": body.get("created"),
        "input_tokens": usage.get("prompt_tokens"),
        "output_tokens": usage.get("completion_tokens"),
    }


def _chosen(choice: Mapping[str, Any]) -> Any:
    """Returns the message of a choice; the older completions API has a text instead."""
    if "message" in choice or "text" not in choice:
        return choice.get("message")
    return {"role": "assistant", "content": choice["text"]}


def split_answer(messages: list[Message]) -> tuple[list[Message], list[Message] | None]:
    """Returns (everything before the answer, [answer]) of messages that end with an answer."""
    if messages and messages[-1]["role"] == "assistant":
        return messages[:-1], messages[-1:]
    return messages, None


def query_and_context(messages: list[Message]) -> tuple[str, str]:
    """Returns the text of the last user turn and of the two messages before it.

    System messages and tool results do not count as context.
    """
    talk: list[Message] = []
    for message in reversed(messages):
        if message["role"] == "user" or (talk and message["role"] == "assistant"):
            talk.append(message)
            if len(talk) == 3:
                break
    texts = [text_of(message["content"]) for message in talk] or [""]
    return texts[0], "\n".join(reversed(texts[1:]))


def canonical(value: Any) -> str:
    """Returns a value as JSON text with sorted keys; what JSON has no word for becomes a string."""
    try:
        return orjson.dumps(value, default=_as_json, option=_OPTIONS).decode()
    except orjson.JSONEncodeError:
        # Integers past 64 bits are the one thing that JSON can say and orjson cannot.
        import json

        return json.dumps(value, default=_as_json, ensure_ascii=False, sort_keys=True)


_OPTIONS = orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS


def _as_json(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


def chain_hashes(messages: list[Message], output: list[Message] | None) -> tuple[list[str], str]:
    """Returns the hash chain after each earlier assistant turn, and after the answer.

    Two calls belong to one conversation when the second hash of one is among the first hashes of
    the other. System messages are left out, since many of them change from call to call.
    """
    state = hashlib.sha256()
    earlier = []
    for message in [*messages, *(output or [])[:1]]:
        if message["role"] == "system":
            continue
        said = [message["role"], message["content"], message.get("tool_calls")]
        state.update(canonical(said).encode("utf-8", "surrogatepass"))
        if message["role"] == "assistant":
            earlier.append(state.hexdigest()[:32])
    return (earlier[:-1], earlier[-1]) if output else (earlier, "")
