"""What people decided, settled: one answer per example out of all decisions that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.store import sql

if TYPE_CHECKING:
    import duckdb


def settle(con: duckdb.DuckDBPyConnection) -> bool:
    """Brings the tables `settled` and `settled_pairs` up to date; returns whether anything changed.

    Stored, because every query about examples reads it; a function of decisions, contents, labels
    and inputs alone, so it does not matter when or how often it is made.
    """
    if not con.execute(sql("settle_needed")).fetchall()[0][0]:
        return False
    con.execute(sql("settle"))
    con.execute(sql("settle_pairs"))
    if not con.execute(sql("settle_differs")).fetchall()[0][0]:
        return False
    for step in ("settle_clear", "settle_add", "settle_pairs_clear", "settle_pairs_add"):
        con.execute(sql(step))
    return True
