"""What people read about the round trip to annotators: the queue, what was sent, what came back."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from curate.table import counted, shortened, table, wrapped

if TYPE_CHECKING:
    from curate.label import PushResult, SyncResult
    from curate.queue import QueueResult

_SHOWN = 5


def queue(result: QueueResult) -> str:
    """Returns the queue: how many for which reason, and the first entries."""
    drawn = f", {result.audit:,} of them an audit sample" if result.audit else ""
    text = f"queue       {counted(len(result.entries), 'task')} to {result.kind}{drawn}"
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
    for entry in [e for e in result.entries if not e.audit][:_SHOWN]:
        quoted = shortened(entry.text, 76)
        text += f'{entry.place:>6,}  {entry.example_id[:12]}  "{quoted}"\n'
        better = f"  ->  {entry.suggested}" if entry.suggested else ""
        given = f"{entry.given}{better}   " if entry.given else ""
        text += textwrap.indent(wrapped(f"{given}{entry.why}"), "        ")
    if result.waiting:
        text += f"  {result.waiting:,} tasks that were handed over wait for an answer\n"
    for what, command in result.missing:
        text += f"  note: {what}: {command}\n"
    return text + f"Next: {result.next} (or, without a server, --to-file tasks.json)\n"


def label_push(result: PushResult) -> str:
    """Returns what was handed over, or would be."""
    title = "label push  " if result.sent else "label push  plan: "
    text = f"{title}{counted(result.tasks, 'task')} to {result.kind}, to {result.to}"
    text += f"   ({result.blind:,} without a hint, {result.prefilled:,} with an answer filled in)\n"
    if result.known:
        text += f"  handed over before: {result.known:,}\n"
    if result.found:
        text += f"  there already, from a push that broke off: {result.found:,}\n"
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    for example, why in result.refused[:5]:
        text += wrapped(f"  refused: {example[:12]}: {why}", "    ")
    if len(result.refused) > _SHOWN:
        text += f"  ... and {len(result.refused) - _SHOWN:,} more: --json\n"
    if not result.sent and not result.tasks:
        return text + "Nothing is left to send. Next: curate label sync\n"
    if not result.sent:
        return text + "Nothing was sent. Next: the same command with --yes\n"
    from_file = "" if result.to.startswith("http") else " --from-file EXPORT.json"
    return text + f"Next: curate label sync{from_file}\n"


def label_sync(result: SyncResult) -> str:
    """Returns what came back."""
    text = f"label sync  {counted(result.new, 'new answer')}, {result.changed:,} changed, "
    text += f"{result.same:,} known, {result.withdrawn:,} withdrawn, {result.skipped:,} skipped\n"
    said = ", ".join(f"{n:,} {kind}" for kind, n in sorted(result.decisions.items()))
    text += f"  decisions: {said}\n" if said else ""
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    if result.foreign:
        text += f"  {counted(result.foreign, 'answer')} to tasks that did not come from here\n"
    for key, what in result.problems[:_SHOWN]:
        text += wrapped(f"  not counted: task {key[:12]}: {what}", "    ")
    if len(result.problems) > _SHOWN:
        text += f"  ... and {len(result.problems) - _SHOWN:,} more: --json\n"
    return text + "Next: curate status\n"
