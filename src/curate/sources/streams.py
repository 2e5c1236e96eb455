"""Bytes of text files: unpacked to a proven end, in UTF-8, and a line at a time within a limit."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import pyarrow as pa

from curate.errors import ConfigError, SourceError
from curate.sources import Location, Reject

# Small enough that memory is used again, and not asked of the system for each piece.
_CHUNK = 64 * 1024
_GZIP = (b"\x1f\x8b",)
_ZSTD = (b"\x28\xb5\x2f\xfd", *(bytes((n, 0x2A, 0x4D, 0x18)) for n in range(0x50, 0x60)))
_NO_TEXT = {
    b"PK\x03\x04": "a ZIP archive, as .xlsx and .ods files are. Next: save it as CSV, or unzip it",
    b"\xd0\xcf\x11\xe0": "an Excel file. Next: save it as CSV",
    b"PAR1": "a Parquet file. Next: --format parquet",
    b"SQLite format 3\0": "a SQLite file. Next: --format sqlite",
}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BEYOND_ASCII = re.compile(rb"[\x80-\xff][^\n]*")
_RUN = re.compile(rb"[\x80-\xff]+")
# One bad row of so many costs that row; more of them are another encoding.
_STRAY_LINES = 1_000


def open_bytes(location: Location) -> IO[bytes]:
    """Opens a plain, gzip or zstd file for reading bytes; the content says which, not the name.

    Raises:
        SourceError: the name says that it is packed, and it is not; or it is no text file.
    """
    with location.path.open("rb") as handle:
        head = handle.read(16)
    suffix = location.path.suffix.lower()
    if head.startswith(_GZIP):
        return cast(IO[bytes], gzip.open(location.path))
    if head.startswith(_ZSTD):
        # Of a frame that is cut off, zstandard's own reader says nothing.
        stream = pa.input_stream(str(location.path), compression="zstd")
        return io.BufferedReader(cast(io.RawIOBase, stream), _CHUNK)
    if suffix in (".gz", ".zst"):
        raise SourceError(f"cannot read {location.path}: it is {'not ' if head else 'empty, not '}"
                          f"{'gzip' if suffix == '.gz' else 'zstd'} data")  # fmt: skip
    for mark, what in _NO_TEXT.items():
        if head.startswith(mark):
            raise SourceError(f"cannot read {location.path} as text: it is {what}")
    return location.path.open("rb")


@contextmanager
def unpacking(location: Location) -> Iterator[None]:
    """Says of a file that cannot be read to its end what is wrong with it.

    Raises:
        SourceError: that.
    """
    try:
        yield
    except (EOFError, OSError, zlib.error, pa.ArrowException) as error:
        said = str(error)
        if isinstance(error, EOFError) or "Truncated compressed stream" in said:
            said = "it is cut off: its compressed data has no end"
        elif isinstance(error, gzip.BadGzipFile) or "Unknown frame descriptor" in said:
            said = f"after its compressed data something else follows ({said})"
        raise SourceError(f"cannot read {location.path}: {said}") from error


@contextmanager
def opened(location: Location) -> Iterator[IO[bytes]]:
    """Opens a text file as UTF-8, without a byte order mark.

    Raises:
        SourceError: it cannot be read to its end, or it is in another encoding as a whole.
        ConfigError: there is no such encoding.
    """
    with unpacking(location):
        encoding = _encoding(location)
        if encoding == "utf-8":
            _refuse_other_encoding(location)
        else:
            _prove(location, encoding)
        with open_bytes(location) as handle:
            yield _utf8(handle, encoding)


def capped_lines(handle: IO[bytes], limit: int) -> Iterator[bytes | None]:
    """Yields lines without their ends; None for one of more than so many bytes.

    No more of a line than that is ever held.
    """
    pieces: list[bytes] = []
    size = 0
    # A line that lies within one piece of the file is within the limit.
    while raw := handle.read(min(_CHUNK, limit)):
        first, *others = raw.split(b"\n")
        size += len(first)
        pieces = [*pieces, first] if size <= limit else []
        if others:
            yield b"".join(pieces) if size <= limit else None
            yield from others[:-1]
            pieces, size = others[-1:], len(others[-1])
    if size:
        yield b"".join(pieces) if size <= limit else None


def too_large(number: int, limit: int) -> Reject:
    """Returns the reject of a document that is greater than the limit."""
    size = f"{limit / 1024**2:,.0f} MB" if limit >= 1024**2 else f"{limit:,} bytes"
    return Reject(number, "too-large", f"more than {size}: --max-document takes more")


def _encoding(location: Location) -> str:
    """Returns the encoding of a file: what its mark says, else what was declared, else UTF-8."""
    with open_bytes(location) as handle:
        head = handle.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if location.encoding:
        try:
            return codecs.lookup(_text_encoding(location.encoding)).name
        except LookupError as error:
            raise ConfigError(
                f"--encoding {location.encoding}: no such encoding. Known are utf-8, utf-16, "
                "cp1252, latin-1, cp1251, shift_jis, gb18030 and Python's others"
            ) from error
    # Text in JSON or CSV begins with an ASCII character, beside which UTF-16 has a zero.
    zeros = [place for place, byte in enumerate(head) if byte == 0]
    return {(1, 3): "utf-16-le", (0, 2): "utf-16-be"}.get(tuple(zeros), "utf-8")  # type: ignore[arg-type]


def _text_encoding(name: str) -> str:
    "".encode(name)  # also refuses codecs that are of no text, such as zip
    return name


def _utf8(handle: IO[bytes], encoding: str) -> IO[bytes]:
    if encoding == "utf-8":
        mark = len(codecs.BOM_UTF8)
        if cast(io.BufferedReader, handle).peek(mark).startswith(codecs.BOM_UTF8):
            handle.read(mark)
        return handle
    return io.BufferedReader(_Transcoded(handle, encoding), _CHUNK)


class _Transcoded(io.RawIOBase):
    """The UTF-8 bytes of a stream in another encoding."""

    def __init__(self, source: IO[bytes], encoding: str) -> None:
        self._source, self._ready = source, b""
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def readable(self) -> bool:
        """Returns True."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fills a buffer; returns how many bytes that are, 0 at the end."""
        while not self._ready:
            raw = self._source.read(_CHUNK)
            self._ready = self._decoder.decode(raw, final=not raw).encode()
            if not raw:
                break
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._ready))
        target[:size], self._ready = self._ready[:size], self._ready[size:]
        return size


