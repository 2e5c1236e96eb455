"""`curate diff`: compares two versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result

if TYPE_CHECKING:
    from curate.versions.diff import SideDiff, VersionDiff


@cli.command()
@click.argument("a")
@click.argument("b")
@json_option
@pass_context
def diff(context: Context, a: str, b: str, as_json: bool) -> None:
    """Shows what moved from version A to version B, and why.

    \b
    Example: curate diff support-sft@2 support-sft@3
    """
    result = context.project().diff(a, b)
    show_result(result, as_json, lambda: render_diff(result))


def render_diff(result: VersionDiff) -> str:
    """Returns what moved between two versions."""
    same = "the same held-out part" if result.same_test else "another held-out part"
    text = f"{result.a} -> {result.b}   {same}; {result.moved:,} moved between the sides\n"
    if not result.same_formats:
        text += (
            "  note: the formats differ, so which answers changed cannot be told from the lines\n"
        )
    text += _side("train", result.train)
    if any((result.validation.added, result.validation.removed, result.validation.changed)):
        text += _side("validation", result.validation)
    return text + _side("test", result.test)


def _side(name: str, side: SideDiff) -> str:
    added, removed = sum(n for _, n in side.added), sum(n for _, n in side.removed)
    text = f"{name}   +{added:,} in, -{removed:,} out, {side.changed:,} changed\n"
    text += "".join(f"  +{n:,}  {reason}\n" for reason, n in side.added)
    text += "".join(f"  -{n:,}  {reason}\n" for reason, n in side.removed)
    shown = [*side.added_ids[:2], *side.removed_ids[:2], *side.changed_ids[:2]]
    return text + (f"  for example: curate why {shown[0][:12]}\n" if shown else "")
