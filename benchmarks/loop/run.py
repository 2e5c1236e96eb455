"""Measures what the loop is worth: queue, hand over, answers, sync, export; writes RESULTS.md.

Every step is a command that a curator types, in a process of its own. The program plays the
annotator: it reads the tasks that were written for Label Studio and answers them by the truth, in
Label Studio's JSON export.

    CURATE_TEST_DATA=/path/to/data python benchmarks/loop/run.py

Exit status 1: the queue is behind random choice or stock cleanlab somewhere; RESULTS.md says where.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from measured import Stage, child  # noqa: E402
from mislabels.run import Task, confused, datalab, logistic, rows  # noqa: E402

PACKAGES = ("duckdb", "scikit-learn", "cleanlab", "sentence-transformers")
HINT3_BUDGET, BANKING_BUDGET, DRAWS = 60, 1_000, 1_000
BOTS = ("curekart", "sofmattress")
ALL = 1_000_000
"""A budget that nothing exhausts."""

Labels = Mapping[str, str]
"""Label by the id that a row has in the file."""


# -- a curator and an annotator --------------------------------------------------------------------


@dataclass
class Curator:
    """Somebody who types commands in a project folder.

    Attributes:
        folder: of the project.
        took: seconds of each command by the clock, the start of the program included.
    """

    folder: Path
    took: dict[str, float] = field(default_factory=dict)

    def __call__(self, *command: str) -> Any:
        print(f"  {self.folder.name}: curate {' '.join(command)[:90]}", file=sys.stderr)
        stage: Stage = child("-m", "curate", "-C", str(self.folder), *command, "--json")
        name = " ".join(part for part in command[:2] if part.isalpha())
        self.took[name] = stage.seconds
        return stage.printed

    @classmethod
    def starts(cls, folder: Path) -> Curator:
        child("-m", "curate", "init", str(folder), "--task", "classification")
        return cls(folder)

    def copied(self, name: str) -> Curator:
        """Returns somebody who goes on from here in a folder of their own."""
        folder = self.folder.with_name(name)
        shutil.copytree(self.folder, folder)
        return Curator(folder)

    def writes(self, name: str, lines: Iterable[Mapping[str, Any]]) -> str:
        """Returns the path of a JSON Lines file beside the project."""
        path = self.folder.with_name(name)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return str(path)

    def vectors(self) -> dict[str, Any]:
        """Returns the vectors that `curate embed` stored, by the id of the row in the file."""
        from curate import Project

        project = Project(self.folder)
        hashes = project.table("example_inputs").to_pylist()
        by_hash = {r["input_hash"]: r["vector"] for r in project.table("embeddings").to_pylist()}
        names = {r["example_id"]: r["source_id"] for r in project.table("examples").to_pylist()}
        return {
            names[row["example_id"]]: np.array(by_hash[row["input_hash"]], np.float32)
            for row in hashes
        }


def answered(curator: Curator, entries: Sequence[Mapping[str, Any]], truth: Labels) -> Any:
    """Hands the queue over, answers every task by the truth, and takes the answers in."""
    tasks_file, export_file = (curator.folder / name for name in ("tasks.json", "export.json"))
    curator("label", "push", "--to-file", str(tasks_file))
    source_id = {entry["task_key"]: entry["source_id"] for entry in entries}
    tasks = json.loads(tasks_file.read_text(encoding="utf-8"))
    labels = [truth[source_id[task["data"]["curate_id"]]] for task in tasks]
    export_file.write_text(json.dumps(export(tasks, labels)), encoding="utf-8")
    return curator("label", "sync", "--from-file", str(export_file))


def export(tasks: Sequence[Mapping[str, Any]], labels: Sequence[str]) -> list[dict[str, Any]]:
    """Returns Label Studio's JSON export of tasks that one annotator has answered by hand."""
    begun = datetime(2026, 1, 5, 9, tzinfo=UTC)
    made = []
    for number, (task, label) in enumerate(zip(tasks, labels, strict=True), 1):
        at = (begun + timedelta(seconds=10 * number)).isoformat().replace("+00:00", "Z")
        result = {
            "id": f"a{number}", "from_name": "label", "to_name": "text", "type": "choices",
            "origin": "manual", "value": {"choices": [label]},
        }  # fmt: skip
        annotation = {
            "id": number, "completed_by": 1, "result": [result], "was_cancelled": False,
            "ground_truth": False, "created_at": at, "updated_at": at, "lead_time": 10.0,
            "task": number,
        }  # fmt: skip
        made.append({"id": number, **task, "annotations": [annotation], "drafts": []})
    return made


def wrong_among(entries: Iterable[Mapping[str, Any]], wrong: set[str]) -> int:
    return sum(entry["source_id"] in wrong for entry in entries)


def paid(entries: Iterable[Mapping[str, Any]], wrong: set[str]) -> dict[str, tuple[int, int]]:
    """Returns detector -> (errors, entries) by the detector that put an entry where it is."""
    asked: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for entry in entries:
        name = "audit" if entry["audit"] else entry["detectors"][0]
        asked[name] += 1
        found[name] += entry["source_id"] in wrong
    return {name: (found[name], many) for name, many in asked.items()}


