"""The store: opening, migrations, damage, settings, runs, the digest of its state, the snapshot."""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from curate import cli
from curate.errors import ConfigError, StoreError
from curate.project import Project
from curate.store import Store, resource_dir, sql

pytestmark = pytest.mark.store

MIGRATIONS = [file.stem for file in sorted((resource_dir("sql") / "migrations").glob("*.sql"))]


@pytest.fixture
def curate(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line and returns exit code, stdout and stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, write_jsonl: Any) -> Path:
    """A project after pull, feedback, filter, dedupe and export, with rows in most tables."""
    from curate.export.options import ExportSettings
    from curate.pull.mapping import Declared
    from curate.pull.options import PullOptions
    from curate.split import SplitSettings

    folder = tmp_path_factory.mktemp("template")
    project = Project.init(folder / "project")
    rows = [
        {"id": f"r{n}", "query": f"How do I change the {noun} of order {n}, please, today?",
         "response": f"Open the {noun} page and type it in, then save.", "rating": 5, "user": "u"}
        for n, noun in enumerate(["size", "name", "colour", "date", "street", "city"] * 4)
    ]  # fmt: skip
    rows.append({**rows[0], "id": "r0-again"})
    log = folder / "log.jsonl"
    for first in ("Ask them.", "Ask us."):
        write_jsonl(log, [{**rows[0], "response": first}, *rows[1:]])
        log.write_bytes(log.read_bytes() + b"{broken\n")
        project.pull([str(log)])
    late = folder / "late.csv"
    for stars in (1, 2):
        late.write_text(f"id,stars\nr3,{stars}\nunknown,4\n", encoding="utf-8")
        project.pull([str(late)], PullOptions(declared=Declared("feedback", {"key": "id"}, "1-5")))
    project.filter()
    project.dedupe()
    project.export("set", ExportSettings(split=SplitSettings(test_size=0.3), min_test=0))
    return project.folder


@pytest.fixture
def filled(template: Path, tmp_path: Path) -> Project:
    """A copy of the filled project."""
    return Project(shutil.copytree(template, tmp_path / "filled"))


def _change(folder: Path, statement: str, *values: Any) -> None:
    with duckdb.connect(str(folder / "curate.duckdb")) as con:
        con.execute(statement, list(values))


def _rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "curate.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


# -- opening ---------------------------------------------------------------------------------------


def test_a_folder_without_a_project_names_init(
    tmp_path: Path, curate: Callable[..., tuple[int, str, str]]
) -> None:
    for use in (Store(tmp_path).read, Store(tmp_path).write, lambda: Store(tmp_path).run("x")):
        with pytest.raises(ConfigError, match=f"curate init {tmp_path}"), use():
            pass
    assert list(tmp_path.iterdir()) == []
    code, out, err = curate("-C", tmp_path, "status")
    assert (code, out) == (2, "")
    assert err.startswith("Error: no curate project in") and f"curate init {tmp_path}" in err


def test_the_file_can_be_read_by_the_oldest_supported_duckdb(store: Store) -> None:
    with duckdb.connect(str(store.path), read_only=True) as con:
        tags = con.execute("SELECT tags FROM duckdb_databases() WHERE path IS NOT NULL").fetchall()
    assert tags[0][0]["storage_version"] == "v1.5.0+"


def test_times_are_utc_and_nothing_is_downloaded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    with store.read() as con:
        zone = con.execute("SELECT current_setting('TimeZone')").fetchall()
        install = con.execute("SELECT current_setting('autoinstall_known_extensions')").fetchall()
    assert (zone, install) == ([("UTC",)], [(False,)])


def test_threads_are_those_asked_for_or_of_the_environment(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def threads(asked: int | None) -> int:
        with Store(store.folder, threads=asked).read() as con:
            return int(con.execute("SELECT current_setting('threads')").fetchall()[0][0])

    monkeypatch.setenv("CURATE_THREADS", "3")
    assert (threads(None), threads(2)) == (3, 2)
    monkeypatch.setenv("CURATE_THREADS", "many")
    with pytest.raises(ConfigError, match="CURATE_THREADS is 'many'"):
        threads(None)


def test_reading_cannot_write(store: Store) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="read-only"), store.read() as con:
        con.execute("DELETE FROM settings")


