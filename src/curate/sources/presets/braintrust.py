"""Braintrust: spans of project logs and experiments, of the API, BTQL and the UI's export."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._raters import rater_by_name, verdict
from curate.sources.presets._rows import (
    SESSIONS,
    USERS,
    asked,
    columns,
    failure,
    first,
    is_blank,
    is_page,
    listing,
    mapping,
    milliseconds,
    of_pages,
    opened,
    row,
    without,
)

_OURS = frozenset(
    (
        *("span_attributes", "span_parents", "is_root", "_xact_id", "log_id", "experiment_id"),
        *("metrics",),
    )
)
_PAGES = ("events", "data")
_USED = (
    *("id", "root_span_id", "input", "output", "expected", "error", "scores", "metadata"),
    *("metrics", "created", "span_attributes", "_pagination_key", "_async_scoring_state"),
    *("audit_data", "is_root"),
)


def _fits(document: Fields) -> bool:
    ids = {"span_id", "root_span_id"} <= set(document)
    return ids and bool(_OURS & set(document))


def _rows(document: Fields) -> Iterable[Part]:
    about = mapping(document.get("span_attributes"))
    kind = str(first(about, "type") or "")
    if about.get("purpose") == "scorer":
        yield LeftOut("score")
    elif kind == "llm":
        yield _call(document)
    elif kind in ("", "task", "eval") and _is_said(document):
        yield {**_call(document), "is_root": True}
    else:
        yield LeftOut(kind or "span")


def _is_said(document: Fields) -> bool:
    """Returns whether it is a root with a question and an answer: one that the program logged."""
    root = document.get("is_root")
    root = is_blank(document.get("span_parents")) if root is None else str(root).lower() == "true"
    ended = not is_blank(document.get("output")) or not is_blank(document.get("error"))
    return root and ended and not is_blank(document.get("input"))


def _call(document: Fields) -> dict[str, Any]:
    about, metrics = mapping(document.get("metadata")), mapping(document.get("metrics"))
    error = failure(document.get("error"))
    expected = opened(document.get("expected"))
    fields = {
        **{"id": document.get("id"), "trace": document.get("root_span_id")},
        **asked(document.get("input")),
        "response": None if error else _answer(document.get("output")),
        "tools": about.get("tools"),
        "ratings": [*_scores(document), *_corrections(expected)],
        "session": first(about, *SESSIONS),
        "user": first(about, *USERS),
        "created_at": document.get("created"),
        "latency_ms": milliseconds(metrics.get("start"), metrics.get("end")),
        "model": about.get("model"),
        "input_tokens": metrics.get("prompt_tokens"),
        "output_tokens": metrics.get("completion_tokens"),
        "cost_usd": metrics.get("estimated_cost"),
        "status": "error" if error else None,
        "error": error,
    }
    rest = without(document, *_USED)
    if not isinstance(expected, str):
        rest["expected"] = expected
    name = mapping(document.get("span_attributes")).get("name")
    kept = without(about, "model", "tools", *SESSIONS, *USERS)
    return row({**rest, "name": name, "metadata": kept}, fields)


def _answer(output: Any) -> Any:
    """Returns an answer; that of a wrapped client is the list of its choices."""
    choices = listing(output)
    listed = choices and all("message" in mapping(choice) for choice in choices)
    return {"choices": list(choices)} if listed else output


def _corrections(expected: Any) -> Iterable[dict[str, Any]]:
    """Yields the answer that reviewers wrote in its place."""
    if isinstance(expected, str) and expected.strip():
        more = {"name": "expected", "rater_type": "expert"}
        yield {"kind": "correction", "value": expected, **more}


def _scores(document: Fields) -> Iterable[dict[str, Any]]:
    """Yields scores, always from 0 to 1: those of scorers, and those whose name says a user's."""
    for name, value in mapping(document.get("scores")).items():
        rater = rater_by_name(name)
        kind = "llm" if rater == "unknown" else rater
        if piece := verdict(name, value, rater_type=kind, scale="0-1"):
            yield piece


PRESETS = [
    Preset(
        name="braintrust",
        version=2,
        what="Braintrust project logs and experiments: API, BTQL, UI export",
        source="https://www.braintrust.dev/docs/reference/api/Logs",
        date="2026-11-29",
        fits=is_page(_fits, *_PAGES),
        fields=columns(
            *("id", "trace", "messages", "query", "request", "response", "tools"),
            *("ratings", "session", "user", "created_at", "latency_ms", "model", "input_tokens"),
            *("output_tokens", "cost_usd", "status", "error"),
        ),
        rows=of_pages(_rows, *_PAGES),
        roots=True,
    )
]
