from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from curate.sources.presets._attributes import any_value, flat, numbered
from curate.sources.presets._raters import rater_by_kind, rater_by_name, verdict
from curate.sources.presets._rows import (
    asked,
    failure,
    impersonal,
    instant,
    milliseconds,
    opened,
    opened_once,
    row,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        (json.dumps(json.dumps([1])), [1]),
        ('"a text"', "a text"),
        ("12", "12"),
        ("[not json]", "[not json]"),
        ("", ""),
        (None, None),
    ],
)
def test_json_text_is_opened_as_deep_as_it_goes(text: Any, value: Any) -> None:
    assert opened(text) == value


def test_json_text_is_opened_once_where_a_text_in_it_is_meant() -> None:
    assert opened_once(json.dumps('{"a": 1}')) == '{"a": 1}'
    assert opened_once("not json") == "not json"
    assert opened_once({"a": 1}) == {"a": 1}


def test_people_are_taken_out_at_any_depth() -> None:
    document = {
        "zone": 4,
        "user": "jane",
        "metadata": json.dumps({"user_id": "jane", "page": "home"}),
        "steps": [{"email": "jane@example.org", "at": 1}, {"email": "jane@example.org"}],
        "tags": ["a"],
        "empty": None,
    }
    assert impersonal(document) == {
        "zone": 4,
        "metadata": {"page": "home"},
        "steps": [{"at": 1}, {}],
        "tags": ["a"],
    }


def test_a_field_of_a_row_comes_before_what_else_has_its_name() -> None:
    assert row({"id": "raw", "zone": 1}, {"id": None}) == {"zone": 1}
    assert row({"id": "raw", "zone": 1}, {"id": "1", "rating": 0, "model": ""}) == {
        "zone": 1,
        "id": "1",
        "rating": 0,
    }


def test_a_question_stands_under_the_field_of_its_form() -> None:
    assert asked('[{"role": "user"}]') == {"messages": '[{"role": "user"}]'}
    assert asked({"messages": []}) == {"request": {"messages": []}}
    assert asked('"Why?"') == {"query": "Why?"}
    assert asked("Why?") == {"query": "Why?"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("quota", "quota"),
        ({"error": {"message": "quota", "code": 1}}, "quota"),
        ('{"error": {"code": 429}}', "429"),
        ({"detail": [{"message": "too long"}]}, "too long"),
        ({}, None),
        (None, None),
        (False, None),
        (0, None),
        ("null", None),
    ],
)
def test_the_message_of_an_error(value: Any, message: str | None) -> None:
    assert failure(value) == message


@pytest.mark.parametrize(
    "value",
    [
        *("2026-09-08T09:20:00Z", "2026-09-08 09:20:00 UTC", "2026-09-08T11:20:00+02:00"),
        *(1788859200, "1788859200000", 1788859200000000, "1788859200000000000"),
        datetime(2026, 9, 8, 9, 20),
    ],
)
def test_times_of_every_notation(value: Any) -> None:
    assert instant(value) == datetime(2026, 9, 8, 9, 20, tzinfo=UTC)
    assert milliseconds(value, "2026-09-08T09:20:00.250Z") == 250.0


@pytest.mark.parametrize("value", ["soon", None, "", [], True])
def test_what_is_no_time(value: Any) -> None:
    assert instant(value) is None
    assert milliseconds(value, 1788859200) is None


@pytest.mark.parametrize(
    ("name", "rater"),
    [
        *(("user_feedback", "user"), ("userRating", "user"), ("thumbs-up", "user")),
        *(("quality_judge", "llm"), ("LLM rating", "llm"), ("user_feedback_model", "llm")),
        *(("tone", "unknown"), (None, "unknown")),
    ],
)
def test_whose_score_it_is_by_name(name: Any, rater: str) -> None:
    assert rater_by_name(name) == rater


@pytest.mark.parametrize(
    ("kind", "name", "rater"),
    [
        *(("HUMAN", "tone", "expert"), ("HUMAN", "user_feedback", "user"), ("LLM", "stars", "llm")),
        *(("CODE", "stars", "code"), ("api", "stars", "user"), ("api", "tone", "unknown")),
    ],
)
def test_whose_score_it_is_by_kind(kind: str, name: str, rater: str) -> None:
    assert rater_by_kind(kind, name) == rater


def test_numbers_rate_and_words_label() -> None:
    assert verdict("a", "4.5", comment="") == {"kind": "rating", "name": "a", "value": "4.5"}
    assert verdict("a", False, rater_type="user") == {
        "kind": "rating",
        "name": "a",
        "value": False,
        "rater_type": "user",
    }
    assert verdict("a", "polite") == {"kind": "label", "name": "a", "value": "polite"}
    assert verdict("a", {"deep": 1}) is None
    assert verdict("a", None) is None


def test_attributes_of_every_form_are_flat() -> None:
    pairs = [
        {"key": "a.b", "value": {"intValue": "7"}},
        {"key": "c", "value": {"arrayValue": {"values": [{"boolValue": True}]}}},
        {"key": "d", "value": {"doubleValue": 0.5}},
        {"key": "e", "value": {"kvlistValue": {"values": [{"key": "f", "value": {}}]}}},
        "broken",
    ]
    assert flat(pairs) == {"a.b": 7, "c": [True], "d": 0.5, "e.f": {}}
    assert flat({"a": {"b": 7}, "c.d": None}) == {"a.b": 7}
    assert flat('{"a": {"b": 7}}') == {"a.b": 7}
    assert flat("text") == {}
    assert any_value({"intValue": "seven"}) is None


def test_numbered_attributes_are_lists_in_their_order() -> None:
    said = {f"m.{place}.text": str(place) for place in (10, 2, 0)}
    assert numbered(said, "m") == [{"text": "0"}, {"text": "2"}, {"text": "10"}]
    assert numbered({"m": '[{"text": {"deep": 1}}]'}, "m") == [{"text": {"deep": 1}}]
    assert numbered({}, "m") == []
