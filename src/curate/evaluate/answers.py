"""What models answered: files of answers, matched with the held-out examples they are for."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from curate.errors import ConfigError
from curate.evaluate.heldout import HeldOut, messages_hash, question
from curate.files.files import find_files
from curate.messages import Message, canonical, decoded
from curate.pull.contents import UnknownShape
from curate.pull.interactions import Row, RowBuilder
from curate.pull.mapping import Declared, guess
from curate.sources import Document, format_of, reader

_IDS = ("example_id", "custom_id")
_ANSWER = "answer"


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
        ambiguous: answers whose prompt several held-out examples share, by line.
        unread: documents that hold no answer, by reason.
        late: examples that were held out after the model was trained, on a version that knows
            them; they do not measure it.
    """

    name: str
    answers: Mapping[str, ModelAnswer]
    source: Mapping[str, Any]
    twice: tuple[str, ...] = ()
    unmatched: tuple[int, ...] = ()
    ambiguous: tuple[int, ...] = ()
    unread: Mapping[str, int] = field(default_factory=dict)
    late: frozenset[str] = frozenset()

    def of(self, examples: Sequence[HeldOut]) -> AnswerSet:
        """Returns the answers to some examples alone."""
        ids = {one.example_id for one in examples}
        return replace(
            self,
            answers={name: answer for name, answer in self.answers.items() if name in ids},
            twice=tuple(name for name in self.twice if name in ids),
        )

    @property
    def digest(self) -> str:
        """SHA-256 over example ids and answers: the same answers are the same look."""
        lines = (f"{name} {canonical(a.messages)}" for name, a in sorted(self.answers.items()))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


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
        ConfigError: no document of it holds an answer.
    """
    index = _Index(heldout)
    found: dict[str, list[ModelAnswer]] = defaultdict(list)
    unmatched: list[int] = []
    ambiguous: list[int] = []
    unread: Counter[str] = Counter()
    for documents in documents_of(location, unread):
        for document, row in rows_of(documents, unread):
            ids = index.find(document.fields, row)
            if len(ids) == 1:
                found[ids[0]].append(_answer(row))
            else:
                (ambiguous if ids else unmatched).append(document.line)
    if not found and not unmatched and not ambiguous:
        listing = ", ".join(f"{n:,} {reason}" for reason, n in sorted(unread.items()))
        raise ConfigError(
            f"{location} holds no answer ({listing or 'it is empty'}). Next: give each line an "
            '"id" (or the "prompt") and an "answer"'
        )
    answers = {i: a[0] for i, a in found.items() if len({canonical(x.messages) for x in a}) == 1}
    return AnswerSet(
        name,
        answers,
        {"kind": "file", "location": _shown(location, folder)},
        twice=tuple(sorted(set(found) - set(answers))),
        unmatched=tuple(unmatched),
        ambiguous=tuple(ambiguous),
        unread=dict(unread),
    )


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

    def find(self, fields: Mapping[str, Any], row: Row) -> list[str]:
        """Returns the examples that a document names by an id, else those of its prompt."""
        named = [fields.get(name) for name in _IDS] + [row.get("source_id")]
        for name in named:
            if name is not None and str(name) in self._by_id:
                return self._by_id[str(name)]
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
    for file in find_files([location]):
        documents = []
        for document in reader(format_of(file.path) or "")(file):
            if isinstance(document, Document):
                documents.append(document)
            else:
                unread[document.reason] += 1
        yield documents


def rows_of(documents: list[Document], unread: Counter[str]) -> list[tuple[Document, Row]]:
    """Returns the documents that hold an answer, each as `pull` would read it."""
    if not documents:
        return []
    builder = RowBuilder(guess([d.fields for d in documents], Declared()), b"")
    found = []
    for document in documents:
        try:
            row = builder.from_call(_with_text(document.fields))
        except UnknownShape:
            unread["unknown-shape"] += 1
            continue
        if row["output"] is None and row["label"] is None:
            unread["no-answer"] += 1
        else:
            found.append((document, row))
    return found


def _with_text(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a document whose answer, where it is an object of data, is its JSON text."""
    value = fields.get(_ANSWER)
    is_data = isinstance(value, dict) and not {"role", "content", "choices"} & value.keys()
    is_list = isinstance(value, list) and not any(
        isinstance(v, dict) and "role" in v for v in value
    )
    return {**fields, _ANSWER: canonical(value)} if is_data or is_list else dict(fields)


def _answer(row: Row) -> ModelAnswer:
    messages = decoded(row["output"]) or [{"role": "assistant", "content": row["label"]}]
    numbers = ("input_tokens", "output_tokens", "cost_usd", "latency_ms")
    return ModelAnswer(messages, *(row.get(name) for name in numbers))
