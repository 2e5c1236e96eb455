"""Tables and code spans of Markdown: a renderer gives the texts back, and nothing acts."""

from __future__ import annotations

import html
import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from curate.text.escaping import for_terminal
from curate.text.markdown import code, markdown_table

RENDERER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEXTS = st.text(st.sampled_from(list("ab`|\\*_<>&#1.-~[]()!:\n\t \x1b\u202e"))) | st.text()


def shown(text: str) -> str:
    return " ".join(for_terminal(text).split())


@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1))
def test_cells_are_read_as_the_texts(rows: list[tuple[str, str]]) -> None:
    rendered = RENDERER.render(markdown_table(["name", "x|y"], rows))
    cells = [html.unescape(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", rendered)]
    assert cells == [shown(text) for row in rows for text in row]
    assert set(re.findall(r"<(\w+)", rendered)) == {"table", "thead", "tr", "th", "tbody", "td"}
    assert ">x|y</th>" in rendered


@given(TEXTS)
def test_a_code_span_is_read_as_the_text(text: str) -> None:
    rendered = RENDERER.renderInline(f"a {code(text)}, b")
    assert rendered.count("<") == 2
    inside = rendered.removeprefix("a <code>").removesuffix("</code>, b")
    assert html.unescape(inside).strip(" ") == shown(text)


def test_numbers_stand_right_and_plain_tables_are_as_they_were() -> None:
    rows = [["refund", 1010, "3.5%"], ["late", 7, "12.0%"], ["2026-01", None, "0%"]]
    assert markdown_table(["label", "n", "share"], rows) == (
        "| label   | n     | share |\n"
        "| ------- | ----- | ----: |\n"
        "| refund  | 1,010 |  3.5% |\n"
        "| late    | 7     | 12.0% |\n"
        "| 2026-01 |       |    0% |\n"
    )
    assert markdown_table(["n"], [[1234], [-5]]) == ("|     n |\n| ----: |\n| 1,234 |\n|    -5 |\n")
    assert markdown_table(["a"], []) == "| a   |\n| --- |\n"
