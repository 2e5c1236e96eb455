"""Chunks of a pull of files wait in files of the project until all of them are merged.

A chunk is a folder that gets its name once it is whole; the name says which document is its last.
A killed pull leaves its chunks; the next pull of the same files, read the same way, goes on after
them, and any other pull of files clears them.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.ipc

FOLDER = ".staged"
"""Folder of a project where chunks wait."""

_ROWS_AT_ONCE = 1_024
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
        try:
            for file in self._folder.glob("[0-9]*/*.arrow"):
                pa.ipc.open_file(pa.OSFile(str(file)))
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
            with (
                pa.OSFile(str(fresh / f"{name}.arrow"), "wb") as file,
                pa.ipc.new_file(file, rows.schema) as writer,
            ):
                writer.write_table(rows, max_chunksize=_ROWS_AT_ONCE)
        fresh.rename(self._folder / f"{len(self._chunks()):06d}-{last[0]}-{last[1]}")

    def attach(self, con: duckdb.DuckDBPyConnection, last: Mapping[str, pa.Table]) -> None:
        """Has the chunks, and one that is not stored, stand for the staging tables."""
        for name, schema in self._schemas.items():
            files = [str(chunk / f"{name}.arrow") for chunk in self._chunks()]
            files = [file for file in files if Path(file).exists()]
            rows = last.get(name, schema.empty_table())
            con.register(f"{_PREFIX}{name}", _together(files, rows) if files else rows)

    def clear(self) -> None:
        """Forgets what is staged."""
        forget(self._home.parent)


def forget(folder: Path) -> None:
    """Forgets what pulls of files have staged in the project in a folder."""
    shutil.rmtree(folder / FOLDER, ignore_errors=True)


def _together(files: Sequence[str], rows: pa.Table) -> ds.Dataset:
    return ds.dataset([ds.dataset(files, schema=rows.schema, format="ipc"), ds.dataset(rows)])


def detach(con: duckdb.DuckDBPyConnection, names: Sequence[str]) -> None:
    """Has nothing stand for the staging tables any more."""
    for name in names:
        con.unregister(f"{_PREFIX}{name}")
