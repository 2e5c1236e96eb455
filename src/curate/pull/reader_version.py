"""Which version of the reader read a file or table, so that what an older one read can be told."""

from __future__ import annotations

import duckdb

from curate.store import sql
from curate.text.wording import counted

READER = 2
"""Raised whenever the same document may become another row than before."""


def read_by_older(con: duckdb.DuckDBPyConnection, source: str | None = None) -> dict[str, int]:
    """Returns how many files and tables of each source an older reader has read.

    Args:
        con: a connection to the store.
        source: None for all of them.
    """
    parameters = {"source": source, "reader": READER}
    return dict(con.execute(sql("pull/read_by_older"), parameters).fetchall())


def older_reader_notes(con: duckdb.DuckDBPyConnection, source: str) -> list[str]:
    """Returns what to say of a source of which an older reader has read something."""
    return [
        f"an older reader, which may have understood less, read {counted(number, 'file')} or "
        f"tables of {name}. Next: {next_step(name)}"
        for name, number in read_by_older(con, source).items()
    ]


def next_step(source: str) -> str:
    """Returns what to type so that a source is read by the reader of today."""
    return f"curate pull LOCATIONS --source {source} --reread"
