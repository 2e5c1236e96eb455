"""What annotators answered, as it comes in: stored as the server has it, and made into decisions.

An annotation that says what is stored already changes nothing; an edited one withdraws its old
decisions and makes new ones; a deleted one withdraws them. Of two editions the newer one counts,
whichever file or server it comes from. So the same answers, in whatever order and however often
they arrive, end in the same decisions.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from curate.label import adjudication, kinds, tasks
from curate.label.reading import Annotation
from curate.store import Run, Store, fetch_arrow, sql
from curate.store.salt import salt

FILE_SERVER = "file"
"""Where annotations are from whose task was handed over by file, as far as their ids go."""


@dataclass
class Applied:
    """What came of a batch of annotations.

    Attributes:
        older: they say what was edited or deleted since, as is known already.
        foreign: of tasks that are not in the ledger.
        problems: (task key, what is wrong) of annotations from which nothing follows.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
    older: int = 0
    withdrawn: int = 0
    skipped: int = 0
    foreign: int = 0
    decisions: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: Applied) -> None:
        """Adds what came of another batch."""
        for part in fields(self):
            mine, more = getattr(self, part.name), getattr(other, part.name)
            setattr(self, part.name, mine + more)


@dataclass(frozen=True)
class KnownAnnotation:
    """An annotation as it is stored; updated_at is when it was made where nobody edited it."""

    server: str
    annotation_id: int
    key: str
    digest: str
    withdrawn: bool
    problem: str | None
    updated_at: datetime | None


@dataclass(frozen=True)
class _ReadAnnotation:
    """An annotation that is to be stored, and what it means."""

    annotation: Annotation
    server: str
    annotator: int
    digest: str
    row: Mapping[str, Any]
    answer: tasks.Answer


def apply_annotations(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    run: Run,
    server: str | None,
    came: Iterable[Annotation],
    names: Mapping[str, Sequence[str]],
    gone: Sequence[KnownAnnotation] = (),
) -> Applied:
    """Stores annotations and what follows from them, in the caller's transaction.

    Args:
        store: the project's store.
        con: a connection of `store.write()`.
        run: that this belongs to.
        server: that has the annotations now; None for a file, which may be older than what is
            known.
        came: annotations, new, changed or known.
        names: the labels or fields of each kind of work.
        gone: that are no longer on the server.
    """
    batch = _Batch(store, con, server, names)
    batch.take(list(came))
    batch.counts.withdrawn = len(gone)
    batch.write(run, gone)
    return batch.counts


def read_again(
    store: Store, con: duckdb.DuckDBPyConnection, run: Run, names: Mapping[str, Sequence[str]]
) -> Applied:
    """Reads once more what was not understood: a label may have become one since."""
    batch = _Batch(store, con, None, names)
    kept = fetch_arrow(con, sql("label/problems_kept")).to_pylist()
    rows = _ledger(con, {row["task_key"] for row in kept})
    for row in kept:
        one = Annotation(
            row["annotation_id"], row["task_key"], row["task_id"], "", row["made_at"],
            row["updated_at"], False, row["seconds"], json.loads(row["result"]),
        )  # fmt: skip
        answer = batch.read(one, rows[one.key], row["annotator"])
        if answer.decisions and answer.problem != row["problem"]:
            batch.counts.changed += 1
            batch.settled.append(
                _ReadAnnotation(
                    one, row["server"], row["annotator"], row["digest"], rows[one.key], answer
                )
            )
    batch.write(run, ())
    return batch.counts


