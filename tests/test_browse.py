"""Browsing: every condition against all rows looked at one by one, pages, and how a row reads."""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from curate.browse import browse
from curate.cli.browse import excerpt
from curate.embed.embed import embed
from curate.errors import ConfigError, MissingExtra
from curate.options import SIDES, Conditions
from curate.project import Project
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

ROWS = [
    ("Where is my refund?", "It was sent.", 5, "refund", "a"),
    ("WHERE IS MY RÉFUND, which you promised to send last week?", "Soon.", 4, "refund", "b"),
    ("My card was stolen", "We blocked it.", 5, "card", "a"),
    ("我的退款在哪里", "已经寄出。", 5, "refund", "a"),
    ("أين المبلغ المُستَرَد", "تم إرساله.", 2, None, "b"),
    ("50% off_now?", "Yes, a refund too.", 1, "price", None),
    ("How bright is the lamp?", "Very.", None, "lamp", "a"),
    ("Straße und Cafe\u0301", "Ja.", 3, "lamp", "b"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl, encoder: Any) -> Path:
    """A project of a few readable examples and many others, with clusters."""
    folder = tmp_path_factory.mktemp("browse") / "p"
    project = new_project(folder)
    rows = [
        {"id": f"r{n}", "prompt": asked, "response": said, "rating": rating, "intent": label,
         "model": model}
        for n, (asked, said, rating, label, model) in enumerate(ROWS)
    ]  # fmt: skip
    kinds = ("red", "blue", "small", "large")
    for subject in ("parcel", "phone", "bill"):
        rows += [
            {"id": f"{subject}{n}", "prompt": f"my {kind} {subject} number {n} is not here",
             "response": "I will look.", "rating": n % 5 + 1, "intent": subject, "model": "a"}
            for n, kind in enumerate(kinds * 3)
        ]  # fmt: skip
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    project.filter({"min_rating": 4})
    embed(project.store, load=lambda _: encoder)
    project.cluster()
    project.export("set")
    return folder


@pytest.fixture
def project(folder: Path) -> Project:
    return Project(folder)


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def found(project: Project, **asked: Any) -> list[str]:
    rows = browse(project.store, Conditions(**asked), limit=1_000).examples
    assert [row["example_id"] for row in rows] == sorted(row["example_id"] for row in rows)
    return sorted(row["source_id"] for row in rows)


# -- conditions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("refund",), ["r0", "r1", "r5"]),
        (("réFund", "where"), ["r0", "r1"]),
        (("REFUND", "sent"), ["r0"]),
        (("is my re",), ["r0", "r1"]),
        (("退款",), ["r3"]),
        (("寄出",), ["r3"]),
        (("المسترد",), ["r4"]),
        (("café",), ["r7"]),
        (("50%", "_now"), ["r5"]),
        (("%",), ["r5"]),
        (("refund card",), []),
    ],
)
def test_all_words_are_in_question_or_answer(
    project: Project, words: tuple[str, ...], expected: list[str]
) -> None:
    assert found(project, words=words) == expected


@pytest.mark.parametrize(
    ("rating", "met"),
    [
        ("4", lambda r: r == 4),
        ("1..2", lambda r: r is not None and 1 <= r <= 2),
        ("4..", lambda r: r is not None and r >= 4),
        ("..2", lambda r: r is not None and r <= 2),
        ("none", lambda r: r is None),
    ],
)
def test_ratings(project: Project, rating: str, met: Callable[[float | None], bool]) -> None:
    rated = project.table("ratings").to_pylist()
    of = {row["interaction_id"]: row["human_rating"] for row in rated}
    calls = project.table("interactions").to_pylist()
    expected = sorted(c["source_id"] for c in calls if met(of.get(c["interaction_id"])))
    assert expected and found(project, rating=rating) == expected


