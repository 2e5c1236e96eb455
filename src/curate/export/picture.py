"""The picture of a version's card: sizes, mix, lengths and errors at one glance, as SVG.

It is written by hand, with the XML writer of Python, for three reasons. A version's bytes must not
depend on what is installed, and plotting libraries are optional, large, and draw otherwise with
every release. They take longer to load than most exports. And an image in a README may hold neither
script nor link, yet has to suit light and dark pages, which a few lines of CSS do here; so it draws
its own ground, too. Sides differ in lightness and hatching, not in hue alone.
"""

from __future__ import annotations

import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from curate.text.escaping import for_terminal

NAME = "overview.svg"

_ROWS = 10
_WIDTH, _LEFT, _RIGHT = 640, 28, 612
_BARS = 236  # where bars begin; names stand before them
_SIDES = ("production", "train", "test")
_STYLE = """
.ground{fill:#fff;stroke:#d5dae1} text{fill:#1c2430;font:15px system-ui,-apple-system,sans-serif}
.name{font-size:22px;font-weight:600} .head{font-size:16px;font-weight:600} .soft{fill:#566070}
.axis{stroke:#e4e8ee} .production{fill:#b9c1cc} .train{fill:#14609f} .validation{fill:#6fa8d8}
.test{fill:url(#hatch)} .under{fill:#f6b73c} .over{stroke:#8a4b00} .whisker{stroke:#1c2430}
@media (prefers-color-scheme:dark){
.ground{fill:#12171e;stroke:#333c48} text{fill:#e8ecf1} .soft{fill:#a3aebc} .axis{stroke:#29313b}
.production{fill:#5b6675} .train{fill:#5fb0f5} .validation{fill:#2f6ea8} .under{fill:#a8690a}
.over{stroke:#ffd98a} .whisker{stroke:#e8ecf1}}
"""
_HATCH = """<pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse"
patternTransform="rotate(45)"><path class="over" d="M0 0V5" stroke-width="3"/></pattern>"""


def summary(manifest: Mapping[str, Any]) -> str:
    """Returns in one line what the picture shows, for who does not see it; nothing is escaped."""
    counts, (aspect, rows) = manifest["counts"], _mix(manifest)
    sizes = ", ".join(f"{counts[side]:,} {side}" for side in _present(counts))
    mix = (f"{name} {', '.join(f'{share:.1%}' for share in shares)}" for name, shares in rows)
    parts = [f"{manifest['name']} v{manifest['version']}: {sizes} examples"]
    parts += [f"shares of production, train and test by {aspect}: {'; '.join(mix)}"] if rows else []
    return ". ".join(
        parts + [f"{rate['side']}: {_wrong(rate)}" for rate in manifest["error_rates"]]
    )


def render(manifest: Mapping[str, Any]) -> bytes:
    """Returns the picture of a version as SVG: the same bytes for the same manifest."""
    page, title = _Page(), f"{manifest['name']} v{manifest['version']}"
    page.text(_LEFT, 42, title, "name", cells=40)
    page.text(_LEFT, 68, f"{manifest['task']}, {manifest['counts']['examples']:,} calls", "soft")
    page.down = 100
    _sizes(page, manifest["counts"])
    _paired_bars(page, *_mix(manifest))
    files = [file for file in manifest["files"] if file.get("tokens")]
    first = files[0]["format"] if files else ""
    lengths = [(f["split"], f["tokens"]) for f in files if f["format"] == first]
    told = "median {p50:,}, 95% up to {p95:,}, longest {max:,}"
    rows = [(side, (n["p50"], 0, n["max"]), told.format(**n)) for side, n in lengths]
    _ranges(page, "Tokens of a row", "bar: median, line: up to the longest", rows)
    rates = [(r["side"], (r["rate"], r["low"], r["high"]), r) for r in manifest["error_rates"]]
    wrong = [(side, numbers, _wrong(rate)) for side, numbers, rate in rates]
    _ranges(page, "Wrong, by an audit", "bar: estimate, line: 95% interval", wrong)
    return page.svg(title, summary(manifest))


class _Page:
    """An SVG that grows downwards: every `y` counts from `down`, where the next part begins."""

    def __init__(self) -> None:
        self.down = 0.0
        self.root = ET.Element("svg", xmlns="http://www.w3.org/2000/svg", role="img")

    def add(self, tag: str, css: str, **attributes: float | str) -> ET.Element:
        moved = {key: n + self.down for key, n in attributes.items() if key[0] == "y"}  # type: ignore[operator]
        shown = {
            key.replace("_", "-"): n if isinstance(n, str) else f"{n:.1f}"
            for key, n in {**attributes, **moved}.items()
        }
        return ET.SubElement(self.root, tag, {"class": css, **shown})

    def text(self, x: float, y: float, text: str, css: str = "", *, cells: int = 0) -> None:
        """Adds a line, cut to so many letters; an inner <svg> clips those that are wider."""
        width = _BARS - 12 if 0 < cells < 30 else _RIGHT
        inner = self.add("svg", "", x=0, y=y - 24, width=width, height=34)
        place = {"class": css, "x": f"{x}", "y": "24"}
        ET.SubElement(inner, "text", place).text = _fitted(text, cells)

    def bar(self, side: str, x: float, y: float, width: float, height: float) -> None:
        for css in ("under", "test") if side == "test" else (side,):
            self.add("rect", css, x=x, y=y, width=width, height=height, rx="2")

    def line(self, css: str, x1: float, y1: float, x2: float, y2: float) -> None:
        thick = "2" if css == "whisker" else "1"
        self.add("line", css, x1=x1, y1=y1, x2=x2, y2=y2, stroke_width=thick)

    def svg(self, title: str, description: str) -> bytes:
        """Returns the whole picture, on its ground."""
        height = round(self.down - 8)
        size = {"width": f"{_WIDTH}", "height": f"{height}"}
        self.root.attrib |= {**size, "viewBox": f"0 0 {_WIDTH} {height}"}
        named = {"title": _fitted(title), "desc": _fitted(description), "style": _STYLE}
        first = [ET.Element(tag) for tag in named]
        for element, text in zip(first, named.values(), strict=True):
            element.text = text
        size = {"width": f"{_WIDTH - 1}", "height": f"{height - 1}"}
        ground = ET.Element("rect", {"class": "ground", "x": "0.5", "y": "0.5", "rx": "10", **size})
        self.root[:0] = [*first, ET.fromstring(_HATCH), ground]  # noqa: S314 - our own text
        ET.indent(self.root)
        return (ET.tostring(self.root, encoding="unicode") + "\n").encode()


