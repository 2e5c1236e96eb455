"""Commands that bring logs in: init, pull, heldout, filter, run, demo."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli.group import (
    Context,
    cli,
    json_option,
    pass_context,
    progress,
    rule_keys,
    show_result,
)
from curate.errors import ConfigError

if TYPE_CHECKING:
    from curate.pull import PullOptions, Reading


class _FilterCommand(click.Command):
    """`filter`, whose options are the parameters of curate's own rules."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        from curate.filters import rules

        found = [
            click.Option(
                [f"--{p.name.replace('_', '-')}", p.name],
                metavar=p.kind.upper(),
                help=f"{p.help} [{rule.name}; default: {p.default or 'none'}]",
            )
            for rule in rules().values()
            for p in rule.parameters
        ]
        return [*found, *super().get_params(ctx)]


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--task",
    default="sft",
    show_default=True,
    metavar="TASK",
    help="sft, classification, preference or extraction.",
)
@pass_context
def init(context: Context, folder: Path | None, task: str) -> None:
    """Creates a project: a commented curate.toml and the store.

    \b
    Example: curate init support --task sft
    """
    from curate.project import Project

    where = folder or context.folder
    there = (where / "curate.duckdb").exists()
    Project.init(where, task=task)
    if there:
        click.echo(f"{where}/ is a project already; nothing in it was replaced.")
    else:
        click.echo(f"Created {where}/ (curate.toml, curate.duckdb).")
    click.echo(f"Next: curate -C {where} pull LOGS")


@cli.command()
@click.argument("files", nargs=-1)
@click.option("--locations", multiple=True, hidden=True)
@click.option(
    "--as",
    "as",
    type=click.Choice(["interactions", "feedback"]),
    show_default=True,
    default="interactions",
    help="Calls, or ratings and corrections of calls.",
)
@click.option(
    "--key",
    metavar="COLUMN",
    help="Feedback: the column with the call's id. Databases: the one that tells rows apart.",
)
@click.option("--turns", is_flag=True, help="The table has one row per turn, not per call.")
@click.option(
    "--role",
    multiple=True,
    metavar="WORD=ROLE",
    help="Turns: what a word in the role column means (user or assistant).",
)
@click.option(
    "--map",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column is which field; paths such as $.usage.total work too.",
)
@click.option(
    "--scale",
    metavar="SCALE",
    help="Of ratings: 1-5, 0-1, LOW-HIGH, thumbs, words, or 'Poor=1,Good=4'.",
)
@click.option(
    "--rater",
    default="human_user",
    show_default=True,
    metavar="TYPE",
    help="Feedback: human_user, human_expert, llm or code.",
)
@click.option("--source", metavar="NAME", help="The project's name for these logs (default: logs).")
@click.option("--format", metavar="FORMAT", help="Where the file name does not say.")
@click.option("--table", metavar="NAME", help="Databases: which table.")
@click.option("--query", metavar="SQL", help="Databases: a query instead of a table.")
@click.option("--cursor", metavar="COLUMN", help="Databases: says when a row last changed.")
@click.option(
    "--lag",
    metavar="TIME",
    help="Databases: look again so far back, for rows committed late (default: 5m).",
)
@click.option("--rescan", metavar="TIME", help="Databases: read again so far back, such as 30d.")
@click.option("--reconcile", is_flag=True, help="Databases: withdraw what is no longer there.")
@click.option("--yes", is_flag=True, help="Withdraw even if that is more than half.")
@json_option
@pass_context
def pull(context: Context, /, **options: Any) -> None:
    """Reads logs: files, globs, folders (JSON Lines, JSON, CSV, TSV, Parquet, SQLite, DuckDB).

    Of a table in a database it reads what is new or changed since the last pull. How the columns
    are read is guessed, shown before it is used, and remembered for the source.

    \b
    Examples: curate pull 'logs/2026-*.jsonl.gz'
              curate pull turns.csv --turns --map session=dialogue
              curate pull late.csv --as feedback --key request_id --scale 1-5
              curate pull postgresql://me@host/db --table calls --cursor updated_at --key id
    """
    from curate import show

    as_json = options["as_json"]
    # What is printed here is printed before the logs are read.
    announce = (lambda _: None) if as_json else (lambda m: click.echo(show.mapping(m), nl=False))
    result = context.project().pull(
        _locations(context.folder, options), _pull_options(options), on_mapping=announce
    )
    show_result(result, as_json, lambda: show.pull(result, next_step=context.stages is None))


def _locations(folder: Path, options: dict[str, Any]) -> list[str]:
    """Returns what was named on the command line; else what curate.toml names, in its folder."""
    from curate.dialects import from_toml

    if not options["files"] and not options["locations"]:
        raise click.UsageError("what to pull? Name files, or set [pull] locations in curate.toml.")
    return list(options["files"]) or [from_toml(name, folder) for name in options["locations"]]


