"""Two processes at one project: writers queue, readers get in, the dead hold nothing.

And determinism: order of files and lines, threads and time zone change no byte of a version.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
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
    with project.store.read_database() as con:
        runs = con.execute("FROM runs ORDER BY run_id").fetchall()
    names = sorted(str(path) for path in project.folder.rglob("*"))
    exported = _sequence(project.folder, None, project.folder / "late_feedback.csv")
    assert (exported.created, exported.version) == (False, 1)
    assert exported.content_id == reference[1].content_id
    assert project.store.state_digest() == before
    assert sorted(str(path) for path in project.folder.rglob("*")) == names
    assert _bytes(project.folder) == reference[2]
    with project.store.read_database() as con:
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


if what.startswith("foreign"):
    import duckdb

    with duckdb.connect(str(store.path), read_only=what == "foreign reader"):
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


def _told(process: subprocess.Popen[str], command: str = "export") -> re.Pattern[str]:
    """What a looking command says beside the command `holding` of a process."""
    return re.compile(
        rf"curate holding \(pid {process.pid}, since \d\d:\d\d:\d\d UTC\) is writing; reading the "
        rf"state after curate {command}, finished \d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n"
    )


@pytest.mark.slow
@pytest.mark.parametrize("what", ["database", "lock"])
def test_a_reader_reads_the_last_state_while_somebody_writes(
    project: Project, curate: Curate, what: str
) -> None:
    undisturbed = curate("-C", project.folder, "status")
    assert undisturbed[0] == 0 and undisturbed[2] == ""
    with _holder(project.folder, what) as process:
        code, out, err = curate("-C", project.folder, "status")
        assert process.poll() is None
    assert (code, out) == undisturbed[:2]
    assert _told(process).fullmatch(err), err


@pytest.mark.slow
def test_a_command_that_reads_often_says_once_which_state_it_shows(
    project: Project, curate: Curate
) -> None:
    with _holder(project.folder, "database") as process:
        code, _, err = curate("-C", project.folder, "verify")
        assert process.poll() is None
    assert code == 0
    assert _told(process).fullmatch(err), err
    assert project.store.waited_seconds == 0


def test_nobody_who_only_looks_opens_the_database(project: Project, caplog: Any) -> None:
    # Somebody has the file open in the duckdb shell, and has written nothing.
    with _holder(project.folder, "foreign") as process:
        assert project.status().interactions > 0
        assert project.versions()[0].label == "set@1"
        assert process.poll() is None
    assert caplog.records == []
    assert project.store.waited_seconds == 0


def test_what_somebody_else_wrote_is_read(project: Project) -> None:
    with duckdb.connect(str(project.store.path)) as con:
        con.execute("INSERT INTO settings VALUES ('by hand', '{}')")
    with project.store.read() as con:
        assert con.execute("FROM settings WHERE name = 'by hand'").fetchall() == [("by hand", "{}")]


def test_readers_do_not_wait_for_each_other(project: Project, curate: Curate) -> None:
    with _holder(project.folder, "reader") as process:
        code, _, err = curate("-C", project.folder, "status")
        assert process.poll() is None
    assert (code, err) == (0, "")


@pytest.mark.slow
def test_a_writer_does_not_wait_for_a_reader(project: Project) -> None:
    with _holder(project.folder, "reader") as process:
        project.filter({"min_rating": 2})
        assert process.poll() is None
    assert project.store.waited_seconds == 0


@pytest.mark.slow
def test_a_writer_waits_for_whoever_has_the_database_open(project: Project, curate: Curate) -> None:
    with _holder(project.folder, "foreign reader", 1.5) as process:
        code, _, err = curate("-vv", "-C", project.folder, "filter", "--min-rating", "2")
    assert code == 0
    assert f"process {process.pid} has curate.duckdb open: waiting" in err
    assert err.count(": waiting") == 1
    assert 0 < _waited(err) < 30


def _waited(err: str) -> float:
    """Returns how long a command with -vv has waited for locks."""
    return float(re.findall(r"waited ([0-9.]+) s for locks", err)[-1])


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
    with project.store.read_database() as con:
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
    store.snapshot.unlink()
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


# -- looking beside work ---------------------------------------------------------------------------

WORK = """
import json, sys, zlib
from pathlib import Path

import numpy

from curate.embed import embed
from curate.project import Project


class Letters:
    '''Hashes of character 3-grams: an encoder that costs no time.'''

    name, digest = "letters", "1"

    def encode(self, texts):
        vectors = numpy.zeros((len(texts), 64), numpy.float32)
        for row, text in zip(vectors, texts):
            for n in range(len(text)):
                row[zlib.crc32(text[n:n + 3].encode()) % 64] += 1
        return vectors / numpy.linalg.norm(vectors, axis=1, keepdims=True)

    def windows(self, text):
        return [text]


folder, log = sys.argv[1:]
project = Project(folder)
print(project.pull([log]).new, flush=True)
print(embed.embed(project.store, encoder="letters", load=lambda _: Letters()).new, flush=True)
print(len(project.suggest_thresholds()), flush=True)
print(project.store.waited_seconds, flush=True)
"""
ROWS, INPUTS = 20_000, 400


def _log_of(path: Path) -> Path:
    words = [f"word{n}" for n in range(500)]
    rng = random.Random(0)
    inputs = [" ".join(rng.choices(words, k=12)) for _ in range(INPUTS)]
    with path.open("w", encoding="utf-8") as file:
        for n in range(ROWS):
            call = {"id": n, "query": inputs[n % INPUTS], "rating": 1 + n % 5,
                    "response": " ".join(rng.choices(words, k=30))}  # fmt: skip
            file.write(json.dumps(call) + "\n")
    return path


@pytest.mark.slow
def test_whoever_looks_waits_for_nobody_who_works_and_nobody_waits_for_him(
    tmp_path: Path, caplog: Any
) -> None:
    project = Project.init(tmp_path / "project")
    log = _log_of(tmp_path / "log.jsonl")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CURATE_SALT": "s"}
    look = [sys.executable, "-m", "curate", "-vv", "-C", str(project.folder), "status"]
    interactions, waits = [], []
    with subprocess.Popen(
        [sys.executable, "-c", WORK, str(project.folder), str(log)],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
    ) as worker:  # fmt: skip
        while worker.poll() is None:
            interactions.append(project.status().interactions)
            shown = subprocess.run(
                look, text=True, capture_output=True, env=environment, check=True
            )
            waits.append(_waited(shown.stderr))
        assert worker.stdout is not None and worker.stderr is not None
        told, errors = worker.stdout.read().split(), worker.stderr.read()
    assert (told[:3], errors) == ([str(ROWS), str(INPUTS), "2"], "")
    assert interactions[0] == 0 and set(interactions) <= {0, ROWS}
    assert any("curate pull (pid" in record.getMessage() for record in caplog.records)
    assert project.store.waited_seconds + sum(waits) <= 1
    assert float(told[3]) == 0
