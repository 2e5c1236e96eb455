"""Preference data of others: every shape is read, and what is no pair of answers is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.project import Project
from curate.pull.interactions import RowBuilder
from curate.pull.mapping import Declared, guess
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def bot(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


HH = "\n\nHuman: Hi\n\nAssistant: Hello.\n\nHuman: Two?\n\nAssistant: "
TALK = [user("Hi"), bot("Hello."), user("Two?")]
BRIEF = {"role": "system", "content": "Be brief."}

SHAPES: dict[str, tuple[dict[str, Any], list[dict[str, str]]]] = {
    "trl explicit": (
        {"prompt": TALK, "chosen": [bot("good")], "rejected": [bot("bad")]}, TALK),
    "trl implicit": (
        {"chosen": [*TALK, bot("good")], "rejected": [*TALK, bot("bad")]}, TALK),
    "plain strings": (
        {"prompt": "Two?", "chosen": "good", "rejected": "bad"}, [user("Two?")]),
    "a system prompt": (
        {"system": "Be brief.", "prompt": "Two?", "chosen": "good", "rejected": "bad"},
        [BRIEF, user("Two?")]),
    "system and conversations": (
        {"system": "Be brief.", "chosen": [*TALK, bot("good")], "rejected": [*TALK, bot("bad")]},
        [BRIEF, *TALK]),
    "hh-rlhf": ({"chosen": HH + "good", "rejected": HH + "bad"}, TALK),
    "hh-rlhf with a prompt": (
        {"prompt": HH, "chosen": "good", "rejected": "bad"}, TALK),
    "openai": (
        {"input": {"messages": TALK, "tools": [], "parallel_tool_calls": True},
         "preferred_output": [bot("good")], "non_preferred_output": [bot("bad")]}, TALK),
    "ultrafeedback": (
        {"prompt": "Two?", "prompt_id": "p", "messages": [user("Two?"), bot("good")],
         "chosen": [user("Two?"), bot("good")], "rejected": [user("Two?"), bot("bad")],
         "score_chosen": 8.0, "score_rejected": 3.5}, [user("Two?")]),
    "single messages": (
        {"messages": TALK, "chosen": bot("good"), "rejected": bot("bad")}, TALK),
    "sharegpt": (
        {"conversations": [{"from": "human", "value": "Two?"}],
         "chosen": {"from": "gpt", "value": "good"}, "rejected": {"from": "gpt", "value": "bad"}},
        [user("Two?")]),
}  # fmt: skip


def pulled(folder: Path, write: WriteJsonl, rows: list[dict[str, Any]]) -> Project:
    project = new_project(folder / "p", task="preference")
    project.pull([str(write(folder / "prefs.jsonl", rows))])
    return project


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_becomes_two_answers_to_one_prompt(name: str) -> None:
    document, asked = SHAPES[name]
    document = {"id": "x", **document}
    rows = RowBuilder(guess([document], Declared()), b"salt").from_document(document)
    assert not isinstance(rows, str)
    assert [(r["source_id"], r["preference"], r["response"]) for r in rows] == [
        ("x", "chosen", "good"),
        ("x#2", "rejected", "bad"),
    ]
    assert [orjson.loads(r["messages"]) for r in rows] == [asked, asked]
    assert len({(r["document"], r["group_key"]) for r in rows}) == 1


def test_the_pair_is_the_one_that_the_source_says(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = pulled(tmp_path, write_jsonl, [{"id": "x", **SHAPES["openai"][0]}])
    result = project.pairs()
    assert [(m.method, m.found, m.train + m.test) for m in result.methods] == [("imported", 1, 1)]
    (pair,) = project.table("pairs").to_pylist()
    said = {r["interaction_id"]: r["response"] for r in project.table("interactions").to_pylist()}
    assert (said[pair["chosen_id"]], said[pair["rejected_id"]]) == ("good", "bad")


REFUSED = {
    "diverges-early": (
        {"chosen": [user("a"), bot("b"), user("c"), bot("good")],
         "rejected": [user("a"), bot("other"), user("c"), bot("bad")]},
        "the sides differ from message 2 of 4 on"),
    "pref-identical": (
        {"prompt": "a", "chosen": "Good.", "rejected": " good. "},
        "both answers are the same but for case and white space"),
    "pref-one-sided": ({"prompt": "a", "chosen": "b", "rejected": None}, "no rejected answer"),
    "no-prompt": (
        {"chosen": "a b", "rejected": "a c"}, "two answers, and nothing that says what was asked"),
    "last-not-assistant": (
        {"chosen": [user("a"), bot("b"), user("c")], "rejected": [user("a"), bot("d")]},
        "the chosen side ends with the role user"),
    "pref-prompt-mismatch": (
        {"prompt": "other", "chosen": [user("a"), bot("b")], "rejected": [user("a"), bot("c")]},
        "the conversation does not hold the prompt"),
}  # fmt: skip


def test_what_is_no_pair_is_listed_with_its_reason(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    good = {"prompt": "a", "chosen": "b", "rejected": "c"}
    project = pulled(tmp_path, write_jsonl, [good, *(document for document, _ in REFUSED.values())])
    found = {r["reason"]: (r["line"], r["detail"]) for r in project.rejects()}
    assert found == {why: (n, told) for n, (why, (_, told)) in enumerate(REFUSED.items(), 2)}
    assert project.table("interactions").num_rows == 2


ENDS = "pref-prompt-ends-assistant: the prompt ends with an answer"


@pytest.mark.parametrize(
    "document",
    [
        {"prompt": [user("a"), bot("lost")], "chosen": "b", "rejected": "c"},
        {"prompt": [user("a"), bot("lost")], "chosen": [bot("b")], "rejected": [bot("c")]},
        {"messages": [user("a"), bot("lost")], "chosen": "b", "rejected": "c"},
        {"input": {"messages": [user("a"), bot("lost")]},
         "preferred_output": [bot("b")], "non_preferred_output": [bot("c")]},
        {"prompt": "\n\nHuman: a\n\nAssistant: lost", "chosen": "b", "rejected": "c"},
    ],
)  # fmt: skip
def test_no_answer_of_a_prompt_is_cut_off(document: dict[str, Any]) -> None:
    rows = RowBuilder(guess([document], Declared()), b"salt").from_document(document)
    assert rows == ENDS


def test_messages_that_repeat_the_better_side_are_no_prompt_with_an_answer() -> None:
    document = {"messages": [user("a"), bot("good")], "chosen": "good", "rejected": "bad"}
    rows = RowBuilder(guess([document], Declared()), b"salt").from_document(document)
    assert not isinstance(rows, str)
    assert [orjson.loads(r["messages"]) for r in rows] == [[user("a")]] * 2


def test_sides_of_which_one_answers_earlier_are_told_apart(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {"chosen": [user("a"), bot("b")], "rejected": [user("a"), bot("b"), user("c"), bot("d")]}
    ]
    project = pulled(tmp_path, write_jsonl, rows)
    (refused,) = project.rejects()
    assert refused["reason"] == "diverges-early"
    assert refused["detail"] == "the chosen side answers at message 2, the rejected one at 4"


def test_answers_that_are_equal_to_the_letter_are_called_the_same() -> None:
    document = {"prompt": "a", "chosen": "Same.", "rejected": "Same."}
    rows = RowBuilder(guess([document], Declared()), b"salt").from_document(document)
    assert rows == "pref-identical: both answers are the same"


def test_preferences_without_ids_that_are_pulled_again_change_nothing(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [{"prompt": f"q{n}", "chosen": "b", "rejected": "c"} for n in range(5)] * 2
    project = pulled(tmp_path, write_jsonl, rows)
    assert project.table("interactions").num_rows == 20
    result = project.pairs()
    # Each document gives its pair; the repeated ones say the same and count once.
    assert (result.train + result.test, dict(result.reasons)) == (
        5,
        {"duplicate": result.found - 5},
    )
    before = project.store.state_digest()
    project.pull([str(tmp_path / "prefs.jsonl")])
    project.pairs()
    assert project.store.state_digest() == before


def test_a_column_called_chosen_is_no_preference_by_itself(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [
        {"id": "a", "prompt": "q", "response": "r", "chosen": True, "rejected": False},
        {"id": "b", "prompt": "q", "response": "s", "chosen": False, "rejected": True},
    ]
    project = pulled(tmp_path, write_jsonl, rows)
    assert [r["response"] for r in project.table("interactions").to_pylist()] == ["r", "s"]


def test_a_refusal_that_is_preferred_stays(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    """Who prefers a refusal says that refusing is right; a refusal nobody prefers stays out."""
    refusal = "I'm sorry, but I can't help with that."
    rows = [
        {"id": f"p{n}", "prompt": f"How do I pick lock {n}?", "chosen": refusal, "rejected": "So."}
        for n in range(14)
    ]
    rows += [{"id": "q", "prompt": "How do I open it?", "chosen": "", "rejected": "So."}]
    project = pulled(tmp_path, write_jsonl, rows)
    project.filter()
    project.pairs()
    out = {r["reason"] for r in project.table("excluded").to_pylist()}
    assert "refusal" in out
    reasons = [r["reason"] for r in project.table("pair_verdicts").to_pylist()]
    assert reasons.count(None) == 14
