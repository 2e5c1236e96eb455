"""Jaccard similarity of texts: pairs above a threshold, and what covers what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.text.text import SHORT_TOKENS, tokens

Cut = Callable[[str], Sequence[str]]
_CANDIDATES_AT_ONCE = 2_000_000
_TEXTS_AT_ONCE = 50_000
_GRAMS_AT_ONCE = 1 << 25


def near_pairs(
    texts: Sequence[str], *, threshold: float, cut: Cut = tokens
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Returns all pairs of texts whose token 3-gram sets have Jaccard similarity >= threshold.

    Exact: candidates come from a prefix filter with length filter, and each is verified by its
    intersection. Texts of fewer than `SHORT_TOKENS` tokens take part in no pair.

    Args:
        texts: normalised texts.
        threshold: similarity in (0, 1].
        cut: cuts a text into tokens; an earlier measure had others.

    Returns:
        Positions i < j and their similarity, three arrays of one length, ordered by (i, j).

    Source: Chaudhuri et al. 2006 (prefix filter); Bayardo et al. 2007 (rarest first, lengths).
    """
    rows, grams = _three_grams(texts, cut)
    if len(rows) == 0:
        none = np.zeros(0, dtype=np.int64)
        return none, none, np.zeros(0)
    sizes = np.bincount(rows, minlength=len(texts))
    incidence = _incidence(rows, grams, len(texts))
    found: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for some, others in _candidates(rows, grams, sizes, threshold):
        found.append(some * len(texts) + others)
    # Two long texts share many of their rarest 3-grams, and are compared once.
    left, right = np.divmod(np.unique(np.concatenate(found)), len(texts))
    similarity = _jaccard(incidence, sizes, left, right)
    keep = similarity >= threshold
    return left[keep], right[keep], similarity[keep]


def jaccard(
    texts: Sequence[str], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Returns the Jaccard similarity of the token 3-gram sets of pairs of texts.

    Args:
        texts: normalised texts of `SHORT_TOKENS` tokens or more.
        left: positions of the first text of each pair.
        right: positions of the second.
    """
    rows, grams = _three_grams(texts)
    incidence = _incidence(rows, grams, len(texts))
    return _jaccard(incidence, np.bincount(rows, minlength=len(texts)), left, right)


def covered(
    queries: Sequence[str], texts: Sequence[str], *, threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Returns all pairs of an asked text and a text that has enough of its token 3-grams.

    Exact, with a prefix filter: of n 3-grams, a text that has `threshold` of them has one of the
    rarest `n - ceil(threshold n) + 1`. Since the union is no smaller than the asked text, every
    pair whose Jaccard similarity reaches the threshold is among them. Texts of fewer than
    `SHORT_TOKENS` tokens take part in no pair.

    Args:
        queries: normalised texts that are looked for.
        texts: normalised texts to look in.
        threshold: share of the 3-grams of the asked text, in (0, 1].

    Returns:
        Positions in `asked` and in `texts`, the Jaccard similarity and the share that is covered,
        four arrays of one length, ordered by position in `texts`, then in `asked`.
    """
    parts: list[tuple[NDArray[Any], ...]]
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0))]
    for start in range(0, len(texts), _TEXTS_AT_ONCE):
        part = texts[start : start + _TEXTS_AT_ONCE]
        rows, grams = _three_grams([*queries, *part])
        sizes = np.bincount(rows, minlength=len(queries) + len(part))
        incidence = _incidence(rows, grams, len(sizes)) if len(rows) else None
        for left, right in _covering(rows, grams, sizes, len(queries), threshold):
            overlap = _shared(incidence, left, right)
            keep = overlap >= threshold * sizes[left] - 1e-9
            left, right, overlap = left[keep], right[keep], overlap[keep]
            similarity = overlap / (sizes[left] + sizes[right] - overlap)
            parts.append((left, right - len(queries) + start, similarity, overlap / sizes[left]))
    a, b, similarity, share = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((a, b))
    return a[order], b[order], similarity[order], share[order]


