"""Exact duplicates, who survives, contradictions, and what the stage costs when nothing is new."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.project import Project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pulled = Callable[..., Project]

ASKED = "How do I get my money back when the card was stolen last week?"


def row(
    name: str, prompt: str = ASKED, response: str = "Ask the bank.", **more: Any
) -> dict[str, Any]:
    return {
        "id": name,
        "prompt": prompt,
        "response": response,
        "rating": 5,
        "label": "",
        "created_at": None,
        "system": None,
        **more,
    }


@pytest.fixture
def pulled(tmp_path: Path, write_jsonl: WriteJsonl) -> Pulled:
    """Makes a project in which everything is train, with these rows pulled and filtered."""

    def make(rows: Iterable[Mapping[str, Any]], task: str = "sft") -> Project:
        project = Project.init(tmp_path / "p", task=task)
        with project.store.write() as con:
            project.store.set_setting(con, "split", {"test_size": 0.0})
        if rows := list(rows):
            project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
        project.filter()
        return project

    return make


def names(project: Project) -> dict[str, str]:
    rows = project.table("interactions").to_pylist()
    return {r["interaction_id"]: r["source_id"] for r in rows}


def survivors(project: Project) -> dict[str, str]:
    """Dropped -> kept, by source id."""
    known = names(project)
    rows = project.table("duplicates").to_pylist()
    return {known[r["example_id"]]: known[r["survivor"]] for r in rows}


def test_what_counts_as_the_same(pulled: Pulled) -> None:
    project = pulled(
        [
            row("same", system="Be kind."),
            row("case", ASKED.upper(), "ASK THE BANK."),
            row("space", ASKED.replace(" ", "\u2003\n"), "\u00a0Ask\tthe bank.\u3000"),
            row("system", system="Be brief."),
            row("nfc", "Cafe\u0301 opening hours", "Stra\u00dfe 3"),
            row("nfd", "caf\u00c9 opening hours", "STRASSE 3"),
            row("dot", ASKED, "Ask the bank"),
            row("width", ASKED, "Ask the b\uff41nk."),
            row("answer", ASKED, "Ask the police."),
        ]
    )
    result = project.dedupe(near=None)
    groups: dict[str, set[str]] = {}
    for dropped, kept in survivors(project).items():
        groups.setdefault(kept, {kept}).add(dropped)
    assert sorted(map(sorted, groups.values())) == [
        ["case", "same", "space", "system"],
        ["nfc", "nfd"],
    ]
    assert (result.examples, result.inputs, result.exact_dropped) == (9, 2, 4)

    assert project.dedupe(exact="input", near=None).exact_dropped == 7
    assert project.dedupe(exact="off", near=None).exact_dropped == 0
    # The same input with other answers: one of them is enough, wherever likeness is looked at.
    result = project.dedupe()
    assert (result.exact_dropped, result.near_dropped) == (4, 3)
    with pytest.raises(ConfigError, match="Did you mean 'example'"):
        project.dedupe(exact="exampel")


def test_the_same_words_in_other_turns_are_another_example(pulled: Pulled) -> None:
    def talk(name: str, *turns: str) -> dict[str, Any]:
        roles = ("user", "assistant")
        said = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
        return {"id": name, "messages": said, "response": "Fine.", "rating": 5}

    project = pulled([talk("a", "One two", "three", "four"), talk("b", "One", "two three", "four")])
    assert project.dedupe().exact_dropped == 0


def test_the_survivor_is_the_best_rated_then_the_newest_then_the_first_id(pulled: Pulled) -> None:
    def three(group: str, *facts: tuple[int | None, str | None]) -> list[dict[str, Any]]:
        return [
            row(
                f"{group}{n}",
                f"Question {group}",
                rating=rating,
                created_at=at,
                split=None if rating else "train",
            )
            for n, (rating, at) in enumerate(facts)
        ]

    old, new = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
    project = pulled(
        [
            *three("rating", (4, new), (5, old), (None, new)),
            *three("newest", (5, old), (5, new), (5, None)),
            *three("id", (5, new), (5, new), (5, new)),
            row("other", "Another question", split="test"),
        ]
    )
    project.dedupe()
    kept = survivors(project)
    assert {kept["rating0"], kept["rating2"]} == {"rating1"}
    assert {kept["newest0"], kept["newest2"]} == {"newest1"}
    smallest = min(i for i, name in names(project).items() if name.startswith("id"))
    assert {v for k, v in kept.items() if k.startswith("id")} == {names(project)[smallest]}


def test_only_what_passes_everything_else_can_survive(pulled: Pulled) -> None:
    """The newest copy is truncated, the best rated one failed: the third stays in."""
    project = pulled(
        [
            row("cut", rating=5, created_at="2026-03-01", finish_reason="length"),
            row("failed", rating=5, created_at="2026-02-01", status="error"),
            row("good", rating=4, created_at="2026-01-01"),
        ]
    )
    assert project.dedupe().exact_dropped == 0
    verdicts = {r["example_id"]: r["reason"] for r in project.table("verdicts").to_pylist()}
    known = names(project)
    assert {known[i]: r for i, r in verdicts.items()} == {
        "cut": "truncated",
        "failed": "error_status",
        "good": None,
    }


def test_a_late_rating_moves_the_survivor(pulled: Pulled, tmp_path: Path) -> None:
    from curate.mapping import Declared
    from curate.pull import PullOptions

    project = pulled([row("a", rating=5), row("b", rating=4)])
    project.dedupe()
    assert survivors(project) == {"b": "a"}
    (tmp_path / "late.csv").write_text("id,rating\na,1\n", encoding="utf-8")
    project.pull(
        [str(tmp_path / "late.csv")],
        PullOptions(declared=Declared("feedback", {"key": "id"}, "1-5")),
    )
    assert survivors(project) == {}


def test_other_labels_are_contradictions_and_never_duplicates(pulled: Pulled) -> None:
    project = pulled(
        [
            row("a", label="refund"),
            row("b", label="refund"),
            row("c", ASKED.upper(), label="card"),
            row("d", "Where is it?", label="delivery"),
            row("e", "Where is it?", label="delivery"),
            row("f", "Hm?", label="x"),
            row("g", "Hm?", label="y"),
        ],
        task="classification",
    )
    result = project.dedupe(exact="input")
    assert {frozenset(pair) for pair in survivors(project).items()} == {
        frozenset("ab"),
        frozenset("de"),
    }
    assert result.contradictory_labels == 5
    known = names(project)
    found = {known[i["example_id"]]: i for i in project.table("issues").to_pylist()}
    assert {
        name: (round(i["score"], 3), i["given"], i["suggested"]) for name, i in found.items()
    } == {
        "a": (0.667, "refund", None),
        "b": (0.667, "refund", None),
        "c": (0.333, "card", "refund"),
        "f": (0.5, "x", None),
        "g": (0.5, "y", None),
    }
    assert known[found["a"]["evidence"]] == known[found["b"]["evidence"]] == "c"
    assert known[found["c"]["evidence"]] in "ab"
    assert (known[found["f"]["evidence"]], known[found["g"]["evidence"]]) == ("g", "f")


def test_ratings_far_apart_are_an_issue(pulled: Pulled) -> None:
    project = pulled(
        [
            row("a", rating=5),
            row("b", rating=1),
            row("c", rating=4),
            row("d", "Where is it?", rating=5),
            row("e", "Where is it?", rating=4),
            row("f", "Hm?", rating=2),
            row("g", "Hm?", "Other.", rating=5),
        ]
    )
    assert project.dedupe().contradictory_ratings == 3
    known = names(project)
    found = {known[i["example_id"]]: i for i in project.table("issues").to_pylist()}
    assert set(found) == set("abc")
    assert {(i["kind"], i["score"]) for i in found.values()} == {("contradictory_rating", 0.0)}
    assert {name: known[i["evidence"]] for name, i in found.items()} == {
        "a": "b",
        "b": "a",
        "c": "b",
    }


def test_empty_inputs_are_no_duplicates_of_each_other(pulled: Pulled) -> None:
    project = pulled([row("a", "", "One."), row("b", " ", "Two.")])
    project.filter(skip=["no_query"])
    assert project.dedupe(exact="input").exact_dropped == 0


def test_an_empty_project_and_a_second_run(pulled: Pulled) -> None:
    project = pulled([])
    first = project.dedupe()
    assert (first.examples, first.inputs, first.exact_dropped, first.near_pairs) == (0, 0, 0, 0)
    before = project.store.state_digest()
    assert project.dedupe() == first
    assert project.store.state_digest() == before
    assert project.table("runs").to_pylist()[-1]["outcome"] == "unchanged"
