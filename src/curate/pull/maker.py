"""Documents into rows: how fields become interactions and feedback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from curate.pull.interactions import Row, RowBuilder, as_text
from curate.pull.mapping import FieldMap
from curate.pull.options import HELDOUT, PullOptions
from curate.store.salt import salt

RATERS = ("human_user", "human_expert", "llm", "code")
_RATERS = {
    **dict.fromkeys(("human_user", "user", "human", "end_user", "customer"), "human_user"),
    **dict.fromkeys(("human_expert", "expert", "annotator", "annotation"), "human_expert"),
    **dict.fromkeys(("llm", "model", "ai", "judge", "llm_judge", "eval"), "llm"),
    **dict.fromkeys(("code", "rule", "program"), "code"),
}


class Maker:
    """Makes the rows of documents as one field map reads them, and says what it could not place.

    Args:
        mapping: which column is which field.
        options: of the pull.
        folder: of the project, which has the salt of user ids.
    """

    def __init__(self, mapping: FieldMap, options: PullOptions, folder: Path) -> None:
        self.builder = RowBuilder(mapping, salt(folder))
        self._mapping, self._options = mapping, options
        self._unknown_raters: set[str] = set()

    def make(self, fields: dict[str, Any]) -> list[Row] | str:
        """Returns the rows of a document with these fields, or why it has none."""
        if self._mapping.kind == "feedback":
            return self._feedback(fields)
        rows = self.builder.from_document(fields)
        for row in rows if self._options.heldout and not isinstance(rows, str) else ():
            row["given_split"] = HELDOUT
        return rows

    def _feedback(self, fields: dict[str, Any]) -> list[Row] | str:
        values, build = self.builder.values(fields), self.builder
        key = as_text(values.get("key"))
        if key is None:
            return "no-key"
        common = {
            "source_id": key,
            "comment": as_text(values.get("comment")),
            "rater_type": self._rater(as_text(values.get("rater_type"))),
            "rater_key": build.user_key(values.get("rater")),
            "created_at": build.time(values),
        }
        rows = []
        rating = build.rating(values)
        if rating["rating_value"] is not None:
            rows.append(
                {
                    **common,
                    "kind": "rating",
                    "value": rating["rating_value"],
                    "scale": rating["rating_scale"],
                    "rating_norm": rating["rating_norm"],
                }
            )
        for kind in ("label", "correction"):
            if value := as_text(values.get(kind)):
                rows.append({**common, "kind": kind, "value": value})
        return rows or "no-feedback"

    def _rater(self, word: str | None) -> str:
        """Returns who gave a feedback; a word that is not known never counts as a human."""
        kind = rater_type(self._options.rater if word is None else word)
        if kind is None:
            self._unknown_raters.add(word or "")
        return kind or "unknown"

    def notes(self, repeated: int, what: str = "documents") -> list[str]:
        """Returns what a person should know about how the documents were read."""
        notes = list(self._mapping.notes)
        if repeated:
            notes.append(f"{repeated:,} {what} have the id of a later one, which counts")
        if self._unknown_raters:
            notes.append(
                f"rater types not known: {', '.join(sorted(self._unknown_raters)[:6])}. Their "
                f"feedback does not count as human. Known: {', '.join(RATERS)}"
            )
        if self.builder.unplaced_ratings and self._mapping.scale:
            notes.append(
                f"{self.builder.unplaced_ratings:,} ratings lie outside the scale "
                f"{self._mapping.scale}: they count as unrated until you declare another --scale"
            )
        elif self.builder.unplaced_ratings and not any("the scale of" in n for n in notes):
            notes.append(
                f"{self.builder.unplaced_ratings:,} ratings count as unrated: their scale is not "
                "known until you declare it with --scale"
            )
        if self.builder.unread_ranks:
            notes.append(f"{self.builder.unread_ranks:,} ranks are no numbers: left empty")
        if self.builder.unreadable_times:
            notes.append(f"{self.builder.unreadable_times:,} times could not be read: left empty")
        return notes


def rater_type(word: str) -> str | None:
    """Returns the kind of rater that a word stands for, None where it is not known."""
    return _RATERS.get("_".join(word.casefold().replace("-", " ").replace("_", " ").split()))
