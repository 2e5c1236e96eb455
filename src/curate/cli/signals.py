"""`curate signals`: tells what speaks against answers and ratings."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.options import SignalsSettings
from curate.text.wording import counted, room, shortened, table, wrapped

if TYPE_CHECKING:
    from curate.kernels.answer_quality import Rater
    from curate.signals import SignalsResult, WeakAnswer


@cli.command()
@click.option(
    "--signal",
    "names",
    multiple=True,
    metavar="NAME",
    help="expected and residual (the default), relevance, format; repeatable, remembered.",
)
@click.option(
    "--top",
    type=click.IntRange(0),
    default=SignalsSettings.top,
    show_default=True,
    help="Show so many of each.",
)
@json_option
@pass_context
def signals(context: Context, names: tuple[str, ...], top: int, as_json: bool) -> None:
    """Tells what speaks against answers and against their ratings, and who rates otherwise.

    \b
    Example: curate signals --signal residual --top 20
    """
    result = context.project().signals(names=names, top=top)
    show_result(result, as_json, lambda: render_signals(result))


BIAS, APART, SHARED = 0.5, 1.5, 10
"""Of five: from which mean difference on a rater is harsh or lenient, from which spread on they are
inconsistent; and the fewest shared answers that tell it."""


_RATERS = 8


def render_signals(result: SignalsResult) -> str:
    """Returns how many answers each signal speaks against, the worst of them, and the raters."""
    from curate.signals import FEWEST_RATED, SIGNALS

    text = f"signals     {counted(result.answers, 'answer')}, {result.rated:,} of them rated; "
    text += f"{result.new:,} embedded now\n"
    if result.without_vector:
        text += (
            f"  note: {result.without_vector:,} answers to inputs without a vector: curate embed\n"
        )
    if result.rated < FEWEST_RATED:
        text += f"  note: {FEWEST_RATED} rated answers are needed before a rating can be expected\n"
    rows = [[name, count, SIGNALS[name]] for name, count in result.counts]
    text += textwrap.indent(table(["signal", "answers", "speaks of"], rows), "  ")
    if result.rules:
        phrase = ", ".join(f"{kind.replace('_', ' ')} {count:,}" for kind, count in result.rules)
        text += wrapped(f"  rules and copies say: {phrase}", "    ")
    text += "".join(_one(answer) for answer in result.found)
    return text + _raters(result.raters)


def _one(weak_answer: WeakAnswer) -> str:
    prompt, answer = (shortened(t, room(30)) for t in (weak_answer.prompt, weak_answer.answer))
    text = f'  {weak_answer.signal}  {weak_answer.id[:12]}  "{prompt}"\n    "{answer}"\n'
    return text + wrapped(f"    {weak_answer.why}", "      ")


def _raters(raters: tuple[Rater, ...]) -> str:
    shared = [r for r in raters if r.shared]
    if not shared:
        return ""
    rows = [
        [r.key[:12], r.ratings, r.shared, f"{r.bias:+.1f}", f"{r.apart:.1f}", word(r)]
        for r in shared[:_RATERS]
    ]
    head = ["rater", "ratings", "shared", "bias", "spread", ""]
    text = textwrap.indent(table(head, rows), "  ")
    if len(shared) > _RATERS:
        text += f"  ... and {len(shared) - _RATERS:,} more: --json\n"
    return text


def word(rater: Rater) -> str:
    """Returns what the ratings of one person are, next to those of the others."""
    if rater.shared < SHARED:
        return "too few to tell"
    bias = "harsh" if rater.bias <= -BIAS else "lenient" if rater.bias >= BIAS else ""
    return ", ".join(w for w in (bias, "inconsistent" if rater.apart >= APART else "") if w)
