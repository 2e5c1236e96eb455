"""What each part of the default detector is worth: taken away, or another one added."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
from peers import labelled, ranked
from sets import CELLS, NOISES, Task, cells, published

from curate.kernels import label_model, leave_one_out
from report import Bench, Section, table

TITLE = "What each part of the detector is worth"
SEEDS = (0, 1)
WHOLE = "curate"

_HEAT = 0.1
_COPIES = 5


@contextlib.contextmanager
def setting(**values: Any) -> Iterator[None]:
    """Sets constants of the kernel for a while."""
    before = {name: getattr(leave_one_out, name) for name in values}
    for name, value in values.items():
        setattr(leave_one_out, name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            setattr(leave_one_out, name, value)


def margins(task: Task, **values: Any) -> Any:
    """Returns suspicions of all rows with other constants."""
    read = labelled(task)
    model = label_model.Model(read)
    with setting(**values):
        found = label_model.assess(read, model)
    return _placed(task, found.examples, found.judgement.margin)


def _placed(task: Task, examples: Any, values: Any) -> Any:
    suspicion = np.full(len(task.texts), -np.inf)
    suspicion[examples] = values
    return suspicion


class Parts:
    """The predictions of one task, from which what is left out or added is made."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.read = labelled(task)
        self.model = label_model.Model(self.read)
        model = self.model
        self.ridge = leave_one_out.predictions(self.read.vectors, model.counts, model.without)
        self.centre = leave_one_out.centres(self.read.vectors, model.counts, model.without)
        self.examples = np.flatnonzero(model.enough)
        self.at, self.given = self.read.at[self.examples], model.given[self.examples]

    def judged(self, scores: Any) -> Any:
        judgement = leave_one_out.judge(scores, self.at, self.given, _HEAT)
        return _placed(self.task, self.examples, judgement.margin)

    def whole(self) -> Any:
        return self.judged(self.ridge + leave_one_out.CENTRE * self.centre)

    def self_confidence(self) -> Any:
        scores = self.ridge + leave_one_out.CENTRE * self.centre
        heat = leave_one_out.temperature(scores, self.at, self.given)
        chances = leave_one_out.probabilities(scores, self.at, heat)
        own = chances[np.arange(len(self.at)), self.given]
        return _placed(self.task, self.examples, -own)

    def with_words(self) -> Any:
        """Adds ridge predictions from TF-IDF of words, 300 directions of it."""
        from sklearn.decomposition import TruncatedSVD
        from sklearn.feature_extraction.text import TfidfVectorizer

        first = np.unique(self.read.at, return_index=True)[1]
        texts = [self.task.texts[n] for n in first]
        features = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        seen = TruncatedSVD(300, random_state=0).fit_transform(features.fit_transform(texts))
        seen /= np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), 1e-9)
        words = leave_one_out.predictions(
            seen.astype(np.float32), self.model.counts, self.model.without
        )
        return self.judged(self.ridge + leave_one_out.CENTRE * self.centre + 0.3 * words)

    def doubted(self) -> Any:
        """Fits again without the labels that the first fit doubts."""
        model = self.model
        first = self.whole()
        doubtful = np.flatnonzero(first > 0)
        kept = np.ones(len(self.read.at), bool)
        kept[doubtful] = False
        from scipy.sparse import csr_array

        used = np.flatnonzero(model.used & kept)
        places = self.read.at[used], model.given[used]
        counts = csr_array((np.ones(len(used), np.int64), places), shape=model.shape)
        counts.sum_duplicates()
        without = leave_one_out.left_out(counts.sum(axis=1) > 0, *self.read.pairs)
        scores = leave_one_out.predictions(self.read.vectors, counts, without)
        scores += leave_one_out.CENTRE * leave_one_out.centres(self.read.vectors, counts, without)
        return self.judged(scores)


