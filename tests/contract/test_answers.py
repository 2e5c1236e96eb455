"""Answers that break a contract in every planted way, and answers that do not."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from random import Random
from typing import Any

import pytest

from curate.contract.answers import check, check_text, read_json
from curate.contract.terms import Contract

SCHEMA = {
    "type": "object",
    "properties": {
        "intent": {"enum": ["refund", "delivery"]},
        "amount": {"type": "integer", "minimum": 0, "maximum": 500},
        "day": {"type": "string", "format": "date"},
        "lines": {"type": "array", "items": {"type": "string"}},
        "note": {"type": ["string", "null"]},
    },
    "required": ["intent", "amount"],
    "additionalProperties": False,
}
CONTRACT = Contract(schema=json.dumps(SCHEMA), written=True)
GOOD = '{"intent": "refund", "amount": 5, "lines": ["a"], "note": null}'
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "search",
            "parameters": {
                "type": "object",
                "properties": {
                    "limit": {"type": "integer"},
                    "where": {"type": "object", "properties": {"shop": {"type": "string"}}},
                },
                "required": ["limit"],
            },
        },
    }
]

#: What is planted -> the text, and the kind and the path that are found.
PLANTED = {
    "prose": ("Our refunds take a week.", "not-json", ""),
    "truncated": (GOOD[:-9], "truncated", ""),
    "truncated in a string": ('{"intent": "ref', "truncated", ""),
    "prose before": (f"Sure, here it is: {GOOD}", "prose", ""),
    "prose behind": (f"{GOOD}\nAnything else?", "prose", ""),
    "code fences": (f"```json\n{GOOD}\n```", "fenced", ""),
    "missing key": ('{"intent": "refund"}', "required", "/amount"),
    "extra key": ('{"intent": "refund", "amount": 5, "x/y": 1}', "additionalProperties", "/x~1y"),
    "text for an integer": ('{"intent": "refund", "amount": "5"}', "type", "/amount"),
    "null": ('{"intent": "refund", "amount": null}', "type", "/amount"),
    "unknown value": ('{"intent": "reufnd", "amount": 5}', "enum", "/intent"),
    "number out of range": ('{"intent": "refund", "amount": 501}', "maximum", "/amount"),
    "wrong item": ('{"intent": "refund", "amount": 5, "lines": ["a", 2]}', "type", "/lines/1"),
    "not a date": ('{"intent": "refund", "amount": 5, "day": "soon"}', "format", "/day"),
    "trailing comma": ('{"intent": "refund", "amount": 5,}', "trailing-comma", ""),
    "single quotes": ("{'intent': 'refund', 'amount': 5}", "python", ""),
    "Python's None": ('{"intent": "refund", "amount": 5, "note": None}', "python", ""),
    "NaN": ('{"intent": "refund", "amount": NaN}', "nan", "/amount"),
    "repeated key": ('{"intent": "refund", "amount": 5, "amount": 6}', "duplicate-key", "/amount"),
    "missing comma": ('{"intent": "refund" "amount": 5}', "not-json", ""),
    "another type": ('["refund", 5]', "type", ""),
    "empty": ("", "empty", ""),
    "white space": (" \n", "empty", ""),
}
#: Arguments of a call, or the name of a tool -> the kind and the path that are found.
PLANTED_CALLS = {
    '{"limit": "ten"}': ("argument-type", "search.limit"),
    "{}": ("argument-required", "search.limit"),
    '{"limit": 1, "where": {"shop": 7}}': ("argument-type", "search.where.shop"),
    '{"limit": 1': ("arguments-not-json", "search"),
    "[1]": ("arguments-not-json", "search"),
    "": ("arguments-not-json", "search"),
    '{"limit": 1, "limit": 2}': ("arguments-not-json", "search.limit"),
}


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "assistant", "content": text}]


def call(arguments: Any, name: str = "search") -> list[dict[str, Any]]:
    function = {"name": name, "arguments": arguments}
    calls = [{"id": "c1", "type": "function", "function": function}]
    return [{"role": "assistant", "content": None, "tool_calls": calls}]


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found_with_its_path(name: str) -> None:
    text, kind, path = PLANTED[name]
    found = check(said(text), None, CONTRACT)
    assert found
    assert (found.kind, found.path) == (kind, path)
    assert 3 < len(found.message) <= 160


def test_values_are_told_as_json() -> None:
    found = check_text('{"intent": "refund", "amount": null}', CONTRACT)
    assert found and found.message == "null is not of type integer"
    found = check_text('{"intent": "x", "amount": 1}', CONTRACT)
    assert found and found.message == '"x" is none of "refund", "delivery"'


@pytest.mark.parametrize("arguments", PLANTED_CALLS)
def test_planted_arguments_are_found(arguments: str) -> None:
    found = check(call(arguments), TOOLS, CONTRACT)
    assert found
    assert (found.kind, found.path) == PLANTED_CALLS[arguments]


def test_an_unknown_tool_is_found_where_all_tools_are_known() -> None:
    found = check(call("{}", "find"), TOOLS, CONTRACT)
    assert found and (found.kind, found.path) == ("unknown-tool", "find")
    assert "search" in found.message
    assert check(call("{}", "find"), None, CONTRACT) is None
    assert check(call("{}", "find"), [*TOOLS, {"type": "web_search"}], CONTRACT) is None


def test_calls_are_looked_at_only_where_tools_is_set() -> None:
    assert check(call('{"limit": "ten"}'), TOOLS, Contract(tools=False)) is None


def test_a_call_needs_no_form_and_an_answer_in_words_does() -> None:
    assert check(call('{"limit": 1}'), TOOLS, CONTRACT) is None
    assert check([], None, CONTRACT) is not None
    assert check([{"role": "assistant", "content": None}], TOOLS, CONTRACT) is not None
    assert check(said("anything"), TOOLS, Contract()) is None


@pytest.mark.parametrize(
    "tools",
    [
        [{"functionDeclarations": [{"name": "search", "parameters": {
            "type": "OBJECT", "properties": {"limit": {"type": "INTEGER", "nullable": True}}}}]}],
        [{"toolSpec": {"name": "search", "inputSchema": {"json": {
            "type": "object", "properties": {"limit": {"type": ["integer", "null"]}}}}}}],
        [{"type": "function", "function": {"name": "search", "input_schema": {
            "type": "object", "properties": {"limit": {"type": ["integer", "null"]}}}}}],
    ],
)  # fmt: skip
def test_parameters_of_other_apis_are_read(tools: list[Any]) -> None:
    assert check(call('{"limit": 1}'), tools, CONTRACT) is None
    assert check(call('{"limit": null}'), tools, CONTRACT) is None
    found = check(call('{"limit": "ten"}'), tools, CONTRACT)
    assert found and found.path == "search.limit"


@pytest.mark.parametrize("parameters", [None, {"type": "objekt"}, {"$ref": "#/nowhere"}, "x"])
def test_what_is_no_schema_of_parameters_checks_nothing(parameters: Any) -> None:
    tools = [{"type": "function", "function": {"name": "search", "parameters": parameters}}]
    assert check(call('{"limit": "ten"}'), tools, CONTRACT) is None


def test_fences_are_taken_off_where_they_are_allowed() -> None:
    fenced = Contract(schema=CONTRACT.schema, fences=True)
    for text in (f"```json\n{GOOD}\n```", f"```\n{GOOD}\n```\n", GOOD):
        assert check_text(text, fenced) is None
    found = check_text('```json\n{"intent": "refund"}\n```', fenced)
    assert found and found.path == "/amount"
    assert check_text(f"Here:\n```json\n{GOOD}\n```", fenced) is not None


def test_halves_of_characters_are_told_as_text() -> None:
    for text in (
        '{"intent": "\\ud83d", "amount": 1}',
        '{"intent": "refund", "amount": 1, "\\udc00": 1}',
    ):
        found = check_text(text, CONTRACT)
        assert found
        assert "?" in found.path + found.message
        (found.path + found.message).encode()


def test_a_pattern_is_about_the_whole_answer() -> None:
    contract = Contract(pattern="yes|no")
    assert check_text("yes", contract) is None
    kinds = [
        found and found.kind for t in ("yes.", "", "maybe") for found in [check_text(t, contract)]
    ]
    assert kinds == ["pattern", "empty", "pattern"]
    assert check_text("", Contract(pattern="(yes)?")) is None


def test_hostile_texts_are_answered_in_time() -> None:
    for text in ("[" * 100_000, "x " + "[" * 100_000, '{"amount": ' + "9" * 5_000 + "}"):
        assert check_text(text, CONTRACT) is not None
    deep = '{"amount":NaN,"lines":' + "[" * 900 + "]" * 900 + "}"
    assert check_text(deep, CONTRACT) is not None
    assert read_json('{"a": NaN, "b": }')[1] is not None


def test_ten_thousand_valid_answers_are_not_flagged() -> None:
    random = Random(4)
    for number in range(10_000):
        answer = {"amount": random.randrange(501), "intent": random.choice(["refund", "delivery"])}
        if number % 2:
            answer["note"] = random.choice(
                [None, 'He said: "{[,\\u00e9 \U0001f600', "'", "```", ""]
            )
        if number % 3:
            answer["lines"] = ["x" * random.randrange(9)] * random.randrange(4)
        if number % 5 == 0:
            answer["day"] = f"20{number % 90 + 10}-0{number % 9 + 1}-1{number % 10}"
        text = json.dumps(answer, ensure_ascii=number % 7 < 3, indent=[None, 2, 1][number % 3])
        assert check_text(" " * (number % 2) + text + "\n" * (number % 4), CONTRACT) is None, text
        arguments = json.dumps({"limit": number, "where": {"shop": f"s{number}"}})
        assert check(call(arguments), TOOLS, CONTRACT) is None


def test_json_is_read_as_its_test_suite_says(shared_data: Path) -> None:
    path = shared_data / "messy_json" / "test_parsing.tar.gz"
    repeated, seen = set(), {"y": 0, "n": 0}
    with tarfile.open(path) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member)
            name = Path(member.name).name
            if file is None or name[:2] not in ("y_", "n_"):
                continue
            try:
                text = file.read().decode("utf-8")
            except UnicodeDecodeError:
                continue
            _, found = read_json(text)
            seen[name[0]] += 1
            if name[0] == "y" and found:
                assert found.kind == "duplicate-key", name
                repeated.add(name)
            assert found or name[0] == "y", name
    assert seen["y"] > 90 and seen["n"] > 170
    assert len(repeated) == 2
