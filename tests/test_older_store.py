"""A project that an older curate wrote opens, and says and exports what the older one would have.

`benchmarks/before_after/older_store.py` made it, and kept what the older program said of it. Only
the command line and files are used here, so the test says the same of any layout of the code.
"""

from __future__ import annotations

import json
import runpy
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

MADE = Path(__file__).parent / "support" / "older_store"
SAID = json.loads((MADE / "said.json").read_text(encoding="utf-8"))

Curate = Callable[..., Any]


@pytest.fixture
def curate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Curate:
    """Runs a command on a copy of the older project, which `init` has brought up to date."""
    with zipfile.ZipFile(MADE / "project.zip") as kept:
        kept.extractall(tmp_path / "p")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CURATE_SALT", SAID["salt"])

    def run(*argv: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["curate", *argv])
        try:
            runpy.run_module("curate", run_name="__main__", alter_sys=True)
        except SystemExit as stop:
            assert not stop.code, capsys.readouterr().err
        said = capsys.readouterr().out
        return json.loads(said) if "--json" in argv else said

    run("init", "p")
    return lambda *argv: run("-C", "p", *argv)


def test_tables_that_people_query_hold_what_they_held(curate: Curate, tmp_path: Path) -> None:
    with zipfile.ZipFile(MADE / "project.zip") as kept:
        kept.extractall(tmp_path / "older")
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{tmp_path / 'older' / 'curate.duckdb'}' AS older (READ_ONLY)")
        con.execute(f"ATTACH '{tmp_path / 'p' / 'curate.duckdb'}' AS newer (READ_ONLY)")
        for name in ("interactions", "feedback", "rejects", "split_ledger", "version_examples"):
            columns = con.execute(f"DESCRIBE older.{name}").fetchall()
            types = {row[:2] for row in con.execute(f"DESCRIBE newer.{name}").fetchall()}
            assert {row[:2] for row in columns} <= types, name
            listed = ", ".join(f'"{row[0]}"' for row in columns)
            older, newer = (f"SELECT {listed} FROM {of}.{name}" for of in ("older", "newer"))
            assert con.execute(older).fetchall(), name
            assert con.execute(f"{older} EXCEPT ALL {newer}").fetchall() == [], name
            assert con.execute(f"{newer} EXCEPT ALL {older}").fetchall() == [], name
        stored = con.execute("SELECT DISTINCT messages, output FROM newer.calls").fetchall()
        assert ("[", "[") in stored and len(stored) < SAID["status"]["interactions"]


def steady(value: Any) -> Any:
    """Returns what was printed without the numbers of runs, as `init` may add one."""
    if isinstance(value, dict):
        return {k: steady(v) for k, v in value.items() if not k.endswith("run_id")}
    return [steady(v) for v in value] if isinstance(value, list) else value


def test_the_older_program_said_something() -> None:
    status = SAID["status"]
    assert status["train"] and status["test"] and status["rejects"] == 1
    assert {reason["reason"] for reason in status["funnel"]} >= {"low_rating", "duplicate"}
    stories = SAID["why"].values()
    for part in ("decisions", "ratings", "reasons", "versions", "duplicates"):
        assert any(story[part] for story in stories), part
    (version,) = SAID["versions"]
    assert SAID["export"]["content_id"] != version["content_id"]


def test_status_is_the_same(curate: Curate) -> None:
    """But for the rules that are new, which have not been applied yet, and what was not told."""
    said = {"stale": ["filter"], "next": "curate run", "form": None, "task": "sft"}
    told = steady(curate("status", "--json"))
    assert all(model["calls"] for model in told.pop("models"))
    assert told == {**steady(SAID["status"]), **said}


def test_every_story_is_the_same(curate: Curate) -> None:
    """But for kept apart inputs, the template, adjudication and whole answers, all told later."""
    for name, story in SAID["why"].items():
        said = curate("why", name, "--json")
        assert isinstance(said.pop("kept_apart"), list)
        tasks, annotations, ties = (said.pop(part) for part in ("tasks", "annotations", "ties"))
        answers = {(d["annotator"], d["task_key"]) for d in story["decisions"] if not d["from_id"]}
        assert {(a["annotator"], a["task_key"]) for a in annotations} == answers
        assert {a["task_key"] for a in annotations} <= {t["task_key"] for t in tasks} and not ties
        assert said["label"] in [
            said.pop(part) for part in ("logged_label", "corrected_label", "label_by")
        ] + [d["value"] for d in story["decisions"]]
        assert said.pop("template") == ""
        assert not any(decision.pop("outranked") for decision in said["decisions"])
        assert steady(said) == steady(story)


def test_classes_are_the_same(curate: Curate) -> None:
    """But for the noise of classes, which was estimated, and takes audits by now."""
    said = curate("mislabels", "--classes", "--json")
    assert said.pop("answers_needed") == 10
    for one, former in zip(said["classes"], SAID["mislabels"]["classes"], strict=True):
        told = [one.pop(name) for name in ("noise", "answers", "answers_apart", "contested")]
        assert told == [None, 0, 0, 0]
        assert not former.pop("audited") and former.pop("noise")
    assert steady(said) == steady(SAID["mislabels"])


def test_versions_are_whole_and_the_next_one_is_the_same(curate: Curate) -> None:
    assert curate("versions", "--json") == SAID["versions"]
    assert all(version["problems"] == [] for version in curate("verify", "--json"))
    exported = curate(*SAID["next"], "--json")
    latest = curate("versions", "--json")[-1]
    wanted = SAID["export"]
    counts = ("train", "test", "pending", "funnel")
    assert {name: exported[name] for name in counts} == {name: wanted[name] for name in counts}
    ids = ("version", "content_id", "test_id")
    assert {name: latest[name] for name in ids} == {name: wanted[name] for name in ids}
    assert all(version["problems"] == [] for version in curate("verify", "--json"))