def measure(bench: Bench) -> Section:
    found: dict[str, dict[tuple[str, str], list[float]]] = {}
    for clean, noise, seed, task in cells(bench, SEEDS):
        print(clean.name, noise, seed, file=sys.stderr)
        parts = Parts(task)
        for name, suspicion in _variants(parts):
            by = found.setdefault(name, {})
            by.setdefault((clean.name, noise), []).append(ranked(task.wrong, suspicion)[0])
    return Section(TITLE, _text(found) + "\n" + _copied(bench), tuple(_missed(found)))


def _variants(parts: Parts) -> Iterator[tuple[str, Any]]:
    task = parts.task
    yield WHOLE, parts.whole()
    yield "- self-confidence instead of margin", parts.self_confidence()
    yield "- without the centres of labels", parts.judged(parts.ridge)
    yield "- centres alone, no ridge", parts.judged(parts.centre)
    yield "- one ridge for all, 1.25", margins(task, RIDGES=(1.25,))
    yield "- 1,000 landmarks", margins(task, LANDMARKS=1_000)
    yield "- a narrow kernel, gamma 1", margins(task, GAMMA=1.0)
    yield "+ a second view: words", parts.with_words()
    yield "+ fitted again without doubted labels", parts.doubted()


def _text(found: dict[str, dict[tuple[str, str], list[float]]]) -> str:
    names = {"BANKING77": "B77", "CLINC150": "C150"}
    where = list(found[WHOLE])
    head = ["", "mean AP", *(f"{names[s]} {noise}" for s, noise in where)]
    lines = []
    for name, by in found.items():
        each = [float(np.mean(by[cell])) for cell in where]
        lines.append([name, float(np.mean(each)), *each])
    return _ABOUT + "\n" + table(head, lines)


_ABOUT = """\
AP, the mean of two seeds of the noise above; a line that begins with - takes a part away or puts
another one in its place, + adds what the detector does without. The centres of labels are worth
nothing in the mean: they win on uniform noise, where logistic regression is ahead, what they lose
on the other kinds, and are there so that no kind is far behind it.
"""


def _copied(bench: Bench) -> str:
    """Returns what leaving out duplicate groups is worth where copies share a wrong label."""
    clean = published(bench, "banking77")
    rng = np.random.default_rng(1_000)  # not the rows that are made wrong
    given = NOISES["confusable"](clean, 0)
    copied = rng.choice(len(given), len(given) // _COPIES, replace=False)
    # Asked again with another sign at the end: not the same text, and the same label.
    rows = np.concatenate([np.arange(len(given)), copied])
    texts = [*clean.texts, *(clean.texts[n] + " please" for n in copied)]
    vectors = bench.embedded("banking77-copies", texts)
    task = Task("copies", texts, vectors, clean.names[given[rows]], clean.names[clean.true[rows]])
    read = labelled(task)
    lines = []
    for name, pairs in (
        ("duplicate groups left out", read.pairs),
        ("each input by itself left out", tuple(part[:0] for part in read.pairs)),
    ):
        one = label_model.Labelled(**{**vars(read), "pairs": pairs})
        model = label_model.Model(one)
        found = label_model.assess(one, model)
        suspicion = _placed(task, found.examples, found.judgement.margin)
        twice = np.isin(rows, copied)
        lines.append(
            [name, ranked(task.wrong, suspicion)[0]]
            + [ranked(task.wrong[mask], suspicion[mask])[0] for mask in (twice, ~twice)]
        )
    return _COPIED + "\n" + table(["", "AP of all", "of those with a copy", "of others"], lines)


_COPIED = """\
BANKING77, confusable, where one question in five was asked a second time with one word more and has
the same label, right or wrong: a copy vouches for the error of the other.
"""


def _missed(found: dict[str, dict[tuple[str, str], list[float]]]) -> list[str]:
    assert len(found[WHOLE]) == len(CELLS)
    means = {name: float(np.mean([np.mean(v) for v in by.values()])) for name, by in found.items()}
    return [
        f"{name[2:]}: not worth its place ({means[name]:.3f}, with it {means[WHOLE]:.3f})"
        for name in means
        if name.startswith("-") and means[name] > means[WHOLE]
    ]
