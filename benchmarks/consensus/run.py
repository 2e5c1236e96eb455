"""Consensus of several annotators: Dawid-Skene, cleanlab and the majority; writes RESULTS.md.

Every answer goes through a project: its tasks are queued, handed over, answered, synced, and the
methods see what the store's decisions say, by the functions that `curate label status` uses. Those
of ConvAbuse go through a real Label Studio server, with a user for each rater; the others, which
are twenty times as many, through its files.

    CURATE_TEST_DATA=/path/to/data python benchmarks/consensus/run.py

`--draws 2` is a quick look.
"""

from __future__ import annotations

import argparse
import gzip
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from curate.embed import encoders
from curate.kernels import consensus
from curate.kernels.consensus import TIE, Answers
from curate.label import agreement, by_file, push, sync
from curate.label import tasks as label
from curate.label.server import Server
from curate.project import Project
from curate.text.text import normalise

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT / "tests" / "support"))

import labelstudio

DATA = Path(os.environ.get("CURATE_TEST_DATA", CHECKOUT.parent / "shared" / "data"))
PACKAGES = ("numpy", "scikit-learn", "cleanlab", "krippendorff", "sentence-transformers")
SEEN, DRAWS, RESAMPLES, BUSIEST = 3, 20, 2_000, 5
METHODS = ("majority", "Dawid-Skene", "cleanlab", "cleanlab, text model")


@dataclass(frozen=True)
class Said:
    """One answer: of an item, by an annotator, in the order in which they came."""

    item: str
    annotator: int
    value: str


@dataclass(frozen=True)
class Votes:
    """Answers as the store's decisions have them; items and values by name."""

    items: list[str]
    values: list[str]
    answers: Answers


# -- the way through a project ---------------------------------------------------------------------


def asked(folder: Path, texts: Mapping[str, str], values: Sequence[str]) -> Project:
    """Returns a project that has handed over one question for each text."""
    project = Project.init(folder, task="classification")
    toml = f'[project]\ntask = "classification"\nlabels = {list(values)}\n'
    (folder / "curate.toml").write_text(toml, encoding="utf-8")
    with project.store.write() as con:
        project.store.set_setting(con, "split", {"test_size": 0.0})
    log = folder / "log.jsonl"
    rows = [{"id": item, "prompt": text, "label": None} for item, text in texts.items()]
    log.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    project.pull([str(log)])
    project.filter()
    project.queue(budget=len(texts), audit=0)
    return project


def replay(project: Project, said: Sequence[Said]) -> None:
    """Takes answers in as annotators would have given them, by files."""
    file = project.folder / "tasks.json"
    if not file.exists():
        by_file.push_to_file(project.store, file)
    tasks = orjson.loads((project.folder / "tasks.json").read_bytes())
    keys = dict(zip(sources(project), (r["task_key"] for r in ledger(project)), strict=True))
    by_item: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number, one in enumerate(said, 1):
        at = f"{datetime.fromtimestamp(1.7e9 + number, UTC):%Y-%m-%dT%H:%M:%SZ}"
        by_item[keys.get(one.item, "")].append({
            "id": number, "completed_by": one.annotator, "was_cancelled": False, "lead_time": 5.0,
            "created_at": at, "updated_at": at,
            "result": [{"from_name": "label", "type": "choices",
                        "value": {"choices": [one.value]}}],
        })  # fmt: skip
    done = [{**t, "id": n, "annotations": by_item[t["data"]["curate_id"]]}
            for n, t in enumerate(tasks, 1)]  # fmt: skip
    export = project.folder / "export.json"
    export.write_bytes(orjson.dumps(done))
    by_file.sync_from_file(project.store, export)


def replay_on_server(project: Project, said: Sequence[Said]) -> None:
    """Takes answers in through a server, to which they come with the tasks: it takes three a second
    through its API."""
    by_item: dict[str, list[Said]] = defaultdict(list)
    keys = dict(zip(sources(project), (r["task_key"] for r in ledger(project)), strict=True))
    for one in said:
        by_item[keys.get(one.item, "")].append(one)
    plain = label.task
    with labelstudio.running() as studio, Server(studio.url, studio.admin.token) as server:
        people = {n: studio.annotator(f"rater{n}").id for n in {one.annotator for one in said}}

        def answered(question: Any) -> dict[str, Any]:
            answers = [
                {"completed_by": people[one.annotator], "lead_time": 5.0, "result": [
                    {"from_name": "label", "to_name": "text", "type": "choices",
                     "value": {"choices": [one.value]}}]}
                for one in by_item[question.data["curate_id"]]
            ]  # fmt: skip
            return {**plain(question), "annotations": answers}

        label.task = answered  # type: ignore[assignment]
        settings = push.PushSettings(annotators=SEEN)
        push.push(project.store, server, settings, send=True, progress=_silent)
        label.task = plain
        sync.sync(project.store, server, progress=_silent)


