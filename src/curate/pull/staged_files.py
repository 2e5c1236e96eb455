"""Chunks of a pull of files wait in Parquet files of the project until all of them are merged.

A chunk is a folder that gets its name once it is whole; the name says which document is its last.
A killed pull leaves its chunks; the next pull of the same files, read the same way, goes on after
them, and any other pull of files clears them.
"""

from __future__ import annotations

import glob
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from curate.store.faults import write_error

FOLDER = ".staged"
"""Folder of a project where chunks wait."""

_ROWS_AT_ONCE = 20_480
_PREFIX = "staging_"


class StagedFiles:
    """The chunks of one pull.

    Args:
        folder: of the project, whose writer's lock the caller holds.
        pull: what tells it from other pulls.
        schemas: table that rows are staged for -> its columns.
    """

    def __init__(self, folder: Path, pull: str, schemas: Mapping[str, pa.Schema]) -> None:
        self._home, self._folder, self._schemas = folder / FOLDER, folder / FOLDER / pull, schemas

    def begin(self, *, resumable: bool) -> tuple[int, int]:
        """Returns the file number and line of the last document that is staged.

        Clears the chunks of other pulls, and those of this one that cannot be gone on after.
        """
        for other in self._home.glob("*"):
            if other != self._folder or not resumable or not self._is_whole():
                shutil.rmtree(other)
        chunks = self._chunks()
        if not chunks:
            return -1, -1
        _, file_number, line = chunks[-1].name.split("-")
        return int(file_number), int(line)

    def _is_whole(self) -> bool:
        """Returns whether all files have an end, which a machine that lost power may not write."""
        import pyarrow.parquet

        try:
            for file in self._folder.glob("[0-9]*/*.parquet"):
                pyarrow.parquet.read_metadata(file)
        except (pa.ArrowException, OSError):
            return False
        return True

    def _chunks(self) -> list[Path]:
        return sorted(path for path in self._folder.glob("[0-9]*"))

    def add(self, tables: Mapping[str, pa.Table], last: tuple[int, int]) -> None:
        """Stages a chunk, of which a document is the last: its file number and line."""
        fresh = self._folder / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        for name, rows in tables.items():
            _write(fresh / f"{name}.parquet", rows)
        fresh.rename(self._folder / f"{len(self._chunks()):06d}-{last[0]}-{last[1]}")

    def attach(self, con: duckdb.DuckDBPyConnection) -> None:
        """Has the chunks stand for the staging tables."""
        for name, schema in self._schemas.items():
            files = [
                file for chunk in self._chunks() if (file := chunk / f"{name}.parquet").exists()
            ]
            paths = [glob.escape(str(file)) for file in files]  # DuckDB reads patterns
            con.register(
                f"{_PREFIX}{name}", con.read_parquet(paths) if paths else schema.empty_table()
            )

    def clear(self) -> None:
        """Forgets what is staged."""
        forget(self._home.parent)


def forget(folder: Path) -> None:
    """Forgets what pulls of files have staged in the project in a folder."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def _write(file: Path, rows: pa.Table) -> None:
    import pyarrow.parquet

    # It is read once or twice: what would make it smaller costs more than it saves.
    try:
        pyarrow.parquet.write_table(
            rows,
            file,
            row_group_size=_ROWS_AT_ONCE,
            compression="none",
            use_dictionary=False,
            write_statistics=False,
        )
    except OSError as error:
        raise write_error(file, str(error)) from error


def detach(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Has nothing stand for the staging tables any more."""
    for name in names:
        con.unregister(f"{_PREFIX}{name}")
