"""Verdicts: which examples are in, and why the others are out, under today's ratings and settings.

Nothing of them is in the store: a command derives them once from facts and evidence, so a late
rating or a new threshold moves them and no evidence is recomputed. What was derived last is kept
beside the store (`kept`) until something changes. Whoever needs verdicts takes the `Today` that
`today` yields. An export freezes them into `version_examples`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import duckdb
import pyarrow as pa

from curate import config
from curate.filters import filters
from curate.filters.rules import FilterSettings
from curate.options import DedupeSettings, SplitSettings
from curate.split import Plan, plan, strictest
from curate.store import Store, fetch_arrow, sql
from curate.verdicts import detectors, kept

SPLIT_KEYS = ("test_size", "leak_threshold", "seed", "group", "split")


@dataclass(frozen=True)
class Today:
    """Today's verdicts on one open connection.

    The temporary tables of the connection are `plan` (the ledger as the next export would leave
    it), `excluded` (every reason of every example that is out), `duplicates`, `verdicts` (one row
    per example: its side and its first reason, null where it is in), `suspects` and `issues`; where
    they were kept, these are tables of the attached file.

    Attributes:
        store: the project's store.
        con: a connection to it.
        plan: the ledger as the next export would leave it.
        split: settings of the split, under which the plan was made.
        dedupe: what makes a duplicate.
        filters: rules in force.
        kept: what was kept with the verdicts; empty where they were derived from nothing.
    """

    store: Store
    con: duckdb.DuckDBPyConnection
    plan: Plan
    split: SplitSettings
    dedupe: DedupeSettings
    filters: FilterSettings
    kept: Mapping[str, str] = field(default_factory=dict)
    _tables: dict[str, tuple[str, dict[str, Any]]] = field(default_factory=dict, repr=False)

    def ledger(self) -> pa.Table:
        """Returns the ledger as the next export would leave it, as `split.plan` does."""
        return self.con.sql(sql("verdicts/ledger")).to_arrow_table()

    def add(self, name: str, query: str, parameters: Mapping[str, Any] | None = None) -> None:
        """Creates a temporary table out of the verdicts, unless it is there already.

        Args:
            name: of the table.
            query: creates or replaces it.
            parameters: of the query; with other ones than before, the table is made anew.
        """
        made_by = (query, dict(parameters or {}))
        if self._tables.get(name) != made_by:
            self.con.execute(query, made_by[1])
            self._tables[name] = made_by


@contextmanager
def today(
    store: Store,
    *,
    split: SplitSettings | None = None,
    dedupe: DedupeSettings | None = None,
    at_end: bool = False,
    named: str | None = None,
) -> Iterator[Today]:
    """Yields today's verdicts; the store is open for reading meanwhile.

    Args:
        store: the project's store.
        split: its settings; None for those of the next export: by curate.toml, else the last ones.
        dedupe: what makes a duplicate; None for the settings of the last `curate dedupe`.
        at_end: whether the run stores nothing after them, so that they are kept.
        named: the name that they had before the run stored what they do not follow from.
    """
    with store.read() as con:
        handle = derive(store, con, split=split, dedupe=dedupe, named=named)
        if at_end and store.is_changing:
            keep(handle, {}, ended=True)
            store.keeps_early = True
        yield handle


def derive(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    *,
    split: SplitSettings | None = None,
    dedupe: DedupeSettings | None = None,
    named: str | None = None,
) -> Today:
    """Returns today's verdicts on a connection that is open already.

    Args:
        store: the project's store.
        con: a connection to it.
        split: as `today` takes it.
        dedupe: likewise.
        named: likewise.
    """
    split = split or next_split(store, con)
    dedupe = dedupe or DedupeSettings(**store.setting(con, "dedupe"))
    rules = filters.stored_settings(store, con)
    named = named or kept.key(store, con, split, dedupe, rules)
    facts = kept.attach(store, con, named)
    store.uses_verdicts = True
    if not facts:
        return from_nothing(store, con, split, dedupe, rules)
    con.execute(sql("verdicts/alike_inputs"))
    return Today(store, con, Plan(**json.loads(facts["plan"])), split, dedupe, rules, facts)


def keep(today: Today, facts: Mapping[str, str], *, ended: bool = False) -> None:
    """Leaves verdicts and some facts beside the store, for those who come before the next change.

    Args:
        today: today's verdicts.
        facts: name -> text; they are `Today.kept` of whoever comes.
        ended: whether a run is changing the store, but has stored all that it will.
    """
    settings = today.split, today.dedupe, today.filters
    if named := kept.key(today.store, today.con, *settings, ended=ended):
        all_facts = {**facts, "key": named, "plan": json.dumps(asdict(today.plan))}
        kept.save(today.store, today.con, all_facts, are_kept=bool(today.kept))


def name(store: Store, con: duckdb.DuckDBPyConnection) -> str | None:
    """Returns what names today's verdicts; None where the run under way has changed something."""
    split, dedupe = next_split(store, con), DedupeSettings(**store.setting(con, "dedupe"))
    return kept.key(store, con, split, dedupe, filters.stored_settings(store, con))


