"""Spans in whatever container they come: OTLP documents, exporters' rows, data frames, tables.

Source: OpenTelemetry protocol, trace.proto and logs.proto in their JSON form; the SDKs' console
exporters; the ClickHouse exporter's `otel_traces`; Phoenix, `get_spans_dataframe`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from curate.sources.presets import Fields
from curate.sources.presets._attributes import Attributes, any_value, flat
from curate.sources.presets._rows import (
    failure,
    first,
    is_blank,
    listing,
    mapping,
    milliseconds,
    number,
    opened,
    without,
)

SPAN_KIND = "openinference.span.kind"

_IDS = ("context.span_id", "spanId", "span_id", "SpanId", "spanID")
_TRACES = ("context.trace_id", "traceId", "trace_id", "TraceId", "traceID")
_PARENTS = ("parentSpanId", "parent_span_id", "parent_id", "ParentSpanId")
_NAMES = ("name", "span_name", "SpanName", "eventName", "event_name", "EventName")
_STARTS = (
    *("startTimeUnixNano", "start_time_unix_nano", "start_time", "startTime", "start_time_ns"),
    *("timeUnixNano", "time_unix_nano", "Timestamp", "timestamp", "time"),
)
_ENDS = ("endTimeUnixNano", "end_time_unix_nano", "end_time", "endTime", "end_time_ns")
_BAGS = (
    *("attributes", "Attributes", "span_attributes", "SpanAttributes", "LogAttributes"),
    *("attributes_string", "attributes_number", "attributes_bool", "customDimensions"),
)
_RESOURCES = ("resource", "ResourceAttributes", "resource_attributes", "resources_string")
_DOTTED = ("attributes.", "gen_ai.", "llm.", "openinference.", "traceloop.", "session.", "user.")
_DURATIONS = {"duration_ms": 1.0, "duration_ns": 1e-6, "duration_nano": 1e-6, "Duration": 1e-6}
_STATUSES = ("status", "status_code", "StatusCode", "statusCode", "status_code_string")
_MESSAGES = ("status_message", "StatusMessage", "statusMessage", "status_description")
_EVENTS = ("events", "Events")
_USED = frozenset(
    (
        *(*_IDS, *_TRACES, *_PARENTS, *_STARTS, *_ENDS, *_BAGS, *_RESOURCES, *_DURATIONS),
        *(*_STATUSES, *_MESSAGES, *_EVENTS, "context"),
        *("Events.Attributes", "Events.Name", "Events.Timestamp"),
    )
)
_BATCHES = ("resourceSpans", "resource_spans", "batches")
_LOGS = ("resourceLogs", "resource_logs")


@dataclass(frozen=True)
class Event:
    """Something that happened in a span, or a log record of it."""

    name: str
    attributes: Attributes
    time: Any = None


@dataclass(frozen=True)
class Span:
    """A span, or a log record that says what a span would.

    Args:
        id: of the span.
        trace: id of the trace that it is in.
        name: of the span.
        start: when it began, as it was written.
        attributes: under dotted keys, those of its events with details included.
        events: in the order that they have.
        rest: what else the document says, the resource among it.
        latency_ms: how long it took.
        status: the word or number for how it ended.
        error: why it failed, None where it did not.
    """

    id: Any
    trace: Any
    name: str
    start: Any
    attributes: Attributes
    events: Sequence[Event] = ()
    rest: Mapping[str, Any] = field(default_factory=dict)
    latency_ms: float | None = None
    status: Any = None
    error: Any = None

    @property
    def failed(self) -> bool:
        """Returns whether it ended in an error."""
        return self.error is not None


def is_batch(document: Fields) -> bool:
    """Returns whether a document is one of the OpenTelemetry protocol: spans or logs in batches."""
    return any(_resources(document, key) for key in (*_BATCHES, *_LOGS))


def is_span(document: Fields) -> bool:
    """Returns whether a document is the row of a span: ids, a name, a time and attributes."""
    known = {**mapping(document.get("context")), **document}
    needed = (first(known, *names) is not None for names in (_IDS, _TRACES, _NAMES, _STARTS))
    return all(needed) and (_has_bag(document) or bool(_dotted(document)))


def is_frame(document: Fields) -> bool:
    """Returns whether a document is a span as Phoenix lists them: a `span_kind` and a context."""
    context = "context" in document or "context.span_id" in document
    return context and not is_blank(document.get("span_kind"))


def attributes_of(document: Fields) -> Attributes:
    """Returns the attributes of a row, from a column of them and from columns named for each."""
    found: Attributes = {}
    for key in _BAGS:
        if key in document:
            found.update(flat(document[key]))
    found.update(_dotted(document))
    if is_frame(document):
        found.setdefault(SPAN_KIND, document["span_kind"])
    return found


def spans_of(document: Fields) -> Iterable[Span]:
    """Yields the spans of a document: of its batches, or the one that it is."""
    for key in _BATCHES:
        for resource, scope, span in _members(document, key, "spans"):
            yield _span({**span, "resource": resource, "scope": scope})
    for key in _LOGS:
        yield from _of_logs([_span(_record(*found)) for found in _members(document, key, "log")])
    if not is_batch(document):
        yield _span(document)


def _of_logs(records: Sequence[Span]) -> Iterable[Span]:
    """Yields log records, each with the others of its span as its events."""
    for record in records:
        others = [other for other in records if other.id == record.id and not is_blank(other.id)]
        events = [Event(other.name, other.attributes, other.start) for other in others]
        yield Span(**{**vars(record), "events": events})


def _record(resource: Any, scope: Any, record: Mapping[str, Any]) -> dict[str, Any]:
    attributes = flat(record.get("attributes"))
    body = any_value(record.get("body"))
    if isinstance(opened(body), Mapping):
        attributes = {**flat(body), **attributes}
    name = first(record, "eventName", "event_name") or first(attributes, "event.name")
    return {
        **without(record, "body", "eventName", "event_name"),
        **{"name": name or "log record", "attributes": attributes},
        **{"resource": resource, "scope": scope},
    }


def _members(document: Fields, key: str, what: str) -> Iterable[tuple[Any, Any, Mapping[str, Any]]]:
    """Yields resource, scope and span (or log record) for each of those in batches."""
    for batch in _resources(document, key):
        scopes = first(batch, "scopeSpans", "scope_spans", "instrumentationLibrarySpans")
        scopes = scopes or first(batch, "scopeLogs", "scope_logs")
        for scope in map(mapping, listing(scopes)):
            names = ("spans",) if what == "spans" else ("logRecords", "log_records")
            for item in listing(first(scope, *names)):
                if isinstance(item, Mapping):
                    yield batch.get("resource"), mapping(scope.get("scope")).get("name"), item


def _resources(document: Fields, key: str) -> list[Mapping[str, Any]]:
    if key not in document:
        return []
    found = [item for item in listing(document[key]) if isinstance(item, Mapping)]
    names = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans", "scopeLogs", "scope_logs")
    return [item for item in found if any(name in item for name in names)]


def _span(document: Fields) -> Span:
    known = {**mapping(document.get("context")), **document}
    start, end = first(known, *_STARTS), first(known, *_ENDS)
    events = list(_events(document))
    attributes = attributes_of(document)
    status, error = _outcome(document, attributes, events)
    return Span(
        id=first(known, *_IDS) or first(document, "id"),
        trace=first(known, *_TRACES) or first(document, "operation_Id"),
        name=str(first(document, *_NAMES) or ""),
        start=start,
        attributes=attributes,
        events=events,
        rest=_rest(document),
        latency_ms=_latency(document, start, end),
        status=status,
        error=error,
    )


def _rest(document: Fields) -> dict[str, Any]:
    kept = {
        key: value
        for key, value in document.items()
        if key not in _USED and not key.startswith(_DOTTED)
    }
    resource: Attributes = {}
    for key in _RESOURCES:
        found = opened(document.get(key))
        inner = found.get("attributes", found) if isinstance(found, Mapping) else found
        resource.update(flat(inner))
    return {**kept, "resource": resource}


def _latency(document: Fields, start: Any, end: Any) -> float | None:
    for key, factor in _DURATIONS.items():
        if (amount := number(document.get(key))) is not None:
            return amount * factor
    return milliseconds(start, end)


def _outcome(document: Fields, attributes: Attributes, events: Sequence[Event]) -> tuple[Any, Any]:
    """Returns the status of a span, and why it failed where it did."""
    status = opened(first(document, *_STATUSES))
    message = first(document, *_MESSAGES)
    if isinstance(status, Mapping):
        message = first(status, "message", "description") or message
        status = first(status, "code", "status_code")
    raised = [event.attributes for event in events if event.name == "exception"]
    why = message or next((first(a, "exception.message", "exception.type") for a in raised), None)
    why = why or first(attributes, "error.message", "error.type", "exception.message")
    word = str(status).upper().removeprefix("STATUS_CODE_")
    if word in ("2", "ERROR") or not is_blank(attributes.get("error.type")):
        return "error", failure(why) or "error"
    return None if word in ("0", "1", "OK", "UNSET", "NONE") else status, None


def _events(document: Fields) -> Iterable[Event]:
    for item in listing(first(document, *_EVENTS)):
        event = mapping(item)
        if event:
            time = first(event, "timeUnixNano", "time_unix_nano", "timestamp", "time")
            bag = flat(first(event, "attributes", "Attributes"))
            yield Event(str(first(event, "name", "Name") or ""), bag, time)
    names = listing(document.get("Events.Name"))
    for name, bag in zip(names, listing(document.get("Events.Attributes")), strict=False):
        yield Event(str(name), flat(bag))


def _has_bag(document: Fields) -> bool:
    return any(
        isinstance(opened(document[key]), Mapping | list) for key in _BAGS if key in document
    )


def _dotted(document: Fields) -> Attributes:
    """Returns what columns say that are named for one attribute each, as in a data frame."""
    columns = {k: v for k, v in document.items() if k.startswith(_DOTTED) and not _null(v)}
    if not columns:
        return {}
    return flat({key.removeprefix("attributes."): value for key, value in columns.items()})


def _null(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and value != value)
