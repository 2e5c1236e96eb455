"""One example's story: how it is found, and that every part of it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from ledger import SplitProject, many
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


ASKED = "Where is my parcel, which should have come last week?"


def row(name: str, prompt: str, response: str = "In Bergen.", **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "prompt": prompt,
        "response": response,
        "rating": 5,
        "intent": None,
        "created_at": "2026-02-01T10:00:00Z",
        "finish_reason": "stop",
        **more,
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """A project in which everything that can happen to an example has happened to one."""
    folder = tmp_path_factory.mktemp("why") / "p"
    project = new_project(folder)
    rows = [row(f"plain{n}", f"Question {n}?") for n in range(10)]
    rows += [
        row("kept", ASKED, intent="delivery"),
        row("copy", ASKED.upper(), intent="refund", rating=4),
        row("cut", "Hm?", "", finish_reason="length", rating=2),
        row("changed", "What does it cost?", "Nothing."),
        row("100%_sure", "Sure?", created_at=None, rating=None),
    ]
    logs = write_jsonl(folder / "logs.jsonl", rows)
    project.pull([str(logs)])
    assert curate(folder, "export", "sup", "--test-size", "0.3").exit_code == 0
    rows[13]["response"] = "Twelve euros."
    write_jsonl(logs, rows)
    project.pull([str(logs)])
    late = folder / "late.csv"
    late.write_text("id,rating,correction\nkept,1,\nchanged,4,Thirteen euros.\n", encoding="utf-8")
    project.pull([str(late)], PullOptions(declared=Declared("feedback", {"key": "id"}, "1-5")))
    assert curate(folder, "export", "sup").exit_code == 0
    return folder


def story(folder: Path, text: str) -> dict[str, Any]:
    result = curate(folder, "why", text, "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    return dict(orjson.loads(result.stdout))


@pytest.mark.slow
def test_by_source_id_and_by_prefix_in_any_case(told: Path) -> None:
    found = story(told, "plain0")
    example = found["example_id"]
    for text in (example, example[:12], example[:12].upper()):
        assert story(told, text)["source_id"] == "plain0"
    assert found["query"] == "Question 0?"
    assert found["reason"] is None
    assert story(told, "100%_sure")["source_id"] == "100%_sure"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no example has an id"),
        ("nosuch", "no example has an id that begins with 'nosuch'"),
        ("%", "no example"),
        ("_", "no example"),
        ("'; DROP TABLE runs; --", "no example"),
    ],
)
def test_unknown(told: Path, text: str, said: str) -> None:
    result = curate(told, "why", text)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr


def test_ambiguous(told: Path) -> None:
    ids = sorted(r["interaction_id"] for r in Project(told).table("interactions").to_pylist())
    first = next(c for c in "0123456789abcdef" if sum(i.startswith(c) for i in ids) > 1)
    result = curate(told, "why", first)
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"{sum(i.startswith(first) for i in ids)} examples have an id" in result.stderr
    assert next(i for i in ids if i.startswith(first))[:12] in result.stderr


def test_every_part_of_the_story(told: Path) -> None:
    kept, copy = story(told, "kept"), story(told, "copy")
    assert [r["human_rating"] for r in kept["ratings"]] == [5.0, 1.0]
    assert [r["reason"] for r in kept["reasons"]] == ["low_rating"]
    assert kept["pulled"][0]["line"] == 11
    assert kept["pulled"][0]["location"].endswith("logs.jsonl")
    assert kept["issues"][0]["evidence"] == copy["example_id"]
    assert {(i["kind"], i["given"]) for i in [*kept["issues"], *copy["issues"]]} == {
        ("contradictory_label", "delivery"),
        ("contradictory_label", "refund"),
        ("contradictory_rating", "1.0"),
        ("contradictory_rating", "4.0"),
    }
    assert kept["split"][0]["side"] == copy["split"][0]["side"] == kept["versions"][0]["side"]
    assert kept["split"][0]["since_version"] == "sup@1"
    assert [(v["version"], v["line"] is None, v["reason"]) for v in kept["versions"]] == [
        (1, False, None),
        (2, True, "low_rating"),
    ]
    assert [(v["reason"]) for v in copy["versions"]] == ["duplicate", None]
    text = curate(told, "why", "kept").stdout
    for part in (
        "source      logs kept, 2026-02-01 10:00",
        "pulled",
        "logs.jsonl line 11",
        "rating      5 of 5",
        "rating      1 of 5",
        "contradictory label: delivery",
        "low_rating (filter: min_rating: 1.0)",
        "since sup@1",
        "sup v2  not in: low_rating",
        "today       out: rated too low",
    ):
        assert part.replace("contradictory label", "contradictory_label") in text, text


def test_all_reasons_are_told_not_only_the_first(told: Path) -> None:
    assert [r["reason"] for r in story(told, "cut")["reasons"]] == [
        "low_rating",
        "empty_answer",
        "truncated",
    ]


def test_changed_and_corrected(told: Path) -> None:
    found = story(told, "changed")
    assert [h["was"] for h in found["history"]] == ["Nothing."]
    assert (found["response"], found["corrected"]) == ("Thirteen euros.", True)
    assert {(r["kind"], r["value"]) for r in found["ratings"]} >= {
        ("rating", "4"),
        ("correction", "Thirteen euros."),
    }
    text = curate(told, "why", "changed").stdout
    assert "before: Nothing." in text
    assert "correction Thirteen euros." in text
    assert "time unknown" in curate(told, "why", "100%_sure").stdout
    assert max(map(len, text.splitlines())) <= 200


def test_before_anything_but_a_pull(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path)
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", [row("a", ASKED)]))])
    text = curate(tmp_path, "why", "a").stdout
    assert "at the next export" in text
    assert "today       in: " in text


def test_the_evidence_of_the_split_is_told_in_words(tmp_path: Path) -> None:
    project = SplitProject(tmp_path)
    project.pull(many(20))
    project.export(test_size=0)
    project.heldout([{"id": "gold", "query": many(1)[0]["query"], "response": "Gold."}])
    project.export(test_size=0)
    text = curate(tmp_path, "why", "gold").stdout
    assert text.count("same input as train example ") == 2 and "{" not in text, text


def test_an_unknown_id_has_a_next_step(told: Path) -> None:
    refused = curate(told, "why", "nope")
    assert refused.exit_code == 2 and "Next: curate status --rejects" in refused.stderr


def test_what_keeps_alike_inputs_apart_is_told_by_kind(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    folder = tmp_path / "p"
    project = new_project(folder)
    text = "Set the thermostat of the cold room at the old warehouse to {} degrees for this night, "
    text += "since tomorrow we get fish from Norway which has to be kept so until it is sold here"
    rows = [row("five", text.format("5")), row("minus", text.format("-5"))]
    rows += [row("copy", text.format("-5"), "Another answer."), row("far", "Who are you?")]
    log = write_jsonl(folder / "logs.jsonl", rows)
    project.pull([str(log)])
    project.dedupe(semantic=None)
    names = {r["id"]: project.why(r["id"])["example_id"] for r in rows}
    other = min(names["minus"], names["copy"])

    said = curate(folder, "why", "five").stdout
    found = f"from {other[:12]} and 1 with the same input by numbers: 5 / -5 (near 0."
    assert found in said and said.count("kept apart") == 1
    assert "by numbers: -5 / 5 (near 0." in curate(folder, "why", "copy").stdout
    (apart,) = orjson.loads(curate(folder, "why", "five", "--json").stdout)["kept_apart"]
    assert (apart["difference"], apart["method"], apart["examples"]) == ("numbers", "near", 2)
    assert "kept apart" not in curate(folder, "why", "far").stdout

    suggested = curate(folder, "dedupe", "--suggest-threshold")
    assert "kept apart by what differs, from 0.80 on:" in suggested.stdout
    assert " numbers             1   " in suggested.stdout and "5" in suggested.stdout
    near = orjson.loads(curate(folder, "dedupe", "--suggest-threshold", "--json").stdout)[0]
    (numbers,) = near["kept_apart"]
    assert (numbers["kind"], numbers["pairs"]) == ("numbers", 1)
    assert {numbers["one"], numbers["other"]} == {text.format(n).lower() for n in ("5", "-5")}
