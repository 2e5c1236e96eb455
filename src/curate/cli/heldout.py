"""`curate heldout`: registers evaluation sets."""

from __future__ import annotations

from typing import Any

import click

from curate.cli import settings
from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.options import pull_options


@cli.group()
def heldout() -> None:
    """Evaluation sets that exist already.

    \b
    Example: curate heldout import evals/golden.jsonl
    """


@heldout.command("import", cls=settings.Command)
@click.argument("locations", nargs=-1, required=True)
@click.option("--map", multiple=True, metavar="FIELD=COLUMN", help="Which column is which field.")
@click.option("--scale", metavar="SCALE", help="Of ratings, as in curate pull.")
@click.option("--source", metavar="NAME", help="A name for the set (default: heldout).")
@click.option("--format", metavar="FORMAT", help="Where the file name does not say.")
@click.option(
    "--evict",
    cls=Once,
    is_flag=True,
    help="For a set that comes late: exported train examples that leak it go, and it stays.",
)
@json_option
@pass_context
def heldout_import(context: Context, /, **options: Any) -> None:
    """Registers an evaluation set: its examples are held out from the next export on, for ever.

    \b
    Examples: curate heldout import evals/golden.jsonl
              curate heldout import evals/golden.jsonl --evict
    """
    from curate.cli import words

    result = context.project().pull(list(options["locations"]), pull_options(options, heldout=True))
    show_result(
        result,
        options["as_json"],
        lambda: words.render_mapping(result.mapping) + words.render_pull(result),
    )
