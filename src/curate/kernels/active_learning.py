"""Edge-case kernel: which inputs to label first, which lie between labels, which lie outside them.

Pure functions over arrays; they know no store. Vectors are unit vectors, float32 (n, dim), in an
order that has nothing to do with what the inputs say, such as that of their hashes: ties are broken
by it, samples are taken along it, and so the same inputs are always chosen.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from curate.kernels import clustering
from curate.progress import Track

ENOUGH = 3
"""Labelled inputs for each label from which on margins say more than coverage does."""


NEIGHBOURS = 20
NEAREST = 5
MOST_CLUSTERS = 1_000


SMALLEST = 5
"""Inputs from which on a cluster is worth a label of its own. Source: TypiClust's program."""


RIDGE = 0.3
"""Of the model that tells margins. Source: benchmarks/quality (cold start)."""


IN_SCOPE = 0.99
"""Share of what is known to be in scope that nothing out of scope may be nearer than."""


_WIDER = 5
_ROWS, _COLUMNS = 1_024, 64
_BLOCK = 8_192
_ROUNDS = 8
_SAMPLE = 10_000
_MEMBERS = 2_000
_KNOWN = 20_000
_DIGITS = 6


def typical(
    vectors: NDArray[np.float32],
    labelled: NDArray[np.bool_],
    budget: int,
    *,
    progress: Track = lambda items: items,
) -> NDArray[np.int64]:
    """Returns inputs to label where few or none are: typical ones of what is not covered yet.

    All are clustered, one cluster for each labelled and each wanted input. Clusters are visited by
    how few labelled inputs they have, the largest first and tiny ones last, and give the input that
    is nearest to its nearest neighbours within the cluster.

    Args:
        vectors: of all inputs.
        labelled: bool (n,), those that have a label.
        budget: most inputs to return.
        progress: called around the steps of the work.

    Returns:
        Positions, the first to label first, int64 (at most budget,).

    Source: Hacohen, Dekel and Weinshall 2022, Active learning on a budget (TypiClust).
    """
    count = min(budget, int((~labelled).sum()))
    if count == 0:
        return np.zeros(0, np.int64)
    cluster = _clusters(vectors, int(labelled.sum()) + count, progress)
    order = np.argsort(cluster, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(cluster[order])) + 1)
    members.sort(key=lambda of: (len(of) < SMALLEST, int(labelled[of].sum()), -len(of), int(of[0])))
    queues = [_most_typical(vectors, of, labelled) for of in members]
    return np.fromiter(_in_turns(queues), np.int64)[:count]


