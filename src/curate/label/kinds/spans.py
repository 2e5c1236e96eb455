"""`spans`: marks what is to be extracted from a text, with a form of what does not stand in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from curate import config
from curate.label.controls import one_choice, texts_of
from curate.label.interface import UNUSABLE_TOLD
from curate.label.kinds import Decisions, Parts, kind
from curate.label.reading import whole
from curate.store import sql
from curate.text.wording import shortened

if TYPE_CHECKING:
    import duckdb

    from curate.store import Store


def field_names(store: Store, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the fields that may be marked, by path.

    They are those of curate.toml, then those of the contract and of the answers.
    """
    # The help knows the kinds of work, and reads no answers.
    from curate.label import extraction

    listed = config.project_settings(store.folder)["labels"] or []
    answers = con.execute(sql("label/responses")).fetchall()
    found = extraction.seen(text for (text,) in answers)
    if schema := _schema(store, con):
        found |= extraction.markable(schema)
    return list(dict.fromkeys([*listed, *sorted(found)]))


def shape(store: Store, con: duckdb.DuckDBPyConnection) -> str:
    """Returns the empty answer of the project: as the contract has it, or else the answers."""
    from curate.label import form

    answers = con.execute(sql("label/responses")).fetchall()
    return form.shape(_schema(store, con), (text for (text,) in answers))


def _schema(store: Store, con: duckdb.DuckDBPyConnection) -> Any:
    from curate.contract.contract import in_force

    schema = in_force(store, con).schema
    return json.loads(schema) if schema else None


def prefill(row: Mapping[str, Any], _prefill: str) -> list[dict[str, Any]]:
    """Returns what the answer says, marked in the text."""
    from curate.label import extraction

    places = extraction.places(row["query"] or "", row["response"])
    return [
        {
            "id": f"s{n}", "from_name": "span", "to_name": "text", "type": "labels",
            "value": {"start": start, "end": end, "text": row["query"][start:end],
                      "labels": [field]},
        }
        for n, (field, start, end) in enumerate(places)
    ]  # fmt: skip


def changed(row: Mapping[str, Any]) -> bool:
    """Returns whether the answer has other values now."""
    from curate.label import extraction

    return not extraction.same(row["response"], row["correction"])


@kind(
    "spans",
    asks="mark what is to be extracted",
    about="answer",
    default_for=("extraction",),
    order=4,
    controls={"span": "Labels"},
    shows=("text", "reason", "earlier", "other"),
    needs=("text",),
    choices=("Labels", "span", "Label"),
    vocabulary=field_names,
    lacks="fields: no answer is a JSON object",
    marks={"span": "text"},
    instructions=(
        "Choose a field, then drag over its text, exactly from its first to its last letter. "
        "Click what is marked wrongly and press Backspace to remove it.",
        "<b>All other fields</b> stand below as JSON: texts in quotes, 12.5, true, false, null. "
        "Correct what is wrong; {} in a list keeps the place of what is marked. Where only names "
        "are filled in, write what you know: null says that a field is not there.",
        f"<b>Nothing to extract</b> is an answer too. {UNUSABLE_TOLD}",
    ),
    prefill=prefill,
    shape=shape,
    boxes={"other": "other"},
    votes="correct",
    settled_by=("verdict", "spans"),
    changed=changed,
)
def read(parts: Parts, row: Mapping[str, Any], names: set[str]) -> Decisions:
    """Returns what was marked, as spans, and the answer that they and the form make."""
    from curate.label import form

    verdict = one_choice(parts, "verdict")
    if verdict == "drop":
        return [("drop", None)]
    marked: set[tuple[int, int, str]] = set()
    text = row["query"] or ""
    for value in parts.get("span", []):
        start, end = _place(text, value)
        labels = texts_of(value["labels"])
        if len(labels) != 1:
            raise ValueError(f"a span has {len(labels)} fields")
        if labels[0] not in names:
            raise ValueError(f"{labels[0]!r} is no field of this project")
        marked.add((start, end, labels[0]))
    other = "\n".join(t for value in parts.get("other", []) for t in texts_of(value["text"]))
    if not marked and not other.strip() and verdict != "nothing":
        return []
    marks = [(field, text[start:end]) for start, end, field in sorted(marked)]
    answer, says_something = form.answer(other, marks, row)
    if not says_something and verdict != "nothing":
        return []
    return [("spans", json.dumps(sorted(marked), ensure_ascii=False)), ("correct", answer)]


def _place(text: str, value: Mapping[str, Any]) -> tuple[int, int]:
    """Returns start and end of a span in code points, without blanks at its ends.

    The text of the span says whether its place counts code points, or UTF-16 as some tools do.

    Raises:
        ValueError: it stands at neither place, or marks nothing.
    """
    start, end, marked = whole(value["start"]), whole(value["end"]), value["text"]
    if not isinstance(marked, str) or not marked.strip():
        raise ValueError("a span marks no text")
    places = [(start, end), (_code_points(text, start), _code_points(text, end))]
    for first, last in places:
        if 0 <= first < last <= len(text) and text[first:last] == marked:
            return first + len(marked) - len(marked.lstrip()), last - (
                len(marked) - len(marked.rstrip())
            )
    raise ValueError(
        f"{shortened(marked)!r} does not stand at {start} to {end} of a text of {len(text):,} "
        "characters"
    )


def _code_points(text: str, units: int) -> int:
    """Returns how many characters so many units of UTF-16 are, -1 where they end within one."""
    if not 0 <= units <= 2 * len(text):
        return -1
    encoded = text.encode("utf-16-le")
    try:
        return len(encoded[: 2 * units].decode("utf-16-le")) if 2 * units <= len(encoded) else -1
    except UnicodeDecodeError:
        return -1
