"""What people read: each result of a command as plain text, at most 100 columns wide."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from curate import show_pairs, show_quality
from curate.table import WIDTH, counted, percent, shortened, table, wrapped

if TYPE_CHECKING:
    from curate.cluster import Alarm, ClusterResult
    from curate.dedupe import DedupeResult
    from curate.demo import DemoResult
    from curate.doctor import Check
    from curate.embed import EmbedResult
    from curate.filters import FilterResult, Rule
    from curate.mapping import FieldMap
    from curate.mislabels import MislabelsResult
    from curate.pull import PullResult
    from curate.status import Status
    from curate.thresholds import Suggestion

CLUSTERS_SHOWN, ALARMS_SHOWN, _STATUS_CLUSTERS = 12, 3, 5

REASONS = {
    "unrated": "unrated (policy: keep out)",
    "low_rating": "rated too low",
    "duplicate": "exact duplicate",
    "near_duplicate": "near-duplicate input",
    "semantic_duplicate": "same meaning as a kept one",
    "leak": "leak (the held-out side wins)",
    "quarantined": "leak to both sides (in neither)",
    "exposed": "held out, but an exported train row leaks it",
    "dropped": "dropped by a human",
    "not_preferred": "a human prefers another answer",
    "bad_context": "an earlier answer in its context was rated bad",
    "no_query": "nothing was asked",
    "empty_answer": "empty answer",
    "no_label": "no label",
    "truncated": "truncated answer",
    "error_status": "failed call",
    "refusal": "refusal",
    "boilerplate": "speaks of itself as a model",
    "repeated": "repeats itself",
    "echo": "only repeats the question",
    "too_short": "answer too short",
    "too_long": "too long",
    "outside_dates": "outside the dates",
    "unknown_label": "label not in curate.toml",
    "condition": "does not meet --where",
    "against": "in an evaluation set (--against)",
    "inexpressible": "refused by the format (--lossy)",
    "limit": "beyond --limit",
    "no_pair": "no pair has it",
    "contradicted": "a copy of the answer is rated otherwise",
}


def mapping(found: FieldMap) -> str:
    """Returns how the columns of a source are read."""
    read = []
    for field, column in found.fields.items():
        note = ""
        if field == "rating":
            note = f" (scale {found.scale})" if found.scale else " (scale unknown)"
        if field in ("user", "rater"):
            note = " (stored as HMAC)"
        read.append(f"{field} <- {column}{note}")
    text = wrapped(f"Columns read as: {', '.join(read) or 'nothing known'}.   Change with --map.")
    if found.kind == "turns":
        roles = ", ".join(f"{word} = {role}" for word, role in found.roles.items())
        text += wrapped(
            f"Roles: {roles or 'not known, so every turn answers the one before it'}."
            "   Change with --role."
        )
    return text


def pull(result: PullResult, *, next_step: bool = True) -> str:
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
    if summary["template"]:
        prefix, suffix = summary["template"]
        text += wrapped(
            f"  template around most inputs, left out of comparisons: "
            f"{prefix[:50]!r} ... {suffix[-30:]!r}"
        )
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
    if rejected:
        why = ", ".join(f"{n:,} {reason}" for reason, n in result.rejected.items())
        text += f"{counted(rejected, 'refused document')} ({why}): curate status --rejects\n"
    return text + ("Next: curate run\n" if next_step else "")


def rejects(rows: Sequence[Mapping[str, Any]]) -> str:
    """Returns the refused documents."""
    if not rows:
        return "Nothing was refused.\n"
    return table(
        ["file", "line", "reason", "detail"],
        [[r["location"], r["line"], r["reason"], (r["detail"] or "")[:60]] for r in rows],
    )


def rules(found: Mapping[str, Rule]) -> str:
    """Returns the drop rules with their options."""
    text = ""
    for rule in found.values():
        text += f"{rule.name}{'' if rule.trusted else '  (this project)'}\n"
        text += textwrap.indent(textwrap.fill(rule.help, WIDTH - 4), "    ") + "\n"
        for p in rule.parameters:
            default = "none" if p.default is None else p.default
            text += wrapped(f"    {p.name} ({p.kind}, default {default}): {p.help}", "      ")
    return text


def filter(result: FilterResult) -> str:
    """Returns what the rules drop."""
    text = f"filter      {result.examples:,} examples, {result.checked:,} of them new or changed\n"
    if result.hits:
        hits = [[rule, reason, count] for rule, reason, count in result.hits]
        text += textwrap.indent(table(["rule", "reason", "examples"], hits), "  ")
    return text + f"  {result.kept:,} pass every rule\n"


def dedupe(result: DedupeResult) -> str:
    """Returns what deduplication found."""
    text = (
        f"dedupe      out as duplicates: {result.exact_dropped:,} exact, {result.near_dropped:,} "
        f"near{_from(result.settings['near'])}, {result.semantic_dropped:,} "
        f"semantic{_from(result.settings['semantic'])}\n"
    )
    if result.kept_apart:
        text += f"  kept apart by a number or a negation: {counted(result.kept_apart, 'pair')}\n"
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    issues = [
        f"{n:,} with {what}"
        for n, what in (
            (result.contradictory_labels, "a label that another copy of the input contradicts"),
            (result.contradictory_ratings, "ratings far apart"),
        )
        if n
    ]
    return text + (wrapped(f"  issues: {'; '.join(issues)}") if issues else "")


def _from(threshold: float) -> str:
    return f" (from {threshold:g})" if threshold <= 1 else " (off)"


def thresholds(found: Sequence[Suggestion]) -> str:
    """Returns candidate thresholds, what each would remove, and pairs just above each."""
    text = ""
    for part in found:
        what = "word 3-grams of inputs" if part.method == "near" else "meaning of inputs"
        text += f"{part.method}   ({what}; {part.examples:,} train examples pass all else)\n"
        shown: tuple[Any, ...] = ()
        for c in part.candidates:
            marks = [
                m
                for m, t in (("in force", part.current), ("valley", part.suggested))
                if t == c.threshold
            ]
            note = f"   <- {', '.join(marks)}" if marks else ""
            text += f"  {c.threshold:.2f}  {c.pairs:>9,} pairs  {-c.removes:>8,} examples{note}\n"
            fresh, shown = () if c.samples == shown else c.samples, c.samples
            for similarity, one, other in fresh:
                text += f"        {similarity:.3f}  {one[:86]}\n               {other[:86]}\n"
        removes: dict[float | None, int] = {c.threshold: c.removes for c in part.candidates}
        if part.suggested is None:
            text += "  no valley between copies and mere likeness, so only reading pairs can tell\n"
        elif removes.get(part.suggested) == removes.get(part.current, -1):
            text += f"  pairs are rarest around {part.suggested:g}: as what is in force\n"
        else:
            text += (
                f"  pairs are rarest around {part.suggested:g}, between copies and mere likeness. "
                f"Next: curate dedupe --{part.method} {part.suggested:g}\n"
            )
    return text or "Nothing to compare yet. Next: curate pull LOGS\n"


def embed(result: EmbedResult) -> str:
    """Returns what embedding did."""
    rate = f"   {result.rate:,.0f}/s" if result.new else ""
    text = (
        f"embed       {result.inputs:,} inputs, {result.new:,} of them new, encoder "
        f"{result.encoder}{rate}\n"
    )
    if result.truncated:
        text += wrapped(
            f"  note: of {counted(result.truncated, 'long input')} the encoder reads only the "
            "beginning: they are compared by that",
            "    ",
        )
    return text


def cluster(result: ClusterResult) -> str:
    """Returns the clusters, and what silences one."""
    fitted = "fitted anew" if result.fitted else "fit kept"
    text = (
        f"cluster     {counted(result.clusters, 'cluster')} ({fitted}), {result.assigned:,} inputs "
        "assigned\n"
    )
    rows = [
        [
            row.cluster_id,
            row.name[:36],
            row.examples,
            f"{row.mean_rating:.1f}" if row.mean_rating else "",
            f"{row.unrated:.0%}",
            row.train,
            row.test,
        ]
        for row in result.rows[:CLUSTERS_SHOWN]
    ]
    columns = ["id", "name", "examples", "rating", "unrated", "train", "test"]
    text += textwrap.indent(table(columns, rows), "  ") if rows else ""
    if len(result.rows) > CLUSTERS_SHOWN:
        text += (
            f"  ... and {len(result.rows) - CLUSTERS_SHOWN:,} smaller ones: curate cluster --json\n"
        )
    if result.without_vector:
        text += f"  note: {result.without_vector:,} inputs have no vector: curate embed\n"
    text += "".join(wrapped(f"  note: {note}", "    ") for note in result.notes)
    return text + alarms(result.alarms)


def alarms(found: Sequence[Alarm]) -> str:
    """Returns the rules that silence a cluster."""
    text = ""
    for a in found[:ALARMS_SHOWN]:
        share = "all" if a.dropped == a.examples else f"{a.dropped:,}"
        text += wrapped(
            f"  note: {a.reason!r} drops {share} of the {a.examples:,} examples of cluster "
            f'{a.cluster_id} "{a.name}" (elsewhere {a.usual:.0%})',
            "    ",
        )
    if len(found) > ALARMS_SHOWN:
        text += f"  note: and {len(found) - ALARMS_SHOWN:,} more like this: curate status --json\n"
    return text


def mislabels(result: MislabelsResult) -> str:
    """Returns the suspected labels, the worst first."""
    text = (
        f"mislabels   {result.judged:,} labels judged"
        + ("" if result.detector == "kernel" else f" by {result.detector}")
        + f": {result.likely:,} likely wrong, {result.possible:,} possibly\n"
    )
    if result.note:
        text += f"  note: {result.note}\n"
    if result.too_rare:
        named = ", ".join(result.too_rare[:6]) + (", ..." if len(result.too_rare) > 6 else "")
        text += wrapped(f"  note: too rare to judge: {named}", "    ")
    if result.without_vector:
        text += f"  note: {result.without_vector:,} examples have no vector: curate embed\n"
    text += show_quality.reviewed(result.reviewed)
    for issue in result.issues:
        text += f'  {issue.id[:12]}  "{shortened(issue.text, 76)}"\n'
        chance = "" if issue.probability is None else f", {percent(issue.probability)}"
        better = f"  ->  {issue.suggested}" if issue.suggested else ""
        text += f"    {issue.given}{better}  ({issue.tier}, {issue.side}{chance})\n"
        text += textwrap.indent(wrapped(issue.reason), "    ")
    return text


def why(story: Mapping[str, Any]) -> str:
    """Returns one example's story."""
    from curate.why import lines

    when = f"{story['created_at']:%Y-%m-%d %H:%M}" if story["created_at"] else "time unknown"
    text = f'{story["example_id"][:12]}  "{shortened(story["query"], 70)}"\n'
    text += (
        f"  source      {story['source']} {story['source_id']}, {when}, conversation "
        f"{story['conversation_id']}\n"
    )
    text += "".join(f"  {what:<10}  {said}\n" for what, said in lines(dict(story)))
    if story["reason"] is None:
        verdict = f"in: {story['side']}"
    else:
        verdict = f"out: {REASONS.get(story['reason'], story['reason'])}"
        verdict += "; held out, waits for a good answer" if story["pending"] else ""
    return text + f"  today       {verdict}\n"


