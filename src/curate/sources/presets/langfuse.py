"""Langfuse: observations, traces and scores, of the blob export, the UI's export and the API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._raters import rater_by_kind, rater_by_name, verdict
from curate.sources.presets._rows import (
    asked,
    columns,
    feedback_columns,
    feedback_row,
    first,
    is_blank,
    listing,
    mapping,
    milliseconds,
    number,
    opened,
    row,
    without,
)

_TYPES = frozenset(
    (
        *("SPAN", "GENERATION", "EVENT", "AGENT", "TOOL", "CHAIN", "RETRIEVER", "EVALUATOR"),
        *("EMBEDDING", "GUARDRAIL"),
    )
)
_SOURCES = ("API", "EVAL", "ANNOTATION")
_TRACE, _SESSION, _USER = (
    ("trace_id", "traceId"),
    ("session_id", "sessionId"),
    ("user_id", "userId"),
)
_START, _END = ("start_time", "startTime", "timestamp"), ("end_time", "endTime")
_MODEL = ("provided_model_name", "providedModelName", "model")
_COST = ("total_cost", "totalCost", "calculated_total_cost", "calculatedTotalCost")
_MESSAGE = ("status_message", "statusMessage")
_USAGE = ("usage_details", "usageDetails", "usage")
_TOOLS = ("tool_definitions", "toolDefinitions")
_IN = ("input_tokens", "inputTokens", "promptTokens", "inputUsage", "prompt_tokens")
_OUT = ("output_tokens", "outputTokens", "completionTokens", "outputUsage", "completion_tokens")
_OF_TRACE = frozenset(
    (
        *("bookmarked", "public", "release", "projectId", "project_id", "htmlPath"),
        *("observationCount", "observations", "scores", "tags", "version", "environment"),
    )
)
_USED = (
    *("id", "input", "output", "latency", "level", "scores", "observations"),
    *(*_TRACE, *_SESSION, *_USER, *_START, *_END, *_MODEL, *_COST, *_MESSAGE, *_USAGE, *_TOOLS),
    *(*_IN, *_OUT),
)
_NO_SCORES = frozenset((*_USED, *_OF_TRACE, "name", "metadata", "traceName", "traceTags"))


def _is_observation(document: Fields) -> bool:
    ours = {"project_id", "projectId", "parent_observation_id", "parentObservationId", "level"}
    ours |= {*_USAGE, *_MODEL[:2], "trace_name", "traceName"}
    ids = not is_blank(document.get("id")) and bool({*_TRACE} & set(document))
    timed = first(document, "start_time", "startTime") is not None
    return str(document.get("type")) in _TYPES and ids and timed and bool(ours & set(document))


def _is_trace(document: Fields) -> bool:
    known = {"id", "timestamp", "input", "output"} <= set(document)
    return known and "type" not in document and len(_OF_TRACE & set(document)) >= 2


def _fits(document: Fields) -> bool:
    return _is_observation(document) or _is_trace(document) or bool(_downloaded(document))


def _downloaded(document: Fields) -> list[Fields]:
    """Returns the traces of a download of one trace, or of a session with its traces."""
    found: list[Fields] = []
    if "trace" in document and "observations" in document:
        scores = document.get("scores") or []
        inside = {"observations": document["observations"]}
        found = [{"scores": scores, **mapping(document["trace"]), **inside}]
    elif "projectId" in document:
        session = {"sessionId": document.get("id")}
        found = [{**session, **mapping(trace)} for trace in listing(document.get("traces"))]
    return found if found and all(map(_is_trace, found)) else []


def _rows(document: Fields) -> Iterable[Part]:
    for trace in _downloaded(document):
        yield from _rows(trace)
    if not _is_observation(document) and not _is_trace(document):
        return
    if not _is_trace(document):
        yield _observation(document, {}, [])
        return
    inside = [item for item in listing(document.get("observations")) if isinstance(item, Mapping)]
    if not any(item.get("type") == "GENERATION" for item in inside):
        call = _call(document, document, document.get("id"), _scores(document))
        yield {**call, "is_root": True}
        return
    yield from _generations(document, inside)


def _generations(trace: Fields, inside: list[Mapping[str, Any]]) -> Iterable[Part]:
    """Yields the calls in a trace; what is said of the trace is said of the last of them."""
    generations = [item for item in inside if item.get("type") == "GENERATION"]
    last = max(generations, key=lambda item: str(first(item, *_START) or ""))
    ids = [item.get("id") for item in generations]
    for item in inside:
        scores = [
            piece
            for score in _listed_scores(trace)
            for of in [first(score, "observationId", "observation_id")]
            if of == item.get("id") or (item is last and of not in ids)
            if (piece := _piece(score)) is not None
        ]
        yield _observation(item, trace, scores)


def _observation(document: Fields, trace: Fields, scores: list[dict[str, Any]]) -> Part:
    kind = str(document.get("type"))
    if kind != "GENERATION":
        return LeftOut(kind)
    context = {key: trace.get(key) for key in (*_SESSION, *_USER) if key in trace}
    return _call(document, {**context, **document}, first(document, *_TRACE), scores)


def _call(
    document: Fields, context: Fields, trace: Any, scores: list[dict[str, Any]]
) -> dict[str, Any]:
    usage = mapping(first(document, *_USAGE))
    failed = str(document.get("level")).upper() == "ERROR"
    output = document.get("output")
    fields = {
        **{"id": document.get("id"), "trace": trace, "ratings": scores},
        **asked(document.get("input")),
        "response": None if failed else output,
        "tools": list(_tools(first(document, *_TOOLS))),
        "session": first(context, *_SESSION),
        "user": first(context, *_USER),
        "created_at": first(document, *_START),
        "latency_ms": _latency(document),
        "model": first(document, *_MODEL),
        "input_tokens": _tokens(
            first(usage, "input", "prompt_tokens", "input_tokens"), document, _IN
        ),
        "output_tokens": _tokens(
            first(usage, "output", "completion_tokens", "output_tokens"), document, _OUT
        ),
        "cost_usd": first(document, *_COST),
        "status": "error" if failed else None,
        "error": (first(document, *_MESSAGE) or "error") if failed else None,
    }
    said = [key for key in document if key not in _NO_SCORES and _is_scores(document[key])]
    rest = without(document, *_USED, *(said if _is_trace(document) else ()))
    return row({**rest, **({"partial_output": output} if failed else {})}, fields)


def _tokens(found: Any, document: Fields, names: tuple[str, ...]) -> Any:
    return first(document, *names) if found is None else found


def _latency(document: Fields) -> float | None:
    """Returns milliseconds: exports have had `latency` in seconds, and older ones otherwise."""
    start, end = first(document, *_START), first(document, *_END)
    measured = milliseconds(start, end)
    seconds = number(document.get("latency"))
    return measured if measured is not None or seconds is None else seconds * 1000


def _tools(value: Any) -> Iterable[Any]:
    """Yields tool definitions, which stand in a list, or by name and as texts in an object."""
    found = opened(value)
    if isinstance(found, Mapping):
        for name, tool in found.items():
            tool = opened(tool)
            yield {"name": name, **tool} if isinstance(tool, Mapping) else {"name": name}
    elif isinstance(found, list):
        yield from (opened(tool) for tool in found)


# --- Scores


def _listed_scores(trace: Fields) -> list[Mapping[str, Any]]:
    found = [item for item in listing(trace.get("scores")) if isinstance(item, Mapping)]
    return [item for item in found if "name" in item]


def _scores(document: Fields) -> list[dict[str, Any]]:
    """Returns what a trace was scored: in a list of scores, or in a column for each name."""
    pieces = [_piece(score) for score in _listed_scores(document)]
    for name, value in document.items():
        if name not in _NO_SCORES and _is_scores(value):
            pieces += [
                verdict(name, item, rater_type=rater_by_name(name)) for item in listing(value)
            ]
    return [piece for piece in pieces if piece is not None]


def _is_scores(value: Any) -> bool:
    """Returns whether a column of a trace holds scores: a list of numbers or of yes and no."""
    items = listing(value)
    return bool(items) and all(
        isinstance(item, int | float | str)
        and (number(item) is not None or str(item).casefold() in ("true", "false"))
        for item in items
    )


def _piece(score: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns a score as a piece of feedback inside of a call."""
    said = _said(score)
    for kind in ("correction", "label", "rating"):
        if not is_blank(said.get(kind)):
            piece = {
                **without(said, kind, "id", "key", "trace", "data_type"),
                "kind": kind,
                "value": said[kind],
            }
            return {key: value for key, value in piece.items() if not is_blank(value)}
    return None


