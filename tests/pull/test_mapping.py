from __future__ import annotations

from typing import Any

import pytest

from curate.errors import ConfigError
from curate.pull.mapping import Declared, guess, parse_pairs


def mapped(document: dict[str, Any], **declared: Any) -> dict[str, str]:
    return dict(guess([document], Declared(**declared)).fields)


def columns(*names: str) -> dict[str, Any]:
    return dict.fromkeys(names, "x")


def test_common_names_are_known() -> None:
    found = mapped(columns("Request ID", "prompt", "completion", "Stars", "timestamp", "thread_id",
                           "user", "model", "other"))  # fmt: skip
    assert found == {
        "id": "Request ID", "query": "prompt", "response": "completion", "rating": "Stars",
        "created_at": "timestamp", "session": "thread_id", "user": "user", "model": "model",
    }  # fmt: skip


def test_earlier_names_win_and_a_column_is_one_field() -> None:
    assert mapped(columns("input", "prompt"))["query"] == "prompt"
    assert mapped(columns("human_rating", "feedback"))["rating"] == "human_rating"
    turns = mapped(columns("id", "parent_id", "text", "role", "conversation"), kind="turns")
    assert turns == {"id": "id", "text": "text", "role": "role", "parent": "parent_id",
                     "session": "conversation"}  # fmt: skip
    late = mapped(columns("id", "request_id", "rating", "user_id"), kind="feedback")
    assert late == {"key": "request_id", "rating": "rating", "rater": "user_id"}


def test_what_is_declared_comes_first_and_an_empty_column_switches_off() -> None:
    found = mapped(columns("query", "text", "rating"), fields={"query": "text", "rating": ""})
    assert found == {"query": "text"}


def test_paths_lead_into_nested_columns() -> None:
    document = {"usage": {"total": [3, 4]}, "a.b": 5, "query": "x"}
    declared = {"input_tokens": "$.usage.total[0]", "output_tokens": "usage.total.-1",
                "cost_usd": "a.b",
                "latency_ms": "usage.total[7]", "label": "usage.none.more"}  # fmt: skip
    field_map = guess([document], Declared(fields=declared))
    read = {name: get(document) for name, get in field_map.getters().items()}
    assert read == {"input_tokens": 3, "output_tokens": 4, "cost_usd": 5, "latency_ms": None,
                    "label": None, "query": "x"}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ratng": "query"}, "unknown field 'ratng'. Did you mean 'rating'?"),
        ({"rating": "querry"}, "unknown column 'querry'. Did you mean 'query'?"),
        ({"rating": "usage.x"}, "unknown column 'usage.x'"),
    ],
)
def test_unknown_names_are_errors_with_a_suggestion(fields: Any, message: str) -> None:
    with pytest.raises(ConfigError) as raised:
        mapped(columns("query"), fields=fields)
    assert message in str(raised.value) and "--map" in str(raised.value)
    with pytest.raises(ConfigError, match="unknown rating scale"):
        mapped(columns("query"), scale="best")


@pytest.mark.parametrize("name", ["conv_id", "convo_id", "convId"])
def test_short_names_of_conversations_are_known(name: str) -> None:
    assert mapped(columns("prompt", "answer", name))["session"] == name


def test_an_id_that_repeats_is_no_id() -> None:
    sample = [{"id": n % 5, "query": f"{n}"} for n in range(50)]
    field_map = guess(sample, Declared())
    assert "id" not in field_map.fields and "id repeats" in field_map.notes[0]
    assert "id" in guess(sample, Declared(fields={"id": "id"})).fields
    few = [{"id": n, "query": f"{n}"} for n in range(50)] + [{"id": 1, "query": "later"}]
    assert "id" in guess(few, Declared()).fields


