"""`curate evaluate`: is a model better than what it is to replace, by held-out examples.

Everything is told from answers; where they are from makes no difference. What is compared is paired
by example, what is drawn is conversations, and where people have audited held-out labels, wrong
ones are taken into account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import duckdb
import numpy as np
import orjson
from numpy.typing import NDArray

from curate.contract import contract as contracts
from curate.contract.answers import check
from curate.contract.terms import Contract
from curate.errors import ConfigError, unknown_name
from curate.evaluate import (
    ask,
    asks,
    baselines,
    looks,
    metrics,
    neighbours,
    refusals,
    side_by_side,
    similarity,
    slices,
)
from curate.evaluate.answers import AnswerSet, read_answers
from curate.evaluate.ask import AskPlan, AskResult
from curate.evaluate.ask_options import Asked
from curate.evaluate.general import judge, read_general
from curate.evaluate.heldout import HeldOut, answer_text, read_heldout
from curate.evaluate.options import (
    EvaluateResult,
    JudgedModel,
    ModelComparison,
)
from curate.evaluate.side_by_side import Reviewed
from curate.kernels.audit_weights import audit_weights
from curate.kernels.clustered_mean import LEAST_AUDITED, LabelAudit
from curate.kernels.paired_bootstrap import Bar, compare, interval
from curate.messages import canonical
from curate.options import EvaluateSettings
from curate.progress import Progress, silent
from curate.store import Run, Store, sql
from curate.verdicts import verdicts
from curate.versions.verify import late_examples
from curate.versions.versions import Version, find

CIRCULAR = 0.5
"""Share of right answers that are the logged ones from which on production cannot be judged."""


_FAILED, _LEFT = 0.5, 0.1
_SHOWN = 10
_NO_AUDIT = "no held-out label was audited: wrong ones are not corrected for"
_NO_LABELS = "what is judged is no label, so no audit of labels corrects it"


def evaluate(
    store: Store,
    text: str,
    files: Mapping[str, str],
    settings: EvaluateSettings,
    asked: Asked | None = None,
    *,
    progress: Progress = silent,
) -> EvaluateResult:
    """Returns how good models are on the held-out part of a version, and stores it.

    Args:
        store: the project's store.
        text: `NAME` (its newest version) or `NAME@N`, whose held-out part judges.
        files: name -> file, folder or glob of a model's answers.
        settings: what is asked for.
        asked: endpoints to ask first; None: none.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: there is nothing to judge, or a name is not known.
        SourceError: answers cannot be read.
        RemoteUnavailable: an endpoint does not answer any more; what it answered is stored.
    """
    version = find(store, text)
    trained_on = {name: find(store, one).label for name, one in settings.trained_on.items()}
    settings = replace(settings, trained_on=trained_on)
    with store.run("evaluate", {"version": version.label, **asdict(settings)}) as run:
        with store.read() as con:
            named = verdicts.name(store, con)
            heldout = read_heldout(con, version)
            given = baselines.logged_by(con, heldout, settings.by) if settings.by else []
        if heldout and settings.by and not given:
            raise ConfigError(f"the logs do not say which {settings.by} answered held-out examples")
        models = asked.models if asked else ()
        names = [*(one.name for one in given), *(model.name for model in models), *files]
        _require(version, heldout, names)
        general = read_general(settings.general) if settings.general else []
        everything = [*heldout, *general]
        given += [read_answers(n, place, everything, store.folder) for n, place in files.items()]
        replies: tuple[AskResult, ...] = ()
        if asked:
            replies = _asked(store, run, everything, asked, progress)
            given += [
                asks.answer_set(
                    store,
                    model,
                    asked.settings,
                    everything,
                    asked.prices,
                    asked.systems.get(model.name),
                )
                for model in models
            ]
        forgotten = judge(general, [s.of(general) for s in given], settings.margin, settings.seed)
        measured = _measured(store, [s.of(heldout) for s in given], settings)
        result = _evaluate(store, run, version, heldout, measured, settings, forgotten, progress)
        result = replace(result, asked=replies)
        verdicts.carry_over(store, named)  # none follows from what models answer
        run.counts = {"held_out": result.held_out, "answers": len(given), "looks": result.looks}
    return result


def _evaluate(
    store: Store,
    run: Run,
    version: Version,
    heldout: Sequence[HeldOut],
    given: Sequence[AnswerSet],
    settings: EvaluateSettings,
    forgotten: tuple[ModelComparison, ...],
    progress: Progress,
) -> EvaluateResult:
    with store.read() as con:
        found = baselines.find(con, version, heldout, settings.seed)
        contract = contracts.in_force(store, con)
        judged = _Scored(store, con, heldout, [*given, *found.sets], contract, settings, progress)
        refused = refusals.find(heldout, judged.sets)
        nearest = neighbours.find(con, found.train, judged.failed([g.name for g in given]))
    against = _against(settings, judged, found)
    compared = [
        (one, other)
        for one in given
        for other in judged.named(against)
        if other.name != one.name and judged.meet(one.name, other.name)
    ]
    if settings.review:
        pairs = side_by_side.pairs(given, judged.sets, settings.baselines)
        side_by_side.ask(store, run, heldout, pairs, settings)
    reviewed = side_by_side.find(store, heldout, compared)
    result = EvaluateResult(
        version=version,
        metric=judged.metric,
        margin=settings.margin,
        held_out=len(heldout),
        conversations=len({one.conversation for one in heldout}),
        looks=0,
        corrected=judged.audit.count,
        audit_note=judged.audit.note,
        candidates=tuple(judged.candidate(s, refused, settings.trained_on) for s in judged.sets),
        comparisons=(
            *(
                _comparison(judged, one, other.name, found.same_as_reference, settings)
                for one, other in compared
            ),
            *_preferred(judged, reviewed, settings),
        ),
        slices=slices.find(
            heldout,
            {one.name: judged.scores[one.name] for one in given},
            judged.clusters,
            judged.forms,
            settings.seed,
        ),
        absent=found.absent,
        same_as_logged=found.same_as_reference,
        general=forgotten,
        side_by_side=side_by_side.progress(reviewed),
    )
    return _stored(store, run, result, judged, given, settings, nearest)


def plan_asking(store: Store, text: str, asked: Asked, general: str | None = None) -> list[AskPlan]:
    """Returns what would be sent to each endpoint; sends nothing.

    Args:
        store: the project's store.
        text: `NAME` or `NAME@N`, whose held-out prompts would be sent.
        asked: the endpoints.
        general: a file of general prompts that would be sent, too.
    """
    with store.read() as con:
        heldout = read_heldout(con, find(store, text))
    everything = [*heldout, *(read_general(general) if general else [])]
    return [
        ask.plan(
            store, model, asks.prompts_of(everything, asked.systems.get(model.name)),
            asked.settings, asked.conduct, key=asked.key, refused_again=asked.retry_refused,
        )
        for model in asked.models
    ]  # fmt: skip


def _asked(
    store: Store, run: Run, heldout: Sequence[HeldOut], asked: Asked, progress: Progress
) -> tuple[AskResult, ...]:
    """Asks each endpoint what it has not answered yet."""
    return tuple(
        ask.send(
            store, run, model, asks.prompts_of(heldout, asked.systems.get(model.name)),
            asked.settings, asked.conduct,
            key=asked.key, refused_again=asked.retry_refused, progress=progress,
        )
        for model in asked.models
    )  # fmt: skip


def _measured(
    store: Store, given: Sequence[AnswerSet], settings: EvaluateSettings
) -> list[AnswerSet]:
    """Returns the answers without those to examples that a model may have been trained on."""
    found = []
    with store.read() as con:
        for one in given:
            trained_on = settings.trained_on.get(one.name)
            late = late_examples(con, find(store, trained_on)) if trained_on else frozenset()
            kept = {name: answer for name, answer in one.answers.items() if name not in late}
            found.append(replace(one, answers=kept, late=late & one.answers.keys()))
    return found


def _require(version: Version, heldout: Sequence[HeldOut], names: Sequence[str]) -> None:
    """Refuses what cannot be judged, before anything is asked.

    Raises:
        ConfigError: there is nothing to judge, or nothing to judge by, or a name means two things.
    """
    if not heldout:
        raise ConfigError(
            f"{version.label} has no held-out examples. Next: curate export {version.name}"
        )
    if not names:
        raise ConfigError(
            "there is nothing to judge. Next: curate evaluate "
            f"{version.label} --answers tuned=answers.jsonl"
        )
    for name in names:
        if name in baselines.NAMES:
            raise ConfigError(
                f"{name!r} is the name of a baseline. Next: name the answers otherwise"
            )
        if names.count(name) > 1:
            raise ConfigError(f"two sets of answers are called {name!r}. Next: name one otherwise")


def _against(
    settings: EvaluateSettings, judged: _Scored, found: baselines.Baselines
) -> tuple[str, ...]:
    """Returns the names of what models are judged against.

    Raises:
        ConfigError: one that was asked for is not there.
    """
    known = [one.name for one in judged.sets]
    for name in settings.baselines:
        if name in found.absent:
            raise ConfigError(f"there is no baseline {name!r}: {found.absent[name]}")
        if name not in known:
            raise ConfigError(unknown_name("baseline", name, known))
    return settings.baselines or tuple(known)


class _Audit:
    """What people said of the held-out labels.

    Attributes:
        before: example -> the label that stood before people judged it, where one did.
        true: the same examples -> the label that people gave.
        weights: the same examples -> how much they say of those that nobody judged.
        known: examples that had no label before people gave one; where nearly all were judged, or
            too few at random, all that were.
        note: why nothing is corrected, where nothing is.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, heldout: Sequence[HeldOut]) -> None:
        self.before: dict[str, str] = {}
        self.true: dict[str, str] = {}
        self.weights: dict[str, float] = {}
        self.count, self.note = 0, _NO_LABELS if heldout[0].label is None else _NO_AUDIT
        ids = [one.example_id for one in heldout if one.label is not None]
        rows = con.execute(sql("evaluate/audited"), {"ids": ids}).fetchall()
        self.known = {name for name, *_ in rows}
        judged = {name: row for name, *row in rows if row[0] is not None}
        drawn = sum(row[-1] for row in judged.values())
        if not drawn:
            return
        if len(ids) - len(rows) <= _LEFT * len(ids):
            self.note = f"people judged {len(rows):,} of {len(ids):,} held-out labels"
            return
        if drawn < LEAST_AUDITED:
            self.note = (
                f"{drawn} held-out labels were audited: wrong ones are corrected for from "
                f"{LEAST_AUDITED} on"
            )
            return
        self.count, self.note = drawn, ""
        self.known -= judged.keys()
        drawable = [name for name in ids if name not in self.known]
        rounds = [judged[name][2] if name in judged else -1 for name in drawable]
        at_random = [name in judged and judged[name][3] for name in drawable]
        weights = audit_weights(np.array(rounds, np.int64), np.array(at_random, bool))
        self.weights = dict(zip(drawable, weights.tolist(), strict=True))
        self.before = {name: before for name, (before, *_) in judged.items()}
        self.true = {name: label for name, (_, label, *_) in judged.items()}


