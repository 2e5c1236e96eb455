"""What an older reader read is known and read again; much of a source is not replaced unasked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from curate.doctor import doctor
from curate.errors import GateFailed
from curate.pull.guard import Impact
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from curate.pull.pull import pull
from curate.store import Store
from program import Program

pytestmark = [pytest.mark.store, pytest.mark.slow]


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read_database() as con:
        return con.execute(query).fetchall()


def call(key: str | None, text: str, answer: str = "ok", **more: Any) -> dict[str, Any]:
    return {**({} if key is None else {"id": key}), "query": text, "response": answer, **more}


class Logs:
    """A project with a folder of logs."""

    def __init__(self, store: Store, write: Any) -> None:
        self.store, self.folder, self._write = store, store.folder / "logs", write

    def write(self, name: str, *documents: Mapping[str, Any]) -> Path:
        path: Path = self._write(self.folder / name, documents)
        return path

    def pull(self, *names: str, kind: Any = "interactions", **said: Any) -> PullResult:
        declared = Declared(kind, said.pop("fields", {}), said.pop("scale", None))
        locations = [str(self.folder / name) for name in names] or [str(self.folder)]
        return pull(self.store, locations, options=PullOptions(declared=declared, **said))

    def ids(self) -> dict[str, str]:
        """Returns the interaction id by the text of the answer."""
        return dict(rows(self.store, "SELECT response, interaction_id FROM interactions"))

    def set_reader(self, reader: int | None) -> None:
        """Has all files read by a reader; None: before that was recorded."""
        with self.store.write() as con:
            con.execute("UPDATE pulled_files SET reader = ?", [reader])


@pytest.fixture
def logs(store: Store, write_jsonl: Any) -> Logs:
    return Logs(store, write_jsonl)


# -- which reader read it --------------------------------------------------------------------------


def test_what_an_older_reader_read_is_named_until_it_is_read_again(logs: Logs) -> None:
    logs.write("a.jsonl", call("a", "question"))
    logs.write("b.jsonl", call("b", "another"))
    assert not any("older reader" in note for note in logs.pull().notes)
    assert rows(logs.store, "SELECT DISTINCT reader FROM pulled_files") == [(2,)]
    assert [check for check in doctor(logs.store) if check.name == "reader"] == []
    logs.set_reader(None)
    told = "read 2 files or tables of logs. Next: curate pull LOCATIONS --source logs --reread"
    assert [note for note in logs.pull().notes if told in note] != []
    (check,) = [check for check in doctor(logs.store) if check.name == "reader"]
    assert (check.ok, check.seen) == (True, "an older reader read 2 files or tables of logs")
    assert check.next == "curate pull LOCATIONS --source logs --reread"
    result = logs.pull("a.jsonl", reread=True)
    assert (result.documents, result.unchanged, result.withdrawn) == (1, 1, 0)
    assert any("read 1 file or tables of logs" in note for note in result.notes)
    assert not any("older reader" in note for note in logs.pull(reread=True).notes)


def test_a_pull_that_is_stopped_says_that_an_older_reader_read_it(logs: Logs) -> None:
    log = [call(str(n), f"question {n}") for n in range(5)]
    logs.write("a.jsonl", *log)
    logs.pull()
    logs.write("a.jsonl", *({**c, "response": "no"} for c in log))
    with pytest.raises(
        GateFailed, match=r"right file, .*Next: if it is, the same command with --y"
    ):
        logs.pull()
    logs.set_reader(None)
    told = (
        r"an older reader, which .*, read 1 file or tables of it; .* command with --reread, which"
    )
    with pytest.raises(GateFailed, match=told):
        logs.pull()
    assert logs.pull(reread=True).changed == 5


def test_a_reread_withdraws_what_a_file_no_longer_gives(logs: Logs) -> None:
    logs.write("a.jsonl", call("a", "question"), call("b", "another"))
    logs.pull()
    logs.write("a.jsonl", call("a", "question"))
    assert logs.pull().withdrawn == 0, "a log that is cut was rotated"
    assert logs.pull(reread=True).withdrawn == 1
    assert rows(logs.store, "SELECT source_id FROM interactions") == [("a",)]


def test_a_file_that_grew_is_read_by_the_new_reader_as_if_read_anew(logs: Logs) -> None:
    """Rows of the old reader must not stay beside those of the new one."""
    logs.write("a.jsonl", call(None, "question", "wrong"))
    logs.pull()
    wrong = logs.ids()["wrong"]
    logs.set_reader(None)
    logs.write("a.jsonl", call(None, "question", "right"), call(None, "more"))
    result = logs.pull()
    assert (result.new, result.changed, result.withdrawn) == (1, 1, 0)
    assert logs.ids()["right"] == wrong


# -- ids that outlive a reading --------------------------------------------------------------------

WRONG = [
    {"uid": f"u{n}", "query": f"question {n}", "response": "wrong", "real": f"r{n}"}
    for n in range(4)
]


def test_rows_without_an_id_keep_the_one_of_their_place(logs: Logs) -> None:
    logs.write("a.jsonl", *WRONG)
    logs.pull(fields={"id": ""})
    before = dict(rows(logs.store, "SELECT line, interaction_id FROM interactions"))
    result = logs.pull(fields={"id": "", "response": "real"}, yes=True)
    assert (result.new, result.changed, result.withdrawn) == (0, 4, 0)
    assert dict(rows(logs.store, "SELECT line, interaction_id FROM interactions")) == before
    history = rows(logs.store, "SELECT interaction_id, output->>'$[0].content' "
                               "FROM interaction_history ORDER BY 1")  # fmt: skip
    assert history == sorted((i, "wrong") for i in before.values())
    # From now on they go by their new names, wherever they stand.
    logs.write("a.jsonl", *WRONG, {**WRONG[0], "query": "new"})
    result = logs.pull()
    assert (result.new, result.changed, result.unchanged) == (1, 0, 4)
    (logs.folder / "a.jsonl").rename(logs.folder / "moved.jsonl")
    result = logs.pull("moved.jsonl")
    assert (result.new, result.changed, result.unchanged) == (0, 0, 5)
    digest = logs.store.state_digest()
    assert logs.pull("moved.jsonl", reread=True).unchanged == 5
    assert logs.store.state_digest() == digest


def test_rows_that_turn_out_to_have_an_id_keep_theirs_and_get_their_feedback(logs: Logs) -> None:
    logs.write("a.jsonl", *WRONG)
    logs.pull(fields={"id": ""})
    before = dict(rows(logs.store, "SELECT line, interaction_id FROM interactions"))
    ratings = logs.store.folder / "ratings.jsonl"
    ratings.write_text('{"call": "u2", "rating": 5}\n')
    rate = PullOptions(declared=Declared("feedback", {"key": "call"}, "1-5"))
    pull(logs.store, [str(ratings)], options=rate)
    query = (
        "SELECT line, human_rating FROM ai_interactions JOIN interactions USING (interaction_id)"
    )
    assert rows(logs.store, f"{query} WHERE human_rating IS NOT NULL") == []
    result = logs.pull(fields={"id": "uid"}, yes=True)
    assert (result.new, result.changed, result.withdrawn) == (0, 4, 0)
    assert dict(rows(logs.store, "SELECT line, interaction_id FROM interactions")) == before
    assert rows(logs.store, "SELECT source_id FROM interactions ORDER BY 1") == [
        ("u0",), ("u1",), ("u2",), ("u3",),
    ]  # fmt: skip
    assert rows(logs.store, f"{query} WHERE human_rating IS NOT NULL") == [(3, 5.0)]
    ratings.write_text('{"call": "u2", "rating": 5}\n{"call": "u3", "rating": 1}\n')
    assert pull(logs.store, [str(ratings)], options=rate).unchanged == 1
    assert rows(logs.store, f"{query} WHERE human_rating IS NOT NULL ORDER BY 1") == [
        (3, 5.0), (4, 1.0),
    ]  # fmt: skip


def test_ids_of_the_log_are_the_logs_matter(logs: Logs) -> None:
    logs.write("a.jsonl", *({**row, "id": f"i{n}"} for n, row in enumerate(WRONG)))
    logs.pull()
    result = logs.pull(fields={"id": "uid"}, yes=True)
    assert (result.new, result.changed, result.withdrawn) == (4, 0, 4)
    assert rows(logs.store, "SELECT count(*) FROM kept_ids") == [(0,)]


def test_equal_rows_are_not_mixed_up(logs: Logs) -> None:
    """The number that tells them apart is no new name."""
    logs.write("a.jsonl", call(None, "x"), call(None, "x"), call(None, "y"))
    logs.pull()
    digest = logs.store.state_digest()
    assert logs.pull(reread=True).unchanged == 3
    assert logs.store.state_digest() == digest
    logs.write("a.jsonl", call(None, "x"), call(None, "y"))
    assert logs.pull(reread=True).withdrawn == 1
    assert rows(logs.store, "SELECT right(source_id, 2), query FROM interactions ORDER BY 2") == [
        ("#0", "x"), ("#0", "y"),
    ]  # fmt: skip
    assert rows(logs.store, "SELECT count(*) FROM kept_ids") == [(0,)]


# -- much is not replaced unasked ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "withdrawn", "here", "is_large"),
    [
        (0, 0, 0, False), (1, 0, 1, False), (2, 0, 2, False), (1, 1, 3, False), (3, 0, 3, True),
        (2, 1, 10, True), (20, 0, 100, False), (20, 1, 100, True), (0, 21, 100, True),
    ],
)  # fmt: skip
def test_what_is_much(changed: int, withdrawn: int, here: int, is_large: bool) -> None:
    assert Impact(changed, withdrawn, here).is_large is is_large


def test_a_pull_that_would_change_much_stores_nothing(logs: Logs) -> None:
    log = [call(str(n), f"question {n}") for n in range(20)]
    logs.write("a.jsonl", *log)
    logs.pull()
    before = logs.store.state_digest()
    other = [{**c, "response": "no"} for c in log[:5]]
    logs.write("a.jsonl", *other, *log[5:])
    with pytest.raises(
        GateFailed,
        match=r"would change 5 and withdraw 0 of the 20 rows of source 'logs'.*20%.*--yes",
    ):
        logs.pull()
    with logs.store.write() as con:  # what is staged goes on, or goes
        for name in ("interactions", "feedback", "rejects"):
            con.execute(f"DELETE FROM staging_{name}")
    assert logs.store.state_digest() == before
    logs.write("a.jsonl", *other[:4], *log[4:])
    assert logs.pull().changed == 4
    logs.write("a.jsonl", *other, *log[5:])
    assert logs.pull().changed == 1


GROWTH: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "a rating": lambda c: {**c, "rating": 4},
    "metadata": lambda c: {**c, "note": "x"},
    "a first answer": lambda c: {**c, "response": "came late"},
    "a first label": lambda c: {**c, "label": "billing"},
}


@pytest.mark.parametrize("grown", GROWTH.values(), ids=GROWTH)
def test_what_comes_late_is_not_asked_about(
    logs: Logs, grown: Callable[[dict[str, Any]], dict[str, Any]]
) -> None:
    log: list[dict[str, Any]] = [
        {"id": str(n), "query": f"q {n}", "response": None, "label": None} for n in range(9)
    ]
    full = {**call("full", "whole"), "label": "other"}
    logs.write("a.jsonl", *log, full)
    logs.pull(fields={"response": "response", "label": "label"})
    logs.write("a.jsonl", *map(grown, log), full, *(call(f"new {n}", "more") for n in range(9)))
    result = logs.pull()
    assert (result.new, result.changed) == (9, 9)


def test_withdrawn_rows_are_counted_asked_about_and_said(logs: Logs) -> None:
    log = [{"other": f"o{n}", **call(str(n), f"question {n}")} for n in range(10)]
    logs.write("a.jsonl", *log)
    logs.pull()
    with pytest.raises(GateFailed, match="would change 0 and withdraw 10 of the 10 rows"):
        logs.pull(fields={"id": "other"})
    result = logs.pull(fields={"id": "other"}, yes=True)
    assert (result.new, result.withdrawn) == (10, 10)
    [(counts,)] = rows(
        logs.store, "SELECT counts->>'withdrawn' FROM runs ORDER BY run_id DESC LIMIT 1"
    )
    assert counts == "10"


def test_feedback_that_would_be_withdrawn(logs: Logs) -> None:
    ratings = [{"call": f"c{n}", "other": f"o{n}", "rating": 4} for n in range(10)]
    logs.write("ratings.jsonl", *ratings)
    logs.pull(kind="feedback", fields={"key": "call"})
    # Another scale says of every rating what it means: they are not other ones.
    assert logs.pull(kind="feedback", fields={"key": "call"}, scale="0-4").changed == 10
    with pytest.raises(GateFailed, match="withdraw 10 of the 10 rows"):
        logs.pull(kind="feedback", fields={"key": "other"})
    result = logs.pull(kind="feedback", fields={"key": "other"}, yes=True)
    assert (result.new, result.withdrawn) == (10, 10)


def test_the_command_asks(logs: Logs) -> None:
    def curate(*said: Any) -> Result:
        arguments = ["-C", str(logs.store.folder), *map(str, said)]
        return CliRunner().invoke(Program(), arguments)  # type: ignore[arg-type]

    curate("init", logs.store.folder)
    logs.write("a.jsonl", *WRONG)
    assert curate("pull", logs.folder).exit_code == 0
    asked = curate("pull", logs.folder, "--map", "response=real")
    assert asked.exit_code == 3, asked.output
    assert "would change 4 and withdraw 0 of the 4 rows" in asked.stderr
    done = curate("pull", logs.folder, "--map", "response=real", "--yes")
    assert done.exit_code == 0 and "4 changed" in done.stdout
    logs.set_reader(1)
    noted = curate("pull", logs.folder)
    assert "--source logs --reread" in " ".join(noted.stdout.split())
    assert "Next: curate pull LOCATIONS --source logs --reread" in curate("doctor").stdout
    assert curate("pull", logs.folder, "--reread").exit_code == 0
    assert "reader" not in curate("doctor").stdout
