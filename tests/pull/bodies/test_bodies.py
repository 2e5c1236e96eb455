from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.pull.bodies import dialects, registry
from curate.pull.bodies.bodies import describe, is_envelope, opened, read_request, read_response
from envelopes import ANSWERS, BROKEN, VALUES

MESSAGE = {"role": "assistant", "content": "Hi."}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ('{"a": 1}', {"a": 1}),
        ("5", "5"),
        ("plain", "plain"),
        ('"quoted"', "quoted"),
        (json.dumps(json.dumps(json.dumps([1]))), [1]),
        ("{broken", "{broken"),
        (7, 7),
        (json.dumps('said "so"'), 'said "so"'),
        ("[1] see", "[1] see"),
        ("{'role': 'user', 'content': None}", {"role": "user", "content": None}),
        ("{'a': 1}", "{'a': 1}"),
        ("{'role': __import__('os')}", "{'role': __import__('os')}"),
    ],
)
def test_opening(value: Any, wanted: Any) -> None:
    assert opened(value) == wanted


@pytest.mark.parametrize("value", VALUES)
def test_what_is_meant_for_an_api(value: Any) -> None:
    assert is_envelope(value)
    assert is_envelope(json.dumps(value))
    assert is_envelope(json.dumps(json.dumps(value)))


@pytest.mark.parametrize("text", BROKEN)
def test_texts_that_are_meant_for_an_api(text: str) -> None:
    assert is_envelope(text)


@pytest.mark.parametrize("value", ANSWERS)
def test_answers_that_are_json_on_purpose(value: Any) -> None:
    assert not is_envelope(value if isinstance(value, str) else json.dumps(value))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (
            {"role": "assistant", "contnt": "x"},
            "keys role, contnt; nearest: an OpenAI message (role)",
        ),
        (
            {"choicez": [], "model": "m"},
            "keys choicez, model; nearest: an OpenAI chat response (choices)",
        ),
        ({"candidates": 1}, "keys candidates; nearest: a Gemini response (candidates)"),
        (
            [{"lc": 1, "kwargs": {}}],
            "a list of 1, keys lc, kwargs; nearest: a LangChain message (kwargs)",
        ),
        ({"blue": 1}, "keys blue; nearest: no shape that is known"),
        ({}, "keys (none); nearest: no shape that is known"),
        ([1, 2], "a list of 2"),
        (5, "a int"),
        ("hi", "plain text"),
        ("data: {}\n\n", "a stream of events (data: lines) whose chunks no reader knows"),
        (
            {f"k{n}": n for n in range(14)},
            "keys k0, k1, k2, k3, k4, k5, k6, k7, k8, k9, k10, k11, ...; "
            "nearest: no shape that is known",
        ),
    ],
)
def test_descriptions(value: Any, wanted: str) -> None:
    assert describe(value) == wanted


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ({"args": [], "kwargs": {"question": "q"}}, ["q"]),
        ({"args": ["q"], "kwargs": {}}, ["q"]),
        ({"question": "q", "lang": "de"}, ["q"]),
        ({"user_input": "q"}, ["q"]),
        ({"text": "q"}, ["q"]),
        ({"input": "q", "chat_history": [["human", "p"], ["ai", "o"]]}, ["p", "o", "q"]),
        ({"query": "q", "history": [{"role": "user", "content": "p"}, MESSAGE]}, ["p", "Hi.", "q"]),
        ({"prompt": "q", "system_prompt": "s"}, ["s", "q"]),
        ({"prompt": "\n\nHuman: q\n\nAssistant:"}, ["q"]),
        ({"input": {"messages": [{"role": "user", "content": "q"}]}}, ["q"]),
        ({"kwargs": {"messages": [{"role": "user", "content": "q"}]}}, ["q"]),
        ({"content": "q"}, ["q"]),
        ({"text": "q", "title": "t"}, None),
        ({"instruction": "i", "input": "q"}, None),
        ({"question": "q", "query": "p"}, None),
        ({"input": {"a": 1}}, None),
        ({"question": 5}, None),
        ({"name": "Bob"}, None),
        ({"input": ["pay"], "model": "embed"}, None),
    ],
)
def test_questions_under_a_name(value: Any, messages: Any) -> None:
    for given in (value, json.dumps(value), json.dumps(json.dumps(value))):
        body = read_request(given)
        assert (body and [m["content"] for m in body.messages or ()]) == messages


