"""`curate curve`: tells whether more data would help."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.options import CurveSettings
from curate.text.wording import table, wrapped

if TYPE_CHECKING:
    from curate.curve import CurveResult


@cli.command()
@click.option(
    "--repeats",
    type=click.IntRange(2, 100),
    default=CurveSettings.repeats,
    show_default=True,
    help="How often the part that judges is drawn.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=CurveSettings.seed,
    show_default=True,
    help="Of the draws.",
)
@json_option
@pass_context
def curve(context: Context, repeats: int, seed: int, as_json: bool) -> None:
    """Tells whether more data of this kind would help: a learning curve on train, never on test.

    \b
    Example: curate curve --repeats 10
    """
    result = context.project().curve(repeats=repeats, seed=seed)
    show_result(result, as_json, lambda: render_curve(result))


_BAR = 40
_MANY = 0.2


def render_curve(result: CurveResult) -> str:
    """Returns the curve as a table with bars, and its verdict."""
    text = wrapped(
        f"curve   {result.examples:,} labelled train examples, {result.classes:,} classes; judged "
        f"by {result.repeats} cuts of {result.judged:,} of them, never by test"
    )
    least, most = result.points[0].accuracy, result.points[-1].accuracy
    rows = [
        [
            p.examples,
            f"{p.accuracy:.1%}",
            f"{max(p.low, 0.0):.1%} to {min(p.high, 1.0):.1%}",
            "#" * (1 + round((_BAR - 1) * _share(p.accuracy, least, most))),
        ]
        for p in result.points
    ]
    text += table(["learned from", "accuracy", "95%", ""], rows)
    text += wrapped(f"{result.verdict[0].upper()}{result.verdict[1:]}.")
    text += wrapped(_labels(result))
    if result.helps and result.profit:
        listing = "; ".join(
            f"{one.label} ({one.examples:,} examples, {one.recall:.0%} recognised)"
            for one in result.profit
        )
        text += wrapped(f"most for: {listing}")
    if result.without_vector:
        text += f"note: {result.without_vector:,} examples without a usable vector took no part\n"
    return text


def _share(value: float, least: float, most: float) -> float:
    return min(max((value - least) / (most - least), 0.0), 1.0) if most > least else 0.0


def _labels(result: CurveResult) -> str:
    """Returns what the mistakes that are left have to do with wrong labels."""
    if result.suspected is None:
        return "Whether wrong labels are in the way: curate mislabels"
    phrase = (
        f"of its mistakes, {result.suspected:.0%} have a label that is likely wrong or contested"
    )
    if result.suspected >= _MANY:
        return f"Better labels would help: {phrase}. Next: curate queue"
    return f"Labels are not the main thing: {phrase}. Next: curate mislabels --classes"
