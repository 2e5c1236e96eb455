"""Prodigy: annotated examples, as `prodigy db-out` writes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from curate.sources.presets import Fields, LeftOut, Part, Preset
from curate.sources.presets._annotated import CALL_FIELDS, SCALE, call_in, label_of
from curate.sources.presets._values import as_list, dicts, name_of, row, without

_ANSWERS = ("accept", "reject", "ignore")
_PEOPLE = ("_annotator_id", "_session_id", "user_input_id")
_MARKS = {"_task_hash", "_input_hash", "_session_id", "_annotator_id"}
_USED = (
    *("answer", "accept", "label", "options", "_timestamp", "_view_id", "_is_binary", *_PEOPLE),
    *("_input_hash", "_task_hash", "config", "choice_style"),
)


def _fits(document: Fields) -> bool:
    return bool(_MARKS & set(document)) and document.get("answer") in _ANSWERS


def _rows(document: Fields) -> Iterator[Part]:
    """Yields the text that was annotated, with the label that was accepted.

    Source: https://prodi.gy/docs/api-interfaces: a rejected label says what a text is not.
    """
    if document["answer"] == "ignore":
        yield LeftOut("example that was skipped")
        return
    call, rest = call_in(without(document, _USED))
    label = _label(document) if document["answer"] == "accept" else None
    rater = next((name for key in _PEOPLE if (name := name_of(document.get(key)))), None)
    piece = {
        **{"kind": "label", "name": document.get("_view_id"), "value": label, "rater": rater},
        **{"rater_type": "expert", "created_at": document.get("_timestamp")},
    }
    call["id"] = call.get("id") or name_of(document.get("_task_hash"))
    refused = {"rejected_label": document.get("label")} if label is None else {}
    kept = {key: value for key, value in {**rest, **refused}.items() if value is not None}
    yield row(kept, {**call, "ratings": [piece] if label else None})


def _label(document: Fields) -> str | None:
    """Returns the options that were chosen, or the label that was accepted."""
    if "options" in document:
        texts = {str(o.get("id")): o.get("text") or o.get("id") for o in dicts(document["options"])}
        chosen: list[Any] = [texts.get(str(name), name) for name in as_list(document.get("accept"))]
        return label_of(map(str, chosen))
    return label_of([document.get("label")])


PRESETS = [
    Preset(
        name="prodigy",
        version=1,
        what="Prodigy: annotated texts with the labels that were accepted (db-out)",
        source="https://prodi.gy/docs/api-interfaces",
        date="2026-11-30",
        fits=_fits,
        fields=CALL_FIELDS,
        rows=_rows,
        scale=SCALE,
    ),
]
