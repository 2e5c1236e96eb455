"""Placeholders instead of personal data: one value, one placeholder in a whole conversation.

A `Redactor` sees every item twice. `look` collects which values each conversation has, and
`redact` puts `<EMAIL_1>` in their place: in prompts and answers, in the arguments of tool calls
and other JSON, and in both answers of a pair. Nothing here knows the store.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, overload

import orjson

from curate.formats import Example, Pair
from curate.privacy import patterns
from curate.privacy.patterns import REGIONS, SensitiveSpan

PLACEHOLDER = re.compile(r"<([A-Z]+)_([0-9]+)>")
_REMEMBERED_TEXTS = 20_000
_SHORTEST_KNOWN = 4
_SMALLEST_NUMBER = 10**6


Names = Callable[[str], list[SensitiveSpan]]
Visit = Callable[[str, str, str], str]
"""(path, key, text) -> the text to put there."""


@dataclass(frozen=True)
class PrivacyFinding:
    """Where personal data or a secret stands in an example; never the value."""

    example_id: str
    field: str
    start: int
    end: int
    kind: str
    detector: str
    score: float
    is_secret: bool
    value_key: str


@dataclass(frozen=True)
class ValuePlace:
    """One value in a text that may be JSON.

    Attributes:
        found: what it is; its offsets are those in the text as it stands, escapes and all.
        value: as a person would read it.
        quote: what a placeholder needs around it, where the value is a JSON number.
    """

    found: SensitiveSpan
    value: str
    quote: str = ""


class Finder:
    """Finds what is to be hidden in plain texts and in JSON; texts that recur are read once.

    Args:
        regions: whose phone numbers are known without a country code.
        leave: kinds that stay as they are.
        names: finds the names of people as well.
        key: what a value is told by, without saying it.
        harmless: keys of values that are known to be nobody's.
    """

    def __init__(
        self,
        *,
        regions: Sequence[str] = REGIONS,
        leave: Iterable[str] = (),
        names: Names | None = None,
        key: Callable[[str], str] = lambda _: "",
        harmless: Iterable[str] = (),
    ) -> None:
        self.regions = tuple(regions)
        self.key = key
        self._leave, self._harmless = frozenset(leave), frozenset(harmless)
        self._detect = functools.lru_cache(_REMEMBERED_TEXTS)(self._detected)
        self._names: Names = functools.lru_cache(_REMEMBERED_TEXTS)(names or (lambda _: []))

    def places(
        self, text: str, key: str = "", conversation: _Known | None = None
    ) -> list[ValuePlace]:
        """Returns the values in a text, by position, never overlapping.

        Args:
            text: plain, or a JSON object or array.
            key: what the text is called where it comes from; it counts as words before it.
            conversation: values that are to be found wherever they stand.
        """
        if text.lstrip()[:1] in ("{", "[") and _is_json(text):
            return [
                place for literal in _literals(text) for place in self._in(literal, conversation)
            ]
        before = f"{key}: " if key else ""
        whole = before + text
        return [
            ValuePlace(moved(f, -len(before)), whole[f.start : f.end])
            for f in self._plain(whole, conversation)
            if f.start >= len(before)
        ]

    def _plain(self, text: str, conversation: _Known | None) -> list[SensitiveSpan]:
        names = self._names(text)
        if not (names or conversation or self._detect(text)):
            return []

        def once(masked: str) -> Iterator[SensitiveSpan]:
            places = self._detect(masked)
            still = [n for n in names if masked[n.start : n.end] == text[n.start : n.end]]
            for f in (*places, *still, *(conversation.find(masked) if conversation else ())):
                if f.kind not in self._leave and not self._is_harmless(text[f.start : f.end]):
                    yield f

        return patterns.settle(text, once)

    def _is_harmless(self, value: str) -> bool:
        return bool(self._harmless) and self.key(value) in self._harmless

    def _detected(self, text: str) -> tuple[SensitiveSpan, ...]:
        return tuple(patterns.detect(text, self.regions))

    def _in(self, literal: _Literal, conversation: _Known | None) -> Iterator[ValuePlace]:
        for place in self.places(literal.text, literal.key, conversation):
            f = place.found
            at = replace(f, start=literal.offset(f.start), end=literal.offset(f.end))
            quote = json.dumps(place.quote)[1:-1]
            yield ValuePlace(at, place.value, '"' if literal.is_number else quote)


def moved(place: SensitiveSpan, by: int) -> SensitiveSpan:
    """Returns a finding whose text has been moved."""
    return replace(place, start=place.start + by, end=place.end + by) if by else place


_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"(\s*:)?|-?[0-9][0-9.eE+-]*')
_ESCAPE = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u....|\\.|.", re.DOTALL)


@dataclass(frozen=True)
class _Literal:
    """A string or a number in a JSON text, as it reads, and where its characters stand."""

    text: str
    key: str
    start: int
    places: tuple[int, ...] | None
    is_number: bool

    def offset(self, position: int) -> int:
        return self.start + (self.places[position] if self.places else position)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _literals(text: str) -> Iterator[_Literal]:
    """Yields the keys, strings and long numbers of a JSON text."""
    key = ""
    for match in _TOKEN.finditer(text):
        raw = match[1]
        if raw is None:
            if match[0].lstrip("-").isdecimal() and abs(int(match[0])) >= _SMALLEST_NUMBER:
                yield _Literal(match[0], key, match.start(), None, True)
            continue
        places = None
        if "\\" in raw:
            places = (*(m.start() for m in _ESCAPE.finditer(raw)), len(raw))
        read = json.loads(f'"{raw}"')
        yield _Literal(read, "" if match[2] else key, match.start(1), places, False)
        key = read if match[2] else key


def walk(value: Any, path: str, key: str, visit: Visit) -> Any:
    """Returns a value of messages or tools with every text in it, keys too, as `visit` has it.

    Args:
        value: made of dicts, lists, texts and numbers.
        path: where it stands, as findings name it.
        key: the key that it stands under.
        visit: called for each text and each long number.
    """
    if isinstance(value, str):
        return value if value.startswith("data:") else visit(path, key, value)
    if isinstance(value, dict):
        return {
            visit(f"{path}.{name}", "", name): walk(
                part, f"{path}.{name}", "" if name in _PROSE else name, visit
            )
            for name, part in value.items()
        }
    if isinstance(value, list):
        return [walk(part, f"{path}[{n}]", key, visit) for n, part in enumerate(value)]
    if type(value) is int and abs(value) >= _SMALLEST_NUMBER:
        text = visit(path, key, str(value))
        return value if text == str(value) else text
    return value


def texts(example: Example, visit: Visit) -> Example:
    """Returns an example with every text in it as `visit` has it."""
    label, tools = example.label, example.tools
    return replace(
        example,
        messages=walk(example.messages, "messages", "", visit),
        output=walk(example.output, "output", "", visit),
        tools=None if tools is None else walk(tools, "tools", "", visit),
        label=None if label is None else visit("label", "", label),
        query=visit("query", "", example.query),
        response=visit("response", "", example.response),
    )


# What these keys hold are sentences: their names say nothing about what follows.
_PROSE = ("content", "text", "refusal", "reasoning_content", "arguments")


def normal(kind: str, value: str, regions: Sequence[str] = REGIONS) -> str:
    """Returns one spelling for all spellings of a value that are surely the same."""
    if kind in ("EMAIL", "NAME"):
        return " ".join(value.replace("%40", "@").split()).casefold()
    if kind in ("CARD", "IBAN", "SSN", "MAC"):
        return re.sub(r"[\s:-]", "", value).upper()
    if kind == "IP":
        return str(ipaddress.ip_address(value))
    return _phone_number(value, regions) if kind == "PHONE" else value


def _phone_number(value: str, regions: Sequence[str]) -> str:
    import phonenumbers

    for region in regions or (None,):
        try:
            number = phonenumbers.parse(value, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(number):
            return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return re.sub(r"[^0-9+]", "", value)


@dataclass
class _Conversation:
    """The values of one conversation, or of several that pairs join, in order of appearance."""

    values: dict[tuple[str, str], int] = field(default_factory=dict)
    spellings: dict[str, SensitiveSpan] = field(default_factory=dict)
    taken: set[tuple[str, int]] = field(default_factory=set)
    last: Counter[str] = field(default_factory=Counter)
    known: _Known | None = None

    def placeholder(self, kind: str, value: str) -> str:
        """Returns what stands for a value; a new one gets the next number that no text has."""
        if (kind, value) not in self.values:
            self.last[kind] += 1
            while (kind, self.last[kind]) in self.taken:
                self.last[kind] += 1
            self.values[kind, value] = self.last[kind]
        return f"<{kind}_{self.values[kind, value]}>"


class _Known:
    """Finds the values that a conversation is known to have, wherever they stand in it."""

    def __init__(self, spellings: dict[str, SensitiveSpan]) -> None:
        long = [s for s in spellings if len(s) >= _SHORTEST_KNOWN]
        words = "|".join(_word(s) for s in sorted(long, key=lambda s: (-len(s), s)))
        self._pattern = re.compile(words) if long else None
        self._spellings = spellings

    def find(self, text: str) -> Iterator[SensitiveSpan]:
        for match in self._pattern.finditer(text) if self._pattern else ():
            yield replace(self._spellings[match[0]], start=match.start(), end=match.end())


def _word(spelling: str) -> str:
    """Returns a pattern for a value that is no part of a longer word of its script."""
    letter = f"[{patterns.LATIN}]" if spelling.isascii() else r"[^\W_]"
    return rf"(?<!{letter}){re.escape(spelling)}(?!{letter})"


class Redactor:
    """Replaces values by placeholders that are the same in a whole conversation.

    `look` at every item that may hold a value or a placeholder, in the order of time, before the
    first `redact`. A text that holds a placeholder already keeps it, and no other value gets its
    number.

    Args:
        finder: what is to be hidden.
        allowed: examples whose secrets have been dealt with: they are hidden, and not in `secrets`.

    Attributes:
        finder: what is to be hidden.
        findings: where something was found, by the order of looking.
        counts: how often each kind was.
    """

    def __init__(self, finder: Finder, allowed: Iterable[str] = ()) -> None:
        self.finder, self._allowed = finder, frozenset(allowed)
        self.findings: list[PrivacyFinding] = []
        self.counts: Counter[str] = Counter()
        self._looked_at: set[str] = set()
        self._joined: dict[str, str] = {}
        self._own: dict[str, _Conversation] = defaultdict(_Conversation)
        self._whole: dict[str, _Conversation] = {}

    @property
    def secrets(self) -> list[PrivacyFinding]:
        """Secrets that nobody has allowed, at most one of a detector in a field."""
        secrets = {
            (f.example_id, f.field, f.detector): f
            for f in reversed(self.findings)
            if f.is_secret and f.example_id not in self._allowed
        }
        return list(secrets.values())[::-1]

    # -- first pass ------------------------------------------------------------------------------

    def join(self, conversations: Iterable[Sequence[str]]) -> None:
        """Joins conversations that share placeholders: those of each pair, in the order of time.

        Where pairs are looked at, it comes first: `look` may then leave out what holds nothing.
        """
        for chosen, rejected in conversations:
            self._join(chosen, rejected)
            _ = self._own[chosen], self._own[rejected]  # in this order values get their numbers

    def look(self, item: Example | Pair) -> None:
        """Collects the values of an example or of a pair."""
        if isinstance(item, Pair):
            self._join(item.chosen.conversation_id, item.rejected.conversation_id)
            self.look(item.chosen)
            self.look(item.rejected)
        elif item.example_id not in self._looked_at:
            self._looked_at.add(item.example_id)
            self._collect(item)

    def _collect(self, example: Example) -> None:
        here = self._own[example.conversation_id]
        keys: set[tuple[str, str]] = set()

        def visit(path: str, key: str, text: str) -> str:
            here.taken |= {(m[1], int(m[2])) for m in PLACEHOLDER.finditer(text)}
            for place in self.finder.places(text, key):
                f = place.found
                name = (f.kind, normal(f.kind, place.value, self.finder.regions))
                here.values.setdefault(name, 0)
                here.spellings.setdefault(place.value, f)
                # These three repeat what stands in the messages.
                if path not in ("query", "response", "label") or name not in keys:
                    keys.add(name)
                    self.counts[f.kind] += 1
                    self.findings.append(self._finding(example, path, place))
            return text

        texts(example, visit)

    def _finding(self, example: Example, path: str, place: ValuePlace) -> PrivacyFinding:
        f, key = place.found, self.finder.key(place.value)
        fields = (f.start, f.end, f.kind, f.detector, f.score, f.is_secret, key)
        return PrivacyFinding(example.example_id, path, *fields)

    def _join(self, a: str, b: str) -> None:
        first, second = self._root(a), self._root(b)
        if first != second:
            self._joined[second] = first

    def _root(self, conversation: str) -> str:
        while conversation in self._joined:
            conversation = self._joined[conversation]
        return conversation

    # -- second pass -----------------------------------------------------------------------------

    @overload
    def redact(self, item: Example) -> Example: ...

    @overload
    def redact(self, item: Pair) -> Pair: ...

    def redact(self, item: Example | Pair) -> Example | Pair:
        """Returns an item with placeholders instead of values; `look` must have seen it."""
        if not self._whole:
            self._number()
        if isinstance(item, Pair):
            chosen, rejected = self._redacted(item.chosen), self._redacted(item.rejected)
            return replace(item, chosen=chosen, rejected=rejected)
        return self._redacted(item)

    def touches(self, conversation: str) -> bool:
        """Returns whether anything in a conversation is hidden; `look` must have seen it all."""
        if not self._whole:
            self._number()
        whole = self._whole.get(self._root(conversation))
        return whole is not None and bool(whole.spellings)

    def _number(self) -> None:
        """Numbers the values of conversations that belong together, in order of appearance."""
        for conversation, part in self._own.items():
            whole = self._whole.setdefault(self._root(conversation), _Conversation())
            whole.taken |= part.taken
            whole.spellings = {**part.spellings, **whole.spellings}
        for conversation, part in self._own.items():
            whole = self._whole[self._root(conversation)]
            for kind, value in part.values:
                whole.placeholder(kind, value)
        for whole in self._whole.values():
            whole.known = _Known(whole.spellings)

    def _redacted(self, example: Example) -> Example:
        if not self.touches(example.conversation_id):
            return example
        whole = self._whole[self._root(example.conversation_id)]

        def edits(key: str, text: str) -> list[_Edit]:
            return [
                _Edit(p.found.start, p.found.end, p.quote + self._put(whole, p) + p.quote)
                for p in self.finder.places(text, key, whole.known)
            ]

        hidden = texts(example, lambda _, key, text: _edited(text, edits(key, text)))
        if not example.spans:
            return hidden
        query_edits = edits("", example.query)
        spans = tuple(
            (_moved(a, query_edits, 0), _moved(b, query_edits, 1), c) for a, b, c in example.spans
        )
        return replace(hidden, spans=spans)

    def _put(self, whole: _Conversation, place: ValuePlace) -> str:
        kind = place.found.kind
        return whole.placeholder(kind, normal(kind, place.value, self.finder.regions))


@dataclass(frozen=True)
class _Edit:
    """A part of a text and what takes its place."""

    start: int
    end: int
    text: str


def _edited(text: str, edits: Sequence[_Edit]) -> str:
    for edit in reversed(edits):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def _moved(position: int, edits: Sequence[_Edit], side: int) -> int:
    """Returns where a position of the old text is in the new one.

    Inside of what was replaced it is the beginning (side 0) or the end (side 1) of the placeholder.
    """
    by = 0
    for edit in edits:
        if edit.start < position < edit.end:
            return edit.start + by + side * len(edit.text)
        if position >= edit.end:
            by += len(edit.text) - (edit.end - edit.start)
    return position + by
