"""Two processes at one project: writers queue, readers get in, the dead hold nothing.

And determinism: order of files and lines, threads and time zone change no byte of a version.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from curate import cli
from curate.demo.logs import write_logs
from curate.errors import StoreError
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.store import Store
from curate.store import store as store_module

ROWS_PER_MONTH = 40


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the beginning of each month of the demo logs, and the late feedback."""
    folder = tmp_path_factory.mktemp("logs")
    write_logs(folder)
    for month in (folder / "logs").glob("*.jsonl"):
        lines = month.read_bytes().splitlines(keepends=True)[:ROWS_PER_MONTH]
        month.write_bytes(b"".join(lines))
    return folder


def _sequence(folder: Path, files: list[Path] | None, feedback: Path, threads: int = 2) -> Any:
    """Runs all commands; files are pulled one by one in the given order, or all at once."""
    Project.init(folder)
    project = Project(folder, threads=threads)
    for location in files or [folder / "logs"]:
        project.pull([str(location)])
    late = PullOptions(declared=Declared("feedback", {"key": "request_id"}, "1-5"))
    project.pull([str(feedback)], late)
    project.filter({"min_rating": 3})
    project.dedupe()
    return project.export("set")


def _bytes(folder: Path) -> dict[str, str]:
    version = folder / "datasets" / "set" / "v1"
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(version.glob("*.jsonl"))
    }


@pytest.fixture(scope="module")
def reference(
    logs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Any, dict[str, str]]]:
    """A project after all commands, its export and the bytes of its files."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CURATE_SALT", "s")
        folder = shutil.copytree(logs, tmp_path_factory.mktemp("reference") / "project")
        exported = _sequence(folder, None, folder / "late_feedback.csv")
    yield folder, exported, _bytes(folder)


@pytest.fixture
def project(reference: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A copy of the reference project."""
    monkeypatch.setenv("CURATE_SALT", "s")
    return Project(shutil.copytree(reference[0], tmp_path / "project"))


# -- twice is once ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_everything_twice_changes_nothing_but_runs(project: Project, reference: Any) -> None:
    before = project.store.state_digest()
    with project.store.read() as con:
        runs = con.execute("FROM runs ORDER BY run_id").fetchall()
    names = sorted(str(path) for path in project.folder.rglob("*"))
    exported = _sequence(project.folder, None, project.folder / "late_feedback.csv")
    assert (exported.created, exported.version) == (False, 1)
    assert exported.content_id == reference[1].content_id
    assert project.store.state_digest() == before
    assert sorted(str(path) for path in project.folder.rglob("*")) == names
    assert _bytes(project.folder) == reference[2]
    with project.store.read() as con:
        assert con.execute("FROM runs ORDER BY run_id").fetchall()[: len(runs)] == runs
        new = con.execute(
            "SELECT command, outcome FROM runs WHERE run_id > $n ORDER BY run_id", {"n": len(runs)}
        ).fetchall()
    commands = ("pull", "pull", "filter", "dedupe", "export")
    assert new == [(command, "unchanged") for command in commands]


