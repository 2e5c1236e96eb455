"""Audited samples: figures checked by hand and by brute force, and files of all kinds."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from click.testing import CliRunner, Result

from curate.cli import mislabels
from curate.embed.embed import embed
from curate.errors import ConfigError, SourceError
from curate.mislabels import audited_sample
from curate.mislabels.classes import classes
from curate.mislabels.evaluate import AuditedLabel, Scores, average_precision, evaluate, scores
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from desk import changed
from program import Program
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

ROWS = changed(
    delivery_1={"label": "refund"},
    password_2={"label": "delivery"},
    delivery_7={"split": "test"},
    refund_7={"split": "test", "label": "delivery"},
)
TRUE = {name: name.rpartition("-")[0] for name in ROWS}


@pytest.fixture(scope="module")
def judged(
    tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl, encoder: Any
) -> Project:
    """A project with three wrong labels, one of them held out; two sources have an id in common."""
    folder = tmp_path_factory.mktemp("judged")
    project = new_project(folder / "p", task="classification")
    documents = [{"id": name, "split": "train", **row} for name, row in ROWS.items()]
    log = write_jsonl(folder / "log.jsonl", documents)
    project.pull([str(log)], PullOptions(source="log", declared=Declared(fields={"query": "text"})))
    for source, text in (("log", "Kindly refund me"), ("mail", "I wait for my money")):
        twice = {"id": "twice", "split": "train", "text": text, "label": "refund"}
        more = write_jsonl(folder / f"{source}.jsonl", [twice])
        project.pull([str(more)], PullOptions(source=source))
    said = write_jsonl(
        folder / "said.jsonl", [{"id": "password-5", "label": "password", "rater": "ann"}]
    )
    project.pull([str(said)], PullOptions(source="log", declared=Declared("feedback")))
    embed(project.store, load=lambda _: encoder)
    project.mislabels()
    return project


def csv(path: Path, head: str, *lines: str) -> Path:
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    return path


def truth(path: Path, *without: str) -> Path:
    """The true labels of all examples but those named."""
    lines = [f"{name},{label}" for name, label in TRUE.items() if name not in without]
    return csv(path, "id,true_label", *lines)


# -- figures ---------------------------------------------------------------------------------------


def label(
    number: int, wrong: bool, tier: str = "not suspected", score: float = np.inf, **more: Any
) -> AuditedLabel:
    known = {"true": None, "suggested": None, "readable": True, **more}
    return AuditedLabel(f"e{number:02}", "train", wrong, tier=tier, score=score, **known)


def by_brute_force(groups: list[list[bool]]) -> float:
    """Average precision as the mean over all orders of labels with the same score."""
    found = []
    for order in itertools.product(*(itertools.permutations(group) for group in groups)):
        flat = list(itertools.chain(*order))
        hits = [sum(flat[: k + 1]) / (k + 1) for k, wrong in enumerate(flat) if wrong]
        found.append(sum(hits) / len(hits))
    return sum(found) / len(found)


@pytest.mark.parametrize(
    "groups",
    [
        [[True], [False], [True]],
        [[True, False, False, True]],
        [[False], [True, False, True], [False, False], [True, True, False]],
        [[False], [False, False, True, False]],
    ],
)
def test_average_precision_is_the_mean_over_ties(groups: list[list[bool]]) -> None:
    size = np.array([len(group) for group in groups], float)
    wrong = np.array([sum(group) for group in groups], float)
    assert average_precision(size, wrong) == pytest.approx(by_brute_force(groups))


def test_a_sample_checked_by_hand() -> None:
    sample = [
        label(0, True, "likely", 0.1, true="a", suggested="a"),
        label(1, True, "likely", 0.2, true="a", suggested="b"),
        label(2, False, "possible", 0.3, true="c", suggested="a"),
        *(label(n, n == 3) for n in range(3, 11)),
        label(11, False, readable=False),
    ]
    population = {("train", "likely"): 10, ("train", "possible"): 5}
    found = scores("train", sample, {**population, ("train", "not suspected"): 45})
    assert (found.audited, found.wrong, found.without_vector) == (12, 3, 1)
    assert found.average is not None
    last = sum(3 / k for k in range(4, 13)) / 9  # the third error is anywhere among the rest
    assert found.average.value == pytest.approx((1 + 1 + last) / 3)
    chance = average_precision(np.array([12.0]), np.array([3.0]))
    assert found.average.random == pytest.approx(chance)
    assert found.average.low < found.average.value <= found.average.high <= 1
    depths = {d.name: (d.labels, d.precision, d.recall, d.scored) for d in found.depths}
    ninth = pytest.approx((2 + 7 / 9) / 3)
    assert depths == {
        "the worst 10": (10, pytest.approx((2 + 7 / 9) / 10), ninth, False),
        "as many as are wrong": (3, pytest.approx(2 / 3), pytest.approx(2 / 3), True),
        "10% of the sample": (2, 1.0, pytest.approx(2 / 3), True),
        "25% of the sample": (3, pytest.approx(2 / 3), pytest.approx(2 / 3), True),
        "50% of the sample": (
            6, pytest.approx((2 + 1 / 3) / 6), pytest.approx((2 + 1 / 3) / 3), False,
        ),
        "likely": (2, 1.0, pytest.approx(2 / 3), True),
        "likely + possible": (3, pytest.approx(2 / 3), pytest.approx(2 / 3), True),
    }  # fmt: skip
    tiers = {t.name: (t.labels, t.wrong.of, t.wrong.hits) for t in found.tiers}
    assert tiers == {"likely": (10, 2, 2), "possible": (5, 1, 0), "not suspected": (45, 9, 1)}
    # Wilson's interval of 2 of 2: 2 / (2 + 1.96 ** 2) and 1.
    assert found.tiers[0].wrong.low == pytest.approx(2 / (2 + 1.959964**2), abs=1e-6)
    assert found.tiers[0].wrong.high == 1
    assert (found.suggestions.hits, found.suggestions.of) == (1, 2)
    assert found.suspected == found.suspected_of_all == 0.25 and found.random
    assert scores("train", sample, {**population, ("train", "not suspected"): 45}) == found


def test_a_sample_of_suspects_is_not_random() -> None:
    population = {("train", "likely"): 10, ("train", "not suspected"): 990}
    sample = [label(n, n % 2 == 0, "likely", n / 100) for n in range(8)]
    found = scores("train", sample, population)
    assert not found.random
    said = told(found)
    assert "careful: not a random sample. 100% of it is suspected, 1% of all" in said
    assert "more often wrong than in the data" in said
    assert scores("train", [label(n, False) for n in range(8)], population).average is None


def told(found: Scores) -> str:
    from curate.mislabels.evaluate import Evaluation

    return " ".join(
        mislabels.render_evaluation(
            Evaluation("a.csv", 8, 8, 0, (), 0, 0, 0, {}, False, (found,))
        ).split()
    )


# -- files against a store -------------------------------------------------------------------------


@pytest.mark.slow
def test_suspicions_against_the_truth(judged: Project, tmp_path: Path) -> None:
    before = judged.store.state_digest()
    found = evaluate(judged.store, truth(tmp_path / "truth.csv"))
    assert (found.file, found.rows, found.matched, found.unmatched) == ("truth.csv", 24, 24, 0)
    assert found.aside == {"labelled by hand": 1}
    assert not found.stale
    train, test = found.sides
    assert (train.side, train.audited, train.wrong) == ("train", 21, 2)
    assert train.average is not None and train.average.value == 1
    assert train.average.random < 0.25
    assert (train.suggestions.hits, train.suggestions.of) == (2, 2)
    # Held-out labels are counted apart.
    assert (test.side, test.audited, test.wrong) == ("test", 2, 1)
    assert sum(t.labels for t in (*train.tiers, *test.tiers)) == 25
    assert train.random and test.random
    assert judged.store.state_digest() == before


@pytest.mark.parametrize("kind", ["is_error", "wrong", "label", "jsonl", "tsv", "example_id"])
def test_every_way_to_say_it_says_the_same(judged: Project, tmp_path: Path, kind: str) -> None:
    names = {r["source_id"]: r["interaction_id"] for r in judged.table("interactions").to_pylist()}
    wrong = {name: ROWS[name]["label"] != TRUE[name] for name in ROWS}
    match kind:
        case "is_error":
            file = csv(tmp_path / "a.csv", "id,is_error", *(f"{n},{w:d}" for n, w in wrong.items()))
        case "wrong":  # `label` beside it is the one that was judged
            lines = (f"{n},{ROWS[n]['label']},{w}" for n, w in wrong.items())
            file = csv(tmp_path / "a.csv", "source_id,label,wrong", *lines)
        case "label":
            file = csv(tmp_path / "a.csv", "ID,Label", *(f"{n},{v}" for n, v in TRUE.items()))
        case "jsonl":
            file = tmp_path / "a.jsonl"
            rows = [{"id": n, "true_label": v} for n, v in reversed(TRUE.items())]
            file.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
        case "tsv":
            lines = (f"{names[n][:12]}\t{v}" for n, v in TRUE.items())
            file = csv(tmp_path / "a.tsv", "id\ttrue_label", *lines)
        case _:
            lines = (f"{names[n]},{v}" for n, v in TRUE.items())
            file = csv(tmp_path / "a.csv", "example_id,true_label", *lines)
    found = evaluate(judged.store, file)
    usual = evaluate(judged.store, truth(tmp_path / "truth.csv"))
    for mine, theirs in zip(found.sides, usual.sides, strict=True):
        assert (mine.average, mine.depths) == (theirs.average, theirs.depths)
        assert mine.tiers == theirs.tiers
    if kind in ("is_error", "wrong"):
        assert found.sides[0].suggestions.of == 0


def test_every_row_is_accounted_for(judged: Project, tmp_path: Path) -> None:
    file = csv(
        tmp_path / "a.csv", "id,true_label", "nobody,refund", "refund-0,refund", "refund-0,refund",
        "refund-1,", "delivery-1,delivery", "password-5,password",
    )  # fmt: skip
    found = evaluate(judged.store, file)
    assert (found.rows, found.matched, found.repeated, found.unanswered) == (6, 4, 1, 1)
    assert (found.unmatched, found.unmatched_ids) == (1, ("nobody (line 2)",))
    assert found.sides[0].audited == 2 and found.aside == {"labelled by hand": 1}
    said = mislabels.render_evaluation(found)
    assert "1 name no example here: nobody (line 2)" in said
    assert "1 without an answer" in said and "1 repeat another row" in said


def test_labels_that_changed_are_no_errors_found(
    judged: Project, tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    lines = ["refund-0,refund,delivery", "refund-1,refund,refund", "refund-2,delivery,"]
    file = csv(tmp_path / "a.csv", "id,true_label,given", *lines)
    found = evaluate(judged.store, file)
    assert found.aside == {"changed since the audit": 1}
    assert (found.sides[0].audited, found.sides[0].wrong, found.stale) == (2, 1, False)
    project = Project(shutil.copytree(judged.folder, tmp_path / "p"))
    told = {"id": "refund-1", "label": "delivery", "created_at": "2026-03-01T10:00:00Z"}
    said = write_jsonl(tmp_path / "said.jsonl", [told])
    project.pull([str(said)], PullOptions(source="log", declared=Declared("feedback")))
    later = evaluate(project.store, file)
    assert later.stale and later.aside == {"changed since the audit": 1, "labelled by hand": 1}
    assert "note: labels have changed since they were judged" in mislabels.render_evaluation(later)
    assert classes(project.store).stale


def test_what_is_wrong_with_a_file_is_said(judged: Project, tmp_path: Path) -> None:
    def refused(head: str, *lines: str) -> str:
        with pytest.raises(ConfigError) as error:
            evaluate(judged.store, csv(tmp_path / "a.csv", head, *lines))
        assert "Next: " in str(error.value)
        return str(error.value)

    assert "no column says what is true" in refused("id,text", "refund-0,x")
    assert "Its columns: name, label" in refused("name,label", "refund-0,refund")
    assert "'refnud'. Did you mean 'refund'?" in refused("id,label", "refund-0,refnud")
    assert "line 2: wrong is 'maybe'" in refused("id,wrong", "refund-0,maybe")
    assert "no row names an example" in refused("id,wrong", "x,1", "y,0")
    assert "lines 2 and 3 disagree" in refused("id,wrong", "refund-0,1", "refund-0,0")
    assert "no row" in refused("id,wrong")
    assert "'twice' is the id of several examples" in refused("id,label", "twice,refund")
    told = csv(tmp_path / "b.csv", "id,source,label", "twice,mail,refund", "twice,log,refund")
    assert evaluate(judged.store, told).sides[0].audited == 2
    with pytest.raises(SourceError, match="no such file"):
        audited_sample.read(tmp_path / "nosuch.csv")
    with pytest.raises(SourceError, match="format not known"):
        audited_sample.read(csv(tmp_path / "a.docx", "id"))


def test_nothing_judged_yet(tmp_path: Path) -> None:
    project = new_project(tmp_path / "p", task="classification")
    with pytest.raises(ConfigError, match="no label was judged yet"):
        evaluate(project.store, csv(tmp_path / "a.csv", "id,wrong", "x,1"))


def curate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(Program(), [str(a) for a in arguments])  # type: ignore[arg-type]


def test_the_command_line(judged: Project, tmp_path: Path) -> None:
    file = truth(tmp_path / "truth.csv", "refund-7")
    done = curate("-C", judged.folder, "mislabels", "--evaluate", file)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("evaluate   truth.csv: 23 rows, 23 matched\n")
    assert "train   21 labels audited, 2 wrong\n  average precision 1.00 (95%: 1.00" in done.stdout
    assert "test   1 labels audited, 0 wrong\n  none wrong: only the tiers" in done.stdout
    as_json = curate("-C", judged.folder, "mislabels", "--evaluate", file, "--json")
    assert orjson.loads(as_json.stdout)["sides"][0]["average"]["value"] == 1
    both = curate("-C", judged.folder, "mislabels", "--evaluate", file, "--classes")
    assert both.exit_code == 2 and "ask one at a time" in both.stderr
    none = curate("-C", judged.folder, "mislabels", "--evaluate", tmp_path / "nosuch.csv")
    assert (none.exit_code, none.stdout) == (1, "")
    assert "no such file" in none.stderr
