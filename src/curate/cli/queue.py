"""`curate queue`: ranks what a human should look at."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.options import kind_option
from curate.cli.words import TASKS_SHOWN
from curate.options import QueueSettings
from curate.text.wording import counted, room, shortened, table, wrapped

if TYPE_CHECKING:
    from curate.queue.queue import QueueResult


@cli.command()
@kind_option
@click.option(
    "--budget",
    type=click.IntRange(1),
    default=QueueSettings.budget,
    show_default=True,
    help="How many tasks.",
)
@click.option(
    "--audit",
    type=click.IntRange(0),
    help="Drawn at random from the kept examples (default: a tenth, at least 20).",
)
@click.option(
    "--seed", type=int, default=QueueSettings.seed, show_default=True, help="Of the draw."
)
@click.option("--where", metavar="SQL", help="Ask only about what meets this condition.")
@click.option(
    "--name",
    default=QueueSettings.name,
    metavar="NAME",
    help="Of the queue, of which there may be several at once (default: the usual one).",
)
@click.option(
    "--gold",
    type=click.IntRange(0),
    default=QueueSettings.gold,
    show_default=True,
    help="Settled examples asked again, blindly: how often is each annotator right?",
)
@click.option(
    "--adjudicate",
    cls=Once,
    is_flag=True,
    help="Only what annotators disagree on, for somebody else who sees what they said.",
)
@json_option
@pass_context
def queue(context: Context, /, as_json: bool, **settings: Any) -> None:
    """Ranks the examples that a human should look at, and says why each of them.

    \b
    Example: curate queue --budget 200
             curate queue --where "label = 'refund'" --name refunds
             curate queue --budget 200 --gold 10
             curate queue --adjudicate
    """
    result = context.project().queue(**settings)
    show_result(result, as_json, lambda: render_queue(result))


def render_queue(result: QueueResult) -> str:
    """Returns the queue: how many for which reason, and the first entries."""
    sample = f", {result.audit:,} of them an audit sample" if result.audit else ""
    sample += f", {counted(result.gold, 'gold question')}" if result.gold else ""
    text = f"queue       {counted(len(result.entries), 'task')} to {result.kind}{sample}"
    text += f"; {result.found:,} examples are worth a look\n"
    if result.shares:
        head = ["detector", "tasks", "of", "reviewed", "changed", "expected"]
        rows = [
            [
                s.name.replace("_", " "),
                s.tasks,
                s.available,
                s.reviewed,
                s.changed,
                f"{s.expected:.0%}",
            ]
            for s in result.shares
        ]
        text += textwrap.indent(table(head, rows), "  ")
    for entry in [e for e in result.entries if not e.audit and not e.expected][:TASKS_SHOWN]:
        quoted = shortened(entry.text, room(24))
        text += f'{entry.place:>6,}  {entry.example_id[:12]}  "{quoted}"\n'
        better = f"  ->  {entry.suggested}" if entry.suggested else ""
        given = f"{entry.given}{better}   " if entry.given else ""
        text += wrapped(f"        {given}{entry.why}", "          ")
    if result.waiting:
        text += f"  {result.waiting:,} tasks that were handed over wait for an answer\n"
    for what, command in result.missing:
        text += f"  note: {what}: {command}\n"
    return text + f"Next: {result.next} (or, without a server, --to-file tasks.json)\n"
