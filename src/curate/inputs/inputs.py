"""The input of each example: what leaks, duplicates and clusters are judged by.

The input is the last user turn, with the two messages before it when it has fewer than eight
tokens, without the templates that rows of its source share, and with what an agent called and was
told since then, normalised. Also found here: which calls belong to one conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import decisions
from curate.inputs import remeasure, templates
from curate.inputs.agents import with_steps
from curate.kernels.templates import Templates
from curate.kernels.token_counts import token_counts
from curate.messages import canonical, text_of
from curate.store import Run, Store, sql
from curate.text import MEASURE, SHORT_TOKENS, bare, digest, normalise, tokens

BATCH_EXAMPLES = 50_000
"""Inputs that a kill may lose; some seconds of work."""


def refresh(store: Store, run: Run) -> None:
    """Brings the inputs and conversations of new and changed examples up to date.

    Inputs are computed while the store is closed, and each batch is committed. What a kill leaves
    undone, the next command that needs inputs does. A store of an earlier measure of likeness is
    brought to today's first.
    """
    with store.read() as con:
        before = remeasure.measure_of(store, con)
        work = _work(con)
    if before is not None and before != MEASURE:
        remeasure.remeasure(store, run, before)
        with store.read() as con:
            work = _work(con)
    if work is None:
        return
    run.changed = True
    batch, known = work.batch, work.templates
    if found := templates.new(work.sample, known):
        with store.write() as con:
            mark_due(con)
            templates.add(con, found)
            batch, known = _stale(con), templates.stored(con)
    cut = templates.together(known)
    _refresh_stale(store, batch, cut)
    with store.write() as con:
        # Answers change the labels of examples, and inputs say whom an answer is for.
        decisions.settle(con)
        batch = _stale(con)
    _refresh_stale(store, batch, cut)
    _refresh_conversations(store)


@dataclass(frozen=True)
class _Due:
    """What there is to bring up to date.

    Attributes:
        batch: examples whose inputs are out of date, the first of them.
        templates: source -> those that are known.
        sample: texts in which there may be others.
    """

    batch: pa.Table
    templates: dict[str, Templates]
    sample: list[tuple[str, str]]


def _work(con: duckdb.DuckDBPyConnection) -> _Due | None:
    """Returns what there is to bring up to date; None where nothing has changed."""
    batch = _stale(con)
    if not (batch.num_rows or _is_due(con) or decisions.are_unsettled(con)):
        return None
    return _Due(batch, templates.stored(con), templates.sample(con))


def mark_due(con: duckdb.DuckDBPyConnection) -> None:
    """Notes that interactions have changed, so that the next `refresh` has something to do.

    Inputs tell themselves which of them are out of date; conversations do not.
    """
    con.execute(sql("inputs/due_set"))


def _is_due(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute(sql("inputs/due")).fetchall()[0][0])


def _stale(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns what the next inputs that are out of date are made of; there may be none."""
    # Which they are is told without reading any text.
    con.execute(sql("inputs/stale"), {"most": BATCH_EXAMPLES})
    return con.sql(sql("inputs/stale_contents")).to_arrow_table()


def _refresh_stale(store: Store, batch: pa.Table, known: Templates) -> None:
    """Computes inputs batch by batch, beginning with this one, until none is out of date."""
    while batch.num_rows:
        fresh, is_last = rows_of(batch, known), batch.num_rows < BATCH_EXAMPLES
        del batch
        with store.write() as con:
            mark_due(con)
            remeasure.record(store, con)
            con.register("fresh", fresh)
            con.execute(sql("inputs/replace_fresh"))
            con.unregister("fresh")
            del fresh
            if is_last:
                return
            batch = _stale(con)


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


def _refresh_conversations(store: Store) -> None:
    """Finds calls without a session id that continue one another; forgets what is gone."""
    with store.read() as con:
        con.execute(sql("inputs/conversation_continuations"))
        links = con.sql(sql("inputs/conversation_links")).to_arrow_table()
        parent_of = dict(con.execute(sql("inputs/conversation_parents")).fetchall())
    conversations = _roots(parent_of)
    with store.write() as con:
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
