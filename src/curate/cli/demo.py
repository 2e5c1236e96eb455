"""`curate demo`: shows the whole path on sample logs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import cli, json_option, progress, show_result
from curate.cli.terminal import echo
from curate.text.wording import table

if TYPE_CHECKING:
    from curate.demo.demo import DemoResult


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default="demo")
@click.option("--seed", type=int, default=7, show_default=True, help="Of the sample logs.")
@json_option
def demo(folder: Path, seed: int, as_json: bool) -> None:
    """Writes sample logs with planted problems, runs the whole path, shows planted against found.

    \b
    Example: curate demo /tmp/curate-demo
    """
    from curate.demo.demo import demo

    def show(command: str, step: Any) -> None:
        echo(f"$ curate -C {folder} {command}\n{render_step(command, step)}\n", err=as_json)

    result = demo(folder, seed=seed, show=show, progress=progress)
    show_result(result, as_json, lambda: render_demo(result))


def render_step(command: str, result: Any) -> str:
    """Returns the result of a command as that command prints it."""
    from curate.cli import (
        cluster,
        dedupe,
        embed,
        evaluate,
        export,
        filter,
        mislabels,
        verify,
        words,
    )

    renders: dict[str, Callable[[Any], str]] = {
        "pull": lambda pulled: words.render_mapping(pulled.mapping) + words.render_pull(pulled),
        "filter": filter.render_filter,
        "embed": embed.render_embed,
        "dedupe": dedupe.render_dedupe,
        "cluster": cluster.render_cluster,
        "mislabels": mislabels.render_mislabels,
        "export": lambda exported: export.render_export(exported, dry_run=False),
        "verify": verify.render_verifications,
        "evaluate": evaluate.render_evaluation,
    }
    return renders[command.split()[0]](result)


def render_demo(result: DemoResult) -> str:
    """Returns planted against found, and where the files are."""
    rows = [[f.kind, f.planted, f.found, f.missed, f.other, f.stage] for f in result.findings]
    return (
        "\n"
        + table(["kind", "planted", "found", "missed", "also", "looked for by"], rows)
        + f"\nlogs      {result.logs}\ndataset   {result.version}\n"
        f"Next: curate -C {result.folder} status, or curate -C {result.folder} why "
        f"{result.example[:12]}\n"
    )
