"""How often each detector was right."""

from __future__ import annotations

from collections.abc import Sequence

from curate.kernels.intervals import share
from curate.label import reviews
from curate.report import plots
from curate.report.blocks import block
from curate.report.parts import Grid, Part, Percent
from curate.report.state import State


@block(
    order=100,
    title="How often the detectors are right",
    command="curate label status",
    missing="people have answered nothing that a detector flagged: curate queue",
)
def detectors(state: State) -> Sequence[Part]:
    """Returns the precision of each detector, with its interval."""
    found = reviews.detectors(state.today)
    if not found:
        return ()
    shares = [(one, share(one.changed, one.reviewed)) for one in found]
    drawn = [
        {"value": one.name.replace("_", " "), "share": part.share, "low": part.low,
         "high": part.high, "n": part.of}
        for one, part in shares
    ]  # fmt: skip
    grid = Grid(
        ("detector", "reviewed", "changed", "precision", "95% from", "to", "caught in audits"),
        [
            [one.name.replace("_", " "), one.reviewed, one.changed, Percent(part.share),
             Percent(part.low), Percent(part.high),
             f"{one.found:,} of {one.wrong:,}" if one.wrong else ""]
            for one, part in shares
        ],
        "of what each flagged, how much people changed",
    )  # fmt: skip
    caption = "precision of detectors, by what people answered, with 95% intervals"
    return [plots.intervals(drawn, caption, "precision"), grid]
