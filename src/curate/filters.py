"""`curate filter`: drop rules, one SQL file each, and which examples they hit.

A rule is `sql/filters/NAME.sql`, of curate or of the project. It selects `example_id, reason,
score` from `candidates`. Its comment is the help; `-- $name type = default: help` declares an
option; `-- when: live` marks a rule that reads ratings or compares examples, which is evaluated
each time verdicts are asked for; other rules judge each revision of an example once.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from curate import where as where_clause
from curate.errors import ConfigError, unknown_name
from curate.store import Store, resource_dir, sql
from curate.text import digest

_PARAMETER = re.compile(r"^\$(\w+) (\S+) = (\S+): (.+)$")
_KEYS = {"when": ("live",), "judges": ("answer", "input")}
_KEEPS = "Keeps what meets: "
_RESERVED = ("where", "skip", "set", "list", "json", "as_json")


def _number(value: Any) -> float:
    number = float(value)
    if isinstance(value, bool) or not math.isfinite(number):
        raise ValueError(value)
    return number


def _integer(value: Any) -> int:
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise ValueError(value)
    return int(value)


def _day(value: Any) -> str:
    """Returns a day as written, a moment as naive UTC; what SQL casts to a timestamp."""
    text = str(value).strip()
    moment = datetime.fromisoformat(text)
    if len(text) <= len("2026-01-31"):
        return date.fromisoformat(text).isoformat()
    return (moment.astimezone(UTC) if moment.tzinfo else moment).replace(tzinfo=None).isoformat()


_TYPES: dict[str, Callable[[Any], Any]] = {
    "number": _number,
    "integer": _integer,
    "text": str,
    "date": _day,
}


@dataclass(frozen=True)
class Parameter:
    """An option of a rule: its type (or choices, `a|b`), default and help."""

    name: str
    kind: str
    default: Any
    help: str

    def parse(self, value: Any) -> Any:
        """Returns a value of this parameter's type.

        Raises:
            ConfigError: the value is not of that type, or not one of the choices.
        """
        if value is None or (isinstance(value, str) and value in ("none", "")):
            return None
        if "|" in self.kind:
            choices = self.kind.split("|")
            if not isinstance(value, str) or value not in choices:
                raise ConfigError(
                    unknown_name(self.name, str(value), choices), option=self.name, section="filter"
                )
            return value
        try:
            return _TYPES[self.kind](value)
        except (ValueError, TypeError, OverflowError) as error:
            kind = "an integer" if self.kind == "integer" else f"a {self.kind}"
            raise ConfigError(
                f"{self.name}: {value!r} is not {kind}", option=self.name, section="filter"
            ) from error


@dataclass(frozen=True)
class Rule:
    """One drop rule."""

    name: str
    help: str
    query: str
    parameters: tuple[Parameter, ...] = ()
    live: bool = False
    judges: str = "answer"
    trusted: bool = True


@dataclass(frozen=True)
class FilterSettings:
    """Which rules apply and with what numbers."""

    parameters: Mapping[str, Any] = field(default_factory=dict)
    skip: tuple[str, ...] = ()
    where: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {"parameters": dict(self.parameters), "skip": sorted(self.skip), "where": self.where}


@dataclass(frozen=True)
class FilterResult:
    """What the rules hit: examples checked now, and hits per (rule, reason)."""

    examples: int
    checked: int
    hits: tuple[tuple[str, str, int], ...]
    kept: int


def rules(folder: Path | None = None) -> dict[str, Rule]:
    """Returns the rules by name: curate's own, then those of a project's `sql/filters/`.

    Raises:
        ConfigError: a rule cannot be read, or has the name of another one.
    """
    found = {
        file.stem: parse_rule(file)
        for file in sorted((resource_dir("sql") / "filters").glob("*.sql"))
    }
    found = {"min_rating": found.pop("min_rating"), **found}
    for file in sorted((folder / "sql" / "filters").glob("*.sql")) if folder else []:
        if file.stem in found or file.stem in _RESERVED:
            raise ConfigError(f"{file}: there is a rule called {file.stem!r} already; rename it")
        rule = parse_rule(file, trusted=False)
        _refuse_clash(file, rule, found.values())
        found[file.stem] = rule
    return found


def _refuse_clash(file: Path, rule: Rule, others: Iterable[Rule]) -> None:
    """One name is one option: two rules may share it only where it means the same to both."""
    taken = {p.name: (p.kind, p.default, other.name) for other in others for p in other.parameters}
    for p in rule.parameters:
        kind, default, owner = taken.get(p.name, (p.kind, p.default, ""))
        if p.name in _RESERVED or (kind, default) != (p.kind, p.default):
            of = f"the rule {owner!r}" if owner else "curate filter"
            raise ConfigError(f"{file}: {of} has an option called {p.name!r} already; rename it")


def parse_rule(file: Path, *, trusted: bool = True) -> Rule:
    """Returns the rule that a file holds.

    Raises:
        ConfigError: the file is not UTF-8, or a line of its comment cannot be right.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not UTF-8 ({error.reason})") from error
    comments = [line[2:].strip() for line in text.splitlines() if line.startswith("--")]
    parameters, prose, keys = [], [], {}
    for comment in comments:
        key, colon, value = comment.partition(": ")
        if match := _PARAMETER.match(comment):
            name, kind, default, explained = match.groups()
            if kind not in _TYPES and "|" not in kind:
                raise ConfigError(f"{file}: ${name}: {unknown_name('type', kind, _TYPES)}")
            try:
                value = Parameter(name, kind, None, explained).parse(default)
            except ConfigError as error:
                raise ConfigError(f"{file}: {error}") from error
            parameters.append(Parameter(name, kind, value, explained))
        elif colon and key in _KEYS:
            keys[key] = value.strip()
            if keys[key] not in _KEYS[key]:
                raise ConfigError(f"{file}: {unknown_name(key, keys[key], _KEYS[key])}")
        else:
            prose.append(comment)
    return Rule(
        file.stem,
        " ".join(prose),
        text,
        tuple(parameters),
        keys.get("when") == "live",
        keys.get("judges", "answer"),
        trusted,
    )