class _Scored:
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
        self.audit = _Audit(con, heldout)
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

    def pair(
        self, one: str, other: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64], LabelAudit | None]:
        """Returns both scores of the examples that both answered, conversations, and the audit."""
        both = ~np.isnan(self.scores[one]) & ~np.isnan(self.scores[other])
        places = np.flatnonzero(both)
        audit = None
        if self.audit.count:
            ids = [self.heldout[place].example_id for place in places.tolist()]
            audit = LabelAudit(
                np.array([self.audit.weights.get(name, 0.0) for name in ids]),
                self._true[one][places],
                self._true[other][places],
                np.array([name in self.audit.known for name in ids], bool),
            )
        mine, theirs = self._seen[one][places], self._seen[other][places]
        return mine, theirs, self.clusters[places], audit

    def named(self, names: Sequence[str]) -> list[AnswerSet]:
        """Returns the answers of some names, in their order."""
        set_of = {one.name: one for one in self.sets}
        return [set_of[name] for name in names]

    def meet(self, one: str, other: str) -> bool:
        """Returns whether there is an example that both answered."""
        return bool((~np.isnan(self.scores[one]) & ~np.isnan(self.scores[other])).any())

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
        mine, _, clusters, audit = self.pair(answers.name, answers.name)
        whole = interval(mine, clusters, audit=audit, seed=self.seed)
        missing = [one.example_id for one in self.heldout if one.example_id not in given]
        missing = [name for name in missing if name not in {*answers.twice, *answers.late}]
        places = np.flatnonzero(np.nan_to_num(scores, nan=1.0) < _FAILED)
        worst = sorted(places.tolist(), key=lambda p: (scores[p], self.heldout[p].example_id))
        means = {
            name: float(np.nanmean(values))
            for name, values in self.all_scores[answers.name].items()
            if not np.isnan(values).all()
        }
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
            late=len(answers.late),
            unmatched=len(answers.unmatched),
            ambiguous=len(answers.ambiguous),
            unread=answers.unread,
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


