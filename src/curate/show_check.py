"""What people read about checked files: each broken rule once, with its first lines."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from curate.check_rules import RULES

if TYPE_CHECKING:
    from curate.check import CheckResult
    from curate.tokens import Stats

WIDTH = 100


def check(results: Sequence[CheckResult], shown: int) -> str:
    """Returns what was found in each file; of each rule at most `shown` lines."""
    text = "\n".join(_file(result, shown) for result in results)
    if not any(result.target for result in results):
        text += "Without --target no limits and no provider's rules were checked.\n"
    return text


def _file(result: CheckResult, shown: int) -> str:
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
    return text + f"  {'failed' if result.errors else 'passed'}: {errors}, {warnings}\n"


def _tokens(stats: Stats) -> str:
    name = stats.counter if stats.exact else "about, by an estimate"
    shares = f"p50 {stats.p50:,}, p95 {stats.p95:,}, p99 {stats.p99:,}, max {stats.max:,}"
    text = f"tokens ({name}): {stats.total:,}; {shares}"
    if stats.max_length is not None:
        text += f"; longer than {stats.max_length:,}: {_counted(stats.cut, 'row')}"
    return _wrapped(text, "  ")


def _wrapped(text: str, indent: str = "           ") -> str:
    return textwrap.fill(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  ",
        break_long_words=False, break_on_hyphens=False,
    ) + "\n"  # fmt: skip


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
