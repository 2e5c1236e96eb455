from __future__ import annotations

import json
import random
import sqlite3
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate.errors import ConfigError, GateFailed, MissingExtra, RemoteUnavailable, SourceError
from curate.project import Project
from curate.pull import from_database, from_files, merge
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult, Reading
from curate.pull.pull import pull
from curate.store import Store
from program import Program
from pulled import staged_rows

pytestmark = [pytest.mark.store, pytest.mark.slow]

NewStore = Callable[[Path], Store]
Rows = list[tuple[Any, ...]]

COLUMNS = "id, query, response, rating, created_at, updated_at"
CALLS = (
    "CREATE TABLE calls (id INTEGER PRIMARY KEY, query TEXT, response TEXT, rating INTEGER,"
    " created_at TEXT, updated_at TEXT)"
)
RATINGS = (
    "CREATE TABLE ratings (rating_id INTEGER PRIMARY KEY, request_id INTEGER, stars INTEGER,"
    " correction TEXT, rated_at TEXT, updated_at TEXT)"
)


def at(minute: float) -> str:
    """A time as SQLite's users write it."""
    second = round(minute * 60)
    return f"2026-05-01 {second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def call(key: int, minute: float = 0, **said: Any) -> dict[str, Any]:
    made = {"id": key, "query": f"question {key}?", "response": "ok", "rating": None}
    return {**made, "created_at": at(0), "updated_at": at(minute), **said}


def rows(store: Store, query: str) -> Rows:
    with store.read_database() as con:
        return con.execute(query).fetchall()


def count(store: Store, table: str) -> int:
    return int(rows(store, f"SELECT count(*) FROM {table}")[0][0])


