"""What an evaluation says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from curate.text.notebook import Shown
from curate.versions.versions import Version

if TYPE_CHECKING:
    from curate.evaluate.ask import AskResult


@dataclass(frozen=True)
class JudgedModel:
    """One model, or one baseline, on the held-out examples.

    Attributes:
        kind: file, ask, logs or baseline.
        answered: held-out examples that it has one answer to.
        missing: those that it has none to; `missing_ids` names some.
        twice: those with two different answers, which do not count.
        late: answers to examples that the version it was trained on knows; they do not count.
        twice_ids: some of those.
        unmatched: answers for no held-out example; `unmatched_ids` are some, as the file has them.
        ambiguous: answers whose prompt several held-out examples share.
        unread: documents without an answer, by reason.
        remarks: what else is to be known of the answers, and of how many.
        without_spans: answers that hold nothing to be read as spans, where spans are asked for.
        scores: mean of each metric, 0 to 1.
        low: lower end of the 95% interval of the metric that verdicts go by; `high` its upper end.
        confusions: of labels, (right, said, how often), the most frequent first.
        refusals: answers that refuse; `refused_wrongly` where the right answer does not, and
            `answered_wrongly` where it does and this one does not.
        failed: the worst answered examples, those that scored below one half.
        p50_ms, p95_ms: latency, where it is known.
        cost_usd: mean of a call, where it is known; so it is of `costs_known` answers.
        tokens: mean of input and output together, where they are known.
    """

    name: str
    kind: str
    digest: str
    answered: int
    missing: int
    missing_ids: tuple[str, ...]
    twice: int
    twice_ids: tuple[str, ...]
    late: int
    unmatched: int
    unmatched_ids: tuple[str, ...]
    ambiguous: int
    unread: Mapping[str, int]
    remarks: Mapping[str, int]
    without_spans: int
    scores: Mapping[str, float]
    low: float
    high: float
    confusions: tuple[tuple[str, str, int], ...]
    refusals: int
    refused_wrongly: int
    answered_wrongly: int
    failed_count: int
    failed: tuple[str, ...]
    trained_on: str | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    cost_usd: float | None = None
    costs_known: int = 0
    tokens: float | None = None


@dataclass(frozen=True)
class ModelComparison:
    """A candidate against a baseline, on the examples that both answered.

    Attributes:
        metric: what it goes by; `preferred` where people compared the answers.
        difference: candidate less baseline, a fraction; `low` and `high` its 95% interval.
        n: held-out examples; `conversations` that they are of.
        verdict: beats, as_good_and_cheaper, no or cannot_tell.
        n_needed: held-out examples that would tell; None where none would, or it is told.
        corrected: whether the audited error of the labels is taken into account.
        missing: share of the examples that the candidate did not answer. They are not in the
            difference; a good verdict by another metric than `preferred` has to hold where they
            count as lost, too.
        note: why it cannot be told, where that has another reason than the number.
        circular: the right answers are the baseline's own, so nobody can be better.
    """

    candidate: str
    baseline: str
    metric: str
    difference: float
    low: float
    high: float
    n: int
    conversations: int
    verdict: str
    n_needed: int | None
    corrected: bool
    missing: float
    note: str = ""
    circular: bool = False


@dataclass(frozen=True)
class SideBySide:
    """How far people are with comparing two models.

    Attributes:
        differing: held-out examples to which the two answers differ.
        drawn: of them, those that people are asked about; `reviewed` those with an answer.
        tied: those that annotators tie about.
        queued: tasks that are not handed over yet; `waiting` those that are and have no answer,
            `filed` of them by file.
    """

    candidate: str
    baseline: str
    differing: int
    drawn: int
    reviewed: int
    tied: int
    queued: int
    waiting: int
    filed: int


@dataclass(frozen=True)
class Slice:
    """A part of the held-out examples: how good a candidate is there."""

    candidate: str
    by: str
    value: str
    n: int
    score: float
    low: float
    high: float


@dataclass(frozen=True)
class EvaluateResult(Shown):
    """What an evaluation says.

    Attributes:
        held_out: examples; `conversations` that they are of.
        looks: how often the most looked at of these examples was looked at, this time included.
        corrected: audited held-out labels that the verdicts are corrected by.
        audit_note: why nothing is corrected, where nothing is.
        absent: baselines that there are none of, and why.
        same_as_logged: share of the right answers that are what production answered.
        unchanged: it was all said before.
        general: each model against each other one, on the general set.
        asked: what came of asking endpoints.
        side_by_side: how far people are, of models that they compare.
    """

    version: Version
    metric: str
    margin: float
    held_out: int
    conversations: int
    looks: int
    corrected: int
    audit_note: str
    candidates: tuple[JudgedModel, ...]
    comparisons: tuple[ModelComparison, ...]
    slices: tuple[Slice, ...]
    absent: Mapping[str, str]
    same_as_logged: float
    unchanged: bool = False
    general: tuple[ModelComparison, ...] = ()
    asked: tuple[AskResult, ...] = ()
    side_by_side: tuple[SideBySide, ...] = ()
