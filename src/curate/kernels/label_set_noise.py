"""Suspicion kernel for sets of labels: names that are likely missing, and names that do not fit.

Each name is a yes or no of its own. The model of `kernels.leave_one_out` says of every input and
name how far inputs like it have the name, without having seen the input or its duplicates; one
logistic curve over all names makes probabilities of that. An example is as suspicious as its worst
name.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate import progress
from curate.kernels import label_noise, leave_one_out
from curate.kernels.label_model import COUNTS, FEWEST, SIDES, Labelled, Problem
from curate.kernels.label_noise import LIKE, NEAREST
from curate.progress import Progress
from curate.text import label_sets

METHOD = "sets-1"
"""Changes whenever the same sets would be judged otherwise, so that they are judged anew."""


_MOST_CELLS = 200_000_000
_STEEPEST = 200.0
_LOW, _HIGH, _FINE = -1.0, 2.0, 1_000


def predictions(
    vectors: NDArray[np.float32],
    has: NDArray[np.float64],
    many: NDArray[np.float64],
    without: Any,
    *,
    progress: progress.Track = lambda items: items,
) -> NDArray[np.float64]:
    """Returns predictions of names, of which an input may have none or several.

    Its rows of counts have to add up to how many examples an input stands for. So counts are
    divided by the most names that an example has, what is left goes to a column of its own, and
    predictions, which are linear in the counts, are multiplied again.

    Args:
        vectors: as there.
        has: float64 (n, names), how many train examples of an input have a name.
        many: float64 (n,), how many train examples an input has; 0: it is only predicted.
        without: as there.
        progress: as there.

    Returns:
        float64 (n, names); about 1 where an input should have the name, about 0 where not.
    """
    from scipy.sparse import csr_array

    share = max(1.0, float((has.sum(axis=1) / np.maximum(many, 1)).max(initial=0)))
    padded = np.column_stack([has / share, many - has.sum(axis=1) / share])
    scores = leave_one_out.predictions(vectors, csr_array(padded), without, progress=progress)
    result: NDArray[np.float64] = scores[:, :-1] * share
    return result


def curve(
    scores: NDArray[np.float64], has: NDArray[np.float64], many: NDArray[np.float64]
) -> tuple[float, float]:
    """Returns slope and offset of the logistic curve from predictions to probabilities.

    Args:
        scores: predictions, of any shape; aligned with it are the other two.
        has: how many examples have the name.
        many: of how many.

    Source: Platt 1999, for all names together: most names are too rare for a curve of their own.
    """
    from scipy.optimize import minimize

    # A thousandth of a prediction is nothing, and makes any number of them a small table.
    at = np.round((np.clip(scores, _LOW, _HIGH) - _LOW) * _FINE).astype(np.int64).ravel()
    yes = np.bincount(at, has.ravel())
    every = np.bincount(at, many.ravel())
    middle = np.arange(len(every)) / _FINE + _LOW
    total = every.sum()

    def loss(line: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value = line[0] * middle + line[1]
        wrong = every / (1 + np.exp(-np.clip(value, -500, 500))) - yes
        likelihood = (every * np.logaddexp(0, value) - yes * value).sum()
        return likelihood / total, np.array([(wrong * middle).sum(), wrong.sum()]) / total

    fit = minimize(
        loss, [5.0, -2.5], jac=True, method="L-BFGS-B", bounds=[(0.0, _STEEPEST), (None, None)]
    )
    # The last digits depend on how many threads a product was made by.
    slope, offset = (float(f"{number:.3g}") for number in fit.x)
    return slope, offset


class LabelSetModel:
    """The examples of one task as numbers: which names they have, and which can be judged."""

    def __init__(self, task: Labelled) -> None:
        sets = [label_sets.names(label) for label in task.label]
        every = sorted({name for names in sets for name in names})
        number = {name: n for n, name in enumerate(every)}
        #: All names in order, and which of them each example has, bool (examples, names).
        self.names = every
        self.has: NDArray[np.bool_] = np.zeros((len(sets), len(every)), bool)
        for row, names in enumerate(sets):
            self.has[row, [number[name] for name in names]] = True
        inputs = len(task.vectors)
        self.many = np.bincount(task.at[task.train], minlength=inputs).astype(np.float64)
        self.counts = np.zeros((inputs, len(every)))
        np.add.at(self.counts, task.at[task.train], self.has[task.train])
        self.without = leave_one_out.left_out(self.many > 0, *task.pairs)
        self.fair = self._fair(task.at)
        self.train = task.train

    def _fair(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Returns of which names it can be said whether examples should have them.

        Enough train inputs, copies of the example aside, have the name, and enough have it not.
        """
        result: NDArray[np.bool_] = np.ones((len(at), len(self.names)), bool)
        for these in (self.counts > 0, self.counts < self.many[:, None]):
            own = self.without.astype(np.int64) @ these.astype(np.int64)
            result &= these.sum(axis=0) - own[at] >= FEWEST
        return result

    def problem(self) -> Problem | None:
        """Returns why nothing can be judged; None where something can."""
        if self.counts.size > _MOST_CELLS:
            inputs, names = self.counts.shape
            return Problem("no_classes", labels=names, inputs=inputs)
        return None if self.fair[self.train].any() else Problem("no_contrast")


