"""`curate embed`: computes vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.options import EmbedSettings
from curate.wording import counted, wrapped

if TYPE_CHECKING:
    from curate.embed.embed import EmbedResult


@cli.command()
@click.option(
    "--encoder",
    default=EmbedSettings.encoder,
    show_default=True,
    metavar="NAME",
    help="minilm, a folder with a sentence-transformers model, or a name on the model hub.",
)
@click.option("--rebuild", cls=Once, is_flag=True, help="Replace the vectors of another encoder.")
@json_option
@pass_context
def embed(context: Context, encoder: str, rebuild: bool, as_json: bool) -> None:
    """Computes a vector for each input that has none; what rests on meaning rests on these.

    \b
    Example: curate embed --encoder models/bge-m3 --rebuild
    """
    result = context.project().embed(encoder=encoder, rebuild=rebuild)
    show_result(result, as_json, lambda: render_embed(result))


def render_embed(result: EmbedResult) -> str:
    """Returns what embedding did."""
    rate = f"   {result.rate:,.0f}/s" if result.new else ""
    text = (
        f"embed       {result.inputs:,} inputs, {result.new:,} of them new, encoder "
        f"{result.encoder}{rate}\n"
    )
    if result.truncated:
        text += wrapped(
            f"  note: of {counted(result.truncated, 'long input')} the encoder reads only the "
            "beginning: they are compared by that",
            "    ",
        )
    return text
