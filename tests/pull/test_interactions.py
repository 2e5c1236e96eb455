from __future__ import annotations

import hashlib
import hmac
import json
import os
import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from curate.pull.interactions import Row, RowBuilder, as_text
from curate.pull.mapping import Declared, guess
from curate.pull.times import parse_time

NOON = datetime(2026, 3, 1, 12)


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Kolkata"])
def _zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
    assert os.environ.get("TZ") != "Asia/Kolkata"


@pytest.mark.usefixtures("_zone")
@pytest.mark.parametrize(
    ("logged", "moment"),
    [
        ("2026-03-01T12:00:00", NOON), ("2026-03-01 12:00:00", NOON),
        ("2026-03-01T12:00:00Z", NOON),
        ("2026-03-01T14:30:00+02:30", NOON), ("2026-03-01 12:00:00 UTC", NOON),
        (" 2026-03-01T12:00 ", NOON), ("2026-03-01T12:00:00.5", NOON.replace(microsecond=500_000)),
        ("2026-03-01T12:00:00.123456789Z", NOON.replace(microsecond=123_456)),
        ("2026-03-01", datetime(2026, 3, 1)), ("20260301", datetime(2026, 3, 1)),
        (20260301, datetime(2026, 3, 1)), (date(2026, 3, 1), datetime(2026, 3, 1)),
        (1772366400, NOON), ("1772366400", NOON), (1772366400.0, NOON), (1772366400_000, NOON),
        (1772366400_000_000, NOON), (1772366400_000_000_000, NOON), (NOON, NOON),
        (NOON.replace(tzinfo=UTC), NOON),
        (NOON.replace(tzinfo=timezone(timedelta(hours=-5))), datetime(2026, 3, 1, 17)),
        ("yesterday", None), ("", None), (True, None), ("2026-13-01", None), (1e300, None),
        ({"date": 1}, None), (-1, datetime(1969, 12, 31, 23, 59, 59)),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=5))), None),
    ],
)  # fmt: skip
def test_times(logged: Any, moment: datetime | None) -> None:
    assert parse_time(logged) == moment


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a ", "a "), (" ", None), (None, None), (5, "5"), (5.0, "5"), (5.5, "5.5"), (True, "true"),
        ({"b": 1, "a": 2}, '{"a":2,"b":1}'), ([1], "[1]"),
    ],
)  # fmt: skip
def test_cells_as_text(value: Any, text: str | None) -> None:
    assert as_text(value) == text


def built(document: dict[str, Any], **declared: Any) -> Row:
    (row,) = RowBuilder(guess([document], Declared(**declared)), b"salt").from_document(document)
    assert isinstance(row, dict)
    return row


DOCUMENT = {"query": "q", "response": "r", "created_at": "2026-03-01", "session_id": "s"}


@pytest.mark.parametrize("name", ["query", "response", "created_at", "session_id"])
def test_rows_without_id_are_known_by_what_they_say(name: str) -> None:
    base = built(DOCUMENT)["base_id"]
    assert built({**DOCUMENT, name: "2026-04-01"})["base_id"] != base
    more = {"rating": 3, "label": "l", "note": "n", "model": "m", "cost": 2, "correction": "c"}
    assert built({**DOCUMENT, **more})["base_id"] == base


def test_hashes_say_what_changed() -> None:
    row = built(DOCUMENT)
    for more in ({"label": "l"}, {"note": "n"}, {"model": "m"}, {"split": "test"}, {"user": "u"}):
        other = built({**DOCUMENT, **more})
        assert other["row_hash"] != row["row_hash"], more
        assert other["content_hash"] == row["content_hash"], more
    for more in ({"rating": 3}, {"correction": "c"}):
        assert built({**DOCUMENT, **more})["row_hash"] == row["row_hash"], more
    tools = built({**DOCUMENT, "tools": [{"a": 1}]})
    assert tools["content_hash"] != row["content_hash"] != built({**DOCUMENT, "query": "x"})


