"""Labels and answers that most speaks against, each beside what it is like."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from curate import signals
from curate.mislabels import mislabels
from curate.mislabels.mislabels import Issue, Neighbour
from curate.report.blocks import block
from curate.report.parts import Case, Part, Quote, Sentence
from curate.report.state import ShownTexts, State
from curate.text.reasons import REASONS

_TIERS = {
    "likely": "likely wrong", "possible": "possibly", "rated": "with a low rating",
    "contested": "contested among people",
}  # fmt: skip
_SHOWN, _NEIGHBOURS, _ANSWERS = 20, 3, 8


@block(
    order=60,
    title="The worst suspects",
    command="curate mislabels --top 20; of answers: curate signals",
    missing="nothing was judged yet: curate mislabels (labels), or curate signals (answers)",
)
def suspects(state: State) -> Sequence[Part]:
    """Returns the worst labels with their neighbours, and the weakest answers."""
    return [*_labels(state), *_answers(state)]


def _labels(state: State) -> list[Part]:
    if not state.store.setting(state.con, "mislabels"):
        return []
    found = mislabels.found(state.today)
    issues = found[:_SHOWN]
    if not issues:
        return [Sentence("No label is under suspicion.")]
    near = [neighbour for issue in issues for neighbour in _near(issue)]
    texts = state.texts([issue.id for issue in issues] + [one.id for one in near])
    tiers = Counter(issue.tier for issue in found)
    cases = [_case(state, issue, texts) for issue in issues]
    counts = ", ".join(f"{tiers[tier]:,} {meant}" for tier, meant in _TIERS.items() if tiers[tier])
    head = f"{tiers.total():,} labels are under suspicion: {counts}. Shown: the worst {len(cases)}."
    return [Sentence(head), *cases]


def _near(issue: Issue) -> Sequence[Neighbour]:
    return issue.nearest[:_NEIGHBOURS]


def _case(state: State, issue: Issue, texts: Mapping[str, ShownTexts]) -> Case:
    better = f"  ->  {issue.suggested}" if issue.suggested else ""
    chance = "" if issue.probability is None else f", {issue.probability:.0%}"
    where = f"out: {REASONS.get(issue.out, issue.out)}" if issue.out else issue.side
    title = f"{issue.given}{better}  ({issue.tier}{chance}; {where})"
    beside = [
        Quote(state.hide(one.label) or "no label", texts[one.id].query, one.id)
        for one in _near(issue)
        if one.id in texts
    ]
    mine = Quote(state.hide(issue.given), texts[issue.id].query, issue.id)
    return Case(state.hide(title), state.hide(_why(issue)), [mine], beside)


def _why(issue: Issue) -> str:
    """Returns what speaks against a label; the texts that do stand beside it."""
    votes = sum(one.label == issue.suggested for one in issue.nearest)
    said = []
    if votes:
        said.append(f'{votes} of the {len(issue.nearest)} nearest examples are "{issue.suggested}"')
    if issue.rating is not None:
        said.append(f"a human rated it {issue.rating:g} of 5")
    if issue.contested is not None:
        said.append(f"{issue.contested} disagree about it")
    return "; ".join(said)


def _answers(state: State) -> list[Part]:
    weak = signals.weakest(state.today, _ANSWERS)
    if not weak:
        return []
    texts = state.texts([one.id for one in weak])
    cases = [
        Case(
            f"{one.signal}: {signals.SIGNALS[one.signal]}",
            state.hide(one.why),
            [Quote("asked", texts[one.id].query, one.id), Quote("answer", texts[one.id].response)],
        )
        for one in weak
    ]
    return [Sentence("Answers that most speaks against, by signal."), *cases]
