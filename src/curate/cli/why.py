"""`curate why`: tells one example's story."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import Any

import click

from curate.cli import words
from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.label.options import CANNOT
from curate.text.reasons import REASONS
from curate.text.text import words as words_of
from curate.text.wording import counted, one_line, room, shortened

_MOST = 12
_NEWEST = ("changed", "rating", "asked", "answer", "version")


@cli.command()
@click.argument("key")
@click.option("--all", "all_lines", is_flag=True, help="Shorten no list.")
@json_option
@pass_context
def why(context: Context, key: str, all_lines: bool, as_json: bool) -> None:
    """Tells one example's whole story, and all that people said about it.

    KEY is the id its source gave it, the beginning of its id or of a task key, annotation:NUMBER,
    or task:NUMBER on the server.

    \b
    Example: curate why 6d0e7a
    """
    story = context.project().why(key)
    show_result(story, as_json, lambda: render_story(story, None if all_lines else _MOST))


def render_story(story: Mapping[str, Any], most: int | None = _MOST) -> str:
    """Returns one example's story, at most so many lines of a kind; None: all of them."""
    when = f"{story['created_at']:%Y-%m-%d %H:%M}" if story["created_at"] else "time unknown"
    text = f'{story["example_id"][:12]}  "{shortened(story["query"], room(30))}"\n'
    source = f"{story['source']} {story['source_id']}, {when}, conversation "
    text += f"  source      {one_line(source + str(story['conversation_id']))}\n"
    told = lines(dict(story))
    if most is not None:
        told = list(_shorten(told, most, story["example_id"][:12]))
    text += "".join(f"  {what:<10}  {one_line(sentence)}\n" for what, sentence in told)
    if story["reason"] is None:
        verdict = f"in: {story['side']}"
    else:
        verdict = f"out: {REASONS.get(story['reason'], story['reason'])}"
        verdict += "; held out, waits for a good answer" if story["pending"] else ""
    return text + f"  today       {verdict}\n"


def _shorten(told: Sequence[tuple[str, str]], most: int, example: str) -> Iterator[tuple[str, str]]:
    """Yields lines, of each kind the newest where it is told by time, else the first."""
    for what, group in groupby(told, key=lambda line: line[0]):
        of_kind = list(group)
        left = len(of_kind) - most
        if left <= 0:
            yield from of_kind
        elif what in _NEWEST:
            yield what, f"... {left:,} earlier: curate why {example} --all"
            yield from of_kind[left:]
        else:
            yield from of_kind[:most]
            yield what, f"... and {left:,} more: curate why {example} --all"