class Lite:
    """A project beside a SQLite database with a table of calls and one of ratings."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store, self.path = store, folder / "app.sqlite"
        self.con = sqlite3.connect(self.path, isolation_level=None)
        self.con.executescript(f"{CALLS}; {RATINGS}; CREATE INDEX c ON calls (updated_at, id)")

    def put(self, *calls: Mapping[str, Any], table: str = "calls") -> None:
        for made in calls:
            marks = ", ".join("?" * len(made))
            names = ", ".join(made)
            statement = f"INSERT OR REPLACE INTO {table} ({names}) VALUES ({marks})"
            self.con.execute(statement, list(made.values()))

    def rate(self, key: int, request: int, stars: int | None, minute: float, **said: Any) -> None:
        made = {"rating_id": key, "request_id": request, "stars": stars, "rated_at": at(0)}
        self.put({**made, "updated_at": at(minute), **said}, table="ratings")

    def pull(self, **said: Any) -> PullResult:
        kind, fields = said.pop("kind", "interactions"), said.pop("fields", {})
        declared = Declared(kind, fields, said.pop("scale", None))
        names = ("table", "query", "source", "rater", "reread", "yes")
        options = {name: said.pop(name) for name in names if name in said}
        if "query" not in options:
            options.setdefault("table", "calls")
        how = Reading(**{"cursor": "updated_at", "key": "id", **said})
        found = PullOptions(declared=declared, database=how, **options)
        return pull(self.store, [str(self.path)], options=found)

    def pull_ratings(self, **said: Any) -> PullResult:
        fields = {"key": "request_id", "id": "rating_id"}
        said = {"kind": "feedback", "table": "ratings", "fields": fields, "key": None, **said}
        return self.pull(scale="1-5", **said)

    def rows(self, query: str) -> Rows:
        return rows(self.store, query)

    @property
    def digest(self) -> str:
        return self.store.state_digest()


@pytest.fixture
def lites(tmp_path: Path, new_store: NewStore) -> Iterator[Callable[[], Lite]]:
    """Makes projects, each in a folder of its own with a database."""
    made: list[Lite] = []

    def make() -> Lite:
        folder = tmp_path / f"p{len(made)}"
        made.append(Lite(folder, new_store(folder)))
        return made[-1]

    yield make
    for lite in made:
        lite.con.close()


@pytest.fixture
def lite(lites: Callable[[], Lite]) -> Lite:
    return lites()


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_database, "PAGE_ROWS", 4)


# -- what is read ----------------------------------------------------------------------------------


def test_a_pull_reads_a_table_and_the_next_one_what_changed(lite: Lite) -> None:
    lite.put(*(call(n, n, rating=n) for n in range(1, 6)))
    first = lite.pull()
    assert (first.documents, first.new, first.changed, first.files) == (5, 5, 0, 0)
    assert first.mapping.fields["id"] == "id" and first.mapping.scale == "1-5"
    assert first.summary["rated"] == 5 and first.notes == ()
    found = lite.rows("SELECT source_id, location, line FROM interactions ORDER BY 1")
    assert found == [(f"{n}", "app.sqlite#calls", None) for n in range(1, 6)]

    lite.put(call(2, 20, rating=1), call(5, 21, response="better", rating=5), call(6, 22))
    second = lite.pull()
    assert (second.new, second.changed, second.unchanged) == (1, 2, 3)  # 3 in the lag
    query = "SELECT source_id, response, human_rating FROM ai_interactions ORDER BY 1"
    assert lite.rows(query)[1] == ("2", "ok", 1.0) and lite.rows(query)[4][1] == "better"
    assert lite.rows("SELECT value FROM feedback_history") == [("2",)]
    assert lite.rows("SELECT output->>'$[0].content' FROM interaction_history") == [("ok",)]


def test_a_second_pull_changes_nothing(lite: Lite, small_pages: None) -> None:
    lite.put(*(call(n, n / 2, rating=n % 5 + 1) for n in range(1, 13)))
    lite.pull()
    before = lite.digest
    again = lite.pull()
    assert again.documents == 11, "the lag is read again"
    assert (again.new, again.changed, again.unchanged) == (0, 0, again.documents)
    assert lite.digest == before
    assert lite.rows("SELECT outcome FROM runs ORDER BY run_id") == [("changed",), ("unchanged",)]


def test_what_a_row_said_is_kept_though_another_row_says_it(lite: Lite) -> None:
    lite.put(*(call(n, n, query="hi", rating=5) for n in range(3)))
    lite.pull()
    lite.put(call(0, 9, query="hi", response="new", rating=1))
    lite.pull()
    assert lite.rows("SELECT value FROM feedback_history") == [("5",)]
    assert lite.rows("SELECT output->>'$[0].content' FROM interaction_history") == [("ok",)]


def test_an_empty_table(lite: Lite) -> None:
    result = lite.pull()
    assert (result.documents, result.new) == (0, 0)
    assert result.mapping.fields["query"] == "query", "its columns are known"
    before = lite.digest
    lite.pull()
    assert lite.digest == before
    lite.put(call(1))
    assert lite.pull().new == 1


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 4, 100])
def test_rows_with_one_time_are_all_read_whatever_the_page(
    lite: Lite, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(from_database, "PAGE_ROWS", size)
    lite.put(*(call(n, n // 5) for n in range(12)))
    assert lite.pull(lag="0s").new == 12
    lite.put(*(call(n, 2) for n in range(100, 105)))  # the time of the newest row so far
    assert lite.pull(lag="0s").new == 5
    assert count(lite.store, "interactions") == 17


def test_rows_that_a_page_could_not_end_between_are_refused(lite: Lite) -> None:
    lite.put(*(call(n, 1, response="same") for n in range(5)))
    with pytest.raises(SourceError, match=r"two rows of .*calls have response = same.*--key"):
        lite.pull(key="response")


def test_of_rows_with_one_key_the_last_counts(lite: Lite, small_pages: None) -> None:
    lite.con.execute("CREATE TABLE events (id TEXT, query TEXT, response TEXT, updated_at TEXT)")
    for minute, text in enumerate(["a", "b", "c", "d", "e"]):
        made = {"id": "x", "query": "hi", "response": text, "updated_at": at(minute / 10)}
        lite.put(made, table="events")
    assert any("have the id of a later one" in n for n in lite.pull(table="events").notes)
    before = lite.digest
    lite.pull(table="events")
    assert lite.rows("SELECT response FROM interactions") == [("e",)]
    assert lite.digest == before
    assert count(lite.store, "interaction_history") == 4


def test_rows_without_cursor_or_key_are_counted_and_named(lite: Lite) -> None:
    lite.con.execute("CREATE TABLE odd (id TEXT, query TEXT, updated_at TEXT)")
    for key, when in [("a", at(1)), ("b", None), (None, at(2)), (None, None), ("c", at(3))]:
        lite.put({"id": key, "query": "q", "updated_at": when}, table="odd")
    result = lite.pull(table="odd")
    assert (result.documents, result.new) == (2, 2)
    (note,) = [note for note in result.notes if "are not read" in note]
    assert note.startswith("3 rows have no updated_at or no id")
    assert "COALESCE(updated_at, another column)" in note


def test_rows_later_than_the_clock_wait(lite: Lite) -> None:
    lite.put(call(1, 1), {**call(2), "updated_at": "2999-01-01 00:00:00"})
    result = lite.pull()
    assert result.new == 1
    assert "1 rows have their updated_at later than the clock" in result.notes[0]
    lite.put(call(3, 2), call(2, 3))
    assert lite.pull().new == 2, "they did not push the watermark into the future"


def test_a_query_has_its_own_where(lite: Lite, small_pages: None) -> None:
    lite.put(*(call(n, n, rating=n % 5 + 1) for n in range(10)))
    query = "SELECT * FROM calls -- all that\nWHERE id % 2 = 0 ; "
    assert lite.pull(query=query).new == 5
    (location,) = lite.rows("SELECT DISTINCT location FROM interactions")[0]
    assert location.startswith("app.sqlite#query-")
    before = lite.digest
    assert lite.pull(query=query).new == 0
    assert lite.digest == before
    # An edited query is another one: read from the beginning, into the same interactions.
    result = lite.pull(query="SELECT * FROM calls WHERE id < 4")
    assert (result.documents, result.new, result.unchanged) == (4, 2, 2)


def test_names_that_need_quotes(lite: Lite, small_pages: None) -> None:
    lite.con.execute(
        'CREATE TABLE "my ""calls"".x"'
        ' ("the id" TEXT, "Zeit ?" TEXT, "SELECT" TEXT, "ant\'wort $1" TEXT)'
    )
    for n in range(8):
        lite.con.execute(
            'INSERT INTO "my ""calls"".x" VALUES (?, ?, ?, ?)', (f"k{n}", at(n), f"q{n}", "a")
        )
    fields = {"query": "SELECT", "response": "ant'wort $1"}
    said: dict[str, Any] = {"table": 'my "calls".x', "cursor": "Zeit ?", "key": "the id"}
    assert lite.pull(fields=fields, **said).new == 8
    assert lite.pull(**said, reconcile=True).changed == 0
    assert lite.rows("SELECT query, response FROM interactions ORDER BY 1")[0] == ("q0", "a")


@pytest.mark.parametrize("when", ["2026-05-01T09:00:{:02d}Z", "2026-05-01 09:00:{:02d}.000250",
                                  "2026-05-01T09:00:{:02d}+00:00"])  # fmt: skip
def test_times_in_other_forms(lite: Lite, small_pages: None, when: str) -> None:
    lite.put(*({**call(n), "updated_at": when.format(n)} for n in range(10)))
    assert lite.pull().new == 10
    lite.put(*({**call(n), "updated_at": when.format(n)} for n in (11, 12)))
    assert lite.pull(lag="2s").documents == 5  # from 7: 7, 8, 9, and two new ones
    assert count(lite.store, "interactions") == 12


def test_dates(lite: Lite) -> None:
    lite.put(*({**call(n), "updated_at": f"2026-05-0{n}"} for n in range(1, 6)))
    lite.pull()
    assert lite.pull().documents == 2, "the day before the newest, too"


def test_numbers_as_cursor(lite: Lite, small_pages: None) -> None:
    lite.put(*(call(n) for n in range(1, 11)))
    first = lite.pull(cursor="id")
    assert first.new == 10
    assert [note for note in first.notes if "id is a number, so no lag is known" in note]
    lite.put(call(11))
    assert lite.pull(cursor="id").documents == 2  # the newest again, and one more
    again = lite.pull(cursor="id", lag="4")
    assert (again.documents, again.new) == (5, 0) and not again.notes
    with pytest.raises(ConfigError, match=r"--lag '5m'.*a number, in its own unit"):
        lite.pull(cursor="id", lag="5m")


def test_texts_as_cursor(lite: Lite) -> None:
    lite.put(*({**call(n), "updated_at": f"01J{n:04d}"} for n in range(9)))
    assert "updated_at is a text, so no lag is known" in lite.pull().notes[0]
    lite.put({**call(9), "updated_at": "01J0009"})
    assert lite.pull().new == 1
    with pytest.raises(ConfigError, match="expected 0: it is text"):
        lite.pull(lag="3")


@pytest.mark.parametrize(
    ("text", "kind", "length"),
    [("90s", "time", 90), ("5m", "time", 300), ("1.5h", "time", 5400), ("30d", "time", 2_592_000),
     ("2 w", "time", 1_209_600), ("7", "number", 7), ("0.5", "number", 0.5), ("0", "text", 0)],
)  # fmt: skip
def test_lengths(text: str, kind: Any, length: float) -> None:
    assert float(from_database.span("--lag", text, kind)) == length


@pytest.mark.parametrize(
    ("text", "kind"), [("5", "time"), ("5 min", "time"), ("-5m", "time"), ("", "time"),
                       ("5m", "number"), ("-1", "number"), ("NaN", "number"), ("1", "text")],
)  # fmt: skip
def test_wrong_lengths(text: str, kind: Any) -> None:
    with pytest.raises(ConfigError, match="--lag"):
        from_database.span("--lag", text, kind)


# -- late rows -------------------------------------------------------------------------------------


def test_a_row_that_is_committed_late_is_caught_within_the_lag(lites: Callable[[], Lite]) -> None:
    patient, hasty = lites(), lites()
    for lite, lag in ((patient, "5m"), (hasty, "0s")):
        lite.put(call(1, 1), call(2, 10))
        lite.pull(lag=lag)
        lite.put(call(3, 6))  # stamped before the newest row, committed after it was read
    late = patient.pull(lag="5m")
    assert late.new == 1
    assert "a row came 4m late, and --lag is 5m" in late.notes[0]
    assert hasty.pull(lag="0s").new == 0
    found = hasty.pull(lag="0s", reconcile=True)
    assert "1 rows of the table are not here, though their updated_at is past" in found.notes[0]
    rescanned = hasty.pull(lag="1m", rescan="1h")
    assert rescanned.new == 1
    assert "a row came 4m late, and --lag is 1m" in rescanned.notes[0]


def test_a_late_row_is_caught_though_the_newest_was_deleted(lite: Lite) -> None:
    lite.put(call(1, 1), call(2, 10))
    lite.pull()
    lite.con.execute("DELETE FROM calls WHERE id = 2")
    lite.put(call(3, 8))
    assert lite.pull().new == 1
    before = lite.digest
    assert lite.pull().documents == 1
    assert lite.digest == before


def test_rescan_finds_what_did_not_bump_its_time(lite: Lite, small_pages: None) -> None:
    lite.put(*(call(n, 5 * n) for n in range(12)))
    lite.pull()
    lite.con.execute("UPDATE calls SET rating = 5 WHERE id IN (2, 8)")
    assert lite.pull(scale="1-5").changed == 0, "a first rating is no reason to read all again"
    found = lite.pull(rescan="30m")
    assert (found.documents, found.changed, found.notes) == (7, 1, ())
    assert lite.pull(rescan="2h").changed == 1
    rated = "SELECT source_id FROM ai_interactions WHERE human_rating = 5 ORDER BY 1"
    assert lite.rows(rated) == [("2",), ("8",)]


# -- kills -----------------------------------------------------------------------------------------


class Killed(BaseException):
    """What ends a pull in the middle."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("page", "when"),
    [(0, "merged"), (0, "stored"), (1, "remembered"), (2, "merged"), (3, "stored")],
)
def test_a_killed_pull_goes_on_after_its_last_page(
    lites: Callable[[], Lite],
    monkeypatch: pytest.MonkeyPatch,
    small_pages: None,
    page: int,
    when: str,
) -> None:
    calm, lite = lites(), lites()
    for target in (calm, lite):
        target.put(*(call(n, 2 * n, rating=n % 5 + 1) for n in range(14)))
    calm.pull()
    with monkeypatch.context() as patch:
        _kill_at(patch, page, when)
        with pytest.raises(Killed):
            lite.pull()
    stored = min(14, 4 * (page + 1 if when == "stored" else page))
    assert count(lite.store, "interactions") == stored
    assert count(lite.store, "pulled_tables") == (stored > 0)
    result = lite.pull()
    assert lite.digest == calm.digest
    assert result.new == 14 - stored
    # What was left, and then by the window that follows the lag: minutes 26, 24 and 22.
    assert result.documents == (14 - stored + 3 if stored else 14)


