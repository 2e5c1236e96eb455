"""How a first budget is shared among detectors, beside the fixed order and equal shares."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from sets import raters, rows

from curate import Project
from curate.queue import budget
from report import Bench, Section, table

TITLE = "The first budget"
FIXED, SHARED, ALIKE = "fixed order", "shared", "all begin alike"
LOSS = 0.03
_REVIEWS = {"curekart": 60, "sofmattress": 60, "amazon_snippets": 400, "tweets": 400}


def measure(bench: Bench) -> Section:
    lines, found = [], {FIXED: 0, SHARED: 0, ALIKE: 0}
    for name, texts, labels, wrong in _sets(bench):
        print(name, file=sys.stderr)
        with tempfile.TemporaryDirectory() as folder:
            project = _project(Path(folder), texts, labels)
            cells = [_errors(project, way, _REVIEWS[name], wrong) for way in found]
        for way, errors in zip(found, cells, strict=True):
            found[way] += errors
        lines.append([name, int(wrong.sum()), _REVIEWS[name], *cells])
    lines.append(["**sum**", "", "", *(f"**{errors}**" for errors in found.values())])
    missed = []
    if found[SHARED] < (1 - LOSS) * found[FIXED]:
        missed.append(
            f"shared finds {found[SHARED]}, the fixed order {found[FIXED]}: over {LOSS:.0%}"
        )
    if found[SHARED] <= found[ALIKE]:
        missed.append("pseudo-reviews bring nothing")
    head = ["set", "wrong", "reviews", *found]
    return Section(TITLE, _ABOUT + "\n" + table(head, lines), tuple(missed))


def _sets(bench: Bench) -> Iterator[tuple[str, list[str], Any, Any]]:
    """Yields name, texts, labels, and which of these are wrong."""
    read = rows(bench.data / "hint3_curekart_sofmattress" / "rows.jsonl.gz")
    for bot in ("curekart", "sofmattress"):
        mine = [r for r in read if r["bot"] == bot]
        wrong = np.array([bool(r["is_error"]) for r in mine])
        yield bot, [r["sentence"] for r in mine], [r["label_v1"] for r in mine], wrong
    without = replace(bench, embedded=lambda _, texts: np.zeros((len(texts), 1)))
    drawn = {task.name: task for task in raters(without)}
    for name in ("amazon_snippets", "tweets"):
        task = drawn[f"{name}, draw 0"]
        read = rows(bench.data / "vader_multirater" / f"{name}.jsonl.gz")
        yield name, [r["text"] for r in read], task.given, task.wrong


def _project(folder: Path, texts: list[str], labels: Any) -> Project:
    logs = folder / "logs.jsonl"
    lines = ({"id": f"r{n}", "text": t, "label": labels[n]} for n, t in enumerate(texts))
    logs.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    project = Project.init(folder / "project", task="classification")
    project.pull([str(logs)])
    project.filter()
    project.embed()
    project.dedupe()
    project.cluster()
    project.mislabels()
    return project


def _errors(project: Project, way: str, reviews: int, wrong: Any) -> int:
    with _way(way):
        asked = project.queue(budget=reviews, audit=0).entries
    return int(sum(wrong[int(entry.source_id[1:])] for entry in asked))


@contextmanager
def _way(way: str) -> Iterator[None]:
    if way == FIXED:
        with patch.object(budget, "_mixed", lambda rows, _, budget: list(rows[:budget])):
            yield
    elif way == ALIKE:
        with patch.object(budget, "expected", lambda _, n, changed: (1 + changed) / (2 + n)):
            yield
    else:
        yield


_ABOUT = """\
Wrong labels among the first reviews of real sets (as in [the loop](../loop/RESULTS.md)), before
anybody has answered, without an audit: by the detectors in their fixed order, the budget shared as
`curate queue` shares it (ten pseudo-reviews for some detectors, one task in a hundred to explore
each), and shared with Beta(1, 1) for all. Held-out suspects come first in all three.
"""
