"""Which documents are plain: each of their fields is read alike one by one and many at once.

Whatever is not proven to be plain is not: it is made row by row, which is slower and knows all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from curate.pull.bodies.opening import is_odd as is_odd_text
from curate.pull.interactions import JOINING, NUMBER_FIELDS, ONE_WORD, OPENING
from curate.pull.plain.columns import NOTHING, NUMBERS, Column, kinds, where

_NAMES = ("session", "group")
_ONE_WORD = ("id", "label", "rating", "trace", "split", "model", "finish_reason", "status")
_COUNTS = tuple(NUMBER_FIELDS)
_ROLES = frozenset(("user", "system", "assistant"))
_FIGURES = NUMBERS | {NOTHING}
_PERSON = frozenset((str, int, float))


def odd_places(columns: Mapping[str, Column], count: int) -> set[int]:
    """Returns the places of the documents that have a value which is not plain.

    Args:
        columns: field -> its values, without blanks.
        count: of the documents.
    """
    odd: set[int] = set()
    for name, column in columns.items():
        odd.update(_odd(name, column))
    odd.update(_without_one_talk(columns, count))
    return odd


def _odd(name: str, column: Column) -> Iterable[int]:
    if name in _TESTS:
        return where(column, _TESTS[name])
    if name in _COUNTS or name == "created_at":
        return ()  # those that cannot be read are told when they are
    if name not in _ONE_WORD and name not in _NAMES:
        return where(column, lambda _: True)
    if kinds(column) <= _FIGURES:
        return ()
    is_id = name in JOINING or name in _NAMES
    return where(column, _is_odd_id if is_id else _is_odd_word)


def _without_one_talk(columns: Mapping[str, Column], count: int) -> Iterable[int]:
    """Returns the places where not exactly one column says what was asked, or two answer."""
    nothing: Column = [None] * count
    texts = (columns.get(name, nothing) for name in ("query", "messages", "response", "system"))
    for place, (query, messages, *beside) in enumerate(zip(*texts, strict=True)):
        is_one = (query is None) != (messages is None)
        if not is_one or (messages is not None and beside != [None, None]):
            yield place


def _is_odd_text(value: Any) -> bool:
    return type(value) is not str or is_odd_text(value)


def _is_odd_answer(value: Any) -> bool:
    return type(value) is not str or "</" in value or is_odd_text(value)


def _is_odd_word(value: Any) -> bool:
    return value[:1] in OPENING if type(value) is str else type(value) not in NUMBERS


def _is_odd_id(value: Any) -> bool:
    if type(value) is not str:
        return type(value) not in NUMBERS
    return value[:1] in OPENING or "@" in value


def _is_odd_person(value: Any) -> bool:
    return type(value) not in _PERSON


def _is_odd_talk(value: Any) -> bool:
    """Returns whether a list of messages is more than texts that a user and an assistant said."""
    if type(value) is not list or not value:
        return True
    for item in value:
        if type(item) is not dict or len(item) != 2:
            return True
        role, content = item.get("role"), item.get("content")
        is_odd = _is_odd_answer if role == "assistant" else _is_odd_text
        if type(role) is not str or role not in _ROLES or is_odd(content):
            return True
    return False


_TESTS: dict[str, Callable[[Any], bool]] = {
    "query": _is_odd_text,
    "system": _is_odd_text,
    "response": _is_odd_answer,
    "messages": _is_odd_talk,
    "user": _is_odd_person,
}
assert set(_ONE_WORD) | set(_NAMES) <= ONE_WORD  # noqa: S101
