"""`curate contract`: what an answer must look like, and which answers do.

`curate filter` checks each revision of an answer once against the contract of curate.toml, and
stores what breaks it; the drop rule `contract` reads that. Checks of a new contract are stored
beside those of the one in force until all are there, so that a kill leaves a contract whole.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from dataclasses import replace as replaced
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate.contract import answers, infer, terms
from curate.contract.infer import Guess
from curate.contract.schema import Break
from curate.contract.terms import Contract
from curate.progress import Progress, silent
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.notebook import Shown

CHUNK_ANSWERS = 20_000
FEWEST_GOOD = 20
"""Good answers below which a contract is inferred from unrated answers, too."""

_SETTING = "contract"
_BREAKS, _EXAMPLES = 20, 3


@dataclass(frozen=True)
class Form:
    """How many answers keep the contract, of all that were checked and of those that are in."""

    production: int
    production_kept: int
    train: int
    train_kept: int
    test: int
    test_kept: int

    @property
    def said(self) -> str:
        """Returns the shares, as `93.7% of production, 99.1% of train`."""
        parts = [
            (self.production_kept, self.production, "production"),
            (self.train_kept, self.train, "train"),
            (self.test_kept, self.test, "test"),
        ]
        return ", ".join(f"{_share(kept, of)} of {name}" for kept, of, name in parts if of)


def _share(kept: int, of: int) -> str:
    """Returns a share that says 100% only where nothing is missing."""
    share = kept / of
    return f"{min(share, 0.999) if kept < of else share:.1%}"


@dataclass(frozen=True)
class BreakCount:
    """How many answers break the contract in one way, and some of them."""

    kind: str
    path: str
    message: str
    examples: int
    ids: tuple[str, ...]


@dataclass(frozen=True)
class Inferred:
    """A contract that good answers suggest, and what it would do.

    Attributes:
        guess: the form, and how it was found.
        contract: what curate.toml would say; None where good answers have no form.
        good: answers that it was inferred from.
        good_kept: of these, those that keep it.
        unrated: whether they are unrated ones, too.
        answers: all of them.
        kept: of these, those that keep it.
        breaks: of all answers, the commonest first.
    """

    guess: Guess
    contract: Contract | None
    good: int
    good_kept: int
    unrated: bool
    answers: int
    kept: int
    breaks: tuple[BreakCount, ...]


@dataclass(frozen=True)
class ContractResult(Shown):
    """The contract of a project, and how its answers keep it.

    Attributes:
        contract: that curate.toml has.
        outdated: whether answers were checked against another one, or not all were checked.
        form: how many keep it; None where nothing was checked.
        breaks: of all answers, the commonest first.
        unchecked_formats: values of `format` in its schema that are not checked.
        unchecked_calls: answers that call tools, where the log does not say which were offered.
        inferred: what good answers suggest, where that was asked for.
        written: files that the suggestion was written to.
    """

    contract: Contract
    outdated: bool
    form: Form | None
    breaks: tuple[BreakCount, ...]
    unchecked_formats: tuple[str, ...]
    unchecked_calls: int
    inferred: Inferred | None = None
    written: tuple[str, ...] = ()


# -- checking --------------------------------------------------------------------------------------


def in_force(store: Store, con: duckdb.DuckDBPyConnection) -> Contract:
    """Returns the contract of the last `curate filter`; before the first, that of tool calls."""
    stored = store.setting(con, _SETTING)
    return terms.from_dict(stored) if stored else Contract()


def gather(store: Store, run: Run, *, progress: Progress = silent) -> None:
    """Checks what is new or changed against the contract of curate.toml, which is then in force.

    Args:
        store: the project's store.
        run: of the command that asks for it.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: the section `[contract]` has a mistake.
    """
    _check(store, run, terms.load(store.folder), progress)


def catch_up(store: Store, run: Run, *, progress: Progress = silent) -> None:
    """Checks what is new or changed against the contract in force, whatever curate.toml says."""
    with store.read() as con:
        contract = in_force(store, con)
    _check(store, run, contract, progress)


def _check(store: Store, run: Run, contract: Contract, progress: Progress) -> None:
    named = {"contract": contract.digest}
    with store.read() as con:
        pending = fetch_arrow(con, sql("contract/pending"), _what(contract))
        gone = int(con.execute(sql("contract/gone_count"), named).fetchall()[0][0])
    starts = range(0, pending.num_rows, CHUNK_ANSWERS)
    for start in progress(starts, "checking answers"):
        with store.read() as con:
            con.register("wanted", pending.slice(start, CHUNK_ANSWERS))
            batch = con.sql(sql("contract/answers")).to_arrow_table()
            con.unregister("wanted")
        found = _found(batch, contract)
        with store.write() as con:
            con.register("found", found)
            con.execute(sql("contract/checks_add"), named)
            con.unregister("found")
        run.changed = True
    with store.write() as con:
        used = con.execute(sql("contract/is_used"), named).fetchall()[0][0]
        if contract.written or used or store.setting(con, _SETTING):
            run.changed |= store.set_setting(con, _SETTING, contract.as_dict())
        if gone:
            con.execute(sql("contract/checks_forget"), named)
            run.changed = True


def _what(contract: Contract) -> dict[str, Any]:
    return {
        "contract": contract.digest,
        "has_form": contract.has_form,
        "tools": contract.tools,
    }


def _found(batch: pa.Table, contract: Contract) -> pa.Table:
    """Returns what of each answer breaks a contract: kind, path, message; nulls where nothing."""
    columns = (batch[name].to_pylist() for name in ("output", "tools"))
    breaks = [
        answers.check(_answer(output), _loaded(tools), contract)
        for output, tools in zip(*columns, strict=True)
    ]
    told = {
        name: pa.array([getattr(found, name, None) for found in breaks], pa.string())
        for name in ("kind", "path", "message")
    }
    ids = {name: batch[name] for name in ("example_id", "revision")}
    return pa.table({**ids, **told})


def _answer(output: str | None) -> list[Any]:
    """Returns the message that is trained: the first one of an output."""
    return list(_loaded(output) or [])[:1]


def _loaded(text: str | None) -> Any:
    return orjson.loads(text) if text else None


def outdated(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether curate.toml has another contract than the one in force.

    One that another version of curate would judge otherwise is another one, too.
    """
    wanted, stored = terms.load(store.folder), store.setting(con, _SETTING)
    if not stored:
        return wanted.written
    return (wanted.digest, wanted.written) != (stored["digest"], stored["written"])


