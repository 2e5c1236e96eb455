"""Conversations in one document whose answers are rated one by one: a call for each answer.

The field `ratings` is then read from the column of the messages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from curate.messages import decoded, role_of
from curate.pull.fields import FIELDS
from curate.pull.mapping import Declared, FieldMap
from curate.pull.notations import one_scale
from curate.pull.paths import present
from curate.pull.rating import is_blank, is_unrated
from curate.text.text import folded

RATINGS = {*FIELDS["interactions"]["rating"], "feedback", "annotation", "vote"}
"""The names of a rating that stands on a message."""
_VALUES = ("rating", "score", "value", "stars", "thumbs", "thumb")
_COMMENTS = ("comment", "reason", "feedback_text", "text")
_OTHER_FIELDS = {"response", "request", "history", "rating", "chosen", "rejected"}

Message = Mapping[str, Any]


def with_ratings(
    mapping: FieldMap, declared: Declared, before: Declared | None, rows: Sequence[Message]
) -> FieldMap:
    """Returns a field map that reads the ratings of answers off their messages, where it can.

    It can where the messages are a list that holds the answers, and nobody said where ratings are.
    """
    column = mapping.fields.get("messages")
    if not column or _OTHER_FIELDS & set(mapping.fields):
        return mapping
    if {"rating", "ratings"} & set(declared.fields):
        kept = {n: c for n, c in mapping.fields.items() if (n, c) != ("ratings", column)}
        return mapping if "ratings" in declared.fields else replace(mapping, fields=kept)
    found = [ratings_in(value) for value in present(column, rows)]
    entries = [{"rating": entry["value"]} for each in found for entry in each.values()]
    if not entries:
        return mapping
    notes = list(mapping.notes)
    scale = declared.scale or one_scale("rating", entries, before.scale if before else None, notes)
    notes.append(
        f"the answers in {column} are rated one by one: a call for each (--map ratings= for one "
        "call with its last answer)"
    )
    fields = {**mapping.fields, "ratings": column}
    return replace(mapping, fields=fields, scale=scale, notes=tuple(notes))


def ratings_in(value: Any) -> dict[int, dict[str, Any]]:
    """Returns the rating of each rated answer in a list of messages, by its place."""
    items = decoded(value)
    found = {}
    for place, item in enumerate(items if isinstance(items, list) else []):
        if is_answer(item) and (entry := _entry(item)):
            found[place] = entry
    return found


def answers_in(value: Any) -> list[int]:
    """Returns the places of the answers in a list of messages."""
    items = decoded(value)
    return [n for n, item in enumerate(items if isinstance(items, list) else []) if is_answer(item)]


def is_answer(item: Any) -> bool:
    """Returns whether a message is an assistant's and says something."""
    if not isinstance(item, Mapping):
        return False
    role = role_of(str(item.get("role", item.get("from", ""))))
    return role == "assistant" and not is_blank(item.get("content", item.get("value")))


def _entry(message: Message) -> dict[str, Any] | None:
    """Returns the rating on a message as a piece of feedback."""
    comment = message.get("comment")
    value = None
    for key in (key for key in message if folded(str(key)) in RATINGS):
        said = decoded(message[key])
        if isinstance(said, Mapping):
            comment = next((said[k] for k in _COMMENTS if not is_blank(said.get(k))), comment)
            said = next((said[k] for k in _VALUES if not is_blank(said.get(k))), None)
        if value is None and not isinstance(said, list | Mapping) and not is_blank(said):
            value = None if isinstance(said, str) and is_unrated(said) else said
    return None if value is None else {"value": value, "comment": comment, "own": True}
