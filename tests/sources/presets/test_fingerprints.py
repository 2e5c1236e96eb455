"""Every preset knows its own documents, and no other's."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from curate.sources.presets import presets
from platform_rows import PLAIN, examples, fitting

TABLES = (
    *("anthropic", "anthropic-batch", "bedrock", "braintrust", "helicone", "langfuse", "langsmith"),
    *("litellm", "mlflow", "openai-batch", "openai-responses", "openinference", "otel-genai"),
    *("traceloop", "vertex"),
)
"""Whose documents are rows, so that people have them as CSV files too."""


ALL = [
    pytest.param(name, document, id=f"{name}-{place}")
    for name, documents in examples().items()
    for place, document in enumerate(documents)
]


@pytest.mark.parametrize(("name", "document"), ALL)
def test_a_document_is_of_its_own_preset_only(name: str, document: dict[str, Any]) -> None:
    assert fitting(document) == [name]


@pytest.mark.parametrize(
    ("name", "document"), [param for param in ALL if param.values[0] in TABLES]
)
def test_a_document_of_a_csv_file_is_known_too(name: str, document: dict[str, Any]) -> None:
    def cell(value: Any) -> Any:
        if isinstance(value, dict | list):
            return json.dumps(value)
        return "" if value is None else str(value)

    assert fitting({key: cell(value) for key, value in document.items()}) == [name]


@pytest.mark.parametrize("document", PLAIN)
def test_a_plain_log_is_of_no_preset(document: dict[str, Any]) -> None:
    assert fitting(document) == []


def test_every_preset_has_examples() -> None:
    for preset in presets():
        assert any(map(preset.fits, examples()[preset.name])), (preset.name, preset.kind)


def test_every_preset_says_what_it_reads_and_where_that_is_described() -> None:
    for preset in presets():
        assert "/" in preset.source and preset.what
        assert date.fromisoformat(preset.date) <= date.today()
