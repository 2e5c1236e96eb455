"""What the task of a ledger row shows: plain texts, and pages of a whole conversation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson

from curate.label import conversation, form, tool_calls
from curate.messages import Message, calls_of, parse_tools
from curate.text import label_sets

LIKELY = 5
"""Labels that come first where there are many, on the keys from 1 on."""

MAX_TEXT = 200_000
"""Characters of one text that are shown; a longer one is refused, as no annotator reads it."""
# What XML 1.0, and so PostgreSQL and browsers, cannot carry.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def _is_second(row: Mapping[str, Any], place: int) -> bool:
    """Returns whether A (0) or B (1) of a pair is the other answer."""
    return bool(place) != bool(row["swapped"])


def _has_reason(row: Mapping[str, Any]) -> bool:
    """Returns whether it is told why a row is asked: people's answers, even of what is held out."""
    return not row["blind"] or bool(row.get("adjudicates"))


def judged(row: Mapping[str, Any], *, other: bool = False) -> Message:
    """Returns the answer of a row that is judged, or the other one of a pair, as a message."""
    stored = row.get("other_output" if other else "output")
    messages = orjson.loads(stored) if isinstance(stored, str) else stored
    if messages:
        return dict(messages[0])
    return {"role": "assistant", "content": row["other_response" if other else "response"]}


def calls_tools(row: Mapping[str, Any]) -> bool:
    """Returns whether the answer of a row that is judged calls tools."""
    return bool(calls_of(judged(row)))


def offered(row: Mapping[str, Any]) -> list[Any] | None:
    """Returns the tools that were offered; None where the log does not say."""
    return parse_tools(row.get("tools"))


def _response(row: Mapping[str, Any], *, other: bool = False) -> str:
    """Returns an answer as text: the calls of tools that it makes as JSON, else its words."""
    message = judged(row, other=other)
    if calls_of(message):
        return _text(tool_calls.editable(message))
    return _text(row["other_response" if other else "response"])


def _turns(row: Mapping[str, Any]) -> list[Message]:
    """Returns the stored messages before the answer, or what stands for them."""
    stored = row.get("messages")
    messages = orjson.loads(stored) if isinstance(stored, str) else stored
    if not messages:
        earlier = [{"role": "earlier", "content": row["context"]}] if row["context"] else []
        return [*earlier, {"role": "user", "content": row["query"]}]
    return list(messages)


def _page(row: Mapping[str, Any], *, with_question: bool = True) -> str:
    messages = _turns(row)
    for text in conversation.texts_of(messages):
        _text(text)
    return _printable(conversation.conversation(messages, with_question=with_question))


def _answer(row: Mapping[str, Any], *, other: bool = False) -> str:
    message, later = judged(row, other=other), row.get("later") or ()
    for text in conversation.texts_of([message]):
        _text(text)
    return _printable(conversation.answer(message, _showable(later)))


def _showable(later: Sequence[Message]) -> Sequence[Message]:
    """Returns what came after an answer, or why it is not shown: that refuses no task."""
    try:
        for text in conversation.texts_of(later):
            _text(text)
        conversation.conversation(later)
    except ValueError as error:
        return [{"role": "later", "content": f"It cannot be shown: {error}"}]
    return later


def _likely(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """Returns the labels that come first where there are many, each with its key."""
    if row["blind"]:
        return []
    read = label_sets.read if row.get("multi_label") else lambda label: (label,)
    labels = (row["label_seen"], row["suggested"], *row.get("near_labels", ()))
    names = dict.fromkeys(name for label in labels if label for name in read(label))
    known = row.get("vocabulary")
    # What is filled in is chosen already.
    likely = [n for n in names if (known is None or n in known) and n not in row["filled"]]
    return [{"value": name, "hotkey": str(key)} for key, name in enumerate(likely[:LIKELY], 1)]


VARIABLES: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "text": lambda row: _text(row["query"]),
    "context": lambda row: _text(row["context"]),
    "reason": lambda row: _text(row["why"]) if _has_reason(row) else "",
    "likely": _likely,
    "response": _response,
    "response_a": lambda row: _response(row, other=_is_second(row, 0)),
    "response_b": lambda row: _response(row, other=_is_second(row, 1)),
    "other": lambda row: _text(form.shown(row)),
    "conversation": _page,
    "earlier": lambda row: _page(row, with_question=False),
    "answer": _answer,
    "answer_a": lambda row: _answer(row, other=_is_second(row, 0)),
    "answer_b": lambda row: _answer(row, other=_is_second(row, 1)),
}
"""What an interface can show, by the name of its variable; from `conversation` on it is HTML."""


def _text(text: str | None) -> str:
    """Returns a text as it is shown; refuses what cannot be."""
    text = text or ""
    if len(text) > MAX_TEXT:
        raise ValueError(f"a text of {len(text):,} characters (at most {MAX_TEXT:,} are shown)")
    return _printable(text)


def _printable(text: str) -> str:
    if bad := _UNPRINTABLE.search(text):
        raise ValueError(f"character U+{ord(bad.group()):04X}, which no interface can show")
    return text
