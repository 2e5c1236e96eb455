"""Logs of the kinds that people have, whose texts are alike or not: what a person sees is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate.project import Project
from program import Program

pytestmark = pytest.mark.slow


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., str]:
    def run_command(*arguments: str, exit_code: int = 0) -> str:
        result = CliRunner().invoke(Program(), ["-C", str(tmp_path / "p"), *arguments])
        assert result.exit_code == exit_code, result.output
        return result.output

    return run_command


@pytest.fixture
def case(tmp_path: Path, shared_cases: Path, run: Callable[..., str]) -> Callable[[str], Project]:
    def pull_case(name: str, log: str = "logs.jsonl") -> Project:
        (folder,) = shared_cases.glob(f"path/{name}-*")
        shutil.copy(folder / log, tmp_path / "logs.jsonl")
        run("init")
        run("pull", str(tmp_path / "logs.jsonl"))
        return Project(tmp_path / "p")

    return pull_case


def droppable(project: Project) -> set[tuple[str, str]]:
    """Pairs of rows, by their ids in the log, that deduplication may drop one of."""
    query = """
        SELECT least(a.source_id, b.source_id), greatest(a.source_id, b.source_id)
        FROM (SELECT a, b, difference FROM input_pairs
              UNION ALL SELECT a, b, difference FROM semantic_pairs WHERE similarity >= 0.9) p
        JOIN example_inputs l ON l.input_hash = p.a
        JOIN example_inputs r ON r.input_hash = p.b
        JOIN interactions a ON a.interaction_id = l.example_id
        JOIN interactions b ON b.interaction_id = r.example_id
        WHERE p.difference IS NULL
    """
    with project.store.read() as con:
        return set(con.execute(query).fetchall())


def inputs_of(project: Project) -> dict[str, str]:
    query = """SELECT source_id, input_hash FROM example_inputs
               JOIN interactions ON interaction_id = example_id"""
    with project.store.read() as con:
        return dict(con.execute(query).fetchall())


def reasons(project: Project) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in inputs_of(project):
        found[name] = [reason["reason"] for reason in project.why(name)["reasons"]]
    return found


def test_the_slot_of_a_template_tells_requests_apart(case: Any, run: Any) -> None:
    project = case("01")
    run("run")
    assert droppable(project) == set()
    assert inputs_of(project)["k1"] == inputs_of(project)["k2"]


def test_contraries_stay_apart_whatever_the_apostrophe(case: Any, run: Any) -> None:
    project = case("02")
    run("run")
    assert droppable(project) == set()


def test_symbols_tell_requests_apart(case: Any, run: Any) -> None:
    project = case("03")
    run("run")
    assert droppable(project) == set()
    with project.store.read() as con:
        assert con.execute("SELECT count(*) FROM input_pairs").fetchall() == [(0,)]


def test_texts_without_spaces_are_compared(case: Any, run: Any) -> None:
    project = case("04")
    run("filter")
    run("dedupe", "--semantic", "off")
    pairs = {(f"{n}a", f"{n}b") for n in (0, 1, 2, 6)}
    with project.store.read() as con:
        near = con.execute(
            """SELECT least(a.source_id, b.source_id), greatest(a.source_id, b.source_id)
               FROM input_pairs p
               JOIN example_inputs l ON l.input_hash = p.a
               JOIN example_inputs r ON r.input_hash = p.b
               JOIN interactions a ON a.interaction_id = l.example_id
               JOIN interactions b ON b.interaction_id = r.example_id"""
        ).fetchall()
    assert set(near) == pairs
    run("export", "zh", "--test-size", "0.5", "--min-test", "0")
    assert "no leak" in run("verify")


def test_what_nobody_sees_makes_no_other_text(case: Any, run: Any) -> None:
    project = case("06")
    project.filter()
    by_pair: dict[str, set[str]] = {}
    for name, digest in inputs_of(project).items():
        by_pair.setdefault(name.rpartition("-")[0], set()).add(digest)
    kinds = ("s0", "s1", "s2", "s3", "s4", "s5", "l2", "l4")
    seen = {pair[:2] for pair, digests in by_pair.items() if len(digests) == 1}
    assert seen >= set(kinds)
    run("dedupe", "--semantic", "off")
    assert ("l3quotes-a", "l3quotes-b") in droppable(project)


def test_the_beginning_of_a_long_text_is_not_the_whole(case: Any, run: Any) -> None:
    project = case("07")
    run("run")
    assert droppable(project) == set()
    assert not any(reasons(project).values())


def test_minimal_pairs_stay_apart_and_rewordings_do_not(case: Any, run: Any) -> None:
    project = case("07b")
    run("filter")
    run("embed")
    run("dedupe")
    pairs = {a.removesuffix("a") for a, _ in droppable(project)}
    assert pairs == {f"TRUE paraphrase/{n}" for n in (0, 2, 4)}


@pytest.mark.parametrize(("log", "copies", "tested"), [("logs", 3, 8), ("two", 1, 4)])
def test_requests_behind_long_templates_stay_apart(
    case: Any, run: Any, log: str, copies: int, tested: int
) -> None:
    project = case("05", f"{log}.jsonl")
    assert "templates left out of comparisons: " in run(
        "pull", str(project.folder.parent / "logs.jsonl")
    )
    run("run")
    dropped = {name: why for name, why in reasons(project).items() if why}
    assert list(dropped.values()) == [["duplicate"]] * copies
    assert {name[:2] for name in dropped} == {f"t{n}" for n in range(copies)}
    exported = run("export", "t", "--test-size", "0.2")
    assert "withheld 0," in exported
    lines = [json.loads(line) for line in (project.folder / "datasets/t/v1/test.jsonl").open()]
    assert len(lines) == tested
    assert len({line["prompt"][-1]["content"][:40] for line in lines}) >= 2
