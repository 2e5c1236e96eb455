"""`curate mislabels`: labels that the labels of like inputs speak against, worst first.

A model of the train side says for each example what its label should be, without having seen the
example or its duplicates (`kernels.leave_one_out`). cleanlab estimates from these predictions how
many labels are wrong. What a human labelled is believed, and used, but never suspected.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate import config
from curate.dedupe import input_pairs
from curate.embed import embed
from curate.embed.encoders import HOW_TO_INSTALL, next_step
from curate.errors import ConfigError, MissingExtra, unknown_name
from curate.inputs import inputs
from curate.kernels import label_model, label_noise, label_set_noise
from curate.label import reviews
from curate.label.reviews import Detector
from curate.mislabels import reasons
from curate.options import SplitSettings
from curate.progress import Progress
from curate.split import strictest
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

SAME_MEANING = 0.95
"""Cosine of inputs from which on one counts as a copy of the other: neither may vouch for it."""


DETECTORS = ("mislabel", "low_confidence")
"""Their names in the queue: likely wrong labels, and possibly wrong ones."""


METHOD = "landmarks-3"
"""Changes whenever the same data would be judged otherwise, so that they are judged anew."""


@dataclass(frozen=True)
class Neighbour:
    """An example that is shown beside another one."""

    id: str
    label: str | None
    text: str


@dataclass(frozen=True)
class Issue:
    """One label under suspicion.

    Attributes:
        score: between 0 and 1, low is bad.
        suggested: the label that fits best; None where only a rating speaks against the given one.
        reason: what speaks against the given label, in a sentence.
        probability: calibrated, of the suggested label.
        tier: likely (among the worst, as many as are estimated to be wrong), possible (another
            label fits better), rated (only a human rating of 2 of 5 or lower speaks), or contested
            (people disagree about it, so it may as well be right).
        contested: who disagrees: annotators, raters or copies; None where nobody does.
        out: why it is not in the next version; None where it is.
        rating: by a human, where it is 2 of 5 or lower.
        nearest: train examples, nearest first, one per input, without copies of this one.
        like_given: those of the given label; likewise like_suggested.
    """

    id: str
    source_id: str
    score: float
    given: str
    suggested: str | None
    reason: str
    probability: float | None
    tier: str
    side: str
    out: str | None
    rating: float | None
    contested: str | None
    text: str
    nearest: tuple[Neighbour, ...]
    like_given: tuple[Neighbour, ...]
    like_suggested: tuple[Neighbour, ...]


@dataclass(frozen=True)
class MislabelsResult(Shown):
    """What the stage found; `issues` has the worst `top` of all that are under suspicion.

    Attributes:
        applies: whether there are labels to judge.
        note: why nothing was judged; empty where something was.
        detector: that judged.
        judged: examples whose label was judged.
        estimated: how many of them are wrong by cleanlab's estimate.
        likely: the worst of them, as many as are estimated to be wrong.
        possible: the other ones where another label fits better than the given one.
        contested: labels under suspicion that people disagree about; in none of these numbers.
        sides: likewise for train and for test.
        rated: examples with a human rating of 2 of 5 or lower, flagged by the model or not.
        found: examples under suspicion, all of them.
        classes: labels that were compared.
        too_rare: labels with examples that were not judged, since fewer than three other train
            inputs have them.
        too_rare_examples: how many examples that are.
        by_hand: examples that a human labelled, believed without being judged.
        unlabelled: examples without a label.
        unknown_label: examples with a label that curate.toml does not list.
        without_vector: examples whose input has no vector.
        unreadable: examples in a script that the encoder cannot read.
        aside: quarantined and exposed examples, which enter no version.
        reviewed: how often people changed labels that were under suspicion.
    """

    applies: bool
    note: str
    detector: str = label_model.DETECTORS[0]
    judged: int = 0
    estimated: int = 0
    likely: int = 0
    possible: int = 0
    contested: int = 0
    sides: dict[str, dict[str, int]] = field(default_factory=dict)
    rated: int = 0
    found: int = 0
    classes: int = 0
    too_rare: tuple[str, ...] = ()
    too_rare_examples: int = 0
    by_hand: int = 0
    unlabelled: int = 0
    unknown_label: int = 0
    without_vector: int = 0
    unreadable: int = 0
    aside: int = 0
    reviewed: tuple[Detector, ...] = ()
    issues: tuple[Issue, ...] = ()


def mislabels(
    store: Store,
    *,
    top: int | None = None,
    detector: str | None = None,
    progress: Progress = lambda items, _: items,
) -> MislabelsResult:
    """Judges all labels, where anything changed since the last time, and returns the worst.

    Args:
        store: the project's store.
        top: most issues in the result; None for all. All are stored.
        detector: one of `suspects.DETECTORS`; None for the one that was used last.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: no input has a vector, or there is no such detector.
        MissingExtra: cleanlab is not installed.
    """
    if detector is not None and detector not in label_model.DETECTORS:
        raise ConfigError(unknown_name("detector", detector, label_model.DETECTORS))
    several = config.project_settings(store.folder).get("multi_label")
    if several and detector not in (None, label_model.DETECTORS[0]):
        raise ConfigError(
            f"{detector} judges one label an example, and this project has several. "
            f"Next: curate mislabels --detector {label_model.DETECTORS[0]}"
        )
    with store.run("mislabels", {"top": top, "detector": detector}) as run:
        inputs.refresh(store, run)
        with store.read() as con:
            alike = _alike(store, con)
            there, label_count = counts(con), count_labelled(con)
        if not there.examples:
            return MislabelsResult(True, "there are no examples yet")
        if not label_count:
            return MislabelsResult(False, "no example has a label")
        _require(there.vectors)
        input_pairs.refresh_near(store, run, threshold=alike["near"])
        with verdicts.today(store) as today:
            rows = today.con.sql(sql("mislabels/examples")).to_arrow_table()
            last = store.setting(today.con, "mislabels")
            detector = detector or last.get("detector", label_model.DETECTORS[0])
            stays = last.get("detector") == detector and not _changed(today, there.suspicions)
            known = last if stays else None
            read = _read(today, rows) if known is None else None
        if read is not None:
            if read.state.get("multi_label"):
                found = label_set_noise.find(read.task, progress=progress)
            else:
                found = label_noise.find(read.task, detector=detector, progress=progress)
            known = _store(store, run, read, detector, found)
        with verdicts.resume(today, rows) as after:
            reviewed = tuple(d for d in reviews.detectors(after) if d.name in DETECTORS)
            result = _result(after, known or {}, top, reviewed)
        run.counts = {"likely": result.likely, "found": result.found}
    return result


def wanted(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether `curate run` judges labels: of a classifier, or since somebody asked once."""
    task = config.project_settings(store.folder)["task"]
    return task == "classification" or bool(store.setting(con, "mislabels"))


