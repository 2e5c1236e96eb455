"""Kinds of labelling work."""

from __future__ import annotations

import duckdb

from curate import config
from curate.errors import ConfigError, unknown_name
from curate.label import tasks
from curate.signals import SIGNALS
from curate.store import Store, sql


def kind_of(store: Store, con: duckdb.DuckDBPyConnection, kind: str | None = None) -> str:
    """Returns the kind of work that is named, or that the project's task asks for.

    Raises:
        ConfigError: there is no such kind.
    """
    asked = kind or OF_TASK[store.setting(con, "project").get("task", "sft")]
    if asked not in KINDS:
        raise ConfigError(unknown_name("kind of work", asked, KINDS))
    return asked


def vocabulary(store: Store, con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Returns what annotators may choose, per kind: the labels, and the fields of JSON answers.

    Labels of curate.toml are all the labels there are; for extraction, fields beside those found.
    """
    listed = config.project_settings(store.folder)["labels"] or []
    labels = listed or [row[0] for row in con.execute(sql("label/labels")).fetchall()]
    said = con.execute(sql("label/responses")).fetchall()
    found = sorted({field for (text,) in said for field, _ in tasks.fields(text)})
    fields = list(dict.fromkeys([*listed, *found]))
    return {kind: {"relabel": labels, "spans": fields}.get(kind, []) for kind in KINDS}


def multi_label(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether an example has a list of labels."""
    return bool(store.setting(con, "project").get("multi_label"))


KINDS = {
    "relabel": "give the right label",
    "review": "rate the answer 1 to 5, and better it",
    "preference": "say which of two answers is better",
    "spans": "mark what is to be extracted",
}
OF_TASK = {
    "classification": "relabel",
    "sft": "review",
    "preference": "preference",
    "extraction": "spans",
}


_OF_ANSWERS = ("held_out", "annotators", "stale", "contradiction", "raters", "low_rating", *SIGNALS,
               "coverage", "thin_cluster", "out_of_scope", "unrated")  # fmt: skip


DETECTORS = {
    "relabel": ("held_out", "annotators", "stale", "near_decision", "mislabel", "contradiction",
                "raters", "low_confidence", "coverage", "thin_cluster", "boundary", "out_of_scope",
                "no_label"),
    "review": _OF_ANSWERS,
    "spans": _OF_ANSWERS,
    "preference": (),
}  # fmt: skip
