from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from curate.pull.pull import pull
from curate.store import Store

Told = Callable[..., PullResult]


@pytest.fixture
def tell(store: Store, tmp_path: Path, write_jsonl: Any) -> Told:
    """Pulls turns, given as tuples of the columns; a name before them says which file."""

    def pull_turns(columns: str, *turns: Any, name: str = "a", **said: Any) -> PullResult:
        documents = [dict(zip(columns.split(), turn, strict=True)) for turn in turns]
        write_jsonl(tmp_path / "turns" / f"{name}.jsonl", documents)
        return pull(store, [str(tmp_path / "turns")],
                    options=PullOptions(declared=Declared("turns", **said)))  # fmt: skip

    return pull_turns


def answers(store: Store) -> list[tuple[list[str], str]]:
    """For each call: its messages as `u:text`, and the answer; in order of answers."""
    with store.read() as con:
        found = con.execute("SELECT messages, response FROM interactions ORDER BY 2").fetchall()
    return [([f"{m['role'][0]}:{m['content']}" for m in json.loads(said)], answer)
            for said, answer in found]  # fmt: skip


def test_the_one_that_is_called_system_answers_the_user(store: Store, tell: Told) -> None:
    result = tell(
        "dialogue_id turn speaker text",
        ("d", 1, "USER", "q1"), ("d", 2, "SYSTEM", "a1"), ("d", 3, "USER", "q2"),
        ("d", 4, "SYSTEM", "a2"), ("d", 5, "USER", "thanks"),
    )  # fmt: skip
    assert answers(store) == [(["u:q1"], "a1"), (["u:q1", "a:a1", "u:q2"], "a2")]
    assert result.rejected == {"no-answer": 1} and result.documents == 5


def test_a_system_prompt_is_one_where_an_assistant_answers(store: Store, tell: Told) -> None:
    tell("session role text", (1, "system", "be nice"), (1, "human", "q"), (1, "Bot", "a"))
    assert answers(store) == [(["s:be nice", "u:q"], "a")]


def test_a_role_in_another_case_after_the_sample_is_known(store: Store, tell: Told) -> None:
    sample = [(1, "user", f"q{n}") for n in range(1_999)]
    tell(
        "session role text", *sample, (1, "assistant", "a"), (2, "USER", "x"), (2, "Assistant", "y")
    )
    assert (["u:x"], "y") in answers(store)


def test_without_roles_every_turn_answers_the_one_before(store: Store, tell: Told) -> None:
    tell("conversation_id agent text", ("c", "ann", "1"), ("c", "ben", "2"), ("c", "ann", "3"))
    assert answers(store) == [([], "1"), (["u:1"], "2"), (["a:1", "u:2"], "3")]


def test_role_words_can_be_said(store: Store, tell: Told) -> None:
    tell("session role text", (1, "ann", "q"), (1, "ben", "a"),
         roles={"ann": "user", "ben": "assistant"})  # fmt: skip
    assert answers(store) == [(["u:q"], "a")]


@pytest.mark.parametrize("by", ["turn", "created_at"])
def test_the_order_of_rows_does_not_matter(store: Store, tell: Told, by: str) -> None:
    when = [n if by == "turn" else f"2026-01-01T00:{n:02}:00" for n in range(12)]
    turns = [(c, when[n], ("user", "bot")[n % 2], f"{c}{n:02}") for c in "ab" for n in range(12)]
    random.Random(1).shuffle(turns)
    tell(f"session {by} role text", *turns)
    made = answers(store)
    assert len(made) == 12
    assert made[1] == (["u:a00", "a:a01", "u:a02"], "a03")


TREE = "message_id parent_id role text"


def test_answers_of_a_tree_have_the_path_to_them(store: Store, tell: Told) -> None:
    result = tell(
        TREE,
        ("a1", "q1", "assistant", "a1"), ("q1", None, "prompter", "q1"),
        ("a2", "q1", "assistant", "a2"), ("q2", "a2", "prompter", "q2"),
        ("a3", "q2", "assistant", "a3"), ("q3", "a3", "prompter", "q3"),
    )  # fmt: skip
    assert answers(store) == [
        (["u:q1"], "a1"), (["u:q1"], "a2"), (["u:q1", "a:a2", "u:q2"], "a3")
    ]  # fmt: skip
    assert result.rejected == {"no-answer": 1}


def test_a_tree_that_bites_its_tail_ends(store: Store, tell: Told) -> None:
    tell(TREE, ("a", "b", "assistant", "a"), ("b", "a", "prompter", "b"))
    assert answers(store) == [(["u:b"], "a")]


def test_a_tree_of_people_alternates(store: Store, tell: Told) -> None:
    tell("id parent_id text", ("1", None, "x"), ("2", "1", "y"), ("3", "2", "z"))
    assert answers(store) == [([], "x"), (["u:x"], "y"), (["a:x", "u:y"], "z")]


def test_a_conversation_may_go_on_in_another_file(
    store: Store, tell: Told, tmp_path: Path, new_store: Any, write_jsonl: Any
) -> None:
    columns = "session turn role text"
    first = [("s", 1, "user", "q1"), ("s", 2, "bot", "a1"), ("s", 3, "user", "q2")]
    assert tell(columns, *first).rejected == {"no-answer": 1}
    result = tell(columns, ("s", 4, "bot", "a2"), name="b")
    assert result.rejected == {} and (result.new, result.unchanged) == (1, 1)
    assert answers(store) == [(["u:q1"], "a1"), (["u:q1", "a:a1", "u:q2"], "a2")]
    with store.read() as con:
        assert con.execute("SELECT count(*) FROM rejects").fetchall() == [(0,)]


def test_a_turn_that_comes_late_leaves_no_junk(store: Store, tell: Told) -> None:
    columns = "session turn role text"
    tell(columns, ("s", 1, "user", "q1"), ("s", 3, "bot", "a"), ("t", 1, "bot", "z"))
    tell(columns, ("s", 2, "user", "q2"), name="b")
    assert answers(store) == [(["u:q1", "u:q2"], "a"), ([], "z")]
    with store.read() as con:
        assert con.execute("SELECT count(*) FROM interaction_history").fetchall() == [(1,)]


def test_turns_without_a_conversation_are_rejected(tell: Told) -> None:
    result = tell("session role text", ("s", "user", "q"), ("s", "bot", "a"), (None, "bot", "b"))
    assert result.rejected == {"no-conversation": 1} and result.new == 1


def test_ratings_stand_with_the_turn_that_they_rate(store: Store, tell: Told) -> None:
    tell("session role text rating", ("s", "user", "q", 1), ("s", "bot", "a", 5))
    with store.read() as con:
        assert con.execute("SELECT human_rating FROM ai_interactions").fetchall() == [(5.0,)]


def test_real_trees(shared_data: Path, store: Store) -> None:
    import gzip

    path = shared_data / "oasst1_en_validation" / "messages.jsonl.gz"
    result = pull(store, [str(path)], options=PullOptions(declared=Declared("turns")))
    with gzip.open(path) as handle:
        documents = [json.loads(line) for line in handle]
    assistants = [d for d in documents if d["role"] == "assistant"]
    parents = {d["parent_id"] for d in assistants}
    assert result.new == len(assistants)
    leaves = [d for d in documents if d["role"] != "assistant" and d["message_id"] not in parents]
    assert result.rejected == ({"no-answer": len(leaves)} if leaves else {})
