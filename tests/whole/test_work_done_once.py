"""A command derives verdicts where it changed something, and opens the file as often as it must."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate.project import Project
from curate.store import Store
from curate.verdicts import verdicts
from program import Program
from projects import Demo

pytestmark = [pytest.mark.store, pytest.mark.slow]


@dataclass
class Work:
    """What commands did: how often verdicts were derived, and which files were opened."""

    derived: int = 0
    opened: list[str] = field(default_factory=list)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    """Counts in passing; the real functions do the work."""
    done, derive, attach = Work(), verdicts.from_nothing, Store._attach

    def counted_derive(*arguments: Any, **keywords: Any) -> Any:
        done.derived += 1
        return derive(*arguments, **keywords)

    def counted_attach(self: Store, path: Path, **keywords: Any) -> Any:
        instance = attach(self, path, **keywords)
        done.opened.append(path.name)
        return instance

    monkeypatch.setattr(verdicts, "from_nothing", counted_derive)
    monkeypatch.setattr(Store, "_attach", counted_attach)
    yield done


@pytest.fixture
def copy(demo: Demo, tmp_path: Path) -> Path:
    """A project of the demo's, to work in."""
    folder = tmp_path / "demo"
    demo.copy_to(folder)
    return folder


def curate(folder: Path, *arguments: str) -> str:
    said = CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]
    assert said.exit_code == 0, said.output
    return said.stdout


# What changes nothing finds the verdicts of the command before.
DERIVING = {
    "status": 0,
    "why req-000011": 0,
    "filter": 0,
    "embed": 0,
    "dedupe": 0,
    "dedupe --suggest-threshold": 0,
    "cluster": 0,
    "mislabels": 0,
    "mislabels --classes": 0,
    "curve": 0,
    "privacy": 1,
    "queue": 0,
    "label push --to-file tasks.json": 1,
    "label status": 0,
    "export again": 1,
    "export again --dry-run": 0,
    "versions": 0,
    "verify": 0,
}


@pytest.mark.slow
def test_verdicts_are_derived_where_something_changed(
    copy: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(copy)
    counts = {}
    for command in DERIVING:
        before = work.derived
        curate(copy, *command.split())
        counts[command] = work.derived - before
    assert counts == DERIVING


def test_a_table_of_verdicts_is_derived_once(copy: Path, work: Work) -> None:
    Project(copy).store.kept.unlink()
    assert Project(copy).table("pair_verdicts").num_rows >= 0
    assert work.derived == 1
    assert Project(copy).table("interactions").num_rows > 0
    assert work.derived == 1


def test_dedupe_opens_the_file_at_most_seven_times(copy: Path, work: Work) -> None:
    """Looked at by the project, begun, inputs, what there is to do, verdicts, finished, kept."""
    curate(copy, "dedupe")
    assert work.opened.count("curate.duckdb") <= 7


def test_dedupe_opens_it_once_more_to_store_what_is_new(copy: Path, work: Work) -> None:
    curate(copy, "dedupe", "--near", "0.6", "--semantic", "off")
    assert work.opened.count("curate.duckdb") <= 8


def test_queue_opens_the_file_at_most_eight_times(copy: Path, work: Work) -> None:
    curate(copy, "queue")
    assert work.opened.count("curate.duckdb") <= 8


@pytest.mark.slow
def test_a_dry_run_makes_no_row_and_counts_the_same(copy: Path) -> None:
    """It says what will be in the files; it does not write them to say it."""
    planned = orjson.loads(curate(copy, "export", "again", "--dry-run", "--json"))
    assert (planned["content_id"], planned["hidden"], planned["warnings"]) == (None, {}, {})
    assert all(set(file) == {"path", "split", "format", "rows"} for file in planned["files"])
    written = orjson.loads(curate(copy, "export", "again", "--json"))
    same = ("version", "train", "test", "pending", "funnel", "split", "inexpressible", "folder")
    assert {name: written[name] for name in same} == {name: planned[name] for name in same}
    rows = {file["path"]: file["rows"] for file in written["files"]}
    assert {file["path"]: file["rows"] for file in planned["files"]} == rows
