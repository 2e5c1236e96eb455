"""`curate label status`: how good the answers are, and how wrong the data still is.

Everything is derived from the ledger of tasks and the decisions each time it is asked for; nothing
is stored.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from curate.kernels.error_rate import ErrorRate
from curate.label import agreement, gold
from curate.label.agreement import Agreement
from curate.label.audit import audits_waiting, error_rates
from curate.label.gold import GoldRecord
from curate.label.problems import list_problems
from curate.label.reviews import Detector, detectors
from curate.store import Store, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts


@dataclass(frozen=True)
class Progress:
    """How far the tasks of a kind are.

    Attributes:
        sent: handed over and there; pending: handed over, outcome unknown.
        problems: tasks whose answers are not understood.
        waiting: handed over, without any answer.
        seconds: that a task takes, the median; None where nothing tells.
    """

    kind: str
    queued: int
    pending: int
    sent: int
    answered: int
    problems: int
    skipped: int
    waiting: int
    gone: int
    seconds: float | None


@dataclass(frozen=True)
class Origin:
    """How many answers are the prefilled one as it was, that one changed, or made by hand."""

    kind: str
    accepted: int
    changed: int
    by_hand: int
    unknown: int


@dataclass(frozen=True)
class RemarkCount:
    """How often something was said beside answers to a kind of work.

    Attributes:
        control: `cannot` (why it was skipped), `tags`, or `rubric` and what was rated.
        value: the reason, the tag or the stars; None for a skip without a reason.
    """

    kind: str
    control: str
    value: str | None
    count: int


@dataclass(frozen=True)
class LabelStatus(Shown):
    """The state of all human labelling; see the parts.

    Attributes:
        unread: answers that are not understood; see `problems.label_problems`.
    """

    progress: tuple[Progress, ...]
    origins: tuple[Origin, ...]
    agreement: tuple[Agreement, ...]
    gold: tuple[GoldRecord, ...]
    detectors: tuple[Detector, ...]
    error_rates: tuple[ErrorRate, ...]
    audits_waiting: int
    remarks: tuple[RemarkCount, ...] = ()
    unread: int = 0


def label_status(store: Store) -> LabelStatus:
    """Returns progress, agreement, quality, and what all of it says about the data."""
    with verdicts.today(store) as today:
        con = today.con
        return LabelStatus(
            progress=progress(con),
            origins=tuple(
                Origin(*row) for row in con.execute(sql("label/quality/origins")).fetchall()
            ),
            agreement=agreement.agreement(con),
            gold=gold.records(con),
            detectors=detectors(today),
            error_rates=error_rates(today),
            audits_waiting=audits_waiting(con),
            unread=len(list_problems(con)),
            remarks=tuple(
                RemarkCount(*row) for row in con.execute(sql("label/quality/remarks")).fetchall()
            ),
        )


def progress(con: duckdb.DuckDBPyConnection) -> tuple[Progress, ...]:
    """Returns how far the tasks of each kind are."""
    return tuple(Progress(*row) for row in con.execute(sql("label/quality/progress")).fetchall())