def status(found: Status) -> str:
    """Returns the funnel."""
    rows: list[list[Any]] = [[f"{found.interactions:,}", "interactions", "", ""]]
    rows += [
        [f"-{r.examples:,}", REASONS.get(r.reason, r.reason), f"-{r.train:,}", f"-{r.test:,}"]
        for r in found.funnel
    ]
    rows.append([f"{found.train + found.test:,}", "ready", f"{found.train:,}", f"{found.test:,}"])
    width = [max(len(str(row[c])) for row in rows) for c in range(4)]
    text = (
        f"{'':>{width[0]}}  {'':<{width[1]}}  {'train':>{max(width[2], 5)}}  "
        f"{'test':>{max(width[3], 5)}}\n"
    )
    for row in rows:
        text += (
            f"{row[0]:>{width[0]}}  {row[1]:<{width[1]}}  {row[2]:>{max(width[2], 5)}}  "
            f"{row[3]:>{max(width[3], 5)}}".rstrip()
            + "\n"
        )
    if not found.split_given:
        text += "sides of new examples as the next export would give them\n"
    if found.pending:
        text += f"{found.pending:,} held-out examples wait for a good answer\n"
    text += "".join(f"issue: {n:,} {kind.replace('_', ' ')}\n" for kind, n in found.issues)
    text += show_pairs.status(found.pairs)
    if found.rejects:
        text += f"{counted(found.rejects, 'refused document')}: curate status --rejects\n"
    if found.unmatched_feedback:
        text += f"feedback that waits for its call: {found.unmatched_feedback:,}\n"
    if found.unchecked:
        text += f"{found.unchecked:,} examples are not filtered yet\n"
    if "filter" in found.stale:
        text += "curate.toml or a rule file says otherwise than the rules in force: curate run\n"
    if other := [stage for stage in found.stale if stage != "filter"]:
        text += f"not up to date: {', '.join(other)}\n"
    text += _size(found.train)
    text += (
        show_quality.how_wrong(found.error_rates, found.audits_waiting)
        if found.train + found.test
        else ""
    )
    text += show_quality.reviewed(found.detectors) + _spread(found)
    if found.latest:
        text += f"exported: {', '.join(found.latest)}\n"
    return text + f"Next: {found.next}\n"


