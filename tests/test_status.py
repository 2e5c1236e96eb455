"""The funnel adds up, and status names the next command."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def status(folder: Path) -> dict[str, Any]:
    """The status, after checking that its numbers are the sum of its rows."""
    result = curate(folder, "status", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    found = dict(orjson.loads(result.stdout))
    out = sum(r["examples"] for r in found["funnel"])
    assert found["train"] + found["test"] + out == found["interactions"]
    assert all(
        r["train"] + r["test"] == r["examples"]
        for r in found["funnel"]
        if r["reason"] != "quarantined"
    )
    text = curate(folder, "status").stdout
    assert f"{found['interactions']:,}  interactions" in text
    assert f"Next: {found['next']}\n" in text
    assert max(map(len, text.splitlines())) <= 100
    return found


def row(n: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"r{n}",
        "prompt": f"Question {n}?",
        "response": f"Answer {n}.",
        "rating": 5,
        "finish_reason": "stop",
        **more,
    }


def test_an_empty_project(tmp_path: Path) -> None:
    new_project(tmp_path)
    found = status(tmp_path)
    assert (found["interactions"], found["funnel"], found["next"]) == (0, [], "curate pull LOGS")
    assert "rule of thumb: 200-500 are the least" in curate(tmp_path, "status").stdout


@pytest.mark.slow
def test_the_whole_path(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path)
    rows = [row(n) for n in range(12)]
    rows += [
        row(12, rating=1),
        row(13, rating=None),
        row(14, rating=1, finish_reason="length"),
        row(15, prompt="Question 1?", response="Answer 1."),
    ]
    logs = write_jsonl(tmp_path / "logs.jsonl", rows)
    with logs.open("a", encoding="utf-8") as handle:
        handle.write("{broken\n[1]\n")
    project.pull([str(logs)])
    found = status(tmp_path)
    assert (found["interactions"], found["rated"], found["rejects"]) == (16, 15, 2)
    assert (found["unchecked"], found["next"], found["split_given"]) == (16, "curate run", False)
    assert "2 refused documents" in curate(tmp_path, "status").stdout

    assert curate(tmp_path, "run").exit_code == 0
    found = status(tmp_path)
    assert {r["reason"]: r["examples"] for r in found["funnel"]} == {
        "low_rating": 2,
        "unrated": 1,
        "duplicate": 1,
    }
    assert (found["unchecked"], found["next"]) == (0, "curate export NAME")

    before = found["train"], found["test"], found["pending"]
    assert curate(tmp_path, "export", "sup").exit_code == 0
    found = status(tmp_path)
    assert (found["train"], found["test"], found["pending"]) == before, "sides as they were shown"
    assert (found["split_given"], found["latest"]) == (True, ["sup@1"])
    assert found["next"] == "curate pull LOGS, or curate export NAME"
    assert "exported: sup@1" in curate(tmp_path, "status").stdout

    (tmp_path / "curate.toml").write_text("[filter]\nmin_rating = 1\n", encoding="utf-8")
    found = status(tmp_path)
    assert (found["stale"], found["next"]) == (["filter"], "curate run")
    assert curate(tmp_path, "run").exit_code == 0
    found = status(tmp_path)
    assert found["stale"] == []
    assert {r["reason"]: r["examples"] for r in found["funnel"]} == {
        "unrated": 1,
        "truncated": 1,
        "duplicate": 1,
    }


def test_rejects_are_listed(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    assert curate(tmp_path, "status", "--rejects").stdout == "Nothing was refused.\n"
    assert orjson.loads(curate(tmp_path, "status", "--rejects", "--json").stdout) == []
    logs = tmp_path / "logs.jsonl"
    logs.write_text('{"prompt": "a", "response": "b"}\n{oops\n"text"\n', encoding="utf-8")
    project.pull([str(logs)])
    listed = orjson.loads(curate(tmp_path, "status", "--rejects", "--json").stdout)
    assert [r["line"] for r in listed] == [2, 3]
    assert all(r["location"].endswith("logs.jsonl") and r["reason"] for r in listed)
    text = curate(tmp_path, "status", "--rejects").stdout
    assert text.startswith("2 refused documents: 1 bad-json, 1 not-an-object\n")
    assert all(r["reason"] in text for r in listed) and "more" not in text


def test_a_long_list_of_rejects_says_that_it_is_cut(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    logs = tmp_path / "logs.jsonl"
    logs.write_text('{"prompt": "a", "response": "b"}\n' + "{oops\n" * 60 + "7\n" * 1_000)
    project.pull([str(logs)])
    text = curate(tmp_path, "status", "--rejects").stdout
    assert text.startswith("1,060 refused documents: 1,000 not-an-object, 60 bad-json\n")
    assert text.endswith("... and 1,010 more: curate status --rejects --json\n")
    assert text.count("bad-json") == 51 and text.count("not-an-object") == 1
    listed = orjson.loads(curate(tmp_path, "status", "--rejects", "--json").stdout)
    assert len(listed) == 1_060 == len(project.rejects())


def test_nothing_rated_asks_for_feedback(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path)
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", [row(1, rating=None)]))])
    project.filter()
    assert status(tmp_path)["next"] == "curate pull FILE --as feedback --key COLUMN"


def test_looking_changes_nothing(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path)
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", [row(1), row(2)]))])
    before = project.store.state_digest(), project.table("runs").num_rows
    status(tmp_path)
    curate(tmp_path, "why", "r1")
    curate(tmp_path, "versions")
    curate(tmp_path, "doctor")
    assert (project.store.state_digest(), project.table("runs").num_rows) == before


def test_what_models_took_by_month(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path)
    rows = [
        row(
            n, created_at=f"2026-0{1 + n // 10}-05T10:00:00Z", model=("big", "small")[n % 2],
            latency_ms=(900, 100)[n % 2], cost_usd=(0.01, 0.001)[n % 2],
            input_tokens=30, output_tokens=4,
        )
        for n in range(20)
    ]  # fmt: skip
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", [*rows, row(30)]))])
    found = status(tmp_path)["models"]
    assert [(m["model"], m["month"], m["calls"]) for m in found] == [
        ("big", "2026-02", 5), ("small", "2026-02", 5), ("big", "2026-01", 5),
        ("small", "2026-01", 5),
    ]  # fmt: skip
    assert (found[0]["p50_ms"], found[1]["p95_ms"], found[0]["tokens"]) == (900, 100, 170)
    assert found[1]["cost_usd"] == pytest.approx(0.005)
    assert "900 ms" in curate(tmp_path, "status").stdout


def test_a_preference_project_counts_pairs(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path, task="preference")
    rows = [
        {"id": f"p{n}", "prompt": f"Question {n}?", "chosen": f"Good {n}.", "rejected": f"Bad {n}."}
        for n in range(30)
    ]
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    project.filter()
    project.pairs()
    found = status(tmp_path)
    said = curate(tmp_path, "status").stdout
    assert found["pairs"][0] == 30 and found["pairs"][1] > 0
    assert f"effective train size {found['pairs'][1]} pairs; no rule says how many do" in said
    assert "effective train size 0" not in said
    assert "30  ready as single answers" not in said and "ready as single answers" in said
    assert "wait for a good answer" not in said and "as feedback" not in said