def _fits_score(document: Fields) -> bool:
    named = {"data_type", "dataType"} & set(document) and "name" in document
    valued = {"value", "string_value", "stringValue"} & set(document)
    return bool(named) and bool(valued) and document.get("source") in _SOURCES


def _score_rows(document: Fields) -> Iterable[Part]:
    said = _said(document)
    if is_blank(said["key"]) and is_blank(said["trace"]):
        run = first(document, "dataset_run_id", "datasetRunId", "experimentId")
        yield LeftOut("score of a session" if run is None else "score of an experiment")
        return
    yield feedback_row(document, said)


def _said(score: Mapping[str, Any]) -> dict[str, Any]:
    kind = str(first(score, "data_type", "dataType") or "").upper()
    value = score.get("value")
    text = first(score, "string_value", "stringValue")
    text = value if text is None and isinstance(value, str) else text
    subject = mapping(score.get("subject"))
    source = score.get("source")
    place = str(subject.get("kind"))
    return {
        "id": score.get("id"),
        "key": first(score, "observation_id", "observationId")
        or (first(subject, "id", "observationId") if place == "observation" else None),
        "trace": first({**subject, **score}, "trace_id", "traceId")
        or (subject.get("id") if place == "trace" else None),
        "name": score.get("name"),
        "rating": _yes(value, text) if kind == "BOOLEAN" else value if kind == "NUMERIC" else None,
        "label": text if kind == "CATEGORICAL" else None,
        "correction": text if kind == "CORRECTION" else None,
        "comment": first(score, "comment") or (text if kind == "TEXT" else None),
        "rater": first(score, "author_user_id", "authorUserId"),
        "rater_type": rater_by_kind(source if source != "API" else None, score.get("name"))
        if kind != "BOOLEAN" or source != "API"
        else _thumb(score.get("name")),
        "created_at": first(score, "timestamp", "created_at", "createdAt"),
        "data_type": kind,
    }


