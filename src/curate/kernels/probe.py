"""A cheap classifier on vectors that stands for the model to be trained: arrays in, labels out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

GAMMA, RIDGE, LANDMARKS = 0.25, 0.1, 1_500
"""Of the classifier, a kernel ridge: within 2 points of logistic regression on sets of intents."""


_JITTER = 1e-5
_ROWS = 4_096
_DIGITS = 6


def learned(
    vectors: NDArray[np.float32],
    label: NDArray[np.int64],
    queries: NDArray[np.float32],
    labels: int,
) -> NDArray[np.int64]:
    """Returns the label that a kernel ridge, spanned by the first examples, gives what is asked.

    Args:
        vectors: unit vectors, float32 (n, dim).
        label: their labels.
        queries: unit vectors, float32 (m, dim).
        labels: how many there are.

    Source: Williams and Seeger 2001 (landmarks).
    """
    from scipy.linalg import solve

    centre = vectors.mean(axis=0, dtype=np.float64)

    def unit(part: NDArray[np.float32]) -> NDArray[np.float64]:
        offsets = part - centre
        length = np.linalg.norm(offsets, axis=1, keepdims=True)
        result: NDArray[np.float64] = offsets / np.maximum(length, _JITTER)
        return result

    landmarks = unit(vectors[:LANDMARKS])

    def kernel(part: NDArray[np.float32]) -> NDArray[np.float64]:
        values = np.exp(-2 * GAMMA * (1 - unit(part) @ landmarks.T))
        return np.hstack([values, np.ones((len(part), 1))])

    gram = np.zeros((len(landmarks) + 1, len(landmarks) + 1))
    gram[:-1, :-1] = np.exp(-2 * GAMMA * (1 - landmarks @ landmarks.T))
    gram[:-1, :-1] += _JITTER * np.eye(len(landmarks))
    gram[-1, -1] = 1.0
    gram *= RIDGE
    target = np.zeros((len(gram), labels))
    for start in range(0, len(vectors), _ROWS):
        values = kernel(vectors[start : start + _ROWS])
        gram += values.T @ values
        target += values.T @ np.eye(labels)[label[start : start + _ROWS]]
    weights = solve(gram, target, assume_a="pos")
    parts = [kernel(queries[s : s + _ROWS]) @ weights for s in range(0, len(queries), _ROWS)]
    # The last digits depend on how many threads a product was made by.
    result: NDArray[np.int64] = np.vstack(parts).round(_DIGITS).argmax(axis=1)
    return result
