"""What people answered, summed up: progress, agreement, detectors, how wrong the data still is."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from curate.cli import mislabels
from curate.errors import GateFailed
from curate.export.options import ExportSettings
from curate.label import agreement, by_file
from curate.label.reviews import changed
from desk import Desk, choice, curate
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def row(n: int, **more: Any) -> dict[str, Any]:
    return {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "response": f"Answer {n}.",
            **more}  # fmt: skip


@pytest.fixture
def labels(tmp_path: Path, write_jsonl: WriteJsonl) -> Desk:
    """Sixty labelled questions; thirty of them have a copy that says green."""
    rows = [row(n, label=("red", "blue")[n % 2]) for n in range(60)]
    rows += [row(100 + n, prompt=rows[n]["prompt"], label="green") for n in range(30)]
    return Desk(tmp_path, write_jsonl, rows, "classification")


def given(desk: Desk, name: str) -> str:
    return str(next(r["label"] for r in desk.rows if r["id"] == name))


# -- progress --------------------------------------------------------------------------------------


def test_an_empty_project(tmp_path: Path) -> None:
    project = new_project(tmp_path)
    found = project.label_status()
    assert (found.progress, found.agreement, found.detectors, found.error_rates) == ((),) * 4
    assert (
        curate(project, "label", "status").stdout == "Nothing was queued yet. Next: curate queue\n"
    )


@pytest.mark.slow
def test_how_far_tasks_are_and_where_answers_came_from(labels: Desk) -> None:
    tasks = labels.push()
    names = sorted(tasks)
    for name in names[:5]:
        labels.answer(tasks[name], choice("red", origin="prediction"))
    labels.answer(tasks[names[5]], choice("red", origin="prediction-changed"), lead_time=40.0)
    labels.answer(tasks[names[6]], choice("red", origin="manual"), lead_time=60.0)
    labels.answer(tasks[names[7]], [], was_cancelled=True)
    labels.answer(tasks[names[8]], choice("purple"))
    labels.sync()
    before = labels.project.store.state_digest()
    (progress,) = labels.project.label_status().progress
    assert (progress.kind, progress.queued, progress.sent) == ("relabel", 0, len(tasks))
    assert (progress.answered, progress.skipped, progress.problems) == (7, 1, 1)
    assert progress.waiting == len(tasks) - 9
    assert progress.seconds == 12.5
    (origin,) = labels.project.label_status().origins
    assert (origin.accepted, origin.changed, origin.by_hand, origin.unknown) == (5, 1, 1, 0)
    said = curate(labels.project, "label", "status")
    assert "5 accepted as prefilled, 1 changed from it, 1 made by hand" in said.stdout
    assert said.stdout.endswith("Next: curate label sync\n")
    assert max(map(len, said.stdout.splitlines())) <= 100
    told = orjson.loads(curate(labels.project, "label", "status", "--json").stdout)
    assert told["progress"][0]["answered"] == 7
    assert labels.project.store.state_digest() == before, "looking changes nothing"


# -- agreement -------------------------------------------------------------------------------------


def test_agreement_of_two_by_hand(labels: Desk) -> None:
    tasks = labels.push()
    names = sorted(tasks)
    for name, first, second in zip(names, "rrbr", "rbbr", strict=False):
        word = {"r": "red", "b": "blue"}
        labels.answer(tasks[name], choice(word[first]), by=1)
        labels.answer(tasks[name], choice(word[second]), by=2)
    labels.answer(tasks[names[4]], choice("blue"), by=1)
    labels.sync()
    (found,) = labels.project.label_status().agreement
    assert (found.kind, found.questions, found.tied) == ("relabel", 4, 1)
    assert found.same == pytest.approx(3 / 4)
    # Of 8 answers 5 are red: observed 2/8, expected 2 * 5 * 3 / (8 * 7).
    assert found.alpha == pytest.approx(1 - (2 / 8) / (30 / 56))
    assert [(a.annotator, a.answers, a.shared, a.same) for a in found.annotators] == [
        (1, 5, 4, 0.75),
        (2, 4, 4, 0.75),
    ]
    assert found.annotators[0].quality is None
    assert "20 questions of each" in found.notes[0]
    text = curate(labels.project, "label", "status").stdout
    text = text.replace("\n  ", " ")
    assert "4 questions with several answers; 75% of pairs are the same" in text
    assert "Krippendorff's alpha 0.53 (nominal); 1 tied" in text


@pytest.mark.slow
def test_annotators_who_meet_often_are_weighed(labels: Desk) -> None:
    tasks = labels.push()
    names = sorted(tasks)[:30]
    for number, name in enumerate(names):
        said, not_so = ("red", "blue")[:: 1 if number % 2 else -1]
        # The third one turns everything round, and so does the second one at times.
        labels.answer(tasks[name], choice(said), by=1)
        labels.answer(tasks[name], choice(not_so if number < 4 else said), by=2)
        labels.answer(tasks[name], choice(not_so), by=3)
    labels.sync()
    (found,) = labels.project.label_status().agreement
    ids = {r["source_id"]: r["example_id"] for r in labels.project.table("examples").to_pylist()}
    assert {d.example_id for d in found.differing} == {ids[name] for name in names[:4]}
    assert all({d.majority, d.dawid_skene} == {"red", "blue"} for d in found.differing)
    assert "Dawid-Skene: " in curate(labels.project, "label", "status").stdout
    if importlib.util.find_spec("cleanlab"):
        quality = [a.quality or 0 for a in found.annotators]
        assert quality[0] > quality[1] > quality[2]
        assert found.annotators[0].consensus == pytest.approx(1)


@pytest.mark.slow
def test_what_is_not_installed_is_said_and_the_rest_is_told(
    labels: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = labels.push()
    for name in sorted(tasks)[:25]:
        labels.answer(tasks[name], choice(given(labels, name)), by=1)
        labels.answer(tasks[name], choice("green"), by=2)
    labels.sync()
    find = importlib.util.find_spec
    missing = ("cleanlab", "krippendorff")
    monkeypatch.setattr(
        agreement.importlib.util,
        "find_spec",
        lambda name, *more: None if name in missing else find(name, *more),
    )
    (found,) = labels.project.label_status().agreement
    assert (found.questions, found.alpha) == (25, None)
    assert all(a.quality is None for a in found.annotators)
    assert ["krippendorff" in found.notes[0], "cleanlab" in found.notes[1]] == [True, True]
    assert (
        "pip install 'curate-workbench[label]'" in curate(labels.project, "label", "status").stdout
    )


@pytest.mark.slow
def test_ratings_agree_as_an_order(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    desk = Desk(tmp_path, write_jsonl, [row(n, rating=1) for n in range(8)], "sft")
    tasks = desk.push()
    for name, first, second in zip(sorted(tasks), (5, 4, 1, 2), (5, 5, 1, 1), strict=False):
        for by, rating in ((1, first), (2, second)):
            stars = {"from_name": "rating", "type": "rating", "value": {"rating": rating}}
            desk.answer(tasks[name], [stars], by=by)
    desk.sync()
    (found,) = desk.project.label_status().agreement
    assert (found.kind, found.level, found.same, found.tied) == ("review", "ordinal", 0.5, 0)
    assert found.alpha is not None
    assert 0.6 < found.alpha < 1
    assert found.notes == ()


@pytest.mark.slow
def test_a_drop_is_a_vote_among_labels(labels: Desk) -> None:
    tasks = labels.push()
    names = sorted(tasks)[:24]
    for number, name in enumerate(names):
        unusable = choice("__unusable__")
        said = choice(given(labels, name))
        for by in (1, 2):
            labels.answer(tasks[name], unusable if number < 8 else said, by=by)
        labels.answer(tasks[name], said, by=3)
    labels.sync()
    (found,) = labels.project.label_status().agreement
    # Of 3 pairs each, one is the same where two of three dropped it.
    assert (found.questions, found.tied) == (24, 0)
    assert found.same == pytest.approx((8 * 1 + 16 * 3) / (24 * 3))
    assert [(a.answers, a.same) for a in found.annotators] == [
        (24, pytest.approx((8 + 32) / 48)), (24, pytest.approx((8 + 32) / 48)),
        (24, pytest.approx(32 / 48)),
    ]  # fmt: skip
    if importlib.util.find_spec("cleanlab"):
        assert (found.annotators[0].quality or 0) > (found.annotators[2].quality or 0)


@pytest.mark.slow
def test_a_drop_is_a_vote_among_ratings_and_spans(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    import krippendorff

    desk = Desk(tmp_path / "ratings", write_jsonl, [row(n, rating=1) for n in range(8)], "sft")
    tasks = desk.push()
    said = ((5, 5), (1, "drop"), (4, 4), (2, 5))
    for name, ratings in zip(sorted(tasks), said, strict=False):
        for by, rating in enumerate(ratings, 1):
            stars = [{"from_name": "rating", "type": "rating", "value": {"rating": rating}}]
            # A rating beside a drop says nothing more.
            dropped = [*choice("drop", "verdict"), {**stars[0], "value": {"rating": 3}}]
            desk.answer(tasks[name], dropped if rating == "drop" else stars, by=by)
    desk.sync()
    (found,) = desk.project.label_status().agreement
    assert (found.kind, found.questions, found.same, found.tied) == ("review", 4, 0.5, 0)
    below_all = [[5, 1, 4, 2], [5, 0, 4, 5]]
    wanted = krippendorff.alpha(reliability_data=below_all, level_of_measurement="ordinal")
    assert found.alpha == pytest.approx(wanted)

    rows = [row(n, response=f'{{"thing": "{n}"}}') for n in range(6)]
    desk = Desk(tmp_path / "spans", write_jsonl, rows, "extraction")
    tasks = desk.push(kind="spans")
    for name in sorted(tasks)[:2]:
        desk.answer(tasks[name], choice("nothing", "verdict"), by=1)
        desk.answer(tasks[name], choice("drop", "verdict"), by=2)
    desk.sync()
    (found,) = desk.project.label_status().agreement
    assert (found.kind, found.questions, found.same, found.tied) == ("spans", 2, 0.0, 2)


# -- detectors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "settled", "expected"),
    [
        ("relabel", {"label": "red", "label_seen": "red"}, False),
        ("relabel", {"label": "blue", "label_seen": "red"}, True),
        ("relabel", {"label": "blue", "label_seen": None}, True),
        ("relabel", {"verdict": "keep", "label_seen": "red"}, False),
        ("relabel", {"verdict": "drop", "label": "red", "label_seen": "red"}, True),
        ("review", {"rating": 4.0}, False),
        ("review", {"rating": 3.5}, True),
        ("review", {"rating": 3.5, "verdict": "keep"}, False),
        ("review", {"rating": 5.0, "correction": "Better."}, True),
        ("review", {"verdict": "drop"}, True),
        ("spans", {"response": '{"a": "1", "b": ["2"]}', "correction": '{"b":"2","a":"1"}'}, False),
        ("spans", {"response": '{"a": "1"}', "correction": '{"a": "2"}'}, True),
        ("spans", {"response": '{"a": "1"}', "verdict": "drop"}, True),
    ],
)
def test_what_counts_as_a_change(kind: str, settled: dict[str, Any], expected: bool) -> None:
    names = ("verdict", "label", "label_seen", "correction", "rating", "response")
    told = {"kind": kind, **dict.fromkeys(names), **settled}
    assert changed(told, 4.0) is expected
    if settled.get("rating") == 3.5:
        assert changed(told, None) is False


@pytest.mark.slow
def test_detectors_are_right_as_often_as_people_change_what_they_flag(labels: Desk) -> None:
    tasks = labels.push()
    names = sorted(tasks)[:10]
    other = {"red": "blue", "blue": "red", "green": "red"}
    for number, name in enumerate(names[:9]):
        said = given(labels, name)
        labels.answer(tasks[name], choice(other[said] if number < 6 else said))
    labels.answer(tasks[names[9]], [], was_cancelled=True)
    labels.sync()
    (found,) = labels.project.label_status().detectors
    assert (found.name, found.reviewed, found.changed) == ("contradiction", 9, 6)
    assert (found.wrong, found.found) == (0, 0)
    assert "contradiction 6 of 9 changed" in curate(labels.project, "status").stdout
    labels.rows += [
        row(n, prompt="What is this?", label=("red", "blue")[n % 2]) for n in (200, 201)
    ]
    labels.pull()
    text = curate(labels.project, "queue", "--audit", "0").stdout
    assert ["contradiction", "9", "6", "57%"] in [
        [words[0], *words[3:]] for words in map(str.split, text.splitlines()) if len(words) == 6
    ]
    text = curate(labels.project, "label", "status").stdout
    assert "contradiction         9        6        67%" in text


@pytest.mark.slow
def test_an_answer_about_content_that_changed_counts_no_more(labels: Desk) -> None:
    tasks = labels.push()
    name = sorted(tasks)[0]
    labels.answer(tasks[name], choice(given(labels, name)))
    labels.sync()
    assert labels.project.label_status().detectors[0].reviewed == 1
    next(r for r in labels.rows if r["id"] == name)["prompt"] = "Something else entirely?"
    labels.pull()
    assert labels.project.label_status().detectors == ()


# -- how wrong -------------------------------------------------------------------------------------


class Audit(Desk):
    """Two hundred questions, a third of them held out; audits are answered by a rule."""

    def draw(self, size: int, wrong: int = 0) -> None:
        """Hands over an audit and answers it; the first `wrong` of those drawn were wrong."""
        entries = self.project.queue(budget=size, audit=size).entries
        path = self.folder / "tasks.json"
        by_file.push_to_file(self.project.store, path)
        tasks = {t["data"]["curate_id"]: t for t in orjson.loads(path.read_bytes())}
        drawn = sorted((e for e in entries if e.audit), key=lambda e: e.source_id)
        bad = {e.task_key for e in drawn[:wrong]}
        for e in entries:
            other = next(label for label in ("red", "blue") if label != e.given)
            self.answer(tasks[e.task_key], choice(other if e.task_key in bad else str(e.given)))
        self.sync()


@pytest.fixture
def audited(tmp_path: Path, write_jsonl: WriteJsonl) -> Audit:
    rows = [row(n, label=("red", "blue", "green")[n % 3]) for n in range(200)]
    return Audit(tmp_path, write_jsonl, rows, "classification")


@pytest.mark.slow
def test_an_audit_says_how_wrong_both_sides_are(audited: Audit) -> None:
    audited.project.export("set")
    audited.draw(40, wrong=0)
    rates = {r.side: r for r in audited.project.label_status().error_rates}
    assert rates.keys() == {"train", "test"}
    assert sum(r.audited for r in rates.values()) == 40
    assert all(r.rate == r.low == 0 < r.high for r in rates.values())
    ready = audited.project.status()
    assert (rates["train"].examples, rates["test"].examples) == (ready.train, ready.test)
    assert rates["train"].reviewed == rates["train"].audited
    text = curate(audited.project, "status").stdout
    assert f"how wrong: train {rates['train'].said}, test {rates['test'].said}; 40 audited" in (
        text.replace("\n  ", " ")
    )
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.slow
def test_answers_move_no_example_to_another_side(audited: Audit) -> None:
    before = {r["example_id"]: r["side"] for r in audited.project.table("verdicts").to_pylist()}
    audited.draw(40, wrong=20)
    after = {r["example_id"]: r["side"] for r in audited.project.table("verdicts").to_pylist()}
    assert after == before
    rates = audited.project.label_status().error_rates
    assert sum(r.wrong for r in rates) == 20
    assert all(r.reviewed == r.audited for r in rates)


@pytest.mark.slow
def test_recall_is_told_by_audits(audited: Audit) -> None:
    found = audited.project.label_status()
    assert found.detectors == ()
    copies = [
        row(300 + n, prompt=audited.rows[n]["prompt"], label="green") for n in range(0, 30, 3)
    ]
    audited.rows += copies
    audited.pull()
    entries = audited.project.queue(budget=100, audit=100).entries
    flagged = [e for e in entries if "contradiction" in e.detectors]
    plain = [e for e in entries if not e.detectors]
    assert flagged
    path = audited.folder / "tasks.json"
    by_file.push_to_file(audited.project.store, path)
    tasks = {t["data"]["curate_id"]: t for t in orjson.loads(path.read_bytes())}
    for e in [flagged[0], *plain[:3]]:
        other = next(label for label in ("red", "blue") if label != e.given)
        audited.answer(tasks[e.task_key], choice(other))
    audited.sync()
    (found_,) = audited.project.label_status().detectors
    assert (found_.name, found_.reviewed, found_.changed) == ("contradiction", 1, 1)
    assert (found_.wrong, found_.found) == (4, 1)
    assert "1 of 4" in curate(audited.project, "label", "status").stdout


@pytest.mark.slow
def test_an_answer_speaks_for_the_copies_that_follow_it(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    rows = [row(n, label=("red", "blue")[n % 2]) for n in range(60)]
    rows += [{**r, "id": f"{r['id']}-copy"} for r in rows]
    desk = Audit(tmp_path, write_jsonl, rows, "classification")
    desk.project.dedupe(exact="off", near=None, semantic=None)
    desk.project.export("set")
    desk.draw(30, wrong=3)
    rates = desk.project.label_status().error_rates
    assert [sum(n) for n in zip(*((r.audited, r.wrong) for r in rates), strict=True)] == [30, 3]
    for r in rates:
        assert r.reviewed == 2 * r.audited
        # Of all inputs as large a share as of those drawn, less what was drawn and corrected.
        left = r.wrong / r.audited * r.examples - 2 * r.wrong
        assert r.rate == pytest.approx(left / r.examples)


@pytest.mark.slow
def test_reviews_tell_how_wrong_answers_are(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    desk = Desk(tmp_path, write_jsonl, [row(n, rating=5) for n in range(100)], "sft")
    desk.project.export("set")
    entries = desk.project.queue(budget=40, audit=40).entries
    path = desk.folder / "tasks.json"
    by_file.push_to_file(desk.project.store, path)
    tasks = {t["data"]["curate_id"]: t for t in orjson.loads(path.read_bytes())}
    for number, entry in enumerate(entries):
        stars = {"type": "rating", "value": {"rating": 2 if number < 5 else 5}}
        result: list[dict[str, Any]] = [{"from_name": "rating", **stars}]
        if 5 <= number < 8:
            text = {"type": "textarea", "value": {"text": ["A better answer."]}}
            result.append({"from_name": "corrected", **text})
        desk.answer(tasks[entry.task_key], result)
    desk.sync()
    rates = desk.project.label_status().error_rates
    assert sum(r.audited for r in rates) == 40
    assert sum(r.wrong for r in rates) == 8
    # Five were rated low and are out; three have a better answer.
    assert sum(r.examples for r in rates) == 95
    assert sum(r.reviewed for r in rates) == 35
    desk.project.filter(skip=["min_rating"])
    rates = desk.project.label_status().error_rates
    assert sum(r.wrong for r in rates) == 3, "where ratings decide nothing, none is a change"


@pytest.mark.slow
def test_the_gate_wants_a_measured_rate_that_is_low_enough(audited: Audit) -> None:
    result = curate(audited.project, "export", "set", "--max-error", "3%")
    assert result.exit_code == 3
    assert "how wrong train is was not measured, and at most 3.0% may be" in result.stderr
    assert "Next: curate queue --budget 200" in result.stderr
    assert audited.project.versions() == []
    audited.draw(60)
    result = curate(audited.project, "export", "set", "--max-error", "0.03")
    assert result.exit_code == 3
    assert "wrong in train: none seen (95%: at most " in result.stderr
    assert "more of train, as good as these, would do" in result.stderr
    assert curate(audited.project, "export", "set", "--max-error", "30%").exit_code == 0
    for text in ("3", "no", "0%"):
        result = curate(audited.project, "export", "set", "--max-error", text)
        assert result.exit_code == 2
        assert "write 3% or 0.03" in result.stderr


@pytest.mark.slow
def test_what_is_too_wrong_is_not_exported(audited: Audit) -> None:
    audited.draw(60, wrong=30)
    with pytest.raises(GateFailed, match="curate queue, to find and correct more"):
        audited.project.export("set", ExportSettings(max_error=0.05))
    assert audited.project.export("set").created


@pytest.mark.slow
def test_the_card_and_the_manifest_carry_the_rate_and_the_content_id_does_not(
    audited: Audit,
) -> None:
    first = audited.project.export("set")
    assert "Not measured" in (first.folder / "README.md").read_text(encoding="utf-8")
    audited.draw(40)
    again = audited.project.export("set", ExportSettings(max_error=0.5))
    assert (again.created, again.content_id) == (False, first.content_id)
    other = audited.project.export("other")
    assert other.content_id == first.content_id
    manifest = orjson.loads((other.folder / "manifest.json").read_bytes())
    rates = {r["side"]: r for r in manifest["error_rates"]}
    assert rates["train"]["rate"] == 0
    assert 0 < rates["train"]["high"] < 0.5
    card = (other.folder / "README.md").read_text(encoding="utf-8")
    assert f"| train |  0.0% | 0.0% to {rates['train']['high']:.1%}" in card


def test_status_says_that_nothing_was_measured(labels: Desk) -> None:
    text = curate(labels.project, "status").stdout
    assert (
        "how wrong: not measured yet. curate queue --budget 200 includes an audit sample." in text
    )


def test_suspected_labels_say_how_often_they_were_wrong(audited: Audit) -> None:
    from curate.label.reviews import Detector
    from curate.mislabels.mislabels import MislabelsResult

    made = MislabelsResult(True, "", reviewed=(Detector("mislabel", 50, 41, 0, 0),))
    assert "reviewed: mislabel 41 of 50 changed" in mislabels.render_mislabels(made)
