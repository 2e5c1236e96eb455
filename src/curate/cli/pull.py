"""`curate pull`: reads logs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.options import Size, pull_options
from curate.cli.settings import Several
from curate.cli.terminal import echo
from curate.text.wording import wrapped

if TYPE_CHECKING:
    from curate.pull.preview import PullPreview


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
    cls=Several,
    multiple=True,
    metavar="SCALE",
    help="Of ratings, worst first: 1-5, 5-1, thumbs, words, 'Bad=1,Good=4'; a score's: NAME:1-5.",
)
@click.option(
    "--dates",
    type=click.Choice(["day-first", "month-first"]),
    help="Which part of a date such as 05/11/2026 comes first.",
)
@click.option(
    "--only",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Only rows with this value, such as name=user-feedback of a table of scores.",
)
@click.option("--preset", metavar="NAME", help="The platform that wrote the files, or none.")
@click.option(
    "--dry-run", is_flag=True, help="Show ten calls as they would be read; store nothing."
)
@click.option("--presets", is_flag=True, help="List the platforms whose files are known.")
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
@click.option(
    "--query",
    metavar="SQL",
    help="Read the rows of a query: of a database, or over the files, each a table.",
)
@click.option(
    "--where", metavar="CONDITION", help="Files: take only documents that meet it, in SQL."
)
@click.option("--encoding", metavar="NAME", help="Text files: such as cp1252 (default: UTF-8).")
@click.option(
    "--max-document",
    type=Size(),
    default="16MB",
    show_default=True,
    help="Files: refuse a greater document.",
)
@click.option("--cursor", metavar="COLUMN", help="Databases: says when a row last changed.")
@click.option(
    "--lag",
    metavar="TIME",
    help="Databases, platforms: look again so far back, for what comes late (default: 5m, 20m).",
)
@click.option(
    "--rescan", metavar="TIME", help="Databases, platforms: read again so far back, such as 30d."
)
@click.option("--since", metavar="WHEN", help="Platforms: begin there; 30d, or a date.")
@click.option("--reconcile", is_flag=True, help="Databases: withdraw what is no longer there.")
@click.option("--reread", cls=Once, is_flag=True, help="Read again what was read, and replace it.")
@click.option("--yes", cls=Once, is_flag=True, help="Change or withdraw much of the source.")
@json_option
@pass_context
def pull(context: Context, /, **options: Any) -> None:
    """Reads logs: files, globs, folders (JSON Lines, JSON, CSV, TSV, Parquet, SQLite, DuckDB).

    Of a table in a database and of a platform (langfuse://) it reads what is new since the last
    pull. How the columns are read is guessed, shown before it is used, and remembered.

    \b
    Examples: curate pull 'logs/2026-*.jsonl.gz'
              curate pull turns.csv --turns --map session=dialogue
              curate pull late.csv --as feedback --key request_id --scale 1-5
              curate pull logs/ --reread
              curate pull postgresql://me@host/db --table calls --cursor updated_at --key id
              curate pull langfuse:// --since 90d
    """
    from curate.cli import words

    if options.pop("presets"):
        show_result(_presets(), options["as_json"], render_presets)
        return
    as_json = options["as_json"]
    if options.pop("dry_run"):
        seen = context.project().preview(_locations(context.folder, options), pull_options(options))
        show_result(seen, as_json, lambda: render_preview(seen))
        return
    # What is printed here is printed before the logs are read.
    announce = (lambda _: None) if as_json else (lambda m: echo(words.render_mapping(m)))
    result = context.project().pull(
        _locations(context.folder, options), pull_options(options), on_mapping=announce
    )
    show_result(
        result, as_json, lambda: words.render_pull(result, next_step=context.stages is None)
    )


def _presets() -> dict[str, Any]:
    from curate.sources.presets import presets

    keys = ("name", "kind", "version", "what", "source", "date")
    return {"presets": [{key: getattr(preset, key) for key in keys} for preset in presets()]}


def render_presets() -> str:
    """Returns the platforms whose files are known, with the source of each shape."""
    text = ""
    for row in _presets()["presets"]:
        kind = "" if row["kind"] == "interactions" else f" ({row['kind']})"
        text += f"{row['name']}{kind}\n"
        text += wrapped(f"  {row['what']}. Source: {row['source']}, {row['date']}.")
    return text + "A preset that fits all documents is used; --preset none switches it off.\n"


_SHOWN_CHARACTERS = 300


def render_preview(preview: PullPreview) -> str:
    """Returns the first calls of files as a person reads them."""
    from curate.cli.words import render_mapping

    text = render_mapping(preview.mapping)
    for example in preview.examples:
        about = "   ".join(f"{name} {value}" for name, value in (example.about or {}).items())
        text += f"\n{example.place}   {example.id or ''}   {about}".rstrip() + "\n"
        if example.refused:
            text += f"  refused: {example.refused}\n"
        for turn in example.turns:
            role = f"{turn.role}{' (answer)' if turn.is_answer else ''}"
            said = turn.text.replace("\n", "\n    ")[:_SHOWN_CHARACTERS]
            text += f"  {role}: {said}\n"
    for note in preview.notes:
        text += wrapped(f"  note: {note}")
    if not preview.examples:
        return f"{text}Nothing to read: no row in it. Next: curate pull FILE, one that has rows\n"
    return f"{text}\nNothing was stored. Next: the same command without --dry-run\n"


def _locations(folder: Path, options: dict[str, Any]) -> list[str]:
    """Returns what was named on the command line; else what curate.toml names, in its folder."""
    from curate.pull.dialects import from_toml

    if not options["files"] and not options["locations"]:
        raise click.UsageError("what to pull? Name files, or set [pull] locations in curate.toml.")
    return list(options["files"]) or [from_toml(name, folder) for name in options["locations"]]
