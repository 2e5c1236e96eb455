from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError, SourceError
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions, PullResult
from curate.pull.pull import pull
from curate.pull.raters import rater_type
from curate.store import Store

pytestmark = pytest.mark.store

Feed = Callable[..., PullResult]


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.read() as con:
        return con.execute(query).fetchall()


@pytest.fixture
def logs(store: Store, tmp_path: Path, write_jsonl: Any) -> Callable[..., PullResult]:
    def pull_logs(*documents: dict[str, Any]) -> PullResult:
        path = write_jsonl(tmp_path / "calls.jsonl", documents)
        return pull(store, [str(path)], options=PullOptions(declared=Declared(scale="1-5")))

    return pull_logs


@pytest.fixture
def feed(store: Store, tmp_path: Path, write_jsonl: Any) -> Feed:
    def pull_feedback(name: str, *documents: dict[str, Any], **said: Any) -> PullResult:
        path = write_jsonl(tmp_path / f"{name}.jsonl", documents)
        declared = Declared("feedback", said.pop("fields", {}), said.pop("scale", "1-5"))
        return pull(store, [str(path)], options=PullOptions(declared=declared, **said))

    return pull_feedback


CALL = {"id": "1", "query": "hi", "response": "hello"}
RATING = "SELECT human_rating FROM ai_interactions ORDER BY source_id"


def test_feedback_waits_for_its_interaction(store: Store, logs: Any, feed: Feed) -> None:
    result = feed("late", {"request_id": 1, "rating": 4}, {"request_id": "x", "rating": 1},
                  source="logs")  # fmt: skip
    assert result.new == 2 and result.summary["unmatched_feedback"] == 2
    assert logs(CALL).summary["unmatched_feedback"] == 1
    assert rows(store, RATING) == [(4.0,)]


def test_ratings_labels_and_corrections_of_one_document(
    store: Store, logs: Any, feed: Feed
) -> None:
    logs({**CALL, "label": "old"})
    feed("late", {"id": "1", "rating": 2, "label": "new", "correction": "Hello!", "note": "why"})
    found = rows(store, "SELECT kind, value, comment FROM feedback ORDER BY kind")
    assert found == [("correction", "Hello!", "why"), ("label", "new", "why"),
                     ("rating", "2", "why")]  # fmt: skip
    assert rows(store, "SELECT label, response, corrected FROM examples") == [
        ("new", "Hello!", True)
    ]


@pytest.mark.parametrize(
    ("given", "counts"),
    [
        ([("user", 5, "2026-01-01"), ("user", 2, "2026-01-02")], 2.0),
        ([("user", 5, "2026-01-02"), ("user", 2, "2026-01-01")], 5.0),
        ([("expert", 1, "2026-01-01"), ("user", 5, "2026-02-01")], 1.0),
        ([("llm", 5, "2026-03-01"), ("user", 2, "2026-01-01")], 2.0),
        ([("LLM-Judge", 5, None), ("code", 5, None), ("gpt-4o", 5, None)], None),
        ([("Human User", 3, None), ("EVAL", 5, None)], 3.0),
    ],
)
def test_experts_before_users_newest_first_and_machines_never(
    store: Store, logs: Any, feed: Feed, given: list[Any], counts: float | None
) -> None:
    logs(CALL)
    names = ("rater_type", "rating", "created_at")
    feed("late", *({"key": "1", **dict(zip(names, g, strict=True))} for g in given),
         fields={"key": "key"})  # fmt: skip
    assert rows(store, RATING) == [(counts,)]
    assert len(rows(store, "FROM feedback")) == len(given)


def test_unknown_rater_types_are_said(logs: Any, feed: Feed) -> None:
    logs(CALL)
    result = feed("late", {"id": "1", "rating": 5, "rater_type": "oracle"})
    assert "rater types not known: oracle" in result.notes[0]
    assert "does not count as human" in result.notes[0]


def test_the_rater_can_be_said_for_a_file(store: Store, logs: Any, feed: Feed) -> None:
    logs(CALL)
    feed("judge", {"id": "1", "rating": 5}, rater="llm")
    assert rows(store, RATING) == [(None,)]
    with pytest.raises(ConfigError, match=r"unknown rater type 'human_exprt'.*'human_expert'"):
        feed("judge", {"id": "1", "rating": 5}, rater="human_exprt")
    assert rater_type("Human-Expert") == "human_expert" and rater_type("who") is None


@pytest.mark.parametrize(
    ("column", "words", "count"),
    [
        ("source", ("human", "EVAL"), 1), ("source", ("ai", "auto-eval"), 0),
        ("annotator_type", ("LLM", "oracle"), 0), ("type", ("llm-judge", "human"), 1),
        ("type", ("stars", "thumbs"), 2), ("source", ("web", "app"), 2),
        ("rater", ("gpt-4o", "alice"), 1), ("created_by", ("model", "Claude"), 1),
        ("scored_by", ("claude-3-opus", "o3-mini"), 0), ("rater", ("judge", "gpt@x.example"), 1),
        ("evaluator_type", ("automatic", "human"), 1),
    ],
)  # fmt: skip
def test_models_that_rate_are_no_people(
    store: Store, logs: Any, feed: Feed, column: str, words: tuple[str, str], count: int
) -> None:
    logs(CALL, {**CALL, "id": "2", "query": "bye"})
    feed("late", *({"call_id": n, "stars": 5, column: w} for n, w in enumerate(words, 1)))
    people = rows(store, "FROM feedback WHERE rater_type LIKE 'human%'")
    assert (len(people), len(rows(store, "FROM feedback"))) == (count, 2)


