"""Clusters kernel: topical groups of unit vectors, whose number is found.

Louvain communities of the graph of nearest neighbours, at the resolution at which two halves of the
data agree best on how to divide all of it. Pure functions over arrays; they know no store.

Source: Blondel et al. 2008 (Louvain); Reichardt and Bornholdt 2006 (resolution); Lange et al. 2004
(choosing a clustering by how stable it is).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.progress import Track

NEIGHBOURS = 10
SMALLEST = 5
"""Vectors that make a cluster; fewer are counted to the nearest one."""


RESOLUTIONS = tuple(0.5 * 2 ** (step / 2) for step in range(12))
_SPLITS = 3
_HALF = 8_000
_FEW = 60
_STABLE = 0.2
"""Below such an agreement of halves (adjusted Rand index) there is nothing to divide."""


_ROWS = 1_024
_COLUMNS = 64
_DIGITS = 5


def centroids(
    vectors: NDArray[np.float32],
    *,
    seed: int = 0,
    progress: Track = lambda items: items,
) -> NDArray[np.float32]:
    """Returns the unit centroids of the groups that are found, float32 (k, dim), largest first.

    Args:
        vectors: unit vectors, float32 (n, dim).
        seed: of the order in which nodes are visited, and of the halves.
        progress: called around the steps of the work.
    """
    if len(vectors) < 2 * SMALLEST:
        return means(vectors, np.zeros(len(vectors), np.int64))[: len(vectors)]
    steps = iter(progress(range(2 * _SPLITS + 1)))
    resolution = _resolution(vectors, seed, steps)
    next(steps, None)
    if resolution is None:
        return means(vectors, np.zeros(len(vectors), np.int64))
    graph = _graph(vectors)
    return _large(vectors, _sweep(graph, [resolution], np.random.default_rng(seed))[resolution])


def assign(
    vectors: NDArray[np.float32], centres: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns the nearest centroid of each vector, the first of equals, and the cosine with it."""
    nearest, cosine = [np.zeros(0, np.int64)], [np.zeros(0)]
    for start in range(0, len(vectors), _ROWS):
        block = vectors[start : start + _ROWS].astype(np.float64)
        product = np.round(block @ centres.T.astype(np.float64), 6)
        nearest.append(product.argmax(axis=1))
        cosine.append(product.max(axis=1))
    return np.concatenate(nearest), np.concatenate(cosine)