def test_a_write_that_raises_stores_nothing(store: Store) -> None:
    before = store.state_digest()
    with pytest.raises(RuntimeError, match="midway"), store.write() as con:
        store.set_setting(con, "stage", {"a": 1})
        raise RuntimeError("midway")
    assert store.state_digest() == before


# -- migrations ------------------------------------------------------------------------------------


def test_migrations_are_recorded_with_their_sha256_and_applied_once(store: Store) -> None:
    recorded = dict(_rows(store.folder, "SELECT name, sha256 FROM _migrations"))
    assert {name: digest for name, digest in recorded.items() if "/" not in name} == {
        name: hashlib.sha256(
            (resource_dir("sql") / "migrations" / f"{name}.sql").read_bytes()
        ).hexdigest()
        for name in MIGRATIONS
    }
    before, tables = store.state_digest(), _rows(store.folder, "SHOW TABLES")
    store.create()
    store.create()
    assert store.state_digest() == before
    assert _rows(store.folder, "SHOW TABLES") == tables
    assert dict(_rows(store.folder, "SELECT name, sha256 FROM _migrations")) == recorded


def test_a_newer_store_says_what_to_upgrade(
    store: Store, curate: Callable[..., tuple[int, str, str]]
) -> None:
    _change(store.folder, "INSERT INTO _migrations VALUES ('9999_future', 'x')")
    for use in (store.read, lambda: store.run("x")):
        with (
            pytest.raises(StoreError, match=r"newer curate.*9999_future.*pip install"),
            use(),
        ):
            pass
    with pytest.raises(StoreError, match="newer curate"):
        store.create()
    for command in (["status"], ["filter"]):
        code, out, err = curate("-C", store.folder, *command)
        assert (code, out) == (1, "")
        assert "9999_future" in err and "pip install --upgrade curate-workbench" in err


def test_an_edited_migration_is_refused(store: Store) -> None:
    _change(store.folder, "UPDATE _migrations SET sha256 = 'x' WHERE name = ?", MIGRATIONS[0])
    with pytest.raises(StoreError, match=f"{MIGRATIONS[0]}.sql differs"), store.run("x"):
        pass


def _older(folder: Path, lacks: int) -> Store:
    """Makes the store of a curate that had no views apart and lacks migrations, with a setting."""
    folder.mkdir()
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{folder / 'curate.duckdb'}' AS curate (STORAGE_VERSION 'v1.5.0')")
        con.execute("USE curate")
        con.execute(sql("store/migrations_table"))
        for name in MIGRATIONS[: len(MIGRATIONS) - lacks]:
            text = (resource_dir("sql") / "migrations" / f"{name}.sql").read_text(encoding="utf-8")
            con.execute(text)
            digest = hashlib.sha256(text.encode()).hexdigest()
            con.execute(sql("store/migrations_record"), {"name": name, "sha256": digest})
        con.execute("""INSERT INTO settings VALUES ('kept', '{"a": 1}')""")
    return Store(folder)


def test_an_older_store_is_brought_up_to_date_by_init(
    tmp_path: Path, curate: Callable[..., tuple[int, str, str]]
) -> None:
    old, new = _older(tmp_path / "old", lacks=1), Store(tmp_path / "new")
    code, _, err = curate("-C", old.folder, "status")
    assert code == 1
    assert f"lacks migration {MIGRATIONS[-1]}" in err and f"curate init {old.folder}" in err

    new.folder.mkdir()
    new.create()
    with new.write() as con:
        new.set_setting(con, "kept", {"a": 1})
    old.create()
    assert old.state_digest() == new.state_digest()
    assert _schema(old) == _schema(new)


