"""Texts with several labels, and texts that several people judged: what the stock ways make of
them, and what ours do."""

from __future__ import annotations

import sys
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from peers import alike
from sets import NOISE, published, rows
from sklearn.metrics import average_precision_score, roc_auc_score

from curate.kernels import consensus, label_model, label_set_noise
from curate.kernels.consensus import Answers
from curate.text import label_sets
from curate.text.text import normalise
from report import SEEDS, Bench, Section, spread, table

TITLE = "Several labels, several annotators"


def measure(bench: Bench) -> Section:
    sets, problems = _measure_sets(bench)
    crowds, more = _measure_crowds(bench)
    return Section(TITLE, f"{sets}\n{crowds}", (*problems, *more))


# -- sets of labels --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sets:
    """Texts with sets of labels.

    Attributes:
        texts: normalised; aligned with vectors, float32 (n, dim), and true.
        true: bool (n, labels).
    """

    name: str
    texts: list[str]
    vectors: Any
    true: Any


def moderation(bench: Bench) -> Sets:
    """Messages with eight kinds of harm; a kind that nobody looked for counts as absent."""
    read = rows(bench.data / "openai_moderation_1680" / "rows.jsonl.gz")
    kinds = [name for name in read[0] if name != "prompt"]
    texts = [normalise(r["prompt"]) for r in read]
    true = np.array([[r.get(kind) == 1 for kind in kinds] for r in read])
    return Sets("moderation", texts, bench.embedded("moderation", texts), true)


def joined(bench: Bench, name: str, every: int, texts: int) -> Sets:
    """Messages with one intent or two: train texts of every so many classes, alone or joined.

    Three quarters of the texts come in pairs of different intents.
    """
    clean = published(bench, name)
    rng = np.random.default_rng(7)
    drawn = rng.permutation(np.flatnonzero(clean.true % every == 0))[:texts]
    label = clean.true[drawn] // every
    said, true = [], np.zeros((len(drawn), label.max() + 1), bool)
    place = 0
    while place < len(drawn):
        two = place + 1 < len(drawn) and len(said) % 5 < 3 and label[place] != label[place + 1]
        part = slice(place, place + 1 + two)
        true[len(said), label[part]] = True
        said.append(" ".join(clean.texts[n] for n in drawn[part]))
        place = part.stop
    vectors = bench.embedded(f"{name}-joined", said)
    return Sets(f"{clean.name}, one or two", said, vectors, true[: len(said)])


def noisy(sets: Sets, seed: int, rate: float = NOISE) -> Any:
    """Returns labels of which one row in ten lost one, gained one, or has another one instead.

    What is added is one of the three classes nearest to one of the row's, by centroid, or any.
    """
    rng = np.random.default_rng(seed)
    given = sets.true.copy()
    centroids = np.stack([sets.vectors[column].mean(axis=0) for column in sets.true.T])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    cosine = centroids @ centroids.T
    np.fill_diagonal(cosine, -9)
    nearest = np.argsort(-cosine, axis=1)[:, :3]
    for row in rng.choice(len(given), int(rate * len(given)), replace=False):
        has = np.flatnonzero(given[row])
        lacks = np.flatnonzero(~given[row])
        kind = rng.integers(3) if len(has) else 1
        if kind != 1:
            lost = rng.choice(has)
        if kind != 0:
            near = np.setdiff1d(nearest[rng.choice(has)], has) if len(has) else lacks
            given[row, rng.choice(near if len(near) else lacks)] = True
        if kind != 1:
            given[row, lost] = False
    return given


@dataclass(frozen=True)
class Said:
    """What one method says; high is suspicious.

    Attributes:
        of_rows: float64 (n,).
        of_entries: float64 (n, labels).
        flagged: bool (n,), whether it calls the set wrong.
    """

    of_rows: Any
    of_entries: Any
    flagged: Any


