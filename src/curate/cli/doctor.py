"""`curate doctor`: checks the environment and the project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.cli.group import Context, cli, json_option, pass_context, show_result

if TYPE_CHECKING:
    from curate.doctor import Check


@cli.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Checks the environment and the project.

    \b
    Example: curate doctor
    """
    checks = context.project().doctor()
    show_result(checks, as_json, lambda: render_checks(checks))
    if not all(check.ok for check in checks):
        raise SystemExit(1)


def render_checks(checks: Sequence[Check]) -> str:
    """Returns the checks, one a line."""
    text = ""
    for check in checks:
        text += f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<12}  {check.seen}\n"
        if check.next:
            text += f"      Next: {check.next}\n"
    return text
