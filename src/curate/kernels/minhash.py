"""Near-duplicate kernel: MinHash keys that are kept, candidates that share one, verified Jaccard.

Pure functions over strings and arrays. Keys depend on a text and on the threshold alone, so texts
that come later meet the keys of earlier ones, and no order of arrival changes what is found.

Source: Broder 1997 (MinHash); Leskovec et al., Mining of Massive Datasets, chapter 3 (bands).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from curate.kernels.jaccard import jaccard
from curate.text.text import SHORT_TOKENS, tokens

HASHES = 128
MISS = 1e-6
"""Chance that a pair that sits on the threshold shares no key; above it the chance is smaller."""


_SEED = 20_261_123
_PAIRS_AT_ONCE = 2_000_000
_TEXTS_AT_ONCE = 20_000


def rows_per_band(threshold: float) -> int:
    """Returns how many hashes make a key: as many as keep the chance of a miss below `MISS`.

    Args:
        threshold: Jaccard similarity in (0, 1].
    """
    fitting = [r for r in range(1, 17) if (1 - threshold**r) ** (HASHES // r) <= MISS]
    return max(fitting, default=1)


def keys(texts: Sequence[str], *, threshold: float) -> NDArray[np.uint32]:
    """Returns the band keys of normalised texts, uint32 (n, bands).

    A text of fewer than `SHORT_TOKENS` tokens has none that means anything: leave it out.
    """
    rows = rows_per_band(threshold)
    parts = [
        _band(_signatures(texts[start : start + _TEXTS_AT_ONCE]), rows)
        for start in range(0, len(texts), _TEXTS_AT_ONCE)
    ]
    return np.concatenate(parts) if parts else np.zeros((0, HASHES // rows), np.uint32)


def _signatures(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Returns the smallest of each hash over the token 3-grams of each text, uint32 (n, HASHES)."""
    rng = np.random.default_rng(_SEED)
    factor = rng.integers(1, 2**64, size=HASHES, dtype=np.uint64) | np.uint64(1)
    term = rng.integers(0, 2**64, size=HASHES, dtype=np.uint64)
    grams, starts = _gram_hashes(texts)
    signatures = np.empty((len(texts), HASHES), np.uint32)
    for number in range(HASHES):
        hashes = ((grams * factor[number] + term[number]) >> np.uint64(32)).astype(np.uint32)
        signatures[:, number] = np.minimum.reduceat(hashes, starts)
    return signatures


def _gram_hashes(texts: Sequence[str]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Returns 64-bit hashes of all token 3-grams, and where those of each text begin."""
    hash_of: dict[str, int] = {}
    flat: list[int] = []
    lengths = []
    for text in texts:
        parts = tokens(text)
        if len(parts) < SHORT_TOKENS:
            raise ValueError(f"a text of {len(parts)} tokens has no keys")
        lengths.append(len(parts))
        flat.extend(hash_of.setdefault(part, len(hash_of)) for part in parts)
    hashes = np.array([_hash(token) for token in hash_of], np.uint64)[np.array(flat, np.int64)]
    first, second, third = (_mix(hashes ^ np.uint64(n)) for n in (1, 2, 3))
    grams = _mix(first[:-2] + second[1:-1] + third[2:])
    ends = np.cumsum(lengths)
    inside = np.ones(len(grams), bool)
    inside[np.concatenate([ends[:-1] - 2, ends[:-1] - 1])] = False
    starts = np.concatenate([[0], ends[:-1]]) - 2 * np.arange(len(lengths))
    return grams[inside], starts


def _hash(token: str) -> int:
    raw = hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(raw, "little")


def _mix(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Returns well spread 64-bit values. Source: Stafford's variant 13 of MurmurHash3's finish."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _band(signatures: NDArray[np.uint32], rows: int) -> NDArray[np.uint32]:
    bands = HASHES // rows
    parts = signatures[:, : bands * rows].reshape(len(signatures), bands, rows).astype(np.uint64)
    mixture = np.full(parts.shape[:2], np.uint64(_SEED))
    for row in range(rows):
        mixture = _mix(mixture + parts[:, :, row])
    return (mixture >> np.uint64(32)).astype(np.uint32)


def pairs(
    texts: Sequence[str], keys: NDArray[np.uint32], new: NDArray[np.bool_], *, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Returns pairs with a new text in them whose Jaccard similarity reaches a threshold.

    Args:
        texts: normalised texts of `SHORT_TOKENS` tokens or more.
        keys: their keys, as `keys` gives them for this threshold or a lower one.
        new: bool (n,); pairs of which neither text is new are left out.
        threshold: similarity in (0, 1].

    Returns:
        Positions i < j and their similarity, three arrays of one length, ordered by (i, j). What
        is returned is exact; a pair is missed with a chance of at most `MISS`.
    """
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]]
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for left, right in _candidates(keys, new):
        members, at = np.unique(np.concatenate([left, right]), return_inverse=True)
        similarity = jaccard([texts[p] for p in members], at[: len(left)], at[len(left) :])
        keep = similarity >= threshold
        parts.append((left[keep], right[keep], similarity[keep]))
    a, b, similarity = (np.concatenate(part) for part in zip(*parts, strict=True))
    order = np.lexsort((b, a))
    return a[order], b[order], similarity[order]


def _candidates(
    keys: NDArray[np.uint32], new: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yields pairs i < j, one of them new, that share a key; each pair once."""
    for band in range(keys.shape[1]):
        column = keys[:, band]
        met = np.flatnonzero(new if new.all() else np.isin(column, column[new]))
        order = met[np.argsort(column[met], kind="stable")]
        key = column[order]
        last = np.searchsorted(key, key, side="right")
        partners = last - np.arange(len(order)) - 1
        for part in _slices(partners):
            left = np.repeat(np.arange(part.start, part.stop), partners[part])
            offset = np.arange(len(left)) - np.repeat(
                np.cumsum(partners[part]) - partners[part], partners[part]
            )
            a, b = order[left], order[left + 1 + offset]
            keep = new[a] | new[b]
            a, b = a[keep], b[keep]
            # What an earlier band has in common was compared there.
            is_seen = np.zeros(len(a), bool)
            for earlier in range(band):
                is_seen |= keys[a, earlier] == keys[b, earlier]
            if not is_seen.all():
                yield a[~is_seen], b[~is_seen]


def _slices(sizes: NDArray[np.int64]) -> Iterator[slice]:
    """Yields runs of positions whose sizes add up to what is compared at once, or single ones."""
    bounds = np.concatenate([[0], np.cumsum(sizes)])
    first = 0
    while first < len(sizes):
        last = int(np.searchsorted(bounds, bounds[first] + _PAIRS_AT_ONCE, side="right")) - 1
        last = max(last, first + 1)
        if bounds[last] > bounds[first]:
            yield slice(first, last)
        first = last
