"""`curate heldout import --evict`: an evaluation set that comes late; train gives way to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.versions.diff import diff
from curate.versions.verify import verify
from curate.why import why
from ledger import SplitProject, many, row, step, text
from program import Program

pytestmark = pytest.mark.store


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path) -> SplitProject:
    made = SplitProject(tmp_path)
    made.pull([*many(40), row("far", step("far", 0))])
    made.export(test_size=0.0)
    return made


def golden(*queries: str) -> list[dict[str, Any]]:
    return [{"id": f"g{n}", "query": query, "response": "gold"} for n, query in enumerate(queries)]


def problems(project: SplitProject) -> list[str]:
    return [problem for checked in verify(project.store) for problem in checked.problems]


def test_exported_train_rows_go_and_the_test_rows_stay(project: SplitProject) -> None:
    project.heldout(golden(text("n7").upper(), text("golden")), evict=True)
    result = project.export(test_size=0.0)
    outcome, places = project.outcome(2), project.ledger()
    assert (outcome["g0"], outcome["g1"], outcome["n7"]) == ("test", "test", "leak")
    assert (places["g0"]["origin"], places["g1"]["origin"]) == ("evict", "heldout")
    assert not places["g0"]["exposed"] and "n7" in project.sides()
    assert (result.split["evicting"], result.split["evicted"], result.split["exposed"]) == (1, 1, 0)
    assert diff(project.store, "set@1", "set@2").train.removed == (("leak", 1),)
    first, second = verify(project.store)
    assert not problems(project) and not second.notes
    (note,) = first.notes
    assert "1 test example of set@2 measure" in note
    (split,) = why(project.store, "g0")["split"]
    assert (split["origin"], split["since_version"]) == ("evict", "set@2")
    assert json.loads(split["evidence"])["kind"] == "same input"
    # It is for good: nothing of this changes at later exports, and no copy gets in.
    project.pull([row("copy", text("n7") + " please"), *many(3, "more")])
    third = project.export(test_size=0.0)
    assert (third.split["evicting"], third.split["evicted"]) == (0, 1)
    outcome = project.outcome(3)
    assert (outcome["g0"], outcome["n7"], outcome["copy"]) == ("test", "leak", "quarantined")
    assert not problems(project)
    assert not project.export(test_size=0.0).created


def test_without_it_the_row_is_exposed_and_with_it_comes_back(project: SplitProject) -> None:
    project.heldout(golden(text("n7")))
    project.export(test_size=0.0)
    assert project.ledger()["g0"]["exposed"]
    project.heldout(golden(text("n7")), evict=True)
    result = project.export(test_size=0.0)
    outcome = project.outcome(2)
    assert (outcome["g0"], outcome["n7"]) == ("test", "leak")
    place = project.ledger()["g0"]
    assert (place["exposed"], place["origin"]) == (False, "evict")
    assert result.split["evicting"] == 1
    assert [len(checked.notes) for checked in verify(project.store)] == [1, 0]
    assert not problems(project)


def test_a_stricter_threshold_moves_the_version_from_which_it_measures(
    project: SplitProject,
) -> None:
    project.heldout(golden(step("far", 2), text("n7")), evict=True)
    project.export(test_size=0.0)
    assert project.outcome(2)["far"] == "train"
    project.export(test_size=0.0, leak_threshold=0.6)
    outcome = project.outcome(3)
    assert (outcome["g0"], outcome["g1"], outcome["far"]) == ("test", "test", "leak")
    with project.store.read() as con:
        since = dict(
            con.sql(
                "SELECT source_id, since_version FROM split_ledger "
                "JOIN interactions ON interaction_id = example_id WHERE origin = 'evict'"
            ).fetchall()
        )
    assert since == {"g0": "set@3", "g1": "set@2"}
    assert [len(checked.notes) for checked in verify(project.store)] == [2, 1, 0]
    assert not problems(project)


@pytest.mark.slow
@settings(max_examples=6, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.sets(st.integers(0, 19), max_size=4)), max_size=3),
    st.integers(0, 3),
)
def test_nothing_leaks_and_no_side_moves(
    tmp_path_factory: pytest.TempPathFactory, sets: list[tuple[bool, set[int]]], seed: int
) -> None:
    project = SplitProject(tmp_path_factory.mktemp("p"))
    project.pull(many(20))
    project.export(test_size=0.2, seed=seed)
    before, evicted = project.sides(), set[str]()
    for number, (evict, copied) in enumerate(sets):
        rows = [
            {"id": f"s{number}-{n}", "query": text(f"n{n}"), "response": "gold"} for n in copied
        ]
        rows.append({"id": f"s{number}", "query": text(f"set {number}"), "response": "gold"})
        project.heldout(rows, evict=evict)
        result = project.export(test_size=0.2, seed=seed)
        outcome = project.outcome(result.version)
        evicted |= {f"n{n}" for n in copied if evict and before[f"n{n}"] == "train"}
        assert all(outcome[name] == "leak" for name in evicted)
        if evict:
            assert all(outcome[f"s{number}-{n}"] in ("test", "duplicate") for n in copied)
        assert before.items() <= project.sides().items()
        before = project.sides()
        assert not problems(project)


def test_the_command_says_what_goes_and_exits_with_0(project: SplitProject) -> None:
    path = project.folder / "golden.jsonl"
    body = "".join(json.dumps(line) + "\n" for line in golden(text("n7")))
    path.write_text(body, encoding="utf-8")
    done = curate(project.folder, "heldout", "import", str(path), "--evict")
    assert done.exit_code == 0, done.output
    again = curate(project.folder, "export", "set", "--test-size", "0")
    assert again.exit_code == 0 and "1 of these evicted" in again.stdout
    assert "late evaluation set: 1 test example" in again.stdout
    shown = curate(project.folder, "verify", "set@1")
    assert shown.exit_code == 0 and "note: late evaluation set" in shown.stdout
    said = json.loads(curate(project.folder, "verify", "set@1", "--json").stdout)
    assert "late evaluation set" in str(said)
    story = curate(project.folder, "why", "g0").stdout
    assert "test since set@2 (evict), measures models trained from then on" in story