def _kill_at(patch: pytest.MonkeyPatch, page: int, when: str) -> None:
    """Ends the pull once the rows of a page are merged, its place remembered, or both stored."""
    owner, name = {
        "merged": (merge, "merge_page"),
        "remembered": (from_database._TablePull, "_remember"),
        "stored": (from_database._TablePull, "_store"),
    }[when]
    real, calls = getattr(owner, name), iter(range(1_000))

    def dies(*arguments: Any, **named: Any) -> Any:
        result = real(*arguments, **named)
        if next(calls) == page:
            raise Killed
        return result

    patch.setattr(owner, name, dies)


def test_a_killed_pull_of_files_leaves_nothing_in_a_table(
    lite: Lite, monkeypatch: pytest.MonkeyPatch, write_jsonl: Any
) -> None:
    file = write_jsonl(lite.store.folder / "a.jsonl", [{"id": f"f{n}", "query": "x"} for n in "ab"])
    with monkeypatch.context() as patch:
        patch.setattr(from_files, "CHUNK_DOCUMENTS", 1)
        patch.setattr(merge, "merge_files", lambda *_, **__: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            pull(lite.store, [str(file)], options=PullOptions())
    assert staged_rows(lite.store.folder) == 2
    lite.put(call(1))
    lite.pull()
    assert lite.rows("SELECT source_id FROM interactions") == [("1",)]
    assert pull(lite.store, [str(file)], options=PullOptions()).new == 2


# -- deletions -------------------------------------------------------------------------------------


def test_reconcile_withdraws_what_is_no_longer_there(lite: Lite, small_pages: None) -> None:
    lite.put(*(call(n, n, rating=5, response=f"secret {n}") for n in range(10)))
    lite.pull()
    lite.put(call(3, 20, rating=1, response="secret changed"))
    lite.pull()
    gone = lite.rows("SELECT interaction_id FROM interactions WHERE source_id IN ('3', '7')")
    lite.con.execute("DELETE FROM calls WHERE id IN (3, 7)")
    assert lite.pull().withdrawn == 0
    assert count(lite.store, "interactions") == 10, "a row that is merely absent stays"

    assert lite.pull(reconcile=True).withdrawn == 2
    assert count(lite.store, "interactions") == count(lite.store, "feedback") == 8
    history = lite.rows("SELECT interaction_id, messages, output, label FROM interaction_history")
    assert {row[0] for row in history} == {row[0] for row in gone}
    assert {row[1:] for row in history} == {(None, None, None)}
    assert count(lite.store, "interaction_history WHERE deleted") == 2
    assert lite.rows("SELECT DISTINCT value, rating_norm FROM feedback_history") == [(None, None)]
    for query in ("SELECT text FROM inputs", "SELECT messages::VARCHAR FROM examples"):
        assert not [row for row in lite.rows(query) if "question 7" in row[0]]
    before = lite.digest
    assert lite.pull(reconcile=True).withdrawn == 0
    assert lite.digest == before
    assert lite.rows("SELECT outcome FROM runs ORDER BY run_id")[-1] == ("unchanged",)


def test_a_deleted_row_may_return(lite: Lite) -> None:
    lite.put(*(call(n, n) for n in range(5)))
    lite.pull()
    for again in range(2):
        lite.con.execute("DELETE FROM calls WHERE id = 4")
        assert lite.pull(reconcile=True).withdrawn == 1
        lite.put(call(4, 20 + again))
        assert lite.pull().new == 1
    assert lite.rows("SELECT deleted, content_hash, output FROM interaction_history") == [
        (True, "", None)
    ]
    story = Project(lite.store.folder).why("4")
    assert [h["was"] for h in story["history"]] == ["(deleted)"]


def test_reconcile_leaves_alone_what_others_gave(lite: Lite, write_jsonl: Any) -> None:
    lite.put(*(call(n, n, rating=3) for n in range(4)))
    lite.pull()
    folder = lite.store.folder
    pull(lite.store, [str(write_jsonl(folder / "a.jsonl", [{"id": "f1", "query": "x"}]))],
         options=PullOptions())  # fmt: skip
    pull(lite.store, [str(write_jsonl(folder / "r.jsonl", [{"id": "2", "rating": 5}]))],
         options=PullOptions(declared=Declared("feedback", {"key": "id"}, "1-5")))  # fmt: skip
    lite.pull(source="other")
    lite.con.execute("DELETE FROM calls WHERE id = 2")
    result = lite.pull(reconcile=True)
    assert (result.withdrawn, result.summary["unmatched_feedback"]) == (1, 1)
    kept = lite.rows("SELECT source, source_id FROM interactions ORDER BY ALL")
    assert kept == [("logs", "0"), ("logs", "1"), ("logs", "3"), ("logs", "f1"),
                    *(("other", str(n)) for n in range(4))]  # fmt: skip
    assert lite.rows("SELECT origin FROM feedback WHERE source_id = '2' AND source = 'logs'") == [
        ("file",)
    ]


@pytest.mark.parametrize("left", [0, 4])
def test_reconcile_refuses_to_withdraw_more_than_half(lite: Lite, left: int) -> None:
    lite.put(*(call(n, n) for n in range(10)))
    lite.pull()
    before = lite.digest
    lite.con.execute("DELETE FROM calls WHERE id >= ?", (left,))
    with pytest.raises(GateFailed, match=rf"would withdraw {10 - left} of the 10 .*--yes"):
        lite.pull(reconcile=True)
    assert lite.digest == before
    assert lite.pull(reconcile=True, yes=True).withdrawn == 10 - left
    assert count(lite.store, "interactions") == left


def test_reconcile_withdraws_nothing_where_reading_fails(
    lite: Lite, monkeypatch: pytest.MonkeyPatch, small_pages: None
) -> None:
    lite.put(*(call(n, n) for n in range(10)))
    lite.pull()
    before = lite.digest
    lite.con.execute("DELETE FROM calls WHERE id = 1")
    real = from_database.Table.keys

    def breaks(self: Any, *arguments: Any, after: Any, **named: Any) -> Any:
        if after is not None:
            raise SourceError("the line is dead")
        return real(self, *arguments, after=after, **named)

    with monkeypatch.context() as patch:
        patch.setattr(from_database.Table, "keys", breaks)
        with pytest.raises(SourceError, match="dead"):
            lite.pull(reconcile=True)
    assert lite.digest == before
    assert lite.pull(reconcile=True).withdrawn == 1


def test_a_query_withdraws_what_its_where_no_longer_lets_through(lite: Lite) -> None:
    lite.put(*(call(n, n, rating=4) for n in range(6)))
    query = "SELECT * FROM calls WHERE rating >= 4"
    lite.pull(query=query)
    lite.put(call(2, 10, rating=1))
    assert lite.pull(query=query, reconcile=True).withdrawn == 1


# -- refused rows ----------------------------------------------------------------------------------


@pytest.mark.slow
def test_refused_rows_do_not_pile_up_and_go_when_they_are_good(
    lite: Lite, small_pages: None
) -> None:
    lite.put(*(call(n, n / 10) for n in range(10)))
    bad = "UPDATE calls SET response = CAST(x'ff41' AS TEXT) WHERE id IN (3, 4)"
    lite.con.execute(bad)
    first = lite.pull()
    assert (first.documents, first.new, first.rejected) == (10, 8, {"not-utf8": 2})
    seen = [("3", "not-utf8", "column response", None), ("4", "not-utf8", "column response", None)]
    listed = "SELECT row_key, reason, detail, line FROM rejects ORDER BY 1"
    assert lite.rows(listed) == seen
    before = lite.digest
    lite.pull()
    assert lite.rows(listed) == seen and lite.digest == before
    shown = Project(lite.store.folder).rejects()
    assert [r["location"] for r in shown] == ["app.sqlite#calls 3", "app.sqlite#calls 4"]
    lite.put(call(3, 2))
    assert lite.pull().new == 1
    assert lite.rows(listed) == seen[1:]
    lite.con.execute("DELETE FROM calls WHERE id = 4")
    lite.pull(reconcile=True)
    assert count(lite.store, "rejects") == 0


def test_a_row_without_an_id_is_refused(lite: Lite) -> None:
    lite.con.execute("CREATE TABLE own (n INTEGER, request_id TEXT, query TEXT, updated_at TEXT)")
    for n, name in enumerate(["a", None, " ", "b"]):
        lite.put({"n": n, "request_id": name, "query": "q", "updated_at": at(n)}, table="own")
    result = lite.pull(table="own", key="n", fields={"id": "request_id"})
    assert (result.new, result.rejected) == (2, {"no-id": 2})
    assert lite.rows("SELECT source_id FROM interactions ORDER BY 1") == [("a",), ("b",)]
    before = lite.digest
    assert lite.pull(table="own", key="n", reconcile=True).withdrawn == 0
    assert lite.digest == before


def test_bytes_are_text_but_no_order(lite: Lite) -> None:
    lite.con.execute("CREATE TABLE own (id BLOB, query BLOB, updated_at TEXT)")
    lite.put({"id": b"abc", "query": b"hi", "updated_at": at(1)}, table="own")
    with pytest.raises(SourceError, match=r"id holds bytes.*hex\(id\)"):
        lite.pull(table="own")
    query = "SELECT hex(id) AS id, query, updated_at FROM own"
    assert lite.pull(query=query).new == 1
    assert lite.rows("SELECT source_id, query FROM interactions") == [("616263", "hi")]


def test_a_database_that_is_locked_is_tried_again_later(
    lite: Lite, monkeypatch: pytest.MonkeyPatch
) -> None:
    lite.put(call(1))
    lite.con.execute("BEGIN EXCLUSIVE")
    real = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda *a, **k: real(*a, **k, timeout=0.05))
    with pytest.raises(RemoteUnavailable, match=r"database is locked.*type the command again"):
        lite.pull()
    lite.con.execute("ROLLBACK")
    assert lite.pull().new == 1


