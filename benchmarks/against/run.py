"""Which copies of benchmark prompts `--against` finds, and how long it takes; writes RESULTS.md.

    CURATE_TEST_DATA=/path/to/data python benchmarks/against/run.py

Exit status 1: a verbatim copy was not found.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from random import Random

import copies

from curate.export.evaluation_sets import QUOTED_WORDS, find
from curate.text.text import SHORT_TOKENS, normalise, words

HERE = Path(__file__).parent
DATA = Path(os.environ.get("CURATE_TEST_DATA", HERE.parents[2] / "shared" / "data"))
BANDS = ((0, SHORT_TOKENS), (SHORT_TOKENS, QUOTED_WORDS), (QUOTED_WORDS, 10**6))
LOGS = {
    "Schema-Guided Dialogue": ("sgd_turns_volume/turns.jsonl.gz", "utterance"),
    "Topical-Chat": ("topical_chat_rated/turns.jsonl.gz", "message"),
    "HaluEval": ("halueval_general/rows.jsonl.gz", "user_query"),
    "Banking77": ("banking77/rows.jsonl.gz", "text"),
}
PROMPTS, TRAIN = 10_000, 50_000


def grams(text: str) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[n : n + 13]) for n in range(len(said) - 12)}


def thirteen(prompts: Sequence[str], inputs: Sequence[tuple[str, str]]) -> set[str]:
    """Returns the ids of inputs that share 13 words in a row with a prompt, as GPT-3's authors."""
    known = set().union(*map(grams, prompts))
    return {name for name, text in inputs if not known.isdisjoint(grams(text))}


def copies_table(asked: list[str]) -> list[str]:
    rng, lines = Random(0), []
    prompts, normal = copies.evaluation(asked), [normalise(text) for text in asked]
    for kind, copy in copies.COPIES.items():
        inputs = [(text, normalise(copy(text, rng))) for text in asked]
        hits, peer = find(prompts, inputs), thirteen(normal, inputs)
        cells = []
        for low, high in BANDS:
            band = [text for text in asked if low <= len(words(normalise(text))) < high]
            cells.append(f"{sum(text in hits for text in band) / len(band):.1%}")
        whole = f"{len(hits) / len(asked):.1%}"
        lines.append(f"| {kind} | {' | '.join([*cells, whole])} | {len(peer) / len(asked):.1%} |")
        if kind == "verbatim" and len(hits) < len(asked):
            raise SystemExit("a verbatim copy was not found")
    return lines


def paraphrases() -> tuple[int, int]:
    """Returns how many Korean questions with a paraphrase there are, and how many are found."""
    rows = copies.read(DATA / "korean_question_pairs" / "pairs.jsonl.gz")
    # The label 0 stands for the same question.
    same = [
        (row["question1"], row["question2"])
        for row in rows
        if row["label"] == "0" and normalise(row["question1"]) != normalise(row["question2"])
    ]
    found = sum(
        bool(find(copies.evaluation([one]), [("x", normalise(other))])) for one, other in same
    )
    return len(same), found


def false_hits(asked: list[str]) -> list[str]:
    lines = []
    for name, (path, column) in LOGS.items():
        inputs = [(str(n), normalise(t)) for n, t in enumerate(copies.texts(DATA, path, column))]
        kinds = Counter(hit.kind for hit in find(copies.evaluation(asked), inputs).values())
        counts = [f"{kinds[kind]:,}" for kind in ("same", "near", "quoted")]
        lines.append(f"| {name} | {len(inputs):,} | {' | '.join(counts)} |")
    return lines


def timing() -> tuple[float, float, int]:
    """Returns seconds by clock and by CPU for the full size, and how many copies it found."""
    sgd = copies.texts(DATA, "sgd_turns_volume/turns.jsonl.gz", "utterance")
    prompts = [*copies.mmlu(DATA), *sgd[TRAIN:]][:PROMPTS]
    inputs = [(str(n), normalise(text)) for n, text in enumerate(sgd[:TRAIN])]
    inputs[::100] = [(str(100 * n), normalise(prompts[n])) for n in range(len(inputs[::100]))]
    clock, cpu = time.perf_counter(), time.process_time()
    hits = find(copies.evaluation(prompts), inputs)
    planted = sum(str(n) in hits for n in range(0, len(inputs), 100))
    return time.perf_counter() - clock, time.process_time() - cpu, planted


def main() -> int:
    asked = copies.mmlu(DATA)
    table = copies_table(asked)
    pairs, found = paraphrases()
    clock, cpu, planted = timing()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=HERE,
                            capture_output=True, text=True, check=False)  # fmt: skip
    text = "\n".join([
        "# Copies of benchmark prompts in train",
        "",
        f"Written by `python benchmarks/against/run.py` on {datetime.now(UTC):%Y-%m-%d}; commit "
        f"{commit.stdout.strip() or 'unknown'}, Python {platform.python_version()}, "
        f"numpy {version('numpy')}, {os.cpu_count()} cores.",
        "",
        f"**{TRAIN:,} train inputs against {PROMPTS:,} prompts: {clock:.1f} s ({cpu:.1f} CPU s); "
        f"{planted:,} of {TRAIN // 100:,} planted copies found.**",
        "",
        f"Found copies of the {len(asked):,} questions of MMLU-Redux, by the number of words of",
        "the question. *13 in a row*: what GPT-3's authors did, a copy shares 13 words in a row",
        "with a prompt.",
        "",
        "| copy | under 8 words | 8-12 | 13 and more | all | 13 in a row |",
        "|---|--:|--:|--:|--:|--:|",
        *table,
        f"| paraphrased ({pairs:,} Korean questions) | | | | {found / pairs:.1%} | |",
        "",
        "What is found in logs that know nothing of these questions:",
        "",
        "| logs | inputs | same | near | quoted |",
        "|---|--:|--:|--:|--:|",
        *false_hits(asked),
        "",
    ])  # fmt: skip
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
