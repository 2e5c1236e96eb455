"""`curate export`: freezes the kept examples as the next version of a dataset.

A kill before the version is recorded leaves nothing, a kill after it is finished by the next
command that looks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from curate import config, formats, pairs, split, stale
from curate.check import targets
from curate.contract import contract
from curate.dedupe import input_pairs, shared_text
from curate.errors import ConfigError, GateFailed
from curate.export import card, lineage, manifest, record
from curate.export.assemble import Assembled, assemble
from curate.export.manifest import VersionDraft
from curate.export.options import ExportResult, ExportSettings
from curate.filters import filters
from curate.formats import Format, Unit
from curate.inputs import inputs
from curate.kernels.error_rate import ErrorRate
from curate.label import audit
from curate.options import SplitSettings
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text.text import MEASURE
from curate.text.wording import counted
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today
from curate.versions import folder

MAX_NAME = 100

_WITH_TIME = "curate pull FILE --map created_at=COLUMN, where the log has one"

OnStale = Callable[[tuple[str, ...]], None]


def export(
    store: Store,
    name: str,
    *,
    settings: ExportSettings,
    dry_run: bool = False,
    progress: Progress = lambda items, _: items,
    on_stale: OnStale = lambda _: None,
) -> ExportResult:
    """Writes the next version of a dataset; where nothing changed, returns the latest one.

    A dry run writes no line, so it does not look for what only lines tell: personal data and
    secrets in them, the rules of their target, their tokens, and whether anything changed.

    Args:
        store: the project's store.
        name: of the dataset.
        settings: of the export.
        dry_run: write nothing.
        progress: called with (items, label) around the work.
        on_stale: called with the stages that are not up to date, where there are any, before
            anything of the version is written.

    Raises:
        GateFailed: train or test would have too few examples, or may be too wrong; a stage is not
            up to date and `settings.fresh` wants that.
        ConfigError: the name or a format cannot be used, or a format cannot express an example.
    """
    _check_name(name)
    with store.run("export", {"name": name, **settings.as_dict()}) as run:
        folder.recover(store)
        contract.catch_up(store, run, progress=progress)
        order = _order(store, run, name, settings)
        inputs.refresh(store, run)
        input_pairs.refresh_near(store, run, threshold=order.settings.split.leak_threshold)
        if order.unit == "pair":
            pairs.refresh(store, run, progress=progress)
        with verdicts.today(store, split=order.settings.split) as today:
            order = _told_of_stale(today, order, on_stale)
            if dry_run:
                return _planned(today, order, progress)
            version = _version(today, order, progress)
        record.store_version(store, run, version, today)
    return version.result


@dataclass(frozen=True)
class _Order:
    """What is to be exported.

    Attributes:
        settings: with the formats and the strictest leak threshold.
        formats: all of one unit.
        notes: what was asked for and is not done, or is done otherwise than `status` shows.
        shown: settings of the split that `status` and `pairs` count with.
        set_by: which of these stand in curate.toml, or were those of the last export.
        stale: stages that are not up to date.
    """

    name: str
    settings: ExportSettings
    formats: Sequence[Format]
    task: str
    notes: tuple[str, ...]
    shown: SplitSettings
    set_by: Mapping[str, str]
    stale: tuple[str, ...] = ()

    @property
    def unit(self) -> Unit:
        """What a line is."""
        return self.formats[0].unit

    @property
    def is_labelled(self) -> bool:
        """Whether classes are what is learned."""
        return self.task == "classification" or "classification" in self.settings.formats

    @property
    def otherwise(self) -> str:
        """Why an example is not in that nothing speaks against."""
        return "no_pair" if self.unit == "pair" else "limit"


def _order(store: Store, run: Run, name: str, settings: ExportSettings) -> _Order:
    with store.write() as con:
        # Asked before what is in force is brought up to date: afterwards nothing would tell.
        stages = ("filter",) if stale.filter_is_stale(store, con) else ()
        if not (stages and settings.fresh):
            run.changed |= filters.refresh(store, con, filters.stored_settings(store, con)) > 0
        strictest = split.strictest(store, con, settings.split)
        shown = verdicts.next_split(store, con)
        task = store.setting(con, "project").get("task", "sft")
        held = record.held_val_size(store, con, name)
        before = dict.fromkeys(store.setting(con, "split"), "the last export")
        typed = config.load(store.folder).get("export", {})
    chosen = settings.formats or (formats.DEFAULTS.get(task, "trl-prompt-completion"),)
    threshold, group = settings.split.leak_threshold, settings.split.group
    notes: list[str] = []
    if settings.val_size is None:
        settings = replace(settings, val_size=held)
        if held:
            notes.append(f"--val-size {held:g} holds: the last export had it; --val-size 0 ends it")
    settings = replace(settings, split=strictest, formats=tuple(dict.fromkeys(chosen)))
    if threshold > strictest.leak_threshold:
        notes.append(
            f"leak threshold {strictest.leak_threshold} holds, not {threshold}: it was used "
            "before, and a looser one would release examples that it withholds"
        )
    if strictest.group != group:
        notes.append(
            f"--group {strictest.group} holds: it was used before, and without it users would "
            "stand on both sides"
        )
    set_by = before | dict.fromkeys(typed, config.NAME)
    return _Order(name, settings, _formats(settings), task, tuple(notes), shown, set_by, stages)


def _refuse_stale(name: str, settings: ExportSettings, stages: tuple[str, ...]) -> None:
    if stages and settings.fresh:
        raise GateFailed(
            f"{name}: not up to date: {', '.join(stages)}; --fresh writes nothing then. "
            f"Next: {stale.command(stages)}, then the same command"
        )


def _told_of_stale(today: Today, order: _Order, on_stale: OnStale) -> _Order:
    """Returns the order with what is not up to date, and what `status` counts otherwise.

    Raises:
        GateFailed: a stage is not up to date, and the settings want everything fresh.
    """
    stages = tuple(dict.fromkeys((*order.stale, *stale.stale_stages(today))))
    _refuse_stale(order.name, order.settings, stages)
    if stages:
        on_stale(stages)
    notes = (*_otherwise_shown(order, today.plan.counts["new"]), *shared_text.note(today))
    return replace(order, stale=stages, notes=(*order.notes, *notes))


def _otherwise_shown(order: _Order, new: int) -> tuple[str, ...]:
    """Returns which settings of the split are others than those that were set before."""
    mine, shown = order.settings.split.as_dict(), order.shown.as_dict()
    odd = [
        f"{name} {mine[name]} ({order.set_by[name]} has {shown[name]})"
        for name in mine
        if mine[name] != shown[name] and name in order.set_by
    ]
    return (f"{counted(new, 'new example')} split with {', '.join(odd)}",) if new and odd else ()


def _formats(settings: ExportSettings) -> list[Format]:
    """Returns the formats that are asked for, which have to take items of one kind."""
    used = [formats.get(name) for name in settings.formats]
    if settings.target:
        targets.get(settings.target)
    odd = [writer for writer in used if writer.unit != used[0].unit]
    if odd:
        kinds = {"example": "examples", "rated": "rated examples", "pair": "pairs"}
        first, other = used[0], odd[0]
        raise ConfigError(
            f"{first.name} has {kinds[first.unit]}, {other.name} has {kinds[other.unit]}: one "
            "version cannot hold both. Next: export them under two names; held-out examples are "
            "the same in both"
        )
    return used


def _planned(today: Today, order: _Order, progress: Progress) -> ExportResult:
    """Returns what an export would write, as far as it can be told without the rows."""
    assembled = assemble(
        today,
        order.settings,
        order.formats,
        name=order.name,
        task=order.task,
        with_rows=False,
        progress=progress,
    )
    judged = _judge(today, order, assembled)
    number, _ = _latest(today, order)
    files = manifest.planned_files(order.settings, assembled)
    return _result(today, order, assembled, judged, files, number + 1)


def _version(today: Today, order: _Order, progress: Progress) -> VersionDraft:
    """Returns the next version; where nothing changed, the latest one."""
    assembled = assemble(
        today, order.settings, order.formats, name=order.name, task=order.task, progress=progress
    )
    judged = _judge(today, order, assembled)
    files = manifest.data_files(order.settings, assembled)
    content_id = manifest.compute_content_id(order.task, order.settings, files)
    number, before = _latest(today, order)
    is_new = before != content_id
    result = replace(
        _result(today, order, assembled, judged, files, number + is_new),
        created=is_new,
        content_id=content_id,
        test_id=manifest.test_id(assembled),
    )
    there = record.check_folder(result)
    return VersionDraft(
        result=result,
        settings=order.settings,
        formats=order.formats,
        task=order.task,
        assembled=assembled,
        facts=judged.facts,
        files=files,
        plan=today.plan,
        ledger=today.ledger(),
        frozen=record.freeze(today, assembled, order.otherwise),
        origins=None if there else lineage.of(today.con, assembled),
    )


def _latest(today: Today, order: _Order) -> tuple[int, str | None]:
    """Returns number and content id of the latest version; 0 and None where there is none."""
    rows = today.con.execute(sql("export/version_latest"), {"name": order.name}).fetchall()
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, None)


@dataclass(frozen=True)
class _Judged:
    """What the card tells, and how wrong the sides are."""

    facts: dict[str, Any]
    rates: tuple[ErrorRate, ...]

    @property
    def pending(self) -> int:
        """Held-out examples that wait for a good answer."""
        return int(self.facts["pending"])


def _judge(today: Today, order: _Order, assembled: Assembled) -> _Judged:
    """Returns what is told of the lines, once they are enough and good enough."""
    facts = card.facts(today, assembled, order.otherwise, with_labels=order.is_labelled)
    sides = {side for side, part in assembled.lines.items() if part} - {"validation"}
    judged = _Judged(facts, audit.gate(today, order.settings.max_error, sides))
    _gate(today, order, assembled, judged.pending)
    return judged


def _gate(today: Today, order: _Order, assembled: Assembled, pending: int) -> None:
    kind = "pairs" if order.unit == "pair" else "examples"
    own = {
        side: sum(line.role != "mixed" for line in part) for side, part in assembled.lines.items()
    }
    wanted = {"train": order.settings.min_train, "test": order.settings.min_test}
    short = [
        f"{own[side]:,} {side} {kind} are ready, {need:,} wanted"
        for side, need in wanted.items()
        if own[side] < need
    ]
    if not short:
        return
    wait = f" ({pending:,} held-out examples wait for a good answer)" if pending else ""
    if assembled.inexpressible:
        names = " and ".join(order.settings.formats)
        what = next(e for r, e in assembled.left_out.values() if r == "inexpressible")
        wait += f"; {assembled.inexpressible:,} were left out: {names} refuses {what}"
    counts = today.plan.counts
    if own["test"] < wanted["test"] and 0 < counts["drawn"] == counts["untimed"]:
        raise GateFailed(
            f"{order.name}: {'; '.join(short)}{wait}, since --split time holds out the "
            f"newest, and no new call has a time. Next: {_WITH_TIME}, or --split random"
        )
    look = "curate pairs" if order.unit == "pair" else "curate status"
    raise GateFailed(
        f"{order.name}: {'; '.join(short)}{wait}. Next: {look} shows what keeps "
        f"{kind} out; --min-train and --min-test set what is wanted"
    )


def _result(
    today: Today,
    order: _Order,
    assembled: Assembled,
    judged: _Judged,
    files: Sequence[dict[str, Any]],
    number: int,
) -> ExportResult:
    """Returns what is told of a version that is new and whose bytes are not known yet."""
    plan = today.plan
    return ExportResult(
        name=order.name,
        version=number,
        created=True,
        folder=today.store.folder / "datasets" / order.name / f"v{number}",
        content_id=None,
        test_id=None,
        train=len(assembled.lines["train"]),
        test=len(assembled.lines["test"]),
        pending=judged.pending,
        funnel=tuple((reason, n) for reason, n in judged.facts["funnel"]),
        files=tuple({k: v for k, v in f.items() if k != "body"} for f in files),
        split={
            **plan.counts,
            "largest_unit": plan.largest_unit,
            "cap": plan.cap,
            **today.split.as_dict(),
            "measure": MEASURE,
            "newer_train": judged.facts["newer_train"] if today.split.split == "time" else None,
        },
        inexpressible=assembled.inexpressible,
        error_rates=judged.rates,
        hidden=assembled.hidden,
        warnings=dict(sorted(assembled.warnings.items())),
        mixed=tuple(taken.as_dict() for taken in assembled.mixed),
        evaluations=tuple(file.as_dict() for file in assembled.evaluations),
        in_evaluations=assembled.in_evaluations,
        pair_reasons=assembled.pair_reasons,
        notes=(*order.notes, *assembled.notes),
        unseen=judged.facts["unseen"],
        validation=len(assembled.lines.get("validation", ())),
        stale=order.stale,
    )


def _check_name(name: str) -> None:
    if (
        not 0 < len(name) <= MAX_NAME
        or name.startswith(".")
        or not all(c.isalnum() or c in "-_." for c in name)
    ):
        raise ConfigError(
            f"dataset name {name[:MAX_NAME]!r}: expected up to {MAX_NAME} letters, digits, '-', "
            "'_' and '.', not a leading '.'"
        )
