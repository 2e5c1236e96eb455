"""`curate verify`: recomputes versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.errors import GateFailed
from curate.text.wording import wrapped

if TYPE_CHECKING:
    from curate.versions.verify import Verification


@cli.command()
@click.argument("version", required=False)
@json_option
@pass_context
def verify(context: Context, version: str | None, as_json: bool) -> None:
    """Recomputes hashes, counts and leaks of NAME, NAME@N or all versions (exit 3 on a problem).

    \b
    Example: curate verify support-sft@3
    """
    result = context.project().verify(version)
    show_result(result, as_json, lambda: render_verifications(result))
    if any(checked.problems for checked in result):
        raise SystemExit(GateFailed.exit_code)


def render_verifications(verifications: Sequence[Verification]) -> str:
    """Returns whether versions are intact."""
    text = ""
    for checked in verifications:
        state = "FAILED" if checked.problems else "intact"
        against = f", also against {', '.join(checked.earlier)}" if checked.earlier else ""
        validation = f"{checked.validation:,} validation + " if checked.validation else ""
        text += (
            f"{checked.version.label}   {state}   {checked.files} files, {checked.train:,} "
            f"train + {validation}{checked.test:,} test, no leak{against}\n"
            if not checked.problems
            else f"{checked.version.label}   {state}\n"
        )
        text += "".join(wrapped(f"  {problem}", "    ") for problem in checked.problems)
        text += "".join(
            wrapped(f"  today's measure of likeness sees: {leak}", "    ")
            for leak in checked.seen_today
        )
        text += "".join(wrapped(f"  note: {note}", "    ") for note in checked.notes)
    return text or "No version yet. Next: curate export NAME\n"