def resolve(
    known: Mapping[str, Rule], given: Mapping[str, Any], skip: Sequence[str], where: str | None
) -> FilterSettings:
    """Returns complete settings: what was given, checked, and the defaults for the rest.

    Raises:
        ConfigError: a parameter or a rule to skip does not exist, or a value does not fit.
    """
    parameters = {p.name: p for rule in known.values() for p in rule.parameters}
    for name in given:
        if name not in parameters:
            raise ConfigError(unknown_name("filter option", name, parameters))
    for name in skip:
        if name not in known:
            raise ConfigError(unknown_name("rule", name, known), option="skip", section="filter")
    values = {name: p.parse(given.get(name, p.default)) for name, p in parameters.items()}
    return FilterSettings(values, tuple(skip), where or None)


def stored_settings(store: Store, con: duckdb.DuckDBPyConnection) -> FilterSettings:
    """Returns the settings that the last `curate filter` applied; the defaults before the first."""
    stored = store.setting(con, "filter")
    known = rules(store.folder)
    parameters = {p.name for rule in known.values() for p in rule.parameters}
    given = {k: v for k, v in stored.get("parameters", {}).items() if k in parameters}
    skip = [name for name in stored.get("skip", ()) if name in known]
    return resolve(known, given, skip, stored.get("where"))


def apply(store: Store, settings: FilterSettings) -> FilterResult:
    """Makes these the settings in force and judges what they have not judged yet.

    Raises:
        ConfigError: a rule of the project or the condition is not one SELECT, or fails.
    """
    if settings.where and (corrected := where_clause.compares_null(settings.where)):
        raise ConfigError(
            f"{settings.where}: a comparison with NULL is never true. "
            f"Next: {where_clause.command(corrected)}",
            option="where",
            section="filter",
        )
    with store.run("filter", settings.as_dict()) as run:
        with store.write() as con:
            run.changed |= store.set_setting(con, "filter", settings.as_dict())
            checked = refresh(store, con, settings)
            run.changed |= checked > 0
            # Live rules are tried before anything is stored: one that fails must not stay in force.
            collect(store, con, settings)
            counts = con.execute(sql("filters/counts")).fetchall()
            examples, kept = con.execute(sql("filters/kept")).fetchall()[0]
        run.counts = {"checked": checked, "kept": kept}
    return FilterResult(examples, checked, tuple((r, why, n) for r, why, n in counts), kept)


def refresh(store: Store, con: duckdb.DuckDBPyConnection, settings: FilterSettings) -> int:
    """Judges the examples that the rules on content have not judged under these settings.

    Returns:
        How many examples were judged.
    """
    content = [r for r in _active(store, settings) if not r.live]
    if store.set_setting(con, "filter_content", _in_force(store, con, content, settings)):
        con.execute(sql("filters/hits_clear"))
        con.execute(sql("filters/checked_clear"))
    con.execute(sql("filters/candidates_new"))
    fresh = int(con.execute(sql("filters/candidates_count")).fetchall()[0][0])
    if fresh:
        con.execute(sql("filters/hits_forget"))
        for rule in content:
            con.register("found", _evaluate(con, rule, _arguments(rule, settings)))
            con.execute(sql("filters/hits_add"), {"rule": rule.name})
            con.unregister("found")
        con.execute(sql("filters/checked_forget"))
        con.execute(sql("filters/checked_add"))
    con.execute(sql("filters/candidates_drop"))
    return fresh


