"""What people said of like texts speaks against answers: those want another rater."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from curate.embed.embed import embed
from curate.kernels import consensus
from curate.kernels.consensus import Answers
from curate.label import agreement
from desk import TEXTS, Desk, choice, curate

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

needs_cleanlab = pytest.mark.skipif(
    importlib.util.find_spec("cleanlab") is None, reason="the extra [ml] is not installed"
)


def test_a_text_is_told_by_the_answers_to_others() -> None:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(2, 16))
    true = np.arange(40) % 2
    vectors = centres[true] * 2 + rng.normal(size=(40, 16))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    item = np.repeat(np.arange(40), 2)
    value = true[item]
    value[:2] = 1 - value[:2]  # both answers to the first one are wrong
    answers = Answers(item, np.tile([0, 1], 40), value, (40, 2, 2))
    none = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    chances = consensus.by_texts(answers, np.arange(40), vectors, none)
    assert chances.sum(axis=1) == pytest.approx(1)
    assert (chances.argmax(axis=1) == true).all() and chances[0, true[0]] > 0.7
    # A second item with the very text of the first does not vouch for it.
    twice = Answers(np.r_[item, 40, 40], np.r_[answers.annotator, 0, 1],
                    np.r_[value, value[:2]], (41, 2, 2))  # fmt: skip
    again = consensus.by_texts(twice, np.r_[np.arange(40), 0], vectors, none)
    assert again[40] == pytest.approx(again[0]) and again[0, true[0]] > 0.7


@pytest.fixture
def answered(tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any) -> tuple[Desk, str]:
    """Three annotators, who agree on all labels but two; of those, one majority is wrong."""
    rows = [
        {"id": f"{name}-{n}", "prompt": text, "label": name}
        for name, texts in TEXTS.items()
        for n, text in enumerate(texts)
    ]
    desk = Desk(tmp_path, write_jsonl, rows, "classification")
    embed(desk.project.store, load=lambda _: encoder)
    tasks = desk.project.queue(budget=500, audit=24).entries
    assert len(tasks) == 24
    path = tmp_path / "tasks.json"
    from curate.label import by_file

    by_file.push_to_file(desk.project.store, path)
    sent = {task["data"]["curate_id"]: task for task in orjson.loads(path.read_bytes())}
    for entry in tasks:
        right = entry.source_id.split("-")[0]
        for person in (1, 2, 3):
            said = "refund" if entry.source_id == "password-0" and person < 3 else right
            if entry.source_id == "refund-3" and person == 3:
                said = "delivery"
            desk.answer(sent[entry.task_key], choice(said), by=person)
    desk.sync()
    return desk, next(e.example_id for e in tasks if e.source_id == "password-0")


@pytest.mark.slow
@needs_cleanlab
def test_what_like_texts_speak_against_wants_another_rater(
    answered: tuple[Desk, str], tmp_path: Path
) -> None:
    desk, wrong = answered
    (found,) = desk.project.label_status().agreement
    assert [(d.example_id, d.majority, d.likely) for d in found.doubted] == [
        (wrong, "refund", "password")
    ]
    assert 0.3 < found.doubted[0].quality <= 1  # the other question is settled as texts say
    said = curate(desk.project, "label", "status").stdout
    assert f"{wrong[:12]}  ask once more: like texts and annotators' quality say 'password'" in said
    queued = desk.project.queue(budget=50, audit=0).entries
    assert [(e.example_id, e.detectors[0], e.round) for e in queued if e.round > 1] == [
        (wrong, "annotators", 2)
    ]
    # Once another one has answered, it is not asked for ever.
    path = tmp_path / "more.json"
    from curate.label import by_file

    by_file.push_to_file(desk.project.store, path)
    sent = {task["data"]["curate_id"]: task for task in orjson.loads(path.read_bytes())}
    (again,) = [e for e in queued if e.round > 1]
    desk.answer(sent[again.task_key], choice("refund"), by=4)
    desk.sync()
    assert [e for e in desk.project.queue(budget=50, audit=0).entries if e.round > 1] == []


@pytest.mark.slow
def test_without_vectors_nothing_is_doubted(
    tmp_path: Path, write_jsonl: WriteJsonl, answered: tuple[Desk, str]
) -> None:
    desk, _ = answered
    with desk.project.store.write() as con:
        con.execute("DELETE FROM embeddings")
    (found,) = desk.project.label_status().agreement
    assert found.doubted == () and found.questions == 24
    with desk.project.store.read() as con:
        assert agreement.doubted(con, "relabel") == ()


def _simulated(classes: int, questions: int, accuracy: list[float], seed: int) -> Answers:
    """Annotators who give the right label so often, and else any other one."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, classes, (questions, 1))
    right = rng.random((questions, len(accuracy))) < np.array(accuracy)
    wrong = (truth + rng.integers(1, classes, right.shape)) % classes
    item, annotator = np.divmod(np.arange(right.size), len(accuracy))
    value = np.where(right, truth, wrong).ravel()
    return Answers(item, annotator, value, (questions, len(accuracy), classes))


@pytest.mark.parametrize("classes", [3, 10, 77])
@pytest.mark.parametrize("questions", [29, 400])
def test_intervals_of_annotators_hold_the_truth(classes: int, questions: int) -> None:
    accuracy = [0.9, 0.75, 1 / classes]
    p = np.array(accuracy)
    pairs = np.outer(p, p) + np.outer(1 - p, 1 - p) / (classes - 1)
    expected = (pairs.sum(axis=1) - pairs.diagonal()) / (len(p) - 1)
    shared, held = np.ones(questions, dtype=bool), []
    for seed in range(300):
        answers = _simulated(classes, questions, accuracy, seed)
        found = agreement.annotators_of([1, 2, 3], answers, shared, None)
        held += [
            one.low <= truth <= one.high  # type: ignore[operator]
            for one, truth in zip(found, expected, strict=True)
        ]
        assert agreement.enough(answers, shared) == (questions == 400 or classes == 3)
    assert np.mean(held) >= 0.93
