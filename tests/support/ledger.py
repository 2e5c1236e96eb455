"""A project in a folder whose split is looked at, by the ids of its logs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.export.export import export
from curate.export.options import ExportResult, ExportSettings
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.pull.pull import pull
from curate.split import SplitSettings
from curate.store import Store

TENTH = SplitSettings(test_size=0.1)


class SplitProject:
    """A project in a folder, and its ledger by source id."""

    def __init__(self, folder: Path, *, task: str = "sft", threads: int = 2) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.files = folder, 0
        self.store = Store(folder, threads=threads)
        self.store.create()
        with self.store.write() as con:
            self.store.set_setting(con, "project", {"task": task})

    def pull(self, rows: Iterable[dict[str, Any]], **fields: str) -> None:
        """Pulls a file of rows; `fields` says which column a field is."""
        self._pull(rows, PullOptions(declared=Declared("interactions", fields, "1-5")))

    def feedback(self, rows: Iterable[dict[str, Any]]) -> None:
        self._pull(rows, PullOptions(declared=Declared("feedback", {"key": "request_id"}, "1-5")))

    def heldout(self, rows: Iterable[dict[str, Any]], *, evict: bool = False) -> None:
        self._pull(rows, PullOptions(heldout=True, evict=evict))

    def _pull(self, rows: Iterable[dict[str, Any]], options: PullOptions) -> None:
        self.files += 1
        path = self.folder / f"rows-{self.files}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        pull(self.store, [str(path)], options=options)

    def export(self, name: str = "set", *, limit: int | None = None, **split: Any) -> ExportResult:
        asked = ExportSettings(
            split=replace(TENTH, **split), limit=limit, min_train=0, min_test=0, formats=()
        )
        return export(self.store, name, settings=asked)

    def ledger(self) -> dict[str, dict[str, Any]]:
        with self.store.read() as con:
            rows = con.sql(
                "SELECT i.source_id, l.side, l.exposed, l.origin, l.evidence, "
                "(SELECT source_id FROM interactions u WHERE u.interaction_id = l.unit) AS unit "
                "FROM split_ledger l JOIN interactions i ON i.interaction_id = l.example_id"
            )
            return {row["source_id"]: row for row in rows.to_arrow_table().to_pylist()}

    def sides(self) -> dict[str, str]:
        return {name: place["side"] for name, place in self.ledger().items()}

    def outcome(self, version: int, name: str = "set") -> dict[str, str]:
        """What became of every example: the name of its file, or the reason why it is in none."""
        with self.store.read() as con:
            rows = con.execute(
                "SELECT source_id, coalesce(v.reason, v.side) FROM version_examples v "
                "JOIN interactions ON interaction_id = example_id WHERE name = ? AND version = ?",
                [name, version],
            ).fetchall()
        return dict(rows)


def text(seed: object, count: int = 14) -> str:
    """A text that is like no other one."""
    made = random.Random(str(seed))
    return " ".join(f"w{made.randrange(900)}" for _ in range(count))


def row(name: str, query: str | None = None, **others: Any) -> dict[str, Any]:
    made = {
        "id": name,
        "query": query or text(name),
        "response": f"the answer to {name}",
        "rating": 5,
        "created_at": "2026-03-01T00:00:00Z",
    }
    return {**made, **others}


def many(count: int, prefix: str = "n") -> list[dict[str, Any]]:
    return [row(f"{prefix}{number}") for number in range(count)]


def step(seed: str, number: int) -> str:
    """Texts 0, 1, 2, ... of a chain: only neighbours have a Jaccard similarity of 0.8 or more."""
    words = text(seed, 40).split()
    for place in range(number):
        words[4 + 8 * place] = f"{seed}{place}".replace(" ", "")
    return " ".join(words)


def lines(result: ExportResult, side: str) -> list[dict[str, Any]]:
    body = (result.folder / f"{side}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in body.splitlines()]
