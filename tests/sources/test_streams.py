from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zstandard

from curate.errors import ConfigError, SourceError
from curate.sources import Document, Location, Reject, format_of, reader

LINES = b"".join(b'{"n": %d}\n' % n for n in range(5_000))


def read(path: Path, body: bytes | None = None, **how: Any) -> list[Document | Reject]:
    if body is not None:
        path.write_bytes(body)
    return list(reader(format_of(path) or "")(Location(path, **how)))


def fields(found: list[Document | Reject]) -> list[dict[str, Any]]:
    return [item.fields for item in found if isinstance(item, Document)]


def reasons(found: list[Document | Reject]) -> list[tuple[int, str]]:
    return [(d.line, "" if isinstance(d, Document) else d.reason) for d in found]


# -- packed files --------------------------------------------------------------------------------


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_all_members_and_frames_of_a_packed_file_are_read(tmp_path: Path, pack: Any) -> None:
    packed = pack(LINES) + pack(b'{"n": 5000}\n')
    name = "a.jsonl.gz" if pack is gzip.compress else "a.jsonl.zst"
    assert [f["n"] for f in fields(read(tmp_path / name, packed))] == list(range(5_001))
    # The content says that it is packed, where the name does not.
    assert len(read(tmp_path / "b.jsonl", packed)) == 5_001


@pytest.mark.parametrize(
    "name", ["a.jsonl.gz", "a.csv.gz", "a.json.gz", "a.jsonl.zst", "a.csv.zst"]
)
@pytest.mark.parametrize("cut", [1, 5, 30, 2_000])
def test_a_packed_file_that_is_cut_off_is_never_read_as_whole(
    tmp_path: Path, name: str, cut: int
) -> None:
    pack = gzip.compress if name.endswith("gz") else zstandard.compress
    whole = pack(LINES)
    with pytest.raises(SourceError, match=rf"cannot read .*{name}: it is cut off"):
        read(tmp_path / name, whole[:-cut])
    with pytest.raises(SourceError, match="it is cut off"):
        read(tmp_path / name, whole + pack(LINES)[:-cut])


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_what_follows_packed_data_is_named(tmp_path: Path, pack: Any) -> None:
    name = "a.jsonl.gz" if pack is gzip.compress else "a.jsonl.zst"
    with pytest.raises(SourceError, match="after its compressed data something else follows"):
        read(tmp_path / name, pack(LINES) + b"and more")
    with pytest.raises(SourceError, match=r"it is not (gzip|zstd) data"):
        read(tmp_path / name, LINES)
    with pytest.raises(SourceError, match=r"it is empty, not (gzip|zstd) data"):
        read(tmp_path / name, b"")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"PK\x03\x04rest", "ZIP archive.*save it as CSV"),
        (b"\xd0\xcf\x11\xe0rest", "Excel file. Next: save it as CSV"),
        (b"PAR1rest", "--format parquet"), (b"SQLite format 3\0rest", "--format sqlite"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.json"])
def test_files_that_are_no_text_are_named(
    tmp_path: Path, name: str, head: bytes, what: str
) -> None:
    with pytest.raises(SourceError, match=what):
        read(tmp_path / name, head)


# -- encodings -----------------------------------------------------------------------------------

TEXT = "frage;antwort\nWie geht's, Zoë?;„gut“, 9,90 €\nUnd übermorgen?;größer\n"
ROWS = [
    {"frage": "Wie geht's, Zoë?", "antwort": "„gut“, 9,90 €"},
    {"frage": "Und übermorgen?", "antwort": "größer"},
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be",
                                      "utf-32"])  # fmt: skip
def test_unicode_files_need_no_option(tmp_path: Path, encoding: str) -> None:
    assert fields(read(tmp_path / "a.csv", TEXT.encode(encoding))) == ROWS
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS)
    assert fields(read(tmp_path / "a.jsonl", lines.encode(encoding))) == ROWS
    body = json.dumps(ROWS, ensure_ascii=False, indent=1)
    assert fields(read(tmp_path / "a.json", body.encode(encoding))) == ROWS
    assert fields(read(tmp_path / "a.csv.gz", gzip.compress(TEXT.encode(encoding)))) == ROWS


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_file_in_another_encoding_is_refused_as_a_whole(tmp_path: Path, name: str) -> None:
    text = TEXT if name == "a.csv" else "".join(
        json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS
    )  # fmt: skip
    with pytest.raises(SourceError, match=r"is not UTF-8 \(2 of 2 .*cp1252.*--encoding cp1252$"):
        read(tmp_path / name, text.encode("cp1252"))
    assert fields(read(tmp_path / name, encoding="cp1252")) == ROWS
    # A mark in the file says more than the option.
    assert fields(read(tmp_path / name, text.encode("utf-16"), encoding="cp1252")) == ROWS


