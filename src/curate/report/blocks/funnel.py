"""From production to what can be trained on."""

from __future__ import annotations

from collections.abc import Sequence

from curate.report import plots
from curate.report.blocks import block
from curate.report.parts import Grid, Part, Sentence
from curate.report.state import State
from curate.text.reasons import REASONS


@block(
    order=10,
    title="What is left of production, and why the rest is out",
    command="curate status",
    missing="curate pull LOGS, then curate run",
)
def funnel(state: State) -> Sequence[Part]:
    """Returns each first reason with its examples."""
    status = state.status
    if not status.interactions:
        return ()
    rows = [(REASONS.get(r.reason, r.reason), r) for r in status.funnel]
    drawn = [{"value": name, "number": row.examples} for name, row in rows]
    ready = status.train + status.test
    drawn = [
        {"value": "production", "number": status.interactions}, *drawn,
        {"value": "ready", "number": ready},
    ]  # fmt: skip
    most = max(status.funnel, key=lambda row: row.examples, default=None)
    text = f"{ready:,} of {status.interactions:,} examples are ready."
    if most is not None:
        share = most.examples / status.interactions
        name = REASONS.get(most.reason, most.reason)
        text += f" Most of the others are out as {name}: {most.examples:,}, {share:.1%} of all."
    if pairs := _pairs(state):
        text = f"{pairs} As single answers: {text}"
    grid = Grid(
        ("reason", "examples", "train", "test"),
        [(name, -row.examples, -row.train, -row.test) for name, row in rows]
        + [("ready", ready, status.train, status.test)],
        "each example under its first reason",
    )
    return [Sentence(text), plots.bars(drawn, "examples by reason", "examples"), grid]


def _pairs(state: State) -> str:
    """Returns how many preference pairs are ready; empty where there are none."""
    count, train, test = state.status.pairs
    if not count:
        return ""
    return (
        f"{train + test:,} of {count:,} preference pairs are ready: {train:,} train, {test:,} test."
    )
