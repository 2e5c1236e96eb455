"""Rows of several kinds in one log: the calls of models, and spans of other work beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.errors import SourceError
from curate.pull.paths import present
from curate.text.text import folded

# What logs call the column that says what a row is.
_COLUMNS = (
    *("type", "kind", "span_kind", "span_type", "run_type", "event_type", "observation_type"),
    *("node_type", "operation", "operation_name"),
)
# Source: the kinds of Datadog, Opik, LangSmith, Lunary, HoneyHive, OpenInference, Langfuse.
_MODELS = frozenset(
    (
        *("llm", "generation", "chat_completion", "chat_model", "llm_call", "llmcall"),
        *("completion", "chat", "model", "inference"),
    )
)
_OTHERS = frozenset(
    (
        *("tool", "tool_call", "tool_run", "retriever", "retrieval", "vector_search", "embedding"),
        *("embeddings", "agent", "chain", "workflow", "task", "general", "span", "session"),
        *("thread", "guardrail", "reranker", "rerank", "evaluator", "function", "parser"),
        *("db", "http", "custom", "event"),
    )
)


def refuse_mixed(rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuses rows of which some are calls of a model and others say that they are none.

    Raises:
        SourceError: a column says so; it names how to take the calls.
    """
    columns = {c for row in rows for c in row if folded(c) in _COLUMNS}
    for column in sorted(columns):
        words = {str(v): folded(str(v)) for v in present(column, rows) if isinstance(v, str)}
        models = sorted(word for word, plain in words.items() if plain in _MODELS)
        others = sorted(word for word, plain in words.items() if plain in _OTHERS)
        if models and others:
            options = " ".join(f"--only {column}={word}" for word in models)
            raise SourceError(
                f"{column} says that some rows are calls of a model ({', '.join(models)}) and "
                f"others are not ({', '.join(others[:4])}). Nothing was stored. Next: {options}, "
                "or --preset none to take all"
            )
