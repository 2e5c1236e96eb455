"""The input of an example, conversations without session ids, and near-duplicate inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.dedupe import input_pairs
from curate.inputs import inputs
from curate.inputs.inputs import input_text
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.pull.pull import pull
from curate.store import Store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Load = Callable[..., Store]

LONG = "the parcel that I ordered in March has still not arrived"  # 11 words


@pytest.fixture
def load(store: Store, write_jsonl: WriteJsonl) -> Load:
    """Pulls rows into the store and computes their inputs; says whether that changed anything."""

    def add(rows: Iterable[Mapping[str, Any]], name: str = "logs.jsonl") -> Store:
        path = write_jsonl(store.folder / name, rows)
        pull(store, [str(path)], options=PullOptions(declared=Declared("interactions", {}, "1-5")))
        refresh(store)
        return store

    return add


def refresh(store: Store) -> bool:
    with store.run("inputs") as run:
        inputs.refresh(store, run)
        return run.changed


def texts(store: Store) -> dict[str, str]:
    with store.read() as con:
        query = (
            "SELECT source_id, text FROM example_inputs JOIN inputs USING (input_hash) "
            "JOIN interactions ON interaction_id = example_id"
        )
        return dict(con.execute(query).fetchall())


def conversations(store: Store) -> dict[str, str]:
    with store.read() as con:
        return dict(con.execute("SELECT source_id, conversation_id FROM examples").fetchall())


def chat(*turns: str, system: str | None = None) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    said = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    return [{"role": "system", "content": system}, *said] if system else said


@pytest.mark.parametrize(
    ("query", "context", "wanted"),
    [
        (LONG, "before", LONG),
        (
            "one two three four five six seven",
            "before",
            "before\none two three four five six seven",
        ),
        (
            "one two three four five six seven eight",
            "before",
            "one two three four five six seven eight",
        ),
        ("yes", "", "yes"),
        ("", "before", ""),
        ("  ", "before", "  "),
    ],
)
def test_short_inputs_take_the_two_messages_before_along(
    query: str, context: str, wanted: str
) -> None:
    assert input_text(query, context) == wanted


def test_inputs_are_the_last_turn_never_the_system_prompt(load: Load) -> None:
    system = "You are the assistant of a shop. " * 5
    store = load(
        [
            {
                "id": "long",
                "messages": chat("Hi", "Hello!", LONG, system=system),
                "response": "Oh.",
            },
            {
                "id": "short",
                "messages": chat("Hi", "Hello! Which order?", "The  BLUE one", system=system),
                "response": "Ok.",
            },
            {"id": "first", "messages": chat("Hi", system=system), "response": "Hello!"},
            {"id": "deep", "messages": chat("A", "B", "C", "D", "E"), "response": "F"},
            {
                "id": "none",
                "messages": [{"role": "system", "content": system}],
                "response": "Hello!",
            },
        ]
    )
    assert texts(store) == {
        "long": LONG.casefold(),
        "short": "hi hello! which order? the blue one",
        "first": "hi",
        "deep": "c d e",
        "none": "",
    }


def test_a_template_is_found_when_most_rows_have_it_and_then_left_out(load: Load) -> None:
    prefix = (
        "Use the handbook below to answer. Handbook: " + "Returns are free. " * 40 + "Customer: "
    )
    what = ["Shoes", "Two lamps", "My sofa", "A clock", "Both chairs", "Ink", "That oven", "Soap"]
    asked = [f"{what[n % 8]} arrived broken, case {n}" for n in range(40)]
    rows = [
        {"id": f"t{n}", "prompt": prefix + text, "response": "Ok."}
        for n, text in enumerate(asked[:30])
    ]
    rows += [
        {"id": f"t{n}", "prompt": text, "response": "Ok."} for n, text in enumerate(asked[30:], 30)
    ]
    store = load(rows)
    found = texts(store)
    assert {found[f"t{n}"] for n in range(40)} == {text.casefold() for text in asked}
    assert not refresh(store)
    with store.read() as con:
        assert con.execute("SELECT affix, text FROM templates").fetchall() == [("prefix", prefix)]


def test_changed_content_gets_a_new_input_and_the_old_one_is_forgotten(load: Load) -> None:
    store = load(
        [
            {"id": "a", "prompt": "Old question?", "response": "Ok."},
            {"id": "b", "prompt": "Other question?", "response": "Ok."},
        ]
    )
    load(
        [
            {"id": "a", "prompt": "New question?", "response": "Ok."},
            {"id": "b", "prompt": "Other question?", "response": "Ok."},
        ]
    )
    assert texts(store) == {"a": "new question", "b": "other question"}
    with store.read() as con:
        assert con.execute("SELECT count(*) FROM inputs").fetchall() == [(2,)]


def test_an_empty_store_and_a_second_run(store: Store) -> None:
    assert not refresh(store)
    assert pairs(store, 0.8)[0] == 0


# -- conversations without a session id --------------------------------------------------------


def test_twenty_calls_with_full_history_are_one_conversation(load: Load) -> None:
    turns: list[str] = []
    rows = []
    for n in range(20):
        turns.append(f"Question {n}")
        rows.append(
            {
                "id": f"c{n}",
                "messages": chat(*turns, system=f"It is minute {n}."),
                "response": f"Answer {n}",
            }
        )
        turns.append(f"Answer {n}")
    rows.append({"id": "alone", "messages": chat("Question 0"), "response": "Another answer"})
    store = load(rows)
    found = conversations(store)
    assert len({found[f"c{n}"] for n in range(20)}) == 1
    assert found["alone"] != found["c0"]


def test_it_does_not_matter_in_which_pull_the_turns_come(load: Load) -> None:
    rows = [
        {"id": "c0", "messages": chat("Q0"), "response": "A0"},
        {"id": "c1", "messages": chat("Q0", "A0", "Q1"), "response": "A1"},
        {"id": "c2", "messages": chat("Q0", "A0", "Q1", "A1", "Q2"), "response": "A2"},
    ]
    store = load([rows[2]], "three.jsonl")
    assert len(set(conversations(store).values())) == 1
    load([rows[0]], "one.jsonl")
    load([rows[1]], "two.jsonl")
    assert len(set(conversations(store).values())) == 1
    assert len(conversations(store)) == 3


def test_one_opening_does_not_join_all_that_begin_with_it(load: Load) -> None:
    rows = [{"id": "hello", "messages": chat("Hi"), "response": "Hello!"}]
    for n in range(30):
        first = chat("Hi", "Hello!", f"Question {n}")
        rows.append({"id": f"a{n}", "messages": first, "response": f"Answer {n}"})
        rows.append(
            {
                "id": f"b{n}",
                "messages": chat("Hi", "Hello!", f"Question {n}", f"Answer {n}", "And then?"),
                "response": f"More {n}",
            }
        )
    found = conversations(load(rows))
    assert all(found[f"a{n}"] == found[f"b{n}"] for n in range(30))
    assert len({found[f"a{n}"] for n in range(30)}) == 30


def test_a_session_id_comes_first(load: Load) -> None:
    found = conversations(
        load(
            [
                {"id": "a", "messages": chat("Q0"), "response": "A0", "session_id": "s"},
                {"id": "b", "messages": chat("Other"), "response": "A0", "session_id": "s"},
                {
                    "id": "c",
                    "messages": chat("Q0", "A0", "Q1"),
                    "response": "A1",
                    "session_id": "t",
                },
            ]
        )
    )
    assert found["a"] == found["b"] == "logs/s"
    assert found["c"] == "logs/t"


# -- near-duplicate inputs ---------------------------------------------------------------------


def pairs(store: Store, threshold: float) -> tuple[int, bool]:
    """The number of pairs at a threshold, and whether they had to be computed."""
    with store.run("pairs") as run:
        input_pairs.refresh_near(store, run, threshold=threshold)
        with store.read() as con:
            similar = "SELECT count(*) FROM input_pairs WHERE similarity >= ?"
            count = con.execute(similar, [threshold]).fetchall()[0][0]
        return int(count), run.changed


def test_pairs_are_computed_anew_for_a_lower_threshold_not_for_a_higher_one(load: Load) -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    store = load(
        [
            {"id": "a", "prompt": " ".join(words), "response": "Ok."},
            # 8 3-grams and 9 of which 8 are shared: 8/9 = 0.889.
            {"id": "b", "prompt": " ".join([*words, "lambda"]), "response": "Ok."},
            # 8 and 8, 7 shared: 7/9 = 0.778.
            {"id": "c", "prompt": " ".join([*words[:-1], "omega"]), "response": "Ok."},
        ]
    )
    assert pairs(store, 0.8) == (1, True)
    assert pairs(store, 0.8) == (1, False)
    assert pairs(store, 0.9) == (0, False)
    # a-c 7/9, b-c 7 shared of 10: 0.7.
    assert pairs(store, 0.75) == (2, True)
    assert pairs(store, 0.7) == (3, True)
    assert pairs(store, 0.8) == (1, False)
    load([{"id": "d", "prompt": " ".join([*words, "mu"]), "response": "Ok."}], "more.jsonl")
    # d is as near to a as b is; b-d share 8 of 10 = 0.8.
    assert pairs(store, 0.8) == (3, True)
