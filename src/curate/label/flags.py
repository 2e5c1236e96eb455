"""Which examples detectors flag, and which clusters are thin."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from curate import verdicts
from curate.store import Store, sql


def flag(
    store: Store, con: duckdb.DuckDBPyConnection, kind: str, doubted: Sequence[str] = ()
) -> None:
    """Creates the temporary table `flags`: what each detector says; verdicts must be prepared.

    Args:
        store: the project's store.
        con: a connection to it.
        kind: of work.
        doubted: answered examples that want another rater, see `agreement.doubted`.
    """
    alike = verdicts.DedupeSettings(**store.setting(con, "dedupe"))
    con.execute(
        sql("label/queue_flags"),
        {
            "kind": kind,
            "doubted": list(doubted),
            "near": alike.near,
            "semantic": alike.semantic,
            "thin_train": THIN_EXAMPLES,
            "thin_share": THIN_SHARE,
        },
    )


THIN_EXAMPLES = 10
"""Fewer train examples than this teach little about a label or cluster that production asks for."""


THIN_SHARE = 0.005
"""Share of production from which on a label or cluster is asked for."""
