"""Preference pairs: what makes one, which are kept, and that new rows meet only their prompt."""

from __future__ import annotations

import gzip
import itertools
import json
import random
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from curate import pairs
from curate.cli import words
from curate.errors import ConfigError
from curate.kernels.intervals import clopper_pearson
from curate.label.by_file import sync_from_file
from curate.pairs import METHODS, PairsResult
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, Reading
from curate.store import Store, sql
from curate.text.text import normalise
from curate.verdicts import verdicts
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
NewStore = Callable[[Path], Store]

RANKED = PullOptions(declared=Declared("interactions", {"rank": "rank"}))


def row(
    name: str, prompt: str, answer: str, rating: float | None = None, **more: Any
) -> dict[str, Any]:
    return {"id": name, "prompt": prompt, "response": answer, "rating": rating, **more}


def exported(con: Any, unit: str, side: str) -> list[dict[str, Any]]:
    con.execute(sql(f"export/kept_{unit}"))
    query = "FROM kept_items WHERE side = $side ORDER BY sha256('0|' || item_id), item_id"
    return list(con.sql(query, params={"side": side}).to_arrow_table().to_pylist())


class Shop:
    """A project, and its examples by the ids that the logs give them."""

    def __init__(self, folder: Path, write: WriteJsonl, new_store: NewStore) -> None:
        self.folder, self.write = folder, write
        new_store(folder / "p")
        self.project = Project(folder / "p")
        self.files = 0

    def pull(self, rows: list[dict[str, Any]], options: PullOptions | None = None) -> None:
        self.files += 1
        path = self.write(self.folder / f"{self.files}.jsonl", rows)
        self.project.pull([str(path)], options)

    def names(self) -> dict[str, str]:
        found = self.project.table("interactions").to_pylist()
        return {r["interaction_id"]: r["source_id"] for r in found}

    def pairs(self) -> set[tuple[str, str, str]]:
        """The pairs that are stored: (chosen, rejected, method)."""
        names = self.names()
        return {
            (names[r["chosen_id"]], names[r["rejected_id"]], r["method"])
            for r in self.project.table("pairs").to_pylist()
        }

    def told(self) -> dict[tuple[str, str], str | None]:
        """Why each pair is out, None where it is in."""
        names = self.names()
        return {
            (names[r["chosen_id"]], names[r["rejected_id"]]): r["reason"]
            for r in self.project.table("pair_verdicts").to_pylist()
        }

    def lines(self) -> dict[str, list[dict[str, Any]]]:
        """The kept pairs of each side as the export gets them."""
        store = self.project.store
        with verdicts.today(store) as today:
            pairs.prepare(today)
            con = today.con
            return {side: exported(con, "pairs", side) for side in ("train", "test")}

    def all_lines(self) -> list[dict[str, Any]]:
        return [line for lines in self.lines().values() for line in lines]


@pytest.fixture
def shop(tmp_path: Path, write_jsonl: WriteJsonl, new_store: NewStore) -> Shop:
    return Shop(tmp_path, write_jsonl, new_store)


# -- what makes a pair -----------------------------------------------------------------------------


def test_ratings_make_pairs_of_answers_to_one_prompt(shop: Shop) -> None:
    shop.pull([
        row("best", "How do I pay?", "By card.", 5),
        row("mid", "how do I  pay?", "By card or invoice.", 3),
        row("low", "How do I pay?", "No idea.", 1),
        row("same", "How do I pay?", "by CARD.", 1),
        row("none", "How do I pay?", "With money."),
        row("other", "Where are you?", "Here.", 1),
    ])  # fmt: skip
    result = shop.project.pairs()
    assert shop.pairs() == {
        ("best", "mid", "rating"), ("best", "low", "rating"), ("best", "same", "rating"),
        ("mid", "low", "rating"), ("mid", "same", "rating"),
    }  # fmt: skip
    assert shop.told() == {
        ("best", "low"): None,
        ("best", "same"): "identical",
        # Of what people rate in the middle one may learn what is worse, not what is better.
        ("mid", "low"): "chosen_low_rating",
        # "By card." is rated 5 and 1: it is better than the invoice, and worse.
        ("best", "mid"): "contradicted",
        ("mid", "same"): "contradicted",
    }
    assert [(m.method, m.found, m.train + m.test, m.margin) for m in result.methods] == [
        ("rating", 5, 1, 1.0)
    ]
    (line,) = shop.all_lines()
    assert (line["chosen"]["response"], line["rejected"]["response"]) == ("By card.", "No idea.")
    assert (line["chosen"]["human_rating"], line["rejected"]["human_rating"]) == (5, 1)


