"""What an export writes, refuses and leaves alone, and that loaders read back what was exported."""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.errors import StoreError
from curate.project import Project
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pulled = Callable[..., Project]

ODD = 'Line\u2028sep\u2029 \U0001f680 \x00nul "quoted" \\ tab\t\r\n\u0085 \u00e9 e\u0301 \ufeff'


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def rows(count: int = 20) -> list[dict[str, Any]]:
    """Rows of which every fourth is rated too low; the first one has odd characters."""
    made = [
        {
            "id": f"r{n:02}",
            "prompt": f"Question {n}?",
            "response": f"Answer {n}.",
            "rating": 1 if n % 4 == 3 else 5 - n % 2,
            "system": "Be kind.",
        }
        for n in range(count)
    ]
    made[0].update(prompt="Odd? " + ODD, response=ODD)
    return made


@pytest.fixture
def pulled(tmp_path: Path, write_jsonl: WriteJsonl) -> Pulled:
    """Makes a project in tmp_path/p with these rows pulled."""

    def make(logged: Iterable[Mapping[str, Any]], task: str = "sft") -> Project:
        project = new_project(tmp_path / "p", task=task)
        if logged := list(logged):
            project.pull([str(write_jsonl(tmp_path / "logs.jsonl", logged))])
        return project

    return make


def export(project: Project, *arguments: str, code: int = 0) -> dict[str, Any]:
    result = curate(project.folder, "export", "sup", "--json", *arguments)
    assert result.exit_code == code, result.output
    return dict(orjson.loads(result.stdout)) if code == 0 else {"stderr": result.stderr}


def lines(path: Path) -> list[dict[str, Any]]:
    body = path.read_bytes()
    assert body.endswith(b"\n")
    assert b"\r" not in body
    return [orjson.loads(line) for line in body[:-1].split(b"\n")]


def check_counts(project: Project, version: int) -> Counter[str]:
    """Promise 2: kept examples and reasons add up to all examples; the manifest says the same."""
    folder = project.folder / "datasets" / "sup" / f"v{version}"
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    frozen = [r for r in project.table("version_examples").to_pylist() if r["version"] == version]
    ids = {r["interaction_id"] for r in project.table("interactions").to_pylist()}
    assert len(frozen) == len(ids)
    assert {r["example_id"] for r in frozen} == ids
    assert all((r["line"] is None) == (r["reason"] is not None) for r in frozen)
    reasons = Counter(r["reason"] for r in frozen if r["reason"])
    counts = manifest["counts"]
    assert counts["train"] + counts["test"] + reasons.total() == counts["examples"] == len(ids)
    assert {f["reason"]: f["examples"] for f in manifest["funnel"]} == reasons
    for side in ("train", "test"):
        placed = sorted(r["line"] for r in frozen if r["side"] == side and r["line"])
        assert placed == list(range(1, counts[side] + 1))
    return reasons


# -- one version -------------------------------------------------------------------------------


def test_every_format_at_once_against_rows_written_by_hand(pulled: Pulled) -> None:
    project = pulled(rows())
    wanted = ("trl-prompt-completion", "openai-chat", "records")
    said = export(project, "--test-size", "0.3", *(a for f in wanted for a in ("--format", f)))
    folder = project.folder / "datasets" / "sup" / "v1"
    assert (said["train"] + said["test"], said["version"], said["created"]) == (15, 1, True)
    assert check_counts(project, 1) == {"low_rating": 5}

    logged = {r["prompt"]: r for r in rows() if r["rating"] >= 4}
    seen = set()
    for side in ("train", "test"):
        parts = [lines(folder / f"{side}.{name}.jsonl") for name in wanted]
        for trl, chat, record in zip(*parts, strict=True):
            row = logged[record["input"]]
            system = {"role": "system", "content": "Be kind."}
            asked = {"role": "user", "content": row["prompt"]}
            answer = {"role": "assistant", "content": row["response"]}
            assert trl == {"prompt": [system, asked], "completion": [answer]}
            assert chat == {"messages": [system, asked, answer]}
            assert record == {
                "input": row["prompt"],
                "output": row["response"],
                "metadata": {
                    "source": "logs",
                    "quality": row["rating"],
                    "isEdgeCase": False,
                    "edgeCaseReason": None,
                },
            }
            seen.add(row["id"])
    assert seen == {row["id"] for row in logged.values()}

    names = sorted(path.name for path in folder.iterdir())
    data = [f"{side}.{name}.jsonl" for side in ("train", "test") for name in wanted]
    others = ["README.md", "axolotl.yaml", "overview.svg"]
    assert names == sorted([*data, *others, "lineage.parquet", "manifest.json"])
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    for file in manifest["files"]:
        body = (folder / file["path"]).read_bytes()
        assert file["sha256"] == hashlib.sha256(body).hexdigest()
        assert (file["bytes"], file["rows"]) == (len(body), body.count(b"\n"))
    assert manifest["files"] == said["files"]
    raw = (folder / "train.records.jsonl").read_bytes() + (
        folder / "test.records.jsonl"
    ).read_bytes()
    assert "\u2028".encode() in raw, "UTF-8 as it is, not escapes"
    assert "\U0001f680".encode() in raw


