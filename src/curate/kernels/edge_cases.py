"""Edge kernel: labelled examples that lie between two labels, or far from all of them.

Arrays in, rows out; it knows no store. Such an example is no error: it is kept, told in the export,
and worth a look, because whatever is learned from it decides where a label ends.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate.kernels import active_learning
from curate.kernels.label_model import Assessment, Labelled, Model

CLOSE = 0.1
"""Lead of the given label's probability below which another one is close."""


OUTSIDE = 0.01
"""Share of train that is farther from all labels than what counts as within them."""


def find(task: Labelled, model: Model, assessment: Assessment) -> list[dict[str, Any]]:
    """Returns one dict per edge case: example_id, kind, given, score, fits.

    Of kind `boundary`, scores are places: the closest first, spread over what they are about. Of
    kind `out_of_scope` they are cosines with the nearest centre of a label. What counts is learned
    from train, so the test side changes nothing for it. `fits` has (label, number) of what comes
    nearest: of `boundary` two labels with their chances, of `out_of_scope` one with its cosine.
    """
    train = task.train[assessment.examples]
    rows = []
    for side in (train, ~train):
        rows += _between(task, model, assessment, np.flatnonzero(side))
    return rows + _outside(task, model, assessment, train)


def _between(
    task: Labelled, model: Model, assessment: Assessment, side: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Returns the labels that stand, but hardly more than another one would."""
    judgement = assessment.judgement
    lead = judgement.given_probability[side] - judgement.probability[side]
    close = side[(judgement.margin[side] <= 0) & (lead < CLOSE)]
    vectors = task.vectors[task.at[assessment.examples[close]]]
    order = active_learning.between(vectors, -judgement.margin[close].round(6), len(close))
    given = model.given[assessment.examples]
    rows = []
    for place, s in enumerate(close[order].tolist()):
        fits = [
            (str(model.names[k]), float(assessment.chances[s, k]))
            for k in (given[s], judgement.suggested[s])
        ]
        rows.append(_row(task, model, assessment, s, "boundary", place / len(close), fits))
    return rows


def _outside(
    task: Labelled, model: Model, assessment: Assessment, train: NDArray[np.bool_]
) -> list[dict[str, Any]]:
    """Returns the examples that are unlike all labels, as hardly any of train is."""
    near = assessment.centres.max(axis=1).round(6)
    if not train.any():
        return []
    farthest = float(np.quantile(near[train], OUTSIDE, method="lower"))
    rows = []
    for s in np.flatnonzero(near < farthest).tolist():
        score = float(near[s])
        fits = [(str(model.names[int(assessment.centres[s].argmax())]), score)]
        rows.append(_row(task, model, assessment, s, "out_of_scope", score, fits))
    return rows


def _row(
    task: Labelled,
    model: Model,
    assessment: Assessment,
    s: int,
    kind: str,
    score: float,
    fits: list[tuple[str, float]],
) -> dict[str, Any]:
    example = assessment.examples[s]
    given = str(model.names[model.given[example]])
    return {
        "example_id": task.ids[example], "kind": kind, "given": given, "score": score, "fits": fits,
    }  # fmt: skip
