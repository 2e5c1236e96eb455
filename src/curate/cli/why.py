"""`curate why`: tells one example's story."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import click

from curate.cli import words
from curate.cli.group import Context, cli, json_option, pass_context, show_result
from curate.cli.words import REASONS
from curate.text import words as words_of
from curate.wording import counted, shortened

_MOST_APART = 5


@cli.command()
@click.argument("example_id")
@json_option
@pass_context
def why(context: Context, example_id: str, as_json: bool) -> None:
    """Tells one example's whole story, by the beginning of its id or by the id its source gave it.

    \b
    Example: curate why 6d0e7a
    """
    story = context.project().why(example_id)
    show_result(story, as_json, lambda: render_story(story))


def render_story(story: Mapping[str, Any]) -> str:
    """Returns one example's story."""
    when = f"{story['created_at']:%Y-%m-%d %H:%M}" if story["created_at"] else "time unknown"
    text = f'{story["example_id"][:12]}  "{shortened(story["query"], 70)}"\n'
    text += (
        f"  source      {story['source']} {story['source_id']}, {when}, conversation "
        f"{story['conversation_id']}\n"
    )
    text += "".join(f"  {what:<10}  {sentence}\n" for what, sentence in lines(dict(story)))
    if story["reason"] is None:
        verdict = f"in: {story['side']}"
    else:
        verdict = f"out: {REASONS.get(story['reason'], story['reason'])}"
        verdict += "; held out, waits for a good answer" if story["pending"] else ""
    return text + f"  today       {verdict}\n"


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
    parts += [("label", _decision(d)) for d in story["decisions"]]
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
    parts += _kept_apart(story["kept_apart"])
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


_NO_LONGER = {
    "edited": "edited since", "withdrawn": "withdrawn", "stale": "its content has changed",
    "replaced": "a later answer of theirs counts", "outranked": "somebody adjudicated",
}  # fmt: skip


def _decision(d: dict[str, Any]) -> str:
    """Returns who decided what, when, and what was shown."""
    what = f"{d['kind']} {shortened(d['value'])}" if d["value"] else d["kind"]
    when = f"  {d['made_at']:%Y-%m-%d}" if d["made_at"] else ""
    if d["from_id"]:
        return f"{what}{when} by annotator {d['annotator']}, of its copy {d['from_id'][:12]}"
    shown = "without a hint" if d["blind"] else f"shown: {_shown(d)}"
    took = f", {d['seconds']:,.0f} s" if d["seconds"] else ""
    origin = {"prediction": ", prefilled answer accepted", "prediction-changed": ", changed"}
    note = next((f" ({said})" for name, said in _NO_LONGER.items() if d[name]), "")
    sentence = f"{shown}{origin.get(d['origin'], '')}{note}"
    return f"{what}{when} by annotator {d['annotator']}{took}, {sentence}"


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


def _kept_apart(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    lines = [
        (
            "kept apart",
            f"from {r['other'][:12]}{_others(r['examples'])} by {r['difference']}: "
            f"{words.render_differing(r['input'], r['other_input'])} "
            f"({r['method']} {r['similarity']:.3f})",
        )
        for r in rows[:_MOST_APART]
    ]
    more = len(rows) - _MOST_APART
    return [*lines, ("kept apart", f"from {more:,} others: --json")] if more > 0 else lines


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
