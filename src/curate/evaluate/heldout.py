"""The held-out examples of a version, as its own file has them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import duckdb
import orjson

from curate.check.shapes import SHAPES, ParsedRow, fitting
from curate.errors import StoreError
from curate.messages import Message, calls_of, canonical, function_of, text_of
from curate.store import sql
from curate.text import label_sets
from curate.text.text import digest, normalise
from curate.versions.versions import Version

Span = tuple[int, int, str]

_DEEPEST = 200


@dataclass(frozen=True)
class HeldOut:
    """One held-out example.

    Attributes:
        source_id: the id that the source gave it; empty where nothing is known of it any more.
        conversation: calls of one conversation stand or fall together.
        prompt: the messages before the answer.
        answer: the right one, assistant messages; empty where a label or spans are asked for.
        label: the right one; several labels as one text.
        spans: what is to be extracted, in characters of the last user turn; None: nothing is.
        model: that answered it in production.
        input: normalised.
    """

    example_id: str
    source_id: str
    conversation: str
    prompt: list[Message]
    answer: list[Message] = field(default_factory=list)
    tools: list[Any] = field(default_factory=list)
    label: str | None = None
    spans: tuple[Span, ...] | None = None
    model: str | None = None
    cluster: str | None = None
    input: str = ""

    @cached_property
    def text(self) -> str:
        """The right answer as one text."""
        if self.label is not None:
            return self.label
        if self.spans is not None:
            return spans_text(self.spans)
        return answer_text(self.answer)

    @cached_property
    def messages_hash(self) -> str:
        """What a file of answers may name the example by: its messages."""
        return messages_hash(self.prompt)

    @cached_property
    def question(self) -> str:
        """The last user turn, normalised."""
        return question(self.prompt)


def messages_hash(messages: list[Message]) -> str:
    """Returns a hash of who said what before the answer."""
    return digest(canonical([[m["role"], text_of(m.get("content"))] for m in messages]))


def question(messages: list[Message]) -> str:
    """Returns the last user turn, normalised; empty where there is none."""
    turns = [text_of(m.get("content")) for m in messages if m["role"] == "user"]
    return normalise(turns[-1]) if turns else ""


def answer_text(messages: list[Message]) -> str:
    """Returns an answer as one text: what is said, and each tool that is called."""
    parts = []
    for message in messages:
        parts.append(text_of(message.get("content")))
        parts += [f"{name}({canonical(given)})" for name, given in calls([message])]
    return "\n".join(part for part in parts if part.strip())


def calls(messages: list[Message]) -> list[tuple[str, Any]]:
    """Returns the tools that an answer calls, with their arguments, parsed where they are JSON."""
    found = []
    for message in messages:
        for function in map(function_of, calls_of(message)):
            given = function.get("arguments")
            if isinstance(given, str):
                with suppress(orjson.JSONDecodeError, RecursionError):
                    given = plain_numbers(orjson.loads(given or "{}"))
            found.append((str(function.get("name")), given))
    return found


def plain_numbers(value: Any, depth: int = 0) -> Any:
    """Returns a JSON value with whole numbers written in one way: 3.0 and 3 are one value.

    Raises:
        RecursionError: it is nested deeper than any answer that is asked for.
    """
    if depth > _DEEPEST:
        raise RecursionError
    if isinstance(value, dict):
        return {key: plain_numbers(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain_numbers(inner, depth + 1) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def spans_text(spans: tuple[Span, ...]) -> str:
    """Returns spans as one text."""
    return canonical([list(span) for span in sorted(spans)])


def read_heldout(con: duckdb.DuckDBPyConnection, version: Version) -> list[HeldOut]:
    """Returns the held-out examples of a version, in the order of its file.

    Raises:
        StoreError: the file is not as it was written.
    """
    which = {"name": version.name, "version": version.version}
    known = con.execute(sql("evaluate/heldout"), which).fetchall()
    rows = list(lines(version, "test"))
    if known and len(rows) != known[-1][-1]:
        raise _damaged(version)
    # An answer with its thumb down is no right one.
    return [_heldout(rows[n - 1], *facts) for *facts, n in known if rows[n - 1].label is not False]


def lines(version: Version, side: str) -> Iterator[ParsedRow]:
    """Yields the lines of a side of a version, in its first format, read.

    Raises:
        StoreError: the file is not there, or not as it was written.
    """
    path = version.folder / f"{side}.jsonl"
    if not path.exists():
        path = version.folder / f"{side}.{version.formats[0]}.jsonl"
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            for line in file:
                row = orjson.loads(line)
                yield SHAPES[fitting(row, SHAPES)[0]].read(row)
    except (ValueError, IndexError) as error:
        raise _damaged(version) from error


def _damaged(version: Version) -> StoreError:
    return StoreError(
        f"{version.folder} is not as it was exported. Next: curate verify {version.label}"
    )


def _heldout(row: ParsedRow, *facts: Any) -> HeldOut:
    example_id, source_id, conversation, model, cluster, text, is_labelled = facts
    label = label_sets.text(row.label) if isinstance(row.label, list) else row.label
    if is_labelled and not isinstance(label, str) and row.answers:
        label = answer_text(row.answers[0])  # a chat whose answer is the label
    return HeldOut(
        example_id,
        source_id,
        conversation,
        row.prompt,
        answer=row.answers[0] if row.answers else [],
        tools=row.tools,
        label=label if isinstance(label, str) else None,
        spans=tuple(row.spans) if not row.answers and label is None else None,
        model=model,
        cluster=cluster,
        input=text or question(row.prompt),
    )


def label_or_text(row: ParsedRow) -> str:
    """Returns the right answer of a line as one text."""
    return _heldout(row, "", "", "", None, None, "", False).text
