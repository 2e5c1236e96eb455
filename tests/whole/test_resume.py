"""Kills: whenever a command dies, running it again ends where an undisturbed run ends.

A process runs the commands; it is killed with SIGKILL at random moments (seeded) and at the points
in the code where a kill could hurt most, and the next process begins with the command that died.
After each kill every visible version must be whole and `status` must answer. At the end the whole
sequence is run again and must give the state digest, ids and bytes of an undisturbed project.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from curate.demo.logs import write_logs
from curate.project import Project
from curate.store import Store

pytestmark = pytest.mark.slow

PROJECTS = 5
ROWS_PER_MONTH = 40
COMMANDS = ("init", "pull", "feedback", "filter", "embed", "dedupe", "cluster", "export")
KILLED = ("pull", "filter", "embed", "dedupe", "cluster", "export")  # each at a random moment

DRIVER = '''
"""For each line `FOLDER COMMAND FAULT` forks a process that runs the commands from COMMAND on.

The process says on stdout what it begins and when, and dies at FAULT. Forking saves the imports.
"""
import json, os, signal, sys, time, zlib
from pathlib import Path

import duckdb, numpy, pyarrow.parquet, scipy.optimize, scipy.sparse

import curate.cluster, curate.inputs.inputs
from curate.filters import filters as filtering
from curate.dedupe import input_pairs
from curate.embed import embed as embedding
from curate.export import record as recording
from curate.export.options import ExportSettings
from curate.project import Project
from curate.pull import from_files, merge, staged_files, staging
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.store import snapshot, store
from curate.versions import folder as version_folder

from_files.CHUNK_DOCUMENTS = 40  # six chunks
embedding.CHUNK_WINDOWS = 40
embedding.WRITE_SECONDS = 0
input_pairs.NEW_AT_ONCE = 40
curate.inputs.inputs.BATCH_EXAMPLES = 40


class Letters:
    """An encoder that takes no seconds to load: hashed character 3-grams."""

    name, digest = "letters", "1"

    def encode(self, texts):
        made = numpy.zeros((len(texts), 64), numpy.float32)
        for row, text in zip(made, texts):
            for n in range(len(text)):
                row[zlib.crc32(text[n:n + 3].encode()) % 64] += 1
        return made / numpy.linalg.norm(made, axis=1, keepdims=True)

    def windows(self, text):
        return [text]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def at(module, name, *, when=lambda *a, **k: True, after=False):
    """Dies before (or after) the first call of a function whose arguments meet a condition."""
    real = getattr(module, name)

    def replaced(*arguments, **keywords):
        hit = when(*arguments, **keywords)
        if hit and not after:
            die()
        result = real(*arguments, **keywords)
        if hit:
            die()
        return result

    setattr(module, name, replaced)


def half_copy_of(command):
    real = snapshot.shutil.copyfile

    def half_copy(source, target):
        if not running(command):
            return real(source, target)
        body = Path(source).read_bytes()
        Path(target).write_bytes(body[: len(body) // 2])
        die()

    snapshot.shutil.copyfile = half_copy


seen = []


def running(command):
    return bool(seen) and seen[-1] == command


def sql_of(query, command):
    at(store, "sql", when=lambda name: name == query and running(command))


def third(*_arguments, **_keywords):
    third.calls = getattr(third, "calls", 0) + 1
    return third.calls == 3


FAULTS = {
    "none": lambda: None,
    "init: before the database gets its name": lambda: at(
        Path, "replace", when=lambda a, b: b.name == "curate.duckdb"),
    "pull: while the third chunk is made": lambda: at(staging, "_tables", when=third),
    "pull: before the third chunk gets its name": lambda: at(
        staged_files.StagedFiles, "add", when=lambda *_: third()),
    "pull: between the merge and the end of its chunks": lambda: at(
        staged_files.StagedFiles, "clear", when=lambda *_: running("pull")),
    "pull: before the merge is committed": lambda: at(merge, "merge_files", after=True),
    "pull: between merge and inputs": lambda: at(
        curate.inputs.inputs, "refresh", when=lambda *_: running("pull")),
    "pull: between two batches of inputs": lambda: at(
        curate.inputs.inputs, "rows_of", when=lambda *_: running("pull") and third()),
    "pull: between inputs and conversations": lambda: at(
        curate.inputs.inputs, "_refresh_conversations", when=lambda *_, **__: running("pull")),
    "pull: before the conversations are committed": lambda: at(
        curate.inputs.inputs, "_roots", when=lambda *_: running("pull")),
    "pull: before the snapshot is confirmed": lambda: at(
        snapshot.Snapshot, "confirm", when=lambda *_: running("pull")),
    "pull: before the run is finished": lambda: sql_of("store/run_finish", "pull"),
    "pull: halfway through the snapshot": lambda: half_copy_of("pull"),
    "feedback: before the merge is committed": lambda: at(
        merge, "merge_files", when=lambda *a, **k: running("feedback"), after=True),
    "feedback: before the run is finished": lambda: sql_of("store/run_finish", "feedback"),
    "filter: before the settings are committed": lambda: at(
        filtering, "refresh", when=lambda *_: running("filter"), after=True),
    "filter: before the snapshot gets its name": lambda: at(
        Path, "replace", when=lambda a, b: "snapshot" in b.name and running("filter")),
    "embed: while the third chunk is made": lambda: at(embedding, "as_lists", when=third),
    "embed: before the run is finished": lambda: sql_of("store/run_finish", "embed"),
    "dedupe: between near and semantic pairs": lambda: at(
        input_pairs, "add_semantic", when=lambda *_, **__: running("dedupe")),
    "dedupe: between two parts of semantic pairs": lambda: at(
        input_pairs, "_semantic_found", when=third),
    "cluster: before the fit is committed": lambda: at(
        curate.cluster, "_add_members", after=True),
    "cluster: before the run is finished": lambda: sql_of("store/run_finish", "cluster"),
    "dedupe: before the near pairs are stored": lambda: at(
        input_pairs, "add_near", when=lambda *_, **__: running("dedupe")),
    "dedupe: before the run is finished": lambda: sql_of("store/run_finish", "dedupe"),
    "export: while the files are written": lambda: at(
        version_folder, "_write", when=lambda path, *_: path.name == "manifest.json"),
    "export: before the record": lambda: at(recording, "record"),
    "export: after the record, before its commit": lambda: at(
        recording, "record", after=True),
    "export: between record and rename": lambda: at(
        Path, "rename", when=lambda a, b: Path(b).name == "v1"),
    "export: after the rename": lambda: at(
        Path, "rename", when=lambda a, b: Path(b).name == "v1", after=True),
    "export: halfway through the snapshot": lambda: half_copy_of("export"),
}


def init(folder):
    Project.init(folder)


def pull(folder):
    Project(folder).pull([str(folder / "logs")])


def feedback(folder):
    late = PullOptions(declared=Declared("feedback", {"key": "request_id"}, "1-5"))
    Project(folder).pull([str(folder / "late_feedback.csv")], late)


def filter(folder):
    Project(folder).filter({"min_rating": 3})


def embed(folder):
    embedding.embed(Project(folder).store, encoder="letters", load=lambda _: Letters())


def dedupe(folder):
    Project(folder).dedupe(semantic=0.95)


def cluster(folder):
    Project(folder).cluster()


def export(folder):
    Project(folder).export("set")


def run(folder, first, fault):
    FAULTS[fault]()
    commands = [init, pull, feedback, filter, embed, dedupe, cluster, export]
    names = [command.__name__ for command in commands]
    for command in commands[names.index(first):]:
        seen.append(command.__name__)
        print("begin", command.__name__, time.monotonic(), flush=True)
        command(Path(folder))
    print("begin", "end", time.monotonic(), flush=True)


print("faults", json.dumps(sorted(FAULTS)), flush=True)
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        print("pid", os.getpid(), flush=True)
        try:
            run(*json.loads(line))
        except BaseException:
            import traceback
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print("exit", status, flush=True)
'''


class Driver:
    """The driver process: runs commands in a folder, to their end or until they are killed."""

    def __init__(self, folder: Path) -> None:
        script = folder / "driver.py"
        script.write_text(DRIVER, encoding="utf-8")
        self.errors = folder / "stderr"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "CURATE_SALT": "s",
                       "OPENBLAS_NUM_THREADS": "1"}  # fmt: skip
        self._stderr = self.errors.open("w")
        self._process = subprocess.Popen(
            [sys.executable, str(script)], text=True, env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._stderr,
        )  # fmt: skip
        self.faults = set(json.loads(self._line("faults"))) - {"none"}

    def close(self) -> None:
        self._process.communicate()
        self._stderr.close()

    def _line(self, *words: str) -> str:
        """Returns what follows the first line that begins with one of the words."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            for word in words:
                if line.startswith(f"{word} "):
                    return line.removeprefix(f"{word} ").strip()
        raise AssertionError(self.errors.read_text())

    def _start(self, folder: Path, first: str, fault: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([str(folder), first, fault]) + "\n")
        self._process.stdin.flush()

    def run(self, folder: Path, first: str = "init", fault: str = "none") -> dict[str, float]:
        """Runs the commands from `first` on; returns how many seconds each took."""
        self._start(folder, first, fault)
        times: list[tuple[str, float]] = []
        while not (said := self._line("begin", "exit")).lstrip("-").isdigit():
            name, at = said.split()
            times.append((name, float(at)))
        wanted = 0 if fault == "none" else -signal.SIGKILL
        assert (int(said), self.errors.read_text()) == (wanted, ""), (fault, times)
        return {name: end - at for (name, at), (_, end) in pairwise(times)}

    def kill_during(self, folder: Path, first: str, command: str, seconds: float) -> int:
        """Kills the process so long after a command began; returns its exit status."""
        self._start(folder, first, "none")
        pid = int(self._line("pid"))
        while not (said := self._line("begin", "exit")).startswith(command):
            assert not said.lstrip("-").isdigit(), self.errors.read_text()
        time.sleep(seconds)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        status = int(self._line("exit"))
        assert status in (0, -signal.SIGKILL)
        assert self.errors.read_text() == ""
        return status


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    made = Driver(tmp_path_factory.mktemp("driver"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the beginning of each month of the demo logs, and the late feedback."""
    folder = tmp_path_factory.mktemp("logs") / "logs"
    write_logs(folder)
    for month in (folder / "logs").glob("*.jsonl"):
        lines = month.read_bytes().splitlines(keepends=True)[:ROWS_PER_MONTH]
        month.write_bytes(b"".join(lines))
    return folder


def _versions(folder: Path) -> dict[str, dict[str, str]]:
    """Returns the visible versions, each checked to be whole from its own files alone."""
    found = sorted((folder / "datasets").glob("*/[!.]*"))
    return {f"{version.parent.name}/{version.name}": _whole(version) for version in found}


def _whole(folder: Path) -> dict[str, str]:
    """Returns sha256 of the data files of a version folder, whose files, counts and ids agree."""
    import pyarrow.parquet as pq

    manifest = json.loads((folder / "manifest.json").read_bytes())
    lineage = pq.read_table(folder / "lineage.parquet").to_pydict()
    hashes = {}
    for file in manifest["files"]:
        body = (folder / file["path"]).read_bytes()
        hashes[file["path"]] = hashlib.sha256(body).hexdigest()
        assert hashes[file["path"]] == file["sha256"]
        assert len(body.splitlines()) == file["rows"] == manifest["counts"][file["split"]]
        assert lineage["split"].count(file["split"]) == file["rows"]
        assert all(json.loads(line) for line in body.splitlines())
    assert (folder / "README.md").stat().st_size > 0
    assert set(hashes) == {"train.jsonl", "test.jsonl"}
    return hashes


def _end_state(folder: Path) -> dict[str, Any]:
    """Returns all that must not depend on kills: state, versions and their bytes, file names."""
    listed = [p for p in folder.rglob("*") if p.is_file() and "logs" not in p.parts]
    copy = folder.with_name("copy")
    copy.mkdir(exist_ok=True)
    shutil.copyfile(folder / "curate.snapshot.duckdb", copy / "curate.duckdb")
    return {
        "state": Store(folder).state_digest(),
        "snapshot": Store(copy).state_digest(),
        "ids": [(v.label, v.content_id, v.test_id) for v in Project(folder).versions()],
        "bytes": _versions(folder),
        "files": sorted(str(path.relative_to(folder)) for path in listed),
    }


@pytest.fixture(scope="module")
def undisturbed(
    driver: Driver, logs: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, Any], dict[str, float]]:
    """The end state of a sequence that nothing disturbed, and the seconds each command took."""
    folder = shutil.copytree(logs, tmp_path_factory.mktemp("undisturbed") / "project")
    seconds = driver.run(folder)
    state = _end_state(folder)
    assert state["snapshot"] == state["state"]
    assert list(state["bytes"]) == ["set/v1"]
    return state, seconds


def _check_after_kill(folder: Path, wanted: dict[str, Any], rows: int) -> None:
    for whole in _versions(folder).values():
        assert whole == wanted["bytes"]["set/v1"]
    if (folder / "curate.duckdb").exists():
        assert Project(folder).status().interactions in (0, rows)


@pytest.fixture(scope="module")
def rows(logs: Path) -> int:
    """How many calls the logs hold; a line that ends midway is none."""
    lines = [line for month in (logs / "logs").glob("*.jsonl") for line in month.open("rb")]
    return sum(line.rstrip().endswith(b"}") for line in lines)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.e2e) for seed in range(1, PROJECTS))]
)
def test_killed_at_random_moments_the_rerun_ends_in_the_undisturbed_state(
    driver: Driver, logs: Path, rows: int, tmp_path: Path, undisturbed: Any, seed: int
) -> None:
    (wanted, seconds), rng = undisturbed, random.Random(seed)
    folder = shutil.copytree(logs, tmp_path / "project")
    first, told = "init", []
    for command in KILLED:
        moment = rng.uniform(0, seconds[command])
        status = driver.kill_during(folder, first, command, moment)
        told.append((command, round(moment, 3), status))
        _check_after_kill(folder, wanted, rows)
        first = command
    driver.run(folder)
    assert _end_state(folder) == wanted, told


FAULTS = (
    "init: before the database gets its name",
    "pull: while the third chunk is made",
    "pull: before the third chunk gets its name",
    "pull: before the merge is committed",
    "pull: between the merge and the end of its chunks",
    "pull: between merge and inputs",
    "pull: between two batches of inputs",
    "pull: between inputs and conversations",
    "pull: before the conversations are committed",
    "pull: before the snapshot is confirmed",
    "pull: halfway through the snapshot",
    "pull: before the run is finished",
    "feedback: before the merge is committed",
    "feedback: before the run is finished",
    "filter: before the settings are committed",
    "filter: before the snapshot gets its name",
    "embed: while the third chunk is made",
    "embed: before the run is finished",
    "dedupe: before the near pairs are stored",
    "dedupe: between near and semantic pairs",
    "dedupe: between two parts of semantic pairs",
    "dedupe: before the run is finished",
    "cluster: before the fit is committed",
    "cluster: before the run is finished",
    "export: while the files are written",
    "export: before the record",
    "export: after the record, before its commit",
    "export: between record and rename",
)
FAULTS_OF_A_VISIBLE_VERSION = ("export: after the rename", "export: halfway through the snapshot")


@pytest.mark.e2e
def test_killed_where_it_could_hurt_the_rerun_ends_in_the_undisturbed_state(
    driver: Driver, logs: Path, rows: int, tmp_path: Path, undisturbed: Any
) -> None:
    assert driver.faults == {*FAULTS, *FAULTS_OF_A_VISIBLE_VERSION}
    wanted, _ = undisturbed
    folder = shutil.copytree(logs, tmp_path / "project")
    first = "init"
    for fault in FAULTS:
        driver.run(folder, first, fault)
        first = fault.partition(":")[0]
        _check_after_kill(folder, wanted, rows)
        assert _versions(folder) == {}, fault
        if fault == "cluster: before the run is finished":
            shutil.copytree(folder, tmp_path / "clustered")
    driver.run(folder)
    assert _end_state(folder) == wanted

    for fault in FAULTS_OF_A_VISIBLE_VERSION:
        folder = shutil.copytree(tmp_path / "clustered", tmp_path / fault[-8:])
        driver.run(folder, "export", fault)
        assert list(_versions(folder)) == ["set/v1"], fault
        driver.run(folder, "export")
        assert _end_state(folder) == wanted, fault


def test_verify_finishes_a_version_that_was_recorded_but_not_renamed(
    driver: Driver, logs: Path, tmp_path: Path, undisturbed: Any
) -> None:
    wanted, _ = undisturbed
    folder = shutil.copytree(logs, tmp_path / "project")
    driver.run(folder, "init", "export: between record and rename")
    assert _versions(folder) == {}
    (verified,) = Project(folder).verify("set")
    assert verified.problems == ()
    assert _versions(folder) == wanted["bytes"]
    assert Store(folder).state_digest() == wanted["state"]
