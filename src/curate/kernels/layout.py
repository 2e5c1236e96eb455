"""Map kernel: unit vectors as points of a plane, so that neighbours stay neighbours.

t-SNE from the nearest neighbours, begun from the main axes; later vectors are placed among points
that do not move, each on its own. Pure functions over arrays; they know no store. Neighbours are
found by several threads, each product by one, so no bit of a point depends on their number; the
steps take one, as those of OpenMP wait for one another at full speed on a busy machine.

Source: van der Maaten and Hinton 2008 (t-SNE); Linderman et al. 2019 (interpolation); Kobak and
Berens 2019 (main axes, learning rate); Poličar et al. 2023 (openTSNE, later points).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels.clustering import first
from curate.progress import Track

FEWEST = 12
"""Fewer vectors are drawn by their main axes: there are no neighbourhoods to keep."""


PERPLEXITY = 30
"""Neighbours that count, roughly: what nearly every program begins with."""


_EARLY, _LATER = 150, 300
_INTERPOLATED_FROM = 4_000
"""From so many points on, a grid tells faster than a tree how points repel one another."""


_GRID = 2
"""Width of a cell of that grid: a quarter of the cells of the program's own, and as good."""


_EXAGGERATION = 12
_AT_ONCE = 25
"""Steps between two looks at the progress."""


_PLACING_NEIGHBOURS = 15
_PLACING = {"perplexity": 5, "exaggeration": 1.5, "learning_rate": 0.1, "max_grad_norm": 0.25}
"""What openTSNE places later points with."""


_START = 1e-4
_ROWS = 256
_SLACK = 16
_DIGITS = 6


Near = tuple["NDArray[np.int64]", "NDArray[np.float64]"]


def fit(
    vectors: NDArray[np.float32],
    *,
    seed: int = 0,
    threads: int | None = None,
    progress: Track = lambda items: items,
) -> NDArray[np.float32]:
    """Returns a point for each vector, float32 (n, 2), around the origin.

    Args:
        vectors: unit vectors, float32 (n, dim).
        seed: of the shift that keeps equal vectors apart at the beginning.
        threads: that find neighbours; None: one a processor.
        progress: called around the steps of the work.
    """
    axes = _main_axes(vectors)
    if len(vectors) < FEWEST:
        return axes.astype(np.float32)
    blocks = range(0, len(vectors), _ROWS)
    phases = [(_EARLY, _EXAGGERATION, 0.5), (_LATER, 1, 0.8)]
    steps = iter(progress([*blocks, *range(0, _EARLY + _LATER, _AT_ONCE)]))
    near = _nearest(vectors, vectors, min(3 * PERPLEXITY, len(vectors) - 1), threads, steps)
    start = axes * (_START / max(float(axes[:, 0].std()), _START))
    start += np.random.default_rng(seed).normal(scale=_START / 100, size=start.shape)
    embedding = _prepared(start, near)
    for count, exaggeration, momentum in phases:
        for _ in range(0, count, _AT_ONCE):
            next(steps, None)
            embedding.optimize(_AT_ONCE, exaggeration=exaggeration, momentum=momentum, inplace=True)
    next(steps, None)
    return np.asarray(embedding).astype(np.float32)


def _prepared(start: NDArray[np.float64], near: Near) -> Any:
    """Returns openTSNE's embedding before its first step."""
    from openTSNE import TSNE, affinity, nearest_neighbors

    width = near[0].shape[1]
    affinities = affinity.PerplexityBasedNN(
        knn_index=nearest_neighbors.PrecomputedNeighbors(*near),
        perplexity=min(PERPLEXITY, width / 3),
    )
    method = TSNE(
        negative_gradient_method="fft" if len(start) >= _INTERPOLATED_FROM else "bh",
        ints_in_interval=_GRID,
    )
    return method.prepare_initial(affinities=affinities, initialization=start)


def place(
    vectors: NDArray[np.float32],
    fitted: NDArray[np.float32],
    points: NDArray[np.float32],
    *,
    threads: int | None = None,
) -> NDArray[np.float32]:
    """Returns a point for each later vector, float32 (m, 2), wherever the others of them are.

    Args:
        vectors: unit vectors, float32 (m, dim).
        fitted: those that have points, float32 (n, dim), `FEWEST` or more.
        points: theirs, float32 (n, 2).
        threads: that find neighbours; None: one a processor.
    """
    from openTSNE import PartialTSNEEmbedding, TSNEEmbedding, affinity
    from scipy.sparse import csr_matrix

    near = _nearest(vectors, fitted, min(_PLACING_NEIGHBOURS, len(fitted)), threads, iter(()))
    known = points.astype(np.float64)
    middle = (known.max(axis=0) + known.min(axis=0)) / 2
    known -= middle
    nothing = affinity.PrecomputedAffinities(csr_matrix((len(known),) * 2), normalize=False)
    weights = affinity.joint_probabilities_nn(
        *near,
        [min(_PLACING["perplexity"], near[0].shape[1] / 3)],
        symmetrize=False,
        normalization="point-wise",
        n_reference_samples=len(known),
    )
    settings = {name: value for name, value in _PLACING.items() if name != "perplexity"}
    embedding = PartialTSNEEmbedding(
        np.median(known[near[0]], axis=1),
        TSNEEmbedding(known, nothing),
        P=weights,
        negative_gradient_method="fft",
        **settings,
    )
    embedding.optimize(_EARLY, momentum=0.8, inplace=True)
    placed: NDArray[np.float64] = np.asarray(embedding) + middle
    return placed.astype(np.float32)


def _main_axes(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the vectors along the two directions in which they differ most, float64 (n, 2)."""
    from threadpoolctl import threadpool_limits

    centred = vectors.astype(np.float64) - vectors.mean(axis=0, dtype=np.float64)
    with threadpool_limits(1):
        _, axes = np.linalg.eigh(centred.T @ centred)
        main = axes[:, :-3:-1]
        # The largest part of an axis points to the right: both directions of it are as good.
        largest = np.abs(main).round(_DIGITS).argmax(axis=0)
        drawn: NDArray[np.float64] = centred @ (main * np.sign(main[largest, [0, 1]]))
    return drawn


def _nearest(
    vectors: NDArray[np.float32],
    others: NDArray[np.float32],
    width: int,
    threads: int | None,
    steps: Iterator[Any],
) -> Near:
    """Returns the nearest others of each vector, nearest first, and their distances.

    Products propose them with some slack; which they are, their cosines to six digits say.
    """
    from threadpoolctl import threadpool_limits

    proposed = min(width + _SLACK, len(others))

    def block(start: int) -> Near:
        rows = vectors[start : start + _ROWS]
        near = first(rows @ others.T, proposed)
        pairs = np.einsum("id,ikd->ik", rows, others[near], dtype=np.float64)
        cosine = np.round(pairs, _DIGITS)
        if others is vectors:
            cosine[near == np.arange(start, start + len(rows))[:, None]] = -2
        order = np.lexsort((near, -cosine))[:, :width]
        cosine = np.take_along_axis(cosine, order, axis=1)
        return np.take_along_axis(near, order, axis=1), np.sqrt(np.maximum(2 - 2 * cosine, 0))

    # Blocks side by side, each by one thread.
    parts = []
    with threadpool_limits(1), ThreadPoolExecutor(_threads(threads)) as pool:
        for part in pool.map(block, range(0, len(vectors), _ROWS)):
            next(steps, None)
            parts.append(part)
    near, distance = zip(*parts, strict=True)
    return np.concatenate(near), np.concatenate(distance)


def _threads(threads: int | None) -> int:
    return threads or os.cpu_count() or 1