def _silent(items: Any, _label: str) -> Any:
    return items


def ledger(project: Project) -> list[dict[str, Any]]:
    return sorted(project.table("tasks").to_pylist(), key=lambda row: row["example_id"])


def sources(project: Project) -> list[str]:
    names = {r["example_id"]: r["source_id"] for r in project.table("examples").to_pylist()}
    return [names[row["example_id"]] for row in ledger(project)]


def votes(project: Project) -> Votes:
    """Returns what the store says that annotators say."""
    with project.store.read() as con:
        said = agreement.votes(con)["relabel"]
    examples, _, values, answers = agreement.numbered(said)
    names = {r["example_id"]: r["source_id"] for r in project.table("examples").to_pylist()}
    return Votes([names[example] for example in examples], values, answers)


# -- methods ---------------------------------------------------------------------------------------


def decided(answers: Answers, vectors: Any) -> dict[str, Any]:
    """Returns each method's chance of each value of each item: 1 for what it decides.

    A majority that ties gives its values equal chances: it would have to toss a coin.
    """
    counts = answers.votes()
    most = counts == counts.max(axis=1, keepdims=True)
    chances = consensus.dawid_skene(answers)
    made = {
        "majority": most / most.sum(axis=1, keepdims=True),
        "Dawid-Skene": one_hot(chances.argmax(axis=1), chances.shape[1]),
        "cleanlab": one_hot(consensus.crowd(answers, chances).value, chances.shape[1]),
    }
    if vectors is not None:
        model = text_model(counts, vectors)
        value = consensus.crowd(answers, model).value
        made["cleanlab, text model"] = one_hot(value, chances.shape[1])
    return made


def one_hot(value: Any, values: int) -> Any:
    return np.eye(values)[value]


def text_model(counts: Any, vectors: Any) -> Any:
    """Returns what a classifier says that learned the majorities of other texts, five folds."""
    most = counts.argmax(axis=1)
    used, given = np.unique(most, return_inverse=True)
    said = cross_val_predict(
        LogisticRegression(max_iter=500), vectors, given, cv=5, method="predict_proba"
    )
    chances = np.full(counts.shape, 1e-6)
    chances[:, used] = said
    return chances / chances.sum(axis=1, keepdims=True)


# -- intervals -------------------------------------------------------------------------------------


def resampled(right: Mapping[str, Any], asked_: Any) -> dict[str, tuple[float, float, float]]:
    """Returns share right and 95% interval, by drawing items anew; also each less the majority.

    Args:
        right: answers that are right, per item and method, (items,).
        asked_: answers that could be, (items,).
    """
    rng = np.random.default_rng(0)
    items = len(asked_)
    weights = np.stack([
        np.bincount(rng.integers(items, size=items), minlength=items) for _ in range(RESAMPLES)
    ])  # fmt: skip
    told = {}
    for name, mine in right.items():
        for less, other in (("", 0), (" - majority", right["majority"])):
            drawn = weights @ (mine - other) / (weights @ asked_)
            low, high = np.quantile(drawn, [0.025, 0.975])
            told[name + less] = (float((mine - other).sum() / asked_.sum()), low, high)
    return told


# -- VADER -----------------------------------------------------------------------------------------


SIGNS = {-1: "negative", 0: "neutral", 1: "positive"}


