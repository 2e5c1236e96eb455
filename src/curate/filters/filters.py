"""`curate filter`: which examples the drop rules hit.

What a rule is, and which there are, is said in `filters/rules.py`. A live rule is evaluated each
time verdicts are asked for; other rules judge each revision of an example once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from curate.errors import ConfigError
from curate.filters.rules import FilterSettings, Rule, resolve, rules
from curate.store import Run, Store, fetch_arrow, sql
from curate.store import conditions as where_clause
from curate.text.notebook import Shown
from curate.text.text import digest

_COMMAND = "curate filter"
_KEEPS = "Keeps what meets: "


@dataclass(frozen=True)
class FilterResult(Shown):
    """What the rules hit: examples checked now, and hits per (rule, reason).

    Attributes:
        notes: examples that rules hit which only note, per rule.
    """

    examples: int
    checked: int
    hits: tuple[tuple[str, str, int], ...]
    kept: int
    notes: tuple[tuple[str, int], ...] = ()


def stored_settings(store: Store, con: duckdb.DuckDBPyConnection) -> FilterSettings:
    """Returns the settings that the last `curate filter` applied; the defaults before the first."""
    last = store.setting(con, "filter")
    known = rules(store.folder)
    parameters = {p.name for rule in known.values() for p in rule.parameters}
    given = {k: v for k, v in last.get("parameters", {}).items() if k in parameters}
    skip = [name for name in last.get("skip", ()) if name in known]
    drop = [name for name in last.get("drop", ()) if name in known and known[name].notes]
    return resolve(known, given, skip, last.get("where"), drop)


def apply(
    store: Store, settings: FilterSettings, *, gather: Callable[[Run], None] = lambda _: None
) -> FilterResult:
    """Makes these the settings in force and judges what they have not judged yet.

    Args:
        store: the project's store.
        settings: which rules apply and with what numbers.
        gather: called first; stores the evidence that rules read.

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
        gather(run)
        with store.write() as con:
            run.changed |= store.set_setting(con, "filter", settings.as_dict())
            checked = refresh(store, con, settings)
            run.changed |= checked > 0
            # Live rules are tried before anything is stored: one that fails must not stay in force.
            collect(store, con, settings)
            counts = con.execute(sql("filters/counts")).fetchall()
            examples, kept = con.execute(sql("filters/kept")).fetchall()[0]
            notes = con.execute(sql("filters/notes_count")).fetchall()
        run.counts = {"checked": checked, "kept": kept}
    hits = tuple((rule, reason, count) for rule, reason, count in counts)
    return FilterResult(examples, checked, hits, kept, tuple((r, n) for r, n in notes))


def refresh(store: Store, con: duckdb.DuckDBPyConnection, settings: FilterSettings) -> int:
    """Judges the examples that the rules on content have not judged under these settings.

    Returns:
        How many examples were judged.
    """
    content = [r for r in active(store, settings) if not r.live]
    if store.set_setting(con, "filter_content", _in_force(store, con, content, settings)):
        con.execute(sql("filters/hits_clear"))
        con.execute(sql("filters/checked_clear"))
    con.execute(sql("filters/unjudged"))
    fresh, since = con.execute(sql("filters/unjudged_count")).fetchall()[0]
    if fresh:
        _judge(con, content, settings, since)
    return int(fresh)


def _judge(
    con: duckdb.DuckDBPyConnection, content: Sequence[Rule], settings: FilterSettings, since: int
) -> None:
    """Stores what the rules on content say of the examples that they have not judged.

    No run before `since` has stored any of these.
    """
    con.execute(sql("filters/candidates_new"), {"since": since})
    con.execute(sql("filters/hits_forget"))
    for rule in content:
        con.register("found", _evaluate(con, rule, _arguments(rule, settings)))
        own = sql("filters/hits_add_own")
        con.execute(own if rule.trusted else sql("filters/hits_add"), {"rule": rule.name})
        con.unregister("found")
    con.execute(sql("filters/checked_forget"))
    con.execute(sql("filters/checked_add"))
    con.execute(sql("filters/candidates_drop"))


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
    content = [r for r in active(store, settings) if not r.live]
    judged = store.setting(con, "filter_content")
    return bool(judged) and judged != _in_force(store, con, content, settings)


def collect(store: Store, con: duckdb.DuckDBPyConnection, settings: FilterSettings) -> None:
    """Creates temporary tables of what every rule hits now, ratings of today included.

    These are `hits`, of rules that drop, and `notes`, of rules that only note.
    """
    con.execute(sql("filters/hits_temp"))
    con.execute(sql("filters/rated"))
    rules_in_force = active(store, settings)
    for place, rule in enumerate(rules_in_force):
        if rule.live:
            # Our own live rules look at no inputs.
            own = sql("filters/candidates_rated")
            con.execute(own if rule.trusted else sql("filters/candidates_all"))
            found = _evaluate(con, rule, _arguments(rule, settings))
            con.register("found", _with_evidence(found) if rule.trusted else found)
            own = sql("filters/hits_temp_own")
            con.execute(own if rule.trusted else sql("filters/hits_temp_live"), {"rule": rule.name})
            con.unregister("found")
        if settings.drops(rule):
            con.execute(
                sql("filters/hits_temp_place"),
                {"rule": rule.name, "place": place, "judges": rule.judges},
            )
    noted = [rule.name for rule in rules_in_force if not settings.drops(rule)]
    con.execute(sql("filters/notes_temp"), {"rules": noted})
    con.execute(sql("filters/hits_temp_gone"))


