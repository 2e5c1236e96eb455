"""`curate dedupe --suggest-threshold`: real pairs around thresholds, and what each would remove.

No threshold is right for all data: the best one by pair F1 lies anywhere from 0.6 to 0.95 between
corpora. So a person looks at pairs. Where the number of pairs has a valley between copies and texts
that merely have the same subject, it is pointed out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.dedupe import input_pairs
from curate.embed import embed
from curate.inputs import inputs
from curate.kernels import minhash
from curate.kernels.cosine import blocks, pairs
from curate.options import OFF, DedupeSettings
from curate.progress import Progress
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.text.text import SHORT_TOKENS
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

CANDIDATES = (0.98, 0.95, 0.92, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)
SAMPLES = 2
_MOST_PAIRS = 3_000_000
_SAMPLED = 2_000
_BIN = 0.02
_LOWEST = 0.5
_DEPTH = 1.5
_BELOW = 0.1
_LOOKED_AT = 50


@dataclass(frozen=True)
class ThresholdEffect:
    """What one threshold would do.

    Attributes:
        threshold: the similarity.
        pairs: pairs of inputs at or above it, those kept apart by a number or negation left out.
        removes: train examples that would be out by this method alone at this threshold.
        samples: (similarity, text, text) of the pairs that are just above it.
    """

    threshold: float
    pairs: int
    removes: int
    samples: tuple[tuple[float, str, str], ...]


@dataclass(frozen=True)
class KeptApart:
    """Pairs that are alike enough, and that one kind of difference keeps apart.

    Attributes:
        kind: one of `kernels.differences.KINDS`, or `script`, which the encoder cannot read.
        pairs: of them.
        similarity: of the pair that is most alike, which is shown.
        one: text of that pair.
        other: the other text.
    """

    kind: str
    pairs: int
    similarity: float
    one: str
    other: str


@dataclass(frozen=True)
class RealPair:
    """Two inputs, how alike they are, and what keeps them apart; None where nothing does."""

    similarity: float
    one: str
    other: str
    apart: str | None


@dataclass(frozen=True)
class Suggestion(Shown):
    """Candidates for one method, the highest first.

    Attributes:
        method: `near` (Jaccard of token 3-grams) or `semantic` (cosine).
        current: the threshold in force, None where it is off.
        suggested: the valley between copies and mere likeness, None where there is none.
        examples: train examples that pass everything but deduplication.
        candidates: thresholds with what each would do.
        apart_from: the similarity from which on pairs kept apart are counted: what is in force,
            else the lowest candidate.
        kept_apart: by what keeps them apart, the most frequent first.
    """

    method: str
    current: float | None
    suggested: float | None
    examples: int
    candidates: tuple[ThresholdEffect, ...]
    apart_from: float
    kept_apart: tuple[KeptApart, ...]


def suggest(
    store: Store, settings: DedupeSettings, *, progress: Progress = lambda items, _: items
) -> list[Suggestion]:
    """Returns what thresholds would do, for near-duplicates and (with vectors) semantic ones."""
    with store.read() as con:
        texts, embedded = inputs.texts(con), input_pairs.semantic_inputs(con)
        foreign = input_pairs.foreign_inputs(store, con)
    pairs_of = {"near": _near(texts), "semantic": _semantic(embedded, foreign, progress)}
    with verdicts.today(store) as today:
        return [
            _suggestion(today, method, pairs, settings)
            for method, pairs in pairs_of.items()
            if pairs is not None
        ]


def below(store: Store, threshold: float) -> pa.Table:
    """Returns the pairs of some inputs that are nearest below a semantic threshold.

    They are not stored, so they are looked for among so few inputs that it hardly takes any time.
    """
    with store.read() as con:
        rows = input_pairs.semantic_inputs(con, _SAMPLED)
        foreign = input_pairs.foreign_inputs(store, con)
    _, vectors = embed.from_lists(rows)
    parts = list(pairs(vectors[:0], vectors, threshold=threshold - _BELOW))
    a, b, cosine = (np.concatenate(part) for part in zip(*parts, strict=True))
    lower = np.flatnonzero(cosine < threshold)
    nearest = lower[np.lexsort((b[lower], a[lower], -cosine[lower]))][:_LOOKED_AT]
    found = (a[nearest], b[nearest], cosine[nearest])
    return input_pairs.semantic_table(rows, rows["text"].to_pylist(), foreign, *found)


def around(today: Today, below: pa.Table) -> tuple[RealPair, ...]:
    """Returns real pairs around the semantic threshold in force, the most alike first.

    These are the two nearest on either side that nothing keeps apart, and the nearest above it that
    something does.

    Args:
        today: today's verdicts.
        below: the pairs nearest below the threshold, as `below` gives them.
    """
    con = today.con
    con.register("lower", below)
    parameters = {"threshold": today.dedupe.semantic, "most": _LOOKED_AT}
    found = con.execute(sql("dedupe/around"), parameters).fetchall()
    con.unregister("lower")
    return tuple(RealPair(*row) for row in found)


@dataclass(frozen=True)
class _Pairs:
    """All pairs of one method from a floor on, and how many there are by similarity."""

    table: pa.Table
    floor: float
    valley: float | None


def _near(rows: pa.Table) -> _Pairs:
    """Returns near pairs down to the lowest candidate."""
    texts = rows["text"].to_pylist()
    long = [n for n, words in enumerate(rows["words"].to_pylist()) if words >= SHORT_TOKENS]
    chosen = [texts[n] for n in long]
    floor = CANDIDATES[-1]
    keys = minhash.keys(chosen, threshold=floor)
    a, b, similarity = minhash.pairs(chosen, keys, np.ones(len(chosen), bool), threshold=floor)
    hashes = rows["input_hash"].take(np.array(long, np.int64))
    table = input_pairs.pair_table(hashes, a, b, similarity, chosen)
    return _Pairs(table, floor, _valley_of(table, floor))


def _valley_of(table: pa.Table, floor: float) -> float | None:
    """Returns the valley in the pairs that nothing keeps apart, equal ones left out."""
    import pyarrow.compute as pc

    similarities = table.filter(pc.is_null(table["difference"]))["similarity"].to_numpy()
    edges = np.arange(floor, 1 + _BIN / 2, _BIN).astype(np.float64)
    counts, _ = np.histogram(similarities[similarities < 1], bins=edges)
    return valley(counts, edges)


def _semantic(rows: pa.Table, foreign: set[str], progress: Progress) -> _Pairs | None:
    """Returns semantic pairs down to a candidate above which they are not too many."""
    if not rows.num_rows:
        return None
    hashes, vectors = embed.from_lists(rows)
    every = max(1, len(hashes) // _SAMPLED)
    sample = vectors[::every]
    counts = np.zeros(len(_edges()) - 1, np.int64)
    for block in progress(blocks(len(vectors)), "counting pairs"):
        counts += np.histogram(sample @ vectors[block].T, bins=_edges())[0]
    counts[-1] = max(0, counts[-1] - len(sample))  # each with itself
    above = np.cumsum(counts[::-1])[::-1] * every / 2
    floor = next((t for t in reversed(CANDIDATES) if above[_bin(t)] <= _MOST_PAIRS), CANDIDATES[0])
    parts = list(pairs(vectors[:0], vectors, threshold=floor))
    a, b, cosine = (np.concatenate(part) for part in zip(*parts, strict=True))
    table = input_pairs.semantic_table(rows, rows["text"].to_pylist(), foreign, a, b, cosine)
    return _Pairs(table, floor, _valley_of(table, floor))


def _edges() -> NDArray[np.float64]:
    return np.append(np.arange(_LOWEST, 1 - _BIN / 2, _BIN), 1.01)


def _bin(threshold: float) -> int:
    return min(int((threshold - _LOWEST) / _BIN + 1e-6), len(_edges()) - 2)


def valley(counts: Sequence[int] | NDArray[np.int64], edges: NDArray[np.float64]) -> float | None:
    """Returns the similarity at which pairs are rarest between two crowds of them, or None.

    Args:
        counts: pairs per bin of similarity.
        edges: of the bins, one more than counts.

    Bins are counted with their neighbours. The smaller crowd must outnumber the valley by half, and
    by more than chance makes of it.
    """
    padded = np.pad(np.asarray(counts, float), 1, mode="edge")
    sums = padded[:-2] + padded[1:-1] + padded[2:]
    best, depth = None, _DEPTH
    for place in range(1, len(sums) - 1):
        crowd = min(sums[:place].max(), sums[place + 1 :].max())
        here = sums[place]
        if crowd >= depth * max(here, 1) and crowd - here >= 3 * np.sqrt(crowd + here):
            best, depth = place, crowd / max(here, 1)
    return None if best is None else round(float(edges[best]), 2)


def _suggestion(today: Today, method: str, pairs: _Pairs, settings: DedupeSettings) -> Suggestion:
    con = today.con
    con.register("trial", pairs.table)
    con.execute(sql("dedupe/thresholds_trial"), {"method": method})
    con.execute(sql("dedupe/thresholds_alike"))
    con.unregister("trial")
    current = settings.near if method == "near" else settings.semantic
    thresholds = {t for t in (*CANDIDATES, current, pairs.valley) if t and pairs.floor <= t <= 1}
    candidates = []
    for threshold in sorted(thresholds, reverse=True):
        only = (threshold, OFF) if method == "near" else (OFF, threshold)
        verdicts.find_duplicates(today, DedupeSettings(settings.exact, *only))
        removes = con.execute(sql("dedupe/thresholds_removes"), {"method": method}).fetchall()[0][0]
        parameters = {"threshold": threshold, "samples": SAMPLES}
        shown = con.execute(sql("dedupe/thresholds_samples"), parameters).fetchall()
        count = con.execute(sql("dedupe/thresholds_pairs"), {"threshold": threshold}).fetchall()[0][
            0
        ]
        samples = tuple((s, one, other) for s, one, other in shown)
        candidates.append(ThresholdEffect(threshold, count, removes, samples))
    apart_from = max(pairs.floor, current) if current <= 1 else pairs.floor
    apart = con.execute(sql("dedupe/thresholds_apart"), {"threshold": apart_from}).fetchall()
    passing = con.execute(sql("dedupe/thresholds_passing")).fetchall()[0][0]
    return Suggestion(
        method,
        current if current <= 1 else None,
        pairs.valley if pairs.valley in thresholds else None,
        passing,
        tuple(candidates),
        apart_from,
        tuple(KeptApart(*row) for row in apart),
    )