# -- HINT3 -----------------------------------------------------------------------------------------


def hint3(data: Path, bot: str, folder: Path) -> dict[str, Any]:
    """Returns how many errors each way finds among so many reviews of one bot's queries."""
    read = [r for r in rows(data / "hint3_curekart_sofmattress" / "rows.jsonl.gz")
            if r["bot"] == bot]  # fmt: skip
    names = [f"{r['split']}-{r['row']}" for r in read]
    wrong = {name for name, r in zip(names, read, strict=True) if r["is_error"]}
    curator = Curator.starts(folder / bot)
    lines = [
        {"id": name, "text": r["sentence"], "label": r["label_v1"]}
        for name, r in zip(names, read, strict=True)
    ]
    curator("pull", curator.writes(f"{bot}.jsonl", lines))
    curator("run")
    budget = ("--budget", str(HINT3_BUDGET))
    vectors = curator.vectors()
    task = Task(
        "hint3", bot, [r["sentence"] for r in read], np.stack([vectors[n] for n in names]),
        [r["label_v1"] for r in read], np.array([r["is_error"] for r in read]),
    )  # fmt: skip
    random = [
        task.wrong[np.random.default_rng(seed).permutation(len(read))[:HINT3_BUDGET]].sum()
        for seed in range(DRAWS)
    ]
    found = {
        "queue": wrong_among(curator("queue", *budget, "--audit", "0")["entries"], wrong),
        "audited": wrong_among(curator("queue", *budget)["entries"], wrong),
    }
    for name, method in (("logistic", logistic), ("datalab", datalab)):
        worst = np.argsort(-method(task), kind="stable")[:HINT3_BUDGET]
        found[name] = int(task.wrong[worst].sum())
    everything = curator("queue", "--budget", str(ALL), "--audit", "0")["entries"]
    return {
        **found, "bot": bot, "rows": len(read), "errors": len(wrong),
        "random": (float(np.mean(random)), *np.percentile(random, [2.5, 97.5]).astype(int)),
        "paid": paid(everything, wrong),
    }  # fmt: skip


# -- BANKING77 -------------------------------------------------------------------------------------


@dataclass
class Banking:
    """BANKING77: what was published, the vectors of its texts, and a project to begin with."""

    texts: dict[str, str]
    true: dict[str, str]
    test: dict[str, tuple[str, str]]
    base: Curator
    vectors: dict[str, Any] = field(default_factory=dict)

    def lines(self, labels: Labels) -> list[dict[str, str]]:
        return [{"id": n, "text": t, "label": labels[n]} for n, t in self.texts.items()]

    def begins(self, name: str, labels: Labels) -> Curator:
        """Returns a project with these labels on the train side, after `curate run`."""
        curator = self.base.copied(name)
        # The same file again, now with labels: vectors and pairs of its texts stay.
        curator("pull", curator.writes("banking.jsonl", self.lines(labels)))
        curator("run")
        return curator


def banking(data: Path, folder: Path) -> Banking:
    """Returns BANKING77 with its published test as an imported evaluation set, no train labels."""
    read = rows(data / "banking77" / "rows.jsonl.gz")
    sides: dict[str, list[dict[str, Any]]] = {"train": [], "test": []}
    for row in read:
        sides[row["split"]].append(row)
    texts = {f"train-{n}": r["text"] for n, r in enumerate(sides["train"])}
    true = {f"train-{n}": r["category"] for n, r in enumerate(sides["train"])}
    test = {f"test-{n}": (r["text"], r["category"]) for n, r in enumerate(sides["test"])}
    curator = Curator.starts(folder / "base")
    toml = curator.folder / "curate.toml"
    # Everything that is not the published test is to be learned from.
    toml.write_text(toml.read_text(encoding="utf-8") + "\n[export]\ntest_size = 0\n", "utf-8")
    held_out = [{"id": n, "text": t, "label": c} for n, (t, c) in test.items()]
    curator("heldout", "import", curator.writes("test.jsonl", held_out))
    plain = [{"id": n, "text": t} for n, t in texts.items()]
    curator("pull", curator.writes("banking.jsonl", plain))
    curator("run")
    return Banking(texts, true, test, curator, curator.vectors())


def exported(curator: Curator) -> dict[str, dict[str, str]]:
    """Returns the lines of train.jsonl of a new version, by the id of the row."""
    from curate import Project

    made = curator("export", "banking")
    folder = curator.folder / "datasets" / "banking" / f"v{made['version']}"
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines()
    project = Project(curator.folder)
    names = {r["example_id"]: r["source_id"] for r in project.table("examples").to_pylist()}
    return {
        names[row["example_id"]]: json.loads(lines[row["line"] - 1])
        for row in project.table("version_examples").to_pylist()
        if row["version"] == made["version"] and row["side"] == "train" and row["line"]
    }


