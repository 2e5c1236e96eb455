"""Semantic-pair kernel: all pairs of unit vectors above a cosine, exactly.

Pure functions over arrays. Products of blocks propose pairs with a little slack, and each is
verified from the stored float32 vectors, so neither block size nor threads nor the order of arrival
changes what is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

SKETCH_FROM = 30_000
"""From so many vectors on, products of fewer dimensions rule most pairs out first."""


_SKETCH_DIMENSIONS = 64
_ROWS, _COLUMNS = 1_024, 4_096
_SLACK = 1e-4
_DIGITS = 6


Pairs = tuple["NDArray[np.int64]", "NDArray[np.int64]", "NDArray[np.float64]"]


def blocks(count: int) -> list[slice]:
    """Returns the blocks of rows that `pairs` is asked for, one after the other."""
    return [slice(start, min(start + _ROWS, count)) for start in range(0, count, _ROWS)]


def pairs(
    old: NDArray[np.float32],
    new: NDArray[np.float32],
    *,
    threshold: float,
    progress: Callable[[Iterable[Any]], Iterable[Any]] = lambda items: items,
) -> Iterator[Pairs]:
    """Yields, block by block of new vectors, their pairs with old ones and with each other.

    Args:
        old: unit vectors, float32 (n, dim), whose pairs with each other are known.
        new: unit vectors, float32 (m, dim).
        threshold: cosine, above 0.
        progress: called around the blocks.

    Yields:
        Positions (in old followed by new) of an earlier and a later vector, the later one new, and
        their cosine to six digits, at or above the threshold. Exact.
    """
    everything = np.concatenate([old, new]) if len(old) else new
    proposing = sketch(everything) if len(everything) >= SKETCH_FROM else everything
    for block in progress(blocks(len(new))):
        first, last = len(old) + block.start, len(old) + block.stop
        parts = []
        for start in range(0, last, _COLUMNS):
            columns = proposing[start : min(start + _COLUMNS, last)]
            product = proposing[first:last] @ columns.T
            at = np.flatnonzero(product.ravel() >= threshold - _SLACK)
            later, earlier = first + at // len(columns), start + at % len(columns)
            keep = earlier < later
            parts.append(_verified(everything, earlier[keep], later[keep], threshold))
        a, b, cosine = (np.concatenate(part) for part in zip(*parts, strict=True))
        yield a, b, cosine


def _verified(
    vectors: NDArray[np.float32],
    a: NDArray[np.int64],
    b: NDArray[np.int64],
    threshold: float,
) -> Pairs:
    parts = [np.zeros(0)]
    for start in range(0, len(a), _COLUMNS):
        rows = slice(start, start + _COLUMNS)
        left, right = vectors[a[rows]].astype(np.float64), vectors[b[rows]].astype(np.float64)
        parts.append(np.round(np.einsum("ij,ij->i", left, right), _DIGITS))
    cosine = np.concatenate(parts)
    keep = cosine >= threshold
    return a[keep], b[keep], cosine[keep]


def sketch(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns shorter vectors, float32 (n, 65), whose products are never below the cosines.

    The first 64 columns are projections on the main axes of the vectors; the last one is the length
    of what is left, so that by Cauchy and Schwarz the product bounds the cosine from above.
    """
    every = max(1, len(vectors) // 20_000)
    sample = vectors[::every].astype(np.float64)
    _, axes = np.linalg.eigh(sample.T @ sample)
    main = vectors @ axes[:, -_SKETCH_DIMENSIONS:].astype(np.float32)
    left = np.sqrt(np.maximum(1 - np.einsum("ij,ij->i", main, main), 0))
    return np.concatenate([main, left[:, None]], axis=1)
