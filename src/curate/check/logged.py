"""Held-out rows of no training shape: calls as logs and evaluation sets have them."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from curate.check.alike import input_of
from curate.check.shapes import ParsedRow
from curate.errors import ConfigError
from curate.pull.contents import UnknownShape
from curate.pull.interactions import RowBuilder
from curate.pull.mapping import Declared, guess
from curate.sources import Document


def inputs_of(documents: Iterable[Document]) -> list[tuple[int, str]]:
    """Returns (line, normalised input) of the rows that have one, read as `pull` reads logs.

    Args:
        documents: of one file; empty where no column of theirs is known.
    """
    rows = list(documents)
    try:
        mapping = guess([row.fields for row in rows], Declared())
    except ConfigError:
        return []
    builder = RowBuilder(mapping, b"")  # the salt is for user ids, which nobody asks for here
    texts = []
    for row in rows:
        try:
            call = builder.from_call(row.fields)
        except UnknownShape:
            continue
        if call["query"].strip():
            texts.append((row.line, input_of(ParsedRow(orjson.loads(call["messages"])))))
    return texts
