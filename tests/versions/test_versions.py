"""Versions, what `verify` notices, and what `diff` says."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from curate.project import Project
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def rows(count: int = 20) -> list[dict[str, Any]]:
    return [
        {
            "id": f"r{n:02}",
            "prompt": f"Question {n}?",
            "response": f"Answer {n}.",
            "rating": 5,
            "session_id": f"s{n}",
        }
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """A project with sup@1 (20 rows) and sup@2 (22 rows, one corrected); copy it to change it."""
    folder = tmp_path_factory.mktemp("exported") / "p"
    project = new_project(folder)
    logs = write_jsonl(folder / "logs.jsonl", rows())
    project.pull([str(logs)])
    assert curate(folder, "export", "sup", "--test-size", "0.3").exit_code == 0
    side = {r["source_id"]: r["split"] for r in lineage(folder / "datasets" / "sup" / "v1")}
    train = sorted(name for name, at in side.items() if at == "train")
    logged = rows(22)
    logged[int(train[0][1:])]["rating"] = 1
    logged[int(train[1][1:])]["response"] = "A better answer."
    logged[21]["prompt"], logged[21]["session_id"] = "Question 3?", "s3"
    write_jsonl(logs, logged)
    project.pull([str(logs)])
    assert curate(folder, "export", "sup").exit_code == 0
    return folder


def lineage(version: Path) -> list[dict[str, Any]]:
    return list(pq.read_table(version / "lineage.parquet").to_pylist())


@pytest.fixture
def project(exported: Path, tmp_path: Path) -> Path:
    """A copy of the exported project."""
    return Path(shutil.copytree(exported, tmp_path / "p"))


def problems(folder: Path, which: str = "sup@1") -> list[str]:
    """What verify says about one version; it must exit with 3 where it says something."""
    result = curate(folder, "verify", which, "--json")
    assert result.stderr == ""
    found = [p for v in orjson.loads(result.stdout) for p in v["problems"]]
    assert result.exit_code == (3 if found else 0)
    return found


@pytest.mark.slow
def test_versions_lists_them_oldest_first(exported: Path) -> None:
    listed = orjson.loads(curate(exported, "versions", "--json").stdout)
    assert [(v["name"], v["version"], v["train"] + v["test"]) for v in listed] == [
        ("sup", 1, 20),
        ("sup", 2, 21),
    ]
    for v in listed:
        manifest = orjson.loads((Path(v["folder"]) / "manifest.json").read_bytes())
        assert v["content_id"] == manifest["content_id"]
        assert v["test_id"] == manifest["test_id"]
    text = curate(exported, "versions").stdout
    assert "sup@1" in text
    assert max(map(len, text.splitlines())) <= 130


def test_intact_versions_verify_and_nothing_changes(exported: Path) -> None:
    before = Project(exported).store.state_digest()
    result = curate(exported, "verify")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "sup@1   intact" in result.stdout
    assert "no leak, also against sup@1" in result.stdout
    assert [
        len(orjson.loads(curate(exported, "verify", w, "--json").stdout))
        for w in ("sup", "sup@2", "sup@v2")
    ] == [2, 1, 1]
    assert Project(exported).store.state_digest() == before


def test_a_project_without_versions(tmp_path: Path) -> None:
    new_project(tmp_path)
    for command in ("versions", "verify"):
        result = curate(tmp_path, command)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "No version yet. Next: curate export NAME" in result.stdout
        assert orjson.loads(curate(tmp_path, command, "--json").stdout) == []
    result = curate(tmp_path, "verify", "sup")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "curate export NAME" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("which", "said"),
    [
        ("sub", "Did you mean 'sup'?"),
        ("sup@9", "sup@1, sup@2"),
        ("sup@", "unknown version"),
        ("sup@x", "unknown version"),
    ],
)
def test_unknown_versions_get_a_suggestion(exported: Path, which: str, said: str) -> None:
    for arguments in (("verify", which), ("diff", "sup@1", which), ("diff", which, "sup@1")):
        result = curate(exported, *arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert said in result.stderr


# -- what verify notices -----------------------------------------------------------------------


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def test_a_changed_data_file(project: Path) -> None:
    edit(project / "datasets/sup/v1/train.jsonl", lambda b: b.replace(b"Answer", b"Awnser", 1))
    found = problems(project)
    assert any("train.jsonl was changed: sha256" in p for p in found)
    assert any("content id" in p for p in found)
    assert problems(project, "sup@2") == []
    text = curate(project, "verify").stdout
    assert "sup@1   FAILED" in text
    assert "sup@2   intact" in text


def test_a_missing_line(project: Path) -> None:
    edit(project / "datasets/sup/v1/test.jsonl", lambda b: b[b.index(b"\n") + 1 :])
    assert any("test.jsonl has " in p for p in problems(project))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("train.jsonl", "train.jsonl is missing"),
        ("test.jsonl", "test.jsonl is missing"),
        ("manifest.json", "manifest.json cannot be read"),
        ("lineage.parquet", "cannot be read"),
    ],
)
def test_a_missing_file(project: Path, name: str, said: str) -> None:
    (project / "datasets/sup/v1" / name).unlink()
    assert any(said in p for p in problems(project))


def test_a_missing_folder(project: Path) -> None:
    shutil.rmtree(project / "datasets/sup/v1")
    assert any("cannot be read" in p for p in problems(project))
    assert problems(project, "sup@2") == [], "the later one is checked against what is there"


def test_a_file_that_is_no_part_of_it(project: Path) -> None:
    (project / "datasets/sup/v1/more.jsonl").write_text("{}\n", encoding="utf-8")
    assert problems(project) == ["more.jsonl is no part of the version"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m["counts"].update(train=99), "the manifest says 99"),
        (lambda m: m["counts"].update(pending=7), "the manifest says 7 pending"),
        (lambda m: m.update(content_id="0" * 64), "content id"),
        (lambda m: m["files"][0].update(sha256="0" * 64), "was changed"),
        (lambda m: m["files"][0].update(rows=1), "the manifest says 1"),
        (lambda m: m["files"].pop(), "content id"),
        (lambda m: m["split"].update(leak_threshold=1.0), "leak threshold 1.0, not 0.8"),
        (lambda m: m.pop("counts"), "manifest.json is damaged"),
        (lambda m: m.update(files=3), "manifest.json is damaged"),
        (lambda m: m["split"].update(leak_threshold="high"), "manifest.json is damaged"),
    ],
)
def test_an_edited_manifest(project: Path, change: Callable[[Any], Any], said: str) -> None:
    path = project / "datasets/sup/v1/manifest.json"
    manifest = orjson.loads(path.read_bytes())
    change(manifest)
    path.write_bytes(orjson.dumps(manifest))
    assert any(said in p for p in problems(project))


@pytest.mark.parametrize("name", ["manifest.json", "lineage.parquet"])
def test_a_damaged_file(project: Path, name: str) -> None:
    edit(project / "datasets/sup/v1" / name, lambda b: b[: len(b) // 2])
    assert any(name in p for p in problems(project))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("input", None, "held-out inputs are also in train"),
        ("conversation_id", None, "held-out conversations are also in train"),
        ("group_key", "one", "held-out groups are also in train"),
        ("input", "the quick brown fox jumps over the lazy dog at noon", "near-duplicate in train"),
    ],
)
def test_a_leak_put_in_by_hand(project: Path, column: str, value: str | None, said: str) -> None:
    path = project / "datasets/sup/v1/lineage.parquet"
    table = pq.read_table(path)
    found = table.to_pylist()
    held = next(r for r in found if r["split"] == "test")
    leaked = next(r for r in found if r["split"] == "train")
    if column == "group_key":
        held[column] = value
    elif value:
        held[column] = value + " today"
    leaked[column] = value or held[column]
    pq.write_table(pa.Table.from_pylist(found, table.schema), path)
    assert any(said in p for p in problems(project))


def test_a_leak_of_an_earlier_version(project: Path) -> None:
    """What sup@1 trained on must not be held out in sup@2."""
    first, second = (project / f"datasets/sup/v{n}/lineage.parquet" for n in (1, 2))
    table = pq.read_table(second)
    found = table.to_pylist()
    trained = next(r for r in lineage(first.parent) if r["split"] == "train")
    later = {r["input"] for r in found if r["split"] == "train"} - {trained["input"]}
    assert later
    for row in found:
        if row["input"] == trained["input"]:
            row["input"] = "elsewhere"
    next(r for r in found if r["split"] == "test")["input"] = trained["input"]
    pq.write_table(pa.Table.from_pylist(found, table.schema), second)
    assert any("also in sup@1 train" in p for p in problems(project, "sup@2"))


def test_lineage_with_other_lines(project: Path) -> None:
    path = project / "datasets/sup/v1/lineage.parquet"
    table = pq.read_table(path)
    found = table.to_pylist()
    found[0]["example_id"] = "0" * 32
    pq.write_table(pa.Table.from_pylist(found, table.schema), path)
    assert any("lineage.parquet was changed: 2 lines" in p for p in problems(project))


def test_a_killed_export_is_finished_by_verify(project: Path) -> None:
    (project / "datasets/sup/v2").rename(project / "datasets/sup/.partial-v2")
    assert problems(project, "sup@2") == []
    assert (project / "datasets/sup/v2/train.jsonl").exists()


# -- diff --------------------------------------------------------------------------------------


def test_diff_says_what_came_went_and_changed_and_why(exported: Path) -> None:
    said = orjson.loads(curate(exported, "diff", "sup@1", "sup@2", "--json").stdout)
    train, test = said["train"], said["test"]
    assert train["removed"] == [["low_rating", 1]]
    assert test["removed"] == []
    added = train["added"] + test["added"]
    assert ({reason for reason, _ in added}, sum(n for _, n in added)) == ({"new"}, 2)
    assert (train["changed"], test["changed"], said["moved"]) == (1, 0, 0)
    assert len(train["changed_ids"]) == len(train["removed_ids"]) == 1
    ids = {
        r["source_id"]: r["example_id"]
        for v in (1, 2)
        for r in lineage(exported / f"datasets/sup/v{v}")
    }
    assert set(train["added_ids"] + test["added_ids"]) <= {ids.get("r20"), ids.get("r21")}
    text = curate(exported, "diff", "sup@1", "sup@2").stdout
    assert "1 changed" in text
    assert "-1  low_rating" in text
    assert "curate why " in text


def test_diff_backwards_and_with_itself(exported: Path) -> None:
    back = orjson.loads(curate(exported, "diff", "sup@2", "sup@1", "--json").stdout)
    assert back["train"]["added"] == [["was low_rating", 1]]
    assert sum(n for side in ("train", "test") for _, n in back[side]["removed"]) >= 1
    same = orjson.loads(curate(exported, "diff", "sup@1", "sup@1", "--json").stdout)
    assert same["same_test"] is True
    for side in ("train", "test"):
        assert (same[side]["added"], same[side]["removed"], same[side]["changed"]) == ([], [], 0)
