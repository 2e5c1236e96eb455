"""LangSmith: runs, of the SDK, the API and the bulk export, and their feedback."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._raters import rater_by_kind
from curate.sources.presets._rows import (
    SESSIONS,
    USERS,
    asked,
    columns,
    failure,
    feedback_columns,
    feedback_row,
    first,
    is_blank,
    listing,
    mapping,
    milliseconds,
    opened,
    row,
    without,
)

_MODELS = ("llm", "chat")
_USED = (
    *("id", "inputs", "outputs", "start_time", "end_time", "status", "error", "prompt_tokens"),
    *(
        "completion_tokens",
        "total_cost",
        "trace_id",
        "thread_id",
        "extra",
        "metadata",
        "session_id",
    ),
    *("is_root", "events", "serialized", "inputs_preview", "outputs_preview", "child_runs"),
)


def _fits(document: Fields) -> bool:
    ours = {"dotted_order", "session_id", "parent_run_id", "trace_id", "session_name", "is_root"}
    return not is_blank(document.get("run_type")) and len(ours & set(document)) >= 2


def _rows(document: Fields) -> Iterable[Part]:
    kind = str(document.get("run_type"))
    if kind in _MODELS:
        yield _call(document)
    elif kind == "chain" and _is_root(document) and _has_text(document):
        yield {**_call(document), "is_root": True}
    else:
        yield LeftOut(kind)
    for child in listing(document.get("child_runs")):
        if _fits(mapping(child)):
            yield from _rows(child)


def _is_root(document: Fields) -> bool:
    return is_blank(document.get("parent_run_id"))


def _has_text(document: Fields) -> bool:
    """Returns whether a run says what went in, and what came out or why nothing did."""
    ended = not is_blank(document.get("outputs")) or not is_blank(document.get("error"))
    return ended and _says(opened(document.get("inputs")))


def _says(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_says(item) for item in value.values())
    if isinstance(value, list):
        return any(_says(item) for item in value)
    return isinstance(value, str) and bool(value.strip())


def _call(document: Fields) -> dict[str, Any]:
    extra = mapping(document.get("extra"))
    about = {**mapping(document.get("metadata")), **mapping(extra.get("metadata"))}
    invoked = mapping(extra.get("invocation_params"))
    error = failure(document.get("error"))
    fields = {
        **{"id": document.get("id"), "trace": document.get("trace_id")},
        **asked(document.get("inputs")),
        "response": None if error else opened(document.get("outputs")),
        "tools": first(invoked, "tools", "functions"),
        "session": first(document, "thread_id") or first(about, *SESSIONS),
        "user": first(about, *USERS, "ls_user_id"),
        "created_at": document.get("start_time"),
        "latency_ms": milliseconds(document.get("start_time"), document.get("end_time")),
        "model": first(about, "ls_model_name") or first(invoked, "model", "model_name"),
        "input_tokens": document.get("prompt_tokens"),
        "output_tokens": document.get("completion_tokens"),
        "cost_usd": document.get("total_cost"),
        "status": document.get("status"),
        "error": error,
    }
    rest = {**without(document, *_USED), "project_id": document.get("session_id")}
    return row({**rest, "metadata": without(about, *SESSIONS, *USERS)}, fields)


def _fits_feedback(document: Fields) -> bool:
    known = {"run_id", "key"} <= set(document) and "run_type" not in document
    return known and bool({"score", "value"} & set(document)) and "feedback_source" in document


def _feedback_rows(document: Fields) -> Iterable[Part]:
    source = mapping(document.get("feedback_source"))
    name, value = document.get("key"), opened(document.get("value"))
    correction = opened(document.get("correction"))
    if isinstance(correction, Mapping):
        correction = first(correction, "output", "answer", "text", "response", "correction")
    if is_blank(document.get("run_id")):
        yield LeftOut("feedback of a project or a thread")
        return
    fields = {
        "key": document.get("run_id"),
        "trace": document.get("trace_id"),
        "name": name,
        "rating": document.get("score"),
        "label": value if isinstance(value, str) and is_blank(document.get("score")) else None,
        "correction": correction if isinstance(correction, str) else None,
        "comment": document.get("comment"),
        "rater": first(source, "user_id", "ls_user_id", "user_name"),
        "rater_type": rater_by_kind(source.get("type"), name),
        "created_at": first(document, "created_at", "modified_at"),
    }
    yield feedback_row(document, fields)


_DATE = "2026-11-29"

PRESETS = [
    Preset(
        name="langsmith",
        version=2,
        what="LangSmith runs: list_runs, the API, bulk export",
        source="https://docs.langchain.com/langsmith/run-data-format",
        date=_DATE,
        fits=_fits,
        fields=columns(
            *(
                "id",
                "trace",
                "messages",
                "query",
                "request",
                "response",
                "tools",
                "session",
                "user",
            ),
            *("created_at", "latency_ms", "model", "input_tokens", "output_tokens", "cost_usd"),
            *("status", "error"),
        ),
        rows=_rows,
        roots=True,
    ),
    Preset(
        name="langsmith",
        version=1,
        what="LangSmith feedback",
        source="https://docs.langchain.com/langsmith/feedback-data-format",
        date=_DATE,
        fits=_fits_feedback,
        fields=feedback_columns(
            *("key", "trace", "name", "rating", "label", "correction", "comment", "rater"),
            *("rater_type", "created_at"),
        ),
        rows=_feedback_rows,
        kind="feedback",
    ),
]
