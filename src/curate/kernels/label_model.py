"""Labels as columns and judged labels: what every detector of wrong labels takes and gives."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from curate.kernels import baselines, leave_one_out
from curate.progress import Progress

DETECTORS = ("kernel", *baselines.DETECTORS)
SIDES = ("train", "test")
COUNTS = ("judged", "estimated", "likely", "possible")


FEWEST = 3
"""A label is judged by, and suggested from, so many other train inputs that have it."""


_MOST_CELLS = 200_000_000


@dataclass(frozen=True)
class Problem:
    """Why labels cannot be judged.

    Attributes:
        code: `one_class`, `too_few_inputs`, `no_classes` (nearly every input has a label of its
            own), `only_copies`, or `no_contrast` (of sets: no name that some have and others lack).
        label: of `one_class`, the class.
        labels: of `no_classes`, how many there are.
        inputs: of `no_classes`, on how many inputs.
    """

    code: str
    label: str = ""
    labels: int = 0
    inputs: int = 0


@dataclass(frozen=True)
class Labelled:
    """Labelled examples, and the inputs that they have.

    Attributes:
        ids: of the examples, in order; aligned with it are the next four.
        label: given to them.
        train: whether they are on the train side; only those are learned from.
        by_hand: whether a human labelled them: believed, never suspected.
        at: number of the input.
        vectors: of the inputs, float32 (inputs, dim), finite, unit length, in an order that has
            nothing to do with what they say.
        pairs: numbers of alike inputs, twice, and their similarity.
    """

    ids: NDArray[np.object_]
    label: NDArray[np.object_]
    train: NDArray[np.bool_]
    by_hand: NDArray[np.bool_]
    at: NDArray[np.int64]
    vectors: NDArray[np.float32]
    pairs: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


class Model:
    """The examples of one task as numbers: what is compared with what."""

    def __init__(self, task: Labelled) -> None:
        from scipy.sparse import csr_array

        names, given = np.unique(task.label.astype(str), return_inverse=True)
        texts = np.unique(np.column_stack([given, task.at])[task.train], axis=0)
        large = np.bincount(texts[:, 0], minlength=len(names)) >= FEWEST
        #: The compared labels in order, and of each example the number of its label, or -1.
        self.names = names[large]
        self.given = np.where(large, np.cumsum(large) - 1, -1)[given]
        self.used = task.train & (self.given >= 0)
        self.shape = len(task.vectors), len(self.names)
        ones = np.ones(int(self.used.sum()), np.int64)
        places = task.at[self.used], self.given[self.used]
        self.counts = csr_array((ones, places), shape=self.shape)
        self.counts.sum_duplicates()
        self.without = leave_one_out.left_out(self.counts.sum(axis=1) > 0, *task.pairs)
        self.enough = self._enough(task.at)

    def _enough(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Returns whether enough train inputs, copies of its own aside, have an example's label."""
        has = (self.counts > 0).astype(np.int64)
        copies = self.without.astype(np.int64) @ has
        mine = np.maximum(self.given, 0)
        if not len(self.names):
            return np.zeros(len(at), bool)
        others = np.asarray(has.sum(axis=0))[mine] - np.asarray(copies[at, mine]).ravel()
        result: NDArray[np.bool_] = (self.given >= 0) & (others >= FEWEST)
        return result

    def problem(self) -> Problem | None:
        """Returns why nothing can be judged; None where something can."""
        if len(self.names) == 1:
            return Problem("one_class", label=str(self.names[0]))
        if not len(self.names):
            return Problem("too_few_inputs")
        if self.shape[0] * self.shape[1] > _MOST_CELLS:
            return Problem("no_classes", labels=len(self.names), inputs=self.shape[0])
        if not (self.used & self.enough).any():
            return Problem("only_copies")
        return None


@dataclass(frozen=True)
class Assessment:
    """What the model says of the examples that it can judge.

    Attributes:
        examples: their positions in the task.
        judgement: of each of them.
        chances: calibrated probabilities, float64 (examples, labels).
        centres: cosines with the centres of labels, of the same shape.
    """

    examples: NDArray[np.int64]
    judgement: leave_one_out.Judgement
    chances: NDArray[np.float64]
    centres: NDArray[np.float64]


def assess(
    task: Labelled,
    model: Model,
    *,
    detector: str = "kernel",
    progress: Progress = lambda items, _: items,
) -> Assessment:
    """Judges the examples of a model that has no `problem`, by one of `DETECTORS`.

    All is learned from train, so the test side changes nothing for it.
    """
    chosen = np.flatnonzero(model.enough & ~task.by_hand)
    at = task.at[chosen]
    centres = leave_one_out.centres(task.vectors, model.counts, model.without)
    if detector != "kernel":
        return Assessment(chosen, *_stock(task, model, chosen, detector), centres[at])
    scores = leave_one_out.predictions(
        task.vectors,
        model.counts,
        model.without,
        progress=lambda blocks: progress(blocks, "judging labels"),
    )
    scores += leave_one_out.CENTRE * centres
    fair = model.used & model.enough
    heat = leave_one_out.temperature(scores, task.at[fair], model.given[fair])
    judgement = leave_one_out.judge(scores, at, model.given[chosen], heat)
    return Assessment(chosen, judgement, leave_one_out.probabilities(scores, at, heat), centres[at])


def _stock(
    task: Labelled, model: Model, chosen: NDArray[np.int64], detector: str
) -> tuple[leave_one_out.Judgement, NDArray[np.float64]]:
    """Judges by probabilities alone, ranked by that of the given label."""
    # What is not learned from may be judged, and the other way round: labelled by hand.
    others = chosen[~model.used[chosen]]
    fitted = np.flatnonzero(model.used)
    every = np.zeros((len(task.at), model.shape[1]))
    every[fitted], every[others] = baselines.DETECTORS[detector](
        task.vectors[task.at[fitted]], model.given[fitted], task.vectors[task.at[others]]
    )
    chances, given = every[chosen], model.given[chosen]
    judgement = leave_one_out.judge(chances, np.arange(len(chosen)), given, 1.0)
    own, best = (
        np.take_along_axis(chances, label[:, None], axis=1)[:, 0]
        for label in (given, judgement.suggested)
    )
    confidence = leave_one_out.rounded(own)
    return replace(judgement, score=confidence, given_probability=own, probability=best), chances
