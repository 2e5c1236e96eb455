from __future__ import annotations

import gzip
import json
import sqlite3
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, SourceError
from curate.sources import Document, Location, Reject, format_of, reader

ROWS = [{"query": "one", "response": "1"}, {"query": "two, too", "response": 'say "2"\nor 3'}]


def read(path: Path, **where: Any) -> list[Document | Reject]:
    return list(reader(format_of(path) or "")(Location(path, **where)))


def fields(path: Path, **where: Any) -> list[dict[str, Any]]:
    return [d.fields for d in read(path, **where) if isinstance(d, Document)]


def said(found: list[Document | Reject]) -> list[tuple[int, str]]:
    return [(d.line, "" if isinstance(d, Document) else d.reason) for d in found]


def written(rows: list[dict[str, Any]], suffix: str) -> bytes:
    import csv
    import io

    if suffix in ("jsonl", "ndjson"):
        return "".join(json.dumps(r) + "\n" for r in rows).encode()
    if suffix == "json":
        return json.dumps(rows, indent=2).encode()
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter="\t" if suffix == "tsv" else ",")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.mark.parametrize("packed", ["", ".gz", ".zst", ".GZ"])
@pytest.mark.parametrize("suffix", ["jsonl", "ndjson", "json", "csv", "tsv"])
def test_text_files_plain_and_packed(tmp_path: Path, suffix: str, packed: str) -> None:
    import zstandard

    body = written(ROWS, suffix)
    path = tmp_path / f"my.logs.2026.{suffix}{packed}"
    pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(packed.lower(), bytes)
    path.write_bytes(pack(body))
    assert fields(path) == ROWS
    path.write_bytes(pack(b"\xef\xbb\xbf" + body))
    assert fields(path) == ROWS


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a.json.zst", "a.csv.zst"])
def test_a_damaged_archive_is_one_clear_failure(tmp_path: Path, name: str) -> None:
    for body in (b"not packed", gzip.compress(b'{"a": 1}\n' * 9999)[:-20]):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(SourceError, match=rf"cannot read .*{name}"):
            read(tmp_path / name)


# -- json ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('{"a": 1}', [(1, "")]),
        ('[{"a": 1}, 2, {"a": 3}]', [(1, ""), (2, "not-an-object"), (3, "")]),
        ('{"a": 1}\n{"a": 2}\n', [(1, ""), (2, "")]),
        ('{"a": 1}\n{broken\n\n{"a": 2}\n', [(1, ""), (2, "bad-json"), (4, "")]),
        ('{broken\n{"a": 1}\n{"a": 2}\n', [(1, "bad-json"), (2, ""), (3, "")]),
        ('[\n{"a": 1},\n{"a": 2\n]', [(1, "bad-json")]),
        ("[1, 2]", [(1, "not-an-object")]),
        ("[]", [(1, "not-an-object")]),
        ("", [(1, "bad-json")]),
    ],
)
def test_json_files(tmp_path: Path, body: str, found: list[tuple[int, str]]) -> None:
    (tmp_path / "a.json").write_text(body)
    assert said(read(tmp_path / "a.json")) == found


def test_too_deep_json_is_rejected(tmp_path: Path) -> None:
    deep = {depth: '{"a":' * depth + "1" + "}" * depth for depth in (499, 501, 1_023, 5_000)}
    (tmp_path / "a.jsonl").write_text("\n".join(deep.values()))
    assert [reason for _, reason in said(read(tmp_path / "a.jsonl"))] == ["", *["too-large"] * 3]
    (tmp_path / "b.jsonl").write_text('{"a": [' + ", ".join(["[1]"] * 900) + "]}")
    assert said(read(tmp_path / "b.jsonl")) == [(1, "")]


# -- csv -----------------------------------------------------------------------------------------


def csv_of(tmp_path: Path, body: bytes, name: str = "a.csv") -> list[Document | Reject]:
    (tmp_path / name).write_bytes(body)
    return read(tmp_path / name)


