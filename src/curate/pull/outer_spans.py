"""Spans that hold the calls of their trace: beside those they are no calls of their own.

A platform logs what a program was asked and answered as the root of a trace, and the calls of
models below it. Where only the root is there, it is the call.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from curate.store import sql


@dataclass(frozen=True)
class Folded:
    """How many roots were taken away, and how many came in another pull than their calls."""

    roots: int = 0
    apart: int = 0

    def notes(self) -> list[str]:
        """Returns what to say of roots whose calls are not in the same pull."""
        if not self.apart:
            return []
        return [
            f"{self.apart:,} roots of traces came in another pull than their calls, which lack "
            "what the roots say of session, user and ratings. Next: name the files of both in one "
            "pull, with --reread"
        ]


def fold(con: duckdb.DuckDBPyConnection, source: str) -> Folded:
    """Takes staged roots away whose calls are staged or stored.

    The calls get the session and the user of their root; what people said of it is said of the
    last call of its trace.

    Args:
        con: a connection inside a transaction.
        source: of the staged documents.
    """
    con.execute(sql("pull/staging/outer"), {"source": source})
    con.execute(sql("pull/staging/outer_feedback"))
    roots = len(con.execute(sql("pull/staging/outer_forget")).fetchall())
    con.execute(sql("pull/staging/outer_context"))
    apart = con.execute(sql("pull/staging/outer_apart"), {"source": source}).fetchall()[0][0]
    return Folded(roots, apart)