def ours(sets: Sets, given: Any, pairs: Any) -> tuple[Said, Any]:
    """Returns what `curate mislabels` says, and its probabilities."""
    rows = len(given)
    task = label_model.Labelled(
        ids=np.array([f"{n:08d}" for n in range(rows)], object),
        label=np.array(
            [label_sets.text(f"{k:03d}" for k in np.flatnonzero(row)) for row in given], object
        ),
        train=np.ones(rows, bool),
        by_hand=np.zeros(rows, bool),
        at=np.arange(rows),
        vectors=sets.vectors,
        pairs=pairs,
    )
    model = label_set_noise.LabelSetModel(task)
    found = label_set_noise.assess(task, model)
    assert len(found.examples) == rows and len(model.names) == given.shape[1]
    likely = label_set_noise.estimate(model, found, np.ones(rows, bool))["train"]
    flagged = np.zeros(rows, bool)
    flagged[np.argsort(found.score, kind="stable")[:likely]] = True
    flagged &= found.score < 0.5
    return Said(-found.score, -found.quality, flagged), found.chances


def cleanlab(given: Any, chances: Any) -> Said:
    """Returns cleanlab's scores of sets and its count; of a name, how likely it is not as given."""
    from cleanlab.multilabel_classification import get_label_quality_scores
    from cleanlab.multilabel_classification.filter import find_label_issues

    sets = [np.flatnonzero(row).tolist() for row in given]
    chances = np.clip(chances, 1e-6, 1 - 1e-6)
    scores = get_label_quality_scores(sets, chances)
    flagged = find_label_issues(sets, chances, n_jobs=1)
    return Said(-scores, -np.where(given, chances, 1 - chances), flagged)


def logistic(sets: Sets, given: Any) -> Any:
    """Returns probabilities by scikit-learn's one-versus-rest logistic regression, five folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_predict
    from sklearn.multiclass import OneVsRestClassifier

    model = OneVsRestClassifier(LogisticRegression())
    return cross_val_predict(model, sets.vectors, given.astype(int), cv=5, method="predict_proba")


OURS, STOCK, MIXED = "curate", "cleanlab + LR", "cleanlab, our probabilities"
WORST = "worst name by LR"


def _measure_sets(bench: Bench) -> tuple[str, list[str]]:
    made = (
        joined(bench, "banking77", 1, 4_000),
        joined(bench, "clinc150", 3, 5_000),
        moderation(bench),
    )
    lines, flags, problems = [], [], []
    for sets in made:
        pairs = alike(sets.texts, sets.vectors)
        cell: dict[str, dict[str, list[float]]] = {n: {} for n in (OURS, STOCK, MIXED, WORST)}
        for seed in SEEDS:
            print(sets.name, seed, file=sys.stderr)
            given = noisy(sets, seed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                mine, chances = ours(sets, given, pairs)
                said = {
                    OURS: mine,
                    STOCK: cleanlab(given, logistic(sets, given)),
                    MIXED: cleanlab(given, chances),
                }
            entries = said[STOCK].of_entries
            said[WORST] = Said(entries.max(axis=1), entries, said[STOCK].flagged)
            wrong = given != sets.true
            for name, one in said.items():
                values = {
                    "rows": average_precision_score(wrong.any(axis=1), one.of_rows),
                    "entries": average_precision_score(wrong.ravel(), one.of_entries.ravel()),
                    "flagged": float(one.flagged.sum()),
                    "correct": float(wrong.any(axis=1)[one.flagged].mean()),
                }
                for key, value in values.items():
                    cell[name].setdefault(key, []).append(value)
        count = f"{len(sets.texts):,} x {sets.true.shape[1]}"
        lines.append(
            [sets.name, count]
            + [spread(cell[n]["rows"]) for n in (OURS, STOCK, MIXED, WORST)]
            + [spread(cell[n]["entries"]) for n in (OURS, STOCK)]
        )
        flags.append([sets.name, int(NOISE * len(sets.texts))])
        for n in (OURS, STOCK):
            flags[-1] += [round(np.mean(cell[n]["flagged"]))]
            flags[-1] += [f"{np.mean(cell[n]['correct']):.1%}"]
        for key in ("rows", "entries"):
            mean = {n: float(np.mean(cell[n][key])) for n in (OURS, STOCK)}
            if mean[OURS] < mean[STOCK]:
                problems.append(f"{sets.name}, AP of {key}: at least cleanlab's")
    head = ["set", "texts x labels"]
    head += [f"AP of texts, {n}" for n in (OURS, STOCK, MIXED, WORST)]
    head += [f"AP of labels, {n}" for n in (OURS, STOCK)]
    second = ["set", "wrong", OURS, "wrong of them", STOCK, "wrong of them"]
    return _ABOUT_SETS + table(head, lines) + _FLAGGED + table(second, flags), problems


_ABOUT_SETS = """\
### Several labels

