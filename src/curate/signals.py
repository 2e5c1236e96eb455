"""`curate signals`: what speaks against answers and against their ratings, each under its own name.

No signal is an error, and none is a score of quality: what each one found on answers that people
had judged stands beside it (SIGNALS). The answers to look at go into the queue; nothing is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from curate.embed import embed, encoders
from curate.embed.encoder import Encoder
from curate.errors import ConfigError, unknown_name
from curate.inputs import inputs
from curate.kernels import answer_quality
from curate.kernels.answer_quality import Rater
from curate.options import SignalsSettings
from curate.progress import Progress
from curate.store import Run, Store, sql
from curate.text.notebook import Shown
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

SIGNALS = {
    "expected": "not rated, and like answers got two of five or less",
    "residual": "rated two of five or more apart from what like answers got",
    "relevance": "no nearer to its prompt than a random answer is",
    "format": "another form than the answers of its cluster have; broken JSON",
}
"""What each one speaks of, in the order in which they are told."""


OFF = ("relevance", "format")
"""Signals that are computed on request only: they beat the length of answers on no set.

Relevance finds answers to other prompts, but of judged answers no more than their length does; the
format was measured on no set of judged answers. Source: benchmarks/quality, answers and ratings.
"""


LOW = 2.0
"""Rating of five up to which an answer is a bad one, as for `low_rating`."""


APART = 2.0
"""Points of five between a rating and the expected one, as between two ratings that contradict."""


FEWEST_RATED = 50
"""Rated answers below which nothing is expected of a rating."""


METHOD = "signals-1"
"""Changes whenever the same answers would be judged otherwise, so that they are judged anew."""


_Said = tuple[str, int, float, str]  # signal, row, score, why


@dataclass(frozen=True)
class WeakAnswer:
    """What one signal says against one answer; `score` is low where more speaks against it."""

    signal: str
    id: str
    score: float
    why: str
    prompt: str
    answer: str


@dataclass(frozen=True)
class SignalsResult(Shown):
    """What the stage found.

    Attributes:
        answers: that were looked at: in words, not corrected by a person, their input embedded.
        new: answers that got a vector now.
        rated: of the answers, those that a person rated.
        counts: (signal, answers that it speaks against), of the signals that were asked for.
        rules: (kind, answers) of what filters and copies say: refusals, contradictory ratings.
        raters: who rated, those first who differ most from the others.
        found: of each signal the worst answers.
        without_vector: answers that nothing was said of, since their input has no vector.
    """

    answers: int
    new: int
    rated: int
    counts: tuple[tuple[str, int], ...]
    rules: tuple[tuple[str, int], ...]
    raters: tuple[Rater, ...]
    found: tuple[WeakAnswer, ...]
    without_vector: int


def signals(
    store: Store,
    *,
    names: Sequence[str] = (),
    top: int = SignalsSettings.top,
    load: Callable[[str], Encoder] = encoders.load,
    progress: Progress = lambda items, _: items,
) -> SignalsResult:
    """Says what speaks against answers and their ratings; embeds the answers that are new.

    Args:
        store: the project's store.
        names: signals to compute; () are those of the last time, at first all that are not OFF.
        top: answers to return of each signal.
        load: makes an encoder from its name.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: a name is unknown, answers are labels here, or no input has a vector.
    """
    for name in names:
        if name not in SIGNALS:
            raise ConfigError(unknown_name("signal", name, list(SIGNALS)))
    with store.read_database() as con:
        remembered_names = store.setting(con, "signals").get("names")
    wishes = names or remembered_names or [name for name in SIGNALS if name not in OFF]
    chosen_names = [name for name in SIGNALS if name in wishes]
    with store.run("signals", {"names": chosen_names}) as run:
        inputs.refresh(store, run)
        encoder = _encoder(store)
        new = _embed(store, run, load, encoder, progress)
        _judge(store, run, chosen_names, encoder, progress)
        with verdicts.today(store, at_end=True) as today:
            result = _result(today, chosen_names, top, new)
        run.counts = {"answers": result.answers, **dict(result.counts)}
    return result


def wanted(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether `curate run` looks at answers: once somebody asked for it."""
    return bool(store.setting(con, "signals"))


