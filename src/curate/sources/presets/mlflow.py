"""MLflow: traces, as their JSON, as pages of the API or as rows of `search_traces`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._dialects import SPAN_FIELDS, span_rows
from curate.sources.presets._raters import rater_by_kind, verdict
from curate.sources.presets._rows import (
    asked,
    columns,
    first,
    impersonal,
    is_blank,
    listing,
    mapping,
    number,
    opened,
    row,
    without,
)

_ROW = frozenset(
    (
        *("trace_metadata", "request_metadata", "assessments", "execution_duration"),
        *("execution_time_ms", "request_preview", "trace_location"),
    )
)
_SESSION = ("mlflow.trace.session", "mlflow.traceSession", "session_id", "conversation_id")
_USER = ("mlflow.trace.user", "mlflow.traceUser", "user_id", "user")
_USED = (
    *("trace_id", "request_id", "trace", "spans", "request", "response", "request_preview"),
    *("response_preview", "assessments", "state", "status", "request_time", "timestamp_ms"),
    *("execution_duration", "execution_duration_ms", "execution_time_ms", "trace_metadata"),
    *("request_metadata", "tags", "info", "data"),
)
_LONG = (
    "mlflow.traceInputs",
    "mlflow.traceOutputs",
    "mlflow.trace.tokenUsage",
    "mlflow.tokenUsage",
)
_EXPECTED = frozenset(
    (
        *("expected_response", "expected_output", "expected_answer", "expected"),
        *("ground_truth", "guideline_response", "correct_response", "corrected_response"),
    )
)


def _fits(document: Fields) -> bool:
    info = mapping(document.get("info"))
    if first(info, "trace_id", "request_id") is not None and "data" in document:
        return True
    named = first(document, "trace_id", "request_id") is not None
    return named and bool(_ROW & set(document)) and bool({"spans", "request"} & set(document))


def _rows(document: Fields) -> Iterable[Part]:
    trace = _trace(document)
    about = {**mapping(first(trace, "trace_metadata", "request_metadata")), **_tags(trace)}
    if "mlflow.sourceScorer" in about:
        yield LeftOut("trace of a scorer")
        return
    spans = [span for span in listing(trace.get("spans")) if isinstance(span, Mapping)]
    parts = [(span, part) for span in spans for part in span_rows(span)]
    calls = [(span, part) for span, part in parts if not isinstance(part, LeftOut)]
    if not calls:
        yield _whole(trace, about)
        return
    yield from (part for _, part in parts if isinstance(part, LeftOut))
    for place, (span, call) in enumerate(calls):
        is_last = place == len(calls) - 1
        yield _in_trace(span, call, trace, about, _ratings(trace, span, calls, is_last))


def _trace(document: Fields) -> dict[str, Any]:
    """Returns a trace in one layer: what is said of it, and its request, response and spans."""
    inside = mapping(document.get("trace"))
    data = {**mapping(inside.get("data")), **mapping(document.get("data"))}
    info = {**mapping(inside.get("info")), **mapping(document.get("info"))}
    return {**info, **data, **without(document, "info", "data", "trace")}


def _tags(trace: Mapping[str, Any]) -> dict[str, Any]:
    tags = opened(trace.get("tags"))
    if isinstance(tags, list):
        pairs = [mapping(tag) for tag in tags]
        return {str(tag["key"]): tag.get("value") for tag in pairs if "key" in tag}
    return dict(mapping(tags))


def _in_trace(
    span: Mapping[str, Any],
    call: Mapping[str, Any],
    trace: Mapping[str, Any],
    about: Mapping[str, Any],
    ratings: list[dict[str, Any]],
) -> dict[str, Any]:
    trace_id = first(trace, "trace_id", "request_id")
    inner = first({**mapping(span.get("context")), **span}, "span_id")
    fields = {
        **{"id": f"{trace_id}/{inner}", "trace": trace_id, "ratings": ratings},
        "session": call.get("session") or first(about, *_SESSION),
        "user": call.get("user") or first(about, *_USER),
        "metadata": impersonal(_kept(about)),
    }
    said = {key: value for key, value in fields.items() if not is_blank(value)}
    return {**without(call, "resource", *fields), **said}


def _whole(trace: Mapping[str, Any], about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the row of a trace that has no span of a model: the question and answer of all."""
    spans = [span for span in listing(trace.get("spans")) if isinstance(span, Mapping)]
    roots = [s for s in spans if is_blank(first(s, "parent_id", "parent_span_id"))]
    root = mapping(mapping(roots[0]).get("attributes")) if roots else {}
    question = first(trace, "request") or first(root, "mlflow.spanInputs")
    answer = first(trace, "response") or first(root, "mlflow.spanOutputs")
    usage = mapping(first(about, "mlflow.trace.tokenUsage", "mlflow.tokenUsage"))
    state = str(first(trace, "state", "status")).rsplit(".", 1)[-1].upper()
    failed = state == "ERROR"
    trace_id = first(trace, "trace_id", "request_id")
    fields = {
        **{"id": trace_id, "trace": trace_id, "ratings": _ratings(trace, {}, [], True)},
        **asked(question or trace.get("request_preview")),
        "response": None if failed else answer or trace.get("response_preview"),
        "session": first(about, *_SESSION),
        "user": first(about, *_USER),
        "created_at": first(trace, "request_time", "timestamp_ms"),
        "latency_ms": _duration(trace),
        "input_tokens": usage.get("input_tokens"),
        "output_tokens": usage.get("output_tokens"),
        "status": "error" if failed else None,
        "error": "error" if failed else None,
    }
    return row({**without(trace, *_USED), "metadata": _kept(about)}, fields)


