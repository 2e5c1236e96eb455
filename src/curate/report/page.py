"""The report as one HTML file, which fetches nothing: texts are escaped, Vega draws the plots.

Vega comes with `vl-convert-python`, a package that also turns Vega-Lite into what Vega draws, so
that neither a browser nor a network is needed here.
"""

from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from curate.errors import MissingExtra
from curate.map import HOW_TO_INSTALL
from curate.report.parts import (
    Block,
    Case,
    Facing,
    Figures,
    Grid,
    MapOfInputs,
    Part,
    Percent,
    Plot,
    Quote,
    Sentence,
)  # fmt: skip
from curate.text.escaping import for_html, for_terminal

# No request may leave, whatever stands in a text; Vega compiles its expressions.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; "
    "img-src data:; base-uri 'none'; form-action 'none'"
)
_CASES = 5
"""Cases in a row that are shown; more are folded."""


MARK = b'<meta name="generator" content="curate report">'
"""Stands at the beginning of each report."""


_WORD = re.compile(r"[0-9A-Za-z_\u00c0-\u024f]+|\s+|.", re.DOTALL)
_CONFIG = {"view": {"stroke": None}, "axis": {"gridOpacity": 0.6}}


def page(title: str, subtitle: str, blocks: Sequence[Block]) -> str:
    """Returns the file.

    Args:
        title: of the project.
        subtitle: what state is shown.
        blocks: in their order.

    Raises:
        MissingExtra: `vl-convert-python` is not installed.
    """
    return "".join(_page(title, subtitle, blocks))


def _page(title: str, subtitle: str, blocks: Sequence[Block]) -> Iterable[str]:
    draw = _Drawing()
    yield (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n{MARK.decode()}\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{for_html(title)}</title>\n<style>\n{_file('page.css')}</style>\n</head>\n<body>\n"
        f'<header id="top"><h1>{for_html(title)}</h1>\n'
        f'<p class="soft">{for_html(subtitle)}</p>\n<nav>'
    )
    yield "\n".join(f'<a href="#{b.name}">{for_html(b.title)}</a>' for b in blocks)
    yield "</nav></header>\n<main>\n"
    yield "<noscript><p>Plots need JavaScript; tables do not.</p></noscript>\n"
    for block in blocks:
        yield _block(block, draw)
    yield (
        "</main>\n<footer>Made by <code>curate report</code>. Personal data is hidden as far as "
        "patterns find it; this does not make a text anonymous.</footer>\n"
    )
    yield from draw.data
    yield f"<script>\n{_vega()}\n</script>\n"
    yield f"<script>\n{_file('page.js')}</script>\n</body>\n</html>\n"


def _block(block: Block, draw: _Drawing) -> str:
    commands = "; ".join(_command(one) for one in block.command.split("; "))
    body = _body(block.parts, draw)
    if not block.parts:
        body = f"<p class='soft'>Not yet: {for_html(block.missing)}</p>\n"
    return (
        f'<section id="{block.name}">\n<h2>{for_html(block.title)}</h2>\n'
        f'<p class="command">The same numbers: {commands} <a href="#top">to the top</a></p>\n'
        f"{body}</section>\n"
    )


def _command(text: str) -> str:
    before, found, command = text.partition("curate ")
    return f"{for_html(before)}<code>{for_html(found + command)}</code>"


def _body(parts: Sequence[Part], draw: _Drawing) -> str:
    """Returns parts as HTML: tables of what was just drawn are folded, and so are many cases."""
    text = ""
    before: Part | None = None
    for is_case, run in itertools.groupby(parts, lambda part: isinstance(part, Case | Facing)):
        shown = []
        for part in run:
            shown.append(_part(part, isinstance(before, Plot), draw))
            before = part
        more = shown[_CASES:] if is_case else []
        text += "".join(shown[: len(shown) - len(more)])
        if more:
            text += f"<details><summary>{len(more)} more</summary>\n{''.join(more)}</details>\n"
    return text


class _Drawing:
    """Collects what is drawn: a data block each, and the place that shows it."""

    def __init__(self) -> None:
        self.data: list[str] = []

    def add(self, value: Any) -> str:
        """Returns the id of a new data block."""
        name = f"data-{len(self.data) + 1}"
        text = orjson.dumps(value).decode().replace("<", "\\u003c")  # so that nothing ends it
        self.data.append(f'<script type="application/json" id="{name}">{text}</script>\n')
        return name


