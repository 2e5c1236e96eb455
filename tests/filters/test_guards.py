"""Rules that look at few texts closely: what they hit is what they would hit without a guard.

The oracle is the rule itself with a guard that lets everything through.
"""

from __future__ import annotations

import itertools
import json
import random
import re
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from curate.filters.rules import rules

GUARD = re.compile(r"CASE WHEN (len\(words\) >= 12)?.*?(?=\n +THEN )", re.DOTALL)
RULES = ("boilerplate", "echo", "refusal", "repeated")

PIECES = {
    "boilerplate": (
        *(
            "As",
            "as an",
            "AI",
            "ai",
            "an AI",
            "said",
            "language model",
            "large",
            "I",
            "I'm",
            "I\u2019m",
        ),
        *("my", "my knowledge", "training data", "cutoff", "as of my last", "update", "knowledge"),
        *("by OpenAI", "trained", "developed by", "meta ai", "google deepmind", "anthropic"),
        *(
            "do not have",
            "don`t have",
            "any",
            "personal",
            "real opinions",
            "feelings",
            "human",
            "we",
        ),
    ),
    "refusal": (
        *(
            "I",
            "i'm",
            "I\u2019m sorry",
            "sorry,",
            "but",
            "can't",
            "can\u00b4t",
            "cannot",
            "can not",
            "unable to",
        ),
        *("not able to", "won`t", "will not", "decline to", "must", "refuse to", "not allowed to"),
        *("not authorised to", "don't have the ability to", "do not have the ability to", "do"),
        *("don't think I can", "something", "that I can", "anything I'm able to", "not", "help"),
        *("assist you", "with that", "answer", "questions", "this", "comfortable", "discussing"),
        *("am not", "against my", "guidelines", "policy", "appropriate for me to", "n't something"),
        *("be", "provide any information", "without", "your number", "it is", "we", "you", "area"),
    ),
    "repeated": ("a b c", "Ä so", "so what"),
    "echo": (
        "É",
        "e\u0301",
        "a",
        "A",
        "k",
        "\u212a",
        "\u0130",
        "i",
        "I\u0307",
        "<",
        "\u226e",
        "<\u0338",
    ),
}
BETWEEN = (" ", " ", " ", "  ", "\n", "\t", ", ", ". ", "\u00a0", "", "-")


def texts(rule: str, count: int = 4_000) -> list[str]:
    """Returns texts of pieces that the rule is about, the same ones every time."""
    rng = random.Random(rule)
    most = 3 if rule == "echo" else 30
    return [
        "".join(
            rng.choice(PIECES[rule]) + rng.choice(BETWEEN) for _ in range(rng.randrange(most + 1))
        )
        for _ in range(count)
    ]


def hits(rule: str, query: str) -> dict[str, tuple[str, float | None]]:
    """Returns reason and score of the texts that a query of a rule hits."""
    said, asked = texts(rule), texts(rule)[::-1]
    if rule == "echo":
        # Every text with each of the first ones, so that enough are alike.
        said, asked = [s for s in said[:200] for _ in range(200)], asked[-200:] * 200
    ids = [str(place) for place in range(len(said))]
    with duckdb.connect() as con:
        table = {"example_id": ids, "response": said, "query": asked}
        table |= {"task": ["sft"] * len(ids), "corrected": [False] * len(ids)}
        con.register("candidates", pa.table(table))
        parameters = {p.name: p.default for p in rules()[rule].parameters}
        return {row[0]: row[1:] for row in con.execute(query, parameters).fetchall()}


@pytest.mark.parametrize("rule", RULES)
def test_a_guard_lets_through_all_that_the_rule_hits(rule: str) -> None:
    query = rules()[rule].query
    everything, guards = GUARD.subn(lambda guard: f"CASE WHEN {guard[1] or 'true'}", query)
    assert guards == 1
    expected = hits(rule, everything)
    assert hits(rule, query) == expected
    assert len(expected) > 20


# -- what a bad answer leaves in later calls -------------------------------------------------------


def conversations(seed: int) -> list[dict[str, Any]]:
    """Returns calls of a few conversations, some at no known time, some corrected."""
    rng = random.Random(seed)
    answers = ["yes", "no", 'he said "no"', "\u00e9", ""]
    return [
        {
            "example_id": f"e{place:03d}",
            "conversation_id": f"c{rng.randrange(25)}",
            "created_at": rng.choice([None, *range(6)]),
            "human_rating": rng.choice([None, 1.0, 2.0, 3.0, 5.0]),
            "corrected": rng.random() < 0.2,
            "response": rng.choice([None, *answers]),
            "messages": json.dumps(
                [
                    {"role": rng.choice(["user", "assistant"]), "content": rng.choice(answers)}
                    for _ in range(rng.randrange(5))
                ],
                ensure_ascii=False,
            ),
        }
        for place in range(100)
    ]


def bad_context(calls: list[dict[str, Any]], most: float) -> dict[str, float]:
    """Returns the calls that hold an earlier bad answer, with the lowest rating of one."""
    lowest: dict[str, float] = {}
    for later, earlier in itertools.permutations(calls, 2):
        rating, times = earlier["human_rating"], (later["created_at"], earlier["created_at"])
        if rating is None or rating > most or earlier["corrected"]:
            continue
        if later["conversation_id"] != earlier["conversation_id"] or earlier["response"] is None:
            continue
        if None not in times and times[0] < times[1]:
            continue
        said = [m["content"] for m in json.loads(later["messages"]) if m["role"] == "assistant"]
        if earlier["response"] in said:
            lowest[later["example_id"]] = min(rating, lowest.get(later["example_id"], rating))
    return lowest


@pytest.mark.parametrize("seed", range(4))
def test_bad_context_is_what_every_pair_of_calls_says(seed: int) -> None:
    calls, query = conversations(seed), rules()["bad_context"].query
    with duckdb.connect() as con:
        con.register("candidates", pa.Table.from_pylist(calls))
        found = {row[0]: row[2] for row in con.execute(query, {"bad_rating": 2.0}).fetchall()}
    assert found == bad_context(calls, 2.0)
    assert found
