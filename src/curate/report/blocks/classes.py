"""Classes that are taken for one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from curate.mislabels import classes as label_classes
from curate.mislabels import mislabels
from curate.mislabels.classes import ClassPair
from curate.report.blocks import block
from curate.report.parts import Case, Grid, Part, Quote, Sentence
from curate.report.state import ShownTexts, State

_PAIRS, _TEXTS = 8, 3


@block(
    order=70,
    title="Which classes are confused",
    command="curate mislabels --classes",
    missing="labels were not judged yet: curate mislabels",
)
def classes(state: State) -> Sequence[Part]:
    """Returns pairs of classes with texts of one that look like the other."""
    if not state.store.setting(state.con, "mislabels"):
        return ()
    result = label_classes.of_today(state.today)
    if not result.pairs:
        return [Sentence("No two classes are confused.")]
    first = result.pairs[0]
    grid = Grid(
        ("class a", "class b", "a that look like b", "b like a", "likely wrong", "expected wrong"),
        [(state.hide(p.a), state.hide(p.b), p.a_as_b, p.b_as_a, p.likely, f"{p.cost:.1f}")
         for p in result.pairs[:30]],
        "pairs of classes, the most costly first",
        max(0, len(result.pairs) - 30),
    )  # fmt: skip
    head = f"Most confused: {first.a} and {first.b} ({first.cost:.1f} labels expected wrong)."
    overlaps = [Sentence(state.hide(pair.said) + ".") for pair in result.pairs if pair.overlap]
    return [Sentence(state.hide(head)), *overlaps[:5], grid, *_cases(state, result.pairs[:_PAIRS])]


def _cases(state: State, pairs: Sequence[ClassPair]) -> list[Part]:
    issues = mislabels.found(state.today)
    of_pair = {
        pair: [i for i in issues if {i.given, i.suggested} == {pair.a, pair.b}][: 2 * _TEXTS]
        for pair in pairs
    }
    shown = [issue.id for found in of_pair.values() for issue in found]
    texts: Mapping[str, ShownTexts] = state.texts(shown) if shown else {}
    return [
        Case(
            state.hide(f"{pair.a} / {pair.b}"),
            f"some of {pair.a_as_b + pair.b_as_a:,} texts of one that look like the other",
            [Quote(state.hide(i.given), texts[i.id].query, i.id) for i in found],
        )
        for pair, found in of_pair.items()
    ]
