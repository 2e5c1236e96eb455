"""Commands that look and change nothing: why, status, doctor."""

from __future__ import annotations

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result


@cli.command()
@click.argument("example_id")
@json_option
@pass_context
def why(context: Context, example_id: str, as_json: bool) -> None:
    """Tells one example's whole story, by the beginning of its id or by the id its source gave it.

    \b
    Example: curate why 6d0e7a
    """
    from curate import show

    story = context.project().why(example_id)
    show_result(story, as_json, lambda: show.why(story))


@cli.command()
@click.option("--rejects", is_flag=True, help="List the documents that were refused.")
@json_option
@pass_context
def status(context: Context, rejects: bool, as_json: bool) -> None:
    """Shows where every example stands, and what to do next.

    \b
    Example: curate status --rejects
    """
    from curate import show

    project = context.project()
    if rejects:
        refused = project.rejects()
        show_result(refused, as_json, lambda: show.rejects(refused))
        return
    result = project.status()
    show_result(result, as_json, lambda: show.status(result))


@cli.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Checks the environment and the project.

    \b
    Example: curate doctor
    """
    from curate import show

    checks = context.project().doctor()
    show_result(checks, as_json, lambda: show.doctor(checks))
    if not all(check.ok for check in checks):
        raise SystemExit(1)
