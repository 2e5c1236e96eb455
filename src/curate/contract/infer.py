"""What form good answers have: a JSON Schema, a regular expression, or none.

Inference is careful: what more than two answers in a hundred do is a part of the form, and what
fewer do breaks it. Ranges of numbers and lengths of texts are never inferred. The libraries that
infer schemas (genson) know which types and keys there are, and not how often, so that a single
broken answer would widen the schema; hence this one counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from curate.contract.answers import FENCED, read_json
from curate.messages import Message, as_json, calls_of, text_of

FEWEST = 20
"""Answers below which nothing is inferred."""

NEARLY = 0.8
"""Share of good answers that are JSON from which on all should be.

Broken answers are among good ones, too: people rate what an answer says, not its commas.
"""

RARE = 0.02
"""Share up to which what answers do is a break of their form, not a part of it."""

CLOSED_FROM = 50
"""Objects or texts from which on other keys and values than those seen are breaks."""

EACH = 5
"""How often a value has to be seen to be one of a list."""

MOST_VALUES, MOST_LABELS = 30, 200
_PER_VALUE = 10
_VALUE_CHARACTERS, _LABEL_WORDS = 60, 6
_TRACKED_VALUES, _TRACKED_KEYS = 300, 1_000
_MAP_KEYS = 10
_TOKENS = 15
_FORMATS = {
    "date": re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"),
    "uuid": re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
    "email": re.compile(r"[^@\s]+@[^@\s]+\.[A-Za-z]+"),
}
_NUMBER = r"-?[0-9]+(\.[0-9]+)?"
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True)
class Guess:
    """The form of some answers.

    Attributes:
        form: `labels` and `pattern` are both a regular expression, of a list or of any such text.
        texts: answers that it was inferred from.
        json: of these, JSON objects or lists, bare or in code fences.
        schema: JSON Schema as text, in the order of the answers.
        pattern: regular expression that a whole answer matches.
        fences: whether most of the JSON stands in code fences.
    """

    form: Literal["json", "labels", "pattern", "none"]
    texts: int
    json: int
    schema: str | None = None
    pattern: str | None = None
    fences: bool = False


def texts(outputs: Iterable[Sequence[Message]]) -> Iterator[str]:
    """Yields the texts of answers that call no tool."""
    for output in outputs:
        if output and not calls_of(output[-1]):
            yield text_of(output[-1].get("content"))


def infer(answers: Iterable[str]) -> Guess:
    """Returns the form that nearly all of these answers have."""
    seen = list(answers)
    bare = [value for value in map(_value, seen) if value is not None]
    inside = [m["inside"] for text in seen if (m := FENCED.fullmatch(text))]
    fenced = [value for value in map(_value, inside) if value is not None]
    json = len(bare) + len(fenced)
    if len(seen) < FEWEST:
        return Guess("none", len(seen), json)
    if json >= NEARLY * len(seen):
        root = Values()
        for value in bare + fenced:
            root.add(value)
        schema = as_json({"$schema": _DRAFT, **root.schema()})
        return Guess("json", len(seen), json, schema=schema, fences=len(fenced) > len(bare))
    if labels := _listed(Counter(seen), MOST_LABELS, _is_label):
        pattern = "|".join(map(_escaped, sorted(labels)))
        return Guess("labels", len(seen), json, pattern=pattern)
    form = _number(seen) or _mask(seen)
    return Guess("pattern" if form else "none", len(seen), json, pattern=form)


def _value(text: str) -> Any:
    """Returns the object or list that a text is as JSON; None where it is neither."""
    if text.lstrip()[:1] not in ("{", "["):
        return None
    value, _ = read_json(text)
    return value if "\\ud" not in text.casefold() or _is_text(value) else None


def _is_text(value: Any) -> bool:
    """Returns whether a value can be written down: half of a character pair cannot."""
    try:
        as_json(value).encode()
    except UnicodeEncodeError:
        return False
    return True


# -- values of JSON --------------------------------------------------------------------------------


@dataclass
class Values:
    """What was seen at one place of many JSON texts, counted.

    Attributes:
        types: names of JSON Schema; `number` are those that are no integers.
        strings: how often each string; None once there are too many.
        formats: strings that match each format.
        keys: of objects, in the order in which they came.
        items: of lists.
    """

    types: Counter[str] = field(default_factory=Counter)
    strings: Counter[str] | None = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    keys: dict[str, Values] = field(default_factory=dict)
    items: Values | None = None

    def add(self, value: Any) -> None:
        """Counts a value and what is in it."""
        kind = _type_of(value)
        self.types[kind] += 1
        if kind == "string":
            self._add_string(value)
        elif kind == "object":
            for key, inner in value.items():
                if key in self.keys or len(self.keys) < _TRACKED_KEYS:
                    self.keys.setdefault(key, Values()).add(inner)
        elif kind == "array":
            self.items = self.items or Values()
            for inner in value:
                self.items.add(inner)

    def _add_string(self, value: str) -> None:
        self.formats.update(name for name, of in _FORMATS.items() if of.fullmatch(value))
        if self.strings is not None:
            self.strings[value] += 1
            if len(self.strings) > _TRACKED_VALUES:
                self.strings = None

    def merge(self, other: Values) -> None:
        """Counts all that was counted at another place, too."""
        self.types.update(other.types)
        self.formats.update(other.formats)
        both = self.strings is not None and other.strings is not None
        self.strings = self.strings + other.strings if both else None  # type: ignore[operator]
        for key, values in other.keys.items():
            self.keys.setdefault(key, Values()).merge(values)
        if other.items:
            self.items = self.items or Values()
            self.items.merge(other.items)

    def schema(self) -> dict[str, Any]:
        """Returns the schema of nearly all values that were seen."""
        kinds = self._kinds()
        if not kinds:
            return {}
        schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
        if "string" in kinds:
            schema |= self._of_strings(kinds)
        if "object" in kinds:
            schema |= self._of_objects()
        if "array" in kinds and self.items and (inner := self.items.schema()):
            schema["items"] = inner
        return schema

    def _kinds(self) -> list[str]:
        """Returns the types that are not rare; a number that is no integer is never rare."""
        counts = Counter(self.types)
        if counts["number"]:
            counts["number"] += counts.pop("integer", 0)
        whole = counts.total()
        return [kind for kind, count in counts.most_common() if count > RARE * whole]

    def _of_strings(self, kinds: list[str]) -> dict[str, Any]:
        if set(kinds) > {"string", "null"}:
            return {}
        values = _listed(self.strings or {}, MOST_VALUES, _is_value)
        if len(values) > 1:
            null = [None] if "null" in kinds else []
            return {"enum": [*sorted(values), *null]}
        strings = self.types["string"]
        for name, count in self.formats.most_common(1):
            if strings >= FEWEST and count >= (1 - RARE) * strings:
                return {"format": name}
        return {}

    def _of_objects(self) -> dict[str, Any]:
        objects = self.types["object"]
        counts = {key: values.types.total() for key, values in self.keys.items()}
        often = max(counts.values(), default=0)
        if len(counts) > _MAP_KEYS and (often < objects / 2 or len(counts) == _TRACKED_KEYS):
            anything = Values()
            for values in self.keys.values():
                anything.merge(values)
            return {"additionalProperties": anything.schema()}
        known = {key: self.keys[key] for key, count in counts.items() if count > RARE * objects}
        schema: dict[str, Any] = {"properties": {key: v.schema() for key, v in known.items()}}
        if required := [key for key in known if counts[key] >= (1 - RARE) * objects]:
            schema["required"] = required
        if objects >= CLOSED_FROM:
            schema["additionalProperties"] = False
        return schema


def _type_of(value: Any) -> str:
    for kind, name in (
        (bool, "boolean"), (str, "string"), (int, "integer"), (float, "number"),
        (dict, "object"), (list, "array"),
    ):  # fmt: skip
        if isinstance(value, kind):
            return name
    return "null"


# -- lists of values and forms of short texts ------------------------------------------------------


def _listed(counts: Counter[str] | dict[str, int], most: int, is_fit: Any) -> list[str]:
    """Returns the values of a list that nearly all are from; none where they are from no list."""
    whole = sum(counts.values())
    often = [value for value, count in counts.items() if count >= EACH]
    rest = whole - sum(counts[value] for value in often)
    if whole < max(CLOSED_FROM, _PER_VALUE * len(often)) or not 0 < len(often) <= most:
        return []
    return often if rest <= RARE * whole and all(map(is_fit, often)) else []


def _is_value(text: str) -> bool:
    return 0 < len(text) <= _VALUE_CHARACTERS


def _is_label(text: str) -> bool:
    one_line = text == text.strip() and "\n" not in text
    return one_line and _is_value(text) and len(text.split()) <= _LABEL_WORDS


def _number(answers: Sequence[str]) -> str | None:
    number = re.compile(_NUMBER)
    numbers = sum(number.fullmatch(text) is not None for text in answers)
    return _NUMBER if numbers >= (1 - RARE) * len(answers) else None


_RUN = re.compile(r"[0-9]+|[A-Z]+|[a-z]+|.", re.DOTALL)


def _mask(answers: Sequence[str]) -> str | None:
    """Returns the form of ids, dates and the like, which all have the same runs of characters.

    There have to be digits in it: words alone are a form of all words.
    """
    masks = Counter(_mask_of(text) for text in answers if len(text) <= _VALUE_CHARACTERS)
    for mask, count in masks.most_common(1):
        if len(mask) <= _TOKENS and "[0-9]" in mask and count >= (1 - RARE) * len(answers):
            fitting = [_RUN.findall(text) for text in answers if _mask_of(text) == mask]
            return "".join(map(_run, mask, zip(*fitting, strict=True)))
    return None


def _mask_of(text: str) -> tuple[str, ...]:
    return tuple(_class_of(run) for run in _RUN.findall(text))


def _class_of(run: str) -> str:
    if run[0].isascii() and run[0].isalnum():
        return "[0-9]" if run[0].isdigit() else "[A-Z]" if run[0].isupper() else "[a-z]"
    return run


def _run(kind: str, runs: tuple[str, ...]) -> str:
    """Returns the expression of one run: letters that are always the same stay."""
    if kind != "[0-9]" and len(set(runs)) == 1:
        return _escaped(runs[0])
    lengths = {len(run) for run in runs}
    return f"{kind}{{{lengths.pop()}}}" if len(lengths) == 1 else f"{kind}+"


def _escaped(text: str) -> str:
    """Returns a text as a regular expression, without the escapes that nobody needs."""
    return re.sub(r"[\\.^$*+?{}\[\]|()]", r"\\\g<0>", text)


def any_calls(outputs: Iterable[Sequence[Message]]) -> bool:
    """Returns whether any answer calls a tool."""
    return any(calls_of(message) for output in outputs for message in output)
