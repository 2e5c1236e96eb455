"""What models answered: files of answers, matched with the held-out examples they are for."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from curate.errors import ConfigError, SourceError
from curate.evaluate.heldout import HeldOut, messages_hash, question
from curate.files.files import find_files
from curate.messages import Message, canonical, decoded
from curate.pull.bodies.bodies import is_envelope, read_response
from curate.pull.contents import UnknownShape, as_text
from curate.pull.fields import FIELDS
from curate.pull.interactions import NUMBER_FIELDS, Row, RowBuilder
from curate.pull.mapping import Declared, guess
from curate.pull.rating import is_blank
from curate.sources import Document, Location, format_of, reader
from curate.sources.jsonlines import lines
from curate.text.text import folded
from curate.text.wording import listed

_IDS = ("example_id", "custom_id", "id")
_ANSWER = "answer"
_ANSWERS = frozenset(FIELDS["interactions"]["response"])
_SPANS = ("spans", "entities")
_NAMED = 3
_NAN = re.compile(rb"[:\[,]\s*-?(?:NaN|Infinity)\b")
_NO_JSON = "NaN, which is no JSON"
_SAVE = "save it in UTF-8, as .jsonl or .csv"


@dataclass(frozen=True)
class ModelAnswer:
    """One answer, with what is known of the call."""

    messages: list[Message]
    input_tokens: int | None = None
    output_tokens: int | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None


@dataclass(frozen=True)
class AnswerSet:
    """What one model answered.

    Attributes:
        answers: example id -> answer.
        source: where they are from.
        twice: held-out examples with two different answers; neither counts.
        unmatched: answers for no held-out example, by the line they stand on.
        unmatched_ids: some of these, as the file names them.
        ambiguous: answers whose prompt several held-out examples share, by line.
        unread: documents that hold no answer, by reason.
        notes: what else is to be known of the file, and of how many lines.
        late: answers to examples that were held out after the model was trained, on a version
            that knows them; they do not measure it.
    """

    name: str
    answers: Mapping[str, ModelAnswer]
    source: Mapping[str, Any]
    twice: tuple[str, ...] = ()
    unmatched: tuple[int, ...] = ()
    ambiguous: tuple[int, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    late: Mapping[str, ModelAnswer] = field(default_factory=dict)
    unmatched_ids: tuple[str, ...] = ()
    notes: Mapping[str, int] = field(default_factory=dict)

    def of(self, examples: Sequence[HeldOut]) -> AnswerSet:
        """Returns the answers to some examples alone."""
        ids = {one.example_id for one in examples}
        return replace(
            self,
            answers={name: answer for name, answer in self.answers.items() if name in ids},
            twice=tuple(name for name in self.twice if name in ids),
        )

    @property
    def given(self) -> Mapping[str, ModelAnswer]:
        """All answers to held-out examples, whether they measure the model or not."""
        return {**self.answers, **self.late}

    @property
    def digest(self) -> str:
        """SHA-256 over example ids and answers: the same answers are the same look."""
        said = (f"{name} {_stripped(a.messages)}" for name, a in sorted(self.given.items()))
        return hashlib.sha256("\n".join(said).encode()).hexdigest()

    @property
    def twice_ids(self) -> tuple[str, ...]:
        """Some of the examples with two different answers."""
        return self.twice[:_NAMED]


def _stripped(messages: list[Message]) -> str:
    """Returns an answer as JSON text; white space around what it says is nothing of it."""
    texts = [(m, m.get("content")) for m in messages]
    return canonical([{**m, "content": t.strip()} if isinstance(t, str) else m for m, t in texts])


def parse_named(text: str, option: str) -> tuple[str, str]:
    """Returns the name and the rest of `NAME=REST`.

    Raises:
        ConfigError: it is not of this form.
    """
    name, mark, rest = text.partition("=")
    if not mark or not name.strip() or not rest.strip():
        raise ConfigError(f"{option} {text!r} has no name. Next: {option} tuned={text.strip('=')}")
    return name.strip(), rest.strip()


def read_answers(name: str, location: str, heldout: Sequence[HeldOut], folder: Path) -> AnswerSet:
    """Returns the answers of a file, matched by id or else by prompt; nothing is guessed.

    Args:
        name: of the model.
        location: a file, folder or glob, of any kind that `curate pull` reads.
        heldout: the examples that were asked.
        folder: of the project; a path in it is told without it.

    Raises:
        SourceError: there is no such file, or it cannot be read.
        ConfigError: no document of it holds an answer, or none to a held-out example.
    """
    index = _Index(heldout)
    found: dict[str, list[ModelAnswer]] = defaultdict(list)
    unmatched: list[tuple[Document, Row]] = []
    ambiguous: list[int] = []
    unread: Counter[str] = Counter()
    notes: Counter[str] = Counter()
    for documents in documents_of(location, unread):
        for document, row in rows_of(documents, unread, notes):
            ids = index.find(document, row)
            if len(ids) == 1:
                found[ids[0]].append(_answer(row))
            elif ids:
                ambiguous.append(document.line)
            else:
                unmatched.append((document, row))
    if not found:
        raise ConfigError(f"{location}{_why_none(heldout, unmatched, len(ambiguous), unread)}")
    if nameless := sum(_is_nameless(document, row) for document, row in unmatched):
        notes["neither id nor prompt"] = nameless
    answers = {i: a[0] for i, a in found.items() if len({_stripped(x.messages) for x in a}) == 1}
    return AnswerSet(
        name,
        answers,
        {"kind": "file", "location": _shown(location, folder)},
        twice=tuple(sorted(set(found) - set(answers))),
        unmatched=tuple(document.line for document, _ in unmatched),
        unmatched_ids=tuple(_called(*one) for one in unmatched[:_NAMED]),
        ambiguous=tuple(ambiguous),
        unread=dict(unread),
        notes=dict(notes),
    )


def _why_none(
    heldout: Sequence[HeldOut],
    unmatched: Sequence[tuple[Document, Row]],
    ambiguous: int,
    unread: Mapping[str, int],
) -> str:
    """Returns why a file has no answer to any held-out example, and what to do about it."""
    count = len(unmatched) + ambiguous
    if not count:
        has_nan = any(reason.startswith(_NO_JSON) for reason in unread)
        advice = 'give each line an "id" (or the "prompt") and an "answer"'
        advice = "write null in place of NaN" if has_nan else advice
        return f" holds no answer ({listed(unread) or 'it is empty'}). Next: {advice}"
    if not ambiguous and all(_is_nameless(*one) for one in unmatched):
        keys = ", ".join(dict.fromkeys(key for one, _ in unmatched for key in one.fields))
        return (
            f": its lines have no id and no prompt, only {keys}. Next: name what says which "
            'example it is "id" (or "prompt")'
        )
    parts = [", ".join(_called(*one) for one in unmatched[:_NAMED])] if unmatched else []
    parts += [f"{ambiguous:,} are for several with the same prompt"] if ambiguous else []
    first = heldout[0]
    names = " or ".join(dict.fromkeys(n for n in (first.example_id, first.source_id) if n))
    return (
        f": none of {count:,} answers is for a held-out example ({'; '.join(parts)}). Next: give "
        f'each line its "id", such as {names}, or its "prompt"'
    )


def _names(document: Document, row: Row) -> list[str]:
    """Returns the ids that a document has, the likeliest first."""
    named = [document.fields.get(name) for name in _IDS] + [row.get("source_id")]
    return [text for name in named if (text := as_text(name)) is not None]


def _called(document: Document, row: Row) -> str:
    return next(iter(_names(document, row)), f"line {document.line}")


def _is_nameless(document: Document, row: Row) -> bool:
    return not _names(document, row) and not decoded(row["messages"])


def _shown(location: str, folder: Path) -> str:
    path, home = Path(location).absolute(), folder.absolute()
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else path.name


class _Index:
    """Finds the held-out examples that a document may be for."""

    def __init__(self, heldout: Sequence[HeldOut]) -> None:
        self._by_id: dict[str, list[str]] = defaultdict(list)
        self._by_prompt: dict[str, list[str]] = defaultdict(list)
        self._by_question: dict[str, list[str]] = defaultdict(list)
        for one in heldout:
            for name in {one.example_id, one.source_id} - {""}:
                self._by_id[name].append(one.example_id)
            self._by_prompt[one.messages_hash].append(one.example_id)
            self._by_question[one.question].append(one.example_id)

    def find(self, document: Document, row: Row) -> list[str]:
        """Returns the examples that a document names by an id, else those of its prompt."""
        for name in _names(document, row):
            if name in self._by_id:
                return self._by_id[name]
        messages = decoded(row["messages"])
        if not messages:
            return []
        if whole := self._by_prompt.get(messages_hash(messages)):
            return whole
        return self._by_question.get(question(messages), []) if len(messages) == 1 else []


def documents_of(location: str, unread: Counter[str]) -> Iterator[list[Document]]:
    """Yields the documents of each file of a location; counts what is none.

    Raises:
        SourceError: there is no such file, or it cannot be read.
    """
    with _own_hints():
        for file in find_files([location]):
            documents, broken = [], set()
            for document in reader(format_of(file.path) or "")(file):
                if isinstance(document, Document):
                    documents.append(document)
                elif document.reason == "bad-json":
                    broken.add(document.line)
                else:
                    unread[document.reason] += 1
            if broken:
                unread.update(_broken(file, broken))
            yield documents


@contextmanager
def _own_hints() -> Iterator[None]:
    """Says what can be done about a file that is not read, where `pull` has an option for it.

    Raises:
        SourceError: it cannot be read.
        ConfigError: the same.
    """
    try:
        yield
    except (SourceError, ConfigError) as error:
        said, mark, advice = str(error).partition("Next: ")
        if "--" not in advice:
            raise
        raise type(error)(f"{said}{mark}{_SAVE}") from error


def _broken(file: Location, broken: set[int]) -> dict[str, int]:
    """Returns why lines are no JSON, and how many are not: Python writes NaN, which is none."""
    is_whole = format_of(file.path) == "json" and broken == {1}
    places = (n for n, line in enumerate(lines(file), 1) if _NAN.search(line))
    found = [n for n in places if is_whole or n in broken]
    if not found:
        return {"bad-json": len(broken)}
    more = ", ..." if len(found) > _NAMED else ""
    shown = ", ".join(map(str, found[:_NAMED])) + more
    count = 1 if is_whole else len(found)
    counts = {
        "bad-json": len(broken) - count,
        f"{_NO_JSON} (line{'s' if len(found) > 1 else ''} {shown})": count,
    }
    return {reason: number for reason, number in counts.items() if number}


def rows_of(
    documents: list[Document], unread: Counter[str], notes: Counter[str] | None = None
) -> list[tuple[Document, Row]]:
    """Returns the documents that hold an answer, each as `pull` would read it.

    Args:
        documents: of one file.
        unread: counts those that hold none, by reason.
        notes: counts costs and the like that are no amounts; these are not known.
    """
    if not documents:
        return []
    readable = [_readable(document.fields) for document in documents]
    builder = RowBuilder(guess(readable, Declared()), b"")
    found = []
    for document, fields in zip(documents, readable, strict=True):
        try:
            row = builder.from_call(fields)
        except UnknownShape:
            unread["unknown-shape"] += 1
            continue
        if row["output"] is None and row["label"] is None:
            unread["no-answer"] += 1
            continue
        for name in _no_amounts(fields, row, builder):
            row[name] = None
            if notes is not None:
                notes[f"{name} that is no amount"] += 1
        found.append((document, row))
    return found


def _no_amounts(fields: Mapping[str, Any], row: Row, builder: RowBuilder) -> list[str]:
    """Returns which numbers of a call are given, and are negative or cannot be read."""
    given = {name for name, get in builder.getters if not is_blank(get(fields))}
    return [
        name
        for name in NUMBER_FIELDS
        if (row[name] is None and name in given) or (row[name] is not None and row[name] < 0)
    ]


def _readable(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a document with its answer where `pull` looks for one, as text where it is data.

    An answer may be spans or several labels under a key of their own, as exported files have them.
    """
    answers = {k: v for k, v in fields.items() if folded(k) in _ANSWERS and not is_blank(v)}
    texts = {key: _text(key, value) for key, value in answers.items()}
    spans = [fields[key] for key in _SPANS if isinstance(fields.get(key), str | list)]
    if answers or not {*_SPANS, "labels"} & fields.keys():
        return {**fields, **texts}
    if spans:
        return {**fields, _ANSWER: _text(_ANSWER, spans[0])}
    return {"label": fields.get("labels"), **fields}


def _text(key: str, value: Any) -> Any:
    """Returns an answer that is a number or data as text; messages and bodies of APIs stay."""
    if not isinstance(value, dict | list):
        return as_text(value)
    is_wrapped = isinstance(value, dict) and bool({"role", "content", "choices"} & value.keys())
    if is_wrapped or is_envelope(value) or (key != _ANSWER and value and read_response(value)):
        return value
    return canonical(value)


def _answer(row: Row) -> ModelAnswer:
    messages = decoded(row["output"]) or [{"role": "assistant", "content": row["label"]}]
    return ModelAnswer(messages, **{name: row[name] for name in NUMBER_FIELDS})