def _prove(location: Location, encoding: str) -> None:
    """Refuses a file that is not in an encoding to its end."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with open_bytes(location) as handle:
            while raw := handle.read(_CHUNK):
                decoder.decode(raw)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        bad = f"byte 0x{error.object[error.start]:02x}" if error.object else "its end"
        raise SourceError(
            f"cannot read {location.path}: it is not {encoding} ({bad}). "
            "Next: name the encoding it was saved in with --encoding, or save it as UTF-8"
        ) from error


def _refuse_other_encoding(location: Location) -> None:
    """Refuses a file of which most lines beyond ASCII, and more than a stray one, are not UTF-8."""
    if all(map(_is_utf8, _blocks(location))):
        return
    bad: list[bytes] = []
    good = total = 0
    for block in _blocks(location):
        total += block.count(b"\n")
        for found in () if block.isascii() else _BEYOND_ASCII.finditer(block):
            # The rest of the line begins with the first character beyond ASCII.
            if _is_utf8(found[0]):
                good += 1
            else:
                bad.append(found[0][:200])
    if len(bad) > max(1, good, total / _STRAY_LINES):
        raise SourceError(
            f"{location.path} is not UTF-8 ({len(bad):,} of {len(bad) + good:,} lines with letters "
            f"beyond ASCII are not). {_likely(bad)}"
        )


def _blocks(location: Location) -> Iterator[bytes]:
    """Yields whole lines, many at once; of a line beyond the limit, its last piece."""
    pieces: list[bytes] = []
    size = 0
    with open_bytes(location) as handle:
        while raw := handle.read(_CHUNK):
            end = raw.rfind(b"\n") + 1
            if end:
                yield b"".join([*pieces, raw[:end]])
                pieces, size = [], 0
            size += len(raw) - end
            pieces = [*pieces, raw[end:]] if size <= location.max_document else []
    yield b"".join(pieces)


def _is_utf8(raw: bytes) -> bool:
    try:
        return raw.isascii() or bool(raw.decode())
    except UnicodeDecodeError:
        return False


def _likely(lines: list[bytes]) -> str:
    """Returns which encoding lines seem to be in, and what to type."""
    runs = [len(run) for line in lines for run in _RUN.findall(line)]
    # In Latin scripts most letters are ASCII, so that those beyond stand alone.
    if sum(run <= 2 for run in runs) > 0.8 * len(runs):
        return "It seems to be cp1252, as spreadsheets write it. Next: --encoding cp1252"
    return (
        "Next: name the encoding it was saved in, such as --encoding cp1251, shift_jis, gb18030 or "
        "cp949, or save it as UTF-8"
    )
