"""Export formats: one file a format, each a function from an item to the row of its line.

An item is an example, or a pair of answers to one prompt. A format gives every row of a version
the same keys in the same order with one type each (only a list of tools may be missing), and raises
`Inexpressible` for what it has no words for. To add one, add a file here with one function under
`@export_format("name")`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from curate.errors import ConfigError, unknown_name
from curate.messages import Message, thinks


class Inexpressible(Exception):
    """An example holds something that the format cannot express; the message says what."""


Unit = Literal["example", "rated", "pair"]
"""What a line is: a kept example, an example with its thumb up or down, or a pair of answers."""


@dataclass(frozen=True)
class Example:
    """One training item as formats see it.

    Attributes:
        output: the answer, one assistant message; empty where there is none.
        tools: the tools that were offered, in OpenAI's nested form; an empty list where none were,
            and None where no item of the version has any, so that all rows have the same keys.
        spans: what is to be extracted: (start, end, label), in characters of `query`, end excluded;
            None where nobody marked it and the answer does not say where it stands.
        good: whether people found the answer good; only the unit `rated` holds both kinds.
        conversation_id: of the calls that belong together.
        edge_case_reason: what makes it an edge case, such as `boundary, disagreement`; None where
            it is none.
        labels: the names in the label, where the project has several for an example; else None.
    """

    example_id: str
    source: str
    messages: list[Message]
    output: list[Message]
    query: str
    response: str
    label: str | None
    human_rating: float | None
    is_edge_case: bool
    tools: list[dict[str, Any]] | None = None
    spans: tuple[tuple[int, int, str], ...] | None = None
    good: bool = True
    conversation_id: str = ""
    edge_case_reason: str | None = None
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Pair:
    """Two answers to one prompt, the better one first; the prompt is that of the chosen one.

    Attributes:
        method: how it is known which one is better.
        margin: by how much, 0 to 1; None where nothing says so.
    """

    pair_id: str
    chosen: Example
    rejected: Example
    method: str
    margin: float | None


Item = Example | Pair


@dataclass(frozen=True)
class Contents:
    """What the items of a version have in common: what their columns depend on.

    Attributes:
        tools: whether any of them has tools or calls one.
        labels: all labels, in order.
        entities: the labels of all spans, in order.
        multi_label: whether an example has a list of labels.
        reasoning: whether messages keep what the model thought, in `reasoning_content`.
    """

    tools: bool = False
    labels: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    multi_label: bool = False
    reasoning: bool = False


@dataclass(frozen=True)
class Files:
    """One format's data files of a version, as its card and its side files name them.

    Attributes:
        name: of the dataset.
        train: path of the train file within the version's folder.
        test: of the held-out file; None where there is none.
        config: the configuration name of `load_dataset`; None where the version has one format.
        longest: tokens of the longest row, None where nothing was counted.
        max_length: tokens that the trainer is to take of a row, None where nobody said.
        validation: path of the validation file; None where there is none.
    """

    name: str
    train: str
    test: str | None
    config: str | None
    longest: int | None
    max_length: int | None = None
    validation: str | None = None

    @property
    def load(self) -> str:
        """The Python expression that loads the train lines with the card's columns."""
        return self.load_split("train")

    def load_split(self, split: str) -> str:
        """Returns the Python expression that loads the lines of a split."""
        config = f', "{self.config}"' if self.config else ""
        return f'load_dataset("path/to/this/folder"{config}, split="{split}")'

    @property
    def room(self) -> int | None:
        """The sequence length to train with; None where nothing was counted.

        It is the one that was asked for, else that of the longest row and a quarter to spare, for
        what a chat template adds and for tokenizers that count otherwise.
        """
        if self.max_length is not None:
            return self.max_length
        return None if self.longest is None else (self.longest * 5 // 4 // 256 + 1) * 256

    @property
    def dataset(self) -> str:
        """The name of these lines in lists of datasets."""
        return f"{self.name}-{self.config}" if self.config else self.name


Row = Callable[[Any], dict[str, Any]]

INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass(frozen=True)
class Format:
    """A registered format; see `export_format`.

    Attributes:
        module: where its function is defined.
    """

    name: str
    row: Row
    unit: Unit
    features: Callable[[Contents], str]
    snippet: Callable[[Contents, Files], str] | None = None
    side_files: Callable[[Contents, Files], dict[str, str]] | None = None
    module: str = ""


_formats: dict[str, Format] = {}

DEFAULTS = {
    "sft": "trl-prompt-completion",
    "classification": "classification",
    "preference": "trl-dpo",
    "extraction": "extraction",
}


def export_format(
    name: str,
    *,
    features: str | Callable[[Contents], str],
    unit: Unit = "example",
    reasoning: bool = False,
    snippet: Callable[[Contents, Files], str] | None = None,
    side_files: Callable[[Contents, Files], dict[str, str]] | None = None,
) -> Callable[[Row], Row]:
    """Registers a format under its name.

    Args:
        name: as in `--format`.
        features: the YAML list of columns for the dataset card, so that loaders need not guess;
            a function where the columns depend on what the version holds.
        unit: what the function makes a row of: an `Example`, or a `Pair` (unit `pair`).
        reasoning: whether its rows have a place for what the model thought; an item that holds
            any is inexpressible in other formats.
        snippet: the Markdown of the card that says how to train on it.
        side_files: other files that its consumers need, by name.
    """

    def register(function: Row) -> Row:
        if name in _formats:
            raise ValueError(f"two formats are called {name!r}")
        columns = features if callable(features) else lambda _: features
        row = function if reasoning else _without_reasoning(function)
        _formats[name] = Format(name, row, unit, columns, snippet, side_files, function.__module__)
        return function

    return register


def _without_reasoning(function: Row) -> Row:
    def row(item: Item) -> dict[str, Any]:
        examples = (item.chosen, item.rejected) if isinstance(item, Pair) else (item,)
        if any(thinks([*example.messages, *example.output]) for example in examples):
            raise Inexpressible("reasoning")
        return function(item)

    return row


def names() -> list[str]:
    """Returns the names of all formats in this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return sorted(_formats)


def get(name: str) -> Format:
    """Returns the format of this name.

    Raises:
        ConfigError: there is none.
    """
    names()
    if name not in _formats:
        from importlib.metadata import entry_points

        for entry in entry_points(group="curate.formats", name=name):
            entry.load()
    if name not in _formats:
        raise ConfigError(unknown_name("format", name, _formats))
    return _formats[name]


def side_files(contents: Contents, listed: Sequence[tuple[Format, Files]]) -> dict[str, str]:
    """Returns the side files of all formats of a version; JSON files of one name become one."""
    result: dict[str, str] = {}
    for export_format, files in listed:
        for name, text in (
            export_format.side_files(contents, files) if export_format.side_files else {}
        ).items():
            if name in result:
                both = orjson.loads(result[name]) | orjson.loads(text)
                text = orjson.dumps(both, option=INDENTED).decode()
            result[name] = text
    return result


def class_label(names: Sequence[str], indent: str, key: str = "dtype") -> str:
    """Returns the YAML of a column of classes, plain text where no classes are known."""
    if not names:
        return f"{indent}{key}: string\n"
    lines = "".join(f"{indent}      '{n}': {quoted(name)}\n" for n, name in enumerate(names))
    return f"{indent}{key}:\n{indent}  class_label:\n{indent}    names:\n{lines}"


def quoted(text: str) -> str:
    """Returns a text as YAML writes it in double quotes."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    characters = (char if char.isprintable() else f"\\U{ord(char):08x}" for char in plain)
    return f'"{"".join(characters)}"'
