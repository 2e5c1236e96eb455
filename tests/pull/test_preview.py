from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate.errors import ConfigError
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.pull.preview import EXAMPLES, preview
from curate.store import Store
from program import Program
from projects import new_project


def test_the_first_calls_are_shown_and_nothing_is_stored(
    store: Store, write_jsonl: Any, tmp_path: Path
) -> None:
    odd = {"id": "odd", "query": {"colour": "red"}, "response": "r"}
    calls = [
        {
            "id": f"c{n}",
            "query": f"question {n}",
            "response": f"<think>hm</think>answer {n}",
            "stars": 5,
        }
        for n in range(30)
    ]
    path = write_jsonl(tmp_path / "logs.jsonl", [odd, *calls])
    before = store.state_digest()
    seen = preview(store, [str(path)], options=PullOptions())
    assert store.state_digest() == before
    assert len(seen.examples) == EXAMPLES
    refused, first = seen.examples[:2]
    assert (
        refused.place == "logs.jsonl:1"
        and "unknown-shape: query has keys colour" in refused.refused
    )
    assert (first.place, first.id) == ("logs.jsonl:2", "c0")
    assert [(t.role, t.text, t.is_answer) for t in first.turns] == [
        ("user", "question 0", False),
        ("assistant", "answer 0\n[thought: hm]", True),
    ]
    assert first.about == {"rating_value": "5"}


def test_feedback_and_turns_are_shown_as_what_they_are(
    store: Store, write_jsonl: Any, tmp_path: Path
) -> None:
    late = write_jsonl(
        tmp_path / "late.jsonl", [{"request_id": "a", "stars": 2, "comment": "slow"}]
    )
    (given,) = preview(
        store, [str(late)], options=PullOptions(declared=Declared("feedback", scale="1-5"))
    ).examples
    assert (given.id, given.about["value"], given.about["comment"]) == ("a", "2", "slow")
    said = [
        {"session": 1, "turn": n, "role": role, "text": text}
        for n, (role, text) in enumerate([("user", "hi"), ("bot", "hello"), ("user", "bye")])
    ]
    path = write_jsonl(tmp_path / "turns.jsonl", said)
    seen = preview(store, [str(path)], options=PullOptions(declared=Declared("turns")))
    assert [t.text for t in seen.examples[0].turns] == ["hi", "hello"]
    assert seen.examples[1].refused == "no-answer: no assistant turn follows"


def test_what_is_no_file_is_said(store: Store) -> None:
    with pytest.raises(ConfigError, match="--dry-run shows files"):
        preview(store, ["langfuse://cloud"], options=PullOptions())


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_a_file_without_a_row_is_said_to_be_empty(tmp_path: Path, more: tuple[str, ...]) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("\n\n")
    new_project(tmp_path / "p")
    for _ in range(2):
        pulled = CliRunner().invoke(
            Program(), ["-C", str(tmp_path / "p"), "pull", str(path), *more]
        )
        assert pulled.exit_code == 0 and "othing to read" in pulled.stdout
        assert "Next: curate pull FILE" in pulled.stdout
        assert "Columns read as" not in pulled.stdout and "curate run" not in pulled.stdout