def test_a_margin_that_is_too_small_is_no_preference(shop: Shop) -> None:
    shop.pull(
        [row("a", "Why?", "Because.", 5), row("b", "Why?", "So.", 4), row("c", "Why?", "No.", 2)]
    )
    result = shop.project.pairs()
    assert (result.train + result.test, result.reasons) == (3, ())
    shop.project.pairs(min_margin=0.5)
    assert shop.told() == {("a", "b"): "small_margin", ("a", "c"): None, ("b", "c"): None}
    with pytest.raises(ConfigError, match="--min-margin 2: expected 0 to 1"):
        shop.project.pairs(min_margin=2)


def test_answers_to_another_history_are_no_pair(shop: Shop) -> None:
    def talk(name: str, first: str, answer: str, rating: int) -> dict[str, Any]:
        said = [("user", first), ("assistant", "Go on."), ("user", "What do you mean by that?")]
        messages = [{"role": role, "content": text} for role, text in said]
        return {"id": name, "messages": messages, "response": answer, "rating": rating}

    shop.pull(
        [talk("a", "Cats", "Meow.", 5), talk("b", "Dogs", "Woof.", 1), talk("c", "Cats", "Hm.", 1)]
    )
    shop.project.pairs()
    assert shop.pairs() == {("a", "c", "rating")}


def test_nearly_the_same_prompts_make_pairs_unless_a_number_or_a_negation_differs(
    shop: Shop,
) -> None:
    asked = "Could you please tell me how long the delivery of a washing machine to Norway takes"
    shop.pull([
        row("a", asked + "?", "Five days.", 5),
        row("b", asked + " now?", "Who knows.", 1),
        row("c", asked.replace("a washing", "2 washing") + "?", "Too long.", 1),
    ])  # fmt: skip
    shop.project.pairs()
    assert shop.pairs() == {("a", "b", "rating")}
    (found,) = shop.project.table("pairs").to_pylist()
    assert 0.8 <= found["similarity"] < 1
    shop.project.dedupe(near=None)
    shop.project.pairs()
    assert shop.pairs() == set()


def test_a_correction_is_better_than_the_logged_answer(shop: Shop) -> None:
    shop.pull([
        row("a", "Is it open?", "No.", 1, corrected_response="Yes, until six."),
        row("b", "Is it open?", "It is.", 5),
        row("same", "Hello?", "Hello!", None, corrected_response="hello!"),
    ])  # fmt: skip
    shop.project.pairs()
    assert shop.told() == {("a", "a"): None, ("b", "a"): None, ("same", "same"): "identical"}
    lines = shop.all_lines()
    # What was judged is the logged answer, whatever somebody has made of it since.
    assert {(li["chosen"]["response"], li["rejected"]["response"]) for li in lines} == {
        ("Yes, until six.", "No."), ("It is.", "No."),
    }  # fmt: skip
    assert {json.loads(li["rejected"]["output"])[0]["content"] for li in lines} == {"No."}


def test_the_lowest_rank_is_the_best_among_answers_to_one_prompt(shop: Shop) -> None:
    shop.pull(
        [
            row("a", "Name?", "Ann.", rank=1), row("b", "Name?", "Bob.", rank="2"),
            row("c", "Name?", "Cy.", rank=2), row("d", "Name?", "Dee.", rank="best"),
            row("e", "Age?", "One.", rank=0), row("f", "Age?", "Age?", rank=3),
            row("none", "Age?", "", rank=2),
        ],
        RANKED,
    )  # fmt: skip
    shop.project.filter()
    shop.project.pairs()
    assert shop.pairs() == {("a", "b", "rank"), ("a", "c", "rank"), ("e", "f", "rank")}
    assert shop.told() == {("a", "b"): None, ("a", "c"): None, ("e", "f"): "rejected_echo"}


def test_ranks_of_other_groups_are_not_compared(shop: Shop) -> None:
    options = PullOptions(declared=Declared("interactions", {"rank": "rank", "group": "parent"}))
    shop.pull(
        [
            row("a", "Hi", "One.", rank=0, parent="x"), row("b", "Hi", "Two.", rank=1, parent="x"),
            row("c", "Hi", "Three.", rank=1, parent="y"),
        ],
        options,
    )  # fmt: skip
    shop.project.pairs()
    assert shop.pairs() == {("a", "b", "rank")}


# -- several outputs of one call -------------------------------------------------------------------


