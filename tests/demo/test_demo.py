"""The demo finds everything that was planted, twice the same, and only where nothing else is."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.project import Project
from program import Program
from projects import Demo

pytestmark = pytest.mark.slow

PLANTED = {
    "better models": 1,
    "broken lines": 1,
    "late ratings": 15,
    "refusals": 25,
    "truncated": 20,
    "empty": 8,
    "errors": 10,
    "repeated": 8,
    "echoes": 8,
    "bad context": 58,
    "exact duplicates": 60,
    "contradictory labels": 20,
}

# Kind -> planted, fewest found, most others: what rests on likeness has its misses and its others.
# The 48 other semantic pairs are follow-up questions that do ask the same thing twice.
LIKENESS = {
    "near-duplicate inputs": (60, 59, 0),
    "light rewordings": (32, 31, 50),
    "free paraphrases": (40, 0, 50),
    "wrong labels": (30, 26, 3),
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["demo", *arguments])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def shown(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Result]:
    """A copy of the demo, the digest of its state, and what the demo says when it is run again."""
    folder = tmp_path_factory.mktemp("again")
    demo.copy_to(folder / "demo")
    before = Project(folder / "demo").store.state_digest()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return folder / "demo", before, run("--json")


def test_what_was_planted_is_found(shown: tuple[Path, str, Result]) -> None:
    findings = orjson.loads(shown[2].stdout)["findings"]
    found = {f["kind"]: (f["planted"], f["found"], f["other"]) for f in findings}
    exactly = {kind: counts for kind, counts in found.items() if kind not in LIKENESS}
    assert exactly == {kind: (count, count, 0) for kind, count in PLANTED.items()}
    for kind, (planted, fewest, others) in LIKENESS.items():
        assert found[kind][0] == planted
        assert found[kind][1] >= fewest, kind
        assert found[kind][2] <= others, kind


def test_a_second_run_changes_nothing(demo: Demo, shown: tuple[Path, str, Result]) -> None:
    folder, before, again = shown
    assert again.exit_code == 0
    assert orjson.loads(again.stdout)["content_id"][:12] in demo.said
    assert "unchanged: this is the latest version already" in again.stderr
    assert Project(folder).store.state_digest() == before
    assert [p.name for p in (folder / "datasets" / "support").iterdir()] == ["v1"]


@pytest.mark.e2e
def test_another_seed_is_another_demo(demo: Demo, tmp_path: Path) -> None:
    result = run(str(tmp_path / "d"), "--seed", "11", "--json")
    assert result.exit_code == 0, result.output
    said = orjson.loads(result.stdout)
    assert said["content_id"][:12] not in demo.said
    missed = {f["kind"]: f["planted"] - f["found"] for f in said["findings"]}
    assert {kind: missed[kind] for kind in PLANTED} == dict.fromkeys(PLANTED, 0)
    assert missed["light rewordings"] <= 4
    assert missed["wrong labels"] <= 6


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    result = run(str(tmp_path))
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not empty and not a demo" in result.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
