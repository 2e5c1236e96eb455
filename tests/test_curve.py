"""The learning curve: train alone tells it, copies never cross the cut, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result

from curate.cli.curve import render_curve
from curate.curve import CurveResult, Gain, Point, Recall, curve, forecast
from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.kernels.probe import learned
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from desk import ITEMS
from program import Program
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

ASKED = {
    "refund": "I want my money back for the {}",
    "delivery": "Where is the {} that I ordered",
    "assembly": "How do I put the {} together",
}


def rows(test: str) -> list[dict[str, Any]]:
    """Train rows, some of one conversation, and test rows that say something else each time."""
    found = [
        {
            "id": f"{label}-{item}", "text": text.format(item), "label": label, "split": "train",
            "session": f"s{n // 2}" if n < 8 else f"{label}-{n}",
        }
        for label, text in ASKED.items()
        for n, item in enumerate(ITEMS)
    ]  # fmt: skip
    return found + [
        {
            "id": f"t{n}",
            "text": f"{test} number {n}",
            "label": label,
            "split": "test",
            "session": f"t{n}",
        }
        for n, label in enumerate(["refund", "delivery", "gone"])
    ]


@pytest.fixture(scope="module")
def made(
    tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl, encoder: Any
) -> Callable[..., Project]:
    """Makes a project of rows, embedded."""

    def make(documents: Iterable[Mapping[str, Any]], vectors: bool = True) -> Project:
        folder = tmp_path_factory.mktemp("curve")
        project = new_project(folder / "p", task="classification")
        log = write_jsonl(folder / "log.jsonl", documents)
        fields = {"query": "text", "session": "session"}
        project.pull([str(log)], PullOptions(source="log", declared=Declared(fields=fields)))
        if vectors:
            embed(project.store, load=lambda _: encoder)
        return project

    return make


@pytest.fixture(scope="module")
def project(made: Callable[..., Project]) -> Project:
    return made(rows("Something about the weather"))


def test_a_curve_of_real_texts(project: Project) -> None:
    before = project.store.state_digest()
    found = curve(project.store)
    assert (found.examples, found.classes, found.repeats, found.without_vector) == (72, 3, 5, 0)
    assert 15 <= found.judged <= 20
    sizes = [p.examples for p in found.points]
    assert sizes == sorted(sizes) and 50 <= sizes[-1] <= 58
    assert all(p.low <= p.accuracy <= p.high for p in found.points)
    assert found.points[0].accuracy < found.points[-1].accuracy == found.doubled.now
    assert found.points[-1].accuracy > 0.9, "three questions that are easily told apart"
    assert found.doubled.examples == 2 * sizes[-1]
    assert sum(r.judged for r in found.recalls) >= 5 * 15
    assert {r.label: r.examples for r in found.recalls} == dict.fromkeys(ASKED, 24)
    assert found.suspected is None, "nobody judged labels yet"
    assert project.store.state_digest() == before
    assert curve(project.store) == found
    assert curve(project.store, seed=1).points != found.points


def test_neither_test_nor_the_order_of_rows_changes_anything(
    project: Project, made: Callable[..., Project]
) -> None:
    other = made(reversed(rows("A question about tax returns")))
    assert curve(other.store) == curve(project.store)


def test_conversations_and_copies_stay_on_one_side(project: Project) -> None:
    from curate import curve as stage
    from curate.verdicts import verdicts

    with verdicts.today(project.store) as today:
        read = stage._read(today)
    named = project.table("interactions").to_pylist()
    session = {r["interaction_id"]: r["session_id"] for r in named}
    units: dict[int, set[str | None]] = {}
    for example, unit in zip(read.ids.tolist(), read.unit.tolist(), strict=True):
        units.setdefault(unit, set()).add(session[example])
    assert all(len(sessions) == 1 for sessions in units.values())
    assert len(units) == 4 + 48, "four conversations of six, and what stands alone"
    for test in stage._measured(read, np.argsort(read.unit, kind="stable")):
        inside = set(read.unit[test.judged].tolist())
        outside = np.setdiff1d(np.arange(len(read.ids)), test.judged)
        assert not inside & set(read.unit[outside].tolist())


def test_the_next_doubling_follows_from_the_last() -> None:
    # Every repeat gained 4 points: 2 ** -0.75 of it, at least 2 ** -1.5, at most all of it.
    before = np.array([0.7, 0.72, 0.69])
    said = forecast(before, before + 0.04)
    assert said == pytest.approx((0.04 * 2**-0.75, 0.04 * 2**-1.5, 0.04))
    gain, low, high = forecast(before, before + np.array([0.02, 0.04, 0.06]))
    # The spread is 2 points: 4.303 (t, two degrees of freedom) * 2 * sqrt(1/3 + 1/4) = 6.57.
    assert gain == pytest.approx(0.04 * 2**-0.75) and low == 0
    assert high == pytest.approx(0.04 + 0.0657, abs=1e-4)
    assert forecast(before, before - 0.01) == (0, 0, 0)


def test_what_is_learned_is_the_side_of_a_line() -> None:
    angle = np.linspace(0, np.pi, 50)
    vectors = np.column_stack([np.cos(angle), np.sin(angle)]).astype(np.float32)
    label = (angle > np.pi / 2).astype(np.int64)
    said = learned(vectors, label, vectors[[2, 10, 40, 47]], 2)
    assert said.tolist() == [0, 0, 1, 1]


def result(**more: Any) -> CurveResult:
    points = (Point(100, 0.6, 0.55, 0.65), Point(200, 0.7, 0.68, 0.72))
    known = CurveResult(
        250, 3, 50, 5, 0, points, Gain(400, 0.7, 0.75, 0.05, 0.04, 0.06), True, 0.05,
        (), (Recall("rare", 4, 5, 0.2),), 2,
    )  # fmt: skip
    return replace(known, **more)


def test_what_a_person_reads() -> None:
    said = " ".join(render_curve(result()).split())
    assert (
        "Doubling the data of this kind, to 400, would bring about +5.0 points (from 70.0% to "
        "75.0%; +4.0 to +6.0)."
    ) in said
    assert "most for: rare (4 examples, 20% recognised)" in said
    assert "Labels are not the main thing: of its mistakes, 5% have a label" in said
    assert "note: 2 examples without a usable vector took no part" in said
    little = Gain(400, 0.7, 0.702, 0.002, 0.0, 0.004)
    said = " ".join(render_curve(result(doubled=little, helps=False, suspected=0.4)).split())
    assert "More data of this kind would hardly help: doubling it would bring about +0.2" in said
    assert "Better labels would help: of its mistakes, 40%" in said
    assert "most for" not in said
    assert "curate mislabels" in render_curve(result(suspected=None))


@pytest.mark.slow
def test_nothing_to_learn_from(made: Callable[..., Project], tmp_path: Path) -> None:
    def refused(store: Any) -> str:
        with pytest.raises(ConfigError) as error:
            curve(store)
        assert "Next: curate " in str(error.value)
        return str(error.value)

    empty = new_project(tmp_path / "p", task="classification")
    assert "there are no examples yet" in refused(empty.store)
    few = made(rows("x")[60:])
    assert "needs 50 labelled train examples with a vector, and 12" in refused(few.store)
    one = made(rows("x")[70:], vectors=False)
    assert "the vectors of inputs. Next: curate embed" in refused(one.store)
    with one.store.run("test") as run, one.store.write() as con:
        con.execute("UPDATE calls SET label = NULL")
        run.changed = True
    assert "no example has a label" in refused(one.store)


def curate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(Program(), [str(a) for a in arguments])  # type: ignore[arg-type]


def test_the_command_line(project: Project, tmp_path: Path) -> None:
    done = curate("-C", project.folder, "curve", "--repeats", "2")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("curve   72 labelled train examples, 3 classes; judged by 2 cuts")
    assert "learned from  accuracy  95%" in done.stdout
    found = orjson.loads(curate("-C", project.folder, "curve", "--json").stdout)
    assert [p["examples"] for p in found["points"]][-1] >= 50
    assert {"gain", "low", "high", "now", "then"} <= found["doubled"].keys()
    none = curate("-C", new_project(tmp_path / "p").folder, "curve")
    assert (none.exit_code, none.stdout) == (2, "")
    assert "there are no examples yet. Next: curate pull LOGS" in none.stderr
