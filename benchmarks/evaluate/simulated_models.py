"""Two models with a known difference, answering examples that are drawn anew each time."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from curate.kernels.audit_weights import audit_weights
from curate.kernels.clustered_mean import LabelAudit

CLASSES, RIGHT = 5, 0.8
"""Answers there are, and how often the baseline is right (an answer is a class)."""


@dataclass(frozen=True)
class Setting:
    """How a world is drawn.

    Attributes:
        name: of the kind of world.
        examples: held-out ones.
        difference: true mean difference, candidate less baseline.
        differ: share of the examples of which exactly one model is right; None: graded scores.
        alike: chance that an example takes the outcome of its conversation; 0: no conversations.
        wrong: share of wrong labels, which are any other class.
        borrowed: share of labels that are a model's own answers.
        from_candidate: it is the candidate whose answers are labels, not the baseline.
        audit: examples whose label people judged, drawn at random.
        caught: chance that a wrong label is flagged (a right one: 5%); people judged the flagged.
        queues: in which they did, each with a part of the audit and of the flagged.
    """

    name: str
    examples: int
    difference: float
    differ: float | None = 0.15
    alike: float = 0.0
    wrong: float = 0.0
    borrowed: float = 0.0
    from_candidate: bool = False
    audit: int = 0
    caught: float = 0.0
    queues: int = 1


@dataclass(frozen=True)
class World:
    """Scores of both models (n,), conversations (n,), and what people said about the labels."""

    candidate: NDArray[np.float64]
    baseline: NDArray[np.float64]
    clusters: NDArray[np.int64]
    audit: LabelAudit | None


def simulated(setting: Setting, seed: int) -> World:
    rng = np.random.default_rng([seed, zlib.crc32(repr(setting).encode())])
    if setting.differ is None:
        return _graded(setting, rng)
    clusters = _conversations(setting, rng)
    only = (setting.differ + setting.difference) / 2
    other = setting.differ - only
    # Both right, only the candidate, only the baseline, neither.
    chances = [RIGHT - other, only, other, 1 - RIGHT - only]
    outcome = rng.choice(4, setting.examples, p=chances)
    shared = rng.choice(4, setting.examples, p=chances)[clusters]
    outcome = np.where(rng.random(setting.examples) < setting.alike, shared, outcome)
    right = np.isin(outcome, (0, 1)), np.isin(outcome, (0, 2))
    if not (setting.wrong or setting.borrowed):
        candidate, baseline = (r.astype(np.float64) for r in right)
        return World(candidate, baseline, clusters, None)
    return _mislabelled(setting, right, clusters, rng)


def _conversations(setting: Setting, rng: np.random.Generator) -> NDArray[np.int64]:
    if not setting.alike:
        return np.arange(setting.examples)
    lengths = rng.integers(1, 11, setting.examples)
    return np.repeat(np.arange(setting.examples), lengths)[: setting.examples]


def _graded(setting: Setting, rng: np.random.Generator) -> World:
    """Most answers are hardly better or worse, one in five by up to 0.3."""
    size = setting.examples
    baseline = 0.35 + 0.3 * rng.beta(4, 2, size)
    reach = np.where(rng.random(size) < 0.2, 0.3, 0.05)
    candidate = baseline + setting.difference + reach * rng.uniform(-1, 1, size)
    return World(candidate, baseline, np.arange(size), None)


def _mislabelled(
    setting: Setting,
    right: tuple[NDArray[np.bool_], NDArray[np.bool_]],
    clusters: NDArray[np.int64],
    rng: np.random.Generator,
) -> World:
    size = setting.examples

    def other(than: NDArray[np.int64]) -> NDArray[np.int64]:
        return (than + rng.integers(1, CLASSES, size)) % CLASSES

    truth = rng.integers(0, CLASSES, size)
    candidate, baseline = (np.where(r, truth, other(truth)) for r in right)
    label = np.where(rng.random(size) < setting.wrong, other(truth), truth)
    lender = candidate if setting.from_candidate else baseline
    label = np.where(rng.random(size) < setting.borrowed, lender, label)
    flagged = rng.random(size) < np.where(label != truth, setting.caught, 0.05)
    rounds, drawn = _judged(setting, flagged if setting.caught else np.zeros(size, bool), rng)
    scores = [(a == label).astype(np.float64) for a in (candidate, baseline)]
    true = [r.astype(np.float64) for r in right]
    return World(*scores, clusters, LabelAudit(audit_weights(rounds, drawn), *true))


def _judged(
    setting: Setting, flagged: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Returns in which queue each example was judged (-1: in none), and whether by chance."""
    rounds, drawn = np.full(len(flagged), -1), np.zeros(len(flagged), dtype=bool)
    part = int(flagged.sum()) // setting.queues
    for queue in range(setting.queues):
        chance = rng.permutation(np.flatnonzero(rounds < 0))[: setting.audit // setting.queues]
        drawn[chance] = True
        rounds[chance] = queue
        rounds[np.flatnonzero((rounds < 0) & flagged)[:part]] = queue
    return rounds, drawn


SIZES, DIFFERENCES = (100, 300, 1000), (0.0, 0.02, 0.05)
KINDS = {
    "right or wrong": (SIZES, {}),
    "the models rarely differ": (SIZES, {"differ": 0.06}),
    "graded": (SIZES, {"differ": None}),
    "conversations of 1 to 10": (SIZES, {"alike": 0.7}),
    "10% wrong labels, 100 audited": (SIZES[1:], {"wrong": 0.1, "audit": 100}),
    "10% wrong labels, 200 audited": (SIZES[2:], {"wrong": 0.1, "audit": 200}),
    "20% wrong labels, 100 audited": (SIZES[2:], {"wrong": 0.2, "audit": 100}),
    "20% wrong labels, 200 audited": (SIZES[1:], {"wrong": 0.2, "audit": 200}),
    "1 in 5 labels is the candidate's, 100 audited": (
        SIZES[1:],
        {"borrowed": 0.2, "from_candidate": True, "audit": 100},
    ),
    "half the labels are the candidate's, 200 audited": (
        SIZES[2:],
        {"borrowed": 0.5, "from_candidate": True, "audit": 200},
    ),
    "all labels are the baseline's, 200 audited": (SIZES[1:], {"borrowed": 1.0, "audit": 200}),
    "20% wrong labels, flagged ones judged, 100 audited": (
        SIZES[2:],
        {"wrong": 0.2, "audit": 100, "caught": 0.6},
    ),
    "20% wrong labels, flagged ones judged in 5 queues, 100 audited": (
        SIZES[2:],
        {"wrong": 0.2, "audit": 100, "caught": 0.6, "queues": 5},
    ),
    "conversations, 10% wrong labels, 200 audited": (
        SIZES[2:],
        {"alike": 0.7, "wrong": 0.1, "audit": 200},
    ),
}


def settings() -> list[Setting]:
    """Returns all kinds of worlds in all their sizes; a difference of 2 only with right labels."""
    return [
        Setting(name, size, difference, **how)
        for name, (sizes, how) in KINDS.items()
        for size in sizes
        for difference in DIFFERENCES
        if difference != DIFFERENCES[1] or "audit" not in how
    ]
