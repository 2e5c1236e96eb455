"""Labelled texts of which some labels are wrong: by noise that is added, or as people found."""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from curate.embed import encoders
from curate.text.text import normalise
from report import SEEDS, Bench

NOISE = 0.1


@dataclass(frozen=True)
class Task:
    """Labelled texts of which some labels are wrong.

    Attributes:
        name: of the run.
        texts: normalised.
        vectors: float32 (n, dim).
        given: the labels under test.
        true: what they should be.
    """

    name: str
    texts: list[str]
    vectors: Any
    given: Any
    true: Any

    @property
    def wrong(self) -> Any:
        return self.given != self.true


class Embedded:
    """Vectors of texts, each encoded once and kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.encoder: Any = None

    def __call__(self, name: str, texts: list[str]) -> Any:
        key = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
        path = self.folder / f"{name}-{key}.npy"
        if not path.exists():
            print(f"embedding {name}", file=sys.stderr)
            self.encoder = self.encoder or encoders.load("minilm")
            np.save(path, self.encoder.encode(texts))
        return np.load(path)


def rows(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


# -- noise that is added ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Clean:
    """A published set: train to which noise is added, and its test side.

    Attributes:
        texts: of train, normalised; aligned with vectors, float32 (n, dim), and true.
        true: numbers of labels.
        names: of the labels.
        test: vectors and numbers of labels of the published test side.
    """

    name: str
    texts: list[str]
    vectors: Any
    true: Any
    names: Any
    test: tuple[Any, Any]

    def task(self, noise: str, given: Any) -> Task:
        return Task(
            f"{self.name} {noise}",
            self.texts,
            self.vectors,
            self.names[given],
            self.names[self.true],
        )


def published(bench: Bench, name: str) -> Clean:
    """Returns BANKING77 or CLINC150 (in scope)."""
    file, label = {
        "banking77": ("banking77/rows.jsonl.gz", "category"),
        "clinc150": ("clinc150/rows.jsonl.gz", "label"),
    }[name]
    read = [r for r in rows(bench.data / file) if r["split"] in ("train", "test")]
    texts = [normalise(r["text"]) for r in read]
    vectors = bench.embedded(name, texts)
    names, number = np.unique([r[label] for r in read], return_inverse=True)
    train = np.array([r["split"] == "train" for r in read])
    return Clean(
        {"banking77": "BANKING77", "clinc150": "CLINC150"}[name],
        [t for t, of_train in zip(texts, train, strict=True) if of_train],
        vectors[train],
        number[train],
        names,
        (vectors[~train], number[~train]),
    )


def uniform(clean: Clean, seed: int, rate: float = NOISE) -> Any:
    """Any other class, all alike."""
    rng = np.random.default_rng(seed)
    count, classes = len(clean.true), len(clean.names)
    given = clean.true.copy()
    moved = rng.choice(count, int(rate * count), replace=False)
    given[moved] = (clean.true[moved] + rng.integers(1, classes, len(moved))) % classes
    return given


def confusable(clean: Clean, seed: int, rate: float = NOISE) -> Any:
    """One of the three nearest classes by centroid: 0.5, 0.3, 0.2."""
    return confused(clean.true, clean.vectors, seed, rate)


def confused(true: Any, vectors: Any, seed: int, rate: float = NOISE) -> Any:
    rng = np.random.default_rng(seed)
    centroids = np.stack([vectors[true == k].mean(axis=0) for k in range(true.max() + 1)])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    cosine = centroids @ centroids.T
    np.fill_diagonal(cosine, -9)
    nearest = np.argsort(-cosine, axis=1)[:, :3]
    given = true.copy()
    moved = rng.choice(len(true), int(rate * len(true)), replace=False)
    given[moved] = nearest[true[moved], rng.choice(3, len(moved), p=[0.5, 0.3, 0.2])]
    return given


def by_embedding(clean: Clean, seed: int, rate: float = NOISE) -> Any:
    """The runner-up of a logistic regression on vectors; hard rows more often."""
    from sklearn.linear_model import LogisticRegression

    return _by_model(clean, LogisticRegression(C=10), clean.vectors, seed, rate)


def by_words(clean: Clean, seed: int, rate: float = NOISE) -> Any:
    """The runner-up of a linear model on TF-IDF of words, which no detector uses."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    features = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2)).fit_transform(clean.texts)
    return _by_model(clean, _Machine(), features, seed, rate)


