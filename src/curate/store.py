"""The store: one DuckDB file a project, and the only place that opens it.

A writing command holds `curate.lock` from start to end, so two of them never interleave, but opens
the database only while it reads and while it writes. Readers need no lock: they try the database
for a moment and otherwise read the snapshot that the last finished command left.
"""

from __future__ import annotations

import fcntl
import functools
import hashlib
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate import __version__
from curate.errors import ConfigError, StoreError

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

log = logging.getLogger(__name__)

LOCK_TIMEOUT_SECONDS = 600.0
READER_PATIENCE_SECONDS = 1.0
_RETRY_SECONDS = 0.05


def resource_dir(name: str) -> Path:
    """Returns the folder of packaged files `name` (`sql`), in a wheel or in a checkout."""
    packaged = Path(__file__).parent / name
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / name


@functools.cache
def sql(name: str) -> str:
    """Returns the text of `sql/NAME.sql`."""
    return (resource_dir("sql") / f"{name}.sql").read_text(encoding="utf-8")


def utcnow() -> datetime:
    """Returns the current time as the store keeps every time: naive, UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class Run:
    """One execution of one writing command, as its row in `runs` will say."""

    run_id: int
    command: str
    changed: bool = False
    counts: dict[str, Any] = field(default_factory=dict)


class Store:
    """The DuckDB file of one project folder.

    Args:
        folder: the project folder; it must exist.
        threads: DuckDB's threads; None leaves the choice to DuckDB.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = Path(folder)
        self.path = self.folder / "curate.duckdb"
        self.snapshot = self.folder / "curate.snapshot.duckdb"
        self._lock = self.folder / "curate.lock"
        self._threads = threads

    # -- opening ---------------------------------------------------------------------------------

    def create(self) -> None:
        """Creates the database if it is absent and applies the migrations it lacks."""
        import duckdb

        if not self.path.exists():
            # 1.5 and 2.0 can both read and write this storage version (2.0's own default is newer).
            fresh = self.path.with_suffix(".new")
            fresh.unlink(missing_ok=True)
            with duckdb.connect() as con:
                target = str(fresh).replace("'", "''")
                con.execute(f"ATTACH '{target}' AS fresh (STORAGE_VERSION 'v1.5.0')")
            fresh.replace(self.path)
        con = self._connect(self.path, read_only=False)
        try:
            _migrate(con)
        finally:
            con.close()

    def _require(self) -> None:
        if not self.path.exists():
            raise ConfigError(
                f"no curate project in {self.folder}: curate.duckdb is not there. "
                f"Next: curate init {self.folder}"
            )

    def _connect(self, path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        import duckdb

        config: dict[str, Any] = {"autoinstall_known_extensions": False}
        if self._threads:
            config["threads"] = self._threads
        try:
            con = duckdb.connect(str(path), read_only=read_only, config=config)
        except duckdb.Error as error:
            raise _open_error(path, error) from error
        con.execute("SET TimeZone = 'UTC'")
        con.execute("SET enable_progress_bar = false")
        return con

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a read-only connection, to the last snapshot where a writer has the database."""
        self._require()
        con = self._patiently()
        try:
            yield con
        finally:
            con.close()

    def _patiently(self) -> duckdb.DuckDBPyConnection:
        give_up = time.monotonic() + READER_PATIENCE_SECONDS
        while True:
            try:
                return self._connect(self.path, read_only=True)
            except _BusyError as busy:
                if time.monotonic() > give_up:
                    if not self.snapshot.exists():
                        raise
                    log.warning("%s; reading the state before it", busy)
                    return self._connect(self.snapshot, read_only=True)
            time.sleep(_RETRY_SECONDS)

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection inside one transaction: all of it is stored, or nothing."""
        self._require()
        con = self._connect_for_write()
        try:
            con.execute("BEGIN")
            yield con
            con.execute("COMMIT")
        finally:
            con.close()  # an open transaction is rolled back

    def _connect_for_write(self) -> duckdb.DuckDBPyConnection:
        give_up = time.monotonic() + LOCK_TIMEOUT_SECONDS
        said = False
        while True:
            try:
                return self._connect(self.path, read_only=False)
            except _BusyError as busy:
                if time.monotonic() > give_up:
                    raise
                if not said:
                    log.warning("%s: waiting", busy)
                    said = True
            time.sleep(_RETRY_SECONDS)

    # -- runs ------------------------------------------------------------------------------------

    @contextmanager
    def run(self, command: str, settings: Mapping[str, Any] | None = None) -> Iterator[Run]:
        """Holds the writer's lock for one command and records it in `runs`.

        The run counts once `finished_at` is set; a run that raised or was killed keeps it null.
        """
        self._require()
        with self._locked(command):
            with self.write() as con:
                _migrate(con)
                run_id = con.execute("SELECT coalesce(max(run_id), 0) + 1 FROM runs").fetchall()
                run = Run(run_id[0][0], command)
                con.execute(
                    sql("run_start"),
                    {
                        "run_id": run.run_id,
                        "command": command,
                        "settings": _json(settings or {}),
                        "started_at": utcnow(),
                        "version": __version__,
                    },
                )
            yield run
            with self.write() as con:
                con.execute(
                    sql("run_finish"),
                    {
                        "run_id": run.run_id,
                        "finished_at": utcnow(),
                        "outcome": "changed" if run.changed else "unchanged",
                        "counts": _json(run.counts),
                    },
                )
            if run.changed or not self.snapshot.exists():
                self._publish_snapshot()

    @contextmanager
    def _locked(self, command: str) -> Iterator[None]:
        with self._lock.open("a+", encoding="utf-8") as handle:
            self._wait_for_lock(handle)
            try:
                handle.truncate(0)
                handle.write(f"curate {command} (pid {os.getpid()}, since {utcnow():%H:%M:%S} UTC)")
                handle.flush()
                yield
            finally:
                with suppress(OSError):
                    handle.truncate(0)

    def _wait_for_lock(self, handle: Any) -> None:
        give_up = time.monotonic() + LOCK_TIMEOUT_SECONDS
        said = False
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                holder = self._lock.read_text(encoding="utf-8") or "another curate command"
                if time.monotonic() > give_up:
                    raise StoreError(
                        f"{holder} has been writing to {self.folder} for more than "
                        f"{LOCK_TIMEOUT_SECONDS:.0f} s. Let it end, then type the command again."
                    ) from None
                if not said:
                    log.warning("waiting for %s", holder)
                    said = True
                time.sleep(_RETRY_SECONDS)
            else:
                return

    def _publish_snapshot(self) -> None:
        # Closing the last connection checkpointed the file and we hold the lock: a copy is whole.
        fresh = self.snapshot.with_suffix(".new")
        shutil.copyfile(self.path, fresh)
        fresh.replace(self.snapshot)

    # -- settings --------------------------------------------------------------------------------

    def setting(self, con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
        """Returns the stored settings `name` (a stage or `project`), empty where none are."""
        # fetchall: DuckDB 2 refuses other work while a result is half read.
        rows = con.execute(sql("setting_get"), {"name": name}).fetchall()
        return dict(json.loads(rows[0][0])) if rows else {}

    def set_setting(
        self, con: duckdb.DuckDBPyConnection, name: str, value: Mapping[str, Any]
    ) -> bool:
        """Stores settings; returns whether they differ from what was stored."""
        if self.setting(con, name) == json.loads(_json(value)):
            return False
        con.execute(sql("setting_set"), {"name": name, "value": _json(value)})
        return True

    def state_digest(self) -> str:
        """Returns a digest of every table without run ids and clock columns.

        Two stores with the same digest hold the same facts, evidence, ledger and versions, whatever
        number of commands it took to get there.
        """
        digest = hashlib.sha256()
        with self.read() as con:
            for table, columns in _digest_columns(con):
                digest.update(f"{table}({columns})".encode())
                # Names come from the catalogue, quoted; nothing of the user's gets here.
                query = f"SELECT {columns} FROM {table} ORDER BY ALL"  # noqa: S608
                for row in con.execute(query).fetchall():
                    digest.update(repr(row).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


class _BusyError(StoreError):
    """Another process has the database open."""


def _open_error(path: Path, error: Exception) -> StoreError:
    text = str(error)
    if "Conflicting lock" in text or "Could not set lock" in text:
        pid = re.search(r"PID (\d+)", text)
        who = f"process {pid.group(1)}" if pid else "another process"
        return _BusyError(f"{who} has {path.name} open")
    first = text.splitlines()[0]
    return StoreError(
        f"cannot open {path}: {first} Next: restore it from a backup, or copy "
        "curate.snapshot.duckdb (the state after the last finished command) over it."
    )


def _migrate(con: duckdb.DuckDBPyConnection) -> None:
    """Applies the migrations that the store lacks, each in the transaction that records it."""
    con.execute(sql("migrations_table"))
    rows = con.execute(sql("migrations_applied")).fetchall()
    applied = dict(rows)
    files = sorted((resource_dir("sql") / "migrations").glob("*.sql"))
    newer = sorted(set(applied) - {file.stem for file in files})
    if newer:
        raise StoreError(
            f"this store was written by a newer curate (it has migration {newer[-1]}). "
            "Next: pip install --upgrade curate-workbench"
        )
    for file in files:
        text = file.read_text(encoding="utf-8")
        digest = hashlib.sha256(text.encode()).hexdigest()
        if file.stem in applied:
            if applied[file.stem] != digest:
                raise StoreError(f"migration {file.name} differs from the one this store has had")
            continue
        con.execute(text)
        con.execute(sql("migrations_record"), {"name": file.stem, "sha256": digest})


def _digest_columns(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return [(table, columns) for table, columns in con.execute(sql("state_columns")).fetchall()]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)


def arrow(con: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    """Returns the rows of a query without parameters as an Arrow table."""
    return con.sql(query).to_arrow_table()