def _covering(
    rows: NDArray[np.int64],
    grams: NDArray[np.int64],
    sizes: NDArray[np.int64],
    queries: int,
    threshold: float,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yields pairs of one of the first `asked` rows and a later one that has one of its rarest."""
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    position = np.arange(len(rows)) - starts[rows]
    prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    rare = np.flatnonzero((rows < queries) & (position < prefix[rows]))
    rare = rare[np.argsort(grams[rare], kind="stable")]
    later = np.flatnonzero(rows >= queries)
    first = np.searchsorted(grams[rare], grams[later], side="left")
    count = np.searchsorted(grams[rare], grams[later], side="right") - first
    later, first, count = later[count > 0], first[count > 0], count[count > 0]
    row = rows[later]
    bounds = np.concatenate([[0], np.cumsum(count)])
    first_row = 0
    while first_row < len(later):
        # A row's 3-grams stay together, so that each pair comes once.
        last = (
            int(np.searchsorted(bounds, bounds[first_row] + _CANDIDATES_AT_ONCE, side="right")) - 1
        )
        last = max(last, first_row + 1)
        last = int(np.searchsorted(row, row[last - 1], side="right"))
        part = count[first_row:last]
        offset = np.arange(int(part.sum())) - np.repeat(np.cumsum(part) - part, part)
        left = rows[rare[np.repeat(first[first_row:last], part) + offset]]
        right = np.repeat(row[first_row:last], part)
        pairs = np.unique(right * queries + left)
        yield pairs % queries, pairs // queries
        first_row = last


def _jaccard(
    incidence: Any, sizes: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    overlap = _shared(incidence, left, right)
    similarity: NDArray[np.float64] = overlap / (sizes[left] + sizes[right] - overlap)
    return similarity


def _shared(incidence: Any, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
    """Returns how many 3-grams the rows of each pair share."""
    sizes = np.diff(incidence.indptr).astype(np.int64)
    # The rows of the pairs are laid out one after another: those of long texts few at a time.
    block = np.cumsum(sizes[left] + sizes[right]) // _GRAMS_AT_ONCE
    parts = np.split(np.arange(len(left)), np.flatnonzero(np.diff(block)) + 1)
    shared = [_shared_at_once(incidence, left[part], right[part]) for part in parts]
    return np.concatenate(shared)


def _shared_at_once(
    incidence: Any, left: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.int64]:
    (mine, at), (theirs, of) = (np.unique(some, return_inverse=True) for some in (left, right))
    one, other = incidence[mine], incidence[theirs]
    met = np.bincount(one.indices, minlength=incidence.shape[1])[other.indices].sum()
    sizes = np.diff(incidence.indptr)
    # Of few long texts, all with all are counted faster than pair by pair.
    if met < (sizes[left] + sizes[right]).sum():
        return np.asarray((one @ other.T)[at, of]).ravel()
    return np.asarray(incidence[left].multiply(incidence[right]).sum(axis=1)).ravel()


def _three_grams(
    texts: Sequence[str], cut: Cut = tokens
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns (row, 3-gram number) of each distinct 3-gram, ordered by row, rarest 3-gram first."""
    vocabulary: dict[str, int] = {}
    flat: list[int] = []
    lengths = np.zeros(len(texts), dtype=np.int64)
    for row, text in enumerate(texts):
        parts = cut(text)
        if len(parts) >= SHORT_TOKENS:
            lengths[row] = len(parts)
            flat.extend(vocabulary.setdefault(part, len(vocabulary)) for part in parts)
    tokens_flat = np.array(flat, dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), lengths)
    if len(rows) == 0:
        return rows, tokens_flat
    whole = rows[2:] == rows[:-2]
    # Numbering pairs first keeps each combination exact in 64 bits, with no hash to collide.
    _, pairs = np.unique(tokens_flat[:-1] * len(vocabulary) + tokens_flat[1:], return_inverse=True)
    _, grams = np.unique(pairs[:-1] * len(vocabulary) + tokens_flat[2:], return_inverse=True)
    distinct = np.unique(np.column_stack([rows[2:][whole], grams[whole]]), axis=0)
    rows, grams = distinct[:, 0], distinct[:, 1]
    counts = np.bincount(grams)
    rank = np.empty(len(counts), dtype=np.int64)
    rank[np.lexsort((np.arange(len(counts)), counts))] = np.arange(len(counts))
    grams = rank[grams]
    order = np.lexsort((grams, rows))
    return rows[order], grams[order]


def _incidence(rows: NDArray[np.int64], grams: NDArray[np.int64], count: int) -> Any:
    from scipy.sparse import csr_array

    shape = (count, int(grams.max()) + 1)
    return csr_array((np.ones(len(rows), dtype=np.int32), (rows, grams)), shape=shape)


def _candidates(
    rows: NDArray[np.int64], grams: NDArray[np.int64], sizes: NDArray[np.int64], threshold: float
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yields pairs i < j that share a 3-gram of both prefixes and are alike enough in length.

    Two sets at or above the threshold share one of the first `n - ceil(t n) + 1` elements of each
    in any common order; rarest first makes those the ones that few texts have.
    """
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    position = np.arange(len(rows)) - starts[rows]
    # The small slack keeps a float's last bit from losing a pair that sits on the threshold.
    prefix = sizes - np.ceil(threshold * sizes - 1e-9).astype(np.int64) + 1
    keep = position < prefix[rows]
    row, gram = rows[keep], grams[keep]
    order = np.lexsort((row, sizes[row], gram))
    row, gram = row[order], gram[order]
    length = sizes[row]
    stride = int(length.max()) + 1
    longest = np.floor(length / threshold + 1e-9).astype(np.int64)
    key = gram * stride + length
    end = np.searchsorted(key, gram * stride + np.minimum(longest, stride - 1), side="right")
    partners = end - np.arange(len(row)) - 1
    bounds = np.concatenate([[0], np.cumsum(partners)])
    first = 0
    while first < len(row):
        last = int(np.searchsorted(bounds, bounds[first] + _CANDIDATES_AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), len(row))
        count = partners[first:last]
        left = np.repeat(np.arange(first, last), count)
        offset = np.arange(len(left)) - np.repeat(bounds[first:last] - bounds[first], count)
        a, b = row[left], row[left + 1 + offset]
        pairs = np.unique(np.minimum(a, b) * len(sizes) + np.maximum(a, b))
        if len(pairs):
            yield pairs // len(sizes), pairs % len(sizes)
        first = last