def test_a_store_with_all_migrations_and_no_views_apart_is_brought_up_to_date_by_any_command(
    tmp_path: Path, curate: Callable[..., tuple[int, str, str]], new_store: Callable[[Path], Store]
) -> None:
    old = _older(tmp_path / "old", lacks=0)
    code, _, err = curate("-C", old.folder, "status")
    assert code == 1
    assert "its view ai_interactions is not the one" in err and f"curate init {old.folder}" in err
    with old.run("any command that writes"):
        pass
    assert _schema(old) == _schema(new_store(tmp_path / "new"))


def _schema(store: Store) -> tuple[list[tuple[Any, ...]], ...]:
    """Returns every column with its type and comment, every view with its text, and its digest."""
    return (
        _rows(
            store.folder,
            "SELECT table_name, column_name, data_type, comment FROM duckdb_columns() "
            "WHERE NOT internal ORDER BY table_name, column_index",
        ),
        _rows(
            store.folder,
            "SELECT view_name, sql, comment FROM duckdb_views() WHERE NOT internal ORDER BY 1",
        ),
        _rows(store.folder, "FROM _migrations ORDER BY name"),
    )


def test_a_failing_migration_leaves_the_store_as_it_was(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "resources" / "sql"
    shutil.copytree(resource_dir("sql"), folder)
    (folder / "migrations" / "9000_bad.sql").write_text("CREATE TABLE extra (a INT); SELECT nope;")
    before = _rows(store.folder, "SHOW TABLES"), _rows(store.folder, "FROM _migrations")
    monkeypatch.setattr("curate.store.migrations.resource_dir", lambda _name: folder)
    with pytest.raises(duckdb.BinderException):
        store.create()
    assert (_rows(store.folder, "SHOW TABLES"), _rows(store.folder, "FROM _migrations")) == before


# -- views -----------------------------------------------------------------------------------------


@pytest.fixture
def views(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Gives the program other views: the text of each by name, None for one that is gone."""

    def change(**texts: str | None) -> None:
        folder = tmp_path / f"resources-{len(list(tmp_path.iterdir()))}" / "sql"
        shutil.copytree(resource_dir("sql"), folder)
        for name, text in texts.items():
            (folder / "views" / f"{name}.sql").unlink(missing_ok=True)
            if text is not None:
                (folder / "views" / f"{name}.sql").write_text(text, encoding="utf-8")
        monkeypatch.setattr("curate.store.migrations.resource_dir", lambda _name: folder)

    return change


def test_every_view_is_applied_and_recorded_with_its_sha256(store: Store) -> None:
    files = sorted((resource_dir("sql") / "views").glob("*.sql"))
    in_store = _rows(store.folder, "SELECT view_name FROM duckdb_views() WHERE NOT internal")
    assert {file.stem for file in files} == {name for (name,) in in_store}
    assert _rows(store.folder, "FROM _migrations WHERE name LIKE '%/%' ORDER BY name") == [
        (f"views/{file.stem}", hashlib.sha256(file.read_bytes()).hexdigest()) for file in files
    ]


def test_a_changed_view_is_applied_again_with_those_that_read_it(
    store: Store, views: Callable[..., None], curate: Callable[..., tuple[int, str, str]]
) -> None:
    before = store.state_digest()
    # `aaa` stands before the view that it reads, `zzz` reads both; the types of `zzz` change.
    views(
        aaa="CREATE OR REPLACE VIEW aaa AS SELECT n FROM zzz WHERE 'aaa' <> ''",
        zzz="CREATE OR REPLACE VIEW zzz AS SELECT 1 AS n; COMMENT ON VIEW zzz IS 'the first'",
    )
    code, _, err = curate("-C", store.folder, "status")
    assert code == 1
    assert "its view aaa is not the one" in err and f"curate init {store.folder}" in err
    store.create()
    assert _rows(store.folder, "FROM aaa") == [(1,)]

    views(
        aaa="CREATE OR REPLACE VIEW aaa AS SELECT n FROM zzz WHERE 'aaa' <> ''",
        zzz="CREATE OR REPLACE VIEW zzz AS SELECT 'one' AS n; COMMENT ON VIEW zzz IS 'the second'",
    )
    with pytest.raises(StoreError, match="its view zzz is not the one"), store.read():
        pass
    with store.run("any command that writes"):
        pass
    assert _rows(store.folder, "FROM aaa") == [("one",)]
    comment = "SELECT comment FROM duckdb_views() WHERE view_name = 'zzz'"
    assert _rows(store.folder, comment) == [("the second",)]
    assert store.state_digest() == before


def test_a_view_that_is_gone_is_dropped_and_one_of_the_user_stays(
    store: Store, views: Callable[..., None]
) -> None:
    _change(store.folder, "CREATE VIEW mine AS SELECT 1 AS n")
    views(privacy_open=None)
    with pytest.raises(StoreError, match="its view privacy_open is not the one"), store.read():
        pass
    store.create()
    with store.read() as con:
        names = {name for (name,) in con.execute(sql("project/tables_known")).fetchall()}
    assert "privacy_open" not in names
    assert {"mine", "examples"} <= names


def test_a_failing_view_leaves_the_store_as_it_was(
    store: Store, views: Callable[..., None]
) -> None:
    before = _schema(store)
    views(
        aaa="CREATE OR REPLACE VIEW aaa AS SELECT 1 AS n",
        privacy_open=None,
        zzz="CREATE OR REPLACE VIEW zzz AS SELECT nope FROM interactions",
    )
    with pytest.raises(duckdb.BinderException, match="nope"):
        store.create()
    assert _schema(store) == before


def test_a_view_follows_the_columns_of_its_table(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "resources" / "sql"
    shutil.copytree(resource_dir("sql"), folder)
    (folder / "migrations" / "9000_more.sql").write_text(
        "ALTER TABLE privacy_findings ADD COLUMN more INTEGER"
    )
    monkeypatch.setattr("curate.store.migrations.resource_dir", lambda _name: folder)
    store.create()
    assert "more" in {name for name, *_ in _rows(store.folder, "DESCRIBE privacy_open")}
    assert _rows(store.folder, "FROM privacy_open") == []


def test_a_store_that_is_up_to_date_is_left_alone(store: Store) -> None:
    with store.write() as con:
        con.execute("COMMENT ON VIEW examples IS 'not applied again'")
    with store.run("any command that writes"):
        pass
    comment = "SELECT comment FROM duckdb_views() WHERE view_name = 'examples'"
    assert _rows(store.folder, comment) == [("not applied again",)]


def test_init_killed_midway_leaves_no_half_store(tmp_path: Path) -> None:
    # Dies after the second migration, before the transaction of all of them ends.
    driver = (
        "import os, signal, sys\n"
        "import curate.store.migrations as s\n"
        "from curate.project import Project\n"
        "real, calls = s.sql, []\n"
        "def sql(name):\n"
        "    calls.append(name)\n"
        "    if calls.count('store/migrations_record') == 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return real(name)\n"
        "s.sql = sql\n"
        "Project.init(sys.argv[1])\n"
    )
    folder = tmp_path / "p"
    died = subprocess.run(
        [sys.executable, "-c", driver, str(folder)], check=False, env=_environment()
    )
    assert died.returncode == -signal.SIGKILL
    assert not (folder / "curate.duckdb").exists()
    undisturbed = Project.init(tmp_path / "q").store.state_digest()
    assert Project.init(folder).store.state_digest() == undisturbed
    assert Project(folder).status().interactions == 0


# -- damage and refusals of the file system --------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "said"), [(0, "not a valid DuckDB"), (12288, "Corrupt"), (None, "read enough bytes")]
)
def test_a_damaged_database_names_the_snapshot_and_the_advice_works(
    filled: Project, curate: Callable[..., tuple[int, str, str]], place: int | None, said: str
) -> None:
    folder, before = filled.folder, filled.store.state_digest()
    body = bytearray((folder / "curate.duckdb").read_bytes())
    if place is None:
        body = body[:9000]
    else:
        body[place : place + 4096] = bytes(range(256)) * 16
    (folder / "curate.duckdb").write_bytes(body)
    (folder / "curate.duckdb.wal").write_bytes(b"left by a writer")
    for command in (["status"], ["filter"]):
        code, out, err = curate("-C", folder, *command)
        assert (code, out) == (1, "")
        assert err.startswith(f"Error: cannot read {folder / 'curate.duckdb'}"), err
        assert said in err and "curate.snapshot.duckdb" in err and "delete curate.duckdb.wal" in err

    (folder / "curate.duckdb.wal").unlink()
    shutil.copyfile(folder / "curate.snapshot.duckdb", folder / "curate.duckdb")
    assert filled.store.state_digest() == before
    assert curate("-C", folder, "status")[0] == 0


def test_a_damaged_block_that_is_met_while_reading_is_an_error_too(filled: Project) -> None:
    body = filled.store.path.read_bytes()
    for start in range(12288 + 262144, len(body) - 4096, 262144):
        broken = bytearray(body)
        broken[start + 64 : start + 4096] = bytes(4032)
        filled.store.path.write_bytes(broken)
        try:
            filled.store.state_digest()
        except StoreError as error:
            assert "curate.snapshot.duckdb" in str(error)
            return
    pytest.fail("no block that is read was damaged")


def test_a_duckdb_file_of_somebody_else_is_left_alone(
    tmp_path: Path, curate: Callable[..., tuple[int, str, str]]
) -> None:
    with duckdb.connect(str(tmp_path / "curate.duckdb")) as con:
        con.execute("CREATE TABLE mine AS SELECT 1 AS a")
    code, _, err = curate("-C", tmp_path, "status")
    assert code == 1
    assert "is not a curate store" in err and "curate init" in err
    assert _rows(tmp_path, "FROM mine") == [(1,)]


def _unprivileged(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs code in a process without root's right to write where the mode says no."""
    command = [sys.executable, "-c", code, str(folder)]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root without setpriv: nothing is read-only")
        rights = "-dac_override,-dac_read_search"
        command = ["setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}", *command]
    return subprocess.run(command, text=True, capture_output=True, check=False, env=_environment())


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


COMMAND = "import sys; from curate.cli import main; main(['-C', sys.argv[1], *{arguments}])"


def test_a_read_only_folder_can_be_read_and_writing_says_why_not(filled: Project) -> None:
    folder = filled.folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        read = _unprivileged(COMMAND.format(arguments=["status"]), folder)
        write = _unprivileged(COMMAND.format(arguments=["filter", "--min-rating", "2"]), folder)
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert (read.returncode, read.stderr) == (0, "")
    assert "interactions" in read.stdout
    assert write.returncode == 1
    assert "Traceback" not in write.stderr
    assert "Permission denied" in write.stderr and "permissions of the folder" in write.stderr


@pytest.mark.slow
def test_a_full_disk_is_an_error_and_running_again_goes_on(
    filled: Project, write_jsonl: Any, tmp_path: Path
) -> None:
    # A limit on the size of files stands in for the full disk: writes beyond it fail in the kernel.
    # Each file may be so long, and the rows of one commit are longer.
    limit = filled.store.path.stat().st_size + 300_000
    rows = [
        {"id": n, "query": f"{n} " + os.urandom(limit // 200).hex(), "response": "Yes, it does."}
        for n in range(400)
    ]
    log = write_jsonl(tmp_path / "large.jsonl", rows)
    undisturbed = Project(shutil.copytree(filled.folder, tmp_path / "undisturbed"))

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    code = COMMAND.format(arguments=["pull", str(log), "--source", "large"])
    full = subprocess.run(
        [sys.executable, "-c", code, str(filled.folder)], text=True, capture_output=True,
        check=False, preexec_fn=small, env=_environment(),
    )  # fmt: skip
    assert full.returncode == 1
    assert "Traceback" not in full.stderr, full.stderr
    assert "cannot open or write" in full.stderr and "free some space" in full.stderr
    assert _rows(filled.folder, "SELECT count(*) FROM interactions WHERE source = 'large'") == [
        (0,)
    ]
    for project in (filled, undisturbed):
        assert project.pull([str(log)], _source("large")).new == 400
    assert filled.store.state_digest() == undisturbed.store.state_digest()


def _source(name: str) -> Any:
    from curate.pull.options import PullOptions

    return PullOptions(source=name)


# -- settings and runs -----------------------------------------------------------------------------


def test_settings_come_back_and_setting_the_same_is_no_change(store: Store) -> None:
    value = {"b": [1, 2.5], "a": {"x": None}, "text": 'Grüße, \u2028 and "quotes"'}
    with store.write() as con:
        assert store.setting(con, "stage") == {}
        assert store.set_setting(con, "stage", value) is True
        assert store.set_setting(con, "stage", dict(reversed(value.items()))) is False
        assert store.setting(con, "stage") == value
        assert store.set_setting(con, "stage", {}) is True
        assert store.setting(con, "stage") == {}


def test_a_run_is_recorded_from_start_to_end(store: Store) -> None:
    with store.run("first", {"x": 1}) as run:
        row = _rows(store.folder, "SELECT run_id, finished_at, outcome FROM runs")
        assert row == [(run.run_id, None, None)]
        run.counts = {"examples": 3}
    with store.run("second") as run:
        run.changed = True
    with pytest.raises(RuntimeError), store.run("third"):
        raise RuntimeError
    rows = _rows(
        store.folder,
        "SELECT run_id, command, settings, finished_at >= started_at, outcome, counts, "
        "curate_version FROM runs ORDER BY run_id",
    )
    from curate.version import __version__

    assert rows == [
        (1, "first", '{"x": 1}', True, "unchanged", '{"examples": 3}', __version__),
        (2, "second", "{}", True, "changed", "{}", __version__),
        (3, "third", "{}", None, None, None, __version__),
    ]
    began = _rows(store.folder, "SELECT min(started_at) FROM runs")[0][0]
    assert abs((datetime.now() - began).total_seconds()) < 86_400
    assert (store.folder / "curate.lock").read_text() == ""


# -- the digest of the state -----------------------------------------------------------------------


def test_the_digest_ignores_runs_and_clocks(filled: Project) -> None:
    store, before = filled.store, filled.store.state_digest()
    _change(store.folder, "INSERT INTO runs (run_id, command, started_at) VALUES (999, 'x', now())")
    _change(store.folder, "UPDATE runs SET finished_at = now(), outcome = 'changed'")
    for table in ("calls", "feedback", "rejects", "split_ledger", "interaction_history"):
        _change(store.folder, f"UPDATE {table} SET run_id = run_id + 40")
    _change(store.folder, "UPDATE versions SET exported_at = exported_at + INTERVAL 1 DAY")
    assert store.state_digest() == before


def test_the_digest_does_not_depend_on_the_order_of_rows(filled: Project) -> None:
    store, before = filled.store, filled.store.state_digest()
    with duckdb.connect(str(store.path)) as con:
        con.execute("CREATE TEMP TABLE copy AS FROM feedback ORDER BY feedback_id DESC")
        con.execute("DELETE FROM feedback")
        con.execute("INSERT INTO feedback FROM copy")
    assert store.state_digest() == before


def test_the_digest_covers_every_column_but_run_ids_and_the_clock(store: Store) -> None:
    with store.read() as con:
        covered = {
            (table.strip('"'), column.strip('"'))
            for table, columns in con.execute(sql("store/state_columns")).fetchall()
            for column in columns.split(", ")
        }
    stored = _rows(
        store.folder,
        "SELECT table_name, column_name FROM information_schema.columns "
        "JOIN information_schema.tables USING (table_name) WHERE table_type = 'BASE TABLE'",
    )
    stored = [(t, c) for t, c in stored if not t.startswith("undo_")]  # how it got there
    left_out = {(t, c) for t, c in stored if t not in ("runs", "_migrations")} - covered
    assert covered <= set(stored)
    assert {c for _, c in left_out} == {
        "run_id", "replaced_run_id", "withdrawn_run_id", "exported_at", "synced_to",
    }  # fmt: skip


@pytest.mark.slow
def test_the_digest_sees_one_row_more_or_less_in_every_table(filled: Project) -> None:
    store, seen = filled.store, set()
    tables = _rows(
        store.folder,
        "SELECT table_name FROM duckdb_tables() WHERE table_name NOT IN ('runs', '_migrations') "
        "AND NOT starts_with(table_name, 'undo_')",
    )
    digests = [store.state_digest()]
    for (table,) in tables:
        if _rows(store.folder, f"FROM {table} LIMIT 1"):
            _change(
                store.folder,
                f"DELETE FROM {table} WHERE rowid = (SELECT min(rowid) FROM {table})",
            )
            digests.append(store.state_digest())
            seen.add(table)
    assert len(set(digests)) == len(digests)
    assert {"calls", "feedback", "rejects", "settings", "split_ledger", "versions",
            "version_examples", "inputs", "example_inputs", "pulled_files", "interaction_history",
            "feedback_history"} <= seen  # fmt: skip


def test_the_digest_sees_one_character(filled: Project) -> None:
    before = filled.store.state_digest()
    _change(
        filled.folder,
        "UPDATE calls SET response = response || ' ' "
        "WHERE interaction_id = (SELECT max(interaction_id) FROM interactions)",
    )
    assert filled.store.state_digest() != before


# -- the snapshot ----------------------------------------------------------------------------------


def _snapshot_digest(store: Store, folder: Path) -> str:
    folder.mkdir(exist_ok=True)
    shutil.copyfile(store.snapshot, folder / "curate.duckdb")
    return Store(folder).state_digest()


@pytest.mark.slow
def test_the_snapshot_is_the_database_after_each_command(tmp_path: Path, write_jsonl: Any) -> None:
    project = Project.init(tmp_path / "p")
    store = project.store
    rows = [{"id": n, "query": f"What is {n} and {n + 1}?", "response": f"It is {2 * n + 1}.",
             "rating": 1 + n % 5} for n in range(60)]  # fmt: skip
    log = write_jsonl(tmp_path / "log.jsonl", rows)
    commands: list[Callable[[], Any]] = [
        lambda: project.pull([str(log)]),
        lambda: project.filter({"min_rating": 3}),
        lambda: project.dedupe(),
        lambda: project.export("set"),
        lambda: project.filter({"min_rating": 3}),
        lambda: project.export("set"),
    ]
    for command in commands:
        command()
        assert _snapshot_digest(store, tmp_path / "copy") == store.state_digest()
    assert not list(store.folder.glob("*.new*")) and not list(store.folder.glob("*.wal"))


def test_an_unchanged_run_publishes_no_snapshot(store: Store) -> None:
    with store.run("first"):
        pass
    before = store.snapshot.stat()
    with store.run("second"):
        pass
    after = store.snapshot.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_what_a_failed_run_stored_is_in_the_snapshot_of_the_next(
    store: Store, tmp_path: Path
) -> None:
    with store.run("first"):
        pass
    with pytest.raises(RuntimeError), store.run("second"):
        with store.write() as con:
            store.set_setting(con, "stage", {"a": 1})
        raise RuntimeError
    with store.run("third"):
        pass
    assert _snapshot_digest(store, tmp_path / "copy") == store.state_digest()


# -- files of SQL ----------------------------------------------------------------------------------


def test_resources_are_found_from_the_checkout_or_the_package() -> None:
    assert (resource_dir("sql") / "queries" / "store" / "run_start.sql").is_file()
    assert sql("store/run_start").startswith("--")
    with pytest.raises(FileNotFoundError):
        sql("no_such_query")


def test_a_lost_database_is_not_started_over(store: Store) -> None:
    with store.run("anything") as run:
        run.changed = True
    store.path.unlink()
    for attempt in (store.create, lambda: store.read().__enter__()):
        with pytest.raises(StoreError, match="Next: cp "):
            attempt()
    shutil.copyfile(store.snapshot, store.path)
    assert store.state_digest()
