"""The command that checks files: check."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from curate.cli.group import cli, json_option, progress, show_result
from curate.errors import GateFailed


@cli.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE...",
)
@click.option(
    "--target",
    metavar="TARGET",
    help="What will read it: a provider (openai), a trainer (trl) or a format of export; without "
    "one, only what holds everywhere is checked.",
)
@click.option(
    "--heldout",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A file whose inputs must not be in the checked ones.",
)
@click.option("--label", "labels", multiple=True, help="A label there may be; repeatable.")
@click.option(
    "--tokenizer",
    metavar="NAME",
    help="What counts tokens: a tokenizer.json, o200k_base, cl100k_base or estimate.",
)
@click.option("--max-length", type=click.IntRange(1), help="Tokens a trainer keeps of a row.")
@click.option(
    "--show",
    "shown",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Lines shown for each rule.",
)
@json_option
def check(files: tuple[Path, ...], shown: int, as_json: bool, **options: Any) -> None:
    """Checks training files, anybody's, before a trainer or a provider does (exit 3 on an error).

    \b
    Example: curate check train.jsonl --target openai
    """
    from curate import show_check
    from curate.check import check_file
    from curate.tokens import counter

    options["counter"] = counter(options.pop("tokenizer"))
    options["labels"] = options["labels"] or None
    results = [check_file(file, progress=progress, **options) for file in files]
    show_result(results, as_json, lambda: show_check.check(results, shown))
    if any(result.errors for result in results):
        raise SystemExit(GateFailed.exit_code)
