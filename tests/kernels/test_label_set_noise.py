"""Several labels of one example: read, checked, judged, asked and exported as sets."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result
from scipy.sparse import csr_array

import desk
from curate import config
from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.kernels import label_set_noise, leave_one_out
from curate.kernels.label_model import Labelled, Problem
from curate.label import by_file
from curate.label import tasks as questions
from curate.mislabels import mislabels
from curate.project import Project
from curate.text import label_sets
from program import Program
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

NO_PAIRS = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
NAMES = ["delivery", "password", "refund"]
TEXTS = {name: desk.TEXTS[name][:6] for name in ("delivery", "refund", "password")}


def logs() -> dict[str, dict[str, Any]]:
    """One text of each name on its own, six pairs of texts, and three that are about nothing."""
    rows: dict[str, dict[str, Any]] = {}
    for name, texts in TEXTS.items():
        for n, text in enumerate(texts):
            rows[f"{name}-{n}"] = {"text": text, "labels": [name]}
    for n in range(6):
        one, other = ("delivery", "refund") if n % 2 else ("refund", "password")
        text = f"{TEXTS[one][n]}. {TEXTS[other][5 - n]}"
        rows[f"both-{n}"] = {"text": text, "labels": [other, one, one]}
    for n, text in enumerate(("Good morning to you", "What a nice day", "Do you like jazz?")):
        rows[f"none-{n}"] = {"text": text, "labels": []}
    rows["refund-2"]["labels"] = ["refund", "password"]  # one too many
    rows["both-1"]["labels"] = ["refund"]  # one is missing
    rows["odd"] = {"text": "Something else about a parcel and lamps", "labels": ["lamps", "refund"]}
    rows["bare"] = {"text": "Is my parcel on its way?", "labels": None}
    return rows


TOML = '[project]\ntask = "classification"\nmulti_label = true\nlabels = {names}\n'


def made(folder: Path, write: WriteJsonl, rows: Mapping[str, Mapping[str, Any]]) -> Project:
    project = new_project(folder, task="classification")
    (folder / "curate.toml").write_text(TOML.format(names=NAMES), encoding="utf-8")
    with project.store.write() as con:
        project.store.set_setting(con, "split", {"test_size": 0.0})
    write(folder / "log.jsonl", [{"id": name, **row} for name, row in rows.items()])
    result = curate(folder, "pull", str(folder / "log.jsonl"), "--map", "label=labels")
    assert result.exit_code == 0, result.stderr
    project.filter()
    return project


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl, encoder: Any
) -> Project:
    """Judged; the tests below only look at it."""
    project = made(tmp_path_factory.mktemp("several") / "p", write_jsonl, logs())
    embed(project.store, load=lambda _: encoder)
    mislabels.mislabels(project.store)
    return project


def examples(project: Project) -> dict[str, dict[str, Any]]:
    return {r["source_id"]: r for r in project.table("examples").to_pylist()}


# -- sets as text ----------------------------------------------------------------------------------


def test_a_set_is_one_text() -> None:
    assert label_sets.text(["b", " a ", "b", ""]) == '["a","b"]'
    assert label_sets.text([]) == label_sets.NONE == "[]"
    assert label_sets.names('["a","b"]') == ("a", "b")
    assert label_sets.read("a") == ("a",) and label_sets.read('["a"]') == ("a",)
    for no_set in ("a", "1", '{"a": 1}', "[1]", "", "null"):
        with pytest.raises(ValueError):
            label_sets.names(no_set)


def test_by_which_name_sets_differ() -> None:
    assert label_sets.change('["a"]', '["a","b"]') == ("b", True)
    assert label_sets.change('["a","b"]', '["a"]') == ("b", False)
    assert label_sets.change('["a"]', "[]") == ("a", False)
    for other in ('["a"]', '["b"]', "a", None):
        assert label_sets.change('["a"]', other) is None


# -- the model -------------------------------------------------------------------------------------


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_each_name_is_predicted_as_a_yes_or_no_of_its_own() -> None:
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(40, 8)))
    many = np.r_[np.ones(30), 2 * np.ones(5), np.zeros(5)]
    has = np.minimum(rng.integers(0, 3, (40, 4)), many[:, None])
    has[3] = 0  # no name fits it
    pairs = np.array([0, 4]), np.array([1, 36]), np.array([0.99, 0.97])
    without = leave_one_out.left_out(many > 0, *pairs)
    said = label_set_noise.predictions(vectors, has, many, without)
    for name in range(4):
        alone = csr_array(np.column_stack([has[:, name], many - has[:, name]]))
        expected = leave_one_out.predictions(vectors, alone, without)[:, 0]
        np.testing.assert_allclose(said[:, name], expected, atol=1e-9)


def test_the_curve_is_the_logistic_regression_of_all_entries() -> None:
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(2)
    scores = rng.normal(0.3, 0.4, 4_000).round(3)
    has = (rng.random(4_000) < 1 / (1 + np.exp(-(6 * scores - 3)))).astype(float)
    slope, offset = label_set_noise.curve(scores, has, np.ones(4_000))
    # A score beyond -1 or 2 says no more than the end of that range.
    bounded = np.clip(scores, -1, 2)[:, None]
    known = LogisticRegression(C=1e9, tol=1e-8).fit(bounded, has)
    assert slope == pytest.approx(known.coef_[0, 0], rel=0.01)
    assert offset == pytest.approx(known.intercept_[0], rel=0.01)


def task_of(seed: int, count: int = 90) -> tuple[Labelled, dict[str, str]]:
    """Inputs between the centres of their names; returns what is wrong, by id, and its set."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(4, 24))
    has = rng.random((count, 4)) < 0.4
    vectors = unit(has @ centres * 2 + rng.normal(size=(count, 24)) * 0.3)
    true = [label_sets.text(f"n{k}" for k in np.flatnonzero(row)) for row in has]
    wrong = has.copy()
    for row in range(6):
        wrong[row, row % 4] ^= True
    given = [label_sets.text(f"n{k}" for k in np.flatnonzero(row)) for row in wrong]
    task = Labelled(
        ids=np.array([f"{n:03d}" for n in range(count)], object),
        label=np.array(given, object),
        train=np.arange(count) % 5 != 4,
        by_hand=np.zeros(count, bool),
        at=np.arange(count),
        vectors=vectors,
        pairs=NO_PAIRS,
    )
    return task, {f"{n:03d}": true[n] for n in range(6)}


