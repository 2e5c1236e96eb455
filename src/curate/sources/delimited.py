"""CSV and TSV files, plain, `.gz` or `.zst`: every value is text, an empty one is none."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from itertools import count

from curate.errors import SourceError
from curate.kernels.user_ids import is_user_key, masked
from curate.sources import Document, Location, Reject, source
from curate.sources.streams import opened, too_large

_DELIMITERS = ",;\t|"
# Source: PostgreSQL, COPY, and MySQL, LOAD DATA: how their text files write NULL.
_NOTHING = ("", "\\N")
# How spreadsheets say the delimiter, in a line before the header.
_SAID = re.compile(r'^"?sep=(.)"?\r?\n?$', re.IGNORECASE)
_MOST_LINES = 10_000
_DETAIL_CHARACTERS = 120


@source("csv", ".csv")
def read_csv(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row; rows that do not fit the header are rejects.

    The delimiter is what a first line `sep=;` says, else the one of `, ; | tab` that the header has
    most of.
    """
    yield from _read(location, None)


@source("tsv", ".tsv")
def read_tsv(location: Location) -> Iterator[Document | Reject]:
    """Yields one document per row; the columns are separated by tabs."""
    yield from _read(location, "\t")


class _TooLarge(csv.Error):
    """A line is longer than a document may be."""


class _Lines:
    """The lines of a file; those of the row being read are kept, so that reading can go back.

    Args:
        handle: the file.
        limit: of a row, in characters.
    """

    def __init__(self, handle: io.TextIOBase, limit: int) -> None:
        self._handle, self.limit = handle, limit
        self._again: list[str] = []
        self.size = 0
        self.row: list[str] = []
        self.number = 1
        self.header: list[str] | None = None

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if len(self.row) == _MOST_LINES or self.size > self.limit:
            lines, size = len(self.row), self.size
            raise csv.Error(f"a quoted value goes on for {lines:,} lines of {size:,} characters")
        line = self._again.pop() if self._again else self._read()
        self.row.append(line)
        self.size += len(line)
        return line

    def _read(self) -> str:
        line = self._handle.readline(self.limit + 1)
        if not line:
            raise StopIteration
        if len(line) <= self.limit or line.endswith(("\n", "\r")):
            return line
        while line and not line.endswith(("\n", "\r")):
            line = self._handle.readline(self.limit + 1)
        self.row.append("")
        raise _TooLarge

    def done(self) -> None:
        """Goes on after the row that was read."""
        self.number += len(self.row)
        self.row, self.size = [], 0

    def again(self) -> None:
        """Goes back to the start of the row."""
        self._again.extend(reversed(self.row))
        self.row, self.size = [], 0

    def back(self) -> None:
        """Goes on after the first line of the row that was read."""
        self._again.extend(reversed(self.row[1:]))
        self.number += 1
        self.row, self.size = [], 0


def _read(location: Location, delimiter: str | None) -> Iterator[Document | Reject]:
    csv.field_size_limit(2**31 - 1)
    with opened(location) as handle:
        # Bytes that are not UTF-8 become surrogates, which no valid text has.
        text = io.TextIOWrapper(handle, "utf-8", errors="surrogateescape", newline="")
        lines = _Lines(text, location.max_document)
        header: list[str] | None = None
        for found in _rows(lines, delimiter):
            if isinstance(found, Reject):
                yield found
                continue
            number, line, row = found
            if header is None:
                header = lines.header = _names(row)
                _refuse_names(location, header)
            elif bad := _complaint(row, header):
                yield Reject(number, bad[0], f"{bad[1]} in {_shown(line, header)}")
            else:
                values = (None if value in _NOTHING else value for value in row)
                yield Document(number, dict(zip(header, values, strict=True)))


def _rows(lines: _Lines, delimiter: str | None) -> Iterator[tuple[int, str, list[str]] | Reject]:
    """Yields the rows of a file, each with the number and the text of its first line."""
    try:
        said = _delimiter(lines)
    except _TooLarge:
        yield too_large(1, lines.limit)
        return
    delimiter = delimiter or said
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        number = lines.number
        try:
            row = next(reader)
        except StopIteration:
            return
        except _TooLarge:
            yield too_large(number, lines.limit)
            lines.done()
        except csv.Error as error:
            # The quote that no other closes costs its own line only, not the rest of the file.
            yield Reject(number, "bad-row", f"{error} in {_shown(lines.row[0], lines.header)}")
            lines.back()
        else:
            line, size = lines.row[0], lines.size
            lines.done()
            if size > lines.limit:
                yield too_large(number, lines.limit)
            elif row:
                yield number, line, row
            continue
        reader = csv.reader(lines, delimiter=delimiter, strict=True)


def _delimiter(lines: _Lines) -> str:
    """Returns the delimiter that the first line says, or has most of: the earlier on a tie."""
    first = next(lines, "")
    if said := _SAID.match(first):
        lines.done()
        return said[1]
    lines.again()
    return max(_DELIMITERS, key=first.count)


def _refuse_names(location: Location, names: list[str]) -> None:
    try:
        "".join(names).encode()
    except UnicodeEncodeError as error:
        raise SourceError(
            f"{location.path}: its header is not UTF-8 (byte 0x"
            f"{ord(error.object[error.start]) & 0xFF:02x}). "
            "Next: name the encoding it was saved in, such as --encoding cp1252"
        ) from error


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


def _shown(line: str, header: list[str] | None) -> str:
    """Returns the beginning of a line, unless one of its columns may be a user's id."""
    if any(map(is_user_key, header or ())):
        return "a line that holds a user's id"
    text = masked(line.strip()[: 4 * _DETAIL_CHARACTERS])[:_DETAIL_CHARACTERS]
    return repr(text.encode(errors="replace").decode())
