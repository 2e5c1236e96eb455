"""`relabel`: gives an example the right label, or several where the project has lists of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from curate import config
from curate.label.controls import choices_of, one_choice
from curate.label.interface import NONE_FITS, UNUSABLE, UNUSABLE_TOLD, show_beside_likely
from curate.label.kinds import Decisions, Parts, kind
from curate.label.tasks import choice
from curate.store import sql
from curate.text import label_sets

if TYPE_CHECKING:
    import duckdb

    from curate.store import Store


def labels(store: Store, con: duckdb.DuckDBPyConnection) -> list[str]:
    """Returns the labels that may be given: those of curate.toml, or else those in the logs."""
    labels_listed = config.project_settings(store.folder)["labels"] or []
    return list(labels_listed) or [row[0] for row in con.execute(sql("label/labels")).fetchall()]


def prefill(row: Mapping[str, Any], prefill: str) -> list[dict[str, Any]]:
    """Returns the label of the log, or the suggestion, filled in."""
    label = row["suggested"] if prefill == "model" else row["label_seen"]
    if label and row.get("multi_label"):
        return [choice("label", "text", *(label_sets.read(label) or (NONE_FITS,)))]
    return [choice("label", "text", label)] if label else []


def let_choose_several(root: Element) -> None:
    """Lets annotators pick several labels, or that none fits."""
    for header in root.iter("Header"):
        if header.get("value") == "Which label is right?":
            header.set("value", "Which labels are right?")
    show_beside_likely(root)
    for control in root.iter("Choices"):
        if control.get("name") == "likely":
            control.set("choice", "multiple")
        if control.get("name") == "label":
            control.set("choice", "multiple")
            control.set("requiredMessage", "Pick all labels that fit, or None of these")
            if all(c.get("alias") != NONE_FITS for c in control):
                told = {"value": "None of these", "alias": NONE_FITS, "hotkey": "-"}
                place = next(
                    (n for n, c in enumerate(control) if c.get("alias") == UNUSABLE), len(control)
                )
                control.insert(place, Element("Choice", told))


def changed(row: Mapping[str, Any]) -> bool:
    """Returns whether the label that was settled is another one than annotators saw."""
    return row["label"] is not None and row["label"] != row["label_seen"]


@kind(
    "relabel",
    asks="give the right label",
    about="label",
    default_for=("classification",),
    order=1,
    controls={"label": "Choices"},
    shows=("text", "context", "reason", "conversation", "likely"),
    needs=("text",),
    choices=("Choices", "label", "Choice"),
    vocabulary=labels,
    lacks="labels: no example has one",
    instructions=(
        "Pick the label that fits the text best. Where one is filled in already, it is a proposal "
        "and may well be wrong: change it whenever another one fits better.",
        UNUSABLE_TOLD,
    ),
    instructions_several=(
        "Pick every label that fits the text, or <b>None of these</b>. Where some are picked "
        "already, they are a proposal and may well be wrong: add what is missing, take out what "
        "does not fit.",
        UNUSABLE_TOLD,
    ),
    prefill=prefill,
    let_choose_several=let_choose_several,
    settled_by=("verdict", "label"),
    changed=changed,
)
def read(parts: Parts, row: Mapping[str, Any], names: set[str]) -> Decisions:
    """Returns the label that was chosen, or that the example is unusable."""
    if row.get("multi_label"):
        return _read_several(parts, names)
    # What is filled in stays chosen below while a likely label is taken instead.
    label = one_choice(parts, "likely") or one_choice(parts, "label")
    if label == UNUSABLE:
        return [("drop", None)]
    if label is not None and label not in names:
        raise ValueError(f"{label!r} is no label of this project")
    return [("relabel", label)] if label is not None else []


def _read_several(parts: Parts, names: set[str]) -> Decisions:
    likely = choices_of(parts, "likely")
    if UNUSABLE in likely:
        return [("drop", None)]
    chosen = {*choices_of(parts, "label"), *likely}
    for alone in (UNUSABLE, NONE_FITS):
        if alone in chosen and len(chosen) > 1:
            raise ValueError(f"{alone} and a label at once")
    if chosen == {UNUSABLE}:
        return [("drop", None)]
    if unknown := sorted(chosen - names - {NONE_FITS}):
        raise ValueError(f"{unknown[0]!r} is no label of this project")
    return [("relabel", label_sets.text(chosen - {NONE_FITS}))] if chosen else []