@pytest.mark.parametrize(
    ("value", "answers"),
    [
        ({"answer": "r"}, ["r"]),
        ({"output": MESSAGE}, ["Hi."]),
        ({"output": "r", "sources": [1]}, ["r"]),
        ({"generated_text": "r"}, ["r"]),
        ({"response": {"choices": [{"message": MESSAGE}]}}, ["Hi."]),
        ({"text": "<think>t</think>r"}, ["r"]),
        ({"content": "r"}, ["r"]),
        ({"message": MESSAGE}, ["Hi."]),
        ({"output": "r", "answer": "s"}, None),
        ({"k": 1}, None),
        ({"output": {"k": 1}}, None),
        ({"label": "x", "score": 1}, None),
        ({"data": [{"embedding": [1]}]}, None),
        ({"output": '{"intent": "refund"}'}, ['{"intent": "refund"}']),
        ({"messages": [{"role": "user", "content": "q"}, MESSAGE]}, ["Hi."]),
        ([{"role": "assistant", "content": "a"}, MESSAGE], ["a", "Hi."]),
    ],
)
def test_answers_under_a_name(value: Any, answers: Any) -> None:
    body = read_response(value)
    assert (body and [m["content"] for m in body.output or ()]) == answers


def test_a_dialect_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "parrot.py").write_text('''\
"""`parrot`: what parrots say."""

from curate.pull.bodies.body import Body
from curate.pull.bodies.registry import BodyDialect, register


def read_response(value):
    """Returns what was squawked."""
    said = value.get("squawk") if isinstance(value, dict) else None
    return Body(None, [{"role": "assistant", "content": said}]) if said else None


register(BodyDialect("parrot", {"a parrot": ("squawk",)}, response=read_response))
''')
    assert read_response({"squawk": "Hello!"}) is None
    monkeypatch.setattr(dialects, "__path__", [*dialects.__path__, str(tmp_path)])
    forget()
    try:
        body = read_response({"squawk": "Hello!"})
        assert body is not None and body.output == [{"role": "assistant", "content": "Hello!"}]
        assert describe({"squawk": 5}) == "keys squawk; nearest: a parrot (squawk)"
        with pytest.raises(ValueError, match="two dialects are called 'parrot'"):
            registry.register(registry.BodyDialect("parrot", {}))
    finally:
        monkeypatch.undo()
        registry._dialects.pop("parrot", None)
        forget()


def forget() -> None:
    for function in (
        registry.all_dialects,
        registry._readers,
        registry._readers_of,
        registry._parts,
    ):
        function.cache_clear()


@pytest.mark.parametrize("role", ["tool", "user", "narrator"])
def test_what_another_says_is_no_answer(role: str) -> None:
    assert read_response({"role": role, "content": "x"}) is None
    assert read_response([{"role": role, "content": "x"}]) is None


@pytest.mark.parametrize(
    "value",
    [
        {"messages": [{"role": "user", "content": "q", "user_id": "ann"}]},
        {"question": "q", "userId": "ann", "meta": {"end_user": "ann", "ip": "ann"}},
        {"args": [{"user": "ann"}], "kwargs": {"question": "q", "email": "ann"}},
        {"model": "m", "input": "q", "tools": [{"type": "x", "user": "ann"}]},
        {"model": "m", "input": "q", "metadata": '{"customer_id": "ann", "k": 1}'},
        {"system": "s", "messages": [{"role": "user", "content": "q"}], "x": [{"username": "ann"}]},
    ],
)
def test_ids_of_people_are_not_kept(value: Any) -> None:
    body = read_request(value)
    assert body is not None and body.messages
    assert "ann" not in json.dumps([body.unread, body.messages])
