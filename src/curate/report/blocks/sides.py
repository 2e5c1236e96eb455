"""Production, train and test side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curate.report import mix, plots
from curate.report.blocks import block
from curate.report.mix import MixRow
from curate.report.parts import Grid, Part, Plot, Sentence
from curate.report.state import State

_SHOWN, _GAPS = 20, 15


@block(
    order=30,
    title="Do train and test look like production?",
    command="curate report --json; labels: curate status --json; clusters: curate cluster --json",
    missing="curate pull LOGS, then curate run",
)
def sides(state: State) -> Sequence[Part]:
    """Returns the mix of labels, clusters, lengths, languages, models and times."""
    mixes = mix.mixes(state)
    if not mixes:
        return ()
    parts = _gaps(state, mixes)
    for aspect, rows in mixes.items():
        if len(rows) == 1:
            parts.append(Sentence(f"By {aspect}: all are {rows[0].value}."))
        else:
            parts += [_plot(aspect, rows), _grid(aspect, rows)]
    return parts


def _gaps(state: State, mixes: Mapping[str, Sequence[MixRow]]) -> list[Part]:
    """Returns what production asks for and train hardly has."""
    found = [
        (aspect, row)
        for aspect, rows in mixes.items()
        if aspect != "time"
        for row in mix.gaps(rows)
    ]
    if not any(row.train for rows in mixes.values() for row in rows):
        return [Sentence("Nothing is in train yet.")]
    if not found:
        known = ", ".join(aspect for aspect in mixes if aspect != "time")
        return [Sentence(f"By {known}: nothing that production asks for is hardly in train.")]
    none = [row for _, row in found if not row.train]
    text = (
        "Hardly in train, with less than a third of the share that they have in production: "
        f"{len(found):,} of the values below; nothing at all of {len(none):,}."
    )
    grid = Grid(
        ("what", "name", "production", "train", "test"),
        [(aspect, row.value, row.production, row.train, row.test) for aspect, row in found[:_GAPS]],
        "asked for, and hardly in train: first what is not there at all",
        max(0, len(found) - _GAPS),
    )
    return [Sentence(text), grid]


def _plot(aspect: str, rows: Sequence[MixRow]) -> Plot:
    counts = [
        {"value": r.value, "production": r.production, "train": r.train, "test": r.test}
        for r in rows
    ]
    caption = f"share of production, train and test by {aspect}"
    if aspect == "time":
        return plots.time(counts, caption)
    some = f"; the {_SHOWN} most frequent of {len(rows):,}" if len(rows) > _SHOWN else ""
    return plots.sides(aspect, counts, caption + some, most=_SHOWN)


def _grid(aspect: str, rows: Sequence[MixRow]) -> Grid:
    return Grid(
        (aspect, "production", "train", "test"),
        [(r.value, r.production, r.train, r.test) for r in rows[: mix.MOST_ROWS]],
        f"examples by {aspect}",
        max(0, len(rows) - mix.MOST_ROWS),
    )
