"""Documents into rows: how fields become interactions and feedback."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from curate.kernels.user_ids import masked
from curate.pull.contents import as_text
from curate.pull.interactions import Row, RowBuilder, row_hash
from curate.pull.mapping import FieldMap
from curate.pull.options import EVICT, HELDOUT, PullOptions
from curate.pull.pages import unfolded
from curate.pull.paths import getter
from curate.pull.raters import MACHINES, RATERS, is_model, rater_type
from curate.pull.rating import is_blank, parse_scale
from curate.sources.presets import LeftOut, Preset
from curate.store.salt import salt
from curate.text.text import folded

_MAX_SHOWN = 6
_NOT_NAMED, _OTHER_SCORES = "rows that --only does not name", "ratings of other scores"
_NOT_CHOSEN = (_NOT_NAMED, _OTHER_SCORES)
# Source: Langfuse API reference, scores: data types.
_FIGURES = ("numeric", "boolean", "number", "bool", "rating")
_WORDS = {"categorical": "label", "category": "label", "correction": "correction"}


@dataclass(frozen=True)
class Refusal:
    """A part of a document that is not stored: a reason, and a detail that shows no user's id."""

    reason: str
    detail: str = ""


class Part(NamedTuple):
    """A row that a document gives, and the document."""

    fields: Mapping[str, Any]
    document: Mapping[str, Any]