One text in ten lost a label, gained one, or has another one in place of its own; what is added is
one of the three nearest by centroid to a label of the text. *One or two*: texts of two intents
joined into one message, and single ones. *Moderation*: messages with eight kinds of harm, most with
none; a kind that nobody looked for counts as absent, which makes errors of its own. Stock is
cleanlab's `multilabel_classification` with one-versus-rest logistic regression, five folds, all
defaults.

"""
_FLAGGED = """
Texts that each one calls wrong (curate: tier *likely*):

"""

# -- several annotators ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Crowd:
    """Answers of several annotators, and what is right of some items.

    Attributes:
        vectors: of the texts of the items, float32 (items, dim).
        pairs: numbers of alike ones, twice, and their similarity.
        answers: what the methods see.
        truth: value of each item, -1 where it is not known.
    """

    vectors: Any
    pairs: Any
    answers: Answers
    truth: Any


SEEN, DRAWS, BUSIEST = 3, 5, 5
LEVELS = ("1", "0", "-1", "-2", "-3")
ITEM = ("conv_id", "prev_agent", "prev_user", "agent", "user", "bot")
SPEAKERS = ("prev_agent", "prev_user", "agent", "user")


def abuse(bench: Bench) -> dict[str, list[Crowd]]:
    """Raters of abuse; each of the busiest in turn is the truth, the others' answers are seen."""
    texts: dict[str, str] = {}
    said: dict[tuple[str, int], str] = {}
    for row in rows(bench.data / "convabuse_raw" / "annotations.jsonl.gz"):
        item = "\x1f".join(row[column] for column in ITEM)
        (level,) = [one for one in LEVELS if row[f"is_abuse.{one}"] == "1"]
        texts.setdefault(item, "\n".join(f"{who}: {row[who]}" for who in SPEAKERS))
        said[item, int(row["annotator_id"].removeprefix("Annotator"))] = level
    items, item = np.unique([i for i, _ in said], return_inverse=True)
    people = np.array([p for _, p in said])
    busiest = np.argsort(-np.bincount(people), kind="stable")[:BUSIEST]
    among = np.isin(people, busiest)
    used = among & (np.bincount(item[among], minlength=len(items)) >= SEEN)[item]
    items, item, people = items[np.unique(item[used])], item[used], people[used]
    item = np.unique(item, return_inverse=True)[1]
    level = np.array(list(said.values()), object)[used]
    read = [normalise(texts[i]) for i in items]
    vectors = bench.embedded("convabuse", read)
    pairs = alike(read, vectors)
    found = {}
    for name, value in (
        ("ConvAbuse, abusive or not", np.array([one.startswith("-") for one in level], int)),
        ("ConvAbuse, five levels", np.array([LEVELS.index(one) for one in level])),
    ):
        found[name] = [_without(person, item, people, value, vectors, pairs) for person in busiest]
    return found


def _without(person: int, item: Any, people: Any, value: Any, vectors: Any, pairs: Any) -> Crowd:
    mine = people == person
    _, number = np.unique(people[~mine], return_inverse=True)
    truth = np.full(len(vectors), -1)
    truth[item[mine]] = value[mine]
    shape = (len(vectors), number.max() + 1, value.max() + 1)
    return Crowd(vectors, pairs, Answers(item[~mine], number, value[~mine], shape), truth)