@pytest.mark.parametrize("seed", range(3))
def test_wrong_sets_are_the_worst_and_put_right(seed: int) -> None:
    task, wrong = task_of(seed)
    rows, counts = label_set_noise.find(task)
    worst = {row["example_id"]: row["suggested"] for row in sorted(rows, key=lambda r: r["score"])}
    assert dict(list(worst.items())[:6]) == wrong
    assert counts["classes"] == 4 and not counts["problem"]
    assert sum(side["judged"] for side in counts["sides"].values()) == 90


def test_another_order_of_rows_finds_the_same() -> None:
    task, _ = task_of(5)
    order = np.random.default_rng(0).permutation(90)
    back = np.argsort(order)
    turned = dataclasses.replace(task, at=back, vectors=task.vectors[order])
    assert label_set_noise.find(turned) == label_set_noise.find(task)


def test_a_rare_name_is_neither_judged_nor_suggested_and_the_others_are() -> None:
    task, wrong = task_of(1)
    labels = task.label.copy()
    for n in (0, 7, 11):
        labels[n] = label_sets.text([*label_sets.names(labels[n]), "rare"])
    rows, counts = label_set_noise.find(dataclasses.replace(task, label=labels))
    assert (counts["too_rare"], counts["too_rare_examples"]) == (["rare"], 3)
    told = {row["example_id"]: row["suggested"] for row in rows}
    assert told["000"] == label_sets.text([*label_sets.names(wrong["000"]), "rare"])
    assert [e for e, s in told.items() if "rare" in s and e != "000"] == []


def test_what_a_human_labelled_is_not_suspected() -> None:
    task, _ = task_of(1)
    rows, counts = label_set_noise.find(dataclasses.replace(task, by_hand=np.arange(90) < 6))
    assert not {row["example_id"] for row in rows} & {f"{n:03d}" for n in range(6)}
    assert sum(side["judged"] for side in counts["sides"].values()) == 84


@pytest.mark.parametrize(
    ("label", "train"), [('["a"]', True), ("[]", True), ('["a"]', False)], ids=str
)
def test_nothing_to_compare(label: str, train: bool) -> None:
    task, _ = task_of(1)
    alone = dataclasses.replace(
        task, label=np.array([label] * 90, object), train=np.full(90, train)
    )
    rows, counts = label_set_noise.find(alone)
    assert not rows and counts["problem"] == Problem("no_contrast")
    no = np.zeros(0, object)
    empty = Labelled(no, no, no.astype(bool), no.astype(bool), no.astype(int), task.vectors[:0],
                     NO_PAIRS)  # fmt: skip
    assert label_set_noise.find(empty)[0] == []


def test_one_name_that_some_have_is_judged() -> None:
    task, _ = task_of(1)
    labels = ['["n0"]' if "n0" in label else "[]" for label in task.label]
    rows, counts = label_set_noise.find(dataclasses.replace(task, label=np.array(labels, object)))
    assert counts["classes"] == 1 and {r["suggested"] for r in rows} <= {'["n0"]', "[]"}
    assert {"000", "004"} <= {row["example_id"] for row in rows}


