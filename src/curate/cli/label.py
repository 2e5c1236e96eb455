"""Commands of the annotation team's side: queue, label push, label sync, label status."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result

_kind_option = click.option(
    "--kind",
    type=click.Choice(["relabel", "review", "preference", "spans"]),
    help="Of the work (default: by the project's task).",
)


@cli.command()
@_kind_option
@click.option(
    "--budget", type=click.IntRange(1), default=200, show_default=True, help="How many tasks."
)
@click.option(
    "--audit",
    type=click.IntRange(0),
    help="Drawn at random from the kept examples (default: a tenth, at least 20).",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw.")
@json_option
@pass_context
def queue(
    context: Context, kind: str | None, budget: int, audit: int | None, seed: int, as_json: bool
) -> None:
    """Ranks the examples that a human should look at, and says why each of them.

    \b
    Example: curate queue --budget 200
    """
    from curate import show_label

    result = context.project().queue(kind=kind, budget=budget, audit=audit, seed=seed)
    show_result(result, as_json, lambda: show_label.queue(result))


@cli.group()
def label() -> None:
    """The round trip to annotators.

    \b
    Example: curate label push --url http://127.0.0.1:8080
    """


_url_option = click.option(
    "--url",
    envvar="LABEL_STUDIO_URL",
    show_envvar=True,
    metavar="URL",
    help="Of the Label Studio server, such as http://127.0.0.1:8080 (default: the only one known).",
)
_token_option = click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="File of mode 600 with the access token (default: LABEL_STUDIO_API_KEY).",
)


@label.command(name="push")
@_kind_option
@_url_option
@_token_option
@click.option(
    "--project",
    type=click.IntRange(1),
    help="Number of a project on the server to use (default: the one of before, or a new one).",
)
@click.option("--annotators", type=click.IntRange(1), help="People who answer each task.")
@click.option("--yes", is_flag=True, help="Send; without it the plan is shown.")
@click.option(
    "--to-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Instead of a server: write Label Studio's import JSON here, the interface beside it.",
)
@click.option(
    "--again", is_flag=True, help="With --to-file: also what was written before, not answered yet."
)
@click.option(
    "--prefill",
    type=click.Choice(["given", "model", "none"]),
    default="given",
    show_default=True,
    help="Which answer is filled in.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own labelling interface (XML).",
)
@json_option
@pass_context
def label_push(
    context: Context,
    /,
    url: str | None,
    token_file: Path | None,
    to_file: Path | None,
    again: bool,
    yes: bool,
    as_json: bool,
    **settings: Any,
) -> None:
    """Hands the queue over to annotators: shows what would be sent, and sends it with --yes.

    \b
    Example: curate label push --url http://127.0.0.1:8080 --yes
             curate label push --to-file tasks.json
    """
    from curate import show_label
    from curate.label_push import PushSettings

    asked = PushSettings(**settings)
    project = context.project()
    if to_file:
        result = project.label_push_to_file(to_file, asked, again=again)
    else:
        result = project.label_push(url, asked, token_file=token_file, send=yes)
    show_result(result, as_json, lambda: show_label.label_push(result))


@label.command(name="sync")
@_url_option
@_token_option
@click.option("--full", is_flag=True, help="Look at every task again: notices deleted tasks too.")
@click.option(
    "--from-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Instead of a server: read Label Studio's JSON export.",
)
@json_option
@pass_context
def label_sync(
    context: Context,
    url: str | None,
    token_file: Path | None,
    full: bool,
    from_file: Path | None,
    as_json: bool,
) -> None:
    """Takes in what was answered, edited and deleted since, and decides what follows from it.

    \b
    Example: curate label sync
             curate label sync --from-file export.json
    """
    from curate import show_label

    project = context.project()
    if from_file:
        result = project.label_sync_from_file(from_file)
    else:
        result = project.label_sync(url, token_file=token_file, full=full)
    show_result(result, as_json, lambda: show_label.label_sync(result))


@label.command(name="status")
@json_option
@pass_context
def label_status(context: Context, as_json: bool) -> None:
    """Shows how far annotators are, how well they agree, and how wrong the data still is.

    \b
    Example: curate label status
    """
    from curate import show_quality

    result = context.project().label_status()
    show_result(result, as_json, lambda: show_quality.label_status(result))