@dataclass(frozen=True)
class Counts:
    """How many examples there are, vectors of inputs, and suspicions."""

    examples: int
    vectors: int
    suspicions: int


def counts(con: duckdb.DuckDBPyConnection) -> Counts:
    """Returns how much there is to judge labels by."""
    return Counts(*con.execute(sql("mislabels/counts")).fetchall()[0])


def count_labelled(con: duckdb.DuckDBPyConnection) -> int:
    """Returns how many examples have a label."""
    return int(con.execute(sql("mislabels/labelled")).fetchall()[0][0])


def stale(today: Today) -> bool:
    """Returns whether `curate mislabels` would find something else than what is stored."""
    if not wanted(today.store, today.con):
        return False
    there = counts(today.con)
    return bool(there.vectors) and _changed(today, there.suspicions)


def judged(today: Today) -> dict[str, Any]:
    """Returns what the stored suspicions rest on, and their counts.

    Raises:
        ConfigError: labels were never judged.
    """
    stored_settings = today.store.setting(today.con, "mislabels")
    if not stored_settings:
        raise ConfigError("no label was judged yet. Next: curate mislabels")
    return stored_settings


def list_labels(today: Today) -> None:
    """Creates the temporary table `labels_today`: every label, and what is suspected of it."""
    today.add("labels_today", sql("mislabels/today"))


def _changed(today: Today, suspicions: int) -> bool:
    stored_settings = today.store.setting(today.con, "mislabels")
    state = stored_settings.get("state")
    return bool(state != _state(today) or stored_settings["found"] != suspicions)


