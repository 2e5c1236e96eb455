from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from curate.sources import Document, Location, reader
from curate.sources.extended_json import simplified


@pytest.mark.parametrize(
    ("wrapped", "plain"),
    [
        ({"$oid": "66f0a1"}, "66f0a1"), ({"$uuid": "3b24"}, "3b24"), ({"$symbol": "s"}, "s"),
        ({"$numberInt": "6"}, 6), ({"$numberLong": "9007199254740993"}, 9007199254740993),
        ({"$numberLong": 7}, 7), ({"$numberDouble": "4.5"}, 4.5), ({"$numberDouble": "NaN"}, "NaN"),
        ({"$numberDecimal": "0.10"}, "0.10"), ({"$undefined": True}, None),
        ({"$date": "2026-09-10T10:00:00.000Z"}, "2026-09-10T10:00:00.000Z"),
        ({"$date": 1789034600000}, "2026-09-10T10:03:20.000Z"),
        ({"$date": {"$numberLong": "1789034600123"}}, "2026-09-10T10:03:20.123Z"),
        ({"$date": {"$numberLong": "-1"}}, "1969-12-31T23:59:59.999Z"),
        ({"$timestamp": {"t": 1789034600, "i": 1}}, "2026-09-10T10:03:20Z"),
        ({"$binary": {"base64": "aGk=", "subType": "00"}}, "hi"),
        ({"$binary": "aGk=", "$type": "00"}, "hi"),
        ({"$binary": {"base64": "/w==", "subType": "00"}}, "/w=="),
        ({"$binary": {"base64": "AAECAwQFBgcICQoLDA0ODw==", "subType": "04"}},
         "00010203-0405-0607-0809-0a0b0c0d0e0f"),
        ([{"a": {"$oid": "1"}}, [{"$numberInt": "2"}]], [{"a": "1"}, [2]]),
        # Only what is exactly a wrapper is one.
        ({"$oid": "1", "b": 2}, {"$oid": "1", "b": 2}),
        ({"$ref": "#/defs/x"}, {"$ref": "#/defs/x"}),
        ({"$numberInt": "six"}, {"$numberInt": "six"}), ({"$date": "soon"}, "soon"),
        ({"$oid": {"a": 1}}, {"$oid": {"a": 1}}), ({"$date": None}, {"$date": None}),
        ({"$date": 10**30}, {"$date": 10**30}), ({}, {}), ("$oid", "$oid"), (None, None),
    ],
)  # fmt: skip
def test_wrapped_values_are_what_they_wrap(wrapped: Any, plain: Any) -> None:
    assert simplified(wrapped) == plain


def test_json_files_are_read_without_wrappers(tmp_path: Path) -> None:
    logged = {"_id": {"$oid": "66f0a1"}, "n": {"$numberLong": "6"}, "price": "$5"}
    body = {
        "a.jsonl": json.dumps(logged) + "\n",
        "one.json": json.dumps(logged),
        "many.json": json.dumps([logged], indent=1),
        "lines.json": f"{json.dumps(logged)}\n" * 2,
    }
    for name, text in body.items():
        (tmp_path / name).write_text(text)
        kind = "jsonl" if name == "a.jsonl" else "json"
        found = list(reader(kind)(Location(tmp_path / name)))
        assert found[0] == Document(1, {"_id": "66f0a1", "n": 6, "price": "$5"})
    # An array that is cut into its items.
    (tmp_path / "long.json").write_text(json.dumps([logged, logged]))
    found = list(reader("json")(Location(tmp_path / "long.json", max_document=100)))
    assert found[1] == Document(2, {"_id": "66f0a1", "n": 6, "price": "$5"})