@dataclass(frozen=True)
class LabelSetAssessment:
    """What the model says of examples; aligned arrays.

    Attributes:
        examples: their positions in the task.
        chances: calibrated probability of each name, float64 (examples, names).
        quality: probability that having it, or not having it, is right; 1 where it is not judged.
        worst: the name with the lowest quality, int64 (examples,).
        score: that quality, low is bad.
    """

    examples: NDArray[np.int64]
    chances: NDArray[np.float64]
    quality: NDArray[np.float64]
    worst: NDArray[np.int64]
    score: NDArray[np.float64]


def assess(
    task: Labelled, model: LabelSetModel, *, progress: Progress = lambda items, _: items
) -> LabelSetAssessment:
    """Judges the examples of a model whose `note` is empty; train alone calibrates."""
    from scipy.special import expit

    scores = predictions(
        task.vectors, model.counts, model.many, model.without,
        progress=lambda blocks: progress(blocks, "judging labels"),
    )  # fmt: skip
    fair = model.fair & task.train[:, None]
    given = model.has[fair].astype(np.float64)
    slope, offset = curve(scores[task.at][fair], given, np.ones_like(given))
    chosen = np.flatnonzero(model.fair.any(axis=1) & ~task.by_hand)
    chances = expit(slope * scores[task.at[chosen]] + offset)
    quality = np.where(model.has[chosen], chances, 1 - chances)
    quality[~model.fair[chosen]] = 1.0
    # Rounded, so that of equal ones the first is the worst however they were added up.
    worst = quality.round(6).argmin(axis=1)
    score = leave_one_out.rounded(quality[np.arange(len(chosen)), worst])
    return LabelSetAssessment(chosen, chances, quality, worst, score)


