"""Shown texts: nothing acts, everything is seen, plain text is as it was."""

from __future__ import annotations

import html
import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.text.escaping import for_html, for_json, for_markdown, for_terminal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "\\x1b]8;;http://evil\\x07link\\x1b]8;;\\x07"),
        ("\x9b2J", "\\x9b2J"),
        ("abc\rxyz", "abc\\x0dxyz"),
        ("one\r\ntwo\tthree\n", "one\ntwo\tthree\n"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("pay\u200bpal", "pay\\u200bpal"),
        ("\U000e0041", "\\U000e0041"),
        ("half \ud83d", "half \\ud83d"),
        ("👩‍💻 नमस्ते مرحبا 你好 é", "👩‍💻 नमस्ते مرحبا 你好 é"),
    ],
)
def test_terminal(text: str, shown: str) -> None:
    assert for_terminal(text) == shown


@given(st.text(st.characters()))
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = for_terminal(text)
    kept = {"\n", "\t", "\u200c", "\u200d"}
    # Numbers of Arabic and Syriac are headed by marks that Unicode files with those that act.
    acting = {"Cc", "Zl", "Zp", "Cs"}
    assert not {c for c in shown if unicodedata.category(c) in acting} - kept
    assert not {c for c in shown if unicodedata.bidirectional(c) in _TURNING}
    shown.encode()


@given(st.text(st.characters()))
def test_json_is_the_same_value_and_nothing_in_it_acts(text: str) -> None:
    shown = for_json(json.dumps({text: [text]}, ensure_ascii=False, indent=2))
    assert json.loads(shown) == {text: [text]}
    assert for_terminal(shown) == shown


def test_json_escapes_beyond_the_first_plane() -> None:
    assert for_json('"\x9b\u202e\U000e0041é"') == r'"\u009b\u202e\udb40\udc41é"'


_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"])))
def test_what_does_not_act_is_as_it_was(text: str) -> None:
    assert for_terminal(text) == text
    assert html.unescape(for_html(text)) == text


@given(st.text())
def test_html_ends_no_tag_and_no_attribute(text: str) -> None:
    assert not set(for_html(text)) & set("<>\"'")


@given(st.text())
def test_markdown_is_read_as_the_text(text: str) -> None:
    from markdown_it import MarkdownIt

    shown = for_markdown(text)
    rendered = MarkdownIt("commonmark").enable("table").render(f"| a |\n|---|\n| {shown}. |\n")
    cell = rendered.split("<td>")[1].split("</td>")[0]
    assert "<" not in cell
    assert html.unescape(cell) == (" ".join(for_terminal(text).split()) + ".").strip()
