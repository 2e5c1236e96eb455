"""Real models judged by `curate evaluate`, beside what the published labels of all of test say.

Train has wrong labels, one in ten moved to a class that is near; the curated train is what an
export has after one queue, answered by the published labels. A classifier on vectors and a small
encoder that is fine-tuned learn from both. The held-out part is the published test; in a second
project one in ten of its labels is wrong, and an audit of some 200 is answered by the published
ones.

    CURATE_TEST_DATA=/path/to/data python benchmarks/real_models/run.py [banking77 ...]

Writes RESULTS.md where all sets are judged. Exit status 1: an interval misses the truth, or wrong
labels with an audit turn a verdict around.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "quality"), str(HERE.parent / "loop")]

from annotator import Curator, answered
from measured import sources
from sets import confused, rows

SETS = {"banking77": ("text", "category"), "clinc150": ("text", "label")}
BUDGET, AUDIT = "1000", "660"  # of an audit, a third is held out
EPOCHS, BATCH, RATE, TUNED_ON = 4, 32, 2e-4, 3_000


@dataclass(frozen=True)
class Judgement:
    """One comparison of the curated model with the raw one, and what is true.

    Attributes:
        labels: of the held-out part: published, or one in ten wrong.
        truth: the difference on the published test, by its published labels.
    """

    data: str
    model: str
    labels: str
    difference: float
    low: float
    high: float
    verdict: str
    corrected: bool
    truth: float

    @property
    def holds(self) -> bool:
        """Returns whether the interval holds the true difference."""
        return self.low <= self.truth <= self.high

    def __str__(self) -> str:
        """Returns it as a row of a table."""
        points = [100 * x for x in (self.difference, self.low, self.high, self.truth)]
        labels = f"{self.labels}{', audited' if self.corrected else ''}"
        return (
            f"| {self.data} | {self.model} | {labels} | {points[0]:+.1f} "
            f"({points[1]:+.1f} to {points[2]:+.1f}) | {self.verdict} | {points[3]:+.1f} | "
            f"{'yes' if self.holds else 'NO'} |"
        )


HEAD = (
    "| set | model | held-out labels | curated less raw, points (95%) | verdict | by all published "
    "labels | holds it |\n|---|---|---|--:|---|--:|---|"
)


def judge(name: str, data: Path, folder: Path) -> list[Judgement]:
    """Returns the judgements on one set."""
    text, label = SETS[name]
    read = rows(data / name / "rows.jsonl.gz")
    train = {f"train-{n}": row for n, row in enumerate(read) if row["split"] == "train"}
    test = {f"test-{n}": row for n, row in enumerate(read) if row["split"] == "test"}
    texts = {key: row[text] for key, row in {**train, **test}.items()}
    truth = {key: row[label] for key, row in {**train, **test}.items()}

    begun = Curator.starts(folder / f"{name}-base")
    toml = begun.folder / "curate.toml"
    toml.write_text(toml.read_text("utf-8") + "\n[export]\ntest_size = 0\n", "utf-8")
    begun("heldout", "import", begun.writes("test.jsonl", _lines(test, texts, truth)))
    begun("pull", begun.writes("train.jsonl", _lines(train, texts, truth)))
    begun("run")
    vectors = begun.vectors()

    given = {**truth, **_moved(list(train), truth, vectors, 0)}
    raw = begun.copied(f"{name}-raw")
    raw("pull", raw.writes("train.jsonl", _lines(train, texts, given)))
    raw("run")
    first = _exported(raw, name)
    queued = raw("queue", "--budget", BUDGET, "--audit", "0")
    answered(raw, queued["entries"], truth)
    second = _exported(raw, name)

    noisy = begun.copied(f"{name}-noisy")
    seen = {**truth, **_moved(list(test), truth, vectors, 1)}
    noisy("heldout", "import", noisy.writes("test.jsonl", _lines(test, texts, seen)))
    noisy("run")
    noisy("export", name)
    audited = noisy("queue", "--kind", "relabel", "--budget", AUDIT, "--audit", AUDIT)
    answered(noisy, audited["entries"], truth)

    found = []
    for model, said in _models(first, second, texts, vectors, list(test)):
        right = {k: np.mean([s[t] == truth[t] for t in test]) for k, s in said.items()}
        for curator, labels in ((raw, "published"), (noisy, "one in ten wrong")):
            told = _evaluated(curator, name, model, said)
            figures = (told["difference"], told["low"], told["high"], told["verdict"])
            by_all = float(right["curated"] - right["raw"])
            found.append(Judgement(name, model, labels, *figures, told["corrected"], by_all))
            print(found[-1], file=sys.stderr)
    return found


def _lines(
    keys: Mapping[str, Any], texts: Mapping[str, str], labels: Mapping[str, str]
) -> list[dict[str, str]]:
    return [{"id": key, "text": texts[key], "label": labels[key]} for key in keys]


def _moved(
    keys: Sequence[str], truth: Mapping[str, str], vectors: Mapping[str, Any], seed: int
) -> dict[str, str]:
    classes, number = np.unique([truth[key] for key in keys], return_inverse=True)
    noisy = confused(number, np.stack([vectors[key] for key in keys]), seed)
    return dict(zip(keys, classes[noisy].tolist(), strict=True))


def _exported(curator: Curator, name: str) -> list[tuple[str, str]]:
    """Returns text and label of the train lines of a new version."""
    made = curator("export", name)
    path = curator.folder / "datasets" / name / f"v{made['version']}" / "train.jsonl"
    read = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return [(row["text"], row["label"]) for row in read]


Said = dict[str, dict[str, str]]


def _models(
    raw: list[tuple[str, str]],
    curated: list[tuple[str, str]],
    texts: Mapping[str, str],
    vectors: Mapping[str, Any],
    test: list[str],
) -> list[tuple[str, Said]]:
    """Returns what each kind of model says of test: name, raw or curated -> id -> label."""
    of_text = {texts[key]: vectors[key] for key in texts}
    sides = {"raw": raw, "curated": curated}
    return [
        ("vectors", {side: _logistic(s, of_text, texts, test) for side, s in sides.items()}),
        ("fine-tuned", {side: _fine_tuned(s, texts, test) for side, s in sides.items()}),
    ]


def _logistic(
    train: list[tuple[str, str]],
    of_text: Mapping[str, Any],
    texts: Mapping[str, str],
    test: list[str],
) -> dict[str, str]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10, max_iter=1000)
    model.fit(np.stack([of_text[text] for text, _ in train]), [label for _, label in train])
    said = model.predict(np.stack([of_text[texts[key]] for key in test]))
    return dict(zip(test, said.tolist(), strict=True))


def _fine_tuned(
    train: list[tuple[str, str]], texts: Mapping[str, str], test: list[str]
) -> dict[str, str]:
    """Returns what the packaged encoder with a linear head says after some epochs, all weights."""
    import torch

    from curate.embed import encoders

    torch.manual_seed(0)
    encoder: Any = encoders.load("minilm").model
    encoder.max_seq_length = 48
    classes = sorted({label for _, label in train})
    number = {label: n for n, label in enumerate(classes)}
    # The same examples of both sides, as far as both have them.
    chosen = sorted(train, key=lambda one: hashlib.sha256(one[0].encode()).digest())[:TUNED_ON]
    head = torch.nn.Linear(encoder.get_sentence_embedding_dimension(), len(classes))
    optimiser = torch.optim.AdamW([*encoder.parameters(), *head.parameters()], lr=RATE)
    rng = np.random.default_rng(0)
    encoder.train()
    for _ in range(EPOCHS):
        order = rng.permutation(len(chosen))
        for start in range(0, len(order), BATCH):
            part = [chosen[n] for n in order[start : start + BATCH]]
            features = encoder.tokenize([text for text, _ in part])
            scores = head(encoder(features)["sentence_embedding"])
            right = torch.tensor([number[label] for _, label in part])
            loss = torch.nn.functional.cross_entropy(20 * scores, right)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    encoder.eval()
    with torch.no_grad():
        vectors = encoder.encode([texts[key] for key in test], convert_to_tensor=True)
        said = head(vectors).argmax(dim=1).tolist()
    return {key: classes[n] for key, n in zip(test, said, strict=True)}


def _evaluated(curator: Curator, name: str, model: str, said: Said) -> dict[str, Any]:
    """Returns what the command says of the curated model against the raw one."""
    files = []
    for side, labels in said.items():
        lines = [{"id": key, "answer": label} for key, label in labels.items()]
        path = curator.writes(f"{curator.folder.name}-{model}-{side}.jsonl", lines)
        files += ["--answers", f"{side}={path}"]
    told = curator("evaluate", f"{name}@1", *files, "--baseline", "raw")
    [one] = [c for c in told["comparisons"] if c["candidate"] == "curated"]
    return dict(one)


ABOUT = f"""Train has wrong labels: one in ten was moved to a class that is near. *Raw* is a model
that learned from it; *curated* one that learned from it after one queue of {BUDGET} tasks, answered
by the published labels. *Vectors* is a logistic regression on the packaged encoder's vectors;
*fine-tuned* is that encoder with a linear head, all weights, {EPOCHS} epochs over {TUNED_ON:,}
examples. Held out is the published test; where one in ten of its labels is wrong, an audit drew
some {int(AUDIT) // 3} of them, answered by the published labels. The truth is the difference on all
of test by its published labels.
"""


def turned(found: Sequence[Judgement]) -> list[Judgement]:
    """Returns the judgements by wrong labels whose verdict the published labels contradict."""
    right = {(one.data, one.model): one.verdict for one in found if one.labels == "published"}
    return [one for one in found if {one.verdict, right[one.data, one.model]} == {"beats", "no"}]


def report(found: Sequence[Judgement], seconds: float) -> str:
    """Returns RESULTS.md."""
    missed, wrong = sum(not one.holds for one in found), len(turned(found))
    return "\n".join(
        [
            "# Real models: are verdicts those of the published labels?",
            "",
            f"Written by `python benchmarks/real_models/run.py` on {datetime.now(UTC):%Y-%m-%d}; "
            f"sources {sources()}; {seconds / 60:.0f} minutes.",
            "",
            f"**{len(found) - missed} of {len(found)} intervals hold the truth; {wrong} verdicts "
            "are turned around by wrong labels.**",
            "",
            ABOUT,
            HEAD,
            *map(str, found),
            "",
        ]
    )


def main() -> int:
    """Prints the table of the sets that were named; writes it where that is all."""
    data = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
    named, begun = sys.argv[1:] or list(SETS), time.perf_counter()
    with tempfile.TemporaryDirectory() as made:
        found = [one for name in named for one in judge(name, data, Path(made))]
    text = report(found, time.perf_counter() - begun)
    print(text)
    if set(named) == set(SETS):
        (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    return int(any(not one.holds for one in found) or bool(turned(found)))


if __name__ == "__main__":
    sys.exit(main())
