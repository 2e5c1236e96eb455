"""What chat formats share: how messages, tool calls and tools are written into rows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import orjson

from curate.formats import Example, Inexpressible
from curate.messages import Message, text_of

ROLES = ("system", "user", "assistant", "tool")


MESSAGES = "  - name: {}\n    list: json\n"
"""A column of messages. As JSON no text becomes a date and no message gets keys that it lacks."""


_TEXT_PARTS = ("text", "input_text", "output_text")


def messages(listed: list[Message], *, parsed: bool = False) -> list[dict[str, Any]]:
    """Returns messages in OpenAI's shape with the keys that every consumer knows.

    Calls and results of tools that were logged without ids get some: nine letters and digits,
    which is what Mistral's templates ask for.

    Args:
        listed: messages as they are stored.
        parsed: whether the arguments of tool calls are objects, and a call without text has an
            empty one; templates of open models print strings and nulls as they are.

    Raises:
        Inexpressible: a message holds something other than text, tool calls and reasoning.
    """
    numbers = count(1)
    waiting: list[str] = []
    rows = []
    for message in listed:
        row: dict[str, Any] = {"role": role(message), "content": text(message)}
        if calls := message.get("tool_calls"):
            row["content"] = row["content"] or ("" if parsed else None)
            row["tool_calls"] = [_call(call, numbers, parsed) for call in calls]
            waiting = [call["id"] for call in row["tool_calls"]]
        elif message["role"] == "tool":
            call_id = message.get("tool_call_id") or (waiting[0] if waiting else next_id(numbers))
            row["tool_call_id"] = call_id
            waiting = [one for one in waiting if one != call_id]
        if "reasoning_content" in message:
            row["reasoning_content"] = message["reasoning_content"]
        rows.append(row)
    return rows


def plain(listed: list[Message]) -> list[dict[str, Any]]:
    """Returns messages as role and text.

    Raises:
        Inexpressible: a message calls a tool, answers for one, or holds something other than text.
    """
    if any(message.get("tool_calls") or message["role"] == "tool" for message in listed):
        raise Inexpressible("tool calls")
    return [{"role": role(message), "content": text(message)} for message in listed]


def prompt(example: Example) -> list[Message]:
    """Returns the messages before the answer.

    Raises:
        Inexpressible: there are none.
    """
    if not example.messages:
        raise Inexpressible("no prompt")
    return example.messages


def answer(example: Example) -> list[Message]:
    """Returns the message that is trained, in a list of its own.

    Raises:
        Inexpressible: there is no answer, or it is empty.
    """
    if not any(text_of(m["content"]) or m.get("tool_calls") for m in example.output[:1]):
        raise Inexpressible("no answer")
    return example.output[:1]


def question(example: Example) -> str:
    """Returns the text of the last user turn.

    Raises:
        Inexpressible: it holds something other than text.
    """
    questions = [message for message in example.messages if message["role"] == "user"]
    for message in questions[-1:]:
        text(message)
    return example.query


def role(message: Message) -> str:
    """Returns who speaks.

    Raises:
        Inexpressible: it is nobody that chat formats know.
    """
    if message["role"] not in ROLES:
        raise Inexpressible(f"the role {message['role']!r}")
    return str(message["role"])


def text(message: Message) -> str:
    """Returns what a message says.

    Raises:
        Inexpressible: it holds something other than text, which would be lost.
    """
    content = message["content"]
    parts = content if isinstance(content, list) else [content or ""]
    for part in parts:
        is_text = isinstance(part, Mapping) and part.get("type", "text") in _TEXT_PARTS
        if not isinstance(part, str) and not (is_text and isinstance(content, list)):
            raise Inexpressible("content other than text")
    return text_of(content)


def function(call: Any) -> tuple[str, dict[str, Any]]:
    """Returns the name and the arguments of a tool call.

    Raises:
        Inexpressible: it has no name, or arguments that are no JSON object.
    """
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not function.get("name"):
        raise Inexpressible("a tool call without a name")
    try:
        arguments = json.loads(function.get("arguments") or "{}")
        orjson.dumps(arguments)  # numbers that it has no room for would be lost in the file
    except (TypeError, ValueError):
        arguments = None
    if not isinstance(arguments, dict):
        raise Inexpressible("a tool call whose arguments are no JSON object")
    return str(function["name"]), arguments


def next_id(numbers: Iterator[int]) -> str:
    """Returns an id for a tool call that was logged without one."""
    return f"call{next(numbers):05}"


def columns(*names: str, tools: bool) -> str:
    """Returns the card's columns of messages, and that of `tools_column`."""
    text = "  - name: tools\n    dtype: string\n" if tools else ""
    return "".join(map(MESSAGES.format, names)) + text


def tools(example: Example) -> list[dict[str, Any]] | None:
    """Returns the tools that were offered; None where no example of the version has any.

    Raises:
        Inexpressible: they are not described as functions.
    """
    for tool in example.tools or []:
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not function.get("name"):
            raise Inexpressible("a tool that is not described as a function")
    return example.tools


def tools_column(example: Example) -> dict[str, str]:
    """Returns the tools as JSON text, `null` where none were offered; no column where it is none.

    An empty list would make some templates say that there are tools, and list none.
    """
    definitions = tools(example)
    return {} if definitions is None else {"tools": orjson.dumps(definitions or None).decode()}


def _call(call: Any, numbers: Iterator[int], parsed: bool) -> dict[str, Any]:
    name, arguments = function(call)
    said = call["function"].get("arguments") or "{}"
    return {
        "id": call.get("id") or next_id(numbers),
        "type": "function",
        "function": {"name": name, "arguments": arguments if parsed else said},
    }


def turns(listed: list[Message]) -> tuple[str, list[Message]]:
    """Returns the system prompt, empty where there is none, and the turns that take turns.

    Users and tools speak on odd places, the assistant on even ones: LLaMA-Factory skips whatever
    else it meets.

    Raises:
        Inexpressible: the conversation has another order.
    """
    system = text(listed[0]) if listed and listed[0]["role"] == "system" else ""
    rest = listed[1:] if listed and listed[0]["role"] == "system" else listed
    for place, message in enumerate(rest):
        speaker = role(message)
        if speaker == "system":
            raise Inexpressible("a system message that is not the first")
        if (speaker == "assistant") != (place % 2 == 1):
            before = role(rest[place - 1]) if place else "nobody"
            raise Inexpressible(f"a turn of the {speaker} after one of {_the(before)}")
    return system, rest


def _the(speaker: str) -> str:
    return speaker if speaker == "nobody" else f"the {speaker}"
