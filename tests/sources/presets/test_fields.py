"""Which fields the examples of each preset fill: fields.json, of which docs/presets.md is made.

`FIELDS_UPDATE=1 pytest tests/sources/presets/test_fields.py` rewrites the file.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.project import Project
from curate.pull.interactions import Row
from curate.sources.presets import named, presets
from platform_rows import examples, made
from pulled import Workbench

FILE = Path(__file__).parent / "fields.json"


def said(row: Row) -> list[Mapping[str, Any]]:
    """Returns the messages of a call, and its answers."""
    return [*orjson.loads(row.get("messages") or "[]"), *answers(row)]


def answers(row: Row) -> list[Mapping[str, Any]]:
    return orjson.loads(row.get("output") or "null") or []


def pieces(row: Row, kind: str) -> list[Mapping[str, Any]]:
    """Returns the feedback of a kind: of a call, or the row itself."""
    return [piece for piece in row.get("feedback", [row]) if piece.get("kind") == kind]


FIELDS: dict[str, Callable[[Row], Any]] = {
    "question": lambda row: row.get("query"),
    "system": lambda row: any(m["role"] == "system" for m in said(row)),
    "answer": lambda row: any(m["content"] for m in answers(row)),
    "tools": lambda row: row.get("tools") or any(m.get("tool_calls") for m in said(row)),
    "reasoning": lambda row: any(m.get("reasoning_content") for m in said(row)),
    "model": lambda row: row.get("model"),
    "tokens": lambda row: row.get("input_tokens") or row.get("output_tokens"),
    "cost": lambda row: row.get("cost_usd"),
    "latency": lambda row: row.get("latency_ms"),
    "finish reason": lambda row: row.get("finish_reason"),
    "error": lambda row: row.get("error"),
    "time": lambda row: "messages" in row and row["created_at"],
    "session": lambda row: row.get("session_id"),
    "user": lambda row: row.get("user_key"),
    "rating": lambda row: row.get("rating_value") or pieces(row, "rating"),
    "label": lambda row: row.get("label") or pieces(row, "label"),
    "correction": lambda row: row.get("correction") or pieces(row, "correction"),
    "comment": lambda row: any(
        piece.get("comment") for kind in ("rating", "label") for piece in pieces(row, kind)
    ),
}


def filled(rows: Iterable[Row]) -> list[str]:
    """Returns the fields that a row fills, in the order of `FIELDS`."""
    listed = list(rows)
    return [field for field, is_there in FIELDS.items() if any(map(is_there, listed))]


def test_the_examples_of_a_preset_fill_the_fields_that_the_page_names(tmp_path: Path) -> None:
    folder = Project.init(tmp_path / "p").folder
    rows: dict[str, list[Row]] = defaultdict(list)
    for preset in presets():
        rows[preset.name] += made(preset, folder)
    found = {name: filled(of_preset) for name, of_preset in rows.items()}
    if os.environ.get("FIELDS_UPDATE"):
        lines = [f"    {json.dumps(name)}: {json.dumps(fields)}" for name, fields in found.items()]
        head = f'  "fields": {json.dumps([*FIELDS])},\n  "presets"'
        FILE.write_text(f"{{\n{head}: {{\n" + ",\n".join(lines) + "\n  }\n}\n", "utf-8")
    wanted = {"fields": [*FIELDS], "presets": found}
    assert wanted == json.loads(FILE.read_text("utf-8")), "FIELDS_UPDATE=1, then make docs"


OPTIONS = {"interactions": (), "turns": ("--turns",), "feedback": ("--as", "feedback")}


@pytest.mark.parametrize("name", ["anythingllm", "vercel"])
def test_the_store_has_the_fields_that_the_page_names(name: str, tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "p", tmp_path)
    for preset in named(name):
        file = bench.write(f"{preset.kind}.jsonl", filter(preset.fits, examples()[name]))
        bench.pull(file, *OPTIONS[preset.kind], "--source", preset.kind)
    rows = [*bench.rows("FROM interactions"), *bench.rows("FROM feedback")]
    assert filled(rows) == json.loads(FILE.read_text("utf-8"))["presets"][name]
