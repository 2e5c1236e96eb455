"""Evidence of likeness: near-duplicate and semantic pairs of inputs, kept and added to.

New inputs meet what is kept of all others, so a pull costs what is new, and what is found is what
computing everything at once would find. Pairs carry what keeps their texts apart (a number, a
negation); which of them make duplicates is a verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.embed import embed
from curate.embed.kinds import kind_of
from curate.embed.languages import language
from curate.kernels import minhash
from curate.kernels.cosine import meetings, pairs
from curate.kernels.differences import Differences
from curate.kernels.jaccard import jaccard
from curate.progress import Progress
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.text import SHORT_TOKENS

WORDS_AGREE = 0.8
"""Jaccard similarity of token 3-grams from which on two long texts agree as wholes.

So it is for leaks; below, more than a ninth of one of them may be something else.
"""


_ANY = 2.0
"""No similarity is so high: a floor of no pairs."""


_PAIRS_AT_ONCE = 5_000


NEW_AT_ONCE = 16_384
"""Vectors that meet the stored ones at once, and whose pairs are stored together: some seconds of
work beside a million, which a kill may lose."""


_STORED_AT_ONCE = 65_536


@dataclass(frozen=True)
class NearWork:
    """Inputs whose near-duplicates have to be found.

    Attributes:
        rows: new inputs of eight tokens or more by hash: input_hash, text.
        threshold: similarity from which on pairs are kept.
        anew: whether all inputs are new, as what is stored was found at a higher threshold.
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
    rows = fetch_arrow(con, sql("dedupe/near_new"), {"anew": anew})
    return NearWork(rows, min(floor, threshold), anew)


def find_near(store: Store, work: NearWork) -> NearFound:
    """Returns the near-duplicate pairs of the new inputs, with each other and with the others."""
    fresh = minhash.keys(work.rows["text"].to_pylist(), threshold=work.threshold)
    keys = pa.table({"input_hash": work.rows["input_hash"], "keys": embed.as_lists(fresh)})
    rows, all_keys, new = work.rows, fresh, np.ones(len(fresh), bool)
    if len(fresh) and not work.anew:
        met = _near_met(store, keys)
        rows = pa.concat_tables([met.select(work.rows.column_names), work.rows])
        all_keys = np.concatenate([_matrix(met["keys"], fresh.shape[1]), fresh])
        new = np.arange(len(all_keys)) >= met.num_rows
    texts = rows["text"].to_pylist()
    a, b, similarity = minhash.pairs(texts, all_keys, new, threshold=work.threshold)
    return NearFound(pair_table(rows["input_hash"], a, b, similarity, texts), keys)


def _near_met(store: Store, keys: pa.Table) -> pa.Table:
    """Returns the stored inputs that share a key with new ones: input_hash, text, keys, by hash."""
    with store.read() as con:
        con.register("fresh", keys)
        return con.sql(sql("dedupe/near_met")).to_arrow_table()


def _matrix(lists: pa.ChunkedArray, width: int) -> NDArray[np.uint32]:
    """Returns lists of one length as a matrix (n, width)."""
    flat: NDArray[np.uint32] = lists.combine_chunks().flatten().to_numpy()
    return flat.reshape(-1, width)


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
    near_pairs = find_near(store, work)
    with store.write() as con:
        add_near(store, con, work, near_pairs)
    run.changed = True


@dataclass(frozen=True)
class SemanticWork:
    """What is known of semantic pairs that have to be found.

    Attributes:
        inputs: embedded ones that the stored pairs do not cover.
        covered: embedded ones that they do.
        threshold: cosine from which on pairs are kept.
        anew: whether what is stored goes, as it was found at a higher threshold.
    """

    inputs: int
    covered: int
    threshold: float
    anew: bool


def semantic_work(
    store: Store, con: duckdb.DuckDBPyConnection, *, threshold: float
) -> SemanticWork | None:
    """Returns what there is to find, None where the stored pairs cover all embedded inputs.

    A threshold below every earlier one computes all pairs anew.
    """
    floor = store.setting(con, "semantic_pairs").get("threshold", _ANY)
    unpaired, paired = con.execute(sql("dedupe/embeddings_unpaired")).fetchall()[0]
    if floor > threshold:
        return SemanticWork(unpaired + paired, 0, threshold, anew=True)
    return SemanticWork(unpaired, paired, floor, anew=False) if unpaired else None


def semantic_inputs(con: duckdb.DuckDBPyConnection, most: int | None = None) -> pa.Table:
    """Returns embedded inputs by hash: input_hash, windowed, text, words and vector.

    Args:
        con: a connection to the store.
        most: as many as are returned at the most; None for all.
    """
    rows = fetch_arrow(con, sql("dedupe/semantic_inputs"), {"most": most})
    return _with_vectors(con, rows, paired=True)


