"""The split as people need it: users kept together, the newest held out, rare classes in train."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.check.unseen import with_step
from curate.errors import ConfigError
from curate.kernels.draws import RareClasses, newest
from curate.options import SplitSettings
from curate.store import Store
from curate.versions.verify import verify
from ledger import SplitProject, row
from program import Program

pytestmark = pytest.mark.store


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


@pytest.fixture
def project(tmp_path: Path) -> SplitProject:
    return SplitProject(tmp_path)


def calls_of_users(users: int, calls: int, prefix: str = "u") -> list[dict[str, Any]]:
    return [
        row(f"{prefix}{user}-{call}", user_id=f"{prefix}{user}@example.com")
        for user in range(users)
        for call in range(calls)
    ]


def sides_by_user(project: SplitProject) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for name, side in project.sides().items():
        found.setdefault(name.split("-")[0], set()).add(side)
    return found


def intact(store: Store) -> bool:
    return not any(checked.problems for checked in verify(store))


# -- users ---------------------------------------------------------------------------------------


def test_calls_of_one_user_stay_on_one_side_also_later_ones(
    project: SplitProject,
) -> None:
    project.pull(calls_of_users(30, 4))
    result = project.export(test_size=0.3, group="user")
    assert all(len(sides) == 1 for sides in sides_by_user(project).values())
    assert result.train and result.test and result.split["withheld_by_user"] == 0
    before = project.sides()
    project.pull([row(f"u{n}-late", user_id=f"u{n}@example.com") for n in range(30)])
    project.export(test_size=0.3)  # the group holds, though nobody names it
    assert all(len(sides) == 1 for sides in sides_by_user(project).values())
    assert before.items() <= project.sides().items()
    lineage = pq.read_table(result.folder / "lineage.parquet").to_pylist()
    assert all(line["group_key"].startswith("user:") for line in lineage)
    assert "example.com" not in str([line["group_key"] for line in lineage])
    assert intact(project.store)


def test_users_that_are_kept_together_late_move_nothing_and_withhold_train(
    project: SplitProject,
) -> None:
    project.pull(calls_of_users(20, 6))
    first = project.export(test_size=0.3)
    (found,) = first.unseen
    note = with_step(found)
    before, users = project.sides(), sides_by_user(project)
    across = {user for user, sides in users.items() if len(sides) == 2}
    crossing = {n for n, s in before.items() if n.split("-")[0] in across and s == "train"}
    assert across and f"{len(across)} of 20 users stand on both sides" in note
    assert f"{len(crossing)} train examples" in note and "--group user" in note
    second = project.export(test_size=0.3, group="user")
    assert project.sides() == before
    outcome = project.outcome(2)
    assert {n for n, fate in outcome.items() if fate == "leak"} == crossing
    assert not any(place["exposed"] for place in project.ledger().values())
    assert second.test == first.test and second.test_id == first.test_id
    assert second.split["withheld_by_user"] == len(crossing)
    assert second.unseen == ()
    third = project.export(test_size=0.3)
    assert not third.created
    assert any("--group user holds" in note for note in third.notes)
    assert intact(project.store)


def test_an_own_group_comes_before_the_user(project: SplitProject) -> None:
    rows = calls_of_users(10, 6)
    rows = [{**made, "team": f"team {n % 3}"} for n, made in enumerate(rows)]
    project.pull(rows, group="team")
    project.export(test_size=0.4, group="user")
    sides = project.sides()
    by_team = [{sides[made["id"]] for made in rows[n::3]} for n in range(3)]
    assert all(len(found) == 1 for found in by_team) and set.union(*by_team) == {"train", "test"}


# -- time ----------------------------------------------------------------------------------------


def dated(count: int, month: int, prefix: str) -> list[dict[str, Any]]:
    return [
        row(f"{prefix}{n}", created_at=f"2026-{month:02d}-{n // 24 + 1:02d}T{n % 24:02d}:00:00Z")
        for n in range(count)
    ]


def test_the_newest_of_the_new_examples_are_held_out(project: SplitProject) -> None:
    timeless = [row(f"t{n}", created_at=None) for n in range(8)]
    project.pull([*dated(100, 3, "a"), *timeless])
    first = project.export(split="time")
    held = {name for name, side in project.sides().items() if side == "test"}
    assert held == {f"a{n}" for n in range(90, 100)}
    assert first.split["untimed"] == 8 and first.split["newer_train"] == 0
    project.pull(dated(50, 4, "b"))
    second = project.export(split="time", test_size=0.2)
    held |= {f"b{n}" for n in range(40, 50)}
    assert {name for name, side in project.sides().items() if side == "test"} == held
    assert second.split["newer_train"] == 40 and second.split["untimed"] == 0
    card = (second.folder / "README.md").read_text(encoding="utf-8")
    assert "newer than the oldest test example: 40." in card
    said = json.loads((second.folder / "manifest.json").read_bytes())["split"]
    assert (said["split"], said["newer_train"]) == ("time", 40)


def test_a_split_by_time_without_any_time_says_what_to_type(project: SplitProject) -> None:
    project.pull([row(f"t{n}", created_at=None) for n in range(20)])
    refused = curate(project.folder, "export", "set", "--split", "time")
    assert refused.exit_code == 3 and "no new call has a time. Next: curate pull" in refused.stderr
    assert "--map created_at=COLUMN" in refused.stderr and "--min-test" not in refused.stderr


TIMED = st.lists(
    st.tuples(st.integers(1, 6), st.none() | st.integers(0, 20)), min_size=1, max_size=60
)


@settings(max_examples=150, deadline=None)
@given(TIMED, st.sampled_from([0.0, 0.1, 0.3, 0.9]), st.integers(0, 5))
def test_newest_takes_a_share_from_the_end(units, share: float, seed: int) -> None:
    ids = [f"unit{n}" for n in range(len(units))]
    sizes, times = [size for size, _ in units], [time for _, time in units]
    chosen = newest(ids, sizes, times, share=share, seed=seed)
    held = [times[n] for n in chosen]
    left = [time for n, time in enumerate(times) if n not in chosen and time is not None]
    assert None not in held
    assert not held or not left or min(held) >= max(left)
    wanted = share * sum(size for size, time in units if time is not None)
    assert abs(sum(sizes[n] for n in chosen) - wanted) <= max(sizes)


# -- rare classes ----------------------------------------------------------------------------------


def labelled(project: SplitProject) -> None:
    labels = ["billing", "refund"] * 40 + ["lone", "two", "two", "three", "three", "three"]
    project.pull([row(f"n{n}", label=label, rating=None) for n, label in enumerate(labels)])


@pytest.mark.parametrize("seed", range(4))
def test_the_only_example_of_a_class_is_in_train_and_of_two_one_is_in_test(
    tmp_path: Path, seed: int
) -> None:
    project = SplitProject(tmp_path, task="classification")
    labelled(project)
    result = project.export(seed=seed)
    sides = project.sides()
    assert sides["n80"] == "train"
    assert {sides["n81"], sides["n82"]} == {"train", "test"}
    assert {sides[f"n{n}"] for n in (83, 84, 85)} == {"train", "test"}
    assert 7 <= result.test <= 10
    assert [(u.code, u.labels) for u in result.unseen] == [("single_example", ({"lone": 1},))]
    project.pull([row("again", label="lone", rating=None)])
    assert project.export(seed=seed).unseen == ()


CLASSED = st.lists(
    st.tuples(st.integers(1, 3), st.frozensets(st.sampled_from("abcdefgh"), max_size=2)),
    min_size=1,
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(CLASSED, st.data(), st.integers(0, 5))
def test_rare_classes_are_in_train_and_test_keeps_its_size(units, data, seed: int) -> None:
    sizes, classes = [size for size, _ in units], [names for _, names in units]
    ids = [f"unit{n}" for n in range(len(units))]
    chosen = data.draw(st.sets(st.sampled_from(range(len(units)))))
    none: Counter[str] = Counter()
    held = set(RareClasses(ids, sizes, classes, (none, none), seed).settle(chosen))
    train = {name for n, names in enumerate(classes) if n not in held for name in names}
    assert train == {name for names in classes for name in names}
    size, before = sum(sizes[n] for n in held), sum(sizes[n] for n in chosen)
    assert size <= before
    if not chosen:
        assert not held


# -- what is refused -------------------------------------------------------------------------------


def test_unknown_kinds_are_refused() -> None:
    for wrong in ({"group": "team"}, {"split": "newest"}):
        with pytest.raises(ConfigError, match="expected"):
            SplitSettings(**wrong)


def test_options_of_the_command_line_and_the_configuration(
    project: SplitProject,
) -> None:
    project.pull(calls_of_users(10, 4))
    (project.folder / "curate.toml").write_text('[export]\ngroup = "user"\nsplit = "time"\n')
    done = curate(project.folder, "export", "set", "--json", "--test-size", "0.3")
    said = json.loads(done.stdout)
    assert (said["split"]["group"], said["split"]["split"]) == ("user", "time")
    refused = curate(project.folder, "export", "set", "--group", "team")
    assert refused.exit_code == 2 and "'none', 'user'" in refused.stderr