def _escaped(value: Any) -> Any:
    """Returns data in which no text acts, wherever it stands."""
    if isinstance(value, str):
        return for_terminal(value)
    if isinstance(value, Mapping):
        return {_escaped(name): _escaped(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(part) for part in value]
    return value


def _part(part: Part, is_folded: bool, draw: _Drawing) -> str:
    if isinstance(part, Grid):
        return _grid(part, is_folded)
    if isinstance(part, Plot):
        return _plot(part, draw)
    if isinstance(part, MapOfInputs):
        return _map(part, draw)
    if isinstance(part, Sentence):
        return f'<p dir="auto">{for_html(part.text)}</p>\n'
    if isinstance(part, Figures):
        return _figures(part)
    return _case(part) if isinstance(part, Case) else _facing(part)


def _figures(part: Figures) -> str:
    tiles = "".join(
        f'<div class="figure"><span class="soft">{for_html(name)}</span><b>{for_html(number)}</b>'
        f'<span class="soft">{for_html(note)}</span></div>\n'
        for name, number, note in part.figures
    )
    return f'<div class="figures">\n{tiles}</div>\n'


def _grid(part: Grid, is_folded: bool) -> str:
    columns = range(len(part.header))
    numeric = [bool(part.rows) and all(_is_number(row[c]) for row in part.rows) for c in columns]
    head = "".join(_cell("th", name, numeric[c]) for c, name in enumerate(part.header))
    body = "".join(
        "<tr>" + "".join(_cell("td", row[c], numeric[c]) for c in columns) + "</tr>\n"
        for row in part.rows
    )
    more = f"<p class='soft'>... and {part.more:,} more</p>\n" if part.more else ""
    caption = for_html(part.caption)
    table = f"<table><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table>"
    if is_folded:
        return (
            f'<details><summary>the numbers: {caption}</summary>\n<div class="grid">{table}</div>\n'
            f"{more}</details>\n"
        )
    table = table.replace("<thead>", f"<caption>{caption}</caption><thead>", 1)
    return f'<div class="grid">{table}</div>\n{more}'


def _cell(tag: str, value: Any, is_number: bool) -> str:
    if isinstance(value, int | Percent):
        text = f"{value:.1%}" if isinstance(value, Percent) else f"{value:,}"
    else:
        text = "" if value is None else str(value)
    kind = ' class="number"' if is_number else ""
    scope = ' scope="col"' if tag == "th" else ""
    return f"<{tag}{kind}{scope}>{for_html(text)}</{tag}>"


def _is_number(value: Any) -> bool:
    if isinstance(value, int | float) or value in ("", None):
        return True
    return isinstance(value, str) and re.fullmatch(r"[+-]?[\d,.]+%?", value) is not None


def _plot(part: Plot, draw: _Drawing) -> str:
    name = draw.add(_compiled(part))
    caption = for_html(part.caption)
    return (
        f'<figure><div class="plot" role="img" aria-label="{caption}" data-spec="{name}"></div>\n'
        f"<figcaption>{caption}</figcaption></figure>\n"
    )


def _compiled(part: Plot) -> dict[str, Any]:
    """Returns what Vega draws."""
    # Escaped before, as the order of values stands in the specification once more.
    spec = _escaped(
        {
            "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
            "data": {"values": list(part.rows)},
            "autosize": {"type": "fit-x", "contains": "padding"},
            "config": _CONFIG,
            **part.spec,
        }
    )
    compiled: dict[str, Any] = _convert().vegalite_to_vega(spec)
    for name in ("$schema", "background"):  # the page has its own
        compiled.pop(name, None)
    return compiled


def _map(part: MapOfInputs, draw: _Drawing) -> str:
    name = draw.add(_escaped({"columns": part.columns, "colours": part.colours}))
    shown = len(part.columns["x"])
    some = f"{shown:,} of {part.of:,} points are drawn. " if shown < part.of else ""
    caption = f"{some}Near points mean nearly the same; the axes have no meaning of their own."
    return (
        f'<div class="map-of-inputs" data-points="{name}">\n<div class="controls">\n'
        "<label>colour by <select></select></label>\n"
        '<input type="search" placeholder="up to four words, a label or an id" '
        'aria-label="search the questions">\n'
        '<button type="button">reset</button>\n<output></output>\n</div>\n'
        f'<figure><div class="map" role="img" aria-label="map of the inputs"></div>\n'
        f"<figcaption>{caption} Hover or tap to read; drag to move; double click, or Shift and the "
        "wheel, to zoom; a click in the legend shows one kind alone.</figcaption></figure>\n"
        '<div class="legend"></div>\n<ol class="found"></ol>\n</div>\n'
    )


def _quote(quote: Quote, text: str | None = None) -> str:
    who = " ".join(part for part in (quote.name, quote.id[:12]) if part)
    shown = for_html(quote.text) if text is None else text
    named = f'<span class="who" dir="ltr">{for_html(who)}</span>'
    return f'<blockquote dir="auto">{named}{shown}</blockquote>\n'


def _case(part: Case) -> str:
    beside = "".join(map(_quote, part.beside))
    near = f'<div><span class="soft">nearest</span>\n{beside}</div>\n' if beside else ""
    kind = "case with-neighbours" if beside else "case"
    return (
        f'<div class="{kind}">\n<h3>{for_html(part.title)}</h3>\n'
        f'<div>{"".join(map(_quote, part.quotes))}<p class="soft">{for_html(part.why)}</p></div>\n'
        f"{near}</div>\n"
    )


def _facing(part: Facing) -> str:
    one, other = _marked(part.one.text, part.other.text)
    return (
        f'<div class="case">\n<h3>{for_html(part.title)}</h3>\n<div class="facing">\n'
        f"{_quote(part.one, one)}{_quote(part.other, other)}</div></div>\n"
    )


def _marked(first: str, second: str) -> tuple[str, str]:
    """Returns two texts as HTML, in which what only one of them has is marked."""
    a, b = _WORD.findall(first), _WORD.findall(second)
    # Another case alone is no difference: it would drown what is one.
    one, other = ([word.casefold() for word in words] for words in (a, b))
    steps = difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes()
    mine = [(kind == "equal", a[start:end]) for kind, start, end, _, _ in steps]
    theirs = [(kind == "equal", b[start:end]) for kind, _, _, start, end in steps]
    return _emphasized(mine), _emphasized(theirs)


def _emphasized(parts: Sequence[tuple[bool, Sequence[str]]]) -> str:
    return "".join(
        text if is_same or not text else f"<mark>{text}</mark>"
        for is_same, words in parts
        for text in [for_html("".join(words))]
    )


def _file(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


@functools.cache
def _vega() -> str:
    bundle: str = _convert().javascript_bundle("window.vegaEmbed=vegaEmbed;")
    return bundle.replace("</script", "<\\/script")


def _convert() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise MissingExtra(f"plots need vl-convert-python. Next: {HOW_TO_INSTALL}") from error
    return vl_convert