def lines(story: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns the story as (what, text) lines for a person."""
    parts = [("pulled", _pulled(p)) for p in story["pulled"]]
    parts += [("template", _template(story["template"]))] if story["template"] else []
    parts += [
        (
            "changed",
            f"{h['replaced_at']:%Y-%m-%d} at the source; before: {shortened(h['was'])} "
            f"(run {h['run_id']})",
        )
        for h in story["history"]
    ]
    parts += [("rating", _rating(r)) for r in story["ratings"]]
    parts += [("label", sentence)] if (sentence := _label(story)) else []
    parts += [("asked", _task(t)) for t in story["tasks"]]
    parts += [("answer", _answer(a)) for a in story["annotations"]]
    parts += [("answer", _of_copy(d)) for d in story["decisions"] if d["from_id"]]
    parts += [("tie", _tie(t)) for t in story["ties"]]
    parts += [
        (
            "issue",
            f"{i['kind']}: {i['given'] or ''} "
            f"{'rather ' + i['suggested'] if i['suggested'] else ''} ({_evidence(i)})",
        )
        for i in story["issues"]
    ]
    parts += [("signal", f"{s['signal']}: {s['why']}") for s in story["signals"]]
    parts += [("duplicate", _duplicate(d)) for d in story["duplicates"]]
    parts += [("kept apart", _kept_apart(r)) for r in story["kept_apart"]]
    parts += [("pair", words.render_pair(p)) for p in story["pairs"]]
    parts += [
        ("out", f"{r['reason']} ({r['stage']}: {_told(r['evidence'])})") for r in story["reasons"]
    ]
    parts += [("split", _split(s)) for s in story["split"]]
    parts += [("version", _version(v)) for v in story["versions"]]
    return parts


def _evidence(issue: dict[str, Any]) -> str:
    """Returns what speaks for an issue: a sentence, or another example to look at."""
    sentence = str(issue["evidence"])
    return sentence if issue["kind"] == "rated_wrong" else f"see {sentence[:12]}"


def _pulled(p: dict[str, Any]) -> str:
    where = p["location"] if p["line"] is None else f"{p['location']} line {p['line']:,}"
    return f"{p['pulled_at']:%Y-%m-%d}  {where}  (run {p['run_id']})"


def _template(text: str) -> str:
    count = counted(len(words_of(text)), "word")
    return f'{count} around the request count for nothing in comparisons: "{shortened(text, 40)}"'


def _rating(r: dict[str, Any]) -> str:
    what = f"{r['human_rating']:g} of 5" if r["human_rating"] is not None else shortened(r["value"])
    when = f"{r['created_at']:%Y-%m-%d} " if r["created_at"] else ""
    note = " (replaced)" if r["replaced"] else ""
    by = r["rater_type"].replace("_", " ") if r["rater_type"] else ""
    kind = "" if r["kind"] == "rating" else f"{r['kind']} "
    return f"{kind}{what}  {when}{by}{note}  (run {r['run_id']})"


_BY = {
    "annotators": "by annotators", "annotators of a copy": "by annotators, of a copy",
    "feedback": "by feedback",
}  # fmt: skip


def _label(story: dict[str, Any]) -> str:
    """Returns the label today and how it came about, as logged, and as corrected."""
    today, logged, corrected = (
        story[name] for name in ("label", "logged_label", "corrected_label")
    )
    if today is None and logged is None:
        return ""
    if story["label_by"] not in _BY:
        return f"{shortened(today)}, as logged"
    parts = [f"{shortened(today)} {_BY[story['label_by']]}"]
    if corrected is not None and story["label_by"] != "feedback":
        parts.append(f"{shortened(corrected)} by feedback")
    parts.append("none as logged" if logged is None else f"{shortened(logged)} as logged")
    return "; ".join(parts)


_STATES = {"pending": "handed over, outcome unknown", "gone": "gone from the server"}


def _task(t: dict[str, Any]) -> str:
    """Returns what annotators are asked, where, and how far that is."""
    parts = [f"{t['kind']}, round {t['round']}, task {t['task_key'][:12]}"]
    if t["other_id"]:
        parts.append(f"beside {t['other_id'][:12]}")
    if t["task_id"] is not None:
        parts.append(f"number {t['task_id']} on {t['server']}")
    elif t["server"]:
        parts.append("by file" if t["server"] == "file" else f"on {t['server']}")
    state = [_STATES.get(t["state"], t["state"]), counted(t["answers"], "answer")]
    state += ["its content has changed"] if t["stale"] else []
    because = f", since {shortened(t['why'], 60)}" if t["why"] else ""
    return f"{', '.join(parts)}: {', '.join(state)}{because}"


def _answer(a: dict[str, Any]) -> str:
    """Returns what an annotator said, when, what was shown, and whether it counts."""
    if a["skipped"] or a["cannot"]:
        cannot = CANNOT.get(a["cannot"], a["cannot"])
        what = f"cannot be judged: {cannot}" if cannot else "skipped"
    else:
        what = a["problem"] or "; ".join(_decided(d, a) for d in a["decisions"]) or "nothing"
    at = a["updated_at"] or a["made_at"]
    when = f"  {at:%Y-%m-%d}" if at else ""
    took = f", {a['seconds']:,.0f} s" if a["seconds"] else ""
    origin = {"prediction": ", prefilled answer accepted", "prediction-changed": ", changed"}
    shown = "without a hint" if a["blind"] else f"shown: {_shown(a)}"
    note = f'; note: "{shortened(a["note"], 200)}"' if a["note"] else ""
    note = (f"; tags: {', '.join(a['tags'])}" if a["tags"] else "") + note
    note = "".join(f"; {name}: {n} of 5" for name, n in a["rubric"].items()) + note
    return (
        f"{what}{when} by annotator {a['annotator']}{took}, annotation {a['annotation_id']}, "
        f"{shown}{origin.get(a['origin'], '')}{note}{_fate(a)}"
    )


def _decided(decision: Mapping[str, Any], a: Mapping[str, Any]) -> str:
    kind, value = decision["kind"], decision["value"]
    if value is not None and value in (a["example_id"], a["other_id"]):
        value = value[:12]
    return f"{kind} {shortened(value)}" if value else str(kind)


def _fate(a: Mapping[str, Any]) -> str:
    """Returns why an answer does not count, and what took it back; empty where it counts."""
    file = PurePath(a["ended_where"] or "").name
    is_file = a["ended_where"] and "://" not in a["ended_where"]
    ended = {
        "edited": "edited", "read again": "understood since",
        "deleted": f"no longer in {file}" if is_file else "deleted on the server",
        "withdrawn": f"withdrawn by curate {a['ended_by']}",
    }  # fmt: skip
    if a["ended"]:
        return f" ({ended[a['ended']]}, run {a['ended_run_id']})"
    if a["stale"]:
        return " (its content has changed)"
    if a["outranked"]:
        return " (somebody adjudicated)"
    if a["gold"]:
        return " (a gold question: decides nothing)"
    if a["replaced"]:
        return " (a later answer of theirs counts)"
    return "" if a["decides"] else " (about models' answers: decides nothing here)"


def _of_copy(d: dict[str, Any]) -> str:
    """Returns what people decided about a copy."""
    what = f"{d['kind']} {shortened(d['value'])}" if d["value"] else d["kind"]
    when = f"  {d['made_at']:%Y-%m-%d}" if d["made_at"] else ""
    return f"{what}{when} by annotator {d['annotator']}, of its copy {d['from_id'][:12]}"


def _tie(tie: Mapping[str, Any]) -> str:
    """Returns who disagrees, so that nothing follows."""

    def named(value: str) -> str:
        if tie["about"] != "prefer" or value in ("tie", "both_bad"):
            return shortened(value, 40)
        return "the other" if value == tie["other_id"] else "this answer"

    said = "; ".join(
        f'"{named(s["value"])}" by annotator {", ".join(map(str, s["annotators"]))}'
        for s in tie["said"]
    )
    beside = f" beside {tie['other_id'][:12]}" if tie["other_id"] else ""
    return f"annotators disagree{beside}, so nothing follows: {said}"


def _shown(d: dict[str, Any]) -> str:
    """Returns what the annotator saw beside the text: the answer filled in, and the reason."""
    filled = {"given": d["label_seen"], "model": d["suggested"]}.get(d["prefill"] or "")
    parts = [f'"{shortened(filled)}"'] if filled else []
    return (
        " and ".join([*parts, f"({shortened(d['why'], 80)})"] if d["why"] else parts) or "the text"
    )


def _duplicate(d: dict[str, Any]) -> str:
    """Returns who survives, or what means the same and stays beside it."""
    how = d["method"] if d["method"] == "exact" else f"{d['method']} {d['similarity']:.3f}"
    return f"{d['what']} {d['other'][:12]} ({how})"


def _kept_apart(r: dict[str, Any]) -> str:
    differing = words.render_differing(r["input"], r["other_input"])
    return (
        f"from {r['other'][:12]}{_others(r['examples'])} by {r['difference']}: {differing} "
        f"({r['method']} {r['similarity']:.3f})"
    )


def _others(examples: int) -> str:
    return f" and {examples - 1:,} with the same input" if examples > 1 else ""


def _split(s: dict[str, Any]) -> str:
    since = f"since {s['since_version']}" if s["since_version"] else "at the next export"
    note = ", exposed: an exported train row leaks it" if s["exposed"] else ""
    if s["origin"] == "evict":
        note = ", measures models trained from then on: earlier train rows leak it"
    evidence = f" ({_told(s['evidence'])})" if s["evidence"] else ""
    return f"{s['side']} {since} ({s['origin']}){note}{evidence}"


_LEAKS = {
    "conversation": "same conversation as",
    "group": "same group as",
    "user": "same user as",
    "same input": "same input as",
    "near input": "nearly the input of",
}


def _told(evidence: str) -> str:
    """Returns evidence as a person reads it: that of the split is JSON, all other is told as is."""
    if not evidence.startswith("{"):
        return evidence
    found = json.loads(evidence)
    train = f"train example {found['train'][:12]}"
    if "test" in found:
        return f"leaks {train} and test example {found['test'][:12]}"
    return f"{_LEAKS[found['kind']]} {train}"


def _version(v: dict[str, Any]) -> str:
    where = f"{v['side']} line {v['line']:,}" if v["line"] else f"not in: {v['reason']}"
    return f"{v['name']} v{v['version']}  {where}"
