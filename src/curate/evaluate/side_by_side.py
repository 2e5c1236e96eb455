"""Side by side: people say which of two models answered better, without knowing whose answer it is.

Held-out examples are drawn by lot, among those whose two answers differ, and become `compare` tasks
in the ledger. What a task shows is its identity: the same question with the same two answers is the
same task, whichever models gave them. A draw belongs to the two sets of answers that it compares:
what was answered for others does not count here unless it was drawn here, too, since answers that
two models share are no random sample of either's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from curate.errors import ConfigError
from curate.evaluate.answers import AnswerSet
from curate.evaluate.comparisons import compared
from curate.evaluate.heldout import HeldOut, answer_text
from curate.evaluate.options import ModelComparison, SideBySide
from curate.kernels import consensus
from curate.kernels.paired_bootstrap import Bar
from curate.label import ledger, tasks
from curate.label.annotations import FILE_SERVER
from curate.label.ledger import AskedContent
from curate.messages import canonical, query_and_context
from curate.options import EvaluateSettings
from curate.store import Run, Store, sql
from curate.text.text import digest

KIND, METRIC = "compare", "preferred"

_DRAWN = ("answers_digest", "other_digest", "example_id", "content_hash")
_SCORES = (0.0, 0.5, 1.0)
_PLACE_OF = {"other": 0, "tie": 1, "both_bad": 1, "this": 2}


@dataclass(frozen=True)
class Reviewed:
    """What people said of two sets of answers.

    Attributes:
        scores: of the candidate, float64 (n,) in the order of the held-out examples: 1 where its
            answer was preferred, 0 where the other one was, a half where neither; NaN where nobody
            was asked, nobody has answered yet, or annotators tie.
    """

    progress: SideBySide
    scores: NDArray[np.float64]


def pairs(
    given: Sequence[AnswerSet], sets: Sequence[AnswerSet], baselines: Sequence[str]
) -> list[tuple[AnswerSet, AnswerSet]]:
    """Returns which models people compare: each one with each baseline that was named.

    Without one, the first is compared with the others and with what production answered. People's
    time is dear: all pairs of five models would be ten times the work, and the question is whether
    the first shall replace one of the others.

    Args:
        given: the models, in the order in which they were named.
        sets: these and the baselines.
        baselines: the names of those to compare with; empty: as above.

    Raises:
        ConfigError: there are no two.
    """
    named = {one.name: one for one in sets}
    if baselines:
        found = [(one, named[name]) for one in given for name in baselines if name != one.name]
    else:
        first, *others = sorted(given, key=lambda one: one.source["kind"] == "logs")
        logged = [named["logged"]] if "logged" in named else []
        found = [(first, other) for other in (*others, *logged)]
    if not found:
        raise ConfigError(
            "there are no two models to compare side by side. Next: name another one, "
            "such as --answers prompted=prompted.jsonl"
        )
    return found


def ask(
    store: Store,
    run: Run,
    heldout: Sequence[HeldOut],
    compared: Sequence[tuple[AnswerSet, AnswerSet]],
    settings: EvaluateSettings,
) -> None:
    """Draws `settings.review` examples of each pair, and queues what was not asked yet.

    More examples of the same seed include those of fewer. What annotators tie about is asked once
    more as soon as nobody is asked; what the server has lost unanswered, too.
    """
    drawn: set[tuple[str, ...]] = set()
    shown: dict[str, _Content] = {}
    example_of: dict[str, str] = {}
    with store.read() as con:
        for one, other in compared:
            before = _drawn(con, one, other)
            for name, content in _draw(heldout, one, other, settings):
                shown[content.content_hash] = content
                example_of.setdefault(content.content_hash, name)
                if (name, content.content_hash) not in before:
                    digests = sorted((one.digest, other.digest))
                    drawn.add((*digests, name, content.content_hash))
        known = ledger.asked(con, KIND, list(shown))
    rounds = {name: n for name in shown if (n := _round_to_ask(known.get(name)))}
    if not drawn and not rounds:
        return
    with store.write() as con:
        if drawn:
            rows = [dict(zip(_DRAWN, row, strict=True)) for row in sorted(drawn)]
            con.register("drawn", pa.Table.from_pylist(rows))
            con.register("shown", pa.Table.from_pylist([asdict(one) for one in shown.values()]))
            con.execute(sql("evaluate/side_by_side_add"))
            con.unregister("drawn")
            con.unregister("shown")
            run.changed = True
        ledger.ask(con, run, KIND, _entries(rounds, example_of, settings.seed))


def find(
    store: Store,
    heldout: Sequence[HeldOut],
    compared: Sequence[tuple[AnswerSet, AnswerSet]],
) -> list[Reviewed]:
    """Returns what people said of those of some pairs that they were asked about."""
    with store.read() as con:
        return [
            _reviewed(con, heldout, one, other, drawn)
            for one, other in compared
            if (drawn := _drawn(con, one, other))
        ]


def compare(
    reviewed: Reviewed, clusters: NDArray[np.int64], *, bar: Bar, seed: int
) -> ModelComparison | None:
    """Returns the comparison by what people prefer; None where nothing is answered.

    The baseline's score is what is left of the candidate's, so that the difference is the share of
    answers that it wins less the share that it loses.

    Args:
        reviewed: what people said.
        clusters: conversation of each held-out example, int64 (n,).
        bar: what the candidate has to show.
        seed: of the draws.
    """
    names = (reviewed.progress.candidate, reviewed.progress.baseline)
    mine = reviewed.scores
    return compared(names, METRIC, (mine, 1 - mine), clusters, bar=bar, seed=seed)


def progress(reviewed: Sequence[Reviewed]) -> tuple[SideBySide, ...]:
    """Returns how far people are, each two models once."""
    found: dict[frozenset[str], SideBySide] = {}
    for one in reviewed:
        found.setdefault(frozenset((one.progress.candidate, one.progress.baseline)), one.progress)
    return tuple(found.values())


# -- what is drawn ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Content:
    """What a task shows; the answers stand in the order of their texts."""

    content_hash: str
    query: str
    context: str
    answer: str
    other_answer: str

    def is_showable(self) -> bool:
        row = {"task_key": "", "query": self.query, "context": self.context, "blind": True}
        answers = {"response": self.answer, "other_response": self.other_answer}
        made, _ = tasks.build_tasks(
            KIND, [{**row, **answers, "swapped": False, "example_id": ""}], "none"
        )
        return bool(made)


def _content(example: HeldOut, answers: Sequence[str]) -> _Content:
    shown = (*query_and_context(example.prompt), *sorted(answers))
    return _Content(digest(canonical(shown)), *shown)


def _differing(
    heldout: Sequence[HeldOut], one: AnswerSet, other: AnswerSet
) -> dict[str, tuple[str, str]]:
    """Returns example -> the two answers as people read them, where these differ."""
    found = {}
    for example in heldout:
        name = example.example_id
        if name in one.answers and name in other.answers:
            mine, theirs = (answer_text(s.answers[name].messages).strip() for s in (one, other))
            if mine != theirs:
                found[name] = (mine, theirs)
    return found


def _draw(
    heldout: Sequence[HeldOut], one: AnswerSet, other: AnswerSet, settings: EvaluateSettings
) -> Iterator[tuple[str, _Content]]:
    """Yields examples by lot, with what is shown; what no interface can show is passed over."""
    answers = _differing(heldout, one, other)
    examples = [example for example in heldout if example.example_id in answers]
    examples.sort(key=lambda e: (_lot(settings.seed, "draw", e.example_id), e.example_id))
    contents = ((e.example_id, _content(e, answers[e.example_id])) for e in examples)
    return islice((pair for pair in contents if pair[1].is_showable()), settings.review)


def _round_to_ask(known: AskedContent | None) -> int | None:
    """Returns the round in which a content is asked now; None where it is not."""
    if known is None:
        return 1
    if known.state == "gone" and not known.answered:
        return known.round
    return known.round + 1 if known.answered and _is_tied(known) else None


def _entries(rounds: Mapping[str, int], example_of: Mapping[str, str], seed: int) -> pa.Table:
    """Returns the tasks in an order by lot, so that those about one question do not stand together.

    Whether the answers are swapped goes by the content alone: the same under any seed.
    """
    keys = {
        name: hashlib.md5(
            "\x1f".join((KIND, name, str(number))).encode(), usedforsecurity=False
        ).hexdigest()
        for name, number in rounds.items()
    }
    names = sorted(rounds, key=lambda name: (_lot(seed, "place", name), name))
    return pa.table(
        {
            "task_key": pa.array([keys[name] for name in names], pa.string()),
            "example_id": pa.array([example_of[name] for name in names], pa.string()),
            "content_hash": pa.array(names, pa.string()),
            "round": pa.array([rounds[name] for name in names], pa.int32()),
            "place": pa.array(range(1, len(names) + 1), pa.int32()),
            "swapped": pa.array([_lot(0, "swap", keys[name]) < 0.5 for name in names], pa.bool_()),
        }
    )


def _lot(seed: int, what: str, name: str) -> float:
    raw = hashlib.sha256(f"{seed}\x1f{what}\x1f{name}".encode()).digest()
    return int.from_bytes(raw[:6], "big") / 2**48


# -- what was said ---------------------------------------------------------------------------------


def _drawn(
    con: duckdb.DuckDBPyConnection, one: AnswerSet, other: AnswerSet
) -> set[tuple[str, str]]:
    """Returns what was drawn to compare two sets of answers: examples, and what was shown then."""
    which = {"one": one.digest, "other": other.digest}
    return set(con.execute(sql("evaluate/side_by_side_drawn"), which).fetchall())


def _reviewed(
    con: duckdb.DuckDBPyConnection,
    heldout: Sequence[HeldOut],
    one: AnswerSet,
    other: AnswerSet,
    drawn: set[tuple[str, str]],
) -> Reviewed:
    answers = _differing(heldout, one, other)
    known = ledger.asked(con, KIND, sorted({content for _, content in drawn}))
    scores = np.full(len(heldout), np.nan)
    tasks_of = []
    for place, example in enumerate(heldout):
        name = example.example_id
        if name not in answers:
            continue
        content = _content(example, answers[name]).content_hash
        if (name, content) in drawn and (asked := known.get(content)):
            tasks_of.append(asked)
            score = _score(asked)
            if score is not None:
                mine, theirs = answers[name]
                scores[place] = score if mine < theirs else 1 - score
    waiting = [t for t in tasks_of if t.state in ("pending", "sent") and not t.answered]
    return Reviewed(
        SideBySide(
            candidate=one.name,
            baseline=other.name,
            differing=len(answers),
            drawn=len(tasks_of),
            reviewed=int((~np.isnan(scores)).sum()),
            tied=sum(_is_tied(asked) for asked in tasks_of),
            queued=sum(asked.state == "queued" for asked in tasks_of),
            waiting=len(waiting),
            filed=sum(asked.server == FILE_SERVER for asked in waiting),
        ),
        scores,
    )


def _score(asked: AskedContent) -> float | None:
    """Returns what most annotators say of the answer that stands first; None where they tie."""
    places = [_PLACE_OF[value] for value in asked.values if value]
    if not places:
        return None
    votes = np.bincount(places, minlength=len(_SCORES)).astype(np.float64)
    [most] = consensus.majority(votes[None, :])
    return None if most == consensus.TIE else _SCORES[most]


def _is_tied(asked: AskedContent) -> bool:
    return bool(asked.values) and _score(asked) is None
