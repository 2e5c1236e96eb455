"""Results in a notebook: what is in them is in their tables, as text, and not more than fits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from typing import Any

from curate.text.notebook import MOST_ROWS, Rows, Shown
from hostile import HOSTILE, shown


@dataclass(frozen=True)
class Part:
    name: str
    n: int
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome(Shown):
    """What came out. <b>

    More about it.
    """

    label: str
    total: int
    share: float = 0.5
    nothing: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    inner: Part | None = None
    secret: str = field(default="s3cret", repr=False)


class Tables(HTMLParser):
    """The cells of every row, in order; fails where a tag is not closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


def test_fields_are_a_table_of_two_columns_below_the_docstring() -> None:
    html = Outcome("a & b", 12345, 1 / 3, counts={"x": 1200, "y": 2})._repr_html_()
    tables = Tables(html)
    assert tables.rows == [
        ["label", "a & b"],
        ["total", "12,345"],
        ["share", "0.3333"],
        ["nothing", ""],
        ["counts", "x 1,200, y 2"],
        ["parts", ""],
        ["pairs", ""],
        ["inner", ""],
    ]
    assert "<caption>What came out. &lt;b&gt;</caption>" in html
    assert "s3cret" not in html and "More about it" not in html


def test_rows_and_parts_stand_below_and_what_is_deeper_is_folded() -> None:
    parts = (Part("one", 1000, ("t1", "t2")), Part("two", 2))
    html = Outcome("a", 1, parts=parts, pairs=(("p", 3),), inner=Part("in", 7))._repr_html_()
    assert [row for row in Tables(html).rows if row[0] not in ("label", "total", "share")] == [
        ["nothing", ""],
        ["counts", ""],
        ["name", "n", "texts"],
        ["one", "1,000", "t1, t2"],
        ["two", "2", ""],
        ["p", "3"],
        ["name", "in"],
        ["n", "7"],
        ["texts", ""],
    ]
    assert re.findall(r"<summary>(.*?)</summary>", html) == ["parts (2)", "pairs (1)", "inner"]
    nested = Rows([{"a": 1, "b": parts}])._repr_html_()
    assert "<details><summary>rows (2)</summary>" in nested and "<details open>" not in nested


def test_a_list_says_how_much_more_there_is() -> None:
    rows = Rows(Part(f"n{n}", n) for n in range(MOST_ROWS + 1234))
    tables = Tables(rows._repr_html_())
    assert len(tables.rows) == 1 + MOST_ROWS and "and 1,234 more" in tables.text
    assert rows == [*rows] and rows[0].name == "n0"
    assert Rows([])._repr_html_() == "<p>none</p>"
    texts = Rows([Part("n", 1, tuple("abcdefghijklmnopqrstuvwxyz"))])
    assert Tables(texts._repr_html_()).rows[1][2].endswith("s, t and 6 more")
    long = Rows([Part("word " * 1000, 1)])
    assert len(Tables(long._repr_html_()).rows[1][0]) <= 200


def test_values_of_all_kinds_and_depths_are_shown() -> None:
    deep: dict[str, Any] = {"a": 1}
    for _ in range(30):
        deep = {"in": [deep], "n": 1}
    value = {
        "at": datetime(2026, 1, 2, 3, 4), "yes": True, "small": 0.00012, "large": 1234567.5,
        "set": frozenset({"b", "a"}), "bytes": b"x", "deep": deep,
    }  # fmt: skip
    html = Rows([value])._repr_html_()
    assert len(html) < 100_000
    cells = Tables(html).rows[1]
    assert cells[:6] == ["2026-01-02 03:04:00", "True", "0.00012", "1,234,567.5", "a, b", "b'x'"]


def test_nothing_in_a_text_acts() -> None:
    for text in HOSTILE:
        result = Outcome(
            text, 1, counts={text: 1}, parts=(Part(text, 1, (text,)),), pairs=((text, 1),)
        )
        tables = Tables(result._repr_html_())
        assert tables.tags <= {"table", "caption", "thead", "tbody", "tr", "th", "td", "details",
                               "summary", "p"}, text  # fmt: skip
        cells = [" ".join(cell.split()) for row in tables.rows for cell in row]
        line = shown(" ".join(text.split()))
        assert cells.count(line) == 4, text
        assert cells.count(shown(f"{text} 1")) == 1, text
        assert not set(tables.text) & set("\x1b\x9b\u202e\u2066\u200b"), text
        named = Tables(Rows([{text: text}])._repr_html_())
        assert shown(text.replace("_", " ")) == " ".join(named.rows[0][0].split()), text
