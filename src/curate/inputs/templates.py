"""The templates of each source, found in a sample of its last user turns and then kept.

What has been found once stays for as long as a text has it: a share of a sample moves as a log
grows, and a template that came and went with it would bring near-duplicates with it each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import duckdb

from curate.kernels.templates import Templates, find, longest_first
from curate.store import sql


def stored(con: duckdb.DuckDBPyConnection) -> dict[str, Templates]:
    """Returns source -> the templates that were found in it."""
    rows = con.execute(sql("inputs/templates")).fetchall()
    affixes: dict[tuple[str, str], list[str]] = defaultdict(list)
    for source, affix, text in rows:
        affixes[source, affix].append(text)
    return {
        source: Templates(
            longest_first(affixes[source, "prefix"]), longest_first(affixes[source, "suffix"])
        )
        for source, _, _ in rows
    }


def sample(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Returns (source, last user turn) to look for templates in."""
    return con.execute(sql("inputs/templates_sample")).fetchall()


def changes(
    texts: Iterable[tuple[str, str]], known: Mapping[str, Templates]
) -> dict[str, Templates]:
    """Returns the sources that have more templates than were known, with all of them.

    Args:
        texts: as `sample` returns them.
        known: as `stored` returns them.
    """
    by_source: dict[str, list[str]] = defaultdict(list)
    for source, text in texts:
        by_source[source].append(text)
    found = {source: find(some, known.get(source)) for source, some in by_source.items()}
    return {s: now for s, now in found.items() if now != known.get(s, Templates())}


def store(con: duckdb.DuckDBPyConnection, templates_of: Mapping[str, Templates]) -> None:
    """Stores the templates of some sources, and forgets the inputs that were made without them."""
    for source, templates in templates_of.items():
        con.execute(sql("inputs/templates_forget"), {"source": source})
        con.execute(sql("inputs/example_inputs_forget_source"), {"source": source})
        kinds = (("prefix", templates.prefixes), ("suffix", templates.suffixes))
        for affix, texts in kinds:
            for text in texts:
                con.execute(
                    sql("inputs/templates_add"), {"source": source, "affix": affix, "text": text}
                )
