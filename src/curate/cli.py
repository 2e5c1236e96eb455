"""The command line: options, one call on the `Project`, and how its result is shown.

Results go to stdout, everything else to stderr. Nothing heavy is imported here: the modules that
do the work are loaded by the methods of `Project`.
"""

from __future__ import annotations

import dataclasses
import errno
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate import __version__
from curate.errors import ConfigError, CurateError, GateFailed

if TYPE_CHECKING:
    from curate.export import ExportSettings
    from curate.project import Project
    from curate.pull import PullOptions, Reading

INTERRUPTED = 130
# What a full disk or a missing permission raises; any other OSError is a bug to be seen.
_MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EFBIG}


class _Context:
    """What every command needs: the project folder and the options of the group."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        self.folder, self.threads = folder, threads
        self.stages: dict[str, Any] | None = None  # what `run` has collected so far

    def project(self) -> Project:
        from curate.project import Project

        return Project(self.folder, threads=self.threads, progress=_progress)


def _progress(items: Iterable[Any], label: str) -> Iterable[Any]:
    # Click prints a bar's label to stdout when it is piped; hidden keeps --json clean.
    begun, done = time.monotonic(), 0
    with click.progressbar(
        items,
        label=label,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
        update_min_steps=_bar_steps(items),
        item_show_func=lambda _: f"{done / (time.monotonic() - begun + 1e-9):,.0f}/s",
    ) as bar:
        for item in bar:
            yield item
            done += 1


def _bar_steps(items: Iterable[Any]) -> int:
    """Returns after how many items a bar is drawn again: each one, where there are few."""
    return 500 if not isinstance(items, Sized) or len(items) > 5_000 else 1


def _show(result: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Prints a result: as one JSON object, or as text for a person; `run` collects its stages."""
    stages = click.get_current_context().obj.stages
    if stages is not None:
        stages[str(click.get_current_context().command.name)] = _plain(result)
    if not as_json:
        click.echo(text(), nl=False)
    elif stages is None:
        import orjson

        option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
        click.echo(orjson.dumps(_plain(result), option=option, default=str))


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


_json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


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


class _Group(click.Group):
    """The group, which says what a mistyped command may have meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        from curate.errors import unknown_name

        if args and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            ctx.fail(unknown_name("command", args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Group,
    context_settings={"auto_envvar_prefix": "CURATE", "help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 a gate failed, "
    "4 a remote is unavailable, 130 interrupted.",
)
@click.version_option(__version__)
@click.option(
    "-C",
    "folder",
    type=click.Path(path_type=Path),
    default=".",
    metavar="DIR",
    envvar="CURATE_PROJECT",
    help="The project folder (default: here).",
)
@click.option("--threads", type=click.IntRange(1), help="Threads of database and encoder.")
@click.option("-v", "--verbose", count=True, help="Say more on stderr (-vv: debug).")
@click.pass_context
def cli(ctx: click.Context, folder: Path, threads: int | None, verbose: int) -> None:
    """From production LLM logs to audited, versioned, leak-free training and held-out files.

    \b
    curate demo                 sample logs and the whole path, in a minute
    curate init support         a project
    curate -C support pull LOGS
    """
    _log(verbose)
    ctx.obj = _Context(folder, threads)
    if ctx.invoked_subcommand not in ("init", "demo"):
        ctx.default_map = _defaults(ctx, folder)


def _log(verbose: int) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("curate")
    logger.handlers = [handler]
    logger.setLevel([logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)])


def _defaults(ctx: click.Context, folder: Path) -> dict[str, Any]:
    """Returns `curate.toml` as Click's default map; every section and key must exist."""
    from curate import config

    if not (folder / config.NAME).exists():
        return {}
    sections = config.load(folder)
    known: dict[str, set[str]] = {"project": set(config.PROJECT_KEYS)}
    for name, command in cli.commands.items():
        if name in sections:
            names = {p.name for p in command.params if p.name} - _FLAGS
            known[name] = names | _rule_keys(name, folder)
        else:
            known[name] = set()
    config.check(folder, sections, known)
    return {name: keys for name, keys in sections.items() if name != "project"}


