"""Answers that call tools, as annotators edit them: a JSON list of names and arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from curate.contract.answers import check_calls, read_json
from curate.messages import Message, as_json, calls_of, function_of


def editable(message: Message) -> str:
    """Returns the calls of a message as JSON over several lines."""
    return json.dumps(_plain(message), ensure_ascii=False, indent=2)


def correction(text: str, message: Message, tools: Sequence[Any] | None) -> str | None:
    """Returns better calls as a correction, `{"tool_calls": [...]}`; None for the same ones.

    Args:
        text: what the annotator left in the box.
        message: the answer that was judged.
        tools: that were offered; None where the log does not say.

    Raises:
        ValueError: it is no list of calls, or one breaks what its tool takes.
    """
    if text.strip()[:1] not in ("[", "{"):
        raise ValueError("a tool call was replaced by prose")
    said, found = read_json(text)
    if found:
        raise ValueError(f"the tool call is no JSON: {found.path} {found.message}")
    said = said if isinstance(said, list) else [said]
    if said == _plain(message):
        return None
    if not said:
        raise ValueError("no tool call is left")
    better: Message = {"tool_calls": [_call(one) for one in said]}
    if tools and (broken := check_calls(better, tools)):
        raise ValueError(f"the tool does not take this: {broken.path} {broken.message}")
    for call, before in zip(better["tool_calls"], calls_of(message), strict=False):
        if before.get("id"):
            call["id"] = before["id"]
    return as_json(better)


def _call(said: Any) -> Message:
    if not isinstance(said, dict) or not isinstance(said.get("name"), str):
        raise ValueError("a tool call has no name")
    if more := sorted({*said} - {"name", "arguments"}):
        raise ValueError(f"a tool call has name and arguments, not {more[0]!r}")
    arguments = said.get("arguments", {})
    if not isinstance(arguments, dict):
        raise ValueError(f"the arguments of {said['name']} are no JSON object")
    return {"type": "function", "function": {"name": said["name"], "arguments": as_json(arguments)}}


def _plain(message: Message) -> list[Message]:
    functions = [function_of(call) for call in calls_of(message)]
    return [{"name": f.get("name"), "arguments": _value(f.get("arguments"))} for f in functions]


def _value(arguments: Any) -> Any:
    if not isinstance(arguments, str):
        return arguments or {}
    value, found = read_json(arguments)
    return arguments if found else value
