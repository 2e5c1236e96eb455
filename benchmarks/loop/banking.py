"""BANKING77 with wrong labels: what a classifier learns before, after, and without them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from annotator import ALL, Curator, Labels, answered, paid
from measured import Stage
from peers import logistic
from search import Found, Set, search
from sets import confused, rows


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

    def begins(self, name: str, lines: Iterable[Mapping[str, str]]) -> Curator:
        """Returns a project with these lines on the train side, after `curate run`."""
        curator = self.base.copied(name)
        # The same file again, now with labels: vectors and pairs of its texts stay.
        curator("pull", curator.writes("banking.jsonl", lines))
        curator("run")
        return curator

    def noisy(self, names: Sequence[str], seed: int) -> dict[int, str]:
        """Returns labels of rows with these texts, one in ten moved to a class that is near."""
        classes, true = np.unique([self.true[n] for n in names], return_inverse=True)
        vectors = np.stack([self.vectors[n] for n in names])
        return dict(enumerate(classes[confused(true, vectors, seed)].tolist()))


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


def with_copies(data: Banking) -> Found:
    """Returns what is found where every fifth question was asked two to four times."""
    rng = np.random.default_rng(0)
    names = list(data.texts)
    chosen = rng.choice(names, len(names) // 5, replace=False)
    repeated = np.repeat(chosen, rng.integers(1, 4, len(chosen)))
    texts = [*names, *repeated.tolist()]
    given = data.noisy(texts, 0)
    lines = [
        {"id": n if k < len(names) else f"copy-{k}", "text": data.texts[n], "label": given[k]}
        for k, n in enumerate(texts)
    ]
    wrong = {line["id"] for line, n in zip(lines, texts, strict=True)
             if line["label"] != data.true[n]}  # fmt: skip
    one = Set("BANKING77 with copies", lines, wrong, 1_000)
    return search(one, data.begins("copies", lines))


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

    scikit-learn's LogisticRegression on the vectors of the packaged MiniLM, up to 1,000 iterations,
    defaults but for C.
    """

    def __init__(self, data: Banking) -> None:
        both = {**data.texts, **{name: text for name, (text, _) in data.test.items()}}
        self.vector = {text: data.vectors[name] for name, text in both.items()}
        self.test = np.stack([data.vectors[name] for name in data.test])
        self.right = np.array([label for _, label in data.test.values()])
        self.strengths = [1.0]

    def chooses(self, train: Sequence[Mapping[str, str]]) -> float:
        """Returns the C with the best five-fold accuracy on the train file with true labels."""
        from sklearn.linear_model import LogisticRegression
        from sklearn.model_selection import cross_val_score

        vectors, labels = self._task(train)
        scores = {
            c: cross_val_score(LogisticRegression(C=c, max_iter=1000), vectors, labels).mean()
            for c in (1.0, 10.0, 100.0)
        }
        best = max(scores, key=lambda c: scores[c])
        self.strengths = sorted({1.0, best})
        return best

    def __call__(self, train: Sequence[Mapping[str, str]]) -> dict[float, float]:
        """Returns C -> share of the published test that is right."""
        from sklearn.linear_model import LogisticRegression

        vectors, labels = self._task(train)
        models = {
            c: LogisticRegression(C=c, max_iter=1000).fit(vectors, labels) for c in self.strengths
        }
        return {
            c: float((model.predict(self.test) == self.right).mean()) for c, model in models.items()
        }

    def _task(self, train: Sequence[Mapping[str, str]]) -> tuple[Any, list[str]]:
        # In the order of texts: the same lines in another order are the same data.
        lines = sorted((line["text"], line["label"]) for line in train)
        return np.stack([self.vector[text] for text, _ in lines]), [label for _, label in lines]


@dataclass(frozen=True)
class Arm:
    """What one way of choosing what to review has led to.

    Attributes:
        accuracy: C -> of the classifier that was trained on the exported train.jsonl.
        lines: of that file, and how many of them carry a wrong label.
        reviews: errors and reviews by what put them into the queue.
        took: the last run of each command.
    """

    name: str
    seed: int
    accuracy: dict[float, float]
    lines: int
    wrong: int
    reviews: Mapping[str, tuple[int, int]]
    took: Mapping[str, Stage]


RAW, TRUE, RANDOM, CLEANLAB = "as logged", "all labels true", "random", "cleanlab + LR"
QUEUE, AUDITED = "queue --audit 0", "queue (a tenth is an audit)"
TWICE = "queue --audit 0, twice 500"
REVIEWS = 1_000
ASKED = {QUEUE: (("1000",), "0"), TWICE: (("500", "500"), "0"), AUDITED: (("1000",), "100")}
"""Budgets of one queue after the other, and how many of each are an audit."""


