"""The five public data sets: how curate is told to read each, and what each says by itself.

Nothing here imports curate. The facts are counted from the published files by plain Python, so
that what curate stores can be compared with them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import raw_oracle as oracle
from raw_oracle import Call, Row

SEED_QUERY = (
    "SELECT query, response, human_rating FROM ai_interactions WHERE human_rating >= 4 "
    "ORDER BY created_at DESC LIMIT 2000"
)


@dataclass(frozen=True)
class Facts:
    """What a data set holds, counted without curate; ratings are on curate's scale of 1 to 5."""

    documents: int
    calls: int
    conversations: int
    without_query: int
    rated: int
    rated_4_or_more: int
    split_overlap: dict[str, int]


@dataclass(frozen=True)
class RealSet:
    """One data set and the options that curate is given for it.

    Attributes:
        name: of the folder of the data, and of the project.
        file: the published file, inside that folder.
        task: as in `curate init --task`.
        pull: options of `curate pull` after the file.
        filter: options of `curate filter`.
        calls: makes line -> call of the rows that are pulled.
        rating: makes the rating of a row, 1 to 5, None where it has none.
        prepare: makes the rows that are pulled of the published ones, where curate cannot be told
            with options how to read them.
    """

    name: str
    file: str
    task: str
    pull: tuple[str, ...]
    filter: tuple[str, ...]
    calls: Callable[[Sequence[Row]], dict[int, Call]]
    rating: Callable[[Row], float | None]
    prepare: Callable[[Sequence[Row]], list[Row]] | None = None

    @property
    def drops_unrated(self) -> bool:
        """Returns whether calls without a rating are dropped: no labels, not told to keep."""
        return self.task == "sft" and "--unrated" not in self.filter

    def source(self, data: Path, folder: Path, *, limit: int | None = None) -> Path:
        """Returns the file to pull: the published one, or one that is written into the folder.

        Args:
            data: the folder of all data sets.
            folder: where a file is written that is not the published one.
            limit: take the conversations of about so many rows from the beginning.
        """
        published = data / self.name / self.file
        if self.prepare is None and limit is None:
            return published
        rows = oracle.read(published)
        if limit is not None:
            rows = _whole_talks(rows, limit)
        rows = self.prepare(rows) if self.prepare else rows
        path = folder / f"{self.name}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return path

    def facts(self, rows: Sequence[Row]) -> Facts:
        """Returns what the rows that are pulled hold."""
        calls = self.calls(rows)
        ratings = [rating for line in calls if (rating := self.rating(rows[line - 1])) is not None]
        splits = [
            {"split": rows[line - 1]["split"], "text": call.input}
            for line, call in calls.items()
            if "split=split" in self.pull
        ]
        return Facts(
            len(rows),
            len(calls),
            len({call.conversation for call in calls.values()}),
            sum(not call.query.strip() for call in calls.values()),
            len(ratings),
            sum(rating >= 4 for rating in ratings),
            oracle.split_overlap(splits),
        )


def _whole_talks(rows: Sequence[Row], limit: int) -> list[Row]:
    last = rows[limit]["dialogue_id"]
    return [
        *rows[:limit],
        *(row for row in islice(rows, limit, None) if row["dialogue_id"] == last),
    ]


# -- how each set is read ----------------------------------------------------------------------

_WORDS = {"Poor": 1.0, "Not Good": 2.0, "Passable": 3.0, "Good": 4.0, "Excellent": 5.0}


def _of_topical_chat(rows: Sequence[Row]) -> dict[int, Call]:
    return oracle.calls_of_turns(rows, conversation="conversation_id", text="message")


def _of_sgd(rows: Sequence[Row]) -> dict[int, Call]:
    return oracle.calls_of_turns(
        rows,
        conversation="dialogue_id",
        text="utterance",
        asks=lambda row: row["speaker"] == "USER",
    )


def _of_labelled(rows: Sequence[Row]) -> dict[int, Call]:
    return {
        line: Call(str(line), row["text"], "", oracle.input_of(row["text"], ()))
        for line, row in enumerate(rows, 1)
    }


def oasst1_calls(rows: Sequence[Row]) -> list[Row]:
    """Returns one row per assistant message of OASST1, with the path to it as `messages`.

    The ratings of OASST1 lie in two parallel lists, `labels.name` and `labels.value`, whose length
    and order differ from message to message, so no path such as `labels.value[7]` finds `quality`
    in all of them: it is looked up by name here.
    """
    return [
        {
            "message_id": name,
            "message_tree_id": row["message_tree_id"],
            "created_date": row["created_date"],
            "user_id": row["user_id"],
            "model_name": row["model_name"],
            "messages": talk,
            "quality": oracle.quality(row),
        }
        for name, (talk, row) in oracle.calls_of_tree(rows).items()
    ]


def oasst1_turns(rows: Sequence[Row]) -> list[Row]:
    """Returns the messages of OASST1 as they are, with their quality in a column of its own."""
    return [{**row, "quality": oracle.quality(row)} for row in rows]


def _of_oasst1(rows: Sequence[Row]) -> dict[int, Call]:
    found = {}
    for line, row in enumerate(rows, 1):
        # The parent of an answer may be missing from the published file: then nobody asked.
        *before, asked, answer = ["", *(message["content"] for message in row["messages"])][-4:]
        found[line] = Call(row["message_tree_id"], asked, answer, oracle.input_of(asked, before))
    return found


def _oasst1_rating(row: Row) -> float | None:
    return None if row["quality"] is None else 1 + 4 * row["quality"]


SETS = {
    made.name: made
    for made in (
        RealSet(
            "topical_chat_rated",
            "turns.jsonl.gz",
            "sft",
            ("--turns",),
            (),
            _of_topical_chat,
            lambda row: _WORDS.get(row["turn_rating"]),
        ),
        RealSet(
            "oasst1_en_validation",
            "messages.jsonl.gz",
            "sft",
            ("--map", "rating=quality", "--scale", "0-1", "--map", "session=message_tree_id"),
            (),
            _of_oasst1,
            _oasst1_rating,
            oasst1_calls,
        ),
        RealSet(
            "clinc150",
            "rows.jsonl.gz",
            "classification",
            ("--map", "split=split"),
            (),
            _of_labelled,
            lambda _: None,
        ),
        RealSet(
            "banking77",
            "rows.jsonl.gz",
            "classification",
            ("--map", "split=split"),
            (),
            _of_labelled,
            lambda _: None,
        ),
        RealSet(
            "sgd_turns_volume",
            "turns.jsonl.gz",
            "sft",
            ("--turns",),
            ("--unrated", "keep"),
            _of_sgd,
            lambda _: None,
        ),
    )
}
