"""`curate export --against FILE`: which examples are in an evaluation set.

What leaks a held-out example leaks a prompt of a benchmark: the same definition, and besides it a
prompt that is quoted whole or nearly so within a longer one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from curate.export import other_files
from curate.kernels.jaccard import covered
from curate.kernels.templates import NO_TEMPLATES, Templates
from curate.store import sql
from curate.text.text import tokens
from curate.verdicts.verdicts import Today

Kind = Literal["same", "near", "quoted"]


QUOTED_WORDS = 13
"""A prompt of fewer words is not looked for inside others: "what should I do if I lost my" is how
people talk. Source: Brown et al. 2020 (GPT-3), appendix C."""


@dataclass(frozen=True)
class Prompt:
    """One prompt of an evaluation set: its file and line, and its normalised input.

    Attributes:
        texts: the input with and without templates, as `other_files.Entry` has it; a copy may
            be any.
    """

    file: str
    line: int
    texts: tuple[str, ...]


@dataclass(frozen=True)
class File:
    """A file of an evaluation set, as the manifest names it.

    Attributes:
        prompts: how many rows have one.
        refused: rows that have none, or cannot be read, by reason.
    """

    name: str
    sha256: str
    prompts: int
    refused: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Returns the file in the form that is stored."""
        return {**vars(self)}


@dataclass(frozen=True)
class EvaluationSets:
    """Evaluation sets to keep out of train: their files, and their prompts in order."""

    files: tuple[File, ...]
    prompts: tuple[Prompt, ...]


@dataclass(frozen=True)
class Hit:
    """Where an example's input is in an evaluation set.

    Attributes:
        kind: `same` normalised input; `near`: alike from the threshold on; `quoted`: the longer
            input holds the prompt.
        similarity: Jaccard similarity of the token 3-grams; of `quoted` the share of the prompt's.
    """

    file: str
    line: int
    kind: Kind
    similarity: float

    @property
    def evidence(self) -> str:
        """Returns the hit in words, rounded down so that it never shows more than there is."""
        where = f"{self.file} line {self.line}"
        if self.kind == "same":
            return f"same as {where}"
        value = f"{int(self.similarity * 100 + 1e-9) / 100:.2f}"
        return f"{value} like {where}" if self.kind == "near" else f"holds {value} of {where}"


def load(
    locations: Sequence[str], folder: Path, *, templates: Templates = NO_TEMPLATES
) -> EvaluationSets:
    """Returns the prompts of evaluation sets.

    Args:
        locations: files as `other_files.read` takes them.
        folder: of the project.
        templates: as `other_files.read` takes them.

    Raises:
        SourceError: there is no such file, or it cannot be read.
        ConfigError: no column of it has prompts, or no row.
    """
    found = {
        (file.name, file.sha256, tuple(e.inputs for e in file.entries)): file
        for location in locations
        for file in other_files.read(location, folder, templates=templates)
    }
    files = [file for _, file in sorted(found.items())]
    return EvaluationSets(
        tuple(File(f.name, f.sha256, len(f.entries), dict(f.refused)) for f in files),
        tuple(Prompt(f.name, entry.line, entry.inputs) for f in files for entry in f.entries),
    )


def inputs_of(today: Today, side: str) -> list[tuple[str, str]]:
    """Returns id and normalised input of the examples of a side, kept or not, by id.

    Args:
        today: today's verdicts.
        side: `train` or `test`.
    """
    return today.con.execute(sql("export/against_inputs"), {"side": side}).fetchall()


def find(
    evaluation: EvaluationSets, inputs: Sequence[tuple[str, str]], *, threshold: float = 0.8
) -> dict[str, Hit]:
    """Returns the examples whose input is in an evaluation set, by id, each with where.

    Of several prompts the same one counts first, then the most alike, then the most quoted; of
    equally good ones the first. A prompt of fewer than `text.SHORT_TOKENS` tokens is found only
    where it is the whole input, one of fewer than `QUOTED_WORDS` not inside others.

    Args:
        evaluation: what `load` returns.
        inputs: id and normalised input.
        threshold: Jaccard similarity, and share of a quoted prompt, in (0, 1].
    """
    prompts: dict[str, Prompt] = {}
    for prompt in evaluation.prompts:
        for text in prompt.texts:
            prompts.setdefault(text, prompt)
    texts = list(dict.fromkeys(text for _, text in inputs))
    best = {text: Hit(*_where(prompts[text]), "same", 1.0) for text in texts if text in prompts}
    others = [text for text in texts if text not in best]
    best |= _alike(prompts, others, threshold)
    return {name: best[text] for name, text in sorted(inputs) if text in best}


def _alike(prompts: Mapping[str, Prompt], texts: Sequence[str], threshold: float) -> dict[str, Hit]:
    best: dict[str, tuple[tuple[bool, float], Hit]] = {}
    asked = list(prompts)
    brief = {n for n, text in enumerate(asked) if len(tokens(text)) < QUOTED_WORDS}
    columns = covered(asked, texts, threshold=threshold)
    for a, b, similarity, share in zip(*(c.tolist() for c in columns), strict=True):
        near = similarity >= threshold
        if not near and a in brief:
            continue
        rank = (near, similarity if near else share)
        if texts[b] not in best or rank > best[texts[b]][0]:
            kind: Kind = "near" if near else "quoted"
            best[texts[b]] = rank, Hit(*_where(prompts[asked[a]]), kind, rank[1])
    return {text: hit for text, (_, hit) in best.items()}


def _where(prompt: Prompt) -> tuple[str, int]:
    return prompt.file, prompt.line
