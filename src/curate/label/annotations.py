"""What annotators answered, as it comes in: stored as the server has it, and made into decisions.

An annotation that says what is stored already changes nothing; an edited one withdraws its old
decisions and makes new ones; a deleted one withdraws them. So the same answers, in whatever order
and however often they arrive, end in the same decisions.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow as pa

from curate.label import kinds, tasks
from curate.store import Run, Store, fetch_arrow, sql
from curate.store.salt import salt


@dataclass(frozen=True)
class Annotation:
    """One annotation of one task, as a server or an export file has it.

    Attributes:
        key: `curate_id` of the task.
        user: id of the annotator on the server.
        seconds: that it took.
    """

    annotation_id: int
    key: str
    user: str
    made_at: datetime | None
    updated_at: datetime | None
    skipped: bool
    seconds: float | None
    result: Sequence[Mapping[str, Any]]


@dataclass
class Applied:
    """What came of a batch of annotations.

    Attributes:
        foreign: of tasks that are not in the ledger.
        problems: (task key, what is wrong) of annotations from which nothing follows.
    """

    new: int = 0
    changed: int = 0
    same: int = 0
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


def parse_annotation(key: str, raw: Mapping[str, Any]) -> Annotation:
    """Returns an annotation from Label Studio's JSON: of a listing, an export or a webhook."""
    by = raw.get("completed_by")
    return Annotation(
        annotation_id=int(raw["id"]),
        key=key,
        user=str(by.get("id") or by.get("email") if isinstance(by, Mapping) else by),
        made_at=_time(raw.get("created_at")),
        updated_at=_time(raw.get("updated_at")),
        skipped=bool(raw.get("was_cancelled")),
        seconds=raw.get("lead_time"),
        result=raw.get("result") or [],
    )


def _time(text: str | None) -> datetime | None:
    if not text:
        return None
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def apply_annotations(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    run: Run,
    server: str,
    came: Iterable[Annotation],
    names: Mapping[str, Sequence[str]],
    gone: Iterable[int] = (),
) -> Applied:
    """Stores annotations and what follows from them, in the caller's transaction.

    Args:
        store: the project's store.
        con: a connection of `store.write()`.
        run: that this belongs to.
        server: that the annotations are from; their ids are unique there.
        came: annotations, new, changed or known.
        names: the labels or fields of each kind of work.
        gone: ids of annotations that are no longer on the server.
    """
    counts = Applied()
    came = list(came)
    rows = _ledger(con, {a.key for a in came})
    counts.foreign = sum(a.key not in rows for a in came)
    digest_of = _known(con, server)
    people = _People(store, con, server)
    stored, decided = [], []
    for one in came:
        if one.key not in rows:
            continue
        before = digest_of.get(one.annotation_id)
        if before == _digest(one):
            counts.same += 1
            continue
        counts.new += before is None
        counts.changed += before is not None
        row = rows[one.key]
        answer = tasks.Answer()
        if one.skipped:
            counts.skipped += 1
        else:
            answer = tasks.understand(row["kind"], one.result, row, names[row["kind"]])
        if answer.problem:
            counts.problems.append((one.key, answer.problem))
        stored.append((one, people.number(one.user), answer))
        if kinds.get(row["kind"]).decides:
            decided += [
                (one, row, kind, value, people.number(one.user)) for kind, value in answer.decisions
            ]
    counts.decisions.update(kind for _, _, kind, _, _ in decided)
    withdrawn = [n for n in gone if digest_of.get(n) not in (None, _GONE)]
    counts.withdrawn = len(withdrawn)
    if stored or withdrawn:
        _write(con, run, server, stored, decided, withdrawn)
        people.save()
        run.changed = True
    return counts


_GONE = "withdrawn"


def _digest(one: Annotation) -> str:
    parts = [one.skipped, str(one.updated_at), one.user, one.seconds, list(one.result)]
    return json.dumps(parts, sort_keys=True, ensure_ascii=False)


def _known(con: duckdb.DuckDBPyConnection, server: str) -> dict[int, str]:
    rows = con.execute(sql("label/annotations_known"), {"server": server}).fetchall()
    return {number: _GONE if gone else digest for number, digest, gone in rows}