def _with_vectors(con: duckdb.DuckDBPyConnection, rows: pa.Table, *, paired: bool) -> pa.Table:
    """Returns inputs by hash with the column `vector`; a join in SQL takes ten times as long.

    Args:
        con: a connection to the store.
        rows: some embedded inputs.
        paired: whether there are some that the stored pairs cover.
    """
    import pyarrow.compute as pc

    names = rows["input_hash"]
    first, last = (names[0].as_py(), names[-1].as_py()) if len(names) else ("", "")
    parameters = {"first": first, "last": last, "all": paired}
    vectors = fetch_arrow(con, sql("dedupe/semantic_vectors"), parameters)
    if vectors.num_rows != rows.num_rows:
        vectors = vectors.filter(pc.is_in(vectors["input_hash"], value_set=names))
    return rows.append_column("vector", vectors["vector"])


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

    Pairs are stored part by part, after each of which a killed command goes on.
    """
    parts = range(0, work.inputs, NEW_AT_ONCE)
    for done in progress(parts, "comparing meanings"):
        with store.read() as con:
            rows = fetch_arrow(con, sql("dedupe/semantic_new"), {"most": NEW_AT_ONCE})
            new = _with_vectors(con, rows, paired=False)
            met = _semantic_met(con, new, work.covered + done, work.threshold)
            tells_apart = _tells_apart(store, con)
        found = _semantic_found(new, met, work.threshold, tells_apart)
        with store.write() as con:
            _add(con, sql("dedupe/semantic_pairs_add"), found)
            _add(con, sql("dedupe/embeddings_set_paired"), new.select(["input_hash"]))


@dataclass(frozen=True)
class _Met:
    """Covered inputs that are alike to new ones.

    Attributes:
        rows: these inputs: input_hash, windowed, text and words.
        a: position of one of them.
        b: position of the new one that it is alike to.
        cosine: of the two.
    """

    rows: pa.Table
    a: NDArray[np.int64]
    b: NDArray[np.int64]
    cosine: NDArray[np.float64]


def _semantic_met(
    con: duckdb.DuckDBPyConnection, new: pa.Table, covered: int, threshold: float
) -> _Met:
    """Returns which covered inputs new ones are alike to."""
    import pyarrow.compute as pc

    stored = con.sql(sql("dedupe/semantic_covered")).to_arrow_reader(_STORED_AT_ONCE)
    hashes, vectors_of = [], embed.from_lists(new)[1]

    def parts() -> Iterator[NDArray[np.float32]]:
        for batch in filter(len, stored):
            hashes.append(batch["input_hash"])
            yield embed.matrix(batch["vector"])

    met = meetings(parts(), vectors_of, count=covered, threshold=threshold)
    found = [(hashes[-1].take(pa.array(a)), b, cosine) for a, b, cosine in met]
    names = pa.chunked_array([name for name, _, _ in found], pa.string())
    con.register("found", pa.table({"input_hash": names}))
    rows = con.sql(sql("dedupe/semantic_met")).to_arrow_table()
    con.unregister("found")
    place = pc.index_in(names, value_set=rows["input_hash"])
    return _Met(
        rows,
        place.to_numpy().astype(np.int64),
        np.concatenate([np.zeros(0, np.int64), *(b for _, b, _ in found)]),
        np.concatenate([np.zeros(0), *(cosine for _, _, cosine in found)]),
    )


def _semantic_found(
    new: pa.Table, met: _Met, threshold: float, tells_apart: Callable[[str], bool]
) -> pa.Table:
    """Returns the semantic pairs of new inputs: with covered ones, and with each other."""
    _, vectors = embed.from_lists(new)
    parts = [(met.a, met.b + met.rows.num_rows, met.cosine)]
    for a, b, cosine in pairs(vectors[:0], vectors, threshold=threshold):
        parts.append((a + met.rows.num_rows, b + met.rows.num_rows, cosine))
    a, b, cosine = (np.concatenate(part) for part in zip(*parts, strict=True))
    rows = pa.concat_tables([met.rows, new.select(met.rows.column_names)])
    texts = rows["text"].to_pylist()
    alike = np.unique(np.concatenate([a, b])).tolist()
    unread = [n for n in alike if not tells_apart(texts[n])]
    foreign = set(rows["input_hash"].take(pa.array(unread, pa.int64())).to_pylist())
    return semantic_table(rows, texts, foreign, a, b, cosine)


def foreign_inputs(store: Store, con: duckdb.DuckDBPyConnection) -> set[str]:
    """Returns the hashes of inputs in scripts that the project's encoder cannot read."""
    return set(foreign_scripts(store, con))


def foreign_scripts(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Returns the script of each input that the project's encoder cannot read, by its hash."""
    kind = kind_of(str(store.setting(con, "embed").get("encoder")))
    if kind is None:
        return {}
    rows = con.execute(sql("dedupe/beyond_latin")).fetchall()
    scripts = {name: language(text) for name, text in rows}
    return {name: script for name, script in scripts.items() if not kind.tells_apart(script)}


def _tells_apart(store: Store, con: duckdb.DuckDBPyConnection) -> Callable[[str], bool]:
    """Returns what says whether the project's encoder can read a text."""
    kind = kind_of(str(store.setting(con, "embed").get("encoder")))
    return lambda text: kind is None or kind.tells_apart(language(text))


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
