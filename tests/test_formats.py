"""Each export format against rows written out by hand, and what it must refuse."""

from __future__ import annotations

from typing import Any

import pytest

from curate import formats
from curate.errors import ConfigError
from curate.formats import Example, Inexpressible

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi"},
    {"role": "assistant", "content": "Hello!"},
    {"role": "user", "content": "Where is it?\u2028\U0001f4e6\x00"},
]
ANSWER = {"role": "assistant", "content": "In Bergen."}


def example(**changed: Any) -> Example:
    values: dict[str, Any] = {
        "example_id": "ab12",
        "source": "chat",
        "messages": TALK,
        "output": [ANSWER],
        "query": "Where is it?",
        "response": "In Bergen.",
        "label": "delivery",
        "human_rating": 4.0,
        "is_edge_case": False,
    }
    return Example(**{**values, **changed})


def test_names_are_the_four_formats() -> None:
    assert formats.names() == ["classification", "openai-chat", "records", "trl-prompt-completion"]


def test_trl_prompt_completion() -> None:
    made = formats.get("trl-prompt-completion").row(example())
    assert made == {"prompt": TALK, "completion": [ANSWER]}
    assert list(made) == ["prompt", "completion"]


def test_openai_chat() -> None:
    assert formats.get("openai-chat").row(example()) == {"messages": [*TALK, ANSWER]}


def test_classification() -> None:
    made = formats.get("classification").row(example())
    assert made == {"text": "Where is it?", "label": "delivery"}
    for nothing in (None, ""):
        with pytest.raises(Inexpressible, match="no label"):
            formats.get("classification").row(example(label=nothing))


@pytest.mark.parametrize(
    ("rating", "quality"),
    [
        (1.0, 1),
        (2.49, 2),
        (2.5, 3),
        (3.5, 4),
        (4.4, 4),
        (4.5, 5),
        (5.0, 5),
        (None, None),
    ],
)
def test_records(rating: float | None, quality: int | None) -> None:
    made = formats.get("records").row(example(human_rating=rating, is_edge_case=True))
    assert made == {
        "input": "Where is it?",
        "output": "In Bergen.",
        "metadata": {"source": "chat", "quality": quality, "isEdgeCase": True},
    }
    assert list(made["metadata"]) == ["source", "quality", "isEdgeCase"]


def test_records_of_a_classification_hold_the_label() -> None:
    assert formats.get("records").row(example(response=""))["output"] == "delivery"


def test_parts_of_text_are_joined_and_extra_keys_left_out() -> None:
    parts = [{"type": "text", "text": "one"}, "two", {"type": "input_text", "text": "three"}]
    asked = [{"role": "user", "content": parts, "name": "Ada"}]
    made = formats.get("openai-chat").row(example(messages=asked))
    assert made["messages"][0] == {"role": "user", "content": "one\ntwo\nthree"}


def test_only_the_first_of_several_answers_is_trained() -> None:
    made = formats.get("trl-prompt-completion").row(
        example(output=[ANSWER, {"role": "assistant", "content": "In Oslo."}])
    )
    assert made["completion"] == [ANSWER]


CALL = {"id": "c", "type": "function", "function": {"name": "track", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"role": "assistant", "content": None, "tool_calls": [CALL]}, "tool calls"),
        ({"role": "tool", "content": "{}", "tool_call_id": "c"}, "tool calls"),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]},
            "other than",
        ),
        ({"role": "user", "content": [3]}, "content other than text"),
        ({"role": "user", "content": {"text": "hidden"}}, "content other than text"),
        ({"role": "narrator", "content": "Once upon a time"}, "the role 'narrator'"),
    ],
)
@pytest.mark.parametrize("name", ["trl-prompt-completion", "openai-chat"])
def test_what_a_chat_cannot_express(name: str, message: dict[str, Any], said: str) -> None:
    with pytest.raises(Inexpressible, match=said):
        formats.get(name).row(example(messages=[*TALK, message]))


def test_a_tool_call_as_answer_cannot_be_expressed() -> None:
    answer = {"role": "assistant", "content": None, "tool_calls": [CALL]}
    for name in ("trl-prompt-completion", "openai-chat"):
        with pytest.raises(Inexpressible, match="tool calls"):
            formats.get(name).row(example(output=[answer]))


def test_an_unknown_format_gets_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'openai-chat'"):
        formats.get("openai_chat")


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="records"):
        formats.export_format("records", features="")(lambda _: {})


def test_features_name_the_columns() -> None:
    for name in formats.names():
        for column in formats.get(name).row(example()):
            assert f"- name: {column}\n" in formats.get(name).features(formats.Contents())
