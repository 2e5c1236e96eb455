"""How wrong train and test still are."""

from __future__ import annotations

from collections.abc import Sequence

from curate.kernels.error_rate import ErrorRate
from curate.label import audit
from curate.report import plots
from curate.report.blocks import block
from curate.report.parts import Grid, Part, Sentence
from curate.report.state import State


@block(
    order=110,
    title="How wrong the data still is",
    command="curate label status",
    missing="no random sample was answered yet: curate queue --budget 200, which draws one",
)
def error_rate(state: State) -> Sequence[Part]:
    """Returns the share of wrong examples, with its interval."""
    rates = audit.error_rates(state.today)
    if not rates:
        return ()
    told = [r for r in rates if r.told]
    parts: list[Part] = [Sentence(_told(r)) for r in rates]
    if told:
        drawn = [
            {"value": r.side, "share": r.rate, "low": r.low, "high": r.high, "n": r.audited}
            for r in told
        ]
        parts.append(plots.intervals(drawn, "share still wrong, by side", "still wrong"))
    head = ("side", "examples", "reviewed", "audited", "wrong of these", "more to halve")
    cells = [(r.side, r.examples, r.reviewed, r.audited, r.wrong, r.more if r.told else "")
             for r in rates]  # fmt: skip
    return [*parts, Grid(head, cells, "audits: drawn at random, judged without a hint")]


def _told(rate: ErrorRate) -> str:
    found = (
        f"{rate.side}: of {rate.audited:,} examples that were drawn at random, {rate.wrong:,} were "
        f"wrong"
    )
    if not rate.told:
        return f"{found}: too few to tell how wrong the rest is."
    return (
        f"{found} when they were drawn. {rate.reviewed:,} of {rate.examples:,} are judged by now, "
        f"and right; counted over all, {rate.said} are still wrong."
    )
