"""`curate queue`: which examples a human should look at, for a budget, and why each of them.

Detectors put examples into the queue (`sql/detectors/`): held-out examples first that wait for
an answer, or whose label is suspected, then what annotators left open; the rest of the budget is
shared by what answers have shown each detector to be worth (`curate.queue.budget`). A tenth of
the budget is an audit: kept examples drawn at random, whatever the detectors say, and asked
blindly; only from them an error rate can be told.
"""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import cluster
from curate.errors import ConfigError
from curate.filters import filters
from curate.inputs import inputs
from curate.label import adjudication, agreement, kinds, reviews
from curate.label import gold as gold_questions
from curate.label.flags import flag
from curate.label.reviews import Detector
from curate.mislabels import mislabels
from curate.options import QueueSettings
from curate.progress import Progress
from curate.queue import coverage
from curate.queue.budget import BudgetShare, expected, share
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown
from curate.text.wording import shortened
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

LONGEST_NAME = 30
"""Characters of the name of a queue, which stands in the title of its project."""

AUDIT_SHARE, AUDIT_LEAST, AUDIT_TEST_SHARE = 0.1, 20, 0.3


@dataclass(frozen=True)
class Entry:
    """One example in the queue.

    Attributes:
        place: from 1.
        task_key: names the question: the same example, content and kind have the same one.
        other_id: of a preference, the other answer's example.
        detectors: what put it here, the strongest first; of an audited example, what would have.
        why: what annotators are told; empty where it is blind.
        audit: drawn at random.
        kept: it was in the next version, so an audit could have drawn it.
        blind: no prefilled answer, no suggestion, no reason is shown: held out, or audited.
        swapped: of a preference, the example is shown as B.
        expected: of a gold question, what is settled, as JSON; see `curate.label.gold`.
        adjudicates: the annotators who disagree, where somebody else is to decide.
    """

    place: int
    task_key: str
    example_id: str
    source_id: str
    other_id: str | None
    side: str
    detectors: tuple[str, ...]
    score: float | None
    why: str
    given: str | None
    suggested: str | None
    audit: bool
    kept: bool
    blind: bool
    swapped: bool
    round: int
    content_hash: str
    text: str
    expected: str | None = None
    adjudicates: tuple[int, ...] = ()


@dataclass(frozen=True)
class QueueResult(Shown):
    """The queue.

    Attributes:
        found: examples that a detector speaks for, in the queue or not.
        audit: how many of the entries are audited.
        gold: how many of them are gold questions.
        waiting: tasks that were handed over and have no answer yet.
        shares: what each detector put into the queue, and what is known of it.
        missing: what detectors have nothing to go by, or only what is out of date, and the command
            that changes it.
    """

    kind: str
    budget: int
    found: int
    audit: int
    waiting: int
    shares: tuple[BudgetShare, ...]
    missing: tuple[tuple[str, str], ...]
    next: str
    entries: tuple[Entry, ...]
    gold: int = 0


