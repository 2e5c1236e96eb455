"""`curate dedupe`: exact, near and semantic duplicates, and contradictions between copies.

Two examples are exact duplicates when their messages (system messages aside) and answers are equal
after the normalisation of `text.text`; near and semantic duplicates are alike in their inputs.
Which member of a group survives is a verdict and chosen last; this stage computes the evidence and
says what it means today.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from curate import config
from curate.dedupe import input_pairs, shared_text, thresholds
from curate.dedupe.thresholds import RealPair
from curate.embed import embed, encoders
from curate.errors import ConfigError, unknown_name
from curate.inputs import inputs
from curate.options import (
    AUTO,
    BY_TASK,
    OFF,
    REPORT,
    SEMANTIC_THRESHOLDS,
    DedupeSettings,
    SplitSettings,
)
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text.notebook import Shown
from curate.text.wording import counted, listed
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

EXACT = ("example", "input", "off")
LOWEST = 0.3
"""Below such a similarity everything is alike."""


@dataclass(frozen=True)
class DedupeResult(Shown):
    """What the stage found, in counts.

    Attributes:
        examples: all of them.
        inputs: distinct normalised inputs.
        exact_dropped: examples out as exact duplicates; likewise near and semantic.
        near_pairs: near-duplicate inputs at the leak threshold, what the split goes by.
        semantic_pairs: inputs at or above the semantic threshold.
        semantic_reported: examples that would be out as semantic duplicates, were they not only
            reported.
        kept_apart: pairs alike enough that differ in a number or a negation.
        contradictory_labels: examples whose input another copy labels otherwise.
        contradictory_ratings: examples that another copy's rating contradicts.
        settings: in force from now on.
        notes: what was left out, and why.
        around: real pairs around the semantic threshold, when it is first used.
    """

    examples: int
    inputs: int
    exact_dropped: int
    near_dropped: int
    semantic_dropped: int
    near_pairs: int
    semantic_pairs: int
    semantic_reported: int
    kept_apart: int
    contradictory_labels: int
    contradictory_ratings: int
    settings: dict[str, Any]
    notes: tuple[str, ...] = ()
    around: tuple[RealPair, ...] = ()


def dedupe(
    store: Store,
    *,
    exact: str = DedupeSettings.exact,
    near: float | None = DedupeSettings.near,
    semantic: float | str | None = BY_TASK,
    progress: Progress = lambda items, _: items,
) -> DedupeResult:
    """Brings the evidence up to date and returns what it means under today's verdicts.

    Args:
        store: the project's store.
        exact: what is compared: `example` (messages and answer), `input`, or `off`.
        near: Jaccard similarity of inputs, 0.3 to 1; None for off.
        semantic: cosine of inputs, 0.3 to 1; None for off, `auto` for the encoder's default,
            `report` for the same without anything being out for it, `by-task` for `report` of
            labels and `auto` of all else.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: a setting is none of these.
    """
    with store.run("dedupe", {"exact": exact, "near": near, "semantic": semantic}) as run:
        inputs.refresh(store, run)
        with store.read() as con:
            settings, notes = complete(store, con, exact, near, semantic)
            work = _work(store, con, settings)
        _find(store, run, settings, work, progress)
        is_shown = work.is_first and work.semantic and work.semantic.inputs
        below = thresholds.below(store, settings.semantic) if is_shown else None
        with verdicts.today(store, split=work.split, at_end=True) as today:
            counts = _counts(today)
            around = () if below is None else thresholds.around(today, below)
            reported = 0 if settings.semantic_removes else _reported(today)
            notes += shared_text.note(today)
        run.counts = {k: v for k, v in counts.items() if k.endswith("dropped")}
    return DedupeResult(
        **counts,
        semantic_reported=reported,
        settings=settings.as_dict(),
        notes=tuple(notes),
        around=around,
    )


@dataclass(frozen=True)
class _Work:
    """What there is to find, and to store."""

    split: SplitSettings
    near: input_pairs.NearWork | None
    semantic: input_pairs.SemanticWork | None
    is_first: bool
    new_settings: bool


def _work(store: Store, con: duckdb.DuckDBPyConnection, settings: DedupeSettings) -> _Work:
    split = verdicts.next_split(store, con)
    lowest, cosine = min(split.leak_threshold, settings.near), settings.semantic
    return _Work(
        split,
        input_pairs.near_work(store, con, threshold=lowest),
        None if cosine == OFF else input_pairs.semantic_work(store, con, threshold=cosine),
        not store.setting(con, "semantic_pairs"),
        store.setting(con, "dedupe") != settings.as_dict(),
    )


def _find(
    store: Store, run: Run, settings: DedupeSettings, work: _Work, progress: Progress
) -> None:
    """Stores the settings and the evidence; opens the store only where either is new."""
    if not (work.new_settings or work.near or work.semantic):
        return
    near_pairs = work.near and input_pairs.find_near(store, work.near)
    with store.write() as con:
        store.set_setting(con, "dedupe", settings.as_dict())
        if work.near and near_pairs:
            input_pairs.add_near(store, con, work.near, near_pairs)
        if work.semantic:
            input_pairs.begin_semantic(store, con, work.semantic)
    if work.semantic:
        input_pairs.add_semantic(store, work.semantic, progress=progress)
    run.changed = True


def complete(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    exact: str,
    near: float | None,
    semantic: float | str | None,
) -> tuple[DedupeSettings, list[str]]:
    """Returns complete settings, and notes on what cannot be done.

    Args:
        store: the project's store.
        con: a connection to it.
        exact: as `dedupe` takes it, like `near` and `semantic`.
        near: likewise.
        semantic: likewise.

    Raises:
        ConfigError: a setting is not one, or needs vectors and there are none.
    """
    if exact not in EXACT:
        raise ConfigError(unknown_name("kind of exact duplicate", exact, EXACT))
    semantic = _by_task(store, semantic)
    removes = semantic != REPORT
    if semantic == REPORT:
        semantic = AUTO
    near_from = threshold("near", near)
    if semantic != AUTO:
        threshold("semantic", semantic)  # a bad value is named before vectors are asked for
    encoder = store.setting(con, "embed").get("encoder")
    missing = embed.count_missing(con)
    notes = []
    if encoder is None:
        if isinstance(semantic, float):
            raise ConfigError(f"semantic duplicates need vectors. Next: {encoders.next_step()}")
        if semantic == AUTO:
            notes.append(f"no vectors yet, so no semantic duplicates: {encoders.next_step()}")
        semantic = None
    elif missing and semantic is not None:
        notes.append(f"{missing:,} inputs have no vector yet and take no part: curate embed")
    if semantic is not None and (foreign := input_pairs.foreign_scripts(store, con)):
        scripts = Counter(foreign.values())
        notes.append(
            f"{encoder} cannot read {counted(len(foreign), 'input')} ({listed(scripts)}): they are "
            f"no semantic duplicates. Another encoder can. Next: {encoders.remedy(scripts)}"
        )
    if semantic == AUTO:
        semantic = SEMANTIC_THRESHOLDS.get(str(encoder))
        if semantic is None:
            notes.append(
                f"no default threshold is known for {encoder!r}, so no semantic duplicates: "
                "curate dedupe --suggest-threshold, then --semantic"
            )
    cosine = threshold("semantic", semantic)
    return DedupeSettings(exact, near_from, cosine, removes), notes


def outdated(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether near pairs are missing, or curate.toml has other thresholds than last time.

    The sides of new examples rest on near pairs at the leak threshold.
    """
    floor = store.setting(con, "input_pairs").get("threshold")
    missing = con.execute(sql("dedupe/inputs_unpaired")).fetchall()[0][0]
    if missing or (floor is not None and floor > verdicts.next_split(store, con).leak_threshold):
        return True
    section, last = config.load(store.folder).get("dedupe", {}), store.setting(con, "dedupe")
    if not last:
        return False
    stored = DedupeSettings(**last).as_dict()
    wanted = {"exact": section.get("exact", stored["exact"])}
    for name in {"near", "semantic"} & section.keys():
        value = _by_task(store, section[name])
        if value not in (AUTO, REPORT):
            wanted[name] = threshold(name, None if value == "off" else value)
        if name == "semantic" and value != "off":
            wanted["semantic_removes"] = value != REPORT
    return any(stored[name] != value for name, value in wanted.items())