def strangers(bench: Bench) -> dict[str, list[Crowd]]:
    """Three of about 20 raters of sentiment, who are not known; the truth is the mean of all."""
    found = {}
    for name in ("amazon_snippets", "tweets"):
        read = rows(bench.data / "vader_multirater" / f"{name}.jsonl.gz")
        texts = [normalise(r["text"]) for r in read]
        vectors = bench.embedded(name, texts)
        pairs = alike(texts, vectors)
        truth = np.array([np.sign(r["mean"]) for r in read], int) + 1
        item, people = np.divmod(np.arange(len(read) * SEEN), SEEN)
        found[f"VADER, {name}"] = []
        for draw in range(DRAWS):
            rng = np.random.default_rng(draw)
            drawn = [rng.choice(r["ratings"], SEEN, replace=False) for r in read]
            value = np.sign(np.concatenate(drawn)).astype(int) + 1
            answers = Answers(item, people, value, (len(read), SEEN, 3))
            found[f"VADER, {name}"].append(Crowd(vectors, pairs, answers, truth))
    return found


SKILLS = (0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.6, 0.5)


def simulated(bench: Bench) -> dict[str, list[Crowd]]:
    """Eight raters of BANKING77 who err towards like intents, three of whom see each text."""
    clean = published(bench, "banking77")
    chosen = np.random.default_rng(7).permutation(len(clean.true))[:3_000]
    true, vectors = clean.true[chosen], clean.vectors[chosen]
    pairs = alike([clean.texts[n] for n in chosen], vectors)
    classes = len(clean.names)
    centroids = np.stack([clean.vectors[clean.true == k].mean(axis=0) for k in range(classes)])
    centroids /= np.linalg.norm(centroids, axis=1, keepdims=True)
    nearest = np.argsort(-(centroids @ centroids.T), axis=1)[:, 1:4]
    crowds = []
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        people = np.concatenate([rng.choice(len(SKILLS), SEEN, replace=False) for _ in true])
        item = np.repeat(np.arange(len(true)), SEEN)
        other = nearest[true[item], rng.choice(3, len(item), p=[0.5, 0.3, 0.2])]
        right = rng.random(len(item)) < np.array(SKILLS)[people]
        value = np.where(right, true[item], other)
        shape = (len(true), len(SKILLS), classes)
        crowds.append(Crowd(vectors, pairs, Answers(item, people, value, shape), true))
    return {"BANKING77, simulated": crowds}


MAJORITY, HABITS, PLAIN, TEXTS = (
    "majority", "Dawid-Skene", "crowdlab on Dawid-Skene", "crowdlab on our model"
)  # fmt: skip


def decided(crowd: Crowd) -> dict[str, tuple[Any, Any]]:
    """Returns each method's value of each item, and how sure it is of it."""
    votes = crowd.answers.votes()
    shares = votes / np.maximum(votes.sum(axis=1, keepdims=True), 1)
    habits = consensus.dawid_skene(crowd.answers)
    made = {n: (c.argmax(axis=1), c.max(axis=1)) for n, c in ((MAJORITY, shares), (HABITS, habits))}
    at = np.arange(len(crowd.vectors))
    texts = consensus.by_texts(crowd.answers, at, crowd.vectors, crowd.pairs)
    for name, chances in ((PLAIN, habits), (TEXTS, texts)):
        one = consensus.crowd(crowd.answers, chances)
        made[name] = one.value, one.quality
    return made


def fewer(crowd: Crowd, count: int) -> Crowd:
    """Returns the crowd on some of its items, for those who have labelled little."""
    kept = np.sort(np.random.default_rng(3).permutation(len(crowd.vectors))[:count])
    place = np.full(len(crowd.vectors), -1)
    place[kept] = np.arange(len(kept))
    used = place[crowd.answers.item] >= 0
    a = crowd.answers
    people = np.unique(a.annotator[used], return_inverse=True)[1]
    answers = Answers(
        place[a.item[used]], people, a.value[used], (len(kept), people.max() + 1, a.shape[2])
    )
    one, other, similarity = crowd.pairs
    both = (place[one] >= 0) & (place[other] >= 0)
    pairs = place[one[both]], place[other[both]], similarity[both]
    return Crowd(crowd.vectors[kept], pairs, answers, crowd.truth[kept])