def _require(vectors: int) -> None:
    if not vectors:
        raise ConfigError(f"labels are judged by the vectors of inputs. Next: {next_step()}")
    if importlib.util.find_spec("cleanlab") is None:
        raise MissingExtra(f"mislabels need cleanlab. Next: {HOW_TO_INSTALL}")


def _alike(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, float]:
    wanted = strictest(store, con, SplitSettings(**store.setting(con, "split")))
    return {"near": wanted.leak_threshold, "semantic": SAME_MEANING}


def copies(
    con: duckdb.DuckDBPyConnection, alike: Mapping[str, float]
) -> list[tuple[str, str, float]]:
    """Returns pairs of inputs that count as copies of one another, each with its similarity.

    Args:
        con: a connection to the store.
        alike: `near` and `semantic` similarity from which on they do.
    """
    return con.execute(sql("mislabels/pairs"), dict(alike)).fetchall()


def _state(today: Today) -> dict[str, Any]:
    store, con = today.store, today.con
    alike = _alike(store, con)
    digests = con.execute(sql("mislabels/state"), alike).fetchall()[0]
    project = store.setting(con, "project")
    return {
        "method": METHOD,
        "encoder": store.setting(con, "embed").get("digest"),
        "labels": project.get("labels"),
        "alike": alike,
        "rows": list(digests),
        **({"multi_label": label_set_noise.METHOD} if project.get("multi_label") else {}),
    }


@dataclass(frozen=True)
class _Read:
    """What the store says: labels to judge, how many are not, digests of what this rests on."""

    task: label_model.Labelled
    counts: dict[str, int]
    state: dict[str, Any]


def _read(today: Today, table: pa.Table) -> _Read:
    store, con = today.store, today.con
    rows = {name: np.array(table[name].to_pylist(), object) for name in table.column_names}
    hashes, vectors = embed.vectors(con)
    finite = np.asarray(np.isfinite(vectors).all(axis=1))
    number = {h: n for n, h in enumerate(hashes) if finite[n]}
    where = np.array([number.get(h, -1) for h in rows["input_hash"]], np.int64)
    foreign = input_pairs.foreign_inputs(store, con)
    unreadable = np.array([h in foreign for h in rows["input_hash"]], bool)
    takes_part, left_out = _sorted_out(rows, where, unreadable)
    used, at = np.unique(where[takes_part], return_inverse=True)
    place = {hashes[n]: i for i, n in enumerate(used.tolist())}
    alike = copies(con, _alike(store, con))
    pairs = [(place[a], place[b], s) for a, b, s in alike if a in place and b in place]
    a, b, similarity = zip(*pairs, strict=True) if pairs else ((), (), ())
    task = label_model.Labelled(
        ids=rows["example_id"][takes_part],
        label=rows["label"][takes_part],
        train=np.array([side == "train" for side in rows["side"][takes_part]], bool),
        by_hand=rows["by_hand"][takes_part].astype(bool),
        at=at,
        vectors=vectors[used],
        pairs=(np.array(a, np.int64), np.array(b, np.int64), np.array(similarity, np.float64)),
    )
    return _Read(task, left_out, _state(today))


def _sorted_out(
    rows: dict[str, NDArray[np.object_]],
    where: NDArray[np.int64],
    unreadable: NDArray[np.bool_],
) -> tuple[NDArray[np.bool_], dict[str, int]]:
    """Returns which examples take part, and how many do not, each under its first reason."""
    exposed = rows["exposed"].astype(bool)
    in_files = np.array([side in label_model.SIDES for side in rows["side"]], bool) & ~exposed
    reasons = {
        "aside": ~in_files,
        "unlabelled": np.array([label is None for label in rows["label"]], bool),
        "unknown_label": ~rows["known"].astype(bool),
        "without_vector": where < 0,
        "unreadable": unreadable,
    }
    left: NDArray[np.bool_] = np.ones(len(where), bool)
    counts = {}
    for name, mask in reasons.items():
        counts[name] = int((left & mask).sum())
        left = left & ~mask
    return left, {**counts, "by_hand": int((left & rows["by_hand"].astype(bool)).sum())}


