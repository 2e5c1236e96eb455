"""`curate mislabels --classes`: how wrong each class is by audits, and which classes are confused.

Everything is counted from the stored suspicions and from what audits found; nothing is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from curate.kernels.error_rate import TELLING
from curate.kernels.intervals import Share, share
from curate.label import reviews
from curate.mislabels import mislabels
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

OVERLAP, FEWEST = 0.5, 5
"""Two classes may be one if so many labels look like the other class: this share of the smaller.

Of one class under two names, all labels of the smaller part look like the larger part, or half of
each like the other. Source: classes of BANKING77 and CLINC150 split in two, docs/mislabels.md.
"""


@dataclass(frozen=True)
class ClassRow:
    """One class.

    Attributes:
        train: examples of it on the train side; `test` on the other.
        judged: labels up for judgement with a vector; `likely` and `possible` are suspected.
        contested: those that people disagree about, in neither of the two.
        noise: share of wrong labels among those that audits drew, with its 95% interval; None where
            fewer than `TELLING` answers tell.
        answers: to audits, on which annotators agree: whether it was wrong when it was drawn.
        answers_apart: to audits, on which annotators disagree: they tell nothing.
        too_rare: fewer than three other train inputs have the label, of some of its examples.
    """

    label: str
    train: int
    test: int
    judged: int
    likely: int
    possible: int
    contested: int
    noise: Share | None
    answers: int
    answers_apart: int
    too_rare: bool


@dataclass(frozen=True)
class ClassPair:
    """Two classes that are confused.

    Attributes:
        a_as_b: labels `a` that look like `b`; `b_as_a` the other way round.
        likely: of both, those that are likely wrong.
        cost: of both, how many are wrong in this way: the sum of their chances.
        judged_a: labels `a` that were judged; likewise `judged_b`.
        overlap: whether the two may be one class.
    """

    a: str
    b: str
    a_as_b: int
    b_as_a: int
    likely: int
    cost: float
    judged_a: int
    judged_b: int
    overlap: bool

    @property
    def said(self) -> str:
        """Returns in a sentence how much the two overlap."""
        return (
            f'may be one class: "{self.a}" and "{self.b}": {self.a_as_b:,} of {self.judged_a:,} '
            f"labels of the first look like the second, {self.b_as_a:,} of {self.judged_b:,} the "
            "other way round"
        )


@dataclass(frozen=True)
class ClassesResult(Shown):
    """Classes and pairs of them.

    Attributes:
        classes: most suspected labels first.
        pairs: the most costly first.
        unused: labels that curate.toml lists and no example has.
        test_only: classes of which nothing can be learned.
        stale: labels have changed since they were judged.
        answers_needed: from so many answers to audits on, the noise of a class is told.
    """

    classes: tuple[ClassRow, ...]
    pairs: tuple[ClassPair, ...]
    unused: tuple[str, ...]
    test_only: tuple[str, ...]
    stale: bool
    answers_needed: int = TELLING


def classes(store: Store) -> ClassesResult:
    """Returns what suspicions and audits say of each class, and of pairs of classes.

    Raises:
        ConfigError: labels were never judged.
    """
    with verdicts.today(store) as today:
        return of_today(today)


def of_today(today: Today) -> ClassesResult:
    """Returns the same of verdicts that are derived already."""
    con = today.con
    stored_settings = mislabels.judged(today)
    stale = mislabels.stale(today)
    mislabels.list_labels(today)
    rows = con.sql(sql("mislabels/classes_labels")).to_arrow_table().to_pylist()
    directed = con.sql(sql("mislabels/classes_pairs")).to_arrow_table().to_pylist()
    audits = _audits(con)
    labels = today.store.setting(con, "project").get("labels") or []
    class_rows = [
        _class(row, audits.get(row["label"], _Audit()), set(stored_settings["too_rare"]))
        for row in rows
    ]
    return ClassesResult(
        classes=tuple(sorted(class_rows, key=lambda c: (-c.likely, -c.possible, c.label))),
        pairs=pairs(directed, {c.label: c.judged for c in class_rows}),
        unused=tuple(sorted(set(labels) - {c.label for c in class_rows})),
        test_only=tuple(c.label for c in class_rows if not c.train),
        stale=stale,
    )


@dataclass
class _Audit:
    """Answers to audits of one class: wrong or not, and how many are none of the two."""

    wrong: list[bool] = field(default_factory=list)
    apart: int = 0


def _audits(con: duckdb.DuckDBPyConnection) -> dict[str, _Audit]:
    """Returns what audits found, by the label seen then."""
    contested = {row[0] for row in con.execute(sql("mislabels/classes_contested")).fetchall()}
    audits: dict[str, _Audit] = {}
    for row in reviews.settled_answers(con):
        if row["audit"] and row["label_seen"]:
            audit = audits.setdefault(row["label_seen"], _Audit())
            if row["example_id"] in contested:
                audit.apart += 1
            else:
                audit.wrong.append(reviews.changed(row, None))
    return audits


def _class(row: dict[str, Any], audit: _Audit, too_rare: set[str]) -> ClassRow:
    answers = len(audit.wrong)
    noise = share(sum(audit.wrong), answers) if answers >= TELLING else None
    return ClassRow(
        **row, noise=noise, answers=answers, answers_apart=audit.apart,
        too_rare=row["label"] in too_rare,
    )  # fmt: skip


def pairs(directed: Sequence[dict[str, Any]], judged: dict[str, int]) -> tuple[ClassPair, ...]:
    """Returns pairs of classes, the most costly first.

    Args:
        directed: given, suggested, labels, likely, chance; one per ordered pair.
        judged: labels up for judgement, per class.
    """
    none = {"labels": 0, "likely": 0, "chance": 0.0}
    row_of = {(row["given"], row["suggested"]): row for row in directed}
    class_pairs = []
    for a, b in sorted({(min(key), max(key)) for key in row_of}):
        there, back = row_of.get((a, b), none), row_of.get((b, a), none)
        both, smaller = there["labels"] + back["labels"], min(judged.get(a, 0), judged.get(b, 0))
        class_pairs.append(
            ClassPair(
                a, b, there["labels"], back["labels"], there["likely"] + back["likely"],
                round(there["chance"] + back["chance"], 4), judged.get(a, 0), judged.get(b, 0),
                overlap=both >= FEWEST and both >= OVERLAP * smaller,
            )
        )  # fmt: skip
    return tuple(sorted(class_pairs, key=lambda p: (-p.cost, p.a, p.b)))
