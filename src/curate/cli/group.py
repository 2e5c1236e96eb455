"""The group of all commands, and what they share: context, progress, results, errors."""

from __future__ import annotations

import dataclasses
import errno
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curate.cli import settings, terminal, words
from curate.cli.progress import progress as progress
from curate.cli.settings import Command
from curate.errors import CurateError
from curate.version import __version__

if TYPE_CHECKING:
    from curate.project import Project


INTERRUPTED = 130
# What a full disk or a missing permission raises; any other OSError is a bug to be seen.
_MACHINE_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EFBIG}


class Context:
    """What every command needs: the project folder and the options of the group."""

    def __init__(self, folder: Path, threads: int | None) -> None:
        self.folder, self.threads = folder, threads
        self.stages: dict[str, Any] | None = None  # what `run` has collected so far
        self._project: Project | None = None

    def facade(self) -> type[Project]:
        """Returns the facade's class, once DuckDB knows to leave pandas alone."""
        from curate.cli import pandas_later
        from curate.project import Project

        pandas_later.install()
        return Project

    def project(self) -> Project:
        """Returns the facade of the project folder."""
        self._project = self.facade()(self.folder, threads=self.threads, progress=progress)
        self._project.store.postpones = self.stages is not None
        return self._project

    def take_notes(self) -> dict[str, Any]:
        """Returns the notes of the runs that have ended since they were taken."""
        if self._project is None:
            return {}
        notes, self._project.store.notes = self._project.store.notes, {}
        return notes


def show_result(result: Any, as_json: bool, text: Callable[[], str]) -> None:
    """Prints a result: as one JSON object, or as text for a person; `run` collects its stages."""
    context = click.get_current_context()
    stages, notes, plain = context.obj.stages, context.obj.take_notes(), _plain(result)
    if notes and isinstance(plain, dict):
        plain |= notes
    if stages is not None:
        stages[str(context.command.name)] = plain
    if not as_json:
        terminal.echo(words.render_notes(notes), err=True)
        terminal.echo(text())
    elif stages is None:
        terminal.print_json(_json(plain))


def _json(plain: Any) -> str:
    import orjson

    option = orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS
    try:
        return orjson.dumps(plain, option=option, default=str).decode()
    except TypeError:  # a file whose name is no UTF-8
        import json

        return json.dumps(plain, indent=2, default=str)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


class Once(click.Option):
    """An option that is asked for once: curate.toml cannot have it."""


json_option = click.option(
    "--json", "as_json", cls=Once, is_flag=True, help="Print one JSON object."
)


class _Group(click.Group):
    """The group, which says what a mistyped command may have meant."""

    command_class = Command

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
    ctx.obj = Context(folder, threads)
    if ctx.invoked_subcommand not in ("init", "demo"):
        ctx.default_map = _defaults(ctx, folder)


def _log(verbose: int) -> None:
    handler = terminal.LogHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("curate")
    logger.handlers = [handler]
    logging.lastResort = terminal.LogHandler(logging.WARNING)  # of what other packages log
    logger.setLevel([logging.WARNING, logging.INFO, logging.DEBUG][min(verbose, 2)])


def _defaults(ctx: click.Context, folder: Path) -> dict[str, Any]:
    """Returns `curate.toml` as Click's default map; every section and key must exist."""
    from curate import config

    if not (folder / config.NAME).exists():
        return {}
    sections = config.load(folder)
    keys_of: dict[str, set[str]] = {"project": set(config.PROJECT_KEYS)}
    for name, command in cli.commands.items():
        keys_of[name] = _keys(command, folder) if name in sections else set()
    config.check(folder, sections, keys_of)
    settings.check_values(folder, cli.commands, sections)
    return {
        name: _shared_out(cli.commands[name], keys, folder)
        for name, keys in sections.items()
        if name != "project"
    }


def _keys(command: click.Command, folder: Path) -> set[str]:
    """Returns what a section may hold: of a command, or of all commands of a group."""
    if isinstance(command, click.Group):
        return set().union(*(_keys(part, folder) for part in command.commands.values()))
    own = {p.name for p in command.params if p.name and not isinstance(p, Once)}
    return own | (command.extra_keys(folder) if isinstance(command, Command) else set())


def _shared_out(command: click.Command, keys: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Returns a section as defaults of a command; of a group, each command gets what it knows."""
    if not isinstance(command, click.Group):
        alone = {p.name for p in command.params if isinstance(p, settings.Several)}
        return {k: [v] if k in alone and not isinstance(v, list) else v for k, v in keys.items()}
    return {
        name: {key: keys[key] for key in _keys(part, folder) & keys.keys()}
        for name, part in command.commands.items()
    }


pass_context = click.pass_obj


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line; the only place that turns errors into messages and exit codes."""
    sys.excepthook = terminal.print_traceback
    try:
        cli.main(args=arguments, prog_name="curate", standalone_mode=False)
    except click.ClickException as error:
        text = settings.placed_usage(error)
        terminal.echo(f"Error: {text}\n" if text else terminal.message(error), err=True)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        terminal.echo("Interrupted; type the command again to go on.\n", err=True)
        sys.exit(INTERRUPTED)
    except RuntimeError as error:
        # DuckDB's word for Ctrl-C while it computes.
        if "nterrupt" not in str(error):
            raise
        terminal.echo("Interrupted; type the command again to go on.\n", err=True)
        sys.exit(INTERRUPTED)
    except CurateError as error:
        terminal.echo(f"Error: {error}\n", err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            # The reader (head, less) has seen enough; stdout goes nowhere, so that exit is quiet.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        if error.errno not in _MACHINE_ERRORS:
            raise
        advice = "Next: make room or get access, then type it again"
        terminal.echo(f"Error: {error}. {advice}\n", err=True)
        sys.exit(CurateError.exit_code)
