"""What the store knows of a source from earlier pulls."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import duckdb

from curate.errors import ConfigError
from curate.inputs import templates
from curate.kernels.label_names import odd_names
from curate.kernels.templates import NO_TEMPLATES
from curate.messages import canonical
from curate.pull.mapping import Declared, FieldMap
from curate.pull.options import HELDOUT, PullOptions
from curate.store import sql


def remember_mapping(
    con: duckdb.DuckDBPyConnection, source: str, declared: Declared, used: FieldMap
) -> None:
    """Stores what was declared about a source, and how it was read."""
    mapping = canonical({"declared": declared.as_dict(), "used": used.as_dict()})
    parameters = {"source": source, "kind": used.kind, "mapping": mapping}
    con.execute(sql("pull/mapping_set"), parameters)


def default_source(con: duckdb.DuckDBPyConnection, options: PullOptions) -> str:
    """Returns the project's name for a source nobody named; feedback goes to the only one."""
    if options.heldout:
        return HELDOUT
    names = [row[0] for row in con.execute(sql("pull/sources")).fetchall() if row[0] != HELDOUT]
    if options.declared.kind != "feedback" or not names:
        return "logs"
    if len(names) > 1:
        raise ConfigError(
            f"feedback for which source? There are {', '.join(names)}. Next: --source NAME"
        )
    return str(names[0])


def known_mapping(
    con: duckdb.DuckDBPyConnection, source: str, declared: Declared
) -> tuple[Declared, Declared | None]:
    """Returns what was declared now or earlier, and how the last pull read this source."""
    rows = con.execute(sql("pull/mapping"), {"source": source, "kind": declared.kind}).fetchall()
    if not rows:
        return declared, None
    stored = json.loads(rows[0][0])
    earlier, used = (Declared(declared.kind, **stored[part]) for part in ("declared", "used"))
    declaration = Declared(
        declared.kind,
        {**earlier.fields, **declared.fields},
        declared.scale or earlier.scale,
        {**earlier.roles, **declared.roles},
        {**earlier.scales, **declared.scales},
        declared.preset or earlier.preset,
        declared.dates or earlier.dates,
    )
    return declaration, used


def _kinds(con: duckdb.DuckDBPyConnection, source: str) -> set[str]:
    rows = con.execute(sql("pull/kinds"), {"source": source}).fetchall()
    return {kind for (kind,) in rows} - {"feedback"}


def as_before(con: duckdb.DuckDBPyConnection, source: str, options: PullOptions) -> PullOptions:
    """Returns the options of a pull, of turns where the source was read as turns before."""
    if options.declared.kind == "interactions" and _kinds(con, source) == {"turns"}:
        return replace(options, declared=replace(options.declared, kind="turns"))
    return options


def refuse_other_kind(con: duckdb.DuckDBPyConnection, source: str, mapping: FieldMap) -> None:
    """Refuses to read a source as something else than before, which would replace all of it.

    Raises:
        ConfigError: it has been read as calls and would now be read as turns, or the other way.
    """
    before = _kinds(con, source)
    is_turns = mapping.kind == "turns"
    if mapping.kind == "feedback" or not before:
        return
    if (is_turns and "turns" not in before) or (is_turns and "text" not in mapping.fields):
        was, now = ("calls", "turns") if "turns" not in before else ("turns", "calls")
        raise ConfigError(
            f"source {source!r} has been read as {was}, and this pull would read it as {now}. "
            f"Next: --source NAME for logs of another kind{_taken_back(con, source)}"
        )


def _taken_back(con: duckdb.DuckDBPyConnection, source: str) -> str:
    """Returns what to type where a source was read wrong: its pulls are taken back, newest first.

    Nothing is said where there are too many, or one is too old to be taken back.
    """
    runs = [
        row[0] for row in con.execute(sql("pull/undo/kept_runs"), {"source": source}).fetchall()
    ]
    if not runs or len(runs) > _FEW_RUNS:
        return ""
    commands = ", then ".join(f"curate undo {run}" for run in runs)
    return f"; or, if it was read wrong, {commands}, and the same command again"


_FEW_RUNS = 3


def summary_of(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, Any]:
    """Returns what a source holds, in counts."""
    cursor = con.execute(sql("pull/summary"), {"source": source})
    names = [column[0] for column in cursor.description or []]
    summary = dict(zip(names, cursor.fetchall()[0], strict=True))
    crossing = con.execute(sql("pull/split_overlap"), {"source": source}).fetchall()
    summary["split_overlap"] = {f"{a} / {b}": count for a, b, count in crossing}
    classes = con.execute(sql("pull/label_names"), {"source": source}).fetchall()
    summary["odd_labels"] = odd_names(dict(classes))
    summary["templates"] = templates.stored(con).get(source, NO_TEMPLATES).affixes
    return summary
