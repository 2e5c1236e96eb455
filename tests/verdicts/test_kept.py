"""What is kept of the verdicts says what deriving them from nothing says, whatever has happened."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from curate.project import Project
from curate.store import Store, sql
from curate.verdicts import verdicts
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[..., Path]
WORDS = ("red", "green", "blue", "small", "large", "old", "new", "fast", "slow")
TABLES = ("plan", "excluded", "passing", "duplicates", "heads", "verdicts", "suspects", "issues")


def rows(first: int, count: int, seed: int = 0) -> list[dict[str, Any]]:
    """Calls of a classifier with repeats, near-duplicates, contradictions and conversations."""
    rng = random.Random(seed)
    made = []
    for n in range(first, first + count):
        words = rng.choices(WORDS, k=6)
        made.append(
            {
                "id": f"r{n}",
                "prompt": " ".join(["please tell me about the", *words, "thing that I have"]),
                "response": f"Answer {rng.randrange(5)}.",
                "label": rng.choice(["a", "b", "c"]),
                "rating": rng.choice([1, 3, 4, 5, 5]),
                "session_id": f"s{n // 3}",
            }
        )
    return made


@pytest.fixture
def project(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    made = new_project(tmp_path / "p", task="classification")
    made.pull([str(write_jsonl(tmp_path / "logs" / "a.jsonl", rows(0, 80)))])
    made.dedupe()
    return made


def names_of_kept(store: Store) -> list[str]:
    with verdicts.today(store) as today:
        return sorted(today.kept)


def tables(store: Store, *, derived: bool) -> dict[str, list[dict[str, Any]]]:
    """Returns what the verdicts say: as a command finds them, or derived from nothing."""
    with store.read() as con:
        today = verdicts.derive(store, con)
        if derived:
            settings = today.split, today.dedupe, today.filters
            con.execute("SET search_path = 'curate'")
            today = verdicts.from_nothing(store, con, *settings)
        found = {name: con.sql(f"FROM {name} ORDER BY ALL").to_arrow_table() for name in TABLES}
        found["numbers"] = pa.Table.from_pylist([today.plan.counts])
        return {name: table.to_pylist() for name, table in found.items()}


def agree(project: Project) -> None:
    """Checks that verdicts and status are what deriving them from nothing says."""
    store = Store(project.folder)
    assert tables(store, derived=False) == tables(store, derived=True)
    shown = project.status()
    hidden = project.store.kept
    away = hidden.rename(project.folder / "away") if hidden.exists() else None
    assert project.status() == shown
    if away:
        away.rename(hidden)


def test_a_command_that_derives_verdicts_leaves_them_and_one_that_looks_leaves_nothing(
    project: Project,
) -> None:
    assert names_of_kept(project.store) == ["key", "plan", "status", "status_of"]
    agree(project)
    project.store.kept.unlink()
    before = sorted(file.name for file in project.folder.iterdir())
    project.status()
    project.versions()
    with verdicts.today(project.store) as today:
        assert not today.kept
    assert sorted(file.name for file in project.folder.iterdir()) == before


def test_what_is_kept_is_outside_the_state(project: Project) -> None:
    before = project.store.state_digest()
    project.store.kept.unlink()
    assert project.store.state_digest() == before


def change_nothing(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.dedupe()


def pull_more(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.pull([str(write(folder / "logs" / "b.jsonl", rows(80, 20, seed=1)))])


def rate_otherwise(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.pull(
        [str(write(folder / "logs" / "a.jsonl", [{**r, "rating": 1} for r in rows(0, 80)]))]
    )


def filter_harder(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.filter({"min_rating": 5})


def dedupe_harder(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.dedupe(near=0.5)


def export(project: Project, folder: Path, write: WriteJsonl) -> None:
    project.export("set")


def edit_the_split(project: Project, folder: Path, write: WriteJsonl) -> None:
    with (project.folder / "curate.toml").open("a", encoding="utf-8") as file:
        file.write("\n[export]\ntest_size = 0.4\n")


def add_a_rule(project: Project, folder: Path, write: WriteJsonl) -> None:
    own = project.folder / "sql" / "filters"
    own.mkdir(parents=True)
    (own / "odd.sql").write_text(
        "-- Drops answers of one kind.\n-- when: live\n"
        "SELECT example_id, 'odd' AS reason, NULL AS score FROM candidates\n"
        "WHERE response = 'Answer 1.'\n"
    )


CHANGES = [change_nothing, pull_more, rate_otherwise, filter_harder, dedupe_harder, export,
           edit_the_split, add_a_rule]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_after_a_change_nothing_old_is_shown(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl, change: Callable[..., None]
) -> None:
    change(project, tmp_path, write_jsonl)
    agree(Project(project.folder))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_after_any_changes_nothing_old_is_shown(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl, seed: int
) -> None:
    order = [*CHANGES, change_nothing, export]
    random.Random(seed).shuffle(order)
    for change in order:
        change(Project(project.folder), tmp_path, write_jsonl)
        agree(Project(project.folder))


def test_a_rule_that_asks_for_the_time_is_asked_each_time(project: Project) -> None:
    project.filter(where="created_at IS NULL OR created_at < now()")
    project.dedupe(near=0.7)
    with verdicts.today(project.store) as today:
        assert not today.kept
    project.filter(where="label <> 'now and then'")
    agree(Project(project.folder))


def test_a_killed_run_leaves_nothing_that_is_believed(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    with pytest.raises(KeyboardInterrupt), project.store.run("pull") as run:
        run.changed = True
        with project.store.write() as con:
            con.execute("UPDATE calls SET label = 'c'")
        raise KeyboardInterrupt
    agree(Project(project.folder))
    with verdicts.today(project.store) as today:
        assert not today.kept


@pytest.mark.parametrize("harm", ["empty", "cut", "text"])
def test_a_damaged_file_is_none(project: Project, harm: str) -> None:
    shown = project.status()
    file = project.store.kept
    content = {"empty": b"", "cut": file.read_bytes()[:20_000], "text": b"verdicts" * 999}[harm]
    file.write_bytes(content)
    assert Project(project.folder).status() == shown
    project.dedupe(near=0.7)
    agree(Project(project.folder))


def test_a_disk_that_is_full_keeps_nothing_and_harms_nothing(project: Project) -> None:
    (project.folder / "curate.verdicts.new").mkdir()  # nobody can write to a folder
    project.dedupe(near=0.7)
    agree(Project(project.folder))
    shutil.rmtree(project.folder / "curate.verdicts.new")


def test_postponed_runs_are_published_and_kept_when_they_settle(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    later = Project(project.folder)
    later.store.postpones = True
    snapshot = project.store.snapshot.read_bytes()
    pull_more(later, tmp_path, write_jsonl)
    later.dedupe()
    assert project.store.snapshot.read_bytes() == snapshot
    assert Project(project.folder).status().interactions == 100
    later.store.settle()
    assert names_of_kept(Project(project.folder).store) == ["key", "plan", "status", "status_of"]
    agree(Project(project.folder))
    with project.store.read() as con:
        assert con.execute(sql("store/run_next")).fetchall()[0][0] > 1


def test_what_is_rewritten_to_be_forgotten_is_not_kept(project: Project) -> None:
    assert project.store.kept.exists()
    with project.store.run("forget") as run:
        run.changed = True
        project.store.rewrite()
    assert not project.store.kept.exists()
    agree(Project(project.folder))


def test_what_a_run_kept_before_its_end_goes_where_it_writes_on(project: Project) -> None:
    with project.store.run("pairs") as run:
        run.changed = True
        with verdicts.today(project.store, at_end=True) as today:
            assert not today.kept
        assert project.store.kept.exists()
        with project.store.write() as con:
            con.execute("UPDATE calls SET label = 'c'")
        assert not project.store.kept.exists()
    agree(Project(project.folder))


def test_what_a_killed_run_kept_holds_what_it_stored(project: Project) -> None:
    with pytest.raises(KeyboardInterrupt), project.store.run("pairs") as run:
        run.changed = True
        with project.store.write() as con:
            con.execute("UPDATE calls SET label = 'c'")
        with verdicts.today(project.store, at_end=True):
            pass
        raise KeyboardInterrupt
    agree(Project(project.folder))
    Project(project.folder).dedupe()
    agree(Project(project.folder))
