"""The split: who is drawn, what stays together, and small cases of the rules with their answers.

The same rules over a growing project, against an oracle, are in test_growth.py.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.errors import ConfigError
from curate.export.export import export
from curate.export.options import ExportResult, ExportSettings
from curate.kernels.draws import stratified
from curate.split import SplitSettings
from curate.versions.diff import diff
from curate.why import why
from ledger import TENTH, SplitProject, lines, many, row, step, text

pytestmark = pytest.mark.store


@pytest.fixture
def project(tmp_path: Path) -> SplitProject:
    return SplitProject(tmp_path)


# -- draw ----------------------------------------------------------------------------------------

UNITS = st.lists(
    st.tuples(st.integers(1, 30), st.sampled_from("abc"), st.sampled_from(["2026-01", "2026-02"])),
    min_size=1,
    max_size=200,
)
SPLITS = st.builds(
    SplitSettings, st.sampled_from([0.0, 0.01, 0.1, 0.2, 0.5, 0.9]), st.just(0.8), st.integers(0, 9)
)


def drawn(units: list[tuple[int, str, str]], asked: SplitSettings, order: list[int]) -> set[str]:
    names = [f"unit{n:03d}" for n in order]
    sizes, strata = [units[n][0] for n in order], [units[n][1:] for n in order]
    share = asked.test_size
    return {
        names[place] for place in stratified(names, sizes, strata, share=share, seed=asked.seed)
    }


@settings(max_examples=150, deadline=None)
@given(UNITS, SPLITS)
def test_draw_holds_out_close_to_the_share_that_was_asked_for(units, asked: SplitSettings) -> None:
    chosen = drawn(units, asked, list(range(len(units))))
    sizes = [size for size, _, _ in units]
    held = sum(size for n, size in enumerate(sizes) if f"unit{n:03d}" in chosen)
    assert abs(held - asked.test_size * sum(sizes)) <= 2 * max(sizes)
    if asked.test_size == 0:
        assert chosen == set()


@settings(max_examples=100, deadline=None)
@given(UNITS, SPLITS, st.randoms(use_true_random=False))
def test_draw_does_not_depend_on_the_order_of_units(units, asked: SplitSettings, mixed) -> None:
    order = mixed.sample(range(len(units)), len(units))
    assert drawn(units, asked, order) == drawn(units, asked, list(range(len(units))))


@settings(max_examples=100, deadline=None)
@given(UNITS, SPLITS)
def test_draw_spreads_units_of_one_size_over_the_strata(units, asked: SplitSettings) -> None:
    units = [(1, label, month) for _, label, month in units]
    chosen = drawn(units, asked, list(range(len(units))))
    for stratum in {unit[1:] for unit in units}:
        names = {f"unit{n:03d}" for n, unit in enumerate(units) if unit[1:] == stratum}
        share = len(names) * len(chosen) / len(units)
        assert abs(len(names & chosen) - share) <= 1


def test_draw_depends_on_the_seed() -> None:
    units, order = [(1, "a", "2026-01")] * 100, list(range(100))
    sets = [drawn(units, SplitSettings(0.1, seed=seed), order) for seed in range(5)]
    assert {len(chosen) for chosen in sets} == {10}
    assert len({frozenset(chosen) for chosen in sets}) == 5


def test_draw_over_many_exports_of_one_unit_each_holds_out_the_share() -> None:
    held = [stratified([f"example{n}"], [1], [("", "")], share=0.1, seed=0) for n in range(200)]
    assert 10 <= sum(map(len, held)) <= 30


def test_draw_of_large_and_small_units_holds_out_both_kinds() -> None:
    units = [(40, "a", "2026-01")] * 20 + [(1, "a", "2026-01")] * 800
    chosen = drawn(units, TENTH, list(range(820)))
    large = {f"unit{n:03d}" for n in range(20)}
    assert 1 <= len(chosen & large) <= 3
    assert 80 <= 40 * len(chosen & large) + len(chosen - large) - 80 <= 84


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"test_size": 1.0}, "test size 1.0"),
        ({"test_size": -0.1}, "test size -0.1"),
        ({"leak_threshold": 0.05}, "leak threshold 0.05"),
        ({"leak_threshold": 1.5}, "leak threshold 1.5"),
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        SplitSettings(**wrong)


# -- units ---------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_text_that_many_share_makes_no_giant_unit_and_withholds_what_crosses(
    project: SplitProject,
) -> None:
    crowd = [row(f"crowd{n}", "hello there", response=f"hello number {n}") for n in range(90)]
    project.pull([*crowd, *many(110)])
    result = project.export()
    places = project.ledger()
    units = Counter(place["unit"] for place in places.values())
    assert result.split["cap"] == 20
    assert max(units.values()) == result.split["largest_unit"] == 20
    held = [r["id"] for r in crowd if places[r["id"]]["side"] == "test"]
    kept = [r["id"] for r in crowd if places[r["id"]]["side"] == "train"]
    assert len(kept) + len(held) == 90 and held
    outcome = project.outcome(1)
    assert {outcome[name] for name in kept} == {"leak"}
    assert {outcome[name] for name in held} == {"test"}


@pytest.mark.slow
def test_conversations_and_groups_stay_together_past_the_cap(project: SplitProject) -> None:
    rows = [row(f"s{number}", session_id=f"talk {number % 6}") for number in range(180)]
    rows += [row(f"g{number}", customer=f"group {number % 6}") for number in range(180)]
    project.pull([*rows, *many(60)], group="customer")
    project.export(test_size=0.3)
    sides = project.sides()
    found = [
        {sides[f"{kind}{number}"] for number in range(group, 180, 6)}
        for kind in "sg"
        for group in range(6)
    ]
    assert all(len(one) == 1 for one in found)
    assert set.union(*found) == {"train", "test"}


def calls(turns: int, name: str = "call") -> list[dict[str, Any]]:
    """One conversation, logged as one call per answer with the full history and no session id."""
    history: list[dict[str, str]] = []
    rows = []
    for number in range(turns):
        history.append({"role": "user", "content": text(f"{name} turn {number}")})
        answer = {"role": "assistant", "content": f"{name} answer {number}"}
        rows.append({**row(f"{name}{number}"), "messages": [*history], "query": None})
        rows[-1]["response"] = answer["content"]
        history.append(answer)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize("test_size", [0.0, 0.9])
def test_a_conversation_of_full_history_calls_is_one_unit_and_each_answer_is_trained_once(
    project: SplitProject, test_size: float
) -> None:
    rows = calls(20)
    project.pull([*rows, *many(20)])
    result = project.export(test_size=test_size)
    places = project.ledger()
    assert len({places[r["id"]]["unit"] for r in rows}) == 1
    (side,) = {places[r["id"]]["side"] for r in rows}
    assert side == ("test" if test_size else "train")
    written = [line for line in lines(result, side) if len(line["prompt"]) % 2 == 1]
    answers = [line["completion"] for line in written]
    for made in rows:
        expected = [{"role": "assistant", "content": made["response"]}]
        assert answers.count(expected) == 1
        line = written[answers.index(expected)]
        assert line["prompt"] == made["messages"]


@pytest.mark.slow
def test_calls_of_a_conversation_that_arrive_later_join_its_side(project: SplitProject) -> None:
    first = [slice(0, 10), slice(10, 20), slice(0, 20, 2), slice(5, 6)]
    talks = [calls(20, f"talk{number}-") for number in range(8)]
    early = [r for n, talk in enumerate(talks) for r in talk[first[n % 4]]]
    project.pull([*early, *many(30, "a")])
    project.export(test_size=0.5)
    project.pull([*(r for talk in talks for r in talk if r not in early), *many(30, "b")])
    project.export(test_size=0.5)
    sides = project.sides()
    found = [{sides[r["id"]] for r in talk} for talk in talks]
    assert all(len(one) == 1 for one in found)
    assert set.union(*found) == {"train", "test"}


# -- rule 1 by hand ------------------------------------------------------------------------------


CHAINS = {
    # new steps between the trained step 0 and the held-out step 4 -> fate of each in version 2
    "one beside train": {1: "train"},
    "one beside test": {3: "test"},
    "two of which one meets train": {1: "train", 2: "train"},
    "the middle one alone meets neither": {2: "drawn"},
    "where the sides meet": {1: "train", 2: "quarantined", 3: "test"},
    "neighbours of one conversation": {1: "leak", 3: "test"},
}


@pytest.mark.slow
def test_rule_1_new_units_follow_what_they_touch(project: SplitProject) -> None:
    pins, new = [], []
    for case, fates in CHAINS.items():
        pins.append(row(f"{case} 0", step(case, 0), split="train"))
        pins.append(row(f"{case} 4", step(case, 4), split="test"))
        talk = case if "conversation" in case else None
        new += [row(f"{case} {n}", step(case, n), split=None, session_id=talk) for n in fates]
    project.pull(pins, split="split")
    project.export()
    assert project.sides() == {r["id"]: r["split"] for r in pins}
    project.pull(new)
    project.export()
    places, outcome = project.ledger(), project.outcome(2)
    for case, fates in CHAINS.items():
        for number, fate in fates.items():
            place = places[f"{case} {number}"]
            if fate == "drawn":
                assert place["origin"] == "new"
            else:
                assert place["origin"] == "edge" and outcome[f"{case} {number}"] == fate
    assert places["neighbours of one conversation 1"]["side"] == "train"
    with project.store.read() as con:
        ids = dict(con.sql("SELECT interaction_id, source_id FROM interactions").fetchall())
    evidence = json.loads(places["where the sides meet 2"]["evidence"])
    assert {side: ids[example] for side, example in evidence.items()} == {
        "train": "where the sides meet 1",
        "test": "where the sides meet 3",
    }


# -- sides that are given ------------------------------------------------------------------------


def test_a_split_column_gives_the_sides_and_leaks_across_it_withhold_train(
    project: SplitProject,
) -> None:
    parts = ["train", "train", "train", "test", "validation", None]
    rows = [row(f"p{n}", subset=parts[n % 6], rating=None) for n in range(60)]
    rows += [
        row("crossing", rows[3]["query"].upper(), subset="train", rating=None),
        row("beside", rows[4]["query"] + " more", subset=None),
    ]
    project.pull(rows, split="subset")
    project.export()
    places, outcome = project.ledger(), project.outcome(1)
    expected = {"train": "train", "test": "test", "validation": "test"}
    for r in rows[:60]:
        if r["subset"]:
            assert places[r["id"]]["side"] == outcome[r["id"]] == expected[r["subset"]]
            assert places[r["id"]]["origin"] == "given"
        else:
            assert places[r["id"]]["origin"] == "new" and outcome[r["id"]] == "unrated"
    assert (places["crossing"]["side"], outcome["crossing"]) == ("train", "leak")
    assert (places["beside"]["side"], places["beside"]["origin"]) == ("test", "edge")


@pytest.mark.slow
def test_an_imported_evaluation_set_is_held_out_and_never_trained_on(project: SplitProject) -> None:
    project.pull(many(60))
    project.export(test_size=0.0)
    project.pull([row("twin", text("golden 1") + " please"), row("later", text("golden 9"))])
    golden = [{"id": f"e{n}", "query": text(f"golden {n}"), "response": "gold"} for n in range(5)]
    golden.append({"id": "known", "query": text("n7").upper(), "response": "gold"})
    project.heldout(golden)
    project.export(test_size=0.0)
    places, outcome = project.ledger(), project.outcome(2)
    for number in range(5):
        place = places[f"e{number}"]
        assert (place["side"], place["origin"], place["exposed"]) == ("test", "heldout", False)
        assert outcome[f"e{number}"] == "test"
    # n7 was trained on before the set arrived, so that question measures nothing.
    assert places["known"]["exposed"] and outcome["known"] == "exposed"
    assert outcome["n7"] == "train"
    assert outcome["twin"] == "test" and outcome["later"] == "train"


@pytest.mark.slow
def test_a_split_column_that_comes_later_moves_nothing(project: SplitProject) -> None:
    rows = many(40)
    project.pull(rows)
    project.export()
    before = project.ledger()
    flipped = {"train": "test", "test": "train"}
    project.pull(
        [{**r, "split": flipped[before[r["id"]]["side"]]} for r in rows],
        split="split",
    )
    project.export()
    assert project.ledger() == before


# -- the ledger is one per project, and only an export writes it -----------------------------------


@pytest.mark.slow
def test_a_dry_run_gives_no_sides_and_a_second_export_changes_nothing(
    project: SplitProject,
) -> None:
    project.pull(many(60))
    asked = ExportSettings(split=TENTH, min_test=0)
    planned = export(project.store, "set", settings=asked, dry_run=True)
    assert project.ledger() == {} and not planned.folder.exists()
    first = project.export()
    state = project.store.state_digest()
    second = project.export()
    assert (first.created, second.created) == (True, False)
    assert (planned.train, planned.test) == (first.train, first.test)
    assert first.content_id == second.content_id and planned.version == second.version == 1
    assert project.store.state_digest() == state


@pytest.mark.slow
def test_all_datasets_of_a_project_share_its_ledger(project: SplitProject) -> None:
    project.pull(many(60))
    project.export("one", limit=5)
    before = project.ledger()
    result = project.export("two", test_size=0.5, seed=3)
    assert project.ledger() == before
    assert result.split["drawn"] == 0


@pytest.mark.slow
def test_a_row_that_any_dataset_trained_on_exposes_what_it_leaks(project: SplitProject) -> None:
    project.pull([row("a", step("far", 0), split="train"), row("b", step("far", 2), split="test")])
    project.export("one")
    result = project.export("two", leak_threshold=0.6)
    assert result.split["exposed"] == 1
    assert project.outcome(1, "two") == {"a": "train", "b": "exposed"}


# -- rule 7: what was published stays held out -----------------------------------------------------


def published(project: SplitProject) -> ExportResult:
    """Version 1 shows b; a stricter threshold then exposes it, and nothing else holds its copy."""
    project.pull(
        [
            row("a", step("far", 0), split="train"),
            row("b", step("far", 2), split="test"),
            row("copy", step("far", 2).upper(), split="train"),
            *(row(f"n{n}", split="test") for n in range(3)),
        ],
        split="split",
    )
    first = project.export()
    assert project.outcome(1)["copy"] == "leak" and project.outcome(1)["b"] == "test"
    return first


def test_rule_7_the_copy_of_a_published_row_that_is_exposed_stays_out_of_train(
    project: SplitProject,
) -> None:
    published(project)
    project.pull([{**row("late", step("far", 2) + " indeed"), "split": None}])
    result = project.export(leak_threshold=0.6)
    assert project.ledger()["b"]["exposed"]
    outcome = project.outcome(2)
    # a stays: version 1 trained on it, which is why b is exposed.
    assert (outcome["a"], outcome["b"], outcome["copy"]) == ("train", "exposed", "published_leak")
    assert outcome["late"] in ("published_leak", "quarantined")
    assert result.split["published"] == 1 + (outcome["late"] == "published_leak")
    (reason,) = why(project.store, "copy")["reasons"]
    assert reason["reason"] == "published_leak"
    assert reason["evidence"].endswith(", in an exported test file")
    again = project.export(test_size=0.0, leak_threshold=0.6)
    assert not again.created


def test_rule_7_diff_names_it(project: SplitProject) -> None:
    published(project)
    project.export(leak_threshold=0.6)
    project.pull([{**row("a", step("far", 2)), "split": "train"}])
    project.export()
    moved = diff(project.store, "set@2", "set@3")
    assert moved.train.removed == (("published_leak", 1),)


def test_rule_7_ends_with_the_version_that_shows_the_row(project: SplitProject) -> None:
    published(project)
    project.export(leak_threshold=0.6)
    with project.store.write() as con:  # what withdrawing versions leaves behind
        con.execute("DELETE FROM version_examples WHERE version = 1")
        con.execute("DELETE FROM versions WHERE version = 1")
    project.pull(many(2, "more"))
    project.export(leak_threshold=0.6, test_size=0.0)
    assert project.outcome(3)["copy"] == "train"


# -- what is learned later -------------------------------------------------------------------------


@pytest.mark.slow
def test_rule_5_a_conversation_or_group_that_becomes_known_later_exposes_held_out_rows(
    project: SplitProject,
) -> None:
    rows = [row("a", split="train"), *(row(name, split="test") for name in "bcd")]
    project.pull(rows, split="split")
    project.export()
    assert project.outcome(1) == {"a": "train", "b": "test", "c": "test", "d": "test"}
    talks = {"a": "talk", "b": "talk", "c": "other", "d": "third"}
    groups = {"a": "acme", "b": None, "c": "acme", "d": "other"}
    known = [{**r, "session_id": talks[r["id"]], "customer": groups[r["id"]]} for r in rows]
    project.pull(known, group="customer")
    project.export()
    assert project.outcome(2) == {"a": "train", "b": "exposed", "c": "exposed", "d": "test"}


@pytest.mark.slow
def test_rule_5_the_old_text_of_a_held_out_row_is_not_trained_on(project: SplitProject) -> None:
    rows = [row("a", split="train"), row("b", split="test")]
    project.pull(rows, split="split")
    project.export()
    project.pull([{**rows[1], "query": text("b, put in another way")}])
    project.pull([{**row("new", rows[1]["query"]), "split": None}])
    project.export(test_size=0.0)
    assert project.outcome(2) == {"a": "train", "b": "test", "new": "test"}


@pytest.mark.slow
def test_rule_3_a_corrected_label_is_in_the_next_version_only(tmp_path: Path) -> None:
    project = SplitProject(tmp_path, task="classification")
    labels = ["billing", "refund"]
    project.pull([row(f"n{n}", label=labels[n % 2], rating=None) for n in range(60)])
    first = project.export()
    body = (first.folder / "test.jsonl").read_bytes()
    name = next(n for n, fate in project.outcome(1).items() if fate == "test")
    project.feedback([{"request_id": name, "label": "complaint"}])
    second = project.export()
    changed = [line for line in lines(second, "test") if line not in lines(first, "test")]
    assert changed == [{"text": text(name), "label": "complaint"}]
    assert second.version == 2 and second.test_id != first.test_id
    assert (first.folder / "test.jsonl").read_bytes() == body


# -- reproducible ----------------------------------------------------------------------------------


def mixture() -> list[dict[str, Any]]:
    rows = calls(6)
    for n in range(200):
        made = row(f"n{n}", label="abc"[n % 3], created_at=f"2026-0{1 + n % 4}-28T23:30:00")
        made["session_id"] = f"s{n // 3}" if n % 5 == 0 else None
        if n % 6 == 0 and n:
            made["query"] = text(f"n{n - 1}") + f" again{n}"
        if n % 10 == 3:
            made["query"] = f"hello {n % 20}"
        rows.append(made)
    return rows


def data_files(result: ExportResult) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in result.folder.glob("*.jsonl")}


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterable[Callable[[str], None]]:
    def enter(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield enter
    monkeypatch.undo()
    time.tzset()


@pytest.mark.slow
def test_sides_and_files_depend_on_neither_row_order_threads_nor_time_zone(
    tmp_path: Path, zone: Callable[[str], None]
) -> None:
    zone("UTC")
    one = SplitProject(tmp_path / "one", threads=1)
    one.pull(mixture())
    first = one.export()
    zone("America/New_York")
    two = SplitProject(tmp_path / "two", threads=4)
    shuffled = random.Random(3).sample(mixture(), len(mixture()))
    two.pull(shuffled[:120])
    two.pull(shuffled[120:])
    second = two.export()
    assert one.ledger() == two.ledger()
    assert first.content_id == second.content_id and first.test_id == second.test_id
    assert data_files(first) == data_files(second)
    assert first.test > 5 and first.train > 100
