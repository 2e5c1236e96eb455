"""The queue: what is asked first, once per duplicate group, and an audit that says nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate import label
from curate.errors import ConfigError
from curate.project import Project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def row(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}.",
            "rating": 5, **more}  # fmt: skip


@pytest.fixture
def rated(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    """Answers, 60 of them good, 12 rated low, 4 unrated; r70 and r71 are one example."""
    rows = [row(n) for n in range(60)]
    rows += [row(60 + n, rating=1 + n % 2) for n in range(12)]
    rows += [row(80 + n, rating=None) for n in range(4)]
    rows[-6] |= {"prompt": rows[-5]["prompt"], "response": rows[-5]["response"]}
    project = Project.init(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    return project


@pytest.fixture
def labelled(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    """Labelled questions; two inputs have copies that disagree, three have no label."""
    rows = [row(n, label=("red", "blue")[n % 2], rating=None) for n in range(60)]
    rows += [row(100 + n, prompt=rows[n]["prompt"], label="green", rating=None) for n in range(2)]
    rows += [row(200 + n, label=None, rating=None) for n in range(3)]
    project = Project.init(tmp_path / "p", task="classification")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    return project


def test_low_ratings_are_worth_a_better_answer_once_per_group(rated: Project) -> None:
    rated.export("set")
    found = rated.queue(budget=50, audit=0)
    assert (found.kind, found.audit) == ("review", 0)
    by = {e.source_id: e for e in found.entries}
    sides = {r["example_id"]: r["side"] for r in rated.table("split_ledger").to_pylist()}
    held_out = [e for e in found.entries if e.side == "test"]
    assert [e.place for e in found.entries] == list(range(1, len(found.entries) + 1))
    assert found.entries[: len(held_out)] == tuple(held_out), "what is held out comes first"
    assert all(e.blind and e.detectors[0] == "held_out" for e in held_out)
    assert all(sides[e.example_id] == e.side for e in found.entries)
    low = [e for e in found.entries if e.detectors[0] == "low_rating"]
    assert low
    assert [e.score for e in low] == sorted(e.score for e in low)
    assert all("worth a better answer" in e.why and not e.blind for e in low)
    assert len({"r70", "r71"} & by.keys()) == 1


def test_contradictions_and_missing_labels_are_asked(labelled: Project) -> None:
    found = labelled.queue(budget=30, audit=0)
    assert found.kind == "relabel"
    detectors = {e.source_id: e.detectors[0] for e in found.entries}
    assert {"r0", "r1", "r100", "r101"} <= detectors.keys()
    assert {detectors[k] for k in ("r0", "r1", "r100", "r101")} == {"contradiction"}
    missing = {k for k in detectors if k.startswith("r20")}
    assert missing == {"r200", "r201", "r202"}


def test_an_audit_is_drawn_from_what_is_kept_and_says_nothing(labelled: Project) -> None:
    found = labelled.queue(budget=100)
    drawn = [e for e in found.entries if e.audit]
    assert len(drawn) == found.audit == 20
    assert all(e.blind for e in drawn)
    assert labelled.queue(budget=100).entries == found.entries
    other = labelled.queue(budget=100, seed=1)
    assert {e.example_id for e in other.entries if e.audit} != {e.example_id for e in drawn}
    kept = {r["example_id"] for r in labelled.table("verdicts").to_pylist() if not r["reason"]}
    assert {e.example_id for e in drawn} <= kept
    bigger = labelled.queue(budget=100, audit=30)
    more = {e.example_id for e in bigger.entries if e.audit}
    assert len({e.example_id for e in drawn} & more) >= 18, "lots are kept when a sample grows"


def test_the_same_queue_again_changes_nothing(labelled: Project) -> None:
    labelled.queue(budget=25)
    before = labelled.store.state_digest()
    labelled.queue(budget=25)
    assert labelled.table("runs").to_pylist()[-1]["outcome"] == "unchanged"
    assert labelled.store.state_digest() == before


def test_what_was_handed_over_is_not_queued_again(labelled: Project, tmp_path: Path) -> None:
    first = labelled.queue(budget=4, audit=0)
    label.push_to_file(labelled.store, tmp_path / "tasks.json")
    second = labelled.queue(budget=30, audit=0)
    assert second.waiting == 4
    assert not {e.example_id for e in first.entries} & {e.example_id for e in second.entries}


def test_two_answers_to_one_question_are_a_preference(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n, prompt=f"Question {n // 2} about a thing?") for n in range(20)]
    project = Project.init(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    found = project.queue(kind="preference", budget=50)
    assert len(found.entries) == 10
    assert all(e.other_id and e.other_id != e.example_id for e in found.entries)
    assert {e.swapped for e in found.entries} == {True, False}


def test_what_cannot_be_queued_is_said(labelled: Project) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'relabel'"):
        labelled.queue(kind="relable")
    with pytest.raises(ConfigError, match="an audit of 9 does not fit into a budget of 5"):
        labelled.queue(budget=5, audit=9)
