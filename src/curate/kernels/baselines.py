"""The stock ways to suspect labels: what cleanlab's own tutorials do, for those who want these.

Both give out-of-fold probabilities of all labels and rank by self-confidence, the probability of
the given one. They know no duplicate groups: a copy with the same wrong label hides it.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDS, NEIGHBOURS = 5, 10


def logistic(
    vectors: NDArray[np.float32], label: NDArray[np.int64], others: NDArray[np.float32]
) -> tuple[Any, Any]:
    """Returns probabilities by scikit-learn's LogisticRegression, all defaults.

    Args:
        vectors: of the labelled examples, float32 (n, dim).
        label: their labels, numbers from 0 of which each occurs.
        others: vectors of examples that nothing is learned from, float32 (m, dim).

    Returns:
        Of the labelled, float64 (n, labels), each by the four folds that it is not in; and of the
        others, float64 (m, labels), by a model of all labelled.

    Source: cleanlab's text tutorial (cross_val_predict, five folds).
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from threadpoolctl import threadpool_limits

    model = LogisticRegression()
    folds = min(FOLDS, int(np.bincount(label).max()))
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")  # labels with fewer examples than folds
        chances = cross_val_predict(model, vectors, label, cv=folds, method="predict_proba")
        return chances, _predicted(model.fit(vectors, label), others)


def neighbours(
    vectors: NDArray[np.float32], label: NDArray[np.int64], others: NDArray[np.float32]
) -> tuple[Any, Any]:
    """Returns the shares of labels among the ten nearest labelled examples, itself left out.

    Args:
        vectors: as for `logistic`; label and others likewise.
        label: likewise.
        others: likewise.

    Source: cleanlab 2.9.0, Datalab's label issues of features alone.
    """
    from sklearn.neighbors import KNeighborsClassifier

    count = min(NEIGHBOURS, len(vectors) - 1)
    with_itself = KNeighborsClassifier(count + 1).fit(vectors, label)
    chances = with_itself.predict_proba(vectors)
    chances[np.arange(len(label)), label] -= 1 / (count + 1)
    alone = KNeighborsClassifier(count).fit(vectors, label)
    return chances * (count + 1) / count, _predicted(alone, others)


def _predicted(model: Any, vectors: NDArray[np.float32]) -> Any:
    return model.predict_proba(vectors) if len(vectors) else np.zeros((0, len(model.classes_)))


DETECTORS = {"cleanlab-lr": logistic, "datalab": neighbours}