def test_lineage_says_where_each_line_came_from(pulled: Pulled) -> None:
    import pyarrow.parquet as pq

    project = pulled(rows())
    export(project, "--test-size", "0.3", "--format", "records")
    folder = project.folder / "datasets" / "sup" / "v1"
    logged = rows()
    for row in pq.read_table(folder / "lineage.parquet").to_pylist():
        exported = lines(folder / f"{row['split']}.jsonl")[row["line"] - 1]
        assert exported["input"] == logged[row["source_line"] - 1]["prompt"]
        assert row["source_id"] == logged[row["source_line"] - 1]["id"]
        assert row["human_rating"] == logged[row["source_line"] - 1]["rating"]


def test_a_classification_exports_text_and_label(pulled: Pulled) -> None:
    project = pulled(
        [{"id": str(n), "text": f"Text {n}", "label": "ab"[n % 2], "rating": 1} for n in range(12)],
        "classification",
    )
    export(project, "--test-size", "0.3")
    folder = project.folder / "datasets" / "sup" / "v1"
    found = lines(folder / "train.jsonl") + lines(folder / "test.jsonl")
    assert sorted(found, key=lambda r: int(r["text"][5:])) == [
        {"text": f"Text {n}", "label": "ab"[n % 2]} for n in range(12)
    ]


@pytest.mark.slow
def test_a_second_export_changes_nothing(pulled: Pulled) -> None:
    project = pulled(rows())
    first = export(project, "--test-size", "0.3")
    before = project.store.state_digest()
    second = export(project, "--test-size", "0.3")
    assert (second["created"], second["version"]) == (False, 1)
    assert second["content_id"] == first["content_id"]
    assert project.store.state_digest() == before
    assert project.table("runs").to_pylist()[-1]["outcome"] == "unchanged"
    assert "unchanged" in curate(project.folder, "export", "sup", "--test-size", "0.3").stdout
    assert [p.name for p in (project.folder / "datasets" / "sup").iterdir()] == ["v1"]
    # Another format is other bytes, so another version, of the same split.
    third = export(project, "--format", "openai-chat")
    assert (third["created"], third["version"]) == (True, 2)
    assert third["test_id"] == first["test_id"]


