"""What to say where much of a side or a cluster leaves as alike: how much, and what it shares.

The shared text may be a template that was not taken for one: examples around it are then alike only
for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from curate.store import sql
from curate.text.text import SHORT_TOKENS, common_start, token_spans
from curate.text.wording import shortened
from curate.verdicts.verdicts import Today

SHARE, LEAST = 0.3, 6
"""Of a side or a cluster: who loses more, and so many, has to be told. A few copies any log has."""

_LOOKED_AT, _REACH = 500, 10_000
"""Texts, and characters of each, in which a shared text is looked for."""

_REMEDIES = {
    "near_duplicate": "curate dedupe --near off --semantic off",
    "semantic_duplicate": "curate dedupe --semantic off",
    "leak": "curate export NAME --leak-threshold 1, before anything is exported",
}


def note(today: Today) -> list[str]:
    """Returns a note on the first side or cluster that loses much for a text; mostly none."""
    parameters = {"share": SHARE, "least": LEAST, "most": _LOOKED_AT, "reach": _REACH}
    rows = today.con.execute(sql("dedupe/much_out"), parameters).fetchall()
    for place, examples, out, reasons, texts in rows:
        if not (shared := shared_by_most(texts)):
            continue
        sharing = sum(shared in text for text in texts) / len(texts)
        who = "all" if sharing == 1 else f"{sharing:.0%}"
        remedies = dict.fromkeys(_REMEDIES[reason] for reason in reasons)
        return [
            f"{out:,} of {examples:,} examples of {place} leave as {' or '.join(reasons)}; "
            f'{who} of them share "{shortened(shared.strip())}". '
            f"If they ask for different things: {'; '.join(remedies)}"
        ]
    return []


def shared_by_most(texts: Sequence[str]) -> str:
    """Returns what most texts share, wherever it stands; empty where no two share anything.

    That is the run of `SHORT_TOKENS` tokens that is in most of them, and all around it that is the
    same in all that have it.

    Args:
        texts: normalised; equal ones count each.
    """
    texts_with = Counter(run for text in texts for run in dict.fromkeys(_runs(text)))
    run, count = max(texts_with.items(), key=lambda item: item[1], default=("", 0))
    if count < 2:
        return ""
    before, after = zip(*(text.split(run, 1) for text in texts if run in text), strict=True)
    return common_start([text[::-1] for text in before])[::-1] + run + common_start(after)


def _runs(text: str) -> list[str]:
    spans = token_spans(text)
    ends = spans[SHORT_TOKENS - 1 :]
    return [text[start:end] for (start, _), (_, end) in zip(spans, ends, strict=False)]
