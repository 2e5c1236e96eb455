"""The human rating that counts: plain Python picks the same of several."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from curate.store import Store

DAY = datetime(2026, 3, 1)


def feedback(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "feedback_id": f"f{number:03d}",
        "interaction_id": f"i{rng.randrange(60):02d}",
        "source": "s",
        "source_id": "x",
        "origin": rng.choice(["row", "file"]),
        "kind": rng.choice(["rating", "rating", "rating", "label"]),
        "value": str(number),
        "rating_norm": rng.choice([None, 0.0, 0.25, 1 / 3, 1.0]),
        "rater_type": rng.choice(["human_user", "human_expert", "llm"]),
        "created_at": rng.choice([None, *(DAY + timedelta(days=n) for n in range(3))]),
        "run_id": rng.randrange(3),
    }


def best(rows: list[dict[str, Any]], settled: dict[str, float]) -> dict[str, tuple[float, str]]:
    """Returns rating and origin of each interaction, the worst first and overwritten by better."""

    def rank(row: dict[str, Any]) -> tuple[Any, ...]:
        at = row["created_at"]
        newest = (at is not None, at or DAY, row["run_id"], [-ord(c) for c in row["feedback_id"]])
        return row["rater_type"] == "human_expert", row["origin"] == "file", *newest

    counting = [
        row
        for row in rows
        if row["kind"] == "rating" and row["rating_norm"] is not None and row["rater_type"] != "llm"
    ]
    found = {
        row["interaction_id"]: (1 + 4 * row["rating_norm"], row["value"])
        for row in sorted(counting, key=rank)
    }
    return found | {name: (rating, str(rating)) for name, rating in settled.items()}


@pytest.mark.parametrize("seed", range(3))
def test_of_several_ratings_the_best_counts(seed: int, store: Store) -> None:
    rng = random.Random(seed)
    rows = [feedback(rng, number) for number in range(120)]
    settled = {f"i{n:02d}": float(rng.randrange(1, 6)) for n in rng.sample(range(70), 9)}
    with store.write() as con:
        con.register("rows", pa.Table.from_pylist(rows))
        con.execute("INSERT INTO feedback BY NAME SELECT * FROM rows")
        for name, rating in settled.items():
            con.execute("INSERT INTO settled (example_id, rating) VALUES (?, ?)", [name, rating])
    with store.read() as con:
        query = "SELECT interaction_id, human_rating, value FROM ratings"
        told = con.execute(query).fetchall()
    assert len(told) == len({name for name, _, _ in told})
    assert {name: (rating, value) for name, rating, value in told} == best(rows, settled)