def _thumb(name: Any) -> str:
    """Returns who gave a yes or no by the API: a user, unless its name says that a model did."""
    rater = rater_by_name(name)
    return "user" if rater == "unknown" else rater


def _yes(value: Any, text: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    amount = number(value)
    if amount is not None:
        return amount > 0
    word = str(text).casefold()
    return word == "true" if word in ("true", "false") else None


_SOURCE = "https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields"
_DATE = "2026-11-29"

PRESETS = [
    Preset(
        name="langfuse",
        version=2,
        what="Langfuse observations and traces: blob export, UI export, API",
        source=_SOURCE,
        date=_DATE,
        fits=_fits,
        fields=columns(
            *("id", "trace", "messages", "query", "request", "response", "tools", "ratings"),
            *("session", "user", "created_at", "latency_ms", "model", "input_tokens"),
            *("output_tokens", "cost_usd", "status", "error"),
        ),
        rows=_rows,
        roots=True,
    ),
    Preset(
        name="langfuse",
        version=2,
        what="Langfuse scores: blob export, UI export, API",
        source=_SOURCE,
        date=_DATE,
        fits=_fits_score,
        fields=feedback_columns(
            *("id", "key", "trace", "name", "rating", "label", "correction", "comment", "rater"),
            *("rater_type", "created_at", "data_type"),
        ),
        rows=_score_rows,
        kind="feedback",
    ),
]
