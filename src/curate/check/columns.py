"""What `load_dataset` makes of the columns of a file, which it reads in chunks of 10 MB.

It takes the types of the columns from the first chunk. A column that is first filled later, or
then turns out to be a fraction, stops it; texts that are all dates become timestamps.

Source: measured with datasets 5.2.0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from curate.check.shapes import Row, said

CHUNK_BYTES = 10 << 20
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")


Found = tuple[int | None, str, str]


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

    def add(self, line: int, row: Row, size: int) -> Iterator[Found]:
        """Yields (line, rule, message) of columns that change in this row."""
        late = self._bytes >= CHUNK_BYTES
        self._bytes += size
        for name, value in row.items():
            if value is not None and value != []:
                column = self._columns.setdefault(name, _Column())
                yield from _changed(line, name, value, column, late)

    def rest(self) -> Iterator[Found]:
        """Yields columns of texts that are all dates."""
        for name, column in sorted(self._columns.items()):
            if column.type == "a string" and column.dates:
                yield None, "date-column", f"every `{name}` is a date"


def _changed(line: int, name: str, value: Any, column: _Column, late: bool) -> Iterator[Found]:
    description = said(value)
    whole = not isinstance(value, float)
    if column.type is None:
        column.type, column.whole = description, whole
        if late:
            yield line, "late-column", f"`{name}` is first filled here"
    elif description != column.type:
        yield line, "mixed-types", f"`{name}` is {description}, and was {column.type} before"
    elif column.whole and not whole:
        column.whole = False
        if late:
            yield line, "late-column", f"`{name}` is first a fraction here"
    if column.dates:
        column.dates = is_date(value)


def is_date(value: Any) -> bool:
    """Returns whether a loader takes a value for a time, though it is a text."""
    return isinstance(value, str) and _DATE.fullmatch(value) is not None
