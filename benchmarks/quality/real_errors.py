"""Errors that people made and others corrected: HINT3, and single raters of sentiment."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from peers import DATALAB, OURS, PEERS, Found, ranked
from sets import Task, hint3, raters

from report import Bench, Section, bootstrap, table

TITLE = "Real errors"
WORDS = "character TF-IDF + LR"
_DRAWS = 1_000


def words(texts: list[str], given: Any) -> Found:
    """Returns self-confidence of logistic regression on TF-IDF of characters, five folds."""
    import time
    import warnings

    from cleanlab.filter import find_label_issues
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.pipeline import make_pipeline

    begun = time.perf_counter()
    names, number = np.unique(given, return_inverse=True)
    features = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # classes with fewer members than folds
        model = make_pipeline(features, LogisticRegression(C=10, max_iter=300))
        chances = cross_val_predict(model, texts, number, cv=5, method="predict_proba")
    return Found(
        -chances[np.arange(len(number)), number],
        find_label_issues(number, chances, n_jobs=1),
        names[chances.argmax(axis=1)].astype(object),
        time.perf_counter() - begun,
    )


def measure(bench: Bench) -> Section:
    methods = {**PEERS, WORDS: lambda task: words(task.texts, task.given)}
    bots = list(hint3(bench))
    found: dict[str, dict[str, Any]] = {}
    for task in bots:
        print(task.name, file=sys.stderr)
        found[task.name] = {n: method(task).suspicion for n, method in methods.items()}
    opinions = list(raters(bench))
    said = [{n: PEERS[n](task).suspicion for n in PEERS} for task in opinions]
    text, problems = _hint3(bots, found, tuple(methods))
    return Section(TITLE, text + "\n" + _raters(opinions, said), problems)


def pooled(bots: list[Task], suspicion: list[Any]) -> tuple[Any, Any]:
    """Returns errors and suspicions of all bots, by the rank within the bot."""
    ranks = []
    for task, values in zip(bots, suspicion, strict=True):
        order = np.argsort(np.argsort(-values, kind="stable"), kind="stable")
        ranks.append(-order / len(task.texts))
    return np.concatenate([task.wrong for task in bots]), np.concatenate(ranks)


def precision(wrong: Any, suspicion: Any, weights: Any = None) -> float:
    """Returns the average precision; an error weighs as often as it was drawn."""
    order = np.argsort(-suspicion, kind="stable")
    many = (wrong if weights is None else weights)[order].astype(float)
    right, other = many.cumsum(), (~wrong[order]).cumsum()
    return float((many * right / np.maximum(right + other, 1)).sum() / many.sum())


def intervals(wrong: Any, one: Any, other: Any) -> tuple[tuple[float, float], ...]:
    """Returns intervals of the AP of one, of the other, and of their ratio; errors drawn anew."""
    errors = np.flatnonzero(wrong)

    def of(what: Any) -> tuple[float, float]:
        def statistic(drawn: Any) -> float:
            weights = np.bincount(errors[drawn], minlength=len(wrong))
            return what(weights)

        return bootstrap(statistic, len(errors), draws=_DRAWS)

    return (
        of(lambda w: precision(wrong, one, w)),
        of(lambda w: precision(wrong, other, w)),
        of(lambda w: precision(wrong, one, w) / precision(wrong, other, w)),
    )


def _hint3(
    bots: list[Task], found: dict[str, dict[str, Any]], names: tuple[str, ...]
) -> tuple[str, tuple[str, ...]]:
    parts = [(t.name, t.wrong, {n: found[t.name][n] for n in names}) for t in bots]
    every = {n: pooled(bots, [found[t.name][n] for t in bots]) for n in names}
    wrong = every[OURS][0]
    parts.append(("both, by rank", wrong, {n: every[n][1] for n in names}))
    lines, ratios = [], {}
    for name, errors, by in parts:
        line = [f"{name} ({int(errors.sum())} of {len(errors):,})", float(errors.mean())]
        for n in names:
            low, high = intervals(errors, by[n], by[n])[0]
            line.append(f"{precision(errors, by[n]):.3f} ({low:.3f} to {high:.3f})")
        against = {n: intervals(errors, by[OURS], by[n])[2] for n in (WORDS, DATALAB)}
        for n, (low, high) in against.items():
            ratio = precision(errors, by[OURS]) / precision(errors, by[n])
            ratios[name, n] = (ratio, low, high)
            line.append(f"{ratio:.2f} ({low:.2f} to {high:.2f})")
        lines.append(line)
    head = ["bot (errors)", "random", *names, f"curate / {WORDS}", f"curate / {DATALAB}"]
    return "\n".join([_HINT3, table(head, lines), _claim(ratios)]), ()


def _claim(ratios: dict[Any, tuple[float, float, float]]) -> str:
    ratio, low, high = ratios["both, by rank", WORDS]
    if low > 1.5:
        return f"At least 1.5 times {WORDS}: {ratio:.2f} ({low:.2f} to {high:.2f}).\n"
    said = "ahead of" if low > 1 else "not to be told from"
    return (
        f"Pooled, curate is {said} {WORDS} ({ratio:.2f} times, {low:.2f} to {high:.2f}); that it "
        "is 1.5 times as good the interval does not allow to claim.\n"
    )


_HINT3 = """\
HINT3: queries of two chatbots as first published, train and test pooled, "no intent" a label; wrong
is what the authors corrected later. They looked at test rows alone, so an error in train counts as
a false alarm. Intervals: the errors drawn anew a thousand times.
"""


def _raters(opinions: list[Task], said: list[dict[str, Any]]) -> str:
    lines = []
    for task, by in zip(opinions, said, strict=True):
        scores = {n: ranked(task.wrong, by[n]) for n in PEERS}
        line = [task.name, len(task.texts), float(task.wrong.mean())]
        line += [scores[n][0] for n in PEERS] + [f"{scores[n][1]:.2f}" for n in PEERS]
        lines.append(line)
    head = ["", "rows", "wrong (random)", *(f"AP {n}" for n in PEERS)]
    head += [f"P@100 {n}" for n in PEERS]
    return _RATERS + "\n" + table(head, lines)


_RATERS = """\
VADER's raters saw short product reviews and tweets. The given label (of three) is what one of some
20 raters said, wrong where the mean of all says otherwise: disagreement on hard texts, not slips.
"""
