"""The store: one DuckDB file a project, and the only place that opens it.

A writing command holds `curate.lock` from start to end, so two of them never interleave, but opens
the database only while it reads and while it writes: nobody else can open it meanwhile. Commands
that only look need no lock. They read the snapshot that the last finished command left: it is
current until the next command writes, and while one writes it is the last whole state. So they
neither wait for a writer nor make one wait. A writing command itself never reads the snapshot:
what it computes from must be what it changes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from curate.errors import ConfigError, StoreError
from curate.store import rewriting
from curate.store.faults import BusyError, translate_errors, wal_path
from curate.store.lock import Waits, WriterLock
from curate.store.migrations import check_migrations, migrate
from curate.store.queries import quoted, sql
from curate.store.snapshot import Snapshot
from curate.version import __version__

log = logging.getLogger(__name__)


LOCK_TIMEOUT_SECONDS = 600.0
_ROWS_AT_ONCE = 10_000


def utcnow() -> datetime:
    """Returns the current time as the store keeps every time: naive, UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass
class Run:
    """One execution of one writing command, as its row in `runs` will say.

    Attributes:
        notes: what a person should know whatever the command is, code -> numbers.
    """

    run_id: int
    command: str
    changed: bool = False
    counts: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


class Store:
    """The DuckDB file of one project folder.

    Args:
        folder: the project folder; it must exist.
        threads: DuckDB's threads; None leaves the choice to `CURATE_THREADS`, or to DuckDB.
        keep: called at the end of a run that asked for verdicts, to leave them to those who look.

    Attributes:
        uses_verdicts: whether verdicts were asked for since they were last kept.
        keeps_early: whether those of a run were kept before its end; a write removes them.
        postpones: whether runs leave snapshot and verdicts to `settle`.

    Raises:
        ConfigError: `CURATE_THREADS` is no number.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int | None = None,
        keep: Callable[[Store], None] = lambda _: None,
    ) -> None:
        self.folder = Path(folder)
        self.path = self.folder / "curate.duckdb"
        self.threads = threads or _threads_of_environment()
        self._published = Snapshot(self.path)
        self.snapshot = self._published.path
        self.kept = self.folder / "curate.verdicts.duckdb"
        self._waits = Waits()
        self._lock = WriterLock(self.folder / "curate.lock", self._waits)
        self._writing = False
        self._state_shown = ""
        self.notes: dict[str, Any] = {}
        self._idle: list[duckdb.DuckDBPyConnection] = []
        self._run: Run | None = None
        self._is_of_runs = False
        self._keep = keep
        self.uses_verdicts = self.keeps_early = self.postpones = False

    @property
    def waited_seconds(self) -> float:
        """Returns how long this process has waited for what other processes have."""
        return self._waits.seconds

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
            if not self._published.is_current():
                self.kept.unlink(missing_ok=True)
                self._publish("init", utcnow())

    def _refuse_to_start_over(self) -> None:
        if self.snapshot.exists():
            raise StoreError(
                f"{self.path} is gone, but {self.snapshot.name} (the state after the last finished "
                f"command) is there. Next: cp {self.snapshot} {self.path}"
            )

    def _create_file(self) -> None:
        """Makes the database beside its name and renames it: a kill leaves no half of one."""
        fresh = self.path.with_suffix(".new")
        for file in (fresh, wal_path(fresh), wal_path(self.path)):
            file.unlink(missing_ok=True)
        # 1.5 and 2.0 can both read and write this storage version (2.0's own default is newer).
        with translate_errors(fresh), duckdb.connect() as con:
            con.execute(f"ATTACH '{quoted(fresh)}' AS fresh (STORAGE_VERSION 'v1.5.0')")
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
        try:
            with translate_errors(path):
                instance.execute(
                    f"ATTACH '{quoted(path)}' AS curate{' (READ_ONLY)' if read_only else ''}"
                )
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
                con.execute("SET enable_progress_bar = false")
                yield con
        finally:
            # Rolls back what was not committed, and writes the log into the file.
            try:
                for name in ("kept", "fresh"):
                    instance.execute(f"DETACH DATABASE IF EXISTS {name}")
                instance.execute("DETACH curate")
                self._idle.append(instance)
            except duckdb.Error:
                instance.close()

    def _new_instance(self) -> duckdb.DuckDBPyConnection:
        """Returns a DuckDB without a file; making one costs five times what opening a file does."""
        # What does not fit into memory waits beside the store, not where somebody happens to be.
        spilled = str(self.path.with_suffix(".tmp"))
        config: dict[str, Any] = {"autoinstall_known_extensions": False, "temp_directory": spilled}
        if self.threads:
            config["threads"] = self.threads
        instance = duckdb.connect(config=config)
        instance.execute("SET GLOBAL TimeZone = 'UTC'")
        return instance

    @contextmanager
    def read(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a read-only connection for whoever looks, without waiting for a writer.

        It has the snapshot where that is current, and, with a line on stderr, where somebody
        writes. The database itself is opened where neither holds (the last command was killed), and
        by a command that writes, which computes from what it changes.
        """
        self._require()
        if self._writing:
            with self.read_database() as con:
                yield con
            return
        instance, path = self._open_snapshot_or_database()
        self._is_of_runs = path == self.snapshot and self._published.is_intact()
        log.debug("reading %s, waited %.3f s for locks", path.name, self.waited_seconds)
        with self._session(instance) as con, translate_errors(path):
            yield con

    @contextmanager
    def read_runs(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a read-only connection that has the runs which changed nothing, too.

        A snapshot is as good as current without them, so the database itself is opened where nobody
        writes; beside a writer it is what `read` yields.
        """
        self._require()
        try:
            instance = None if self._lock.holder() else self._open_checked(self.path)
        except BusyError:
            instance = None
        if instance is None:
            with self.read() as con:
                yield con
            return
        with self._session(instance) as con, translate_errors(self.path):
            yield con

    @contextmanager
    def read_database(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a read-only connection to the database itself, once nobody writes to it.

        For what a writing command asks before it holds the lock. Keep it short: writers wait.
        """
        self._require()
        if not self._writing:
            self._is_of_runs = self._published.is_current()
        instance = self._wait_for_database(read_only=True)
        with self._session(instance) as con, translate_errors(self.path):
            yield con

    def _open_snapshot_or_database(self) -> tuple[duckdb.DuckDBPyConnection, Path]:
        """Returns a DuckDB and the file it has: the snapshot, or the database."""
        writer = None if self._published.is_current() else self._lock.holder()
        # Asked again: the writer may just have ended.
        if (writer or self._published.is_current()) and (snapshot := self._open_snapshot()):
            self._tell_state(f"{writer} is writing" if writer else "")
            return snapshot, self.snapshot
        try:
            return self._open_checked(self.path), self.path
        except BusyError as busy:
            if snapshot := self._open_snapshot():
                self._tell_state(str(busy))
                return snapshot, self.snapshot
        return self._wait_for_database(read_only=True), self.path

    def _open_snapshot(self) -> duckdb.DuckDBPyConnection | None:
        """Returns a DuckDB that has the snapshot; None where it is missing, damaged or older."""
        if not self.snapshot.exists():
            return None
        try:
            return self._open_checked(self.snapshot)
        except StoreError as error:
            log.debug("the snapshot cannot be used: %s", error)
            return None

    def _open_checked(self, path: Path) -> duckdb.DuckDBPyConnection:
        """Returns a DuckDB that has a file of this program's tables, to be read."""
        instance = self._attach(path, read_only=True)
        try:
            with instance.cursor() as con, translate_errors(path):
                con.execute("USE curate")
                check_migrations(con, self.folder)
        except BaseException:
            instance.close()
            raise
        return instance

    def _tell_state(self, reason: str) -> None:
        """Says once on stderr which state is shown, where it is not the newest one."""
        state = f"{reason}; reading {self._published.state()}" if reason else ""
        if state and state != self._state_shown:
            log.warning("%s", state)
        self._state_shown = state

    def _wait_for_database(self, *, read_only: bool) -> duckdb.DuckDBPyConnection:
        def attempt() -> duckdb.DuckDBPyConnection:
            if read_only:
                return self._open_checked(self.path)
            return self._attach(self.path, read_only=False)

        return self._waits.retry(
            attempt, message="{busy}: waiting", timeout_seconds=LOCK_TIMEOUT_SECONDS
        )

    @contextmanager
    def write(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Yields a connection inside one transaction: all of it is stored, or nothing."""
        self._require()
        if self.keeps_early:
            self.kept.unlink(missing_ok=True)
            self.keeps_early = False
        with self._transaction(self._wait_for_database(read_only=False), self.path) as con:
            yield con

    @contextmanager
    def _transaction(
        self, instance: duckdb.DuckDBPyConnection, path: Path
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._session(instance) as con, translate_errors(path):
            con.execute("BEGIN")
            yield con
            con.execute("COMMIT")

    # -- runs ------------------------------------------------------------------------------------

    @contextmanager
    def run(self, command: str, settings: Mapping[str, Any] | None = None) -> Iterator[Run]:
        """Holds the writer's lock for one command and records it in `runs`.

        The run counts once `finished_at` is set; a run that raised or was killed keeps it null.
        Afterwards the snapshot is published, if it lacks something, and confirmed as current. A
        kill before that leaves both to the next run.
        """
        self._require()
        with self._locked(command):
            is_published = self._is_of_runs = self._published.is_current()
            with self.write() as con:
                is_published &= not self._bring_up_to_date(con)
                run = self._run = self._begin(con, command, settings or {})
            try:
                yield run
            finally:
                self._run = None
            self.notes |= run.notes
            finished_at = utcnow()
            self.keeps_early = False
            with self.write() as con:
                con.execute(
                    sql("store/run_finish"),
                    {
                        "run_id": run.run_id,
                        "finished_at": finished_at,
                        "outcome": "changed" if run.changed else "unchanged",
                        "counts": _json({**run.counts, **run.notes}),
                    },
                )
            if is_published and not run.changed:
                self._published.confirm(command, finished_at)
            elif not self.postpones:
                self._publish(command, finished_at)
            if self.uses_verdicts and not self.postpones:
                self._keep_verdicts()
        log.debug("curate %s is done, waited %.3f s for locks", command, self.waited_seconds)

    def settle(self) -> None:
        """Publishes what postponing runs have changed, and keeps the verdicts."""
        with self._locked("run"):
            if not self._published.is_current():
                self._publish("run", utcnow())
            self._keep_verdicts()

    def _keep_verdicts(self) -> None:
        self._is_of_runs = True
        self._keep(self)
        self.uses_verdicts = False

    def _begin(
        self, con: duckdb.DuckDBPyConnection, command: str, settings: Mapping[str, Any]
    ) -> Run:
        number = int(con.execute(sql("store/run_next")).fetchall()[0][0])
        con.execute(
            sql("store/run_start"),
            {
                "run_id": number,
                "command": command,
                "settings": _json(settings),
                "started_at": utcnow(),
                "version": __version__,
            },
        )
        return Run(number, command)

    def _bring_up_to_date(self, con: duckdb.DuckDBPyConnection) -> bool:
        """Applies the migrations that the store lacks; returns whether it lacked any."""
        try:
            check_migrations(con, self.folder)
        except StoreError:
            migrate(con)
            return True
        migrate(con)  # refuses a migration that was edited
        return False

    @contextmanager
    def _locked(self, command: str) -> Iterator[None]:
        with self._lock.hold(command, timeout_seconds=LOCK_TIMEOUT_SECONDS):
            self._writing = True
            try:
                yield
            finally:
                self._writing = False

    def _publish(self, command: str, finished_at: datetime) -> None:
        self._published.publish()
        self._published.confirm(command, finished_at)

    def rewrite(self) -> None:
        """Writes the database file anew, so that nothing that was changed or deleted stays in it.

        It belongs into a `run`, which holds the writer's lock.
        """
        self.kept.unlink(missing_ok=True)
        for lines in self.folder.glob("curate.lines.*"):
            lines.unlink()
        rewriting.rewrite(self.path)

    def kept_lines(self, name: str) -> Path:
        """Returns the file that says how the lines of a dataset's last version came about."""
        return self.folder / f"curate.lines.{name}.parquet"

    @property
    def is_changing(self) -> bool:
        """Returns whether the present run has changed something."""
        return bool(self._run and self._run.changed)

    def state(self, con: duckdb.DuckDBPyConnection, *, ended: bool = False) -> str | None:
        """Returns what names the state of the store: another one once a run has changed something.

        It is None while a run of this store is changing it, and where somebody else has.

        Args:
            con: a connection to the store.
            ended: names the state that a run leaves which is changing the store, at its end.
        """
        if not ended and (self.is_changing or not self._is_of_runs):
            return None
        run_id = self._run.run_id if self._run and not ended else None
        return str(con.execute(sql("store/state"), {"run": run_id}).fetchall()[0])

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
        with self.read_database() as con:
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