def _resolution(vectors: NDArray[np.float32], seed: int, steps: Any) -> float | None:
    """Returns the resolution at which halves agree best; None where they do not agree."""
    from sklearn.metrics import adjusted_rand_score

    if len(vectors) < _FEW:
        return 1.0
    rng = np.random.default_rng(seed)
    agreement = np.zeros(len(RESOLUTIONS))
    for _ in range(_SPLITS):
        order = rng.permutation(len(vectors))[: 2 * _HALF]
        subset = vectors[np.sort(order)]
        views = []
        for half in (order[: len(order) // 2], order[len(order) // 2 :]):
            next(steps, None)
            part = vectors[np.sort(half)]
            swept = _sweep(_graph(part), RESOLUTIONS, rng)
            views.append([assign(subset, _large(part, swept[r]))[0] for r in RESOLUTIONS])
        for place, (one, other) in enumerate(zip(*views, strict=True)):
            # One group each is an agreement about nothing.
            if one.any() or other.any():
                agreement[place] += adjusted_rand_score(one, other) / _SPLITS
    padded = np.pad(agreement, 1, mode="edge")
    smooth = padded[:-2] / 4 + padded[1:-1] / 2 + padded[2:] / 4
    best = int(smooth.round(6).argmax())
    return RESOLUTIONS[best] if smooth[best] >= _STABLE else None


def means(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Returns the unit mean of each group, float32 (groups, dim); zero where a group is empty."""
    from scipy.sparse import csr_array

    size = int(groups.max()) + 1 if len(groups) else 0
    shape = (size, len(vectors))
    member = csr_array((np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=shape)
    sums = member @ vectors.astype(np.float64)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    centres: NDArray[np.float32] = (sums / np.maximum(lengths, 1e-12)).astype(np.float32)
    return centres


def _large(vectors: NDArray[np.float32], groups: NDArray[np.int64]) -> NDArray[np.float32]:
    """Returns the centroids of the groups that are not too small, largest first."""
    sizes = np.bincount(groups)
    order = np.lexsort((np.arange(len(sizes)), -sizes))
    kept = [group for group in order if sizes[group] >= SMALLEST] or [order[0]]
    return means(vectors, groups)[kept]


def _graph(vectors: NDArray[np.float32]) -> Any:
    """Returns the graph of nearest neighbours; an edge counts twice where both name each other."""
    from scipy.sparse import csr_array

    count = len(vectors)
    width = min(NEIGHBOURS, count - 1)
    nearest = np.empty((count, width), np.int64)
    for start in range(0, count, _ROWS):
        product = vectors[start : start + _ROWS] @ vectors.T
        rows = np.arange(len(product))
        product[rows, start + rows] = -2
        nearest[start : start + _ROWS] = first(product, width)
    ones = np.ones(count * width, np.int64)
    edges = (np.repeat(np.arange(count), width), nearest.ravel())
    graph = csr_array((ones, edges), shape=(count, count))
    graph = (graph + graph.T).tocsr()
    graph.sort_indices()
    return graph


def first(product: NDArray[np.float32], width: int) -> NDArray[np.int64]:
    """Returns the positions of the largest values of each row; of equal ones, the first.

    Values are equal that are so to five digits: their last bits depend on threads.
    """
    # So many groups have a maximum from here on, so all that is among the largest is, too.
    least = np.partition(_maxima(product, width), -width, axis=1)[:, -width]
    row, column = np.nonzero(product >= (least - 2 * 10.0**-_DIGITS)[:, None])
    order = np.lexsort((column, -np.round(product[row, column], _DIGITS), row))
    starts = np.searchsorted(row, np.arange(len(product)))
    nearest: NDArray[np.int64] = column[order][starts[:, None] + np.arange(width)]
    return nearest


def _maxima(product: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Returns the maxima of groups of columns, of `width` groups or more."""
    groups = product.shape[1] // _COLUMNS
    if groups < width:
        return product
    grouped = product[:, : groups * _COLUMNS].reshape(len(product), groups, _COLUMNS)
    maxima: NDArray[np.float32] = grouped.max(axis=2)
    return maxima


def _sweep(graph: Any, resolutions: Iterable[float], rng: Any) -> dict[float, NDArray[np.int64]]:
    """Returns communities for each resolution, found from the finest to the coarsest."""
    partitions: dict[float, NDArray[np.int64]] = {}
    groups = np.arange(graph.shape[0])
    for resolution in sorted(resolutions, reverse=True):
        if not partitions:
            groups = _moved(graph, resolution, rng)
        while True:
            whole = _merged(graph, groups)
            partition = _moved(whole, resolution, rng)
            if len(np.unique(partition)) == whole.shape[0]:
                break
            groups = partition[groups]
        partitions[resolution] = groups
    return partitions


def _merged(graph: Any, groups: NDArray[np.int64]) -> Any:
    """Returns the graph whose nodes are the groups."""
    from scipy.sparse import csr_array

    count = len(groups)
    shape = (count, int(groups.max()) + 1)
    member = csr_array((np.ones(count, np.int64), (np.arange(count), groups)), shape=shape)
    merged = (member.T @ graph @ member).tocsr()
    merged.sort_indices()
    return merged


def _moved(graph: Any, resolution: float, rng: Any) -> NDArray[np.int64]:
    """Returns groups after moving nodes, one by one, to where modularity grows most."""
    count = graph.shape[0]
    degrees = np.asarray(graph.sum(axis=1)).ravel().tolist()
    bounds, nodes, weights = (part.tolist() for part in (graph.indptr, graph.indices, graph.data))
    near = [nodes[a:b] for a, b in pairwise(bounds)]
    ties = [weights[a:b] for a, b in pairwise(bounds)]
    groups, total = list(range(count)), list(degrees)
    scale = resolution / max(sum(degrees), 1)
    waiting = deque(rng.permutation(count).tolist())
    queued = [True] * count
    while waiting:
        node = waiting.popleft()
        queued[node] = False
        own = groups[node]
        shared: dict[int, int] = {own: 0}
        for other, weight in zip(near[node], ties[node], strict=True):
            if other != node:
                shared[groups[other]] = shared.get(groups[other], 0) + weight
        total[own] -= degrees[node]
        price = scale * degrees[node]
        best, most = own, shared[own] - price * total[own] + 1e-9
        for group, weight in shared.items():
            gain = weight - price * total[group]
            if gain > most:
                best, most = group, gain
        total[best] += degrees[node]
        if best != own:
            groups[node] = best
            for other in near[node]:
                if not queued[other] and groups[other] != best:
                    queued[other] = True
                    waiting.append(other)
    return np.unique(groups, return_inverse=True)[1]
