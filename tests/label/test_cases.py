"""What Label Studio exports hold, and what annotators and teams bring: small cases, each right."""

from __future__ import annotations

import re
import runpy
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.project import Project
from program import Program

pytestmark = [pytest.mark.store, pytest.mark.slow]


class Case:
    """A copy of the folder of a case, with projects in it; commands run in that folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(Program(), arguments)  # type: ignore[arg-type]
        assert result.exit_code == code, result.output
        return result

    def run(self, script: str) -> None:
        runpy.run_path(str(self.folder / script))

    def sync(self, file: str, code: int = 0) -> Result:
        return self("-C", "p", "label", "sync", "--from-file", file, code=code)

    def table(self, name: str) -> list[dict[str, Any]]:
        return list(Project(self.folder / "p").table(name).to_pylist())

    def exported(self, name: str) -> list[dict[str, Any]]:
        told = ["--test-size=0", "--min-test=0", "--json"]
        made = orjson.loads(self("-C", "p", "export", name, *told).stdout)
        train = self.folder / made["folder"] / "train.jsonl"
        return [*map(orjson.loads, train.read_bytes().splitlines())]

    def labels(self) -> dict[str, Any]:
        return {row["source_id"]: row["label"] for row in self.table("examples")}


@pytest.fixture
def case(
    shared_cases: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Case]:
    def opened(name: str) -> Case:
        shutil.copytree(shared_cases / "path" / name, tmp_path / name)
        monkeypatch.chdir(tmp_path / name)
        return Case(tmp_path / name)

    return opened


def handed_over(curate: Case, task: str, logs: str, budget: int, *kind: str) -> str:
    curate("init", "p", "--task", task)
    curate("-C", "p", "pull", logs)
    curate("-C", "p", "filter")
    curate("-C", "p", "queue", "--budget", str(budget), *kind)
    return curate("-C", "p", "label", "push", "--to-file", "tasks.json", *kind).stdout


def test_label_names_with_odd_characters(case: Callable[[str], Case]) -> None:
    curate = case("16-label-names-with-odd-characters")
    said = handed_over(curate, "classification", "logs.jsonl", 40)
    assert "'Refund' and 'refund ' differ in case or blanks only" in " ".join(said.split())
    root = ElementTree.parse("tasks.xml").getroot()
    choices = Counter(
        choice.get("value")
        for control in root.iter("Choices") if control.get("name") == "label"
        for choice in control
    )  # fmt: skip
    logged = {orjson.loads(row)["label"] for row in Path("logs.jsonl").read_bytes().splitlines()}
    assert logged <= choices.keys()
    assert set(choices.values()) == {1}
    curate.run("answer.py")
    assert "20 new answers" in curate.sync("export.json").stdout
    assert {row["label"] for row in curate.exported("k")} <= logged


def test_a_label_that_begins_with_a_dollar_sign(case: Callable[[str], Case]) -> None:
    curate = case("16-label-names-with-odd-characters")
    curate("init", "q", "--task", "classification")
    curate("-C", "q", "pull", "dollar.jsonl")
    curate("-C", "q", "filter")
    curate("-C", "q", "queue", "--budget", "8")
    said = curate("-C", "q", "label", "push", "--to-file", "q.json", code=2).stderr
    assert "the label '$price' begins with $" in said
    assert "Next:" in said
    assert not Path("q.json").exists()


def test_260_labels(case: Callable[[str], Case]) -> None:
    curate = case("16-label-names-with-odd-characters")
    handed_over(curate, "classification", "many.jsonl", 30)
    root = ElementTree.parse("tasks.xml").getroot()
    assert sum(c.tag == "Choice" for c in root.iter()) >= 260


def test_what_label_studio_exports_hold(case: Callable[[str], Case]) -> None:
    curate = case("17-what-label-studio-exports-hold")
    handed_over(curate, "classification", "logs.jsonl", 12)
    curate.run("make_exports.py")
    before = curate.labels()
    first = curate.sync("first.json").stdout
    assert "9 new answers, 0 changed, 0 known, 0 withdrawn, 1 skipped" in first
    assert "'cancelled order' is no label of this project" in " ".join(first.split())
    assert "Next: curate label problems" in first
    labels = curate.labels()
    right = {"t1": "other", "t2": "pay", "t8": "send", "t12": "send"}
    assert labels == {**before, **right}
    [progress] = orjson.loads(curate("-C", "p", "label", "status", "--json").stdout)["progress"]
    told = ("answered", "skipped", "problems", "waiting")
    assert [progress[name] for name in told] == [5, 1, 1, 5]

    assert "0 new answers, 1 changed" in curate.sync("later.json").stdout
    digest = Project(curate.folder / "p").store.state_digest()
    again = " ".join(curate.sync("first.json").stdout.split())
    assert "0 new answers, 0 changed" in again
    assert "the file is older than what is known: 1 answers" in again
    assert curate.labels()["t1"] == "send"
    assert Project(curate.folder / "p").store.state_digest() == digest


def test_annotations_made_elsewhere(case: Callable[[str], Case]) -> None:
    curate = case("18-annotations-made-elsewhere")
    curate("init", "p", "--task", "classification")
    curate("-C", "p", "pull", "logs.jsonl")
    for file, what in (
        ("own.json", "none of its 4 tasks is curate's"),
        ("min.json", "an export as JSON_MIN"),
        ("min.csv", "an export as CSV"),
    ):
        said = " ".join(curate.sync(file, code=2).stderr.split())
        assert what in said
        assert "sentiment" in said
        [command] = re.findall(r"Next: curate (pull .*)", said)
        assert f"pull {file} --as feedback --key" in command
    assert "--key data.ref" in " ".join(curate.sync("own.json", code=2).stderr.split())
    unread = curate(
        "-C", "p", "pull", "min.json", "--as", "feedback", "--key", "ref", "--preset=none", code=1
    ).stderr
    assert "sentiment" in unread
    wanted = {("s0", "neg"), ("s1", "pos"), ("s2", "neu"), ("s3", "pos")}
    told = ["--as", "feedback", "--rater", "human_expert", "--key"]
    curate("-C", "p", "pull", "own.json", *told, "data.ref")
    assert {(row["source_id"], row["value"]) for row in curate.table("feedback")} == wanted
    curate("init", "q", "--task", "classification")
    curate("-C", "q", "pull", "logs.jsonl")
    curate("-C", "q", "pull", "min.json", *told, "ref", "--map", "label=sentiment")
    rows = Project(curate.folder / "q").table("feedback").to_pylist()
    assert {(row["source_id"], row["value"]) for row in rows} == wanted
    assert {row["rater_type"] for row in rows} == {"human_expert"}


def test_spans_and_emoji(case: Callable[[str], Case]) -> None:
    curate = case("19-spans-and-emoji")
    Path("p").mkdir()
    shutil.copy("curate.toml", "p")
    handed_over(curate, "extraction", "logs.jsonl", 4, "--kind", "spans")
    curate.run("make_exports.py")
    said = " ".join(curate.sync("spans.json").stdout.split())
    assert "3 new answers" in said
    assert "'Bern' does not stand at 12 to 25 of a text of 16 characters" in said

    def marked() -> dict[str, list[list[Any]]]:
        names = {row["example_id"]: row["source_id"] for row in curate.table("examples")}
        return {
            names[row["example_id"]]: orjson.loads(row["value"])
            for row in curate.table("decisions")
            if row["kind"] == "spans" and row["withdrawn_run_id"] is None
        }

    right = {
        "x0": [[14, 17, "person"], [21, 25, "place"]],
        "x1": [[21, 24, "person"], [28, 32, "place"]],
    }
    assert marked() == right
    spans = {row["text"]: row["spans"] for row in curate.exported("e")}
    assert [len(marks) for text, marks in sorted(spans.items())] == [2, 0, 2]
    assert "1 new answer," in curate.sync("utf16.json").stdout
    assert marked() == right
    listed = orjson.loads(curate("-C", "p", "label", "problems", "--json").stdout)["problems"]
    [problem] = listed
    assert (problem["source_id"], problem["annotation_id"], problem["kind"]) == ("x3", 3, "spans")
    text = " ".join(curate("-C", "p", "label", "problems").stdout.split())
    assert f"See: curate why {problem['example_id'][:12]}" in text
