"""`curate map`: draws the inputs on a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.text.wording import counted

if TYPE_CHECKING:
    from curate.map import MapResult


OLD_MAP = 0.25
"""Share of inputs that came after the map from which on a new one is recommended."""


@cli.command()
@click.option("--refit", cls=Once, is_flag=True, help="Draw the map anew: all points move.")
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the drawing."
)
@json_option
@pass_context
def map(context: Context, refit: bool, seed: int, as_json: bool) -> None:
    """Draws the inputs on a plane, like ones side by side, and adds new ones to it.

    \b
    Example: curate map --refit
    """
    result = context.project().map(refit=refit, seed=seed)
    show_result(result, as_json, lambda: render_map(result))


def render_map(result: MapResult) -> str:
    """Returns how many inputs are on the map, and what there is to say about it."""
    drawn = "drawn anew" if result.drawn else "map kept"
    text = (
        f"map         {counted(result.inputs, 'input')} ({drawn}), {result.placed:,} placed now\n"
    )
    if result.without_vector:
        text += f"  note: {result.without_vector:,} inputs have no vector: curate embed\n"
    if result.drawn_with < result.inputs - result.later:
        text += f"  note: drawn with {result.drawn_with:,} inputs; others were placed among them\n"
    if result.later > OLD_MAP * result.inputs:
        text += f"  note: {result.later / result.inputs:.0%} of the inputs came after the map: "
        text += "curate map --refit\n"
    return text
