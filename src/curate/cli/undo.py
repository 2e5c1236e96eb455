"""`curate undo`: takes a pull back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.text.wording import counted

if TYPE_CHECKING:
    from curate.pull.undo import UndoResult


@cli.command()
@click.argument("run_id", metavar="RUN", type=int)
@click.option("--dry-run", cls=Once, is_flag=True, help="Say what would be taken back, no more.")
@click.option("--yes", cls=Once, is_flag=True, help="Take back much that is not the last pull.")
@json_option
@pass_context
def undo(context: Context, run_id: int, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Takes a pull back: its rows, feedback and rejects go, what it replaced comes back.

    RUN is a number that `curate runs` lists. Sides of the split stay.

    \b
    Examples: curate undo 12 --dry-run
              curate undo 12
    """
    result = context.project().undo(run_id, dry_run=dry_run, yes=yes)
    show_result(result, as_json, lambda: render_undo(result))


def render_undo(result: UndoResult) -> str:
    """Returns what was taken back, or would be."""
    head = "Would take back" if result.dry_run else "Took back"
    text = f"{head} run {result.undone}, a pull of source {result.source!r}:\n"
    text += (
        f"  interactions: {result.removed:,} removed, {result.restored:,} as they were before, "
        f"{result.returned:,} back again\n"
        f"  feedback: {result.feedback_removed:,} removed, {result.feedback_restored:,} as it was "
        f"before, {result.feedback_returned:,} back again\n"
        f"  rejects: {result.rejects_removed:,} removed, {result.rejects_returned:,} back again\n"
    )
    if result.dry_run:
        return text + f"Nothing was changed. Next: curate undo {result.undone}\n"
    here = result.here - result.removed + result.returned
    return text + f"  {result.source} has {counted(here, 'interaction')} now\nNext: curate run\n"