def test_the_content_hash_is_that_of_canonical_json() -> None:
    text = '[[{"content":"q","role":"user"}],[{"content":"r","role":"assistant"}],null]'
    assert built(DOCUMENT)["content_hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_tools_keep_the_order_that_the_model_was_shown() -> None:
    one = {"type": "function", "function": {"name": "f", "parameters": {"b": 1, "a": 2}}}
    other = {"function": {"parameters": {"a": 2, "b": 1}, "name": "f"}, "type": "function"}
    rows = [built({**DOCUMENT, "tools": [tool]}) for tool in (one, other)]
    assert [json.loads(row["tools"]) for row in rows] == [[one], [one]]
    assert rows[0]["tools"].index('"b"') < rows[0]["tools"].index('"a"')
    assert rows[0]["content_hash"] == rows[1]["content_hash"]


def test_people_are_stored_as_hmac() -> None:
    row = built({**DOCUMENT, "user_id": 7})
    assert row["user_key"] == hmac.new(b"salt", b"7", "sha256").hexdigest()[:32]
    assert "user_id" not in row["metadata"]


def test_the_rest_is_metadata() -> None:
    assert built({**DOCUMENT, "b": {"y": [1]}, "a": None})["metadata"] == '{"a":null,"b":{"y":[1]}}'


def test_times_and_ratings_that_cannot_be_read_are_counted() -> None:
    sample = [{**DOCUMENT, "rating": 5}, {**DOCUMENT, "rating": 9, "created_at": "soon"}]
    builder = RowBuilder(guess(sample, Declared(scale="1-5")), b"salt")
    rows = [row for document in sample for row in builder.from_document(document)]
    assert [row["rating_norm"] for row in rows] == [1.0, None]
    assert [row["created_at"] for row in rows] == [datetime(2026, 3, 1), None]
    assert (builder.unplaced_ratings, builder.unreadable_times) == (1, 1)
    assert rows[1]["rating_value"] == "9"


def u(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def a(text: str, **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **more}


def calls(document: dict[str, Any]) -> list[tuple[str | None, list[str], str, str | None]]:
    """Returns (source id, what was said before, the answer, correction) of each row."""
    rows = RowBuilder(guess([document], Declared()), b"salt").from_document(document)
    return [
        (
            row["source_id"],
            [message["content"] for message in json.loads(row["messages"])],
            row["response"],
            row["correction"],
        )
        for row in rows
    ]


def test_weights_say_which_turns_are_answers() -> None:
    talk = [u("1"), a("2", weight=0), u("3"), a("4", weight=1), u("5"), a("6"), u("7")]
    assert calls({"id": "k", "messages": talk, "correction": "six"}) == [
        ("k", ["1", "2", "3"], "4", None),
        ("k#2", ["1", "2", "3", "4", "5"], "6", "six"),
    ]
    assert calls({"messages": talk[:4]}) == [(None, ["1", "2", "3"], "4", None)]
    assert calls({"messages": json.dumps(talk[:4])}) == [(None, ["1", "2", "3"], "4", None)]
    untrained = {"messages": talk[:2]}
    builder = RowBuilder(guess([untrained], Declared()), b"salt")
    assert builder.from_document(untrained) == "all-weights-zero"
    row = RowBuilder(guess([{"messages": talk}], Declared()), b"salt").from_document(
        {"messages": talk}
    )[0]
    assert "weight" not in row["messages"]


def test_without_weights_the_last_turn_is_the_answer() -> None:
    talk = [u("1"), a("2"), u("3"), a("4")]
    assert calls({"id": "k", "messages": talk}) == [("k", ["1", "2", "3"], "4", None)]
    weighed = [u("1"), a("2", weight=0), u("3")]
    logged = {"id": "k", "messages": weighed, "response": "4"}
    assert calls(logged) == [("k", ["1", "2", "3"], "4", None)]
    assert calls({"id": "k", "messages": [u("1"), a("2", weight=None)]}) == [
        ("k", ["1"], "2", None)
    ]
