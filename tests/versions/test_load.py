"""`Project.dataset`: the version as its card declares it, offline, and nothing left beside it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

from curate.errors import ConfigError, MissingExtra, StoreError
from curate.export.options import ExportSettings
from curate.project import Project
from projects import WriteJsonl, new_project

LABELS = ["late, very", "null", "refund"]

# A machine without network and without the setting that says so.
OFFLINE = """
import socket, sys

def refuse(*_):
    raise AssertionError("asked the network")

socket.socket.connect = socket.getaddrinfo = refuse
from curate import Project

data = Project(sys.argv[1]).dataset("set")
print(sorted(data), [data[side].num_rows for side in sorted(data)], data["train"].cache_files)
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Project:
    """A project with two versions of `set`: of two formats, and with a validation file."""
    folder = tmp_path_factory.mktemp("load")
    made = new_project(folder / "p", task="classification")
    rows = [
        {"id": f"{n}", "text": f"Is {n} or {n * 7} the number of {n * n}?", "label": LABELS[n % 3]}
        for n in range(60)
    ]
    made.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    made.export("set", ExportSettings(formats=("classification", "records")))
    made.export("set", ExportSettings(formats=("classification",), val_size=0.2))
    return made


def lines(project: Project, number: int, name: str) -> list[dict[str, object]]:
    path = project.folder / "datasets" / "set" / f"v{number}" / name
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def test_a_name_is_the_newest_version_with_its_splits_and_classes(project: Project) -> None:
    data = project.dataset("set")
    assert set(data) == {"train", "validation", "test"}
    label = data["train"].features["label"]
    assert label.names == LABELS
    for side, part in data.items():
        read = [{"text": row["text"], "label": label.int2str(row["label"])} for row in part]
        assert read == lines(project, 2, f"{side}.jsonl"), side


def test_a_version_and_a_format_are_chosen_by_name(project: Project) -> None:
    first = project.dataset("set@1")
    assert set(first) == {"train", "test"} and "label" in first["train"].features
    records = project.dataset("set@1", file_format="records")
    assert list(records["test"]) == lines(project, 1, "test.records.jsonl")
    assert list(project.dataset("set@v2", file_format="classification")) == [
        "train",
        "validation",
        "test",
    ]


@pytest.mark.parametrize("name", ["sett", "set@9", "set@"])
def test_an_unknown_version_is_refused_as_by_the_other_commands(
    project: Project, name: str
) -> None:
    with pytest.raises(ConfigError) as here:
        project.dataset(name)
    with pytest.raises(ConfigError) as there:
        project.diff(name, "set@1")
    assert str(here.value) == str(there.value)


def test_what_is_missing_is_said(
    project: Project, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=r"unknown format 'alpaca'.*classification"):
        project.dataset("set", file_format="alpaca")
    away = project.folder / "datasets" / "set" / "v1"
    away.rename(tmp_path / "v1")
    try:
        with pytest.raises(StoreError, match="Next: curate verify set@1"):
            project.dataset("set@1")
    finally:
        (tmp_path / "v1").rename(away)
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtra, match=r"curate-workbench\[notebook\]"):
        project.dataset("set")


def test_it_asks_no_network_and_leaves_no_copy(project: Project, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    home.mkdir()
    temporary.mkdir()
    places = {"HOME": str(home), "TMPDIR": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE, str(project.folder)],
        env={**environment, **places, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    rows = [len(lines(project, 2, f"{side}.jsonl")) for side in ("test", "train", "validation")]
    assert done.stdout == f"['test', 'train', 'validation'] {rows} []\n"
    assert [path for path in (*home.rglob("*"), *temporary.rglob("*")) if path.is_file()] == []
