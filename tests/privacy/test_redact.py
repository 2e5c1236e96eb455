"""One value, one placeholder: in texts, JSON, tool calls, spans and pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.formats import Example, Pair
from curate.privacy.patterns import SensitiveSpan
from curate.privacy.redact import Finder, Redactor

KEY = "sk-ant-api03-AbC123dEf456GhI789jKl012mNo"


def example(
    name: str, query: str, answer: str = "ok", *, conversation: str = "c", **more: Any
) -> Example:
    made = Example(
        example_id=name,
        source="logs",
        messages=[{"role": "user", "content": query}],
        output=[{"role": "assistant", "content": answer}],
        query=query,
        response=answer,
        label=None,
        human_rating=5.0,
        is_edge_case=False,
        conversation_id=conversation,
    )
    return replace(made, **more)


def redacted(*items: Any, finder: Finder | None = None) -> tuple[list[Any], Redactor]:
    redactor = Redactor(finder or Finder())
    for item in items:
        redactor.look(item)
    return [redactor.redact(item) for item in items], redactor


def called(arguments: Any) -> list[dict[str, Any]]:
    call = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": arguments}}
    return [{"role": "assistant", "content": None, "tool_calls": [call]}]


def test_a_conversation() -> None:
    first = example("1", "I am Bob@Example.com, +44 7911 123456.", "Hello bob@example.com!")
    second = example("2", "call 07911 123456, not jane@x.org", "Done.")
    other = example("3", "jane@x.org", conversation="d")
    (a, b, c), redactor = redacted(first, second, other)
    assert (a.query, a.response) == ("I am <EMAIL_1>, <PHONE_1>.", "Hello <EMAIL_1>!")
    assert (b.query, c.query) == ("call <PHONE_1>, not <EMAIL_2>", "<EMAIL_1>")
    assert a.messages == [{"role": "user", "content": a.query}]
    assert a.output == [{"role": "assistant", "content": a.response}]
    assert redactor.counts == {"EMAIL": 4, "PHONE": 2}
    assert redactor.secrets == []
    assert {(f.example_id, f.field) for f in redactor.findings} == {
        ("1", "messages[0].content"), ("1", "output[0].content"),
        ("2", "messages[0].content"), ("3", "messages[0].content"),
    }  # fmt: skip


def test_a_value_that_is_known_is_hidden_where_nothing_else_gives_it_away() -> None:
    items = [example("1", "is it 4155550198?"), example("2", "you can call 4155550198")]
    (a, b), _ = redacted(*items)
    assert (a.query, b.query) == ("is it <PHONE_1>?", "you can call <PHONE_1>")


def test_a_known_value_ends_where_another_script_begins() -> None:
    items = [example("1", "call 4155550198"), example("2", "打4155550198吧, not 441555501981")]
    (_, b), _ = redacted(*items)
    assert b.query == "打<PHONE_1>吧, not 441555501981"
    (a,), _ = redacted(example("1", "ann@x.org, ?to=ann%40x.org"))
    assert a.query == "<EMAIL_1>, ?to=<EMAIL_1>"


def test_json_stays_json() -> None:
    arguments = '{"to":"a@b.co", "note": "x\\na@b.co \\u00e9", "phone": 4155550198, "n": 1.10}'
    nested = json.dumps({"body": arguments, "password": "Hunter2!x"})
    items = [example("1", "go", output=called(text)) for text in (arguments,)]
    items.append(example("2", nested))
    as_objects = example("3", "go", output=called({"a@b.co": ["a@b.co", 4155550198, 3]}))
    (a, b, c), redactor = redacted(*items, as_objects)
    said = a.output[0]["tool_calls"][0]["function"]["arguments"]
    assert said == arguments.replace("a@b.co", "<EMAIL_1>").replace("4155550198", '"<PHONE_1>"')
    assert orjson.loads(said)["note"] == "x\n<EMAIL_1> é"
    inner = orjson.loads(b.query)
    assert inner["password"] == "<SECRET_1>"
    assert orjson.loads(inner["body"])["phone"] == "<PHONE_1>"
    assert c.output[0]["tool_calls"][0]["function"]["arguments"] == {
        "<EMAIL_1>": ["<EMAIL_1>", "<PHONE_1>", 3]
    }
    assert {f.example_id for f in redactor.secrets} == {"2"}


def test_places_of_findings_in_json_are_those_of_the_text_as_it_stands() -> None:
    text = '{"k": "\\"\\u00e9\\ud83d\\ude00 a@b.co"}'
    _, redactor = redacted(example("1", text))
    place = redactor.findings[0]
    assert text[place.start : place.end] == "a@b.co"


def test_spans_move_with_the_text() -> None:
    query = "Ship to a@b.co, Kiel, or call +44 7911 123456 today"
    marked = ["Ship", "a@b.co", "b.co, Kiel", "+44 7911 123456", "today"]
    spans = tuple((query.index(w), query.index(w) + len(w), w) for w in marked)
    (a,), _ = redacted(example("1", query, spans=spans))
    assert [a.query[start:end] for start, end, _ in a.spans] == [
        "Ship", "<EMAIL_1>", "<EMAIL_1>, Kiel", "<PHONE_1>", "today",
    ]  # fmt: skip


def test_a_pair_and_the_conversations_that_it_joins() -> None:
    chosen = example("1", "I am a@b.co", "Yes, a@b.co", conversation="c")
    rejected = example("2", "I am a@b.co", "No, x@y.org", conversation="d")
    single = example("3", "again x@y.org", conversation="d")
    pair = Pair("p", chosen, rejected, "rating", None)
    (p, s), _ = redacted(pair, single)
    assert p.chosen.messages == p.rejected.messages
    assert (p.chosen.response, p.rejected.response) == ("Yes, <EMAIL_1>", "No, <EMAIL_2>")
    assert s.query == "again <EMAIL_2>"


def test_literal_placeholders_keep_their_numbers() -> None:
    (a, b), _ = redacted(example("1", "a@b.co"), example("2", "what is <EMAIL_1>? x@y.org"))
    assert (a.query, b.query) == ("<EMAIL_2>", "what is <EMAIL_1>? <EMAIL_3>")


def test_secrets_and_what_is_allowed() -> None:
    items = [example("1", f"my key is {KEY}"), example("2", f"also {KEY}")]
    redactor = Redactor(Finder(), allowed={"1"})
    for item in items:
        redactor.look(item)
    assert [(s.example_id, s.field, s.detector) for s in redactor.secrets] == [
        ("2", "messages[0].content", "anthropic")
    ]
    assert redactor.redact(items[0]).query == "my key is <SECRET_1>"
    assert KEY not in repr(redactor.findings)


def test_leave_harmless_and_names() -> None:
    def names(text: str) -> list[SensitiveSpan]:
        start = text.find("Ann Lee")
        return [SensitiveSpan("NAME", start, start + 7, "test", 0.9, False)] if start >= 0 else []

    finder = Finder(leave=["IP"], names=names, key=str.casefold, harmless=["shop@x.org"])
    text = "Ann Lee, Shop@x.org, a@b.co, 10.1.22.3"
    (a,), _ = redacted(example("1", text), finder=finder)
    assert a.query == "<NAME_1>, Shop@x.org, <EMAIL_1>, 10.1.22.3"


def test_tools_and_parts_and_what_is_left_as_it_is() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    parts = [{"type": "text", "text": "a@b.co"}, image]
    tools = [{"type": "function", "function": {"name": "f", "description": "mails a@b.co"}}]
    item = example("1", "a@b.co", messages=[{"role": "user", "content": parts}], tools=tools)
    (a,), _ = redacted(item)
    assert a.messages[0]["content"] == [{"type": "text", "text": "<EMAIL_1>"}, image]
    assert a.tools is not None and a.tools[0]["function"]["description"] == "mails <EMAIL_1>"
    clean = example("2", "hello", tools=None, label="refund")
    assert redacted(clean)[0] == [clean]


VALUES = {
    "EMAIL": ("ann@example.com", "Bob.Lee@example.org", "ANN@example.com"),
    "PHONE": ("+1 415 555 0198", "(415) 555-0198", "+49 30 901820"),
    "IBAN": ("DE89370400440532013000", "DE89 3704 0044 0532 0130 00"),
    "SECRET": (KEY,),
}
SAME = {"ANN@example.com": "ann@example.com", "(415) 555-0198": "+1 415 555 0198",
        "DE89 3704 0044 0532 0130 00": "DE89370400440532013000"}  # fmt: skip
WORDS = (
    "hello",
    "phone",
    "order",
    "number is",
    "<EMAIL_1>",
    "{x}",
    "12",
    "my",
    "\n",
    "ssn",
    "key:",
)
PIECES = st.sampled_from([*WORDS, *(v for many in VALUES.values() for v in many)])
TALK = st.lists(st.lists(PIECES, min_size=1, max_size=6), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(TALK)
def test_one_value_has_one_placeholder_in_a_conversation(talk: list[list[str]]) -> None:
    items = [
        example(str(n), " ; ".join(pieces), output=called(json.dumps({"a": pieces})))
        for n, pieces in enumerate(talk)
    ]
    after, _ = redacted(*items)
    stands_for: dict[str, set[str]] = {}
    for pieces, item in zip(talk, after, strict=True):
        said = item.query.split(" ; ")
        arguments = orjson.loads(item.output[0]["tool_calls"][0]["function"]["arguments"])["a"]
        assert len(said) == len(arguments) == len(pieces)
        for before, *now in zip(pieces, said, arguments, strict=True):
            stands_for.setdefault(SAME.get(before, before), set()).update(now)
    for value, placeholders in stands_for.items():
        assert len(placeholders) == 1, (value, placeholders)
    personal = [v for many in VALUES.values() for v in many if SAME.get(v, v) in stands_for]
    assert not [p for v in personal for p in stands_for[SAME.get(v, v)] if p == v]
    hidden = [next(iter(stands_for[v])) for v in sorted({SAME.get(v, v) for v in personal})]
    assert len(set(hidden)) == len(hidden)
    assert "<EMAIL_1>" not in hidden or "<EMAIL_1>" not in stands_for
    assert redacted(*after)[0] == after
    assert not redacted(*after)[1].findings
