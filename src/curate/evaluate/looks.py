"""Looks: which answers were judged by which held-out examples, and what was said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from curate.evaluate.answers import AnswerSet
from curate.messages import canonical
from curate.store import Run, Store, sql
from curate.text.notebook import Shown
from curate.versions.versions import Version, versions


@dataclass(frozen=True)
class PastEvaluation(Shown):
    """One evaluation that was made.

    Attributes:
        comparable: versions with the same held-out part, whose figures can be compared.
        result: as `EvaluateResult` has it, as plain data.
    """

    version: str
    test_id: str
    comparable: tuple[str, ...]
    at: datetime
    result: Mapping[str, Any]


def record(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    version: Version,
    looked: AnswerSet,
    trained_on: str | None,
    ids: Sequence[str],
    metric: str,
    scores: NDArray[np.float64],
) -> None:
    """Stores a look: who it was, what was answered, and how good each answer is.

    Args:
        con: a connection inside a transaction.
        run: the one under way.
        version: whose held-out part judges.
        looked: the answers.
        trained_on: NAME@V, where somebody said so.
        ids: (n) held-out examples.
        metric: of the scores.
        scores: (n,) from 0 to 1, NaN where there is no answer.
    """
    which = {"test_id": version.test_id, "answers_digest": looked.digest}
    if not con.execute(sql("evaluate/look_seen"), which).fetchall()[0][0]:
        look = {
            **which,
            "candidate": looked.name,
            "name": version.name,
            "version": version.version,
            "source": canonical(dict(looked.source)),
            "trained_on": trained_on,
            "answered": len(looked.given),
            "run_id": run.run_id,
        }
        con.execute(sql("evaluate/look_add"), look)
        run.changed = True
    con.register("given", _answers(looked))
    con.execute(sql("evaluate/answers_add"), {"answers_digest": looked.digest})
    told = ~np.isnan(scores)
    names = [name for name, is_told in zip(ids, told.tolist(), strict=True) if is_told]
    columns = {"example_id": pa.array(names, pa.string()), "score": scores[told]}
    con.register("given", pa.table(columns))
    con.execute(sql("evaluate/scores_clear"), which)
    con.execute(sql("evaluate/scores_add"), {**which, "metric": metric})
    con.unregister("given")


def _answers(looked: AnswerSet) -> pa.Table:
    rows = [
        {
            "example_id": name,
            "answer": canonical(one.messages),
            "input_tokens": one.input_tokens,
            "output_tokens": one.output_tokens,
            "cost_usd": one.cost_usd,
            "latency_ms": one.latency_ms,
        }
        for name, one in sorted(looked.given.items())
    ]
    columns = {"example_id": pa.string(), "answer": pa.string()}
    columns |= {"input_tokens": pa.int64(), "output_tokens": pa.int64()}
    columns |= {"cost_usd": pa.float64(), "latency_ms": pa.float64()}
    return pa.Table.from_pylist(rows, schema=pa.schema(columns))


def most(con: duckdb.DuckDBPyConnection, ids: Sequence[str]) -> int:
    """Returns how often the most looked at of some held-out examples was looked at."""
    return int(con.execute(sql("evaluate/looks_most"), {"ids": list(ids)}).fetchall()[0][0])


def last(con: duckdb.DuckDBPyConnection, version: Version, settings: str) -> str | None:
    """Returns what was said last of a version with these settings, as JSON."""
    which = {"name": version.name, "version": version.version, "settings": settings}
    rows = con.execute(sql("evaluate/evaluation_last"), which).fetchall()
    return rows[0][0] if rows else None


def keep(
    con: duckdb.DuckDBPyConnection, run: Run, version: Version, settings: str, result: str
) -> None:
    """Stores what was said of a version."""
    said = {
        "name": version.name,
        "version": version.version,
        "test_id": version.test_id,
        "settings": settings,
        "result": result,
        "run_id": run.run_id,
    }
    con.execute(sql("evaluate/evaluation_add"), said)
    run.changed = True


def evaluations(store: Store) -> list[PastEvaluation]:
    """Returns what was said of all versions, oldest first."""
    with store.read() as con:
        rows = con.execute(sql("evaluate/evaluations_all")).fetchall()
    labels_of: dict[str, list[str]] = {}
    for version in versions(store):
        labels_of.setdefault(version.test_id, []).append(version.label)
    return [
        PastEvaluation(
            f"{name}@{number}", test_id, tuple(labels_of.get(test_id, ())), at, orjson.loads(result)
        )
        for name, number, test_id, result, at in rows
    ]
