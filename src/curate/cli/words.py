"""Texts that several commands print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate.text.reasons import REASONS
from curate.text.wording import counted, room, shortened, wrapped

if TYPE_CHECKING:
    from curate.check.unseen import Unseen
    from curate.cluster import Alarm
    from curate.kernels.error_rate import ErrorRate
    from curate.kernels.label_names import Names
    from curate.label.reviews import Detector
    from curate.pull.mapping import FieldMap
    from curate.pull.options import PullResult

ALARMS_SHOWN = 3
_TEMPLATES_SHOWN = 3
TASKS_SHOWN = 5


_MAX_SCALES = 6


def render_mapping(field_map: FieldMap) -> str:
    """Returns how the columns of a source are read; nothing where there is none to read."""
    if not field_map.fields:
        return ""
    read = []
    for field, column in field_map.fields.items():
        note = ""
        if field == "rating":
            note = f" ({_scales(field_map)})"
        if field == "created_at" and field_map.dates:
            note = f" ({field_map.dates})"
        if field in ("user", "rater"):
            note = " (stored as HMAC)"
        read.append(f"{field}{note}" if field == column else f"{field} <- {column}{note}")
    preset = ""
    if field_map.preset:
        preset = f" (preset {field_map.preset.split('@')[0]}; --preset none)"
    text = wrapped(f"Columns read as: {', '.join(read)}{preset}.   Change with --map.")
    if field_map.kind == "turns":
        roles = ", ".join(f"{word} = {role}" for word, role in field_map.roles.items())
        text += wrapped(
            f"Roles: {roles or 'not known, so every turn answers the one before it'}."
            "   Change with --role."
        )
    return text


def _scales(field_map: FieldMap) -> str:
    """Returns the scale of ratings, or those of the first scores that have their own."""
    own = [f"{name} {scale}" for name, scale in sorted(field_map.scales.items())]
    own[_MAX_SCALES:] = ["..."] if len(own) > _MAX_SCALES else []
    known = [f"scale {field_map.scale}"] if field_map.scale else []
    known += [f"scales by name: {', '.join(own)}"] if own else []
    return "; ".join(known) or "scale unknown"


def render_pull(result: PullResult, *, next_step: bool = True) -> str:
    """Returns what a pull did."""
    summary, text = result.summary, ""
    feedback = result.mapping.kind == "feedback"
    what = "feedback" if feedback else "interactions"
    rejected = sum(result.rejected.values())
    if result.files_unchanged:
        text += (
            f"  {result.files_unchanged:,} of {result.files:,} files unchanged: not read again\n"
        )
    if not result.files:
        unit = "rows"
    else:
        unit = "turns" if result.mapping.kind == "turns" else "documents"
    if result.documents or not result.files:
        text += (
            f"  {result.documents:,} {unit}"
            f"  ->  {result.new + result.changed + result.unchanged:,} {what} "
            f"({result.new:,} new, {result.changed:,} changed, {result.unchanged:,} already here), "
            f"{rejected:,} rejected\n"
        )
    if result.left_out:
        text += f"  left out by --where: {result.left_out:,}\n"
    if result.withdrawn:
        text += f"  withdrawn, since the source has them no longer: {result.withdrawn:,}\n"
    total = summary["interactions"]
    share = f" ({summary['rated'] / total:.1%})" if total else ""
    times = ""
    if summary["first_at"]:
        times = f"   {summary['first_at']:%Y-%m-%d} .. {summary['last_at']:%Y-%m-%d}"
    text += (
        f"  rated by people: {summary['rated']:,} of {total:,}{share}   "
        f"conversations: {summary['conversations']:,}{times}\n"
    )
    if summary["unmatched_feedback"]:
        text += f"  feedback that waits for its call: {summary['unmatched_feedback']:,}\n"
    if found := summary["templates"]:
        beginnings = ", ".join(f'"{shortened(text, 40)}"' for text in found[:_TEMPLATES_SHOWN])
        more = ", ..." if len(found) > _TEMPLATES_SHOWN else ""
        what = counted(len(found), "template")
        text += wrapped(f"  {what} left out of comparisons: {beginnings}{more}", "    ")
    if summary["split_overlap"]:
        pairs = ", ".join(f"{n:,} in {parts}" for parts, n in summary["split_overlap"].items())
        text += f"  texts on both sides of the given split: {pairs}\n"
    if summary["split_ignored"]:
        text += wrapped(
            "  note: the split column has no train part or nothing else: sides are "
            "drawn, not taken from it (--map split=COLUMN takes it)",
            "    ",
        )
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    text += _odd_labels(summary["odd_labels"])
    if rejected:
        why = ", ".join(f"{n:,} {reason}" for reason, n in result.rejected.items())
        text += f"{counted(rejected, 'refused document')} ({why}): curate status --rejects\n"
    if not result.is_empty:
        return text + ("Next: curate run\n" if next_step else "")
    text += f"  nothing to read: {counted(result.files, 'file')} without a row\n"
    return text + ("Next: curate pull FILE, one that has rows\n" if next_step else "")


def beside(one: str, other: str, width: int | None = None) -> tuple[str, str]:
    """Returns two texts on a line each, cut to a width in which it is seen where they differ first.

    Texts that begin alike for long begin a little before that place, after dots.
    """
    from curate.text.text import common_start

    width = width or room(14)
    lines = [" ".join(text.split()) for text in (one, other)]
    alike = len(common_start(lines))
    if max(map(len, lines)) > width and alike > width * 2 // 3:
        start = alike - width // 3
        start = max(start, lines[0].find(" ", start, alike) + 1)  # of a word, where it has spaces
        lines = [f"...{line[start:]}" for line in lines]
    return shortened(lines[0], width), shortened(lines[1], width)


def render_differing(one: str, other: str) -> str:
    """Returns what differs between two texts, such as `5 / -5`."""
    from curate.kernels.differences import differing

    mine, theirs = (shortened(text, 40) or "(nothing)" for text in differing(one, other))
    return f"{mine} / {theirs}"


def _odd_labels(odd: Mapping[str, Sequence[Names]]) -> str:
    if not odd:  # as in most pulls
        return ""
    from curate.check.unseen import of_names, with_step

    return "".join(wrapped(f"  note: {with_step(one)}", "    ") for one in of_names(odd))


def render_notes(notes: Mapping[str, Any]) -> str:
    """Returns what a person should know of a run, whatever the command; mostly nothing."""
    if (changed := notes.get("remeasured")) is None:
        return ""
    text = (
        f"note: inputs are compared in another way since this version of curate: "
        f"{changed['inputs']:,} of {counted(changed['of'], 'input')} in another form"
    )
    if "pairs_found" in changed:
        text += (
            f", {counted(changed['pairs_found'], 'pair')} newly alike, "
            f"{changed['pairs_released']:,} no longer, {counted(changed['leaks_found'], 'leak')} "
            "newly seen in exported versions"
        )
    return wrapped(f"{text}. Next: curate verify" if changed.get("leaks_found") else text)


def render_unseen(unseen: Sequence[Unseen], *, in_project: bool = True) -> str:
    """Returns what a check could not see, with what can be done about it in a project."""
    from curate.check.unseen import sentence, with_step

    say = with_step if in_project else sentence
    lines = "".join(wrapped(f"    {say(one)}", "      ") for one in unseen)
    return f"  what it could not see:\n{lines}" if lines else ""


def render_alarms(alarms: Sequence[Alarm]) -> str:
    """Returns the rules that silence a cluster."""
    text = ""
    for a in alarms[:ALARMS_SHOWN]:
        share = "all" if a.dropped == a.examples else f"{a.dropped:,}"
        text += wrapped(
            f"  note: {a.reason!r} drops {share} of the {a.examples:,} examples of cluster "
            f'{a.cluster_id} "{a.name}" (elsewhere {a.usual:.0%})',
            "    ",
        )
    if len(alarms) > ALARMS_SHOWN:
        text += f"  note: and {len(alarms) - ALARMS_SHOWN:,} more like this: curate status --json\n"
    return text


PAIR_REASONS = {
    "stale": "judged otherwise since: curate pairs",
    "identical": "both answers are the same",
    "small_margin": "ratings too close (--min-margin)",
    "tie": "annotators find them equal",
    "contradicted": "somebody says the contrary",
    "both_sides": "one answer is in train, the other held out",
    "duplicate": "the same two answers again",
}
_PAIR_SIDES = {"chosen_": "better answer", "rejected_": "worse answer"}


def render_pair_reason(why: str) -> str:
    """Returns in words why a pair is out."""
    for side, words in _PAIR_SIDES.items():
        if why.startswith(side):
            name = why.removeprefix(side)
            return f"{words}: {REASONS.get(name, name)}"
    return PAIR_REASONS.get(why, why)


def render_pairs_ready(counts: tuple[int, int, int]) -> str:
    """Returns the pairs (found, ready in train, ready in test) in one line; empty without any."""
    count, train, test = counts
    if not count:
        return ""
    return (
        f"preference pairs: {train + test:,} of {count:,} ready ({train:,} train, {test:,} test)\n"
    )


def render_pair(pair: dict[str, Any]) -> str:
    """Returns one pair of an example: `chosen over ab12 (rating 5 vs 1)`."""
    how = str(pair["method"])
    if how in ("rating", "output") and pair["better"] is not None and pair["worse"] is not None:
        how = f"{how} {pair['better']:g} vs {pair['worse']:g}"
    out = f", out: {render_pair_reason(pair['reason'])}" if pair["reason"] else ""
    if pair["method"] == "correction":
        return f"corrected answer over the logged one{out}"
    what = "chosen over" if pair["is_chosen"] else "rejected for"
    return f"{what} {pair['other'][:12]} ({how}){out}"


def render_how_wrong(rates: Sequence[ErrorRate], waiting: int = 0) -> str:
    """Returns the error rate that is left, in one line; `waiting` audited tasks have no answer."""
    if not rates and waiting:
        return f"how wrong: not measured yet; {waiting:,} audited tasks wait for an answer.\n"
    if not rates:
        return "how wrong: not measured yet. curate queue --budget 200 includes an audit sample.\n"
    rates_told = [f"{r.side} {r.said if r.told else 'too little audited to tell'}" for r in rates]
    if len(rates) == 1:
        rates_told.append(f"{'test' if rates[0].side == 'train' else 'train'} not measured")
    audited = sum(r.audited for r in rates)
    text = f"how wrong: {', '.join(rates_told)}; {audited:,} audited"
    return wrapped(text)


def render_reviewed(detectors: Sequence[Detector]) -> str:
    """Returns how often detectors were right so far, in one line; empty where nothing is known."""
    if not detectors:
        return ""
    text = "reviewed: " + "; ".join(
        f"{d.name.replace('_', ' ')} {render_precision(d)}" for d in detectors
    )
    return wrapped(text)


def render_precision(detector: Detector) -> str:
    """Returns how often a detector was right."""
    return f"{detector.changed:,} of {detector.reviewed:,} changed"
