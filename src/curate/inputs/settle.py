"""What people decided, settled: one answer per example out of all decisions that count."""

from __future__ import annotations

import duckdb

from curate.store import sql


def settle(con: duckdb.DuckDBPyConnection) -> bool:
    """Brings the tables `settled` and `settled_pairs` up to date; returns whether anything changed.

    Stored, because every query about examples reads it; a function of decisions, contents, labels
    and inputs alone, so it does not matter when or how often it is made.
    """
    if not are_unsettled(con):
        return False
    con.execute(sql("inputs/settle/settle_replace"))
    return True


def are_unsettled(con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether people agree on something else than what is stored."""
    if not con.execute(sql("inputs/settle/settle_needed")).fetchall()[0][0]:
        return False
    con.execute(sql("inputs/settle/settle"))
    con.execute(sql("inputs/settle/settle_pairs"))
    return bool(con.execute(sql("inputs/settle/settle_differs")).fetchall()[0][0])