def form(store: Store, con: duckdb.DuckDBPyConnection, *, exported: bool = False) -> Form | None:
    """Returns how many answers keep the contract in force; None where nobody wrote one.

    Args:
        store: the project's store.
        con: a connection that has today's verdicts.
        exported: whether the sides are those of a version, in the table `kept`, not of verdicts.
    """
    contract = in_force(store, con)
    if not contract.written:
        return None
    query = sql("contract/form_exported") if exported else sql("contract/form")
    counts = con.execute(query, {"contract": contract.digest}).fetchall()[0]
    return Form(*counts) if counts[0] else None


# -- looking ---------------------------------------------------------------------------------------


def contract(store: Store, con: duckdb.DuckDBPyConnection) -> ContractResult:
    """Returns the contract of curate.toml, how many answers keep it, and what breaks it.

    Args:
        store: the project's store.
        con: a connection that has today's verdicts.

    Raises:
        ConfigError: the section `[contract]` has a mistake.
    """
    wanted = terms.load(store.folder)
    pending = fetch_arrow(con, sql("contract/pending"), _what(wanted)).num_rows
    unseen = con.execute(sql("contract/calls_unseen")).fetchall()[0][0]
    rows = con.execute(sql("contract/breaks"), {"contract": wanted.digest}).fetchall()
    is_old = outdated(store, con)
    return ContractResult(
        contract=wanted,
        outdated=is_old or pending > 0,
        form=None if is_old else form(store, con),
        breaks=_counted((Break(*row[:3]), row[3]) for row in rows),
        unchecked_formats=tuple(wanted.unchecked_formats),
        unchecked_calls=int(unseen) if wanted.tools else 0,
    )