def _sizes(page: _Page, counts: Mapping[str, int]) -> None:
    """Draws one bar, divided among the sides, with their numbers above."""
    sides, x = _present(counts), float(_LEFT)
    total = sum(counts[side] for side in sides) or 1
    for place, side in enumerate(sides):
        _legend(page, _LEFT + place * 600 // len(sides), f"{counts[side]:,} {side}", side, "head")
        width = (_RIGHT - _LEFT) * counts[side] / total
        page.bar(side, x, 14, max(width - 2, 0), 20)
        x += width
    said = f"{counts['pending']:,} more held-out examples wait for a good answer"
    page.text(_LEFT, 58, said if counts["pending"] else "", "soft")
    page.down += 104 if counts["pending"] else 80


def _legend(page: _Page, x: float, text: str, side: str, css: str = "soft") -> None:
    page.bar(side, x, -11, 11, 11)
    page.text(x + 18, 0, text, css)


def _paired_bars(page: _Page, aspect: str, rows: Sequence[tuple[str, Sequence[float]]]) -> None:
    """Draws shares of production, train and test, name by name."""
    if not rows:
        return
    page.text(_LEFT, 0, f"Mix by {aspect}", "head")
    for x, side in zip((_BARS, 362, 446), _SIDES, strict=True):
        _legend(page, x, side, side)
    page.down += 18
    most = max(max(shares) for _, shares in rows) or 1.0
    step = next(n for n in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1) if most <= 5 * n or n == 1)
    scale, height = (_RIGHT - 30 - _BARS) / most, 40 * len(rows)
    for n in range(int(most / step + 1e-9) + 1):
        mark = _BARS + n * step * scale
        page.line("axis", mark, 0, mark, height)
        page.text(mark - 10, height + 18, f"{n * step:.0%}", "soft")
    for name, shares in rows:
        page.text(_LEFT, 25, name, cells=24)
        for place, (side, share) in enumerate(zip(_SIDES, shares, strict=True)):
            page.bar(side, _BARS, 5 + 10 * place, share * scale, 9)
        page.down += 40
    page.down += 58


def _ranges(
    page: _Page,
    head: str,
    legend: str,
    rows: Iterable[tuple[str, tuple[float, float, float], str]],
) -> None:
    """Draws for each side a number as a bar, and from where to where it goes as a line."""
    if not (rows := list(rows)):
        return
    page.text(_LEFT, 0, head, "head")
    page.text(_BARS, 0, legend, "soft")
    page.down += 12
    scale = (_RIGHT - _BARS) / (max(high for _, (_, _, high), _ in rows) or 1)
    for side, numbers, said in rows:
        number, low, high = (_BARS + n * scale for n in numbers)
        page.text(_LEFT, 20, side)
        page.bar(side, _BARS, 6, number - _BARS, 11)
        page.line("whisker", low, 22, high, 22)
        page.text(_BARS, 43, said, "soft")
        page.down += 50
    page.down += 34


def _present(counts: Mapping[str, int]) -> list[str]:
    return [
        side for side in ("train", "validation", "test") if counts[side] or side != "validation"
    ]


def _wrong(rate: Mapping[str, Any]) -> str:
    if not rate["rate"]:
        return f"none wrong (95%: at most {rate['high']:.1%})"
    return f"{rate['rate']:.1%} wrong (95%: {rate['low']:.1%} to {rate['high']:.1%})"


def _mix(manifest: Mapping[str, Any]) -> tuple[str, list[tuple[str, list[float]]]]:
    """Returns what the mix is shown by, and the shares of each name; the rare ones are one."""
    totals, mix = manifest["edge_cases"]["examples"], manifest["mix"]
    aspect = next((a for a in ("label", "cluster", "length") if len(mix[a]) > 1), None)
    rows = [(name, numbers) for name, *numbers in mix[aspect]] if aspect else []
    if len(rows) > _ROWS + 1:
        rest = [sum(column) for column in zip(*(n for _, n in rows[_ROWS:]), strict=True)]
        rows = [*rows[:_ROWS], (f"{len(rows) - _ROWS:,} others", rest)]
    return aspect or "", [
        (name, [n / of if of else 0.0 for n, of in zip(numbers, totals, strict=True)])
        for name, numbers in rows
    ]


def _fitted(text: str, cells: int = 0) -> str:
    """Returns a text in which nothing acts, cut to a width; wide letters take two cells."""
    line, used = " ".join(for_terminal(text).split()), 0
    for place, letter in enumerate(line):
        used += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if cells and used > cells:
            return f"{line[: place - 1]}…"
    return line