def test_sides_and_reasons_are_those_of_today(project: Project) -> None:
    calls = project.table("interactions").to_pylist()
    id_of = {row["interaction_id"]: row["source_id"] for row in calls}
    sides: dict[str, list[str]] = {side: [] for side in SIDES}
    reasons: dict[str, list[str]] = {}
    for row in project.table("verdicts").to_pylist():
        side = "pending" if row["pending"] else "out" if row["reason"] else row["side"]
        sides[side].append(id_of[row["example_id"]])
        if row["reason"]:
            reasons.setdefault(row["reason"], []).append(id_of[row["example_id"]])
    assert len(reasons) > 1 and sides["train"] and sides["out"]
    for side, ids in sides.items():
        assert found(project, side=side) == sorted(ids)
    for reason, ids in reasons.items():
        assert found(project, reason=reason) == sorted(ids)
    by_funnel = {row.reason: row.examples for row in project.status().funnel}
    assert {reason: len(ids) for reason, ids in reasons.items()} == by_funnel


def test_labels_clusters_models_and_ids(project: Project) -> None:
    assert found(project, label="refund") == ["r0", "r1", "r3"]
    assert found(project, label="refund", model="b") == ["r1"]
    assert found(project, source_id="r2") == ["r2"]
    assert found(project, where="length(query) < 10") == ["r3"]
    clusters = project.table("clusters").to_pylist()
    of = {m["input_hash"]: m["cluster_id"] for m in project.table("cluster_members").to_pylist()}
    inputs = {x["example_id"]: of[x["input_hash"]] for x in
              project.table("example_inputs").to_pylist()}  # fmt: skip
    calls = project.table("interactions").to_pylist()
    for one in clusters:
        expected = sorted(
            c["source_id"] for c in calls if inputs[c["interaction_id"]] == one["cluster_id"]
        )
        assert expected and found(project, cluster=str(one["cluster_id"])) == expected
        assert {*expected} <= {*found(project, cluster=one["terms"][0].upper())}


