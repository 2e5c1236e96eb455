"""What a pull changed can be taken back, and what rests on it stops that."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.errors import ConfigError, GateFailed, StoreError
from curate.inputs import inputs
from curate.pull import from_database as tables
from curate.pull import undo_log
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult, Reading
from curate.pull.pull import pull
from curate.pull.undo import undo
from curate.store import Store
from curate.store.runs import runs
from program import Program

pytestmark = [pytest.mark.store, pytest.mark.slow]

Tables = dict[str, list[tuple[Any, ...]]]
Step = Callable[["Desk"], PullResult]

# What tells of runs, and what is kept to take them back.
OF_RUNS = ("runs", "undo_runs")


def state(store: Store, *, but: tuple[str, ...] = OF_RUNS) -> Tables:
    """Returns every row of every table, in every column, in order; what undoing keeps, too."""
    with store.read_database() as con:
        names = [
            name
            for (name,) in con.execute(
                "SELECT table_name FROM duckdb_tables() WHERE NOT temporary ORDER BY 1"
            ).fetchall()
        ]
        return {
            name: con.execute(f'FROM "{name}" ORDER BY ALL').fetchall()
            for name in names
            if name not in but
        }


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read_database() as con:
        return con.execute(query).fetchall()


def last_run(store: Store) -> int:
    return runs(store, limit=1)[0].run_id


def call(key: str | None, text: str, answer: str = "ok", **more: Any) -> dict[str, Any]:
    return {**({} if key is None else {"id": key}), "query": text, "response": answer, **more}


class Desk:
    """A project with a folder of logs and a database."""

    def __init__(self, folder: Path, store: Store, write: Any) -> None:
        self.store, self.logs, self._write = store, folder / "logs", write
        self.con = sqlite3.connect(folder / "app.sqlite", isolation_level=None)
        self.con.executescript(
            "CREATE TABLE calls (id INTEGER, query TEXT, response TEXT, rating INTEGER, "
            "at TEXT); CREATE INDEX c ON calls (at, id)"
        )

    def write(self, name: str, *documents: Mapping[str, Any]) -> Path:
        path: Path = self._write(self.logs / name, documents)
        return path

    def pull(self, *names: str, kind: Any = "interactions", **said: Any) -> PullResult:
        declared = Declared(kind, said.pop("fields", {}), said.pop("scale", None))
        locations = [str(self.logs / name) for name in names] or [str(self.logs)]
        return pull(self.store, locations, options=PullOptions(declared=declared, **said))

    def rate(self, *ratings: Mapping[str, Any], **said: Any) -> PullResult:
        self._write(self.store.folder / "ratings.jsonl", ratings)
        declared = Declared("feedback", {"key": "call"}, said.pop("scale", "1-5"))
        where = [str(self.store.folder / "ratings.jsonl")]
        options = PullOptions(source="logs", declared=declared, **said)
        return pull(self.store, where, options=options)

    def put(self, key: int, minute: int, answer: str, rating: int | None = None) -> None:
        self.con.execute("DELETE FROM calls WHERE id = ?", [key])
        at = f"2026-05-01 00:{minute:02}:00"
        values = [key, f"question {key}", answer, rating, at]
        self.con.execute("INSERT INTO calls VALUES (?, ?, ?, ?, ?)", values)

    def pull_table(self, **said: Any) -> PullResult:
        reading = Reading("at", "id", reconcile=said.pop("reconcile", False))
        declared = Declared("interactions", said.pop("fields", {}), said.pop("scale", "1-5"))
        options = PullOptions(declared=declared, table="calls", database=reading, **said)
        return pull(self.store, [str(self.store.folder / "app.sqlite")], options=options)


@pytest.fixture
def desk(tmp_path: Path, store: Store, write_jsonl: Any) -> Desk:
    return Desk(tmp_path, store, write_jsonl)


# -- everything comes back -------------------------------------------------------------------------

LOG = [
    call("a", "first question", "one", rating=2),
    call("b", "second question", "two", rating=5),
    call(None, "third question", "three"),
    call(None, "third question", "three"),
    {"id": "no-text", "query": 5, "response": 7},
]


def _begin(desk: Desk) -> None:
    """A project with a log, ratings, a table and a history."""
    desk.write("a.jsonl", *LOG)
    (desk.logs / "b.jsonl").write_text('{"id": "c", "query": "x", "response": "y"}\nnot json\n')
    desk.pull()
    desk.rate({"call": "a", "rating": 4}, {"call": "later", "rating": 1})
    for key in range(6):
        desk.put(key, key, f"answer {key}", key % 5 + 1)
    desk.pull_table(source="db")


def _nothing_here(desk: Desk) -> PullResult:
    desk.write("new.jsonl", call("n", "new question"), call(None, "another"))
    return desk.pull("new.jsonl", source="fresh")


def _changed_rows(desk: Desk) -> PullResult:
    desk.write("a.jsonl", *[{**d, "response": "changed", "rating": 5} for d in LOG[:3]])
    return desk.pull(yes=True)


def _back_and_forth(desk: Desk) -> PullResult:
    """Rows say again what they said before, so that the history loses what it had."""
    desk.write("a.jsonl", *[{**d, "response": "changed", "rating": 5} for d in LOG[:2]])
    desk.pull(yes=True)
    desk.write("a.jsonl", *LOG)
    return desk.pull(yes=True)


def _another_mapping(desk: Desk) -> PullResult:
    return desk.pull(fields={"id": "", "response": "query", "query": "response"}, yes=True)


def _moved(desk: Desk) -> PullResult:
    desk.write("c.jsonl", *LOG[1::-1], call("d", "fourth question"))
    return desk.pull("c.jsonl")


def _refused_again(desk: Desk) -> PullResult:
    (desk.logs / "b.jsonl").write_text('not json\n{"id": "c", "query": "x", "response": "y"}\n[]\n')
    return desk.pull()


def _reread(desk: Desk) -> PullResult:
    return desk.pull(reread=True)


def _ratings(desk: Desk) -> PullResult:
    return desk.rate({"call": "a", "rating": 1}, {"call": "b", "rating": 5, "label": "billing"})


def _another_scale(desk: Desk) -> PullResult:
    desk.rate({"call": "a", "rating": 3})
    return desk.rate({"call": "a", "rating": 3}, scale="0-4")


def _evaluation_set(desk: Desk) -> PullResult:
    desk.write("golden.jsonl", call("g", "held out"))
    return desk.pull("golden.jsonl", heldout=True)


def _table_first(desk: Desk) -> PullResult:
    return desk.pull_table(source="db2")


def _table_again(desk: Desk) -> PullResult:
    for key in (2, 4, 7, 8, 9):
        desk.put(key, key + 20, f"new answer {key}", 3)
    return desk.pull_table(source="db")


def _table_anew(desk: Desk) -> PullResult:
    return desk.pull_table(source="db", fields={"label": "response"}, yes=True)


STEPS: list[Step] = [
    _nothing_here, _changed_rows, _back_and_forth, _another_mapping, _moved, _refused_again,
    _reread, _ratings, _another_scale, _evaluation_set, _table_first, _table_again, _table_anew,
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__.strip("_"))
def test_after_undo_every_table_is_as_it_was(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, step: Step
) -> None:
    monkeypatch.setattr(tables, "PAGE_ROWS", 2)
    _begin(desk)
    first, before, digest = last_run(desk.store), state(desk.store), desk.store.state_digest()
    step(desk)
    pulled = [run.run_id for run in runs(desk.store, limit=None) if run.run_id > first]
    for run_id in pulled:
        assert state(desk.store) != before
        undo(desk.store, run_id, yes=True)
    after = state(desk.store)
    assert [name for name in before if after[name] != before[name]] == []
    assert desk.store.state_digest() == digest


def test_undo_is_a_run_that_counts(desk: Desk) -> None:
    _begin(desk)
    _changed_rows(desk)
    pulled = last_run(desk.store)
    result = undo(desk.store, pulled)
    assert (result.removed, result.restored, result.returned) == (1, 2, 0)
    run, taken = runs(desk.store, limit=2)
    assert (run.command, run.settings, run.outcome) == ("undo", {"run": pulled}, "changed")
    assert run.counts["restored"] == 2 and run.undo is None
    assert (taken.undo, taken.undone_by) == ("undone", run.run_id)


def test_a_dry_run_changes_nothing(desk: Desk) -> None:
    _begin(desk)
    before = state(desk.store, but=())
    result = undo(desk.store, last_run(desk.store), dry_run=True)
    assert (result.dry_run, result.source, result.removed, result.here) == (True, "db", 6, 6)
    assert state(desk.store, but=()) == before


def test_a_first_pull_keeps_next_to_nothing(desk: Desk) -> None:
    desk.write("a.jsonl", *(call(str(n), f"question {n}") for n in range(500)))
    desk.pull()
    kept = {name: len(rows) for name, rows in state(desk.store).items() if "undo_" in name}
    assert {name: count for name, count in kept.items() if count} == {"undo_pull_state": 1}
    desk.write("b.jsonl", call("1", "question 1", "changed"), call("new", "another"))
    desk.pull("b.jsonl")
    assert len(state(desk.store)["undo_interactions"]) == 1


# -- what may not be taken back --------------------------------------------------------------------


def test_what_is_no_pull_or_did_nothing(desk: Desk) -> None:
    _begin(desk)
    desk.pull()
    with pytest.raises(StoreError, match="changed nothing: there is nothing to take back"):
        undo(desk.store, last_run(desk.store))
    with pytest.raises(ConfigError, match=r"there is no run 99\. Next: curate runs"):
        undo(desk.store, 99)
    undo(desk.store, 1, yes=True)
    taken = last_run(desk.store)
    with pytest.raises(StoreError, match=f"run {taken} is `curate undo`, and only pulls"):
        undo(desk.store, taken)
    with pytest.raises(StoreError, match=f"run 1 was taken back already, by run {taken}"):
        undo(desk.store, 1)


def test_a_pull_of_an_older_curate(desk: Desk) -> None:
    _begin(desk)
    with desk.store.write() as con:
        con.execute("DELETE FROM undo_runs")
    with pytest.raises(StoreError, match="run 1 was pulled by an older curate, which did not keep"):
        undo(desk.store, 1)


def test_only_the_last_pulls_are_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo_log, "PULLS_KEPT", 2)
    for answer in ("one", "two", "three", "four"):
        desk.write("a.jsonl", call("a", "question", answer))
        desk.pull()
    assert [run.undo for run in runs(desk.store)] == ["kept", "kept", "pruned", "pruned"]
    assert [u[0] for u in state(desk.store)["undo_interactions"]] == [3, 4]
    undo(desk.store, 4)
    undo(desk.store, 3)
    assert rows(desk.store, "SELECT response FROM interactions") == [("two",)]
    with pytest.raises(StoreError, match="kept for the last 20 pulls that changed something"):
        undo(desk.store, 2)


def test_what_was_to_be_forgotten_is_not_kept(desk: Desk) -> None:
    _begin(desk)
    _table_again(desk)
    desk.con.execute("DELETE FROM calls WHERE id = 4")
    assert desk.pull_table(source="db", reconcile=True).withdrawn == 1
    gone = last_run(desk.store)
    for run_id in (gone, gone - 1):
        with pytest.raises(StoreError, match="were deleted to be forgotten"):
            undo(desk.store, run_id)
    assert not any("answer 4" in str(table) for table in state(desk.store, but=()).values())
    with pytest.raises(GateFailed, match=f"undo run {gone} first"):
        undo(desk.store, gone - 2)


LATER: dict[str, Callable[[Desk], PullResult]] = {
    "changed": _changed_rows, "moved": _moved, "read again": _reread, "refused": _refused_again,
}  # fmt: skip


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
def test_a_later_pull_of_the_same_rows_or_files(
    desk: Desk, later: Callable[[Desk], PullResult]
) -> None:
    _begin(desk)
    later(desk)
    last, before = last_run(desk.store), state(desk.store)
    with pytest.raises(
        GateFailed, match=f"run {last} rests on what run 1 stored: undo run {last} first"
    ):
        undo(desk.store, 1, yes=True)
    assert state(desk.store) == before
    undo(desk.store, last)
    undo(desk.store, 1, yes=True)
    assert rows(desk.store, "SELECT DISTINCT source FROM interactions") == [("db",)]


def test_later_pulls_of_the_same_table(desk: Desk) -> None:
    _begin(desk)
    _table_again(desk)
    desk.put(20, 50, "late")
    desk.pull_table(source="db")
    last = last_run(desk.store)
    with pytest.raises(GateFailed, match=f"runs {last} and {last - 1} rest on what run 3 stored"):
        undo(desk.store, 3)


def test_an_independent_pull_is_taken_back_from_between(desk: Desk) -> None:
    """The days before and after it stay, and so does how the source is read."""
    desk.write("1.jsonl", call("a", "first"))
    desk.pull("1.jsonl")
    before = desk.store.state_digest()
    desk.write("2.jsonl", call("b", "second"))
    desk.pull("2.jsonl", fields={"label": ""})
    desk.write("3.jsonl", call("c", "third"))
    desk.pull("3.jsonl")
    mapping = state(desk.store)["pull_state"]
    undo(desk.store, 2)
    assert rows(desk.store, "SELECT source_id FROM interactions ORDER BY 1") == [("a",), ("c",)]
    assert state(desk.store)["pull_state"] == mapping
    undo(desk.store, 3)
    assert desk.store.state_digest() == before


def test_an_older_pull_of_much_is_asked_about(desk: Desk) -> None:
    desk.write("1.jsonl", *(call(str(n), f"question {n}") for n in range(9)))
    desk.pull("1.jsonl")
    desk.write("2.jsonl", call("b", "second"))
    desk.pull("2.jsonl")
    with pytest.raises(GateFailed, match=r"run 1 is not the last pull of .* 9 of its 10 rows"):
        undo(desk.store, 1)
    assert undo(desk.store, 1, yes=True).removed == 9


def _export(desk: Desk, name: str, example: str) -> None:
    """Writes what an export records: that a file of a version has an example."""
    with desk.store.run("export") as run, desk.store.write() as con:
        con.execute(
            "INSERT INTO versions VALUES (?, 1, 'c', 't', ['x'], 1, 0, 0, '{}', now(), ?)",
            [name, run.run_id],
        )
        con.execute(
            "INSERT INTO version_examples (name, version, example_id, side, line) "
            "VALUES (?, 1, ?, 'train', 1), (?, 1, 'other', 'train', NULL)",
            [name, example, name],
        )


def test_a_file_of_a_version(desk: Desk) -> None:
    _begin(desk)
    [(a,)] = rows(desk.store, "SELECT interaction_id FROM interactions WHERE source_id = 'a'")
    _export(desk, "before", a)
    _changed_rows(desk)
    undo(desk.store, last_run(desk.store))
    _changed_rows(desk)
    pulled = last_run(desk.store)
    _export(desk, "after", a)
    with pytest.raises(GateFailed, match=rf"rest on run {pulled}: after@v1 \(1 row\).*--reread"):
        undo(desk.store, pulled)


def test_a_file_of_a_version_rests_on_a_rating(desk: Desk) -> None:
    _begin(desk)
    _ratings(desk)
    pulled = last_run(desk.store)
    [(b,)] = rows(desk.store, "SELECT interaction_id FROM interactions WHERE source_id = 'b'")
    _export(desk, "set", b)
    with pytest.raises(GateFailed, match=r"set@v1 \(1 row\)"):
        undo(desk.store, pulled)


def _task(desk: Desk, example: str, state: str, key: str) -> None:
    with desk.store.run("queue") as run, desk.store.write() as con:
        con.execute(
            "INSERT INTO tasks BY NAME SELECT ? AS task_key, 'relabel' AS kind, ? AS example_id, "
            "'h' AS content_hash, 1 AS round, 1 AS place, [] AS detectors, '' AS why, "
            "false AS audit, true AS kept, 'train' AS side, false AS blind, false AS swapped, "
            "? AS state, ? AS run_id",
            [key, example, state, run.run_id],
        )


def test_what_annotators_were_asked(desk: Desk) -> None:
    _begin(desk)
    [(a,)] = rows(desk.store, "SELECT interaction_id FROM interactions WHERE source_id = 'a'")
    _task(desk, a, "sent", "about what it was before")
    _changed_rows(desk)
    _task(desk, a, "queued", "nobody has seen it")
    undo(desk.store, last_run(desk.store) - 1)
    _changed_rows(desk)
    pulled = last_run(desk.store)
    _task(desk, a, "sent", "asked")
    with pytest.raises(
        GateFailed, match=rf"asked about 1 row that run {pulled} stored \(1 task\).*--reread"
    ):
        undo(desk.store, pulled)


def test_sides_stay(desk: Desk) -> None:
    _begin(desk)
    ledger = (
        "INSERT INTO split_ledger SELECT interaction_id, 'test', false, interaction_id, 'new', "
    )
    with desk.store.write() as con:
        con.execute(ledger + "NULL, NULL, 1 FROM interactions WHERE source = 'logs'")
    sides = state(desk.store)["split_ledger"]
    undo(desk.store, 2)
    undo(desk.store, 1, yes=True)
    assert state(desk.store)["split_ledger"] == sides and len(sides) == 6
    desk.pull()
    assert rows(
        desk.store,
        "SELECT count(*) FROM interactions JOIN split_ledger ON example_id = interaction_id",
    ) == [(6,)]


# -- kills -----------------------------------------------------------------------------------------

KILLS = {
    "before it is committed": "inputs.mark_due = lambda con: die()",
    "before inputs are up to date": "inputs.refresh = lambda *a: die()",
}


@pytest.mark.parametrize("kill", KILLS)
def test_a_killed_undo_is_whole_or_was_not(desk: Desk, kill: str) -> None:
    _begin(desk)
    before, digest = state(desk.store), desk.store.state_digest()
    _changed_rows(desk)
    pulled, changed = last_run(desk.store), state(desk.store)
    program = (
        "import os, signal\nfrom pathlib import Path\nfrom curate.inputs import inputs\n"
        "from curate.pull.undo import undo\n"
        "from curate.store import Store\n"
        "die = lambda: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"{KILLS[kill]}\nundo(Store(Path({str(desk.store.folder)!r})), {pulled})\n"
    )
    died = subprocess.run([sys.executable, "-c", program], check=False)
    assert died.returncode == -signal.SIGKILL
    if kill.startswith("before it"):
        assert state(desk.store) == changed
        undo(desk.store, pulled)
    else:
        with pytest.raises(StoreError, match="was taken back already"):
            undo(desk.store, pulled)
        with desk.store.run("filter") as run:
            inputs.refresh(desk.store, run)
    after = state(desk.store)
    assert [name for name in before if after[name] != before[name]] == []
    assert desk.store.state_digest() == digest


# -- the command line ------------------------------------------------------------------------------


def curate(desk: Desk, *arguments: Any) -> Result:
    said = ["-C", str(desk.store.folder), *map(str, arguments)]
    return CliRunner().invoke(Program(), said)  # type: ignore[arg-type]


def test_the_commands(desk: Desk) -> None:
    assert curate(desk, "init", desk.store.folder).exit_code == 0
    assert curate(desk, "runs", "--json").exit_code == 0
    desk.write("a.jsonl", call("a", "question", rating=3), call("b", "another"))
    pulled = curate(desk, "pull", desk.logs)
    assert pulled.exit_code == 0, pulled.output
    listed = orjson.loads(curate(desk, "runs", "--json").stdout)["runs"]
    run = listed[0]
    assert (run["command"], run["outcome"], run["undo"]) == ("pull", "changed", "kept")
    assert run["counts"]["new"] == 2 and run["settings"] == {"locations": [str(desk.logs)]}
    assert run["seconds"] >= 0 and run["started_at"]
    assert len(orjson.loads(curate(desk, "runs", "--limit", 1, "--json").stdout)["runs"]) == 1
    text = curate(desk, "runs").stdout
    assert "new 2" in text and f"curate undo {run['run_id']}" in text
    dry = curate(desk, "undo", run["run_id"], "--dry-run")
    assert dry.stdout.startswith(f"Would take back run {run['run_id']}, a pull of source 'logs'")
    done = curate(desk, "undo", run["run_id"], "--json")
    assert done.exit_code == 0 and orjson.loads(done.stdout)["removed"] == 2
    again = curate(desk, "undo", run["run_id"])
    assert again.exit_code == 1 and "was taken back already" in again.stderr
    assert "undone by" in curate(desk, "runs").stdout
    assert curate(desk, "undo", 99).exit_code == 2
    assert curate(desk, "pull", desk.logs).exit_code == 0
    assert rows(desk.store, "SELECT count(*) FROM interactions") == [(2,)]


def test_former_rows_have_the_columns_of_their_tables(store: Store) -> None:
    """A migration that gives one of these tables a column gives it to the former rows, too."""
    query = (
        "SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ? "
        "AND column_name <> 'undo_run_id' ORDER BY 1"
    )
    for name in (
        "interactions", "interaction_history", "feedback", "feedback_history", "rejects",
        "pulled_files", "pulled_tables", "pull_state",
    ):  # fmt: skip
        with store.read_database() as con:
            now = con.execute(query, ["calls" if name == "interactions" else name]).fetchall()
            assert con.execute(query, [f"undo_{name}"]).fetchall() == now, name
            assert now