def _rule_keys(command: str, folder: Path) -> set[str]:
    if command != "filter":
        return set()
    from curate.filters import rules

    return {p.name for rule in rules(folder).values() for p in rule.parameters}


# Options that are asked for once, not configured.
_FLAGS = {
    "as_json",
    "list",
    "set",
    "rejects",
    "dry_run",
    "rebuild",
    "suggest_threshold",
    "refit",
    "yes",
}

_pass = click.pass_obj


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option(
    "--task",
    default="sft",
    show_default=True,
    metavar="TASK",
    help="sft, classification, preference or extraction.",
)
@_pass
def init(context: _Context, folder: Path | None, task: str) -> None:
    """Creates a project: a commented curate.toml and the store.

    \b
    Example: curate init support --task sft
    """
    from curate.project import Project

    where = folder or context.folder
    Project.init(where, task=task)
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
@_json_option
@_pass
def pull(context: _Context, /, **options: Any) -> None:
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
    _show(result, as_json, lambda: show.pull(result, next_step=context.stages is None))


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
    """Evaluation sets that exist already."""


@heldout.command("import")
@click.argument("locations", nargs=-1, required=True)
@click.option("--map", multiple=True, metavar="FIELD=COLUMN", help="Which column is which field.")
@click.option("--scale", metavar="SCALE", help="Of ratings, as in curate pull.")
@click.option("--source", metavar="NAME", help="A name for the set (default: heldout).")
@click.option("--format", metavar="FORMAT", help="Where the file name does not say.")
@_json_option
@_pass
def heldout_import(context: _Context, /, **options: Any) -> None:
    """Registers an evaluation set: its examples are held out from the next export on, for ever.

    \b
    Example: curate heldout import evals/golden.jsonl
    """
    from curate import show

    result = context.project().pull(
        list(options["locations"]), _pull_options(options, heldout=True)
    )
    _show(result, options["as_json"], lambda: show.mapping(result.mapping) + show.pull(result))


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
@_json_option
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
        _show(list(rules.values()), as_json, lambda: show.rules(rules))
        return
    skip, where = options.pop("skip"), options.pop("where")
    result = project.filter(_parameters(ctx, options), skip=skip, where=where)
    _show(result, as_json, lambda: show.filter(result))


