"""What several annotators agree on, and how far: numbers in, numbers out.

An answer is (item, annotator, value), three arrays of whole numbers from 0 in any order; an
annotator answers an item once. Nothing here knows the store.
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels import leave_one_out

TIE = -1


_SMOOTHING = 0.01
_ROUNDS, _STILL = 1_000, 1e-7


@dataclass(frozen=True)
class Answers:
    """Answers of several annotators.

    Attributes:
        item: that was asked, int64 (answers,); aligned with it are annotator and value.
        shape: how many items, annotators and values there are.
    """

    item: NDArray[np.int64]
    annotator: NDArray[np.int64]
    value: NDArray[np.int64]
    shape: tuple[int, int, int]

    def votes(self) -> NDArray[np.float64]:
        """Returns how often each value was given, (items, values)."""
        items, _, values = self.shape
        flat = np.bincount(self.item * values + self.value, minlength=items * values)
        return flat.reshape(items, values).astype(np.float64)


def majority(votes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Returns the value that most gave, (items,); `TIE` where there is no such value."""
    most = votes.max(axis=1, keepdims=True)
    result: NDArray[np.int64] = np.where(
        (votes == most).sum(axis=1) == 1, votes.argmax(axis=1), TIE
    )
    return result


def dawid_skene(answers: Answers) -> NDArray[np.float64]:
    """Returns the probability of each value of each item, float64 (items, values).

    Each annotator has a habit, the chance to give each value where another one is true; habits
    and truth are estimated in turns from the vote shares on. It needs annotators who meet on many
    items: some 20 each, with two answers or more an item.

    Source: Dawid & Skene 1979, Applied Statistics 28:20, equations 2.3 to 2.5.
    """
    items, annotators, values = answers.shape
    votes = answers.votes() + 1e-12
    truth: NDArray[np.float64] = votes / votes.sum(axis=1, keepdims=True)
    for _ in range(_ROUNDS):
        habit = np.full((annotators, values, values), _SMOOTHING)
        np.add.at(habit, (answers.annotator, answers.value), truth[answers.item])
        habit /= habit.sum(axis=1, keepdims=True)
        chance = np.tile(np.log(truth.mean(axis=0) + 1e-12), (items, 1))
        np.add.at(chance, answers.item, np.log(habit)[answers.annotator, answers.value])
        chance = np.exp(chance - chance.max(axis=1, keepdims=True))
        before, truth = truth, chance / chance.sum(axis=1, keepdims=True)
        if np.abs(truth - before).max() < _STILL:
            break
    return truth


def by_texts(
    answers: Answers, at: NDArray[np.int64], vectors: NDArray[np.float32], pairs: Any
) -> NDArray[np.float64]:
    """Returns what a model says of each item that learned the answers to all other texts.

    Args:
        answers: of all annotators.
        at: number of the text of each item, (items,).
        vectors: of the texts, float32 (texts, dim), finite, unit length, in an order that has
            nothing to do with what they say.
        pairs: numbers of alike texts, twice, and their similarity: none speaks for the other.

    Returns:
        float64 (items, values), calibrated probabilities.
    """
    from scipy.sparse import csr_array

    votes = np.zeros((len(vectors), answers.shape[2]))
    np.add.at(votes, (at[answers.item], answers.value), 1)
    without = leave_one_out.left_out(votes.sum(axis=1) > 0, *pairs)
    scores = leave_one_out.predictions(vectors, csr_array(votes), without)
    heat = leave_one_out.temperature(scores, at[answers.item], answers.value)
    return leave_one_out.probabilities(scores, at, heat)


def has_cleanlab() -> bool:
    """Returns whether cleanlab's multi-annotator functions are installed."""
    return all(importlib.util.find_spec(name) for name in ("cleanlab", "pandas"))


@dataclass(frozen=True)
class Crowd:
    """What cleanlab makes of the answers.

    Attributes:
        value: consensus, int64 (items,).
        quality: how likely it is right, between 0 and 1, (items,).
        annotators: quality of each annotator, between 0 and 1, (annotators,).
        agreement: the share of an annotator's answers that are the consensus, where others
            answered too, (annotators,); nan where nobody did.
    """

    value: NDArray[np.int64]
    quality: NDArray[np.float64]
    annotators: NDArray[np.float64]
    agreement: NDArray[np.float64]


def crowd(answers: Answers, chances: NDArray[np.float64]) -> Crowd:
    """Returns consensus and quality by cleanlab's `get_label_quality_multiannotator` (CROWDLAB).

    Every annotator has to have answered something, and two of them one item.

    Args:
        answers: of all annotators.
        chances: of the values of each item, (items, values): what a model says of the item that
            has not seen its answers, or where there is none, `dawid_skene`.

    Source: Goh, Tkachenko & Mueller 2022, CROWDLAB.
    """
    from cleanlab.multiannotator import get_label_quality_multiannotator

    items, annotators, _ = answers.shape
    table = np.full((items, annotators), np.nan)
    table[answers.item, answers.annotator] = answers.value
    # A certain model would leave an annotator who differs from it no weight at all.
    chances = np.clip(chances, 1e-3, None)
    chances = chances / chances.sum(axis=1, keepdims=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of cleanlab, about its own calls of pandas and numpy
        results = get_label_quality_multiannotator(table, chances, verbose=False)
    labels, people = results["label_quality"], results["annotator_stats"].sort_index()
    return Crowd(
        labels["consensus_label"].to_numpy(np.int64),
        labels["consensus_quality_score"].to_numpy(np.float64),
        people["annotator_quality"].to_numpy(np.float64),
        people["agreement_with_consensus"].to_numpy(np.float64),
    )


def pairwise(answers: Answers) -> float:
    """Returns the share of pairs of answers to one item that are the same; nan without a pair."""
    votes = answers.votes()
    each = votes.sum(axis=1)
    pairs = (each * (each - 1)).sum()
    return float((votes * (votes - 1)).sum() / pairs) if pairs else float(np.nan)


def alpha(answers: Answers, level: Any) -> float | None:
    """Returns Krippendorff's alpha, 1 at most; None where all give one value, or nobody meets.

    Args:
        answers: with values in their order, where they have one.
        level: nominal or ordinal.

    Source: Krippendorff 2004, Content Analysis, chapter 11; the package `krippendorff`.
    """
    import krippendorff

    votes = answers.votes()
    votes = votes[votes.sum(axis=1) > 1]
    used = votes.sum(axis=0) > 0
    if used.sum() < 2:
        return None
    votes, domain = votes[:, used], np.flatnonzero(used)
    return float(
        krippendorff.alpha(
            value_counts=votes.astype(int), value_domain=domain, level_of_measurement=level
        )
    )