def _most_typical(
    vectors: NDArray[np.float32], of: NDArray[np.int64], labelled: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Returns the members of a cluster that have no label, the most typical first."""
    candidates = of[~labelled[of]]
    # Of a large cluster a part tells as well what is typical, and no cluster costs its square.
    part = of[:: -(-len(of) // _MEMBERS)]
    nearness = np.zeros(len(candidates))
    count = min(NEIGHBOURS, len(part) - 1)
    for start in range(0, len(candidates) if count else 0, _ROWS):
        rows = candidates[start : start + _ROWS]
        near = np.round(vectors[rows] @ vectors[part].T, 5).astype(np.float64)
        near[rows[:, None] == part[None, :]] = -2
        best = np.sort(np.partition(near, -count, axis=1)[:, -count:], axis=1)
        nearness[start : start + _ROWS] = best.mean(axis=1)
    return candidates[np.argsort(-np.round(nearness, _DIGITS), kind="stable")]


def _in_turns(queues: list[NDArray[np.int64]]) -> Iterator[int]:
    """Yields the first of each queue, then the second, and so on."""
    for turn in range(max(map(len, queues))):
        for queue in queues:
            if turn < len(queue):
                yield int(queue[turn])


def _clusters(
    vectors: NDArray[np.float32], count: int, progress: Track = lambda items: items
) -> NDArray[np.int64]:
    """Returns the cluster of each input: spherical k-means of a sample, then the nearest centre.

    Products are rounded, so that neither threads nor the last bit decide.
    """
    count = min(count, len(vectors), MOST_CLUSTERS)
    sample = vectors[:: max(1, len(vectors) // _SAMPLE)]
    chosen = np.random.default_rng(0).choice(len(sample), count, replace=False)
    centres = sample[np.sort(chosen)]
    for _ in progress(range(_ROUNDS)):
        nearest, _ = clustering.assign(sample, centres)
        used = np.unique(nearest)
        centres[used] = clustering.means(sample, nearest)[used]
    return clustering.assign(vectors, centres)[0]


def between(
    vectors: NDArray[np.float32], margin: NDArray[np.float64], budget: int
) -> NDArray[np.int64]:
    """Returns inputs between two labels: the smallest margins, spread over what they are about.

    Args:
        vectors: of all inputs.
        margin: by how much the best label of each beats the second, float64 (n,).
        budget: most inputs to return.

    Returns:
        Positions, the smallest margin first, int64 (at most budget,).

    Source: Citovsky et al. 2021, Batch active learning at scale (margin, then clusters).
    """
    order = np.argsort(margin, kind="stable")[: _WIDER * budget]
    if len(order) <= budget:
        return order
    # In the order of positions, so that equal margins cannot change the clusters.
    narrow = np.sort(order)
    cluster = dict(zip(narrow.tolist(), _clusters(vectors[narrow], budget).tolist(), strict=True))
    groups: dict[int, list[int]] = {}
    for position in order.tolist():
        groups.setdefault(cluster[position], []).append(position)
    turns = _in_turns([np.array(group) for group in groups.values()])
    picks = np.fromiter(turns, np.int64)[:budget]
    return picks[np.argsort(margin[picks], kind="stable")]


def margins(
    vectors: NDArray[np.float32], label: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns by how much the best label of each input beats the second, and which two these are.

    Ridge regression on one label against the rest. A labelled input is judged by the model without
    it, in closed form; copies vouch for each other, so pass each text once.

    Args:
        vectors: of all inputs.
        label: numbers from 0, int64 (n,), at least two of them; -1 where there is none.

    Returns:
        float64 (n,), and int64 (n, 2), the best label first.
    """
    classes = int(label.max()) + 1
    fitted = np.flatnonzero(label >= 0)
    gram = RIDGE * np.eye(vectors.shape[1] + 1)
    moments = np.zeros((classes, vectors.shape[1] + 1))
    for start in range(0, len(fitted), _BLOCK):
        rows = fitted[start : start + _BLOCK]
        wide = _with_constant(vectors[rows])
        gram += wide.T @ wide
        np.add.at(moments, label[rows], wide)
    inverse = np.linalg.inv(gram)
    weights = inverse @ moments.T
    margin, best = np.zeros(len(vectors)), np.zeros((len(vectors), 2), np.int64)
    for start in range(0, len(vectors), _BLOCK):
        mine = label[start : start + _BLOCK]
        wide = _with_constant(vectors[start : start + _BLOCK])
        labelled_rows = np.flatnonzero(mine >= 0)
        scores = wide @ weights
        lever = np.einsum("ij,ij->i", wide[labelled_rows] @ inverse, wide[labelled_rows])[:, None]
        scores[labelled_rows] = (
            scores[labelled_rows] - lever * np.eye(classes)[mine[labelled_rows]]
        ) / (1 - lever)
        scores = np.round(scores, _DIGITS)
        two = np.argsort(-scores, axis=1, kind="stable")[:, :2]
        first, second = np.take_along_axis(scores, two, axis=1).T
        margin[start : start + _BLOCK] = np.round(first - second, _DIGITS)
        best[start : start + _BLOCK] = two
    return margin, best


def _with_constant(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.column_stack([vectors.astype(np.float64), np.ones(len(vectors))])


def out_of_scope(
    vectors: NDArray[np.float32],
    references: NDArray[np.float32],
    label: NDArray[np.int64] | None = None,
    *,
    own: NDArray[np.int64] | None = None,
    progress: Track = lambda items: items,
) -> NDArray[np.float64]:
    """Returns how far inputs lie from everything known, between 0 and 2, high is far.

    With labels it is the distance (1 - cosine) to the nearest centre of a label, without them the
    mean distance to the five nearest known inputs, an input itself not among them.

    Args:
        vectors: of the inputs asked about, float32 (n, dim).
        references: of inputs that are in scope, float32 (m, dim).
        label: their labels, numbers from 0, int64 (m,); None where they have none.
        own: label of those asked about that are among the known, else -1, int64 (n,); each is
            measured without its own share of the centre.
        progress: called around the blocks of work.

    Source: benchmarks/quality (out of scope), where other distances do no better.
    """
    if len(references) == 0:
        return np.zeros(len(vectors))
    distances: list[NDArray[np.float64]] = [np.zeros(0)]
    if label is not None:
        sums = np.zeros((int(label.max()) + 1, references.shape[1]))
        np.add.at(sums, label, references.astype(np.float64))
        own = np.full(len(vectors), -1) if own is None else own
        for start in range(0, len(vectors), _BLOCK):
            rows = slice(start, start + _BLOCK)
            distances.append(_from_centres(vectors[rows], sums, own[rows]))
        return np.concatenate(distances)
    sample = references[:: -(-len(references) // _KNOWN)]
    for start in progress(range(0, len(vectors), _ROWS)):
        distances.append(_far(vectors[start : start + _ROWS], sample))
    return np.concatenate(distances)


def _from_centres(
    vectors: NDArray[np.float32], sums: NDArray[np.float64], own: NDArray[np.int64]
) -> NDArray[np.float64]:
    size = np.linalg.norm(sums, axis=1)
    along = vectors.astype(np.float64) @ sums.T
    cosine = np.where(size > 0, along / np.maximum(size, 1e-12), -1)
    mine = np.flatnonzero(own >= 0)
    dot, length = along[mine, own[mine]], size[own[mine]]
    rest = np.sqrt(np.maximum(length**2 - 2 * dot + 1, 0))  # of sum - input, which has length 1
    alone = rest < 1e-6
    cosine[mine, own[mine]] = np.where(alone, -1, (dot - 1) / np.where(alone, 1, rest))
    result: NDArray[np.float64] = np.round(1 - cosine.max(axis=1), _DIGITS)
    return result


def _far(vectors: NDArray[np.float32], references: NDArray[np.float32]) -> NDArray[np.float64]:
    cosine = vectors @ references.T
    cosine[cosine > 1 - 2e-6] = -1.0  # the input itself, or a copy: it says nothing
    near = _largest(cosine, min(NEAREST, len(references)))
    result: NDArray[np.float64] = np.round(1 - near.mean(axis=1, dtype=np.float64), 5)
    return result


def _largest(values: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Returns the largest values of each row, in order, float32 (n, count).

    They are in the groups of columns with the largest maxima: most values need not be sorted.
    """
    groups = values.shape[1] // _COLUMNS
    if groups > count:
        grouped = values[:, : groups * _COLUMNS].reshape(len(values), groups, _COLUMNS)
        best = np.argpartition(grouped.max(axis=2), -count, axis=1)[:, -count:]
        near = np.take_along_axis(grouped, best[:, :, None], axis=1).reshape(len(values), -1)
        values = np.concatenate([near, values[:, groups * _COLUMNS :]], axis=1)
    return np.sort(np.partition(values, -count, axis=1)[:, -count:], axis=1)