@pytest.mark.parametrize("column", ["user_email", "created_by", "username", "reviewer"])
def test_people_who_rate_one_call_stay_apart(
    store: Store, logs: Any, feed: Feed, column: str
) -> None:
    logs(CALL)
    names = [f"{name}@plain.example" for name in ("ada", "bob", "cleo")]
    feed("late", *({"call_id": "1", column: n, "rating": r} for r, n in enumerate(names, 1)))
    found = rows(store, "SELECT rater_key FROM feedback")
    assert len(set(found)) == 3 and not {key for (key,) in found} & {None, *names}


@pytest.mark.parametrize(
    ("document", "option"),
    [
        ({"call_id": "1", "my_grade": 2}, "with --map rating=my_grade"),
        ({"call_id": "1", "opinion": 2}, "with --map rating=COLUMN"),
        ({"call_id": "1", "score": 2, "metric": "f1"}, "--map rating=score --rater llm"),
        ({"number": "1", "stars": 2}, "with --map key=COLUMN"),
    ],
)
def test_what_feedback_lacks_is_asked_for(
    feed: Feed, document: dict[str, Any], option: str
) -> None:
    with pytest.raises(SourceError, match=re.escape(option)):
        feed("late", document, source="logs")


def test_whose_score_it_is_can_be_said(logs: Any, feed: Feed) -> None:
    logs(CALL)
    notes = " ".join(feed("late", {"call_id": "1", "score": 2}).notes)
    assert "if a model gave it: --rater llm" in notes


def test_what_changed_goes_to_the_history_once(store: Store, logs: Any, feed: Feed) -> None:
    logs(CALL)
    for rating in (5, 2, 2, 5, 1):
        feed("late", {"id": "1", "rating": rating}, {"id": f"n{rating}", "rating": 3})
    assert rows(store, RATING) == [(1.0,)]
    found = rows(store, "SELECT value FROM feedback_history ORDER BY 1")
    assert found == [("2",), ("5",)]  # what it says now is not history


def test_a_rating_withdrawn_in_the_log_itself(store: Store, logs: Any) -> None:
    logs({**CALL, "rating": 5, "correction": "Hello"})
    assert logs({**CALL, "correction": "Hello"}).changed == 1
    assert rows(store, RATING) == [(None,)] and rows(store, "FROM ratings") == []
    assert rows(store, "SELECT kind, value FROM feedback_history") == [("rating", "5")]
    logs({**CALL, "rating": 5, "correction": "Hello"})
    assert rows(store, RATING) == [(5.0,)]
    assert rows(store, "SELECT kind, value FROM feedback_history") == []


def test_feedback_beats_the_logs_own_rating(store: Store, logs: Any, feed: Feed) -> None:
    logs({**CALL, "rating": 5})
    feed("late", {"id": "1", "rating": 1})
    logs({**CALL, "rating": 4})
    assert rows(store, RATING) == [(1.0,)]


def test_documents_without_key_or_feedback_are_rejected(feed: Feed) -> None:
    result = feed("late", {"rating": 5}, {"id": "1"}, {"id": "1", "rating": 3}, source="logs")
    assert result.rejected == {"no-feedback": 1, "no-key": 1} and result.new == 1


def test_the_last_of_equal_feedback_counts_in_file_order(
    store: Store, logs: Any, feed: Feed, tmp_path: Path, write_jsonl: Any
) -> None:
    logs(CALL)
    feed("f/b", {"id": "1", "rating": 2})
    write_jsonl(tmp_path / "f" / "a.jsonl", [{"id": "1", "rating": 5}])
    said = PullOptions(declared=Declared("feedback", scale="1-5"))
    pull(store, [str(tmp_path / "f")], options=said)
    assert rows(store, RATING) == [(2.0,)]
    assert rows(store, "SELECT value FROM feedback_history") == [("5",)]


def test_feedback_read_in_another_way_replaces_what_it_made(
    store: Store, logs: Any, feed: Feed
) -> None:
    logs(CALL, {"id": "2", "query": "bye", "response": "x"})
    document = {"id": "1", "other": "2", "rating": 4}
    feed("late", document)
    feed("late", document, fields={"key": "other"})
    assert rows(store, RATING) == [(None,), (4.0,)]
    assert len(rows(store, "FROM feedback")) == 1


def test_feedback_needs_to_know_which_source(
    store: Store, feed: Feed, tmp_path: Path, write_jsonl: Any
) -> None:
    for name in ("chat", "mail"):
        path = write_jsonl(tmp_path / f"{name}.jsonl", [CALL])
        pull(store, [str(path)], options=PullOptions(source=name))
    with pytest.raises(ConfigError, match="chat, mail"):
        feed("late", {"id": "1", "rating": 5})
    feed("late", {"id": "1", "rating": 5}, source="mail")
    found = rows(store, "SELECT source, human_rating FROM ai_interactions ORDER BY 1")
    assert found == [("chat", None), ("mail", 5.0)]


def test_scores_with_ids_of_their_own_stay_apart(store: Store, logs: Any, feed: Feed) -> None:
    logs(CALL)
    score = {"observationId": "1", "traceId": None, "name": "helpful", "dataType": "NUMERIC",
             "source": "API", "timestamp": "2026-09-02T08:00:00Z"}  # fmt: skip
    first = [{**score, "id": f"s-{n}", "value": n} for n in (2, 3, 4)]
    assert feed("scores", *first, source="logs").new == 3
    moved = {**first[0], "value": 5, "timestamp": "2026-09-03T08:00:00Z"}
    assert feed("later", moved, source="logs").changed == 1
    assert rows(store, "SELECT value FROM feedback ORDER BY value") == [("3",), ("4",), ("5",)]
