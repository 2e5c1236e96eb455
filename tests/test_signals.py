"""`curate signals`: what it says of answers, that it says it once, and what leaves with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.cli.signals import word as word_of
from curate.embed.embed import embed
from curate.errors import ConfigError
from curate.inputs import inputs
from curate.kernels.answer_quality import Rater
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.signals import OFF, SIGNALS, SignalsResult, signals
from desk import ITEMS
from program import Program
from projects import new_project

pytestmark = pytest.mark.slow

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

GOOD = "Please send the {0} back within thirty days; the money for the {0} comes a week later."
BAD = "The weather in the mountains will be sunny and warm for all of next week."


def rows() -> list[dict[str, Any]]:
    """240 rated answers: good ones and, a fifth, some about the weather; four unrated ones."""
    found: list[dict[str, Any]] = []
    for n in range(240):
        item = ITEMS[n % len(ITEMS)]
        bad = n % 5 == 0
        found.append(
            {
                "id": f"r{n:03}", "question": f"How do I return the {item} that I bought?",
                "answer": BAD if bad else GOOD.format(item), "stars": 1 if bad else 5,
            }
        )  # fmt: skip
    found[1]["stars"] = 1  # good, and rated otherwise
    for n in range(4):
        answer = BAD if n < 2 else GOOD.format("kettle")
        found.append(
            {
                "id": f"u{n}",
                "question": "How do I return the kettle that I bought?",
                "answer": answer,
            }
        )
    return found


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("signals") / "log.jsonl", rows())


@pytest.fixture(scope="module")
def project(log: Path, encoder: Any) -> Project:
    made = new_project(log.parent / "p")
    pull(made, log)
    embed(made.store, load=lambda _: encoder)
    return made


def pull(project: Project, log: Path) -> None:
    fields = {"query": "question", "response": "answer", "rating": "stars"}
    declared = Declared(fields=fields, scale="1-5")
    project.pull([str(log)], PullOptions(source="log", declared=declared))


@pytest.fixture(scope="module")
def look(encoder: Any) -> Callable[..., SignalsResult]:
    def call(project: Project, **asked: Any) -> SignalsResult:
        return signals(project.store, load=lambda _: encoder, **asked)

    return call


def names(project: Project, signal: str) -> set[str]:
    known = {r["interaction_id"]: r["source_id"] for r in project.table("interactions").to_pylist()}
    table = project.table("signals").to_pylist()
    return {known[r["example_id"]] for r in table if r["signal"] == signal}


def test_what_speaks_against_answers_is_found_once(
    project: Project, look: Callable[..., SignalsResult]
) -> None:
    found = look(project, top=1)
    assert (found.answers, found.rated, found.without_vector) == (244, 240, 0)
    assert found.new == 25  # all answers about the weather are one
    assert dict(found.counts) == {"expected": 2, "residual": 1}
    assert names(project, "expected") == {"u0", "u1"}
    assert names(project, "residual") == {"r001"}
    assert [one.signal for one in found.found] == ["expected", "residual"]
    assert found.found[1].why.startswith("rated 1 of 5; answers like it got 4.")
    before = project.store.state_digest()
    again = look(project, top=1)
    assert project.store.state_digest() == before
    assert (again.new, again.counts) == (0, found.counts)


def test_signals_that_beat_length_nowhere_are_on_request(
    project: Project, look: Callable[..., SignalsResult]
) -> None:
    assert set(OFF) == {"relevance", "format"}
    found = look(project, names=["relevance"], top=2)
    assert [name for name, _ in found.counts] == ["relevance"]
    bad = {f"r{n:03}" for n in range(0, 240, 5)} | {"u0", "u1"}
    assert names(project, "relevance") == bad
    assert len(found.found) == 2
    assert look(project).counts == found.counts  # what was asked for is remembered
    look(project, names=["residual", "expected"])
    assert names(project, "relevance") == set()


def test_the_queue_asks_and_why_tells(project: Project, look: Callable[..., SignalsResult]) -> None:
    look(project)
    project.filter()
    queued = project.queue(kind="review", budget=244, audit=0)
    flagged = {d: e.source_id for e in queued.entries for d in e.detectors if d in SIGNALS}
    assert flagged["residual"] == "r001"
    assert flagged["expected"] in {"u0", "u1"}
    story = project.why("r001")
    assert [(s["signal"], s["why"][:12]) for s in story["signals"]] == [
        ("residual", "rated 1 of 5")
    ]


def test_the_command_prints_and_json_says_the_same(
    project: Project, look: Callable[..., SignalsResult]
) -> None:
    look(project)
    said = run(project, "signals", "--top", "1")
    assert said.exit_code == 0, said.output
    assert "244 answers, 240 of them rated; 0 embedded now" in said.stdout
    assert "residual  " in said.stdout and "rated 1 of 5; answers like it got" in said.stdout
    told = orjson.loads(run(project, "signals", "--json").stdout)
    assert dict(told["counts"]) == {"expected": 2, "residual": 1}
    unknown = run(project, "signals", "--signal", "relevanse")
    assert unknown.exit_code != 0
    assert "relevance" in unknown.stderr


def test_withdrawn_and_changed_answers_leave(
    log: Path, write_jsonl: WriteJsonl, encoder: Any, look: Callable[..., SignalsResult]
) -> None:
    made = new_project(log.parent / "changing")
    own = write_jsonl(log.parent / "own.jsonl", rows())
    pull(made, own)
    embed(made.store, load=lambda _: encoder)
    look(made)
    changed = rows()
    changed[1]["answer"] = BAD
    write_jsonl(own, changed)
    pull(made, own)
    assert made.why("r001")["signals"] == []  # said of another answer
    assert "signals" in made.status().stale
    found = look(made)
    assert (found.new, dict(found.counts)["residual"]) == (0, 0)
    with made.store.write() as con:
        con.execute("DELETE FROM calls WHERE response LIKE '%kettle%'")
        inputs.mark_due(con)
    embed(made.store, load=lambda _: encoder)  # any stage forgets what is gone
    assert made.table("answer_vectors").num_rows == 24
    assert made.stages()[-1] == "signals"


def test_what_cannot_be_looked_at(
    project: Project, tmp_path: Path, look: Callable[..., SignalsResult]
) -> None:
    with pytest.raises(ConfigError, match="signal"):
        look(project, names=["x"])
    labels = new_project(tmp_path / "labels", task="classification")
    with pytest.raises(ConfigError, match="Next: curate mislabels"):
        look(labels)
    empty = new_project(tmp_path / "empty")
    with pytest.raises(ConfigError, match="Next: curate embed"):
        look(empty)


@pytest.mark.parametrize(
    ("rater", "word"),
    [
        (Rater("a", 20, 9, -2.0, 2.0), "too few to tell"),
        (Rater("a", 20, 10, -0.5, 0.2), "harsh"),
        (Rater("a", 20, 10, 0.6, 1.5), "lenient, inconsistent"),
        (Rater("a", 20, 10, 0.1, 0.2), ""),
    ],
)
def test_raters_in_words(rater: Rater, word: str) -> None:
    assert word_of(rater) == word


def run(project: Project, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(project.folder), *arguments])  # type: ignore[arg-type]
