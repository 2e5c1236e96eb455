"""Commands of the annotation team's side: queue, label push, label sync, label status."""

from __future__ import annotations

from pathlib import Path

import click

from curate.cli.group import Context, cli, json_option, pass_context, show_result

_kind_option = click.option(
    "--kind",
    metavar="KIND",
    help="relabel, review, preference or spans (default: by the project's task).",
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
    from curate import show

    result = context.project().queue(kind=kind, budget=budget, audit=audit, seed=seed)
    show_result(result, as_json, lambda: show.queue(result))


@cli.group()
def label() -> None:
    """The round trip to annotators.

    \b
    Example: curate label push --to-file tasks.json
    """


@label.command(name="push")
@_kind_option
@click.option(
    "--to-file",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="Write Label Studio's import JSON here, and the interface beside it.",
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
    "own_config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Your own labelling interface (XML).",
)
@json_option
@pass_context
def label_push(
    context: Context,
    kind: str | None,
    to_file: Path,
    prefill: str,
    own_config: Path | None,
    as_json: bool,
) -> None:
    """Hands the queue over to annotators.

    \b
    Example: curate label push --to-file tasks.json
    """
    from curate import show

    result = context.project().label_push(
        to_file, kind=kind, prefill=prefill, own_config=own_config
    )
    show_result(result, as_json, lambda: show.label_push(result))


@label.command(name="sync")
@click.option(
    "--from-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="Read Label Studio's JSON export.",
)
@json_option
@pass_context
def label_sync(context: Context, from_file: Path, as_json: bool) -> None:
    """Takes answers in, and decides what follows from them.

    \b
    Example: curate label sync --from-file export.json
    """
    from curate import show

    result = context.project().label_sync(from_file)
    show_result(result, as_json, lambda: show.label_sync(result))


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
