"""`curate pull`: reads logs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.options import pull_options


@cli.command()
@click.argument("files", nargs=-1)
@click.option("--locations", multiple=True, hidden=True)
@click.option(
    "--as",
    "as",
    type=click.Choice(["interactions", "feedback"]),
    show_default=True,
    default="interactions",
    help="Calls, or ratings and corrections of calls.",
)
@click.option(
    "--key",
    metavar="COLUMN",
    help="Feedback: the column with the call's id. Databases: the one that tells rows apart.",
)
@click.option("--turns", is_flag=True, help="The table has one row per turn, not per call.")
@click.option(
    "--role",
    multiple=True,
    metavar="WORD=ROLE",
    help="Turns: what a word in the role column means (user or assistant).",
)
@click.option(
    "--map",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column is which field; paths such as $.usage.total work too.",
)
@click.option(
    "--scale",
    metavar="SCALE",
    help="Of ratings: 1-5, 0-1, LOW-HIGH, thumbs, words, or 'Poor=1,Good=4'.",
)
@click.option(
    "--rater",
    default="human_user",
    show_default=True,
    metavar="TYPE",
    help="Feedback: human_user, human_expert, llm or code.",
)
@click.option("--source", metavar="NAME", help="The project's name for these logs (default: logs).")
@click.option("--format", metavar="FORMAT", help="Where the file name does not say.")
@click.option("--table", metavar="NAME", help="Databases: which table.")
@click.option("--query", metavar="SQL", help="Databases: a query instead of a table.")
@click.option("--cursor", metavar="COLUMN", help="Databases: says when a row last changed.")
@click.option(
    "--lag",
    metavar="TIME",
    help="Databases: look again so far back, for rows committed late (default: 5m).",
)
@click.option("--rescan", metavar="TIME", help="Databases: read again so far back, such as 30d.")
@click.option("--reconcile", is_flag=True, help="Databases: withdraw what is no longer there.")
@click.option("--yes", cls=Once, is_flag=True, help="Withdraw even if that is more than half.")
@json_option
@pass_context
def pull(context: Context, /, **options: Any) -> None:
    """Reads logs: files, globs, folders (JSON Lines, JSON, CSV, TSV, Parquet, SQLite, DuckDB).

    Of a table in a database it reads what is new or changed since the last pull. How the columns
    are read is guessed, shown before it is used, and remembered for the source.

    \b
    Examples: curate pull 'logs/2026-*.jsonl.gz'
              curate pull turns.csv --turns --map session=dialogue
              curate pull late.csv --as feedback --key request_id --scale 1-5
              curate pull postgresql://me@host/db --table calls --cursor updated_at --key id
    """
    from curate.cli import words

    as_json = options["as_json"]
    # What is printed here is printed before the logs are read.
    announce = (
        (lambda _: None) if as_json else (lambda m: click.echo(words.render_mapping(m), nl=False))
    )
    result = context.project().pull(
        _locations(context.folder, options), pull_options(options), on_mapping=announce
    )
    show_result(
        result, as_json, lambda: words.render_pull(result, next_step=context.stages is None)
    )


def _locations(folder: Path, options: dict[str, Any]) -> list[str]:
    """Returns what was named on the command line; else what curate.toml names, in its folder."""
    from curate.pull.dialects import from_toml

    if not options["files"] and not options["locations"]:
        raise click.UsageError("what to pull? Name files, or set [pull] locations in curate.toml.")
    return list(options["files"]) or [from_toml(name, folder) for name in options["locations"]]
