"""Public data sets through the whole command line, against plain Python over the raw files.

The sets and the oracle are those of benchmarks/real_data/, which measures the same path; neither
imports curate. One test per set, since a set is pulled once and looked at from all sides.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from curate.cli import cli

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "real_data"))

import raw_oracle
import real_sets
from raw_oracle import Call, Row
from real_sets import SEED_QUERY, SETS, Facts

pytestmark = pytest.mark.slow

SIDES = ("train", "test")


@dataclass(frozen=True)
class Made:
    """One set after the whole path: its raw rows, and what each command printed."""

    project: Path
    rows: list[Row]
    calls: dict[int, Call]
    facts: Facts
    pull: dict[str, Any]
    hits: dict[str, int]
    export: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.project / "datasets" / "real" / "v1"

    def sides(self) -> dict[str, list[dict[str, Any]]]:
        lineage = pq.read_table(self.folder / "lineage.parquet").to_pylist()
        return {side: [row for row in lineage if row["split"] == side] for side in SIDES}


def curate(project: Path, *arguments: str) -> Any:
    """Runs one command and returns what it printed, parsed where that is JSON."""
    result = CliRunner().invoke(cli, ["-C", str(project), *arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout) if "--json" in arguments else result.stdout


def whole_path(name: str, data: Path, folder: Path, *, limit: int | None = None) -> Made:
    """Runs init, pull, filter, export, verify on one set and checks what holds for every set."""
    real = SETS[name]
    source, project = real.source(data, folder, limit=limit), folder / "project"
    rows = raw_oracle.read(source)
    curate(project, "init", "--task", real.task)
    # Lines are compared with the raw data, which has real telephone numbers.
    toml = project / "curate.toml"
    toml.write_text(toml.read_text() + "\n[privacy]\nredact = false\n")
    pull = curate(project, "pull", str(source), *real.pull, "--json")
    hits = {reason: n for _, reason, n in curate(project, "filter", *real.filter, "--json")["hits"]}
    export = curate(project, "export", "real", "--json")
    made = Made(project, rows, real.calls(rows), real.facts(rows), pull, hits, export)
    check_counts(made)
    check_sides(made)
    check_lines(made)
    check_readers(made, folder)
    assert [v["problems"] for v in curate(project, "verify", "--json")] == [[]]
    again = curate(project, "pull", str(source), *real.pull, "--json")
    assert (again["new"], again["changed"]) == (0, 0)
    return made


def check_counts(made: Made) -> None:
    """Every document and every call is accounted for, and the ratings are those of the raw data."""
    facts, summary = made.facts, made.pull["summary"]
    assert made.pull["documents"] == facts.documents
    assert made.pull["new"] == summary["interactions"] == facts.calls
    assert made.pull["rejected"] == {}
    assert summary["conversations"] == facts.conversations
    assert summary["rated"] == facts.rated
    assert made.hits.get("no_query", 0) == facts.without_query
    out = sum(n for _, n in made.export["funnel"])
    assert made.export["train"] + made.export["test"] + out == facts.calls
    with duckdb.connect(str(made.project / "curate.duckdb"), read_only=True) as con:
        rated = "SELECT count(*) FROM ai_interactions WHERE human_rating >= 4"
        assert con.execute(rated).fetchone() == (facts.rated_4_or_more,)
        seed = con.execute(SEED_QUERY).fetchall()
    assert len(seed) == min(2000, facts.rated_4_or_more)
    assert all(rating >= 4 for _, _, rating in seed)


def check_sides(made: Made) -> None:
    """Nothing that leaks stands on both sides, by brute force over the raw rows."""
    sides = made.sides()
    calls = {side: [made.calls[row["source_line"]] for row in sides[side]] for side in SIDES}
    found = raw_oracle.crossings(calls["train"], calls["test"])
    assert (found.conversations, found.inputs, found.near_pairs) == (0, 0, 0)
    assert found.compared > 0
    # What the card and `why` show as the input is what the oracle makes of the raw row.
    wrong = [
        row
        for side in SIDES
        for row in sides[side]
        if row["input"] != made.calls[row["source_line"]].input
    ]
    assert wrong == []


def check_drawn(made: Made) -> None:
    split = made.export["split"]
    assert split["drawn"] == made.facts.calls
    assert abs(split["drawn_test"] / split["drawn"] - 0.1) <= 0.01
    assert 1 < split["largest_unit"] <= split["cap"] == max(20, made.facts.calls // 100)
    assert split["withheld"] < 0.01 * made.facts.calls


def check_lines(made: Made) -> None:
    """Each line of a file is the call of the raw row that the lineage names."""
    for side, lineage in made.sides().items():
        lines = raw_oracle.read(made.folder / f"{side}.jsonl")
        assert [row["line"] for row in lineage] == list(range(1, len(lines) + 1))
        for line, row in zip(lines, lineage, strict=True):
            call = made.calls[row["source_line"]]
            if "completion" in line:
                asked, answered = line["prompt"][-1]["content"], line["completion"][0]["content"]
                assert (asked, answered) == (call.query, call.response)
            else:
                raw = made.rows[row["source_line"] - 1]
                assert line["text"] == call.query
                assert line["label"] == raw.get("label", raw.get("category"))


def check_readers(made: Made, folder: Path) -> None:
    """`datasets`, pandas and DuckDB read as many rows as the manifest says."""
    import datasets
    import pandas

    counts = json.loads((made.folder / "manifest.json").read_bytes())["counts"]
    wanted = {side: counts[side] for side in SIDES}
    assert wanted == {side: made.export[side] for side in SIDES}
    loaded = datasets.load_dataset(str(made.folder), cache_dir=str(folder / "cache"))
    assert {side: rows.num_rows for side, rows in loaded.items()} == wanted
    files = {side: str(made.folder / f"{side}.jsonl") for side in SIDES}
    assert {s: len(pandas.read_json(file, lines=True)) for s, file in files.items()} == wanted
    count = "SELECT count(*) FROM read_json($file)"
    assert {
        s: duckdb.execute(count, {"file": f}).fetchall()[0][0] for s, f in files.items()
    } == wanted


# -- one set each ------------------------------------------------------------------------------


@pytest.mark.e2e
def test_topical_chat(shared_data: Path, tmp_path: Path) -> None:
    made = whole_path("topical_chat_rated", shared_data, tmp_path)
    assert made.facts == Facts(
        documents=35_133,
        calls=35_133,
        conversations=1_617,
        without_query=1_617,
        rated=35_133 - 230,
        rated_4_or_more=32_293,
        split_overlap={},
    )
    # The parts of the published split are valid and test, none is train: sides are drawn.
    check_drawn(made)
    assert made.hits["low_rating"] == 35_133 - 230 - 32_293
    assert made.hits["unrated"] == 230
    assert made.hits["bad_context"] == after_a_bad_turn(made.rows)
    ratings = {
        made.rows[row["source_line"] - 1]["turn_rating"]
        for side in made.sides().values()
        for row in side
    }
    assert ratings == {"Good", "Excellent"}


def after_a_bad_turn(rows: list[Row]) -> int:
    """Counts the turns of a speaker who said something before that was rated Poor or Not Good."""
    talks: dict[str, list[Row]] = {}
    for row in rows:
        talks.setdefault(row["conversation_id"], []).append(row)
    count = 0
    for talk in talks.values():
        talk.sort(key=lambda row: row["turn"])
        for place in range(len(talk)):
            own = {talk[k]["message"] for k in range(place % 2, place, 2)}
            bad = {
                row["message"]
                for i, row in enumerate(talk)
                if i != place and row["turn_rating"] in ("Poor", "Not Good")
            }
            count += bool(own & bad)
    return count


def test_oasst1(shared_data: Path, tmp_path: Path) -> None:
    made = whole_path("oasst1_en_validation", shared_data, tmp_path)
    assert (made.facts.calls, made.facts.rated, made.facts.rated_4_or_more) == (1_243, 1_237, 613)
    assert made.facts.without_query == 2  # answers whose parent is missing from the published file
    check_drawn(made)
    assert made.hits["unrated"] == 6
    with duckdb.connect(str(made.project / "curate.duckdb"), read_only=True) as con:
        newest = con.execute(SEED_QUERY).fetchall()
    good = sorted(
        (row for row in made.rows if (row["quality"] or 0) >= 0.75),
        key=lambda row: datetime.fromisoformat(row["created_date"]),
        reverse=True,
    )
    assert [r[1] for r in newest] == [row["messages"][-1]["content"] for row in good]
    assert [r[2] for r in newest] == pytest.approx([1 + 4 * row["quality"] for row in good])


def test_oasst1_turns_give_the_same_calls(shared_data: Path, tmp_path: Path) -> None:
    published = raw_oracle.read(shared_data / "oasst1_en_validation" / "messages.jsonl.gz")
    assert len(published) == 2_022
    tables = {
        "turns": real_sets.oasst1_turns(published),
        "calls": real_sets.oasst1_calls(published),
    }
    options = ("--map", "rating=quality", "--scale", "0-1", "--map", "session=message_tree_id")
    found, refused = {}, {}
    for name, rows in tables.items():
        file = tmp_path / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        project = tmp_path / name
        curate(project, "init")
        turns = ("--turns",) if name == "turns" else ()
        refused[name] = curate(project, "pull", str(file), *turns, *options, "--json")["rejected"]
        with duckdb.connect(str(project / "curate.duckdb"), read_only=True) as con:
            found[name] = con.execute(
                "SELECT i.source_id, a.query, a.response, a.human_rating, a.created_at, "
                "i.session_id, i.user_key IS NULL, i.messages::VARCHAR "
                "FROM ai_interactions a JOIN interactions i USING (interaction_id) ORDER BY ALL"
            ).fetchall()
    assert found["turns"] == found["calls"]
    assert refused == {"turns": {"no-answer": unanswered(published)}, "calls": {}}


def unanswered(published: list[Row]) -> int:
    """Counts the messages that lead to no assistant message."""
    by_id = {row["message_id"]: row for row in published}
    leads = set()
    for row in published:
        step = row if row["role"] == "assistant" else None
        while step and step["message_id"] not in leads:
            leads.add(step["message_id"])
            step = by_id.get(step["parent_id"])
    return len(by_id) - len(leads)


def test_banking77(shared_data: Path, tmp_path: Path) -> None:
    made = whole_path("banking77", shared_data, tmp_path)
    assert made.facts.split_overlap == {"train / test": 8}
    check_given(made)


def test_clinc150(shared_data: Path, tmp_path: Path) -> None:
    made = whole_path("clinc150", shared_data, tmp_path)
    assert made.facts.split_overlap == {
        "train / validation": 11, "train / test": 14, "validation / test": 1
    }  # fmt: skip
    check_given(made)


def check_given(made: Made) -> None:
    """The published split is taken over; what stands on both sides is reported, and not trained."""
    assert made.pull["summary"]["split_overlap"] == made.facts.split_overlap
    given = [raw_oracle.part_of(row["split"]) for row in made.rows]
    split = made.export["split"]
    assert (split["drawn"], split["quarantined"], split["exposed"]) == (0, 0, 0)
    assert split["train"] == given.count("train")
    assert split["test"] == len(given) - given.count("train")
    for side, lineage in made.sides().items():
        assert {given[row["source_line"] - 1] == "train" for row in lineage} == {side == "train"}
    assert split["withheld"] >= sum(made.facts.split_overlap.values())


def test_sgd_beginning(shared_data: Path, tmp_path: Path) -> None:
    made = whole_path("sgd_turns_volume", shared_data, tmp_path, limit=5_000)
    assert 5_000 <= made.facts.documents < 5_100
    check_drawn(made)


@pytest.mark.e2e
def test_sgd(shared_data: Path, tmp_path: Path) -> None:
    made = whole_path("sgd_turns_volume", shared_data, tmp_path)
    assert (made.facts.documents, made.facts.calls) == (150_012, 75_006)
    check_drawn(made)