def call(name: str | None, *answers: str, **more: Any) -> dict[str, Any]:
    choices = [
        {
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop" if n else "length",
        }
        for n, text in enumerate(answers)
    ]
    request = {
        "messages": [{"role": "user", "content": "Tell me a joke about a very small parcel."}]
    }
    made = {"request": request, "response": {"choices": choices, "usage": {"completion_tokens": 9}}}
    return {**({"id": name} if name else {}), **made, **more}


def test_each_output_of_a_call_is_an_example(shop: Shop) -> None:
    shop.pull([call("x", "First.", "Second.", "Third.", rating=5)])
    rows = sorted(shop.project.table("interactions").to_pylist(), key=lambda r: r["source_id"])
    assert [(r["source_id"], r["response"], r["finish_reason"]) for r in rows] == [
        ("x", "First.", "length"), ("x#2", "Second.", "stop"), ("x#3", "Third.", "stop"),
    ]  # fmt: skip
    assert [r["output_tokens"] for r in rows] == [9, None, None]
    assert len({(r["messages"], r["group_key"], r["document"]) for r in rows}) == 1
    # The rating of the call belongs to the output that was shown.
    rated = shop.project.table("ratings").to_pylist()
    assert [r["interaction_id"] for r in rated] == [rows[0]["interaction_id"]]
    result = shop.project.pairs()
    assert (result.found, result.undecided) == (0, 1)
    queued = shop.project.queue(kind="preference").entries
    assert [(e.source_id) for e in queued] == ["x"]


def test_outputs_that_are_rated_apart_make_a_pair(shop: Shop) -> None:
    shop.pull(
        [call("x", "First.", "Second.", rating=1)],
        PullOptions(declared=Declared(scale="1-5")),
    )
    late = PullOptions(declared=Declared("feedback", {"key": "call"}, "1-5"))
    shop.pull([{"call": "x#2", "rating": 5}], late)
    result = shop.project.pairs()
    assert shop.pairs() == {("x#2", "x", "output")}
    assert (result.train + result.test, result.undecided) == (1, 0)


def test_outputs_that_a_call_no_longer_has_are_gone(shop: Shop) -> None:
    shop.pull([call("x", "One.", "Two.", "Three."), call(None, "Four.", "Five.")])
    assert len(shop.names()) == 5
    shop.write(shop.folder / "1.jsonl", [call("x", "One.", "Two!"), call(None, "Four.", "Five.")])
    shop.project.pull([str(shop.folder / "1.jsonl")])
    assert {n for n in shop.names().values() if n.startswith("x")} == {"x", "x#2"}
    shop.write(shop.folder / "1.jsonl", [call("x", "One.")])
    shop.project.pull([str(shop.folder / "1.jsonl")])
    assert {n for n in shop.names().values() if n.startswith("x")} == {"x"}


def test_outputs_of_a_table_stay_while_their_row_does(shop: Shop) -> None:
    path = shop.folder / "log.sqlite"
    with sqlite3.connect(path) as con:
        con.execute("CREATE TABLE calls (id TEXT PRIMARY KEY, at TEXT NOT NULL, request, response)")
        for name in ("a", "b", "c"):
            made = call(name, f"{name} one.", f"{name} two.")
            texts = [json.dumps(made[part]) for part in ("request", "response")]
            con.execute("INSERT INTO calls VALUES (?, '2026-05-01', ?, ?)", (name, *texts))
    reading = Reading(cursor="at", key="id", reconcile=True)
    options = PullOptions(table="calls", database=reading)
    shop.project.pull([str(path)], options)
    shop.project.pull([str(path)], options)
    assert sorted(shop.names().values()) == ["a", "a#2", "b", "b#2", "c", "c#2"]
    with sqlite3.connect(path) as con:
        con.execute("DELETE FROM calls WHERE id = 'b'")
    shop.project.pull([str(path)], options)
    assert sorted(shop.names().values()) == ["a", "a#2", "c", "c#2"]


# -- which pairs are kept --------------------------------------------------------------------------


def test_whatever_else_is_wrong_with_an_answer_keeps_its_pairs_out(shop: Shop) -> None:
    shop.pull([
        row("good", "Open?", "Yes, of course.", 5),
        row("cut", "Open?", "Yes, of", 5, finish_reason="length"),
        row("low", "Open?", "Never at all.", 1),
        row("failed", "Open?", "Error.", 1, status="error"),
    ])  # fmt: skip
    shop.project.filter()
    shop.project.pairs()
    told = shop.told()
    assert told["good", "low"] is None
    assert told["cut", "low"] == "chosen_truncated"
    assert told["good", "failed"] == "rejected_error_status"


