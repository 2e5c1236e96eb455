"""What people decided, settled: one answer per example out of all decisions that count."""

from __future__ import annotations

from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate.messages import canonical, text_of
from curate.store import Run, Store, sql
from curate.text import SHORT_WORDS, digest, normalise, shared_affixes, words


def settle(con: duckdb.DuckDBPyConnection) -> bool:
    """Brings the tables `settled` and `settled_pairs` up to date; returns whether anything changed.

    Stored, because every query about examples reads it; a function of decisions, contents, labels
    and inputs alone, so it does not matter when or how often it is made.
    """
    if not con.execute(sql("inputs/settle_needed")).fetchall()[0][0]:
        return False
    con.execute(sql("inputs/settle"))
    con.execute(sql("inputs/settle_pairs"))
    if not con.execute(sql("inputs/settle_differs")).fetchall()[0][0]:
        return False
    con.execute(sql("inputs/settle_replace"))
    return True


def refresh(store: Store, run: Run) -> None:
    """Brings the inputs and conversations of new and changed examples up to date."""
    with store.write() as con:
        run.changed |= _refresh_templates(con)
        run.changed |= _refresh_stale(con)
        if settle(con):
            # Answers change the labels of examples, and inputs say whom an answer is for.
            run.changed = True
            _refresh_stale(con)
        gone = con.execute(sql("inputs/example_inputs_forget")).fetchall()
        if run.changed or gone:
            con.execute(sql("inputs/forget_unused"))
            _refresh_conversations(con)


def _refresh_stale(con: duckdb.DuckDBPyConnection) -> bool:
    changed = False
    while (batch := con.sql(sql("inputs/stale")).to_arrow_table()).num_rows:
        con.register("fresh", rows_of(batch, templates(con)))
        con.execute(sql("inputs/replace_fresh"))
        con.unregister("fresh")
        changed = True
    return changed


def templates(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """Returns source -> (prefix, suffix) of the prompt templates that were found."""
    return {row[0]: (row[1], row[2]) for row in con.execute(sql("inputs/templates")).fetchall()}


def texts(con: duckdb.DuckDBPyConnection) -> pa.Table:
    """Returns all inputs that are not empty: input_hash, text and words, by hash."""
    return con.sql(sql("inputs/thresholds_texts")).to_arrow_table()


def _refresh_templates(con: duckdb.DuckDBPyConnection) -> bool:
    samples: dict[str, list[str]] = {}
    for source, text in con.execute(sql("inputs/templates_sample")).fetchall():
        samples.setdefault(source, []).append(text)
    found = {source: shared_affixes(sample) for source, sample in samples.items()}
    found = {source: affixes for source, affixes in found.items() if any(affixes)}
    before = templates(con)
    changed = [s for s in {*found, *before} if found.get(s) != before.get(s)]
    for source in changed:
        con.execute(sql("inputs/templates_forget"), {"source": source})
        con.execute(sql("inputs/example_inputs_forget_source"), {"source": source})
        if source in found:
            prefix, suffix = found[source]
            con.execute(
                sql("inputs/templates_add"), {"source": source, "prefix": prefix, "suffix": suffix}
            )
    return bool(changed)


def rows_of(batch: pa.Table, known: dict[str, tuple[str, str]]) -> pa.Table:
    """Returns the input of each example, and the hashes that equal inputs and examples share.

    Args:
        batch: example_id, revision, source, query, context, messages, output, answer.
        known: source -> (prefix, suffix) of its prompt template.
    """
    known_texts: dict[str, str] = {}

    def normalised(text: str) -> str:
        # A turn stands in the history of every later call of its conversation.
        return known_texts.get(text) or known_texts.setdefault(text, normalise(text))

    rows = []
    for row in batch.to_pylist():
        text = normalise(
            input_text(
                row["query"] or "", row["context"] or "", *known.get(row["source"], ("", ""))
            )
        )
        talk = [m for m in orjson.loads(row["messages"]) if m["role"] != "system"]
        said = [normalised(text_of(m["content"])) for m in talk]
        other = [_not_text(m) for m in [*talk, *orjson.loads(row["output"] or "[]")[:1]]]
        whole = [*said, normalised(row["answer"] or ""), *filter(None, other)]
        rows.append(
            {
                "example_id": row["example_id"],
                "revision": row["revision"],
                "input_hash": digest(text),
                "text": text,
                "words": len(words(text)),
                "example_hash": digest("\x1e".join(whole)),
            }
        )
    return pa.Table.from_pylist(rows)


def _not_text(message: dict[str, Any]) -> str:
    """Returns what a message holds besides text (images, tool calls); mostly nothing."""
    content = message["content"]
    parts = content if isinstance(content, list) else []
    other = [p for p in parts if isinstance(p, dict) and p.get("type", "text") != "text"]
    calls = message.get("tool_calls")
    return canonical([other, calls]) if other or calls else ""


def input_text(query: str, context: str, prefix: str, suffix: str) -> str:
    """Returns the input before normalisation; an input that is nothing but template stays whole."""
    bare = query.removeprefix(prefix).removesuffix(suffix)
    query = bare if bare.strip() else query
    short = len(words(normalise(query))) < SHORT_WORDS
    return f"{context}\n{query}" if short and query.strip() and context else query


def _refresh_conversations(con: duckdb.DuckDBPyConnection) -> None:
    """Finds calls without a session id that continue one another."""
    con.execute(sql("inputs/conversation_continuations"))
    con.execute(sql("inputs/conversation_links_clear"))
    con.execute(sql("inputs/conversation_links_add"))
    parent_of = dict(con.execute(sql("inputs/conversation_parents")).fetchall())
    root: dict[str, str] = {}
    for child in parent_of:
        path = [child]
        while path[-1] not in root and path[-1] in parent_of:
            path.append(parent_of[path[-1]])
        first = root.get(path[-1], path[-1])
        root.update(dict.fromkeys(path, first))
    found: Any = pa.table(
        {
            "example_id": pa.array(list(root), pa.string()),
            "conversation_id": pa.array(list(root.values()), pa.string()),
        }
    )
    con.register("found", found)
    con.execute(sql("inputs/conversations_clear"))
    con.execute(sql("inputs/conversations_add"))
    con.unregister("found")