class _Machine:
    """A linear support vector machine whose scores become chances by a softmax."""

    def fit(self, features: Any, labels: Any) -> _Machine:
        from sklearn.svm import LinearSVC

        self.model = LinearSVC(C=0.3).fit(features, labels)
        return self

    def predict_proba(self, features: Any) -> Any:
        scores = self.model.decision_function(features) / 0.3
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        return chances / chances.sum(axis=1, keepdims=True)


_CHANCES: dict[tuple[str, str], Any] = {}


def _by_model(clean: Clean, model: Any, features: Any, seed: int, rate: float) -> Any:
    key = (clean.name, type(model).__name__)
    if key not in _CHANCES:
        _CHANCES[key] = _out_of_fold(model, features, clean.true, len(clean.names))
    chances = _CHANCES[key].copy()
    everyone = np.arange(len(clean.true))
    chances[everyone, clean.true] = 0
    hard = chances.max(axis=1) + 1e-3
    rng = np.random.default_rng(seed)
    moved = rng.choice(len(everyone), int(rate * len(everyone)), replace=False, p=hard / hard.sum())
    given = clean.true.copy()
    given[moved] = chances.argmax(axis=1)[moved]
    return given


def _out_of_fold(model: Any, features: Any, labels: Any, classes: int) -> Any:
    from sklearn.model_selection import StratifiedKFold

    chances = np.zeros((len(labels), classes))
    folds = StratifiedKFold(5, shuffle=True, random_state=77)
    for fitted, rest in folds.split(np.zeros(len(labels)), labels):
        model.fit(features[fitted], labels[fitted])
        chances[rest] = model.predict_proba(features[rest])
    return chances


NOISES = {
    "confusable": confusable,
    "uniform": uniform,
    "by an embedding model": by_embedding,
    "by a word model": by_words,
}
CELLS = (
    ("banking77", "confusable"),
    ("banking77", "uniform"),
    ("banking77", "by an embedding model"),
    ("banking77", "by a word model"),
    ("clinc150", "confusable"),
    ("clinc150", "uniform"),
)


def cells(bench: Bench, seeds: tuple[int, ...] = SEEDS) -> Iterator[tuple[Clean, str, int, Task]]:
    """Yields the published set, the kind of noise, the seed and the task."""
    sets = {name: published(bench, name) for name, _ in CELLS}
    for name, noise in CELLS:
        clean = sets[name]
        for seed in seeds:
            yield clean, noise, seed, clean.task(noise, NOISES[noise](clean, seed))


# -- errors that people found ----------------------------------------------------------------------


def hint3(bench: Bench) -> Iterator[Task]:
    """Chatbot queries whose labels were corrected later; train and test of a bot pooled."""
    read = rows(bench.data / "hint3_curekart_sofmattress" / "rows.jsonl.gz")
    texts = [normalise(r["sentence"]) for r in read]
    vectors = bench.embedded("hint3", texts)
    for bot in ("curekart", "sofmattress"):
        at = [n for n, r in enumerate(read) if r["bot"] == bot]
        yield Task(
            bot,
            [texts[n] for n in at],
            vectors[at],
            np.array([read[n]["label_v1"] for n in at]),
            # A query whose corrected label is missing counts as no error, as in the set itself.
            np.array([read[n]["label_v2" if read[n]["is_error"] else "label_v1"] for n in at]),
        )


def raters(bench: Bench) -> Iterator[Task]:
    """Sentiment in three classes as one of about 20 raters saw it; wrong: the mean says another."""

    def sentiment(value: float) -> str:
        return "negative" if value < -0.5 else "positive" if value > 0.5 else "neutral"

    for name in ("amazon_snippets", "tweets"):
        read = rows(bench.data / "vader_multirater" / f"{name}.jsonl.gz")
        texts = [normalise(r["text"]) for r in read]
        vectors = bench.embedded(name, texts)
        true = np.array([sentiment(r["mean"]) for r in read])
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            given = np.array([sentiment(rng.choice(r["ratings"])) for r in read])
            yield Task(f"{name}, draw {seed}", texts, vectors, given, true)