class _Batch:
    """Annotations that come in together."""

    def __init__(
        self, store: Store, con: duckdb.DuckDBPyConnection, server: str | None,
        names: Mapping[str, Sequence[str]],
    ) -> None:  # fmt: skip
        self.con, self.server, self.names = con, server, names
        self.people = _People(store, con)
        self.counts = Applied()
        self.settled: list[_ReadAnnotation] = []

    def take(self, came: Sequence[Annotation]) -> None:
        keys = {a.key for a in came}
        rows, known = _ledger(self.con, keys), _known(self.con, self.server, keys)
        self.counts.foreign = sum(a.key not in rows for a in came)
        for one in _newest(a for a in came if a.key in rows):
            self._take(one, rows[one.key], known.get((one.annotation_id, one.key)))

    def _take(
        self, one: Annotation, row: Mapping[str, Any], before: KnownAnnotation | None
    ) -> None:
        counts, digest = self.counts, _digest(one)
        if before and self._is_older(one, before):
            counts.older += 1
            return
        is_same = before is not None and not before.withdrawn and before.digest == digest
        server = before.server if before else self.server or row["server"] or FILE_SERVER
        annotator = self.people.number(server, one.user)
        answer = self.read(one, row, annotator)
        if before and is_same and (before.problem is None or answer.problem is not None):
            counts.same += 1
            return
        if answer.problem:
            counts.problems.append((one.key, answer.problem))
            if before and before.problem is None and not _is_newer(one, before):
                return  # what is understood stays: this may be the same, gone wrong on the way
        counts.new += before is None
        counts.changed += before is not None
        counts.skipped += one.skipped or bool(answer.cannot)
        self.settled.append(_ReadAnnotation(one, server, annotator, digest, row, answer))

    def _is_older(self, one: Annotation, before: KnownAnnotation) -> bool:
        """Returns whether what is stored came later; a server is right about what it has."""
        if before.withdrawn and self.server is None:
            return not _is_newer(one, before)
        return bool(
            one.edited_at and before.updated_at and one.edited_at < before.updated_at
            and not before.withdrawn
        )  # fmt: skip

    def read(self, one: Annotation, row: Mapping[str, Any], annotator: int) -> tasks.Answer:
        if one.problem or one.skipped:
            return tasks.Answer(problem=one.problem)
        answer = tasks.understand(row["kind"], one.result, row, self.names[row["kind"]])
        return adjudication.checked(answer, row, annotator)

    def write(self, run: Run, gone: Sequence[KnownAnnotation]) -> None:
        decided = [
            (one, kind, value)
            for one in self.settled
            if kinds.get(one.row["kind"]).decides and one.row["expected"] is None
            for kind, value in one.answer.decisions
        ]
        self.counts.decisions.update(kind for _, kind, _ in decided)
        if not self.settled and not gone:
            return
        tables = {
            "fresh": _fresh(self.settled),
            "made": _made(decided),
            "gone": pa.table(
                {
                    "server": pa.array([g.server for g in gone], pa.string()),
                    "annotation_id": pa.array([g.annotation_id for g in gone], pa.int64()),
                    "task_key": pa.array([g.key for g in gone], pa.string()),
                }
            ),
        }
        for name, table in tables.items():
            self.con.register(name, table)
        parameters = {"run_id": run.run_id}
        self.con.execute(sql("label/annotations_history"), parameters)
        self.con.execute(sql("label/decisions_withdraw"), parameters)
        self.con.execute(sql("label/annotations_withdraw"), parameters)
        self.con.execute(sql("label/annotations_forget"))
        self.con.execute(sql("label/annotations_add"), parameters)
        self.con.execute(sql("label/decisions_add"), parameters)
        for name in tables:
            self.con.unregister(name)
        self.people.save()
        run.changed = True


def _newest(came: Iterable[Annotation]) -> list[Annotation]:
    """Returns each annotation once, in its newer edition where a file holds it twice."""
    editions: dict[tuple[int, str], Annotation] = {}
    for one in came:
        other = editions.get((one.annotation_id, one.key))
        if other is None or _rank(one) >= _rank(other):
            editions[one.annotation_id, one.key] = one
    return list(editions.values())


def _rank(one: Annotation) -> tuple[bool, datetime]:
    return one.problem is None, one.edited_at or datetime.min


def _is_newer(one: Annotation, before: KnownAnnotation) -> bool:
    return bool(one.edited_at and before.updated_at and one.edited_at > before.updated_at)


def _digest(one: Annotation) -> str:
    parts = [one.skipped, str(one.updated_at), one.user, one.seconds, list(one.result)]
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def _known(
    con: duckdb.DuckDBPyConnection, server: str | None, keys: set[str]
) -> dict[tuple[int, str], KnownAnnotation]:
    """Returns what is stored of some tasks.

    A server and the files that were exported from it tell of the same annotations, so the number
    of the annotation and the key of its task say which one it is.
    """
    parameters = {"keys": sorted(keys), "server": server}
    known: dict[tuple[int, str], KnownAnnotation] = {}
    for row in con.execute(sql("label/annotations_known"), parameters).fetchall():
        one = KnownAnnotation(*row)
        known.setdefault((one.annotation_id, one.key), one)
    return known