def _store(
    store: Store,
    run: Run,
    read: _Read,
    detector: str,
    found: tuple[list[dict[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """Replaces what is stored; returns the settings that say what it rests on, and the counts."""
    rows, counts = found
    note = reasons.note(counts.pop("problem"))
    edges = [
        {**edge, "why": reasons.edge_case(edge["kind"], edge["fits"])}
        for edge in counts.pop("edges", [])
    ]
    settings = {**read.counts, **counts, "note": note, "state": read.state, "detector": detector}
    settings["found"] = len(rows)
    names = pa.list_(pa.string())
    columns = {
        **dict.fromkeys(("example_id", "given", "suggested"), pa.string()),
        **dict.fromkeys(("score", "probability", "given_probability"), pa.float64()),
        "tier": pa.string(),
        **dict.fromkeys(("nearest", "like_given", "like_suggested"), names),
        "similarity": pa.float64(),
    }
    edge = dict.fromkeys(("example_id", "kind", "given", "why"), pa.string())
    edge["score"] = pa.float64()
    suspicions = pa.Table.from_pylist(rows, schema=pa.schema(columns))
    edge_cases = pa.Table.from_pylist(edges, schema=pa.schema(edge))
    with store.write() as con:
        con.register("found", suspicions)
        con.execute(sql("mislabels/clear"))
        con.execute(sql("mislabels/add"))
        con.register("found", edge_cases)
        con.execute(sql("mislabels/edges_clear"))
        con.execute(sql("mislabels/edges_add"))
        con.unregister("found")
        run.changed |= store.set_setting(con, "mislabels", settings)
    run.changed |= bool(rows)
    return settings


def _result(
    today: Today,
    stored_settings: dict[str, Any],
    top: int | None,
    reviewed: tuple[Detector, ...],
) -> MislabelsResult:
    issues = found(today, top)
    suspected = {row["side"]: row for row in _suspected(today.con)}
    left_out = ("state", "too_rare", "sides", "found")
    counts_told = {name: n for name, n in stored_settings.items() if name not in left_out}
    sides = {
        side: _uncontested(counts, suspected.get(side, {}))
        for side, counts in stored_settings["sides"].items()
    }
    totals = {
        name: sum(side[name] for side in sides.values())
        for name in (*label_model.COUNTS, "contested")
    }
    return MislabelsResult(
        **{"applies": True, **counts_told, **totals},
        sides=sides,
        too_rare=tuple(stored_settings["too_rare"]),
        rated=sum(side["rated"] for side in suspected.values()),
        found=sum(side["found"] for side in suspected.values()),
        reviewed=reviewed,
        issues=tuple(issues),
    )


def _uncontested(counts: Mapping[str, int], suspected: Mapping[str, int]) -> dict[str, int]:
    """Returns what was counted of a side, what is contested apart."""
    tiers = {name: counts[name] - suspected.get(name, 0) for name in ("likely", "possible")}
    return {**counts, **tiers, "contested": suspected.get("contested", 0)}


def _suspected(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Returns how many labels are under suspicion on each side, and how many are contested."""
    return list(con.sql(sql("mislabels/suspected")).to_arrow_table().to_pylist())


def found(today: Today, top: int | None = None) -> list[Issue]:
    """Returns the labels under suspicion, worst first, then what is contested."""
    con = today.con
    total = sum(side["found"] for side in _suspected(con))
    parameters = {"top": total if top is None else top}
    rows = fetch_arrow(con, sql("mislabels/found"), parameters).to_pylist()
    ids = sorted({name for row in rows for part in _SHOWN for name in row[part]})
    texts = con.execute(sql("mislabels/texts"), {"ids": ids}).fetchall()
    neighbour_of = {text[0]: Neighbour(*text) for text in texts}
    return [_issue(row, neighbour_of) for row in rows]


_SHOWN = ("nearest", "like_given", "like_suggested")


def _issue(row: dict[str, Any], neighbour_of: dict[str, Neighbour]) -> Issue:
    for part in _SHOWN:
        row[part] = tuple(neighbour_of[name] for name in row[part] if name in neighbour_of)
    left = ("model_score", "given_probability", "similarity")
    fields = {name: value for name, value in row.items() if name not in left}
    return Issue(id=fields.pop("example_id"), reason=reasons.reason(row), **fields)
