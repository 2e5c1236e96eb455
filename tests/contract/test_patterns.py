"""Patterns that would be tried for years are told from those that only look like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from curate.contract import terms
from curate.contract.patterns import is_endless
from curate.errors import ConfigError

ENDLESS = [r"([ -~]+)+!", r"(?:a+)*", r"x((a{2,})+?)y", r"(?:(?P<n>\w+)\s?)+$", r"(a+|b)(?=(c+)+d)"]
FINE = [
    r"([ -~])+!", r"(\w+ )+", r"(,\d+)*", r"(\d+,)*\d+", r"(a{3})+", r"(a?)+", r"(a+){2}", r"(a+)?",
    r"\d{4}-\d{2}", r"(?:yes|no)+", r"[a-z]+(?:-[a-z]+)*",
]  # fmt: skip


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_repeat_of_a_repeat_is_endless(pattern: str) -> None:
    assert is_endless(pattern)


@pytest.mark.parametrize("pattern", FINE)
def test_other_repeats_are_not(pattern: str) -> None:
    assert not is_endless(pattern)


@pytest.mark.parametrize(
    "line",
    [
        "pattern = '([ -~]+)+!'",
        "schema = {type = 'object', properties = {a = {pattern = '([ -~]+)+!'}}}",
        "schema = {patternProperties = {'([ -~]+)+!' = {type = 'string'}}}",
    ],
)
def test_curate_toml_is_refused_with_one(tmp_path: Path, line: str) -> None:
    (tmp_path / "curate.toml").write_text(f"[contract]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        terms.load(tmp_path)
    message = str(caught.value)
    assert "'([ -~]+)+!' repeats a repeat" in message and "Next: " in message
    (tmp_path / "curate.toml").write_text(
        f"[contract]\n{line.replace('([ -~]+)+!', '[ -~]+!')}\n", encoding="utf-8"
    )
    assert terms.load(tmp_path).written
