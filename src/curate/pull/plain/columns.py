"""Columns of many values: without blanks, as text, and each distinct value looked at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import compress
from typing import Any, TypeVar

from curate.pull.contents import as_text
from curate.pull.rating import is_blank

Column = list[Any]
"""One value for each document, None where it says nothing."""

NOTHING = type(None)
NUMBERS = frozenset((int, float, bool))
_TEXTS = frozenset((str, NOTHING))
_WHOLE = frozenset((int, bool, NOTHING))

Result = TypeVar("Result")


def kinds(column: Column) -> frozenset[type]:
    """Returns the types of the values of a column."""
    return frozenset(map(type, column))


def without_blanks(values: Iterable[Any]) -> Column:
    """Returns values with None for those that are blank."""
    column = list(values)
    found = kinds(column)
    if found <= _TEXTS:
        return [v if v and not v.isspace() else None for v in column]
    return column if found <= _WHOLE else [None if is_blank(v) else v for v in column]


def distinct(function: Callable[[Any], Result], column: Column) -> list[Result | None]:
    """Returns what a function gives for each value that is there; it is asked once for each."""
    # 1, 1.0 and True are one key, and not one value.
    keys: Sequence[Hashable] = column
    if not kinds(column) <= _TEXTS:
        keys = list(zip(map(type, column), column, strict=True))
    known: dict[Hashable, Result | None] = {None: None, (NOTHING, None): None}
    for key, value in zip(keys, column, strict=True):
        if key not in known:
            known[key] = function(value)
    return [known[key] for key in keys]


def texts(column: Column) -> Column:
    """Returns the values of a column without blanks as they are stored."""
    return column if kinds(column) <= _TEXTS else distinct(as_text, column)


def where(column: Column, test: Callable[[Any], Any]) -> Iterable[int]:
    """Returns the places of the values that are there and pass a test."""
    return compress(range(len(column)), (v is not None and test(v) for v in column))


def take(column: Column, places: Sequence[int]) -> Column:
    """Returns the values at some places."""
    return column if len(places) == len(column) else [column[place] for place in places]
