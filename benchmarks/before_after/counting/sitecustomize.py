"""Counts what a command asks of DuckDB; Python imports this by itself where it is on the path.

Each event is a line in the file that BEFORE_AFTER_COUNTS names: `attach` where the file of a
project is opened, `verdicts` where the table of verdicts is made. Connections are wrapped, as
their type is C and takes no new methods; nothing here knows a module of curate.
"""

from __future__ import annotations

import os
import re
from typing import Any

import duckdb

_ATTACH = re.compile(r"\bATTACH\s[^;]*\bcurate(\.snapshot)?\.duckdb", re.I)
_VERDICTS = re.compile(
    r"\bCREATE\s+(OR\s+REPLACE\s+)?TEMP(ORARY)?\s+TABLE\s+(IF\s+NOT\s+EXISTS\s+)?\"?verdicts\b",
    re.I,
)
_connect = duckdb.connect
_file = os.environ.get("BEFORE_AFTER_COUNTS")


def _note(event: str) -> None:
    with open(_file, "a", encoding="utf-8") as counts:  # noqa: PTH123
        counts.write(event + "\n")


def _count(statement: Any) -> None:
    if not isinstance(statement, str):
        return
    for _ in _ATTACH.findall(statement):
        _note("attach")
    for _ in _VERDICTS.findall(statement):
        _note("verdicts")


class _Connection:
    """A connection that counts; whatever else is asked of it, the real one does."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def __enter__(self) -> Any:
        self._real.__enter__()
        return self

    def __exit__(self, *error: Any) -> Any:
        return self._real.__exit__(*error)

    def cursor(self) -> Any:
        return _Connection(self._real.cursor())

    duplicate = cursor

    def execute(self, query: Any, *more: Any, **named: Any) -> Any:
        _count(query)
        self._real.execute(query, *more, **named)
        return self

    def executemany(self, query: Any, *more: Any, **named: Any) -> Any:
        _count(query)
        self._real.executemany(query, *more, **named)
        return self

    def sql(self, query: Any, *more: Any, **named: Any) -> Any:
        _count(query)
        return self._real.sql(query, *more, **named)

    query = from_query = sql


def _counted(*arguments: Any, **named: Any) -> Any:
    path = str(named.get("database", arguments[0] if arguments else ""))
    if re.search(r"curate(\.snapshot)?\.duckdb$", path):
        _note("attach")
    return _Connection(_connect(*arguments, **named))


if _file:
    duckdb.connect = _counted
