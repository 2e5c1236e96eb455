"""Kinds of labelling work: one file a kind, a function from an answer to decisions.

A file declares what its kind asks, what it needs, what annotators see (`label_config/NAME.xml` is
the interface) and how an answer is read. To add one, add a file here with one function under
`@kind("name", ...)`, named as the kind is, and its XML. Nothing else knows the kinds by name.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from curate.errors import ConfigError, unknown_name
from curate.verdicts import detectors

if TYPE_CHECKING:
    import xml.etree.ElementTree as ET

    import duckdb

    from curate.store import Store
    from curate.verdicts.detectors import DetectorFile

Parts = Mapping[str, Sequence[Mapping[str, Any]]]
"""An annotation: the values of its controls, by the control's name, as Label Studio has them."""


Decisions = list[tuple[str, str | None]]
"""What an answer decides: kind (one of `DECISIONS`) and value."""


Read = Callable[[Parts, Mapping[str, Any], set[str]], Decisions]

DECISIONS = ("keep", "drop", "relabel", "rate", "correct", "prefer", "spans")


@dataclass(frozen=True)
class Kind:
    """A registered kind of work; see `kind`."""

    name: str
    read: Read
    asks: str
    about: Literal["label", "answer", "pair", "models"]
    controls: Mapping[str, str]
    shows: tuple[str, ...]
    needs: tuple[str, ...]
    instructions: tuple[str, ...]
    default_for: tuple[str, ...]
    order: int
    reads_answers: bool
    choices: tuple[str, str, str] | None
    vocabulary: Callable[[Store, duckdb.DuckDBPyConnection], list[str]] | None
    lacks: str
    marks: Mapping[str, str]
    prefill: Callable[[Mapping[str, Any], str], list[dict[str, Any]]] | None
    shape: Callable[[Store, duckdb.DuckDBPyConnection], str] | None
    boxes: Mapping[str, str]
    let_choose_several: Callable[[ET.Element], None] | None
    instructions_several: tuple[str, ...]
    votes: Literal["verdict", "rate", "prefer", "correct"]
    settled_by: tuple[str, ...]
    level: Literal["nominal", "ordinal"]
    changed: Callable[[Mapping[str, Any]], bool] | None
    audited_by: str
    queued_by: str

    @property
    def decides(self) -> bool:
        """Whether answers decide about examples; what models answered is none."""
        return self.about != "models"


_kinds: dict[str, Kind] = {}


