"""Traceloop: rows of spans that OpenLLMetry wrote."""

from __future__ import annotations

from curate.sources.presets import Fields, Preset
from curate.sources.presets._dialects import SPAN_FIELDS, is_traceloop, span_rows
from curate.sources.presets._rows import columns
from curate.sources.presets._spans import attributes_of, is_batch, is_frame


def _fits(document: Fields) -> bool:
    if is_batch(document) or is_frame(document):
        return False
    return is_traceloop(attributes_of(document))


PRESETS = [
    Preset(
        name="traceloop",
        version=1,
        what="Traceloop OpenLLMetry: rows of spans with traceloop.* and gen_ai.prompt.N attributes",
        source="https://www.traceloop.com/docs/openllmetry/contributing/semantic-conventions",
        date="2026-11-29",
        fits=_fits,
        fields=columns(*SPAN_FIELDS),
        rows=span_rows,
    )
]