def test_low_ratings_on_the_held_out_side_make_held_out_pairs(shop: Shop) -> None:
    shop.pull([
        row("a", "Open?", "Yes.", 5, split="test"), row("b", "Open?", "No.", 1, split="test"),
        row("c", "Closed?", "No.", 5, split="train"), row("d", "Closed?", "Yes.", 1, split="train"),
        row("e", "Why?", "So.", 5, split="train"), row("f", "Why?", "No.", 1, split="test"),
    ])  # fmt: skip
    shop.project.pairs()
    # e leaks the held-out f; its side is train, so the pair has no side of its own.
    assert shop.told() == {("a", "b"): None, ("c", "d"): None, ("e", "f"): "both_sides"}
    chosen = {
        side: [li["chosen"]["response"] for li in lines] for side, lines in shop.lines().items()
    }
    assert chosen == {"train": ["No."], "test": ["Yes."]}


@pytest.mark.slow
def test_a_late_rating_moves_the_pairs(shop: Shop) -> None:
    shop.pull([row("a", "Open?", "Yes.", 5), row("b", "Open?", "No.", 1)])
    shop.project.pairs()
    late = PullOptions(declared=Declared("feedback", {"key": "call"}, "1-5"))
    shop.pull([{"call": "a", "rating": 1}, {"call": "b", "rating": 5}], late)
    assert shop.told() == {("a", "b"): "stale"}
    result = shop.project.pairs()
    assert (shop.told(), result.changed) == ({("b", "a"): None}, 2)


def test_a_classification_has_no_answers_to_prefer(tmp_path: Path) -> None:
    project = new_project(tmp_path, task="classification")
    with pytest.raises(ConfigError, match="its answers are labels"):
        project.pairs()


def test_an_empty_project(shop: Shop) -> None:
    result = shop.project.pairs()
    assert (result.found, result.methods, result.lengths, result.position) == (0, (), None, None)
    assert shop.all_lines() == []


# -- people ----------------------------------------------------------------------------------------


def choice(value: str) -> list[dict[str, Any]]:
    return [
        {
            "from_name": "preference",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [value]},
        }
    ]


class Desk:
    """Preference tasks as a queue would have handed them over, and what annotators say to them."""

    def __init__(self, shop: Shop) -> None:
        self.shop, self.tasks = shop, list[dict[str, Any]]()
        found = shop.project.table("interactions").to_pylist()
        self.known = {r["source_id"]: (r["interaction_id"], r["content_hash"]) for r in found}

    def ask(self, a: str, b: str, votes: list[str], swapped: bool = False) -> None:
        """Asks about a and b; votes are A or B as shown, tie or both_bad."""
        self.tasks.append({"key": f"{a}/{b}", "a": a, "b": b, "votes": votes, "swapped": swapped})

    def sync(self) -> None:
        store = self.shop.project.store
        with store.run("queue", {}) as run, store.write() as con:
            run.changed = True
            con.executemany(
                "INSERT INTO tasks BY NAME "
                "SELECT ? AS task_key, 'preference' AS kind, ? AS example_id, "
                "? AS other_id, ? AS content_hash, 1 AS round, 1 AS place, "
                "[] AS detectors, '' AS why, "
                "false AS audit, true AS kept, 'train' AS side, false AS blind, ? AS swapped, "
                "'sent' AS state, 'file' AS server, ? AS run_id",
                [
                    [t["key"], self.known[t["a"]][0], self.known[t["b"]][0], self.known[t["a"]][1],
                     t["swapped"], run.run_id]
                    for t in self.tasks
                ],
            )  # fmt: skip
        number = itertools.count(1)
        exported = [
            {"id": n, "data": {"curate_id": t["key"]}, "annotations": [
                {"id": next(number), "completed_by": {"id": by}, "result": choice(vote),
                 "created_at": "2026-11-24T04:00:00Z", "updated_at": "2026-11-24T04:00:00Z"}
                for by, vote in enumerate(t["votes"], 1)
            ]}
            for n, t in enumerate(self.tasks, 1)
        ]  # fmt: skip
        path = self.shop.folder / "export.json"
        path.write_text(json.dumps(exported), encoding="utf-8")
        synced = sync_from_file(store, path)
        assert (synced.problems, synced.foreign) == ((), 0)