def find(
    task: Labelled, *, progress: Progress = lambda items, _: items
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Returns the sets under suspicion, and counts: what `label_noise.find` returns.

    `suggested` is the given set with the one name changed that is most likely wrong. `like_given`
    have it, or lack it, as the example does; `like_suggested` are the other way round. A label that
    is too rare is not judged; the other names of its examples are.
    """
    model = LabelSetModel(task)
    unfair = ~model.fair & model.has & ~task.by_hand[:, None]
    counts: dict[str, Any] = {
        "classes": int(model.fair.any(axis=0).sum()),
        "too_rare": [model.names[n] for n in np.flatnonzero(unfair.any(axis=0))],
        "too_rare_examples": int(unfair.any(axis=1).sum()),
        "problem": model.problem(),
        "sides": {side: dict.fromkeys(COUNTS, 0) for side in SIDES},
    }
    if counts["problem"]:
        return [], counts
    assessment = assess(task, model, progress=progress)
    train = task.train[assessment.examples]
    wrong = estimate(model, assessment, train)
    rows = []
    for side, mine in zip(SIDES, (train, ~train), strict=True):
        # Stable, and examples are in the order of their ids.
        ranking = np.flatnonzero(mine)[np.argsort(assessment.score[mine], kind="stable")]
        doubtful = ranking[assessment.score[ranking] < 0.5]
        likely = min(wrong[side], len(doubtful))
        numbers = (int(mine.sum()), wrong[side], likely, len(doubtful) - likely)
        counts["sides"][side] = dict(zip(COUNTS, numbers, strict=True))
        rows += _rows(task, model, assessment, doubtful, likely)
    return rows, counts


def estimate(
    model: LabelSetModel, assessment: LabelSetAssessment, train: NDArray[np.bool_]
) -> dict[str, int]:
    """Returns how many examples have a wrong set by cleanlab's count, per side.

    As in `label_noise.estimate`, the test side is counted together with train.

    Source: Northcutt et al. 2021, section 3.1 (the confident joint), name by name.
    """
    from cleanlab.multilabel_classification.filter import find_label_issues

    if not np.isfinite(assessment.chances).all():  # cleanlab takes them without a word
        raise ValueError("predictions are not finite")
    judged = model.fair[assessment.examples].any(axis=0)
    has, chances = model.has[assessment.examples][:, judged], assessment.chances[:, judged]
    counts = {}
    for side, part, mine in (("train", train, train), ("test", np.ones_like(train), ~train)):
        if not mine.any():
            counts[side] = 0
            continue
        given = [np.flatnonzero(row).tolist() for row in has[part]]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            # Most examples lack a name: pruning by noise rates, the default, counts far too many.
            wrong = find_label_issues(
                given, chances[part], filter_by="confident_learning", n_jobs=1
            )
        counts[side] = int(wrong[mine[part]].sum())
    return counts


def _rows(
    task: Labelled,
    model: LabelSetModel,
    assessment: LabelSetAssessment,
    doubtful: NDArray[np.int64],
    likely: int,
) -> list[dict[str, Any]]:
    """Returns what is told of the suspects: positions in what was found, the worst first."""
    chosen, worst = assessment.examples[doubtful], assessment.worst[doubtful]
    near = _neighbours(task, model, chosen, worst)
    rows = []
    for rank, (place, example, name, like) in enumerate(
        zip(doubtful.tolist(), chosen.tolist(), worst.tolist(), near, strict=True)
    ):
        quality = round(float(assessment.quality[place, name]), 4)
        rows.append(
            {
                "example_id": task.ids[example],
                "given": task.label[example],
                "suggested": _changed(task.label[example], model.names[name]),
                "score": float(assessment.score[place]),
                "probability": round(1 - quality, 4),
                "given_probability": quality,
                "tier": "likely" if rank < likely else "possible",
                **like,
            }
        )
    return rows


def _changed(label: str, name: str) -> str:
    return label_sets.text({*label_sets.names(label)} ^ {name})


def _neighbours(
    task: Labelled, model: LabelSetModel, chosen: NDArray[np.int64], worst: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Returns the nearest train examples, over all, and of those that are alike in one name."""
    on: dict[int, list[int]] = {}
    for example in np.flatnonzero(task.train).tolist():
        on.setdefault(int(task.at[example]), []).append(example)
    every = np.array(sorted(on), np.int64)
    having = {n: np.flatnonzero(model.counts[:, n] > 0) for n in set(worst.tolist())}
    lacking = {n: np.flatnonzero(model.counts[:, n] < model.many) for n in having}

    def name(place: int, number: int, has_name: bool | None) -> str:
        fits = (e for e in on[place] if has_name is None or model.has[e, number] == has_name)
        return str(task.ids[next(fits)])

    state = model.has[chosen, worst].tolist()
    sets = [
        [every, having[n], lacking[n]] if has else [every, lacking[n], having[n]]
        for n, has in zip(worst.tolist(), state, strict=True)
    ]
    neighbours = label_noise.nearest(
        task.vectors, task.at[chosen], sets, model.without, count=NEAREST
    )
    return [
        {
            "nearest": [name(i, n, None) for i, _ in near],
            "like_given": [name(i, n, has) for i, _ in like[:LIKE]],
            "like_suggested": [name(i, n, not has) for i, _ in other[:LIKE]],
            "similarity": other[0][1] if other else None,
        }
        for (near, like, other), n, has in zip(neighbours, worst.tolist(), state, strict=True)
    ]