# -- feedback --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_ratings_in_a_table_of_their_own(lite: Lite, small_pages: None) -> None:
    lite.put(*(call(n, n) for n in range(5)))
    lite.pull()
    lite.rate(1, 0, 5, 1)
    lite.rate(2, 0, 2, 2, rated_at=at(9))
    lite.rate(3, 3, 4, 3, correction="better")
    lite.rate(4, 99, 1, 4)
    first = lite.pull_ratings()
    assert (first.documents, first.new, first.summary["unmatched_feedback"]) == (4, 5, 1)
    rated = "SELECT source_id, human_rating FROM ai_interactions WHERE human_rating IS NOT NULL"
    assert sorted(lite.rows(rated)) == [("0", 2.0), ("3", 4.0)]
    before = lite.digest
    assert lite.pull_ratings().unchanged == 5
    assert lite.digest == before

    lite.rate(2, 0, 3, 20, rated_at=at(10))  # updated in place: not a second rating
    lite.rate(3, 4, 4, 21)  # of another call, and without the correction
    lite.rate(1, 0, None, 22)
    again = lite.pull_ratings()
    assert (again.new, again.changed, again.rejected) == (0, 2, {"no-feedback": 1})
    found = lite.rows("SELECT source_id, kind, value FROM feedback ORDER BY ALL")
    assert found == [("0", "rating", "3"), ("4", "rating", "4"), ("99", "rating", "1")]
    assert sorted(lite.rows(rated)) == [("0", 3.0), ("4", 4.0)]
    before = lite.digest
    lite.pull_ratings()
    assert lite.digest == before

    lite.con.execute("DELETE FROM ratings WHERE rating_id IN (1, 2)")
    assert lite.pull_ratings(reconcile=True).withdrawn == 1
    assert lite.rows("SELECT source_id FROM feedback ORDER BY 1") == [("4",), ("99",)]
    assert count(lite.store, "interactions") == 5 and count(lite.store, "rejects") == 0


