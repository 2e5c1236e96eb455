"""What is written in any dialect is read as the same conversation."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from curate.pull.bodies.bodies import is_envelope, read_request, read_response
from curate.pull.bodies.opening import is_odd
from curate.pull.bodies.reasoning import split_reasoning
from curate.pull.bodies.registry import plain_request, request_of
from talks import TEXTS, plain, talks
from writers import MANY, WRITERS, Talk

EXAMPLES = 40


@pytest.mark.parametrize("name", WRITERS)
def test_each_dialect_says_the_same(name: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(talks(most_answers=3 if name in MANY else 1))
    def holds(talk: Talk) -> None:
        request, response = WRITERS[name](talk)
        assert not isinstance(request, str) or is_envelope(request)
        assert not isinstance(response, str) or is_envelope(response)
        before, after = read_request(request), read_response(response)
        assert before is not None and after is not None, (request, response)
        assert plain(before.messages) == plain(talk.whole)
        assert before.output is None and after.messages is None
        assert plain(after.output) == plain(talk.answers)
        check_fields(name, talk, before.fields, after.fields)

    holds()


# These say nothing of some of it, by their documents.
NO_FIELDS = {"vercel_ui", "vercel_model"}
NO_USAGE = {"otel"}
NO_TOOLS = {"otel", "langchain_constructor", "langchain_data", "langchain_dump"}


def check_fields(name: str, talk: Talk, asked: Any, answered: Any) -> None:
    if name in NO_FIELDS:
        return
    assert answered["finish_reason"] == talk.ends[0]
    assert answered["finish_reasons"] == talk.ends
    if name not in NO_USAGE:
        assert (answered["input_tokens"], answered["output_tokens"]) == talk.tokens
        assert answered["model"] == talk.model
    if name not in NO_TOOLS:
        assert asked.get("tools", []) == talk.tools


ODD = st.sampled_from(
    [
        *(
            '{"role": "user", "content": "x"}',
            "data: {}",
            ": ping",
            " id: 7",
            "[1]",
            "(x)",
            "a.B('x')",
        ),
        *("content='x' id='7'", "AIMessage(content='x')", "<think>a</think>b", "b</think>c", "```"),
        *("event: message_start", "retry: 3", "pkg.ChatCompletion(id='x')", "{'role': 'user'}"),
    ]
)
ROLES = st.sampled_from(["user", "assistant", "system", "developer", "tool", "human"])


@given(st.lists(st.fixed_dictionaries({"role": ROLES, "content": TEXTS | ODD}), max_size=4))
@settings(max_examples=200, deadline=None)
def test_what_is_plain_is_what_the_dialects_say(messages: list[dict[str, str]]) -> None:
    body = plain_request(messages)
    assert body is None or body == request_of(messages)
    assert read_request(messages) == (body or read_request(json.dumps(messages)))


@given(TEXTS | ODD | st.builds(str.__add__, ODD, TEXTS))
@settings(max_examples=300, deadline=None)
def test_only_an_odd_text_may_be_more_than_words(text: str) -> None:
    if is_odd(text):
        return
    assert not is_envelope(text)
    assert read_request(text) is None or text == ""
    assert split_reasoning(text)[1] == text or "</" in text
