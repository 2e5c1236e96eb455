"""The facade that notebooks use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.export.options import ExportSettings
from curate.project import VERDICT_TABLES, Project
from curate.split import SplitSettings

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Project:
    folder = tmp_path_factory.mktemp("project")
    made = Project.init(folder / "p")
    rows = [
        {
            "id": str(n),
            "prompt": f"Question {n}?",
            "response": "Ok.",
            "rating": 1 + n % 5,
            "created_at": f"2026-01-{1 + n:02}",
        }
        for n in range(20)
    ]
    made.pull(str(write_jsonl(folder / "logs.jsonl", rows)))
    return made


@pytest.mark.slow
def test_the_whole_path_in_python(project: Project) -> None:
    assert project.filter({"min_rating": 3}).kept == 12
    assert project.dedupe().exact_dropped == 0
    exported = project.export("sup", ExportSettings(split=SplitSettings(test_size=0.3)))
    assert exported.train + exported.test == 12
    assert [v.label for v in project.versions()] == ["sup@1"]
    assert [v.problems for v in project.verify()] == [()]
    assert project.diff("sup@1", "sup@1").same_test
    assert project.status().latest == ("sup@1",)
    assert project.why("3")["source_id"] == "3"
    assert all(check.ok for check in project.doctor())


def test_everybodys_first_query_runs_as_written(project: Project) -> None:
    """From design.md 4."""
    with project.store.read() as con:
        rows = con.execute(
            "SELECT query, response, human_rating FROM ai_interactions WHERE human_rating >= 4 "
            "ORDER BY created_at DESC LIMIT 2000"
        ).fetchall()
    assert len(rows) == 8
    assert rows[0] == ("Question 19?", "Ok.", 5.0)
    frame = project.table("ai_interactions").to_pandas()
    assert len(frame) == 20


def test_tables_by_name(project: Project) -> None:
    for name in (*VERDICT_TABLES, "interactions", "examples", "ratings"):
        assert project.table(name).num_rows >= 0
    assert project.table("verdicts").num_rows == 20
    with pytest.raises(ConfigError, match="Did you mean 'interactions'"):
        project.table("interaction")
    with pytest.raises(ConfigError, match="unknown table"):
        project.table('x"; DROP TABLE runs; --')


def test_no_result_depends_on_the_threads(project: Project) -> None:
    one, two = (Project(project.folder, threads=n) for n in (1, 2))
    assert one.status() == two.status()
    settings = ExportSettings(formats=("records",))
    assert one.export("other", settings, dry_run=True) == two.export(
        "other", settings, dry_run=True
    )
    assert one.export("other", settings).created
    assert not two.export("other", settings).created


def test_an_unknown_task(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'sft'"):
        Project.init(tmp_path / "x", task="stf")
    assert not (tmp_path / "x").exists()
