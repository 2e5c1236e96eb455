"""Plain documents are made many at once: row by row is the oracle, and both give the same."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.pull import staging
from curate.pull.fields import FIELDS
from curate.pull.maker import Maker
from curate.pull.mapping import FieldMap
from curate.pull.options import PullOptions
from curate.pull.plain.plain import plain_maker
from writers import TALK, WRITERS

Rows = dict[str, list[dict[str, Any]]]

TEXTS = [
    "Where is my parcel?",
    "where is  my parcel",
    'He said "no" \\ and left.\n\tThen?',
    "Ärger mit Öl; 日本語のテキスト 😀",
    "control \x00\x0b\x1f\x7f characters\r",
    "a < b and b > c",
    "<think>Hm.</think>Yes.",
    "It ends here.</think> Yes.",
    "write </b> in bold",
    '{"role": "user", "content": "x"}',
    '[{"type": "text", "text": "x"}]',
    "['a', 'b']",
    '"quoted"',
    "'quoted'",
    "data: [DONE]",
    "event: ping",
    "content='x' role='y'",
    "print(1)",
    " leading blank",
    "\n\nHuman: hi\n\nAssistant: ho",
    "reasoning_content",
    "",
    "  ",
    "0",
]
WORDS = ["a-1", "a-1", "b 2", "ann@shop.example", "user-17", "talk user-17", "12", "4123", "None"]
WORDS += [
    "null",
    "true",
    "{}",
    "[1]",
    '"x"',
    "\tx",
    "é",
    "x\x00y",
    "1e16",
    "",
    " ",
    "n/a",
    "--",
    "5",
]
NUMBERS = [0, 1, 3, 5, 12, -1, 2**53 + 1, 2**63, 2**70, 0.0, -0.0, 1.0, 4.5, 1e16, 1e-7, math.nan]
ODD = [None, True, False, [], {}, ["x"], [1, 2], {"a": 1}, [[]], Decimal("1.50"), b"\x00\xff"]
ODD += [datetime(2024, 5, 6, 7, 8, 9), datetime(2024, 5, 6, tzinfo=UTC), date(2024, 5, 6)]
ODD += [timedelta(hours=5), UUID(int=7)]
TIMES = ["2024-01-01T00:00:00Z", "2024-01-01 10:11:12.123456+02:00", "05/11/2026", "13/11/2026"]
TIMES += ["yesterday", "1700000000", 1_700_000_000, 1_700_000_000_000, {"seconds": 5}, "20240101"]

text = st.sampled_from(TEXTS) | st.text(max_size=12)
word = st.sampled_from([*WORDS, *NUMBERS]) | st.text(max_size=4)
odd = st.sampled_from(ODD)
message = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "assistant", "system"]), "content": text}
)
odd_message = st.sampled_from(
    [
        {"role": "developer", "content": "Be short."},
        {"role": "tool", "content": "4", "tool_call_id": "1"},
        {"role": "user", "content": [{"type": "text", "text": "parts"}]},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "assistant", "content": "x", "weight": 0},
        {"role": "user", "content": "x", "rating": 5},
        {"from": "human", "value": "x"},
        {"role": "alien", "content": "x"},
        "no message",
    ]
)
plain_talk = st.lists(message, min_size=1, max_size=5)
talk = st.one_of(
    st.tuples(text, text).map(
        lambda t: [{"role": "user", "content": t[0]}, {"role": "assistant", "content": t[1]}]
    ),
    plain_talk,
    st.lists(message | odd_message, max_size=4),
)
inner = st.recursive(
    word | text | odd | st.sampled_from(["10.0.0.1", "a=b", "user_id=kim", "x:y", "fe80::1", 17]),
    lambda value: (
        st.lists(value, max_size=2)
        | st.dictionaries(
            st.sampled_from(["region", "user_id", "key", "value", "k@x.example"]), value
        )
    ),
    max_leaves=4,
)
time = st.sampled_from(TIMES) | word


def columns(is_odd: bool = False, **said: Any) -> Any:
    """Returns documents that may have the usual columns, each with something odd in it or not."""
    optional = {
        "label": word, "rating": word, "when": time, "session": word, "group": word,
        "user": word, "model": word, "status": word, "split": word, "trace": word,
        "tokens": st.sampled_from(NUMBERS), "cost": word, "meta": inner, "system": text,
        "more": inner,
    }  # fmt: skip
    rare = dict.fromkeys(("error", "data", "correction", "comment"), odd) if is_odd else {}
    usual = {name: value | odd if is_odd else value for name, value in optional.items()} | rare
    return st.fixed_dictionaries({"id": word, **said}, optional=usual)


FIELDS_OF_COLUMNS = {
    "id": "id", "query": "prompt", "response": "answer", "system": "system", "label": "label",
    "rating": "rating", "created_at": "when", "session": "session", "group": "group",
    "user": "user", "model": "model", "status": "status", "split": "split", "trace": "trace",
    "input_tokens": "tokens", "cost_usd": "cost", "error": "error",
}  # fmt: skip
MAPPINGS: dict[str, FieldMap] = {
    "columns": FieldMap("interactions", FIELDS_OF_COLUMNS, "1-5"),
    "messages": FieldMap(
        "interactions",
        {**{k: v for k, v in FIELDS_OF_COLUMNS.items() if k != "query"}, "messages": "talk"},
        "words",
    ),
    "no ids": FieldMap("interactions", {"query": "prompt", "response": "answer", "user": "user",
                                        "session": "session", "created_at": "when"}),
    "paths": FieldMap("interactions", {"id": "id", "query": "prompt", "response": "answer",
                                       "label": "$.meta.region", "user": "$.meta.user_id",
                                       "model": "model+status"}),
    "others": FieldMap("interactions", {**FIELDS_OF_COLUMNS, "correction": "correction",
                                        "comment": "comment", "messages": "talk"}, "thumbs",
                       dates="day-first"),
    "previous": FieldMap("interactions", {"id": "id", "query": "prompt", "response": "answer",
                                          "previous": "trace"}),
    "no scale": FieldMap("interactions", {"query": "prompt", "rating": "rating"}),
}  # fmt: skip
DOCUMENTS = columns(prompt=text, answer=text) | columns(True, prompt=text | odd, answer=text | odd)
TALKS = columns(talk=talk) | columns(True, talk=talk | odd, answer=text | odd)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("salted")


def both(documents: Sequence[Mapping[str, Any]], mapping: FieldMap, folder: Path) -> int:
    """Makes documents in both ways, which must give the same; returns how many were plain."""
    by_row, at_once = (_made(documents, mapping, folder, is_many) for is_many in (False, True))
    assert at_once[:-1] == by_row[:-1]
    return at_once[-1]


def _made(
    documents: Sequence[Mapping[str, Any]], mapping: FieldMap, folder: Path, is_many: bool
) -> tuple[str, Any, list[str], int]:
    """Returns the rows, what was counted, the notes, and how many documents were plain."""
    named = {name: mapping.fields[name] for name in ("session", "label") if name in mapping.fields}
    maker = Maker(mapping, PullOptions(), folder, named=named)
    plain = plain_maker(maker) if is_many else None
    records = [
        staging.Record(0, "log.jsonl", n, partial(maker.make, d), document=d)
        for n, d in enumerate(documents, 1)
    ]
    rows: Rows = {
        name: sorted(table.to_pylist(), key=lambda r: (r["line"], r.get("part", 0), repr(r)))
        for name, table in staging.page(records, plain).items()
    }
    build = maker.builder
    counts = [build.documents, build.missing, build.unplaced_ratings, build.objects]
    counts += [build.unreadable_times, build.unread_numbers, build.unread_ranks]
    found = len(plain.make(documents).places) if plain else 0
    return repr(rows), counts, maker.notes(0), found


@pytest.mark.parametrize("name", MAPPINGS)
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_many_at_once_are_as_one_by_one(name: str, folder: Path, data: st.DataObject) -> None:
    kind = DOCUMENTS | TALKS if name == "others" else TALKS if name == "messages" else DOCUMENTS
    both(data.draw(st.lists(kind, min_size=1, max_size=8)), MAPPINGS[name], folder)


@pytest.mark.parametrize("name", WRITERS)
def test_bodies_of_every_api_are_as_one_by_one(name: str, folder: Path) -> None:
    request, response = WRITERS[name](TALK)
    usual = {"prompt": "Where?", "answer": "There."}
    documents = [
        {"id": n, **usual, **said}
        for n, said in enumerate(
            (
                {"prompt": request},
                {"answer": response},
                {"prompt": request, "answer": response},
                {"talk": request},
                {},
                {"meta": response},
                {"label": request, "session": response},
            )
        )
    ]
    for mapping in MAPPINGS.values():
        both(documents, mapping, folder)
    assert both(documents, MAPPINGS["columns"], folder) >= 2


def test_usual_logs_are_plain(folder: Path) -> None:
    said = {"id": "a", "prompt": "Where?", "answer": "There.", "label": "place", "rating": 4,
            "when": "2024-01-01T00:00:00Z", "session": "s1", "user": "ann-7", "model": "m",
            "tokens": 12, "cost": 0.5, "meta": {"region": "eu", "version": 3}}  # fmt: skip
    asked, answered = {"role": "user", "content": "x"}, {"role": "assistant", "content": "y"}
    talks = [[asked, answered], [asked, answered, asked], [{**asked, "role": "system"}, asked]]
    assert both([said, {**said, "label": None}], MAPPINGS["columns"], folder) == 2
    of_database = {**said, "when": datetime(2024, 1, 1), "meta": datetime(2024, 5, 6)}
    assert both([of_database], MAPPINGS["columns"], folder) == 1
    several = [{"id": n, "talk": talk} for n, talk in enumerate(talks)]
    assert both(several, MAPPINGS["messages"], folder) == 3


@pytest.mark.parametrize(
    "odd",
    [
        {"session": "talk of ann-7"},
        {"meta": {"seen_by": "ann-7"}},
        {"meta": {"user_id": "somebody"}},
        {"id": "ann@shop.example"},
        {"label": ["a", "b"]},
        {"when": "yesterday"},
        {"tokens": "many"},
        {"prompt": '{"messages": []}'},
        {"answer": "He thought.</think> Yes."},
        {"error": "timeout"},
        {"data": [{"prompt": "x"}]},
    ],
)
def test_what_is_not_plain_is_made_alone(folder: Path, odd: dict[str, Any]) -> None:
    said = {"id": "a", "prompt": "Where?", "answer": "There.", "user": "ann-7"}
    assert both([said, {**said, **odd}], MAPPINGS["columns"], folder) == 1


def test_every_field_that_is_not_known_to_be_plain_is_made_alone(folder: Path) -> None:
    plain = {"id", "query", "response", "system", "messages", "label", "rating", "created_at",
             "session", "group", "user", "model", "finish_reason", "status", "trace", "split",
             "input_tokens", "output_tokens", "cost_usd", "latency_ms"}  # fmt: skip
    for name in FIELDS["interactions"].keys() - plain - {"previous"}:
        mapping = FieldMap("interactions", {"query": "prompt", "response": "answer", name: "x"})
        said = {"prompt": "Where?", "answer": "There."}
        assert both([said, {**said, "x": "something"}], mapping, folder) == 1, name
