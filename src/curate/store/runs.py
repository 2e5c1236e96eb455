"""`curate runs`: what was run in a project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from curate.store.queries import sql
from curate.store.store import Store
from curate.text.notebook import Shown

MOST_RUNS = 20


@dataclass(frozen=True)
class PastRun(Shown):
    """One execution of a command that writes.

    Attributes:
        outcome: changed, unchanged, or unfinished: it failed, was stopped, or is under way.
        seconds: that it took; None where it did not end.
        counts: what it did.
        settings: what it was told.
        undo: of a pull that changed something: kept (it can be taken back), undone, pruned (too
            long ago) or forgotten (what it replaced was deleted to be forgotten).
        undone_by: the run that took it back.
    """

    run_id: int
    command: str
    started_at: datetime
    seconds: float | None
    outcome: str
    counts: dict[str, Any]
    settings: dict[str, Any]
    curate_version: str | None
    undo: str | None
    undone_by: int | None


def runs(store: Store, *, limit: int | None = MOST_RUNS) -> list[PastRun]:
    """Returns what was run, the newest first; None lists all."""
    with store.read_runs() as con:
        rows = con.execute(sql("store/runs_list"), {"most": limit}).fetchall()
    return [
        PastRun(
            run_id,
            command,
            started_at,
            None if finished_at is None else (finished_at - started_at).total_seconds(),
            outcome,
            json.loads(counts or "{}"),
            json.loads(settings or "{}"),
            version,
            undo,
            undone_by,
        )
        for (
            run_id, command, started_at, finished_at, outcome, counts, settings, version, undo,
            undone_by,
        ) in rows
    ]  # fmt: skip
