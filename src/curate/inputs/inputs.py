"""The input of each example: what leaks, duplicates and clusters are judged by.

The input is the last user turn, with the two messages before it when it has fewer than eight
tokens, without the templates that rows of its source share, and with what an agent called and was
told since then, normalised. Also found here: which calls belong to one conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from curate.inputs import remeasure, settle, templates
from curate.inputs.agents import with_steps
from curate.kernels.templates import Templates
from curate.kernels.token_counts import token_counts
from curate.messages import canonical, text_of
from curate.store import Run, Store, fetch_arrow, sql
from curate.text.text import MEASURE, SHORT_TOKENS, bare, digest, normalise, tokens
from curate.version import __version__

BATCH_EXAMPLES, BATCH_BYTES = 122_880, 1 << 27
"""Inputs that a kill may lose, and are in memory together: some seconds of work."""
_AT_ONCE = 10_000


def refresh(store: Store, run: Run) -> None:
    """Brings the inputs and conversations of new and changed examples up to date.

    Inputs are computed while the store is closed, and each batch is committed. What a kill leaves
    undone, the next command that needs inputs does. A store of an earlier measure of likeness is
    brought to today's first.
    """
    with store.read() as con:
        before = remeasure.measure_of(store, con)
        work = _work(con, run)
    if before is not None and before != MEASURE:
        remeasure.remeasure(store, run, before)
        with store.read() as con:
            work = _work(con, run)
    if work is None:
        return
    run.changed = True
    stale, known, is_all_new = work.stale, work.templates, work.is_all_new
    if found := templates.new(work.sample, known):
        is_all_new = False
        with store.write() as con:
            mark_due(con)
            templates.add(con, found)
            stale, known = _stale(con), templates.stored(con)
    cut = templates.together(known)
    _refresh_stale(store, stale, cut, since=run.run_id if is_all_new else 0)
    with store.write() as con:
        # Answers change the labels of examples, and inputs say whom an answer is for.
        has_settled = settle.settle(con)
        stale = _stale(con) if has_settled else stale[:0]
    _refresh_stale(store, stale, cut)
    _refresh_conversations(store, is_all_new=is_all_new and not has_settled)


@dataclass(frozen=True)
class _Due:
    """What there is to bring up to date.

    Attributes:
        stale: examples whose inputs are out of date, with their revision.
        templates: source -> those that are known.
        sample: texts in which there may be others.
        is_all_new: whether nothing has happened but that rows were added.
    """

    stale: pa.Table
    templates: dict[str, Templates]
    sample: list[tuple[str, str]]
    is_all_new: bool


def _work(con: duckdb.DuckDBPyConnection, run: Run) -> _Due | None:
    """Returns what there is to bring up to date; None where nothing has changed.

    Where the last command has done that, no example is looked at.
    """
    if not run.changed and are_current(con, run):
        return None
    added_by = con.execute(sql("inputs/due_added_by")).fetchall()
    is_all_new = added_by == [(run.run_id,)]
    stale = _added(con, run) if is_all_new else _stale(con)
    is_due = is_all_new or stale.num_rows or _is_due(con) or settle.are_unsettled(con)
    return _Due(stale, templates.stored(con), templates.sample(con), is_all_new) if is_due else None


def are_current(con: duckdb.DuckDBPyConnection, run: Run | None = None) -> bool:
    """Returns whether the commands that there were tell that no input can be out of date.

    Where they do not, the inputs have to be compared with the examples.

    Args:
        con: a connection to the store.
        run: the one under way.
    """
    parameters = {"run_id": run and run.run_id, "version": __version__}
    return bool(con.execute(sql("inputs/current"), parameters).fetchall()[0][0])


def mark_due(con: duckdb.DuckDBPyConnection, *, added_by: int | None = None) -> None:
    """Notes that interactions have changed, so that the next `refresh` has something to do.

    Inputs tell themselves which of them are out of date; conversations do not.

    Args:
        con: a connection inside a transaction.
        added_by: the run under way, where it has added rows and done nothing else.
    """
    con.execute(sql("inputs/due_set"), {"run_id": added_by})


def _is_due(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute(sql("inputs/due")).fetchall()[0][0])


def _stale(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns the examples whose inputs are out of date, told without reading any text."""
    return con.sql(sql("inputs/stale")).to_arrow_table()


