"""Reads what annotators said of a call: labels, ratings, corrections, comments by their names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from curate.messages import as_json
from curate.sources.presets import Fields
from curate.sources.presets._values import dicts, mapped, name_of, opened, row, text_in

CALL_FIELDS = mapped(
    "interactions",
    *("id", "messages", "query", "response", "system", "session", "user", "model", "created_at"),
    "ratings",
)
FEEDBACK_FIELDS = mapped(
    "feedback",
    *("key", "name", "rating", "label", "correction", "comment", "rater", "rater_type"),
    "created_at",
)
SCALE = "1-5"
"""Of ratings: how many stars there were is in no export; five are the platforms' default."""

_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        *("request_id", "interaction_id", "call_id", "log_id", "completion_id", "message_id"),
        *("example_id", "source_id", "external_id", "uuid"),
    ),
    "messages": ("messages", "prompt_messages", "chat_messages", "conversation", "dialogue"),
    "query": (
        *("query", "prompt", "question", "user_message", "user_input", "instruction", "input"),
        *("text", "utterance", "request"),
    ),
    "response": (
        *("response", "completion", "answer", "output", "reply", "assistant_message"),
        *("model_output", "generation", "generated_text", "model_response", "chatbot_response"),
    ),
    "system": ("system_prompt", "system_message", "system"),
    "session": (
        *("session_id", "conversation_id", "thread_id", "chat_id", "dialogue_id", "session"),
        "thread",
    ),
    "user": ("user_id", "user", "username", "end_user", "customer_id", "email"),
    "model": ("model", "model_name"),
    "created_at": ("created_at", "timestamp", "created", "datetime", "time"),
}
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def _folded(name: str) -> str:
    return re.sub(r"[\s.-]+", "_", _CAPITAL.sub("_", name.strip())).casefold()


def columns_in(data: Fields) -> dict[str, str]:
    """Returns which column of annotated data is which field of the call."""
    by_name = {_folded(str(name)): name for name in reversed(list(data))}
    columns = {}
    for field, names in _NAMES.items():
        present = [by_name[name] for name in names if name in by_name]
        if field == "messages":
            present = [name for name in present if _is_transcript(data[name])]
        column = next((name for name in present if data[name] not in (None, "")), None)
        if column is not None:
            columns[field] = column
    return columns


def _is_transcript(value: Any) -> bool:
    messages = dicts(value)
    return bool(messages) and all({"role", "content"} <= set(item) for item in messages)


def call_in(data: Fields) -> tuple[dict[str, Any], dict[str, Any]]:
    """Returns the fields of the call that was annotated, and the columns that are none."""
    columns = columns_in(data)
    call = {field: data[column] for field, column in columns.items()}
    for field in ("id", "session", "user"):
        if field in call:
            call[field] = name_of(call[field])
    call["messages"] = opened(call.get("messages"))
    rest = {name: value for name, value in data.items() if name not in columns.values()}
    return call, rest


_COMMENT = re.compile(
    r"comment|note|reason|why|expla|rationale|feedback|remark|justif|critique", re.IGNORECASE
)
_CORRECTION = re.compile(
    r"fix|correct|rewrit|edit|improv|better|ideal|gold|revis|suggest|answer|response|reply"
    r"|completion|output|reference|expected",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:^|_)(?:label|intent|category|class|topic|sentiment|choice|quality)(?:s|es|$|_)",
    re.IGNORECASE,
)
_LABEL_WORDS = 6
"""Words beyond which an answer is a text that somebody wrote."""
_ANSWER = re.compile(r"answer|response|reply|completion|output", re.IGNORECASE)


def kind_of_text(name: str, about: str = "") -> str:
    """Returns whether what was written is a correction or a comment, by what it is called.

    Args:
        name: of the control or question.
        about: what it was asked about, such as `response`.
    """
    if _COMMENT.search(name):
        return "comment"
    return "correction" if _CORRECTION.search(name) or _ANSWER.search(about) else "comment"


def is_question(name: str) -> bool:
    """Returns whether a column is called like a question to annotators."""
    return any(pattern.search(name) for pattern in (_LABEL, _COMMENT, _CORRECTION))


def kind_of_answer(name: str, text: str) -> str:
    """Returns whether a text is a label, a correction or a comment, where only its name says so."""
    if _LABEL.search(name):
        return "label"
    if _COMMENT.search(name) or _CORRECTION.search(name):
        return kind_of_text(name)
    return "label" if len(text.split()) <= _LABEL_WORDS and "\n" not in text else "comment"


def label_of(names: Iterable[Any]) -> str | None:
    """Returns the label that was chosen, several as one text."""
    chosen = sorted({name.strip() for name in names if isinstance(name, str)} - {""})
    return chosen[0] if len(chosen) == 1 else as_json(chosen) if chosen else None


def rating_scale(value: Any) -> str | None:
    """Returns the scale of a rating, None where it is beyond the stars that are usual."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return SCALE if is_number and 1 <= value <= 5 else None


def judged(
    answers: Iterable[tuple[str, str, Any]], rater: str | None, created_at: Any
) -> list[dict[str, Any]]:
    """Returns the pieces of feedback of one annotator, a comment with what it is a comment on.

    Args:
        answers: kind (rating, label, correction, comment), name of the question, and value.
        rater: who answered.
        created_at: when.
    """
    answers = [answer for answer in answers if answer[2] not in (None, "")]
    comments = [
        text for kind, _, value in answers if kind == "comment" and (text := text_in(value))
    ]
    pieces: list[dict[str, Any]] = [
        {
            "kind": kind,
            "name": name,
            "value": value,
            "scale": rating_scale(value) if kind == "rating" else None,
            "rater_type": "expert",
            "rater": rater,
            "created_at": created_at,
        }
        for kind, name, value in answers
        if kind != "comment"
    ]
    for piece in pieces:
        if piece["scale"] is None:
            del piece["scale"]
    ratings = [piece for piece in pieces if piece["kind"] == "rating"] or pieces
    if ratings and comments:
        ratings[0]["comment"] = "\n".join(comments)
    return pieces


def feedback_rows(key: str | None, pieces: Sequence[Fields], rest: Fields) -> Iterator[Fields]:
    """Yields a row of feedback for each piece of it, joined to its call by a key."""
    for piece in pieces:
        same = ("name", "comment", "rater", "rater_type", "created_at")
        computed = {name: piece.get(name) for name in same}
        yield row(rest, {"key": key, **computed, str(piece["kind"]): piece["value"]})


def first_time(call: Mapping[str, Any], pieces: Sequence[Fields]) -> Any:
    """Returns when a call was made: what its data says, or else when it was first annotated."""
    times = [piece["created_at"] for piece in pieces if piece.get("created_at")]
    return call.get("created_at") or (min(times, key=str) if times else None)
