"""Who is rated, and what a lowest rating takes away."""

from __future__ import annotations

from collections.abc import Sequence

from curate.kernels.association import TELLING, association
from curate.kernels.intervals import wilson
from curate.report import mix, plots
from curate.report.blocks import block
from curate.report.mix import MixRow
from curate.report.parts import Grid, Part, Percent, Sentence
from curate.report.state import State
from curate.store import sql

RATED, ERASED = "rated", "erased"
SERIES = (RATED, ERASED)
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
    rule = state.rating_rule
    low, unrated = state.con.execute(sql("report/erased")).fetchall()[0]
    name = f"`rating >= {rule.lowest:g}`"
    said = f"{low:,} examples that were rated lower"
    said += f", and {unrated:,} that nobody rated." if unrated else "; unrated ones stay."
    if rule.in_force:
        return f"{name} takes out {said}"
    return f"No rating takes an example out here. {name} would take out {said}"


def _aspect(aspect: str, rows: Sequence[MixRow]) -> list[Part]:
    series = [name for name in SERIES if any(_hits(row, name) for row in rows)]
    drawn = [_drawn(row, name) for row in mix.folded(rows, _SHOWN) for name in series]
    caption = f"share of calls that people rated, and that is erased, by {aspect}; 95% intervals"
    columns = (aspect, "calls", "rated", "share rated", "95% from", "to", "mean rating",
               "erased", "share erased", "95% from", "to")  # fmt: skip
    grid = Grid(
        columns,
        [_row(row) for row in rows[: mix.MOST_ROWS]],
        f"ratings by {aspect}; erased: out as unrated, or rated too low",
        max(0, len(rows) - mix.MOST_ROWS),
    )
    said = " ".join(_dependence(aspect, rows, name) for name in SERIES)
    return [Sentence(said), plots.intervals(drawn, caption, "share", series=series), grid]


def _dependence(aspect: str, rows: Sequence[MixRow], name: str) -> str:
    hits, of = [_hits(row, name) for row in rows], [row.production for row in rows]
    units = sum(_units(row) for row in rows)
    found = association(hits, of, units=units)
    if found is None:
        return f"No call is {name}." if not sum(hits) else f"All calls are {name}."
    if not found.depends:
        return (
            f"No clear sign that it depends on the {aspect} whether a call is {name} "
            f"(p = {found.chance:.3f}, and under {TELLING} would be one)."
        )
    enough = [row for row in rows if row.production >= _ENOUGH]
    enough = enough if len(enough) > 1 else list(rows)
    ends = sorted(enough, key=lambda row: (_hits(row, name) / row.production, row.value))
    return (
        f"Whether a call is {name} depends on its {aspect} (Cramér's V {found.strength:.2f}, "
        f"p {_chance(found.chance)}); of all, {sum(hits) / sum(of):.0%} are; the least: "
        f"{_end(ends[0], name)}; the most: {_end(ends[-1], name)}."
    )


def _end(row: MixRow, name: str) -> str:
    return f"{row.value}, {_hits(row, name) / row.production:.0%} of {row.production:,}"


def _hits(row: MixRow, name: str) -> int:
    return row.rated if name == RATED else row.erased


def _units(row: MixRow) -> int:
    """Returns how many calls count as independent: one a conversation."""
    return min(row.conversations, row.production)


_ENOUGH = 30
"""Calls of a group from which on it is named as the least or the most."""


def _chance(chance: float) -> str:
    return "< 0.001" if chance < 0.001 else f"= {chance:.3f}"


def _drawn(row: MixRow, name: str) -> dict[str, object]:
    share = _hits(row, name) / row.production
    low, high = wilson(share, _units(row))
    return {"value": row.value, "series": name, "share": share, "low": low, "high": high,
            "n": row.production}  # fmt: skip


def _row(row: MixRow) -> list[object]:
    cells: list[object] = [row.value, row.production]
    for name in SERIES:
        share = _hits(row, name) / row.production
        low, high = wilson(share, _units(row))
        cells += [_hits(row, name), *map(Percent, (share, low, high))]
        if name == RATED:
            cells.append(None if row.mean_rating is None else round(row.mean_rating, 2))
    return cells