@pytest.mark.slow
def test_the_same_rows_in_another_order_are_the_same_version(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    said = []
    for n, logged in enumerate((rows(), rows()[::-1])):
        project = new_project(tmp_path / str(n))
        project.pull([str(write_jsonl(tmp_path / str(n) / "logs.jsonl", logged))])
        said.append(export(project, "--test-size", "0.3"))
    assert said[0]["content_id"] == said[1]["content_id"]
    assert said[0]["files"] == said[1]["files"]


# -- what an export refuses or leaves out ------------------------------------------------------


@pytest.mark.slow
def test_a_dry_run_writes_nothing(pulled: Pulled) -> None:
    project = pulled(rows())
    said = export(project, "--dry-run", "--test-size", "0.3")
    assert said["train"] + said["test"] == 15
    assert not (project.folder / "datasets").exists()
    assert project.table("split_ledger").num_rows == 0
    assert project.table("versions").num_rows == 0
    assert project.table("version_examples").num_rows == 0
    text = curate(project.folder, "export", "sup", "--dry-run", "--test-size", "0.3")
    assert "nothing written" in text.stdout
    done = export(project, "--test-size", "0.3")
    # What only the rows of the files tell, a dry run does not say.
    rows_tell = ("content_id", "test_id", "files")
    assert (said["content_id"], said["test_id"]) == (None, None)
    assert {k: done[k] for k in done if k not in rows_tell} == {
        k: said[k] for k in said if k not in rows_tell
    }
    assert [{k: f[k] for k in said["files"][0]} for f in done["files"]] == said["files"]


@pytest.mark.parametrize("logged", [[], rows(1), [r for r in rows() if r["rating"] == 1]])
def test_too_few_examples_are_exit_3_and_write_nothing(
    pulled: Pulled, logged: list[dict[str, Any]]
) -> None:
    project = pulled(logged)
    result = curate(project.folder, "export", "sup")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "wanted" in result.stderr
    assert "curate status" in result.stderr
    assert not (project.folder / "datasets").exists()
    assert project.table("split_ledger").num_rows == 0


@pytest.mark.slow
def test_gates_limit_and_names(pulled: Pulled) -> None:
    project = pulled(rows())
    for arguments in (("--min-train", "100"), ("--min-test", "16")):
        assert "wanted" in export(project, *arguments, code=3)["stderr"]
    for name in ("", "..", ".hidden", "a/b", "a b", "sup@2", "../x"):
        result = curate(project.folder, "export", name)
        assert (result.exit_code, result.stdout) == (2, ""), name
        assert "dataset name" in result.stderr
    for arguments in (
        ("--test-size", "1"),
        ("--test-size", "-0.1"),
        ("--leak-threshold", "0"),
        ("--limit", "0"),
        ("--format", "trl"),
        ("--seed", "x"),
    ):
        assert "Error: " in export(project, *arguments, code=2)["stderr"], arguments
    assert "Did you mean 'records'" in export(project, "--format", "record", code=2)["stderr"]
    assert not (project.folder / "datasets").exists()

    whole = export(project, "--test-size", "0.3")
    limited = export(project, "--limit", "3")
    assert (limited["train"], limited["test"]) == (3, whole["test"])
    assert limited["test_id"] == whole["test_id"]
    assert check_counts(project, 2) == {"low_rating": 5, "limit": whole["train"] - 3}
    frozen = [r for r in project.table("version_examples").to_pylist() if r["reason"] == "limit"]
    assert {r["side"] for r in frozen} == {"train"}
    folder = project.folder / "datasets" / "sup"
    assert lines(folder / "v2" / "train.jsonl") == lines(folder / "v1" / "train.jsonl")[:3]


@pytest.mark.slow
def test_what_a_format_cannot_express(pulled: Pulled) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/parcel.png"}}
    history = [{"role": "user", "content": ["Where is it?", picture]}]
    logged = [{**r, "messages": [{"role": "user", "content": r.pop("prompt")}]} for r in rows()]
    logged.append({"id": "picture", "messages": history, "response": "In Bergen.", "rating": 5})
    project = pulled(logged)
    example = next(
        r["interaction_id"]
        for r in project.table("interactions").to_pylist()
        if r["source_id"] == "picture"
    )
    stderr = export(project, "--test-size", "0.3", code=2)["stderr"]
    assert example[:8] in stderr
    assert "content other than text" in stderr
    assert "--lossy" in stderr
    assert not (project.folder / "datasets").exists()
    said = export(project, "--test-size", "0.3", "--lossy")
    assert (said["inexpressible"], said["train"] + said["test"]) == (1, 15)
    assert check_counts(project, 1) == {"low_rating": 5, "inexpressible": 1}
    assert "not in: inexpressible" in curate(project.folder, "why", "picture").stdout
    # records has no words for a picture either, and says so.
    assert "content other than text" in export(project, "--format", "records", code=2)["stderr"]


def test_the_first_of_the_file_that_cannot_be_expressed_is_named(pulled: Pulled) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/parcel.png"}}
    logged = [
        {"id": f"p{n}", "messages": [{"role": "user", "content": [f"Where is {n}?", picture]}],
         "response": "In Bergen.", "rating": 5}
        for n in range(12)
    ]  # fmt: skip
    project = pulled(logged)
    ids = [r["interaction_id"] for r in project.table("interactions").to_pylist()]
    first = min(ids, key=lambda name: hashlib.sha256(f"0|{name}".encode()).hexdigest())
    for more in ((), ("--limit", "3")):
        stderr = export(project, "--test-size", "0", *more, code=2)["stderr"]
        assert f"example {first[:12]} holds content other than text" in stderr


# -- must-show 9: loaders read what was exported -----------------------------------------------


def counts_of(folder: Path) -> dict[tuple[str, str], int]:
    manifest = orjson.loads((folder / "manifest.json").read_bytes())
    return {(f["format"], f["split"]): f["rows"] for f in manifest["files"]}


@pytest.mark.slow
def test_loaders_read_the_counts_of_the_manifest(
    pulled: Pulled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import datasets
    import duckdb
    import pandas as pd

    logged = rows()
    for row in logged[1::4]:
        row["rating"] = None
    project = pulled(logged)
    project.filter({"unrated": "keep"})
    export(project, "--test-size", "0.3")
    export(project, "--format", "records", "--format", "openai-chat")
    cache = str(tmp_path / "cache")
    for version, configs in ((1, ("default",)), (2, ("records", "openai-chat"))):
        folder = project.folder / "datasets" / "sup" / f"v{version}"
        manifest = orjson.loads((folder / "manifest.json").read_bytes())
        for file in manifest["files"]:
            path = folder / file["path"]
            assert len(pd.read_json(path, lines=True)) == file["rows"]
            with duckdb.connect() as con:
                count = con.execute("SELECT count(*) FROM read_json(?)", [str(path)]).fetchall()
            assert count == [(file["rows"],)]
        for config in configs:
            loaded = datasets.load_dataset(str(folder), config, cache_dir=cache)
            used = manifest["files"][0]["format"] if config == "default" else config
            assert {(used, side): part.num_rows for side, part in loaded.items()} == {
                key: n for key, n in counts_of(folder).items() if key[0] == used
            }
            for side, part in loaded.items():
                name = next(
                    f["path"]
                    for f in manifest["files"]
                    if (f["split"], f["format"]) == (side, used)
                )
                assert part.to_list() == lines(folder / name), "columns and values as written"
    records = datasets.load_dataset(str(folder), cache_dir=cache)
    found = [row["metadata"]["quality"] for part in records.values() for row in part]
    assert Counter(found)[None] == 5
    assert records["train"].features["metadata"]["quality"].dtype == "int64"


def test_a_deleted_folder_is_written_again(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    logs = tmp_path / "logs.jsonl"
    rows = [
        {"id": f"r{n}", "query": f"a question of its own {n}", "response": f"a{n}", "rating": 5}
        for n in range(40)
    ]
    logs.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    project.pull([str(logs)])
    first = project.export("x")
    body = (first.folder / "train.jsonl").read_bytes()
    shutil.rmtree(first.folder)
    again = project.export("x")
    assert (again.created, again.content_id) == (False, first.content_id)
    assert (first.folder / "train.jsonl").read_bytes() == body
    assert project.verify("x")[0].problems == ()


def test_a_folder_that_the_store_does_not_know_is_left_alone(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    logs = tmp_path / "logs.jsonl"
    rows = [
        {"id": f"r{n}", "query": f"question {n}", "response": "a", "rating": 5} for n in range(40)
    ]
    logs.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    project.pull([str(logs)])
    stray = tmp_path / "datasets" / "x" / "v1" / "mine.txt"
    stray.parent.mkdir(parents=True)
    stray.write_text("mine", encoding="utf-8")
    with pytest.raises(StoreError, match="move it away"):
        project.export("x")
    assert stray.read_text(encoding="utf-8") == "mine"