def _ledger(con: duckdb.DuckDBPyConnection, keys: set[str]) -> dict[str, dict[str, Any]]:
    rows = fetch_arrow(con, sql("label/rows"), {"keys": sorted(keys)}).to_pylist()
    return {row["task_key"]: row for row in rows}


class _People:
    """Annotators by number; who they are on the server is stored as an HMAC."""

    def __init__(self, store: Store, con: duckdb.DuckDBPyConnection, server: str) -> None:
        self.key, self.con, self.server = salt(store.folder), con, server
        rows = con.execute(sql("label/annotators")).fetchall()
        self.known: dict[tuple[str, str], int] = {(s, key): n for n, s, key in rows}
        self.fresh: list[tuple[int, str, str]] = []

    def number(self, user: str) -> int:
        name = hmac.new(self.key, f"{self.server} {user}".encode(), "sha256").hexdigest()[:32]
        if (self.server, name) not in self.known:
            number = 1 + max(self.known.values(), default=0)
            self.known[self.server, name] = number
            self.fresh.append((number, self.server, name))
        return self.known[self.server, name]

    def save(self) -> None:
        for number, server, name in self.fresh:
            parameters = {"annotator": number, "server": server, "user_key": name}
            self.con.execute(sql("label/annotators_add"), parameters)


def _write(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    server: str,
    stored: list[tuple[Annotation, int, tasks.Answer]],
    decided: list[tuple[Annotation, dict[str, Any], str, str | None, int]],
    withdrawn: list[int],
) -> None:
    fresh = pa.table(
        {
            "annotation_id": pa.array([a.annotation_id for a, _, _ in stored], pa.int64()),
            "task_key": pa.array([a.key for a, _, _ in stored], pa.string()),
            "annotator": pa.array([n for _, n, _ in stored], pa.int32()),
            "made_at": pa.array([a.made_at for a, _, _ in stored], pa.timestamp("us")),
            "updated_at": pa.array([a.updated_at for a, _, _ in stored], pa.timestamp("us")),
            "skipped": pa.array([a.skipped for a, _, _ in stored], pa.bool_()),
            "seconds": pa.array([a.seconds for a, _, _ in stored], pa.float64()),
            "origin": pa.array([s.origin for _, _, s in stored], pa.string()),
            "result": pa.array(
                [json.dumps(list(a.result), ensure_ascii=False) for a, _, _ in stored], pa.string()
            ),
            "digest": pa.array([_digest(a) for a, _, _ in stored], pa.string()),
            "problem": pa.array([s.problem for _, _, s in stored], pa.string()),
        }
    )
    table = pa.table(
        {
            "example_id": pa.array([row["example_id"] for _, row, _, _, _ in decided], pa.string()),
            "kind": pa.array([kind for _, _, kind, _, _ in decided], pa.string()),
            "value": pa.array([value for _, _, _, value, _ in decided], pa.string()),
            "annotator": pa.array([number for _, _, _, _, number in decided], pa.int32()),
            "task_key": pa.array([a.key for a, _, _, _, _ in decided], pa.string()),
            "annotation_id": pa.array([a.annotation_id for a, _, _, _, _ in decided], pa.int64()),
            "content_hash": pa.array([row["content_hash"] for _, row, *_ in decided], pa.string()),
            "label_seen": pa.array([row["label_seen"] for _, row, *_ in decided], pa.string()),
            "made_at": pa.array([a.updated_at for a, *_ in decided], pa.timestamp("us")),
        }
    )
    parameters = {"server": server, "run_id": run.run_id, "gone": withdrawn}
    con.register("fresh", fresh)
    con.register("made", table)
    con.execute(sql("label/annotations_history"), parameters)
    con.execute(sql("label/decisions_withdraw"), parameters)
    con.execute(sql("label/annotations_withdraw"), parameters)
    con.execute(sql("label/annotations_forget"), {"server": server})
    con.execute(sql("label/annotations_add"), {"server": server, "run_id": run.run_id})
    con.execute(sql("label/decisions_add"), {"server": server, "run_id": run.run_id})
    con.unregister("fresh")
    con.unregister("made")
