"""What the blocks of the report read: today's verdicts, and texts behind placeholders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

import duckdb
import pyarrow as pa

from curate import config, pairs
from curate.embed.languages import language
from curate.filters.rules import rules
from curate.privacy import privacy
from curate.privacy.redact import Finder
from curate.progress import Progress
from curate.report.parts import Quote
from curate.status import Status, count
from curate.store import Store, fetch_arrow, sql
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

LONGEST_TEXT = 1_200
"""Characters of a text that are shown; of a longer one its beginning is."""


@dataclass(frozen=True)
class ShownTexts:
    """What is shown of an example: its question, and its answer where it has one."""

    query: str
    response: str


@dataclass(frozen=True)
class RatingRule:
    """What the rule `min_rating` says.

    Attributes:
        lowest: rating that is kept.
        drops_unrated: whether an example without a rating is out, too.
        in_force: whether it takes anything out: not where it is skipped, nor for classification.
    """

    lowest: float
    drops_unrated: bool
    in_force: bool

    @classmethod
    def of(cls, today: Today, task: str) -> RatingRule:
        """Returns the rule under today's settings."""
        parameters = rules(today.store.folder)["min_rating"].parameters
        wanted = {**{p.name: p.default for p in parameters}, **today.filters.parameters}
        in_force = "min_rating" not in today.filters.skip and task != "classification"
        return cls(float(wanted["min_rating"]), wanted["unrated"] == "drop", in_force)


@dataclass(frozen=True)
class State:
    """A project as the report shows it.

    The temporary table `report_examples` is on the connection: what is counted of each example.

    Attributes:
        store: the project's store.
        today: today's verdicts.
        status: the funnel and what belongs to it.
        rating_rule: which ratings are kept.
        hidden: whether personal data is behind placeholders; secrets always are.
        finder: finds what is hidden.
        progress: called with (items, label) around what may take long.
    """

    store: Store
    today: Today
    status: Status
    rating_rule: RatingRule
    hidden: bool
    finder: Finder
    progress: Progress

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """Returns the connection of today's verdicts."""
        return self.today.con

    def rows(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """Returns what a query finds."""
        return list(fetch_arrow(self.con, query, dict(parameters or {})).to_pylist())

    def hide(self, text: str | None) -> str:
        """Returns a label, a name or the like without personal data and secrets."""
        return hide(self.finder, text or "")

    def texts(self, ids: Sequence[str]) -> dict[str, ShownTexts]:
        """Returns what is shown of these examples, by id.

        What belongs to a conversation has one placeholder in the whole of it.
        """
        wanted = {"ids": list(dict.fromkeys(ids))}
        self.con.execute(sql("report/texts"), wanted)
        redactor = privacy.redactor(self.store, self.con, personal=self.hidden)
        places = privacy.suspects(self.store, self.con, personal=self.hidden)
        suspected = self.rows(sql("report/texts_whole"), {"places": places})
        shown = {
            row["example_id"]: ShownTexts(row["query"], row["response"])
            for row in self.rows(sql("report/texts_short"), {"longest": LONGEST_TEXT})
        }
        examples = [privacy.example_of(row) for row in suspected]
        for example in self.progress(examples, "looking for personal data"):
            redactor.look(example)
        for example in examples:
            hidden = redactor.redact(example)
            shown[hidden.example_id] = ShownTexts(shorten(hidden.query), shorten(hidden.response))
        return shown

    def quotes(self, ids: Sequence[str]) -> dict[str, Quote]:
        """Returns the questions of examples, to be quoted, by id."""
        shown = self.texts(ids)
        return {name: Quote("", one.query, name) for name, one in shown.items()}


@contextmanager
def of(store: Store, *, hidden: bool, progress: Progress) -> Iterator[State]:
    """Yields the state of a project; the store is open for reading meanwhile."""
    with verdicts.today(store) as today:
        con = today.con
        inputs = con.sql(sql("report/inputs")).to_arrow_table()
        named = [
            language(text) for text in progress(inputs["text"].to_pylist(), "telling languages")
        ]
        con.register("languages", inputs.select(["input_hash"]).append_column(
            "language", pa.array(named, pa.string())))  # fmt: skip
        rule = RatingRule.of(today, config.project_settings(store.folder)["task"])
        con.execute(sql("report/examples"), asdict(rule))
        con.unregister("languages")
        if pairs.ready(today)[0]:
            con.execute(sql("report/pair_files"))
        redactor = privacy.redactor(store, con, personal=hidden)
        yield State(store, today, count(today), rule, hidden, redactor.finder, progress)


def hide(finder: Finder, text: str) -> str:
    """Returns a text with the kind of each value in its place, such as `<EMAIL>`."""
    for place in reversed(finder.places(text)):
        found = place.found
        text = f"{text[: found.start]}<{found.kind}>{text[found.end :]}"
    return text


def shorten(text: str) -> str:
    """Returns the beginning of a text, as long as is shown."""
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + " ..."