def queue(
    store: Store,
    *,
    kind: str | None = None,
    budget: int = QueueSettings.budget,
    audit: int | None = QueueSettings.audit,
    seed: int = QueueSettings.seed,
    name: str = QueueSettings.name,
    where: str | None = None,
    gold: int = QueueSettings.gold,
    adjudicate: bool = False,
    progress: Progress = lambda items, _: items,
) -> QueueResult:
    """Ranks what a human should look at, and stores the first `budget` as a queue.

    Args:
        store: the project's store.
        kind: of the work, see `curate.label.kinds`; None for that of the project's task.
        budget: entries, audit and gold questions included.
        audit: entries drawn at random from the kept examples; None for a tenth, at least 20.
        seed: of the draw.
        name: of the queue; those of other names stay, and what is in them is not asked twice.
        where: SQL condition over the columns of `candidates`, as of `curate filter`.
        gold: settled examples asked again, to measure annotators; see `curate.label.gold`.
        adjudicate: ask of nothing but what annotators disagree on; see `curate.label.adjudication`.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the kind is unknown, the audit is larger than the budget, the name is too long,
            or the condition cannot be read.
    """
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(
            f"the name of a queue has {LONGEST_NAME} printable characters at most: "
            f"{shortened(name)}"
        )
    audit, gold = (0, 0) if adjudicate else (audit, gold)
    asked = {"kind": kind, "budget": budget, "audit": audit, "seed": seed, "gold": gold,
             "adjudicate": adjudicate, "name": name, "where": where}  # fmt: skip
    with store.run("queue", asked) as run:
        inputs.refresh(store, run)
        # Nobody waits for this: who writes waits for the run, and who reads can read beside it.
        with verdicts.today(store) as today:
            named = today.kept.get("key")
            kind_asked = kinds.kind_of(store, today.con, kind)
            _require_something_to_ask(store, today.con, kind_asked)
            usual = kinds.of_project(store, today.con).name == kind_asked
            is_pair = kinds.get(kind_asked).about == "pair"
            size = 0 if is_pair else _audit_size(budget, audit, gold)
            cover = coverage.find(today, kind_asked, budget, progress=progress)
            _set_scope(today.con, where)
            parameters = {"kind": kind_asked, "queue": name, "scoped": where is not None}
            flagged = _flagged(today, kind_asked, parameters)
            flagged = adjudication.ties(flagged) if adjudicate else flagged
            audit_sample = _draw(today.con, size, seed) if size else []
            taken = {c["example_id"] for c in [*flagged, *audit_sample]}
            most = min(gold, budget - len(audit_sample))
            gold_sample = gold_questions.draw(today, kind_asked, size=most, seed=seed, taken=taken)
            missing = () if adjudicate else _missing(today, kind_asked)
            waiting = today.con.execute(sql("queue/waiting"), {"kind": kind_asked}).fetchall()[0][0]
            right = reviews.detectors(today, kind_asked)
            free = _first_of_copies(flagged, {c["copies"] for c in audit_sample})
            budget_left = budget - len(audit_sample) - len(gold_sample)
            chosen, parts = _chosen(kind_asked, free, right, budget_left)
            _tell(today, kind_asked, [*chosen, *audit_sample])
            _set_up(kind_asked, chosen, audit_sample, gold_sample, seed)
            if adjudicate:
                adjudication.brief(today.con, kind_asked, chosen)
        entries = _entries(kind_asked, chosen, [*audit_sample, *gold_sample], seed)
        missing += gold_questions.shortcomings(gold, gold_sample, [*chosen, *audit_sample])
        if audit_sample and flagged and not budget_left:
            share_left = f"curate queue --budget {budget} --audit {budget // 2}"
            missing += (("the audit sample takes the whole budget", share_left),)
        _store(store, run, kind_asked, name, cover, entries)
        # No verdict follows from what is asked.
        verdicts.carry_over(store, named)
        run.counts = {"entries": len(entries), "audit": len(audit_sample), "gold": len(gold_sample)}
    step = "curate label push" if usual else f"curate label push --kind {kind_asked}"
    step += f" --name {shlex.quote(name)}" if name else ""
    return QueueResult(
        kind_asked,
        budget,
        len(flagged),
        len(audit_sample),
        waiting,
        parts,
        missing,
        step,
        tuple(entries),
        gold=len(gold_sample),
    )


def _require_something_to_ask(store: Store, con: duckdb.DuckDBPyConnection, kind: str) -> None:
    work = kinds.get(kind)
    if not work.decides:
        raise ConfigError(f"what to {kind} is not queued from the logs. Next: {work.queued_by}")
    logs, answered = con.execute(sql("queue/answers")).fetchall()[0]
    if not logs:
        return
    if work.reads_answers and not answered:
        raise ConfigError(f"there is nothing to {work.asks}: the logs hold no answers")
    if work.vocabulary and not work.vocabulary(store, con):
        raise ConfigError(
            f'there are no {work.lacks}. Next: labels = ["...", "..."] in [project] of curate.toml'
        )


def _audit_size(budget: int, audit: int | None, gold: int) -> int:
    if audit is None:
        return min(max(budget - gold, 0), max(AUDIT_LEAST, round(AUDIT_SHARE * budget)))
    if audit > budget:
        raise ConfigError(f"an audit of {audit} does not fit into a budget of {budget}")
    return audit


def _set_scope(con: duckdb.DuckDBPyConnection, where: str | None) -> None:
    """Makes `scope`, the examples that may be asked about; empty without a condition."""
    ids = filters.meeting(con, where, "curate queue") if where is not None else []
    con.register("scope", pa.table({"example_id": pa.array(ids, pa.string())}))


