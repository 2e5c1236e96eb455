"""Turns that were said before a question, in a column of their own beside it.

Source: Gradio's ChatInterface and LangChain's ConversationalRetrievalChain (pairs of texts), Prompt
flow's chat_history (`inputs`, `outputs`), lists of messages of any API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from curate.messages import Message, decoded, transcript
from curate.pull.bodies.bodies import read_request

_ASKED = ("user", "human", "question", "query", "prompt", "input", "inputs")
_ANSWERED = ("assistant", "bot", "ai", "answer", "response", "completion", "output", "outputs")
_LEVELS = 3


def read_history(value: Any) -> list[Message] | None:
    """Returns the turns that a value holds, None where it is of no shape that is known."""
    value = decoded(value)
    if isinstance(value, str):
        return transcript(value)
    if not isinstance(value, list):
        return None
    if not value:
        return []
    body = read_request(value)
    if body is not None and body.messages is not None:
        return body.messages
    pairs = [_pair(item) for item in value]
    if None in pairs:
        return None
    return [message for pair in pairs for message in pair or ()]


def _pair(item: Any) -> list[Message] | None:
    """Returns a question and its answer, either of which may be missing."""
    if isinstance(item, list) and len(item) == 2:
        said = item
    elif isinstance(item, Mapping):
        said = [_text(item, names) for names in (_ASKED, _ANSWERED)]
    else:
        return None
    if said == [None, None] or not all(isinstance(text, str | None) for text in said):
        return None
    roles = ("user", "assistant")
    return [{"role": r, "content": t} for r, t in zip(roles, said, strict=True) if t]


def _text(item: Any, names: tuple[str, ...], level: int = 0) -> str | None:
    """Returns the text under the only one of some names, which may be an object with one."""
    found = [item[name] for name in names if item.get(name) not in (None, "", {})]
    if len(found) != 1 or level == _LEVELS:
        return None
    if isinstance(found[0], Mapping):
        return _text(found[0], names, level + 1)
    return found[0] if isinstance(found[0], str) else None
