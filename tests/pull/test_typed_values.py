from __future__ import annotations

from typing import Any

import pytest

from curate.pull.typed_values import typed_documents


def test_an_item_of_dynamodb() -> None:
    item = {
        "id": {"N": "7"},
        "cost": {"N": "0.5"},
        "said": {"L": [{"M": {"text": {"S": "Hi"}}}, {"NULL": True}]},
        "tags": {"SS": ["a"]},
    }
    plain = {"id": 7, "cost": 0.5, "said": [{"text": "Hi"}, None], "tags": ["a"]}
    assert typed_documents({"Item": item}) == [plain]
    assert typed_documents({"Items": [item], "Count": 1}) == [plain]


def test_a_document_of_firestore() -> None:
    fields = {
        "n": {"integerValue": "7"},
        "said": {
            "arrayValue": {"values": [{"mapValue": {"fields": {"t": {"stringValue": "Hi"}}}}]}
        },
    }
    document = {"name": "projects/p/documents/chats/c1", "fields": fields}
    assert typed_documents(document) == [{"id": "c1", "n": 7, "said": [{"t": "Hi"}]}]


@pytest.mark.parametrize(
    "document",
    [{"Item": "Lamp"}, {"Item": {"S": 1}}, {"Items": []}, {"fields": {"a": 1}, "name": "x"}],
)
def test_other_documents_are_none(document: dict[str, Any]) -> None:
    assert typed_documents(document) is None
