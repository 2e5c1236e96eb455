"""Out of scope: questions that belong to none of the labels, told from those that do."""

from __future__ import annotations

from typing import Any

import numpy as np
from sets import published, rows

from curate.kernels import active_learning
from curate.text.text import normalise
from report import Bench, Section, auroc, bootstrap, table

TITLE = "Out of scope"
GOAL = 0.96


def measure(bench: Bench) -> Section:
    from cleanlab.outlier import OutOfDistribution
    from sklearn.linear_model import LogisticRegression

    clean = published(bench, "clinc150")
    read = [r for r in rows(bench.data / "clinc150" / "rows.jsonl.gz") if r["label"] == "oos"]
    outside = bench.embedded("clinc150-oos", [normalise(r["text"]) for r in read])
    asked = np.concatenate([clean.test[0], outside])
    out = np.arange(len(asked)) >= len(clean.test[0])
    model = LogisticRegression(C=10).fit(clean.vectors, clean.true)
    by_features = OutOfDistribution(params={"k": 10})
    by_features.fit(features=clean.vectors, verbose=False)
    by_chances = OutOfDistribution(params={"adjust_pred_probs": False})
    chances = model.predict_proba(asked)
    said = {
        "curate, labels known": active_learning.out_of_scope(asked, clean.vectors, clean.true),
        "curate, no labels": active_learning.out_of_scope(asked, clean.vectors),
        "cleanlab OutOfDistribution, features": -by_features.score(features=asked),
        "cleanlab OutOfDistribution, probabilities": -by_chances.fit_score(
            pred_probs=chances, verbose=False
        ),
        "1 - largest probability of LR": 1 - chances.max(axis=1),
    }
    lines = [[name, *_measured(out, far)] for name, far in said.items()]
    problems = [
        f"{name}: AUROC {auroc(out, far):.3f}, below {GOAL}"
        for name, far in said.items()
        if name.startswith("curate") and auroc(out, far) < GOAL
    ]
    head = ["", "AUROC", "AP", "P@100"]
    return Section(TITLE, _ABOUT + "\n" + table(head, lines), tuple(problems))


_ABOUT = """\
CLINC150: 4,500 test questions of 150 intents and the 1,200 out of scope, by what is known from the
train side, whose labels are right. The first line is what `curate queue` uses where there are
labels, the second where there are none.
"""


def _measured(out: Any, far: Any) -> list[str]:
    from sklearn.metrics import average_precision_score

    low, high = bootstrap(lambda drawn: auroc(out[drawn], far[drawn]), len(out), draws=200)
    first = out[np.argsort(-far, kind="stable")[:100]].mean()
    return [
        f"{auroc(out, far):.3f} ({low:.3f} to {high:.3f})",
        f"{average_precision_score(out, far):.3f}",
        f"{first:.2f}",
    ]
