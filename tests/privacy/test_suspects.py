"""The cheap look says yes to whatever the exact one would find, and to little else."""

from __future__ import annotations

import gzip
import random
import re
import string
import sys
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.messages import canonical
from curate.privacy import credentials, patterns
from curate.privacy.privacy import findings
from curate.privacy.redact import PLACEHOLDER, Finder
from curate.privacy.suspects import COLUMNS, suspects

sys.path.append(str(Path(__file__).parents[2] / "benchmarks" / "privacy"))

import labelled

_PATTERNS = (
    *(key.pattern for key in credentials._KEYS), credentials._URL_PASSWORD, credentials._PASSWORD,
    credentials._ASSIGNED, patterns._EMAIL, patterns._CARD, patterns._IBAN, patterns._SSN,
    patterns._IPV4, patterns._IPV6, patterns._MAC, patterns._DIGITS, PLACEHOLDER,
)  # fmt: skip
_VALUES = (
    "ann@example.com", "ann%40ex-ample.co.uk", "邮箱是ann@example.com吧", "+44 7911 123456",
    "(415) 555-0132", "4111 1111 1111 1111", "gb82 west 1234 5698 7654 32", "536-90-4399",
    "DE89370400440532013000", "192.168.12.44", "2001:db8::ff00:42:8329", "1:2:3:4:5:6:7:abc8",
    "00:1b:44:11:3a:b7", "<EMAIL_1>", "https://me:hunter22@host.org/", "password is: hunTer22!",
    "pa\u017fs\u2003wa\u017f h4nter22x", "pass_phrase:=Ab1!Ab1!", "密码 PWD是Zx9#kk11",
    '"secret": "q8Zr2LmX91tY"', "secretkey=>000456AB1123", "ap\u0131 \u212aey=q8Zr2LmX91tY",
    "cl\u0130ent_secret => q8Zr2LmX91tY", "to\u212aen\x1cis\x0bq8Zr2LmX91tY",
    "Bearer q8Zr2LmX91tYq8Zr2LmX91tY", "sk-ant-api03-AbC123dEf456GhI789jKl012mNo",
    "AKIAIOSFODNN7EXAMPLE", "12345678:AAE" + "q8Zr2LmX91" * 3 + "tY",
    "aws wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
)  # fmt: skip
_AROUND = st.text(alphabet='aZ9 \n\t\\"/:=.-_<>@é你\x0b\x1c\u2028', max_size=4)
_SAID = st.tuples(_AROUND, st.sampled_from(_VALUES), _AROUND).map("".join)


def row_of(text: Any, where: str) -> dict[str, Any]:
    """Returns an example that has a text somewhere, as the store would give it."""
    message = {"role": "user", "content": "Hello"}
    row: dict[str, Any] = {"messages": [message], "output": None, "tools": None}
    row |= {"query": "Hello", "response": None, "label": None}
    if where in ("query", "response", "label"):
        row[where] = text
    elif where == "key":
        row["tools"] = [{text: ["x"]}]
    elif where == "content":
        row["messages"] = [{**message, "content": [{"type": "text", "text": text}]}]
    elif where == "json":
        arguments = orjson.dumps({"a": {"b": text}}).decode()
        row["output"] = [{"role": "assistant", "content": None, "arguments": arguments}]
    else:
        escaped = orjson.dumps([text]).decode().replace("@", "\\u0040").replace("/", "\\/")
        row["output"] = [{"role": "assistant", "content": orjson.dumps([escaped]).decode()}]
    for name in COLUMNS[:3]:
        row[name] = None if row[name] is None else canonical(row[name])
    return {"example_id": "e", "source": "logs", "conversation_id": "c", **row}


def looked(rows: list[dict[str, Any]]) -> list[int]:
    texts = {name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS}
    with duckdb.connect() as con:
        con.register("texts", pa.table({**texts, "place": pa.array(range(len(rows)))}))
        return suspects(con)


def is_found(row: dict[str, Any]) -> bool:
    return bool(findings(Finder(), row)) or bool(
        PLACEHOLDER.search("".join(map(str, row.values())))
    )


_WHERE = ("query", "response", "label", "key", "content", "json", "json in json")


@pytest.mark.parametrize("where", _WHERE)
@given(st.lists(_SAID, min_size=1, max_size=20))
@settings(max_examples=20, deadline=None)
def test_whatever_is_found_is_suspected(where: str, texts: list[str]) -> None:
    rows = [row_of(text, where) for text in texts]
    assert {n for n, row in enumerate(rows) if is_found(row)} <= set(looked(rows))


def test_most_of_the_values_are_found_at_all() -> None:
    assert sum(is_found(row_of(text, "query")) for text in _VALUES) >= len(_VALUES) - 3


@pytest.mark.parametrize("pattern", _PATTERNS, ids=lambda p: p.pattern[:30])
@given(st.data())
@settings(max_examples=10, deadline=None)
def test_whatever_a_pattern_matches_and_a_check_takes_is_suspected(
    pattern: re.Pattern[str], data: st.DataObject
) -> None:
    plain = re.compile(pattern.pattern.replace("}+", "}"), pattern.flags)
    texts = data.draw(st.lists(st.from_regex(plain), min_size=1, max_size=5))
    rows = [row_of(text, where) for text in texts for where in ("query", "content", "json")]
    assert {n for n, row in enumerate(rows) if is_found(row)} <= set(looked(rows))


def test_keys_count_as_words_before_a_text() -> None:
    held = [{"password": "hunTer22!"}, {"token": ["q8Zr2LmX91tY"]}, {"phone": 4155550132}]
    for value in held:
        for text in (value, orjson.dumps(value).decode()):
            row = row_of("Hello", "query") | {"tools": canonical([text])}
            assert is_found(row)
            assert looked([row]) == [0]


def test_letters_of_other_scripts_that_are_of_one_case_with_those_of_ascii() -> None:
    alike = {c for c in map(chr, range(128, 0x110000)) if re.match("(?i)[a-z]", c)}
    assert alike == set("\u0130\u0131\u017f\u212a")
    assert not set(string.ascii_letters) & alike


@pytest.mark.slow
def test_labelled_texts_and_real_logs(shared_data: Path) -> None:
    rng = random.Random(1)
    carriers = labelled.sentences(shared_data, sets=("topical_chat_rated",))
    made = [labelled.personal(rng), labelled.look_alikes(rng)]
    texts = [one.text for kinds in made for one in labelled.texts(kinds, carriers, rng, each=5)]
    rows = [row_of(text, where) for text in texts for where in ("query", "content", "json")]
    assert {n for n, row in enumerate(rows) if is_found(row)} <= set(looked(rows))
    with gzip.open(shared_data / "topical_chat_rated" / "turns.jsonl.gz") as turns:
        said = [orjson.loads(line)["message"] for line in turns]
    rows = [row_of(text, "content") for text in said]
    assert {n for n, row in enumerate(rows) if is_found(row)} <= set(looked(rows))
    assert len(looked(rows)) < 0.02 * len(rows)