def vader(folder: Path, name: str, draws: int, encode: Callable[[list[str]], Any]) -> list[str]:
    """Three of all raters' signs; the truth is the sign of the mean of all."""
    rows = read(DATA / "vader_multirater" / f"{name}.jsonl.gz")
    texts = {row["id"]: row["text"] for row in rows}
    base = asked(folder / name, texts, sorted(SIGNS.values()))
    truth = {row["id"]: SIGNS[int(np.sign(row["mean"]))] for row in rows}
    vectors = dict(zip(texts, encode([normalise(t) for t in texts.values()]), strict=True))
    right: dict[str, Any] = {}
    tied, seconds, alphas = [], [], []
    for draw in range(draws):
        project = Project(shutil.copytree(base.folder, folder / f"{name}-{draw}"))
        rng = np.random.default_rng(draw)
        said = [
            Said(row["id"], n, SIGNS[int(np.sign(rating))])
            for row in rows
            for n, rating in enumerate(rng.choice(row["ratings"], SEEN, replace=False), 1)
        ]
        begun = time.process_time()
        replay(project, said)
        seen = votes(project)
        seconds.append(time.process_time() - begun)
        gold = np.array([[v == truth[i] for v in seen.values] for i in seen.items])
        made = decided(seen.answers, np.stack([vectors[i] for i in seen.items]))
        for method, chances in made.items():
            right[method] = right.get(method, 0) + (chances * gold).sum(axis=1)
        tied.append((consensus.majority(seen.answers.votes()) == TIE).mean())
        alphas.append(consensus.alpha(seen.answers, "nominal"))
        shutil.rmtree(project.folder)
        print(f"{name}, draw {draw}", file=sys.stderr)
    told = resampled(right, np.full(len(seen.items), float(draws)))
    head = f"{name}: {len(seen.items):,} distinct texts, {draws} draws"
    note = (
        f"{head}: {np.mean(tied):.1%} of the majorities tie, Krippendorff's alpha "
        f"{np.mean(alphas):.2f}; {np.mean(seconds):.1f} CPU s a draw for sync and reading back."
    )
    return [*(line(name, method, told) for method in METHODS), note]


def line(name: str, method: str, told: Mapping[str, tuple[float, float, float]]) -> str:
    middle, low, high = told[method]
    difference = ""
    if method != "majority":
        less, lower, upper = (100 * n for n in told[f"{method} - majority"])
        difference = f"{less:+.1f} ({lower:+.1f} to {upper:+.1f})"
    return f"| {name} | {method} | {middle:.1%} ({low:.1%} to {high:.1%}) | {difference} |"


# -- ConvAbuse -------------------------------------------------------------------------------------


LEVELS = ("1", "0", "-1", "-2", "-3")
ITEM = ("conv_id", "prev_agent", "prev_user", "agent", "user", "bot")
SPEAKERS = ("prev_agent", "prev_user", "agent", "user")


def conversations() -> tuple[dict[str, str], list[Said]]:
    """Returns texts of all items, and all answers in the order of the file."""
    texts, said = {}, []
    for row in read(DATA / "convabuse_raw" / "annotations.jsonl.gz"):
        item = "\x1f".join(row[column] for column in ITEM)
        (level,) = [one for one in LEVELS if row[f"is_abuse.{one}"] == "1"]
        # Equal texts of different conversations are different items, so each has its number.
        lines = [f"{who}: {row[who]}" for who in SPEAKERS] + [f"({row['bot']}, item {len(texts)})"]
        texts.setdefault(item, "\n".join(lines))
        said.append(Said(item, int(row["annotator_id"].removeprefix("Annotator")), level))
    return texts, said


def abuse(folder: Path, encode: Callable[[list[str]], Any]) -> list[str]:
    """What one rater says, from what the others said; and raters beside themselves."""
    texts, said = conversations()
    names = {item: f"c{n}" for n, item in enumerate(texts)}
    who = {names[item]: text for item, text in texts.items()}
    said = [Said(names[one.item], one.annotator, f"level {one.value}") for one in said]
    project = asked(folder / "abuse", who, sorted({one.value for one in said}))
    replay_on_server(project, said)
    assert project.table("annotations").num_rows == len(said)
    seen = votes(project)
    vectors = dict(zip(who, encode([normalise(t) for t in who.values()]), strict=True))
    lines, notes = [], [themselves(project)]
    for title, merged in (("abusive or not", True), ("five levels", False)):
        told, note = left_out(seen, vectors, merged)
        lines += [line(title, method, told) for method in METHODS]
        notes.append(f"{title}: {note}")
    return [*lines, " ".join(notes)]


