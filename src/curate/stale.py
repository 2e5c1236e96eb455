"""Which stages of `curate run` have something to do: for `status`, and for `export` to say."""

from __future__ import annotations

from typing import Any

import duckdb

from curate import config, pairs, signals
from curate.contract import contract
from curate.dedupe import dedupe
from curate.embed import encoders
from curate.filters import filters
from curate.filters import rules as filter_rules
from curate.inputs import inputs
from curate.mislabels import mislabels
from curate.privacy import privacy
from curate.store import Store, sql
from curate.verdicts.verdicts import Today


def stale_stages(today: Today, depth: dict[str, int] | None = None) -> tuple[str, ...]:
    """Returns the stages that have something to do, in the order of `curate run`.

    Args:
        today: today's verdicts.
        depth: what `meaning` returns, where that is known.
    """
    store, con = today.store, today.con
    depth = depth or meaning(con)
    fresh_inputs = not _lacks_inputs(con)
    todo = {"filter": filter_is_stale(store, con)}
    todo["dedupe"] = not fresh_inputs or dedupe.outdated(store, con)
    if depth["embedded"] or encoders.available():
        todo["embed"] = bool(depth["unembedded"]) or not fresh_inputs
        todo["dedupe"] |= bool(depth["unpaired"])
        todo["cluster"] = bool(depth["unclustered"])
        todo["mislabels"] = mislabels.stale(today)
        todo["signals"] = signals.stale(store, con)
    todo["privacy"] = privacy.stale(store, con)
    todo["pairs"] = pairs.stale(store, con)
    order = ("filter", "embed", "dedupe", "cluster", "mislabels", "signals", "privacy", "pairs")
    return tuple(name for name in order if todo.get(name))


def command(stages: tuple[str, ...]) -> str:
    """Returns what brings these stages up to date."""
    return f"curate {stages[0]}" if len(stages) == 1 else "curate run"


def meaning(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Returns how far the stages that rest on meaning have come.

    These are `embedded`, `unembedded`, `unpaired` and `unclustered`.
    """
    cursor = con.execute(sql("stale/meaning"))
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))


def _lacks_inputs(con: duckdb.DuckDBPyConnection) -> bool:
    if inputs.are_current(con):
        return False
    return bool(con.execute(sql("stale/inputs_missing")).fetchall()[0][0])


def filter_is_stale(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether rules, settings or contract in curate.toml are others than those in force."""
    if filters.outdated(store, con) or contract.outdated(store, con):
        return True
    section: dict[str, Any] = dict(config.load(store.folder).get("filter", {}))
    if not section:
        return False
    skip, where = section.pop("skip", ()), section.pop("where", None)
    drop = section.pop("drop", ())
    for name, value in dict(part.partition("=")[::2] for part in section.pop("set", ())).items():
        section[name] = value
    wanted = filter_rules.resolve(filter_rules.rules(store.folder), section, skip, where, drop)
    return wanted.as_dict() != filters.stored_settings(store, con).as_dict()
