"""Audits: how wrong train and test still are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import duckdb
import pyarrow as pa

from curate.errors import GateFailed
from curate.kernels import error_rate
from curate.kernels.error_rate import ErrorRate
from curate.label import kinds
from curate.label.flags import flag
from curate.label.reviews import AnsweredTask, list_answered_tasks
from curate.store import sql
from curate.verdicts.verdicts import Today


def audits_waiting(con: duckdb.DuckDBPyConnection) -> int:
    """Returns how many audited tasks have no answer."""
    return int(con.execute(sql("label/quality/audits_waiting")).fetchall()[0][0])


def error_rates(today: Today) -> tuple[ErrorRate, ...]:
    """Returns how wrong train and test still are, of sides that were audited."""
    rates = [error_rate.error_rate(side) for side in sides(today)]
    return tuple(rate for rate in rates if rate)


def sides(today: Today) -> tuple[error_rate.Side, ...]:
    """Returns what audits rest on, train first; empty where nothing was audited."""
    con = today.con
    kind = kinds.of_project(today.store, con).audited_by
    about = kinds.get(kind).about
    answered = [s for s in list_answered_tasks(today) if s.kind == kind]
    if not any(s.audit for s in answered):
        return ()
    flag(today, kind)
    con.register("answers", _table(answered))
    reviews_of: dict[str, list[error_rate.Judged]] = defaultdict(list)
    for side, *row in con.execute(sql("label/quality/judged")).fetchall():
        reviews_of[side].append(error_rate.Judged(*row))
    parameters = {"about": about, "detectors": list(kinds.detectors_of(kind))}
    left = con.execute(sql("label/quality/left"), parameters).fetchall()
    con.unregister("answers")
    since = (
        con.execute(sql("label/quality/flags_since")).fetchall()[0][0] if about == "label" else 0
    )
    return tuple(
        error_rate.Side(side, reviews_of[side], {True: flagged, False: others}, examples, since)
        for side, examples, flagged, others in left
    )


def gate(today: Today, most: float | None, names: Collection[str]) -> tuple[ErrorRate, ...]:
    """Returns how wrong the sides are.

    Args:
        today: today's verdicts.
        most: how wrong they may be at most; None for any.
        names: of the sides that have to be measured.

    Raises:
        GateFailed: the upper end of an interval is above, or a side was not measured.
    """
    side_of = {side.name: side for side in sides(today)}
    rates = {name: rate for name, side in side_of.items() if (rate := error_rate.error_rate(side))}
    if most is not None:
        for name in sorted(names, reverse=True):
            _check(name, side_of.get(name), rates.get(name), most)
    return tuple(rates.values())


def _check(name: str, side: error_rate.Side | None, rate: ErrorRate | None, most: float) -> None:
    if side is None or rate is None:
        raise GateFailed(
            f"how wrong {name} is was not measured, and at most {most:.1%} may be. "
            "Next: curate queue --budget 200, which includes an audit sample"
        )
    if rate.high <= most:
        return
    more = error_rate.more_to_show(side, most)
    step = "curate queue, to find and correct more"
    if more is not None:
        step = f"curate queue --audit N: {more:,} more of {name}, as good as these, would do"
    raise GateFailed(
        f"wrong in {name}: {rate.said}, by {rate.audited:,} audited examples; the upper end may "
        f"be {most:.1%}. Next: {step}"
    )


def _table(answered: Sequence[AnsweredTask]) -> pa.Table:
    return pa.table(
        {
            "example_id": pa.array([s.example_id for s in answered], pa.string()),
            "run_id": pa.array([s.run for s in answered], pa.int32()),
            "audit": pa.array([s.audit for s in answered], pa.bool_()),
            "flagged": pa.array([bool(s.detectors) for s in answered], pa.bool_()),
            "wrong": pa.array([s.changed for s in answered], pa.bool_()),
            "side": pa.array([s.side for s in answered], pa.string()),
            "kept": pa.array([s.kept for s in answered], pa.bool_()),
        }
    )