def test_ratings_of_two_tables_do_not_replace_each_other(lite: Lite) -> None:
    lite.put(call(1))
    lite.pull()
    lite.con.execute("CREATE TABLE experts AS SELECT * FROM ratings")
    lite.rate(1, 1, 2, 1)
    lite.put({"rating_id": 1, "request_id": 1, "stars": 5, "updated_at": at(1)}, table="experts")
    lite.pull_ratings()
    lite.pull_ratings(table="experts", rater="human_expert")
    assert lite.rows("SELECT value FROM feedback ORDER BY 1") == [("2",), ("5",)]
    assert lite.rows("SELECT human_rating FROM ai_interactions") == [(5.0,)]


def test_an_edited_query_finds_its_ratings(lite: Lite) -> None:
    lite.put(call(1))
    lite.pull()
    lite.rate(1, 1, 2, 1)
    lite.pull_ratings(table=None, query="SELECT * FROM ratings")
    again = lite.pull_ratings(table=None, query="SELECT * FROM ratings WHERE stars > 0")
    assert (again.new, again.unchanged, count(lite.store, "feedback")) == (0, 1, 1)


def test_ratings_need_an_id_of_their_own(lite: Lite) -> None:
    lite.put(call(1))
    lite.pull()
    lite.rate(1, 1, 2, 1)
    with pytest.raises(
        ConfigError, match=r"tells its rows apart\? Next: --map id=COLUMN.*rating_id"
    ):
        lite.pull_ratings(fields={"key": "request_id"})


