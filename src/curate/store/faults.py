"""What DuckDB says of a file that is locked, full, damaged or too new, as errors of ours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from curate.errors import StoreError


class BusyError(StoreError):
    """Another process, or another connection of this one, has the database open."""


_BUSY = ("Conflicting lock", "Could not set lock", "Unique file handle conflict")
_CANNOT_WRITE = (
    "No space left", "File too large", "Permission denied", "Read-only file system",
    "Could not write", "Failed to create checkpoint",
)  # fmt: skip
_DAMAGED = ("Corrupt database file", "not a valid DuckDB database", "Could not read enough bytes",
            "Failure while replaying WAL", "database has been invalidated")  # fmt: skip


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Turns what DuckDB says of a file that is locked, full, damaged or too new into our errors."""
    try:
        yield
    except duckdb.Error as error:
        fault = _file_error(path, str(error))
        if fault is None:
            raise
        raise fault from error


def _file_error(path: Path, text: str) -> StoreError | None:
    first = text.splitlines()[0]
    if any(words in text for words in _BUSY):
        pid = re.search(r"PID (\d+)", text)
        who = f"process {pid.group(1)}" if pid else "another connection of this process"
        return BusyError(f"{who} has {path.name} open")
    if any(words in text for words in _CANNOT_WRITE):
        return write_error(path, first)
    if any(words in text for words in _DAMAGED):
        return StoreError(f"cannot read {path}: {first} Next: {_way_back(path)}")
    if "database file with version number" in text:
        return StoreError(f"cannot read {path}: {first} Next: pip install --upgrade duckdb")
    return None


def write_error(path: Path, reason: str | None) -> StoreError:
    """Returns the error for a file that cannot be opened or written."""
    return StoreError(
        f"cannot open or write {path}: {reason} (what was stored before is intact). Next: free "
        "some space, or see to the permissions of the folder, and type the command again"
    )


def _way_back(path: Path) -> str:
    if "snapshot" in path.name:
        return f"delete it; the next command that writes makes a new {path.name}"
    return (
        f"restore it from a backup, or delete {wal_path(path).name} and copy "
        "curate.snapshot.duckdb (the state after the last command that changed something) over it"
    )


def wal_path(path: Path) -> Path:
    """Returns the path of the log that DuckDB writes beside a database."""
    return path.with_name(f"{path.name}.wal")