def _by_task(store: Store, semantic: float | str | None) -> float | str | None:
    """Returns what is asked for of semantic duplicates: by the task, where that shall say it."""
    if semantic != BY_TASK:
        return semantic
    return REPORT if config.project_settings(store.folder)["task"] == "classification" else AUTO


def threshold(name: str, value: float | str | None) -> float:
    """Returns a threshold, `OFF` for None.

    Raises:
        ConfigError: it is not between 0.3 and 1.
    """
    if value is None:
        return OFF
    number = float(value)
    if not LOWEST <= number <= 1:
        raise ConfigError(
            f"--{name} {number:g}: expected {LOWEST} to 1, or off", option=name, section="dedupe"
        )
    return number


def _reported(today: Today) -> int:
    """Returns how many examples removal would take; these are the `duplicates` from then on."""
    verdicts.find_duplicates(today, replace(today.dedupe, semantic_removes=True))
    method = {"method": "semantic"}
    return int(today.con.execute(sql("dedupe/thresholds_removes"), method).fetchall()[0][0])


def _counts(today: Today) -> dict[str, int]:
    parameters = {
        "near": today.dedupe.near,
        "semantic": today.dedupe.semantic,
        "leak": today.split.leak_threshold,
    }
    cursor = today.con.execute(sql("dedupe/counts"), parameters)
    names = [column[0] for column in cursor.description or []]
    return dict(zip(names, cursor.fetchall()[0], strict=True))