def carry_over(store: Store, named: str | None) -> None:
    """Keeps the verdicts that there were for what the run under way leaves.

    Args:
        store: the project's store.
        named: the name that they had before the run stored what they do not follow from.
    """
    if store.is_changing:
        with today(store, at_end=True, named=named):
            pass


def from_nothing(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    split: SplitSettings,
    dedupe: DedupeSettings,
    rules: FilterSettings,
) -> Today:
    """Returns today's verdicts, whatever was kept."""
    con.execute(sql("verdicts/today_examples"))
    ledger, table = plan(store, con, split)
    con.register("planned", table)
    con.execute(sql("verdicts/plan"))
    con.unregister("planned")
    filters.collect(store, con, rules)
    con.execute(sql("verdicts/excluded"))
    con.execute(sql("verdicts/passing"))
    con.execute(sql("verdicts/alike_inputs"))
    handle = Today(store, con, ledger, split, dedupe, rules)
    find_duplicates(handle, dedupe)
    con.execute(sql("verdicts/excluded_duplicates"))
    con.execute(sql("verdicts/first_reasons"))
    con.execute(sql("verdicts/mislabels_suspects"))
    con.execute(sql("verdicts/issues"), {"near": dedupe.near})
    con.execute(sql("verdicts/mislabels_issues"))
    return handle


def next_split(store: Store, con: duckdb.DuckDBPyConnection) -> SplitSettings:
    """Returns the settings of the split at the next export: by curate.toml, else the last ones."""
    section = config.load(store.folder).get("export", {})
    typed = {name: section[name] for name in SPLIT_KEYS if name in section}
    settings = SplitSettings(**{**store.setting(con, "split"), **typed})
    return strictest(store, con, settings)


@contextmanager
def resume(today: Today, verdicts: pa.Table) -> Iterator[Today]:
    """Yields the same verdicts beside what was stored since they were derived.

    Of the temporary tables only `verdicts` and `suspects` are there.

    Args:
        today: whose connection may be closed by now.
        verdicts: what it said of every example: example_id, side, exposed, reason.
    """
    with today.store.read() as con:
        con.register("verdicts", verdicts)
        con.execute(sql("verdicts/mislabels_suspects"))
        yield replace(today, con=con, _tables={})


def find_edge_cases(today: Today) -> None:
    """Creates the temporary table `edge_cases`: which examples are hard, and why."""
    today.add("edge_cases", sql("verdicts/edge_cases"), {"detectors": detectors.edge_cases()})


def find_duplicates(today: Today, settings: DedupeSettings) -> None:
    """Makes the table `duplicates` of today's verdicts anew, for these settings."""
    con = today.con
    con.execute(sql("verdicts/duplicates"), {"exact": settings.exact})
    con.execute(sql("verdicts/input_heads"))
    parameters = {"near": settings.near, "semantic": settings.semantic_removal}
    alike = fetch_arrow(con, sql("verdicts/duplicate_candidates"), parameters)
    claimed = claims(zip(*(alike[c].to_pylist() for c in alike.column_names), strict=True))
    columns = {
        "better": pa.array([c[0] for c in claimed.values()], pa.int64()),
        "worse": pa.array(list(claimed), pa.int64()),
        "method": pa.array([c[1] for c in claimed.values()], pa.string()),
        "similarity": pa.array([c[2] for c in claimed.values()], pa.float64()),
    }
    con.register("claimed", pa.table(columns))
    con.execute(sql("verdicts/duplicates_similar"), {"near": settings.near})
    con.unregister("claimed")


def claims(
    alike: Iterable[tuple[int, int, str, float]],
) -> Mapping[int, tuple[int, str, float]]:
    """Returns which duplicates survivors claim: worse rank -> better rank, method, similarity.

    From the best rank down, an example that nobody has claimed survives and claims all those that
    are alike to it. So whatever is dropped is itself alike to the example that stands for it, and
    a chain of small steps does not end far from where it began.

    Args:
        alike: pairs of ranks (better, worse), method and similarity, by better rank.
    """
    claimed: dict[int, tuple[int, str, float]] = {}
    for better, worse, method, similarity in alike:
        if better not in claimed:
            claimed.setdefault(worse, (better, method, similarity))
    return claimed
