"""Which commands leave inputs that the next one need not compare with the examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.inputs import inputs
from curate.project import Project
from curate.store import sql
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


@pytest.fixture
def project(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    made = new_project(tmp_path / "p")
    rows = [{"id": f"r{n}", "prompt": f"where is parcel {n}", "response": "Ok."} for n in range(9)]
    made.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    return made


def is_current(project: Project) -> bool:
    """Returns what the next command is told, and checks that it is true where it is yes."""
    with project.store.read_database() as con:
        current = inputs.are_current(con)
        assert not (current and con.execute(sql("inputs/stale")).fetchall())
    return current


def change_text(project: Project) -> None:
    with project.store.run("other"), project.store.write() as con:
        con.execute("UPDATE calls SET row_hash = 'x' || row_hash WHERE source_id = 'r3'")


def test_after_a_pull_and_the_stages_nothing_is_compared(project: Project) -> None:
    assert is_current(project)
    project.filter()
    assert is_current(project)
    project.dedupe()
    assert is_current(project)


@pytest.mark.parametrize("then", ["filter", "status"])
def test_what_another_command_changed_is_brought_up_to_date(project: Project, then: str) -> None:
    change_text(project)
    getattr(project, then)()
    assert not is_current(project)
    project.dedupe()
    assert is_current(project)


def test_a_killed_command_and_another_version_leave_it_open(project: Project) -> None:
    with pytest.raises(KeyboardInterrupt), project.store.run("pull"):
        raise KeyboardInterrupt
    assert not is_current(project)
    project.dedupe()
    assert is_current(project)
    with project.store.run("filter"), project.store.write() as con:
        con.execute("UPDATE runs SET curate_version = '0.0.1'")
    assert not is_current(project)


def test_another_meaning_of_the_answer_is_brought_up_to_date(
    project: Project, tmp_path: Path
) -> None:
    toml = project.folder / "curate.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace('task = "sft"', 'task = "preference"'), encoding="utf-8")
    changed = Project(project.folder)
    changed.dedupe()
    assert is_current(changed)