def active(store: Store, settings: FilterSettings) -> list[Rule]:
    """Returns the rules that apply under these settings, the condition `where` as one of them."""
    found = [r for r in rules(store.folder).values() if r.name not in settings.skip]
    if settings.where:
        found.append(_condition(settings.where, "false"))
    return found


def meeting(con: duckdb.DuckDBPyConnection, condition: str, of: str) -> list[str]:
    """Returns the examples that meet a condition over the columns of `candidates`.

    Args:
        con: a connection that may make temporary tables.
        condition: the user's SQL; it can only read.
        of: the command that has the condition, for its errors.

    Raises:
        ConfigError: the condition cannot be read.
    """
    if corrected := where_clause.compares_null(condition):
        raise ConfigError(
            f"{condition}: a comparison with NULL is never true. "
            f"Next: {where_clause.command(corrected, of)}"
        )
    con.execute(sql("filters/rated"))
    con.execute(sql("filters/candidates_all"))
    found = _sandboxed(con, _condition(condition, "true"), {}, of)
    return list(found["example_id"].to_pylist())


def _condition(condition: str, outcome: str) -> Rule:
    """Returns the rule that hits what meets a condition (`true`), or what does not (`false`)."""
    # The condition is the user's own SQL; `_sandboxed` sees to it that it can only read.
    query = (
        "SELECT example_id, 'condition' AS reason, NULL AS score FROM candidates "  # noqa: S608
        f"WHERE coalesce(({condition}\n), false) = {outcome}"
    )
    return Rule(
        "where", f"{_KEEPS}{condition}", query, live=True, judges="input", trusted=False,
    )  # fmt: skip


def _arguments(rule: Rule, settings: FilterSettings) -> dict[str, Any]:
    return {p.name: settings.parameters.get(p.name, p.default) for p in rule.parameters}


def _evaluate(con: duckdb.DuckDBPyConnection, rule: Rule, arguments: dict[str, Any]) -> pa.Table:
    if rule.trusted:
        return fetch_arrow(con, rule.query, arguments)
    return _sandboxed(con, rule, arguments)


def _with_evidence(found: pa.Table) -> pa.Table:
    """Returns what a rule of ours found with the column `evidence`, which few of them have."""
    if "evidence" in found.column_names:
        return found
    return found.append_column("evidence", pa.nulls(found.num_rows, pa.string()))


def _sandboxed(
    con: duckdb.DuckDBPyConnection, rule: Rule, arguments: dict[str, Any], of: str = _COMMAND
) -> pa.Table:
    """Runs a user's rule over a copy of the candidates, without file or network access."""
    candidates = con.sql(sql("filters/candidates"))
    if names := _named(rule, candidates.columns):
        columns = [duckdb.ColumnExpression(name) for name in names]
        try:
            return _in_a_box(candidates.select(*columns).to_arrow_table(), rule, arguments, of)
        except ConfigError:
            pass  # told below, where all columns can be suggested
    return _in_a_box(candidates.to_arrow_table(), rule, arguments, of)


def _named(rule: Rule, columns: Sequence[str]) -> list[str]:
    """Returns the columns that a condition names, none where it may mean others, too.

    Copying the messages of all calls takes longer than most conditions.
    """
    words = set(re.findall(r"\w+|\*", rule.help.lower().removeprefix(_KEEPS.lower())))
    if rule.name != "where" or words & {"*", "columns", "candidates"}:
        return []
    return ["example_id", *(name for name in columns if name in words and name != "example_id")]


def _in_a_box(candidates: pa.Table, rule: Rule, arguments: dict[str, Any], of: str) -> pa.Table:
    with duckdb.connect(":memory:", config={"enable_external_access": False}) as box:
        box.register("copy", candidates)
        box.execute(sql("filters/sandbox_copy"))
        box.unregister("copy")
        box.execute("SET TimeZone = 'UTC'")
        box.execute("SET lock_configuration = true")
        try:
            statements = duckdb.extract_statements(rule.query)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise ConfigError(f"rule {rule.name!r}: expected exactly one SELECT statement")
            hits = fetch_arrow(box, rule.query, arguments)
        except duckdb.Error as error:
            raise _rule_error(rule, str(error), candidates.column_names, of) from error
    missing = [c for c in ("example_id", "reason", "score") if c not in hits.column_names]
    if missing:
        raise ConfigError(
            f"rule {rule.name!r} must return example_id, reason and score: no {missing[0]}"
        )
    return hits


def _rule_error(rule: Rule, message: str, columns: Sequence[str], of: str) -> ConfigError:
    if rule.name == "where":
        text = where_clause.explain(rule.help.removeprefix(_KEEPS), message, columns, of)
        if of != _COMMAND:
            return ConfigError(text, option="where")
        return ConfigError(f"rule 'where': {text}", option="where", section="filter")
    hint = ""
    if "human_rating" in message and not rule.live:
        hint = " A rule that reads ratings needs the line `-- when: live`."
    return ConfigError(f"rule {rule.name!r}: {' '.join(message.split())[:300]}.{hint}")