def _in_force(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    content: Sequence[Rule],
    settings: FilterSettings,
) -> dict[str, str]:
    return {
        "rules": digest(repr([(r.name, r.query, _arguments(r, settings)) for r in content])),
        "project": digest(repr(store.setting(con, "project"))),
    }


def outdated(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether examples were judged by other rules on content than those of today."""
    settings = stored_settings(store, con)
    content = [r for r in _active(store, settings) if not r.live]
    judged = store.setting(con, "filter_content")
    return bool(judged) and judged != _in_force(store, con, content, settings)


def collect(store: Store, con: duckdb.DuckDBPyConnection, settings: FilterSettings) -> None:
    """Creates the temporary table `hits`: what every rule drops now, ratings of today included."""
    con.execute(sql("filters/candidates_all"))
    con.execute(sql("filters/hits_temp"))
    for place, rule in enumerate(_active(store, settings)):
        if rule.live:
            con.register("found", _evaluate(con, rule, _arguments(rule, settings)))
            con.execute(sql("filters/hits_temp_live"), {"rule": rule.name})
            con.unregister("found")
        con.execute(
            sql("filters/hits_temp_place"),
            {"rule": rule.name, "place": place, "judges": rule.judges},
        )
    con.execute(sql("filters/hits_temp_gone"))


def _active(store: Store, settings: FilterSettings) -> list[Rule]:
    found = [r for r in rules(store.folder).values() if r.name not in settings.skip]
    if settings.where:
        # The condition is the user's own SQL; `_sandboxed` sees to it that it can only read.
        query = (
            "SELECT example_id, 'condition' AS reason, NULL AS score FROM candidates "  # noqa: S608
            f"WHERE NOT coalesce(({settings.where}\n), false)"
        )
        found.append(
            Rule(
                "where",
                f"{_KEEPS}{settings.where}",
                query,
                live=True,
                judges="input",
                trusted=False,
            )
        )
    return found


def _arguments(rule: Rule, settings: FilterSettings) -> dict[str, Any]:
    return {p.name: settings.parameters.get(p.name, p.default) for p in rule.parameters}


def _evaluate(con: duckdb.DuckDBPyConnection, rule: Rule, arguments: dict[str, Any]) -> pa.Table:
    if rule.trusted:
        return con.sql(rule.query, params=arguments).to_arrow_table()
    return _sandboxed(con, rule, arguments)


def _sandboxed(con: duckdb.DuckDBPyConnection, rule: Rule, arguments: dict[str, Any]) -> pa.Table:
    """Runs a user's rule over a copy of the candidates, without file or network access."""
    with duckdb.connect(":memory:", config={"enable_external_access": False}) as box:
        candidates = con.sql(sql("filters/candidates")).to_arrow_table()
        box.register("copy", candidates)
        box.execute(sql("filters/sandbox_copy"))
        box.unregister("copy")
        box.execute("SET TimeZone = 'UTC'")
        box.execute("SET lock_configuration = true")
        try:
            statements = duckdb.extract_statements(rule.query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise ConfigError(f"rule {rule.name!r}: expected exactly one SELECT statement")
            found = box.sql(rule.query, params=arguments).to_arrow_table()
        except duckdb.Error as error:
            raise _rule_error(rule, str(error), candidates.column_names) from error
    missing = [c for c in ("example_id", "reason", "score") if c not in found.column_names]
    if missing:
        raise ConfigError(
            f"rule {rule.name!r} must return example_id, reason and score: no {missing[0]}"
        )
    return found


def _rule_error(rule: Rule, message: str, columns: Sequence[str]) -> ConfigError:
    if rule.name == "where":
        text = where_clause.explain(rule.help.removeprefix(_KEEPS), message, columns)
        return ConfigError(f"rule 'where': {text}", option="where", section="filter")
    hint = ""
    if "human_rating" in message and not rule.live:
        hint = " A rule that reads ratings needs the line `-- when: live`."
    return ConfigError(f"rule {rule.name!r}: {' '.join(message.split())[:300]}.{hint}")
