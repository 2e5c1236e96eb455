"""Options that several commands have."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import click

from curate.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from curate.pull.options import PullOptions, Reading


class _Kind(click.ParamType[str]):
    """A kind of labelling work."""

    name = "kind"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        from curate.label import kinds

        return f"[{'|'.join(kinds.names())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        from curate.label import kinds

        if value not in kinds.names():
            self.fail(unknown_name("kind of work", str(value), kinds.names()), param, ctx)
        return str(value)


kind_option = click.option(
    "--kind",
    type=_Kind(),
    help="Of the work (default: by the project's task).",
)


def pull_options(options: dict[str, Any], *, heldout: bool = False) -> PullOptions:
    """Returns the options of a pull as its settings."""
    from curate.pull.mapping import Declared, Kind, parse_pairs
    from curate.pull.options import PullOptions

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
    from curate.pull.dialects import is_database
    from curate.pull.options import Reading

    values = {f.name: options[f.name] for f in dataclasses.fields(Reading) if options.get(f.name)}
    locations = options.get("files") or options["locations"]
    if not any(is_database(name, options.get("cursor")) for name in locations):
        source_of = click.get_current_context().get_parameter_source
        typed = click.core.ParameterSource.COMMANDLINE
        values = {name: value for name, value in values.items() if source_of(name) is typed}
    return Reading(**values)
