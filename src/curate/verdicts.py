"""Verdicts: which examples are in, and why the others are out, under today's ratings and settings.

Nothing here is stored: verdicts are derived from facts and evidence each time they are asked for,
so a late rating or a new threshold moves them and no evidence is recomputed. An export freezes
them into `version_examples`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate import config, filters
from curate.split import Plan, SplitSettings, plan, strictest
from curate.store import Store, sql

if TYPE_CHECKING:
    import duckdb


SPLIT_KEYS = ("test_size", "leak_threshold", "seed")


def prepare(store: Store, con: duckdb.DuckDBPyConnection, settings: SplitSettings) -> Plan:
    """Creates the temporary tables `plan`, `hits`, `excluded`, `duplicates`, `verdicts`, `issues`.

    `excluded` has every reason of every example that is out; `verdicts` one row per example with
    its side and its first reason, null where it is in.
    """
    made = plan(store, con, settings)
    con.register("planned", made.table)
    con.execute(sql("verdict_plan"))
    con.unregister("planned")
    filters.collect(store, con, filters.stored_settings(store, con))
    con.execute(sql("verdict_excluded"))
    exact = store.setting(con, "dedupe").get("exact", "example")
    con.execute(sql("verdict_duplicates"), {"exact": exact})
    con.execute(sql("verdict_excluded_duplicates"))
    con.execute(sql("verdict_final"))
    con.execute(sql("verdict_issues"))
    return made


def current(store: Store, con: duckdb.DuckDBPyConnection) -> Plan:
    """Prepares the verdicts as the next export would see them: by curate.toml, else as the last."""
    section = config.load(store.folder).get("export", {})
    told = {name: section[name] for name in SPLIT_KEYS if name in section}
    wanted = SplitSettings(**{**store.setting(con, "split"), **told})
    return prepare(store, con, strictest(store, con, wanted))
