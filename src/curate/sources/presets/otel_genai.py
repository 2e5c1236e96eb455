"""OpenTelemetry: OTLP documents of spans or logs, and rows of spans with GenAI attributes."""

from __future__ import annotations

from curate.sources.presets import Fields, Preset
from curate.sources.presets._attributes import Attributes
from curate.sources.presets._dialects import (
    SPAN_FIELDS,
    is_genai,
    is_openinference,
    is_traceloop,
    span_rows,
)
from curate.sources.presets._rows import columns
from curate.sources.presets._spans import attributes_of, is_batch, is_frame, is_span


def _fits(document: Fields) -> bool:
    """Returns whether a document is a batch of OTLP, in any dialect, or the row of a span."""
    if is_batch(document):
        return True
    said = attributes_of(document)
    if is_frame(document) or is_openinference(said) or is_traceloop(said) or _is_mlflow(said):
        return False
    return is_genai(said) or is_span(document)


def _is_mlflow(said: Attributes) -> bool:
    return any(key.startswith("mlflow.") for key in said)


PRESETS = [
    Preset(
        name="otel-genai",
        version=1,
        what="OpenTelemetry: OTLP JSON of traces and logs, rows of spans with gen_ai.* attributes",
        source="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/",
        date="2026-11-29",
        fits=_fits,
        fields=columns(*SPAN_FIELDS),
        rows=span_rows,
    )
]