# -- the project -----------------------------------------------------------------------------------


def test_labels_are_sets_and_unknown_members_are_refused(project: Project) -> None:
    rows = examples(project)
    assert rows["both-0"]["label"] == '["password","refund"]'
    assert rows["both-0"]["label_names"] == ["password", "refund"]
    assert rows["none-0"]["label"] == "[]" and rows["none-0"]["label_names"] == []
    assert rows["bare"]["label"] is rows["bare"]["label_names"] is None
    names = {row["example_id"]: name for name, row in rows.items()}
    reasons = {names[r["example_id"]]: r["reason"] for r in project.table("excluded").to_pylist()}
    assert reasons == {"odd": "unknown_label", "bare": "no_label"}
    shown = json.loads(curate(project.folder, "status", "--json").stdout)["labels"]
    assert {row["label"] for row in shown} == {*NAMES, "lamps"}


def test_however_a_label_is_written_it_is_one_set(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    written = {
        "refund": '["refund"]',
        ' ["Ü \\"q\\"/", "a", null, "a", " "] ': '["a","Ü \\"q\\"/"]',
        "[not a list": '["[not a list"]',
        '["b", 2, true]': '["2","b","true"]',
    }
    rows = {str(n): {"text": f"Text {n}", "labels": one} for n, one in enumerate(written)}
    project = made(tmp_path / "p", write_jsonl, rows)
    found = {row["source_id"]: row["label"] for row in project.table("examples").to_pylist()}
    assert [found[name] for name in rows] == list(written.values())
    assert all(label_sets.text(label_sets.names(one)) == one for one in found.values())


def test_what_is_missing_and_what_does_not_fit(project: Project) -> None:
    result = mislabels.mislabels(project.store)
    found = {issue.source_id: issue for issue in result.issues}
    assert (result.unlabelled, result.unknown_label, result.judged) == (1, 1, 27)
    assert found["refund-2"].suggested == '["refund"]'
    assert found["both-1"].suggested == '["delivery","refund"]'
    assert '"password" does not fit: ' in found["refund-2"].reason
    assert found["both-1"].reason.startswith('"delivery" is likely missing: ')
    assert " nearest examples have it; it fits at " in found["both-1"].reason
    assert all("delivery" in (e.label or "") for e in found["both-1"].like_suggested)
    shown = curate(project.folder, "mislabels")
    assert shown.exit_code == 0 and '["refund"]  ->  ["delivery","refund"]' in shown.stdout
    assert json.loads(curate(project.folder, "mislabels", "--json").stdout)["found"] == result.found


def test_a_second_run_changes_nothing(project: Project) -> None:
    before = project.store.state_digest()
    assert mislabels.mislabels(project.store) == mislabels.mislabels(project.store)
    assert project.store.state_digest() == before


def test_the_file_has_lists_that_load_as_classes(project: Project, tmp_path: Path) -> None:
    import datasets

    done = curate(project.folder, "export", "topics", "--format", "classification")
    assert done.exit_code == 0, done.stderr
    folder = project.folder / "datasets" / "topics" / "v1"
    rows = [orjson.loads(line) for line in (folder / "train.jsonl").read_bytes().splitlines()]
    assert all(list(row) == ["text", "labels"] for row in rows)
    told = {row["text"]: row["labels"] for row in rows}
    assert told["Good morning to you"] == []
    assert told[logs()["both-0"]["text"]] == ["password", "refund"]
    loaded = datasets.load_dataset(str(folder), split="train", cache_dir=str(tmp_path))
    assert loaded.features["labels"].feature.names == NAMES
    assert [NAMES[n] for n in loaded[0]["labels"]] == rows[0]["labels"]
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| refund " in card and "| [" not in card  # how names are mixed
    (code,) = [part for part in card.split("```python\n")[1:] if "MultiLabelBinarizer" in part]
    assert "OneVsRestClassifier(LogisticRegression())" in code
    checked = curate(project.folder, "check", str(folder / "train.jsonl"), "--label", "refund")
    assert "multi-label" in checked.stdout and "label-unknown" in checked.stdout


def test_what_was_decided_before_is_a_set_of_one(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    project = made(
        tmp_path / "p",
        write_jsonl,
        {"1": {"text": "Where is it?", "labels": " "}, "2": {"text": "Why?", "labels": "other"}},
    )
    assert examples(project)["1"]["label"] is None
    with project.store.write() as con:
        con.execute(
            "INSERT INTO settled (example_id, label) SELECT interaction_id, 'refund' "
            "FROM interactions WHERE source_id = '1'"
        )
    assert examples(project)["1"]["label"] == '["refund"]'
    assert examples(project)["1"]["label_names"] == ["refund"]


# -- annotators ------------------------------------------------------------------------------------


def pick(*values: str) -> list[dict[str, Any]]:
    return [{"from_name": "label", "type": "choices", "value": {"choices": list(values)}}]


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("refund", "delivery"), (("relabel", '["delivery","refund"]'),)),
        (("__none__",), (("relabel", "[]"),)),
        (("__unusable__",), (("drop", None),)),
    ],
)
def test_what_annotators_pick(chosen: tuple[str, ...], said: Any) -> None:
    answer = questions.understand("relabel", pick(*chosen), {"multi_label": True}, NAMES)
    assert (answer.decisions, answer.problem) == (said, None)


