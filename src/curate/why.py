"""`curate why`: the whole story of one example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate import pairs, show_pairs, verdicts
from curate.errors import ConfigError
from curate.store import Store, sql
from curate.table import shortened

if TYPE_CHECKING:
    import duckdb

_PARTS = (
    "pulled",
    "history",
    "ratings",
    "decisions",
    "reasons",
    "duplicates",
    "pairs",
    "issues",
    "signals",
    "split",
    "versions",
)


def why(store: Store, text: str) -> dict[str, Any]:
    """Returns everything the store knows about an example, oldest first within each part.

    Args:
        store: the project's store.
        text: the beginning of an example id, or the whole id that the source gave it.

    Returns:
        The example's own fields, and `pulled`, `history`, `ratings`, `decisions`, `reasons` (all of
        them, not only the first), `duplicates`, `pairs`, `issues`, `signals`, `split`, `versions`:
        lists of dicts.

    Raises:
        ConfigError: no example, or more than one, has this id.
    """
    with store.read() as con:
        found = con.execute(sql("why_find"), {"text": text}).fetchall()
        if len(found) != 1:
            raise ConfigError(_not_one(text, [row[0] for row in found]))
        verdicts.current(store, con)
        pairs.prepare(store, con)
        example_id = found[0][0]
        story = _rows(con, "why_example", example_id)[0]
        for part in _PARTS:
            story[part] = _rows(con, f"why_{part}", example_id)
    return story


def _not_one(text: str, found: list[str]) -> str:
    if not found:
        return f"no example has an id that begins with {text!r}, nor the source id {text!r}"
    shown = ", ".join(example[:12] for example in found[:5])
    return f"{len(found)} examples have an id that begins with {text!r}: {shown}. Type more of it"


def _rows(con: duckdb.DuckDBPyConnection, query: str, example_id: str) -> list[dict[str, Any]]:
    cursor = con.execute(sql(query), {"id": example_id})
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def lines(story: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns the story as (what, text) lines for a person."""
    said = [("pulled", _pulled(p)) for p in story["pulled"]]
    said += [
        (
            "changed",
            f"{h['replaced_at']:%Y-%m-%d} at the source; before: {shortened(h['was'])} "
            f"(run {h['run_id']})",
        )
        for h in story["history"]
    ]
    said += [("rating", _rating(r)) for r in story["ratings"]]
    said += [("label", _decision(d)) for d in story["decisions"]]
    said += [
        (
            "issue",
            f"{i['kind']}: {i['given'] or ''} "
            f"{'rather ' + i['suggested'] if i['suggested'] else ''} ({_evidence(i)})",
        )
        for i in story["issues"]
    ]
    said += [("signal", f"{s['signal']}: {s['why']}") for s in story["signals"]]
    said += [("duplicate", _duplicate(d)) for d in story["duplicates"]]
    said += [("pair", show_pairs.why(p)) for p in story["pairs"]]
    said += [("out", f"{r['reason']} ({r['stage']}: {r['evidence']})") for r in story["reasons"]]
    said += [("split", _split(s)) for s in story["split"]]
    said += [("version", _version(v)) for v in story["versions"]]
    return said


def _evidence(issue: dict[str, Any]) -> str:
    """Returns what speaks for an issue: a sentence, or another example to look at."""
    said = str(issue["evidence"])
    return said if issue["kind"] == "rated_wrong" else f"see {said[:12]}"


def _pulled(p: dict[str, Any]) -> str:
    where = p["location"] if p["line"] is None else f"{p['location']} line {p['line']:,}"
    return f"{p['pulled_at']:%Y-%m-%d}  {where}  (run {p['run_id']})"


def _rating(r: dict[str, Any]) -> str:
    what = f"{r['human_rating']:g} of 5" if r["human_rating"] is not None else shortened(r["value"])
    when = f"{r['created_at']:%Y-%m-%d} " if r["created_at"] else ""
    note = " (replaced)" if r["replaced"] else ""
    by = r["rater_type"].replace("_", " ") if r["rater_type"] else ""
    kind = "" if r["kind"] == "rating" else f"{r['kind']} "
    return f"{kind}{what}  {when}{by}{note}  (run {r['run_id']})"


_NO_LONGER = {
    "edited": "edited since", "withdrawn": "withdrawn", "stale": "its content has changed",
    "replaced": "a later answer of theirs counts",
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
    told = f"{shown}{origin.get(d['origin'], '')}{note}"
    return f"{what}{when} by annotator {d['annotator']}{took}, {told}"


def _shown(d: dict[str, Any]) -> str:
    """Returns what the annotator saw beside the text: the answer filled in, and the reason."""
    filled = {"given": d["label_seen"], "model": d["suggested"]}.get(d["prefill"] or "")
    parts = [f'"{shortened(filled)}"'] if filled else []
    return (
        " and ".join([*parts, f"({shortened(d['why'], 80)})"] if d["why"] else parts) or "the text"
    )


def _duplicate(d: dict[str, Any]) -> str:
    how = d["method"] if d["method"] == "exact" else f"{d['method']} {d['similarity']:.3f}"
    return f"{d['what']} {d['other'][:12]} ({how})"


def _split(s: dict[str, Any]) -> str:
    since = f"since {s['since_version']}" if s["since_version"] else "at the next export"
    note = ", exposed: an exported train row leaks it" if s["exposed"] else ""
    return (
        f"{s['side']} {since} ({s['origin']}){note}{' ' + s['evidence'] if s['evidence'] else ''}"
    )


def _version(v: dict[str, Any]) -> str:
    where = f"{v['side']} line {v['line']:,}" if v["line"] else f"not in: {v['reason']}"
    return f"{v['name']} v{v['version']}  {where}"
