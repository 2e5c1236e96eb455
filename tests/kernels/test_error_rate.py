"""The error rate that is left: small cases by hand, and known truths that the interval covers."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from scipy.stats import binomtest

from curate.export.options import ExportSettings
from curate.kernels.error_rate import ErrorRate, Judged, Side, error_rate, more_to_show
from curate.kernels.intervals import clopper_pearson
from curate.label import by_file
from curate.project import Project
from curate.split import SplitSettings
from projects import new_project

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "audit"))

from worlds import SETTINGS, Setting, simulated

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def drawn(wrong: int, right: int, *, run: int = 1, flagged: bool = False) -> list[Judged]:
    """Audited answers."""
    return [Judged(run, True, flagged, n < wrong) for n in range(wrong + right)]


def followed(wrong: int, right: int, *, run: int = 1) -> list[Judged]:
    """Answers to what a detector flagged."""
    return [Judged(run, False, True, n < wrong) for n in range(wrong + right)]


def rate(judged: list[Judged], flagged: int, others: int, since: int = 0) -> ErrorRate:
    left = {True: flagged, False: others}
    found = error_rate(Side("train", judged, left, flagged + others + len(judged), since))
    assert found
    return found


# -- by hand ---------------------------------------------------------------------------------------


def test_what_was_found_is_right_now_and_the_rest_is_like_the_sample() -> None:
    found = rate(drawn(2, 18), 0, 80)
    # 2 of 20 drawn from 100 were wrong, so 10 of the 100, and 2 of these are corrected.
    assert (found.examples, found.reviewed, found.audited, found.wrong) == (100, 20, 20, 2)
    assert found.rate == pytest.approx(0.08)
    exact = binomtest(2, 20).proportion_ci(0.95, "exact")
    assert found.low == pytest.approx(0)
    assert found.high == pytest.approx(exact.high - 0.02)


def test_what_detectors_flagged_and_people_answered_is_no_longer_wrong() -> None:
    judged = drawn(3, 1, flagged=True) + drawn(1, 15) + followed(30, 6)
    found = rate(judged, 0, 144)
    # Of the 160 that nothing flagged, a sixteenth: 10, less the one that was drawn.
    assert found.rate == pytest.approx(9 / 200)
    exact = binomtest(1, 16).proportion_ci(0.95, "exact")
    assert found.low == pytest.approx((160 * exact.low - 1) / 200 if 160 * exact.low > 1 else 0)
    assert found.high == pytest.approx((160 * exact.high - 1) / 200)


def test_flagged_ones_that_nobody_looked_at_count_by_what_was_drawn_of_them() -> None:
    # 80 flagged: 40 answered (36 wrong), 8 drawn (4 wrong), 32 left. Half of 80, less 36 and 4.
    judged = drawn(4, 4, flagged=True) + followed(36, 4) + drawn(0, 32)
    assert rate(judged, 32, 88).rate == 0
    judged = drawn(6, 2, flagged=True) + followed(36, 4) + drawn(0, 32)
    assert rate(judged, 32, 88).rate == pytest.approx((60 - 36 - 6) / 200)


def test_a_later_audit_draws_from_what_is_left_then() -> None:
    judged = drawn(2, 8) + drawn(1, 9, run=2)
    found = rate(judged, 0, 80)
    # Both drew 10: of 100 and of 90. So 3 = E (1/10 + 1/9) + (2 + 1)/10 + 1/9.
    assert found.rate == pytest.approx((3 - 0.3 - 1 / 9) / (0.1 + 1 / 9) / 100)


def test_an_answer_speaks_for_its_copies() -> None:
    judged = [replace(j, rows=3) for j in drawn(1, 9)]
    left = {True: 0, False: 70}
    found = error_rate(Side("train", judged, left, 100))
    assert found
    assert found.rate == pytest.approx(0.1 * 100 / 100 - 0.03)
    exact = binomtest(1, 10).proportion_ci(0.95, "exact")
    assert found.high == pytest.approx(exact.high - 0.03)


def test_nothing_drawn_of_a_part_means_anything_may_be_there() -> None:
    found = rate(drawn(0, 50) + followed(3, 7), 20, 30)
    # Of the flagged ones, 3 of 10 answered were wrong: a guess, and no bound.
    assert found.rate == pytest.approx(0.3 * 20 / 110)
    assert found.high >= 20 / 110


def test_without_an_audit_nothing_is_claimed() -> None:
    assert error_rate(Side("test", followed(3, 4), {True: 1, False: 9}, 17)) is None
    assert error_rate(Side("test", [], {}, 0)) is None


def test_an_audit_from_before_labels_were_judged_knows_no_flags() -> None:
    # 100 drawn of 1,000 (10 wrong) before; then 80 flagged were answered, all of them wrong.
    judged = drawn(10, 90, run=1) + followed(80, 0, run=3)
    found = rate(judged, 0, 820, since=2)
    assert found.rate == pytest.approx((100 - 90) / 1000)
    assert found.audited == 100
    # As soon as there is as much of a new audit, only that one counts.
    judged += drawn(1, 99, run=3)
    found = rate(judged, 0, 720, since=2)
    assert (found.audited, found.wrong) == (100, 1)
    assert found.rate == pytest.approx((8.2 - 1) / 1000)


def test_the_estimate_is_right_on_average_over_all_draws() -> None:
    wrong = [True, True, False, False, False, False, True, False]
    errors = []
    for chosen in combinations(range(8), 4):
        judged = [Judged(1, True, False, wrong[n]) for n in chosen]
        left = sum(wrong[n] for n in range(8) if n not in chosen) / 8
        found = rate(judged, 0, 4)
        assert found.low <= left <= found.high
        errors.append(found.rate - left)
    assert len(errors) == 70
    assert np.mean(errors) == pytest.approx(0)


def test_more_answers_halve_the_interval() -> None:
    judged = drawn(4, 96)
    found = rate(judged, 0, 4900)
    factor = (100 + found.more) / 100
    longer = drawn(round(4 * factor), round(96 * factor))
    half = rate(longer, 0, 5000 - len(longer))
    assert half.high - half.low == pytest.approx((found.high - found.low) / 2, rel=0.05)
    assert rate(drawn(0, 100), 0, 0).more == 0


def test_how_many_answers_would_show_a_lower_rate() -> None:
    side = Side("train", drawn(1, 99), {False: 4900}, 5000)
    more = more_to_show(side, 0.03)
    assert more
    many = [Judged(1, True, False, n < (100 + more) / 100) for n in range(100 + more)]
    shown = error_rate(Side("train", many, {False: 5000 - len(many)}, 5000))
    assert shown
    assert shown.high == pytest.approx(0.03, rel=0.1)
    assert more_to_show(side, 0.005) is None
    assert more_to_show(side, 0.5) == 0


def test_the_exact_interval() -> None:
    for wrong, size in ((0, 20), (1, 20), (7, 30), (30, 30)):
        exact = binomtest(wrong, size).proportion_ci(0.95, "exact")
        assert clopper_pearson(wrong / size, size) == pytest.approx((exact.low, exact.high))
    assert clopper_pearson(0.3, 0) == (0, 1)


# -- known truths ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SETTINGS)
def test_the_interval_covers_the_truth(name: str) -> None:
    made = [simulated(SETTINGS[name], seed) for seed in range(50)]
    found = [world.estimate for world in made]
    truths = [world.truth for world in made]
    covers = [r.low - 1e-9 <= t <= r.high + 1e-9 for r, t in zip(found, truths, strict=True)]
    assert sum(covers) >= 45
    # An interval that says nothing would cover, too.
    assert np.mean([r.high - r.low for r in found]) < 0.35
    assert np.mean([r.rate for r in found]) == pytest.approx(np.mean(truths), abs=0.02)


# What a detector of known quality would have stored.
INSERT = "INSERT INTO mislabels VALUES (?, ?, ?, ?, 0.5, 0.5, 'likely', [], [], [], NULL)"


class World:
    """A project of 500 labelled questions, exported once; copies of it have truths of their own."""

    def __init__(self, folder: Path, write: WriteJsonl) -> None:
        names = ("red", "green", "blue")
        rows = [
            {"id": f"r{n}", "prompt": f"Question {n} about a thing?", "label": names[n % 3]}
            for n in range(500)
        ]
        self.folder = folder
        project = new_project(folder / "p", task="classification")
        project.pull([str(write(folder / "logs.jsonl", rows))])
        project.filter()
        project.export("set", ExportSettings(split=SplitSettings(test_size=0.4)))
        found = project.table("examples").to_pylist()
        self.given = {row["example_id"]: row["label"] for row in found}
        self.next = dict(zip(names, names[1:] + names[:1], strict=True))

    def copy(self, seed: int) -> Project:
        return Project(shutil.copytree(self.folder / "p", self.folder / f"p{seed}"))

    def run(self, setting: Setting, seed: int) -> dict[str, tuple[float, ErrorRate]]:
        """Goes the whole path with a truth; returns what is left on either side, and estimates."""
        project, rng = self.copy(seed), np.random.default_rng(seed)
        ids = sorted(self.given)
        wrong = rng.random(len(ids)) < setting.wrong
        flags = rng.random(len(ids)) < np.where(wrong, setting.caught, setting.false)
        truth = {
            i: self.next[g] if w else g
            for (i, g), w in zip(sorted(self.given.items()), wrong, strict=True)
        }
        score = dict(zip(ids, rng.beta(2, np.where(wrong, 5, 2)).tolist(), strict=True))
        with project.store.write() as con:
            for example in np.array(ids)[flags].tolist():
                given = self.given[example]
                con.execute(INSERT, [example, given, self.next[given], score[example]])
        for _ in range(setting.rounds):
            project.queue(budget=setting.audit + setting.flagged, audit=setting.audit, seed=seed)
            answer(project, truth)
        now = {r["example_id"]: r["label"] for r in project.table("examples").to_pylist()}
        left: dict[str, list[bool]] = {"train": [], "test": []}
        for row in project.table("verdicts").to_pylist():
            if row["reason"] is None:
                left[row["side"]].append(now[row["example_id"]] != truth[row["example_id"]])
        rates = {r.side: r for r in project.label_status().error_rates}
        return {side: (float(np.mean(left[side])), rates[side]) for side in left}


def answer(project: Project, truth: Mapping[str, str]) -> None:
    """Answers the whole queue by the truth."""
    tasks, export = project.folder / "tasks.json", project.folder / "export.json"
    tasks.unlink(missing_ok=True)
    by_file.push_to_file(project.store, tasks)
    asked = {r["task_key"]: r["example_id"] for r in project.table("tasks").to_pylist()}
    done = []
    for task in orjson.loads(tasks.read_bytes()):
        key = task["data"]["curate_id"]
        said = {"choices": [truth[asked[key]]]}
        number = int(key[:12], 16)
        done.append({"id": number, "data": task["data"], "annotations": [{
            "id": number, "completed_by": 1, "was_cancelled": False, "lead_time": 3.0,
            "created_at": "2026-11-24T04:00:00Z", "updated_at": "2026-11-24T04:00:00Z",
            "result": [{"from_name": "label", "type": "choices", "value": said}],
        }]})  # fmt: skip
    export.write_bytes(orjson.dumps(done))
    by_file.sync_from_file(project.store, export)


@pytest.fixture
def world(tmp_path: Path, write_jsonl: WriteJsonl) -> World:
    return World(tmp_path, write_jsonl)


WHOLE_PATH = Setting(500, 0.12, 0.85, 0.05, 2, 40, 20)


def covered(made: list[dict[str, tuple[float, ErrorRate]]], side: str) -> int:
    return sum(r.low - 1e-9 <= truth <= r.high + 1e-9 for truth, r in (m[side] for m in made))


@pytest.mark.slow
def test_the_whole_path_covers_the_truth(world: World) -> None:
    made = [world.run(WHOLE_PATH, seed) for seed in range(2)]
    assert (covered(made, "train"), covered(made, "test")) == (2, 2)


@pytest.mark.e2e
def test_the_whole_path_covers_the_truth_8_times_of_10(world: World) -> None:
    made = [world.run(WHOLE_PATH, seed) for seed in range(10)]
    assert covered(made, "train") >= 8
    assert covered(made, "test") >= 8