def _kept(about: Mapping[str, Any]) -> dict[str, Any]:
    return without(about, *_SESSION, *_USER, *_LONG)


def _duration(trace: Mapping[str, Any]) -> float | None:
    """Returns milliseconds: a number of them, or the text of a protocol buffer, `1.5s`."""
    value = first(trace, "execution_duration_ms", "execution_duration", "execution_time_ms")
    if isinstance(value, str) and value.endswith("s"):
        seconds = number(value.removesuffix("s"))
        return None if seconds is None else seconds * 1000
    return number(value)


def _ratings(
    trace: Mapping[str, Any],
    span: Mapping[str, Any],
    calls: list[Any],
    is_last: bool,
) -> list[dict[str, Any]]:
    """Returns what was said of a call: of its span, and for the last one of the trace."""
    ids = [_span_id(other) for other, _ in calls]
    pieces = []
    for item in map(mapping, listing(trace.get("assessments"))):
        of = first(item, "span_id")
        ours = of is not None and of == _span_id(span)
        if (ours or (is_last and of not in ids)) and item.get("valid") is not False:
            pieces.append(_piece(item))
    return [piece for piece in pieces if piece is not None]


def _span_id(span: Mapping[str, Any]) -> Any:
    return first({**mapping(span.get("context")), **span}, "span_id")


def _piece(item: Mapping[str, Any]) -> dict[str, Any] | None:
    name = str(first(item, "assessment_name", "name") or "assessment")
    source = mapping(item.get("source"))
    kind = str(source.get("source_type") or "").rsplit(".", 1)[-1]
    more = {
        "rater_type": rater_by_kind(kind, name),
        "rater": source.get("source_id") if kind == "HUMAN" else None,
        "comment": first(item, "rationale"),
        "created_at": first(item, "create_time", "create_time_ms", "last_update_time"),
    }
    if "expectation" in item:
        return _expectation(name, mapping(item["expectation"]), more)
    return verdict(name, opened(mapping(item.get("feedback")).get("value")), **more)


def _expectation(
    name: str, expectation: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Returns what an answer should have been: a text is a correction, a word otherwise a label."""
    value = opened(mapping(expectation.get("serialized_value")).get("value"))
    value = opened(expectation.get("value")) if value is None else value
    if isinstance(value, str) and name.lower() in _EXPECTED:
        said = {key: item for key, item in more.items() if item not in (None, "")}
        return {"kind": "correction", "name": name, "value": value, **said}
    return verdict(name, value, **more) if isinstance(value, str) else None


PRESETS = [
    Preset(
        name="mlflow",
        version=1,
        what="MLflow traces: trace JSON, the API, rows of search_traces",
        source="https://mlflow.org/docs/latest/genai/concepts/trace/",
        date="2026-11-29",
        fits=_fits,
        fields=columns(*SPAN_FIELDS),
        rows=_rows,
    )
]
