"""What to say where much leaves for one text that it shares.

Such a text may be a template that was not taken for one: examples behind it are then alike for it.
"""

from __future__ import annotations

from curate.kernels.templates import LEAST_TEXTS, LONG_WORDS, longest_shared
from curate.store import sql
from curate.text import words
from curate.verdicts import Today
from curate.wording import shortened

SHARE = 0.3
"""Of a side or a cluster: who loses more for one text has to be told."""


def note(today: Today) -> list[str]:
    """Returns a note on the first side or cluster that loses much for one text; mostly none."""
    for place, examples, out, reasons in today.con.execute(
        sql("dedupe/much_out"), {"share": SHARE}
    ).fetchall():
        text = longest_shared(out, max(LEAST_TEXTS, int(SHARE * examples) + 1))
        if (count := len(words(text))) < LONG_WORDS:
            continue
        sharing = sum(one.startswith(text) or one.endswith(text) for one in out)
        return [
            f"{sharing:,} of {examples:,} examples of {place} leave as {' or '.join(reasons)} and "
            f'share {count:,} words: "{shortened(text)}". If they ask for different things: '
            "curate dedupe --near off --semantic off, or pull them under a --source of their own"
        ]
    return []