def test_an_encoding_that_does_not_fit_is_refused_as_a_whole(tmp_path: Path) -> None:
    russian = "вопрос;ответ\nкак дела?;хорошо\nчто нового?;ничего\n"  # noqa: RUF001
    with pytest.raises(SourceError, match=r"not UTF-8 \(3 of 3.*name the encoding.*cp1251"):
        read(tmp_path / "a.csv", russian.encode("cp1251"))
    found = fields(read(tmp_path / "a.csv", encoding="cp1251"))
    assert found[0] == {"вопрос": "как дела?", "ответ": "хорошо"}
    with pytest.raises(SourceError, match=r"it is not ascii \(byte 0xe2\)"):
        read(tmp_path / "a.csv", encoding="ascii")
    with pytest.raises(SourceError, match="it is not utf-16 "):
        read(tmp_path / "b.csv", "q;r\na;b\n".encode("utf-16")[:-1])
    for name in ("klingon", "rot13", "zip", "base64"):
        with pytest.raises(ConfigError, match=f"--encoding {name}: no such encoding"):
            read(tmp_path / "a.csv", encoding=name)


def test_one_bad_row_costs_one_row(tmp_path: Path) -> None:
    rows = [f"{n};grün\n".encode() for n in range(2_000)]
    rows[1_500] = b"1500;gr\xfcn\n"
    found = read(tmp_path / "a.csv", b"id;farbe\n" + b"".join(rows))
    assert [r for r in reasons(found) if r[1]] == [(1_502, "not-utf8")] and len(found) == 2_000
    # In a file without other letters beyond ASCII too, as long as it is one in a thousand.
    rows = [b'{"a": "%d"}\n' % n for n in range(5_000)]
    rows[7] = rows[4_000] = b'{"a": "gr\xfcn"}\n'
    found = read(tmp_path / "a.jsonl", b"".join(rows))
    assert [r for r in reasons(found) if r[1]] == [(8, "not-utf8"), (4_001, "not-utf8")]


def test_a_header_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"its header is not UTF-8 \(byte 0xfc\).*--encoding"):
        read(tmp_path / "a.csv", b"id,gr\xfc\xdfe\n1,x\n")


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_line_that_says_the_delimiter_is_no_header(
    tmp_path: Path, first: str, newline: str
) -> None:
    body = newline.join([first, "a;b,c", "1;2,5", ""])
    assert read(tmp_path / "a.csv", body.encode()) == [Document(3, {"a": "1", "b,c": "2,5"})]


# -- sizes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["", ".gz", ".zst"])
def test_documents_beyond_the_limit_are_rejected(tmp_path: Path, suffix: str) -> None:
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[suffix]
    long = "x" * 90
    lines = f'{{"a": 1}}\n{{"a": "{long}"}}\n{{"a": 3}}'
    found = read(tmp_path / f"a.jsonl{suffix}", pack(lines.encode()), max_document=98)
    assert reasons(found) == [(1, ""), (2, "too-large"), (3, "")]
    assert isinstance(found[1], Reject) and found[1].detail.startswith("more than 98 bytes")
    assert not any(r for _, r in reasons(read(tmp_path / f"a.jsonl{suffix}", max_document=99)))
    table = f'a,b\n1,2\n"{long}\n{long}",4\n5,{long}{long}\n7,8\n'
    found = read(tmp_path / f"a.csv{suffix}", pack(table.encode()), max_document=150)
    assert reasons(found) == [(2, ""), (3, "too-large"), (5, "too-large"), (6, "")]
    # A quote that nothing closes costs its own line, however long the file goes on.
    body = b'a,b\n1,"2\n' + b"3,4\n" * 100
    found = read(tmp_path / f"c.csv{suffix}", pack(body), max_document=150)
    assert reasons(found)[:3] == [(2, "bad-row"), (3, ""), (4, "")] and len(found) == 101
    assert read(tmp_path / f"b.csv{suffix}", pack(table.encode()), max_document=3)[0] == Reject(
        1, "too-large", "more than 3 bytes: --max-document takes more"
    )


