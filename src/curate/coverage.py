"""Edge-case kernel: which inputs to label first, which lie between labels, which lie outside them.

Pure functions over arrays; they know no store. Vectors are unit vectors, float32 (n, dim), in an
order that has nothing to do with what the inputs say, such as that of their hashes: ties are broken
by it, and so the same inputs are always chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ENOUGH = 3
"""Labelled inputs for each label from which on margins say more than coverage does."""

NEIGHBOURS = 20
NEAREST = 5
MOST_CLUSTERS = 1_000

_WIDER = 5
_ROWS = 1_024


def typical(
    vectors: NDArray[np.float32], labelled: NDArray[np.bool_], budget: int
) -> NDArray[np.int64]:
    """Returns inputs to label where few or none are: typical ones of what is not covered yet.

    All are clustered, one cluster for each labelled and each wanted input. Clusters are visited by
    how few labelled inputs they have, the largest first, and give the input that is nearest to its
    nearest neighbours within the cluster.

    Args:
        vectors: of all inputs.
        labelled: bool (n,), those that have a label.
        budget: most inputs to return.

    Returns:
        Positions, the first to label first, int64 (at most budget,).

    Source: Hacohen, Dekel and Weinshall 2022, Active learning on a budget (TypiClust).
    """
    import numpy as np

    wanted = min(budget, int((~labelled).sum()))
    if wanted == 0:
        return np.zeros(0, np.int64)
    cluster = _clusters(vectors, int(labelled.sum()) + wanted)
    order = np.argsort(cluster, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(cluster[order])) + 1)
    members.sort(key=lambda of: (int(labelled[of].sum()), -len(of), int(of[0])))
    queues = [_most_typical(vectors, of, labelled) for of in members]
    return np.fromiter(_in_turns(queues), np.int64)[:wanted]


def _most_typical(
    vectors: NDArray[np.float32], of: NDArray[np.int64], labelled: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Returns the members of a cluster that have no label, the most typical first."""
    import numpy as np

    nearness = np.zeros(len(of))
    count = min(NEIGHBOURS, len(of) - 1)
    for start in range(0, len(of) if count else 0, _ROWS):
        near = vectors[of[start : start + _ROWS]] @ vectors[of].T
        # The largest is the input itself.
        best = np.sort(np.partition(near, -count - 1, axis=1)[:, -count - 1 :], axis=1)[:, :-1]
        nearness[start : start + _ROWS] = best.mean(axis=1)
    order = of[np.argsort(-np.round(nearness, 6), kind="stable")]
    return order[~labelled[order]]


def _in_turns(queues: list[NDArray[np.int64]]) -> Iterator[int]:
    """Yields the first of each queue, then the second, and so on."""
    for turn in range(max(map(len, queues))):
        for queue in queues:
            if turn < len(queue):
                yield int(queue[turn])


def _clusters(vectors: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Returns the cluster of each input."""
    from sklearn.cluster import MiniBatchKMeans
    from threadpoolctl import threadpool_limits

    count = min(count, len(vectors), MOST_CLUSTERS)
    fit = MiniBatchKMeans(count, random_state=0, n_init=1, batch_size=4 * _ROWS, max_iter=40)
    with threadpool_limits(1):
        result: NDArray[np.int64] = fit.fit_predict(vectors).astype("int64")
    return result


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
    import numpy as np

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
    chosen = np.fromiter(turns, np.int64)[:budget]
    return chosen[np.argsort(margin[chosen], kind="stable")]


def out_of_scope(
    vectors: NDArray[np.float32],
    known: NDArray[np.float32],
    label: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """Returns how far inputs lie from everything known, between 0 and 2, high is far.

    With labels it is the distance (1 - cosine) to the nearest centre of a label, without them the
    mean distance to the five nearest known inputs, an input itself not among them.

    Args:
        vectors: of the inputs asked about, float32 (n, dim).
        known: of inputs that are in scope, float32 (m, dim).
        label: their labels, numbers from 0, int64 (m,); None where they have none.

    Source: benchmarks/quality (out of scope), where other distances do no better.
    """
    import numpy as np

    if len(known) == 0:
        return np.zeros(len(vectors))
    if label is not None:
        sums = np.zeros((int(label.max()) + 1, known.shape[1]))
        np.add.at(sums, label, known.astype(np.float64))
        size = np.linalg.norm(sums, axis=1, keepdims=True)
        centres = sums[size[:, 0] > 0] / size[size[:, 0] > 0]
        result: NDArray[np.float64] = 1 - (vectors.astype(np.float64) @ centres.T).max(axis=1)
        return result
    return np.concatenate(
        [_far(vectors[start : start + _ROWS], known) for start in range(0, len(vectors), _ROWS)]
        or [np.zeros(0)]
    )


def _far(vectors: NDArray[np.float32], known: NDArray[np.float32]) -> Any:
    import numpy as np

    cosine = (vectors @ known.T).astype(np.float64)
    cosine[cosine > 1 - 1e-6] = -1.0  # the input itself, or a copy: it says nothing
    count = min(NEAREST, len(known))
    return 1 - np.partition(cosine, -count, axis=1)[:, -count:].mean(axis=1)
