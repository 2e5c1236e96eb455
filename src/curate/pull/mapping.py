"""Which column of a log is which field, guessed from common names and shown before it is used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from shlex import quote
from typing import Any

from curate.errors import ConfigError, SourceError, unknown_name
from curate.messages import is_json, role_of
from curate.pull.columns import (
    holds_lists,
    is_preference,
    is_thumb,
    look_alikes,
    recognised,
    repeats,
    shared_session,
)
from curate.pull.fields import CONTENT, FIELDS, Kind
from curate.pull.notations import dated, guess_dates, one_scale, rated, score_scales
from curate.pull.paths import Getter, columns_of, getter, present, steps
from curate.pull.rating import Scale, parse_scale
from curate.pull.times import DateOrder
from curate.sources.presets import Preset
from curate.text.text import digest, folded

_MAX_ROLES = 12
_PARTS = range(1, 8)
_QUOTED = 3


@dataclass(frozen=True)
class FieldMap:
    """How one source is read: field -> column, rating scales, role words -> roles, its preset.

    Args:
        kind: what a row is.
        fields: field -> column or path.
        scale: of ratings; None where it is not known.
        roles: word in the role column -> role.
        notes: what a person should know about the guess.
        scales: name of a score -> its scale, where it has one of its own.
        preset: `NAME@VERSION` of the preset that takes documents apart; None where none does.
        dates: of dates such as 05/11/2026, which part comes first; None where nobody knows.
        encoded: fields whose texts are JSON text throughout, quotes and all.
    """

    kind: Kind
    fields: Mapping[str, str]
    scale: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    scales: Mapping[str, str] = field(default_factory=dict)
    preset: str | None = None
    dates: DateOrder | None = None
    encoded: Sequence[str] = ()

    def reading(self) -> str:
        """Returns a digest of everything that decides what a document becomes."""
        parts: list[Any] = [self.kind, sorted(self.fields.items()), self.scale]
        parts.append(sorted(self.roles.items()))
        parts += [sorted(self.scales.items())] if self.scales else []
        parts += [self.preset] if self.preset else []
        parts += [self.dates] if self.dates else []
        parts += [sorted(self.encoded)] if self.encoded else []
        return digest(repr(parts))

    def as_dict(self) -> dict[str, Any]:
        """Returns the map in the form that is stored and printed."""
        return _as_dict(self)

    def rating_scale(self, name: str | None = None) -> Scale | None:
        """Returns the scale of the ratings, or of one score, or None where it is unknown."""
        scale = self.scales.get(name, self.scale) if name else self.scale
        return parse_scale(scale) if scale else None

    def getters(self) -> dict[str, Getter]:
        """Returns for each mapped field a function that takes it out of a document."""
        getters = {name: getter(column) for name, column in self.fields.items()}
        if rating := getters.get("rating"):
            getters["rating"] = rated(rating, self.rating_scale())
        if self.dates and (time := getters.get("created_at")):
            getters["created_at"] = dated(time, self.dates)
        return getters


@dataclass(frozen=True)
class Declared:
    """What the user said about a source; everything else is guessed."""

    kind: Kind = "interactions"
    fields: Mapping[str, str] = field(default_factory=dict)
    scale: str | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, str] = field(default_factory=dict)
    preset: str | None = None
    dates: DateOrder | None = None
    encoded: Sequence[str] = ()

    def as_dict(self) -> dict[str, Any]:
        """Returns the declaration in the form that is stored."""
        return _as_dict(self)


def _as_dict(said: FieldMap | Declared) -> dict[str, Any]:
    return {
        "fields": dict(said.fields),
        "scale": said.scale,
        "roles": dict(said.roles),
        "scales": dict(said.scales),
        "preset": said.preset,
        "dates": said.dates,
        "encoded": list(said.encoded),
    }


def guess(
    sample: Sequence[Mapping[str, Any]],
    declared: Declared,
    *,
    fresh: Declared | None = None,
    before: Declared | None = None,
    preset: Preset | None = None,
    documents: Sequence[Mapping[str, Any]] = (),
) -> FieldMap:
    """Returns the field map for a sample of rows; what was declared comes first.

    An empty column name (`--map rating=`) switches a guess off.

    Args:
        sample: documents of the source, or the rows that its preset takes out of them.
        declared: what the user said, now or in an earlier pull.
        fresh: what the user said now, where that is less; only its columns must be in the sample.
        before: how the last pull read the source; it fills what the sample leaves open.
        preset: what takes the documents apart; its fields come after those that were declared.
        documents: what the rows were taken out of, where declared columns may stand, too.

    Raises:
        ConfigError: a declared field or column does not exist, or the scale is unreadable.
    """
    columns = list(dict.fromkeys(name for row in (*sample, *documents) for name in row))
    kind = preset.kind if preset else declared.kind
    _check(fresh or declared, kind, columns, sample)
    if before and before.preset != version_of(preset):
        before = None
    given = {**(preset.fields if preset else {}), **declared.fields}
    notes: list[str] = []
    earlier = before.fields if before else {}
    fields = recognised(kind, given, sample, earlier, preset)
    if not {"label", "rating"} & set(declared.fields) and is_thumb(fields, sample, earlier):
        fields["rating"] = fields.pop("label")
    for name, column in earlier.items():
        if column not in fields.values():
            fields.setdefault(name, column)
    if not is_preference(fields, sample):
        for name in {"chosen", "rejected"} - set(declared.fields):
            fields.pop(name, None)
    known = {*given, *earlier}
    if kind != "turns" and "session" not in known and (note := shared_session(fields, sample)):
        notes.append(note)
        del fields["session"]
    fields = {name: column for name, column in fields.items() if column}
    is_guessed = "rating" not in given and "rater_type" not in fields
    if fields.get("rating") == "score" and is_guessed:
        no = "--rater llm" if kind == "feedback" else "--map rating="
        notes.append(f"score is read as people's rating; if a model gave it: {no}")
    if "id" in fields and "id" not in known and repeats(fields, sample):
        notes.append(f"{fields['id']} repeats with other content: not taken as the id")
        del fields["id"]
    if preset is None:
        notes += look_alikes(kind, fields, sample, set(declared.fields))
    known_scales = before.scales if before else {}
    scales = score_scales(fields, sample, declared.scales, known_scales, declared.scale)
    scale = declared.scale or (preset.scale if preset else None)
    scale = scale or declared.scales.get(fields.get("rating", ""))
    if scale is None and "rating" in fields and "name" not in fields:
        scale = one_scale(fields["rating"], sample, before.scale if before else None, notes)
    words = {**(preset.roles if preset else {}), **declared.roles}
    roles = {} if kind != "turns" else _roles(fields.get("role"), sample, words)
    dates = declared.dates
    if dates is None and "created_at" in fields:
        dates = guess_dates(fields["created_at"], sample, before.dates if before else None, notes)
    encoded, version = _encoded(fields, sample), version_of(preset)
    return FieldMap(kind, fields, scale, roles, tuple(notes), scales, version, dates, encoded)


def version_of(preset: Preset | None) -> str | None:
    """Returns what is remembered of a preset: its name and version."""
    return f"{preset.name}@{preset.version}" if preset else None


_ONE_VALUE = ("session", "user", "id", "group", "trace", "previous")


def _check(
    declared: Declared, kind: Kind, columns: Sequence[str], sample: Sequence[Mapping[str, Any]]
) -> None:
    for scale in (declared.scale, *declared.scales.values()):
        if scale:
            parse_scale(scale)
    for name, column in declared.fields.items():
        if name not in FIELDS[kind]:
            raise ConfigError(f"--map: {unknown_name('field', name, FIELDS[kind])}")
        if name in _ONE_VALUE and holds_lists(column, sample):
            raise ConfigError(
                f"--map {name}={column}: it is a list or an object in every row, not a text. Next: "
                f"a path into it, such as $.{column}.id, or another column"
            )
        if columns and column and not _is_reachable(column, columns):
            raise ConfigError(f"--map {name}={column}: {unknown_name('column', column, columns)}")


def _is_reachable(path: str, columns: Sequence[str]) -> bool:
    """Returns whether a path begins with a column, which may have dots in its own name."""
    begins = [{".".join(steps(part)[:n]) for n in _PARTS} for part in columns_of(path)]
    return path in columns or all(not names.isdisjoint(columns) for names in begins)


def extended(mapping: FieldMap, late: Sequence[Mapping[str, Any]]) -> FieldMap:
    """Returns a map with the fields that only later documents have; what it has stays."""
    if not late or mapping.preset:
        return mapping
    declared = Declared(mapping.kind, **mapping.as_dict())
    more = guess(late, declared, fresh=Declared(mapping.kind))
    return more if more.fields != mapping.fields else mapping


def _encoded(fields: Mapping[str, str], sample: Sequence[Mapping[str, Any]]) -> list[str]:
    """Returns the fields of which every text of a sample is JSON text, so that quotes are JSON's.

    A few texts that are quoted may be quoted by their author, unless texts beside them hold JSON
    or theirs have what only JSON writes.
    """
    texts = {
        name: [v for v in present(fields[name], sample) if isinstance(v, str)]
        for name in CONTENT
        if name in fields
    }
    whole = {n: t for n, t in texts.items() if t and all(is_json(v) for v in t)}
    structured = any(v.lstrip()[:1] in ("{", "[") for t in whole.values() for v in t)
    quoted = {n: t for n, t in whole.items() if any(v.lstrip()[:1] == '"' for v in t)}
    return [n for n, t in quoted.items() if structured or len(t) >= _QUOTED or "\\" in "".join(t)]


def _roles(
    column: str | None, sample: Sequence[Mapping[str, Any]], declared: Mapping[str, str]
) -> dict[str, str]:
    """Returns role word -> user/assistant; empty where every turn answers the one before."""
    if column is None:
        return {}
    words = list(dict.fromkeys(map(role_word, present(column, sample))))[:_MAX_ROLES]
    roles = {word: role for word in words if (role := role_of(word)) is not None}
    if folded(column) == "is_created_by_user":
        roles = {"true": "user", "false": "assistant"}
    # In a table of two speakers, USER and SYSTEM, the system is the one that answers.
    if "assistant" not in roles.values():
        roles = {w: "assistant" if role == "system" else role for w, role in roles.items()}
    roles.update(declared)
    if {"user", "assistant"} <= set(roles.values()):
        return roles
    unknown = [word for word in words if word not in roles]
    if unknown and len(words) > 1 and (missing := _missing_role(roles)):
        raise SourceError(
            f"the words in {column} are {', '.join(words)}, and none of them is known as the "
            f"{missing}. Nothing was stored. Next: --turns --role {quote(unknown[0])}={missing}, "
            "or --turns --map role= if every turn answers the one before it"
        )
    return {}


def _missing_role(roles: Mapping[str, str]) -> str | None:
    """Returns which speaker no word stands for, where one stands for the other speaker."""
    known = {"user", "assistant"} & set(roles.values())
    return next(iter({"user", "assistant"} - known)) if len(known) == 1 else None


def role_word(value: Any) -> str:
    """Returns what stands in a role column as `--role` takes it: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def parse_pairs(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """Returns `name=value` texts of a repeatable option as a dict.

    Raises:
        ConfigError: a text has no `=`.
    """
    result = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise ConfigError(f"{option} {pair!r}: expected NAME=VALUE")
        result[name.strip()] = value.strip()
    return result