class Maker:
    """Makes the rows of documents as one field map reads them, and says what it could not place.

    Args:
        mapping: which column is which field.
        options: of the pull.
        folder: of the project, which has the salt of user ids.
        preset: what takes documents apart; None where a document is a row.
        named: fields that the user named, now or earlier; None: those of the options.
        scores: names of the scores that rows hold, of which `--only name=` may choose.
    """

    def __init__(
        self,
        mapping: FieldMap,
        options: PullOptions,
        folder: Path,
        preset: Preset | None = None,
        named: Mapping[str, str] | None = None,
        scores: Collection[str] = (),
    ) -> None:
        declared = options.declared.fields if named is None else named
        watched = {name for name, column in declared.items() if mapping.fields.get(name) == column}
        computed = preset.fields.values() if preset else ()
        self.builder = RowBuilder(mapping, salt(folder), frozenset(watched), computed)
        self.mapping = mapping
        self._options, self._preset = options, preset
        only = {name: set(values) for name, values in options.only.items()}
        self._scores = only.pop("name") if only.get("name", set()) & set(scores) else None
        self._only = [(getter(mapping.fields.get(name, name)), only[name]) for name in only]
        # Source: OpenInference semantic conventions: an annotator's kind is HUMAN, LLM or CODE.
        self._annotators = "annotat" in folded(mapping.fields.get("rater_type", ""))
        self._unknown_raters: set[str] = set()
        self._machines = 0
        self.left_out: Counter[str] = Counter()

    @property
    def takes_all(self) -> bool:
        """Whether each document is a call as it stands: none is taken apart or left out."""
        is_chosen = self._preset is not None or bool(self._only) or self._scores is not None
        return self.mapping.kind == "interactions" and not is_chosen and not self._options.heldout

    def parts(self, document: Mapping[str, Any]) -> Iterator[Part | Refusal]:
        """Yields the rows of a document: itself, or what its preset takes out of it."""
        for item in unfolded(document):
            if self._preset is None:
                yield from self._chosen(item, item) if self._only else (Part(item, item),)
            elif not self._preset.fits(item):
                yield Refusal("unknown-shape", f"no document of the preset {self._preset.name}")
            else:
                for row in self._preset.rows(item):
                    if isinstance(row, LeftOut):
                        self.left_out[_kind(row.what)] += 1
                    else:
                        yield from self._chosen(row, item)

    def _chosen(self, row: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[Part]:
        if all(as_text(get(row)) in values for get, values in self._only):
            yield Part(self._with_scores(row), document)
        else:
            self.left_out[_NOT_NAMED] += 1

    def _with_scores(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        """Returns a row without the ratings of scores that were not chosen."""
        column = self.mapping.fields.get("ratings", "")
        entries = row.get(column)
        if self._scores is None or not isinstance(entries, list):
            return row
        kept = [e for e in entries if score_of(e) in (None, *self._scores)]
        self.left_out[_OTHER_SCORES] += len(entries) - len(kept)
        return {**row, column: kept}

    def make(self, document: Mapping[str, Any]) -> list[Row | Refusal]:
        """Returns the rows of a document, and what is refused of it."""
        rows: list[Row | Refusal] = []
        for part in self.parts(document):
            if isinstance(part, Refusal):
                rows.append(part)
                continue
            is_feedback = self.mapping.kind == "feedback"
            made = self._feedback(part) if is_feedback else self._calls(part)
            rows += [refusal(made)] if isinstance(made, str) else made
        return rows

    def _calls(self, part: Part) -> list[Row] | str:
        rows = self.builder.from_document(part.fields, part.document)
        for row in rows if self._options.heldout and not isinstance(rows, str) else ():
            row["given_split"] = EVICT if self._options.evict else HELDOUT
            if self._options.evict:  # what was imported without it is another row
                row["row_hash"] = row_hash(row)
        return rows

    def _feedback(self, part: Part) -> list[Row] | str:
        values, build = self.builder.values(part.fields, part.document), self.builder
        key, trace = as_text(values.get("key")), as_text(values.get("trace"))
        if key is None and trace is None:
            return "no-key"
        name, rater = as_text(values.get("name")), values.get("rater")
        word = as_text(values.get("rater_type"))
        common = {
            "source_id": key or f"trace {trace}",
            "row_key": as_text(values.get("id")),
            "trace_id": None if key else trace,
            "name": name,
            "comment": as_text(values.get("comment")),
            "rater_type": self._rater(word, as_text(rater)),
            "rater_key": build.user_key(word if rater is None and is_model(word or "") else rater),
            "created_at": build.time(values),
        }
        said = _by_type(values)
        rows = []
        if (rating := said.get("rating")) is not None:
            own = self.mapping.scales.get(name or "") or self.mapping.scale
            scale = "thumbs" if isinstance(rating, bool) else own
            placed = build.placed(rating, parse_scale(scale) if scale else None)
            placed["rating_norm"] = placed.pop("norm")
            rows.append({**common, "kind": "rating", **placed})
        if label := as_text(said.get("label")):
            rows.append({**common, "kind": "label", "value": label})
        if correction := build.written(said.get("correction")):
            rows.append({**common, "kind": "correction", "value": correction})
        return rows or "no-feedback"

    def _rater(self, word: str | None, name: str | None) -> str:
        """Returns who gave a feedback; a word that is not known never counts as a human.

        Args:
            word: that says what the rater is.
            name: of the rater, which says it where no word does and it is a model's.
        """
        if word is None and name is not None and (of_name := rater_type(name)) in MACHINES:
            self._machines += 1
            return str(of_name)
        kind = rater_type(self._options.rater if word is None else word)
        if kind == "human_user" and word is not None and self._annotators:
            kind = "human_expert"
        if kind is None:
            self._unknown_raters.add(word or "")
        return kind or "unknown"

    def notes(self, repeated: int, what: str = "documents") -> list[str]:
        """Returns what a person should know about how the documents were read."""
        build, notes = self.builder, list(self.mapping.notes)
        chosen = Counter({k: self.left_out[k] for k in _NOT_CHOSEN if self.left_out[k]})
        if chosen:
            notes.append(f"left out: {_listed(chosen)}")
        if left_out := +self.left_out - chosen:
            kind = "feedback" if self.mapping.kind == "feedback" else "calls"
            notes.append(f"left out, since they are no {kind}: {_listed(left_out)}")
        for name, count in build.missing.items():
            if count:
                notes.append(
                    f"{count:,} of {build.documents:,} {what} have nothing at "
                    f"{self.mapping.fields[name]} ({name})"
                )
        if repeated:
            notes.append(f"{repeated:,} {what} have the id of a later one, which counts")
        if self._unknown_raters:
            names = ", ".join(sorted(self._unknown_raters)[:_MAX_SHOWN])
            notes.append(
                f"rater types not known: {names}. Their "
                f"feedback does not count as human. Known: {', '.join(RATERS)}"
            )
        if self._machines:
            notes.append(
                f"{self._machines:,} {what} name a model or a program in "
                f"{self.mapping.fields.get('rater')}: they do not count as human"
            )
        notes += self._rating_notes()
        if build.objects:
            parts = ", ".join(f"{n:,} of {name}" for name, n in sorted(build.objects.items()))
            notes.append(f"left empty, since they are objects or lists: {parts}")
        if build.unread_ranks:
            notes.append(f"{build.unread_ranks:,} ranks are no numbers: left empty")
        if build.unread_numbers:
            notes.append(f"{build.unread_numbers:,} counts and costs are no numbers: left empty")
        if build.unreadable_times:
            notes.append(f"{build.unreadable_times:,} times could not be read: left empty")
        return notes

    def _rating_notes(self) -> list[str]:
        unplaced, scale = self.builder.unplaced_ratings, self.mapping.scale
        if unplaced and scale:
            return [
                f"{unplaced:,} ratings lie outside the scale "
                f"{scale}: they count as unrated until you declare another --scale"
            ]
        if unplaced and not any("the scale of" in n for n in self.mapping.notes):
            return [
                f"{unplaced:,} ratings count as unrated: their scale is not "
                "known until you declare it with --scale"
            ]
        return []


def score_of(entry: Any) -> str | None:
    """Returns the name of the score of a piece of feedback; None where it rates nothing."""
    is_rating = isinstance(entry, Mapping) and entry.get("kind", "rating") == "rating"
    return str(entry.get("name")) if is_rating else None


# What a platform calls a part may be anything that a document holds.
_KIND = re.compile(r"[\w .,:/()-]{1,90}")


def _kind(what: object) -> str:
    """Returns what a part that is left out is called, where that is a word."""
    is_word = isinstance(what, str) and _KIND.fullmatch(what) is not None
    return masked(str(what)) if is_word else "of an unknown kind"


def _listed(counts: Counter[str]) -> str:
    """Returns the most frequent kinds with their numbers, and the number of all others."""
    shown = counts.most_common(_MAX_SHOWN)
    parts = [f"{n:,} {name}" for name, n in shown]
    rest = counts.total() - sum(n for _, n in shown)
    return ", ".join([*parts, f"{rest:,} others"] if rest else parts)


def _by_type(values: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a score's rating, label and correction: which one its value is, its type says."""
    data_type = str(values.get("data_type", "")).casefold()
    said = {name: values[name] for name in ("rating", "label", "correction") if name in values}
    if data_type and data_type not in _FIGURES:
        kind = _WORDS.get(data_type, "")
        value = said.get(kind, said.get("rating"))
        return {} if not kind or is_blank(value) else {kind: value}
    if data_type.startswith("bool") and not is_blank(said.get("rating")):
        word = str(said["rating"]).strip().casefold()
        said["rating"] = {"1": True, "1.0": True, "true": True, "0": False, "0.0": False,
                          "false": False}.get(word, said["rating"])  # fmt: skip
    return said


def refusal(text: str) -> Refusal:
    """Returns a refusal from its reason, or `REASON: DETAIL`."""
    reason, _, detail = text.partition(": ")
    return Refusal(reason, detail)
