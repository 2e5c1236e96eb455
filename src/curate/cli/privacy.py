"""The command about personal data and secrets."""

from __future__ import annotations

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result


@cli.command()
@click.option(
    "--allow",
    multiple=True,
    metavar="ID",
    help="The secrets of this example have been dealt with: they stop no export; repeatable.",
)
@click.option(
    "--allow-value",
    multiple=True,
    metavar="TEXT",
    help="This value is nobody's, wherever it stands; only its HMAC is stored; repeatable.",
)
@click.option("--reason", default="", help="Why; goes with --allow and --allow-value.")
@click.option(
    "--withdraw", type=click.IntRange(1), metavar="NUMBER", help="What was allowed no longer is."
)
@json_option
@pass_context
def privacy(
    context: Context,
    allow: tuple[str, ...],
    allow_value: tuple[str, ...],
    reason: str,
    withdraw: int | None,
    as_json: bool,
) -> None:
    """Shows where personal data and secrets stand, and how many kept examples have them.

    \b
    Example: curate privacy --allow 6d0e7a --reason "key revoked on 3 May"
    """
    from curate import show_privacy

    project = context.project()
    if withdraw is not None:
        project.privacy_withdraw(withdraw)
    if allow or allow_value or reason:
        project.privacy_allow(allow, allow_value, reason=reason)
    result = project.privacy()
    show_result(result, as_json, lambda: show_privacy.privacy(result))
