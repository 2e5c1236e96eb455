"""Projects with a version, its held-out examples, and answers known to be right or wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from curate.evaluate.heldout import HeldOut, read_heldout
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.versions.versions import find
from projects import WriteJsonl, new_project
from questions import SUBJECTS

LABELS = tuple(SUBJECTS)
_ASKED = ("Where is my {0}, number {1}?", "I want my {0} for order {1}", "Help me with {0} {1}")


def labelled_rows(count: int) -> list[dict[str, Any]]:
    """Questions of three subjects, each its own conversation; production got a tenth wrong."""
    rows = []
    for n in range(count):
        label = LABELS[n % 3]
        word = SUBJECTS[label][n // 3 % 6]
        rows.append(
            {
                "id": f"r{n}", "prompt": _ASKED[n // 18 % 3].format(word, n * 7919 % 10_007),
                "response": label if n % 10 else LABELS[(n + 1) % 3], "label": label,
                "latency_ms": 100 + n, "cost_usd": 0.001, "model": f"m{n % 2}",
            }
        )  # fmt: skip
    return rows


def labelled_project(folder: Path, write: WriteJsonl, count: int = 400) -> Project:
    """Returns a project of labelled questions with one version, `set`."""
    project = new_project(folder / "p", task="classification")
    log = write(folder / "logs.jsonl", labelled_rows(count))
    project.pull([str(log)], PullOptions(declared=Declared(fields={"label": "label"})))
    project.filter()
    project.export("set")
    return project


def heldout_of(project: Project, name: str = "set") -> list[HeldOut]:
    with project.store.read() as con:
        return read_heldout(con, find(project.store, name))


def wrong(label: str) -> str:
    """Another label."""
    return LABELS[(LABELS.index(label) + 1) % 3]


def answered_by(
    folder: Path,
    name: str,
    heldout: Sequence[HeldOut],
    answer: Callable[[int, HeldOut], str],
    more: Mapping[str, Any] | None = None,
) -> str:
    """Writes what a model answers to each example, and returns the file."""
    lines: Iterable[dict[str, Any]] = (
        {"id": one.example_id, "answer": answer(n, one), **(more or {})}
        for n, one in enumerate(heldout)
    )
    path = folder / f"{name}.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
    return str(path)
