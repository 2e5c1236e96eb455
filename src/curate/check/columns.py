"""What `load_dataset` makes of the columns of a file, which it reads in chunks of 10 MB.

It takes the types of the columns from the first chunk. A column that is first filled later, or
then turns out to be a fraction, stops it; texts that are all dates become timestamps.

Source: measured with datasets 5.2.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from curate.check.shapes import Row, said

CHUNK_BYTES = 10 << 20
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


Found = tuple[int | None, str, str]


class ColumnFacts(NamedTuple):
    """What a row holds in a column: its type in words, whether it is a fraction, or a date."""

    name: str
    type: str
    is_fraction: bool
    is_date: bool


def facts_of(row: Row) -> tuple[ColumnFacts, ...]:
    """Returns what a row holds in the columns that it fills, in its order."""
    return tuple(
        ColumnFacts(name, said(value), isinstance(value, float), is_date(value))
        for name, value in row.items()
        if value is not None and value != []
    )


@dataclass
class _Column:
    type: str | None = None
    whole: bool = True  # so far all numbers are whole ones
    dates: bool = True


class Columns:
    """Takes the rows of a file, in order, and finds columns that will not load as they stand."""

    def __init__(self) -> None:
        self._columns: dict[str, _Column] = {}
        self._bytes = 0
        self._alike: set[Sequence[ColumnFacts]] = set()

    def add(self, line: int, columns: tuple[ColumnFacts, ...], size: int) -> list[Found]:
        """Returns (line, rule, message) of columns that change in this row."""
        late = self._bytes >= CHUNK_BYTES
        self._bytes += size
        if columns in self._alike:
            return []
        problems: list[Found] = []
        for facts in columns:
            column = self._columns.setdefault(facts.name, _Column())
            problems += _changed(line, facts, column, late)
        if not problems:  # another row of these changes nothing any more
            self._alike.add(columns)
        return problems

    def rest(self) -> Iterator[Found]:
        """Yields columns of texts that are all dates."""
        for name, column in sorted(self._columns.items()):
            if column.type == "a string" and column.dates:
                yield None, "date-column", f"every `{name}` is a date"


def _changed(line: int, facts: ColumnFacts, column: _Column, late: bool) -> Iterator[Found]:
    name, whole = facts.name, not facts.is_fraction
    if column.type is None:
        column.type, column.whole = facts.type, whole
        if late:
            yield line, "late-column", f"`{name}` is first filled here"
    elif facts.type != column.type:
        yield line, "mixed-types", f"`{name}` is {facts.type}, and was {column.type} before"
    elif column.whole and not whole:
        column.whole = False
        if late:
            yield line, "late-column", f"`{name}` is first a fraction here"
    if column.dates:
        column.dates = facts.is_date


def is_date(value: Any) -> bool:
    """Returns whether a loader takes a value for a time, though it is a text."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None