def test_an_array_beyond_the_limit_is_cut_into_its_items(tmp_path: Path) -> None:
    items = [{"n": n, "t": 'a "quoted" \\ {[text' * (n % 7)} for n in range(3_000)]
    for indent in (None, 2):
        body = json.dumps(items, indent=indent).encode()
        assert fields(read(tmp_path / "a.json", body, max_document=300)) == items
    body = b'[1, {"a": "%s"}, "x", {"a": {"b": [2]}}, null]' % (b"y" * 500)
    found = read(tmp_path / "b.json", body, max_document=400)
    assert reasons(found) == [(1, "not-an-object"), (2, "too-large"), (3, "not-an-object"),
                              (4, ""), (5, "not-an-object")]  # fmt: skip
    cut = json.dumps(items).encode()[:-10]
    found = read(tmp_path / "c.json", cut, max_document=300)
    assert len(found) == 3_000 and reasons(found)[-1] == (3_000, "bad-json")
    found = read(tmp_path / "d.json", json.dumps(items).encode() + b" {}", max_document=300)
    assert len(found) == 3_001 and reasons(found)[-1] == (3_001, "bad-json")
    one = json.dumps({"data": items}).encode()
    assert reasons(read(tmp_path / "e.json", one, max_document=300)) == [(1, "too-large")]


def test_pieces_of_an_array_end_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.sources import json_array

    items = [{"a": 'x\\"]}', "b": ["\\\\", {}]}, {}, {"c": '"'}] * 20
    body = json.dumps(items, indent=1).encode()
    for size in (1, 2, 3, 7, 64):
        monkeypatch.setattr(json_array, "_CHUNK", size)
        assert fields(read(tmp_path / "a.json", body, max_document=60)) == items


def test_nesting_beyond_the_limit_is_too_large(tmp_path: Path) -> None:
    deep = [b'{"a":' * n + b"1" + b"}" * n for n in (499, 501, 2_000, 100_000)]
    found = read(tmp_path / "a.jsonl", b"\n".join(deep))
    assert reasons(found) == [(1, ""), (2, "too-large"), (3, "too-large"), (4, "too-large")]


_MEASURE = """
import resource, sys
from pathlib import Path
from curate.sources import Location, format_of, reader
path = Path(sys.argv[1])
# What the imports take is not counted.
read = reader(format_of(path))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = [type(item).__name__ + ":" + getattr(item, "reason", "") for item in read(Location(path))]
print(",".join(found[:3]), len(found),
      (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def measured(path: Path) -> tuple[str, int, int]:
    """Returns the first things read, how many there are, and how many MB reading them took."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], capture_output=True, text=True, check=True
    )
    first, count, megabytes = done.stdout.split()
    return first, int(count), int(megabytes)


@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.json.zst", "a.csv.zst", "a.jsonl.gz"])
def test_a_small_file_that_unpacks_to_a_huge_line_is_read_in_little_memory(
    tmp_path: Path, name: str
) -> None:
    head = b"q,r\n1," if ".csv" in name else b'{"a": 1}\n{"query": "'
    size = 256 * 1024**2
    if name.endswith("gz"):
        with gzip.open(tmp_path / name, "wb", compresslevel=1) as handle:
            handle.write(head)
            for _ in range(size // 1024**2):
                handle.write(b"x" * 1024**2)
    else:
        packer = zstandard.ZstdCompressor().compressobj()
        with (tmp_path / name).open("wb") as handle:
            handle.write(packer.compress(head))
            for _ in range(size // 1024**2):
                handle.write(packer.compress(b"x" * 1024**2))
            handle.write(packer.flush())
        assert (tmp_path / name).stat().st_size < 200_000
    first, count, megabytes = measured(tmp_path / name)
    expected = "Reject:too-large" if ".csv" in name else "Document:,Reject:too-large"
    assert first == expected and count == expected.count(":")
    assert megabytes < 150


def test_a_long_array_is_read_in_little_memory(tmp_path: Path) -> None:
    item = json.dumps({"query": "q" * 10_000, "response": "r" * 10_000})
    with (tmp_path / "a.json").open("w") as handle:
        handle.write("[" + item)
        for _ in range(4_999):
            handle.write("," + item)
        handle.write("]")
    script = _MEASURE.replace(
        "found = [", "found = []\nfor item in read(Location(path)): pass\nx = ["
    )
    script = script.replace("for item in read(Location(path))]", "for item in [item]]")
    script = script.replace('print(",".join(found[:3]), len(found),', "print(x[0], item.line,")
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "a.json")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    first, count, megabytes = done.stdout.split()
    assert (first, count) == ("Document:", "5000") and int(megabytes) < 90
