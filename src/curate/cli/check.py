"""`curate check`: checks training files."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import words
from curate.cli.group import cli, json_option, progress, show_result
from curate.errors import GateFailed
from curate.text.wording import width

if TYPE_CHECKING:
    from curate.check.check import CheckResult
    from curate.check.tokens import Stats


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
    from curate.check.check import check_file
    from curate.check.tokens import counter

    options["counter"] = counter(options.pop("tokenizer"))
    options["labels"] = options["labels"] or None
    results = [check_file(file, progress=progress, **options) for file in files]
    show_result(results, as_json, lambda: render_check(results, shown))
    if any(result.errors for result in results):
        raise SystemExit(GateFailed.exit_code)


def render_check(results: Sequence[CheckResult], shown: int) -> str:
    """Returns what was found in each file; of each rule at most `shown` lines."""
    text = "\n".join(_file(result, shown) for result in results)
    if not any(result.target for result in results):
        text += "Without --target no limits and no provider's rules were checked.\n"
    return text


def _file(result: CheckResult, shown: int) -> str:
    from curate.check.rules import RULES

    what = "   ".join(filter(None, [result.path, result.target, result.shape]))
    text = f"{what}   {_counted(result.rows, 'row')}\n"
    for rule, count in result.counts.items():
        text += f"  {RULES[rule].level:7}  {rule:24} {count:>9,}  {RULES[rule].means}\n"
        for finding in [f for f in result.findings if f.rule == rule][:shown]:
            where = "" if finding.line is None else f"line {finding.line:,}: "
            text += _wrapped(f"{where}{finding.message}")
        text += _wrapped(f"fix: {RULES[rule].fix}")
    if result.tokens.rows:
        text += _tokens(result.tokens)
    if result.compared:
        text += f"  near-duplicates were looked for up to line {result.compared:,}\n"
    errors, warnings = _counted(result.errors, "error"), _counted(result.warnings, "warning")
    text += f"  {'failed' if result.errors else 'passed'}: {errors}, {warnings}\n"
    return text + words.render_unseen(result.unseen, in_project=False)


def _tokens(stats: Stats) -> str:
    name = stats.counter if stats.exact else "about, by an estimate"
    shares = f"p50 {stats.p50:,}, p95 {stats.p95:,}, p99 {stats.p99:,}, max {stats.max:,}"
    text = f"tokens ({name}): {stats.total:,}; {shares}"
    if stats.max_length is not None:
        text += f"; longer than {stats.max_length:,}: {_counted(stats.cut, 'row')}"
    return _wrapped(text, "  ")


def _wrapped(text: str, indent: str = "           ") -> str:
    return textwrap.fill(
        text, width(), initial_indent=indent, subsequent_indent=indent + "  ",
        break_long_words=False, break_on_hyphens=False,
    ) + "\n"  # fmt: skip


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