def _encoder(store: Store) -> dict[str, Any]:
    with store.read() as con:
        stored = store.setting(con, "embed")
        task = store.setting(con, "project").get("task")
    if task == "classification":
        raise ConfigError(
            "signals are about answers in words, and the answers of this project are labels. "
            "Next: curate mislabels"
        )
    if not stored:
        raise ConfigError(
            f"signals compare answers with the vectors of inputs. Next: {encoders.next_step()}"
        )
    return stored


def _embed(
    store: Store,
    run: Run,
    load: Callable[[str], Encoder],
    known: dict[str, Any],
    progress: Progress,
) -> int:
    """Embeds the answers that have no vector; returns how many that were."""
    with store.read() as con:
        con.execute(sql("signals/answers"))
        todo = con.execute(sql("signals/missing")).fetchall()
    if not todo:
        return 0
    encoder = load(known["encoder"])
    embed.refuse_other(encoder, known)
    # Of a long answer the beginning is compared, as where signals were measured.
    chunks = embed.encoded(encoder, todo, progress, "embedding answers", cut=lambda text: [text])
    tables = (
        pa.table({"answer_hash": pa.array(hashes, pa.string()), "vector": embed.as_lists(vectors)})
        for hashes, _, vectors in chunks
    )
    for fresh in embed.in_portions(tables):
        with store.write() as con:
            con.register("fresh", fresh)
            con.execute(sql("signals/vectors_add"))
            con.unregister("fresh")
        run.changed = True
    return len(todo)


