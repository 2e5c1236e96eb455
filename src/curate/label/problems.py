"""`curate label problems`: answers that nothing follows from, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import duckdb

from curate.store import Store, sql
from curate.text.notebook import Shown


@dataclass(frozen=True)
class AnswerProblem(Shown):
    """An annotation that is not understood.

    Attributes:
        kind: of the work.
        source_id: of the example, in the logs.
        annotator: by number.
        why: it is not understood.
    """

    kind: str
    task_key: str
    example_id: str
    source_id: str | None
    server: str
    annotation_id: int
    annotator: int
    updated_at: datetime | None
    why: str


def label_problems(store: Store) -> tuple[AnswerProblem, ...]:
    """Returns what is not understood now, the newest first."""
    with store.read() as con:
        return tuple(list_problems(con))


def list_problems(con: duckdb.DuckDBPyConnection) -> list[AnswerProblem]:
    """Returns what is not understood now; what the annotator has replaced since is not in it."""
    return [AnswerProblem(*row) for row in con.execute(sql("label/problems")).fetchall()]
