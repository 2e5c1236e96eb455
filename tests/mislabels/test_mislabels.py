"""The stage: wrong labels of real texts, what takes no part, and when it has nothing to do."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from curate.cli.mislabels import render_mislabels
from curate.embed.embed import embed
from curate.errors import ConfigError, MissingExtra
from curate.mislabels import mislabels as stage
from curate.mislabels.classes import classes
from curate.mislabels.mislabels import MislabelsResult, mislabels, stale
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.store import sql
from curate.verdicts import verdicts
from desk import ROWS, TEXTS, changed
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Made = Callable[..., Project]


@pytest.fixture
def made(tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any) -> Made:
    """Makes a project with these rows, embedded; everything is train unless a row says else."""

    def make(
        rows: Mapping[str, Mapping[str, Any]],
        *,
        task: str = "classification",
        labels: list[str] | None = None,
        feedback: Iterable[Mapping[str, Any]] = (),
        vectors: bool = True,
    ) -> Project:
        project = new_project(tmp_path / "p", task=task)
        if labels:
            toml = project.folder / "curate.toml"
            toml.write_text(f'[project]\ntask = "{task}"\nlabels = {labels}\n', encoding="utf-8")
        with project.store.write() as con:
            project.store.set_setting(con, "split", {"test_size": 0.0})
        documents = [
            {"id": name, "label": None, "split": "train", "rating": None, **row}
            for name, row in rows.items()
        ]
        declared = Declared(fields={"query": "text"}, scale="1-5")
        log = write_jsonl(tmp_path / "log.jsonl", documents)
        project.pull([str(log)], PullOptions(declared=declared))
        if said := list(feedback):
            later = write_jsonl(tmp_path / "later.jsonl", said)
            declared = Declared("feedback", scale="1-5")
            project.pull([str(later)], PullOptions(declared=declared))
        if vectors:
            embed(project.store, load=lambda _: encoder)
        return project

    return make


def found(result: MislabelsResult) -> dict[str, tuple[str, str | None]]:
    return {issue.source_id: (issue.given, issue.suggested) for issue in result.issues}


def issues(project: Project) -> dict[tuple[str, str], tuple[Any, ...]]:
    """(source id, kind) -> score, given, suggested and evidence."""
    rows = project.table("interactions").to_pylist()
    known = {row["interaction_id"]: row["source_id"] for row in rows}
    return {
        (known[row["example_id"]], row["kind"]): (
            row["score"],
            row["given"],
            row["suggested"],
            known.get(row["evidence"], row["evidence"]),
        )
        for row in project.table("issues").to_pylist()
    }


DAY = "2026-03-01"
WRONG = changed(delivery_1={"label": "refund"}, password_2={"label": "delivery"})


def test_wrong_labels_of_real_texts(made: Made) -> None:
    result = mislabels(made(WRONG).store)
    assert (result.applies, result.note, result.judged, result.classes) == (True, "", 24, 3)
    assert found(result) == {
        "delivery-1": ("refund", "delivery"),
        "password-2": ("delivery", "password"),
    }
    assert result.sides["train"]["judged"] == 24 and result.sides["test"]["judged"] == 0
    assert result.likely + result.possible == result.found == 2
    assert [issue.score for issue in result.issues] == sorted(i.score for i in result.issues)
    issue = next(i for i in result.issues if i.source_id == "delivery-1")
    assert issue.text == "My package has not been delivered yet"
    assert (issue.side, issue.out, issue.rating) == ("train", None, None)
    assert issue.probability is not None
    assert 0 < issue.score < 0.5 < issue.probability <= 1
    assert len(issue.nearest) == 5
    assert [example.label for example in issue.like_given] == ["refund"] * 3
    assert [example.label for example in issue.like_suggested] == ["delivery"] * 3
    nearest = issue.like_suggested[0]
    assert nearest.text in TEXTS["delivery"]
    votes = sum(example.label == "delivery" for example in issue.nearest)
    assert issue.reason.startswith(
        f'{votes} of the 5 nearest examples are "delivery" (nearest: "{nearest.text}" 0.'
    )
    assert '; the label "refund" fits at ' in issue.reason


@pytest.mark.slow
def test_an_unchanged_second_run_does_nothing(made: Made) -> None:
    project = made(WRONG)
    first = mislabels(project.store)
    before = project.store.state_digest()
    assert mislabels(project.store) == first
    assert project.store.state_digest() == before
    runs = [r for r in project.table("runs").to_pylist() if r["command"] == "mislabels"]
    assert [r["outcome"] for r in runs] == ["changed", "unchanged"]
    shown = mislabels(project.store, top=1)
    assert shown.issues == first.issues[:1] and shown.found == 2


@pytest.mark.slow
def test_another_detector_judges_anew_and_is_remembered(made: Made) -> None:
    project = made(WRONG)
    first = mislabels(project.store)
    assert first.detector == "kernel"
    second = mislabels(project.store, detector="cleanlab-lr")
    assert second.detector == "cleanlab-lr"
    assert {i.id for i in first.issues} & {i.id for i in second.issues}
    assert [i.score for i in second.issues] != [i.score for i in first.issues]
    before = project.store.state_digest()
    assert mislabels(project.store) == second and project.store.state_digest() == before
    assert mislabels(project.store, detector="kernel") == first
    with pytest.raises(ConfigError, match="unknown detector 'datalb'"):
        mislabels(project.store, detector="datalb")


@pytest.mark.slow
def test_the_order_of_rows_does_not_matter(
    made: Made, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    first = mislabels(made(WRONG).store)
    other = new_project(tmp_path / "q", task="classification")
    with other.store.write() as con:
        other.store.set_setting(con, "split", {"test_size": 0.0})
    rows = [{"id": n, "split": "train", "rating": None, **r} for n, r in reversed(WRONG.items())]
    log = write_jsonl(tmp_path / "q" / "log.jsonl", rows)
    other.pull([str(log)], PullOptions(declared=Declared(fields={"query": "text"}, scale="1-5")))
    embed(other.store, load=lambda _: encoder)
    assert mislabels(other.store) == first


def is_stale(project: Project) -> bool:
    with verdicts.today(project.store) as today:
        return stale(today)


@pytest.mark.slow
def test_it_is_stale_until_it_ran_and_when_anything_changed(
    made: Made, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    project = made(WRONG)
    assert is_stale(project)
    mislabels(project.store)
    assert not is_stale(project)
    # A rating moves what is shown, not what is computed.
    declared = Declared("feedback", scale="1-5")
    rated = write_jsonl(tmp_path / "a.jsonl", [{"id": "refund-1", "rating": 1}])
    project.pull([str(rated)], PullOptions(declared=declared))
    assert not is_stale(project)
    told = write_jsonl(tmp_path / "b.jsonl", [{"id": "delivery-1", "label": "delivery"}])
    project.pull([str(told)], PullOptions(declared=declared))
    assert is_stale(project)
    result = mislabels(project.store)
    assert found(result) == {
        "refund-1": ("refund", None), "password-2": ("delivery", "password")
    }  # fmt: skip
    assert not is_stale(project)
    embed(project.store, load=lambda _: Turned(encoder), rebuild=True)
    assert is_stale(project)
    embed(project.store, load=lambda _: encoder, rebuild=True)
    assert is_stale(project)
    assert found(mislabels(project.store)) == found(result)


class Turned:
    """An encoder with the vectors of another one, the other way round."""

    name, digest = "minilm", "1" * 64

    def __init__(self, encoder: Any) -> None:
        self.encoder = encoder

    def encode(self, texts: Any) -> Any:
        return -self.encoder.encode(texts)

    def windows(self, text: str) -> list[str]:
        return [text]


@pytest.mark.slow
def test_a_label_that_a_human_gave_stands(made: Made) -> None:
    said = [{"id": "delivery-1", "label": "refund", "rater": "ann"}]
    project = made(WRONG, feedback=said)
    result = mislabels(project.store)
    assert found(result) == {"password-2": ("delivery", "password")}
    assert (result.by_hand, result.judged) == (1, 23)


@pytest.mark.slow
def test_a_relabelling_that_says_neither_who_nor_when_is_suspected_as_any_label(made: Made) -> None:
    right = {name: row["label"] for name, row in ROWS.items()}
    told = {**right, "delivery-1": "refund"}
    said = [{"id": name, "label": label} for name, label in told.items()]
    project = made(changed(refund_3={"label": "delivery"}), feedback=said)
    labels = {r["source_id"]: r["label"] for r in project.table("examples").to_pylist()}
    assert labels == told, "it is the label"
    result = mislabels(project.store)
    assert (result.by_hand, result.judged) == (0, 24)
    assert found(result) == {"delivery-1": ("refund", "delivery")}
    assert project.table("hand_labels").num_rows == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "is_judged"),
    [
        ({}, False),
        ({"rater": "ann"}, True),
        ({"created_at": "2026-03-01T10:00:00Z"}, True),
        ({"rater_type": "human_expert"}, False),
        ({"rater_type": "human_expert", "rater": "ann"}, True),
        ({"rater_type": "model", "rater": "ann"}, False),
        ({"rater_type": "rule", "created_at": "2026-03-01T10:00:00Z"}, False),
        ({"rater_type": "whoever", "rater": "ann"}, False),
        ({"rater": "gpt-4o"}, False),
    ],
)
def test_what_makes_a_label_a_judgement(
    made: Made, more: Mapping[str, Any], is_judged: bool
) -> None:
    said = [{"id": "delivery-1", "label": "refund", **more}]
    project = made(ROWS, feedback=said, vectors=False)
    assert project.table("hand_labels").num_rows == int(is_judged)


# -- what people disagree about --------------------------------------------------------------------


@pytest.mark.slow
def test_copies_with_other_labels_contest_a_label_unless_they_outvote_it(made: Made) -> None:
    text = ROWS["delivery-1"]["text"]
    copy = {"text": text, "label": "delivery"}
    project = made({**WRONG, "copy-1": copy})
    result = mislabels(project.store)
    of = {issue.source_id: issue for issue in result.issues}
    assert (of["delivery-1"].tier, of["delivery-1"].contested) == ("contested", "copies")
    assert of["delivery-1"].reason.endswith("; contested: its text has other labels, too")
    assert of["password-2"].contested is None
    assert result.likely + result.possible + result.contested == result.found == 2
    assert (result.contested, result.sides["train"]["contested"]) == (1, 1)
    assert {kind for _, kind in issues(project)} == {
        "contested_label", "contradictory_label", "mislabel"
    }  # fmt: skip
    text_shown = render_mislabels(result)
    assert " possibly, 1 contested\n" in text_shown and "(contested, train, " in text_shown
    by_label = {one.label: one for one in classes(project.store).classes}
    assert (by_label["refund"].contested, by_label["refund"].likely) == (1, 0)


@pytest.mark.slow
def test_many_copies_that_agree_make_a_label_wrong(made: Made) -> None:
    text = ROWS["delivery-1"]["text"]
    copies = {f"copy-{n}": {"text": text, "label": "delivery"} for n in range(7)}
    # One of eight is outvoted beyond chance; (8 - 2)^2 / 8 is over 3.84.
    (one,) = [i for i in mislabels(made({**WRONG, **copies}).store).issues
              if i.source_id == "delivery-1"]  # fmt: skip
    assert one.contested is None and one.tier != "contested"


@pytest.mark.slow
def test_where_a_human_labelled_a_copy_the_text_is_judged(made: Made) -> None:
    copy = {"text": ROWS["delivery-1"]["text"], "label": "delivery"}
    said = [{"id": "copy-1", "label": "delivery", "rater": "ann"}]
    project = made({**WRONG, "copy-1": copy}, feedback=said)
    of = {issue.source_id: issue for issue in mislabels(project.store).issues}
    assert set(of) == {"delivery-1", "password-2"} and of["delivery-1"].contested is None


@pytest.mark.slow
def test_raters_who_disagree_contest_a_label_and_confirm_none(made: Made) -> None:
    said = [
        {"id": "delivery-1", "label": "delivery", "rater": "ann", "created_at": f"{DAY}T10:00:00Z"},
        {"id": "delivery-1", "label": "refund", "rater": "bob", "created_at": f"{DAY}T11:00:00Z"},
        {"id": "password-4", "label": "password", "rater": "ann", "created_at": None},
    ]
    result = mislabels(made(WRONG, feedback=said).store)
    assert result.by_hand == 1, "only what nobody disagrees about is known right"
    of = {issue.source_id: issue for issue in result.issues}
    assert (of["delivery-1"].tier, of["delivery-1"].contested) == ("contested", "raters")
    assert of["delivery-1"].reason.endswith("; contested: raters disagree about it")
    assert of["password-2"].contested is None


@pytest.mark.slow
def test_ratings_far_apart_contest_a_label(made: Made) -> None:
    rows = changed(delivery_1={"label": "refund"}, refund_3={}, password_4={})
    said = [
        {"id": name, "rating": rating, "rater": who, "created_at": f"{DAY}T{hour}:00:00Z"}
        for name, ratings in (("delivery-1", (1, 5)), ("refund-3", (5, 1)), ("password-4", (1, 2)))
        for who, hour, rating in zip(("ann", "bob"), (10, 11), ratings, strict=True)
    ]
    result = mislabels(made(rows, feedback=said).store)
    # The newest rating counts; that of refund-3 alone speaks against it, and another one for it.
    assert {issue.source_id: (issue.tier, issue.contested) for issue in result.issues} == {
        "delivery-1": ("contested", "raters"), "refund-3": ("contested", "raters"),
        "password-4": ("rated", None),
    }  # fmt: skip


@pytest.mark.slow
def test_a_low_rating_speaks_against_a_label(made: Made) -> None:
    rows = changed(
        delivery_1={"label": "refund", "rating": 2},
        refund_3={"rating": 1},
        password_4={"rating": 3},
        password_5={"rating": 1},
    )
    project = made(rows, feedback=[{"id": "password-5", "label": "password", "rater": "a"}])
    result = mislabels(project.store)
    assert found(result) == {"delivery-1": ("refund", "delivery"), "refund-3": ("refund", None)}
    both, only = result.issues
    assert (result.rated, result.found) == (2, 2)
    assert both.reason.endswith("; a human rated it 2 of 5") and both.tier != "rated"
    assert (only.reason, only.tier, only.score) == ("a human rated it 1 of 5", "rated", 0.1)
    assert (only.probability, only.nearest, only.rating) == (None, (), 1.0)
    told = issues(project)
    assert set(told) == {
        ("delivery-1", "mislabel"), ("delivery-1", "rated_wrong"), ("refund-3", "rated_wrong")
    }  # fmt: skip
    model = told["delivery-1", "mislabel"]
    assert model[1:3] == ("refund", "delivery") and model[3].startswith("delivery-")
    # Both speak: what is shown is lower than either.
    assert both.score == pytest.approx(model[0] * 0.2)
    assert told["delivery-1", "rated_wrong"] == (0.2, "refund", "delivery", "rated 2.0 of 5")
    assert told["refund-3", "rated_wrong"] == (0.1, "refund", None, "rated 1.0 of 5")


@pytest.mark.slow
def test_a_changed_label_is_no_longer_suspected(
    made: Made, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = made(WRONG)
    mislabels(project.store)
    assert set(issues(project)) == {
        ("delivery-1", "mislabel"), ("password-2", "mislabel")
    }  # fmt: skip
    told = write_jsonl(tmp_path / "b.jsonl", [{"id": "delivery-1", "label": "delivery"}])
    declared = Declared("feedback", scale="1-5")
    project.pull([str(told)], PullOptions(declared=declared))
    # Before the stage runs again.
    assert set(issues(project)) == {("password-2", "mislabel")}


def test_the_test_side_is_judged_and_teaches_nothing(made: Made) -> None:
    rows = changed(
        delivery_1={"label": "refund", "split": "test"},
        **{f"refund_{n}": {"split": "test"} for n in range(2)},
    )
    result = mislabels(made(rows).store)
    assert found(result) == {"delivery-1": ("refund", "delivery")}
    issue = result.issues[0]
    assert issue.side == "test"
    # Two of the refunds are held out: they stand beside nothing.
    shown = {e.text for e in (*issue.nearest, *issue.like_given, *issue.like_suggested)}
    assert not shown & set(TEXTS["refund"][:2])
    assert result.sides["test"]["judged"] == 3 and result.sides["train"]["judged"] == 21


def test_a_copy_on_the_other_side_does_not_vouch(made: Made) -> None:
    text = "My package has not been delivered yet"
    rows = changed(
        delivery_1={"label": "refund"},
        copy={"text": text.upper(), "label": "refund", "split": "test"},
    )
    result = mislabels(made(rows).store)
    assert found(result) == {"delivery-1": ("refund", "delivery"), "copy": ("refund", "delivery")}
    copy = next(issue for issue in result.issues if issue.source_id == "copy")
    assert text not in {example.text for example in copy.like_given}
    assert next(i for i in result.issues if i.source_id == "delivery-1").out == "leak"


@pytest.mark.slow
def test_what_takes_no_part(made: Made) -> None:
    rows = changed(
        delivery_1={"label": "refund"},
        odd={"text": "What is the weather like?", "label": "smalltalk"},
        unlisted={"text": "Please cancel my order", "label": "cancel"},
        empty={"text": "Give me the money", "label": " "},
        none={"text": "Money please", "label": None},
        silent={"text": "", "label": "refund"},
        foreign={"text": "비밀번호를 잊어버렸어요", "label": "password"},
    )
    project = made(rows, labels=["delivery", "refund", "password", "smalltalk"])
    result = mislabels(project.store)
    assert found(result) == {"delivery-1": ("refund", "delivery")}
    assert (result.too_rare, result.too_rare_examples) == (("smalltalk",), 1)
    assert (result.unknown_label, result.unlabelled) == (1, 2)
    assert (result.without_vector, result.unreadable, result.judged) == (1, 1, 24)


def test_a_vector_that_is_no_number_counts_as_none(made: Made) -> None:
    project = made(WRONG)
    with project.store.write() as con:
        con.execute(
            "UPDATE embeddings SET vector = ['nan'::FLOAT for x in vector] WHERE "
            "input_hash = (SELECT input_hash FROM inputs WHERE text LIKE 'my package has not%')"
        )
    result = mislabels(project.store)
    assert found(result) == {"password-2": ("delivery", "password")}
    assert (result.without_vector, result.judged) == (1, 23)


@pytest.mark.slow
def test_new_inputs_wait_for_their_vectors(
    made: Made, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    project = made(ROWS)
    assert not mislabels(project.store).issues
    late = {"id": "late", "text": "The parcel got lost on its way", "label": "password",
            "split": "train", "rating": None}  # fmt: skip
    log = write_jsonl(tmp_path / "more.jsonl", [late])
    declared = Declared(fields={"query": "text"}, scale="1-5")
    project.pull([str(log)], PullOptions(declared=declared))
    result = mislabels(project.store)
    assert (result.without_vector, result.issues) == (1, ())
    embed(project.store, load=lambda _: encoder)
    assert found(mislabels(project.store)) == {"late": ("password", "delivery")}


def test_quarantined_examples_are_left_aside(made: Made) -> None:
    project = made(WRONG)
    with verdicts.today(project.store) as today:
        con = today.con
        con.execute("CREATE TEMP TABLE v2 AS SELECT * FROM verdicts")
        con.execute("DROP TABLE verdicts")
        con.execute(
            "CREATE TEMP TABLE verdicts AS SELECT v.* REPLACE (CASE WHEN e.source_id = "
            "'delivery-1' THEN 'quarantined' ELSE side END AS side, e.source_id = 'password-2' "
            "AS exposed) FROM v2 v JOIN examples e USING (example_id)"
        )
        rows = con.sql(sql("mislabels/examples")).to_arrow_table()
        read = stage._read(today, rows)
    assert read.counts["aside"] == 2 and len(read.task.ids) == 22


@pytest.mark.parametrize("labels", [{"delivery": "all"}, {}])
def test_nothing_to_compare(made: Made, labels: dict[str, str]) -> None:
    rows = {name: {**row, "label": "all"} for name, row in ROWS.items()}
    rows = rows if labels else dict(list(ROWS.items())[:2])
    result = mislabels(made(rows).store)
    assert result.applies and not result.issues and result.judged == 0
    assert "nothing to compare" in result.note


def test_no_labels_is_no_error(made: Made) -> None:
    rows = {name: {"text": row["text"], "response": "Ok."} for name, row in ROWS.items()}
    project = made(rows, task="sft", vectors=False)
    result = mislabels(project.store)
    assert (result.applies, result.note) == (False, "no example has a label")
    assert not is_stale(project)


def test_an_empty_project(made: Made) -> None:
    result = mislabels(made({}, vectors=False).store)
    assert (result.applies, result.note) == (True, "there are no examples yet")


def test_it_needs_vectors_and_cleanlab(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    project = made(WRONG, vectors=False)
    with pytest.raises(ConfigError, match="Next: curate embed"):
        mislabels(project.store)
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "cleanlab" else find(name)
    )
    with project.store.write() as con:
        con.execute("INSERT INTO embeddings VALUES ('x', [1.0], false, false)")
    with pytest.raises(MissingExtra, match=r"pip install 'curate-workbench\[ml\]'"):
        mislabels(project.store)


def test_scores_of_the_store_are_those_of_the_kernel(made: Made) -> None:
    project = made(WRONG)
    mislabels(project.store)
    rows = project.table("mislabels").to_pylist()
    assert len(rows) == 2
    for row in rows:
        assert 0 < row["score"] < 0.5 and row["probability"] > row["given_probability"] >= 0
        assert np.isfinite(row["similarity"])
