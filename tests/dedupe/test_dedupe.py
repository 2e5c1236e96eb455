"""Exact duplicates, who survives, contradictions, and what the stage costs when nothing is new."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.cli.dedupe import render_dedupe, render_thresholds
from curate.cli.why import lines
from curate.dedupe.thresholds import valley
from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.project import Project
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Pulled = Callable[..., Project]

BEGINNING = "".join(f"beginning{n} " for n in range(60))
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
        project = new_project(tmp_path / "p", task=task)
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


@pytest.mark.slow
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
        ["case", "same", "space", "system", "width"],
        ["nfc", "nfd"],
    ]
    assert (result.examples, result.inputs, result.exact_dropped) == (9, 2, 5)

    assert project.dedupe(exact="input", near=None).exact_dropped == 7
    assert project.dedupe(exact="off", near=None).exact_dropped == 0
    # The same input with other answers: one of them is enough, wherever likeness is looked at.
    result = project.dedupe()
    assert (result.exact_dropped, result.near_dropped) == (5, 2)
    with pytest.raises(ConfigError, match="Did you mean 'example'"):
        project.dedupe(exact="exampel")


def test_the_same_words_in_other_turns_are_another_example(pulled: Pulled) -> None:
    def talk(name: str, *turns: str) -> dict[str, Any]:
        roles = ("user", "assistant")
        said = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
        return {"id": name, "messages": said, "response": "Fine.", "rating": 5}

    project = pulled([talk("a", "One two", "three", "four"), talk("b", "One", "two three", "four")])
    assert project.dedupe().exact_dropped == 0


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_late_rating_moves_the_survivor(pulled: Pulled, tmp_path: Path) -> None:
    from curate.pull.mapping import Declared
    from curate.pull.options import PullOptions

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


@pytest.mark.slow
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


# -- near and semantic duplicates ----------------------------------------------------------------

NEAR = ASKED + " Thank you."
SAME_MEANING = "My card was stolen last week; how can I get my money back?"


def embedded(project: Project, encoder: Any) -> Project:
    embed(project.store, load=lambda _: encoder)
    return project


def methods(project: Project) -> dict[str, tuple[str, str]]:
    """Dropped -> (kept, method), by source id."""
    known = names(project)
    rows = project.table("duplicates").to_pylist()
    return {known[r["example_id"]]: (known[r["survivor"]], r["method"]) for r in rows}


@pytest.mark.slow
def test_alike_inputs_leave_the_best_rated_one(pulled: Pulled, encoder: Any) -> None:
    rows = [
        row("first", rating=4),
        row("near", NEAR, "Call the bank.", rating=4),
        row("best", SAME_MEANING, "Block it first."),
        row("other", "Do you sell garden chairs made of oak or of beech wood?"),
    ]
    project = embedded(pulled(rows), encoder)
    result = project.dedupe(near=0.75, semantic=0.85)
    assert (result.exact_dropped, result.near_dropped, result.semantic_dropped) == (0, 0, 2)
    assert methods(project) == {"first": ("best", "semantic"), "near": ("best", "semantic")}

    result = project.dedupe(near=0.75, semantic=None)
    assert methods(project) == {"near": ("first", "near")} or methods(project) == {
        "first": ("near", "near")
    }
    assert (result.near_dropped, result.settings["semantic"]) == (1, 2.0)
    reasons = {r["reason"] for r in project.table("excluded").to_pylist()}
    assert reasons == {"near_duplicate"}

    assert project.dedupe(near=None, semantic=None).near_dropped == 0
    assert methods(project) == {}


@pytest.mark.slow
def test_why_names_survivor_similarity_and_method(pulled: Pulled, encoder: Any) -> None:
    project = embedded(pulled([row("kept"), row("gone", SAME_MEANING, "No.", rating=4)]), encoder)
    project.dedupe(semantic=0.8)
    story = project.why("gone")
    (other,) = story["duplicates"]
    assert names(project)[other["other"]] == "kept"
    assert (other["what"], other["method"]) == ("survivor is", "semantic")
    assert 0.8 <= other["similarity"] < 1
    assert story["reason"] == "semantic_duplicate"
    said = dict(lines(story))
    assert said["duplicate"] == (
        f"survivor is {other['other'][:12]} (semantic {other['similarity']:.3f})"
    )
    (other,) = project.why("kept")["duplicates"]
    assert (other["what"], names(project)[other["other"]]) == ("survivor of", "gone")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Please send order 4711 to my new address in Ravensby today.", "4711|4712"),
        ("I want to cancel the order of the red lamp from last week.", "want|do not want"),
    ],
)
def test_numbers_and_negations_keep_alike_inputs_apart(
    pulled: Pulled, encoder: Any, one: str, other: str
) -> None:
    before, after = other.split("|")
    rows = [row("a", one), row("b", one.replace(before, after), "No.")]
    project = embedded(pulled(rows), encoder)
    result = project.dedupe(near=0.3, semantic=0.6)
    assert (result.near_dropped, result.semantic_dropped) == (0, 0)
    assert result.kept_apart == 2


@pytest.mark.slow
def test_contradictory_labels_are_an_issue_and_no_duplicates(pulled: Pulled) -> None:
    rows = [row("a", label="refund"), row("b", NEAR, label="theft"), row("c", NEAR + " Bye.")]
    rows[2]["label"] = "theft"
    project = pulled(rows, task="classification")
    result = project.dedupe(near=0.6)
    assert methods(project).keys() <= {"b", "c"}
    assert result.near_dropped == 1
    assert result.contradictory_labels == 3
    issues = {names(project)[r["example_id"]]: r for r in project.table("issues").to_pylist()}
    assert {k: (i["given"], i["score"]) for k, i in issues.items()} == {
        "a": ("refund", 0.5),
        "b": ("theft", 0.5),
        "c": ("theft", 0.5),
    }


PASTED = " ".join(
    f"{place} the tenant of house {place} pays the owner for {thing} on the last day"
    for place in ("north", "south", "east", "west", "upper", "lower", "inner", "outer")
    for thing in ("water", "heat", "light", "wood", "the gate")
)


@pytest.mark.slow
def test_long_texts_are_the_same_only_as_wholes(pulled: Pulled, encoder: Any) -> None:
    wishes = (
        "Translate all of this into the language of my sister, who wants to read it at home. ",
        "Tell me where a lawyer would begin if he had to show that this binds all of them. ",
        "Here is what my neighbour has signed, and I would be glad of a short list of it. ",
    )
    rows = [
        row("first", f"{PASTED} {wishes[0] * 4}"),
        row("other end", f"{PASTED} {wishes[1] * 4}"),
        row("reworded", f"{PASTED} {wishes[0] * 3}{wishes[0].replace('all of', 'all')}"),
        row("other beginning", f"{wishes[2] * 4} {PASTED}"),
    ]
    project = embedded(pulled(rows), encoder)
    project.dedupe(near=None, semantic=0.9)
    assert {frozenset((a, b)) for a, (b, _) in methods(project).items()} == {
        frozenset(("first", "reworded"))
    }
    with project.store.read() as con:
        kept_apart = con.execute(
            "SELECT difference, count(*) FROM semantic_pairs GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        assert con.execute("SELECT min(similarity) > 0.9 FROM semantic_pairs").fetchall() == [
            (True,)
        ]
    assert kept_apart == [("part", 5), (None, 1)]
    (_, suggestion) = project.suggest_thresholds(semantic=0.9)
    assert {c.pairs for c in suggestion.candidates if c.threshold <= 0.9} == {1}


# -- semantic duplicates that are only reported --------------------------------------------------

CARD = ["my card was stolen last week; how can i get my money back",
        "how do i get my money back when the card was stolen last week"]  # fmt: skip
LAMP = ["is the red lamp still in stock", "do you still have the red lamp in stock"]
LOGIN = [
    "how do i reset the password of my account",
    "i want to reset the password of my account, how do i do it",
]


def labelled(*labels: str) -> list[dict[str, Any]]:
    """Two ways to ask three things; where the labels of two ways differ, they are no copies."""
    texts = [*CARD, *LAMP, *LOGIN]
    return [row(f"{text[:9]}{n}", text, label=label, rating=5 - n % 2)
            for n, (text, label) in enumerate(zip(texts, labels, strict=True))]  # fmt: skip


@pytest.mark.slow
def test_labels_keep_what_means_the_same_unless_removal_is_chosen(
    pulled: Pulled, encoder: Any
) -> None:
    rows = labelled("theft", "theft", "stock", "stock", "login", "user")
    project = embedded(pulled(rows, task="classification"), encoder)
    result = project.dedupe()
    assert (result.semantic_dropped, result.semantic_reported) == (0, 2)
    assert methods(project) == {}
    assert result.settings["semantic"] == 0.9
    said = render_dedupe(result)
    assert "out as duplicates: 0 exact, 0 near (from 0.8)\n" in said
    assert "  reported, not out: 2 semantic (from 0.9)\n" in said

    story = project.why(rows[0]["id"])
    assert story["reason"] is None
    (other,) = story["duplicates"]
    assert (names(project)[other["other"]], other["method"]) == (rows[1]["id"], "semantic")
    assert dict(lines(story))["duplicate"].startswith(f"means the same as {other['other'][:12]} (")
    assert project.why(rows[5]["id"])["duplicates"] == []

    for chosen in ("auto", 0.9):
        removed = project.dedupe(semantic=chosen)
        assert (removed.semantic_dropped, removed.semantic_reported) == (2, 0)
        assert methods(project).keys() == {rows[1]["id"], rows[3]["id"]}
    assert project.dedupe(semantic="report").semantic_dropped == 0


@pytest.mark.slow
def test_other_tasks_remove_unless_report_is_chosen(pulled: Pulled, encoder: Any) -> None:
    project = embedded(pulled(labelled(*[""] * 6)), encoder)
    assert project.dedupe().semantic_dropped == 3
    result = project.dedupe(semantic="report")
    assert (result.semantic_dropped, result.semantic_reported) == (0, 3)
    assert "reported, not out: 3 semantic (from 0.9)" in render_dedupe(result)
    with project.store.write() as con:  # as a store was before anything could be reported
        project.store.set_setting(con, "dedupe", {"exact": "example", "near": 0.8, "semantic": 0.9})
    assert len(methods(project)) == 3


@pytest.mark.slow
def test_the_first_run_shows_real_pairs_around_the_threshold(
    pulled: Pulled, encoder: Any, tmp_path: Path
) -> None:
    rows = labelled("theft", "theft", "stock", "stock", "login", "user")
    rows += [
        row("number", "where is order 4711 from last week", label="order"),
        row("other number", "where is order 4712 from last week", label="order"),
        row("parcel", "when will my parcel arrive", label="order"),
        row("date", "can you tell me the date on which my parcel arrives at home", label="order"),
    ]
    project = embedded(pulled(rows, task="classification"), encoder)
    result = project.dedupe()
    above = [p for p in result.around if p.similarity >= 0.9]
    under = [p for p in result.around if p.similarity < 0.9]
    with project.store.read() as con:
        cosine = {
            frozenset(texts): similarity
            for *texts, similarity in con.execute(
                """SELECT l.text, r.text,
                          list_dot_product(x.vector::DOUBLE[], y.vector::DOUBLE[])
                   FROM embeddings x JOIN embeddings y ON x.input_hash < y.input_hash
                   JOIN inputs l ON l.input_hash = x.input_hash
                   JOIN inputs r ON r.input_hash = y.input_hash"""
            ).fetchall()
        }
    assert {frozenset((p.one, p.other)) for p in above if not p.apart} == {
        frozenset(CARD), frozenset(LAMP)
    }  # fmt: skip
    assert [p.apart for p in above if p.apart] in (["label"], ["numbers"])
    nearest = sorted((c for c in cosine.values() if c < 0.9), reverse=True)
    assert 1 <= len(under) <= 2
    assert under[0].similarity == pytest.approx(nearest[0], abs=1e-5)
    assert [p.similarity for p in result.around] == sorted(
        (p.similarity for p in result.around), reverse=True
    )
    said = render_dedupe(result)
    assert "  pairs around 0.9, from where on two count as the same:\n" in said
    for pair in result.around:
        assert f"    {pair.similarity:.3f}  {pair.one}\n           {pair.other}\n" in said
    said = render_dedupe(replace(result, around=tuple(
        replace(pair, one=BEGINNING + pair.one, other=BEGINNING + pair.other)
        for pair in result.around
    )))  # fmt: skip
    assert f" {CARD[0][:20]}" in said and f" {CARD[1][:20]}" in said
    assert "kept apart by: numbers\n" in said or "kept apart by: their labels\n" in said
    assert project.dedupe().around == ()


def test_of_texts_that_begin_alike_pairs_show_what_differs(pulled: Pulled) -> None:
    sky, sea = (f"{BEGINNING}draw {what}" for what in ("sky wind rain cloud", "sea moon sand ship"))
    five, six = (f"{BEGINNING}draw the stars, all {n} of them" for n in (5, 6))
    project = pulled(row(f"{n}", text) for n, text in enumerate((sky, sea, five, six)))
    said = render_thresholds(project.suggest_thresholds(semantic=None))
    assert "draw sky wind rain cloud\n" in said and "draw sea moon sand ship\n" in said
    assert re.search(r"numbers +1 +(5 / 6|6 / 5)\n .*draw the stars, all [56] of them\n", said)


def test_turns_of_one_conversation_are_no_duplicates_of_each_other(pulled: Pulled) -> None:
    rows = [
        row("one", session_id="s"),
        row("two", NEAR, "And then?", session_id="s"),
        row("three", response="Go on.", session_id="s"),
        row("elsewhere", response="I see.", session_id="t", rating=4),
    ]
    project = pulled(rows)
    project.dedupe(near=0.7)
    assert methods(project).keys() == {"elsewhere"}


@pytest.mark.slow
def test_a_chain_of_small_steps_does_not_end_far_away(pulled: Pulled) -> None:
    words = [f"word{chr(97 + n)}" for n in range(24)]
    # Each text shares most 3-grams with the next one, and the first none with the last.
    rows = [
        row(f"step{n:02d}", " ".join(words[n : n + 12]), created_at=f"2026-01-{30 - n:02d}")
        for n in range(13)
    ]
    project = pulled(rows)
    project.dedupe(near=0.8)
    # Every second step stays: the newest claims its neighbour, and no more.
    assert methods(project) == {
        f"step{n:02d}": (f"step{n - 1:02d}", "near") for n in range(1, 13, 2)
    }


def test_held_out_examples_are_a_sample_of_production(pulled: Pulled) -> None:
    project = pulled([row("a"), row("b", NEAR), row("c", NEAR + " Bye.", "No.")])
    with project.store.write() as con:
        project.store.set_setting(con, "split", {"test_size": 0.99})
    assert project.dedupe(near=0.6).near_dropped == 0


@pytest.mark.slow
def test_what_cannot_be_done_is_said(pulled: Pulled, encoder: Any) -> None:
    project = pulled([row("a"), row("b", NEAR)])
    assert project.dedupe().notes == ("no vectors yet, so no semantic duplicates: curate embed",)
    assert project.dedupe(semantic=None).notes == ()
    with pytest.raises(ConfigError, match=r"need vectors\. Next: curate embed"):
        project.dedupe(semantic=0.9)
    with pytest.raises(ConfigError, match=r"--near 0\.1: expected 0\.3 to 1, or off"):
        project.dedupe(near=0.1)
    for value in (1.5, -1.0, float("nan")):
        with pytest.raises(ConfigError, match=rf"--semantic {value:g}: expected 0\.3 to 1, or off"):
            project.dedupe(semantic=value)
    embedded(project, encoder)
    assert project.dedupe().notes == ()


@pytest.mark.slow
def test_suggested_thresholds_show_pairs_and_what_goes(pulled: Pulled, encoder: Any) -> None:
    subjects = ["the lamp", "my parcel", "our kettle", "a gift card", "the blue chair"]
    rows = []
    for n, subject in enumerate(subjects):
        text = f"could you please tell me where {subject} is since I have waited long enough"
        rows += [row(f"a{n}", text), row(f"b{n}", text + " already"), row(f"c{n}", f"{subject}?")]
    project = embedded(pulled(rows), encoder)
    project.dedupe()
    before = project.store.state_digest()
    near, semantic = project.suggest_thresholds()
    assert (near.method, semantic.method) == ("near", "semantic")
    assert (near.current, semantic.current) == (0.8, 0.9)
    at = {c.threshold: c for c in near.candidates}
    assert at[0.9].pairs == at[0.9].removes == 5
    assert [c.pairs for c in near.candidates] == sorted(c.pairs for c in near.candidates)
    assert all(s >= c.threshold for c in near.candidates for s, _, _ in c.samples)
    assert project.dedupe(semantic=None).near_dropped == at[0.8].removes
    project.dedupe()
    assert project.store.state_digest() == before


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([100, 60, 20, 2, 1, 2, 20, 40, 30], 0.58),
        ([100, 60, 40, 30, 20, 10, 5, 2, 1], None),
        ([1, 2, 5, 10, 20, 30, 40, 60, 100], None),
        ([0] * 9, None),
    ],
)
def test_a_valley_lies_between_two_crowds(counts: list[int], expected: float | None) -> None:
    edges = 0.5 + 0.02 * np.arange(10)
    assert valley(counts, edges) == expected


def test_empty_inputs_are_no_duplicates_of_each_other(pulled: Pulled) -> None:
    project = pulled([row("a", "", "One."), row("b", " ", "Two."), row("c", "Why?", "So.")])
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
