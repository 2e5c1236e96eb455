"""Sets of texts of which people know which are copies, and what curate finds in them.

Texts are pulled as unrated calls into an empty project, embedded and deduplicated, all train; what
is scored is the evidence in the store. Beside it stands a peer: cosine of character TF-IDF.
"""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from curate.dedupe.dedupe import DedupeResult
from curate.dedupe.thresholds import Suggestion
from curate.embed.embed import embed, vectors
from curate.embed.encoder import Encoder
from curate.project import Project
from curate.text.text import SHORT_TOKENS, bare, normalise
from curate.text.text import tokens as cut

LOWEST = 0.3
"""The lowest threshold that `curate dedupe` takes."""

GRID = np.arange(30, 101) / 100
PEER_GRID = np.arange(1, 101) / 100
METHODS = ("near", "semantic")
_SLACK = 2e-6

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
T = TypeVar("T")


# -- sets --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RecordSet:
    """Texts, the pairs of them that are judged, and which of these are copies.

    Attributes:
        name: of the set.
        texts: one per record.
        left: position of the first record of each judged pair; right that of the second.
        truth: whether the two are the same thing.
        part: the source that a record comes from.
    """

    name: str
    texts: tuple[str, ...]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    truth: Flags
    part: tuple[str, ...]


def read(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def cora(data: Path, *, every: int = 1) -> RecordSet:
    """Returns citations of papers (of every n-th paper); those of one paper are copies."""
    rows = read(data / "neardup_cora" / "rows.jsonl.gz")
    rows = sorted((r for r in rows if r["cluster"] % every == 0), key=lambda r: r["cluster"])
    cluster = np.array([row["cluster"] for row in rows])
    left, right = np.triu_indices(len(rows), 1)
    truth = cluster[left] == cluster[right]
    texts = tuple(row["text"] for row in rows)
    return RecordSet("Cora", texts, left, right, truth, ("",) * len(rows))


def abt_buy(data: Path) -> RecordSet:
    """Returns products of two shops; judged are pairs across the shops."""
    rows = read(data / "neardup_abt_buy" / "records.jsonl.gz")
    place = {(row["source"], row["id"]): n for n, row in enumerate(rows)}
    part = np.array([row["source"] for row in rows])
    a, b = np.flatnonzero(part == "A"), np.flatnonzero(part == "B")
    same = np.zeros((len(rows), len(rows)), bool)
    for match in read(data / "neardup_abt_buy" / "matches.jsonl.gz"):
        same[place["A", match["a"]], place["B", match["b"]]] = True
    left, right = np.repeat(a, len(b)), np.tile(b, len(a))
    texts = tuple(row["text"] for row in rows)
    return RecordSet("Abt-Buy", texts, left, right, same[left, right], tuple(part.tolist()))


def korean(data: Path, *, every: int = 1) -> RecordSet:
    """Returns Korean questions and the pairs of them that people judged (every n-th pair).

    The label 0 stands for the same question, as the README of the data says.
    """
    rows = read(data / "korean_question_pairs" / "pairs.jsonl.gz")[::every]
    place: dict[str, int] = {}
    pairs = np.array(
        [[place.setdefault(r[c], len(place)) for c in ("question1", "question2")] for r in rows]
    )
    truth = np.array([row["label"] == "0" for row in rows])
    name = "Korean questions"
    return RecordSet(name, tuple(place), pairs[:, 0], pairs[:, 1], truth, ("",) * len(place))


# -- curate ------------------------------------------------------------------------------------


@dataclass
class Built:
    """A project that holds the records of a set, and what its stages said and took.

    Attributes:
        project: the project.
        encoder: name of the encoder of its vectors.
        number: the place of each input, by its hash, in the order of hashes.
        texts: normalised inputs in that order.
        words: of each input.
        of_record: the number of each record's input.
        default: what `curate dedupe` said.
        survivor: dropped record -> record that stands for it and by which method, at the defaults.
        suggestions: of `curate dedupe --suggest-threshold`.
        seconds: of each stage.
    """

    project: Project
    encoder: str
    number: dict[str, int] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    words: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    of_record: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    default: DedupeResult | None = None
    survivor: dict[int, tuple[int, str]] = field(default_factory=dict)
    suggestions: dict[str, Suggestion] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def timed(self, stage: str, work: Callable[[], T]) -> T:
        begun = time.perf_counter()
        made = work()
        self.seconds[stage] = time.perf_counter() - begun
        return made


def build(texts: Sequence[str], folder: Path, encoder: Encoder) -> Built:
    """Makes a project of texts up to what curate suggests, one thread."""
    Project.init(folder)
    made = Built(Project(folder, threads=1), encoder.name)
    project = made.project
    with project.store.write() as con:
        project.store.set_setting(con, "split", {"test_size": 0.0})
    log = folder / "logs.jsonl"
    rows = ({"id": n, "prompt": t, "response": f"Answer {n}."} for n, t in enumerate(texts))
    log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    made.timed("pull", lambda: project.pull([str(log)]))
    made.timed("filter", lambda: project.filter({"unrated": "keep"}))
    made.timed("embed", lambda: embed(project.store, load=lambda _: encoder))
    made.default = made.timed("dedupe", project.dedupe)
    found = made.timed("dedupe --suggest-threshold", project.suggest_thresholds)
    made.suggestions = {suggestion.method: suggestion for suggestion in found}

    inputs = project.table("inputs").sort_by("input_hash")
    number = {name: n for n, name in enumerate(inputs["input_hash"].to_pylist())}
    made.texts, made.words = inputs["text"].to_pylist(), inputs["words"].to_numpy()
    made.number = number
    calls = zip(*_columns(project, "interactions", "interaction_id", "source_id"), strict=True)
    record = {example: int(source_id) for example, source_id in calls}
    made.of_record = np.zeros(len(texts), np.int64)
    inputs_of = _columns(project, "example_inputs", "example_id", "input_hash")
    for example, name in zip(*inputs_of, strict=True):
        made.of_record[record[example]] = number[name]
    pairs = zip(*_columns(project, "duplicates", "example_id", "survivor", "method"), strict=True)
    made.survivor = {record[dropped]: (record[kept], method) for dropped, kept, method in pairs}
    return made


def _columns(project: Project, table: str, *names: str) -> list[list[Any]]:
    found = project.table(table)
    return [found[name].to_pylist() for name in names]


@dataclass(frozen=True)
class Evidence:
    """The pairs of inputs that one method has in the store.

    Attributes:
        keys: one number per pair of inputs, rising.
        similarity: of the pairs.
        kind: of difference that keeps the two apart; empty where none does.
    """

    keys: NDArray[np.int64]
    similarity: Numbers
    kind: NDArray[np.str_]

    def of(self, a: NDArray[np.int64], b: NDArray[np.int64], *, guards: bool = False) -> Numbers:
        """Returns the similarity of pairs of inputs: 1 of equal ones, -1 where there is no pair.

        Args:
            a: numbers of inputs; b likewise.
            guards: whether pairs that are kept apart are none.
        """
        if not len(self.keys):
            return np.where(a == b, 1.0, -1.0)
        wanted = _keys(a, b)
        at = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        known = (self.keys[at] == wanted) & ~((self.kind[at] != "") if guards else False)
        return np.where(a == b, 1.0, np.where(known, self.similarity[at], -1.0))

    def kinds(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.str_]:
        """Returns what keeps pairs of inputs apart; empty where nothing does, or no pair is."""
        wanted = _keys(a, b)
        at = np.searchsorted(self.keys, wanted).clip(max=len(self.keys) - 1)
        return np.where(self.keys[at] == wanted, self.kind[at], "")


def _keys(a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.minimum(a, b) << 32 | np.maximum(a, b)


def evidence(made: Built, *, semantic: float | str) -> dict[str, Evidence]:
    """Returns the pairs in the store by method, the near ones from the lowest threshold on."""
    project = made.project
    stage = f"dedupe from {LOWEST}"
    made.timed(stage, lambda: project.dedupe(near=LOWEST, semantic=semantic))
    return {"near": stored(made, "input_pairs"), "semantic": stored(made, "semantic_pairs")}


def stored(made: Built, table: str) -> Evidence:
    columns = _columns(made.project, table, "a", "b", "similarity", "difference")
    a, b = (np.array([made.number[name] for name in names], np.int64) for names in columns[:2])
    keys = _keys(a, b)
    order = np.argsort(keys)
    kind = np.array([difference or "" for difference in columns[3]], np.str_)
    return Evidence(keys[order], np.array(columns[2], float)[order], kind[order])


def cosines(made: Built, a: NDArray[np.int64], b: NDArray[np.int64]) -> Numbers:
    """Returns the cosine of the stored vectors of pairs of inputs; 1 where they are equal."""
    unit = unit_vectors(made)
    return np.where(a == b, 1, np.round(np.einsum("ij,ij->i", unit[a], unit[b]), 6))


def unit_vectors(made: Built) -> Numbers:
    with made.project.store.read() as con:
        _, found = vectors(con)
    assert len(found) == len(made.texts), "an input has no vector"
    return found.astype(np.float64)


# -- others ------------------------------------------------------------------------------------


def character_tfidf(texts: Sequence[str]) -> Any:
    """Returns the peer: unit vectors of weighted character 3- to 5-grams within words, sparse."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5)).fit_transform(texts)


def peer(texts: Sequence[str], a: NDArray[np.int64], b: NDArray[np.int64]) -> Numbers:
    """Returns the cosine of character TF-IDF of pairs of texts."""
    rows = character_tfidf(texts)
    if len(a) > len(texts) * 10:
        whole = (rows @ rows.T).toarray()
        return np.round(whole[a, b], 6)
    return np.round(np.asarray(rows[a].multiply(rows[b]).sum(axis=1)).ravel(), 6)


def jaccards(texts: Sequence[str]) -> Numbers:
    """Returns the Jaccard similarity of token 3-grams of all pairs, without curate's kernels."""
    from sklearn.feature_extraction.text import CountVectorizer

    grams = CountVectorizer(
        lowercase=False, tokenizer=cut, token_pattern=None, ngram_range=(3, 3), binary=True
    ).fit_transform(texts)
    common = (grams @ grams.T).toarray().astype(float)
    sizes = common.diagonal()
    return common / (sizes[:, None] + sizes[None, :] - common)


def wrong(made: Built, records: RecordSet, found: dict[str, Evidence]) -> list[str]:
    """Returns what differs between the store and the same things computed here, in words."""
    problems = []
    if [made.texts[n] for n in made.of_record] != [bare(normalise(said)) for said in records.texts]:
        problems.append(f"{records.name}: an input is not the normalised text of its record")
    long = np.flatnonzero(made.words >= SHORT_TOKENS)
    shared = np.full((len(made.texts), len(made.texts)), -1.0)
    shared[np.ix_(long, long)] = jaccards([made.texts[n] for n in long])
    units = unit_vectors(made)
    a, b = np.triu_indices(len(made.texts), 1)
    for method, computed in (("near", shared), ("semantic", units @ units.T)):
        has, wanted = found[method].of(a, b), computed[a, b]
        agree = np.where(has >= 0, np.abs(has - wanted) < _SLACK, wanted < LOWEST + _SLACK)
        if count := int((~agree).sum()):
            problems.append(
                f"{records.name}: {count:,} {method} pairs are not those of brute force"
            )
    return problems


# -- scores ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Score:
    """What a threshold finds of the copies among judged pairs."""

    threshold: float
    pairs: int
    right: int
    true: int

    @property
    def precision(self) -> float:
        return self.right / self.pairs if self.pairs else 0.0

    @property
    def recall(self) -> float:
        return self.right / self.true if self.true else 0.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.pairs + self.true) if self.pairs + self.true else 0.0


def score(similarity: Numbers, truth: Flags, threshold: float) -> Score:
    found = similarity >= threshold
    return Score(threshold, int(found.sum()), int((found & truth).sum()), int(truth.sum()))


def best(similarity: Numbers, truth: Flags, grid: Numbers = GRID) -> Score:
    """Returns the score of the threshold of a grid with the best F1, the highest of equal ones."""
    scores = [score(similarity, truth, float(threshold)) for threshold in grid[::-1]]
    return max(scores, key=lambda s: s.f1)


def auroc(similarity: Numbers, truth: Flags) -> float:
    """Returns the chance that a pair of copies is more alike than another pair; a tie is half."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(truth, similarity))


@dataclass(frozen=True)
class Dropped:
    """What the default settings drop by one method, by what is known of the survivor.

    Attributes:
        same: the survivor is the same thing.
        other: people judged the two to be different things.
        unknown: nobody judged the two.
    """

    same: int
    other: int
    unknown: int

    @property
    def all(self) -> int:
        return self.same + self.other + self.unknown


def things(records: RecordSet) -> NDArray[np.int64]:
    """Returns a number per record, equal for those that copies of copies connect."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    a, b = records.left[records.truth], records.right[records.truth]
    shape = (len(records.texts), len(records.texts))
    _, thing = connected_components(coo_array((np.ones(len(a)), (a, b)), shape=shape))
    return np.asarray(thing, np.int64)


def dropped(made: Built, records: RecordSet, method: str) -> Dropped:
    thing = things(records)
    judged = np.sort(_keys(records.left, records.right))
    pairs = [(worse, kept) for worse, (kept, how) in made.survivor.items() if how == method]
    a, b = np.array(pairs, np.int64).reshape(-1, 2).T
    same = thing[a] == thing[b]
    other = np.isin(_keys(a, b), judged) & ~same
    return Dropped(int(same.sum()), int(other.sum()), int((~same & ~other).sum()))


# -- what the encoder reads --------------------------------------------------------------------


@dataclass(frozen=True)
class Tokens:
    """What a model's tokenizer makes of texts.

    Attributes:
        texts: all of them.
        tokens: of all texts.
        unknown: tokens that stand for any word that is not known.
        with_unknown: texts with such a token; `nothing_else` those that have no other.
        shared: texts that are, to the model, equal to another one.
        characters: of all texts, white space left out.
    """

    texts: int
    tokens: int
    unknown: int
    with_unknown: int
    nothing_else: int
    shared: int
    characters: int


def tokens(texts: Sequence[str], tokenizer: Any) -> Tokens:
    read = tokenizer(list(texts), add_special_tokens=False)["input_ids"]
    unknown = tokenizer.unk_token_id
    seen: dict[tuple[int, ...], int] = {}
    for ids in read:
        seen[tuple(ids)] = seen.get(tuple(ids), 0) + 1
    return Tokens(
        texts=len(texts),
        tokens=sum(map(len, read)),
        unknown=sum(ids.count(unknown) for ids in read),
        with_unknown=sum(unknown in ids for ids in read),
        nothing_else=sum(set(ids) == {unknown} for ids in read),
        shared=sum(count for count in seen.values() if count > 1),
        characters=sum(len("".join(text.split())) for text in texts),
    )
