"""`stream`: streams as they went over the wire, or as lists of their chunks.

Here is what frames them; what the events of an API mean is said in the file of each dialect.

Source: WHATWG HTML standard, "Server-sent events" (fields, comments, line ends); Ollama and many
gateways write a JSON object a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from curate.pull.bodies.body import Body
from curate.pull.bodies.envelopes import is_stream
from curate.pull.bodies.opening import opened
from curate.pull.bodies.registry import BodyDialect, register, stream_of

_END = "[DONE]"
_CUT = "incomplete"


def read_response(value: Any) -> Body | None:
    """Returns what the events of a stream make together."""
    is_whole, is_closed = True, _is_closed(value)
    if isinstance(value, str):
        listed = _events(value) if is_stream(value) else _lines(value)
    elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        listed = _events("\n\n".join(value)) if is_stream(value[0]) else _opened(value)
    else:
        listed = value if isinstance(value, list) else [value]
    if listed and isinstance(listed[-1], str):
        listed, is_whole = listed[:-1], False  # cut in the middle of an event
    events: list[Mapping[str, Any]] = [event for event in listed if isinstance(event, dict)]
    if not events or len(events) != len(listed):
        return None
    body = stream_of(events)
    if body is None:
        return None
    if is_closed and is_whole and not _says_why(body, events):
        kept = {key: said for key, said in body.fields.items() if key != "status"}
        return replace(body, fields=kept)
    cut = {} if is_whole else {"status": _CUT}
    return replace(body, fields={**cut, **body.fields})


def _is_closed(value: Any) -> bool:
    """Returns whether the last that was sent says that nothing is missing."""
    last = value[-1] if isinstance(value, list) and value else value
    return isinstance(last, str) and last.rstrip().endswith(_END)


def _says_why(body: Body, events: list[Mapping[str, Any]]) -> bool:
    """Returns whether the events themselves say how the answer ended, or it is no cut one."""
    is_said = any(isinstance(event.get("response"), dict) for event in events)
    return is_said or bool(body.fields.get("finish_reason")) or body.fields.get("status") != _CUT


def _opened(texts: list[str]) -> list[Any]:
    return [opened(text) for text in texts if text.strip() != _END]


def _events(text: str) -> list[Any]:
    """Returns the data of each event; what is not JSON stays text."""
    events: list[Any] = []
    for block in re.split(r"(?:\r?\n|\r){2,}", text):
        lines = [line for line in re.split(r"\r?\n|\r", block) if line.startswith("data:")]
        data = [line[5:].removeprefix(" ") for line in lines]
        whole = opened("\n".join(data))
        # Some loggers leave out the blank lines between events.
        events += [whole] if isinstance(whole, dict | list) else map(opened, data)
    return [event for event in events if event not in ("", _END)]


def _lines(text: str) -> list[Any]:
    """Returns the objects of text that holds one a line."""
    if not text.lstrip().startswith("{") or "\n" not in text:
        return []
    return [opened(line) for line in text.split("\n") if line.strip()]


_NEEDS = {"response": ("choices", "type", "done")}

register(BodyDialect("stream", {}, order=15, response=read_response, needs=_NEEDS))
