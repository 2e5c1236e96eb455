"""Who is rated, and what a lowest rating takes away."""

from __future__ import annotations

from collections.abc import Sequence

from curate.kernels.association import association
from curate.kernels.intervals import wilson
from curate.report import mix, plots
from curate.report.blocks import block
from curate.report.mix import MixRow
from curate.report.parts import Grid, Part, Sentence
from curate.report.state import State
from curate.store import sql

_ASPECTS = ("cluster", "length", "model", "time", "language")
_SHOWN = 15


@block(
    order=40,
    title="Who is rated, and what the lowest kept rating erases",
    command="curate report --json; by cluster: curate cluster",
    missing="nobody has rated anything: curate pull FILE --as feedback --key COLUMN",
)
def ratings(state: State) -> Sequence[Part]:
    """Returns whether being rated depends on what a call is, with intervals."""
    if not state.status.rated:
        return ()
    parts: list[Part] = [Sentence(_rule(state))]
    for aspect, rows in mix.mixes(state).items():
        if aspect in _ASPECTS and len(rows) > 1:
            parts += _aspect(aspect, rows)
    return parts


def _rule(state: State) -> str:
    rules = state.today.filters
    lowest = rules.parameters.get("min_rating")
    if "min_rating" in rules.skip or lowest is None:
        return "No rating takes an example out: the rule `min_rating` is off."
    dropped = {row["reason"]: row["examples"] for row in state.rows(sql("report/erased"))}
    unrated = dropped.get("unrated", 0)
    return (
        f"`rating >= {lowest:g}` takes out {dropped.get('low_rating', 0):,} examples that were "
        f"rated lower"
        + (f", and {unrated:,} that nobody rated." if unrated else "; unrated ones stay.")
    )


def _aspect(aspect: str, rows: Sequence[MixRow]) -> list[Part]:
    shown = mix.folded(rows, _SHOWN)
    drawn = [_drawn(row) for row in shown]
    caption = f"share of calls that people rated, by {aspect}, with 95% intervals"
    columns = (aspect, "calls", "rated", "share rated", "95% from", "to", "mean rating",
               "erased", "share erased")  # fmt: skip
    grid = Grid(
        columns,
        [_row(row) for row in rows[: mix.MOST_ROWS]],
        f"ratings by {aspect}; erased: out as unrated, or rated too low",
        max(0, len(rows) - mix.MOST_ROWS),
    )
    return [
        Sentence(_dependence(aspect, rows)), plots.intervals(drawn, caption, "share rated"), grid
    ]  # fmt: skip


def _dependence(aspect: str, rows: Sequence[MixRow]) -> str:
    whole = mix.total(rows)
    units = sum(min(row.conversations, row.production) for row in rows)
    found = association([row.rated for row in rows], [row.production for row in rows], units=units)
    if found is None:
        return f"By {aspect}: all calls are rated alike, so nothing depends on it."
    if not found.depends:
        return (
            f"By {aspect}: no clear sign that being rated depends on it (p = {found.chance:.2f})."
        )
    ends = sorted(rows, key=lambda row: row.rated / row.production)
    enough = [row for row in ends if row.production >= _ENOUGH] or ends
    least, most = enough[0], enough[-1]
    erased = max(enough, key=lambda row: row.erased / row.production)
    return (
        f"By {aspect}: being rated depends on it (Cramér's V {found.strength:.2f}, "
        f"p {_chance(found.chance)}; all: {whole.rated / whole.production:.0%} rated). Least: "
        f"{least.value} ({least.rated / least.production:.0%}), most: {most.value} "
        f"({most.rated / most.production:.0%}). Most erased: {erased.value} "
        f"({erased.erased / erased.production:.0%})."
    )


_ENOUGH = 30
"""Calls of a group from which on it is named as the least or the most."""


def _chance(chance: float) -> str:
    return "< 0.001" if chance < 0.001 else f"= {chance:.3f}"


def _drawn(row: MixRow) -> dict[str, object]:
    low, high = _interval(row)
    share = row.rated / row.production
    return {"value": row.value, "share": share, "low": low, "high": high, "n": row.production}


def _interval(row: MixRow) -> tuple[float, float]:
    """Returns the interval of the share that is rated, as if each conversation were one call."""
    return wilson(row.rated / row.production, min(row.conversations, row.production))


def _row(row: MixRow) -> list[object]:
    low, high = _interval(row)
    rating = "" if row.mean_rating is None else f"{row.mean_rating:.2f}"
    rated, erased = row.rated / row.production, row.erased / row.production
    return [row.value, row.production, row.rated, f"{rated:.1%}", f"{low:.1%}", f"{high:.1%}",
            rating, row.erased, f"{erased:.1%}"]  # fmt: skip
