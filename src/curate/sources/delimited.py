"""CSV and TSV files, plain, `.gz` or `.zst`: every value is text, an empty one is none."""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Iterator
from itertools import count

from curate.errors import SourceError
from curate.sources import Document, Location, Reject, source
from curate.sources.jsonlines import open_bytes

_DELIMITERS = ",;\t|"
_MOST_LINES = 10_000
_DETAIL_CHARACTERS = 120


@source("csv", ".csv")
def read_csv(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row; rows that do not fit the header are rejects.

    The delimiter is the one of `, ; | tab` that the header has most of.
    """
    yield from _read(location, None)


@source("tsv", ".tsv")
def read_tsv(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row; the columns are separated by tabs."""
    yield from _read(location, "\t")


class _Lines:
    """The lines of a file; those of the row being read are kept, so that reading can go back."""

    def __init__(self, handle: Iterator[str]) -> None:
        self._handle = handle
        self._again: list[str] = []
        self.row: list[str] = []
        self.number = 1

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.row) == _MOST_LINES:
            raise csv.Error(f"a quoted value goes on for more than {_MOST_LINES:,} lines")
        line = self._again.pop() if self._again else next(self._handle)
        self.row.append(line)
        return line

    def done(self) -> None:
        """Goes on after the row that was read."""
        self.number += len(self.row)
        self.row = []

    def again(self) -> None:
        """Goes back to the start of the row."""
        self._again.extend(reversed(self.row))
        self.row = []

    def back(self) -> None:
        """Goes on after the first line of the row that was read."""
        self._again.extend(reversed(self.row[1:]))
        self.number += 1
        self.row = []


def _read(location: Location, delimiter: str | None) -> Iterator[Document | Reject]:
    import zstandard

    csv.field_size_limit(2**31 - 1)
    try:
        with open_bytes(location) as handle:
            # Bytes that are not UTF-8 become surrogates, which no valid text has.
            text = io.TextIOWrapper(handle, "utf-8-sig", errors="surrogateescape", newline="")
            yield from _rows(_Lines(text), delimiter)
    except (EOFError, OSError, zlib.error, zstandard.ZstdError) as error:
        raise SourceError(f"cannot read {location.path}: {error}") from error


def _rows(lines: _Lines, delimiter: str | None) -> Iterator[Document | Reject]:
    header: list[str] | None = None
    reader = csv.reader(lines, delimiter=delimiter or ",", strict=True)
    while True:
        number = lines.number
        try:
            if header is None and delimiter is None:
                delimiter = _delimiter(lines)
                reader = csv.reader(lines, delimiter=delimiter, strict=True)
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # The quote that no other closes costs its own line only, not the rest of the file.
            yield Reject(number, "bad-row", f"{error} in {_shown(lines.row[0])}")
            lines.back()
            reader = csv.reader(lines, delimiter=delimiter or ",", strict=True)
            continue
        raw = lines.row
        lines.done()
        if not row:
            continue
        if header is None:
            header = _names(row)
        elif bad := _complaint(row, header):
            yield Reject(number, bad[0], f"{bad[1]} in {_shown(raw[0])}")
        else:
            values = (value or None for value in row)
            yield Document(number, dict(zip(header, values, strict=True)))


def _delimiter(lines: _Lines) -> str:
    """Returns the delimiter that the first line has most of, the earlier in the list on a tie."""
    first = next(lines)
    lines.again()
    return max(_DELIMITERS, key=first.count)


def _names(row: list[str]) -> list[str]:
    """Returns the column names of a header, empty and repeated ones made distinct."""
    names: list[str] = []
    for place, cell in enumerate(row, 1):
        name = cell.strip() or f"column{place}"
        names.append(
            next(n for k in count(1) if (n := f"{name}_{k}" if k > 1 else name) not in names)
        )
    return names


def _complaint(row: list[str], header: list[str]) -> tuple[str, str] | None:
    if len(row) != len(header):
        return "bad-row", f"{len(row)} columns, the header has {len(header)}"
    try:
        "".join(row).encode()
    except UnicodeEncodeError as error:
        return "not-utf8", f"byte 0x{ord(error.object[error.start]) & 0xFF:02x}"
    return None


def _shown(line: str) -> str:
    return repr(line.strip()[:_DETAIL_CHARACTERS].encode(errors="replace").decode())
