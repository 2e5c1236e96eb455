"""Verdicts on values are those of plain `jsonschema`, for schemas and documents of all kinds."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.contract import schema as schemas
from curate.contract.answers import check_text
from curate.contract.terms import Contract

KEYS = st.sampled_from(["a", "b", "c/d", "e~f"])
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 12), st.sampled_from([0.5, 3.0, 1e300]),
    st.sampled_from(["", "x", "yes", "2026-05-01", "a@b.cd", "é"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
TYPES = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])


def _keywords(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Returns schemas with some keywords of each kind."""
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=3, unique=True),
            "enum": st.lists(SCALARS, min_size=1, max_size=3),
            "const": SCALARS,
            "minimum": st.integers(-2, 5),
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "maxLength": st.integers(0, 3),
            "pattern": st.sampled_from(["^x", "s$", "[0-9]{4}"]),
            "format": st.sampled_from(["date", "email", "nonesuch"]),
            "properties": st.dictionaries(KEYS, inner, max_size=3),
            "required": st.lists(KEYS, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "items": inner,
            "uniqueItems": st.booleans(),
            "minItems": st.integers(0, 2),
            "anyOf": st.lists(inner, min_size=1, max_size=2),
            "not": inner,
        },
    )


SCHEMAS = st.recursive(st.booleans() | _keywords(st.booleans()), _keywords, max_leaves=6)


@settings(max_examples=200, deadline=None)
@given(SCHEMAS, VALUES)
def test_the_verdict_is_that_of_the_library(schema: Any, value: Any) -> None:
    text = json.dumps(schema)
    assert schemas.problem(text) is None
    oracle = jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    found = check_text(json.dumps(value), Contract(schema=text))
    assert (found is None) == oracle.is_valid(value)
    if found:
        assert found.path == "" or _holds(value, found.path, found.kind)


def _holds(value: Any, path: str, kind: str) -> bool:
    """Returns whether a pointer leads to a place in a value; a missing key is missing there."""
    *steps, last = [s.replace("~1", "/").replace("~0", "~") for s in path.split("/")[1:]]
    for step in steps:
        value = value[int(step) if isinstance(value, list) else step]
    if kind == "required":
        return last not in value
    return int(last) < len(value) if isinstance(value, list) else last in value