class Loop:
    """The arms of BANKING77, one after the other."""

    def __init__(self, data: Banking) -> None:
        self.data, self.judge = data, Judge(data)
        self.truth = {**data.true, **{name: label for name, (_, label) in data.test.items()}}
        self.arms: list[Arm] = []
        #: By seed: errors and entries of each detector, over the whole queue.
        self.whole: dict[int, dict[str, tuple[int, int]]] = {}
        begun = data.begins("true", data.lines(data.true))
        self.strength = self.judge.chooses(list(exported(begun).values()))
        self.adds(TRUE, -1, begun)

    def adds(
        self, name: str, seed: int, curator: Curator,
        reviews: Mapping[str, tuple[int, int]] | None = None,
    ) -> dict[str, dict[str, str]]:  # fmt: skip
        train = exported(curator)
        wrong = sum(line["label"] != self.data.true[n] for n, line in train.items())
        right = self.judge(list(train.values()))
        self.arms.append(Arm(name, seed, right, len(train), wrong, reviews or {}, curator.took))
        print(f"{name}, seed {seed}: {right}, {wrong:,} wrong", file=sys.stderr)
        return train

    def seed(self, seed: int) -> Curator:
        """Adds the arms of one draw of the noise; returns who has the project as it was logged."""
        names = list(self.data.texts)
        labels = {names[k]: label for k, label in self.data.noisy(names, seed).items()}
        wrong = {n for n in names if labels[n] != self.data.true[n]}
        begun = self.data.begins(f"seed-{seed}", self.data.lines(labels))
        train = self.adds(RAW, seed, begun)
        for name, (budgets, audit) in ASKED.items():
            curator = begun.copied(f"seed-{seed}-{len(self.arms)}")
            reviewed = []
            for budget in budgets:
                asked = curator("queue", "--budget", budget, "--audit", audit)["entries"]
                answered(curator, asked, self.truth)
                reviewed += asked
            self.adds(name, seed, curator, paid(reviewed, wrong))
            if name == QUEUE:
                self.whole[seed] = self._whole(begun, curator, wrong)
        given = {n: line["label"] for n, line in train.items()}
        shuffled = np.random.default_rng(seed).permutation(sorted(given)).tolist()
        for name, ranked in ((RANDOM, shuffled), (CLEANLAB, self.suspected(given))):
            chosen = ranked[:REVIEWS]
            curator = begun.copied(f"seed-{seed}-{len(self.arms)}")
            told = [{"id": n, "label": self.truth[n]} for n in chosen]
            file = curator.writes(f"reviews-{seed}-{len(self.arms)}.jsonl", told)
            curator("pull", file, "--as", "feedback", "--key", "id", "--rater", "human_expert")
            reviews = {name: (sum(n in wrong for n in chosen), len(chosen))}
            self.adds(name, seed, curator, reviews)
        return begun

    def _whole(
        self, before: Curator, after: Curator, wrong: set[str]
    ) -> dict[str, tuple[int, int]]:
        """Returns what each detector is worth; `near_decision` speaks only after answers."""
        everything = ("queue", "--budget", str(ALL), "--audit", "0")
        found = paid(before(*everything)["entries"], wrong)
        later = paid(after(*everything)["entries"], wrong)
        return {**found, **{k: v for k, v in later.items() if k == "near_decision"}}

    def suspected(self, given: Labels) -> list[str]:
        """Returns the train file by cleanlab's self-confidence, the worst label first."""
        names = list(given)
        vectors = np.stack([self.data.vectors[n] for n in names])
        return [names[n] for n in logistic(vectors, [given[n] for n in names]).worst()]

    def of(self, name: str, c: float) -> Any:
        """Returns the accuracies of an arm, by seed."""
        return np.array([arm.accuracy[c] for arm in self.arms if arm.name == name])

    def closed(self, name: str, c: float) -> Any:
        """Returns by seed which part an arm makes good of what the wrong labels cost."""
        raw = self.of(RAW, c)
        return (self.of(name, c) - raw) / (self.of(TRUE, c) - raw)


# -- ten thousand tasks ----------------------------------------------------------------------------

TASKS = 10_000


def at_scale(loop: Loop, begun: Curator) -> list[list[Any]]:
    """Returns the seconds of each step where ten thousand tasks are asked and answered."""
    curator = begun.copied("scale")
    asked = curator("queue", "--budget", str(TASKS), "--audit", str(TASKS))["entries"]
    answered(curator, asked, loop.truth)
    exported(curator)
    again = Curator(curator.folder)
    again("label", "sync", "--from-file", str(curator.folder / "export.json"))
    again("queue", "--budget", str(TASKS))
    steps = {
        "queue": curator.took["queue"],
        "label push --to-file": curator.took["label push"],
        "label sync --from-file": curator.took["label sync"],
        "the same again, nothing new": again.took["label sync"],
        "export": curator.took["export"],
        "the next queue": again.took["queue"],
    }
    return [
        [name, len(asked), f"{stage.seconds:.1f}", f"{stage.cpu_seconds:.1f}"]
        for name, stage in steps.items()
    ]
