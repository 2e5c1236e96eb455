"""Where the project stands, in single numbers."""

from __future__ import annotations

from collections.abc import Sequence

from curate.kernels.error_rate import ErrorRate
from curate.report.blocks import block
from curate.report.parts import Figures, Part, Sentence
from curate.report.state import State
from curate.text.wording import counted

_ALARMING = 0.1
"""Share of wrong examples that nobody should train on without a look."""


@block(order=0, title="Where do we stand?", command="curate status", missing="curate pull LOGS")
def today(state: State) -> Sequence[Part]:
    """Returns counts, how wrong the data is, and what to do next."""
    status = state.status
    if not status.interactions:
        return ()
    rated = status.rated / status.interactions
    figures = [
        (
            "calls",
            f"{status.interactions:,}",
            f"of {counted(status.conversations, 'conversation')}",
        ),
        ("rated by people", f"{status.rated:,}", f"{rated:.1%} of the calls"),
        ("ready to train on", f"{status.train:,}", "duplicates and leaks are out"),
        ("held out", f"{status.test:,}", f"and {status.pending:,} that wait for a good answer"),
    ]
    if status.pairs[0]:
        ready = f"{status.pairs[1]:,} train, {status.pairs[2]:,} test"
        figures.append(("preference pairs", f"{sum(status.pairs[1:]):,}", ready))
    figures += [_wrong(side, status.error_rates) for side in ("train", "test")]
    parts: list[Part] = [Figures(figures)]
    if status.stale:
        parts.append(Sentence(f"Not up to date: {', '.join(status.stale)}. Next: curate run"))
    parts += [
        Sentence(
            f"Careful: of {r.side}, {r.rate:.0%} are likely wrong. Next: curate queue, before "
            "anything is trained"
        )
        for r in status.error_rates
        if r.told and r.low >= _ALARMING
    ]
    exported = f"Exported: {state.hide(', '.join(status.latest))}. " if status.latest else ""
    return [*parts, Sentence(f"{exported}Next: {status.next}")]


def _wrong(side: str, rates: Sequence[ErrorRate]) -> tuple[str, str, str]:
    rate = next((r for r in rates if r.side == side), None)
    if rate is None or not rate.told:
        return f"how wrong {side} is", "not known", "too few random answers to tell"
    interval = f"95%: {rate.low:.1%} to {rate.high:.1%}; {rate.audited:,} audited"
    return f"how wrong {side} is", f"{rate.rate:.1%}", interval