def kind(
    name: str,
    *,
    asks: str,
    about: Literal["label", "answer", "pair", "models"],
    controls: Mapping[str, str],
    shows: tuple[str, ...],
    needs: tuple[str, ...],
    instructions: tuple[str, ...],
    default_for: tuple[str, ...] = (),
    order: int = 100,
    reads_answers: bool = False,
    choices: tuple[str, str, str] | None = None,
    vocabulary: Callable[[Store, duckdb.DuckDBPyConnection], list[str]] | None = None,
    lacks: str = "",
    marks: Mapping[str, str] | None = None,
    prefill: Callable[[Mapping[str, Any], str], list[dict[str, Any]]] | None = None,
    shape: Callable[[Store, duckdb.DuckDBPyConnection], str] | None = None,
    boxes: Mapping[str, str] | None = None,
    let_choose_several: Callable[[ET.Element], None] | None = None,
    instructions_several: tuple[str, ...] = (),
    votes: Literal["verdict", "rate", "prefer", "correct"] = "verdict",
    settled_by: tuple[str, ...] = ("verdict",),
    level: Literal["nominal", "ordinal"] = "nominal",
    changed: Callable[[Mapping[str, Any]], bool] | None = None,
    audited_by: str | None = None,
    queued_by: str | None = None,
) -> Callable[[Read], Read]:
    """Registers a kind of work under its name; the function reads an answer.

    Args:
        name: as in `--kind`, and of the XML file.
        asks: what annotators do, after "to": `give the right label`.
        about: what a question is about: the label of an input, an answer, a pair of answers, or
            what models answered. Detectors that serve it may flag examples of this kind.
        controls: of the interface, from which answers are read: name -> tag.
        shows: variables that a task has; see `shown.VARIABLES`.
        needs: those of them that have to be shown, so that anybody can answer.
        instructions: what annotators read before they start, as HTML paragraphs.
        default_for: tasks of a project (`task` in curate.toml) that this is the usual work of.
        order: among kinds, where all are listed.
        reads_answers: whether there is nothing to ask where the logs hold no answers.
        choices: where the project's own names stand: tag and name of the control, tag of a name.
        vocabulary: returns the project's own names; without any, there is nothing to choose.
        lacks: what to say where there are none: `labels: no example has one`.
        marks: controls that mark text -> the variable that they have to mark.
        prefill: returns the answer that is filled in, as Label Studio's result JSON.
        shape: returns what an answer of the project looks like without its values, as JSON.
        boxes: that open with a text in them -> the variable that it is; one that nobody touched
            is stored as if it had been written.
        let_choose_several: changes the interface where an example has a list of labels.
        instructions_several: the instructions then.
        votes: which decision annotators agree or disagree about.
        settled_by: columns of `settled` that say that a question is settled; any of them does.
        level: of measurement of the votes, for Krippendorff's alpha.
        changed: returns whether a settled answer says that what was there was wrong; without it,
            a correction does, or a low rating. A dropped example always was.
        audited_by: the kind whose audits tell how wrong such data is; None for itself.
        queued_by: the command that queues such work; None for `curate queue`.
    """

    def register(function: Read) -> Read:
        if name in _kinds:
            raise ValueError(f"two kinds of work are called {name!r}")
        _kinds[name] = Kind(
            name=name, read=function, asks=asks, about=about, controls=controls, shows=shows,
            needs=needs, instructions=instructions, default_for=default_for, order=order,
            reads_answers=reads_answers, choices=choices, vocabulary=vocabulary, lacks=lacks,
            marks=marks or {}, prefill=prefill, shape=shape, boxes=boxes or {},
            let_choose_several=let_choose_several,
            instructions_several=instructions_several or instructions, votes=votes,
            settled_by=settled_by, level=level, changed=changed, audited_by=audited_by or name,
            queued_by=queued_by or f"curate queue --kind {name}",
        )  # fmt: skip
        return function

    return register


def names() -> list[str]:
    """Returns the names of all kinds of work, in their order."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_kinds, key=lambda name: (_kinds[name].order, name))


def get(name: str) -> Kind:
    """Returns the kind of work of this name.

    Raises:
        ConfigError: there is none.
    """
    listing = names()
    if name not in _kinds:
        raise ConfigError(unknown_name("kind of work", name, listing))
    return _kinds[name]


def of_task(task: str) -> Kind:
    """Returns the usual work on projects of a task."""
    return next(_kinds[name] for name in names() if task in _kinds[name].default_for)


def of_project(store: Store, con: duckdb.DuckDBPyConnection) -> Kind:
    """Returns the usual work on a project."""
    return of_task(store.setting(con, "project").get("task", "sft"))


def kind_of(store: Store, con: duckdb.DuckDBPyConnection, name: str | None = None) -> str:
    """Returns the kind of work that is named, or that the project's task asks for.

    Raises:
        ConfigError: there is no such kind.
    """
    return get(name).name if name else of_project(store, con).name


def vocabulary(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Returns what annotators may choose, per kind: labels, fields, or nothing of the project's."""
    return {
        name: found(store, con) if (found := _kinds[name].vocabulary) else [] for name in names()
    }


def multi_label(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether an example has a list of labels."""
    return bool(store.setting(con, "project").get("multi_label"))


def detectors_of(name: str) -> Mapping[str, DetectorFile]:
    """Returns the detectors that serve a kind of work, in their order.

    Raises:
        ConfigError: a detector says that it serves what there is not.
    """
    served = [*detectors.SERVED, *names()]
    for detector in detectors.detectors().values():
        for one in detector.serves:
            if one not in served:
                where = f"sql/detectors/{detector.name}.sql"
                raise ConfigError(f"{where}: serves: {unknown_name('kind of work', one, served)}")
    return detectors.serving(name, get(name).about)


def as_rows() -> list[dict[str, Any]]:
    """Returns what SQL has to know of each kind: kind, about, votes, settled_by."""
    return [
        {"kind": one.name, "about": one.about, "votes": one.votes,
         "settled_by": list(one.settled_by)}
        for one in map(get, names())
    ]  # fmt: skip