@pytest.mark.slow
def test_annotators_outrank_ratings(shop: Shop) -> None:
    for n in range(4):
        shop.pull([row(f"a{n}", f"Open {n}?", "Yes.", 5), row(f"b{n}", f"Open {n}?", "No.", 4)])
    desk = Desk(shop)
    desk.ask("a0", "b0", ["A", "A", "B"])
    desk.ask("a1", "b1", ["B", "B", "A"])
    desk.ask("a2", "b2", ["tie", "tie", "A"])
    desk.ask("a3", "b3", ["both_bad"])
    desk.sync()
    result = shop.project.pairs()
    names = shop.names()
    told = {
        (r["method"], names[r["chosen_id"]], names[r["rejected_id"]]): r["reason"]
        for r in shop.project.table("pair_verdicts").to_pylist()
    }
    assert told == {
        ("annotation", "a0", "b0"): None,
        ("rating", "a0", "b0"): "duplicate",
        ("annotation", "b1", "a1"): None,
        ("rating", "a1", "b1"): "contradicted",
        ("rating", "a2", "b2"): "tie",
        ("rating", "a3", "b3"): "chosen_not_preferred",
    }
    # A was shown first throughout: preferred in 2 + 1 + 1 of 7 decided answers.
    assert result.position is not None
    assert (result.position.first, result.position.decided) == (4, 7)
    assert (result.position.low, result.position.high) == clopper_pearson(4 / 7, 7)


def test_what_a_human_drops_is_in_no_pair(shop: Shop) -> None:
    shop.pull([row("a", "Open?", "Yes.", 5), row("b", "Open?", "No.", 1)])
    shop.project.pairs()
    with shop.project.store.write() as con:
        con.execute(
            "INSERT INTO settled (example_id, verdict, annotator) "
            "SELECT interaction_id, 'drop', 1 FROM interactions WHERE source_id = 'b'"
        )
    assert shop.told() == {("a", "b"): "rejected_dropped"}


# -- what it costs, and that it is the same --------------------------------------------------------


def evidence(project: Project) -> list[list[dict[str, Any]]]:
    tables = ("pairs", "pair_answers")
    return [
        sorted(
            project.table(name).to_pylist(),
            key=lambda r: json.dumps(r, sort_keys=True, default=str),
        )
        for name in tables
    ]


def random_rows(seed: int, count: int) -> list[dict[str, Any]]:
    lots = random.Random(seed)
    topics = ["the delivery of a large parcel to the island",
              "the return of shoes that do not fit me",
              "a bill that came two times in one month"]  # fmt: skip
    rows = []
    for n in range(count):
        end = lots.choice(["", " please", " now"])
        asked = f"Please tell me everything about {lots.choice(topics)}{end}?"
        more: dict[str, Any] = {}
        if lots.random() < 0.2:
            more["corrected_response"] = f"Corrected {lots.randrange(3)}."
        if lots.random() < 0.3:
            more["rank"] = lots.randrange(3)
        rating = lots.choice([None, 1, 2, 3, 4, 5])
        rows.append(row(f"r{n:03}", asked, f"Answer {lots.randrange(12)}.", rating, **more))
    return rows


def test_an_image_is_part_of_what_was_asked(shop: Shop) -> None:
    def seen(name: str, image: str, answer: str, rating: int) -> dict[str, Any]:
        parts = [
            {"type": "text", "text": "What is this?"},
            {"type": "image_url", "image_url": {"url": f"https://example.org/{image}.png"}},
        ]
        return {
            "id": name, "messages": [{"role": "user", "content": parts}],
            "response": answer, "rating": rating,
        }  # fmt: skip

    shop.pull([
        seen("good", "cat", "A cat.", 5), seen("bad", "cat", "A dog.", 1),
        seen("other", "hat", "A bat.", 1),
    ])  # fmt: skip
    shop.project.pairs()
    assert shop.pairs() == {("good", "bad", "rating")}
    shop.project.pairs()


@pytest.mark.slow
def test_what_is_found_step_by_step_is_what_is_found_at_once(
    tmp_path: Path, write_jsonl: WriteJsonl, new_store: NewStore
) -> None:
    rows = random_rows(7, 90)
    late = PullOptions(declared=Declared("feedback", {"key": "call"}, "1-5"))
    rated = [{"call": f"r{n:03}", "rating": 1 + n % 5} for n in range(0, 90, 9)]
    steps = Shop(tmp_path / "steps", write_jsonl, new_store)
    for begin in (0, 45):
        steps.pull(rows[begin : begin + 45], RANKED)
        steps.project.pairs()
    steps.pull(rated, late)
    steps.project.pairs()
    once = Shop(tmp_path / "once", write_jsonl, new_store)
    for begin in (45, 0):
        once.pull(rows[begin : begin + 45], RANKED)
    once.pull(rated, late)
    result = once.project.pairs()
    assert result.found > 100 and {m.method for m in result.methods} == {
        "rating",
        "rank",
        "correction",
    }
    assert evidence(steps.project) == evidence(once.project)
    before = once.project.store.state_digest()
    assert once.project.pairs().changed == 0
    assert once.project.store.state_digest() == before


