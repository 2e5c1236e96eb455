"""`curate export --mix FILE:SHARE`: general data in train, read from files and chosen by seed.

A model that is trained on one product's answers alone forgets the rest; a share of general data
keeps it. What is mixed in is never held out, is none of the project's own examples again, and
leaks no held-out example.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import duckdb
import orjson

from curate.errors import ConfigError
from curate.export import other_files
from curate.export.evaluation_sets import EvaluationSets, find
from curate.export.other_files import FileRow, Outside
from curate.formats import Example
from curate.kernels.jaccard import covered
from curate.kernels.templates import NO_TEMPLATES, Templates
from curate.messages import Message, chain_hashes, spoken
from curate.pull.interactions import Row
from curate.store import sql
from curate.text.text import digest
from curate.verdicts.verdicts import Today

By = Literal["rows", "tokens"]


@dataclass(frozen=True)
class Mix:
    """What was asked: a location, and its share of the final train file."""

    location: str
    share: float


@dataclass(frozen=True)
class Candidate:
    """A row that may be mixed in.

    Attributes:
        inputs: normalised, as `other_files.FileRow` has them; leaks are judged by each.
        content: a hash that equal examples share, as in the table `example_inputs`.
        file: that it is from, with `line`.
    """

    example: Example
    inputs: tuple[str, ...]
    content: str
    file: str
    line: int


@dataclass(frozen=True)
class Pool:
    """What a location offers, and why the rest of it is left out.

    Attributes:
        source: of its examples, `mix:NAME`.
        files: name and SHA-256 of each.
        offered: how many documents they have.
        candidates: by id.
        left_out: reason -> documents.
    """

    asked: Mix
    source: str
    files: tuple[tuple[str, str], ...]
    offered: int
    candidates: tuple[Candidate, ...]
    left_out: Mapping[str, int]

    def without(self, ids: Collection[str], reason: str) -> Pool:
        """Returns the pool without the candidates of these ids, which it counts."""
        candidates = tuple(c for c in self.candidates if c.example.example_id not in ids)
        counts = Counter({reason: len(self.candidates) - len(candidates)}) + Counter(self.left_out)
        return replace(self, candidates=candidates, left_out=dict(sorted(counts.items())))


@dataclass(frozen=True)
class HeldOutInput:
    """What a mixed-in row must not leak: an input, and the calls of its conversation.

    Attributes:
        earlier: hashes of the calls that the example continues.
        call: the hash of its own; empty without an answer.
    """

    input: str
    earlier: frozenset[str] = frozenset()
    call: str = ""

    @classmethod
    def of(cls, input: str, messages: list[Message], output: list[Message] | None) -> HeldOutInput:
        """Returns it for a call; `input` is normalised."""
        earlier, call = chain_hashes(messages, output)
        return cls(input, frozenset(earlier), call)


@dataclass(frozen=True)
class Taken:
    """What was mixed in from one location.

    Attributes:
        candidates: in the order in which they were chosen.
        size: of them, in rows or tokens.
        wanted: the size that was aimed at.
        got: their share of the train file.
    """

    pool: Pool
    candidates: tuple[Candidate, ...] = field(repr=False)
    size: float
    wanted: float
    got: float

    @property
    def note(self) -> str | None:
        """Returns what to say where there were too few rows for the share."""
        rows = len(self.candidates)
        one = self.size / rows if rows else 0.0
        if rows < len(self.pool.candidates) or self.wanted - self.size <= one / 2:
            return None
        return (
            f"--mix {self.pool.asked.location}: all {rows:,} rows that can be mixed in are "
            f"{self.got:.1%} of train, not {self.pool.asked.share:.1%}; none is repeated"
        )

    def as_dict(self) -> dict[str, Any]:
        """Returns what the manifest says of it."""
        return {
            "source": self.pool.source,
            "files": [{"name": name, "sha256": sha256} for name, sha256 in self.pool.files],
            "offered": self.pool.offered,
            "left_out": dict(self.pool.left_out),
            "available": len(self.pool.candidates),
            "taken": len(self.candidates),
            "share": self.pool.asked.share,
            "got": round(self.got, 6),
        }


def parse(text: str) -> Mix:
    """Returns what `FILE:SHARE` asks for; the share is written as 10% or 0.1.

    Raises:
        ConfigError: there is no share, or it is not between 0 and 1.
    """
    location, _, said = text.rpartition(":")
    try:
        share = float(said.removesuffix("%")) / (100 if said.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not location or not 0 < share < 1:
        raise ConfigError(
            f"--mix {text!r}: expected FILE:SHARE with a share of the train file, for example "
            "general.jsonl:10% or general.jsonl:0.1"
        )
    return Mix(location, share)


def load(
    mix: Mix,
    folder: Path,
    *,
    task: str = "sft",
    templates: Templates = NO_TEMPLATES,
    reasoning: bool = False,
) -> Pool:
    """Returns the rows of a location that have a prompt and an answer, each content once.

    An id depends on the content alone, so a file that is moved or put in another order gives the
    same examples.

    Args:
        mix: where, with the columns after `#` as `other_files.read` takes them.
        folder: of the project.
        task: of the project; where it is classification, the label is the answer.
        templates: as `other_files.read` takes them.
        reasoning: leave what the model thought in messages.

    Raises:
        SourceError: there is no such file, or it cannot be read.
        ConfigError: no column of it has prompts, or no row.
    """
    files = other_files.read(mix.location, folder, task=task, templates=templates)
    source = f"mix:{Path(other_files.parse(mix.location)[0]).name}"
    left_out: Counter[str] = Counter()
    first: dict[str, Candidate] = {}
    for file in files:
        left_out.update(file.refused)
    for candidate in sorted(_candidates(files, source, reasoning), key=_place):
        if not _has_answer(candidate.example, task):
            left_out["no-answer"] += 1
        elif first.setdefault(candidate.content, candidate) is not candidate:
            left_out["duplicate"] += 1
    return Pool(
        mix,
        source,
        tuple((file.name, file.sha256) for file in files),
        sum(file.offered for file in files),
        tuple(first.values()),
        dict(sorted(left_out.items())),
    )


def _place(candidate: Candidate) -> tuple[str, str, int]:
    return candidate.example.example_id, candidate.file, candidate.line


def _candidates(files: Sequence[Outside], source: str, reasoning: bool) -> list[Candidate]:
    kept = (lambda messages: messages) if reasoning else spoken
    return [
        Candidate(_example(entry, source, kept), entry.inputs, entry.content, file.name, entry.line)
        for file in files
        for entry in file.entries
    ]


def _example(
    entry: FileRow, source: str, kept: Callable[[list[Message]], list[Message]]
) -> Example:
    row = entry.row
    name = digest(f"mix|{row['content_hash']}|{row['label'] or ''}|{row['correction'] or ''}")
    return Example(
        name,
        source,
        kept(orjson.loads(row["messages"])),
        kept(_output(row)),
        row["query"],
        other_files.answer_of(row),
        row["label"],
        None,  # whoever rated it judged another product
        False,
        orjson.loads(row["tools"]) if row["tools"] else [],
        conversation_id=f"{source}/{row['session_id']}" if row["session_id"] else name,
    )


def _output(row: Row) -> list[Message]:
    if row["correction"]:
        return [{"role": "assistant", "content": row["correction"]}]
    output: list[Message] = orjson.loads(row["output"] or "[]")
    return output


def _has_answer(example: Example, task: str) -> bool:
    if task == "classification":
        return example.label is not None
    return bool(example.response.strip() or any(m.get("tool_calls") for m in example.output))


def held_out(today: Today) -> list[HeldOutInput]:
    """Returns all examples that are not on the train side of the ledger, kept or not, by id."""
    rows = today.con.execute(sql("export/mix_held_out")).fetchall()
    return [
        HeldOutInput.of(text, orjson.loads(messages), orjson.loads(output or "null"))
        for text, messages, output in rows
    ]


def ours(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Returns the content hashes of all examples of the project, kept or not."""
    return {row[0] for row in con.execute(sql("export/mix_ours")).fetchall()}


