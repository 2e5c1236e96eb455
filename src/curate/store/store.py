"""The store: one DuckDB file a project, and the only place that opens it.

A writing command holds `curate.lock` from start to end, so two of them never interleave, but opens
the database only while it reads and while it writes. Readers need no lock: they try the database
for a moment and otherwise read the snapshot that the last finished command left. A writing command
itself never reads the snapshot: what it computes from must be what it changes.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from curate.errors import ConfigError, StoreError
from curate.store.faults import BusyError, translate_errors, wal_path, write_error
from curate.store.migrations import check_migrations, migrate
from curate.store.queries import sql
from curate.version import __version__

log = logging.getLogger(__name__)


LOCK_TIMEOUT_SECONDS = 600.0
READER_PATIENCE_SECONDS = 1.0
_RETRY_SECONDS = 0.05
_ROWS_AT_ONCE = 10_000


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
        threads: DuckDB's threads; None leaves the choice to `CURATE_THREADS`, or to DuckDB.

    Raises:
        ConfigError: `CURATE_THREADS` is no number.
    """

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        self.folder = Path(folder)
        self.path = self.folder / "curate.duckdb"
        self.snapshot = self.folder / "curate.snapshot.duckdb"
        self._lock = self.folder / "curate.lock"
        self.threads = threads or _threads_of_environment()
        self._writing = False
        self._idle: list[duckdb.DuckDBPyConnection] = []

    # -- opening ---------------------------------------------------------------------------------

    def create(self) -> None:
        """Creates the database if it is absent, or applies the migrations that it lacks."""
        with self._locked("init"):
            if not self.path.exists():
                self._refuse_to_start_over()
                self._create_file()
            else:
                with self.write() as con:
                    migrate(con)

    def _refuse_to_start_over(self) -> None:
        if self.snapshot.exists():
            raise StoreError(
                f"{self.path} is gone, but {self.snapshot.name} (the state after the last finished "
                f"command) is there. Next: cp {self.snapshot} {self.path}"
            )

    def _create_file(self) -> None:
        """Makes the database beside its name and renames it: a kill leaves no half of one."""
        fresh = self.path.with_suffix(".new")
        for left in (fresh, wal_path(fresh), wal_path(self.path)):
            left.unlink(missing_ok=True)
        # 1.5 and 2.0 can both read and write this storage version (2.0's own default is newer).
        with translate_errors(fresh), duckdb.connect() as con:
            target = str(fresh).replace("'", "''")
            con.execute(f"ATTACH '{target}' AS fresh (STORAGE_VERSION 'v1.5.0')")
        with self._transaction(self._attach(fresh, read_only=False), fresh) as con:
            migrate(con)
        fresh.replace(self.path)

    def _require(self) -> None:
        if not self.path.exists():
            self._refuse_to_start_over()
            raise ConfigError(
                f"no curate project in {self.folder}: curate.duckdb is not there. "
                f"Next: curate init {self.folder}"
            )

    def _attach(self, path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        """Returns a DuckDB that has the file open as `curate`."""
        instance = self._idle.pop() if self._idle else self._new_instance()
        name = str(path).replace("'", "''")
        try:
            with translate_errors(path):
                instance.execute(f"ATTACH '{name}' AS curate{' (READ_ONLY)' if read_only else ''}")
        except BaseException:
            instance.close()
            raise
        return instance

    @contextmanager
    def _session(self, instance: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection with the file, which is released, and whole, at the end."""
        try:
            with instance.cursor() as con:
                con.execute("USE curate")
                con.execute("SET TimeZone = 'UTC'")
                con.execute("SET enable_progress_bar = false")
                yield con
        finally:
            # Rolls back what was not committed, and writes the log into the file.
            try:
                instance.execute("DETACH curate")
                self._idle.append(instance)
            except duckdb.Error:
                instance.close()

    def _new_instance(self) -> duckdb.DuckDBPyConnection:
        """Returns a DuckDB without a file; making one costs five times what opening a file does."""
        config: dict[str, Any] = {"autoinstall_known_extensions": False}
        if self.threads:
            config["threads"] = self.threads
        return duckdb.connect(config=config)

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a read-only connection, to the last snapshot where a writer has the database."""
        self._require()
        instance, path = self._attach_for_read()
        with self._session(instance) as con, translate_errors(path):
            check_migrations(con, self.folder)
            yield con

    def _attach_for_read(self) -> tuple[duckdb.DuckDBPyConnection, Path]:
        """Returns a DuckDB and the file it has: the snapshot where the database stays busy."""
        begun = time.monotonic()
        said = False
        while True:
            try:
                return self._attach(self.path, read_only=True), self.path
            except BusyError as busy:
                waited = time.monotonic() - begun
                if waited > LOCK_TIMEOUT_SECONDS:
                    raise
                if waited > READER_PATIENCE_SECONDS and not said:
                    if self.snapshot.exists() and not self._writing:
                        log.warning("%s; reading the state before it", busy)
                        return self._attach(self.snapshot, read_only=True), self.snapshot
                    log.warning("%s: waiting", busy)
                    said = True
            time.sleep(_RETRY_SECONDS)

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection inside one transaction: all of it is stored, or nothing."""
        self._require()
        with self._transaction(self._attach_for_write(), self.path) as con:
            yield con

    @contextmanager
    def _transaction(
        self, instance: duckdb.DuckDBPyConnection, path: Path
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._session(instance) as con, translate_errors(path):
            con.execute("BEGIN")
            yield con
            con.execute("COMMIT")

    def _attach_for_write(self) -> duckdb.DuckDBPyConnection:
        give_up = time.monotonic() + LOCK_TIMEOUT_SECONDS
        said = False
        while True:
            try:
                return self._attach(self.path, read_only=False)
            except BusyError as busy:
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
                migrate(con)
                number, left_unfinished = con.execute(sql("store/run_next")).fetchall()[0]
                run = Run(number, command)
                con.execute(
                    sql("store/run_start"),
                    {
                        "run_id": run.run_id,
                        "command": command,
                        "settings": _json(settings or {}),
                        "started_at": utcnow(),
                        "version": __version__,
                    },
                )
            yield run
            # Before the run counts as finished: a kill in between leaves it to the next run, which
            # also publishes what a run that was not finished had stored.
            if run.changed or left_unfinished or not self.snapshot.exists():
                self._publish_snapshot()
            with self.write() as con:
                con.execute(
                    sql("store/run_finish"),
                    {
                        "run_id": run.run_id,
                        "finished_at": utcnow(),
                        "outcome": "changed" if run.changed else "unchanged",
                        "counts": _json(run.counts),
                    },
                )

    @contextmanager
    def _locked(self, command: str) -> Iterator[None]:
        try:
            handle = self._lock.open("a+", encoding="utf-8")
        except OSError as error:
            raise write_error(self._lock, error.strerror) from error
        with handle:
            self._wait_for_lock(handle)
            self._writing = True
            try:
                handle.truncate(0)
                with suppress(OSError):  # a full disk: who holds the lock is only for the message
                    handle.write(
                        f"curate {command} (pid {os.getpid()}, since {utcnow():%H:%M:%S} UTC)"
                    )
                    handle.flush()
                yield
            finally:
                self._writing = False
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
        try:
            shutil.copyfile(self.path, fresh)
            fresh.replace(self.snapshot)
        except OSError as error:
            fresh.unlink(missing_ok=True)
            raise write_error(self.snapshot, error.strerror) from error

    # -- settings --------------------------------------------------------------------------------

    def setting(self, con: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
        """Returns the stored settings `name` (a stage or `project`), empty where none are."""
        # fetchall: DuckDB 2 refuses other work while a result is half read.
        rows = con.execute(sql("store/setting_get"), {"name": name}).fetchall()
        return dict(json.loads(rows[0][0])) if rows else {}

    def set_setting(
        self, con: duckdb.DuckDBPyConnection, name: str, value: Mapping[str, Any]
    ) -> bool:
        """Stores settings; returns whether they differ from what was stored."""
        if self.setting(con, name) == json.loads(_json(value)):
            return False
        con.execute(sql("store/setting_set"), {"name": name, "value": _json(value)})
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
                rows = con.execute(query)
                while part := rows.fetchmany(_ROWS_AT_ONCE):
                    for row in part:
                        digest.update(repr(row).encode("utf-8", "surrogatepass"))
        return digest.hexdigest()


def _threads_of_environment() -> int | None:
    value = os.environ.get("CURATE_THREADS", "")
    if value and (not value.isdecimal() or not int(value)):
        raise ConfigError(f"CURATE_THREADS is {value!r}, not a number of threads")
    return int(value) if value else None


def _digest_columns(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return [
        (table, columns) for table, columns in con.execute(sql("store/state_columns")).fetchall()
    ]


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