def judged(crowd: Crowd) -> tuple[dict[str, float], dict[str, float]]:
    """Returns how often each method is right, and how well each signal tells a wrong majority.

    A majority that ties counts as a coin, and is not doubted: it is asked again anyway.
    """
    votes = crowd.answers.votes()
    known = (crowd.truth >= 0) & (votes.sum(axis=1) > 0)
    truth, votes = crowd.truth[known], votes[known]
    made = {name: (v[known], sure[known]) for name, (v, sure) in decided(crowd).items()}
    right = {name: float((value == truth).mean()) for name, (value, _) in made.items()}
    best = votes == votes.max(axis=1, keepdims=True)
    coin = best / best.sum(axis=1, keepdims=True)
    right[MAJORITY] = float(coin[np.arange(len(truth)), truth].mean())
    settled = best.sum(axis=1) == 1
    value, share = (part[settled] for part in made[MAJORITY])
    wrong = value != truth[settled]
    doubt = {MAJORITY: float(roc_auc_score(wrong, -share))}
    for name in (HABITS, PLAIN, TEXTS):
        theirs, sure = (part[settled] for part in made[name])
        doubt[name] = float(roc_auc_score(wrong, np.where(theirs == value, -sure, sure)))
    other = made[TEXTS][0][settled] != value
    doubt["flagged"] = float(other.mean())
    doubt["correct"] = float(wrong[other].mean()) if other.any() else float("nan")
    doubt["wrong"] = float(wrong.mean())
    return right, doubt


METHODS = (MAJORITY, HABITS, PLAIN, TEXTS)
FEW = 300
_ASKED = ("wrong", "flagged", "correct")


def _measure_crowds(bench: Bench) -> tuple[str, list[str]]:
    sets: dict[str, list[Crowd]] = {**abuse(bench), **strangers(bench), **simulated(bench)}
    few = {
        f"{name}, {FEW} items": [fewer(crowd, FEW) for crowd in crowds]
        for name, crowds in sets.items()
    }
    right, doubt, problems = [], [], []
    for name, crowds in {**sets, **few}.items():
        print(name, file=sys.stderr)
        found = [judged(crowd) for crowd in crowds]
        shares = {m: [one[0][m] for one in found] for m in METHODS}
        told = {m: [one[1][m] for one in found] for m in METHODS}
        right.append([name, *(_percent(shares[m]) for m in METHODS)])
        asked = (float(np.nanmean([one[1][key] for one in found])) for key in _ASKED)
        doubt.append(
            [
                name,
                *(spread(told[m], 2) for m in METHODS),
                *(f"{s:.1%}" if s == s else "" for s in asked),
            ]
        )
        if np.mean(told[TEXTS]) < np.mean(told[MAJORITY]):
            problems.append(f"{name}: doubt by texts at least as telling as by votes")
    first = table(["set", *METHODS], right)
    head = ["set", "votes", *METHODS[1:], "wrong", "asked once more", "wrong of them"]
    second = table(head, doubt)
    return _ABOUT_CROWDS + first + _DOUBT + second, problems


_ABOUT_CROWDS = """
### Several annotators

Share of items that each method decides rightly; in brackets the smallest and the largest of the
raters left out, of five draws, or of three seeds. *ConvAbuse*: each of the five busiest raters in
turn is the truth, the others are seen. *VADER*: three of about 20 ratings, by raters unknown
(so that habits say nothing); the truth is the sign of the mean of all. *Simulated*: three of eight
raters, right in 50% to 95% of the cases and else at a like intent, see each of 3,000 texts of
BANKING77. crowdlab is cleanlab's `get_label_quality_multiannotator`, once with the chances of
Dawid-Skene, and once, as it is meant, with what a model says of a text that learned the answers to
all others, copies aside: ours, on MiniLM vectors.

"""
_DOUBT = """
Which answers want another rater: AUROC of the wrong majorities among the majorities, ties aside, by
the share of votes for them, and by how sure each method is of them. *Asked once more* are those
that crowdlab on our model decides otherwise: `curate queue` sends them back.

"""


def _percent(values: list[float]) -> str:
    return f"{np.mean(values):.1%} ({min(values):.1%} to {max(values):.1%})"
