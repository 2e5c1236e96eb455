"""OpenInference: spans as Phoenix and Arize export them, and Phoenix's annotations."""

from __future__ import annotations

from collections.abc import Iterable

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._dialects import SPAN_FIELDS, is_openinference, span_rows
from curate.sources.presets._raters import rater_by_kind
from curate.sources.presets._rows import (
    columns,
    feedback_columns,
    feedback_row,
    first,
    is_blank,
    mapping,
    number,
)
from curate.sources.presets._spans import attributes_of, is_batch, is_frame

_RESULTS = ("score", "label", "explanation")


def _fits(document: Fields) -> bool:
    if is_batch(document):
        return False
    return is_frame(document) or is_openinference(attributes_of(document))


def _fits_annotation(document: Fields) -> bool:
    said = {"result", *(f"result.{name}" for name in _RESULTS), *_RESULTS} & set(document)
    known = {"span_id", "trace_id", "context.span_id"} & set(document)
    return "annotator_kind" in document and bool(known) and bool(said)


def _annotation_rows(document: Fields) -> Iterable[Part]:
    flat = {name: first(document, f"result.{name}", name) for name in _RESULTS}
    said = {**flat, **mapping(document.get("result"))}
    span, trace = first(document, "span_id", "context.span_id"), first(document, "trace_id")
    if span is None and trace is None:
        yield LeftOut("annotation of a document or a session")
        return
    name = first(document, "name", "annotation_name")
    score, label = said.get("score"), said.get("label")
    fields = {
        **{"key": span, "trace": trace, "name": name},
        "rating": score if number(score) is not None else None,
        "label": label if is_blank(score) else None,
        "comment": said.get("explanation"),
        "rater": first(document, "user_id"),
        "rater_type": rater_by_kind(document.get("annotator_kind"), name),
        "created_at": first(document, "created_at", "updated_at"),
    }
    yield feedback_row(document, fields)


_DATE = "2026-11-29"

PRESETS = [
    Preset(
        name="openinference",
        version=1,
        what="OpenInference spans: Phoenix and Arize data frames, JSON and Parquet",
        source="https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md",
        date=_DATE,
        fits=_fits,
        fields=columns(*SPAN_FIELDS),
        rows=span_rows,
    ),
    Preset(
        name="openinference",
        version=1,
        what="Phoenix annotations of spans and traces",
        source="https://arize.com/docs/phoenix/tracing/concepts-tracing/annotations-concepts",
        date=_DATE,
        fits=_fits_annotation,
        fields=feedback_columns(
            *("key", "trace", "name", "rating", "label", "comment", "rater", "rater_type"),
            "created_at",
        ),
        rows=_annotation_rows,
        kind="feedback",
    ),
]
