"""`curate filter`: applies the drop rules."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import Once, cli, json_option, show_result
from curate.cli.settings import Command
from curate.text.wording import table, width, wrapped

if TYPE_CHECKING:
    from curate.filters.filters import FilterResult
    from curate.filters.rules import Rule


def _rule_options(folder: Path) -> set[str]:
    from curate.filters.rules import rules

    return {p.name for rule in rules(folder).values() for p in rule.parameters}


class _FilterCommand(Command):
    """`filter`, whose options are the parameters of curate's own rules."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        from curate.filters.rules import rules

        options = [
            click.Option(
                [f"--{p.name.replace('_', '-')}", p.name],
                metavar=p.kind.upper(),
                help=f"{p.help} [{rule.name}; default: {p.default or 'none'}]",
            )
            for rule in rules().values()
            for p in rule.parameters
        ]
        return [*options, *super().get_params(ctx)]

    def extra_keys(self, folder: Path) -> set[str]:
        """Returns the options of all rules, the project's own included."""
        return _rule_options(folder)


@cli.command(cls=_FilterCommand)
@click.option("--skip", multiple=True, metavar="RULE", help="A rule that does not apply.")
@click.option("--drop", multiple=True, metavar="RULE", help="A rule that only notes shall drop.")
@click.option("--where", metavar="SQL", help="Keep only what meets this condition.")
@click.option(
    "--set",
    cls=Once,
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of one of the project's own rules.",
)
@click.option("--list", cls=Once, is_flag=True, help="Explain the rules and do nothing.")
@json_option
@click.pass_context
def filter(ctx: click.Context, /, **options: Any) -> None:
    """Applies the drop rules; their settings hold until the next `curate filter`.

    A project's own rules are files in its sql/filters/ folder.

    \b
    Example: curate filter --min-rating 4 --where "model <> 'old'" --skip boilerplate
    """
    as_json, project = options.pop("as_json"), ctx.obj.project()
    if options.pop("list"):
        rules = project.rules()
        show_result(list(rules.values()), as_json, lambda: render_rules(rules))
        return
    skip, where, drop = (options.pop(name) for name in ("skip", "where", "drop"))
    result = project.filter(_parameters(ctx, options), skip=skip, where=where, drop=drop)
    show_result(result, as_json, lambda: render_filter(result))


def _parameters(ctx: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of rules: flags over curate.toml (which also names own rules)."""
    from curate.pull.mapping import parse_pairs

    sets = parse_pairs("--set", options.pop("set"))
    keys = _rule_options(ctx.obj.folder)
    own = {k: v for k, v in (ctx.default_map or {}).items() if k in keys}
    return {**own, **{k: v for k, v in options.items() if v is not None}, **sets}


def render_rules(rules: Mapping[str, Rule]) -> str:
    """Returns the drop rules with their options."""
    text = ""
    for rule in rules.values():
        text += f"{rule.name}{'' if rule.trusted else '  (this project)'}\n"
        text += textwrap.indent(textwrap.fill(rule.help, width() - 4), "    ") + "\n"
        for p in rule.parameters:
            default = "none" if p.default is None else p.default
            text += wrapped(f"    {p.name} ({p.kind}, default {default}): {p.help}", "      ")
    return text


def render_filter(result: FilterResult) -> str:
    """Returns what the rules drop."""
    text = f"filter      {result.examples:,} examples, {result.checked:,} of them new or changed\n"
    if result.hits:
        hits = [[rule, reason, count] for rule, reason, count in result.hits]
        text += textwrap.indent(table(["rule", "reason", "examples"], hits), "  ")
    text += f"  {result.kept:,} pass every rule\n"
    for rule, count in result.notes:
        text += f"  noted, not dropped: {rule} in {count:,} (--drop {rule})\n"
    return text
