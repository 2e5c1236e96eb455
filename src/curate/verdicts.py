"""Verdicts: which examples are in, and why the others are out, under today's ratings and settings.

Nothing here is stored: verdicts are derived from facts and evidence each time they are asked for,
so a late rating or a new threshold moves them and no evidence is recomputed. An export freezes
them into `version_examples`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from curate import config, filters
from curate.split import Plan, SplitSettings, plan, strictest
from curate.store import Store, sql

SPLIT_KEYS = ("test_size", "leak_threshold", "seed")


OFF = 2.0
"""A threshold that nothing reaches."""


@dataclass(frozen=True)
class DedupeSettings:
    """What makes a duplicate; a threshold of `OFF` switches a kind off.

    Attributes:
        exact: what is compared: `example` (messages and answer), `input`, or `off`.
        near: Jaccard similarity of the word 3-grams of inputs.
        semantic: cosine of the vectors of inputs.
    """

    exact: str = "example"
    near: float = 0.8
    semantic: float = OFF

    def as_dict(self) -> dict[str, Any]:
        """Returns the settings in the form that is stored."""
        return {"exact": self.exact, "near": self.near, "semantic": self.semantic}


def prepare(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    settings: SplitSettings,
    dedupe: DedupeSettings | None = None,
) -> Plan:
    """Creates the temporary tables that verdicts are made of, and those that they make.

    These are `plan`, `hits`, `excluded`, `duplicates`, `verdicts`, `issues` and `edge_cases`.
    `excluded` has every reason of every example that is out; `verdicts` one row per example with
    its side and its first reason, null where it is in.

    Args:
        store: the project's store.
        con: a connection to it.
        settings: of the split.
        dedupe: what makes a duplicate; None means the settings of the last `curate dedupe`.
    """
    made = plan(store, con, settings)
    con.register("planned", made.table)
    con.execute(sql("verdicts/plan"))
    con.unregister("planned")
    filters.collect(store, con, filters.stored_settings(store, con))
    con.execute(sql("verdicts/excluded"))
    con.execute(sql("verdicts/passing"))
    con.execute(sql("verdicts/alike"))
    alike = dedupe or DedupeSettings(**store.setting(con, "dedupe"))
    find_duplicates(con, alike)
    con.execute(sql("verdicts/excluded_duplicates"))
    con.execute(sql("verdicts/final"))
    con.execute(sql("verdicts/issues"), {"near": alike.near})
    con.execute(sql("verdicts/mislabels_suspects"))
    con.execute(sql("verdicts/mislabels_issues"))
    con.execute(sql("verdicts/edge_cases"))
    return made


def find_duplicates(con: duckdb.DuckDBPyConnection, settings: DedupeSettings) -> None:
    """Creates the temporary table `duplicates` from `passing` and the evidence."""
    con.execute(sql("verdicts/duplicates"), {"exact": settings.exact})
    con.execute(sql("verdicts/heads"))
    asked = {"near": settings.near, "semantic": settings.semantic}
    alike = con.sql(sql("verdicts/similar"), params=asked).to_arrow_table()
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


def wanted_split(store: Store, con: duckdb.DuckDBPyConnection) -> SplitSettings:
    """Returns the split settings of the next export: by curate.toml, else as of the last one."""
    section = config.load(store.folder).get("export", {})
    told = {name: section[name] for name in SPLIT_KEYS if name in section}
    wanted = SplitSettings(**{**store.setting(con, "split"), **told})
    return strictest(store, con, wanted)


def current(store: Store, con: duckdb.DuckDBPyConnection) -> Plan:
    """Prepares the verdicts as the next export would see them: by curate.toml, else as the last."""
    return prepare(store, con, wanted_split(store, con))
