"""What the model thought: in a version only where it is asked for, and then as clean as all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from curate import formats
from curate.check.check import check_lines
from curate.check.tokens import counter, row_tokens
from curate.messages import sides
from curate.project import Project
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
THOUGHT = "The parcel left on Monday, I think; ada@lovelace.org asked before."


@pytest.fixture
def project(tmp_path: Path, write_jsonl: WriteJsonl) -> Project:
    """Twelve calls whose answers were thought about, the first after a turn that was as well."""
    project = new_project(tmp_path / "p", task="sft")
    calls = []
    for n in range(12):
        asked = {"role": "user", "content": f"Where is parcel {n} of my order?"}
        answer = {"role": "assistant", "content": f"Parcel {n} is in Oslo."}
        thought = {**answer, "reasoning_content": f"{THOUGHT} Number {n}."}
        before = [{"role": "user", "content": "Hi!"}, {**thought, "content": "Hello!"}]
        turns = [*(before if n == 0 else []), asked, thought]
        calls.append({"id": f"r{n:02}", "messages": turns, "rating": 5})
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", calls))])
    project.filter()
    return project


def curate(project: Project, *arguments: str, code: int = 0) -> Any:
    result = CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])
    assert result.exit_code == code, result.output
    return result


def export(project: Project, *arguments: str) -> dict[str, Any]:
    said = curate(project, "export", "sup", "--json", *arguments)
    return dict(orjson.loads(said.stdout))


def lines(project: Project, version: int) -> list[dict[str, Any]]:
    folder = project.folder / "datasets" / "sup" / f"v{version}"
    bodies = [(folder / name).read_bytes() for name in ("train.jsonl", "test.jsonl")]
    return [orjson.loads(line) for body in bodies for line in body.splitlines()]


EXAMPLES = [name for name in formats.names() if formats.get(name).unit == "example"]


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - {"classification", "extraction"}))
def test_no_file_has_it_unless_it_is_asked_for(project: Project, name: str) -> None:
    version = export(project, "--format", name, "--min-test", "0")
    assert version["train"] + version["test"] == 12
    folder = project.folder / "datasets" / "sup" / "v1"
    for file in folder.iterdir():
        assert b"The parcel left" not in file.read_bytes(), file.name
    texts = [row["text"] for row in project.table("inputs").to_pylist()]
    assert len(texts) == 12 and not any("The parcel left" in text for text in texts)
    assert orjson.loads((folder / "manifest.json").read_bytes())["reasoning"] is False


def test_with_the_option_it_stands_on_its_messages(project: Project) -> None:
    plain = export(project, "--format", "openai-chat", "--min-test", "0")
    version = export(project, "--format", "openai-chat", "--min-test", "0", "--reasoning")
    assert (plain["version"], version["version"]) == (1, 2)
    assert version["content_id"] != plain["content_id"]
    longest = max(lines(project, 2), key=lambda row: len(row["messages"]))
    clean = THOUGHT.replace("ada@lovelace.org", "<EMAIL_1>") + " Number 0."
    assert longest["messages"] == [
        {"role": "user", "content": "Hi!"},
        {"role": "assistant", "content": "Hello!", "reasoning_content": clean, "weight": 0},
        {"role": "user", "content": "Where is parcel 0 of my order?"},
        {"role": "assistant", "content": "Parcel 0 is in Oslo.", "reasoning_content": clean},
    ]
    assert version["hidden"] == {"EMAIL": 13}
    assert "hidden" not in plain or plain["hidden"] == {}
    assert all("reasoning_content" in row["messages"][-1] for row in lines(project, 2))
    folder = project.folder / "datasets" / "sup" / "v2"
    assert orjson.loads((folder / "manifest.json").read_bytes())["reasoning"] is True
    again = export(project, "--format", "openai-chat", "--min-test", "0", "--reasoning")
    assert (again["created"], again["content_id"]) == (False, version["content_id"])


def test_prompt_completion_has_it_in_the_completion(project: Project) -> None:
    options = ("--format", "trl-prompt-completion", "--min-test", "0", "--reasoning")
    export(project, *options)
    row = min(lines(project, 1), key=lambda row: row["completion"][0]["reasoning_content"])
    assert row["prompt"][-1] == {"role": "user", "content": "Where is parcel 0 of my order?"}
    assert row["completion"][0]["reasoning_content"].endswith("Number 0.")


def test_curate_toml_asks_for_it_too(project: Project) -> None:
    toml = project.folder / "curate.toml"
    toml.write_text("[export]\nreasoning = true\nmin_test = 0\n", encoding="utf-8")
    export(project, "--format", "openai-chat")
    assert "reasoning_content" in lines(project, 1)[0]["messages"][-1]


def test_a_format_without_a_place_for_it_refuses(project: Project) -> None:
    options = ("export", "sup", "--format", "sharegpt", "--reasoning", "--min-test", "0")
    refused = curate(project, *options, code=2)
    assert "holds reasoning, which sharegpt cannot express" in refused.stderr
    assert "--lossy" in refused.stderr
    lossy = curate(project, *options, "--lossy", code=3)
    assert "12 were left out: sharegpt refuses reasoning" in lossy.stderr


def test_a_secret_in_it_stops_the_export(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    secret = "AKIA" + "QYLPMN5HHHFPZAM2"
    turns = [
        {"role": "user", "content": "Which key do I use?"},
        {"role": "assistant", "content": "Yours.", "reasoning_content": f"It is {secret}."},
    ]
    more = write_jsonl(tmp_path / "more.jsonl", [{"id": "s", "messages": turns, "rating": 5}])
    project.pull([str(more)])
    project.filter()
    options = ("export", "sup", "--format", "openai-chat", "--min-test", "0")
    refused = curate(project, *options, "--reasoning", code=3)
    assert "secret" in refused.stderr and secret not in refused.output
    curate(project, *options)


def test_check_counts_and_searches_what_a_file_has() -> None:
    turns = [{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello!"}]
    plain = {"messages": turns}
    thinking = {"messages": [turns[0], {**turns[1], "reasoning_content": "one two three"}]}
    words = counter("estimate")
    assert row_tokens(thinking, words) == row_tokens(plain, words) + 3
    secret = {**turns[1], "reasoning_content": "ghp_" + "x7Kq2mZ9vB4nR8tW1cY6pL3sD5fG0hJ2aE4u"}
    line = json.dumps({"messages": [turns[0], secret]}).encode()
    assert [f.rule for f in check_lines([line], "openai-chat")] == ["secret-found"]


def test_a_version_with_it_is_intact(project: Project) -> None:
    export(project, "--format", "openai-chat", "--reasoning", "--min-test", "0")
    assert "intact" in curate(project, "verify").stdout


def test_sides_that_differ_in_what_was_thought_are_answers_to_one_prompt() -> None:
    def side(thought: str, answer: str) -> list[dict[str, Any]]:
        return [
            {"role": "user", "content": "Hi!"},
            {"role": "assistant", "content": "Hello!", "reasoning_content": thought},
            {"role": "user", "content": "Where is it?"},
            {"role": "assistant", "content": answer},
        ]

    found = sides([], side("Hm.", "In Oslo."), side("Aha.", "No idea."))
    assert not isinstance(found, str)
    assert [message["content"] for message in found[1]] == ["In Oslo.", "No idea."]


def test_a_long_thought_does_not_drop_an_example(
    project: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    asked = {"role": "user", "content": "Where is it?"}
    before = {"role": "assistant", "content": "Wait.", "reasoning_content": 'Hm "\\" ' * 200}
    turns = [asked, before, {**asked, "content": "And?"}, {"role": "assistant", "content": "Oslo."}]
    more = write_jsonl(tmp_path / "more.jsonl", [{"id": "long", "messages": turns, "rating": 5}])
    project.pull([str(more)])
    assert ("too_long", "too_long", 1) not in project.filter({"max_chars": 1_000}).hits
    hits = {rule: n for rule, _, n in project.filter({"max_chars": 100}).hits}
    assert hits["too_long"] == 2  # this one, and the one with an earlier turn
