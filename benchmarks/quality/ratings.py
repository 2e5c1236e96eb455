"""Answers and ratings: what signals find of what people judged bad, beside the length alone."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from sets import rows

from curate.filters import filters
from curate.kernels import answer_quality
from curate.text.text import normalise
from report import Bench, Section, auroc, bootstrap, table

TITLE = "Answers and ratings"

READ = 1_000  # characters that are embedded; MiniLM reads about as many
NOISE = 0.1
TURNS = 7  # one turn in so many of Topical-Chat
DRAWS = 300
RULES = ("refusal", "repeated", "echo")


@dataclass(frozen=True)
class Judged:
    """Answers that people judged.

    Attributes:
        prompts: what was asked; answers: what was said, and bad: whether it was judged bad.
        ratings: float64 (n,), from 1 to 5; 1 and 5 where there were only two verdicts.
        groups: rows of one prompt or conversation share one.
    """

    name: str
    prompts: list[str]
    answers: list[str]
    bad: Any
    ratings: Any
    groups: list[str]

    @property
    def length(self) -> Any:
        """Characters of the answers, float64 (n,)."""
        return np.array([len(text) for text in self.answers], np.float64)


def measure(bench: Bench) -> Section:
    lines, rules, planted = [], [], []
    beaten: dict[str, list[str]] = {"relevance": [], "expected": []}
    for judged in sets(bench):
        asks, said = vectors(bench, judged)
        scores = suspicions(judged, asks, said)
        if auroc(judged.bad, scores["length"]) < 0.5:
            scores["length"] = -scores["length"]
        lines.append(_line(judged.name, judged.bad, scores, beaten))
        rules.append([judged.name, *_rules(judged)])
        planted.append([judged.name, *_planted(judged, asks, said)])
    pairs = siblings(bench)
    text = _ABOUT + "\n" + table(_HEAD, lines) + "\n" + pairs
    text += "\n" + _beaten(beaten) + "\n" + _OF_RULES + "\n"
    text += table(["hits, of them bad", "bad in all", *RULES], rules)
    head = ["", "relevance", "length", "residual", "rating far from the mean", "length"]
    text += "\n" + _OF_PLANTED + "\n" + table(head, planted) + "\n" + raters(bench)
    return Section(TITLE, text)


_HEAD = [
    "set", "answers", "bad", "length: AUROC", "AP", "relevance: AUROC", "AP",
    "expected: AUROC", "AP", "expected - length",
]  # fmt: skip

_ABOUT = """\
AUROC (0.5 is chance) and AP of the answers that people judged bad. *Length* alone is the baseline,
short answers first or long ones, whichever is better on that set. *Relevance* is the cosine with
the prompt, low first. *Expected* is the rating that answers like it got, low first, learned without
the rows of the same prompt or conversation; verdicts count as ratings of 1 and 5. OASST1: quality
below a half; Topical-Chat: a turn rated Passable or worse by the partner, one turn in seven;
CoachLM: the answer before experts revised it; HaluEval: an answer with a hallucination; MMLU-Redux:
a question whose listed answer is in error, with that answer as the response; ConvAbuse: what a user
says, abusive in the mean of its annotators. The last column is the 95% interval of the difference
of the two AUROC.
"""

_OF_RULES = """\
What the rules of `curate filter` hit there, and how much of it was judged bad. No set says where an
answer was cut off, so `truncated` could not be measured; none has answers in a form that its
cluster has, so neither could `format`.
"""

_OF_PLANTED = """\
Upper bounds, AUROC of what was planted into the same sets: one good answer in ten is replaced by a
random other one (relevance, length), then one rating in ten is set to the far end of the scale
(residual, distance of a rating from the mean of all, length).
"""


# -- sets ------------------------------------------------------------------------------------------


def sets(bench: Bench) -> Iterator[Judged]:
    for make in (oasst, topical_chat, coachlm, halueval, mmlu_redux, convabuse):
        yield make(bench)


def oasst(bench: Bench) -> Judged:
    known = {r["message_id"]: r for r in _oasst(bench)}
    read = [
        (known[r["parent_id"]]["text"], r["text"], quality, r["message_tree_id"])
        for r in known.values()
        if r["role"] == "assistant" and r["parent_id"] in known
        if (quality := _quality(r)) is not None
    ]
    asked, said, good, trees = (list(column) for column in zip(*read, strict=True))
    value = np.array(good)
    return Judged("OASST1", asked, said, value < 0.5, 1 + 4 * value, trees)


def _oasst(bench: Bench) -> list[dict[str, Any]]:
    return rows(bench.data / "oasst1_en_validation" / "messages.jsonl.gz")


def _quality(row: dict[str, Any]) -> float | None:
    labels = row["labels"] or {"name": [], "value": []}
    return dict(zip(labels["name"], labels["value"], strict=True)).get("quality")


def topical_chat(bench: Bench) -> Judged:
    scale = {"Poor": 1, "Not Good": 2, "Passable": 3, "Good": 4, "Excellent": 5}
    turns = rows(bench.data / "topical_chat_rated" / "turns.jsonl.gz")
    pairs = [
        (before, turn)
        for before, turn in pairwise(turns)
        if before["conversation_id"] == turn["conversation_id"] and turn["turn_rating"]
    ][::TURNS]
    ratings = np.array([float(scale[turn["turn_rating"]]) for _, turn in pairs])
    return Judged(
        "Topical-Chat",
        [before["message"] for before, _ in pairs],
        [turn["message"] for _, turn in pairs],
        ratings <= 3,
        ratings,
        [turn["conversation_id"] for _, turn in pairs],
    )


def coachlm(bench: Bench) -> Judged:
    read = rows(bench.data / "coachlm_expert_revision" / "rows.jsonl.gz")
    asked = [f"{r['Raw Instruction']}\n{r['Raw Input'] or ''}".strip() for r in read]
    said = [r[f"{which} Response"] for which in ("Raw", "Revised") for r in read]
    return _verdicts("CoachLM", asked * 2, said, np.arange(2 * len(read)) < len(read))


def halueval(bench: Bench) -> Judged:
    read = rows(bench.data / "halueval_general" / "rows.jsonl.gz")
    bad = np.array([r["hallucination"] == "yes" for r in read])
    asked, said = [r["user_query"] for r in read], [r["chatgpt_response"] for r in read]
    return _verdicts("HaluEval", asked, said, bad)


def mmlu_redux(bench: Bench) -> Judged:
    read = []
    for r in rows(bench.data / "mmlu_redux" / "rows.jsonl.gz"):
        try:
            answer = str(ast.literal_eval(r["choices"])[int(r["answer"])])
        except (SyntaxError, ValueError, IndexError, TypeError):
            continue  # a row whose choices or answer nobody can read
        if r["is_error"] is not None:
            read.append((r["question"], answer, r["is_error"]))
    asked, said, bad = (list(column) for column in zip(*read, strict=True))
    return _verdicts("MMLU-Redux", asked, said, np.array(bad))


def _verdicts(name: str, asked: list[str], said: list[str], bad: Any) -> Judged:
    return Judged(name, asked, said, bad, np.where(bad, 1.0, 5.0), asked)


def convabuse(bench: Bench) -> Judged:
    items = _annotated(bench)
    means = np.array([float(np.mean(list(by.values()))) for by in items.values()])
    asked, said = [key[1] for key in items], [key[2] for key in items]
    return Judged("ConvAbuse", asked, said, means < 2.5, means, [key[0] for key in items])


def _annotated(bench: Bench) -> dict[tuple[str, str, str], dict[str, float]]:
    """Returns (conversation, bot, user) -> annotator -> from 1 (worst abuse) to 5 (friendly)."""
    found: dict[tuple[str, str, str], dict[str, float]] = {}
    for r in rows(bench.data / "convabuse_raw" / "annotations.jsonl.gz"):
        given = [v for v in (1, 0, -1, -2, -3) if float(r[f"is_abuse.{v}"] or 0)]
        if given:
            key = (r["conv_id"], r["agent"] or "", r["user"] or "")
            found.setdefault(key, {})[r["annotator_id"]] = float(given[0] + 4)
    return found


def vectors(bench: Bench, judged: Judged) -> tuple[Any, Any]:
    name = judged.name.lower().replace("-", "_")
    return (
        bench.embedded(f"{name}-asked", [normalise(t)[:READ] for t in judged.prompts]),
        bench.embedded(f"{name}-said", [normalise(t)[:READ] for t in judged.answers]),
    )


# -- measures --------------------------------------------------------------------------------------


def suspicions(judged: Judged, asks: Any, said: Any) -> dict[str, Any]:
    """Returns how suspicious each answer is to each signal; to length, where it is short."""
    expected = answer_quality.expected(asks, said, judged.length, judged.ratings, judged.groups)
    return {
        "length": -judged.length,
        "relevance": -answer_quality.relevance(asks, said),
        "expected": -expected,
    }


def _line(name: str, bad: Any, scores: dict[str, Any], beaten: dict[str, list[str]]) -> list[Any]:
    from sklearn.metrics import average_precision_score

    line: list[Any] = [name, len(bad), f"{bad.mean():.1%}"]
    for score in scores.values():
        line += [auroc(bad, score), float(average_precision_score(bad, score))]
    for signal, sets_of in beaten.items():
        low, high = _lead(bad, scores[signal], scores["length"])
        if low > 0:
            sets_of.append(name)
    return [*line, f"{low:+.3f} to {high:+.3f}"]


def _lead(bad: Any, score: Any, length: Any) -> tuple[float, float]:
    def difference(drawn: Any) -> float:
        return auroc(bad[drawn], score[drawn]) - auroc(bad[drawn], length[drawn])

    return bootstrap(difference, len(bad), draws=DRAWS)


def _beaten(beaten: dict[str, list[str]]) -> str:
    said = [
        f"`{signal}` beats length alone (interval of the difference above 0) on "
        + (", ".join(found) if found else "no set, and is off by default")
        for signal, found in beaten.items()
    ]
    return "; ".join(said) + ".\n"


def siblings(bench: Bench) -> str:
    """Returns how often a signal puts the worse of two answers to one prompt first."""
    known = _oasst(bench)
    by_id = {r["message_id"]: r for r in known}
    ranked = [
        r for r in known
        if r["role"] == "assistant" and r["rank"] is not None and r["parent_id"] in by_id
    ]  # fmt: skip
    judged = Judged(
        "OASST1-ranked",
        [by_id[r["parent_id"]]["text"] for r in ranked],
        [r["text"] for r in ranked],
        np.zeros(len(ranked), bool),
        np.array([np.nan if (q := _quality(r)) is None else 1 + 4 * q for r in ranked]),
        [r["message_tree_id"] for r in ranked],
    )
    asks, said = vectors(bench, judged)
    scores = suspicions(judged, asks, said)
    pairs = [
        (i, j)
        for i, a in enumerate(ranked)
        for j, b in enumerate(ranked)
        if a["parent_id"] == b["parent_id"] and a["rank"] < b["rank"]
    ]
    better, worse = (np.array(side) for side in zip(*pairs, strict=True))
    told = ", ".join(
        f"{name} {float(np.mean(score[worse] > score[better])):.3f}"
        for name, score in scores.items()
    )
    return (
        f"OASST1, how often the worse of two siblings comes first (by length, the shorter), "
        f"{len(pairs):,} pairs: {told}.\n"
    )


def _rules(judged: Judged) -> list[str]:
    """Returns how many answers each rule hits, and how many of them were judged bad."""
    import duckdb
    import pyarrow as pa

    count = len(judged.answers)
    candidates = pa.table(
        {
            "example_id": [str(n) for n in range(count)],
            "task": ["sft"] * count,
            "corrected": [False] * count,
            "query": judged.prompts,
            "response": judged.answers,
        }
    )
    told = [f"{judged.bad.mean():.0%}"]
    known = filters.rules()
    with duckdb.connect() as con:
        con.register("candidates", candidates)
        for name in RULES:
            rule = known[name]
            values = {p.name: p.default for p in rule.parameters}
            hit = [int(row[0]) for row in con.execute(rule.query, values).fetchall()]
            told.append(f"{len(hit):,}, {judged.bad[hit].mean():.0%}" if hit else "0")
    return told


def _planted(judged: Judged, asks: Any, said: Any) -> list[float]:
    length = judged.length
    rng = np.random.default_rng(0)
    good = ~judged.bad
    other = good & (rng.random(len(good)) < NOISE)
    drawn = rng.permutation(len(good))
    swapped, lengths = said.copy(), length.copy()
    swapped[other], lengths[other] = said[drawn[other]], length[drawn[other]]
    near = -answer_quality.relevance(asks, swapped)
    flipped = rng.random(len(good)) < NOISE
    given = np.where(flipped, np.where(judged.ratings >= 3, 1.0, 5.0), judged.ratings)
    expected = answer_quality.expected(asks, said, length, given, judged.groups)
    return [
        auroc(other[good], near[good]),
        _either(other[good], lengths[good]),
        auroc(flipped, np.abs(given - expected)),
        auroc(flipped, np.abs(given - given.mean())),
        _either(flipped, length),
    ]


def _either(bad: Any, length: Any) -> float:
    return max(auroc(bad, length), auroc(bad, -length))


def raters(bench: Bench) -> str:
    """Returns what the residual finds of real rater errors, and whether a bias stays a bias."""
    items = _annotated(bench)
    judged = convabuse(bench)
    asks, said = vectors(bench, judged)
    first, rest = [], []
    for by in items.values():
        _, *others = [by[name] for name in sorted(by)]
        first.append(by[min(by)])
        rest.append(np.mean(others) if others else np.nan)
    one, others_say = np.array(first), np.array(rest)
    told = ~np.isnan(others_say)
    wrong = np.abs(one - others_say)[told] >= 2
    expected = answer_quality.expected(asks, said, judged.length, one, judged.groups)
    apart, extreme = np.abs(one - expected)[told], np.abs(one - one.mean())[told]
    halves = [
        {r.key: r.bias for r in _known(items, lambda n, half=half: n % 2 == half)}
        for half in (0, 1)
    ]
    both = sorted(set(halves[0]) & set(halves[1]))
    a, b = (np.array([half[name] for name in both]) for half in halves)
    return (
        f"Real rater errors: ConvAbuse, one annotator's rating two or more from the mean of the "
        f"others, {int(wrong.sum()):,} of {len(wrong):,}: AUROC of the residual "
        f"{auroc(wrong, apart):.3f}, of the distance from the mean of all ratings "
        f"{auroc(wrong, extreme):.3f}, of length {_either(wrong, judged.length[told]):.3f}. "
        f"The bias of its {len(both)} annotators in one half of the items agrees with that in the "
        f"other: correlation {float(np.corrcoef(a, b)[0, 1]):.2f}; the largest is "
        f"{np.abs(a).max():.2f} of 5.\n"
    )


def _known(
    items: dict[Any, dict[str, float]], taken: Callable[[int], bool]
) -> tuple[answer_quality.Rater, ...]:
    told = [
        (name, str(n), rating)
        for n, by in enumerate(items.values())
        if taken(n)
        for name, rating in by.items()
    ]
    return answer_quality.raters(*zip(*told, strict=True))
