"""The one reader of bodies: what requests, responses and messages of all APIs say.

Pure functions from a logged value to a `Body`. What is not understood gives None: it is never
turned into text. To add a dialect, add a file in `dialects/`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from curate.messages import Message
from curate.pull.bodies import envelopes, opening
from curate.pull.bodies.body import Body
from curate.pull.bodies.registry import plain_request, request_of, response_of

__all__ = [
    "Body",
    "describe",
    "is_cut_off",
    "is_envelope",
    "opened",
    "read_request",
    "read_response",
]


def read_request(value: Any) -> Body | None:
    """Returns what a request says, None where no dialect understands it.

    Args:
        value: a request body, a list of messages, one message, or a wrapper around a question;
            or the JSON text of one.
    """
    return plain_request(value) or _read(request_of, value)


def read_response(value: Any) -> Body | None:
    """Returns what a response says, None where no dialect understands it.

    Args:
        value: a response body, a message, a list of messages, choices, items or chunks, the text
            of a stream, or a wrapper around an answer; or the JSON text of one. JSON text that is
            an answer on purpose is the caller's to keep: ask `is_envelope` first.
    """
    return _read(response_of, value)


def opened(value: Any) -> Any:
    """Returns a value, opened where it is text that holds JSON, as deep as it goes."""
    return opening.opened(value)


def is_envelope(value: Any) -> bool:
    """Returns whether a value is meant as a message, a body or a stream of an API.

    It says yes to broken ones too, and no to an answer that is JSON on purpose.
    """
    try:
        return envelopes.is_envelope(value)
    except RecursionError:
        return True


def is_cut_off(text: str) -> bool:
    """Returns whether a text is a part, a message or a body as JSON that ends too early."""
    return opening.is_cut_off(text)


def describe(value: Any) -> str:
    """Returns the keys of a value that nobody understood, and which shape comes nearest."""
    return envelopes.describe(value)


def _read(read: Callable[[Any], Body | None], value: Any) -> Body | None:
    try:
        body = read(value)
        if body is None or any(
            map(_holds_envelope, [*(body.messages or ()), *(body.output or ())])
        ):
            return None
        return None if body.output and not any(map(_is_answer, body.output)) else body
    except RecursionError:  # nested deeper than any API does: as little understood as any other
        return None


def _is_answer(message: Message) -> bool:
    return bool(message["role"] == "assistant")


def _holds_envelope(message: Message) -> bool:
    """Returns whether what is said in a message is a message or a body again, as JSON text.

    It is what logging twice leaves, where no reader knew how to open it. Tools may give anything,
    and users paste lists of messages and texts that only begin as one.
    """
    content, role = message["content"], message["role"]
    texts = content if isinstance(content, list) else [content]
    for part in texts if role != "tool" else ():
        text = part.get("text") if isinstance(part, dict) else part
        if isinstance(text, str) and opening.is_cut_off(text):
            return True
        if not isinstance(text, str) or not envelopes.is_envelope(text):
            continue
        if role == "assistant" or isinstance(opening.opened(text), dict):
            return True
    return False