def test_several_labels_are_met_by_each(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = new_project(tmp_path / "p", task="classification")
    toml = project.folder / "curate.toml"
    text = toml.read_text(encoding="utf-8")
    toml.write_text(text.replace("[project]", "[project]\nmulti_label = true", 1), encoding="utf-8")
    rows = [{"id": "x", "text": "one two", "label": ["a", "b"]},
            {"id": "y", "text": "three four", "label": ["b"]}]  # fmt: skip
    project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
    assert (found(project, label="a"), found(project, label="b")) == (["x"], ["x", "y"])


@pytest.mark.parametrize("rating", ["low", "1..2..3", "..", "nan", "", "4..2"])
def test_a_rating_that_is_none_is_refused(folder: Path, rating: str) -> None:
    result = curate(folder, "browse", "--rating", rating)
    assert result.exit_code == 2 and "Next: --rating 1..2" in result.stderr


def test_conditions_that_cannot_be_read_are_refused(folder: Path) -> None:
    side = curate(folder, "browse", "--side", "tests")
    assert side.exit_code == 2 and "Did you mean 'test'?" in side.stderr
    where = curate(folder, "browse", "--where", "labl = 'refund'")
    assert where.exit_code == 2 and "curate browse --where \"label = 'refund'\"" in where.stderr


# -- pages -----------------------------------------------------------------------------------------


def test_pages_are_all_examples_once(project: Project) -> None:
    everything = browse(project.store, Conditions(), limit=1_000)
    assert everything.total == len(everything.examples) == len(ROWS) + 36
    pages = [project.browse(limit=7, page=number).examples for number in range(1, 8)]
    assert [len(page) for page in pages] == [7] * 6 + [2]
    assert tuple(row for page in pages for row in page) == everything.examples
    beyond = project.browse(limit=7, page=8)
    assert (beyond.total, beyond.pages, beyond.examples) == (44, 7, ())


def test_the_command_shows_a_page_and_what_to_type(folder: Path) -> None:
    said = curate(folder, "browse", "--label", "refund", "--limit", "2").stdout
    assert "3 examples; page 1 of 2; next: curate browse --label refund --limit 2 --page 2" in said
    rest = curate(folder, "browse", "--label", "refund", "--limit", "2", "--page", "2").stdout
    assert "3 examples; page 2 of 2\n" in rest
    both = said + rest
    assert [line for line in both.splitlines() if line.startswith("  asked ")] == [
        f"  asked   {asked}" for asked in _asked(folder, "refund")
    ]
    key = said.rpartition("curate why ")[2].strip()
    assert curate(folder, "why", key).exit_code == 0
    assert "«" not in both
    low = curate(folder, "browse", "lamp", "--rating", "none").stdout
    assert "  unrated  lamp  " in low and "unrated (policy: keep out)" in low
    assert "page 9 of 2: nothing is there" in curate(
        folder, "browse", "--label", "refund", "--limit", "2", "--page", "9"
    ).stdout  # fmt: skip


def _asked(folder: Path, label: str) -> list[str]:
    rows = Project(folder).browse(Conditions(label=label)).examples
    return [row["query"] for row in rows]


def test_json_has_whole_texts(folder: Path) -> None:
    said = json.loads(curate(folder, "browse", "refund", "--json").stdout)
    assert (said["total"], said["page"], said["pages"]) == (3, 1, 1)
    assert said["conditions"] == {"words": ["refund"]}
    assert {e["source_id"]: e["query"] for e in said["examples"]} == {
        f"r{n}": ROWS[n][0] for n in (0, 1, 5)
    }


def test_nothing_found_says_of_what(folder: Path, tmp_path: Path) -> None:
    result = curate(folder, "browse", "re fund", "--label", "refnd", "--cluster", "zebra")
    assert result.exit_code == 0
    assert "all of this: 're fund' --label refnd --cluster zebra\n" in result.stdout
    assert "unknown label 'refnd'. Did you mean 'refund'? Known: bill, card," in result.stdout
    assert "unknown cluster 'zebra'" in result.stdout
    reason = curate(folder, "browse", "--reason", "low_ratin").stdout
    assert "Did you mean 'low_rating'?" in reason
    known = curate(folder, "browse", "zebra", "--label", "refund").stdout
    assert known == "No example meets all of this: zebra --label refund\n"
    empty = new_project(tmp_path / "empty")
    assert curate(empty.folder, "browse").stdout == "There is no example. Next: curate pull LOGS\n"


# -- a DataFrame -----------------------------------------------------------------------------------


def test_a_frame_has_what_pages_have(project: Project) -> None:
    frame = project.examples()
    rows = browse(project.store, Conditions(), limit=1_000).examples
    assert list(frame.columns) == list(rows[0])
    assert frame["example_id"].tolist() == [row["example_id"] for row in rows]
    assert frame["query"].tolist() == [row["query"] for row in rows]
    assert sorted(project.examples(words="where refund")["source_id"]) == ["r0", "r1"]
    assert project.examples("human_rating < 3", side="out", limit=3).shape[0] == 3
    some = project.examples(rating=5, cluster=1)
    assert {*some["rating"]} == {5.0} and {*some["cluster_id"]} == {1}
    assert np.issubdtype(project.examples(label="nobody's")["rating"].dtype, np.floating)


def test_without_pandas_a_frame_says_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"curate-workbench\[notebook\]"):
        project.examples()


def test_a_frame_refuses_what_the_command_refuses(project: Project) -> None:
    with pytest.raises(ConfigError, match="unknown side 'in'"):
        project.examples(side="in")


# -- how a text reads ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Where is my Réfund?", ("refund",), "Where is my «Réfund»?"),
        ("Cafe\u0301 au lait", ("café",), "«Cafe\u0301» au lait"),
        ("a refund of refunds", ("refund", "fund"), "a «refund» of «refund»s"),
        ("我的退款在哪里", ("退款",), "我的«退款»在哪里"),
        ("nothing\nof\tit", ("refund",), "nothing of it"),
        (None, ("refund",), ""),
        ("\x1b[31mred", (), "\\x1b[31mred"),
    ],
)
def test_words_are_marked_where_they_stand(
    text: str | None, words: tuple[str, ...], expected: str
) -> None:
    assert unicodedata.normalize("NFC", excerpt(text, words, 60, marked=True)) == (
        unicodedata.normalize("NFC", expected)
    )


@pytest.mark.parametrize("place", [0, 30, 55, 120, 390])
@pytest.mark.parametrize("marked", [False, True])
def test_of_a_long_text_the_part_with_the_word_is_shown(place: int, marked: bool) -> None:
    text = "".join("x" if n % 6 else " " for n in range(400))
    text = f"{text[:place]} needle {text[place:]}"
    shown = excerpt(text, ("needle",), 60, marked=marked)
    assert len(shown) <= 60 and ("«needle»" if marked else "needle") in shown
