"""What people read about an audited sample: how well suspicions find what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from curate.table import counted, table, wrapped

if TYPE_CHECKING:
    from curate.audit import Share
    from curate.evaluate import Evaluation, Scores

_FEW = 10


def evaluation(result: Evaluation) -> str:
    """Returns the figures of an audited sample, side by side."""
    text = f"evaluate   {result.file}: {counted(result.rows, 'row')}, {result.matched:,} matched\n"
    if result.unmatched:
        more = ", ..." if result.unmatched > len(result.unmatched_ids) else ""
        named = f"{', '.join(result.unmatched_ids)}{more}"
        text += wrapped(f"  {result.unmatched:,} name no example here: {named}", "    ")
    for count, what in (
        (result.repeated, "repeat another row"),
        (result.unanswered, "without an answer"),
        (result.refused, "cannot be read"),
    ):
        text += f"  {count:,} {what}\n" if count else ""
    if result.aside:
        said = ", ".join(f"{count:,} {why}" for why, count in result.aside.items())
        text += f"  aside, not up for judgement: {said}\n"
    if result.stale:
        text += "  note: labels have changed since they were judged: curate mislabels\n"
    return text + "".join(_side(found) for found in result.sides)


def _side(found: Scores) -> str:
    text = f"\n{found.side}   {found.audited:,} labels audited, {found.wrong:,} wrong\n"
    if found.average:
        average = found.average
        text += (
            f"  average precision {average.value:.2f} (95%: {average.low:.2f} to "
            f"{average.high:.2f}); random order {average.random:.2f}\n"
        )
    text += _depths(found) if found.wrong else "  none wrong: only the tiers tell something\n"
    tiers = [
        [t.name, t.labels, t.wrong.of, t.wrong.hits, _percent(t.wrong), _range(t.wrong)]
        for t in found.tiers
    ]
    head = ["tier", "in all", "audited", "wrong", "share", "95%"]
    text += _indented(table(head, tiers))
    return text + "".join(wrapped(f"  {said}", "    ") for said in _notes(found))


def _depths(found: Scores) -> str:
    """Returns what reading so far finds: the shares of what is read, and of what is wrong."""
    rows = [
        [d.name, d.labels, f"{d.precision:.0%}", f"{d.recall or 0.0:.0%}", "" if d.scored else "*"]
        for d in found.depths
    ]
    text = _indented(table(["read", "labels", "of them wrong", "of the wrong", ""], rows))
    if any(not d.scored for d in found.depths):
        text += wrapped(
            "  * labels that are not suspected have no score: they come last, and this is the mean "
            "over all their orders",
            "    ",
        )
    return text


def _notes(found: Scores) -> list[str]:
    said = []
    right = found.suggestions
    if right.of:
        said.append(
            f"the suggestion was right for {right.hits:,} of {right.of:,} wrong labels that were "
            f"suspected ({_percent(right)}; 95%: {_range(right)})"
        )
    if not found.random:
        more = "more" if found.suspected > found.suspected_of_all else "less"
        said.append(
            f"careful: not a random sample. {found.suspected:.0%} of it is suspected, "
            f"{found.suspected_of_all:.0%} of all, so what is read here is {more} often wrong than "
            "in the data: only the shares within a tier carry over, if it was drawn from blindly"
        )
    if 0 < found.wrong < _FEW:
        said.append(f"careful: only {found.wrong:,} wrong; a larger sample would say more")
    if found.without_vector:
        said.append(
            f"{counted(found.without_vector, 'label')} could not be judged: no vector (curate "
            "embed, then curate mislabels)"
        )
    return said


def _percent(part: Share) -> str:
    return f"{part.share:.0%}" if part.of else ""


def _range(part: Share) -> str:
    return f"{part.low:.0%} to {part.high:.0%}" if part.of else ""


def _indented(text: str) -> str:
    return "".join(f"  {line}" for line in text.splitlines(keepends=True))
