"""`curate embed`: computes vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.options import EmbedSettings
from curate.text.wording import counted, listed, wrapped

if TYPE_CHECKING:
    from curate.embed.embed import EmbedResult
    from curate.embed.encoders import EncoderChoice


@cli.command()
@click.option(
    "--encoder",
    default=EmbedSettings.encoder,
    show_default=True,
    metavar="NAME",
    help="auto, minilm, use-multilingual, e5-small, a folder with a sentence-transformers model, "
    "or owner/name@revision on the model hub.",
)
@click.option("--rebuild", cls=Once, is_flag=True, help="Replace the vectors of another encoder.")
@json_option
@pass_context
def embed(context: Context, encoder: str, rebuild: bool, as_json: bool) -> None:
    """Computes a vector for each input that has none; what rests on meaning rests on these.

    The default, auto, takes minilm where nearly all inputs are English, else the fastest installed
    encoder that reads them. It chooses once: only --rebuild changes the encoder of a project.

    \b
    Example: curate embed
             curate embed --encoder use-multilingual --rebuild
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
    if result.chosen:
        text += wrapped(f"  {_choice(result.chosen)}", "    ")
    if result.unread:
        text += wrapped(f"  note: {_unread(result)}", "    ")
    if result.windowed:
        text += wrapped(
            f"  note: {counted(result.windowed, 'input')} longer than the encoder reads at once: "
            "embedded in parts, and semantic duplicates only where their words agree",
            "    ",
        )
    return text


def _choice(chosen: EncoderChoice) -> str:
    """Returns what `auto` took and why; that it stays is worth a word, once."""
    total = sum(chosen.languages.values())
    return (
        f"chose {chosen.encoder} for {counted(total, 'input')} ({listed(chosen.languages)}); it "
        "stays the project's encoder until --rebuild"
    )


def _unread(result: EmbedResult) -> str:
    from curate.embed.encoders import remedy

    return (
        f"{result.encoder} was not made for {counted(sum(result.unread.values()), 'new input')} "
        f"({listed(result.unread)}): do not rely on their vectors. Next: {remedy(result.unread)}"
    )
