"""What an agent called and was told since the last user turn: part of the input of its next call.

One question may be followed by many calls, each of which has other results to go on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from curate.messages import text_of

MOST_OF_A_STEP, MOST = 1_000, 4_000
"""Characters of one call or result, and of all of them, that count; of all, the last ones do."""


# Ids and times that are another each time the same thing is done.
_VOLATILE = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b"
    r"|\b(?:call|toolu|chatcmpl|run|req|msg|fc)_[0-9A-Za-z]{6,}\b"
    r"|\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*\d)[0-9a-f]{16,}\b"
    r"|\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\b1[5-9]\d{8}(?:\d{3})?\b",
    re.IGNORECASE,
)


def with_steps(said: str, messages: Sequence[Mapping[str, Any]]) -> str:
    """Returns what was asked, followed by what was called and told since."""
    steps = steps_since_asked(messages)
    return f"{said}\n{steps}" if steps else said


def steps_since_asked(messages: Sequence[Mapping[str, Any]]) -> str:
    """Returns the tool calls and their results after the last user turn as text, or nothing."""
    steps: list[str] = []
    for message in reversed(messages):
        if message["role"] == "user":
            break
        told = text_of(message.get("content")) if message["role"] == "tool" else ""
        calls = [_call_text(call) for call in message.get("tool_calls") or ()]
        steps += [step for step in reversed([told, *calls]) if step]
    bare = [_VOLATILE.sub(" ", step)[:MOST_OF_A_STEP] for step in reversed(steps)]
    return "\n".join(bare)[-MOST:]


def _call_text(call: Mapping[str, Any]) -> str:
    function = call.get("function") or {}
    return f"{function.get('name') or ''} {function.get('arguments') or ''}".strip()