def clean(
    pool: Pool, held_out: Sequence[HeldOutInput], ours: Collection[str], *, threshold: float
) -> Pool:
    """Returns a pool without what leaks a held-out example (`leak`) or is ours already (`ours`).

    What a person dropped from the project does not come back through a file: `ours` are all
    examples, kept or not.

    Args:
        pool: what `load` returns.
        held_out: everything on the held-out side, pending, exposed and quarantined too.
        ours: content hashes of the project's own examples.
        threshold: Jaccard similarity of inputs from which on two examples leak, in (0, 1].
    """
    leaks = leaking(pool.candidates, held_out, threshold=threshold)
    ids = {c.example.example_id for c in pool.candidates if c.content in ours}
    return pool.without(leaks, "leak").without(ids, "ours")


def apart(pool: Pool, evaluation: EvaluationSets, *, threshold: float) -> Pool:
    """Returns a pool without what is in an evaluation set (`against`)."""
    looked = [(c.example.example_id, text) for c in pool.candidates for text in c.inputs]
    return pool.without(find(evaluation, looked, threshold=threshold), "against")


def leaking(
    candidates: Sequence[Candidate], held_out: Sequence[HeldOutInput], *, threshold: float
) -> set[str]:
    """Returns the ids of the candidates that leak a held-out example, as `leaks` defines it."""
    inputs = sorted({one.input for one in held_out} - {""})
    texts = sorted({text for c in candidates for text in c.inputs})
    _, near, similarity, _ = covered(inputs, texts, threshold=threshold)
    bad = {*inputs, *(texts[n] for n in near[similarity >= threshold].tolist())}
    calls = {one.call for one in held_out} - {""}
    earlier = frozenset().union(*(one.earlier for one in held_out))
    leaks = set()
    for candidate in candidates:
        example = candidate.example
        mine, call = chain_hashes(example.messages, example.output)
        alike = not bad.isdisjoint(candidate.inputs)
        if alike or call in earlier or not calls.isdisjoint(mine):
            leaks.add(example.example_id)
    return leaks


