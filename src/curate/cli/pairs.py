"""`curate pairs`: finds preference pairs."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.cli.words import render_pair_reason
from curate.options import PairsSettings
from curate.text.wording import table, wrapped

if TYPE_CHECKING:
    from curate.pairs import PairsResult


@cli.command()
@click.option(
    "--min-margin",
    type=float,
    default=PairsSettings.min_margin,
    show_default=True,
    help="Smallest difference of two ratings, as a share of the scale; a step of five is 0.25.",
)
@json_option
@pass_context
def pairs(context: Context, min_margin: float, as_json: bool) -> None:
    """Finds pairs of a better and a worse answer to one prompt: ratings, ranks, corrections.

    \b
    Example: curate pairs --min-margin 0.5
    """
    result = context.project().pairs(min_margin=min_margin)
    show_result(result, as_json, lambda: render_pairs(result))


def render_pairs(result: PairsResult) -> str:
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
        text += f"  {-count:>7,}  {render_pair_reason(why)}\n"
    text += _bias(result)
    if result.undecided:
        text += wrapped(
            f"  {result.undecided:,} calls have several outputs and nobody says which is better: "
            "curate queue --kind preference",
            "    ",
        )
    return text + f"Next: {_next(result)}\n"


def _bias(result: PairsResult) -> str:
    text = ""
    if bias := result.lengths:
        low, high = bias.log_ratio_low, bias.log_ratio_high
        between = (
            "" if low is None or high is None else f", {math.exp(low):.2f} to {math.exp(high):.2f}"
        )
        times = math.exp(bias.log_ratio)
        text += wrapped(
            f"  length: the better answer is the longer one in {bias.longer:.0%} of pairs "
            f"({bias.longer_low:.0%} to {bias.longer_high:.0%}); it is {times:.2f} times as long "
            f"(geometric mean{between}; {bias.prompts:,} prompts)",
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
