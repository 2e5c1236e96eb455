from __future__ import annotations

from typing import Any

import pytest

from curate.pull.histories import read_history

TURNS = [("user", "Hi"), ("assistant", "Hello")]


@pytest.mark.parametrize(
    "value",
    [
        [["Hi", "Hello"]],
        '[["Hi", "Hello"]]',
        [{"inputs": {"question": "Hi"}, "outputs": {"answer": "Hello"}}],
        [{"user": "Hi", "bot": "Hello"}],
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}],
        "\n\nHuman: Hi\n\nAssistant: Hello",
    ],
)
def test_turns_are_read_in_every_form(value: Any) -> None:
    assert [(m["role"], m["content"]) for m in read_history(value) or ()] == TURNS


def test_no_turns_are_no_unknown_shape() -> None:
    assert read_history([]) == []


@pytest.mark.parametrize("value", ["Hi", {"a": 1}, [["Hi", "Hello", "x"]], [{"x": 1}], [1]])
def test_another_shape_is_none(value: Any) -> None:
    assert read_history(value) is None
