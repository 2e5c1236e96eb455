"""Pairs of inputs, kept and added to: in whatever steps a log grows, changes and shrinks, the store
holds what computing everything at once gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from curate.dedupe import input_pairs
from curate.embed.embed import embed
from curate.embed.languages import LATIN, language
from curate.project import Project
from curate.pull.options import PullOptions
from curate.store import sql
from projects import new_project

pytestmark = pytest.mark.slow

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

SUBJECTS = ["my parcel", "the red lamp", "a gift card", "the invoice of May", "our new kettle"]
ASKED = [
    "could you please tell me where {} is right now because I waited long enough",
    "could you please tell me where {} is right now since I waited long enough",
    "please tell me where {} is, I have waited for a week and nobody answers me",
    "I would like to send back {} and get the money on my card as soon as possible",
    "I would like to send back {} and get the money on my card as soon as you can",
    "I would not like to send back {} and get the money on my card as soon as you can",
    "who pays for the damage that {} did to the table of order 1234 in our kitchen",
    "who pays for the damage that {} did to the table of order 9876 in our kitchen",
    "where is {}",
]
POOL = [asked.format(subject) for asked in ASKED for subject in SUBJECTS]
TABLES = ("inputs", "near_keys", "input_pairs", "embeddings", "semantic_pairs", "example_inputs")


def rows_of(log: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"id": k, "prompt": v, "response": f"Answer {k}.", "rating": 5} for k, v in log.items()]


def evidence(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    with project.store.read() as con:
        return {t: con.execute(f"SELECT * FROM {t} ORDER BY ALL").fetchall() for t in TABLES}


class Log:
    """A log file that grows and changes, and a project that follows it batch by batch."""

    def __init__(self, folder: Path, write: WriteJsonl, encoder: Any) -> None:
        self.folder, self.write, self.encoder = folder, write, encoder
        self.files: dict[str, dict[str, str]] = {}
        self.project = new_project(folder / "p")

    def follow(self, project: Project, files: Iterable[str]) -> None:
        for name in files:
            path = self.write(self.folder / f"{name}.jsonl", rows_of(self.files[name]))
            project.pull([str(path)], PullOptions(yes=True))
        embed(project.store, load=lambda _: self.encoder)
        project.dedupe(near=0.6, semantic=0.7)

    def from_scratch(self) -> Project:
        fresh = new_project(self.folder / "scratch")
        self.follow(fresh, list(self.files))
        return fresh


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.e2e) for seed in range(1, 6))]
)
def test_steps_are_as_good_as_one(
    seed: int, tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(input_pairs, "NEW_AT_ONCE", 5)
    monkeypatch.setattr(input_pairs, "_STORED_AT_ONCE", 3)
    random, log = Random(seed), Log(tmp_path, write_jsonl, encoder)
    for step in range(6):
        name = f"log{step}"
        log.files[name] = {f"{name}-{n}": random.choice(POOL) for n in range(random.randint(1, 9))}
        touched = {name}
        for other in random.sample(sorted(log.files), k=min(2, step)):
            changed = log.files[other]
            changed[random.choice(sorted(changed))] = random.choice(POOL)
            touched.add(other)
        log.follow(log.project, sorted(touched))
    found, expected = evidence(log.project), evidence(log.from_scratch())
    assert found == expected
    assert found["input_pairs"]
    assert found["semantic_pairs"]
    methods = ("exact_dropped", "near_dropped", "semantic_dropped")
    both = [p.dedupe(near=0.6, semantic=0.7) for p in (log.project, Project(tmp_path / "scratch"))]
    assert [getattr(both[0], m) for m in methods] == [getattr(both[1], m) for m in methods]


def test_withdrawn_texts_take_their_evidence_along(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    log = Log(tmp_path, write_jsonl, encoder)
    log.files = {"log": {f"r{n}": text for n, text in enumerate(POOL)}}
    log.follow(log.project, ["log"])
    assert len(evidence(log.project)["embeddings"]) == len(POOL)
    log.files["log"] = dict.fromkeys(log.files["log"], "something short")
    log.follow(log.project, ["log"])
    left = evidence(log.project)
    assert {t: len(left[t]) for t in ("inputs", "embeddings")} == {"inputs": 1, "embeddings": 1}
    assert left["input_pairs"] == left["semantic_pairs"] == left["near_keys"] == []


def test_a_lower_threshold_computes_anew_and_a_higher_one_does_not(
    tmp_path: Path, write_jsonl: WriteJsonl, encoder: Any
) -> None:
    log = Log(tmp_path, write_jsonl, encoder)
    log.files = {"log": {f"r{n}": text for n, text in enumerate(POOL)}}
    log.follow(log.project, ["log"])
    low = log.project.dedupe(semantic=0.6)
    kept = log.project.dedupe(semantic=0.9)
    assert low.semantic_pairs > kept.semantic_pairs > 0
    outcome = log.project.table("runs").to_pylist()[-1]
    with log.project.store.read() as con:
        assert log.project.store.setting(con, "semantic_pairs") == {"threshold": 0.6}
        count = con.execute("SELECT count(*) FROM semantic_pairs").fetchall()[0][0]
    assert count == low.semantic_pairs
    assert outcome["finished_at"] is not None


def test_every_text_that_is_not_latin_is_looked_at() -> None:
    """The question to the store leaves out only what no letter of another script is in."""
    texts = [chr(c) * 3 for c in range(0x30000) if not 0xD800 <= c < 0xE000]
    texts += [f"where is {text} now" for text in texts[:0x3000]]
    with duckdb.connect() as con:
        con.register(
            "inputs", pa.table({"input_hash": [str(n) for n in range(len(texts))], "text": texts})
        )
        looked_at = {text for _, text in con.execute(sql("dedupe/beyond_latin")).fetchall()}
    assert {t for t in texts if language(t) not in LATIN} <= looked_at
    assert len(looked_at) < len(texts)
