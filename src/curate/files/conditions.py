"""`curate pull --where`: which documents of files are taken, by a condition in SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from curate.errors import ConfigError
from curate.files.sandbox import as_table, sandbox
from curate.sources import Document, Reject
from curate.store import conditions as where_clause

_MOST_ROWS, _MOST_CHARACTERS = 1_000, 16 * 1024 * 1024
_UNKNOWN = re.compile(r'Referenced column "([^"]+)" not found')
_ROW = "curate row number"


class Condition:
    """A condition over the top-level columns of documents.

    A column that a document does not have is null there; one that no document had is a mistake.

    Args:
        text: the condition; objects and lists are JSON in it.

    Raises:
        ConfigError: it compares with NULL.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._seen: dict[str, None] = {}
        self._missing: dict[str, None] = {}
        self._con = sandbox()
        if corrected := where_clause.compares_null(text):
            raise ConfigError(
                f"--where {text}: a comparison with NULL is never true. "
                f"Next: {where_clause.command(corrected, 'curate pull')}"
            )

    def choose(self, found: Iterable[Document | Reject]) -> Iterator[Document | Reject | None]:
        """Yields the documents that meet the condition, None for each other one, and rejects.

        Raises:
            ConfigError: it is no condition.
        """
        for chunk in _chunks(found):
            documents = [item.fields for item in chunk if isinstance(item, Document)]
            chosen, number = self._chosen(documents), 0
            for item in chunk:
                if isinstance(item, Reject):
                    yield item
                else:
                    yield item if number in chosen else None
                    number += 1

    def refuse_unknown(self) -> None:
        """Refuses a condition on a column that none of the documents read so far has.

        Raises:
            ConfigError: it names the near ones.
        """
        seen = {name.lower() for name in self._seen}
        for name in self._missing if seen else ():
            if name.lower() not in seen:
                raise ConfigError(self._explained(f'Referenced column "{name}" not found'))

    def _chosen(self, documents: Sequence[dict[str, Any]]) -> set[int]:
        if not documents:
            return set()
        self._seen.update(dict.fromkeys(name for fields in documents for name in fields))
        while True:
            table = as_table(documents, self._missing)
            table = table.append_column(_ROW, pa.array(range(len(documents))))
            try:
                rows = self._con.from_arrow(table).filter(self.text).project(f'"{_ROW}"')
                return {row[0] for row in rows.fetchall()}
            except duckdb.Error as error:
                unknown = _UNKNOWN.search(str(error))
                if unknown is None or unknown[1] in self._missing:
                    raise ConfigError(self._explained(str(error))) from error
                self._missing[unknown[1]] = None

    def _explained(self, message: str) -> str:
        hint = ""
        if "Referenced table" in message:
            hint = '. A column with dots in its name stands in double quotes: "a.b"'
        elif "Conversion Error" in message or "explicit cast" in message:
            hint = ". A text is made a number by try_cast(column AS DOUBLE)"
        text = where_clause.explain(self.text, message, list(self._seen), of="curate pull")
        return f"--where {text}{hint}"


def _chunks(found: Iterable[Document | Reject]) -> Iterator[list[Document | Reject]]:
    """Yields documents many at once, as far as they fit into memory together."""
    chunk: list[Document | Reject] = []
    size = 0
    for item in found:
        chunk.append(item)
        if isinstance(item, Document):
            size += sum(len(value) for value in item.fields.values() if isinstance(value, str))
        if len(chunk) == _MOST_ROWS or size > _MOST_CHARACTERS:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
