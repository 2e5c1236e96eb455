"""Kernel of the signals: what vectors of prompts and answers, ratings and raters say of answers.

Arrays in, arrays out; it knows no store. Scores are low where something speaks against an answer.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from curate.progress import Progress

RIDGE, FOLDS = 30.0, 5
PRODUCT, COSINE = 8.0, 3.0
"""Penalty and folds of the model of ratings, and how much its features weigh beside unit vectors.

Source: FeedbackQA, where these order answers by their rating with a rank correlation of .55, and
vectors side by side, without their product, with .16; benchmarks/quality measures other sets.
"""


OBEYED, FEWEST = 0.8, 10
"""Share of a cluster's answers that make a shape the rule there, and the fewest that can."""


CAUTION = 5.0
"""Answers that a rater is taken to have given as everybody does, beside their own.

Source: the usual shrinkage of a mean, where raters differ from one another by a fifth of the
variance that there is within each.
"""


_BLOCK = 4_096


def relevance(prompts: NDArray[np.float32], answers: NDArray[np.float32]) -> NDArray[np.float64]:
    """Returns the cosine of each answer with its prompt; unit vectors, float32 (n, dim)."""
    return _rounded((prompts * answers).sum(axis=1))


def by_chance(prompts: NDArray[np.float32], answers: NDArray[np.float32]) -> float:
    """Returns the cosine that a prompt has with somebody else's answer, in the middle (median).

    Each prompt meets the answer of the row half the rows away, so nothing is drawn.
    """
    if len(prompts) < 2:
        return 0.0
    return float(np.median(relevance(prompts, np.roll(answers, len(answers) // 2, axis=0))))


def expected(
    prompts: NDArray[np.float32],
    answers: NDArray[np.float32],
    lengths: NDArray[np.float64],
    ratings: NDArray[np.float64],
    groups: Sequence[str],
    progress: Progress = lambda items, _: items,
) -> NDArray[np.float64]:
    """Returns the rating that answers like each one got, learned without its own group.

    A ridge regression on prompt, answer, their product and difference, cosine and length: whether
    an answer fits is told by how it differs from its prompt, not by either alone.

    Args:
        prompts: unit vectors, float32 (n, dim).
        answers: likewise.
        lengths: characters of the answers.
        ratings: of people, on any scale, NaN where nobody rated; at least one.
        groups: rows of one prompt or conversation share a group.
        progress: called with (items, label) around the work.

    Returns:
        float64 (n,), on the scale of `ratings`.
    """
    _, number = np.unique(np.array(groups, object), return_inverse=True)
    fold = number % FOLDS
    rated = ~np.isnan(ratings)
    mean = float(ratings[rated].mean())
    width = 4 * prompts.shape[1] + 3
    grams, sides = np.zeros((FOLDS, width, width)), np.zeros((FOLDS, width))
    for rows in progress(_blocks(len(ratings)), "learning from ratings"):
        block = _features(prompts[rows], answers[rows], lengths[rows])
        for f in np.unique(fold[rows]).tolist():
            mine = rated[rows] & (fold[rows] == f)
            grams[f] += block[mine].T @ block[mine]
            sides[f] += block[mine].T @ (ratings[rows][mine] - mean)
    penalty = RIDGE * np.eye(width)
    penalty[-1, -1] = 1e-6  # the constant
    weights = np.stack(
        [
            np.linalg.solve(grams.sum(axis=0) - grams[f] + penalty, sides.sum(axis=0) - sides[f])
            for f in range(FOLDS)
        ]
    )
    predictions = [
        (_features(prompts[rows], answers[rows], lengths[rows]) * weights[fold[rows]]).sum(axis=1)
        for rows in _blocks(len(ratings))
    ]
    return _rounded(mean + np.concatenate(predictions))


def _blocks(count: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]


def _features(
    prompts: NDArray[np.float32], answers: NDArray[np.float32], lengths: NDArray[np.float64]
) -> NDArray[np.float64]:
    cosine = (prompts * answers).sum(axis=1, keepdims=True)
    parts = [
        prompts, answers, prompts * answers * PRODUCT, np.abs(prompts - answers), cosine * COSINE,
        np.log1p(lengths)[:, None], np.ones_like(cosine),
    ]  # fmt: skip
    return np.concatenate(parts, axis=1, dtype=np.float64)


def shape(text: str) -> str:
    """Returns what form an answer has: a JSON object with its keys, a JSON list, code, or prose."""
    text = text.strip()
    if text.startswith(("{", "[")):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            return "broken JSON"
        if isinstance(value, dict):
            return f"a JSON object ({', '.join(sorted(value))})"
        return "a JSON list"
    return "a code block" if text.startswith("```") and text.endswith("```") else "prose"


def format_outliers(shapes: Sequence[str], clusters: Sequence[Any]) -> dict[int, tuple[str, float]]:
    """Returns the answers that break the form of their cluster: row -> (the rule, its share).

    A form is the rule where OBEYED of FEWEST answers or more have it; prose is no form.
    """
    members: dict[Any, list[int]] = {}
    for row, cluster in enumerate(clusters):
        if cluster is not None:
            members.setdefault(cluster, []).append(row)
    outliers = {}
    for mine in members.values():
        counts = Counter(shapes[row] for row in mine)
        rule = max(sorted(counts), key=lambda name: counts[name])
        share = counts[rule] / len(mine)
        if len(mine) >= FEWEST and share >= OBEYED and rule not in ("prose", "broken JSON"):
            outliers.update({row: (rule, share) for row in mine if shapes[row] != rule})
    return dict(sorted(outliers.items()))


@dataclass(frozen=True)
class Rater:
    """How one rater differs from the others who rated the same answers.

    Attributes:
        ratings: all of theirs; `shared`: those of answers that others rated too.
        bias: mean difference from the others, pulled towards 0 where little is shared; below 0 is
            harsh.
        apart: root mean square of what is left of the differences without the bias: how
            inconsistent they are, and everybody who rated the same answers.
    """

    key: str
    ratings: int
    shared: int
    bias: float
    apart: float


def raters(
    keys: Sequence[str], examples: Sequence[str], ratings: Sequence[float]
) -> tuple[Rater, ...]:
    """Returns raters by name; one rating per row, of one example by one rater."""
    of: dict[str, list[tuple[str, float]]] = {}
    for key, example, rating in zip(keys, examples, ratings, strict=True):
        of.setdefault(example, []).append((key, rating))
    numbers: dict[str, int] = {}
    apart: dict[str, list[float]] = {}
    for example in sorted(of):
        for key, rating in sorted(of[example]):
            numbers[key] = numbers.get(key, 0) + 1
            others = [r for k, r in of[example] if k != key]
            if others:
                apart.setdefault(key, []).append(rating - sum(others) / len(others))
    return tuple(_rater(key, numbers[key], apart.get(key, [])) for key in sorted(numbers))


def _rater(key: str, ratings: int, apart: list[float]) -> Rater:
    shared = len(apart)
    mean = sum(apart) / shared if shared else 0.0
    rest = (sum((a - mean) ** 2 for a in apart) / shared) ** 0.5 if shared else 0.0
    return Rater(key, ratings, shared, round(mean * shared / (shared + CAUTION), 3), round(rest, 3))


def _rounded(values: Any) -> NDArray[np.float64]:
    """Returns scores without the last bits, which depend on how a sum is split."""
    return np.asarray(values, np.float64).round(6)
