"""`curate run`: runs every stage."""

from __future__ import annotations

import click

from curate.cli.group import cli, json_option, show_result
from curate.cli.terminal import echo


@cli.command()
@json_option
@click.pass_context
def run(ctx: click.Context, as_json: bool) -> None:
    """Runs every stage: pull (where curate.toml names locations), filter, embed, dedupe, cluster.

    Of a classifier, and once somebody asked for them, mislabels too; signals once somebody asked;
    privacy where curate.toml has that section, pairs where the task is preference. Without the
    extra [ml], only what needs no vectors.

    \b
    Example: curate run && curate status
    """
    from curate.embed import encoders

    names = ctx.obj.project().stages()
    if not encoders.available():
        echo(f"note: no vectors, clusters, mislabels: {encoders.HOW_TO_INSTALL}\n", err=True)
    ctx.obj.stages = {}
    for command in (cli.commands[name] for name in names):
        # Each stage is parsed like a command of its own, so file and environment apply to it.
        with command.make_context(command.name, [], parent=ctx.parent) as inner:
            inner.params["as_json"] = as_json
            command.invoke(inner)
    stages, ctx.obj.stages = ctx.obj.stages, None
    ctx.obj.project().store.settle()
    show_result(stages, as_json, lambda: "Next: curate status\n")
