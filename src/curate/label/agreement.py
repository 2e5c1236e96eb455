"""How far annotators agree, and how good each of them is.

What settles an example is the majority (`decisions`): simple, and everybody can follow it. The
methods here weigh annotators by their habits, and labels also by what people said of like texts.
They say which questions they would decide otherwise: those want another rater.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import orjson
from numpy.typing import NDArray

from curate.embed import embed
from curate.kernels import consensus, span_f1
from curate.kernels.intervals import wilson
from curate.kernels.span_f1 import SpanAgreement
from curate.label import kinds
from curate.options import SplitSettings
from curate.store import fetch_arrow, sql

SHARED_QUESTIONS, SHARED_OF_VALUE = 20, 5
"""An annotator's habits can be told from so many questions that others answered too, and from so
many for each value that was given: with 77 labels and 29 questions everybody looks good."""


SAME_MEANING = 0.95
"""Cosine of inputs from which on what was said of one is not learned for the other."""


INSTALL = "pip install 'curate-workbench[label]'"


@dataclass(frozen=True)
class Annotator:
    """One annotator among others.

    Attributes:
        shared: questions that another one answered too.
        same: share of pairs with another one's answer to the same question that are the same;
            `low` and `high` its 95% interval, by the number of shared questions.
        consensus: share of the shared answers that are the consensus; None without cleanlab.
        quality: between 0 and 1, by cleanlab; None without it.
        spans: how far the spans are those of the others; None where others marked none.
    """

    annotator: int
    answers: int
    shared: int
    same: float | None
    low: float | None
    high: float | None
    consensus: float | None
    quality: float | None
    spans: SpanAgreement | None = None


@dataclass(frozen=True)
class Differing:
    """A question that Dawid-Skene decides otherwise than the majority; None: the votes tie."""

    example_id: str
    majority: str | None
    dawid_skene: str
    chance: float


@dataclass(frozen=True)
class Doubted:
    """A majority that annotators' quality and the labels of like texts speak against.

    Attributes:
        likely: what they speak for.
        quality: how likely that is right, by cleanlab.
    """

    example_id: str
    majority: str
    likely: str
    quality: float


@dataclass(frozen=True)
class Agreement:
    """How far annotators agree on one kind of work.

    Attributes:
        questions: with two answers or more.
        same: share of pairs of answers to one question that are the same.
        alpha: Krippendorff's, 1 at most, 0 by chance; None where it says nothing.
        level: of measurement, for alpha.
        tied: questions without a majority, or an adjudication; of ratings the mean counts, so none
            ties.
        differing: questions that Dawid-Skene decides otherwise, by id.
        doubted: questions that want another rater, the most doubtful first; labels with vectors.
        notes: what could not be told, and why.
        spans: how far what is marked is the same; None where nobody marks text.
    """

    kind: str
    questions: int
    same: float
    alpha: float | None
    level: str
    tied: int
    differing: tuple[Differing, ...]
    annotators: tuple[Annotator, ...]
    notes: tuple[str, ...]
    doubted: tuple[Doubted, ...] = ()
    spans: SpanAgreement | None = None


def agreement(con: duckdb.DuckDBPyConnection) -> tuple[Agreement, ...]:
    """Returns how far annotators agree, per kind of work where a question has two answers."""
    votes_of, spans_of = votes(con), votes(con, "spans")
    return tuple(
        _with_spans(_agreement(con, kind, votes_of[kind]), spans_of[kind])
        for kind in kinds.names()
        if len(votes_of[kind]) > len({example for example, _, _ in votes_of[kind]})
    )


def _with_spans(found: Agreement, marked: Sequence[tuple[str, int, str]]) -> Agreement:
    """Returns an agreement with how far the spans are the same, where text was marked."""
    texts: dict[str, dict[int, set[tuple[int, int, str]]]] = {}
    for example, annotator, spans in marked:
        if spans != "drop":  # who drops a text has marked nothing in it
            places = {(start, end, field) for start, end, field in orjson.loads(spans)}
            texts.setdefault(example, {})[annotator] = places
    sets = list(texts.values())
    everybody = span_f1.agreement(sets)
    if not everybody.texts:
        return found
    people = []
    for one in found.annotators:
        mine = span_f1.agreement(sets, one.annotator)
        people.append(replace(one, spans=mine if mine.texts else None))
    return replace(found, spans=everybody, annotators=tuple(people))


def votes(
    con: duckdb.DuckDBPyConnection, about: str | None = None
) -> dict[str, list[tuple[str, int, str]]]:
    """Returns what annotators say today, as (example id, annotator, value) per kind of work.

    Args:
        con: a connection to the store.
        about: which decisions; None for those that annotators of a kind agree or disagree about.
    """
    votes_of: dict[str, list[tuple[str, int, str]]] = {kind: [] for kind in kinds.names()}
    rows = kinds.as_rows()
    parameters = {"kinds": [{**row, "votes": about or row["votes"]} for row in rows]}
    for kind, example, annotator, value in con.execute(
        sql("label/quality/votes"), parameters
    ).fetchall():
        votes_of[kind].append((example, annotator, value))
    return votes_of


def doubted(con: duckdb.DuckDBPyConnection, kind: str) -> tuple[Doubted, ...]:
    """Returns the labels that most annotators gave and that want another rater."""
    votes_of_kind = votes(con)[kind] if kinds.get(kind).about == "label" else []
    if (
        len(votes_of_kind) == len({example for example, _, _ in votes_of_kind})
        or not consensus.has_cleanlab()
    ):
        return ()
    examples, _, values, answers = numbered(votes_of_kind)
    counts = answers.votes()
    if not enough(answers, counts.sum(axis=1) > 1):
        return ()
    chances = _by_texts(con, examples, answers, consensus.dawid_skene(answers))
    if chances is None:
        return ()
    return _doubted(examples, values, counts, consensus.crowd(answers, chances))


def _by_texts(
    con: duckdb.DuckDBPyConnection,
    examples: Sequence[str],
    answers: consensus.Answers,
    otherwise: NDArray[np.float64],
) -> NDArray[np.float64] | None:
    """Returns what a model of the texts says of each example; None where no text has a vector.

    Args:
        con: a connection to the store.
        examples: in the order of the answers' items.
        answers: the answers.
        otherwise: what is said of an example without a vector.
    """
    table = fetch_arrow(con, sql("label/agreement_vectors"), {"examples": list(examples)})
    hashes, vectors = embed.from_lists(table)
    if not hashes:
        return None
    finite = np.isfinite(vectors).all(axis=1)
    inputs, first = np.unique(np.array(hashes)[finite], return_index=True)
    place = {name: n for n, name in enumerate(inputs.tolist())}
    of = dict(zip(table["example_id"].to_pylist(), hashes, strict=True))
    at = np.array([place.get(of.get(example, ""), -1) for example in examples], np.int64)
    has_vector = at >= 0
    if not has_vector.any():
        return None
    parameters = {
        "inputs": list(place), "near": SplitSettings().leak_threshold, "semantic": SAME_MEANING
    }  # fmt: skip
    pairs = con.execute(sql("label/agreement_pairs"), parameters).fetchall()
    one = np.array([place[a] for a, _, _ in pairs], np.int64)
    other = np.array([place[b] for _, b, _ in pairs], np.int64)
    similarity = np.array([s for _, _, s in pairs], np.float64)
    mine = has_vector[answers.item]
    number = np.cumsum(has_vector) - 1
    part = consensus.Answers(
        number[answers.item[mine]], answers.annotator[mine], answers.value[mine],
        (int(has_vector.sum()), *answers.shape[1:]),
    )  # fmt: skip
    chances = otherwise.copy()
    chances[has_vector] = consensus.by_texts(
        part, at[has_vector], vectors[finite][first], (one, other, similarity)
    )
    return chances


def _doubted(
    examples: Sequence[str],
    values: Sequence[str],
    counts: NDArray[np.float64],
    crowd: consensus.Crowd,
) -> tuple[Doubted, ...]:
    """Returns majorities that are decided otherwise; what ties is asked again anyway."""
    most = consensus.majority(counts)
    found = [
        Doubted(example, values[most[n]], values[crowd.value[n]], float(crowd.quality[n]))
        for n, example in enumerate(examples)
        if counts[n].sum() > 1 and most[n] not in (consensus.TIE, crowd.value[n])
    ]
    return tuple(sorted(found, key=lambda one: (-one.quality, one.example_id)))


def _agreement(
    con: duckdb.DuckDBPyConnection, kind: str, votes_of_kind: Sequence[tuple[str, int, str]]
) -> Agreement:
    examples, people, values, answers = numbered(votes_of_kind)
    counts = answers.votes()
    shared = counts.sum(axis=1) > 1
    work, notes = kinds.get(kind), []
    level: str = work.level
    alpha, crowd = None, None
    differing: list[Differing] = []
    wanting: tuple[Doubted, ...] = ()
    if importlib.util.find_spec("krippendorff"):
        alpha = consensus.alpha(answers, level)
    else:
        notes.append(f"Krippendorff's alpha needs the package krippendorff. Next: {INSTALL}")
    if level == "nominal" and enough(answers, shared):
        chances = consensus.dawid_skene(answers)
        differing = _differing(examples, values, counts, chances)
        if consensus.has_cleanlab():
            texts = _by_texts(con, examples, answers, chances) if work.about == "label" else None
            crowd = consensus.crowd(answers, chances if texts is None else texts)
            wanting = () if texts is None else _doubted(examples, values, counts, crowd)
        else:
            notes.append(f"the quality of annotators needs cleanlab. Next: {INSTALL}")
    elif level == "nominal":
        notes.append(
            f"annotators are not weighed: that takes {_needed(answers):,} questions of each that "
            f"others answered too, {SHARED_OF_VALUE} for each value that was given"
        )
    rows = con.execute(sql("label/adjudication/ruled"), {"kind": kind}).fetchall()
    is_open = ~np.isin(np.array(examples), [example for (example,) in rows])
    ties = shared & is_open & (consensus.majority(counts) == consensus.TIE)
    return Agreement(
        kind=kind,
        questions=int(shared.sum()),
        same=consensus.pairwise(answers),
        alpha=alpha,
        level=level,
        tied=int(ties.sum()) if level == "nominal" else 0,
        differing=tuple(differing),
        annotators=annotators_of(people, answers, shared, crowd),
        notes=tuple(notes),
        doubted=wanting,
    )


def _differing(
    examples: Sequence[str],
    values: Sequence[str],
    counts: NDArray[np.float64],
    chances: NDArray[np.float64],
) -> list[Differing]:
    """Returns what Dawid-Skene decides otherwise, of questions with several answers."""
    most, decided = consensus.majority(counts), chances.argmax(axis=1)
    return [
        Differing(
            example,
            None if most[n] == consensus.TIE else values[most[n]],
            values[decided[n]],
            float(chances[n, decided[n]]),
        )
        for n, example in enumerate(examples)
        if counts[n].sum() > 1 and most[n] != decided[n]
    ]


def numbered(
    votes_of_kind: Sequence[tuple[str, int, str]],
) -> tuple[list[str], list[int], list[str], consensus.Answers]:
    """Returns examples, annotators and values in order, and the votes as their numbers."""
    examples, people, values = (np.array(column) for column in zip(*votes_of_kind, strict=True))
    questions, item = np.unique(examples, return_inverse=True)
    who, annotator = np.unique(people, return_inverse=True)
    names, value = np.unique(values, return_inverse=True)
    answers = consensus.Answers(item, annotator, value, (len(questions), len(who), len(names)))
    return questions.tolist(), who.tolist(), names.tolist(), answers


def enough(answers: consensus.Answers, shared: NDArray[np.bool_]) -> bool:
    """Returns whether annotators met on enough questions to tell their habits, on average."""
    mine = np.bincount(answers.annotator[shared[answers.item]])
    return bool(mine.sum() >= _needed(answers) * (mine > 0).sum() > 0)


def _needed(answers: consensus.Answers) -> int:
    """Returns from how many shared questions the habits of an annotator can be told."""
    return max(SHARED_QUESTIONS, SHARED_OF_VALUE * len(np.unique(answers.value)))


def annotators_of(
    people: Sequence[int],
    answers: consensus.Answers,
    shared: NDArray[np.bool_],
    crowd: consensus.Crowd | None,
) -> tuple[Annotator, ...]:
    """Returns how far each annotator is at one with the others.

    Args:
        people: their numbers, in the order of the answers' annotators.
        answers: of all of them.
        shared: items with two answers or more, bool (items,).
        crowd: what cleanlab makes of the answers; None: nothing.
    """
    counts = answers.votes()
    others = counts.sum(axis=1)[answers.item] - 1
    same = counts[answers.item, answers.value] - 1
    rows = []
    for number, person in enumerate(people):
        mine = answers.annotator == number
        pairs, met = others[mine].sum(), int(shared[answers.item[mine]].sum())
        agreed = float(same[mine].sum() / pairs) if pairs else None
        # Pairs of one question are alike, so questions are what is counted.
        ends = (None, None) if agreed is None else wilson(agreed, met)
        rows.append(
            Annotator(
                annotator=person,
                answers=int(mine.sum()),
                shared=met,
                same=agreed,
                low=ends[0],
                high=ends[1],
                consensus=_finite(crowd.agreement[number]) if crowd else None,
                quality=_finite(crowd.annotators[number]) if crowd else None,
            )
        )
    return tuple(rows)


def _finite(number: float) -> float | None:
    return float(number) if number == number else None