def _parameters(ctx: click.Context, options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of rules: flags over curate.toml (which also names own rules)."""
    from curate.mapping import parse_pairs

    sets = parse_pairs("--set", options.pop("set"))
    own = {
        k: v
        for k, v in (ctx.default_map or {}).items()
        if k in _rule_keys("filter", ctx.obj.folder)
    }
    return {**own, **{k: v for k, v in options.items() if v is not None}, **sets}


@cli.command()
@click.option(
    "--encoder",
    default="minilm",
    show_default=True,
    metavar="NAME",
    help="minilm, a folder with a sentence-transformers model, or a name on the model hub.",
)
@click.option("--rebuild", is_flag=True, help="Replace the vectors of another encoder.")
@_json_option
@_pass
def embed(context: _Context, encoder: str, rebuild: bool, as_json: bool) -> None:
    """Computes a vector for each input that has none; what rests on meaning rests on these.

    \b
    Example: curate embed --encoder models/bge-m3 --rebuild
    """
    from curate import show

    result = context.project().embed(encoder=encoder, rebuild=rebuild)
    _show(result, as_json, lambda: show.embed(result))


class _Threshold(click.ParamType[float | str]):
    """A similarity, or `off`; `auto` where an encoder's default may stand."""

    name = "number|off"

    def __init__(self, *words: str) -> None:
        self.words = words

    def convert(self, value: Any, param: Any, ctx: Any) -> float | str:
        if value in ("off", *self.words):
            return str(value)
        try:
            return float(value)
        except (TypeError, ValueError):
            known = ", ".join(("off", *self.words))
            self.fail(f"{value!r} is not a number, nor one of: {known}", param, ctx)


@cli.command()
@click.option(
    "--exact",
    default="example",
    show_default=True,
    metavar="WHAT",
    help="What is compared: example (messages and answer), input, or off.",
)
@click.option(
    "--near",
    type=_Threshold(),
    default=0.8,
    show_default=True,
    help="Jaccard similarity of inputs (word 3-grams) from which on one of two is out.",
)
@click.option(
    "--semantic",
    type=_Threshold("auto"),
    default="auto",
    show_default=True,
    help="Cosine of inputs from which on one of two is out; auto: 0.9 for minilm.",
)
@click.option(
    "--suggest-threshold",
    is_flag=True,
    help="Show real pairs around candidate thresholds and what each would remove; change nothing.",
)
@_json_option
@_pass
def dedupe(context: _Context, /, suggest_threshold: bool, as_json: bool, **options: Any) -> None:
    """Finds exact, near and semantic duplicates, and contradictions between copies.

    \b
    Example: curate dedupe --semantic 0.92 --suggest-threshold
    """
    from curate import show

    chosen: dict[str, Any] = {
        name: None if value == "off" and name != "exact" else value
        for name, value in options.items()
    }
    if suggest_threshold:
        found = context.project().suggest_thresholds(**chosen)
        _show(found, as_json, lambda: show.thresholds(found))
        return
    result = context.project().dedupe(**chosen)
    _show(result, as_json, lambda: show.dedupe(result))


@cli.command()
@click.option("--refit", is_flag=True, help="Find the clusters anew; ids stay by overlap.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the fit.")
@_json_option
@_pass
def cluster(context: _Context, refit: bool, seed: int, as_json: bool) -> None:
    """Groups inputs by subject, names the groups, and assigns new inputs to them.

    \b
    Example: curate cluster --refit
    """
    from curate import show

    result = context.project().cluster(refit=refit, seed=seed)
    _show(result, as_json, lambda: show.cluster(result))


@cli.command()
@click.option("--top", type=click.IntRange(1), default=10, show_default=True, help="Show so many.")
@_json_option
@_pass
def mislabels(context: _Context, top: int, as_json: bool) -> None:
    """Finds labels that the labels of like inputs speak against, worst first.

    \b
    Example: curate mislabels --top 50 --json
    """
    from curate import show

    result = context.project().mislabels(top=top)
    _show(result, as_json, lambda: show.mislabels(result))


@cli.command()
@click.argument("name")
@click.option(
    "--format",
    "format",
    multiple=True,
    metavar="FORMAT",
    help="trl-prompt-completion, openai-chat, classification, records; repeatable.",
)
@click.option(
    "--test-size",
    type=float,
    default=0.1,
    show_default=True,
    help="Share of new split units that is held out.",
)
@click.option(
    "--leak-threshold",
    type=float,
    default=0.8,
    show_default=True,
    help="Jaccard similarity of inputs from which on two examples leak.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Of the draw and the order.")
@click.option("--limit", type=click.IntRange(1), help="At most so many train examples.")
@click.option(
    "--min-train",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Fewest train examples (exit 3 below).",
)
@click.option(
    "--min-test",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Fewest held-out examples (exit 3 below).",
)
@click.option("--lossy", is_flag=True, help="Leave out what the format cannot express.")
@click.option("--dry-run", is_flag=True, help="Say what would be written, and write nothing.")
@_json_option
@_pass
def export(context: _Context, /, name: str, as_json: bool, dry_run: bool, **options: Any) -> None:
    """Writes the next version of a dataset: train.jsonl, test.jsonl, manifest, card, lineage.

    \b
    Example: curate export support-sft --format openai-chat
    """
    from curate import show

    project = context.project()
    result = project.export(name, _export_settings(options), dry_run=dry_run)
    _show(result, as_json, lambda: show.export(result, dry_run))


def _export_settings(options: dict[str, Any]) -> ExportSettings:
    from curate.export import ExportSettings
    from curate.split import SplitSettings

    split = SplitSettings(options["test_size"], options["leak_threshold"], options["seed"])
    return ExportSettings(
        tuple(options["format"]),
        split,
        options["limit"],
        options["min_train"],
        options["min_test"],
        options["lossy"],
    )


@cli.command()
@_json_option
@_pass
def versions(context: _Context, as_json: bool) -> None:
    """Lists the exported versions.

    \b
    Example: curate versions --json
    """
    from curate import show

    result = context.project().versions()
    _show(result, as_json, lambda: show.versions(result))


@cli.command()
@click.argument("version", required=False)
@_json_option
@_pass
def verify(context: _Context, version: str | None, as_json: bool) -> None:
    """Recomputes hashes, counts and leaks of NAME, NAME@N or all versions (exit 3 on a problem).

    \b
    Example: curate verify support-sft@3
    """
    from curate import show

    result = context.project().verify(version)
    _show(result, as_json, lambda: show.verify(result))
    if any(checked.problems for checked in result):
        raise SystemExit(GateFailed.exit_code)


@cli.command()
@click.argument("a")
@click.argument("b")
@_json_option
@_pass
def diff(context: _Context, a: str, b: str, as_json: bool) -> None:
    """Shows what moved from version A to version B, and why.

    \b
    Example: curate diff support-sft@2 support-sft@3
    """
    from curate import show

    result = context.project().diff(a, b)
    _show(result, as_json, lambda: show.diff(result))


@cli.command()
@click.argument("example_id")
@_json_option
@_pass
def why(context: _Context, example_id: str, as_json: bool) -> None:
    """Tells one example's whole story, by the beginning of its id or by the id its source gave it.

    \b
    Example: curate why 6d0e7a
    """
    from curate import show

    story = context.project().why(example_id)
    _show(story, as_json, lambda: show.why(story))


@cli.command()
@click.option("--rejects", is_flag=True, help="List the documents that were refused.")
@_json_option
@_pass
def status(context: _Context, rejects: bool, as_json: bool) -> None:
    """Shows where every example stands, and what to do next.

    \b
    Example: curate status --rejects
    """
    from curate import show

    project = context.project()
    if rejects:
        refused = project.rejects()
        _show(refused, as_json, lambda: show.rejects(refused))
        return
    result = project.status()
    _show(result, as_json, lambda: show.status(result))


@cli.command()
@_json_option
@_pass
def doctor(context: _Context, as_json: bool) -> None:
    """Checks the environment and the project.

    \b
    Example: curate doctor
    """
    from curate import show

    checks = context.project().doctor()
    _show(checks, as_json, lambda: show.doctor(checks))
    if not all(check.ok for check in checks):
        raise SystemExit(1)


@cli.command()
@_json_option
@click.pass_context
def run(ctx: click.Context, as_json: bool) -> None:
    """Runs every stage: pull (where curate.toml names locations), filter, embed, dedupe, cluster.

    Of a classifier, and once somebody asked for them, mislabels too. Without the extra [ml], only
    what needs no vectors.

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
    _show(stages, as_json, lambda: "Next: curate status\n")


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path), default="demo")
@click.option("--seed", type=int, default=7, show_default=True, help="Of the sample logs.")
@_json_option
def demo(folder: Path, seed: int, as_json: bool) -> None:
    """Writes sample logs with planted problems, runs the whole path, shows planted against found.

    \b
    Example: curate demo /tmp/curate-demo
    """
    from curate import show
    from curate.demo import demo

    result = demo(folder, seed=seed, say=lambda text: click.echo(text, err=as_json))
    _show(result, as_json, lambda: show.demo(result))


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; the only place that turns errors into messages and exit codes."""
    try:
        cli.main(args=arguments, prog_name="curate", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted; type the command again to go on.", err=True)
        sys.exit(INTERRUPTED)
    except RuntimeError as error:
        # DuckDB's word for Ctrl-C while it computes.
        if "nterrupt" not in str(error):
            raise
        click.echo("Interrupted; type the command again to go on.", err=True)
        sys.exit(INTERRUPTED)
    except CurateError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # The reader (head, less) has seen enough; stdout goes nowhere, so that exit is quiet.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        if error.errno not in _MACHINE_ERRORS:
            raise
        click.echo(f"Error: {error}. Next: make room or get access, then type it again", err=True)
        sys.exit(CurateError.exit_code)
