"""Labelling interfaces: ours, and the check of somebody's own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from curate.errors import ConfigError
from curate.label import kinds
from curate.store import resource_dir

UNUSABLE, NONE_FITS = "__unusable__", "__none__"
UNUSABLE_TOLD = "<b>Unusable</b> takes garbled, empty or private texts out of the dataset."


_HOTKEYS = "123456789abcdefghijklmnopqrstuvwxyz"
# Told apart by most people who see colours differently. Source: Wong, Nature Methods 8 (2011) 441.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")


def config(
    kind: str, names: Sequence[str], own: Path | None = None, *, multi_label: bool = False
) -> str:
    """Returns the XML of a kind of work with the project's labels or fields in it.

    Args:
        kind: of the work.
        names: the project's own, such as labels or fields; empty where a kind has none.
        own: the user's own XML instead of `label_config/KIND.xml`.
        multi_label: whether annotators may pick several labels, or that none fits.

    Raises:
        ConfigError: it is no XML, or lacks a control or an object that answers are read from.
    """
    if taken := [name for name in names if name.startswith("$")]:
        raise ConfigError(
            f"the label {taken[0]!r} begins with $, which Label Studio takes for a variable. Next: "
            "give it another name in the logs or in labels in [project] of curate.toml"
        )
    path = own or resource_dir("label_config") / f"{kind}.xml"
    try:
        root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 (the user's own file)
    except (OSError, ET.ParseError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _put_in(kind, root, names)
    adapt = kinds.get(kind).let_choose_several
    if adapt and multi_label:
        adapt(root)
    for style in root.iter("Style"):
        # What our interfaces have in common; an own one that says nothing looks the same.
        style.text = style.text or (resource_dir("label_config") / "style.css").read_text("utf-8")
    ET.indent(root)
    text = ET.tostring(root, encoding="unicode")
    check(kind, text, path)
    if own and (unknown := sorted(_choices(kind, text) - {*names, UNUSABLE, NONE_FITS})):
        raise ConfigError(
            f"{path}: {unknown[0]!r} can be chosen, and is none of the project's own; an answer "
            "would not count. Next: take it out, or add it to labels in [project] of curate.toml"
        )
    return text


def alike(names: Sequence[str]) -> list[str]:
    """Returns notes on names that annotators can hardly tell apart."""
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(" ".join(name.split()).casefold(), []).append(name)
    return [
        f"{' and '.join(map(repr, group))} differ in case or blanks only: annotators can hardly "
        "tell them apart"
        for group in groups.values()
        if len(group) > 1
    ]


def apart(kind: str, text: str, names: Sequence[str]) -> str:
    """Returns what an interface lacks, or has beside the project's own names; empty if nothing."""
    chosen = _choices(kind, text) - {UNUSABLE, NONE_FITS}
    parts = [
        f"{what} {', '.join(map(repr, sorted(some)))}"
        for what, some in (
            ("it lacks", set(names) - chosen),
            ("answers do not count if they choose", chosen - set(names)),
        )
        if some and kinds.get(kind).choices
    ]
    return f" ({'; '.join(parts)})" if parts else ""


def _choices(kind: str, text: str) -> set[str]:
    tag, name, _ = kinds.get(kind).choices or ("", "", "")
    root = ET.fromstring(text)  # noqa: S314 (it was checked)
    choices = [c for control in root.iter(tag) if control.get("name") == name for c in control]
    return {c.get("alias") or c.get("value") or "" for c in choices if c.tag != "Style"}


def _put_in(kind: str, root: ET.Element, names: Sequence[str]) -> None:
    tag, name, child = kinds.get(kind).choices or ("", "", "")
    hotkeys = {element.get("hotkey") for element in root.iter()}
    keys = [key for key in _HOTKEYS if key not in hotkeys]
    for control in root.iter(tag) if tag else ():
        if control.get("name") != name:
            continue
        values = {c.get("alias") or c.get("value") for c in control}
        fresh = [n for n in names if n not in values]
        for place, label in enumerate(fresh):
            made = ET.Element(child, {"value": label})
            if child == "Label":
                made.set("background", _COLOURS[place % len(_COLOURS)])
            if place < len(keys):
                made.set("hotkey", keys[place])
            control.insert(place, made)


def check(kind: str, text: str, path: Path) -> None:
    """Checks that every answer of this interface can be read back.

    Raises:
        ConfigError: what is missing, or names something that is not there.
    """
    work = kinds.get(kind)
    root = ET.fromstring(text)  # noqa: S314 (made by us, or the user's own file)
    controls = {e.get("name"): e for e in root.iter() if e.get("name")}
    for name, tag in work.controls.items():
        if name not in controls or controls[name].tag != tag:
            raise ConfigError(f'{path}: answers are read from <{tag} name="{name}">: not there')
        if tag != "Rating" and not len(controls[name]):
            raise ConfigError(f'{path}: <{tag} name="{name}"> has nothing to choose from')
    used = set()
    for element in root.iter():
        for target in (element.get("toName") or "").split(","):
            if target and target not in controls:
                who = f'<{element.tag} name="{element.get("name")}" toName="{target}">'
                raise ConfigError(f"{path}: {who}: no such name")
        used |= {v[1:] for v in element.attrib.values() if re.fullmatch(r"\$\w+", v)}
    if unknown := sorted(used - {*work.shows}):
        listing = ", ".join(f"${v}" for v in sorted(work.shows))
        raise ConfigError(f"{path}: ${unknown[0]} is not sent; a {kind} task has {listing}")
    if missing := sorted(v for v in work.needs if not {v, _SHOWN_BY[v]} & used):
        raise ConfigError(f"{path}: ${missing[0]} is not shown, so nobody could answer")
    for name, variable in work.marks.items():
        if controls[controls[name].get("toName")].get("value") != f"${variable}":
            tag = f'<{work.controls[name]} name="{name}">'
            raise ConfigError(f"{path}: {tag} must mark the text of ${variable}")


# What shows the same and more.
_SHOWN_BY = {
    "text": "conversation",
    "response": "answer",
    "response_a": "answer_a",
    "response_b": "answer_b",
}


_KEYS = (
    "The keys beside the choices pick them, Ctrl+Enter submits, Ctrl+Space skips. Skip what you "
    "cannot judge: no answer is better than a guess."
)


def instructions(kind: str, *, multi_label: bool = False) -> str:
    """Returns what annotators read before they start, as HTML."""
    work = kinds.get(kind)
    paragraphs = work.instructions_several if multi_label else work.instructions
    return "<br><br>".join([*paragraphs, _KEYS])