def test_csv_lines_are_those_of_the_file(tmp_path: Path) -> None:
    found = csv_of(tmp_path, b'q,r\n"a\nb\nc",1\n\nd\ne,2\n"f\n",3\n')
    assert said(found) == [(2, ""), (6, "bad-row"), (7, ""), (8, "")]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_csv_newlines(tmp_path: Path, newline: bytes) -> None:
    found = csv_of(tmp_path, newline.join([b"q,r", b"a,1", b"b,2"]))
    assert [d.fields for d in found if isinstance(d, Document)] == [
        {"q": "a", "r": "1"},
        {"q": "b", "r": "2"},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_csv_delimiter_is_that_of_the_header(tmp_path: Path, delimiter: str) -> None:
    body = f'q{delimiter}r{delimiter}s\n"a,b;c|d\te"{delimiter}2{delimiter}\n'
    found = csv_of(tmp_path, body.encode())
    assert isinstance(found[0], Document)
    assert found[0].fields == {"q": "a,b;c|d\te", "r": "2", "s": None}


def test_a_quote_that_nothing_closes_costs_one_row(tmp_path: Path) -> None:
    rows = b"".join(b"%d,x\n" % n for n in range(3, 30_000))
    found = csv_of(tmp_path, b'q,r\n1,x\n2,"x\n' + rows)
    assert said(found)[:3] == [(2, ""), (3, "bad-row"), (4, "")]
    assert len(found) == 29_999 and found[-1].line == 30_000


def test_csv_rows_that_are_not_utf8_are_rejected(tmp_path: Path) -> None:
    found = csv_of(tmp_path, b"q,r\na,caf\xe9\nb,caf\xc3\xa9\n")
    assert said(found) == [(2, "not-utf8"), (3, "")]
    assert isinstance(found[0], Reject) and found[0].detail.startswith("byte 0xe9")


def test_csv_headers(tmp_path: Path) -> None:
    found = csv_of(tmp_path, b"q,,q, r \n1,2,3,4\n")
    assert isinstance(found[0], Document)
    assert found[0].fields == {"q": "1", "column2": "2", "q_2": "3", "r": "4"}
    assert csv_of(tmp_path, b"") == [] and csv_of(tmp_path, b"q,r\n") == []
    assert said(csv_of(tmp_path, b"q\n1\n\n2\n")) == [(2, ""), (4, "")]


def test_csv_values_may_be_long(tmp_path: Path) -> None:
    long = "x" * 1_000_000
    found = csv_of(tmp_path, f"q,r\n{long},1\n".encode())
    assert isinstance(found[0], Document) and found[0].fields["q"] == long


# -- tables --------------------------------------------------------------------------------------


def test_parquet_values_of_every_kind(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    messages = [[{"role": "user", "content": "hi"}]]
    table = pa.table(
        {
            "messages": messages,
            "nanos": pa.array([1_767_225_600_123_456_789], pa.timestamp("ns", "UTC")),
            "price": pa.array([Decimal("1.5")]),
            "none": pa.array([None], pa.null()),
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    found = fields(tmp_path / "a.parquet")[0]
    assert found["messages"] == messages[0] and found["price"] == Decimal("1.5")
    assert found["nanos"].replace(tzinfo=None) == datetime(2026, 1, 1, 0, 0, 0, 123456)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no")
    with pytest.raises(SourceError, match=r"cannot read .*bad\.parquet"):
        read(tmp_path / "bad.parquet")


def test_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "logs.db"
    con = sqlite3.connect(path)
    con.execute("CREATE TABLE calls (query TEXT, response BLOB, rating INTEGER)")
    con.execute("INSERT INTO calls VALUES ('hi', CAST('hello' AS BLOB), 5)")
    con.execute("INSERT INTO calls VALUES (CAST(x'ff' AS TEXT), x'fe', 5)")
    con.commit()
    found = read(path)
    assert found[0] == Document(1, {"query": "hi", "response": "hello", "rating": 5})
    assert found[1] == Reject(2, "not-utf8", "column query, response")
    assert fields(path, query="SELECT 1 AS a UNION SELECT 2 ORDER BY a") == [{"a": 1}, {"a": 2}]
    con.execute('CREATE TABLE "odd ""name" (x)')
    con.close()
    assert read(path, table='odd "name') == []
    with pytest.raises(ConfigError, match="2 tables"):
        read(path)
    with pytest.raises(ConfigError, match=r"unknown table 'call'.*Did you mean 'calls'"):
        read(path, table="call")
    with pytest.raises(SourceError, match="no such table"):
        read(path, query="SELECT * FROM nowhere")
    with pytest.raises(SourceError, match="readonly"):
        read(path, query="DELETE FROM calls")


def test_duckdb(tmp_path: Path) -> None:
    import duckdb

    path = tmp_path / "logs.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE calls AS SELECT uuid() AS id, 4.5 AS rating, 'hi' AS query")
    assert fields(path)[0]["rating"] == Decimal("4.5")
    assert fields(path, query="SELECT query FROM calls") == [{"query": "hi"}]
    with pytest.raises(SourceError, match="cannot read"):
        read(path, query="SELECT nothing FROM calls")


@pytest.mark.parametrize("name", ["a.txt", "jsonl", "a.jsonl.bak", "a.gz"])
def test_unknown_formats(name: str) -> None:
    assert format_of(Path(name)) is None
    with pytest.raises(ConfigError, match=r"unknown format 'jsnl'.*Did you mean 'jsonl'"):
        reader("jsnl")
