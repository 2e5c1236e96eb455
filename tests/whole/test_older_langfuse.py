"""Langfuse logs that an older curate read wrongly, labelled and exported are read again.

`benchmarks/before_after/older_langfuse.py` made the project with an older program, whose reader
stored JSON text where answers stand, spans as calls and a judge's scores as those of users; it also
kept what its generator knows. Only the command line, files and the facts of the store are used.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from program import Program

pytestmark = pytest.mark.slow

MADE = Path(__file__).parents[1] / "support" / "older_store"
SAID = json.loads((MADE / "langfuse.json").read_text(encoding="utf-8"))
CALLS: dict[str, list[Any]] = SAID["calls"]
SPANS = {f"span-{name}" for name in CALLS}

Curate = Callable[..., Any]


@pytest.fixture
def curate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Curate:
    """Runs a command on the older project, which `init` has brought up to date."""
    with zipfile.ZipFile(MADE / "langfuse.zip") as kept:
        kept.extractall(tmp_path / "p")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CURATE_SALT", SAID["salt"])

    def run(*argv: str, code: int = 0) -> Any:
        done = CliRunner().invoke(Program(), argv)  # type: ignore[arg-type]
        assert done.exit_code == code, done.output
        if code:
            return done.stderr
        return json.loads(done.stdout) if "--json" in argv else done.stdout

    run("init", "p")
    shutil.copyfile("p/curate.duckdb", "before.duckdb")
    return lambda *argv, code=0: run("-C", "p", *argv, code=code)


def facts(query: str, store: str = "p/curate.duckdb") -> list[tuple[Any, ...]]:
    with duckdb.connect(store, read_only=True) as con:
        return con.execute(query).fetchall()


def sides() -> dict[str, str]:
    return dict(facts("SELECT example_id, side FROM split_ledger"))


def read_again(curate: Curate) -> None:
    curate("pull", "p/logs/observations.jsonl", "--reread")
    curate("pull", "p/logs/scores.jsonl", "--as", "feedback", "--reread")


def lines(version: int, side: str) -> list[dict[str, Any]]:
    """Returns the lines of a version's file, each with the id of its call in the log."""
    folder = Path(f"p/datasets/talks/v{version}")
    told = pq.read_table(folder / "lineage.parquet").to_pylist()
    names = {row["line"]: row["source_id"] for row in told if row["split"] == side}
    text = (folder / f"{side}.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(row), "call": names[n]} for n, row in enumerate(text, 1)]


def test_the_older_program_was_silently_wrong(curate: Curate) -> None:
    query = "SELECT source_id, response FROM interactions WHERE response IS NOT NULL"
    answers = dict(facts(query))
    assert answers.keys() >= SPANS, "spans were calls"
    wrong = [name for name, (_, answer, *_) in CALLS.items() if answers.get(name) != answer]
    assert len(wrong) == sum(1 for _, answer, *_ in CALLS.values() if answer)
    assert facts("SELECT DISTINCT rater_type FROM feedback") == [("human_user",)]
    assert len(lines(1, "train")) > 10 and lines(1, "test")
    assert set(sides().values()) == {"train", "test"}


def test_it_is_said_that_an_older_reader_read_it(curate: Curate) -> None:
    (check,) = [check for check in curate("doctor", "--json") if check["name"] == "reader"]
    assert check["seen"] == "an older reader read 2 files or tables of logs"
    assert check["next"] == "curate pull LOCATIONS --source logs --reread"
    before = facts("FROM interactions ORDER BY ALL")
    said = " ".join(curate("pull", "p/logs/observations.jsonl", code=3).split())
    assert "would change 59 and withdraw 60 of the 120 rows" in said
    assert "an older reader" in said and "--reread" in said
    assert facts("FROM interactions ORDER BY ALL") == before


def test_texts_and_thumbs_are_those_of_the_log(curate: Curate) -> None:
    ids = dict(facts("SELECT source_id, interaction_id FROM interactions"))
    read_again(curate)
    query = "SELECT source_id, messages, response, session_id FROM interactions"
    found = {name: (json.loads(said), *rest) for name, said, *rest in facts(query)}
    assert found == {name: tuple(call[:3]) for name, call in CALLS.items()}
    now = dict(facts("SELECT source_id, interaction_id FROM interactions"))
    assert now == {name: ids[name] for name in CALLS}
    query = (
        "SELECT source_id, rating_norm = 1 FROM feedback JOIN interactions USING (interaction_id) "
        "WHERE rater_type = 'human_user'"
    ).replace("source_id,", "interactions.source_id,")
    thumbs = {name: thumb for name, (*_, thumb) in CALLS.items() if thumb is not None}
    assert dict(facts(query)) == thumbs
    judged = facts("SELECT count(*) FROM feedback WHERE rater_type = 'llm'")
    assert judged == [(len(CALLS),)]
    assert [c for c in curate("doctor", "--json") if c["name"] == "reader"] == []
    # What was there is kept in the history, as of any change at the source.
    ((former,),) = facts("SELECT count(DISTINCT interaction_id) FROM interaction_history")
    assert former >= len(CALLS)


def test_answers_of_annotators_stand_and_are_stale_where_the_text_changed(curate: Curate) -> None:
    query = (
        "SELECT example_id, kind, value, annotator, made_at FROM decisions "
        "WHERE NOT withdrawn ORDER BY ALL"
    )
    made, annotations = facts(query), facts("FROM annotations ORDER BY ALL")
    read_again(curate)
    curate("run")
    assert facts(query) == made and facts("FROM annotations ORDER BY ALL") == annotations
    hashes = "SELECT interaction_id, content_hash FROM interactions"
    before, now = dict(facts(hashes, "before.duckdb")), dict(facts(hashes))
    stale = dict(facts("SELECT DISTINCT example_id, stale FROM current_decisions"))
    assert stale == {name: before[name] != now[name] for name, *_ in made if name in now}
    assert any(stale.values())
    # An answer to a text that nobody sees any more decides nothing.
    settled = {name for (name,) in facts("SELECT example_id FROM settled")}
    assert settled == {name for name, is_stale in stale.items() if not is_stale}


def test_sides_stand_and_no_held_out_text_reaches_train(curate: Curate) -> None:
    before = sides()
    read_again(curate)
    curate("run")
    curate(*SAID["next"])
    assert sides() == before
    names = dict(facts("SELECT interaction_id, source_id FROM interactions"))
    held = {names[name] for name, side in before.items() if side == "test" and name in names}
    train, test = lines(2, "train"), lines(2, "test")
    assert len(train) > 20 and len(test) > 10
    assert held.isdisjoint(line["call"] for line in train)
    assert {line["call"] for line in test} <= held
    # Read rightly, some calls of the one side ask what a held-out one asks.
    questions = {name: CALLS[name][0][-1]["content"] for name in CALLS}
    asked = {questions[name] for name in held}
    others = [name for name in CALLS if name not in held and questions[name] in asked]
    assert others, "the store should have such calls"
    assert asked.isdisjoint(line["prompt"][-1]["content"] for line in train)
    sessions = {CALLS[name][2] for name in held}
    assert sessions.isdisjoint(CALLS[line["call"]][2] for line in train)
    for line in [*train, *test]:
        said, answer, *_ = CALLS[line["call"]]
        assert (line["prompt"], line["completion"][0]["content"]) == (said, answer)
    verified = curate("verify", "--json")
    assert [version["problems"] for version in verified] == [[], []]


def test_diff_says_why(curate: Curate) -> None:
    read_again(curate)
    curate("run")
    curate(*SAID["next"])
    moved = curate("diff", "talks@1", "talks@2", "--json")
    first, second = lines(1, "train"), lines(2, "train")
    calls = [{line["call"] for line in version} for version in (first, second)]
    added, removed = (dict(moved["train"][part]) for part in ("added", "removed"))
    assert sum(added.values()) == len(calls[1] - calls[0])
    assert sum(removed.values()) == len(calls[0] - calls[1])
    assert removed["gone"] == len(calls[0] & SPANS)
    unrated = [n for n in calls[0] - SPANS - calls[1] if CALLS[n][3] is None]
    assert removed["unrated"] == len(unrated)
    # The judge, who spoke against the users, had kept out what they liked.
    assert added["was low_rating"] >= 0.8 * sum(added.values())
    both = {line["call"]: {k: v for k, v in line.items() if k != "call"} for line in first}
    changed = [n for n in second if n["call"] in both and both[n["call"]] != _without_call(n)]
    assert moved["train"]["changed"] == len(changed) > 0
    assert moved["moved"] == 0


def _without_call(line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name != "call"}
