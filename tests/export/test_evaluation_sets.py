"""Evaluation sets are kept out of train: planted copies are found, and what is found is right."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "against"))

import copies

from curate.export import evaluation_sets
from curate.export.evaluation_sets import EvaluationSets, Hit, Prompt, find
from curate.split import SplitSettings
from curate.text.text import bare, normalise, tokens, words
from curate.verdicts import verdicts
from projects import new_project

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]

LONG = (
    "A train leaves the station at noon with forty people in it and one dog, "
    "and how many of them get off at the second stop?"
)
SHORT = "What is the capital of France?"


def evaluation(*texts: str) -> EvaluationSets:
    said = enumerate([bare(normalise(text)) for text in texts], 1)
    return EvaluationSets((), tuple(Prompt("e.jsonl", n, (text,)) for n, text in said))


def found(asked: str, text: str) -> tuple[str, float] | None:
    hit = find(evaluation("something quite different", asked), [("x", bare(normalise(text)))]).get(
        "x"
    )
    assert hit is None or (hit.file, hit.line) == ("e.jsonl", 2)
    return hit and (hit.kind, round(hit.similarity, 2))


@pytest.mark.parametrize(
    ("asked", "text", "expected"),
    [
        (LONG, LONG, ("same", 1.0)),
        (LONG, f"  {LONG.upper()}\n", ("same", 1.0)),
        (LONG, LONG.replace(",", ";").replace("?", ""), ("near", 1.0)),
        (LONG, LONG.replace("dog", "cat"), ("quoted", 0.88)),
        (LONG, LONG.replace("stop", "halt"), ("near", 0.92)),
        (LONG, f"Question: {LONG} Answer:", ("near", 0.92)),
        (LONG, f"Here is a riddle for my quiz night next week. {LONG} Explain it step by step to "
               "me, please, and in words that a child can follow.", ("quoted", 1.0)),
        (LONG, "Forty passengers and a dog take the midday train. How many leave at stop 2?", None),
        (SHORT, SHORT.lower(), ("same", 1.0)),
        (SHORT, "What is the capital of France", ("same", 1.0)),
        (SHORT, f"Please tell me now: {SHORT}", None),
        ("What should I do if I lost my blue card?", "I am in a hurry. What should I do if I lost "
         "my blue card? It was in my bag, and the bag is gone.", None),
    ],
)  # fmt: skip
def test_what_counts_as_being_in_an_evaluation_set(
    asked: str, text: str, expected: tuple[str, float] | None
) -> None:
    assert found(asked, text) == expected


def test_the_best_hit_counts_and_its_evidence_reads_well() -> None:
    near, half = LONG.replace("stop", "halt"), LONG.replace("dog", "cat")
    prompts = evaluation(half, near, LONG, LONG)
    texts = [("a", LONG), ("b", f"{LONG} Why?"), ("c", SHORT), ("d", f"{LONG} {SHORT * 9} {LONG}")]
    hits = find(prompts, [(name, bare(normalise(text))) for name, text in texts])
    assert {name: hit.evidence for name, hit in hits.items()} == {
        "a": "same as e.jsonl line 3",
        "b": "0.96 like e.jsonl line 3",
        "d": "holds 1.00 of e.jsonl line 3",
    }
    assert Hit("e.jsonl", 1, "near", 0.9999).evidence == "0.99 like e.jsonl line 1"


def brute_force(prompts: EvaluationSets, text: str, threshold: float) -> tuple[str, float] | None:
    """The kind and similarity of the best hit, from the definition alone."""

    def grams(text: str) -> set[tuple[str, ...]]:
        w = tokens(text)
        return {tuple(w[n : n + 3]) for n in range(len(w) - 2)} if len(w) >= 8 else set()

    if any(prompt.texts[0] == text for prompt in prompts.prompts):
        return "same", 1.0
    near, quoted = 0.0, 0.0
    for prompt in prompts.prompts:
        mine, theirs = grams(prompt.texts[0]), grams(text)
        if mine and theirs:
            near = max(near, len(mine & theirs) / len(mine | theirs))
            if len(tokens(prompt.texts[0])) >= evaluation_sets.QUOTED_WORDS:
                quoted = max(quoted, len(mine & theirs) / len(mine))
    if near >= threshold:
        return "near", near
    return ("quoted", quoted) if quoted >= threshold else None


@pytest.mark.parametrize("threshold", [0.5, 0.8, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_hits_are_those_of_a_brute_force(seed: int, threshold: float) -> None:
    rng = Random(seed)
    pool = [f"w{n}" for n in range(30)]
    asked = [" ".join(rng.choices(pool, k=rng.randint(3, 24))) for _ in range(40)]
    texts = []
    for n in range(200):
        text = rng.choice(asked).split()
        for _ in range(rng.randint(0, 3)):
            text[rng.randrange(len(text))] = rng.choice(pool)
        around = rng.choice([0, 0, 1, 30])
        texts.append((f"{n:03}", " ".join(rng.choices(pool, k=around) + text)))
    prompts = evaluation(*asked)
    expected = {name: brute_force(prompts, text, threshold) for name, text in texts}
    hits = find(prompts, texts, threshold=threshold)
    assert {n: (h.kind, h.similarity) for n, h in hits.items()} == {
        name: hit for name, hit in expected.items() if hit
    }
    kinds = {hit.kind for hit in hits.values()}
    assert kinds == {"same", "near", "quoted"} or threshold == 1.0
    assert find(prompts, texts[::-1], threshold=threshold) == hits


def test_nothing_to_look_for_and_nothing_to_look_in() -> None:
    assert find(evaluation(), [("a", "one two three four five six seven eight")]) == {}
    assert find(evaluation(LONG), []) == {}


def test_load_names_files_by_content(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    b = write_jsonl(tmp_path / "b.jsonl", [{"prompt": LONG}, {"prompt": ""}])
    a = write_jsonl(tmp_path / "a.jsonl", [{"question": SHORT}])
    made = evaluation_sets.load([str(b), str(a), str(tmp_path)], tmp_path)
    assert [file.as_dict() | {"sha256": ""} for file in made.files] == [
        {"name": "a.jsonl", "sha256": "", "prompts": 1, "refused": {}},
        {"name": "b.jsonl", "sha256": "", "prompts": 1, "refused": {"no-prompt": 1}},
    ]
    assert [(p.file, p.line, p.texts[0]) for p in made.prompts] == [
        ("a.jsonl", 1, SHORT.lower()[:-1]), ("b.jsonl", 1, LONG.lower())
    ]  # fmt: skip
    assert made == evaluation_sets.load([str(a), str(b)], tmp_path)


def test_inputs_are_those_of_a_side(tmp_path: Path, write_jsonl: WriteJsonl) -> None:
    rows = [{"id": str(n), "prompt": f"{n} dogs in a train", "response": "Two."} for n in range(16)]
    project = new_project(tmp_path / "p")
    project.pull([str(write_jsonl(tmp_path / "log.jsonl", rows))])
    with verdicts.today(project.store, split=SplitSettings(test_size=0.4)) as today:
        sides = [evaluation_sets.inputs_of(today, side) for side in ("train", "test")]
    assert all(sides)
    assert sorted(text for side in sides for _, text in side) == sorted(r["prompt"] for r in rows)
    assert sides[0] == sorted(sides[0])


def is_plain(text: str) -> bool:
    """Whether a text has no symbols: without them it is another text."""
    return tokens(normalise(text)) == words(normalise(text))


def test_planted_copies_of_a_benchmark(shared_data: Path) -> None:
    rng, asked = Random(0), copies.mmlu(shared_data)[::10]
    long = {text for text in asked if len(tokens(normalise(text))) >= evaluation_sets.QUOTED_WORDS}
    assert 100 < len(long) < len(asked)
    for kind, copy in copies.COPIES.items():
        hits = find(
            evaluation(*asked), [(text, bare(normalise(copy(text, rng)))) for text in asked]
        )
        if kind in ("verbatim", "other case and white space"):
            assert {hit.kind for hit in hits.values()} == {"same"}
            assert len(hits) == len(asked)
        elif kind == "without punctuation":
            assert {text for text in long if is_plain(text)} <= set(hits)
        elif kind != "one word changed":
            assert long <= set(hits)
        else:
            assert 0.7 < len(long & set(hits)) / len(long) < 1


def test_a_copy_is_found_with_and_without_the_template_of_the_file(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    head = "Answer the following question as well as you can: "
    asked = [
        f"{word} is that?"
        for word in ("what", "who", "where", "why", "when", "how", "which", "whose")
    ]
    rows = [{"prompt": f"{head}{text} Take {n}"} for text in asked for n in range(5)]
    path = write_jsonl(tmp_path / "a.jsonl", rows)
    texts = [("bare", "Who is that? Take 3"), ("whole", f"{head}Who is that? Take 3")]
    hits = find(
        evaluation_sets.load([str(path)], tmp_path), [(n, bare(normalise(t))) for n, t in texts]
    )
    assert {n: hit.evidence for n, hit in hits.items()} == dict.fromkeys(
        ("bare", "whole"), "same as a.jsonl line 9"
    )


def test_planted_prompts_are_all_that_is_found_among_other_talk(shared_data: Path) -> None:
    long = (text for text in copies.mmlu(shared_data) if len(tokens(normalise(text))) >= 8)
    asked = [text for text in long if is_plain(text)][:200]
    rows = islice(copies.read(shared_data / "sgd_turns_volume" / "turns.jsonl.gz"), 1_000)
    logs = [(f"log{n}", bare(normalise(row["utterance"]))) for n, row in enumerate(rows)]
    kinds = list(copies.COPIES.values())
    planted = [
        (f"copy{n}", bare(normalise(kinds[n % 3](text, Random(n))))) for n, text in enumerate(asked)
    ]
    hits = find(evaluation(*asked), logs + planted)
    assert sorted(hits) == sorted(name for name, _ in planted)
