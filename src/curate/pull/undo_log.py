"""What pulls replaced, kept so that `curate undo` can bring it back.

New rows are known by their run, so that only what a pull changes, withdraws or moves is kept, in
the transaction that does it: a first pull of a large log keeps next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from curate.store import Run, sql

PULLS_KEPT = 20
"""Pulls that can be taken back, counted from the newest that changed something."""


def keep_settings(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    *,
    source: str,
    kind: str,
    location: str | None = None,
    is_platform: bool = False,
) -> None:
    """Keeps how a source was read before this run, and how far a table or stream of it.

    To be called before either is stored, in the transaction that changes rows. Drops what is old.
    """
    parameters = {"run_id": run.run_id, "source": source}
    is_first = con.execute(sql("pull/keep/run"), parameters).fetchall()
    con.execute(sql("pull/keep/settings"), {**parameters, "kind": kind})
    if location is not None:
        query = sql("pull/keep/platform") if is_platform else sql("pull/keep/table")
        con.execute(query, {**parameters, "kind": kind, "location": location})
    if is_first:
        prune(con)


def prune(con: duckdb.DuckDBPyConnection) -> None:
    """Drops what is kept of pulls that are too old, changed nothing, or cannot be taken back."""
    con.execute(sql("pull/keep/prune"), {"pulls": PULLS_KEPT})
    con.execute(sql("pull/keep/drop"))


def forget_gone(con: duckdb.DuckDBPyConnection, run: Run, named: Mapping[str, Any]) -> None:
    """Drops what is kept of pulls that replaced rows which are gone: they were to be forgotten.

    This run, which deletes them for good, cannot be taken back either. The ids stand in the
    temporary table `gone`; source, kind and location of their table are named.
    """
    of_table = {name: named[name] for name in ("source", "kind", "location")}
    keep_settings(con, run, **of_table)
    con.execute(sql("pull/keep/forget_gone"), {"run_id": run.run_id})
    con.execute(sql("pull/keep/drop"))


def forget_all(con: duckdb.DuckDBPyConnection) -> None:
    """Drops all former rows: what stands in them shall stand nowhere in the store."""
    con.execute(sql("pull/keep/forget_all"))
    con.execute(sql("pull/keep/drop"))
