"""People compare answers of models blind; what they say is counted, and train learns nothing."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result

from curate.errors import ConfigError
from curate.evaluate.heldout import HeldOut
from curate.evaluate.options import EvaluateResult, ModelComparison
from curate.kernels.paired_bootstrap import Bar, compare
from curate.label import by_file, ledger
from curate.options import EvaluateSettings
from curate.project import Project
from judged import answered_by, heldout_of
from program import Program
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]
Decide = Callable[[str, str, str], str | None]

ITEMS = ("lamp", "chair", "sofa", "table", "shelf", "mirror", "carpet")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    """The folder of a project of talks with a version."""
    folder = tmp_path_factory.mktemp("exported")
    project = new_project(folder / "p")
    rows = [
        {
            "id": f"r{n}", "session_id": f"s{n // 2}", "rating": 5, "model": "gpt-secret",
            "prompt": f"What about my {ITEMS[n % 7]}, order {n * 7919 % 10_007}?",
            "response": f"Your {ITEMS[n % 7]} number {n} is on its way.",
        }
        for n in range(300)
    ]  # fmt: skip
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    project.filter()
    project.export("set")
    return project.folder


class Bench:
    """A project with a version, two models that answer it, and annotators by file."""

    def __init__(self, folder: Path, exported: Path) -> None:
        self.folder = folder
        self.project = Project(Path(shutil.copytree(exported, folder / "p")))
        self.heldout = heldout_of(self.project)
        self.number = 0
        self.exported: dict[str, dict[str, Any]] = {}
        self.files = {name: self.answers(name) for name in ("tuned", "prompted")}

    def answers(self, name: str, answer: Callable[[int, HeldOut], str] | None = None) -> str:
        """Writes what a model answers; the last two answers are the same for all models."""
        count = len(self.heldout)

        def usual(n: int, one: HeldOut) -> str:
            word = "The same" if n >= count - 2 else {"tuned": "Better", "prompted": "Worse"}[name]
            return f"{word} answer number {n}, with care."

        return answered_by(self.folder, name, self.heldout, answer or usual)

    def evaluate(
        self, review: int = 0, files: Mapping[str, str] | None = None, **settings: Any
    ) -> EvaluateResult:
        return self.project.evaluate(
            "set", files or self.files, EvaluateSettings(review=review, **settings)
        )

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(Program(), ["-C", str(self.project.folder), *arguments])  # type: ignore[arg-type]

    def command(self, *more: str, files: Mapping[str, str] | None = None) -> list[str]:
        named = (files or self.files).items()
        return ["evaluate", "set", *(a for n, f in named for a in ("--answers", f"{n}={f}")), *more]

    def push(self) -> list[dict[str, Any]]:
        path = self.folder / "tasks.json"
        path.unlink(missing_ok=True)
        by_file.push_to_file(self.project.store, path, kind="compare")
        return list(orjson.loads(path.read_bytes()))

    def answer(self, tasks: Sequence[Mapping[str, Any]], decide: Decide, by: int = 1) -> None:
        """One annotator answers: the better text, tie, both_bad, or None to skip."""
        for task in tasks:
            data = task["data"]
            chosen = decide(data["text"], data["response_a"], data["response_b"])
            said = {data["response_a"]: "A", data["response_b"]: "B"}.get(chosen or "", chosen)
            self.number += 1
            result = [
                {
                    "from_name": "preference", "to_name": "text", "type": "choices",
                    "value": {"choices": [said]},
                }
            ]  # fmt: skip
            self.exported.setdefault(data["curate_id"], {"data": data, "annotations": []})[
                "annotations"
            ].append(
                {
                    "id": self.number, "completed_by": by, "was_cancelled": chosen is None,
                    "updated_at": f"2026-05-01T10:{self.number // 60:02}:{self.number % 60:02}Z",
                    "result": result if chosen is not None else [],
                }
            )  # fmt: skip

    def sync(self) -> ledger.SyncResult:
        path = self.folder / "export.json"
        path.write_text(json.dumps(list(self.exported.values())), encoding="utf-8")
        return by_file.sync_from_file(self.project.store, path)

    def tasks(self) -> list[dict[str, Any]]:
        rows = self.project.table("tasks").to_pylist()
        return [row for row in rows if row["kind"] == "compare"]


@pytest.fixture
def bench(tmp_path: Path, exported: Path) -> Bench:
    return Bench(tmp_path, exported)


def preferred(result: EvaluateResult, one: str = "tuned", other: str = "prompted") -> Any:
    found = [
        c
        for c in result.comparisons
        if (c.candidate, c.baseline, c.metric) == (one, other, "preferred")
    ]
    return found[0] if found else None


def longest(_: str, a: str, b: str) -> str:
    return max(a, b, key=lambda text: (len(text), text))


def by_number(text: str) -> int:
    [number] = re.findall(r"answer number (\d+)", text)
    return int(number)


def mostly_tuned(_: str, a: str, b: str) -> str:
    """Every third question goes to the other one, every fifth to neither."""
    n = by_number(a)
    good, bad = sorted((a, b))
    return "tie" if n % 5 == 0 else "both_bad" if n % 7 == 0 else bad if n % 3 == 0 else good


def expected(n: int) -> float:
    return 0.5 if n % 5 == 0 or n % 7 == 0 else 0.0 if n % 3 == 0 else 1.0


# -- what annotators see ---------------------------------------------------------------------------


def test_tasks_are_blind_and_in_an_order_by_lot(bench: Bench) -> None:
    bench.evaluate(16, baselines=("prompted",))
    tasks = bench.push()
    assert len(tasks) == 16
    names = {"curate_id", "text", "context", "response_a", "response_b"}
    names |= {"conversation", "answer_a", "answer_b"}
    assert all(task.keys() == {"data"} and task["data"].keys() == names for task in tasks)
    written = (bench.folder / "tasks.json").read_text() + (bench.folder / "tasks.xml").read_text()
    for told in ("tuned", "prompted", "gpt-secret", "chrf", "score", "$reason", "set@1"):
        assert told not in written
    asked = {one.prompt[-1]["content"]: n for n, one in enumerate(bench.heldout)}
    for data in (task["data"] for task in tasks):
        n = asked[data["text"]]
        assert {data["response_a"], data["response_b"]} == {
            f"{word} answer number {n}, with care." for word in ("Better", "Worse")
        }
    first = [task["data"]["response_a"].split()[0] for task in tasks]
    assert 3 <= first.count("Better") <= 13
    numbers = [asked[task["data"]["text"]] for task in tasks]
    assert numbers != sorted(numbers) and len(set(numbers)) == 16
    assert {row["swapped"] for row in bench.tasks()} == {True, False}
    assert all(row["blind"] and row["why"] == "" and not row["detectors"] for row in bench.tasks())


def test_only_answers_that_differ_and_can_be_shown_are_asked_about(bench: Bench) -> None:
    bench.files["prompted"] = bench.answers(
        "prompted", lambda n, _: "x" * 200_001 if n == 0
        else f"Better answer number {n}, with care." if n < 20 else f" Worse answer number {n} "
    )  # fmt: skip
    result = bench.evaluate(1_000, baselines=("prompted",))
    count = len(bench.heldout)
    [told] = result.side_by_side
    assert told.differing == count - 19 and told.drawn == count - 20
    assert len(bench.push()) == count - 20


def test_the_first_model_meets_the_others_and_production(bench: Bench) -> None:
    files = {
        **bench.files,
        "third": bench.answers("third", lambda n, _: f"Third answer number {n}"),
    }
    result = bench.evaluate(5, files)
    assert [(one.candidate, one.baseline) for one in result.side_by_side] == [
        ("tuned", "prompted"), ("tuned", "third"), ("tuned", "logged"),
    ]  # fmt: skip
    assert len(bench.push()) == 15
    questions = [{row["example_id"]} for row in bench.tasks()]
    assert len(set.union(*questions)) < 15, "pairs share their questions"
    named = bench.evaluate(5, files, baselines=("third",))
    assert [(one.candidate, one.baseline) for one in named.side_by_side] == [
        ("tuned", "third"), ("prompted", "third"),
    ]  # fmt: skip


def test_one_model_alone_has_nobody_to_meet(bench: Bench) -> None:
    with pytest.raises(ConfigError, match=r"itself alone. Next: another --baseline"):
        bench.evaluate(5, {"tuned": bench.files["tuned"]}, baselines=("tuned",))


# -- what they said --------------------------------------------------------------------------------


def test_what_people_prefer_is_compared_like_any_other_metric(bench: Bench) -> None:
    count = len(bench.heldout) - 2
    bench.evaluate(count, baselines=("prompted", "tuned"))
    tasks = bench.push()
    assert len(tasks) == count
    bench.answer(tasks, mostly_tuned)
    result = bench.sync()
    assert (result.new, dict(result.decisions), result.problems) == (count, {}, ())
    found = bench.evaluate()
    one: ModelComparison = preferred(found)
    scores = np.array([expected(n) for n in range(count)])
    wins, losses = (scores == 1).mean(), (scores == 0).mean()
    assert one.n == count and one.difference == pytest.approx(wins - losses)
    conversations = sorted({e.conversation for e in bench.heldout})
    clusters = np.array([conversations.index(e.conversation) for e in bench.heldout[:count]])
    oracle = compare(scores, 1 - scores, clusters, bar=Bar(margin=0.02), seed=0)
    assert (one.low, one.high, one.verdict) == (oracle.low, oracle.high, oracle.verdict)
    assert one.conversations == len(set(clusters.tolist())) < count
    mirrored: ModelComparison = preferred(found, "prompted", "tuned")
    assert mirrored.difference == pytest.approx(-one.difference)
    assert mirrored.verdict != "beats" and mirrored.n == count
    [told] = found.side_by_side
    assert (told.drawn, told.reviewed, told.queued, told.waiting) == (count, count, 0, 0)
    said = bench.run(*bench.command("--baseline", "prompted"))
    assert "preferred  against" in said.stdout and f"{count} of {count} reviewed" in said.stdout
    assert "Next:" not in said.stdout.splitlines()[-1]
    shown = orjson.loads(bench.run(*bench.command("--json")).stdout)
    [row] = [c for c in shown["comparisons"] if c["metric"] == "preferred"
             and (c["candidate"], c["baseline"]) == ("tuned", "prompted")]  # fmt: skip
    assert (row["n"], row["difference"]) == (count, pytest.approx(wins - losses))


def test_what_people_prefer_is_told_of_what_is_answered(bench: Bench) -> None:
    half = len(bench.heldout) // 2
    bench.files["tuned"] = answered_by(
        bench.folder, "tuned", bench.heldout[:half], lambda n, _: f"Better answer number {n}."
    )
    bench.evaluate(half, baselines=("prompted",))
    bench.answer(bench.push(), lambda _, a, b: min(a, b))
    bench.sync()
    one = preferred(bench.evaluate(baselines=("prompted",)))
    assert one.difference == 1 and one.missing == pytest.approx(1 - half / len(bench.heldout))
    assert one.n == half


def test_the_command_says_how_far_people_are_and_what_comes_next(bench: Bench) -> None:
    ask = bench.command("--baseline", "prompted", "--review", "12")
    said = bench.run(*ask)
    assert said.exit_code == 0, said.output
    assert "tuned and prompted side by side: 0 of 12 reviewed" in said.stdout
    assert said.stdout.endswith("Next: curate label push --kind compare\n")
    assert "preferred" not in said.stdout
    status = bench.run("label", "status").stdout
    assert "Next: curate label push --kind compare" in status
    tasks = bench.push()
    assert bench.run(*ask).stdout.endswith("Next: curate label sync --from-file EXPORT.json\n")
    bench.answer(tasks[:4], longest)
    bench.answer(tasks[4:5], lambda *_: None)
    bench.sync()
    said = bench.run(*ask)
    assert "4 of 12 reviewed" in said.stdout
    assert re.search(r"^tuned +prompted .* 4  ", said.stdout, re.MULTILINE)
    [told] = orjson.loads(bench.run(*ask, "--json").stdout)["side_by_side"]
    assert (told["reviewed"], told["waiting"], told["filed"]) == (4, 7, 7)
    gate = bench.run(*bench.command("--baseline", "prompted", "--gate"))
    assert gate.exit_code == 3
    for command in (["queue", "--kind", "compare"], ["label", "push", "--kind", "compare",
                                                     "--to-file", "x.json"]):  # fmt: skip
        refused = bench.run(*command)
        assert refused.exit_code == 2 and "Next: curate evaluate" in refused.stderr
    assert len(bench.tasks()) == 12


def test_the_majority_counts_and_a_tie_is_asked_once_more(bench: Bench) -> None:
    bench.evaluate(3, baselines=("prompted",))
    two, one, none = bench.push()
    good: Decide = lambda _, a, b: min(a, b)  # noqa: E731
    bad: Decide = lambda _, a, b: max(a, b)  # noqa: E731
    for by, decide in enumerate((good, bad, good), 1):
        bench.answer([two], decide, by)
    bench.answer([one], good, 1)
    bench.answer([one], bad, 2)
    bench.answer([none], lambda *_: "tie", 1)
    bench.answer([none], lambda *_: "both_bad", 2)
    bench.sync()
    found = bench.evaluate()
    assert (preferred(found).n, preferred(found).difference) == (2, 0.5)
    [told] = found.side_by_side
    assert (told.reviewed, told.tied) == (2, 1)
    assert "with --review" in bench.run(*bench.command()).stdout
    bench.evaluate(3, baselines=("prompted",))
    digest = bench.project.store.state_digest()
    bench.evaluate(3, baselines=("prompted",))
    assert bench.project.store.state_digest() == digest, "somebody is asked already"
    [again] = bench.push()
    assert again["data"]["curate_id"] != one["data"]["curate_id"]
    assert {again["data"][k] for k in ("response_a", "response_b")} == {
        one["data"][k] for k in ("response_a", "response_b")
    }
    bench.answer([again], bad, 3)
    bench.sync()
    found = bench.evaluate()
    assert (preferred(found).n, preferred(found).difference) == (3, 0.0)


def test_an_edited_answer_counts_as_it_is_now_and_a_deleted_one_not_at_all(bench: Bench) -> None:
    bench.evaluate(2, baselines=("prompted",))
    tasks = bench.push()
    bench.answer(tasks, lambda _, a, b: min(a, b))
    bench.sync()
    assert preferred(bench.evaluate()).difference == 1
    first, second = bench.exported.values()
    chosen = first["annotations"][0]["result"][0]["value"]
    chosen["choices"] = ["B" if chosen["choices"] == ["A"] else "A"]
    first["annotations"][0]["updated_at"] = "2026-05-02T10:00:00Z"
    second["annotations"].clear()
    bench.sync()
    found = preferred(bench.evaluate())
    assert (found.n, found.difference) == (1, -1)


# -- asked once ------------------------------------------------------------------------------------


def test_the_same_again_asks_for_nothing_new(bench: Bench) -> None:
    bench.evaluate(10, baselines=("prompted",))
    before, digest = bench.tasks(), bench.project.store.state_digest()
    again = bench.evaluate(10, baselines=("prompted",))
    assert again.unchanged and bench.project.store.state_digest() == digest
    bench.answer(bench.push(), longest)
    bench.sync()
    bench.evaluate(10, baselines=("prompted",))
    digest = bench.project.store.state_digest()
    assert bench.evaluate(10, baselines=("prompted",)).unchanged
    assert bench.project.store.state_digest() == digest
    assert {t["task_key"] for t in bench.tasks()} == {t["task_key"] for t in before}
    bench.evaluate(14, baselines=("prompted",))
    assert {t["task_key"] for t in bench.tasks()} > {t["task_key"] for t in before}
    assert len(bench.push()) == 4, "more of the same draw"


def test_the_same_contents_are_one_task_whoever_answered(bench: Bench) -> None:
    bench.evaluate(1_000, baselines=("prompted",))
    bench.answer(bench.push(), mostly_tuned)
    bench.sync()
    renamed = {"other": bench.files["prompted"], "tuned": bench.files["tuned"]}
    found = bench.evaluate(files=renamed)
    assert preferred(found, "other", "tuned").n == len(bench.heldout) - 2, "the same answers"
    changed = len(bench.heldout) // 2
    old = Path(bench.files["tuned"]).read_text("utf-8").splitlines()
    fresh = {
        "fresh": bench.answers(
            "fresh", lambda n, _: json.loads(old[n])["answer"] if n >= changed else f"New {n}"
        )
    }
    files = {"prompted": bench.files["prompted"], **fresh}
    assert preferred(bench.evaluate(files=files), "fresh") is None, (
        "answers that two models share are no random sample of either's"
    )
    found = bench.evaluate(1_000, files, baselines=("prompted",))
    [told] = found.side_by_side
    assert (told.drawn, told.queued) == (len(bench.heldout) - 2, changed)
    assert preferred(found, "fresh").n == len(bench.heldout) - 2 - changed
    assert len(bench.push()) == changed


def test_what_the_server_lost_unanswered_is_queued_again(bench: Bench) -> None:
    bench.evaluate(6, baselines=("prompted",))
    tasks = bench.push()
    bench.answer(tasks[:2], longest)
    bench.sync()
    keys = [task["data"]["curate_id"] for task in tasks]
    with bench.project.store.run("test", {}), bench.project.store.write() as con:
        ledger.mark(con, dict.fromkeys(keys[1:4]), state="gone", server="file", project_id=None,
                    prefill=None)  # fmt: skip
    bench.evaluate(6, baselines=("prompted",))
    assert sorted(task["data"]["curate_id"] for task in bench.push()) == sorted(keys[2:4])
    assert len(bench.tasks()) == 6


# -- train learns nothing --------------------------------------------------------------------------


def digests(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.glob("*.jsonl")}


def test_nothing_of_it_reaches_examples_verdicts_or_exports(bench: Bench) -> None:
    project = bench.project
    tables = ("verdicts", "excluded", "duplicates", "issues", "examples", "settled",
              "settled_pairs", "decisions", "preferences", "pair_verdicts", "split_ledger",
              "ratings", "example_inputs")  # fmt: skip

    def state() -> list[Any]:
        rows = [sorted(map(str, project.table(name).to_pylist())) for name in tables]
        queues = [project.queue(kind=kind, budget=40) for kind in ("review", "preference")]
        return [*rows, *([e.task_key for e in queue.entries] for queue in queues)]

    project.export("before")
    before = state()
    assert len(before[0]) == 300
    bench.evaluate(1_000)
    bench.answer(bench.push(), lambda _, a, b: max(a, b))
    bench.sync()
    assert project.table("annotations").num_rows > 40
    assert preferred(bench.evaluate(), "tuned", "logged").n > 20, "people preferred another answer"
    assert state() == before
    project.export("after")
    place = project.folder / "datasets"
    assert digests(place / "before" / "v1") == digests(place / "after" / "v1")
    written = "".join(p.read_text("utf-8") for p in place.rglob("*.jsonl"))
    assert "Better answer" not in written and "Worse answer" not in written
    why = project.why(bench.heldout[0].example_id)
    assert not why["decisions"]
