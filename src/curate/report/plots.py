"""The plots of the report in Vega-Lite: told apart by shape and place, colour comes on top.

Source of the colours: Okabe & Ito 2008, "Color Universal Design", made to be seen on white and on
black.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from curate.report.parts import Plot

SIDES = ("production", "train", "test")
_COLOURS = ["#8a8f98", "#2e8fd0", "#e08a1e"]
_SHAPES = ["circle", "square", "triangle-up"]
_ROW, _LABEL = 22, 170
_SHARE_AXIS = {"format": "~%", "tickCount": 6}
_INK = [{"name": "ink", "value": "#000000"}]
"""The page tells what colour its texts have."""


_DASHES = [[1, 0], [6, 3], [2, 2]]


def sides(name: str, rows: Sequence[Mapping[str, Any]], caption: str, *, most: int) -> Plot:
    """Returns shares of production, train and test: a line a value, a mark a side.

    Args:
        name: of the aspect, such as `label`.
        rows: value, production, train, test, as counts, in the order in which they are shown.
        caption: what is shown.
        most: values that are drawn; shares are of all.
    """
    order = [row["value"] for row in rows[:most]]
    long = [row for row in _long(rows) if row["value"] in order]
    y = {"field": "value", "type": "nominal", "sort": order, "title": None,
         "axis": {"labelLimit": _LABEL, "grid": True}}  # fmt: skip
    x = {"field": "share", "type": "quantitative", "axis": _SHARE_AXIS, "title": "share"}
    spec = {
        "width": "container",
        "height": {"step": _ROW},
        "encoding": {"y": y},
        "layer": [
            {
                "mark": {"type": "rule", "color": _COLOURS[0], "opacity": 0.6},
                "encoding": {
                    "x": {"aggregate": "min", "field": "share", "type": "quantitative"},
                    "x2": {"aggregate": "max", "field": "share"},
                },
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.9},
                "encoding": {"x": x, **_by_side(), "tooltip": _tooltip(name)},
            },
        ],
    }
    return Plot(caption, long, spec)


def time(rows: Sequence[Mapping[str, Any]], caption: str) -> Plot:
    """Returns shares of production, train and test from one period to the next."""
    encoding = {
        "x": {"field": "value", "type": "ordinal", "title": None,
              "axis": {"labelAngle": -40, "labelOverlap": True}},
        "y": {"field": "share", "type": "quantitative", "axis": _SHARE_AXIS, "title": "share"},
        "tooltip": _tooltip("time"),
    }  # fmt: skip
    dashes = {"field": "side", "scale": {"domain": list(SIDES), "range": _DASHES}, "legend": None}
    spec = {
        "width": "container",
        "height": 220,
        "encoding": encoding,
        "layer": [
            {
                "mark": {"type": "line", "strokeWidth": 1.5},
                "encoding": {"strokeDash": dashes, "color": _by_side()["color"]},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": _by_side(),
            },
        ],
    }
    return Plot(caption, _long(rows), spec)


def intervals(
    rows: Sequence[Mapping[str, Any]], caption: str, title: str, *, series: Sequence[str] = ()
) -> Plot:
    """Returns shares with their 95% intervals, a line each.

    Args:
        rows: value, share, low, high, n; and series, where there are several.
        caption: what is shown.
        title: of the axis.
        series: what is told apart by shape and colour, one below the other.
    """
    y = {"field": "value", "type": "nominal", "sort": list(dict.fromkeys(r["value"] for r in rows)),
         "title": None, "axis": {"labelLimit": _LABEL, "grid": True}}  # fmt: skip
    told = [
        {"field": "value", "title": "what"},
        *([{"field": "series", "title": "share"}] if series else []),
        {"field": "share", "title": title, "format": ".1%"},
        {"field": "low", "title": "95% from", "format": ".1%"},
        {"field": "high", "title": "to", "format": ".1%"},
        {"field": "n", "title": "of", "format": ","},
    ]
    looks: dict[str, Any] = {"color": {"value": _COLOURS[1]}}
    offset: dict[str, Any] = {}
    if series:
        looks = _scales("series", series)
        offset = {"yOffset": {"field": "series", "type": "nominal", "sort": list(series)}}
    layers = [
        {
            "mark": {"type": "rule", "strokeWidth": 2},
            "encoding": {
                "x": {"field": "low", "type": "quantitative", "axis": _SHARE_AXIS, "title": title},
                "x2": {"field": "high"},
                "color": looks["color"],
            },
        },
        {
            "mark": {"type": "point", "filled": True, "size": 70},
            "encoding": {"x": {"field": "share", "type": "quantitative"}, **looks, "tooltip": told},
        },
    ]
    spec = {
        "width": "container",
        "height": {"step": _ROW * (1.3 if series else 1), "for": "position"},
        "encoding": {"y": y, **offset},
        "layer": layers,
    }
    return Plot(caption, rows, spec)


def bars(rows: Sequence[Mapping[str, Any]], caption: str, title: str) -> Plot:
    """Returns numbers as bars, each with its number beside it.

    Args:
        rows: value and number.
        caption: what is shown.
        title: of the axis.
    """
    y = {"field": "value", "type": "nominal", "sort": [row["value"] for row in rows],
         "title": None, "axis": {"labelLimit": _LABEL}}  # fmt: skip
    number = {"field": "number", "type": "quantitative"}
    spec = {
        "params": _INK,
        "width": "container",
        "height": {"step": _ROW},
        "encoding": {"y": y, "x": {**number, "title": title,
                              "axis": {"format": "~s", "tickCount": 6},
                              # Room for the number beside the longest bar.
                              "scale": {"domainMax": 1.15 * max(r["number"] for r in rows)}}},
        "layer": [
            {"mark": {"type": "bar", "color": _COLOURS[1]},
             "encoding": {"tooltip": [{"field": "value"}, {**number, "format": ","}]}},
            {"mark": {"type": "text", "align": "left", "dx": 4, "color": {"expr": "ink"}},
             "encoding": {"text": {**number, "format": ","}}},
        ],
    }  # fmt: skip
    return Plot(caption, rows, spec)


def _long(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    totals = {side: sum(row[side] for row in rows) for side in SIDES}
    return [
        {"value": row["value"], "side": side, "number": row[side],
         "share": row[side] / totals[side]}
        for row in rows
        for side in SIDES
        if totals[side]
    ]  # fmt: skip


def _by_side() -> dict[str, Any]:
    return _scales("side", SIDES)


def _scales(field: str, values: Sequence[str]) -> dict[str, Any]:
    """Returns colours and shapes by which values are told apart."""

    def scale(range_: Sequence[str]) -> dict[str, Any]:
        return {"field": field, "type": "nominal", "title": None,
                "scale": {"domain": list(values), "range": list(range_)},
                "legend": {"orient": "top"}}  # fmt: skip

    return {"color": scale(_COLOURS[-len(values) :]), "shape": scale(_SHAPES[-len(values) :])}


def _tooltip(name: str) -> list[dict[str, Any]]:
    return [
        {"field": "value", "title": name},
        {"field": "side"},
        {"field": "share", "format": ".1%"},
        {"field": "number", "title": "examples", "format": ","},
    ]
