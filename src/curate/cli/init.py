"""`curate init`: creates a project."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from curate.cli.group import Context, cli, pass_context
from curate.cli.terminal import echo


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--task",
    default="sft",
    show_default=True,
    metavar="TASK",
    help="sft, classification, preference or extraction.",
)
@pass_context
def init(context: Context, folder: Path | None, task: str) -> None:
    """Creates a project: a commented curate.toml and the store.

    \b
    Example: curate init support --task sft
    """
    where = folder or context.folder
    there = (where / "curate.duckdb").exists()
    context.facade().init(where, task=task)
    if there:
        echo(f"{where}/ is a project already; nothing in it was replaced.\n")
    else:
        echo(f"Created {where}/ (curate.toml, curate.duckdb).\n")
    echo(f"Next: curate -C {shlex.quote(str(where))} pull LOGS\n")
