"""Verdicts: the first reason in order, what is pending, and that nothing of them is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.project import Project
from curate.verdicts import verdicts
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def row(name: str, prompt: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "prompt": prompt,
        "response": "Ok.",
        "rating": 5,
        "split": "train",
        "session_id": name,
        "finish_reason": "stop",
        **more,
    }


@pytest.fixture
def project(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    made = new_project(tmp_path)
    made.pull(
        [
            str(
                write_jsonl(
                    tmp_path / "logs.jsonl",
                    [
                        row("in", "One?"),
                        row("low", "Two?", rating=1, response="", finish_reason="length"),
                        row("first", "Three?", rating=5),
                        row("second", "Three?", rating=4),
                        row("held", "Four?", split="test"),
                        row("leak", "Four?"),
                        row("waits", "Five?", split="test", rating=1),
                        row("cut", "Six?", split="test", finish_reason="length"),
                        row("asked", "", split="test", response="Ok!"),
                        row("lowleak", "FOUR?", rating=1),
                        row("same", "Four?", split="test", rating=4),
                    ],
                )
            )
        ]
    )
    made.filter()
    made.dedupe()
    return made


def test_the_verdict_on_every_example(project: Project) -> None:
    known = {r["interaction_id"]: r["source_id"] for r in project.table("interactions").to_pylist()}
    found = {known[r["example_id"]]: r for r in project.table("verdicts").to_pylist()}
    assert {name: (r["side"], r["reason"], r["pending"]) for name, r in found.items()} == {
        "in": ("train", None, False),
        "low": ("train", "low_rating", False),
        "first": ("train", None, False),
        "second": ("train", "duplicate", False),
        "held": ("test", None, False),
        "leak": ("train", "leak", False),
        # Held out, and only its answer is not good enough: it waits for a better one.
        "waits": ("test", "low_rating", True),
        "cut": ("test", "truncated", True),
        # Nothing was asked: no answer could help.
        "asked": ("test", "no_query", False),
        "lowleak": ("train", "low_rating", False),
        "same": ("test", "duplicate", False),
    }
    reasons: dict[str, set[str]] = {}
    for r in project.table("excluded").to_pylist():
        reasons.setdefault(known[r["example_id"]], set()).add(r["reason"])
    assert reasons == {
        "low": {"low_rating", "empty_answer", "truncated"},
        "second": {"duplicate"},
        "leak": {"leak"},
        "waits": {"low_rating"},
        "cut": {"truncated"},
        "asked": {"no_query"},
        "lowleak": {"low_rating", "leak"},
        "same": {"duplicate"},
    }


def test_nothing_of_it_is_stored(project: Project) -> None:
    before = project.store.state_digest()
    with project.store.read() as con:
        stored = "FROM duckdb_tables() WHERE database_name = 'curate' ORDER BY table_name"
        tables = con.execute(stored).fetchall()
        verdicts.derive(project.store, con)
        assert con.execute(stored).fetchall() == tables
    assert project.store.state_digest() == before


def test_an_empty_project(tmp_path: Path) -> None:
    made = new_project(tmp_path / "empty")
    for name in ("verdicts", "excluded", "duplicates", "issues"):
        assert made.table(name).num_rows == 0
