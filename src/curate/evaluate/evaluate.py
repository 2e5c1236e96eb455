"""`curate evaluate`: is a model better than what it is to replace, by held-out examples.

Everything is told from answers; where they are from makes no difference. What is compared is paired
by example, what is drawn is conversations, and where people have audited held-out labels, wrong
ones are taken into account.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import orjson

from curate.contract import contract as contracts
from curate.errors import ConfigError, unknown_name
from curate.evaluate import (
    ask,
    asks,
    baselines,
    looks,
    neighbours,
    refusals,
    side_by_side,
    slices,
)
from curate.evaluate.answers import AnswerSet, read_answers
from curate.evaluate.ask import AskPlan, AskResult
from curate.evaluate.ask_options import Asked
from curate.evaluate.general import judge, read_general
from curate.evaluate.heldout import HeldOut, read_heldout
from curate.evaluate.options import EvaluateResult, ModelComparison
from curate.evaluate.scored import Scored
from curate.evaluate.side_by_side import Reviewed
from curate.messages import canonical
from curate.options import EvaluateSettings
from curate.progress import Progress, silent
from curate.store import Run, Store
from curate.verdicts import verdicts
from curate.versions.verify import late_examples
from curate.versions.versions import Version, find

CIRCULAR = 0.5
"""Share of right answers that are the logged ones from which on production cannot be judged."""


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
        _require(version, heldout, names, settings)
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
        judged = Scored(store, con, heldout, [*given, *found.sets], contract, settings, progress)
        refused = refusals.find(heldout, judged.sets)
        nearest = neighbours.find(con, found.train, judged.failed([g.name for g in given]))
    against = _against(settings, judged, found)
    pairs = [(one, other) for one in given for other in judged.named(against) if other is not one]
    if settings.review:
        to_review = side_by_side.pairs(given, judged.sets, settings.baselines)
        side_by_side.ask(store, run, heldout, to_review, settings)
    reviewed = side_by_side.find(store, heldout, pairs)
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
            *_compared(judged, pairs, found.same_as_reference, settings),
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
            names = late_examples(con, find(store, trained_on)) if trained_on else frozenset()
            kept = {name: answer for name, answer in one.answers.items() if name not in names}
            late = {name: answer for name, answer in one.answers.items() if name in names}
            found.append(replace(one, answers=kept, late=late))
    return found


def _require(
    version: Version,
    heldout: Sequence[HeldOut],
    names: Sequence[str],
    settings: EvaluateSettings,
) -> None:
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
    for name in settings.trained_on:
        if name not in names:
            raise ConfigError(unknown_name("model", name, names), option="trained_on")
    if [*names] == [*settings.baselines]:
        raise ConfigError(f"{names[0]} is compared with itself alone. Next: another --baseline")


def _against(
    settings: EvaluateSettings, judged: Scored, found: baselines.Baselines
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


def _compared(
    judged: Scored,
    pairs: Sequence[tuple[AnswerSet, AnswerSet]],
    same: float,
    settings: EvaluateSettings,
) -> Iterator[ModelComparison]:
    """Yields the comparisons; with production none is told where right answers are its own."""
    for one, other in pairs:
        found = judged.compared(one, other, settings)
        if found and other.name == "logged" and same >= CIRCULAR and not found.corrected:
            note = f"{same:.0%} of the right answers are what production answered"
            found = replace(found, verdict="cannot_tell", n_needed=None, note=note, circular=True)
        if found:
            yield found


def _preferred(
    judged: Scored, reviewed: Sequence[Reviewed], settings: EvaluateSettings
) -> Iterator[ModelComparison]:
    """Yields the comparisons by what people prefer."""
    for pair in reviewed:
        one, other = judged.named([pair.progress.candidate, pair.progress.baseline])
        bar = judged.bar(one, other, settings)
        found = side_by_side.compare(pair, judged.clusters, bar=bar, seed=settings.seed)
        if found:
            yield replace(found, missing=float(judged.unanswered(one).mean()))


def _stored(
    store: Store,
    run: Run,
    result: EvaluateResult,
    judged: Scored,
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