def _costs(given: AnswerSet) -> dict[str, float | None]:
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
        "cost_usd": sum(costs) / len(costs) if costs else None,
        "tokens": sum(sizes) / len(sizes) if sizes else None,
    }


def _comparison(
    judged: _Scored, one: AnswerSet, other: str, same: float, settings: EvaluateSettings
) -> ModelComparison:
    mine, theirs, clusters, audit = judged.pair(one.name, other)
    bar = _bar(judged, one, other, settings)
    found = compare(mine, theirs, clusters, bar=bar, audit=audit, seed=settings.seed)
    circular = other == "logged" and same >= CIRCULAR and not found.corrected
    return ModelComparison(
        candidate=one.name,
        baseline=other,
        metric=judged.metric,
        difference=found.difference,
        low=found.low,
        high=found.high,
        n=found.examples,
        conversations=found.clusters,
        verdict="cannot_tell" if circular else found.verdict,
        n_needed=None if circular else found.n_needed,
        corrected=found.corrected,
        missing=bar.missing,
        note=f"{same:.0%} of the right answers are what production answered" if circular else "",
    )


def _bar(judged: _Scored, one: AnswerSet, other: str, settings: EvaluateSettings) -> Bar:
    # Who answered which call in production was nobody's fault.
    is_asked = one.source["kind"] != "logs"
    unanswered = int(np.isnan(judged.scores[one.name]).sum()) - len(one.late)
    missing = unanswered / (len(judged.heldout) - len(one.late)) if is_asked else 0.0
    costs = {s.name: _costs(s)["cost_usd"] for s in judged.sets}
    my_cost, their_cost = costs[one.name], costs[other]
    cheaper = my_cost is not None and their_cost is not None and my_cost < their_cost
    return Bar(margin=settings.margin, cheaper=cheaper, missing=missing)


