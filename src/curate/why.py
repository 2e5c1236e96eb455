"""`curate why`: the whole story of one example, and of all that people said about it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import orjson

from curate import pairs
from curate.errors import ConfigError
from curate.inputs import templates
from curate.label import kinds, tasks
from curate.label.remarks import remarks_of
from curate.store import Store, sql
from curate.verdicts import verdicts

_PARTS = {
    "pulled": sql("why/pulled"),
    "history": sql("why/history"),
    "ratings": sql("why/ratings"),
    "decisions": sql("why/decisions"),
    "tasks": sql("why/tasks"),
    "reasons": sql("why/reasons"),
    "duplicates": sql("why/duplicates"),
    "issues": sql("why/issues"),
    "signals": sql("why/signals"),
    "split": sql("why/split"),
    "versions": sql("why/versions"),
}


_NUMBER = re.compile(r"(?i:(annotation|task):)?([0-9]{1,18})")
_SHOWN = 5


def why(store: Store, key: str) -> dict[str, Any]:
    """Returns everything the store knows about an example, oldest first within each part.

    Args:
        store: the project's store.
        key: the id that the source gave, the beginning of an example id or of a task key (8
            characters or more), `annotation:NUMBER`, or `task:NUMBER` on the server. Plain digits
            are an annotation where they are nothing else.

    Returns:
        The example's own fields; `logged_label`, `corrected_label` and `label_by`: how today's
        `label` came about; `template`, the text around its last user turn that comparisons leave
        out; and `pulled`, `history`, `ratings`, `decisions`, `tasks`, `annotations` (each edition
        of each answer), `ties` (what annotators disagree about, so that nothing follows),
        `reasons` (all of them, not only the first), `duplicates`, `pairs`, `issues`, `signals`,
        `split`, `versions`, `kept_apart` (alike inputs, and what keeps them from being
        duplicates): lists of dicts.

    Raises:
        ConfigError: no example, or more than one, is meant.
    """
    with store.read() as con:
        example_id = _find(con, key)
        today = verdicts.derive(store, con)
        story = _rows(con, sql("why/example"), {"id": example_id})[0]
        story |= _rows(con, sql("why/label"), {"id": example_id})[0]
        known = templates.together(templates.stored(con))
        prefix, _, suffix = known.cut(story["query"] or "")
        story["template"] = prefix + suffix
        for part, query in _PARTS.items():
            story[part] = _rows(con, query, {"id": example_id})
        story["annotations"] = _annotations(con, example_id)
        story["ties"] = _ties(con, example_id)
        story["pairs"] = []
        if con.execute(sql("why/is_paired"), {"id": example_id}).fetchall()[0][0]:
            pairs.prepare(today)
            story["pairs"] = _rows(con, sql("why/pairs"), {"id": example_id})
        thresholds = {"near": today.dedupe.near, "semantic": today.dedupe.semantic}
        story["kept_apart"] = _rows(con, sql("why/kept_apart"), {"id": example_id, **thresholds})
        if not today.dedupe.semantic_removes:
            cosine = {"id": example_id, "semantic": today.dedupe.semantic}
            story["duplicates"] += _rows(con, sql("why/reported"), cosine)
    return story


def _find(con: duckdb.DuckDBPyConnection, key: str) -> str:
    """Returns the example that a key means.

    Raises:
        ConfigError: it means none, or several.
    """
    named, number = match.groups() if (match := _NUMBER.fullmatch(key)) else (None, None)
    is_task = named is not None and named.lower() == "task"
    parameters = {
        "text": key,
        "annotation": int(number) if number and not is_task else None,
        "task": int(number) if number and is_task else None,
    }
    rows = _rows(con, sql("why/find"), parameters)
    first = [row for row in rows if row["place"] == rows[0]["place"]]
    examples = {row["example_id"]: row for row in first}
    if not examples:
        raise ConfigError(_nothing(key))
    if len(examples) > 1:
        also = any(row["meaning"] == "annotation" for row in rows) and named is None
        raise ConfigError(_several(key, list(examples.values()), also))
    ((example_id, row),) = examples.items()
    if not row["here"]:
        raise ConfigError(
            f"{key!r} is about the example {example_id[:12]}, which is no longer here. "
            "Next: curate runs, which lists what was withdrawn and undone"
        )
    return str(example_id)


def _nothing(key: str) -> str:
    """Returns what to say of a key that means nothing here."""
    what, colon, number = key.partition(":")
    if colon and what.lower() in ("annotation", "task"):
        if not _NUMBER.fullmatch(key):
            return (
                f"{key!r} has no number: expected {what.lower()}:77. Next: curate label problems, "
                "which lists annotations, or curate why ID"
            )
        if what.lower() == "task":
            return (
                f"no task here has the number {number} on its server. Next: curate label sync, "
                "where the server has it; or the task's curate_id, which is shown there"
            )
        return (
            f"no annotation here has the number {number}. Next: curate label sync, where it is new "
            "on the server"
        )
    is_number = _NUMBER.fullmatch(key) is not None
    numbers = f", and no annotation is number {key}" if is_number else ""
    task = f"curate why task:{key}, for a task on the server, or " if is_number else ""
    return (
        f"no example has an id that begins with {key!r}, nor the source id {key!r}, and no task "
        f"has such a key (8 characters or more){numbers}. "
        f"Next: {task}curate status --rejects, which lists the calls that were refused"
    )


def _several(key: str, found: Sequence[Mapping[str, Any]], also: bool) -> str:
    """Returns what to say of a key that means several examples."""
    whose = {
        "source id": f"have the source id {key!r}",
        "example id": f"have an id that begins with {key!r}",
        "task key": f"have a task with a key that begins with {key!r}",
        "annotation": f"have an annotation of number {key.rpartition(':')[2]}",
        "task": f"have a task of number {key.rpartition(':')[2]}",
    }[found[0]["meaning"]]
    listing = ", ".join(f"{row['example_id'][:12]} ({row['detail']})" for row in found[:_SHOWN])
    more = ", ..." if len(found) > _SHOWN else ""
    number = f", or curate why annotation:{key}" if also else ""
    return (
        f"{len(found):,} examples {whose}: {listing}{more}. "
        f"Next: curate why {found[0]['example_id'][:12]}{number}"
    )


def _annotations(con: duckdb.DuckDBPyConnection, example_id: str) -> list[dict[str, Any]]:
    """Returns every edition of every answer to the example's tasks, the oldest first."""
    rows = _rows(con, sql("why/annotations"), {"id": example_id})
    for row in rows:
        row["result"] = orjson.loads(row["result"])
        beside = remarks_of(row["result"])
        row["note"], row["cannot"] = beside.note or None, beside.cannot
        row["tags"], row["rubric"] = list(beside.tags), dict(beside.rubric)
        if not (row["decisions"] or row["skipped"] or row["problem"] or row["cannot"]):
            # Of models' answers: nothing follows for the example.
            answer = tasks.understand(row["work"], row["result"], row, ())
            row["decisions"] = [{"kind": kind, "value": value} for kind, value in answer.decisions]
        row["decides"] = kinds.get(row["work"]).decides
    return rows


def _ties(con: duckdb.DuckDBPyConnection, example_id: str) -> list[dict[str, Any]]:
    """Returns what annotators disagree about, so that nothing follows: who said what."""
    ties: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    for row in _rows(con, sql("why/ties"), {"id": example_id}):
        said = {"value": row["value"], "annotators": row["annotators"]}
        ties.setdefault((row["about"], row["other_id"]), []).append(said)
    return [
        {"about": about, "other_id": other, "said": said} for (about, other), said in ties.items()
    ]


def _rows(
    con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    cursor = con.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
