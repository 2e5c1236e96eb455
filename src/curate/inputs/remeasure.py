"""Brings a store to today's measure of likeness, once.

Inputs and near-duplicates are forgotten and made anew by the stages that made them. Vectors stay
with their texts, and so do the pairs and clusters that rest on them, so nothing has to be encoded
again; what keeps a pair apart is looked at anew, and pairs with a windowed input are found anew,
since their words keep them apart. The ledger, the decisions and the versions stay. A kill at any
moment leaves the store with the one measure or with the other.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from curate.kernels import minhash
from curate.kernels.differences import Differences
from curate.options import SplitSettings
from curate.store import Run, Store, sql
from curate.text.text import MEASURE, SHORT_TOKENS, bare, digest, normalise, tokens

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
        near_before = con.sql(sql("inputs/near_pairs")).to_arrow_table()
        threshold = store.setting(con, "input_pairs").get("threshold")
    measured = _measured(texts, before)
    differences = Differences(measured["text"].to_pylist())
    differing = _differing(measured, pairs, differences)
    changed = measured["input_hash"].to_numpy() != measured["now_hash"].to_numpy()
    note = {"inputs": int(changed.sum()), "of": len(changed)}
    near = _near(measured, differences, threshold) if threshold else None
    with store.write() as con:
        con.register("measured", measured)
        con.register("differing", differing)
        if near is not None:
            was = _alike(measured, near_before) | _alike(measured, pairs)
            now = _alike(None, near) | _alike(measured, differing)
            leaks = _leaks(store, con, near)
            note |= {"pairs_found": len(now - was), "pairs_released": len(was - now)}
            note |= {"leaks_found": leaks}
        con.execute(sql("inputs/due_set"), {"run_id": None})
        con.execute(sql("inputs/remeasure"))
        con.unregister("measured")
        con.unregister("differing")
        store.set_setting(con, "measure", {"version": MEASURE, "before": before})
    run.changed, run.notes["remeasured"] = True, note


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


def _near(measured: pa.Table, differences: Differences, threshold: float) -> pa.Table:
    """Returns the near-duplicates of today's measure: a, b (hashes, in order), difference."""
    names, words = measured["now_hash"].to_pylist(), measured["words"].to_pylist()
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        if words[place] >= SHORT_TOKENS:
            first.setdefault(name, place)
    places = list(first.values())
    texts = measured["text"].take(pa.array(places, pa.int64())).to_pylist()
    keys = minhash.keys(texts, threshold=threshold)
    found = minhash.pairs(texts, keys, np.ones(len(texts), bool), threshold=threshold)
    a, b = ([places[n] for n in side.tolist()] for side in found[:2])
    ordered = [sorted((names[i], names[j])) for i, j in zip(a, b, strict=True)]
    return pa.table(
        {
            "a": pa.array([one for one, _ in ordered], pa.string()),
            "b": pa.array([other for _, other in ordered], pa.string()),
            "similarity": pa.array(found[2]),
            "difference": pa.array(map(differences.between, a, b), pa.string()),
        }
    )


def _alike(measured: pa.Table | None, pairs: pa.Table) -> set[tuple[str, str]]:
    """Returns pairs that nothing keeps apart, by today's hashes.

    Args:
        measured: says today's hash of each text; None where the pairs have it.
        pairs: with columns a, b and difference.
    """
    now: dict[str, str] = {}
    if measured is not None:
        columns = (measured[c].to_pylist() for c in ("input_hash", "now_hash"))
        now = dict(zip(*columns, strict=True))
    rows = zip(*(pairs[c].to_pylist() for c in ("a", "b", "difference")), strict=True)
    alike = ((now.get(a, a), now.get(b, b)) for a, b, why in rows if why is None)
    return {(min(pair), max(pair)) for pair in alike if pair[0] != pair[1]}


def _leaks(store: Store, con: duckdb.DuckDBPyConnection, near: pa.Table) -> int:
    """Returns how many pairs of exported inputs leak across a version by today's measure alone."""
    used = store.setting(con, "leak").get("threshold", SplitSettings.leak_threshold)
    con.register("near_now", near)
    leaks = con.execute(sql("inputs/leaks_found"), {"threshold": used}).fetchall()[0][0]
    con.unregister("near_now")
    return int(leaks)


def _differing(measured: pa.Table, pairs: pa.Table, differences: Differences) -> pa.Table:
    """Returns semantic pairs with what keeps them apart by today's measure.

    What an encoder cannot read stays unread.
    """
    place = {name: n for n, name in enumerate(measured["input_hash"].to_pylist())}
    rows = list(zip(*(pairs[c].to_pylist() for c in ("a", "b", "difference")), strict=True))
    kept = [
        why if why == "script" else differences.between(place[a], place[b]) for a, b, why in rows
    ]
    column = pairs.schema.get_field_index("difference")
    return pairs.set_column(column, "difference", pa.array(kept, pa.string()))
