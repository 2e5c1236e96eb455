"""`messages`: lists of messages, single messages, and lists of parts or tool calls without a body.

Source: what Langfuse, LangSmith and LiteLLM keep as a call's input and output: the `messages` of
the request, and the `message` of the first choice (Langfuse docs, "Observation types").
"""

from __future__ import annotations

from typing import Any

from curate.pull.bodies.body import Body, BodyTurn, read_answers, read_body
from curate.pull.bodies.dialects.openai_chat import is_bare, read_call
from curate.pull.bodies.envelopes import is_envelope
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import (
    BodyDialect,
    message_turns,
    pieces_of,
    register,
    response_of,
    turns_of,
)


def read_request(value: Any) -> Body | None:
    """Returns a list of messages, or one message."""
    turns = _turns(value, "user")
    return read_body(turns) if turns and any(turn.message for turn in turns) else None


def _turns(value: Any, role: str) -> list[BodyTurn] | None:
    if isinstance(value, list):
        return turns_of(_unpacked(value)) or _from_parts(value, role)
    if not isinstance(value, dict):
        return None
    if is_bare(value) and isinstance(value.get("content"), str) and is_envelope(value["content"]):
        inner = opened(value["content"])
        return _turns(inner, role) if isinstance(inner, dict | list) else None
    item = {"role": role, **value} if is_bare(value) else value
    return turns_of([item])


def _unpacked(items: list[Any]) -> list[Any]:
    """Returns a list of messages out of a batch of one."""
    while len(items) == 1 and isinstance(items[0], list):
        items = items[0]
    return items


def _from_parts(value: list[Any], role: str) -> list[BodyTurn] | None:
    pieces = pieces_of(value) if value and not all(isinstance(v, str) for v in value) else None
    return message_turns(role, pieces) if pieces else None


def read_response(value: Any) -> Body | None:
    """Returns an answer as a message, a list of messages, of parts or of tool calls."""
    if isinstance(value, list) and value and all(map(_is_call, value)):
        calls = [read_call(each) for each in value]
        if None in calls:
            return None
        message = {"role": "assistant", "content": None, "tool_calls": calls}
        return Body(None, [message])
    if isinstance(value, list) and value and all(map(_is_choice, value)):
        return response_of({"choices": value})
    turns = _turns(value, "assistant")
    return None if turns is None else answer_of(turns)


def _is_choice(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("message"), dict) and "index" in value


def _is_call(value: Any) -> bool:
    if not isinstance(value, dict) or value.get("type", "function") != "function":
        return False
    return isinstance(value.get("function"), dict) and "name" in value["function"]


def answer_of(turns: list[BodyTurn]) -> Body | None:
    """Returns what a list of messages says as a response.

    Messages of the assistant alone are choices. A list that begins with another speaker is the
    whole conversation, whose last message is the answer.
    """
    spoken = [turn for turn in turns if turn.message is not None]
    roles = [turn.message["role"] for turn in spoken if turn.message is not None]
    if not roles or "assistant" not in roles:
        return None
    if set(roles) == {"assistant"}:
        return read_answers([[turn] for turn in spoken])
    if roles[0] == "assistant":
        return read_answers([turns])
    if roles[-1] != "assistant":
        return None
    answer = read_answers([spoken[-1:]])
    before = read_body(spoken[:-1])
    if answer is None:
        return None
    return Body(before.messages, answer.output, answer.fields, {**before.unread, **answer.unread})


register(
    BodyDialect(
        "messages",
        {"a list of messages": ("role", "content")},
        order=70,
        request=read_request,
        response=read_response,
    )
)
