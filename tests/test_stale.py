"""An export says what is not up to date before it writes, as `status` does, or stops."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.project import Project
from program import Program

pytestmark = [pytest.mark.store, pytest.mark.slow]

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def stale(folder: Path, *arguments: str) -> list[str]:
    result = curate(folder, *arguments, "--json")
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return list(orjson.loads(result.stdout)["stale"])


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """A preference project of twenty prompts with two answers each; curate.toml is each test's."""
    folder = tmp_path_factory.mktemp("stale") / "p"
    project = Project.init(folder, task="preference")
    rows = [
        {"id": f"{n}{a}", "prompt": f"Question {n}?", "response": f"{a} {n}.", "rating": rating}
        for n in range(20)
        for a, rating in (("Good", 5), ("Bad", 2))
    ]
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    project.filter()
    return folder


def write(folder: Path, text: str) -> None:
    toml = f'[project]\ntask = "preference"\n{text}'
    (folder / "curate.toml").write_text(toml, encoding="utf-8")


def versions(folder: Path) -> list[Any]:
    return list((folder / "datasets").glob("*/*"))


def test_stages_are_stale_as_run_would_run_them(made: Path) -> None:
    write(made, "")
    assert {"dedupe", "pairs"} <= set(stale(made, "status"))
    assert curate(made, "dedupe").exit_code == curate(made, "pairs").exit_code == 0
    assert not {"filter", "dedupe", "privacy", "pairs"} & set(stale(made, "status"))
    for text, stage in (
        ("[filter]\nmin_rating = 3\n", "filter"),
        ("[dedupe]\nnear = 0.7\n", "dedupe"),
        ("[dedupe]\nexact = 'off'\n", "dedupe"),
        ("[dedupe]\nsemantic = 'report'\n", "dedupe"),
        ("[export]\nleak_threshold = 0.6\n", "dedupe"),
        ("[privacy]\n", "privacy"),
        ("[pairs]\nmin_margin = 0.5\n", "pairs"),
    ):
        write(made, text)
        assert stage in stale(made, "status"), text
    write(made, "[privacy]\n")
    assert curate(made, "privacy").exit_code == 0
    assert "privacy" not in stale(made, "status")
    write(made, "[dedupe]\nsemantic = 'report'\n")
    assert curate(made, "dedupe").exit_code == 0
    assert "dedupe" not in stale(made, "status")
    for word in ("auto", "by-task"):  # which removes, as the task is preference
        write(made, f"[dedupe]\nsemantic = '{word}'\n")
        assert "dedupe" in stale(made, "status")


def test_an_export_says_it_goes_on_and_stops_with_fresh(made: Path) -> None:
    write(made, "[filter]\nmin_rating = 3\n")
    curate(made, "dedupe")
    curate(made, "pairs")
    wanted = stale(made, "status")
    assert "filter" in wanted
    assert stale(made, "export", "x", "--dry-run") == wanted
    result = curate(made, "export", "x", "--fresh")
    assert (result.exit_code, result.stdout) == (3, "")
    assert f"not up to date: {', '.join(wanted)}; --fresh writes nothing" in result.stderr
    assert "Next: curate " in result.stderr
    assert versions(made) == []
    assert curate(made, "export", "x", "--fresh", "--dry-run").exit_code == 3
    result = curate(made, "export", "x")
    assert result.exit_code == 0
    next_ = "curate filter" if len(wanted) == 1 else "curate run"
    assert result.stderr == f"not up to date: {', '.join(wanted)}. Next: {next_}\n"
    assert len(versions(made)) == 1


@pytest.mark.slow
def test_after_a_run_nothing_is_stale(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = Project.init(tmp_path)
    rows = [
        {"id": str(n), "prompt": f"Question {n}?", "response": "Ok.", "rating": 5}
        for n in range(20)
    ]
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    (tmp_path / "curate.toml").write_text("[privacy]\nredact = true\n", encoding="utf-8")
    assert curate(tmp_path, "run").exit_code == 0
    assert stale(tmp_path, "status") == []
    result = curate(tmp_path, "export", "x", "--fresh")
    assert (result.exit_code, result.stderr) == (0, "")
    more = {**rows[0], "id": "new", "prompt": "Where is my parcel?"}
    project.pull([str(write_jsonl(tmp_path / "more.jsonl", [more]))])
    found = stale(tmp_path, "status")
    assert found == ["embed", "dedupe", "privacy"]
    assert stale(tmp_path, "export", "x", "--dry-run") == [s for s in found if s != "dedupe"]
