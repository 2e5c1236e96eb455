"""`curate pairs`: preference pairs out of what people say anyway, with no call to a model.

Pairs are evidence, found over all examples and kept up to date: examples that are judged anew, or
otherwise than before, meet only the answers to their own prompt. Which pairs are exported is a
verdict, derived each time from the verdicts on their two examples.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import config
from curate.dedupe import input_pairs
from curate.errors import ConfigError
from curate.inputs import inputs
from curate.kernels.intervals import clopper_pearson
from curate.messages import Message, canonical, text_of
from curate.options import DedupeSettings, PairsSettings
from curate.progress import Progress
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown
from curate.text.text import digest, normalise
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

METHODS = ("annotation", "imported", "rank", "correction", "output", "rating")
"""How it is known which of two answers is better, the most trusted way first."""


BAD_RATING = 2.0
"""Highest rating that counts as a thumb down: 3 of 5 is neither good nor bad."""


MOST_ANSWERS, MOST_NEAR = 10, 2
"""How many of the best and of the worst rated answers to a prompt meet; where prompts are only
nearly the same, fewer: a template has very many of those."""


LEAST_PROMPTS = 20
"""From so many prompts on the mean length ratio has an interval: it holds for many."""


_NORMAL_95 = 1.959964
"""Source: 97.5% quantile of the normal distribution."""


_ANSWERS_AT_ONCE = 20_000


@dataclass(frozen=True)
class MethodRow:
    """What one method found and what is kept of it.

    Attributes:
        margin: mean of the kept pairs, 0 to 1; None where the method says none.
        longer: share of kept pairs whose better answer is longer; None where none is kept.
    """

    method: str
    found: int
    train: int
    test: int
    margin: float | None
    longer: float | None


@dataclass(frozen=True)
class LengthBias:
    """How much longer the better answers are, in characters, over all kept pairs.

    Attributes:
        prompts: distinct ones; pairs of one prompt are not independent, so intervals go by these.
        longer: share of pairs whose better answer is longer, a half for those of one length, with
            its 95% interval `longer_low` to `longer_high`.
        log_ratio: mean of the logarithm of the ratio of the lengths; likewise. Its interval is None
            where there are few prompts.
    """

    pairs: int
    prompts: int
    longer: float
    longer_low: float
    longer_high: float
    log_ratio: float
    log_ratio_low: float | None
    log_ratio_high: float | None


@dataclass(frozen=True)
class Position:
    """How often annotators preferred the answer that was shown first, with its 95% interval."""

    decided: int
    first: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class PairsResult(Shown):
    """The pairs, in counts.

    Attributes:
        changed: examples that are judged anew, otherwise than before, or no longer.
        reasons: why pairs are out, each under one reason.
        undecided: calls with several outputs of which nobody says which is better.
        settings: in force from now on.
    """

    examples: int
    changed: int
    methods: tuple[MethodRow, ...]
    reasons: tuple[tuple[str, int], ...]
    lengths: LengthBias | None
    position: Position | None
    undecided: int
    settings: dict[str, Any]

    @property
    def found(self) -> int:
        """All pairs, kept or not."""
        return sum(row.found for row in self.methods)

    @property
    def train(self) -> int:
        """Kept pairs of train."""
        return sum(row.train for row in self.methods)

    @property
    def test(self) -> int:
        """Kept held-out pairs."""
        return sum(row.test for row in self.methods)


def pairs(
    store: Store,
    *,
    min_margin: float = PairsSettings.min_margin,
    progress: Progress = lambda items, _: items,
) -> PairsResult:
    """Finds preference pairs and returns what they mean under today's verdicts.

    Args:
        store: the project's store.
        min_margin: the smallest difference of two ratings that makes a preference, as a share of
            the scale, 0 to 1; a step of five is 0.25.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the margin is out of range, or the project's answers are labels.
    """
    if not 0 <= min_margin <= 1:
        raise ConfigError(f"--min-margin {min_margin:g}: expected 0 to 1, a share of the scale")
    with store.run("pairs", {"min_margin": min_margin}) as run:
        with store.read() as con:
            if store.setting(con, "project").get("task") == "classification":
                raise ConfigError(
                    "task classification: its answers are labels, which make no preference pairs. "
                    "Next: curate mislabels, or another task in curate.toml"
                )
        inputs.refresh(store, run)
        changed = refresh(store, run, progress=progress)
        with store.write() as con:
            settings = {"min_margin": min_margin}
            run.changed |= store.set_setting(con, "pairs", settings)
        with verdicts.today(store, at_end=True) as today:
            result = _result(today, changed, settings)
        run.counts = {"found": result.found, "train": result.train, "test": result.test}
    return result


def refresh(store: Store, run: Run, *, progress: Progress = lambda items, _: items) -> int:
    """Brings the pairs up to date; returns how many examples are judged otherwise than before.

    Inputs must be up to date. From what is stored and what is new comes the same as from scratch.
    """
    with store.read() as con:
        near = DedupeSettings(**store.setting(con, "dedupe")).near
        wanted = verdicts.next_split(store, con)
    # Sides of new examples rest on pairs at the leak threshold, whatever counts as a duplicate.
    input_pairs.refresh_near(store, run, threshold=min(near, wanted.leak_threshold))
    with store.read() as con:
        anew = store.setting(con, "pairs_near") != {"threshold": near}
        con.execute(sql("pairs/judged"), {"all": True})
        con.execute(sql("pairs/changed"))
        changed = _count_changed(con)
        stale = fetch_arrow(con, sql("pairs/answers_stale"), {"anew": anew})
    if not anew and not changed:
        return 0
    run.changed = True
    fresh = _fresh_answers(store, stale, progress)
    # One transaction: what made pairs with an answer of before is only known until it is replaced.
    with store.write() as con:
        if store.set_setting(con, "pairs_near", {"threshold": near}):
            con.execute(sql("pairs/clear"))
            con.execute(sql("pairs/answers_clear"))
        con.execute(sql("pairs/judged"), {"all": True})
        con.execute(sql("pairs/changed"))
        _renew(con, near, fresh)
        return _count_changed(con)


def _count_changed(con: duckdb.DuckDBPyConnection) -> int:
    return int(con.execute(sql("pairs/count_changed")).fetchall()[0][0])


def stale(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether `curate pairs` would find others: of a project whose task is preference."""
    if store.setting(con, "project").get("task") != "preference":
        return False
    stored = {"min_margin": PairsSettings.min_margin, **store.setting(con, "pairs")}
    section = config.load(store.folder).get("pairs", {})
    if {**stored, **section} != stored:
        return True
    near = {"threshold": DedupeSettings(**store.setting(con, "dedupe")).near}
    con.execute(sql("pairs/judged"), {"all": True})
    con.execute(sql("pairs/changed"))
    return bool(_count_changed(con)) or store.setting(con, "pairs_near") not in ({}, near)


