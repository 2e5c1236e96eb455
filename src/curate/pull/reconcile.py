"""`curate pull --reconcile`: what a table no longer has leaves the store, with its content.

A row that is deleted at the source is mostly deleted to be forgotten, so its former contents and
ratings are emptied too; the history keeps that it was there, and that it was deleted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa

from curate.errors import GateFailed
from curate.inputs import inputs
from curate.pull import undo_log
from curate.store import Run, Store, sql

_ROWS_AT_ONCE = 50_000


@dataclass(frozen=True)
class Present:
    """A row that a table has.

    Args:
        id: what it goes by here; None where it has none.
        row_key: its key in the table.
        covered: whether it lies before the watermark, so that it should be here.
    """

    id: str | None
    row_key: str
    covered: bool


@dataclass(frozen=True)
class Withdrawn:
    """How many rows were withdrawn, and how many the table has that are missing here."""

    rows: int = 0
    missing: int = 0


def withdraw(
    store: Store, run: Run, present: Iterable[Present], *, named: dict[str, Any], confirmed: bool
) -> Withdrawn:
    """Withdraws what was pulled from a table and is not present; one transaction.

    Args:
        store: the project's store.
        run: the run under way.
        present: every row of the table; where reading it fails, nothing is withdrawn.
        named: source, kind and location, and the name that tells the table's feedback.
        confirmed: whether more than half may go.

    Raises:
        GateFailed: more than half would go, or the table is empty.
    """
    keys = _table(present)
    values, kind = {**named, "run_id": run.run_id}, named["kind"]
    with store.write() as con:

        def step(text: str) -> list[Any]:
            parameters = {key: value for key, value in values.items() if f"${key}" in text}
            return con.execute(text, parameters).fetchall()

        con.register("keys", keys)
        step(sql("pull/reconcile/present"))
        con.unregister("keys")
        step(_GONE[kind])
        gone_rows, here, missing = step(_COUNTS[kind])[0]
        if gone_rows * 2 > here and not confirmed:
            raise GateFailed(
                f"--reconcile would withdraw {gone_rows:,} of the {here:,} that "
                f"{named['location']} gave: is it the right database, table and query? Nothing "
                "was withdrawn. Next: if it is, --reconcile --yes"
            )
        for query in _STEPS[kind]:
            step(query)
        rejects = step(sql("pull/reconcile/rejects"))
        if gone_rows or rejects:
            undo_log.forget_gone(con, run, named)
        if gone_rows:
            inputs.mark_due(con)
    run.changed |= bool(gone_rows or rejects)
    return Withdrawn(gone_rows, missing)


def _table(present: Iterable[Present]) -> Any:
    kinds = {"id": pa.string(), "row_key": pa.string(), "covered": pa.bool_()}
    parts, rows = [pa.schema(kinds).empty_table()], iter(present)
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        columns = {n: pa.array([getattr(r, n) for r in batch], k) for n, k in kinds.items()}
        parts.append(pa.table(columns))
    return pa.concat_tables(parts)


_GONE = {
    "interactions": sql("pull/reconcile/gone_interactions"),
    "feedback": sql("pull/reconcile/gone_feedback"),
}
_COUNTS = {
    "interactions": sql("pull/reconcile/counts_interactions"),
    "feedback": sql("pull/reconcile/counts_feedback"),
}
_STEPS = {
    "interactions": (
        sql("pull/reconcile/deletions"),
        sql("pull/reconcile/contents"),
        sql("pull/reconcile/note"),
        sql("pull/reconcile/row_feedback"),
        sql("pull/reconcile/feedback_history"),
        sql("pull/reconcile/interactions"),
    ),
    "feedback": (sql("pull/reconcile/feedback_history"), sql("pull/reconcile/feedback")),
}