def test_what_looks_like_a_field_is_named_with_its_path() -> None:
    def notes(**more: Any) -> str:
        sample = [{"prompt": f"{n}", "answer": "x", **more} for n in range(3)]
        return " ".join(guess(sample, Declared()).notes)

    for column in ("ticket_id", "case_id", "room_id", "sid", "call_sid", "visit_id", "channel"):
        assert f"like a session: {column} (--map session={column})" in notes(**{column: "v1"})
    for column in ("inside", "sides", "call_id", "candidate_id", "release_channel_count"):
        assert notes(**{column: "v1"}) == ""
    context = {"conversation_id": "k1", "at": {"timestamp": "2026-01-01T00:00:00Z"}}
    said = notes(feedback={"rating": 4, "comment": "x"}, context=context)
    assert "like a rating: $.feedback.rating (--map 'rating=$.feedback.rating')" in said
    assert "(--map 'session=$.context.conversation_id')" in said
    assert "(--map 'created_at=$.context.at.timestamp')" in said
    assert "'rating=$.userFeedback.score'" in notes(userFeedback={"score": 4})
    listed = [{"name": "stars", "value": 4}]
    assert "'rating=$.feedback[0].value'" in notes(feedback=listed)
    assert "'rating=$.\"my notes\".score'" in notes(**{"my notes": {"score": 4}})
    assert notes(usage={"total": 4}, options={"temperature": 1}) == ""


def test_an_unclear_scale_is_said() -> None:
    field_map = guess([{"query": "x", "rating": 8}], Declared())
    assert (
        field_map.scale is None and "the scale of rating is not clear from 8" in field_map.notes[0]
    )
    assert guess([{"query": "x", "rating": 8}], Declared(scale="0-10")).notes == ()


@pytest.mark.parametrize(
    ("words", "roles"),
    [
        (["USER", "SYSTEM"], {"USER": "user", "SYSTEM": "assistant"}),
        (["system", "user", "bot"], {"system": "system", "user": "user", "bot": "assistant"}),
        (["agent_1", "agent_2"], {}),
        (["user"], {}),
    ],
)
def test_role_words(words: list[str], roles: dict[str, str]) -> None:
    sample = [{"session": 1, "role": word, "text": "x"} for word in words]
    assert guess(sample, Declared("turns")).roles == roles


def test_pairs() -> None:
    assert parse_pairs("--map", ["a=b", "c = d=e", "f="]) == {"a": "b", "c": "d=e", "f": ""}
    with pytest.raises(ConfigError, match="--map 'ab': expected NAME=VALUE"):
        parse_pairs("--map", ["ab"])


def test_instruction_and_input_are_one_prompt_below_each_other() -> None:
    document = {"instruction": "Translate:", "input": "Guten Tag", "output": "Good day"}
    found = guess([document], Declared())
    assert dict(found.fields) == {"query": "instruction+input", "response": "output"}
    get = found.getters()["query"]
    assert get(document) == "Translate:\nGuten Tag"
    assert get({**document, "input": ""}) == "Translate:"
    assert get({"instruction+input": "as it is"}) == "as it is"
    assert guess([document], Declared(fields={"query": "input"})).fields["query"] == "input"
    with pytest.raises(ConfigError, match=r"a\+input"):
        guess([document], Declared(fields={"query": "a+input"}))


def test_a_label_of_true_and_false_beside_a_completion_is_a_thumb() -> None:
    rows = [{"prompt": "a", "completion": "b", "label": good} for good in (True, False)]
    found = guess(rows, Declared())
    assert (found.fields["rating"], found.scale, "label" in found.fields) == (
        "label", "words", False,
    )  # fmt: skip
    scale = found.rating_scale()
    assert scale is not None and [scale.normalise(r["label"]) for r in rows] == [1.0, 0.0]
    unsure = [{**rows[0], "label": None}]
    assert guess(unsure, Declared(), before=Declared(fields=found.fields)).fields == found.fields
    assert guess(rows, Declared(fields={"label": "label"})).fields["label"] == "label"
    classes = [{**rows[0], "label": "yes"}]
    assert guess(classes, Declared()).fields["label"] == "label"
