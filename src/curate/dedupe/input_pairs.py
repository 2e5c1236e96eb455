"""Evidence of likeness: near-duplicate and semantic pairs of inputs, kept and added to.

New inputs meet what is kept of all others, so a pull costs what is new, and what is found is what
computing everything at once would find. Pairs carry what keeps their texts apart (a number, a
negation); which of them make duplicates is a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed
from curate.kernels import minhash
from curate.kernels.cosine import blocks as blocks_of
from curate.kernels.cosine import pairs
from curate.kernels.differences import difference, marks
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text import latin

SEMANTIC_THRESHOLDS = {"minilm": 0.9}
"""Cosine from which on inputs count as semantic duplicates where nobody chose one, per encoder."""


ONLY_LATIN = ("minilm",)
"""Encoders that cannot tell apart texts of other scripts."""


_ANY = 2.0
"""No similarity is so high: a floor of no pairs."""


def refresh_near(store: Store, run: Run, *, threshold: float) -> int:
    """Brings the near-duplicate pairs of inputs up to date for a similarity threshold.

    A threshold below every earlier one computes all keys and pairs anew.

    Returns:
        The number of pairs at or above the threshold.
    """
    with store.read() as con:
        floor = store.setting(con, "input_pairs").get("threshold", _ANY)
        todo = con.execute(sql("dedupe/inputs_unpaired")).fetchall()[0][0]
    if todo or floor > threshold:
        _add_near(store, min(floor, threshold), anew=floor > threshold)
        run.changed = True
    with store.read() as con:
        return int(
            con.execute(sql("dedupe/input_pairs_count"), {"threshold": threshold}).fetchall()[0][0]
        )


def _add_near(store: Store, threshold: float, *, anew: bool) -> None:
    with store.read() as con:
        rows = con.sql(sql("dedupe/near_texts"), params={"anew": anew}).to_arrow_table()
    texts, new = rows["text"].to_pylist(), rows["new"].to_numpy()
    fresh = minhash.keys([t for t, n in zip(texts, new, strict=True) if n], threshold=threshold)
    known = np.zeros((len(texts), fresh.shape[1]), np.uint32)
    known[new] = fresh
    flat = rows["keys"].filter(pa.array(~new)).combine_chunks().flatten().to_numpy()
    known[~new] = flat.reshape(-1, fresh.shape[1])
    a, b, similarity = minhash.pairs(texts, known, new, threshold=threshold)
    found = pair_table(rows["input_hash"], a, b, similarity, texts)
    hashes = rows["input_hash"].filter(pa.array(new))
    with store.write() as con:
        if anew:
            con.execute(sql("dedupe/input_pairs_clear"))
            con.execute(sql("dedupe/near_keys_clear"))
        _add(con, sql("dedupe/input_pairs_add"), found)
        _add(
            con,
            sql("dedupe/near_keys_add"),
            pa.table({"input_hash": hashes, "keys": embed.as_lists(fresh)}),
        )
        con.execute(sql("dedupe/inputs_set_paired"))
        store.set_setting(con, "input_pairs", {"threshold": threshold})


def refresh_semantic(
    store: Store, run: Run, *, threshold: float, progress: Progress = lambda items, _: items
) -> int:
    """Brings the semantic pairs of embedded inputs up to date for a cosine threshold.

    A threshold below every earlier one computes all pairs anew. Pairs are stored in blocks, after
    each of which a killed command goes on.

    Returns:
        The number of pairs at or above the threshold.
    """
    with store.write() as con:
        floor = store.setting(con, "semantic_pairs").get("threshold", _ANY)
        if floor > threshold:
            con.execute(sql("dedupe/semantic_pairs_clear"))
            con.execute(sql("dedupe/embeddings_set_unpaired"))
            store.set_setting(con, "semantic_pairs", {"threshold": threshold})
            run.changed = True
        rows = con.sql(sql("dedupe/semantic_inputs")).to_arrow_table()
    todo = int(rows["paired"].to_numpy().argmin()) if rows.num_rows else 0
    if rows.num_rows and not rows["paired"][todo].as_py():
        _add_semantic(store, rows, todo, min(floor, threshold), progress)
        run.changed = True
    with store.read() as con:
        named = {"threshold": threshold}
        return int(con.execute(sql("dedupe/semantic_pairs_count"), named).fetchall()[0][0])


def _add_semantic(
    store: Store, rows: pa.Table, first: int, threshold: float, progress: Progress
) -> None:
    """Adds the pairs of the inputs from `first` on: with those before it, and with each other."""
    hashes, vectors = embed.from_lists(rows)
    texts = rows["text"].to_pylist()
    foreign = foreign_inputs(store, rows)
    blocks = blocks_of(len(hashes) - first)
    found = pairs(vectors[:first], vectors[first:], threshold=threshold)
    for block in progress(blocks, "comparing meanings"):
        a, b, cosine = next(found)
        done = hashes[first + block.start : first + block.stop]
        table = pair_table(rows["input_hash"], a, b, cosine, texts)
        table = apart_by_script(table, foreign)
        with store.write() as con:
            _add(con, sql("dedupe/semantic_pairs_add"), table)
            _add(con, sql("dedupe/embeddings_set_paired"), pa.table({"input_hash": done}))


def foreign_inputs(store: Store, rows: pa.Table) -> set[str]:
    """Returns the hashes of inputs in scripts that the project's encoder cannot read.

    To the English tokenizer whole words of other scripts are one unknown token, so that texts about
    quite different things come out equal.
    """
    with store.read() as con:
        if store.setting(con, "embed").get("encoder") not in ONLY_LATIN:
            return set()
    hashes, texts = rows["input_hash"].to_pylist(), rows["text"].to_pylist()
    return {name for name, text in zip(hashes, texts, strict=True) if not latin(text)}


def apart_by_script(found: pa.Table, foreign: set[str]) -> pa.Table:
    """Returns semantic pairs with `script` as what keeps apart those that cannot be judged."""
    if not foreign:
        return found
    kept = [
        "script" if one in foreign or other in foreign else why
        for one, other, why in zip(
            *(found[c].to_pylist() for c in ("one", "other", "difference")), strict=True
        )
    ]
    place = found.schema.get_field_index("difference")
    return found.set_column(place, "difference", pa.array(kept, pa.string()))


def pair_table(
    hashes: pa.ChunkedArray,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    similarity: NDArray[np.float64],
    texts: Sequence[str],
) -> pa.Table:
    """Returns pairs by hash, the lower one first, with what keeps them apart."""
    known = {n: marks(texts[n]) for n in {*a.tolist(), *b.tolist()}}
    columns = {
        "one": hashes.take(pa.array(a)),
        "other": hashes.take(pa.array(b)),
        "similarity": pa.array(similarity),
        "difference": pa.array(
            [difference(known[i], known[j]) for i, j in zip(a.tolist(), b.tolist(), strict=True)],
            pa.string(),
        ),
    }
    return pa.table(columns)


def _add(con: duckdb.DuckDBPyConnection, query: str, found: pa.Table) -> None:
    con.register("found", found)
    con.execute(query)
    con.unregister("found")
