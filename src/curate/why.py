"""`curate why`: the whole story of one example."""

from __future__ import annotations

from typing import Any

import duckdb

from curate import pairs
from curate.errors import ConfigError
from curate.inputs import templates
from curate.store import Store, sql
from curate.verdicts import verdicts

_PARTS = {
    "pulled": sql("why/pulled"),
    "history": sql("why/history"),
    "ratings": sql("why/ratings"),
    "decisions": sql("why/decisions"),
    "reasons": sql("why/reasons"),
    "duplicates": sql("why/duplicates"),
    "issues": sql("why/issues"),
    "signals": sql("why/signals"),
    "split": sql("why/split"),
    "versions": sql("why/versions"),
}


def why(store: Store, text: str) -> dict[str, Any]:
    """Returns everything the store knows about an example, oldest first within each part.

    Args:
        store: the project's store.
        text: the beginning of an example id, or the whole id that the source gave it.

    Returns:
        The example's own fields; `template`, the text around its last user turn that comparisons
        leave out; and `pulled`, `history`, `ratings`, `decisions`, `reasons` (all of them, not only
        the first), `duplicates`, `pairs`, `issues`, `signals`, `split`, `versions`, `kept_apart`
        (alike inputs, and what keeps them from being duplicates): lists of dicts.

    Raises:
        ConfigError: no example, or more than one, has this id.
    """
    with store.read() as con:
        found = con.execute(sql("why/find"), {"text": text}).fetchall()
        if len(found) != 1:
            raise ConfigError(_not_one(text, [row[0] for row in found]))
        today = verdicts.derive(store, con)
        example_id = found[0][0]
        story = _rows(con, sql("why/example"), {"id": example_id})[0]
        known = templates.together(templates.stored(con))
        prefix, _, suffix = known.cut(story["query"] or "")
        story["template"] = prefix + suffix
        for part, query in _PARTS.items():
            story[part] = _rows(con, query, {"id": example_id})
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


def _not_one(text: str, found: list[str]) -> str:
    if not found:
        return (
            f"no example has an id that begins with {text!r}, nor the source id {text!r}. "
            "Next: curate status --rejects, which lists the calls that were refused"
        )
    listing = ", ".join(example[:12] for example in found[:5])
    return (
        f"{len(found)} examples have an id that begins with {text!r}: {listing}. "
        "Next: type more of it"
    )


def _rows(
    con: duckdb.DuckDBPyConnection, query: str, parameters: dict[str, Any]
) -> list[dict[str, Any]]:
    cursor = con.execute(query, parameters)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