@pytest.mark.slow
@pytest.mark.parametrize("case", ["files reversed", "lines shuffled"])
def test_the_order_of_files_and_lines_changes_no_byte(
    logs: Path, reference: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.setenv("CURATE_SALT", "s")
    folder = shutil.copytree(logs, tmp_path / "project")
    feedback = folder / "late_feedback.csv"
    files = sorted((folder / "logs").glob("*.jsonl"), reverse=case == "files reversed")
    if case == "lines shuffled":
        for file in (*files, feedback):
            lines = file.read_bytes().splitlines(keepends=True)
            head = lines[:1] if file == feedback else []
            rest = lines[len(head) :]
            random.Random(file.name).shuffle(rest)
            file.write_bytes(b"".join([*head, *rest]))
    exported = _sequence(folder, files if case == "files reversed" else None, feedback)
    assert _bytes(folder) == reference[2]
    assert exported.content_id == reference[1].content_id
    assert exported.test_id == reference[1].test_id


@pytest.mark.slow
@pytest.mark.parametrize(("threads", "zone"), [(1, "Asia/Tokyo"), (3, "America/St_Johns")])
def test_threads_and_the_time_zone_change_no_byte(
    logs: Path, reference: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    threads: int, zone: str,
) -> None:  # fmt: skip
    monkeypatch.setenv("CURATE_SALT", "s")
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        folder = shutil.copytree(logs, tmp_path / "project")
        exported = _sequence(folder, None, folder / "late_feedback.csv", threads)
        digest = Project(folder).store.state_digest()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert _bytes(folder) == reference[2]
    assert exported.content_id == reference[1].content_id
    assert exported.test_id == reference[1].test_id
    assert digest == Store(reference[0]).state_digest()


# -- two processes ---------------------------------------------------------------------------------

HOLDER = """
import sys, time
from pathlib import Path
from curate.store import Store

what, seconds = sys.argv[2], float(sys.argv[3])
store = Store(Path(sys.argv[1]))


def hold():
    print("ready", flush=True)
    time.sleep(seconds)


if what == "foreign":
    import duckdb

    with duckdb.connect(str(store.path)):
        hold()
elif what == "reader":
    with store.read():
        hold()
else:
    with store.run("holding") as run:
        run.changed = True
        if what == "lock":
            hold()
        else:
            with store.write() as con:
                store.set_setting(con, "held", {"by": "the other"})
                hold()
"""


@contextmanager
def _holder(folder: Path, what: str, seconds: float = 60) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lock, the database, or both; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), what, str(seconds)],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=30)


