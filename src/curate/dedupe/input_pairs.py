"""Evidence of likeness: near-duplicate and semantic pairs of inputs, kept and added to.

New inputs meet what is kept of all others, so a pull costs what is new, and what is found is what
computing everything at once would find. Pairs carry what keeps their texts apart (a number, a
negation); which of them make duplicates is a verdict.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed
from curate.embed.kinds import kind_of
from curate.embed.languages import language
from curate.inputs import inputs
from curate.kernels import minhash
from curate.kernels.cosine import blocks as blocks_of
from curate.kernels.cosine import pairs
from curate.kernels.differences import Differences
from curate.kernels.jaccard import jaccard
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text import SHORT_TOKENS

WORDS_AGREE = 0.8
"""Jaccard similarity of token 3-grams from which on two long texts agree as wholes.

So it is for leaks; below, more than a ninth of one of them may be something else.
"""


_ANY = 2.0
"""No similarity is so high: a floor of no pairs."""


_PAIRS_AT_ONCE = 5_000


@dataclass(frozen=True)
class NearWork:
    """Inputs whose near-duplicates have to be found.

    Attributes:
        rows: inputs of eight tokens or more by hash: input_hash, text, keys, new.
        threshold: similarity from which on pairs are kept.
        anew: whether what is stored goes, as it was found at a higher threshold.
    """

    rows: pa.Table
    threshold: float
    anew: bool


@dataclass(frozen=True)
class NearFound:
    """Near-duplicate pairs that are new, and the keys of the new inputs."""

    pairs: pa.Table
    keys: pa.Table


def near_work(store: Store, con: duckdb.DuckDBPyConnection, *, threshold: float) -> NearWork | None:
    """Returns the inputs whose near-duplicates are not stored yet, None where all are.

    A threshold below every earlier one computes all keys and pairs anew.
    """
    floor = store.setting(con, "input_pairs").get("threshold", _ANY)
    anew = floor > threshold
    if not anew and not con.execute(sql("dedupe/inputs_unpaired")).fetchall()[0][0]:
        return None
    rows = con.sql(sql("dedupe/near_texts"), params={"anew": anew}).to_arrow_table()
    return NearWork(rows, min(floor, threshold), anew)


def find_near(work: NearWork) -> NearFound:
    """Returns the near-duplicate pairs of the new inputs, with each other and with the others."""
    texts, new = work.rows["text"].to_pylist(), work.rows["new"].to_numpy()
    fresh = minhash.keys(
        [text for text, is_new in zip(texts, new, strict=True) if is_new], threshold=work.threshold
    )
    keys = np.zeros((len(texts), fresh.shape[1]), np.uint32)
    keys[new] = fresh
    flat = work.rows["keys"].filter(pa.array(~new)).combine_chunks().flatten().to_numpy()
    keys[~new] = flat.reshape(-1, fresh.shape[1])
    a, b, similarity = minhash.pairs(texts, keys, new, threshold=work.threshold)
    hashes = work.rows["input_hash"].filter(pa.array(new))
    return NearFound(
        pair_table(work.rows["input_hash"], a, b, similarity, texts),
        pa.table({"input_hash": hashes, "keys": embed.as_lists(fresh)}),
    )


def add_near(
    store: Store, con: duckdb.DuckDBPyConnection, work: NearWork, near_pairs: NearFound
) -> None:
    """Stores what `find_near` found; all inputs then have their near-duplicates."""
    if work.anew:
        con.execute(sql("dedupe/input_pairs_clear"))
        con.execute(sql("dedupe/near_keys_clear"))
    _add(con, sql("dedupe/input_pairs_add"), near_pairs.pairs)
    _add(con, sql("dedupe/near_keys_add"), near_pairs.keys)
    con.execute(sql("dedupe/inputs_set_paired"))
    store.set_setting(con, "input_pairs", {"threshold": work.threshold})


def refresh_near(store: Store, run: Run, *, threshold: float) -> None:
    """Brings the near-duplicate pairs of inputs up to date for a similarity threshold."""
    with store.read() as con:
        work = near_work(store, con, threshold=threshold)
    if work is None:
        return
    near_pairs = find_near(work)
    with store.write() as con:
        add_near(store, con, work, near_pairs)
    run.changed = True


@dataclass(frozen=True)
class SemanticWork:
    """Embedded inputs whose semantic pairs have to be found.

    Attributes:
        rows: all embedded inputs, as `semantic_inputs` gives them.
        threshold: cosine from which on pairs are kept.
        anew: whether what is stored goes, as it was found at a higher threshold.
        foreign: hashes of inputs that the encoder cannot read.
    """

    rows: pa.Table
    threshold: float
    anew: bool
    foreign: set[str]


def semantic_work(
    store: Store, con: duckdb.DuckDBPyConnection, *, threshold: float
) -> SemanticWork | None:
    """Returns the inputs whose semantic pairs are not stored yet, None where all are.

    A threshold below every earlier one computes all pairs anew.
    """
    floor = store.setting(con, "semantic_pairs").get("threshold", _ANY)
    anew = floor > threshold
    if not anew and not con.execute(sql("dedupe/embeddings_unpaired")).fetchall()[0][0]:
        return None
    rows = semantic_inputs(con, anew=anew)
    return SemanticWork(rows, min(floor, threshold), anew, foreign_inputs(store, con))


def semantic_inputs(con: duckdb.DuckDBPyConnection, *, anew: bool = False) -> pa.Table:
    """Returns all embedded inputs, those that the stored pairs cover first.

    The columns are input_hash, vector, paired, windowed, text and words.

    Args:
        con: a connection to the store.
        anew: whether the stored pairs count for nothing.
    """
    return con.sql(sql("dedupe/semantic_inputs"), params={"anew": anew}).to_arrow_table()


def begin_semantic(store: Store, con: duckdb.DuckDBPyConnection, work: SemanticWork) -> None:
    """Clears what was found at a higher threshold."""
    if work.anew:
        con.execute(sql("dedupe/semantic_pairs_clear"))
        con.execute(sql("dedupe/embeddings_set_unpaired"))
        store.set_setting(con, "semantic_pairs", {"threshold": work.threshold})


def add_semantic(
    store: Store, work: SemanticWork, *, progress: Progress = lambda items, _: items
) -> None:
    """Adds the pairs of the inputs that are not covered: with the others, and with each other.

    Pairs are stored in blocks, after each of which a killed command goes on.
    """
    rows = work.rows
    first = int(np.count_nonzero(rows["paired"].to_numpy()))
    hashes, vectors = embed.from_lists(rows)
    texts = rows["text"].to_pylist()
    blocks = blocks_of(len(hashes) - first)
    blocks_found = pairs(vectors[:first], vectors[first:], threshold=work.threshold)
    for block in progress(blocks, "comparing meanings"):
        a, b, cosine = next(blocks_found)
        hashes_done = hashes[first + block.start : first + block.stop]
        table = semantic_table(rows, texts, work.foreign, a, b, cosine)
        with store.write() as con:
            _add(con, sql("dedupe/semantic_pairs_add"), table)
            _add(con, sql("dedupe/embeddings_set_paired"), pa.table({"input_hash": hashes_done}))


def foreign_inputs(store: Store, con: duckdb.DuckDBPyConnection) -> set[str]:
    """Returns the hashes of inputs in scripts that the project's encoder cannot read."""
    return set(foreign_scripts(store, con))


