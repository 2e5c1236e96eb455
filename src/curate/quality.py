"""`curate label status`: how good the answers are, and how wrong the data still is.

Everything is derived from the ledger of tasks and the decisions each time it is asked for; nothing
is stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate import agreement, audit, filters, questions, verdicts
from curate.agreement import Agreement
from curate.audit import ErrorRate
from curate.errors import GateFailed
from curate.queue import DETECTORS, OF_TASK, flag
from curate.store import Store, sql

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


_OF_WHAT_IS_OUT = {
    "held_out", "annotators", "stale", "low_rating", "coverage", "thin_cluster", "no_label",
    "unrated",
}  # fmt: skip


@dataclass(frozen=True)
class Progress:
    """How far the tasks of a kind are.

    Attributes:
        sent: handed over and there; pending: handed over, outcome unknown.
        problems: tasks whose answers are not understood.
        waiting: handed over, without any answer.
        seconds: that a task takes, the median; None where nothing tells.
    """

    kind: str
    queued: int
    pending: int
    sent: int
    answered: int
    problems: int
    skipped: int
    waiting: int
    gone: int
    seconds: float | None


@dataclass(frozen=True)
class Origin:
    """How many answers are the prefilled one as it was, that one changed, or made by hand."""

    kind: str
    accepted: int
    changed: int
    by_hand: int
    unknown: int


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
class LabelStatus:
    """The state of all human labelling; see the parts."""

    progress: tuple[Progress, ...]
    origins: tuple[Origin, ...]
    agreement: tuple[Agreement, ...]
    detectors: tuple[Detector, ...]
    error_rates: tuple[ErrorRate, ...]
    audits_waiting: int


def label_status(store: Store) -> LabelStatus:
    """Returns progress, agreement, quality, and what all of it says about the data."""
    with store.read() as con:
        verdicts.current(store, con)
        return LabelStatus(
            progress=tuple(
                Progress(*row) for row in con.execute(sql("quality_progress")).fetchall()
            ),
            origins=tuple(Origin(*row) for row in con.execute(sql("quality_origins")).fetchall()),
            agreement=agreement.agreement(con),
            detectors=detectors(store, con),
            error_rates=error_rates(store, con),
            audits_waiting=audits_waiting(con),
        )


def audits_waiting(con: duckdb.DuckDBPyConnection) -> int:
    """Returns how many audited tasks have no answer."""
    return int(con.execute(sql("quality_audits_waiting")).fetchall()[0][0])


# -- what the answers say about detectors and data -------------------------------------------------


@dataclass(frozen=True)
class _Settled:
    """An answered question: what asked it, and whether the answer changed what was there."""

    kind: str
    example_id: str
    run: int
    detectors: tuple[str, ...]
    audit: bool
    kept: bool
    side: str
    changed: bool


def detectors(
    store: Store, con: duckdb.DuckDBPyConnection, kind: str | None = None
) -> tuple[Detector, ...]:
    """Returns how often each detector was right, in the order in which they speak.

    Every answered example counts that a detector had flagged, drawn at random or not.

    Args:
        store: the project's store.
        con: a connection to it.
        kind: of the work whose answers count; None for all kinds.
    """
    settled = [s for s in _settled(store, con) if kind in (None, s.kind)]
    drawn = [s for s in settled if s.audit and s.changed]
    names = dict.fromkeys(name for kind in DETECTORS for name in DETECTORS[kind])
    found = []
    for name in names:
        mine = [s for s in settled if name in s.detectors]
        wrong = [] if name in _OF_WHAT_IS_OUT else drawn
        caught = sum(name in s.detectors for s in wrong)
        if mine:
            changed = sum(s.changed for s in mine)
            found.append(Detector(name, len(mine), changed, len(wrong), caught))
    return tuple(found)


def error_rates(store: Store, con: duckdb.DuckDBPyConnection) -> tuple[ErrorRate, ...]:
    """Returns how wrong train and test still are, of sides that were audited.

    Verdicts must be prepared.
    """
    rates = [audit.error_rate(side) for side in sides(store, con)]
    return tuple(rate for rate in rates if rate)


def sides(store: Store, con: duckdb.DuckDBPyConnection) -> tuple[audit.Side, ...]:
    """Returns what audits rest on, train first; empty where nothing was audited."""
    task = store.setting(con, "project").get("task", "sft")
    # No audit draws pairs: of preferences, reviews tell how good the answers are.
    kind = "review" if task == "preference" else OF_TASK[task]
    settled = [s for s in _settled(store, con) if s.kind == kind]
    if not any(s.audit for s in settled):
        return ()
    flag(store, con, kind)
    con.register("answers", _table(settled))
    judged: dict[str, list[audit.Judged]] = defaultdict(list)
    for side, *row in con.execute(sql("quality_judged")).fetchall():
        judged[side].append(audit.Judged(*row))
    asked = {"kind": kind, "detectors": list(DETECTORS[kind])}
    left = con.execute(sql("quality_left"), asked).fetchall()
    con.unregister("answers")
    since = con.execute(sql("quality_flags_since")).fetchall()[0][0] if kind == "relabel" else 0
    return tuple(
        audit.Side(side, judged[side], {True: flagged, False: others}, examples, since)
        for side, examples, flagged, others in left
    )


def gate(
    store: Store, con: duckdb.DuckDBPyConnection, most: float | None, names: Collection[str]
) -> tuple[ErrorRate, ...]:
    """Returns how wrong the sides are; verdicts must be prepared.

    Args:
        store: the project's store.
        con: a connection to it.
        most: how wrong they may be at most; None for any.
        names: of the sides that have to be measured.

    Raises:
        GateFailed: the upper end of an interval is above, or a side was not measured.
    """
    known = {side.name: side for side in sides(store, con)}
    rates = {name: rate for name, side in known.items() if (rate := audit.error_rate(side))}
    if most is not None:
        for name in sorted(names, reverse=True):
            _check(name, known.get(name), rates.get(name), most)
    return tuple(rates.values())


def _check(name: str, side: audit.Side | None, rate: ErrorRate | None, most: float) -> None:
    if side is None or rate is None:
        raise GateFailed(
            f"how wrong {name} is was not measured, and at most {most:.1%} may be. "
            "Next: curate queue --budget 200, which includes an audit sample"
        )
    if rate.high <= most:
        return
    more = audit.more_to_show(side, most)
    step = "curate queue, to find and correct more"
    if more is not None:
        step = f"curate queue --audit N: {more:,} more of {name}, as good as these, would do"
    raise GateFailed(
        f"of {name}, {rate.said} is wrong by {rate.audited:,} audited examples; the upper end may "
        f"be {most:.1%}. Next: {step}"
    )


def _table(settled: Sequence[_Settled]) -> pa.Table:
    import pyarrow as pa

    return pa.table(
        {
            "example_id": pa.array([s.example_id for s in settled], pa.string()),
            "run_id": pa.array([s.run for s in settled], pa.int32()),
            "audit": pa.array([s.audit for s in settled], pa.bool_()),
            "flagged": pa.array([bool(s.detectors) for s in settled], pa.bool_()),
            "wrong": pa.array([s.changed for s in settled], pa.bool_()),
            "side": pa.array([s.side for s in settled], pa.string()),
            "kept": pa.array([s.kept for s in settled], pa.bool_()),
        }
    )


def _settled(store: Store, con: duckdb.DuckDBPyConnection) -> list[_Settled]:
    applied = filters.stored_settings(store, con)
    skipped = "min_rating" in applied.skip
    lowest = None if skipped else applied.parameters.get("min_rating")
    return [
        _Settled(
            kind=row["kind"],
            example_id=row["example_id"],
            run=row["run_id"],
            detectors=tuple(row["detectors"]),
            audit=row["audit"],
            kept=row["kept"],
            side=row["side"],
            changed=changed(row, lowest),
        )
        for row in con.sql(sql("quality_answers")).to_arrow_table().to_pylist()
    ]


def changed(row: Mapping[str, Any], min_rating: float | None) -> bool:
    """Returns whether an answer says that what was there was wrong.

    Args:
        row: kind, label_seen, response, and what is settled: verdict, label, correction, rating.
        min_rating: lowest rating that is kept; None where ratings decide nothing.
    """
    if row["verdict"] == "drop":
        return True
    if row["kind"] == "relabel":
        return row["label"] is not None and row["label"] != row["label_seen"]
    if row["kind"] == "spans":
        before, after = questions.fields(row["response"]), questions.fields(row["correction"])
        return sorted(before) != sorted(after)
    low = row["rating"] is not None and min_rating is not None and row["rating"] < min_rating
    return row["correction"] is not None or (low and row["verdict"] != "keep")