def _pull_options(options: dict[str, Any], *, heldout: bool = False) -> PullOptions:
    from curate.mapping import Declared, Kind, parse_pairs
    from curate.pull import PullOptions

    kind: Kind = "feedback" if options.get("as") == "feedback" else "interactions"
    if options.get("turns"):
        if kind == "feedback":
            raise ConfigError("--turns and --as feedback do not go together")
        kind = "turns"
    fields = parse_pairs("--map", options["map"])
    if kind == "feedback" and (key := options.pop("key")):
        fields["key"] = key
    return PullOptions(
        source=options["source"],
        declared=Declared(
            kind, fields, options["scale"], parse_pairs("--role", options.get("role", ()))
        ),
        file_format=options["format"],
        table=options.get("table"),
        query=options.get("query"),
        rater=options.get("rater", "human_user"),
        heldout=heldout,
        database=_reading(options),
    )


def _reading(options: dict[str, Any]) -> Reading:
    """Returns how a database is read; what curate.toml says of one means nothing for files."""
    from curate.dialects import is_database
    from curate.pull import Reading

    named = {f.name: options[f.name] for f in dataclasses.fields(Reading) if options.get(f.name)}
    locations = options.get("files") or options["locations"]
    if not any(is_database(name, options.get("cursor")) for name in locations):
        source_of = click.get_current_context().get_parameter_source
        typed = click.core.ParameterSource.COMMANDLINE
        named = {name: value for name, value in named.items() if source_of(name) is typed}
    return Reading(**named)


@cli.group()
def heldout() -> None:
    """Evaluation sets that exist already.

    \b
    Example: curate heldout import evals/golden.jsonl
    """


@heldout.command("import")
@click.argument("locations", nargs=-1, required=True)
@click.option("--map", multiple=True, metavar="FIELD=COLUMN", help="Which column is which field.")
@click.option("--scale", metavar="SCALE", help="Of ratings, as in curate pull.")
@click.option("--source", metavar="NAME", help="A name for the set (default: heldout).")
@click.option("--format", metavar="FORMAT", help="Where the file name does not say.")
@json_option
@pass_context
def heldout_import(context: Context, /, **options: Any) -> None:
    """Registers an evaluation set: its examples are held out from the next export on, for ever.

    \b
    Example: curate heldout import evals/golden.jsonl
    """
    from curate import show

    result = context.project().pull(
        list(options["locations"]), _pull_options(options, heldout=True)
    )
    show_result(
        result, options["as_json"], lambda: show.mapping(result.mapping) + show.pull(result)
    )


@cli.command(cls=_FilterCommand)
@click.option("--skip", multiple=True, metavar="RULE", help="A rule that does not apply.")
@click.option("--where", metavar="SQL", help="Keep only what meets this condition.")
@click.option(
    "--set",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of one of the project's own rules.",
)
@click.option("--list", is_flag=True, help="Explain the rules and do nothing.")
@json_option
@click.pass_context
def filter(ctx: click.Context, /, **options: Any) -> None:
    """Applies the drop rules; their settings hold until the next `curate filter`.

    A project's own rules are files in its sql/filters/ folder.

    \b
    Example: curate filter --min-rating 4 --where "model <> 'old'" --skip boilerplate
    """
    from curate import show

    as_json, project = options.pop("as_json"), ctx.obj.project()
    if options.pop("list"):
        rules = project.rules()
        show_result(list(rules.values()), as_json, lambda: show.rules(rules))
        return
    skip, where = options.pop("skip"), options.pop("where")
    result = project.filter(_parameters(ctx, options), skip=skip, where=where)
    show_result(result, as_json, lambda: show.filter(result))


def _parameters(ctx: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of rules: flags over curate.toml (which also names own rules)."""
    from curate.mapping import parse_pairs

    sets = parse_pairs("--set", options.pop("set"))
    own = {
        k: v for k, v in (ctx.default_map or {}).items() if k in rule_keys("filter", ctx.obj.folder)
    }
    return {**own, **{k: v for k, v in options.items() if v is not None}, **sets}


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
    from curate import encoders

    names = ctx.obj.project().stages()
    if not encoders.available():
        click.echo(f"note: no vectors, clusters, mislabels: {encoders.HOW_TO_INSTALL}", err=True)
    ctx.obj.stages = {}
    for command in (cli.commands[name] for name in names):
        # Each stage is parsed like a command of its own, so file and environment apply to it.
        with command.make_context(command.name, [], parent=ctx.parent) as inner:
            inner.params["as_json"] = as_json
            command.invoke(inner)
    stages, ctx.obj.stages = ctx.obj.stages, None
    show_result(stages, as_json, lambda: "Next: curate status\n")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default="demo")
@click.option("--seed", type=int, default=7, show_default=True, help="Of the sample logs.")
@json_option
def demo(folder: Path, seed: int, as_json: bool) -> None:
    """Writes sample logs with planted problems, runs the whole path, shows planted against found.

    \b
    Example: curate demo /tmp/curate-demo
    """
    from curate import show
    from curate.demo import demo

    def say(text: str) -> None:
        click.echo(text, err=as_json)

    result = demo(folder, seed=seed, say=say, progress=progress)
    show_result(result, as_json, lambda: show.demo(result))
