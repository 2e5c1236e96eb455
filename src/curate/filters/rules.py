"""Drop rules: one SQL file each, read without a store.

A rule is `sql/filters/NAME.sql`, of curate or of the project. It selects `example_id, reason,
score` from `candidates`; a live one of curate may add `evidence`, a text that `why` shows. Its
comment is the help; `-- $name type = default: help` declares an option; `-- when: live` marks a
rule that reads ratings or compares examples; `-- judges: input` one that says nothing of the
answer; `-- does: note` one that drops only where it is asked to.
`filters/filters.py` evaluates them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, unknown_name
from curate.store import resource_dir
from curate.store.headers import Parameter, read_header
from curate.text.notebook import Shown

_KEYS = {"when": ("live",), "judges": ("answer", "input"), "does": ("note",)}
_RESERVED = ("where", "skip", "drop", "set", "list", "json", "as_json")


@dataclass(frozen=True)
class Rule(Shown):
    """One drop rule."""

    name: str
    help: str
    query: str
    parameters: tuple[Parameter, ...] = ()
    live: bool = False
    judges: str = "answer"
    trusted: bool = True
    notes: bool = False


@dataclass(frozen=True)
class FilterSettings:
    """Which rules apply and with what numbers."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    skip: tuple[str, ...] = ()
    where: str | None = None
    drop: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        settings = {"parameters": dict(self.parameters), "skip": sorted(self.skip)}
        drop = {"drop": sorted(self.drop)} if self.drop else {}  # stores from before it have none
        return {**settings, "where": self.where, **drop}

    def drops(self, rule: Rule) -> bool:
        """Returns whether what a rule hits is out, and not only noted."""
        return not rule.notes or rule.name in self.drop


def rules(folder: Path | None = None) -> dict[str, Rule]:
    """Returns the rules by name: curate's own, then those of a project's `sql/filters/`.

    Raises:
        ConfigError: a rule cannot be read, or has the name of another one.
    """
    rule_of = {
        file.stem: parse_rule(file)
        for file in sorted((resource_dir("sql") / "filters").glob("*.sql"))
    }
    rule_of = {"min_rating": rule_of.pop("min_rating"), **rule_of}
    for file in sorted((folder / "sql" / "filters").glob("*.sql")) if folder else []:
        if file.stem in rule_of or file.stem in _RESERVED:
            raise ConfigError(f"{file}: there is a rule called {file.stem!r} already; rename it")
        rule = parse_rule(file, trusted=False)
        _refuse_clash(file, rule, rule_of.values())
        rule_of[file.stem] = rule
    return rule_of


def _refuse_clash(file: Path, rule: Rule, others: Iterable[Rule]) -> None:
    """One name is one option: two rules may share it only where it means the same to both."""
    owner_of = {
        p.name: (p.kind, p.default, other.name) for other in others for p in other.parameters
    }
    for p in rule.parameters:
        kind, default, owner = owner_of.get(p.name, (p.kind, p.default, ""))
        if p.name in _RESERVED or (kind, default) != (p.kind, p.default):
            of = f"the rule {owner!r}" if owner else "curate filter"
            raise ConfigError(f"{file}: {of} has an option called {p.name!r} already; rename it")


def parse_rule(file: Path, *, trusted: bool = True) -> Rule:
    """Returns the rule that a file holds.

    Raises:
        ConfigError: the file is not UTF-8, or a line of its comment cannot be right.
    """
    header = read_header(file, _KEYS)
    return Rule(
        file.stem,
        header.help,
        header.text,
        header.parameters,
        header.keys.get("when") == "live",
        header.keys.get("judges", "answer"),
        trusted,
        header.keys.get("does") == "note",
    )


def _parse(parameter: Parameter, value: Any) -> Any:
    try:
        return parameter.parse(value)
    except ConfigError as error:
        raise ConfigError(str(error), option=error.option, section="filter") from error


def resolve(
    known: Mapping[str, Rule],
    given: Mapping[str, Any],
    skip: Sequence[str],
    where: str | None,
    drop: Sequence[str] = (),
) -> FilterSettings:
    """Returns complete settings: what was given, checked, and the defaults for the rest.

    Raises:
        ConfigError: a parameter or a named rule does not exist, or a value does not fit.
    """
    parameters = {p.name: p for rule in known.values() for p in rule.parameters}
    for name in given:
        if name not in parameters:
            raise ConfigError(unknown_name("filter option", name, parameters))
    for name in skip:
        if name not in known:
            raise ConfigError(unknown_name("rule", name, known), option="skip", section="filter")
    notes = [rule.name for rule in known.values() if rule.notes]
    for name in drop:
        if name not in notes:
            message = unknown_name("rule that only notes", name, notes)
            raise ConfigError(message, option="drop", section="filter")
    values = {name: _parse(p, given.get(name, p.default)) for name, p in parameters.items()}
    return FilterSettings(values, tuple(skip), where or None, tuple(drop))