@pytest.mark.parametrize(
    ("chosen", "problem"),
    [
        (("refund", "__none__"), "__none__ and a label at once"),
        (("refund", "lamps"), "'lamps' is no label of this project"),
        ((), "nothing was answered"),
    ],
)
def test_what_annotators_cannot_mean(chosen: tuple[str, ...], problem: str) -> None:
    answer = questions.understand("relabel", pick(*chosen), {"multi_label": True}, NAMES)
    assert not answer.decisions and problem in str(answer.problem)


@pytest.mark.slow
def test_the_round_trip_with_files(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = {name: logs()[name] for name in ("refund-2", "both-1", "none-0", "bare", "delivery-0")}
    project = made(tmp_path / "p", write_jsonl, rows)
    names = {row["example_id"]: name for name, row in examples(project).items()}
    entries = project.queue(budget=9, audit=5).entries
    assert {names[e.example_id] for e in entries} == rows.keys()
    by_file.push_to_file(project.store, tmp_path / "tasks.json")
    interface = (tmp_path / "tasks.xml").read_text(encoding="utf-8")
    assert 'choice="multiple"' in interface and 'alias="__none__"' in interface
    assert "Which labels are right?" in interface
    tasks = orjson.loads((tmp_path / "tasks.json").read_bytes())
    keys = {e.task_key: names[e.example_id] for e in entries}
    answers = {"refund-2": pick("refund"), "both-1": pick("refund", "delivery"),
               "bare": pick("delivery"), "none-0": pick("__none__"),
               "delivery-0": pick("delivery")}  # fmt: skip
    done = [
        {**task, "id": n, "annotations": [{
            "id": n, "completed_by": 1, "created_at": "2026-11-24T04:00:00Z",
            "updated_at": "2026-11-24T04:00:00Z", "was_cancelled": False,
            "result": answers[keys[task["data"]["curate_id"]]]}]}
        for n, task in enumerate(tasks, 1)
    ]  # fmt: skip
    (tmp_path / "export.json").write_bytes(orjson.dumps(done))
    assert not by_file.sync_from_file(project.store, tmp_path / "export.json").problems
    found = {name: row["label"] for name, row in examples(project).items()}
    assert found == {"refund-2": '["refund"]', "both-1": '["delivery","refund"]',
                     "bare": '["delivery"]', "none-0": "[]",
                     "delivery-0": '["delivery"]'}  # fmt: skip


def test_a_prefilled_set_is_several_choices() -> None:
    row = {"task_key": "k", "query": "x", "context": "", "why": "", "blind": False,
           "label_seen": '["a","b"]', "suggested": "[]", "multi_label": True}  # fmt: skip
    (given,) = questions.question("relabel", row, "given").predictions
    assert given["result"][0]["value"] == {"choices": ["a", "b"]}
    (model,) = questions.question("relabel", row, "model").predictions
    assert model["result"][0]["value"] == {"choices": ["__none__"]}


# -- curate.toml -----------------------------------------------------------------------------------


def test_what_curate_toml_may_say(tmp_path: Path) -> None:
    (tmp_path / "curate.toml").write_text('[project]\nmulti_label = "yes"\n', encoding="utf-8")
    with pytest.raises(
        ConfigError, match=r"line 2, .project. multi_label: 'yes': expected true or false"
    ):
        config.project_settings(tmp_path)


def test_without_multi_label_a_label_is_what_it_was(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    project = new_project(tmp_path / "p", task="classification")
    log = write_jsonl(tmp_path / "log.jsonl", [{"id": "1", "text": "Hello there", "label": ["b"]}])
    project.pull([str(log)])
    (row,) = project.table("examples").to_pylist()
    assert (row["label"], row["label_names"]) == ('["b"]', ['["b"]'])
    assert "multi_label" not in config.project_settings(project.folder)