def _preferred(
    judged: _Scored, reviewed: Sequence[Reviewed], settings: EvaluateSettings
) -> Iterator[ModelComparison]:
    """Yields the comparisons by what people prefer."""
    for pair in reviewed:
        [one] = judged.named([pair.progress.candidate])
        bar = _bar(judged, one, pair.progress.baseline, settings)
        found = side_by_side.compare(pair, judged.clusters, bar=bar, seed=settings.seed)
        if found:
            yield found


def _stored(
    store: Store,
    run: Run,
    result: EvaluateResult,
    judged: _Scored,
    given: Sequence[AnswerSet],
    settings: EvaluateSettings,
    nearest: Any,
) -> EvaluateResult:
    """Stores looks and result in one transaction; the same again changes nothing."""
    version = result.version
    ids = [one.example_id for one in judged.heldout]
    told = {name: value for name, value in asdict(settings).items() if name != "review"}
    asked = canonical({**told, "answers": {one.name: one.digest for one in given}})
    with store.write() as con:
        for one in given:
            trained_on = settings.trained_on.get(one.name)
            scores = judged.scores[one.name]
            looks.record(con, run, version, one, trained_on, ids, judged.metric, scores)
        plain = orjson.dumps({**asdict(result), "version": version.label}).decode()
        is_new = looks.last(con, version, asked) != plain
        if is_new:
            neighbours.keep(con, nearest)
            looks.keep(con, run, version, asked, plain)
        return replace(result, looks=looks.most(con, ids), unchanged=not is_new)