# -- what is remembered and refused ----------------------------------------------------------------


def test_cursor_key_and_columns_are_remembered(lite: Lite) -> None:
    lite.con.execute("CREATE TABLE own (n INTEGER, ask TEXT, say TEXT, seen TEXT)")
    lite.put({"n": 1, "ask": "a", "say": "b", "seen": at(1)}, table="own")
    fields = {"query": "ask", "response": "say"}
    lite.pull(table="own", cursor="seen", key="n", fields=fields)
    lite.put({"n": 2, "ask": "c", "say": "d", "seen": at(2)}, table="own")
    again = lite.pull(table="own", cursor="seen", key=None)
    assert (again.new, again.mapping.fields["query"]) == (1, "ask")
    assert lite.rows("SELECT response FROM interactions ORDER BY 1") == [("b",), ("d",)]


def test_another_reading_begins_anew(lite: Lite, small_pages: None) -> None:
    lite.con.execute("CREATE TABLE two AS SELECT *, 'other' AS reply FROM calls")
    for n in range(20):
        lite.put({**call(n, n), "reply": f"r{n}"}, table="two")
    lite.pull(table="two")
    before = lite.digest
    with pytest.raises(
        GateFailed, match=r"change at least 8 and withdraw 0 of the 20 rows .*--yes"
    ):
        lite.pull(table="two", fields={"response": "reply"})
    assert lite.digest == before
    result = lite.pull(table="two", fields={"response": "reply"}, yes=True)
    assert (result.documents, result.changed) == (20, 20)
    assert lite.rows("SELECT DISTINCT response LIKE 'r%' FROM interactions") == [(True,)]


def test_other_ids_are_refused_unless_the_old_rows_go(lite: Lite) -> None:
    lite.con.execute("CREATE TABLE own AS SELECT *, 'u' || id AS uid FROM calls")
    for n in range(3):
        lite.put({**call(n, n), "uid": f"u{n}"}, table="own")
    lite.pull(table="own")
    with pytest.raises(ConfigError, match=r"known by id; by uid each.*--source.*--reconcile"):
        lite.pull(table="own", fields={"id": "uid"})
    with pytest.raises(ConfigError):
        lite.pull(table="own", fields={"id": "uid"}, reconcile=True)
    fields = {"id": "uid"}
    assert lite.pull(table="own", fields=fields, reconcile=True, yes=True).withdrawn == 3
    found = lite.rows("SELECT source_id FROM interactions ORDER BY 1")
    assert found == [("u0",), ("u1",), ("u2",)]


def test_ids_of_another_log_of_the_source_are_not_asked_of_the_table(
    lite: Lite, write_jsonl: Any
) -> None:
    file = write_jsonl(lite.store.folder / "a.jsonl", [{"request_id": "f", "query": "x"}])
    pull(lite.store, [str(file)], options=PullOptions())
    lite.put(call(1))
    assert lite.pull().new == 1
    again = write_jsonl(lite.store.folder / "b.jsonl", [{"request_id": "g", "query": "x"}])
    pull(lite.store, [str(again)], options=PullOptions())
    found = lite.rows("SELECT source_id FROM interactions ORDER BY 1")
    assert found == [("1",), ("f",), ("g",)]


def test_ratings_whose_scale_nobody_knows_are_counted(lite: Lite) -> None:
    lite.put(*(call(n, n, rating=1) for n in range(3)))
    assert "the scale of rating is not clear from 1" in lite.pull().notes[0]
    lite.pull(scale="1-5")
    assert lite.rows("SELECT DISTINCT human_rating FROM ai_interactions") == [(1.0,)]