@pytest.fixture
def curate(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs the command line in this process and returns exit code, stdout and stderr."""

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = 0
        try:
            cli.main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return run


Curate = Callable[..., tuple[int, str, str]]


@pytest.mark.slow
def test_a_reader_reads_the_last_state_while_a_writer_has_the_database(
    project: Project, curate: Curate
) -> None:
    undisturbed = curate("-C", project.folder, "status")
    assert undisturbed[0] == 0 and undisturbed[2] == ""
    with _holder(project.folder, "database") as process:
        code, out, err = curate("-C", project.folder, "status")
        assert process.poll() is None
    assert (code, out) == undisturbed[:2]
    assert err == f"process {process.pid} has curate.duckdb open; reading the state before it\n"


@pytest.mark.slow
def test_a_reader_does_not_notice_a_writer_that_is_computing(
    project: Project, curate: Curate
) -> None:
    undisturbed = curate("-C", project.folder, "status")
    with _holder(project.folder, "lock") as process:
        assert curate("-C", project.folder, "status") == undisturbed
        assert process.poll() is None


def test_readers_do_not_wait_for_each_other(project: Project, curate: Curate) -> None:
    with _holder(project.folder, "reader") as process:
        code, _, err = curate("-C", project.folder, "status")
        assert process.poll() is None
    assert (code, err) == (0, "")


@pytest.mark.slow
def test_a_writer_waits_for_a_reader(project: Project, curate: Curate) -> None:
    with _holder(project.folder, "reader", 1.5) as process:
        code, _, err = curate("-C", project.folder, "filter", "--min-rating", "2")
    assert code == 0
    assert f"process {process.pid} has curate.duckdb open: waiting" in err
    assert err.count("waiting") == 1


@pytest.mark.slow
def test_a_second_writer_names_the_first_waits_and_goes_on(
    project: Project, curate: Curate
) -> None:
    with _holder(project.folder, "lock", 1.5) as process:
        code, _, err = curate("-C", project.folder, "filter", "--min-rating", "2")
        assert process.wait(30) == 0
    assert code == 0
    assert err.startswith(f"waiting for curate holding (pid {process.pid}, since ")
    assert len(err.splitlines()) == 1
    with project.store.read() as con:
        last = con.execute("SELECT command, outcome FROM runs ORDER BY run_id").fetchall()[-2:]
    assert last == [("holding", "changed"), ("filter", "changed")]


def test_a_lock_that_is_never_released_is_an_error_that_names_the_holder(
    project: Project, curate: Curate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT_SECONDS", 0.3)
    before = project.store.state_digest()
    with _holder(project.folder, "lock") as process:
        code, out, err = curate("-C", project.folder, "dedupe")
        assert process.poll() is None
    assert (code, out) == (1, "")
    assert f"Error: curate holding (pid {process.pid}, since " in err
    assert f"has been writing to {project.folder} for more than 0 s" in err
    assert "type the command again" in err
    assert project.store.state_digest() == before


def test_a_database_that_is_never_released_is_an_error_that_names_the_holder(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT_SECONDS", 0.3)
    with (
        _holder(project.folder, "foreign") as process,
        pytest.raises(StoreError, match=f"process {process.pid} has curate.duckdb open"),
        project.store.run("x"),
    ):
        pass


@pytest.mark.slow
def test_the_first_reader_of_all_waits_where_there_is_no_snapshot(
    tmp_path: Path, curate: Curate
) -> None:
    store = Store(tmp_path)
    store.create()
    assert not store.snapshot.exists()
    with _holder(tmp_path, "database", 2.5) as process:
        code, out, err = curate("-C", tmp_path, "status")
    assert code == 0
    assert "curate pull LOGS" in out
    assert err == f"process {process.pid} has curate.duckdb open: waiting\n"


@pytest.mark.slow
def test_a_writer_never_computes_from_the_snapshot(project: Project, caplog: Any) -> None:
    # Somebody opens the file with the duckdb shell while a command is between its reads and writes.
    store = project.store
    with store.run("writer") as run:
        with store.write() as con:
            run.changed = store.set_setting(con, "seen", {"by": "this command"})
        with _holder(project.folder, "foreign", 2) as process, store.read() as con:
            assert store.setting(con, "seen") == {"by": "this command"}
    assert [record.getMessage() for record in caplog.records] == [
        f"process {process.pid} has curate.duckdb open: waiting"
    ]


def test_two_connections_of_one_process_wait_for_each_other(
    project: Project, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A notebook that reads while it writes: DuckDB refuses, and no backup is needed.
    monkeypatch.setattr(store_module, "LOCK_TIMEOUT_SECONDS", 0.3)
    with (
        duckdb.connect(str(project.store.path), read_only=True),
        pytest.raises(StoreError, match="another connection of this process has"),
        project.store.write(),
    ):
        pass


def test_what_a_killed_writer_leaves_does_not_block(project: Project, curate: Curate) -> None:
    store, before = project.store, project.store.state_digest()
    with _holder(project.folder, "database") as process:
        process.kill()
        process.wait(30)
        text = (project.folder / "curate.lock").read_text()
        assert text.startswith(f"curate holding (pid {process.pid}")
        code, _, err = curate("-C", project.folder, "status")
        assert (code, err) == (0, "")
        assert store.state_digest() == before
        code, _, err = curate("-C", project.folder, "dedupe")
        assert (code, err) == (0, "")
    assert store.state_digest() == before


def test_a_killed_writer_with_a_log_of_committed_work_is_read_and_replayed(
    project: Project, curate: Curate
) -> None:
    # The commit stays in the write-ahead log, as the connection is not closed before the kill.
    code = (
        "import os, signal, sys, duckdb\n"
        "con = duckdb.connect(sys.argv[1])\n"
        "con.execute(\"INSERT INTO settings VALUES ('committed', '{}')\")\n"
        "con.execute('BEGIN')\n"
        "con.execute(\"INSERT INTO settings VALUES ('not', '{}')\")\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    path = project.store.path
    subprocess.run([sys.executable, "-c", code, str(path)], check=False)
    log = path.with_name("curate.duckdb.wal")
    assert log.stat().st_size > 0
    assert curate("-C", project.folder, "status")[::2] == (0, "")
    for use in (project.store.read, project.store.write):
        with use() as con:
            names = [row[0] for row in con.execute("SELECT name FROM settings").fetchall()]
            assert "committed" in names and "not" not in names
    assert not log.exists()


@pytest.mark.slow
def test_two_inits_at_once_make_one_store(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "curate", "init", str(tmp_path / "p")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    started = [
        subprocess.Popen(command, env=environment, text=True, stderr=subprocess.PIPE,
                         stdout=subprocess.PIPE)
        for _ in range(3)
    ]  # fmt: skip
    ended = [(process.communicate(timeout=60)[1], process.returncode) for process in started]
    assert [code for _, code in ended] == [0, 0, 0], ended
    assert Project(tmp_path / "p").status().interactions == 0
