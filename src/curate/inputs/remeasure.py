"""Brings a store to today's measure of likeness, once.

Inputs and near-duplicates are forgotten and made anew by the stages that made them. Vectors stay
with their texts, and so do the pairs and clusters that rest on them, so nothing has to be encoded
again; what keeps a pair apart is looked at anew, and pairs with a windowed input are found anew,
since their words keep them apart. The ledger, the decisions and the versions stay. A kill at any
moment leaves the store with the one measure or with the other.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from curate.kernels.differences import Differences
from curate.store import Run, Store, sql
from curate.text import MEASURE, bare, digest, normalise, tokens

FIRST = 1
"""The measure of stores that do not say which."""


def remeasure(store: Store, run: Run, before: int) -> None:
    """Brings a store to today's measure of likeness.

    Args:
        store: the project's store.
        run: that it is part of.
        before: the measure that the store has.
    """
    with store.read() as con:
        texts = con.sql(sql("inputs/texts")).to_arrow_table()
        pairs = con.sql(sql("inputs/semantic_pairs")).to_arrow_table()
    measured = _measured(texts, before)
    differing = _differing(measured, pairs)
    with store.write() as con:
        con.register("measured", measured)
        con.register("differing", differing)
        con.execute(sql("inputs/due_set"))
        con.execute(sql("inputs/remeasure"))
        con.unregister("measured")
        con.unregister("differing")
        store.set_setting(con, "measure", {"version": MEASURE, "before": before})
    run.changed = True


def record(store: Store, con: duckdb.DuckDBPyConnection) -> None:
    """Records in a new store that its inputs have today's measure."""
    if not store.setting(con, "measure"):
        store.set_setting(con, "measure", {"version": MEASURE})


def measure_of(store: Store, con: duckdb.DuckDBPyConnection) -> int | None:
    """Returns the version of the measure that a store's inputs have; None where it has none yet."""
    stored = store.setting(con, "measure").get("version")
    if stored is not None:
        return int(stored)
    return FIRST if con.execute(sql("inputs/measured_before")).fetchall()[0][0] else None


def _measured(texts: pa.Table, before: int) -> pa.Table:
    """Returns texts as today's measure has them, by the hash that they had."""
    now = [bare(normalise(text)) for text in texts["text"].to_pylist()]
    return pa.table(
        {
            "input_hash": texts["input_hash"],
            "now_hash": pa.array(list(map(digest, now)), pa.string()),
            "text": pa.array(now, pa.string()),
            "words": pa.array([len(tokens(text)) for text in now], pa.int64()),
            "measure": pa.array([before] * len(now), pa.int32()),
        }
    )


def _differing(measured: pa.Table, pairs: pa.Table) -> pa.Table:
    """Returns semantic pairs with what keeps them apart by today's measure.

    What an encoder cannot read stays unread.
    """
    place = {name: n for n, name in enumerate(measured["input_hash"].to_pylist())}
    differences = Differences(measured["text"].to_pylist())
    rows = list(zip(*(pairs[c].to_pylist() for c in ("a", "b", "difference")), strict=True))
    kept = [
        why if why == "script" else differences.between(place[a], place[b]) for a, b, why in rows
    ]
    column = pairs.schema.get_field_index("difference")
    return pairs.set_column(column, "difference", pa.array(kept, pa.string()))