def foreign_scripts(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Returns the script of each input that the project's encoder cannot read, by its hash."""
    kind = kind_of(str(store.setting(con, "embed").get("encoder")))
    if kind is None:
        return {}
    rows = inputs.texts(con)
    scripts = zip(
        rows["input_hash"].to_pylist(), map(language, rows["text"].to_pylist()), strict=True
    )
    return {name: script for name, script in scripts if not kind.tells_apart(script)}


def semantic_table(
    rows: pa.Table,
    texts: Sequence[str],
    foreign: set[str],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    cosine: NDArray[np.float64],
) -> pa.Table:
    """Returns semantic pairs by hash, the lower one first, with what keeps them apart.

    Besides what differs that is `script`, where the encoder cannot read one, and `part`, where one
    is windowed and the words do not agree over the whole. For the vector of a long input is a mean:
    one part in eight may say something else and hardly move it. Words see every part, and of texts
    whose words agree the vectors of the windows would tell no more, so these are not stored.

    Args:
        rows: as `semantic_inputs` gives them.
        texts: their texts.
        foreign: hashes of inputs that the encoder cannot read.
        a: positions of the first input of each pair.
        b: positions of the second.
        cosine: of the two.
    """
    table = pair_table(rows["input_hash"], a, b, cosine, texts)
    why = table["difference"].to_pylist()
    windowed = rows["windowed"].to_numpy()
    long = np.flatnonzero(windowed[a] | windowed[b])
    agree = _agree(texts, rows["words"].to_numpy() >= SHORT_TOKENS, a[long], b[long])
    for pair in long[~agree].tolist():
        why[pair] = why[pair] or "part"
    if foreign:
        sides = zip(table["one"].to_pylist(), table["other"].to_pylist(), strict=True)
        for pair, (one, other) in enumerate(sides):
            if one in foreign or other in foreign:
                why[pair] = "script"
    place = table.schema.get_field_index("difference")
    return table.set_column(place, "difference", pa.array(why, pa.string()))


def _agree(
    texts: Sequence[str],
    have_grams: NDArray[np.bool_],
    left: NDArray[np.int64],
    right: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Returns of which pairs of texts the words agree over the whole."""
    agree = have_grams[left] & have_grams[right]
    compared = np.flatnonzero(agree)
    for start in range(0, len(compared), _PAIRS_AT_ONCE):
        part = compared[start : start + _PAIRS_AT_ONCE]
        members, at = np.unique(np.concatenate([left[part], right[part]]), return_inverse=True)
        one, other = np.split(at, 2)
        agree[part] = jaccard([texts[n] for n in members], one, other) >= WORDS_AGREE
    return agree


def pair_table(
    hashes: pa.ChunkedArray,
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    similarity: NDArray[np.float64],
    texts: Sequence[str],
) -> pa.Table:
    """Returns pairs by hash, the lower one first, with what keeps them apart."""
    differences = Differences(texts)
    columns = {
        "one": hashes.take(pa.array(a)),
        "other": hashes.take(pa.array(b)),
        "similarity": pa.array(similarity),
        "difference": pa.array(
            [differences.between(i, j) for i, j in zip(a.tolist(), b.tolist(), strict=True)],
            pa.string(),
        ),
    }
    return pa.table(columns)


def _add(con: duckdb.DuckDBPyConnection, query: str, table: pa.Table) -> None:
    con.register("found", table)
    con.execute(query)
    con.unregister("found")
