"""Detectors of wrong labels on the same vectors: curate's own, and the stock ways."""

from __future__ import annotations

import contextlib
import io
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sets import Task

from curate.kernels import cosine, label_model, label_noise, minhash
from curate.mislabels.mislabels import SAME_MEANING
from curate.split import SplitSettings
from curate.text.text import SHORT_TOKENS, digest, words

OURS, DATALAB, LOGISTIC = "curate", "Datalab", "cleanlab + LR"


@dataclass(frozen=True)
class Found:
    """What one detector says of all rows of a task; aligned arrays (n,).

    Attributes:
        suspicion: high is suspicious; -inf where it did not judge.
        flagged: whether it calls the label wrong.
        suggested: the label that it would give.
        seconds: that it took.
    """

    suspicion: Any
    flagged: Any
    suggested: Any
    seconds: float

    def worst(self) -> Any:
        """Returns all rows, the most suspicious first."""
        return np.argsort(-self.suspicion, kind="stable")


def labelled(task: Task) -> label_model.Labelled:
    """Returns the task as `curate mislabels` reads it from a store; all rows are train."""
    hashes = [digest(text) for text in task.texts]
    _, first, at = np.unique(hashes, return_index=True, return_inverse=True)
    texts = [task.texts[n] for n in first]
    vectors = np.ascontiguousarray(task.vectors[first])
    count = len(task.texts)
    return label_model.Labelled(
        ids=np.array([f"{n:08d}" for n in range(count)], object),
        label=np.array(task.given, object),
        train=np.ones(count, bool),
        by_hand=np.zeros(count, bool),
        at=at,
        vectors=vectors,
        pairs=alike(texts, vectors),
    )


def curate(task: Task) -> Found:
    """Returns what `curate mislabels` says; finding near-duplicates is on another stage's clock."""
    read = labelled(task)
    begun = time.perf_counter()
    model = label_model.Model(read)
    found = label_model.assess(read, model)
    train = np.ones(len(found.examples), bool)
    likely = label_noise.estimate(found.chances, model.given[found.examples], train)["train"]
    seconds = time.perf_counter() - begun
    suspicion = np.full(len(task.texts), -np.inf)
    suspicion[found.examples] = found.judgement.margin
    flagged = np.zeros(len(task.texts), bool)
    flagged[np.argsort(-suspicion, kind="stable")[:likely]] = True
    suggested = np.array(task.given, object)
    suggested[found.examples] = model.names[found.judgement.suggested]
    return Found(suspicion, flagged & (suspicion > 0), suggested, seconds)


def datalab(vectors: Any, given: Any) -> Found:
    """Returns what Datalab says of features and labels, all defaults."""
    from cleanlab import Datalab

    begun = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        lab = Datalab({"y": list(given)}, label_name="y", task="classification", verbosity=0)
        lab.find_issues(features=vectors, issue_types={"label": {}})
    found = lab.get_issues("label")
    seconds = time.perf_counter() - begun
    return Found(
        -found["label_score"].to_numpy(),
        found["is_label_issue"].to_numpy(),
        found["predicted_label"].to_numpy().astype(object),
        seconds,
    )


def logistic(vectors: Any, given: Any) -> Found:
    """Returns what cleanlab says with scikit-learn's LR: five shuffled folds, all defaults."""
    from cleanlab.classification import CleanLearning
    from sklearn.linear_model import LogisticRegression

    begun = time.perf_counter()
    names, number = np.unique(given, return_inverse=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer members than folds
        found = CleanLearning(LogisticRegression(), seed=0).find_label_issues(vectors, number)
    return Found(
        -found["label_quality"].to_numpy(),
        found["is_label_issue"].to_numpy(),
        names[found["predicted_label"].to_numpy()].astype(object),
        time.perf_counter() - begun,
    )


def in_file_order(vectors: Any, given: Any) -> Found:
    """Returns the same by folds in the order of the file, where like rows may stand together."""
    from cleanlab.filter import find_label_issues
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict

    begun = time.perf_counter()
    names, number = np.unique(given, return_inverse=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer members than folds
        chances = cross_val_predict(
            LogisticRegression(), vectors, number, cv=5, method="predict_proba"
        )
    return Found(
        -chances[np.arange(len(number)), number],
        find_label_issues(number, chances, n_jobs=1),
        names[chances.argmax(axis=1)].astype(object),
        time.perf_counter() - begun,
    )


PEERS: dict[str, Callable[[Task], Found]] = {
    OURS: curate,
    DATALAB: lambda task: datalab(task.vectors, task.given),
    LOGISTIC: lambda task: logistic(task.vectors, task.given),
}


def alike(texts: list[str], vectors: Any) -> tuple[Any, Any, Any]:
    """Returns the pairs that the store would have: near-duplicates and the same in meaning."""
    threshold = SplitSettings().leak_threshold
    long = np.array([n for n, text in enumerate(texts) if len(words(text)) >= SHORT_TOKENS], int)
    parts = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    if len(long):
        chosen = [texts[n] for n in long]
        keys = minhash.keys(chosen, threshold=threshold)
        a, b, s = minhash.pairs(chosen, keys, np.ones(len(long), bool), threshold=threshold)
        parts.append((long[a], long[b], s))
    parts += list(cosine.pairs(vectors[:0], vectors, threshold=SAME_MEANING))
    a, b, s = (np.concatenate(part) for part in zip(*parts, strict=True))
    return a, b, s


def ranked(wrong: Any, suspicion: Any, top: int = 100) -> tuple[float, float]:
    """Returns the average precision and the precision among the first."""
    from sklearn.metrics import average_precision_score

    finite = np.where(np.isfinite(suspicion), suspicion, -1e9)
    worst = np.argsort(-finite, kind="stable")[:top]
    return float(average_precision_score(wrong, finite)), float(wrong[worst].mean())
