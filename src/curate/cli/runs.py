"""`curate runs`: lists what was run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.text.wording import shortened, table

if TYPE_CHECKING:
    from curate.store.runs import PastRun

_COUNTS_WIDTH, _SETTINGS_WIDTH = 48, 40


@cli.command()
@click.option(
    "--limit",
    cls=Once,
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="How many, the newest first.",
)
@json_option
@pass_context
def runs(context: Context, limit: int, as_json: bool) -> None:
    """Lists what was run: when, for how long, what it was told and what it did.

    \b
    Examples: curate runs
              curate runs --limit 100 --json
    """
    result = context.project().runs(limit)
    show_result({"runs": result}, as_json, lambda: render_runs(result))


def render_runs(runs: Sequence[PastRun]) -> str:
    """Returns the runs as a table."""
    if not runs:
        return "Nothing was run yet. Next: curate pull LOGS\n"
    text = table(
        ["run", "command", "started (UTC)", "took", "outcome", "did", "told"],
        [
            [
                str(r.run_id),
                r.command,
                f"{r.started_at:%Y-%m-%d %H:%M}",
                _took(r.seconds),
                f"undone by {r.undone_by}" if r.undone_by else r.outcome,
                shortened(_pairs(r.counts), _COUNTS_WIDTH),
                shortened(_pairs(r.settings), _SETTINGS_WIDTH),
            ]
            for r in runs
        ],
        cut=True,
    )
    pulls = [r.run_id for r in runs if r.undo == "kept" and r.outcome != "unchanged"]
    return text + (f"A pull can be taken back: curate undo {pulls[0]}\n" if pulls else "")


def _took(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def _pairs(values: dict[str, Any]) -> str:
    """Returns counts or settings in one line, without those that say nothing."""
    parts = []
    for name, value in values.items():
        if value in (None, "", 0, [], {}):
            continue
        text = f"{value:,}" if isinstance(value, int) else str(value)
        parts.append(f"{name} {', '.join(map(str, value)) if isinstance(value, list) else text}")
    return "; ".join(parts)
