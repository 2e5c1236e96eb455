"""Labelling interfaces: ours, and the check of somebody's own."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from curate.errors import ConfigError
from curate.label import kinds
from curate.label.options import RUBRIC
from curate.label.team import NOT_XML, Team
from curate.store import resource_dir

UNUSABLE, NONE_FITS = "__unusable__", "__none__"
UNUSABLE_TOLD = "<b>Unusable</b> takes garbled, empty or private texts out of the dataset."


_FEW = 12
"""Labels of which each has its key and its place in all tasks; of more, the likely come first."""
_HOTKEYS = "123456789abcdefghijklmnopqrstuvwxyz"
# Told apart by most people who see colours differently. Source: Wong, Nature Methods 8 (2011) 441.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442")


def config(
    kind: str, names: Sequence[str], own: Path | None = None, *, multi_label: bool = False,
    team: Team = Team(),  # noqa: B008 (frozen)
) -> str:  # fmt: skip
    """Returns the XML of a kind of work with the project's labels or fields in it.

    Args:
        kind: of the work.
        names: the project's own, such as labels or fields; empty where a kind has none.
        own: the user's own XML instead of `label_config/KIND.xml`.
        multi_label: whether annotators may pick several labels, or that none fits.
        team: what the team wants beside the kind's own question.

    Raises:
        ConfigError: it is no XML, or lacks a control or an object that answers are read from.
    """
    if taken := [name for name in names if name.startswith("$")]:
        raise ConfigError(
            f"the label {taken[0]!r} begins with $, which Label Studio takes for a variable. Next: "
            "give it another name in the logs or in labels in [project] of curate.toml"
        )
    if taken := [name for name in names if NOT_XML.search(name)]:
        raise ConfigError(
            f"the label {taken[0]!r} has a character that no page can show. Next: give it another "
            "name in the logs or in labels in [project] of curate.toml"
        )
    path = own or resource_dir("label_config") / f"{kind}.xml"
    try:
        root = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 (the user's own file)
    except (OSError, ET.ParseError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _put_in(kind, root, names, team.hints)
    _arrange_likely(root, there_are_few=len(names) <= _FEW)
    _add_remarks(root, team)
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


def _put_in(kind: str, root: ET.Element, names: Sequence[str], hints: Mapping[str, str]) -> None:
    tag, name, child = kinds.get(kind).choices or ("", "", "")
    taken = {element.get("hotkey") for element in root.iter()}
    keys = [key for key in _HOTKEYS if key not in taken]
    if len(names) > _FEW:
        keys = [key for key in keys if key not in "12345"]
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
            if label in hints:
                made.set("hint", hints[label])
            control.insert(place, made)


def _arrange_likely(root: ET.Element, *, there_are_few: bool) -> None:
    """Takes the likely labels away where each has its place; else unusable stands beside them.

    They come with the task. A control without any choice of its own breaks the page of a task that
    brings none.
    """
    parents = {child: parent for parent in root.iter() for child in parent}
    for control in [c for c in parents if c.tag == "Choices" and c.get("name") == "likely"]:
        if there_are_few:
            parents[parents[control]].remove(parents[control])
        for choice in [c for c in parents if c.get("alias") == UNUSABLE and not there_are_few]:
            parents[choice].remove(choice)
            control.append(choice)
    if there_are_few:
        show_beside_likely(root)


def show_beside_likely(root: ET.Element) -> None:
    """Leaves all labels on the page whether a likely one is chosen or not."""
    for view in root.iter("View"):
        if view.get("whenTagName") == "likely":
            del view.attrib["visibleWhen"], view.attrib["whenTagName"]


def _add_remarks(root: ET.Element, team: Team) -> None:
    """Puts what every page ends with, and what the team wants, where the interface has room."""
    ending = ET.parse(resource_dir("label_config") / "remarks.xml").getroot()  # noqa: S314 (ours)
    for view in _rooms(root, "curate-remarks"):
        view.extend(ending)
    for view in _rooms(root, "curate-tags"):
        if team.tags:
            asked = {"name": "tags", "toName": "text", "choice": "multiple", "showInline": "true"}
            view.append(ET.Element("Header", {"value": "Tags (optional)", "size": "5"}))
            tags = ET.SubElement(view, "Choices", asked)
            tags.extend(ET.Element("Choice", {"value": tag}) for tag in team.tags)
    for view in _rooms(root, "curate-rubric"):
        for name in team.rubric:
            stars = {"name": RUBRIC + name, "toName": "response", "maxRating": "5",
                     "icon": "star", "size": "small"}  # fmt: skip
            row = ET.SubElement(view, "View", {"className": "curate-row"})
            row.append(ET.Element("Header", {"value": name, "size": "6"}))
            row.append(ET.Element("Rating", stars))


def _rooms(root: ET.Element, name: str) -> list[ET.Element]:
    return [v for v in root.iter("View") if name in (v.get("className") or "").split()]


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
    "cannot judge, or say at the end of the page why you cannot: no answer is better than a guess."
)


def instructions(
    kind: str,
    *,
    multi_label: bool = False,
    team: Team = Team(),  # noqa: B008 (frozen)
) -> str:
    """Returns what annotators read before they start, as HTML; what the team wrote comes first."""
    # Commands that send nothing need none of this.
    from curate.label.conversation import page

    work = kinds.get(kind)
    paragraphs = [*(work.instructions_several if multi_label else work.instructions), _KEYS]
    if team.hints and work.choices:
        meanings = (f"<li><b>{escape(n)}</b>: {escape(t)}</li>" for n, t in team.hints.items())
        paragraphs.insert(0, f"<ul>{''.join(meanings)}</ul>")
    return (page(team.guidelines) if team.guidelines else "") + "<br><br>".join(paragraphs)
