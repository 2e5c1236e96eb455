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
    proposing = sketch(everything) if _pays(len(everything), everything) else everything
    for block in progress(blocks(len(new))):
        first, last = len(old) + block.start, len(old) + block.stop
        parts = [_NOTHING]
        for start in range(0, last, _COLUMNS):
            columns = proposing[start : min(start + _COLUMNS, last)]
            later, earlier = _proposed(proposing[first:last], columns, threshold)
            later, earlier = first + later, start + earlier
            keep = earlier < later
            parts.append(_verified(everything, earlier[keep], everything, later[keep], threshold))
        yield _together(parts)


def meetings(
    parts: Iterable[NDArray[np.float32]],
    new: NDArray[np.float32],
    *,
    count: int,
    threshold: float,
) -> Iterator[Pairs]:
    """Yields, part by part of old vectors, their pairs with new ones.

    Args:
        parts: unit vectors, float32 (n, dim) each; one part is needed at a time.
        new: unit vectors, float32 (m, dim).
        count: of all old vectors.
        threshold: cosine, above 0.

    Yields:
        Positions in the part and in `new`, and the cosine of the two to six digits, at or above the
        threshold. Exact.
    """
    axes = _axes(new) if _pays(count, new) else None
    proposing = _projected(new, axes)
    for part in parts:
        old = _projected(part, axes)
        found = [_NOTHING]
        for block in blocks(len(new)):
            for start in range(0, len(old), _COLUMNS):
                columns = old[start : start + _COLUMNS]
                later, earlier = _proposed(proposing[block], columns, threshold)
                later, earlier = block.start + later, start + earlier
                found.append(_verified(part, earlier, new, later, threshold))
        yield _together(found)


_NOTHING: Pairs = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def _together(parts: Iterable[Pairs]) -> Pairs:
    a, b, cosine = (np.concatenate(part) for part in zip(*parts, strict=True))
    return a, b, cosine


def _proposed(
    rows: NDArray[np.float32], columns: NDArray[np.float32], threshold: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Returns which rows and columns have a product that may reach the threshold."""
    product, least = rows @ columns.T, threshold - _SLACK
    # Few rows have any, and the largest of a row is told at once.
    some = np.flatnonzero(product.max(axis=1, initial=-2) >= least)
    row, column = np.nonzero(product[some] >= least)
    return some[row], column


def _verified(
    left: NDArray[np.float32],
    a: NDArray[np.int64],
    right: NDArray[np.float32],
    b: NDArray[np.int64],
    threshold: float,
) -> Pairs:
    parts = [np.zeros(0)]
    for start in range(0, len(a), _COLUMNS):
        rows = slice(start, start + _COLUMNS)
        one, other = left[a[rows]].astype(np.float64), right[b[rows]].astype(np.float64)
        parts.append(np.round(np.einsum("ij,ij->i", one, other), _DIGITS))
    cosine = np.concatenate(parts)
    keep = cosine >= threshold
    return a[keep], b[keep], cosine[keep]


def _pays(count: int, vectors: NDArray[np.float32]) -> bool:
    """Returns whether a sketch costs less than it saves."""
    return count >= SKETCH_FROM and vectors.shape[1] > 2 * _SKETCH_DIMENSIONS


def sketch(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns shorter vectors, float32 (n, 65), whose products are never below the cosines.

    The first 64 columns are projections on the main axes of the vectors; the last one is the length
    of what is left, so that by Cauchy and Schwarz the product bounds the cosine from above.
    """
    return _projected(vectors, _axes(vectors))


def _axes(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the main axes of some vectors, float32 (dim, 64)."""
    every = max(1, len(vectors) // 20_000)
    sample = vectors[::every].astype(np.float64)
    _, axes = np.linalg.eigh(sample.T @ sample)
    main: NDArray[np.float32] = axes[:, -_SKETCH_DIMENSIONS:].astype(np.float32)
    return main


def _projected(
    vectors: NDArray[np.float32], axes: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Returns the sketch of vectors on any axes; without axes the vectors."""
    if axes is None:
        return vectors
    main = vectors @ axes
    left = np.sqrt(np.maximum(1 - np.einsum("ij,ij->i", main, main), 0))
    return np.concatenate([main, left[:, None]], axis=1)