class Judge:
    """A plain classifier, and the published test that it is judged by.

    scikit-learn's LogisticRegression with its defaults (L2, C = 1), but up to 1,000 iterations, on
    the vectors of the packaged MiniLM.
    """

    def __init__(self, data: Banking) -> None:
        both = {**data.texts, **{name: text for name, (text, _) in data.test.items()}}
        self.vector = {text: data.vectors[name] for name, text in both.items()}
        self.test = np.stack([data.vectors[name] for name in data.test])
        self.right = np.array([label for _, label in data.test.values()])

    def __call__(self, train: Sequence[Mapping[str, str]]) -> float:
        from sklearn.linear_model import LogisticRegression

        vectors = np.stack([self.vector[line["text"]] for line in train])
        model = LogisticRegression(max_iter=1000).fit(vectors, [line["label"] for line in train])
        return float((model.predict(self.test) == self.right).mean())


@dataclass(frozen=True)
class Arm:
    """What one way of choosing what to review has led to.

    Attributes:
        accuracy: of the classifier that was trained on the exported train.jsonl.
        lines: of that file, and how many of them carry a wrong label.
        reviews: errors and reviews by what put them into the queue.
        took: seconds of each command.
    """

    name: str
    seed: int
    accuracy: float
    lines: int
    wrong: int
    reviews: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    took: Mapping[str, float] = field(default_factory=dict)


RAW, TRUE, RANDOM, CLEANLAB = "as logged", "all labels true", "random", "cleanlab + LR"
QUEUE, AUDITED = "queue --audit 0", "queue"


class Measured:
    """The arms of BANKING77, one after the other."""

    def __init__(self, data: Banking) -> None:
        self.data, self.judge = data, Judge(data)
        self.truth = {**data.true, **{name: label for name, (_, label) in data.test.items()}}
        self.arms: list[Arm] = []

    def adds(self, name: str, seed: int, curator: Curator, **more: Any) -> dict[str, Any]:
        train = exported(curator)
        wrong = sum(line["label"] != self.data.true[n] for n, line in train.items())
        accuracy = self.judge(list(train.values()))
        took = dict(curator.took)
        self.arms.append(Arm(name, seed, accuracy, len(train), wrong, **more, took=took))
        print(f"{name}, seed {seed}: {accuracy:.4f}, {wrong:,} wrong", file=sys.stderr)
        return train

    def seed(self, seed: int) -> None:
        names = list(self.data.texts)
        classes, true = np.unique([self.data.true[n] for n in names], return_inverse=True)
        vectors = np.stack([self.data.vectors[n] for n in names])
        given = classes[confused(true, vectors, seed)].tolist()
        labels = dict(zip(names, given, strict=True))
        wrong = {n for n in names if labels[n] != self.data.true[n]}
        begun = self.data.begins(f"seed-{seed}", labels)
        train = self.adds(RAW, seed, begun)
        for name, audit in ((QUEUE, ("--audit", "0")), (AUDITED, ())):
            curator = begun.copied(f"seed-{seed}-{len(self.arms)}")
            asked = curator("queue", "--budget", str(BANKING_BUDGET), *audit)["entries"]
            answered(curator, asked, self.truth)
            self.adds(name, seed, curator, reviews=paid(asked, wrong))
        given_of = {n: line["label"] for n, line in train.items()}
        for name, ranked in ((RANDOM, self.shuffled), (CLEANLAB, self.suspected)):
            chosen = ranked(given_of, seed)[:BANKING_BUDGET]
            curator = begun.copied(f"seed-{seed}-{len(self.arms)}")
            reviews = {name: (sum(n in wrong for n in chosen), len(chosen))}
            told = [{"id": n, "label": self.truth[n]} for n in chosen]
            file = curator.writes(f"reviews-{seed}-{len(self.arms)}.jsonl", told)
            curator("pull", file, "--as", "feedback", "--key", "id", "--rater", "human_expert")
            self.adds(name, seed, curator, reviews=reviews)

    def shuffled(self, given: Labels, seed: int) -> list[str]:
        return list(np.random.default_rng(seed).permutation(sorted(given)))

    def suspected(self, given: Labels, _seed: int) -> list[str]:
        """Returns the train file by cleanlab's self-confidence, the worst label first."""
        names = list(given)
        vectors = np.stack([self.data.vectors[n] for n in names])
        none = np.zeros(len(names), bool)
        task = Task("banking77", "", [], vectors, [given[n] for n in names], none)
        return [names[n] for n in np.argsort(-logistic(task), kind="stable")]


# -- ten thousand answers --------------------------------------------------------------------------


def at_scale(data: Banking, begun: Curator, truth: Labels) -> dict[str, float]:
    """Returns the seconds of each step when every example of a project is asked and answered."""
    curator = begun.copied("everything")
    asked = curator("queue", "--budget", str(ALL), "--audit", "0")["entries"]
    answered(curator, asked, truth)
    return {}
