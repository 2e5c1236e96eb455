"""How production, train, test and ratings are spread over labels, clusters, times and the like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from curate.report.state import State
from curate.store import sql

MOST_ROWS = 200
"""Rows of a table; more of them are no picture, and the commands have them all."""


UNKNOWN = "(not said)"
_PERIODS = ((timedelta(days=150), "%Y-%m"), (timedelta(days=28), "%G-W%V"))
_ORDER = ("time", "label", "cluster", "length", "language", "model")


@dataclass(frozen=True)
class MixRow:
    """How many examples have a value: in production, in the files of either side, and rated.

    Attributes:
        erased: out for want of a high enough rating.
        conversations: of production.
    """

    value: str
    production: int
    train: int
    test: int
    rated: int
    erased: int
    mean_rating: float | None
    conversations: int


def mixes(state: State) -> dict[str, list[MixRow]]:
    """Returns the rows of each aspect that has several values, or one that is known."""
    found: dict[str, list[MixRow]] = {}
    for row in state.rows(sql("report/mix"), {"period": _period(state)}):
        aspect, value = row.pop("aspect"), row.pop("value")
        named = state.hide(value) if value is not None else UNKNOWN
        found.setdefault(aspect, []).append(MixRow(value=named, **row))
    return {
        aspect: found[aspect]
        for aspect in _ORDER
        if [row.value for row in found.get(aspect, ())] not in ([], [UNKNOWN])
    }


def gaps(rows: Sequence[MixRow]) -> list[MixRow]:
    """Returns what production asks for and train hardly has, the most asked for first.

    That is a value with less than a third of the share in train that it has in production.
    """
    whole = total(rows)
    asked = [
        row
        for row in rows
        if whole.train and row.value != UNKNOWN
        and 3 * row.train * whole.production < row.production * whole.train
    ]  # fmt: skip
    return sorted(asked, key=lambda row: (row.train > 0, -row.production, row.value))


def folded(rows: Sequence[MixRow], most: int) -> list[MixRow]:
    """Returns the first rows, and one for all others where there are more."""
    if len(rows) <= most:
        return list(rows)
    kept, rest = rows[: most - 1], rows[most - 1 :]
    return [*kept, replace(total(rest), value=f"{len(rest):,} others")]


def total(rows: Sequence[MixRow]) -> MixRow:
    """Returns the sums of rows."""
    rated = sum(row.rated for row in rows)
    rating = sum((row.mean_rating or 0) * row.rated for row in rows)
    return MixRow(
        "all",
        sum(row.production for row in rows),
        sum(row.train for row in rows),
        sum(row.test for row in rows),
        rated,
        sum(row.erased for row in rows),
        rating / rated if rated else None,
        sum(row.conversations for row in rows),
    )


def _period(state: State) -> str:
    """Returns how times are put together: by month, week or day."""
    first, last = state.con.execute(sql("report/span")).fetchall()[0]
    span = last - first if first else timedelta()
    return next((name for least, name in _PERIODS if span >= least), "%Y-%m-%d")