def _added(con: duckdb.DuckDBPyConnection, run: Run) -> pa.Table:
    """Returns the examples that a run has added and that have no inputs yet."""
    return con.sql(sql("inputs/stale_added"), params={"run_id": run.run_id}).to_arrow_table()


def _with_sizes(con: duckdb.DuckDBPyConnection, stale: pa.Table, since: int) -> pa.Table:
    """Returns some examples with how many bytes of text there are of each."""
    con.register("stale_inputs", stale)
    sized = fetch_arrow(con, sql("inputs/stale_sizes"), {"since": since})
    con.unregister("stale_inputs")
    return sized


def _contents(con: duckdb.DuckDBPyConnection, stale: pa.Table, since: int) -> pa.Table:
    """Returns what the inputs of some examples are made of, which no run before one has stored."""
    if not stale.num_rows:
        return stale
    con.register("stale_inputs", stale)
    batch = con.sql(sql("inputs/stale_contents"), params={"since": since}).to_arrow_table()
    con.unregister("stale_inputs")
    return batch


def _refresh_stale(store: Store, stale: pa.Table, known: Templates, *, since: int = 0) -> None:
    """Computes the inputs of some examples batch by batch.

    Args:
        store: the project's store.
        stale: those examples, with their revision.
        known: what inputs are without.
        since: no run before it has stored any of them.
    """
    if not stale.num_rows:
        return
    with store.read() as con:
        stale = _with_sizes(con, stale, since)
        batches = [stale[start:end] for start, end in _batches(stale["size"].to_numpy())]
        batch = _contents(con, batches[0], since)
    for later in [*batches[1:], stale[:0]]:
        fresh = _inputs_of(batch, known)
        with store.write() as con:
            con.execute(sql("inputs/due_keep"))
            remeasure.record(store, con)
            con.register("fresh", fresh)
            con.execute(sql("inputs/replace_fresh"))
            con.unregister("fresh")
            del fresh
            batch = _contents(con, later, since)


