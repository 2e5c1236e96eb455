"""Says where a bad setting was made: the line of curate.toml, or the variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from curate import config
from curate.cli.progress import under_way
from curate.errors import ConfigError
from curate.text.escaping import for_terminal

_WORDS = {
    "a valid integer range": "an integer",
    "a valid integer": "an integer",
    "a valid float": "a number",
    "a valid boolean": "true or false",
}
_OPTION = re.compile(r"--([a-z][a-z-]*)\b")


class Several(click.Option):
    """An option that may be given more than once, of which curate.toml may have one value alone."""


class Command(click.Command):
    """A command: its section of curate.toml has its options, and what it says itself.

    Its errors name the place of a setting that was not typed.
    """

    def extra_keys(self, folder: Path) -> set[str]:
        """Returns the keys of its section that are no options of it, in a project folder."""
        return set()

    def get_help(self, ctx: click.Context) -> str:
        """Returns the help, in which defaults stand that curate.toml may have."""
        return for_terminal(super().get_help(ctx))

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command.

        Raises:
            ConfigError: with the place of the setting in front, where it was not typed.
        """
        try:
            with under_way(ctx.command_path.removeprefix("curate ")):
                return super().invoke(ctx)
        except ConfigError as error:
            if text := _placed_error(ctx, error):
                raise ConfigError(text) from error
            raise


def placed_usage(error: click.ClickException) -> str | None:
    """Returns Click's message with the place of the value; None where the value was typed."""
    if not isinstance(error, click.BadParameter) or not error.ctx or not error.param:
        return None
    name = str(error.param.name)
    section = _section_of(error.ctx)
    where = _place(error.ctx, section, name, error.message)
    return where and f"{where}: {_plain(error.message)}. Next: {_next(section, where)}"


def _plain(message: str) -> str:
    """Returns Click's message in words for a file, where nothing is an integer range."""
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    return message.rstrip(".")


def check_values(
    folder: Path, commands: Mapping[str, click.Command], sections: Mapping[str, Any]
) -> None:
    """Refuses values of curate.toml that no command could take, also those of other commands.

    Raises:
        ConfigError: names the value and its line.
    """
    for section, keys in sections.items():
        command = commands.get(section)
        for parameter in _parameters(command) if command else ():
            if parameter.name in keys:
                _check_value(folder, section, parameter, keys[parameter.name])


def _parameters(command: click.Command) -> Iterator[click.Parameter]:
    parts = command.commands.values() if isinstance(command, click.Group) else [command]
    for part in parts:
        yield from part.params


def _check_value(folder: Path, section: str, parameter: click.Parameter, value: Any) -> None:
    name = str(parameter.name)
    several = parameter.multiple or parameter.nargs != 1
    help_ = f"curate {section} --help explains it"
    if isinstance(parameter, Several) and not isinstance(value, list):
        value = [value]
    if several and not isinstance(value, list):
        message, advice = f"{value!r} is not a list", f"{name} = [{_toml(value)}]"
    elif not several and isinstance(value, list | dict):
        message, advice = f"{value!r} is not a single value", f"correct that line; {help_}"
    else:
        try:
            # A boolean as it is written: as Python's it would count as a number.
            written = _toml(value) if isinstance(value, bool) else value
            parameter.type_cast_value(click.Context(click.Command(section)), written)
        except click.BadParameter as error:
            message, advice = _plain(error.message), f"correct that line; {help_}"
        else:
            return
    where = config.place(folder, section, name, message)
    raise ConfigError(f"{where}: {message}. Next: {advice}")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def _placed_error(ctx: click.Context, error: ConfigError) -> str | None:
    """Returns a message with the place of the setting it is about; None where it was typed."""
    message, section = str(error), error.section or _section_of(ctx)
    name = error.option or _option_of(ctx, message)
    where = name and _place(ctx, section, name, message)
    if not name or not where:
        return None
    for start in (f"--{name.replace('_', '-')}", name, name.replace("_", " ")):
        if message.startswith((f"{start}:", f"{start} ")):
            message = message.removeprefix(start).lstrip(": ")
            break
    message = message.replace(f"Next: curate {section} --{name} ", f"Next: {name} = ")
    more = "" if "Next: " in message else f" Next: {_next(section, where)}"
    return f"{where}: {message}{'.' if more and not message.endswith('.') else ''}{more}"


def _next(section: str, where: str) -> str:
    what = "correct that line" if " line " in where else "correct the variable"
    return f"{what}; curate {section} --help explains it"


def _option_of(ctx: click.Context, message: str) -> str | None:
    """Returns the option that a message is about: the one it begins with, or whose value it quotes.

    A value counts only where a single option has it and nobody typed it.
    """
    if match := _OPTION.match(message):
        return match[1].replace("-", "_")
    quoting = [
        name
        for name, value in ctx.params.items()
        if ctx.get_parameter_source(name)
        in (ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT)
        and any(repr(part) in message for part in _texts(value))
    ]
    return quoting[0] if len(quoting) == 1 else None


def _texts(value: Any) -> list[str]:
    parts = value if isinstance(value, tuple | list) else [value]
    return [part for part in parts if isinstance(part, str) and part]


def _place(ctx: click.Context, section: str, name: str, message: str) -> str | None:
    """Returns where an option has its value from; None where it was typed or is a default."""
    mine = section == _section_of(ctx)
    source = ctx.get_parameter_source(name) if mine else None
    if source is ParameterSource.ENVIRONMENT:
        return f"{ctx.auto_envvar_prefix}_{name.upper()}"
    typed = source in (ParameterSource.COMMANDLINE, ParameterSource.PROMPT)
    if typed or ctx.obj is None or name not in config.load(ctx.obj.folder).get(section, {}):
        return None
    return config.place(ctx.obj.folder, section, name, message)


def _section_of(ctx: click.Context) -> str:
    """Returns the section of curate.toml that a command reads: its own, or that of its group."""
    while ctx.parent is not None and ctx.parent.parent is not None:
        ctx = ctx.parent
    return str(ctx.info_name)
