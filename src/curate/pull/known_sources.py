"""What the store knows of a source from earlier pulls."""

from __future__ import annotations

import json
from typing import Any

import duckdb

from curate import inputs
from curate.errors import ConfigError
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
    )
    return declaration, used


def summary_of(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, Any]:
    """Returns what a source holds, in counts."""
    cursor = con.execute(sql("pull/summary"), {"source": source})
    names = [column[0] for column in cursor.description or []]
    summary = dict(zip(names, cursor.fetchall()[0], strict=True))
    crossing = con.execute(sql("pull/split_overlap"), {"source": source}).fetchall()
    summary["split_overlap"] = {f"{a} / {b}": count for a, b, count in crossing}
    summary["template"] = inputs.templates(con).get(source)
    return summary
