"""Files as people have them: encodings, notations, nested columns, and rows that are bad."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from pulled import Workbench, talk

pytestmark = pytest.mark.slow


def user(text: str) -> tuple[str, str]:
    return ("user", text)


TABLE = (
    "id|query|response|rating\n1|Größe?|38\u201340 „M“|4\n2|Prix en €?|12,50 €|1\n3|Señal?|Sí|5\n"
)
READ = {
    "1": ([user("Größe?")], "38\u201340 „M“"),
    "2": ([user("Prix en €?")], "12,50 €"),
    "3": ([user("Señal?")], "Sí"),
}


@pytest.mark.parametrize(
    ("encoding", "separator", "begin", "options"),
    [
        ("utf-16", ";", "", ()),
        ("utf-16-le", "\t", "\ufeff", ()),
        ("utf-16-be", "\t", "\ufeff", ()),
        ("utf-8-sig", ";", "sep=;\r\n", ()),
        ("utf-8", "\t", "sep=\t\n", ()),
        ("cp1252", ";", "", ("--encoding", "cp1252")),
        ("cp1252", ";", "sep=;\r\n", ("--encoding", "windows-1252")),
    ],
)
def test_tables_in_their_encodings(
    bench: Workbench, encoding: str, separator: str, begin: str, options: tuple[str, ...]
) -> None:
    text = begin + TABLE.replace("|", separator)
    (bench.logs / "t.csv").write_bytes(text.encode(encoding))
    bench.pull("t.csv", *options)
    assert {key: talk(call) for key, call in bench.calls().items()} == READ
    assert [c["human_rating"] for c in bench.calls().values()] == [4.0, 1.0, 5.0]


def test_a_file_that_is_half_readable_is_refused_as_a_whole(bench: Workbench) -> None:
    (bench.logs / "t.csv").write_bytes(TABLE.replace("|", ";").encode("cp1252"))
    assert "--encoding cp1252" in bench.refused("t.csv")
    assert bench.rejects() == []


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["05.11.2026 14:03", "06.11.2026 09:10"],
         [datetime(2026, 11, 5, 14, 3), datetime(2026, 11, 6, 9, 10)]),
        (["13/04/2026 10:00", "02/05/2026 11:30"],
         [datetime(2026, 4, 13, 10), datetime(2026, 5, 2, 11, 30)]),
        (["04/13/2026", "05/02/2026"], [datetime(2026, 4, 13), datetime(2026, 5, 2)]),
        (["1775120400.25", "1775120460"],
         [datetime(2026, 4, 2, 9, 0, 0, 250_000), datetime(2026, 4, 2, 9, 1)]),
        (["1775120400000", "1775120460000"], [datetime(2026, 4, 2, 9), datetime(2026, 4, 2, 9, 1)]),
    ],
)  # fmt: skip
def test_times_that_leave_no_doubt(
    bench: Workbench, written: list[str], read: list[datetime]
) -> None:
    rows = [
        {"id": n, "query": f"Hall {n}?", "response": "East.", "created_at": text}
        for n, text in enumerate(written)
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert [c["created_at"] for c in bench.calls().values()] == read


def test_a_day_that_could_be_a_month_is_asked_about(bench: Workbench) -> None:
    rows = [
        {"id": n, "query": f"Hall {n}?", "response": "East.", "created_at": f"0{n}/04/2026"}
        for n in (1, 2)
    ]
    said = bench.pull(bench.write("l.jsonl", rows))
    assert [c["created_at"] for c in bench.calls().values()] == [None, None]
    assert "--dates day-first" in said and "--dates month-first" in said


def test_numbers_with_a_comma(bench: Workbench) -> None:
    lines = ["id;query;response;cost;latency_ms;input_tokens", "1;Hall?;East.;0,0021;1.250,5;1.024"]
    (bench.logs / "t.csv").write_text("\n".join(lines) + "\n", "utf-8")
    bench.pull("t.csv")
    (call,) = bench.calls().values()
    assert call["cost_usd"] == 0.0021
    assert call["latency_ms"] in (1250.5, None)  # a dot and a comma: read, or left empty
    assert call["input_tokens"] in (1024, None)


def test_numbers_that_a_database_wrapped(bench: Workbench) -> None:
    rows = [
        {
            "_id": {"$oid": "65f1c0ffee65f1c0ffee0001"},
            "query": "Hall?",
            "response": "East.",
            "rating": {"$numberInt": str(stars)},
            "createdAt": {"$date": {"$numberLong": "1775120400000"}},
            "latency_ms": {"$numberDouble": "812.5"},
            "user": {"$oid": "77aabbccddeeff0011223344"},
        }
        for stars in (5, 1, 4)
    ]
    for n, row in enumerate(rows):
        row["_id"] = {"$oid": f"65f1c0ffee65f1c0ffee000{n}"}
    bench.pull(bench.write("l.jsonl", rows))
    calls = bench.calls()
    assert list(calls) == [f"65f1c0ffee65f1c0ffee000{n}" for n in range(3)]
    assert [c["human_rating"] for c in calls.values()] == [5.0, 1.0, 4.0]
    assert {c["created_at"] for c in calls.values()} == {datetime(2026, 4, 2, 9)}
    assert {c["latency_ms"] for c in calls.values()} == {812.5}
    assert bench.places("77aabbccddeeff0011223344") == []


def test_nested_columns_of_parquet(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {
            "interaction_id": f"q{n}",
            "messages": [
                {"role": "system", "content": "Porter."},
                {"role": "user", "content": f"Hall {n}?"},
                {"role": "assistant", "content": "East."},
            ],
            "usage": {"input": 5, "output": 1},
            "at": datetime(2026, 4, 2, 9, n),
        }
        for n in range(2)
    ]
    pq.write_table(pa.Table.from_pylist(rows), bench.logs / "t.parquet")
    bench.pull(
        *(
            "t.parquet",
            "--map",
            "input_tokens=$.usage.input",
            "--map",
            "output_tokens=$.usage.output",
        ),
        *("--map", "created_at=at"),
    )
    calls = bench.calls()
    assert {key: talk(call) for key, call in calls.items()} == {
        f"q{n}": ([("system", "Porter."), user(f"Hall {n}?")], "East.") for n in range(2)
    }
    assert [c["created_at"].minute for c in calls.values()] == [0, 1]
    assert [(c["input_tokens"], c["output_tokens"]) for c in calls.values()] == [(5, 1)] * 2


def test_one_bad_row_costs_one_row(bench: Workbench) -> None:
    lines = [
        b'{"id": "r1", "query": "Hall?", "response": "East."}',
        b'{"id": "r2", "query": "Hall?", "response": "Ea',
        b"",
        b'["not", "an", "object"]',
        b'{"id": "r3", "query": "Hall?", "response": "We\xfft."}',
        b'{"id": "r4", "messages": [{"role": "tool", "content": "x", "tool_call_id": "t"}]}',
        b'{"id": "r5", "query": "Gate?", "response": "B."}',
    ]
    (bench.logs / "l.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    bench.pull("l.jsonl")
    calls = bench.calls()
    assert {"r1", "r5"} <= set(calls) <= {"r1", "r4", "r5"}
    assert {line for _, line in bench.rejects()} >= {2, 4, 5}


def test_a_preference_file_survives_one_odd_value(bench: Workbench) -> None:
    rows: list[dict[str, Any]] = [
        {"prompt": f"Hall {n}?", "chosen": "East wing.", "rejected": "No idea."} for n in range(4)
    ]
    rows[1]["chosen"] = True
    bench.pull(bench.write("l.jsonl", rows))
    assert bench.rejects() == [("unknown-shape", 2)]
    found = sorted((call["query"], call["response"]) for call in bench.calls().values())
    assert found == [(f"Hall {n}?", text) for n in (0, 2, 3) for text in ("East wing.", "No idea.")]


def test_a_truncated_archive_is_an_error(bench: Workbench) -> None:
    line = b'{"id": "a%d", "query": "Hall %d?", "response": "East."}\n'
    packed = zstandard.compress(b"".join(line % (n, n * 7919) for n in range(5_000)))
    (bench.logs / "l.jsonl.zst").write_bytes(packed[: len(packed) // 2])
    result = bench.run("pull", "l.jsonl.zst")
    assert result.exit_code == 1, result.output
    assert bench.calls() == {}


def test_a_document_above_the_size_is_rejected(bench: Workbench) -> None:
    rows = [
        {"id": "b1", "query": "Hall?", "response": "E" * (17 << 20)},
        {"id": "b2", "query": "Gate?", "response": "B."},
    ]
    bench.pull(bench.write("l.jsonl", rows))
    assert list(bench.calls()) == ["b2"]
    assert bench.rejects() == [("too-large", 1)]
