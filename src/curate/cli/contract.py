"""`curate contract`: what an answer must look like, and which answers do."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from curate.cli.group import Context, Once, cli, json_option, pass_context, show_result
from curate.cli.settings import Command
from curate.errors import ConfigError
from curate.text.wording import counted, table, wrapped

if TYPE_CHECKING:
    from curate.contract.contract import BreakCount, ContractResult, Inferred
    from curate.contract.terms import Contract


class _ContractCommand(Command):
    """`contract`, whose section of curate.toml has the terms."""

    def extra_keys(self, folder: Path) -> set[str]:
        """Returns the keys of a contract."""
        from curate.contract.terms import KEYS

        return set(KEYS)


@cli.command(cls=_ContractCommand)
@click.option("--infer", cls=Once, is_flag=True, help="Say what good answers look like.")
@click.option("--write", cls=Once, is_flag=True, help="With --infer: write it into curate.toml.")
@click.option("--yes", cls=Once, is_flag=True, help="With --write: replace another contract.")
@json_option
@pass_context
def contract(context: Context, infer: bool, write: bool, yes: bool, as_json: bool) -> None:
    """Shows what an answer must look like, how many answers do, and what breaks it.

    `curate filter` checks answers against the contract in curate.toml, and drops those that break
    it. Nothing is written without --write.

    \b
    Example: curate contract --infer --write
    """
    if (write or yes) and not infer:
        raise ConfigError("--write is of --infer. Next: curate contract --infer --write")
    result = context.project().contract(infer=infer, write=write, replace=yes)
    show_result(result, as_json, lambda: render_contract(result))


def render_contract(result: ContractResult) -> str:
    """Returns the contract, how many answers keep it, and the commonest breaks."""
    if result.inferred:
        return _render_inferred(result, result.inferred)
    terms = result.contract
    text = f"contract    {_what(terms)}\n"
    if result.form:
        text += f"  form: {result.form.said}\n"
    if result.unchecked_formats:
        formats = ", ".join(result.unchecked_formats)
        text += wrapped(f"  not checked: values of format {formats}", "    ")
    if result.unchecked_calls:
        calls = f"tool calls in {counted(result.unchecked_calls, 'answer')}"
        text += f"  not checked: {calls}, as the log does not say which tools were offered\n"
    text += _render_breaks(result.breaks)
    if result.outdated:
        return text + "Answers were not checked against it yet. Next: curate filter\n"
    if result.breaks:
        return text + f"Next: curate why {result.breaks[0].ids[0][:12]}\n"
    return text + ("" if terms.written else "Next: curate contract --infer\n")


def _what(terms: Contract) -> str:
    """Returns a contract in a line."""
    if not terms.written:
        return "none in curate.toml; arguments of tool calls are checked, and only noted"
    parts = []
    if terms.schema is not None:
        parts.append(f"JSON Schema in {terms.file or 'curate.toml'}")
    if terms.pattern is not None:
        parts.append(f"pattern {terms.pattern}" if len(terms.pattern) <= 60 else "a pattern")
    parts += ["code fences allowed"] if terms.fences else []
    parts += ["tool calls fit their tools"] if terms.tools else []
    return "; ".join(parts) or "nothing is checked"


def _render_breaks(breaks: Sequence[BreakCount]) -> str:
    if not breaks:
        return ""
    rows = [
        [b.path or "(all of it)", b.message[:60], b.examples, b.ids[0][:12]] for b in breaks[:10]
    ]
    text = table(["where", "what breaks it, for example", "answers", "such as"], rows)
    more = len(breaks) - len(rows)
    text += f"... and {more:,} more kinds: --json\n" if more > 0 else ""
    return textwrap.indent(text, "  ")


def _render_inferred(result: ContractResult, inferred: Inferred) -> str:
    """Returns the contract that good answers suggest, and what it would do."""
    from curate.contract import terms

    of = f"{counted(inferred.good, 'good answer')}{' (also unrated)' if inferred.unrated else ''}"
    text = f"contract    inferred from {of}: {_form(inferred)}\n"
    if inferred.contract is None:
        return text + f"Next: {_without_form(inferred)}\n"
    if inferred.contract.schema is not None:
        text += textwrap.indent(terms.pretty(inferred.contract.schema), "    ")
    text += textwrap.indent(terms.lines(inferred.contract), "    ")
    text += (
        f"  it keeps {inferred.good_kept:,} of {inferred.good:,} good answers and "
        f"{inferred.kept:,} of all {inferred.answers:,}\n"
    )
    text += _render_breaks(inferred.breaks)
    if result.written:
        return text + f"Written: {', '.join(result.written)}\nNext: curate filter\n"
    yes = " --yes" if result.contract.written else ""
    return text + f"Next: curate contract --infer --write{yes}\n"


def _form(inferred: Inferred) -> str:
    guess = inferred.guess
    json = f"{guess.json:,} of {counted(guess.texts, 'answer')} in words are JSON"
    if guess.form == "json":
        return json
    if guess.form in ("labels", "pattern"):
        return "they are from one list" if guess.form == "labels" else "they have one form"
    return f"no form in common ({json})" if guess.texts else "none is in words"


def _without_form(inferred: Inferred) -> str:
    from curate.contract.infer import FEWEST

    if inferred.guess.texts < FEWEST:
        return f"curate pull FILE: {FEWEST} answers are needed"
    return "nothing: answers in prose need no contract; [contract] in curate.toml is yours to write"
