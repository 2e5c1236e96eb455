"""Classes: counts and noise per class, labels nobody uses, and classes that are one."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.cli import mislabels
from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.kernels.intervals import share
from curate.label.by_file import push_to_file, sync_from_file
from curate.mislabels.classes import ClassesResult, ClassPair, ClassRow, classes, pairs
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from desk import ITEMS, TEXTS, choice
from program import Program
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

ASKED = {
    "delivery": TEXTS["delivery"],
    "password": TEXTS["password"],
    "refund": [f"I want my money back for the {item}" for item in ITEMS],
}
LABELS = ["delivery", "gone", "password", "rare", "refund", "repayment"]
WRONG = ("delivery-1", "password-2")


def rows() -> Iterable[dict[str, Any]]:
    """Refunds under two labels, in turn; two wrong labels; a rare one; one on the test side."""
    for label, texts in ASKED.items():
        for number, text in enumerate(texts):
            name = f"{label}-{number}"
            given = "repayment" if label == "refund" and number % 2 else label
            given = {WRONG[0]: "password", WRONG[1]: "delivery"}.get(name, given)
            split = "test" if name == "delivery-7" else "train"
            yield {"id": name, "text": text, "label": given, "split": split}
    yield {"id": "rare-0", "text": "Do you sell gift cards?", "label": "rare", "split": "train"}


@pytest.fixture(scope="module")
def judged(
    tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl, encoder: Any
) -> Project:
    """A judged project; nothing changes it."""
    folder = tmp_path_factory.mktemp("classes")
    project = new_project(folder / "p", task="classification")
    toml = project.folder / "curate.toml"
    toml.write_text(f'[project]\ntask = "classification"\nlabels = {LABELS}\n', encoding="utf-8")
    log = write_jsonl(folder / "log.jsonl", rows())
    project.pull([str(log)], PullOptions(declared=Declared(fields={"query": "text"})))
    embed(project.store, load=lambda _: encoder)
    project.mislabels()
    return project


def test_classes_of_real_texts(judged: Project) -> None:
    before = judged.store.state_digest()
    found = classes(judged.store)
    by = {one.label: one for one in found.classes}
    # One label of delivery went to password, one of password came to delivery.
    sizes = {name: (c.train, c.test, c.judged) for name, c in by.items()}
    assert sizes == {
        "delivery": (7, 1, 8), "password": (8, 0, 8), "rare": (1, 0, 1),
        "refund": (12, 0, 12), "repayment": (12, 0, 12),
    }  # fmt: skip
    assert found.unused == ("gone",) and found.test_only == ()
    assert by["rare"].too_rare
    # Suspicions are no answers: nobody has said how many labels are wrong.
    assert all((c.noise, c.answers, c.answers_apart) == (None, 0, 0) for c in found.classes)
    assert "0 answers; from 10 on" in mislabels.render_classes(found)
    suspected = [c.likely + c.possible for c in found.classes]
    assert sum(suspected) == judged.mislabels().found
    assert [c.likely for c in found.classes] == sorted(c.likely for c in found.classes)[::-1]
    assert judged.store.state_digest() == before


def test_one_class_under_two_names_is_said(judged: Project) -> None:
    found = classes(judged.store)
    assert [(p.a, p.b) for p in found.pairs if p.overlap] == [("refund", "repayment")]
    pair = next(p for p in found.pairs if p.overlap)
    assert pair == found.pairs[0], "it costs most"
    issues = [i for i in judged.mislabels().issues if {i.given, i.suggested} == {pair.a, pair.b}]
    assert pair.a_as_b + pair.b_as_a == len(issues)
    chances = [i.probability for i in issues if i.probability is not None]
    assert pair.cost == pytest.approx(sum(chances), abs=1e-3)
    assert 'may be one class: "refund" and "repayment": ' in mislabels.render_classes(found)


def test_pairs_checked_by_hand() -> None:
    def row(given: str, suggested: str, labels: int, likely: int, chance: float) -> dict[str, Any]:
        return {
            "given": given, "suggested": suggested, "labels": labels, "likely": likely,
            "chance": chance,
        }  # fmt: skip

    directed = [
        row("a", "b", 5, 2, 3.5), row("b", "a", 3, 0, 1.25), row("c", "a", 9, 9, 8.0),
        row("c", "b", 1, 0, 0.5), row("b", "c", 2, 1, 1.5),
    ]  # fmt: skip
    assert pairs(directed, {"a": 50, "b": 16, "c": 10}) == (
        ClassPair("a", "c", 0, 9, 9, 8.0, 50, 10, overlap=True),
        ClassPair("a", "b", 5, 3, 2, 4.75, 50, 16, overlap=True),
        # Little is said by three labels, and by less than half.
        ClassPair("b", "c", 2, 1, 1, 2.0, 16, 10, overlap=False),
    )
    assert not pairs(directed[:2], {"a": 50, "b": 17})[0].overlap
    assert pairs([], {}) == ()


@pytest.mark.slow
def test_the_noise_of_a_class_takes_answers_to_audits(
    judged: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(shutil.copytree(judged.folder, tmp_path / "p"))
    entries = [e for e in project.queue(budget=30, audit=30).entries if e.audit]
    tasks = tmp_path / "tasks.json"
    push_to_file(project.store, tasks)
    known = {t["data"]["curate_id"]: t for t in orjson.loads(tasks.read_bytes())}
    mine = [e for e in entries if e.given == "password"]
    contested, wrong = mine[:2]
    at = "2026-11-24T04:00:00Z"
    answers = [
        {
            "id": n, "data": known[e.task_key]["data"], "annotations": [
                {
                    "id": 10 * n + by, "completed_by": {"id": by}, "created_at": at,
                    "updated_at": at, "was_cancelled": False, "lead_time": 5.0,
                    "result": choice(
                        "refund" if e is wrong or (e is contested and by < 3) else "password"
                    ),
                }
                for by in (1, 2, 3)
            ],
        }
        for n, e in enumerate(mine, 1)
    ]  # fmt: skip
    path = tmp_path / "export.json"
    path.write_bytes(orjson.dumps(answers))
    sync_from_file(project.store, path)

    def password() -> ClassRow:
        return next(one for one in classes(project.store).classes if one.label == "password")

    # Most say that the contested label is wrong, and one that it is right: it tells nothing.
    told = len(mine) - 1
    assert (password().noise, password().answers, password().answers_apart) == (None, told, 1)
    said = mislabels.render_classes(classes(project.store))
    assert f"{told} answers; from 10 on (1 contested)" in said
    monkeypatch.setattr("curate.mislabels.classes.TELLING", 3)
    assert password().noise == share(1, told)
    assert f"{told} answers (1 contested)" in mislabels.render_classes(classes(project.store))


def test_nothing_judged_yet_and_nothing_confused(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", task="classification")
    with pytest.raises(ConfigError, match="no label was judged yet"):
        classes(project.store)
    said = mislabels.render_classes(ClassesResult((), (), (), (), False))
    assert said.startswith("classes   0 in use: 0 labels likely wrong")
    assert said.endswith("no two classes are confused\n")


def curate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(Program(), [str(a) for a in arguments])  # type: ignore[arg-type]


def test_the_command_line(judged: Project) -> None:
    done = curate("-C", judged.folder, "mislabels", "--classes")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("classes   5 in use: ")
    assert "listed, but no example has it: gone\n" in done.stdout
    assert "too rare to judge: rare" in done.stdout
    as_json = orjson.loads(curate("-C", judged.folder, "mislabels", "--classes", "--json").stdout)
    assert as_json["unused"] == ["gone"]
    assert {"label", "train", "noise", "answers"} <= as_json["classes"][0].keys()
    assert as_json["pairs"][0]["a"] == "refund"