def choose(
    pools: Sequence[Pool],
    *,
    own: float,
    seed: int,
    size_of: Callable[[Example], float] = lambda _: 1.0,
) -> list[Taken]:
    """Returns what to mix in, so that each pool has its share of what train becomes.

    Each pool has one order, by seed and id; its first rows are taken, as many as come closest to
    the share. A train file that grows takes more of the same rows. What several pools offer is
    taken from the first of them, and where a pool has too few rows, all of it.

    Args:
        pools: after `clean`.
        own: size of the project's own train part, in rows or tokens.
        seed: of the order.
        size_of: rows (1) or tokens of an example, in the unit of `own`.

    Raises:
        ConfigError: the shares leave nothing for the project's own examples.
    """
    shares = sum(pool.asked.share for pool in pools)
    if shares >= 1:
        raise ConfigError(
            f"--mix: the shares add up to {shares:.0%}; train needs a part of its own"
        )
    pools = _apart(pools)
    ordered = [_ordered(pool, seed) for pool in pools]
    most = [own * pool.asked.share / (1 - shares) for pool in pools]
    sums = [_running(order, size_of, limit) for order, limit in zip(ordered, most, strict=True)]
    whole = _whole(own, [(p.asked.share, s[-1]) for p, s in zip(pools, sums, strict=True)])
    counts = [_closest(s, p.asked.share * whole) for p, s in zip(pools, sums, strict=True)]
    total = own + sum(s[n] for s, n in zip(sums, counts, strict=True))
    return [
        Taken(p, tuple(order[:n]), s[n], p.asked.share * whole, s[n] / total if total else 0.0)
        for p, order, s, n in zip(pools, ordered, sums, counts, strict=True)
    ]


def _apart(pools: Sequence[Pool]) -> list[Pool]:
    """Returns pools of which no two offer the same content; the first has it."""
    texts: set[str] = set()
    result = []
    for pool in pools:
        again = {c.example.example_id for c in pool.candidates if c.content in texts}
        result.append(pool.without(again, "duplicate"))
        texts.update(c.content for c in pool.candidates)
    return result


def _ordered(pool: Pool, seed: int) -> list[Candidate]:
    def key(candidate: Candidate) -> tuple[str, str]:
        name = candidate.example.example_id
        return hashlib.sha256(f"{seed}|{name}".encode()).hexdigest(), name

    return sorted(pool.candidates, key=key)


def _running(
    order: Sequence[Candidate], size_of: Callable[[Example], float], limit: float
) -> list[float]:
    """Returns the sizes of the first 0, 1, 2, ... candidates, up to the first beyond a limit."""
    sums = [0.0]
    for candidate in order:
        if sums[-1] > limit:
            break
        sums.append(sums[-1] + size_of(candidate.example))
    return sums


def _whole(own: float, parts: Sequence[tuple[float, float]]) -> float:
    """Returns the size of train where each part has its share, or all that there is of it.

    Args:
        own: size of the part that is given.
        parts: (share, size available).
    """
    waiting = sorted(parts, key=lambda part: part[1] / part[0])
    while True:
        whole = own / (1 - sum(share for share, _ in waiting))
        if not waiting or waiting[0][1] >= waiting[0][0] * whole:
            return whole
        own += waiting.pop(0)[1]


def _closest(sums: Sequence[float], target: float) -> int:
    """Returns how many to take to come closest to the wanted size; of two, the fewer."""
    return min(range(len(sums)), key=lambda n: (abs(sums[n] - target), n))