@pytest.mark.slow
def test_new_rows_meet_only_the_answers_to_their_prompt(shop: Shop) -> None:
    shop.pull([row(f"a{n}", f"Question {n}?", f"Answer {n % 7}.", 1 + n % 5) for n in range(300)])
    shop.project.pairs()
    shop.pull([row("new", "Question 7?", "Better.", 5), row("unrated", "Question 8?", "Hm.")])
    store = shop.project.store
    result = shop.project.pairs()
    assert result.changed == 1  # nobody says anything about the other one
    assert shop.pairs() == {("new", "a7", "rating")}
    with store.read() as con:
        assert con.execute("SELECT outcome FROM runs ORDER BY run_id DESC LIMIT 1").fetchall() == [
            ("changed",)
        ]


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.e2e)])
def test_no_prompt_is_on_both_sides_and_an_oracle_finds_the_same(seed: int, shop: Shop) -> None:
    lots = random.Random(seed)
    rows = [
        row(f"r{n}", f"Question {lots.randrange(60)} of many?", f"Answer {lots.randrange(6)}.",
            lots.choice([1, 3, 5]))
        for n in range(150)
    ]  # fmt: skip
    shop.pull(rows)
    shop.project.filter()
    shop.project.dedupe(near=None, semantic=None)
    shop.project.pairs()
    sides = shop.lines()
    asked = {
        side: {normalise(li[part]["query"]) for li in lines for part in ("chosen", "rejected")}
        for side, lines in sides.items()
    }
    assert asked["train"] and asked["test"] and not asked["train"] & asked["test"]
    kept = {
        (li["chosen"]["query"], li["chosen"]["response"], li["rejected"]["response"])
        for lines in sides.values() for li in lines
    }  # fmt: skip
    assert kept == wanted(rows)


