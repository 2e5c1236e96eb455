"""Turn tables of databases: whatever order turns come in, what a file with all of them gives."""

from __future__ import annotations

import csv
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.pull import from_database, from_turn_table
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult, Reading
from curate.pull.pull import pull
from curate.store import Store

pytestmark = pytest.mark.slow

TURNS = (
    "CREATE TABLE turns (turn_id INTEGER PRIMARY KEY, dialogue TEXT, who TEXT, said TEXT,"
    " place INTEGER, updated_at TEXT)"
)
FIELDS = {"session": "dialogue", "role": "who", "text": "said", "order": "place", "id": "turn_id"}
CALLS = (
    "SELECT source_id, messages::VARCHAR, output::VARCHAR, session_id FROM interactions ORDER BY 1"
)
Turn = tuple[int, str | None, str, str, int, str]


def at(minute: float) -> str:
    return (
        f"2026-05-01 {int(minute) // 60:02d}:{int(minute) % 60:02d}:{round(minute * 60) % 60:02d}"
    )


def turn(key: int, dialogue: str | None, place: int, minute: float, text: str = "") -> Turn:
    who = "assistant" if place % 2 else "user"
    return key, dialogue, who, text or f"{dialogue} {place}", place, at(minute)


class Turns:
    """A project beside a SQLite database with a table of turns."""

    def __init__(self, folder: Path, store: Store) -> None:
        self.store, self.path = store, folder / "app.sqlite"
        self.con = sqlite3.connect(self.path, isolation_level=None)
        self.con.execute(TURNS)
        self.con.execute("CREATE INDEX t ON turns (updated_at, turn_id)")

    def put(self, *turns: Turn) -> None:
        self.con.executemany("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?, ?, ?)", turns)

    def pull(self, **said: Any) -> PullResult:
        declared = said.pop("declared", Declared("turns", FIELDS))
        how = Reading(**{"cursor": "updated_at", "key": "turn_id", **said})
        options = PullOptions(declared=declared, database=how, table="turns")
        return pull(self.store, [str(self.path)], options=options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.store.read_database() as con:
            return con.execute(query).fetchall()

    def assert_as_a_file(self, new_store: Any) -> None:
        """The store has what a pull of a file with the whole table gives."""
        folder = self.store.folder / "file"
        store = new_store(folder)
        with (folder / "turns.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["turn_id", "dialogue", "who", "said", "place", "updated_at"])
            writer.writerows(self.con.execute("SELECT * FROM turns ORDER BY updated_at, turn_id"))
        result = pull(store, [str(folder / "turns.csv")],
                      options=PullOptions(declared=Declared("turns", FIELDS)))  # fmt: skip
        with store.read_database() as con:
            assert self.rows(CALLS) == con.execute(CALLS).fetchall()
            reasons = "SELECT reason, count(*) FROM rejects GROUP BY ALL ORDER BY 1"
            assert self.rows(reasons) == con.execute(reasons).fetchall()
        assert result.new == len(self.rows(CALLS))


@pytest.fixture
def make(tmp_path: Path, new_store: Callable[[Path], Store]) -> Iterator[Callable[[], Turns]]:
    made: list[Turns] = []

    def new() -> Turns:
        folder = tmp_path / f"p{len(made)}"
        made.append(Turns(folder, new_store(folder)))
        return made[-1]

    yield new
    for each in made:
        each.con.close()


@pytest.fixture
def turns(make: Callable[[], Turns]) -> Turns:
    return make()


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_database, "PAGE_ROWS", 5)
    monkeypatch.setattr(from_turn_table, "FETCHED", 2)


def test_a_conversation_is_put_together_whatever_page_its_turns_are_on(
    turns: Turns, new_store: Any
) -> None:
    # Three conversations, turn by turn: every page of five cuts through all of them.
    turns.put(*(turn(3 * p + c, f"d{c}", p, 3 * p + c) for c in range(3) for p in range(4)))
    result = turns.pull()
    assert (result.documents, result.new, result.changed, result.unchanged) == (12, 6, 0, 0)
    assert turns.rows(CALLS)[-1] == (
        "9", '[{"content":"d0 0","role":"user"},{"content":"d0 1","role":"assistant"},'
        '{"content":"d0 2","role":"user"}]', '[{"content":"d0 3","role":"assistant"}]', "d0",
    )  # fmt: skip
    turns.assert_as_a_file(new_store)
    before = turns.store.state_digest()
    assert turns.pull().new == 0
    assert turns.store.state_digest() == before


def test_a_late_turn_has_its_conversation_assembled_anew(turns: Turns, new_store: Any) -> None:
    turns.put(turn(1, "a", 0, 0), turn(2, "a", 1, 1), turn(4, "a", 3, 3), turn(5, "b", 0, 4))
    first = turns.pull()
    assert (first.new, first.rejected) == (2, {"no-answer": 1})
    turns.put(turn(3, "a", 2, 60), turn(6, "b", 1, 61), *_old_talk("c", 100, 62))
    second = turns.pull()
    assert (second.new, second.changed, second.rejected) == (2, 1, {})
    assert turns.rows("SELECT count(*) FROM rejects") == [(0,)]
    turns.assert_as_a_file(new_store)


def _old_talk(dialogue: str, key: int, minute: float) -> list[Turn]:
    return [turn(key + place, dialogue, place, minute) for place in range(2)]


def test_an_answer_that_is_none_any_more_goes(turns: Turns, new_store: Any) -> None:
    turns.put(*(turn(p, "a", p, p) for p in range(4)), *_old_talk("b", 10, 5))
    turns.pull()
    turns.con.execute("UPDATE turns SET who = 'user', updated_at = ? WHERE turn_id = 1", (at(90),))
    turns.con.execute("UPDATE turns SET who = 'user', updated_at = ? WHERE turn_id = 11", (at(91),))
    result = turns.pull()
    assert result.rejected == {"no-answer": 2}
    assert [row[0] for row in turns.rows(CALLS)] == ["3"]
    turns.assert_as_a_file(new_store)
    history = "SELECT output->>'$[0].content' FROM interaction_history ORDER BY 1"
    assert turns.rows(history) == [("a 1",), ("a 3",), ("b 1",)]


def test_turns_without_a_conversation_are_refused(turns: Turns) -> None:
    turns.put(*_old_talk("a", 1, 0), turn(3, None, 0, 1), turn(4, "", 1, 2))
    result = turns.pull()
    assert (result.new, result.rejected) == (1, {"no-conversation": 2})
    assert turns.rows("SELECT row_key FROM rejects ORDER BY 1") == [("3",), ("4",)]


def test_random_tables_in_random_steps(make: Callable[[], Turns], new_store: Any) -> None:
    for seed in range(3):
        rng, turns, minute = random.Random(seed), make(), 0.0
        places: dict[str, int] = {}
        for key in range(60):
            dialogue = f"d{rng.randrange(7)}"
            place = places[dialogue] = places.get(dialogue, -1) + rng.choice((1, 1, 1, 2))
            minute += rng.choice((0, 1, 30))
            turns.put(turn(key, dialogue, place, minute))
            if rng.random() < 0.1:
                turns.put(turn(rng.randrange(key + 1), dialogue, place, minute, "said anew"))
            if rng.random() < 0.1:
                turns.pull()
        turns.pull(rescan="2d")
        turns.assert_as_a_file(new_store)


class Killed(BaseException):
    """What ends a pull in the middle."""


@pytest.mark.parametrize(("page", "name"), [(0, "_remember"), (0, "_store"), (2, "_remember"),
                                            (3, "_store")])  # fmt: skip
def test_a_killed_pull_goes_on(
    make: Callable[[], Turns], monkeypatch: pytest.MonkeyPatch, page: int, name: str
) -> None:
    calm, killed = make(), make()
    for each in (calm, killed):
        each.put(*(turn(4 * p + c, f"d{c}", p, 4 * p + c) for c in range(4) for p in range(6)))
    calm.pull()
    real, calls = getattr(from_database._TablePull, name), iter(range(1_000))

    def dies(*arguments: Any) -> Any:
        result = real(*arguments)
        if next(calls) == page:
            raise Killed
        return result

    with monkeypatch.context() as patch:
        patch.setattr(from_database._TablePull, name, dies)
        with pytest.raises(Killed):
            killed.pull()
    killed.pull()
    assert killed.store.state_digest() == calm.store.state_digest()
    assert len(killed.rows(CALLS)) == 12


def test_roles_of_words_that_the_newest_rows_lack(
    turns: Turns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_database, "_SAMPLE", 4)
    turns.con.executemany("INSERT INTO turns VALUES (?, ?, ?, ?, ?, ?)", [
        (1, "a", "Kunde", "hallo?", 0, at(0)), (2, "a", "Bot", "ja!", 1, at(1)),
    ])  # fmt: skip
    roles = {"Kunde": "user", "Bot": "assistant"}
    assert turns.pull(declared=Declared("turns", FIELDS, None, roles)).new == 1
    turns.put(*(turn(10 + n, f"d{n // 2}", n % 2, 100 + n) for n in range(6)))
    assert turns.pull().new == 3
    assert ("2", "a") in {(row[0], row[3]) for row in turns.rows(CALLS)}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"session": ""},
            "of which conversation it is. Next: --map session=COLUMN, one of turn_id",
        ),
        ({"session": "$.meta.dialogue"}, "unknown column"),
        ({"text": ""}, "what was said. Next: --map text=COLUMN"),
    ],
)
def test_what_cannot_work(turns: Turns, fields: dict[str, str], message: str) -> None:
    turns.put(*_old_talk("a", 1, 0))
    with pytest.raises(ConfigError, match=message.replace("$", r"\$")):
        turns.pull(declared=Declared("turns", {**FIELDS, **fields}))
    with pytest.raises(ConfigError, match="--reconcile does not go with --turns"):
        turns.pull(reconcile=True)