def left_out(seen: Votes, vectors: Mapping[str, Any], merged: bool) -> tuple[Any, str]:
    """Predicts each answer of the busiest raters from those of the other four."""
    a = seen.answers
    busiest = np.argsort(-np.bincount(a.annotator), kind="stable")[:BUSIEST]
    among = np.isin(a.annotator, busiest)
    often = np.bincount(a.item[among], minlength=a.shape[0]) >= SEEN
    used = among & often[a.item]
    value = np.array([n.removeprefix("level ").startswith("-") for n in seen.values]).astype(int)
    value = value[a.value] if merged else a.value
    items, item = np.unique(a.item[used], return_inverse=True)
    annotator, value = a.annotator[used], value[used]
    values = int(value.max()) + 1
    matrix = np.stack([vectors[seen.items[n]] for n in items])
    right = {method: np.zeros(len(items)) for method in METHODS}
    for person in busiest:
        mine = annotator == person
        others, number = np.unique(annotator[~mine], return_inverse=True)
        rest = Answers(item[~mine], number, value[~mine], (len(items), len(others), values))
        for method, chances in decided(rest, matrix).items():
            hit = chances[item[mine], value[mine]]
            right[method] += np.bincount(item[mine], hit, minlength=len(items))
    asked_ = np.bincount(item, minlength=len(items)).astype(float)
    together = Answers(item, np.unique(annotator, return_inverse=True)[1], value,
                       (len(items), BUSIEST, values))  # fmt: skip
    note = (
        f"{len(items):,} items, {len(item):,} answers predicted; "
        f"{consensus.pairwise(together):.1%} of pairs of raters are the same, Krippendorff's alpha "
        f"{consensus.alpha(together, 'nominal'):.2f}."
    )
    return resampled(right, asked_), note


def themselves(project: Project) -> str:
    """Returns how often raters said the same when they saw an item again, by their decisions."""
    by: dict[tuple[str, int], list[str]] = defaultdict(list)
    rows = project.table("decisions").to_pylist()
    for row in sorted(rows, key=lambda row: row["annotation_id"]):
        by[row["example_id"], row["annotator"]].append(row["value"])
    again = [said for said in by.values() if len(said) > 1]
    items = len({example for (example, _), said in by.items() if len(said) > 1})
    levels = np.mean([said[0] == said[1] for said in again])
    sides = np.mean(
        [said[0].startswith("level -") == said[1].startswith("level -") for said in again]
    )
    size = len(again)
    low, high = (sides + z * np.sqrt(sides * (1 - sides) / size) for z in (-1.96, 1.96))
    return (
        f"Raters who saw an item again ({size} times, {items} items) agreed with themselves on "
        f"abusive or not in {sides:.1%} ({low:.1%} to {high:.1%}), on the level in {levels:.1%}."
    )


# -- results ---------------------------------------------------------------------------------------


def read(file: Path) -> list[dict[str, Any]]:
    with gzip.open(file) as lines:
        return [orjson.loads(row) for row in lines]


def commit() -> str:
    done = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=CHECKOUT,
                          capture_output=True, text=True, check=False)  # fmt: skip
    return done.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=DRAWS)
    draws = parser.parse_args().draws
    if not DATA.is_dir():
        print(f"no data in {DATA.name}: set CURATE_TEST_DATA", file=sys.stderr)
        return 2
    encode = encoders.load("minilm").encode
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        *conversation, about_abuse = abuse(folder, encode)
        *amazon, about_amazon = vader(folder, "amazon_snippets", draws, encode)
        *tweets, about_tweets = vader(folder, "tweets", draws, encode)
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    head = ["| data | method | right (95%) | less majority, points |", "|---|---|--:|--:|"]
    text = "\n".join([
        "# Consensus of several annotators",
        "",
        f"Written by `python benchmarks/consensus/run.py` on {datetime.now(UTC):%Y-%m-%d}; commit "
        f"{commit()}, Python {platform.python_version()}, {packages}.",
        "",
        f"Every answer went through a project (queue, push, sync: ConvAbuse through a Label Studio "
        f"{labelstudio.VERSION} server, VADER by files), and the methods saw what its",
        "decisions say. *cleanlab* is `get_label_quality_multiannotator` with the chances of",
        "Dawid-Skene for a model, as `curate label status` calls it; *text model* is its intended",
        "use: a logistic regression on MiniLM vectors that learned the majorities of other texts.",
        f"Intervals: items drawn anew, {RESAMPLES:,} times. A majority that ties counts as a coin.",
        "",
        "## One rater's answer from the others' (ConvAbuse)",
        "",
        f"Items with {SEEN} or more raters among the {BUSIEST} busiest; each in turn is left out.",
        "",
        *head, *conversation, "", about_abuse, "",
        f"## Three raters for all of them (VADER, {draws} draws)",
        "",
        "The sign of three ratings drawn from about 20 (for 1,000 tweets, 90); the truth is the",
        "sign of the mean of all. Who gave a rating is not known, so the three annotators stand",
        "for all, and no method can learn who is good.",
        "",
        *head, *amazon, *tweets, "", about_amazon, "", about_tweets, "",
    ])  # fmt: skip
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