def stale(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether `curate signals` would find something else than what is stored."""
    stored = store.setting(con, "signals")
    if not stored:
        return False
    return bool(stored != _state(con, stored["names"], store.setting(con, "embed")))


def _state(
    con: duckdb.DuckDBPyConnection, chosen_names: Sequence[str], encoder: dict[str, Any]
) -> dict[str, Any]:
    """Returns what signals rest on, as it is today; leaves the temporary view signal_answers."""
    con.execute(sql("signals/answers"))
    answers, digest = con.execute(sql("signals/state")).fetchall()[0]
    return {
        "method": METHOD, "names": list(chosen_names), "encoder": encoder.get("digest"),
        "answers": answers, "rows": digest,
    }  # fmt: skip


def _judge(
    store: Store, run: Run, chosen_names: Sequence[str], encoder: dict[str, Any], progress: Progress
) -> None:
    """Replaces what is stored, if it rests on something else than what there is today."""
    with store.read() as con:
        state = _state(con, chosen_names, encoder)
        answers = state["answers"]
        if store.setting(con, "signals") == state:
            return
        rows = con.sql(sql("signals/rows")).to_arrow_table()
        prompts = embed.vectors(con)
        vectors = embed.from_lists(con.sql(sql("signals/vectors")).to_arrow_table())
    rows_found = _found(rows, prompts, vectors, chosen_names, progress) if answers else []
    columns = dict.fromkeys(("example_id", "revision", "signal", "why"), pa.string())
    schema = pa.schema({**columns, "score": pa.float64()})
    with store.write() as con:
        con.register("found", pa.Table.from_pylist(rows_found, schema=schema))
        con.execute(sql("signals/clear"))
        con.execute(sql("signals/add"))
        con.unregister("found")
        store.set_setting(con, "signals", state)
    run.changed = True


def _found(
    rows: pa.Table, prompts: Any, answers: Any, chosen_names: Sequence[str], progress: Progress
) -> list[dict[str, Any]]:
    """Returns what the signals say: example_id, revision, signal, score, why."""
    column = {name: rows[name].to_pylist() for name in rows.column_names}
    asks = _aligned(prompts, column["input_hash"])
    answer_vectors = _aligned(answers, column["answer_hash"])
    findings: list[_Said] = []
    if "expected" in chosen_names or "residual" in chosen_names:
        findings += [
            one for one in _rated(column, asks, answer_vectors, progress) if one[0] in chosen_names
        ]
    if "relevance" in chosen_names:
        findings += _relevance(asks, answer_vectors)
    if "format" in chosen_names:
        findings += _format(column)
    return [
        {
            "example_id": column["example_id"][row], "revision": column["revision"][row],
            "signal": name, "score": score, "why": why,
        }
        for name, row, score, why in findings
    ]  # fmt: skip


def _aligned(known: Any, wanted: Sequence[str]) -> Any:
    hashes, vectors = known
    place = {name: at for at, name in enumerate(hashes)}
    return vectors[[place[name] for name in wanted]]


def _format(column: dict[str, list[Any]]) -> list[_Said]:
    shapes = [answer_quality.shape(text) for text in column["response"]]
    outliers = answer_quality.format_outliers(shapes, column["cluster_id"])
    return [
        (
            "format", row, round(1 - share, 6),
            f"it is {shapes[row]}, where {share:.0%} of the answers of its cluster are {rule}",
        )
        for row, (rule, share) in outliers.items()
    ]  # fmt: skip


def _relevance(asks: Any, answer_vectors: Any) -> list[_Said]:
    near, chance = (
        answer_quality.relevance(asks, answer_vectors),
        answer_quality.by_chance(asks, answer_vectors),
    )
    return [
        (
            "relevance", row, float(near[row]),
            f"its cosine with the prompt is {near[row]:.2f}; answers to other prompts have "
            f"{chance:.2f} in the middle",
        )
        for row in np.flatnonzero(near < chance).tolist()
    ]  # fmt: skip


def _rated(
    column: dict[str, list[Any]], asks: Any, answer_vectors: Any, progress: Progress
) -> list[_Said]:
    """Returns unrated answers that would get a low rating, and ratings other than expected."""
    ratings = np.array([np.nan if r is None else r for r in column["rating"]], np.float64)
    if (~np.isnan(ratings)).sum() < FEWEST_RATED:
        return []
    lengths = np.array(column["characters"], np.float64)
    groups = column["conversation_id"]
    likely = answer_quality.expected(asks, answer_vectors, lengths, ratings, groups, progress).clip(
        1, 5
    )
    is_unrated = np.isnan(ratings) & (likely <= LOW)
    apart = np.abs(ratings - likely)
    return [
        (
            "expected", row, round((likely[row] - 1) / 4, 6),
            f"answers like it got {likely[row]:.1f} of 5",
        )
        for row in np.flatnonzero(is_unrated).tolist()
    ] + [
        (
            "residual", row, round(1 - apart[row] / 4, 6),
            f"rated {ratings[row]:g} of 5; answers like it got {likely[row]:.1f}",
        )
        for row in np.flatnonzero(apart >= APART).tolist()
    ]  # fmt: skip


def weakest(today: Today, top: int) -> tuple[WeakAnswer, ...]:
    """Returns the answers that most speaks against, `top` of each stored signal."""
    rows = today.con.execute(sql("signals/found"), {"top": top}).fetchall()
    return tuple(WeakAnswer(*row) for row in rows)


def _result(today: Today, chosen_names: Sequence[str], top: int, new: int) -> SignalsResult:
    con = today.con
    con.execute(sql("signals/answers"))
    answers, rated, without = con.execute(sql("signals/totals")).fetchall()[0]
    counts = dict(con.execute(sql("signals/counts")).fetchall())
    rows = con.execute(sql("signals/ratings")).fetchall()
    raters = answer_quality.raters(*zip(*rows, strict=True)) if rows else ()
    return SignalsResult(
        answers=answers,
        new=new,
        rated=rated,
        counts=tuple((name, counts.get(name, 0)) for name in chosen_names),
        rules=tuple(con.execute(sql("signals/rules")).fetchall()),
        raters=tuple(sorted(raters, key=lambda r: (-abs(r.bias), r.key))),
        found=weakest(today, top),
        without_vector=without,
    )
