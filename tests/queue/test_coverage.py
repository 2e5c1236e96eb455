"""What to ask first of what nobody labelled or rated; which edge cases exports tell of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.export.options import ExportSettings
from curate.project import Project
from curate.queue.queue import QueueResult
from questions import SUBJECTS, answered, handed_over, made, row

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

STRANGE = "Which mountain on the moon did the second crew photograph?"


def questions() -> list[dict[str, Any]]:
    """Questions of three kinds with labels, two at odds; four more, one strange, have none."""
    ways = ("Where is my {}?", "I have a question about the {} of last week", "{} please")
    rows = [
        row(100 * a + 10 * b + c, prompt=way.format(what), label=name, rating=None)
        for a, (name, things) in enumerate(SUBJECTS.items())
        for b, what in enumerate(things)
        for c, way in enumerate(ways)
    ]
    texts = ("Is my {} late?", "Who has the {}?", "Did you lose the {}?")
    rows += [
        row(900 + n, prompt=text.format(things[0]), label=None, rating=None)
        for n, (text, things) in enumerate(zip(texts, SUBJECTS.values(), strict=True))
    ]
    rows += [
        row(920 + n, prompt="The refund of my parcel?", label=label, rating=None)
        for n, label in enumerate(("refund", "delivery"))
    ]
    return [*rows, row(910, prompt=STRANGE, label=None, rating=None)]


@pytest.fixture(scope="module")
def asked(
    tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl, encoder: Any
) -> tuple[Project, QueueResult]:
    project = made(tmp_path_factory.mktemp("edges"), write_jsonl, questions(), "classification")
    project.embed()
    project.mislabels()
    return project, project.queue(budget=60, audit=0)


@pytest.mark.slow
def test_each_edge_case_is_asked_with_its_reason(asked: tuple[Project, QueueResult]) -> None:
    _, found = asked
    by = {e.source_id: e for e in found.entries}
    lacking = {name for name, e in by.items() if "coverage" in e.detectors}
    held_out = {name for name, e in by.items() if e.side == "test"}
    assert lacking == {"r900", "r901", "r902", "r910"} - held_out
    assert len({"r920", "r921"} & by.keys()) == 1, "a text is asked once"
    assert all("it has no label, and lies between" in by[name].why for name in lacking)
    assert "out_of_scope" in by["r910"].detectors or by["r910"].side == "test"
    assert not any("no_label" in e.detectors for e in found.entries)
    told = {share.name: share for share in found.shares}
    assert told["coverage"].tasks == told["coverage"].available == len(lacking)


def test_the_same_again_changes_nothing(asked: tuple[Project, QueueResult]) -> None:
    project, found = asked
    before = project.store.state_digest()
    assert project.queue(budget=60, audit=0) == found
    assert project.store.state_digest() == before
    assert project.table("runs").to_pylist()[-1]["outcome"] == "unchanged"


def test_exports_say_what_is_an_edge_case(asked: tuple[Project, QueueResult]) -> None:
    import pyarrow.parquet as pq

    project, _ = asked
    edges: dict[str, set[str]] = {}
    for edge in project.table("edges").to_pylist():
        edges.setdefault(edge["example_id"], set()).add(edge["kind"])
    result = project.export("set", ExportSettings(formats=("records",)))
    origins = pq.read_table(result.folder / "lineage.parquet").to_pylist()
    said = {
        side: [orjson.loads(x) for x in (result.folder / f"{side}.jsonl").open("rb")]
        for side in ("train", "test")
    }
    assert len(origins) == result.train + result.test == 56, "all that has a label"
    for origin in origins:
        metadata = said[origin["split"]][origin["line"] - 1]["metadata"]
        reasons = edges.get(origin["example_id"], set())
        reasons |= {"disagreement"} if origin["source_id"] in ("r920", "r921") else set()
        assert metadata["isEdgeCase"] is origin["is_edge_case"] is bool(reasons)
        told = ", ".join(sorted(reasons)) or None
        assert metadata["edgeCaseReason"] == origin["edge_case_reason"] == told
    hard = sum(origin["is_edge_case"] for origin in origins)
    manifest = orjson.loads((result.folder / "manifest.json").read_bytes())
    production, train, test = manifest["edge_cases"]["any"]
    assert 0 < hard == train + test <= production
    card = (result.folder / "README.md").read_text(encoding="utf-8")
    assert "Nothing is left out for being an edge case" in card
    assert project.export("set", ExportSettings(formats=("records",))).version == 1


@pytest.mark.slow
def test_of_what_nobody_labelled_the_typical_is_asked_first(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    rows = [{**r, "label": r["label"] if r["id"] in ("r0", "r100") else None} for r in questions()]
    found = []
    for number in (0, 1):
        project = made(
            tmp_path / str(number), write_jsonl, rows[:: 1 - 2 * number], "classification"
        )
        project.embed()
        found.append(project.queue(budget=9, audit=0))
    assert found[0] == found[1], "whatever the order of rows"
    asked = [e for e in found[0].entries if e.side == "train"]
    assert {e.why for e in asked} == {"typical of what nobody has labelled"}
    assert asked[0].source_id != "r910", "the strange one is typical of nothing"
    handed_over(project)
    answered(project, found[1], {asked[0].source_id: ["refund"]})
    again = project.queue(budget=9, audit=0)
    assert not {e.example_id for e in found[1].entries} & {e.example_id for e in again.entries}
    told = next(share for share in again.shares if share.name == "coverage")
    assert (told.reviewed, told.changed) == (1, 1)
    (reason,) = {
        r["edge_case_reason"] for r in _lineage(project) if r["example_id"] == asked[0].example_id
    }
    assert "coverage" in reason.split(", ")


def _lineage(project: Project) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    result = project.export("set", ExportSettings(formats=("records",), min_train=1, min_test=0))
    return list(pq.read_table(result.folder / "lineage.parquet").to_pylist())


@pytest.mark.slow
def test_unrated_answers_are_covered_by_their_questions(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    rows = [{**r, "label": None, "rating": 5 if n % 3 else None} for n, r in enumerate(questions())]
    project = made(tmp_path, write_jsonl, rows, "sft")
    project.embed()
    found = project.queue(budget=8, audit=0)
    train = [e for e in found.entries if e.side == "train"]
    assert train
    assert {(e.detectors[0], e.why) for e in train} == {
        ("coverage", "typical of what nobody has rated")
    }
    everything = project.queue(budget=500, audit=0)
    lacking = {r["id"] for r in rows if r["rating"] is None}
    assert lacking <= {e.source_id for e in everything.entries}
