"""How often each detector was right, by what people answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from curate.label import kinds
from curate.store import fetch_arrow, sql
from curate.verdicts.verdicts import Today


@dataclass(frozen=True)
class Detector:
    """How often a detector is right, by what people answered.

    Attributes:
        reviewed: answered examples that it had flagged.
        changed: those of them where the answer changed what was there.
        wrong: audited examples that were wrong; 0 for a detector of examples that are out anyway,
            which no audit draws.
        found: those of them that it had flagged.
    """

    name: str
    reviewed: int
    changed: int
    wrong: int
    found: int


@dataclass(frozen=True)
class AnsweredTask:
    """An answered question: what asked it, and whether the answer changed what was there."""

    kind: str
    example_id: str
    run: int
    detectors: tuple[str, ...]
    audit: bool
    kept: bool
    side: str
    changed: bool


def detectors(today: Today, kind: str | None = None) -> tuple[Detector, ...]:
    """Returns how often each detector was right, in the order in which they speak.

    Every answered example counts that a detector had flagged, drawn at random or not.

    Args:
        today: today's verdicts, whose rules say which ratings are low.
        kind: of the work whose answers count; None for all kinds.
    """
    answered = [s for s in list_answered_tasks(today) if kind in (None, s.kind)]
    audits = [s for s in answered if s.audit and s.changed]
    files = {name: d for one in kinds.names() for name, d in kinds.detectors_of(one).items()}
    rows = []
    for name, detector in files.items():
        mine = [s for s in answered if name in s.detectors]
        wrong = audits if detector.audited else []
        caught = sum(name in s.detectors for s in wrong)
        if mine:
            changed = sum(s.changed for s in mine)
            rows.append(Detector(name, len(mine), changed, len(wrong), caught))
    return tuple(rows)


def list_answered_tasks(today: Today) -> list[AnsweredTask]:
    """Returns the answered tasks, with what each answer changed."""
    applied = today.filters
    skipped = "min_rating" in applied.skip
    lowest = None if skipped else applied.parameters.get("min_rating")
    return [
        AnsweredTask(
            kind=row["kind"],
            example_id=row["example_id"],
            run=row["run_id"],
            detectors=tuple(row["detectors"]),
            audit=row["audit"],
            kept=row["kept"],
            side=row["side"],
            changed=changed(row, lowest),
        )
        for row in settled_answers(today.con)
    ]


def settled_answers(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Returns questions whose answer is settled: what stood there, and what stands there now.

    `label_seen` is null where the question was about no label. They come by kind and example.
    """
    parameters = {"kinds": kinds.as_rows()}
    return list(fetch_arrow(con, sql("label/quality/answers"), parameters).to_pylist())


def changed(row: Mapping[str, Any], min_rating: float | None) -> bool:
    """Returns whether an answer says that what was there was wrong.

    Args:
        row: kind, label_seen, response, and what is settled: verdict, label, correction, rating.
        min_rating: lowest rating that is kept; None where ratings decide nothing.
    """
    if row["verdict"] == "drop":
        return True
    if of_kind := kinds.get(row["kind"]).changed:
        return of_kind(row)
    low = row["rating"] is not None and min_rating is not None and row["rating"] < min_rating
    return row["correction"] is not None or (low and row["verdict"] != "keep")
