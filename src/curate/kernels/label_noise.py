"""Suspicion kernel: from labelled inputs to the labels that like inputs speak against.

Arrays in, rows out; it knows no store. A model of the train side says for each example what its
label should be, without having seen the example or its duplicates (`kernels.leave_one_out`);
cleanlab estimates from these predictions how many labels are wrong.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels import edge_cases
from curate.kernels.label_model import COUNTS, SIDES, Assessment, Labelled, Model, assess
from curate.progress import Progress

NEAREST, LIKE = 5, 3
_ROWS = 256
_SLACK = 8


def find(
    task: Labelled,
    *,
    detector: str = "kernel",
    progress: Progress = lambda items, _: items,
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Returns the labels under suspicion, and counts.

    Returns:
        One dict per suspicion: example_id, given, suggested, score, probability,
        given_probability, tier, nearest, like_given, like_suggested, similarity; under `edges` of
        the counts one dict per edge case: see `edge_cases.find`. The other counts:
        `sides` (side -> `COUNTS`), `classes`, `too_rare` (the labels), `too_rare_examples`, and
        `problem`, which says why nothing was judged.
    """
    model = Model(task)
    rare = task.label[~model.enough & ~task.by_hand].astype(str)
    counts: dict[str, Any] = {
        "classes": len(model.names),
        "too_rare": np.unique(rare).tolist(),
        "too_rare_examples": len(rare),
        "problem": model.problem(),
        "sides": {side: dict.fromkeys(COUNTS, 0) for side in SIDES},
        "edges": [],
    }
    if counts["problem"]:
        return [], counts
    assessment = assess(task, model, detector=detector, progress=progress)
    judgement, train = assessment.judgement, task.train[assessment.examples]
    wrong = estimate(assessment.chances, model.given[assessment.examples], train)
    rows = []
    for side, mine in zip(SIDES, (train, ~train), strict=True):
        # Stable, and examples are in the order of their ids.
        ranking = np.flatnonzero(mine)[np.argsort(judgement.score[mine], kind="stable")]
        suspects = ranking[judgement.margin[ranking] > 0]
        likely = min(wrong[side], len(suspects))
        numbers = (int(mine.sum()), wrong[side], likely, len(suspects) - likely)
        counts["sides"][side] = dict(zip(COUNTS, numbers, strict=True))
        rows += _rows(task, model, assessment, suspects, likely)
    counts["edges"] = edge_cases.find(task, model, assessment)
    return rows, counts


def estimate(
    chances: NDArray[np.float64], given: NDArray[np.int64], train: NDArray[np.bool_]
) -> dict[str, int]:
    """Returns how many labels are wrong by cleanlab's count, per side.

    Train is counted by itself: nothing of the test side may change what is said of it. The test
    side, often small, is counted together with train.

    Source: Northcutt et al. 2021, section 3.2 (prune by noise rate).
    """
    from cleanlab.filter import find_label_issues

    if not np.isfinite(chances).all():  # cleanlab takes them without a word
        raise ValueError("predictions are not finite")
    rates = {}
    for side, part, mine in (("train", train, train), ("test", np.ones_like(train), ~train)):
        # With one label there is nothing that it could be confused with.
        if not mine.any() or len(np.unique(given[part])) < 2:
            rates[side] = 0
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wrong = find_label_issues(given[part], chances[part], n_jobs=1, verbose=False)
        rates[side] = int(wrong[mine[part]].sum())
    return rates


def _rows(
    task: Labelled,
    model: Model,
    assessment: Assessment,
    suspects: NDArray[np.int64],
    likely: int,
) -> list[dict[str, Any]]:
    """Returns what is told of the suspects: positions in what was found, the worst first."""
    chosen, judgement = assessment.examples[suspects], assessment.judgement
    given, suggested = model.given[chosen], judgement.suggested[suspects]
    near = _Neighbours(task, model).of(task.at[chosen], given, suggested)
    return [
        {
            "example_id": task.ids[e],
            "given": str(model.names[g]),
            "suggested": str(model.names[k]),
            "score": float(judgement.score[s]),
            "probability": float(judgement.probability[s]),
            "given_probability": float(judgement.given_probability[s]),
            "tier": "likely" if rank < likely else "possible",
            **like,
        }
        for rank, (e, s, g, k, like) in enumerate(
            zip(chosen, suspects, given, suggested, near, strict=True)
        )
    ]


