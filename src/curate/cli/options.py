"""Options that several commands have."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from curate.errors import ConfigError, unknown_name

if TYPE_CHECKING:
    from curate.pull.options import PullOptions, Reading


class KindOfWork(click.ParamType[str]):
    """A kind of labelling work."""

    name = "kind"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """Returns the names of the kinds."""
        from curate.label import kinds

        return f"[{'|'.join(kinds.names())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Returns the name of a kind; of what is none, refuses it with the closest one."""
        from curate.label import kinds

        if value not in kinds.names():
            self.fail(unknown_name("kind of work", str(value), kinds.names()), param, ctx)
        return str(value)


class Size(click.ParamType[int]):
    """A number of bytes, such as 16MB."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Returns the number of bytes."""
        match = re.fullmatch(r"(\d+)\s*([kmg]?)(?:i?b)?", str(value).strip(), re.IGNORECASE)
        if match is None or int(match[1]) == 0:
            self.fail(f"{value!r}: expected a size such as 64MB", param, ctx)
        power = " kmg".index(match[2].lower() or " ")
        return int(match[1]) << 10 * power


class FiniteRange(click.FloatRange):
    """A number within a range; infinity, and what is no number, are within none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Returns the number."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value!r}: expected a finite number", param, ctx)
        return number


kind_option = click.option(
    "--kind",
    type=KindOfWork(),
    help="Of the work (default: by the project's task).",
)


def pull_options(options: dict[str, Any], *, heldout: bool = False) -> PullOptions:
    """Returns the options of a pull as its settings."""
    from curate.pull.fields import Kind
    from curate.pull.mapping import Declared, parse_pairs
    from curate.pull.options import PullOptions
    from curate.sources import MAX_DOCUMENT

    kind: Kind = "feedback" if options.get("as") == "feedback" else "interactions"
    if options.get("turns"):
        if kind == "feedback":
            raise ConfigError("--turns and --as feedback do not go together")
        kind = "turns"
    fields = parse_pairs("--map", options["map"])
    scale, scales = _scales(options["scale"])
    if kind == "feedback" and (key := options.pop("key")):
        fields["key"] = key
    return PullOptions(
        source=options["source"],
        declared=Declared(
            kind,
            fields,
            scale,
            parse_pairs("--role", options.get("role", ())),
            scales,
            options.get("preset"),
            options.get("dates"),
        ),
        only=_only(options.get("only", ())),
        file_format=options["format"],
        table=options.get("table"),
        query=options.get("query"),
        rater=options.get("rater", "human_user"),
        heldout=heldout,
        evict=options.get("evict", False),
        where=options.get("where"),
        encoding=options.get("encoding"),
        max_document=options.get("max_document") or MAX_DOCUMENT,
        database=_reading(options),
        reread=options.get("reread", False),
        yes=options.get("yes", False),
    )


def _scales(options: str | Sequence[str] | None) -> tuple[str | None, dict[str, str]]:
    """Returns the scale of all ratings, and those of scores that were named."""
    from curate.pull.rating import parse_scale

    common, named = None, {}
    for text in [options] if isinstance(options, str) else options or ():
        name, colon, scale = text.rpartition(":")
        parse_scale(scale if colon else text)
        if colon:
            named[name] = scale
        else:
            common = text
    return common, named


def _only(pairs: Sequence[str]) -> dict[str, list[str]]:
    """Returns the values of each field that rows are chosen by."""
    from curate.pull.mapping import parse_pairs

    chosen: dict[str, list[str]] = {}
    for pair in pairs:
        for name, value in parse_pairs("--only", [pair]).items():
            chosen.setdefault(name, []).append(value)
    return chosen


def _reading(options: dict[str, Any]) -> Reading:
    """Returns how a database or platform is read; of files, curate.toml says nothing about it."""
    from curate.pull.dialects import is_database
    from curate.pull.options import Reading
    from curate.sources.platforms import platform_of

    values = {f.name: options[f.name] for f in dataclasses.fields(Reading) if options.get(f.name)}
    locations = options.get("files") or options["locations"]
    if not any(is_database(at, options.get("cursor")) or platform_of(at) for at in locations):
        source_of = click.get_current_context().get_parameter_source
        typed = click.core.ParameterSource.COMMANDLINE
        values = {name: value for name, value in values.items() if source_of(name) is typed}
    return Reading(**values)
