"""Texts with several labels, and texts that several people judged: what the stock ways make of
them, and what ours do."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from report import SEEDS, Bench
from sets import NOISE, published, rows

from curate.text import normalise

# -- sets of labels --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sets:
    """Texts with sets of labels.

    Attributes:
        texts: normalised; aligned with vectors, float32 (n, dim), and true.
        true: bool (n, labels).
    """

    name: str
    texts: list[str]
    vectors: Any
    true: Any


def moderation(bench: Bench) -> Sets:
    """Messages with eight kinds of harm; a kind that nobody looked for counts as absent."""
    read = rows(bench.data / "openai_moderation_1680" / "rows.jsonl.gz")
    kinds = [name for name in read[0] if name != "prompt"]
    texts = [normalise(r["prompt"]) for r in read]
    true = np.array([[r.get(kind) == 1 for kind in kinds] for r in read])
    return Sets("moderation", texts, bench.embedded("moderation", texts), true)


def joined(bench: Bench, name: str, every: int, texts: int) -> Sets:
    """Messages with one intent or two: train texts of every so many classes, on their own or joined.

    Three quarters of the texts come in pairs of different intents.
    """
    clean = published(bench, name)
    rng = np.random.default_rng(7)
    drawn = rng.permutation(np.flatnonzero(clean.true % every == 0))[:texts]
    label = clean.true[drawn] // every
    said, true = [], np.zeros((len(drawn), label.max() + 1), bool)
    place = 0
    while place < len(drawn):
        two = place + 1 < len(drawn) and len(said) % 5 < 3 and label[place] != label[place + 1]
        part = slice(place, place + 1 + two)
        true[len(said), label[part]] = True
        said.append(" ".join(clean.texts[n] for n in drawn[part]))
        place = part.stop
    vectors = bench.embedded(f"{name}-joined", said)
    return Sets(f"{clean.name}, one or two", said, vectors, true[: len(said)])


def noisy(sets: Sets, seed: int, rate: float = NOISE) -> Any:
    """Returns labels of which one row in ten lost one, gained one, or has another one instead.

    What is added is one of the three classes nearest to one of the row's, by centroid, or any.
    """
    rng = np.random.default_rng(seed)
    given = sets.true.copy()
    centroids = np.stack([sets.vectors[column].mean(axis=0) for column in sets.true.T])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    cosine = centroids @ centroids.T
    np.fill_diagonal(cosine, -9)
    nearest = np.argsort(-cosine, axis=1)[:, :3]
    for row in rng.choice(len(given), int(rate * len(given)), replace=False):
        has = np.flatnonzero(given[row])
        lacks = np.flatnonzero(~given[row])
        kind = rng.integers(3) if len(has) else 1
        if kind != 1:
            lost = rng.choice(has)
        if kind != 0:
            near = np.setdiff1d(nearest[rng.choice(has)], has) if len(has) else lacks
            given[row, rng.choice(near if len(near) else lacks)] = True
        if kind != 1:
            given[row, lost] = False
    return given