def _flagged(today: Today, kind: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns what a detector speaks for, in the order of the detectors.

    Of work about single examples the temporary table `askable` holds what an audit may draw.
    """
    con, about = today.con, kinds.get(kind).about
    if about == "pair":
        return list(fetch_arrow(con, sql("queue/pairs"), parameters).to_pylist())
    flag(today, kind, [one.example_id for one in agreement.doubted(con, kind)])
    con.execute(sql("queue/askable"), {**parameters, "about": about})
    return list(con.sql(sql("queue/flagged")).to_arrow_table().to_pylist())


def _tell(today: Today, kind: str, rows: list[dict[str, Any]]) -> None:
    """Adds the question and why it is asked: what the first flag says that says something."""
    if kinds.get(kind).about == "pair":
        return
    files, ids = kinds.detectors_of(kind), [row["example_id"] for row in rows]
    text_of = dict(today.con.execute(sql("queue/texts"), {"ids": ids}).fetchall())
    reasons = {issue.id: issue.reason for issue in mislabels.found(today)}
    for row in rows:
        row["query"], row["why"] = text_of[row["example_id"]], ""
        for one in row["flags"] or ():
            facts = orjson.loads(one["facts"]) if one["facts"] else {}
            told = files[one["detector"]].tell(one["because"], facts or {})
            row["why"] = row["why"] or told or reasons.get(row["example_id"], "")


def _missing(today: Today, kind: str) -> tuple[tuple[str, str], ...]:
    """Returns what the detectors of this kind of work lack, and the command that brings it."""
    about = kinds.get(kind).about
    vectors = mislabels.counts(today.con).vectors
    lacks = []
    if about == "label" and not today.store.setting(today.con, "mislabels"):
        lacks.append(("no label is suspected yet", "mislabels" if vectors else "run"))
    elif about == "label" and mislabels.stale(today):
        lacks.append(("labels have changed since they were judged", "mislabels"))
    if about != "pair" and not vectors:
        lacks.append(("no vectors, so nothing to tell edge cases by", "run"))
    elif about != "pair" and not cluster.fitted(today.con):
        lacks.append(("no clusters, so no thin ones", "cluster"))
    return tuple((what, f"curate {command}") for what, command in lacks)


def _chosen(
    kind: str, flagged: list[dict[str, Any]], right: Sequence[Detector], budget: int
) -> tuple[list[dict[str, Any]], tuple[BudgetShare, ...]]:
    """Returns what is asked, in order, and what each detector gets of it."""
    if kinds.get(kind).about != "pair":
        return share(flagged, list(kinds.detectors_of(kind)), right, budget)
    chosen = flagged[:budget]
    asked, there = ([c["detectors"][0] for c in rows] for rows in (chosen, flagged))
    return chosen, tuple(
        BudgetShare(name, asked.count(name), there.count(name), 0, 0, expected(name, 0, 0))
        for name in dict.fromkeys(there)
    )


def _set_up(
    kind: str,
    chosen: list[dict[str, Any]],
    audit_sample: list[dict[str, Any]],
    gold_sample: list[dict[str, Any]],
    seed: int,
) -> None:
    """Adds how each row is shown: of a pair, which answer comes first; and whether blindly."""
    is_pair = kinds.get(kind).about == "pair"
    # Pairs have no audit: if gold questions alone had no reason, annotators would know them by it.
    hidden = is_pair and bool(gold_sample)
    for rows, blind in ((chosen, hidden), (audit_sample, True), (gold_sample, True)):
        for row in rows:
            again = f" gold {row['round']}" if rows is gold_sample else ""
            row["swapped"] = is_pair and _lot(seed, "swap", row["example_id"] + again) < 0.5
            row["blind"] = blind or row["side"] == "test"
            row["audit"] = rows is audit_sample


def _entries(
    kind: str, chosen: list[dict[str, Any]], sample: list[dict[str, Any]], seed: int
) -> list[Entry]:
    rows = list(chosen)
    # Scattered, so that their place says nothing.
    for row in sorted(sample, key=lambda c: _lot(seed, "place", c["example_id"])):
        place = int(_lot(seed, "place", row["example_id"]) * (len(rows) + 1))
        rows.insert(place, row)
    return [_entry(kind, place, row) for place, row in enumerate(rows, 1)]


def _first_of_copies(flagged: list[dict[str, Any]], copies_asked: set[str]) -> list[dict[str, Any]]:
    """Returns flagged candidates of which no copy is asked: the same text has one right answer.

    Whichever copy is left out comes back, if the answer contradicts it.
    """
    first: dict[str, dict[str, Any]] = {}
    for candidate in flagged:
        first.setdefault(candidate["copies"], candidate)
    return [c for copies, c in first.items() if copies not in copies_asked]


def _draw(con: duckdb.DuckDBPyConnection, size: int, seed: int) -> list[dict[str, Any]]:
    """Returns a sample that holds test a little more often than production does."""
    test, train = con.execute(sql("queue/audit_sides")).fetchall()[0]
    share_of_test = max(AUDIT_TEST_SHARE, test / max(1, test + train))
    of_test = min(test, round(share_of_test * size))
    of_train = min(train, size - of_test)
    parameters = {"seed": seed, "of_test": min(test, size - of_train), "of_train": of_train}
    return list(fetch_arrow(con, sql("queue/audit_draw"), parameters).to_pylist())


def _lot(seed: int, what: str, name: str) -> float:
    raw = hashlib.sha256(f"{seed}\x1f{what}\x1f{name}".encode()).digest()
    return int.from_bytes(raw[:6], "big") / 2**48


def _entry(kind: str, place: int, row: dict[str, Any]) -> Entry:
    names = [kind, row["example_id"], row.get("other_id") or "", row["content_hash"], row["round"]]
    names += ["gold"] if row.get("expected") else []
    return Entry(
        place=place,
        task_key=hashlib.md5(
            "\x1f".join(map(str, names)).encode(), usedforsecurity=False
        ).hexdigest(),
        example_id=row["example_id"],
        source_id=row["source_id"],
        other_id=row.get("other_id"),
        side=row["side"],
        detectors=tuple(row["detectors"]),
        score=row["score"],
        why=row["why"],
        given=row["label"],
        suggested=row["suggested"],
        audit=row["audit"],
        kept=row["kept"],
        blind=row["blind"],
        swapped=row["swapped"],
        round=row["round"],
        content_hash=row["content_hash"],
        text=row["query"],
        expected=row.get("expected"),
        adjudicates=tuple(row.get("adjudicates", ())),
    )


def _store(
    store: Store, run: Run, kind: str, name: str, cover: pa.Table | None, entries: list[Entry]
) -> None:
    about = kinds.get(kind).about
    columns = {
        "task_key": [e.task_key for e in entries],
        "example_id": [e.example_id for e in entries],
        "other_id": pa.array([e.other_id for e in entries], pa.string()),
        "content_hash": [e.content_hash for e in entries],
        "label_seen": pa.array(
            [e.given if about == "label" else None for e in entries], pa.string()
        ),
        "round": pa.array([e.round for e in entries], pa.int32()),
        "place": pa.array([e.place for e in entries], pa.int32()),
        "detectors": pa.array([list(e.detectors) for e in entries], pa.list_(pa.string())),
        "score": pa.array([e.score for e in entries], pa.float64()),
        "why": [e.why for e in entries],
        "suggested": pa.array([e.suggested for e in entries], pa.string()),
        "audit": pa.array([e.audit for e in entries], pa.bool_()),
        "kept": pa.array([e.kept for e in entries], pa.bool_()),
        "side": [e.side for e in entries],
        "blind": pa.array([e.blind for e in entries], pa.bool_()),
        "swapped": pa.array([e.swapped for e in entries], pa.bool_()),
        "expected": pa.array([e.expected for e in entries], pa.string()),
        "adjudicates": pa.array([e.adjudicates or None for e in entries], pa.list_(pa.int32())),
    }
    with store.write() as con:
        if cover is not None:
            coverage.keep(con, kind, cover)
            run.changed = True
        queue_named = {"kind": kind, "queue": name}
        before = con.execute(sql("queue/keys"), queue_named).fetchall()
        con.register("entries", pa.table(columns))
        con.execute(sql("queue/clear"), queue_named)
        con.execute(sql("queue/add"), {**queue_named, "run_id": run.run_id})
        con.unregister("entries")
        run.changed |= before != con.execute(sql("queue/keys"), queue_named).fetchall()
