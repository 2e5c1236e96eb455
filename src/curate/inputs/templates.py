"""The templates of each source, found in a sample of its last user turns and then kept.

What has been found once stays for as long as a text has it: a share of a sample moves as a log
grows, and a template that came and went with it would bring near-duplicates with it each time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

import duckdb

from curate.kernels.templates import NO_TEMPLATES, Templates, find, longest_first
from curate.store import sql

Affix = Literal["prefix", "suffix"]


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


def together(templates_of: Mapping[str, Templates]) -> Templates:
    """Returns the templates of all sources: a text is cut alike wherever it comes from."""
    prefixes = {text for one in templates_of.values() for text in one.prefixes}
    suffixes = {text for one in templates_of.values() for text in one.suffixes}
    return Templates(longest_first(prefixes), longest_first(suffixes))


def new(
    texts: Iterable[tuple[str, str]], known: Mapping[str, Templates]
) -> list[tuple[str, Affix, str]]:
    """Returns (source, affix, text) of the templates that are not known yet.

    Args:
        texts: as `sample` returns them.
        known: as `stored` returns them.
    """
    by_source: dict[str, list[str]] = defaultdict(list)
    for source, text in texts:
        by_source[source].append(text)
    rows: list[tuple[str, Affix, str]] = []
    for source, some in by_source.items():
        before = known.get(source, NO_TEMPLATES)
        now = find(some, before)
        rows += [(source, "prefix", t) for t in now.prefixes if t not in before.prefixes]
        rows += [(source, "suffix", t) for t in now.suffixes if t not in before.suffixes]
    return rows


def add(con: duckdb.DuckDBPyConnection, rows: Iterable[tuple[str, Affix, str]]) -> None:
    """Stores templates as `new` returns them, and forgets the inputs that were made without."""
    for source, affix, text in rows:
        row = {"affix": affix, "text": text}
        con.execute(sql("inputs/example_inputs_forget_affix"), row)
        con.execute(sql("inputs/templates_add"), {"source": source, **row})
