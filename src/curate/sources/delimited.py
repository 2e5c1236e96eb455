"""CSV and TSV files, plain, `.gz` or `.zst`: DuckDB finds the dialect, every value is text."""

from __future__ import annotations

from collections.abc import Iterator

from curate.errors import SourceError
from curate.sources import Document, Location, Reject, source
from curate.store import sql


@source("csv", ".csv")
def read_csv(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row; rows with too few or too many columns are rejects."""
    yield from _read(location, "source_csv")


@source("tsv", ".tsv")
def read_tsv(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row; the columns are separated by tabs."""
    yield from _read(location, "source_tsv")


def _read(location: Location, query: str) -> Iterator[Document | Reject]:
    import duckdb

    with duckdb.connect() as con:
        con.execute("SET preserve_insertion_order = true")
        try:
            rows = con.execute(sql(query), {"path": str(location.path)}).fetchall()
            names = [column[0] for column in con.description or []]
            bad = con.execute(sql("source_csv_rejects")).fetchall()
        except duckdb.Error as error:
            message = str(error).splitlines()[0]
            raise SourceError(f"cannot read {location.path}: {message}") from error
    rejects = [Reject(line, "bad-row", detail) for line, detail in reversed(bad)]
    line = 1  # the header
    for row in rows:
        line += 1
        while rejects and rejects[-1].line <= line:
            yield rejects.pop()
            line += 1
        yield Document(line, dict(zip(names, row, strict=True)))
    yield from reversed(rejects)