def _spread(found: Status) -> str:
    """Returns how production and train differ: the clusters at a glance, and what is thin."""
    text = ""
    if found.clusters:
        rows = [
            [c.cluster_id, c.name[:40], c.examples, c.train, c.test]
            for c in found.clusters[:_STATUS_CLUSTERS]
        ]
        text += table(["cluster", "name", "production", "train", "test"], rows)
        if len(found.clusters) > _STATUS_CLUSTERS:
            text += f"... and {len(found.clusters) - _STATUS_CLUSTERS:,} more: curate cluster\n"
    if thin := found.thin:
        more = f", and {len(thin) - 4:,} more" if len(thin) > 4 else ""
        text += wrapped(f"thin (under 10 in train): {', '.join(thin[:4])}{more}")
    return text + alarms(found.alarms)


def _size(train: int) -> str:
    from curate.status import MINIMUM_EXAMPLES, RELIABLE_EXAMPLES

    if train >= RELIABLE_EXAMPLES:
        verdict = "enough for reliable fine-tuning (1,000-2,000)"
    elif train >= MINIMUM_EXAMPLES:
        verdict = "enough to begin (200-500); 1,000-2,000 is reliable"
    else:
        verdict = "too few to fine-tune on: 200-500 is the minimum"
    return f"effective train size {train:,} (after duplicates): {verdict}\n"


def doctor(checks: Sequence[Check]) -> str:
    """Returns the checks, one a line."""
    text = ""
    for check in checks:
        text += f"{'ok  ' if check.ok else 'FAIL'}  {check.name:<12}  {check.seen}\n"
        if not check.ok and check.next:
            text += f"      Next: {check.next}\n"
    return text


def demo(result: DemoResult) -> str:
    """Returns planted against found, and where the files are."""
    rows = [[f.kind, f.planted, f.found, f.missed, f.other, f.stage] for f in result.findings]
    return (
        "\n"
        + table(["kind", "planted", "found", "missed", "also", "looked for by"], rows)
        + f"\nlogs      {result.logs}\ndataset   {result.version}\n"
        f"Next: curate -C {result.folder} status, or curate -C {result.folder} why "
        f"{result.example[:12]}\n"
    )
