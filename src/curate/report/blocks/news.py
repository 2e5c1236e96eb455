"""What has come since the last export, and what the last runs did."""

from __future__ import annotations

from collections.abc import Sequence

from curate.report import plots
from curate.report.blocks import block
from curate.report.parts import Case, Grid, Part, Quote, Sentence
from curate.report.state import State
from curate.store import sql

_RUNS, _SHOWN, _READ = 10, 10, 3


@block(
    order=20,
    title="What is new",
    command="curate runs; curate status",
    missing="curate pull LOGS",
)
def news(state: State) -> Sequence[Part]:
    """Returns new calls by pull, and where those that no version has seen are."""
    runs = state.rows(sql("report/runs"), {"most": _RUNS})
    if not state.status.interactions:
        return ()
    counted = state.rows(sql("report/new"))
    new, of = sum(row["new"] for row in counted), sum(row["production"] for row in counted)
    rows = [(_when(row), row["command"], row["outcome"], row["calls"] or "") for row in runs]
    grid = Grid(
        ("run", "command", "outcome", "calls of it"), rows, "the last runs that changed something"
    )
    if not state.status.latest:
        return [Sentence(f"All examples are new ({of:,}): no version is exported yet."), grid]
    parts: list[Part] = [Sentence(f"{new:,} of {of:,} examples have come since the last export.")]
    by_cluster = [
        {"value": state.hide(row["cluster"]) or "(no cluster)", "number": row["new"]}
        for row in sorted(counted, key=lambda row: (-row["new"], str(row["cluster"])))
        if row["new"]
    ]
    if by_cluster:
        caption = "new examples by cluster, the most first"
        parts += [plots.bars(by_cluster[:_SHOWN], caption, "examples"), *_read(state)]
    return [*parts, grid]


def _when(row: dict[str, object]) -> str:
    return f"{row['run_id']}, {row['started_at']:%Y-%m-%d}"


def _read(state: State) -> list[Part]:
    """Returns some new examples of the clusters that have most of them."""
    rows = state.rows(sql("report/new_examples"), {"clusters": _READ, "each": _READ})
    quotes = state.quotes([row["example_id"] for row in rows])
    of: dict[str, list[Quote]] = {}
    for row in rows:
        name = state.hide(row["cluster"]) or "(no cluster)"
        of.setdefault(name, []).append(quotes[row["example_id"]])
    return [Case(name, "some of its new examples", found) for name, found in of.items()]