def _fresh_answers(store: Store, stale: pa.Table, progress: Progress) -> pa.Table:
    """Returns the hashes of the answers of some examples, read some at a time."""
    parts = [_answers(())]
    for start in range(0, stale.num_rows, _ANSWERS_AT_ONCE):
        with store.read() as con:
            con.register("wanted", stale.slice(start, _ANSWERS_AT_ONCE))
            batch = con.sql(sql("pairs/answers_wanted")).to_arrow_table()
            con.unregister("wanted")
        parts.append(_answers(progress(batch.to_pylist(), "comparing answers")))
    return pa.concat_tables(parts)


def _renew(con: duckdb.DuckDBPyConnection, near: float, fresh: pa.Table) -> None:
    con.execute(sql("pairs/answers_forget"))
    con.register("fresh", fresh)
    con.execute(sql("pairs/answers_add"))
    con.unregister("fresh")
    con.execute(sql("pairs/touched"))
    con.execute(sql("pairs/forget"))
    parameters = {"near": near, "most": MOST_ANSWERS, "most_near": MOST_NEAR}
    con.execute(sql("pairs/add"), parameters)


def _answers(rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Returns the hashes by which prompts and answers of examples are compared."""
    names = ("example_id", "prompt_hash", "history_hash", "answer_hash", "logged_hash")
    columns: dict[str, list[str | None]] = {name: [] for name in names}
    for row in rows:
        talk = [m for m in orjson.loads(row["messages"]) if m["role"] != "system"]
        is_question = bool(talk) and talk[-1]["role"] == "user"
        answer, logged = (_said(orjson.loads(row[n] or "[]")[:1]) for n in ("output", "logged"))
        hashes = (
            _said(talk) if talk else None,
            _said(talk[:-1]) if is_question else None,
            answer,
            logged,
        )
        for name, value in zip(names, (row["example_id"], *hashes), strict=True):
            columns[name].append(value)
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _said(messages: list[Message]) -> str:
    """Returns a hash of who said what; white space and case do not count, as everywhere."""
    parts = []
    for m in messages:
        content = m["content"]
        listed = content if isinstance(content, list) else []
        other = [p for p in listed if isinstance(p, dict) and p.get("type", "text") != "text"]
        calls = m.get("tool_calls")
        rest = canonical([other, calls]) if other or calls else ""
        parts.append(f"{m['role']}\x1f{normalise(text_of(content))}\x1f{rest}")
    return digest("\x1e".join(parts))


def prepare(today: Today) -> None:
    """Creates the temporary table `pair_verdicts` out of today's verdicts.

    It has one row per pair: pair_id, method, margin, chosen_id, rejected_id, prompt_hash, side, and
    the reason why the pair is out, null where it is in.
    """
    today.add("judged", sql("pairs/judged"), {"all": False})
    stored = today.store.setting(today.con, "pairs")
    margin = stored.get("min_margin", PairsSettings.min_margin)
    today.add("pair_verdicts", sql("pairs/verdicts"), {"min_margin": margin})


def ready(today: Today) -> tuple[int, int, int]:
    """Returns how many pairs there are, and how many are kept in train and in test."""
    if not today.con.execute(sql("pairs/exist")).fetchall()[0][0]:
        return 0, 0, 0
    prepare(today)
    count, train, test = today.con.execute(sql("pairs/status_pairs")).fetchall()[0]
    return count, train, test


def reasons(today: Today) -> tuple[tuple[str, int], ...]:
    """Returns why pairs are out and how many, the most frequent reason first."""
    prepare(today)
    return tuple((why, n) for why, n in today.con.execute(sql("pairs/reasons")).fetchall())


def prepare_rated(today: Today, bad: float = BAD_RATING) -> None:
    """Creates the temporary table `rated_verdicts` out of today's verdicts.

    It has one row per example that may be good or bad: example_id, side, good, and the reason why
    it is not written: `unrated` (nobody says that it is good), `neither` (rated between bad and
    good), `contradicted` (a copy of the answer is rated otherwise) or `duplicate`; null where it is
    written.
    """
    today.add("rated_verdicts", sql("pairs/rated_verdicts"), {"bad": bad})


def rated_left_out(today: Today) -> dict[str, str]:
    """Returns example -> reason of what is kept and gets no thumb."""
    prepare_rated(today)
    return dict(today.con.execute(sql("pairs/rated_left_out")).fetchall())


def _result(today: Today, changed: int, settings: dict[str, Any]) -> PairsResult:
    prepare(today)
    con = today.con
    answer_count, undecided = con.execute(sql("pairs/totals")).fetchall()[0]
    return PairsResult(
        examples=answer_count,
        changed=changed,
        methods=tuple(MethodRow(*row) for row in con.execute(sql("pairs/methods")).fetchall()),
        reasons=reasons(today),
        lengths=length_bias(today),
        position=_position(con),
        undecided=undecided,
        settings=settings,
    )


def length_bias(today: Today) -> LengthBias | None:
    """Returns the length bias of the kept pairs, None where there are none.

    Source: Liang & Zeger 1986, Biometrika 73:13 (the variance of a mean over clusters, here
    prompts); the share's interval is the exact one for as many draws as there are prompts.
    """
    prepare(today)
    rows = today.con.execute(sql("pairs/lengths")).fetchall()
    if not rows:
        return None
    count, prompts = sum(row[1] for row in rows), len(rows)
    longer = sum(row[2] for row in rows) / count
    ratio = math.fsum(row[3] for row in rows) / count
    low, high = clopper_pearson(longer, prompts)
    half = None
    if prompts >= LEAST_PROMPTS:
        squares = math.fsum((row[3] - row[1] * ratio) ** 2 for row in rows)
        half = _NORMAL_95 * math.sqrt(squares * prompts / (prompts - 1)) / count
    return LengthBias(
        count, prompts, longer, low, high, ratio,
        None if half is None else ratio - half, None if half is None else ratio + half,
    )  # fmt: skip


def _position(con: duckdb.DuckDBPyConnection) -> Position | None:
    first, decided = con.execute(sql("pairs/positions")).fetchall()[0]
    if not decided:
        return None
    return Position(decided, first, first / decided, *clopper_pearson(first / decided, decided))