def _batches(sizes: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yields where each batch starts and ends, so that no batch has much text or many examples.

    Args:
        sizes: bytes of text of each example.
    """
    until, start = np.cumsum(sizes), 0
    while start < len(sizes):
        most = (until[start - 1] if start else 0) + BATCH_BYTES
        end = int(np.searchsorted(until, most, side="right"))
        end = max(start + 1, min(end, start + BATCH_EXAMPLES))
        yield start, end
        start = end


def _inputs_of(batch: pa.Table, known: Templates) -> pa.Table:
    """Returns the inputs of a batch, of which few are Python's objects at one time."""
    places = range(0, batch.num_rows, _AT_ONCE)
    return pa.concat_tables([rows_of(batch[at : at + _AT_ONCE], known) for at in places])


def texts(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns all inputs that are not empty: input_hash, text and words, by hash."""
    return con.sql(sql("inputs/texts")).to_arrow_table()


def rows_of(batch: pa.Table, known: Templates) -> pa.Table:
    """Returns the input of each example, and the hashes that equal inputs and examples share.

    Args:
        batch: example_id, revision, query, context, messages, output, answer; no messages where
            they are the query alone, beside what the system said, and the output is a text alone.
        known: what inputs are without.
    """
    known_texts: dict[str, str] = {}

    def normalised(text: str) -> str:
        # A turn stands in the history of every later call of its conversation.
        return known_texts.get(text) or known_texts.setdefault(text, normalise(text))

    names = ("query", "context", "messages", "output", "answer")
    columns = zip(*(batch[name].to_pylist() for name in names), strict=True)
    texts, whole, templates_cut = [], [], []
    for query, context, messages, output, answer in columns:
        prefix, own, suffix = known.cut(query or "")
        templates_cut.append(digest(f"{prefix}\x1e{suffix}") if prefix or suffix else None)
        if messages is None:
            text = normalise(own)
            asked = normalise(query) if prefix or suffix else text
            said = f"{asked}\x1e{normalise(answer or '')}"
        else:
            talk = [m for m in orjson.loads(messages) if m["role"] != "system"]
            text = normalised(with_steps(input_text(own, context or "", normalised), talk))
            said = _whole(talk, output, answer, normalised)
        texts.append(text)
        whole.append(said)
    texts, words = _without_decoration(texts)
    return pa.table(
        {
            "example_id": batch["example_id"],
            "revision": batch["revision"],
            "input_hash": list(map(digest, texts)),
            "text": texts,
            "words": words,
            "example_hash": list(map(digest, whole)),
            "template": pa.array(templates_cut, pa.string()),
        }
    )


def _whole(
    talk: list[dict[str, Any]],
    output: str | None,
    answer: str | None,
    normalised: Callable[[str], str],
) -> str:
    """Returns all that a call and its answer say, normalised, as examples are compared."""
    texts = [normalised(text_of(m["content"])) for m in talk]
    other = [_not_text(m) for m in [*talk, *orjson.loads(output or "[]")[:1]]]
    return "\x1e".join([*texts, normalised(answer or ""), *filter(None, other)])


def _without_decoration(texts: list[str]) -> tuple[list[str], list[int]]:
    """Returns texts without what decorates the short ones, and how many tokens each has."""
    counts = token_counts(texts)
    for place, count in enumerate(counts):
        if count < SHORT_TOKENS and (text := bare(texts[place])) != texts[place]:
            texts[place], counts[place] = text, len(tokens(text))
    return texts, counts


def _not_text(message: dict[str, Any]) -> str:
    """Returns what a message holds besides text (images, tool calls); mostly nothing."""
    content = message["content"]
    parts = content if isinstance(content, list) else []
    other = [p for p in parts if isinstance(p, dict) and p.get("type", "text") != "text"]
    # The id of a call is another each time the same is called.
    calls = [{k: v for k, v in c.items() if k != "id"} for c in message.get("tool_calls") or ()]
    return canonical([other, calls]) if other or calls else ""


def input_text(query: str, context: str, normalised: Callable[[str], str] = normalise) -> str:
    """Returns the input before normalisation.

    Args:
        query: the last user turn, without its template.
        context: the two messages before it.
        normalised: normalises, and may know texts that it has seen before.
    """
    short = bool(context) and len(tokens(normalised(query))) < SHORT_TOKENS
    return f"{context}\n{query}" if short and query.strip() else query


def _refresh_conversations(store: Store, *, is_all_new: bool) -> None:
    """Finds calls without a session id that continue one another; forgets what is gone.

    Args:
        store: the project's store.
        is_all_new: whether rows were added and nothing else, so that nothing can be gone.
    """
    with store.read() as con:
        con.execute(sql("inputs/conversation_continuations"))
        links = con.sql(sql("inputs/conversation_links")).to_arrow_table()
        parent_of = dict(con.execute(sql("inputs/conversation_parents")).fetchall())
    conversations = _roots(parent_of)
    with store.write() as con:
        if not is_all_new:
            con.execute(sql("inputs/example_inputs_forget"))
            con.execute(sql("inputs/forget_unused"))
        con.register("found", conversations)
        con.register("links", links)
        con.execute(sql("inputs/conversations_replace"))
        con.unregister("found")
        con.unregister("links")
        con.execute(sql("inputs/due_clear"))


def _roots(parent_of: dict[str, str]) -> pa.Table:
    """Returns the first call of each conversation for all calls of it."""
    root: dict[str, str] = {}
    for child in parent_of:
        path = [child]
        while path[-1] not in root and path[-1] in parent_of:
            path.append(parent_of[path[-1]])
        first = root.get(path[-1], path[-1])
        root.update(dict.fromkeys(path, first))
    return pa.table(
        {
            "example_id": pa.array(list(root), pa.string()),
            "conversation_id": pa.array(list(root.values()), pa.string()),
        }
    )
