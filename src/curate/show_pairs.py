"""What people read about preference pairs."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from curate.table import table, wrapped

if TYPE_CHECKING:
    from curate.pairs import PairsResult


REASONS = {
    "stale": "judged otherwise since: curate pairs",
    "identical": "both answers are the same",
    "small_margin": "ratings too close (--min-margin)",
    "tie": "annotators find them equal",
    "contradicted": "somebody says the contrary",
    "both_sides": "one answer is in train, the other held out",
    "duplicate": "the same two answers again",
}
_SIDES = {"chosen_": "better answer", "rejected_": "worse answer"}


def pairs(result: PairsResult) -> str:
    """Returns what the pairs look like, and what to do next."""
    text = (
        f"pairs       {result.found:,} found, {result.train + result.test:,} ready "
        f"({result.train:,} train, {result.test:,} test); {result.examples:,} answers judged, "
        f"{result.changed:,} of them new or changed\n"
    )
    if result.methods:
        rows = [
            [m.method, m.found, m.train, m.test, _decimal(m.margin), _share(m.longer)]
            for m in result.methods
        ]
        head = ["method", "found", "train", "test", "margin", "better is longer"]
        text += textwrap.indent(table(head, rows), "  ")
    for why, count in result.reasons:
        text += f"  {-count:>7,}  {reason(why)}\n"
    text += _bias(result)
    if result.undecided:
        text += wrapped(
            f"  {result.undecided:,} calls have several outputs and nobody says which is better: "
            "curate queue --kind preference",
            "    ",
        )
    return text + f"Next: {_next(result)}\n"


def reason(why: str) -> str:
    """Returns in words why a pair is out."""
    from curate.show import REASONS as OF_EXAMPLES

    for side, words in _SIDES.items():
        if why.startswith(side):
            name = why.removeprefix(side)
            return f"{words}: {OF_EXAMPLES.get(name, name)}"
    return REASONS.get(why, why)


def status(found: tuple[int, int, int]) -> str:
    """Returns the pairs (found, ready in train, ready in test) in one line; empty without any."""
    known, train, test = found
    if not known:
        return ""
    return (
        f"preference pairs: {train + test:,} of {known:,} ready ({train:,} train, {test:,} test)\n"
    )


def why(pair: dict[str, Any]) -> str:
    """Returns one pair of an example: `chosen over ab12 (rating 5 vs 1)`."""
    how = str(pair["method"])
    if how in ("rating", "output") and pair["better"] is not None and pair["worse"] is not None:
        how = f"{how} {pair['better']:g} vs {pair['worse']:g}"
    out = f", out: {reason(pair['reason'])}" if pair["reason"] else ""
    if pair["method"] == "correction":
        return f"corrected answer over the logged one{out}"
    what = "chosen over" if pair["is_chosen"] else "rejected for"
    return f"{what} {pair['other'][:12]} ({how}){out}"


def _bias(result: PairsResult) -> str:
    text = ""
    if found := result.lengths:
        low, high = found.log_ratio_low, found.log_ratio_high
        between = (
            "" if low is None or high is None else f", {math.exp(low):.2f} to {math.exp(high):.2f}"
        )
        times = math.exp(found.log_ratio)
        text += wrapped(
            f"  length: the better answer is the longer one in {found.longer:.0%} of pairs "
            f"({found.longer_low:.0%} to {found.longer_high:.0%}); it is {times:.2f} times as long "
            f"(geometric mean{between}; {found.prompts:,} prompts)",
            "    ",
        )
    if place := result.position:
        text += wrapped(
            f"  position: annotators preferred the answer shown first {place.first:,} of "
            f"{place.decided:,} times ({place.share:.0%}, {place.low:.0%} to {place.high:.0%})",
            "    ",
        )
    return text


def _next(result: PairsResult) -> str:
    if result.train + result.test:
        return "curate export NAME"
    if result.found or result.examples:
        return "curate status, or curate queue --kind preference"
    return "curate pull LOGS, with ratings, corrections or preferences"


def _decimal(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.0%}"