@pytest.mark.slow
def test_what_was_withdrawn_is_out_of_the_next_version(lite: Lite) -> None:
    lite.put(*(call(n, n, query=f"what is {n} of {n * 7}?", rating=5) for n in range(40)))
    lite.pull()
    project = Project(lite.store.folder)
    assert project.export("set").version == 1
    lite.con.execute("DELETE FROM calls WHERE id < 4")
    assert lite.pull(reconcile=True).withdrawn == 4
    second = project.export("set")
    assert (second.version, second.train + second.test) == (2, 36)
    moved = project.diff("set@1", "set@2")
    assert {*moved.train.removed, *moved.test.removed} <= {("gone", n) for n in range(1, 5)}
    assert [v.problems for v in project.verify("set@2")] == [()]


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"table": "call"}, r"unknown table 'call'\. Did you mean 'calls'"),
        ({"table": None}, r"has 2 tables: calls, ratings.*--table NAME"),
        ({"cursor": "updatedat"}, r"--cursor: unknown column 'updatedat'\. Did you mean 'updated"),
        ({"key": "idd"}, r"--key: unknown column 'idd'\. Did you mean 'id'"),
        ({"key": None}, r"tells its rows apart\? Next: --key COLUMN, one of id, query"),
        ({"fields": {"query": "qery"}}, r"unknown column 'qery'\. Did you mean 'query'"),
        ({"lag": "soon"}, r"--lag 'soon': expected a time such as 90s, 5m"),
        ({"rescan": "1 month"}, r"--rescan '1 month'"),
        ({"kind": "turns", "reconcile": True}, r"--reconcile does not go with --turns"),
        ({"kind": "turns"}, r"which column of .*calls says of a turn of which conversation it is"),
        ({"query": "SELEC 1", "table": None}, r"app\.sqlite says: near .*: syntax error"),
    ],
)
def test_mistakes(lite: Lite, said: dict[str, Any], message: str) -> None:
    lite.put(call(1, 1))
    lite.pull(source="warm")
    before = lite.digest
    with pytest.raises((ConfigError, SourceError), match=message):
        lite.pull(source="warm" if "rescan" in said else None, **said)
    assert lite.digest == before


def test_a_table_without_an_index_is_named(lite: Lite) -> None:
    lite.con.execute("DROP INDEX c")
    lite.put(call(1))
    note = lite.pull().notes[0]
    statement = note.partition("Next: ")[2]
    assert statement == 'CREATE INDEX "calls_updated_at_id" ON "calls" ("updated_at", "id")'
    lite.con.execute(statement)
    assert lite.pull().notes == ()
    assert not [n for n in lite.pull(cursor="id", lag="0").notes if "index" in n], "the row id"


def test_several_or_none_of_a_kind(lite: Lite, tmp_path: Path) -> None:
    said = PullOptions(database=Reading("updated_at", "id"))
    with pytest.raises(ConfigError, match="by itself"):
        pull(lite.store, [str(lite.path), "sqlite:///x.sqlite"], options=said)
    with pytest.raises(ConfigError, match="evaluation set"):
        options = PullOptions(heldout=True, database=said.database)
        pull(lite.store, [str(lite.path)], options=options)
    with pytest.raises(SourceError, match="no such file"):
        pull(lite.store, [str(tmp_path / "none.sqlite")], options=said)
    with pytest.raises(ConfigError, match=r"--cursor, --key goes with a database"):
        pull(lite.store, ["a.jsonl"], options=said)


# -- drivers ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "named"),
    [("postgresql", "'curate-workbench[postgres]'"), ("snowflake", "adbc-driver-snowflake")],
)
def test_a_driver_that_is_missing_is_named(
    store: Store, monkeypatch: pytest.MonkeyPatch, scheme: str, named: str
) -> None:
    monkeypatch.setitem(sys.modules, f"adbc_driver_{scheme}", None)
    monkeypatch.setitem(sys.modules, f"adbc_driver_{scheme}.dbapi", None)
    with pytest.raises(MissingExtra, match=f"pip install {named.replace('[', '.')[:20]}"):
        options = PullOptions(table="calls", database=Reading("updated_at", "id"))
        pull(store, [f"{scheme}://host/db"], options=options)


@pytest.mark.slow
def test_any_other_database_with_an_adbc_driver(store: Store, small_pages: None) -> None:
    import duckdb

    pytest.importorskip("adbc_driver_manager")
    path = store.folder / "app.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE calls AS SELECT n AS id, 'q' || n AS query, 'a' AS response, "
                    "TIMESTAMPTZ '2026-05-01 09:00:00.000001+02' + INTERVAL (n // 4) SECOND AS u,"
                    "DATE '2026-05-01' + (n // 4)::INTEGER AS d FROM range(14) t(n)")  # fmt: skip
    for cursor in ("u", "d", "id"):
        options = PullOptions(source=cursor, table="calls", database=Reading(cursor, "id"))
        result = pull(store, [f"duckdb:///{path}"], options=options)
        assert (result.documents, result.new) == (14, 14)
        before = store.state_digest()
        again = pull(store, [f"duckdb:///{path}"], options=options)
        assert (again.new, again.changed) == (0, 0)
        assert store.state_digest() == before
    with duckdb.connect(str(path)) as con:
        con.execute("INSERT INTO calls SELECT 99, 'new', 'a', max(u), max(d) FROM calls")
        con.execute("DELETE FROM calls WHERE id = 2")
    options = PullOptions(source="u", table="calls", database=Reading("u", "id", reconcile=True))
    result = pull(store, [f"duckdb:///{path}"], options=options)
    assert (result.new, result.withdrawn) == (1, 1)
    with pytest.raises(SourceError, match="Table with name nosuch does not exist"):
        pull(store, [f"duckdb:///{path}"],
             options=PullOptions(table="nosuch", database=Reading("u", "id")))  # fmt: skip


# -- the command -----------------------------------------------------------------------------------


def curate(*arguments: str | Path) -> Any:
    return CliRunner().invoke(Program(), [str(a) for a in arguments])  # type: ignore[arg-type]


def test_the_command_says_rows(lite: Lite) -> None:
    lite.put(*(call(n, n, rating=4) for n in range(5)))
    folder = lite.store.folder
    said = ("pull", f"sqlite:///{lite.path}", "--table", "calls", "--cursor", "updated_at")
    missing = curate("-C", folder, *said)
    assert missing.exit_code == 2 and "--key COLUMN" in missing.stderr
    first = curate("-C", folder, *said, "--key", "id")
    assert first.exit_code == 0, first.output
    assert (
        "  5 rows  ->  5 interactions (5 new, 0 changed, 0 already here), 0 rejected"
        in first.stdout
    )
    assert "file" not in first.stdout
    lite.con.execute("DELETE FROM calls WHERE id = 1")
    again = curate("-C", folder, *said[:4], "--reconcile")
    assert again.exit_code == 0, again.output
    assert "  withdrawn, since the source has them no longer: 1\n" in again.stdout
    lite.con.execute("DELETE FROM calls")
    refused = curate("-C", folder, *said, "--reconcile")
    assert refused.exit_code == 3 and "--reconcile --yes" in refused.stderr
    assert curate("-C", folder, *said, "--reconcile", "--yes").exit_code == 0
    told = json.loads(curate("-C", folder, *said, "--json").stdout)
    assert (told["files"], told["documents"], told["withdrawn"]) == (0, 0, 0)