class _Neighbours:
    """Train examples that stand for inputs: of each label, the one with the smallest id."""

    def __init__(self, task: Labelled, model: Model) -> None:
        self.task, self.model = task, model
        used = np.flatnonzero(model.used)
        keys, first = np.unique(
            task.at[used] * model.shape[1] + model.given[used], return_index=True
        )
        self.example = dict(zip(keys.tolist(), task.ids[used[first]].tolist(), strict=True))
        self.inputs = np.unique(task.at[used])
        self.main = np.asarray(model.counts.argmax(axis=1)).ravel()
        of = model.counts.tocsc()
        self.with_label = [
            np.sort(of.indices[of.indptr[k] : of.indptr[k + 1]]) for k in range(model.shape[1])
        ]

    def of(
        self, at: NDArray[np.int64], given: NDArray[np.int64], suggested: NDArray[np.int64]
    ) -> list[dict[str, Any]]:
        """Returns the neighbours of inputs, over all, with the given and the suggested label."""
        sets = [
            [self.inputs, self.with_label[g], self.with_label[s]]
            for g, s in zip(given.tolist(), suggested.tolist(), strict=True)
        ]
        neighbours = nearest(self.task.vectors, at, sets, self.model.without, count=NEAREST)
        return [
            {
                "nearest": [self._name(i, int(self.main[i])) for i, _ in every],
                "like_given": [self._name(i, g) for i, _ in like[:LIKE]],
                "like_suggested": [self._name(i, s) for i, _ in other[:LIKE]],
                "similarity": other[0][1] if other else None,
            }
            for (every, like, other), g, s in zip(
                neighbours, given.tolist(), suggested.tolist(), strict=True
            )
        ]

    def _name(self, number: int, label: int) -> str:
        return str(self.example[number * self.model.shape[1] + label])


def nearest(
    vectors: NDArray[np.float32],
    queries: NDArray[np.int64],
    among: list[list[NDArray[np.int64]]],
    without: Any,
    *,
    count: int,
) -> list[list[list[tuple[int, float]]]]:
    """Returns for each input that is asked about its nearest inputs in each of several sets.

    Args:
        vectors: unit vectors, float32 (n, dim).
        queries: positions of inputs.
        among: for each of them, sets of positions, in order.
        without: boolean csr_array (n, n): those that never count as near.
        count: most inputs in an answer.

    Returns:
        For each input and set: positions and cosines to six digits, nearest first.
    """
    parts = []
    for start in range(0, len(queries), _ROWS):
        rows = queries[start : start + _ROWS]
        similarities = vectors[rows] @ vectors.T
        for row, cosines, sets in zip(rows.tolist(), similarities, among[start:], strict=False):
            cosines[without.indices[without.indptr[row] : without.indptr[row + 1]]] = -np.inf
            cosines[row] = -np.inf
            parts.append([_top(vectors, row, cosines, positions, count) for positions in sets])
    return parts


def _top(
    vectors: NDArray[np.float32],
    row: int,
    cosines: NDArray[np.float32],
    positions: NDArray[np.int64],
    count: int,
) -> list[tuple[int, float]]:
    """Fast products propose a few more than are wanted; exact ones decide."""
    near = cosines[positions]
    if len(near) > count + _SLACK:
        best = np.sort(np.argpartition(-near, count + _SLACK)[: count + _SLACK])
        positions, near = positions[best], near[best]
    positions = positions[np.isfinite(near)]
    left = vectors[positions].astype(np.float64)
    exact = np.round(np.einsum("ij,j->i", left, vectors[row].astype(np.float64)), 6)
    order = np.lexsort((positions, -exact))[:count]
    return [(int(positions[i]), float(exact[i])) for i in order]
