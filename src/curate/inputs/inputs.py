"""The input of each example: what leaks, duplicates and clusters are judged by.

The input is the last user turn, with the two messages before it when it has fewer than eight
tokens, without the template that most rows of its source share, and with what an agent called and
was told since then, normalised. Also found here: which
calls belong to one conversation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import decisions
from curate.inputs import remeasure
from curate.inputs.agents import with_steps
from curate.messages import canonical, text_of
from curate.store import Run, Store, sql
from curate.text import MEASURE, SHORT_TOKENS, bare, digest, normalise, shared_affixes, tokens

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
        sample, affixes = con.execute(sql("inputs/templates_sample")).fetchall(), templates(con)
        batch = _stale(con)
        is_due = batch.num_rows > 0 or _is_due(con) or decisions.are_unsettled(con)
    if before is not None and before != MEASURE:
        remeasure.remeasure(store, run, before)
        with store.read() as con:
            batch, is_due = _stale(con), True
    changes = _template_changes(sample, affixes)
    if not is_due and not changes:
        return
    run.changed = True
    if changes:
        with store.write() as con:
            _store_templates(con, changes)
            affixes, batch = templates(con), _stale(con)
    _refresh_stale(store, batch, affixes)
    with store.write() as con:
        # Answers change the labels of examples, and inputs say whom an answer is for.
        decisions.settle(con)
        batch = _stale(con)
    _refresh_stale(store, batch, affixes)
    _refresh_conversations(store)


def mark_due(con: duckdb.DuckDBPyConnection) -> None:
    """Notes that interactions have changed, so that the next `refresh` has something to do.

    Inputs tell themselves which of them are out of date; conversations do not.
    """
    con.execute(sql("inputs/due_set"))


def _is_due(con: duckdb.DuckDBPyConnection) -> bool:
    return bool(con.execute(sql("inputs/due")).fetchall()[0][0])


def _stale(con: duckdb.DuckDBPyConnection) -> pa.Table:
    return con.sql(sql("inputs/stale"), params={"most": BATCH_EXAMPLES}).to_arrow_table()


def _refresh_stale(store: Store, batch: pa.Table, affixes: dict[str, tuple[str, str]]) -> None:
    """Computes inputs batch by batch, beginning with this one, until none is out of date."""
    while batch.num_rows:
        fresh, is_last = rows_of(batch, affixes), batch.num_rows < BATCH_EXAMPLES
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


def templates(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """Returns source -> (prefix, suffix) of the prompt templates that were found."""
    return {row[0]: (row[1], row[2]) for row in con.execute(sql("inputs/templates")).fetchall()}


def texts(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns all inputs that are not empty: input_hash, text and words, by hash."""
    return con.sql(sql("inputs/texts")).to_arrow_table()


def _template_changes(
    sample: list[tuple[str, str]], before: dict[str, tuple[str, str]]
) -> dict[str, tuple[str, str] | None]:
    """Returns the sources whose prompt template is another one now, None where there is none."""
    samples: dict[str, list[str]] = {}
    for source, text in sample:
        samples.setdefault(source, []).append(text)
    affixes = {source: shared_affixes(of_source) for source, of_source in samples.items()}
    now = {source: pair for source, pair in affixes.items() if any(pair)}
    return {s: now.get(s) for s in {*now, *before} if now.get(s) != before.get(s)}


def _store_templates(
    con: duckdb.DuckDBPyConnection, changes: dict[str, tuple[str, str] | None]
) -> None:
    mark_due(con)
    for source, affixes in changes.items():
        con.execute(sql("inputs/templates_forget"), {"source": source})
        con.execute(sql("inputs/example_inputs_forget_source"), {"source": source})
        if affixes:
            prefix, suffix = affixes
            con.execute(
                sql("inputs/templates_add"), {"source": source, "prefix": prefix, "suffix": suffix}
            )


def rows_of(batch: pa.Table, template_of: dict[str, tuple[str, str]]) -> pa.Table:
    """Returns the input of each example, and the hashes that equal inputs and examples share.

    Args:
        batch: example_id, revision, source, query, context, messages, output, answer.
        template_of: source -> (prefix, suffix) of its prompt template.
    """
    known_texts: dict[str, str] = {}

    def normalised(text: str) -> str:
        # A turn stands in the history of every later call of its conversation.
        return known_texts.get(text) or known_texts.setdefault(text, normalise(text))

    names = ("source", "query", "context", "messages", "output", "answer")
    texts_of_inputs, example_hashes = [], []
    for source, query, context, messages, output, answer in zip(
        *(batch[name].to_pylist() for name in names), strict=True
    ):
        affixes = template_of.get(source, ("", ""))
        talk = [m for m in orjson.loads(messages) if m["role"] != "system"]
        said = input_text(query or "", context or "", *affixes, normalised)
        texts_of_inputs.append(bare(normalised(with_steps(said, talk))))
        texts = [normalised(text_of(m["content"])) for m in talk]
        other = [_not_text(m) for m in [*talk, *orjson.loads(output or "[]")[:1]]]
        whole = [*texts, normalised(answer or ""), *filter(None, other)]
        example_hashes.append(digest("\x1e".join(whole)))
    return pa.table(
        {
            "example_id": batch["example_id"],
            "revision": batch["revision"],
            "input_hash": list(map(digest, texts_of_inputs)),
            "text": texts_of_inputs,
            "words": [len(tokens(text)) for text in texts_of_inputs],
            "example_hash": example_hashes,
        }
    )


def _not_text(message: dict[str, Any]) -> str:
    """Returns what a message holds besides text (images, tool calls); mostly nothing."""
    content = message["content"]
    parts = content if isinstance(content, list) else []
    other = [p for p in parts if isinstance(p, dict) and p.get("type", "text") != "text"]
    # The id of a call is another each time the same is called.
    calls = [{k: v for k, v in c.items() if k != "id"} for c in message.get("tool_calls") or ()]
    return canonical([other, calls]) if other or calls else ""


def input_text(
    query: str,
    context: str,
    prefix: str,
    suffix: str,
    normalised: Callable[[str], str] = normalise,
) -> str:
    """Returns the input before normalisation; an input that is nothing but template stays whole.

    Args:
        query: the last user turn.
        context: the two messages before it.
        prefix: of the template.
        suffix: of the template.
        normalised: normalises, and may know texts that it has seen before.
    """
    bare = query.removeprefix(prefix).removesuffix(suffix)
    query = bare if bare.strip() else query
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
