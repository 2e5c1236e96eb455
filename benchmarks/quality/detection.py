"""Wrong labels that were added: how early each detector ranks them, and what it suggests."""

from __future__ import annotations

import sys

import numpy as np
import sklearn.linear_model  # noqa: F401  (not on anybody's clock)
from peers import DATALAB, LOGISTIC, OURS, PEERS, in_file_order, ranked
from sets import CELLS, cells

from report import Bench, Section, spread, table

TITLE = "Wrong labels, one in ten"
IN_ORDER = "the same, folds in file order"
METHODS = {**PEERS, IN_ORDER: lambda task: in_file_order(task.vectors, task.given)}

Cell = dict[str, dict[str, list[float]]]


def measure(bench: Bench) -> Section:
    found: dict[tuple[str, str], Cell] = {}
    for clean, noise, seed, task in cells(bench):
        print(clean.name, noise, seed, file=sys.stderr)
        cell = found.setdefault((clean.name, noise), {name: {} for name in METHODS})
        for name, detector in METHODS.items():
            said = detector(task)
            precision, top = ranked(task.wrong, said.suspicion)
            hit = said.flagged & task.wrong
            values = {
                "ap": precision,
                "top": top,
                "hit": float(hit.sum()),
                "right": float((said.suggested == task.true)[hit].mean()),
                "flagged": float(said.flagged.sum()),
                "correct": float(task.wrong[said.flagged].mean()),
                "seconds": said.seconds,
            }
            for key, value in values.items():
                cell[name].setdefault(key, []).append(value)
    return Section(TITLE, _text(found), tuple(_missed(found)))


def _text(found: dict[tuple[str, str], Cell]) -> str:
    head = ["set, noise", *(f"AP {n}" for n in METHODS), *(f"P@100 {n}" for n in PEERS)]
    lines = [
        [
            f"{where[0]}, {where[1]}",
            *(spread(cell[n]["ap"]) for n in METHODS),
            *(spread(cell[n]["top"], 2) for n in PEERS),
        ]
        for where, cell in found.items()
    ]
    means = [
        "**mean**",
        *(f"**{mean(found, n, 'ap'):.3f}**" for n in METHODS),
        *["" for _ in PEERS],
    ]
    second = ["set, noise"]
    for n in PEERS:
        second += [f"{n}: flagged", "wrong of them", "suggestion right", "s"]
    more = []
    for where, cell in found.items():
        line = [f"{where[0]}, {where[1]}"]
        for n in PEERS:
            at = {key: float(np.mean(values)) for key, values in cell[n].items()}
            line += [f"{at['flagged']:,.0f}", f"{at['correct']:.1%}", f"{at['right']:.1%}"]
            line += [f"{at['seconds']:.1f}"]
        more.append(line)
    flagged = _FLAGGED.format(right=overall(found))
    return "\n".join([_ABOUT, table(head, [*lines, means]), flagged, table(second, more)])


_ABOUT = """\
One label in ten of the published train side is moved: *confusable*, to one of the three nearest
classes by centroid (0.5, 0.3, 0.2); *uniform*, to any; *by an embedding model* and *by a word
model*, to the runner-up of logistic regression on the vectors, or of a linear machine on TF-IDF of
words and word pairs, hard rows more often. The published labels have errors of their own, which
count against everybody.

*cleanlab + LR* is cleanlab's CleanLearning with scikit-learn's LogisticRegression, which shuffles
before it makes five folds. Folds in file order are beside it, because these files are sorted by
label, and like questions stand together: a copy is then seldom in another fold.
"""
_FLAGGED = """\
*Flagged* are the rows that a detector calls wrong (curate: tier *likely*); *suggestion right* is
the share of truly wrong ones among them that it would give the right label; over all
rows of this table it is {right:.1%} for curate.
"""


def overall(found: dict[tuple[str, str], Cell]) -> float:
    """Returns how often the suggestion is right, of all flagged wrong labels."""
    hits = [sum(cell[OURS]["hit"]) for cell in found.values()]
    shares = [float(np.mean(cell[OURS]["right"])) for cell in found.values()]
    return float(np.average(shares, weights=hits))


def mean(found: dict[tuple[str, str], Cell], name: str, key: str) -> float:
    return float(np.mean([np.mean(cell[name][key]) for cell in found.values()]))


def _missed(found: dict[tuple[str, str], Cell]) -> list[str]:
    means = {name: mean(found, name, "ap") for name in PEERS}
    right = overall(found)
    goals = {
        f"96% of suggestions for flagged wrong labels right ({right:.1%})": right >= 0.96,
        "mean AP at least 0.90": means[OURS] >= 0.90,
        "mean AP at least Datalab + 0.14": means[OURS] >= means[DATALAB] + 0.14,
        "mean AP at least cleanlab with LR + 0.10": means[OURS] >= means[LOGISTIC] + 0.10,
    }
    for (name, noise), cell in found.items():
        at = {n: float(np.mean(cell[n]["ap"])) for n in PEERS}
        goals[f"{name}, {noise}: not below Datalab"] = at[OURS] >= at[DATALAB]
        goals[f"{name}, {noise}: at most 0.02 below LR"] = at[OURS] >= at[LOGISTIC] - 0.02
        if noise in ("confusable", "uniform"):
            goals[f"{name}, {noise}: P@100 at least 0.97"] = np.mean(cell[OURS]["top"]) >= 0.97
    assert len(found) == len(CELLS)
    return [goal for goal, held in goals.items() if not held]
