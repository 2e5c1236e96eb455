"""`spans`: marks what is to be extracted from a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from curate import config
from curate.label.interface import UNUSABLE_TOLD
from curate.label.kinds import Decisions, Parts, kind
from curate.label.tasks import fields, one_choice, spans
from curate.store import sql

if TYPE_CHECKING:
    import duckdb

    from curate.store import Store


def field_names(store: Store, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the fields that may be marked: those of curate.toml, and those of JSON answers."""
    listed = config.project_settings(store.folder)["labels"] or []
    answers = con.execute(sql("label/responses")).fetchall()
    return list(
        dict.fromkeys([*listed, *sorted({name for (text,) in answers for name, _ in fields(text)})])
    )


def prefill(row: Mapping[str, Any], _prefill: str) -> list[dict[str, Any]]:
    """Returns what the answer says, marked in the text."""
    return [
        {
            "id": f"s{n}", "from_name": "span", "to_name": "text", "type": "labels",
            "value": {"start": start, "end": end, "text": row["query"][start:end],
                      "labels": [field]},
        }
        for n, (field, start, end) in enumerate(spans(row["query"] or "", row["response"]))
    ]  # fmt: skip


def changed(row: Mapping[str, Any]) -> bool:
    """Returns whether other values were marked than the answer had."""
    return sorted(fields(row["response"])) != sorted(fields(row["correction"]))


@kind(
    "spans",
    asks="mark what is to be extracted",
    about="answer",
    default_for=("extraction",),
    order=4,
    controls={"span": "Labels"},
    shows=("text", "reason", "earlier"),
    needs=("text",),
    choices=("Labels", "span", "Label"),
    vocabulary=field_names,
    lacks="fields: no answer is a JSON object",
    marks={"span": "text"},
    instructions=(
        "Choose a field, then drag over its text, exactly from its first to its last letter. "
        "Click what is marked wrongly and press Backspace to remove it.",
        f"<b>Nothing to extract</b> is an answer too. {UNUSABLE_TOLD}",
    ),
    prefill=prefill,
    votes="spans",
    settled_by=("verdict", "spans"),
    changed=changed,
)
def read(parts: Parts, row: Mapping[str, Any], names: set[str]) -> Decisions:
    """Returns what was marked, as spans and as the JSON answer that they make."""
    verdict = one_choice(parts, "verdict")
    if verdict == "drop":
        return [("drop", None)]
    marked: list[tuple[int, int, str]] = []
    text = row["query"] or ""
    for value in parts.get("span", []):
        start, end, (field,) = int(value["start"]), int(value["end"]), value["labels"]
        if text[start:end] != value["text"]:
            raise ValueError(f"{value['text']!r} does not stand at {start} to {end}")
        if field not in names:
            raise ValueError(f"{field!r} is no field of this project")
        marked.append((start, end, field))
    if not marked and verdict != "nothing":
        return []
    values: dict[str, Any] = {}
    for start, end, field in sorted(marked):
        values.setdefault(field, []).append(text[start:end])
    flat = {f: v[0] if len(v) == 1 else v for f, v in sorted(values.items())}
    spans_json = json.dumps(sorted(marked), ensure_ascii=False)
    return [("spans", spans_json), ("correct", json.dumps(flat, ensure_ascii=False))]