def wanted(rows: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Pairs by brute force: rated 5 over less, unless another copy of the two says the contrary."""
    said = {
        (a["prompt"], a["response"], b["response"])
        for a in rows for b in rows
        if a["prompt"] == b["prompt"] and a["rating"] > b["rating"]
        and a["response"] != b["response"]
    }  # fmt: skip
    good = {(r["prompt"], r["response"]) for r in rows if r["rating"] == 5}
    return {(q, a, b) for q, a, b in said if (q, a) in good and (q, b, a) not in said}


def test_many_answers_to_one_prompt_make_a_bounded_number_of_pairs(shop: Shop) -> None:
    shop.pull([row(f"a{n:03}", "Hi", f"Hello {n}.", 1 + n % 5) for n in range(200)])
    assert shop.project.pairs().found == pairs.MOST_ANSWERS**2  # the ten best over the ten worst


# -- thumbs ----------------------------------------------------------------------------------------


def test_examples_with_a_thumb_up_or_down(shop: Shop) -> None:
    shop.pull([
        row("up", "One?", "Yes.", 5), row("down", "One?", "No.", 1), row("again", "One?", "no.", 2),
        row("middle", "One?", "Maybe.", 3),
        row("torn", "Two?", "Yes.", 5), row("torn2", "Two?", "Yes.", 1),
        row("cut", "Three?", "Ye", 1, finish_reason="length"), row("unrated", "Four?", "Yes."),
        row("held", "Five?", "No.", 1, split="test"), row("fine", "Six?", "Yes.", 5, split="train"),
    ])  # fmt: skip
    shop.project.filter()
    shop.project.dedupe(semantic=None)
    store, names = shop.project.store, shop.names()
    with verdicts.today(store) as today:
        con = today.con
        pairs.prepare_rated(today)
        verdicts.find_edge_cases(today)
        told = {
            names[r[0]]: r[1:] for r in con.execute(
                "SELECT example_id, good, reason FROM rated_verdicts").fetchall()
        }  # fmt: skip
        written = {
            side: {names[r["example_id"]]: r["good"] for r in exported(con, "rated", side)}
            for side in ("train", "test")
        }
    assert told == {
        "up": (True, None), "down": (False, "duplicate"), "again": (False, None),
        "middle": (False, "neither"),
        "torn": (True, "contradicted"), "torn2": (False, "contradicted"),
        "held": (False, None), "fine": (True, None),
    }  # fmt: skip
    assert written["test"]["held"] is False
    assert written["train"] | written["test"] == {
        "up": True, "again": False, "held": False, "fine": True,
    }  # fmt: skip


def test_what_is_kept_though_nobody_rates_it_is_no_thumb_up(shop: Shop) -> None:
    shop.pull([
        row("silent", "One?", "Yes."), row("copy", "Two?", "Yes."), row("bad", "Two?", "Yes.", 1),
        row("up", "Three?", "Yes.", 5), row("poor", "Four?", "No.", 1),
        row("corrected", "Five?", "No.", 1, corrected_response="Yes."),
    ])  # fmt: skip
    shop.project.filter(skip=["min_rating"])
    shop.project.dedupe(exact="off", near=None, semantic=None)
    store, names = shop.project.store, shop.names()
    with verdicts.today(store) as today:
        con = today.con
        pairs.prepare_rated(today)
        verdicts.find_edge_cases(today)
        rows = con.execute("SELECT example_id, good, reason FROM rated_verdicts").fetchall()
    told = {names[name]: (good, reason) for name, good, reason in rows}
    assert [told[n][1] for n in ("silent", "copy")] == ["unrated", "unrated"]
    assert (told["bad"], told["poor"]) == ((False, None), (False, None))
    assert (told["up"], told["corrected"]) == ((True, None), (True, None))


def test_a_corrected_answer_has_no_rating_of_the_one_it_replaced(shop: Shop) -> None:
    rows = [row("plain", "One?", "Yes.", 5)]
    rows += [
        row(name, f"{name}?", "No.", 1, corrected_response="Yes.") for name in ("logged", "judged")
    ]
    shop.pull(rows)
    shop.project.filter()
    store, names = shop.project.store, shop.names()
    judged = next(i for i, name in names.items() if name == "judged")
    with store.write() as con:
        con.execute("INSERT INTO settled (example_id, rating) VALUES (?, 4)", [judged])
    with verdicts.today(store) as today:
        con = today.con
        verdicts.find_edge_cases(today)
        lines = [row for side in ("train", "test") for row in exported(con, "examples", side)]
    assert {names[r["example_id"]]: r["human_rating"] for r in lines} == {
        "plain": 5, "logged": None, "judged": 4,
    }  # fmt: skip


# -- what people see -------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_command_says_what_it_found(shop: Shop) -> None:
    shop.pull([
        row("a", "Open?", "Yes, until six in the evening.", 5), row("b", "Open?", "No.", 1),
        row("c", "Closed?", "No.", 5), row("d", "Closed?", "Yes, I am quite sure.", 1),
    ])  # fmt: skip
    runner, arguments = CliRunner(), ["-C", str(shop.project.folder)]
    said = runner.invoke(Program(), [*arguments, "pairs"])  # type: ignore[arg-type]
    assert said.exit_code == 0, said.output
    assert "rating      2" in said.stdout and "better is longer" in said.stdout
    assert "the better answer is the longer one in 50% of pairs (1% to 99%)" in said.stdout
    made = runner.invoke(Program(), [*arguments, "pairs", "--json"])  # type: ignore[arg-type]
    found = json.loads(made.stdout)
    assert found["methods"] == [
        {"method": "rating", "found": 2, "train": found["methods"][0]["train"],
         "test": found["methods"][0]["test"], "margin": 1.0, "longer": 0.5}
    ]  # fmt: skip
    assert (found["lengths"]["pairs"], found["lengths"]["prompts"]) == (2, 2)
    assert (found["changed"], found["settings"]) == (0, {"min_margin": 0.25})
    status = runner.invoke(Program(), [*arguments, "status"])  # type: ignore[arg-type]
    assert "preference pairs: 2 of 2 ready" in status.stdout
    why = runner.invoke(Program(), [*arguments, "why", "b"])  # type: ignore[arg-type]
    assert f"pair        rejected for {shop_id(shop, 'a')} (rating 5 vs 1)" in why.stdout


def shop_id(shop: Shop, name: str) -> str:
    return next(i for i, n in shop.names().items() if n == name)[:12]


def test_every_reason_has_words(shop: Shop) -> None:
    assert words.render_pair_reason("chosen_truncated") == "better answer: truncated answer"
    assert words.render_pair_reason("rejected_dropped") == "worse answer: dropped by a human"
    for why in (
        "stale",
        "identical",
        "small_margin",
        "tie",
        "contradicted",
        "both_sides",
        "duplicate",
    ):
        assert words.render_pair_reason(why) != why


# -- published data --------------------------------------------------------------------------------


def raw(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@pytest.mark.slow
def test_the_ranks_of_oasst1(shared_data: Path, shop: Shop) -> None:
    path = shared_data / "oasst1_en_validation" / "messages.jsonl.gz"
    fields = {"rank": "rank", "session": "message_tree_id"}
    shop.project.pull([str(path)], PullOptions(declared=Declared("turns", fields)))
    result = shop.project.pairs()
    siblings = defaultdict(list)
    for message in raw(path):
        if message["role"] == "assistant" and message["rank"] is not None:
            siblings[message["parent_id"]].append(message)
    ordered = [
        (a, b) for group in siblings.values() for a in group for b in group if a["rank"] < b["rank"]
    ]
    assert len(ordered) == 1_026
    assert shop.pairs() == {(a["message_id"], b["message_id"], "rank") for a, b in ordered}
    assert (result.train + result.test, result.reasons) == (1_025, (("identical", 1),))
    ranks = {m["message_id"]: m["rank"] for group in siblings.values() for m in group}
    names = shop.names()
    lines = shop.all_lines()
    assert len(lines) == 1_025
    for line in lines:
        chosen, rejected = (names[line[side]["example_id"]] for side in ("chosen", "rejected"))
        assert ranks[chosen] < ranks[rejected]
        assert line["chosen"]["messages"] == line["rejected"]["messages"]
    longer = [
        (len(li["chosen"]["response"]) > len(li["rejected"]["response"]))
        + 0.5 * (len(li["chosen"]["response"]) == len(li["rejected"]["response"]))
        for li in lines
    ]
    assert result.lengths is not None
    assert result.lengths.longer == pytest.approx(sum(longer) / len(longer))
    assert result.lengths.longer_low < result.lengths.longer < result.lengths.longer_high


@pytest.mark.e2e
def test_the_rewards_of_taskmaster(shared_data: Path, shop: Shop) -> None:
    def said(turn: dict[str, Any]) -> str:
        return turn.get("text") or json.dumps({k: v for k, v in turn.items() if k != "role"})

    roles = {"agent": "assistant", "api": "tool", "user": "user"}
    rows = raw(shared_data / "taskmaster3_reward" / "rows.jsonl.gz")
    documents = [
        {
            "id": str(n), "rating": r["reward"], "response": said(json.loads(r["generation"])),
            "messages": [
                {"role": roles[t["role"]], "content": said(t)} for t in json.loads(r["context"])
            ],
        }
        for n, r in enumerate(rows)
    ]  # fmt: skip
    shop.pull(documents)
    result = shop.project.pairs()
    rewards: dict[str, set[float]] = defaultdict(set)
    for r in rows:
        rewards[r["context"]].add(r["reward"])
    both = {normalise(context) for context, seen in rewards.items() if len(seen) == 2}
    assert len(both) == 15
    found = [(rows[int(a)], rows[int(b)]) for a, b, _ in shop.pairs()]
    asked = [[normalise(r["context"]) for r in pair] for pair in found]
    assert {a for a, b in asked if a == b} >= both
    assert all(a["reward"] == 1 and b["reward"] == 0 for a, b in found)
    assert dict(result.reasons)["identical"] >= 5  # one answer to one context, rated 1 and 0


@pytest.mark.e2e
def test_the_majority_of_pandalm(shared_data: Path, shop: Shop) -> None:
    rows = raw(shared_data / "pandalm_testset" / "rows.jsonl.gz")
    documents = [
        row(f"{r['idx']}-{k}", f"{r['instruction']}\n{r['input']}", str(r[f"response{k}"]))
        for r in rows for k in (1, 2)
    ]  # fmt: skip
    shop.pull(documents)
    desk, lots, want = Desk(shop), random.Random(1), set()
    first = decided = 0
    for r in rows:
        votes = [r[f"annotator{k}"] for k in (1, 2, 3)]
        swapped = lots.random() < 0.5
        shown = {0: "tie", 1: "B" if swapped else "A", 2: "A" if swapped else "B"}
        desk.ask(f"{r['idx']}-1", f"{r['idx']}-2", [shown[v] for v in votes], swapped)
        first += sum(shown[v] == "A" for v in votes)
        decided += sum(v != 0 for v in votes)
        (winner, _), *_ = Counter(votes).most_common(1)
        if winner and str(r["response1"]).strip() and str(r["response2"]).strip():
            want.add((f"{r['idx']}-{winner}", f"{r['idx']}-{3 - winner}", "annotation"))
    desk.sync()
    result = shop.project.pairs()
    assert shop.pairs() == want
    assert result.position is not None
    assert (result.position.first, result.position.decided) == (first, decided)
    assert result.position.low < 0.5 < result.position.high  # the order was drawn by lot
    assert isinstance(result, PairsResult) and {m.method for m in result.methods} <= set(METHODS)