def _ledger(con: duckdb.DuckDBPyConnection, keys: set[str]) -> dict[str, dict[str, Any]]:
    rows = fetch_arrow(con, sql("label/rows"), {"keys": sorted(keys)}).to_pylist()
    return {row["task_key"]: row for row in rows}


class _People:
    """Annotators by number; who they are on the server is stored as an HMAC."""

    def __init__(self, store: Store, con: duckdb.DuckDBPyConnection) -> None:
        self.key, self.con = salt(store.folder), con
        rows = con.execute(sql("label/annotators")).fetchall()
        self.known: dict[tuple[str, str], int] = {(s, key): n for n, s, key in rows}
        self.fresh: list[tuple[int, str, str]] = []

    def number(self, server: str, user: str) -> int:
        name = hmac.new(self.key, f"{server} {user}".encode(), "sha256").hexdigest()[:32]
        if (server, name) not in self.known:
            number = 1 + max(self.known.values(), default=0)
            self.known[server, name] = number
            self.fresh.append((number, server, name))
        return self.known[server, name]

    def save(self) -> None:
        for number, server, name in self.fresh:
            parameters = {"annotator": number, "server": server, "user_key": name}
            self.con.execute(sql("label/annotators_add"), parameters)


def _fresh(settled: Sequence[_ReadAnnotation]) -> pa.Table:
    came = [one.annotation for one in settled]
    results = [json.dumps(list(a.result), ensure_ascii=False) for a in came]
    answers = [
        json.dumps(one.answer.decisions, ensure_ascii=False) if one.answer.decisions else None
        for one in settled
    ]
    return pa.table(
        {
            "server": pa.array([one.server for one in settled], pa.string()),
            "annotation_id": pa.array([a.annotation_id for a in came], pa.int64()),
            "task_key": pa.array([a.key for a in came], pa.string()),
            "task_id": pa.array([a.task_id for a in came], pa.int64()),
            "annotator": pa.array([one.annotator for one in settled], pa.int32()),
            "made_at": pa.array([a.made_at for a in came], pa.timestamp("us")),
            "updated_at": pa.array([a.updated_at for a in came], pa.timestamp("us")),
            # Who says why they cannot judge it has skipped it, with a reason.
            "skipped": pa.array(
                [one.annotation.skipped or bool(one.answer.cannot) for one in settled], pa.bool_()
            ),
            "seconds": pa.array([a.seconds for a in came], pa.float64()),
            "origin": pa.array([one.answer.origin for one in settled], pa.string()),
            "result": pa.array(results, pa.string()),
            "digest": pa.array([one.digest for one in settled], pa.string()),
            "problem": pa.array([one.answer.problem for one in settled], pa.string()),
            "answer": pa.array(answers, pa.string()),
        }
    )


def _made(decided: Sequence[tuple[_ReadAnnotation, str, str | None]]) -> pa.Table:
    came = [one.annotation for one, _, _ in decided]
    rows = [one.row for one, _, _ in decided]
    return pa.table(
        {
            "example_id": pa.array([row["example_id"] for row in rows], pa.string()),
            "kind": pa.array([kind for _, kind, _ in decided], pa.string()),
            "value": pa.array([value for _, _, value in decided], pa.string()),
            "annotator": pa.array([one.annotator for one, _, _ in decided], pa.int32()),
            "task_key": pa.array([a.key for a in came], pa.string()),
            "server": pa.array([one.server for one, _, _ in decided], pa.string()),
            "annotation_id": pa.array([a.annotation_id for a in came], pa.int64()),
            "content_hash": pa.array([row["content_hash"] for row in rows], pa.string()),
            "label_seen": pa.array([row["label_seen"] for row in rows], pa.string()),
            "made_at": pa.array([a.updated_at for a in came], pa.timestamp("us")),
        }
    )
