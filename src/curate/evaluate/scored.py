"""All answers of an evaluation with their scores, and what is known of each model by them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from curate.contract.answers import check
from curate.contract.terms import Contract
from curate.evaluate import metrics, refusals, similarity
from curate.evaluate.answers import AnswerSet
from curate.evaluate.audited import HeldOutAudit
from curate.evaluate.comparisons import compared
from curate.evaluate.heldout import HeldOut, answer_text
from curate.evaluate.options import JudgedModel, ModelComparison
from curate.kernels.clustered_mean import LabelAudit
from curate.kernels.paired_bootstrap import Bar, MeanScore, interval
from curate.options import EvaluateSettings
from curate.progress import Progress
from curate.store import Store

_FAILED, _SHOWN, _KNOWN = 0.5, 10, 0.9


class Scored:
    """All answers, scored."""

    def __init__(
        self,
        store: Store,
        con: duckdb.DuckDBPyConnection,
        heldout: Sequence[HeldOut],
        sets: Sequence[AnswerSet],
        contract: Contract,
        settings: EvaluateSettings,
        progress: Progress,
    ) -> None:
        self.heldout, self.sets, self.seed = heldout, sets, settings.seed
        self.metric = metrics.choose(settings.metric, heldout)
        self.audit = HeldOutAudit(con, heldout)
        number_of = {name: n for n, name in enumerate(sorted({h.conversation for h in heldout}))}
        self.clusters = np.array([number_of[one.conversation] for one in heldout], np.int64)
        self.all_scores = {
            one.name: metrics.scores(heldout, {k: a.messages for k, a in one.answers.items()})
            for one in progress(sets, "judging")
        }
        for one in sets:
            self.all_scores[one.name] |= _form(heldout, one, contract)
        if self.metric == metrics.SIMILARITY:
            alike = similarity.scores(store, con, heldout, sets, progress)
            for name, values in alike.items():
                self.all_scores[name][self.metric] = values
        self.forms = _forms(heldout, contract)
        self.scores = {name: found[self.metric] for name, found in self.all_scores.items()}
        # As the labels stood when the audit was drawn, and as they are.
        self._seen = {one.name: self._against(one, self.audit.before) for one in sets}
        self._true = {one.name: self._against(one, self.audit.true) for one in sets}

    def _against(self, answers: AnswerSet, labels: Mapping[str, str]) -> NDArray[np.float64]:
        """Returns the scores against the labels that an audit tells, where it tells any."""
        found = self.scores[answers.name].copy()
        for place, one in enumerate(self.heldout):
            if one.example_id in labels and one.example_id in answers.answers:
                asked = replace(one, label=labels[one.example_id])
                said = {one.example_id: answers.answers[one.example_id].messages}
                found[place] = metrics.scores([asked], said)[self.metric][0]
        return found

    def _label_audit(self, one: str, other: str) -> LabelAudit | None:
        """Returns what people said about the labels, as scores of two models; None: nothing."""
        if not self.audit.count:
            return None
        ids = [example.example_id for example in self.heldout]
        return LabelAudit(
            np.array([self.audit.weights.get(name, 0.0) for name in ids]),
            self._true[one],
            self._true[other],
            np.array([name in self.audit.known for name in ids], bool),
        )

    def unanswered(self, answers: AnswerSet) -> NDArray[np.bool_]:
        """Returns which examples a model was asked and did not answer, (n,)."""
        # Who answered which call in production was nobody's fault.
        is_asked = answers.source["kind"] != "logs"
        known = {*answers.answers, *answers.late}
        return np.array([is_asked and one.example_id not in known for one in self.heldout], bool)

    def compared(
        self, one: AnswerSet, other: AnswerSet, settings: EvaluateSettings
    ) -> ModelComparison | None:
        """Returns the comparison of two models; None where they have answered nothing together."""
        return compared(
            (one.name, other.name),
            self.metric,
            (self._seen[one.name], self._seen[other.name]),
            self.clusters,
            bar=self.bar(one, other, settings),
            seed=self.seed,
            unanswered=self.unanswered(one),
            audit=self._label_audit(one.name, other.name),
        )

    def bar(self, one: AnswerSet, other: AnswerSet, settings: EvaluateSettings) -> Bar:
        """Returns what a candidate has to show against a baseline.

        Whether it is cheaper goes by the calls whose cost is known of both, if nearly all are.
        """
        both = one.answers.keys() & other.answers.keys()
        costs = [(one.answers[name].cost_usd, other.answers[name].cost_usd) for name in both]
        known = [(a, b) for a, b in costs if a is not None and b is not None]
        saved = math.fsum(b - a for a, b in known)
        enough = len(known) >= _KNOWN * len(both)
        return Bar(margin=settings.margin, cheaper=enough and saved > 0)

    def named(self, names: Sequence[str]) -> list[AnswerSet]:
        """Returns the answers of some names, in their order."""
        set_of = {one.name: one for one in self.sets}
        return [set_of[name] for name in names]

    def failed(self, names: Sequence[str]) -> list[str]:
        """Returns the examples that one of some models failed, in the order of the file."""
        worst = [np.nan_to_num(self.scores[name], nan=1.0) < _FAILED for name in names]
        return [self.heldout[place].example_id for place in np.flatnonzero(np.any(worst, axis=0))]

    def candidate(
        self,
        answers: AnswerSet,
        refused: refusals.Refusals,
        trained_on: Mapping[str, str],
    ) -> JudgedModel:
        """Returns what is known of one set of answers."""
        scores, given = self.scores[answers.name], answers.answers
        whole = self._whole(answers)
        missing = [one.example_id for one in self.heldout if one.example_id not in given]
        missing = [name for name in missing if name not in {*answers.twice, *answers.late}]
        places = np.flatnonzero(np.nan_to_num(scores, nan=1.0) < _FAILED)
        worst = sorted(places.tolist(), key=lambda p: (scores[p], self.heldout[p].example_id))
        means = {
            name: float(np.nanmean(values))
            for name, values in self.all_scores[answers.name].items()
            if not np.isnan(values).all()
        }
        if whole.corrected:
            means[self.metric] = whole.mean
        mistakes: list[tuple[str, str, int]] = []
        if self.heldout[0].label is not None:
            truth, said = self._labels(answers)
            means["macro_f1"] = metrics.macro_f1(truth, said)
            mistakes = metrics.confusions(truth, said)
        return JudgedModel(
            name=answers.name,
            kind=str(answers.source["kind"]),
            digest=answers.digest,
            answered=len(given),
            missing=len(missing),
            missing_ids=tuple(missing[:_SHOWN]),
            twice=len(answers.twice),
            twice_ids=answers.twice_ids,
            late=len(answers.late),
            unmatched=len(answers.unmatched),
            unmatched_ids=answers.unmatched_ids,
            ambiguous=len(answers.ambiguous),
            unread=answers.unread,
            remarks=answers.notes,
            without_spans=metrics.without_spans(
                self.heldout, {name: a.messages for name, a in given.items()}
            ),
            scores=means,
            low=whole.low,
            high=whole.high,
            confusions=tuple(mistakes[:_SHOWN]),
            refusals=refused.refusals(answers),
            refused_wrongly=refused.refused_wrongly(answers),
            answered_wrongly=refused.answered_wrongly(answers),
            failed_count=len(worst),
            failed=tuple(self.heldout[p].example_id for p in worst[:_SHOWN]),
            trained_on=trained_on.get(answers.name),
            **_costs(answers),
        )

    def _whole(self, answers: AnswerSet) -> MeanScore:
        """Returns the mean score of a model with its interval."""
        seen, audit = self._seen[answers.name], self._label_audit(answers.name, answers.name)
        told = ~np.isnan(seen)
        return interval(
            seen[told],
            self.clusters[told],
            audit=audit and audit.of(told),
            seed=self.seed,
        )

    def _labels(self, answers: AnswerSet) -> tuple[list[str], list[str]]:
        known = [one for one in self.heldout if one.example_id in answers.answers]
        said = [answer_text(answers.answers[one.example_id].messages).strip() for one in known]
        return [one.label or "" for one in known], said


def _form(
    heldout: Sequence[HeldOut], answers: AnswerSet, contract: Contract
) -> dict[str, NDArray[np.float64]]:
    """Returns whether each answer keeps the contract; nothing where it says nothing of any."""
    if not contract.has_form and not any(one.tools for one in heldout):
        return {}
    found = np.full(len(heldout), np.nan)
    for place, one in enumerate(heldout):
        if one.example_id in answers.answers:
            messages = answers.answers[one.example_id].messages
            found[place] = check(messages, one.tools, contract) is None
    return {"form": found}


def _forms(heldout: Sequence[HeldOut], contract: Contract) -> dict[str, str]:
    """Returns example -> whether its right answer keeps the contract, in words."""
    if not contract.has_form:
        return {}
    kept = {one.example_id: check(one.answer, one.tools, contract) is None for one in heldout}
    return {name: "right answer keeps it" if k else "breaks it" for name, k in kept.items()}


def _costs(given: AnswerSet) -> dict[str, Any]:
    listed = list(given.answers.values())
    latencies = [a.latency_ms for a in listed if a.latency_ms is not None]
    costs = [a.cost_usd for a in listed if a.cost_usd is not None]
    sizes = [
        a.input_tokens + a.output_tokens
        for a in listed
        if a.input_tokens is not None and a.output_tokens is not None
    ]
    return {
        "p50_ms": float(np.quantile(latencies, 0.5)) if latencies else None,
        "p95_ms": float(np.quantile(latencies, 0.95)) if latencies else None,
        "cost_usd": math.fsum(costs) / len(costs) if costs else None,
        "costs_known": len(costs),
        "tokens": sum(sizes) / len(sizes) if sizes else None,
    }
