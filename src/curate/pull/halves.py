"""Calls whose question and answer stand in two documents, such as the files of a batch API.

Which of the two is pulled first plays no part: each fills what the other one lacks.
"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import orjson

from curate.messages import canonical
from curate.pull import staging
from curate.pull.interactions import Row, content_columns, row_hash
from curate.store import sql

_IDS_AT_ONCE = 5_000
# What a question says of a call, even where the answer's document says something, too.
_OF_QUESTION = ("session_id", "group_key", "user_key", "given_split", "trace_id")


def join(con: duckdb.DuckDBPyConnection, source: str, *, within: bool = False) -> int:
    """Fills staged calls that lack a part; returns how many documents are halves of others.

    Args:
        con: a connection inside a transaction.
        source: of the staged documents; what is stored of it may be the other half.
        within: whether both halves may stand in one file, as where two were put together.
    """
    named = {"source": source, "within": within}
    found = con.execute(sql("pull/staging/halves"), named).fetchall()
    ids = list(dict.fromkeys(row[0] for row in found))
    if ids:
        staging.make_writable(con)
    for start in range(0, len(ids), _IDS_AT_ONCE):
        _join(con, source, ids[start : start + _IDS_AT_ONCE])
    return sum(1 for row in found if row[3]) - len(ids)


def _join(con: duckdb.DuckDBPyConnection, source: str, ids: list[str]) -> None:
    staged = _rows(con.execute(sql("pull/staging/half_staged"), {"ids": ids}))
    stored = _rows(con.execute(sql("pull/staging/half_stored"), {"ids": ids, "source": source}))
    documents: dict[str, list[Row]] = {name: [] for name in ids}
    for row in (*stored, *staged):  # the later one counts
        documents[row["source_id"]].append(row)
    whole = {name: _whole(rows) for name, rows in documents.items()}
    con.execute(sql("pull/staging/half_forget"), {"ids": ids})
    staging.add_rows(con, [{**row, **whole[row["source_id"]]} for row in staged])


def _rows(cursor: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def _whole(rows: list[Row]) -> Row:
    """Returns the columns of the call that two documents make."""
    question = [row for row in rows if row["messages"] != "[]"][-1]
    answers = [row for row in rows if row["messages"] == "[]" or row.get("joined")]
    answer = answers[-1] if answers[-1] is not question or len(answers) == 1 else answers[-2]
    both = {name: _first(question, answer, name) for name in question if name in _SAID}
    both["metadata"] = canonical({**_dict(question), **_dict(answer)})
    messages, output = orjson.loads(question["messages"]), orjson.loads(answer["output"] or "null")
    tools = question["tools"] or answer["tools"]
    both |= content_columns(messages, output, tools and json.loads(tools), both["session_id"])
    both |= {"joined": True, "source_id": question["source_id"], "tools": tools}
    return {**both, "row_hash": row_hash(both)}


def _first(question: Row, answer: Row, name: str) -> Any:
    one, other = (question, answer) if name in _OF_QUESTION else (answer, question)
    return other[name] if one[name] is None else one[name]


def _dict(row: Row) -> Any:
    return orjson.loads(row["metadata"] or "{}")


_SAID = (
    *("label", "created_at", *_OF_QUESTION, "model", "finish_reason", "status", "error"),
    *("input_tokens", "output_tokens", "cost_usd", "latency_ms", "rank", "document", "preference"),
)