def _counted(breaks: Iterable[tuple[Break, str]]) -> tuple[BreakCount, ...]:
    """Returns how often each break is there, the commonest first; items of lists are alike."""
    counts: Counter[tuple[str, str]] = Counter()
    seen: dict[tuple[str, str], list[tuple[Break, str]]] = defaultdict(list)
    for found, example_id in breaks:
        key = found.kind, _any_item(found.path)
        counts[key] += 1
        if len(seen[key]) < _EXAMPLES:
            seen[key].append((found, example_id))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(
        BreakCount(*key, seen[key][0][0].message, number, tuple(name for _, name in seen[key]))
        for key, number in ordered[:_BREAKS]
    )


def _any_item(path: str) -> str:
    """Returns a path with `*` for each place in a list."""
    return re.sub(r"(?<=[/.])[0-9]+(?=[/.]|$)", "*", path)


# -- inferring -------------------------------------------------------------------------------------


def inferable(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns all answers, and from which a contract may be inferred.

    Args:
        con: a connection that has today's verdicts.
    """
    return con.sql(sql("contract/inferable")).to_arrow_table()


def with_inferred(
    result: ContractResult,
    folder: Path,
    rows: pa.Table,
    *,
    write: bool = False,
    replace: bool = False,
    progress: Progress = silent,
) -> ContractResult:
    """Returns a result with the contract that good answers suggest, which may be written down.

    Args:
        result: without it.
        folder: of the project.
        rows: what `inferable` returns.
        write: whether to write it into curate.toml.
        replace: whether another contract may stand there.
        progress: called with (items, label) around the work.

    Raises:
        ConfigError: a contract is there already, and shall stay.
    """
    inferred = infer_contract(rows, progress=progress)
    written: tuple[str, ...] = ()
    if write and inferred.contract is not None:
        written = terms.write(folder, inferred.contract, replace=replace)
    return replaced(result, inferred=inferred, written=written)


def infer_contract(rows: pa.Table, *, progress: Progress = silent) -> Inferred:
    """Returns the contract that good answers suggest, and how many answers keep it.

    Good answers are those of train that are in, whatever their form; held-out ones do not count.

    Args:
        rows: what `inferable` returns.
        progress: called with (items, label) around the work.
    """
    outputs = [_answer(text) for text in rows["output"].to_pylist()]
    offered = [_loaded(text) for text in rows["tools"].to_pylist()]
    good, unrated = rows["good"].to_pylist(), False
    if sum(good) < FEWEST_GOOD:
        good, unrated = rows["unrated"].to_pylist(), True
    guess = infer.infer(infer.texts(o for o, is_good in zip(outputs, good, strict=True) if is_good))
    calls = any(tools for tools in offered) and infer.any_calls(outputs)
    suggested = _suggested(guess, calls=calls)
    judged = suggested or Contract(tools=False)
    breaks = [
        answers.check(output, tools, judged)
        for output, tools in progress(list(zip(outputs, offered, strict=True)), "checking answers")
    ]
    ids = rows["example_id"].to_pylist()
    return Inferred(
        guess=guess,
        contract=suggested,
        good=sum(good),
        good_kept=_kept(breaks, good),
        unrated=unrated,
        answers=len(breaks),
        kept=breaks.count(None),
        breaks=_counted((b, i) for b, i in zip(breaks, ids, strict=True) if b),
    )


def _suggested(guess: Guess, *, calls: bool) -> Contract | None:
    if guess.form == "none" and not calls:
        return None
    return Contract(
        schema=guess.schema,
        pattern=guess.pattern,
        fences=guess.fences,
        written=True,
        file=terms.SCHEMA_FILE if guess.schema is not None else None,
    )


def _kept(breaks: Sequence[Break | None], good: Sequence[bool]) -> int:
    return sum(is_good and found is None for found, is_good in zip(breaks, good, strict=True))
