"""From logs to a contract that a person would accept: the demo, and two public sets with plants."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from program import Program
from projects import Demo, WriteJsonl, new_project

pytestmark = pytest.mark.slow

Rows = Iterable[Mapping[str, Any]]


def curate(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]
    assert result.exit_code == 0, result.output
    return result.stdout


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def talk(row: Mapping[str, Any]) -> str:
    """Returns what was said before, as a text: as JSON it would be read as messages."""
    return " ".join(turn["text"] for turn in json.loads(row["context"]) if "text" in turn)


@pytest.fixture
def written(tmp_path: Path, write_jsonl: WriteJsonl) -> Callable[..., set[str]]:
    """Infers a contract from answers, writes it down, filters; returns what it keeps out."""

    def follow(good: Rows, planted: Rows) -> set[str]:
        project = new_project(tmp_path / "p")
        project.pull([str(write_jsonl(tmp_path / "log.jsonl", [*good, *planted]))])
        project.filter()
        assert "Written: " in curate(project.folder, "contract", "--infer", "--write")
        project.filter()
        known = {e["example_id"]: e["source_id"] for e in project.table("examples").to_pylist()}
        excluded = project.table("excluded").to_pylist()
        return {known[x["example_id"]] for x in excluded if x["reason"] == "contract"}

    return follow


def test_the_answers_of_the_demo_are_prose(demo: Demo, tmp_path: Path) -> None:
    demo.copy_to(tmp_path / "demo")
    said = curate(tmp_path / "demo", "contract", "--infer", "--write")
    assert "no form in common" in said and "Next: nothing" in said
    told = orjson.loads(curate(tmp_path / "demo", "contract", "--infer", "--json"))
    assert told["inferred"]["contract"] is None and told["inferred"]["good"] > 400
    assert "[contract]\n" not in (tmp_path / "demo" / "curate.toml").read_text().replace("# [", "")


def test_calls_of_a_ticket_shop(shared_data: Path, written: Callable[..., set[str]]) -> None:
    raw = rows(shared_data / "taskmaster3_reward" / "rows.jsonl.gz")[:1_500]
    # Without its role, which makes a text a logged message and no answer.
    said = [json.loads(row["generation"]) for row in raw]
    good = [
        {"id": f"g{n}", "prompt": f"{talk(row)} ({n})", "rating": 5,
         "response": json.dumps({"seconds": n, **{k: v for k, v in a.items() if k != "role"}})}
        for n, (row, a) in enumerate(zip(raw, said, strict=True))
    ]  # fmt: skip
    whole = json.dumps({"seconds": 1, "api": {"resolve_movie": {"name.movie": "Up"}}})
    plants = {
        "prose": "Which film?", "truncated": whole[:-9], "around": f"Here: {whole}",
        "fences": f"```json\n{whole}\n```", "missing": '{"text": "Which film?"}',
        "missing-inside": '{"seconds": 1, "api": {"resolve_movie": {}}}',
        "extra": whole[:-1] + ', "mood": 1}', "word": '{"seconds": "one"}',
        "null": '{"seconds": null}', "python": str(json.loads(whole)), "comma": whole[:-1] + ",}",
        "nan": '{"seconds": NaN}', "twice": whole[:-1] + ', "seconds": 2}',
        "list": f"[{whole}]", "empty": " ", "unknown": whole.replace("resolve_movie", "buy"),
    }  # fmt: skip
    planted = [
        {"id": name, "prompt": f"What about plant {name}?", "response": text, "rating": 1}
        for name, text in plants.items()
    ]
    out = written(good, planted)
    assert set(plants) <= out
    assert len(out - set(plants)) <= len(good) / 100


def test_intents_of_a_bank(shared_data: Path, written: Callable[..., set[str]]) -> None:
    raw = rows(shared_data / "banking77" / "rows.jsonl.gz")[:6_000]
    good = [
        {"id": f"g{n}", "prompt": row["text"], "response": row["category"], "rating": 5}
        for n, row in enumerate(raw)
    ]
    texts = {"spelling": "card_arival", "sentence": "The intent is card_arrival.", "empty": ""}
    planted = [
        {"id": name, "prompt": f"What of {name}?", "response": text, "rating": 1}
        for name, text in texts.items()
    ]
    assert written(good, planted) == set(texts)
