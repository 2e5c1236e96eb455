"""Opik: traces and spans, of the SDK, the REST API and the export, with their feedback scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    listing,
    mapping,
    milliseconds,
    number,
    row,
    without,
)

_TYPES = ("llm", "tool", "general", "guardrail")
_OURS = frozenset(
    (
        *("feedback_scores", "span_feedback_scores", "project_id", "project_name", "thread_id"),
        *("last_updated_at", "total_estimated_cost", "created_by", "parent_span_id"),
    )
)
_USED = (
    *("id", "input", "output", "start_time", "end_time", "duration", "usage", "model", "thread_id"),
    *("feedback_scores", "span_feedback_scores", "total_estimated_cost", "error_info", "metadata"),
    *("trace_id", "created_by", "last_updated_by", "comments"),
)


def _fits(document: Fields) -> bool:
    known = {"id", "input", "start_time"} <= set(document) and "run_type" not in document
    is_span = "trace_id" in document and "parent_span_id" in document
    is_trace = "trace_id" not in document and "feedback_scores" in document
    is_typed = document.get("type", "general") in _TYPES
    return known and (is_span or is_trace) and is_typed and len(_OURS & set(document)) >= 2


def _rows(document: Fields) -> Iterable[Part]:
    if "trace_id" not in document:
        if is_blank(document.get("input")):
            yield LeftOut("trace without its input")
        else:
            yield {**_call(document), "is_root": True}
    elif document.get("type") == "llm":
        yield _call(document)
    else:
        yield LeftOut(f"{document.get('type') or 'general'} span")


def _call(document: Fields) -> dict[str, Any]:
    about, usage = mapping(document.get("metadata")), mapping(document.get("usage"))
    error = failure(_error(document.get("error_info")))
    start, end = document.get("start_time"), document.get("end_time")
    latency = milliseconds(start, end)
    fields = {
        **{"id": document.get("id"), "trace": first(document, "trace_id", "id")},
        **asked(document.get("input")),
        "response": None if error else document.get("output"),
        "ratings": list(_scores(document)),
        "session": first(document, "thread_id") or first(about, *SESSIONS),
        "user": first(about, *USERS),
        "created_at": start,
        "latency_ms": number(document.get("duration")) if latency is None else latency,
        "model": first(document, "model") or first(about, "model"),
        "input_tokens": usage.get("prompt_tokens"),
        "output_tokens": usage.get("completion_tokens"),
        "cost_usd": document.get("total_estimated_cost"),
        "status": "error" if error else None,
        "error": error,
    }
    return row({**without(document, *_USED), "metadata": without(about, *SESSIONS, *USERS)}, fields)


def _error(value: Any) -> Any:
    found = mapping(value)
    return first(found, "message", "exception_type", "traceback") if found else value


def _scores(document: Fields) -> Iterable[dict[str, Any]]:
    """Yields scores: those given in the UI are people's, those of rules a model's.

    Source: Opik REST API, FeedbackScore: `source` is ui, sdk or online_scoring.
    """
    for score in listing(document.get("feedback_scores")):
        if not isinstance(score, Mapping) or is_blank(score.get("name")):
            continue
        name, source = str(score["name"]), str(score.get("source") or "")
        rater = {"ui": "expert", "online_scoring": "llm"}.get(source) or rater_by_name(name)
        more = {"comment": score.get("reason"), "created_at": score.get("last_updated_at")}
        more["rater"] = score.get("created_by") if source == "ui" else None
        value = score.get("value")
        if piece := verdict(name, value, rater_type=rater, **more):
            yield piece


PRESETS = [
    Preset(
        name="opik",
        version=1,
        what="Opik: traces and spans with their feedback scores (SDK, REST API)",
        source="https://www.comet.com/docs/opik/tracing/advanced/export-data",
        date="2026-11-30",
        fits=_fits,
        fields=columns(
            *("id", "trace", "messages", "query", "request", "response", "ratings", "session"),
            *("user", "created_at", "latency_ms", "model", "input_tokens", "output_tokens"),
            *("cost_usd", "status", "error"),
        ),
        rows=_rows,
        roots=True,
    ),
]