def test_feedback_by_command(lite: Lite) -> None:
    lite.put(call(1))
    lite.pull()
    lite.rate(1, 1, 2, 1)
    said = ("pull", lite.path, "--table", "ratings", "--as", "feedback", "--key", "request_id",
            "--cursor", "updated_at", "--scale", "1-5")  # fmt: skip
    folder = lite.store.folder
    without = curate("-C", folder, *said)
    assert without.exit_code == 2 and "--map id=COLUMN" in without.stderr
    done = curate("-C", folder, *said, "--map", "id=rating_id")
    assert done.exit_code == 0, done.output
    assert "  1 rows  ->  1 feedback (1 new, 0 changed" in done.stdout
    assert "key <- request_id, rating <- stars (scale 1-5)" in done.stdout


def test_configured_tables_and_files_beside_them(lite: Lite, write_jsonl: Any) -> None:
    folder = lite.store.folder
    toml = (
        '[pull]\nlocations = ["sqlite:///app.sqlite"]\ntable = "calls"\n'
        'cursor = "updated_at"\nkey = "id"\nlag = "10m"\n'
    )
    (folder / "curate.toml").write_text(toml)
    lite.put(*(call(n, n, rating=5) for n in range(5)))
    done = curate("-C", folder, "pull", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["new"] == 5
    # What the file says of a database means nothing for a file, but what is typed must fit.
    file = write_jsonl(folder / "a.jsonl", [{"id": "f", "query": "x"}])
    assert curate("-C", folder, "pull", file).exit_code == 0
    typed = curate("-C", folder, "pull", file, "--lag", "5m")
    assert typed.exit_code == 2 and "--lag goes with a database" in typed.stderr


def test_a_password_in_the_configuration_is_refused(lite: Lite) -> None:
    folder = lite.store.folder
    (folder / "curate.toml").write_text('[pull]\nlocations = ["postgresql://me:hush@h/db"]\n')
    done = curate("-C", folder, "pull")
    assert done.exit_code == 2
    assert "PGPASSWORD" in done.stderr and "hush" not in done.output


# -- any history -----------------------------------------------------------------------------------

FACTS = (
    "SELECT COLUMNS(* EXCLUDE (run_id, location)) FROM interactions ORDER BY interaction_id",
    "SELECT COLUMNS(* EXCLUDE (run_id, location)) FROM feedback ORDER BY feedback_id",
    "SELECT source, row_key, reason FROM rejects ORDER BY ALL",
    "SELECT example_id, input_hash FROM example_inputs ORDER BY 1",
)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_any_history_pulled_in_steps_is_what_one_pull_at_the_end_finds(
    lites: Callable[[], Lite], monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice, lite, scratch = random.Random(seed), lites(), lites()
    monkeypatch.setattr(from_database, "PAGE_ROWS", dice.randint(4, 12))
    minute, keys, scratch.path = 0.0, iter(range(1, 10_000)), lite.path
    for _ in range(dice.randint(2, 5)):
        for _ in range(dice.randint(0, 12)):
            minute += dice.choice([0, 0, 0.5, 3])
            stamp = max(0.0, minute - dice.choice([0, 0, 0, 2, 4]))  # late, within the lag
            live = [row[0] for row in lite.con.execute("SELECT id FROM calls ORDER BY id")]
            action = dice.choice(["new", "new", "change", "delete", "spoil"]) if live else "new"
            key = next(keys) if action == "new" else dice.choice(live)
            made = call(key, stamp, rating=dice.choice([None, 1, 5]), response=f"{dice.random()}")
            if action == "delete":
                lite.con.execute("DELETE FROM calls WHERE id = ?", (key,))
            elif action == "spoil":
                lite.con.execute(
                    "UPDATE calls SET response = CAST(x'ff' AS TEXT), updated_at = ? WHERE id = ?",
                    (at(stamp), key),
                )
            else:
                lite.put(made)
        if dice.random() < 0.5:
            with monkeypatch.context() as patch:
                when = dice.choice(["merged", "remembered", "stored"])
                _kill_at(patch, dice.randint(0, 4), when)
                with suppress(Killed):
                    lite.pull(scale="1-5")
        lite.pull(scale="1-5", reconcile=dice.random() < 0.3, yes=True)
    lite.pull(scale="1-5", reconcile=True, yes=True)
    scratch.pull(scale="1-5")
    spoiled = {key for (key,) in rows(scratch.store, "SELECT row_key FROM rejects")}
    for query in FACTS:
        found, wanted = lite.rows(query), scratch.rows(query)
        assert _without(found, spoiled, lite) == wanted, query
    assert (
        _keys(lite.rows("SELECT source_id FROM interactions")) - spoiled
        == {str(key) for (key,) in lite.con.execute("SELECT id FROM calls")} - spoiled
    )


def _without(found: Iterable[tuple[Any, ...]], spoiled: set[str], lite: Lite) -> Rows:
    """Rows without those of calls that became unreadable: they keep what they were before."""
    asked = "SELECT interaction_id FROM interactions WHERE list_contains($1, source_id)"
    with lite.store.read() as con:
        ids = {row[0] for row in con.execute(asked, [list(spoiled)]).fetchall()}
    return [row for row in found if not ids & set(map(str, row))]


def _keys(found: Rows) -> set[str]:
    return {str(key) for (key,) in found}
