"""Seeded logs of a shop's support assistant with planted, known problems.

The words are in `demo_words`. What is planted is exactly what can be found: a candidate question
that would collide with an earlier one is rejected while it is made, and
`assert_only_planted_collide` compares all pairs before anything is written.
"""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import combinations
from pathlib import Path
from random import Random
from typing import Any

import orjson

from curate.demo import words as material
from curate.demo.words import INTENTS, IntentWords
from curate.kernels.differences import difference
from curate.kernels.jaccard import near_pairs
from curate.text.text import normalise, tokens

INTERACTIONS = 2000
USERS = 150
UNPLANTED_BELOW = 0.7
"""No two inputs that are not planted as a pair have this token 3-gram Jaccard similarity."""


Document = dict[str, Any]
Pair = tuple[str, str]
Gram = tuple[str, str, str]


_START = datetime(2026, 1, 1, tzinfo=UTC)
_END = datetime(2026, 6, 30, 23, 59, tzinfo=UTC)
_NEW_MODEL_SINCE = datetime(2026, 4, 1, tzinfo=UTC)
_MIN_WORDS = 8
_MIN_WORDS_NEAR = 22
_REJECT_FROM = 0.65
_TRIES = 400
_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_RATED_GOOD = (4, 5, 5)
_NORMAL_RATINGS = ((1, 45), (2, 45), (3, 35), (4, 80), (5, 120), (None, 675))
_GOOD_OR_UNRATED = tuple(drawn for drawn in _NORMAL_RATINGS if drawn[0] in (4, 5, None))
_AFTER_BAD_RATINGS = ((1, 10), (2, 10), (3, 10), (4, 20), (5, 20), (None, 30))
_TURNS = ((1, 64), (2, 20), (3, 11), (4, 5))


@dataclass(frozen=True)
class Planted:
    """What was planted: kind -> request ids, or pairs of them.

    Attributes:
        interactions: valid documents in the log files.
        broken_lines: lines that are no JSON.
        exact_duplicates: (original, later copy): same messages and answer up to case and white
            space, in another conversation of another user.
        near_duplicates: (original, later near copy): token 3-gram Jaccard similarity of the inputs
            in [0.8, 1), in another conversation of another user.
        paraphrases: (first, later): the same user asks the same in other words, similarity < 0.5.
        rewordings: (first, later): the same user asks the same lightly reworded, with the same
            names, numbers and negations; similarity < 0.5; rated like other good answers, so mostly
            not at all.
        contradictions: (right, wrong): same normalised input, different intent.
        wrong_labels: (id, the right intent): the logged intent is clearly another one.
        refusals: the answer refuses a legitimate question.
        truncated: the answer is cut mid-sentence; `finish_reason` is ``length``.
        empty: the answer is empty or white space.
        errors: `status` is ``error``; the answer is the error message.
        repeated: the answer says one phrase over and over.
        echoes: the answer is the question.
        bad_context: an earlier answer of the conversation is rated 2 or lower in the log.
        late_flips: (id, rating in the log, rating in the late feedback).
    """

    interactions: int
    broken_lines: int
    exact_duplicates: tuple[Pair, ...]
    near_duplicates: tuple[Pair, ...]
    paraphrases: tuple[Pair, ...]
    rewordings: tuple[Pair, ...]
    contradictions: tuple[Pair, ...]
    wrong_labels: tuple[Pair, ...]
    refusals: tuple[str, ...]
    truncated: tuple[str, ...]
    empty: tuple[str, ...]
    errors: tuple[str, ...]
    repeated: tuple[str, ...]
    echoes: tuple[str, ...]
    bad_context: tuple[str, ...]
    late_flips: tuple[tuple[str, int | None, int], ...]


def write_logs(folder: Path, *, seed: int = 7) -> Planted:
    """Writes the logs and the late feedback, and returns what was planted in them.

    Files are ``logs/2026-01.jsonl`` to ``logs/2026-06.jsonl``, lines ordered by time, and
    ``late_feedback.csv`` with the late flips and one row that matches no interaction. The same
    seed gives the same bytes.
    """
    desk = _Desk(Random(seed))  # noqa: S311 - reproducible demo data, nothing secret
    _plant(desk)
    while len(desk.calls) < INTERACTIONS + 1:
        _talk(desk, most=INTERACTIONS + 1 - len(desk.calls))
    _number(desk.calls)
    documents = [_document(desk.rng, call) for call in desk.calls]
    valid = [line for line in documents if line["request_id"] != desk.broken.request_id]
    planted = _planted(desk, len(valid))
    assert_only_planted_collide(valid, planted)
    _write_months(folder / "logs", documents, desk.broken.request_id)
    _write_feedback(folder / "late_feedback.csv", desk)
    return planted


def assert_only_planted_collide(documents: Sequence[Document], planted: Planted) -> None:
    """Checks over all pairs of documents that inputs collide where planted and nowhere else.

    Raises:
        AssertionError: Two inputs are equal or similar though not planted as such, or a planted
            pair is not what it should be.
    """
    inputs = {line["request_id"]: normalise(line["messages"][-1]["content"]) for line in documents}
    grams = {key: _grams(text) for key, text in inputs.items()}
    equal = {*planted.exact_duplicates, *planted.contradictions}
    _expect(_equal_pairs(inputs) == _ordered(equal), "equal inputs are the planted ones")
    unplanted = _similar_pairs(inputs) - _ordered(equal | {*planted.near_duplicates})
    _expect(not unplanted, f"similar inputs are planted, not {sorted(unplanted)[:3]}")
    for one, other in planted.near_duplicates:
        _expect(0.8 <= _jaccard(grams[one], grams[other]) < 1, f"{one} and {other} are near")
        _expect(_ask_the_same(inputs[one], inputs[other]), f"{one} and {other} ask the same")
    for one, other in (*planted.paraphrases, *planted.rewordings):
        _expect(_jaccard(grams[one], grams[other]) < 0.5, f"{one} and {other} use other words")
    for one, other in planted.rewordings:
        _expect(_ask_the_same(inputs[one], inputs[other]), f"{one} and {other} ask the same")
    answers = {line["request_id"]: normalise(line["completion"]) for line in documents}
    for one, other in planted.exact_duplicates:
        _expect(answers[one] == answers[other], f"{one} and {other} have one answer")
    intents = {line["request_id"]: line["intent"] for line in documents}
    for one, other in planted.contradictions:
        _expect(intents[one] != intents[other], f"{one} and {other} contradict each other")


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise AssertionError(f"demo logs: expected that {what}")


def _ordered(pairs: Iterable[Pair]) -> set[Pair]:
    return {(min(pair), max(pair)) for pair in pairs}


def _equal_pairs(inputs: Mapping[str, str]) -> set[Pair]:
    same: dict[str, list[str]] = defaultdict(list)
    for key, text in sorted(inputs.items()):
        same[text].append(key)
    return {pair for keys in same.values() for pair in combinations(keys, 2)}


def _similar_pairs(inputs: Mapping[str, str]) -> set[Pair]:
    """All pairs of keys whose inputs have a similarity of `UNPLANTED_BELOW` or more."""
    keys = sorted(inputs)
    first, second, _ = near_pairs([inputs[key] for key in keys], threshold=UNPLANTED_BELOW)
    return {(keys[i], keys[j]) for i, j in zip(first, second, strict=True)}


def _grams(text: str) -> set[Gram]:
    found = tokens(normalise(text))
    return set(zip(found, found[1:], found[2:], strict=False))


def _jaccard(one: set[Gram], other: set[Gram]) -> float:
    return len(one & other) / len(one | other)


class _Inputs:
    """The questions asked so far, and which of them a new one would collide with."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        self._holders: dict[Gram, list[int]] = defaultdict(list)

    def add(self, text: str) -> int:
        grams = _grams(text)
        for gram in grams:
            self._holders[gram].append(len(self._sizes))
        self._sizes.append(len(grams))
        return len(self._sizes) - 1

    def rivals(self, text: str) -> set[int]:
        grams = _grams(text)
        shared: Counter[int] = Counter()
        for gram in grams:
            shared.update(self._holders.get(gram, ()))
        return {
            other
            for other, count in shared.items()
            if count >= _REJECT_FROM * (len(grams) + self._sizes[other] - count)
        }


@dataclass
class _Call:
    """One logged call before it has its ids."""

    when: datetime
    conversation: int
    user: str
    question: str
    answer: str
    intent: str
    rating: int | None
    history: list[dict[str, str]] = field(default_factory=list)
    finish_reason: str = "stop"
    status: str = "ok"
    request_id: str = ""
    conversation_id: str = ""


@dataclass(frozen=True)
class _Scene:
    """Who asks about what and when: what stays the same within one conversation."""

    when: datetime
    conversation: int
    user: str
    intent: str
    ask: str
    answers: tuple[str, ...]
    slots: dict[str, str]

    @property
    def words(self) -> IntentWords:
        return INTENTS[self.intent]

    @property
    def answer_slots(self) -> dict[str, str]:
        return self.slots | {
            name: self.slots[name].replace("my ", "your ").replace("My ", "Your ")
            for name in ("person", "person_cap")
        }


class _Desk:
    """The calls made so far, in the order they were made, and what was planted with them."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.calls: list[_Call] = []
        self.inputs = _Inputs()
        self.planted: dict[str, list[tuple[_Call, ...]]] = defaultdict(list)
        self.right: list[str] = []
        self.late: list[int] = []
        self.broken: _Call
        self._conversations = 0

    def conversation(self) -> int:
        self._conversations += 1
        return self._conversations

    def scene(self) -> _Scene:
        """A new conversation, its intent drawn by weight."""
        weights = [found.weight for found in material.INTENTS.values()]
        intent = self.rng.choices(list(material.INTENTS), weights)[0]
        question = self.rng.choice(material.INTENTS[intent].questions)
        return self.scene_about(intent, *question)

    def scene_about(self, intent: str, ask: str, answers: tuple[str, ...]) -> _Scene:
        """A new conversation that begins with a given question; the answers are shuffled."""
        rng = self.rng
        when = _START + timedelta(
            days=rng.randrange(180), hours=rng.randrange(6, 23), seconds=rng.randrange(3600)
        )
        return _Scene(
            when=when,
            conversation=self.conversation(),
            user=_user(rng),
            intent=intent,
            ask=ask,
            answers=tuple(rng.sample(answers, len(answers))),
            slots=_slots(rng, when),
        )

    def fresh(self, make: Callable[[], str], *, least: int = _MIN_WORDS) -> str:
        """A question from `make` that has enough words and collides with none before."""
        for _ in range(_TRIES):
            text = make()
            if len(text.split()) >= least and not self.inputs.rivals(text):
                self.inputs.add(text)
                return text
        raise RuntimeError(f"no new question in {_TRIES} tries, the last was: {text}")

    def single(
        self, *, rating: int | None, least: int = _MIN_WORDS, answers: int = 1
    ) -> tuple[_Scene, _Call]:
        """Adds a conversation of one call with a good answer.

        Args:
            rating: the rating of the call.
            least: words that the question has at least.
            answers: answers in other words that the question has at least.
        """
        scene = self.scene()
        while len(scene.answers) < answers:
            scene = self.scene()
        question = self.fresh(lambda: _first_question(self.rng, scene), least=least)
        answer = _answer(self.rng, scene, scene.answers[0])
        return scene, self.call(scene, question, answer, rating)

    def call(self, scene: _Scene, question: str, answer: str, rating: int | None) -> _Call:
        """Adds the first call of a conversation."""
        call = _Call(
            when=scene.when,
            conversation=scene.conversation,
            user=scene.user,
            question=question,
            answer=answer,
            intent=scene.intent,
            rating=rating,
        )
        self.calls.append(call)
        return call

    def again(self, call: _Call, **changes: Any) -> _Call:
        """Adds a later copy of a single call, in another conversation of another user."""
        seconds = int((min(_END, call.when + timedelta(days=45)) - call.when).total_seconds())
        copy = replace(
            call,
            when=call.when + timedelta(seconds=self.rng.randrange(600, seconds)),
            conversation=self.conversation(),
            user=_user(self.rng, other_than=call.user),
            **changes,
        )
        self.calls.append(copy)
        return copy


def _user(rng: Random, other_than: str = "") -> str:
    while True:
        user = f"user-{int(USERS * rng.random() ** 1.3) + 1:03d}"
        if user != other_than:
            return user


def _slots(rng: Random, when: datetime) -> dict[str, str]:
    """One value for every slot of the templates; dates lie around `when`."""
    slots = {name: rng.choice(values) for name, values in material.SLOTS.items()}
    numbers = {
        "order": f"NB{rng.randrange(10_000, 99_999)}",
        "amount": _price(rng, 24, 390),
        "small": _price(rng, 3, 19),
        "big": rng.choice(("50", "75", "100", "150", "200")),
        "percent": rng.choice(("5", "8", "10", "12", "15", "20")),
        "minutes": str(rng.randrange(11, 56)),
        "cm": str(rng.randrange(58, 96)),
        "last4": f"{rng.randrange(10_000):04d}",
        "small_code": str(rng.randrange(10, 99)),
        "year": str(rng.randrange(2018, 2026)),
        "date": _day(when - timedelta(days=rng.randrange(3, 25))),
        "later": _day(when + timedelta(days=rng.randrange(4, 30))),
    }
    composed = {
        "street": f"{rng.randrange(2, 98)} {slots['street_name']}",
        "voucher": f"{slots['season']}{numbers['small_code']}",
        "person": f"my {slots['relative']}",
        "person_cap": f"My {slots['relative']}",
        "part_cap": slots["part"].capitalize(),
    }
    return slots | numbers | composed


def _price(rng: Random, low: int, high: int) -> str:
    return f"{rng.randrange(low, high)}.{rng.choice(('00', '50', '90', '95'))}"


def _day(when: datetime) -> str:
    return f"{when.day} {when:%B}"


def _fill(rng: Random, template: str, slots: Mapping[str, str]) -> str:
    drawn = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), template)
    return drawn.format_map(slots)


def _maybe(rng: Random, chance: float, templates: Sequence[str]) -> list[str]:
    return [rng.choice(templates)] if rng.random() < chance else []


def _question(
    rng: Random, scene: _Scene, opener: list[str], core: str, *, detail: float, closer: float
) -> str:
    if opener and opener[0].endswith((",", ":")) and not core.startswith(("I ", "{", "[")):
        core = core[0].lower() + core[1:]
    details = _maybe(rng, detail, scene.words.details + material.DETAILS)
    parts = [*opener, core, *details, *_maybe(rng, closer, material.CLOSERS)]
    text = _fill(rng, " ".join(parts), scene.slots)
    return text.lower() if rng.random() < 0.08 else text


def _first_question(rng: Random, scene: _Scene) -> str:
    opener = _maybe(rng, 0.6, material.OPENERS)
    return _question(rng, scene, opener, scene.ask, detail=0.75, closer=0.5)


def _later_question(rng: Random, scene: _Scene, core: str, *, after_bad: bool) -> str:
    openers = material.AFTER_BAD_OPENERS if after_bad else material.FOLLOW_OPENERS
    opener = _maybe(rng, 0.6, openers)
    return _question(rng, scene, opener, core, detail=0.45, closer=0.5)


def _answer(rng: Random, scene: _Scene, template: str, rating: int | None = None) -> str:
    """An answer that deserves its rating: vague if 1 or 2, plain if 3, else complete."""
    if rating is not None and rating <= 2:
        return _fill(rng, rng.choice(material.BAD_ANSWERS), scene.answer_slots)
    plain = rating == 3
    opener = _maybe(rng, 0 if plain else 0.45, material.ANSWER_OPENERS)
    closer = _maybe(rng, 0 if plain else 0.4, material.ANSWER_CLOSERS)
    return _fill(rng, " ".join([*opener, template, *closer]), scene.answer_slots)


def _talk(desk: _Desk, *, most: int) -> None:
    """Adds one normal conversation of up to four turns, at most `most`."""
    rng = desk.rng
    scene = desk.scene()
    turns = min(most, _draw(rng, _TURNS) or 1)
    follow_ups = rng.sample(scene.words.follow_ups, turns - 1)
    when, bad = scene.when, [False]
    history: list[dict[str, str]] = []
    for turn in range(turns):
        rating = _draw(rng, _AFTER_BAD_RATINGS if any(bad) else _NORMAL_RATINGS)
        if turn == 0:
            question = desk.fresh(lambda: _first_question(rng, scene))
            template = scene.answers[0]
        else:
            core, template = follow_ups[turn - 1]
            question = desk.fresh(partial(_later_question, rng, scene, core, after_bad=bad[-1]))
        answer = _answer(rng, scene, template, rating)
        call = desk.call(scene, question, answer, rating)
        call.when, call.history = when, list(history)
        history += [_message("user", question), _message("assistant", answer)]
        bad.append(rating is not None and rating <= 2)
        when += timedelta(seconds=rng.randrange(40, 700))


def _draw(rng: Random, weighted: Sequence[tuple[int | None, int]]) -> int | None:
    return rng.choices([value for value, _ in weighted], [weight for _, weight in weighted])[0]


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _plant(desk: _Desk) -> None:
    for _ in range(60):
        _plant_exact(desk)
    for _ in range(60):
        _plant_near(desk)
    _plant_asked_again(desk, "paraphrases", 40, [(rating, 1) for rating in _RATED_GOOD])
    _plant_asked_again(desk, "rewordings", 40, _GOOD_OR_UNRATED)
    for _ in range(20):
        _plant_contradiction(desk)
    for _ in range(30):
        _plant_wrong_label(desk)
    _plant_refusals(desk, 25)
    for _ in range(20):
        _plant_truncated(desk)
    _plant_empty(desk, 8)
    _plant_errors(desk, 10)
    _plant_repeated(desk, 8)
    for _ in range(8):
        _, call = _defect(desk, "echoes")
        call.answer = call.question
    _plant_late_flips(desk)
    desk.broken = desk.single(rating=None)[1]


def _plant_exact(desk: _Desk) -> None:
    _, call = desk.single(rating=desk.rng.choice(_RATED_GOOD))
    copy = desk.again(
        call,
        question=_same_text(desk.rng, call.question),
        answer=_same_text(desk.rng, call.answer),
        rating=desk.rng.choice(_RATED_GOOD),
    )
    desk.planted["exact_duplicates"].append((call, copy))


def _same_text(rng: Random, text: str) -> str:
    """The text with other case or white space, or unchanged."""
    variants = (
        text,
        text,
        text.upper(),
        text.lower(),
        text.replace(". ", ".  "),
        text.replace(". ", ".\n"),
        f" {text}\n",
        text.replace(" ", "\u00a0", 1),
    )
    return rng.choice(variants)


def _plant_near(desk: _Desk) -> None:
    rng = desk.rng
    _, call = desk.single(rating=rng.choice(_RATED_GOOD), least=_MIN_WORDS_NEAR)
    grams = _grams(call.question)
    own = desk.inputs.rivals(call.question)
    for _ in range(_TRIES):
        text = call.question
        for _ in range(rng.choice((1, 1, 2, 3))):
            text = _edited(rng, text)
        if 0.8 <= _jaccard(grams, _grams(text)) < 1 and desk.inputs.rivals(text) <= own:
            break
    else:
        raise RuntimeError(f"no near-duplicate found for: {call.question}")
    if not _ask_the_same(normalise(call.question), normalise(text)):
        text = f"{call.question} {material.NEAR_TAILS[0]}"
    desk.inputs.add(text)
    answer = call.answer + rng.choice(("", "", " Best regards, your Birchway team."))
    copy = desk.again(call, question=text, answer=answer, rating=rng.choice(_RATED_GOOD))
    desk.planted["near_duplicates"].append((call, copy))


def _ask_the_same(one: str, other: str) -> bool:
    """Returns whether nothing keeps two normalised questions apart."""
    return difference(one, other) is None


def _edited(rng: Random, text: str) -> str:
    """The text with one small change: a greeting, a last word, a synonym or a typing error."""
    kind = rng.choice(("head", "tail", "synonym", "typo", "typo"))
    if kind == "head":
        return f"{rng.choice(material.NEAR_HEADS)} {text}"
    if kind == "tail":
        return f"{text} {rng.choice(material.NEAR_TAILS)}"
    known = material.NEAR_SYNONYMS if kind == "synonym" else None
    found = [
        match
        for match in re.finditer(r"\b[a-z]{3,}\b", text)
        if (match[0] in known if known is not None else len(match[0]) > 4)
    ]
    if not found:
        return text
    match = rng.choice(found)
    changed = known[match[0]] if known is not None else _mistyped(rng, match[0])
    return text[: match.start()] + changed + text[match.end() :]


def _mistyped(rng: Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1)
    return word[:at] + word[at + 1] + word[at] + word[at + 2 :]


def _plant_asked_again(
    desk: _Desk, kind: str, count: int, ratings: Sequence[tuple[int | None, int]]
) -> None:
    """Plants paraphrases or rewordings, each pair of the material at most once."""
    rng = desk.rng
    found = [(name, pair) for name, of in material.INTENTS.items() for pair in getattr(of, kind)]
    for intent, pair in rng.sample(found, count):
        scene, texts = _asked_twice(desk, intent, pair)
        answers = [_answer(rng, scene, scene.answers[at]) for at in (0, -1)]
        call = desk.call(scene, texts[0], answers[0], _draw(rng, ratings))
        rating = _draw(rng, ratings)
        later = desk.again(call, question=texts[1], answer=answers[1], rating=rating)
        later.user = call.user
        # With some values, a reworded question differs in a word that counts.
        if kind == "paraphrases" or _ask_the_same(*map(normalise, texts)):
            desk.planted[kind].append((call, later))


def _asked_twice(
    desk: _Desk, intent: str, pair: material.AskedAgain
) -> tuple[_Scene, tuple[str, ...]]:
    """Both questions of a pair, in random order, and the scene whose values they name."""
    rng = desk.rng
    both = rng.sample((pair.one, pair.other), 2)
    for _ in range(_TRIES):
        scene = desk.scene_about(intent, pair.one, pair.answers)
        texts = tuple(_fill(rng, template, scene.slots) for template in both)
        if (
            _jaccard(*map(_grams, texts)) < 0.5
            and not any(desk.inputs.rivals(text) for text in texts)
            and all(len(text.split()) >= _MIN_WORDS for text in texts)
        ):
            for text in texts:
                desk.inputs.add(text)
            return scene, texts
    raise RuntimeError(f"no room for both: {pair.one}")


def _plant_contradiction(desk: _Desk) -> None:
    rng = desk.rng
    scene, call = desk.single(rating=rng.choice(_RATED_GOOD), answers=2)
    copy = desk.again(
        call,
        question=_same_text(rng, call.question),
        answer=_answer(rng, scene, scene.answers[1]),
        rating=rng.choice(_RATED_GOOD),
    )
    right, wrong = rng.sample((call, copy), 2)
    wrong.intent = rng.choice(scene.words.mistaken_for)
    desk.planted["contradictions"].append((right, wrong))


def _plant_wrong_label(desk: _Desk) -> None:
    scene, call = desk.single(rating=desk.rng.choice(_RATED_GOOD))
    desk.right.append(scene.intent)
    clearly_wrong = [
        other
        for other, found in material.INTENTS.items()
        if other != scene.intent
        and other not in scene.words.mistaken_for
        and scene.intent not in found.mistaken_for
    ]
    call.intent = desk.rng.choice(clearly_wrong)
    desk.planted["wrong_labels"].append((call,))


def _defect(
    desk: _Desk, kind: str, ratings: tuple[int | None, ...] = (4, 5, None)
) -> tuple[_Scene, _Call]:
    """A single call to be spoilt; never rated low, so that only its defect can exclude it."""
    scene, call = desk.single(rating=desk.rng.choice(ratings))
    desk.planted[kind].append((call,))
    return scene, call


def _plant_refusals(desk: _Desk, count: int) -> None:
    for number in range(count):
        scene, call = _defect(desk, "refusals")
        wording = material.REFUSALS[number % len(material.REFUSALS)]
        redirect = _maybe(desk.rng, 0.4, material.REFUSAL_TAILS)
        call.answer = _fill(desk.rng, " ".join([wording, *redirect]), scene.answer_slots)


def _plant_truncated(desk: _Desk) -> None:
    _, call = _defect(desk, "truncated")
    found = call.answer.split()
    inside = [
        at for at in range(6, len(found) - 2) if found[at][-1].isalpha() and at > len(found) * 0.4
    ]
    call.answer = " ".join(found[: desk.rng.choice(inside) + 1])
    call.finish_reason = "length"


def _plant_empty(desk: _Desk, count: int) -> None:
    blanks = ("", " ", "\n", " \n\t ")
    for number in range(count):
        _defect(desk, "empty")[1].answer = blanks[number % len(blanks)]


def _plant_errors(desk: _Desk, count: int) -> None:
    for number in range(count):
        scene, call = _defect(desk, "errors", (5, None, None))
        template = material.ERROR_ANSWERS[number % len(material.ERROR_ANSWERS)]
        call.answer = _fill(desk.rng, template, scene.slots)
        call.status = call.finish_reason = "error"


def _plant_repeated(desk: _Desk, count: int) -> None:
    for number in range(count):
        scene, call = _defect(desk, "repeated")
        phrase = material.REPEATED_PHRASES[number % len(material.REPEATED_PHRASES)]
        times = desk.rng.randrange(9, 26)
        call.answer = " ".join([_fill(desk.rng, phrase, scene.slots)] * times)


def _plant_late_flips(desk: _Desk) -> None:
    flips = (
        *((5, 1), (4, 2), (5, 2), (4, 1), (5, 3)),
        *((1, 5), (2, 4), (2, 5), (3, 4)),
        *((None, 5), (None, 4), (None, 5), (None, 1), (None, 2), (None, 1)),
    )
    for rating, late in flips:
        _, call = desk.single(rating=rating)
        desk.planted["late_flips"].append((call,))
        desk.late.append(late)


def _number(calls: list[_Call]) -> None:
    """Orders the calls by time and gives them and their conversations ids in that order."""
    calls.sort(key=lambda call: (call.when, call.conversation, len(call.history)))
    conversations: dict[int, str] = {}
    for number, call in enumerate(calls, start=1):
        call.request_id = f"req-{number:06d}"
        call.conversation_id = conversations.setdefault(
            call.conversation, f"conv-{len(conversations) + 1:05d}"
        )


def _planted(desk: _Desk, interactions: int) -> Planted:
    def pairs(kind: str) -> tuple[Pair, ...]:
        return tuple(sorted((a.request_id, b.request_id) for a, b in desk.planted[kind]))

    def ids(kind: str) -> tuple[str, ...]:
        return tuple(sorted(call.request_id for (call,) in desk.planted[kind]))

    mislabelled = zip(desk.planted["wrong_labels"], desk.right, strict=True)
    flipped = zip(desk.planted["late_flips"], desk.late, strict=True)
    return Planted(
        interactions=interactions,
        broken_lines=1,
        exact_duplicates=pairs("exact_duplicates"),
        near_duplicates=pairs("near_duplicates"),
        paraphrases=pairs("paraphrases"),
        rewordings=pairs("rewordings"),
        contradictions=pairs("contradictions"),
        wrong_labels=tuple(sorted((call.request_id, right) for (call,), right in mislabelled)),
        refusals=ids("refusals"),
        truncated=ids("truncated"),
        empty=ids("empty"),
        errors=ids("errors"),
        repeated=ids("repeated"),
        echoes=ids("echoes"),
        bad_context=_after_bad(desk.calls),
        late_flips=tuple(sorted((c.request_id, c.rating, late) for (c,), late in flipped)),
    )


def _after_bad(calls: Sequence[_Call]) -> tuple[str, ...]:
    """Ids of the calls, ordered by time, that follow a badly rated one of their conversation."""
    bad: set[int] = set()
    found = []
    for call in calls:
        if call.conversation in bad:
            found.append(call.request_id)
        if call.rating is not None and call.rating <= 2:
            bad.add(call.conversation)
    return tuple(found)


def _document(rng: Random, call: _Call) -> Document:
    messages = [
        _message("system", material.SYSTEM),
        *call.history,
        _message("user", call.question),
    ]
    prompt = sum(len(message["content"]) // 4 + 4 for message in messages)
    completion = len(call.answer) // 4
    canary = call.conversation_id.endswith("7")
    failed = call.status == "error"
    return {
        "request_id": call.request_id,
        "ts": f"{call.when:%Y-%m-%dT%H:%M:%SZ}",
        "conversation_id": call.conversation_id,
        "user": call.user,
        "messages": messages,
        "completion": call.answer,
        "intent": call.intent,
        "rating": call.rating,
        "model": "helpdesk-2" if canary or call.when >= _NEW_MODEL_SINCE else "helpdesk-1",
        "finish_reason": call.finish_reason,
        "status": call.status,
        "latency_ms": 30_000 if failed else 240 + 14 * completion + rng.randrange(400),
        "prompt_tokens": prompt,
        "completion_tokens": 0 if failed else completion,
    }


def _write_months(folder: Path, documents: Iterable[Document], broken: str) -> None:
    """Writes one file per month; the line of `broken` ends in the middle."""
    folder.mkdir(parents=True, exist_ok=True)
    months: dict[str, list[bytes]] = defaultdict(list)
    for document in documents:
        line = orjson.dumps(document)
        cut = document["request_id"] == broken
        months[document["ts"][:7]].append(line[: len(line) * 3 // 5] if cut else line)
    for month, lines in months.items():
        (folder / f"{month}.jsonl").write_bytes(b"\n".join([*lines, b""]))


def _write_feedback(path: Path, desk: _Desk) -> None:
    """Writes the late ratings in the order they were given, one of them for an unknown call."""
    rng = desk.rng
    rows = []
    for (call,), stars in zip(desk.planted["late_flips"], desk.late, strict=True):
        comments = material.GOOD_COMMENTS if stars >= 4 else material.BAD_COMMENTS
        rated_at = call.when + timedelta(days=rng.randrange(2, 30), seconds=rng.randrange(9000))
        rater = rng.choice((call.user, "expert-1", "expert-2"))
        rows.append((call.request_id, stars, rng.choice(comments), rated_at, rater))
    rows.append(("req-999999", 4, material.GOOD_COMMENTS[2], _END, "expert-1"))
    rows.sort(key=lambda row: (row[3], row[0]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("request_id", "stars", "comment", "rated_at", "rater"))
        for request_id, stars, comment, rated_at, rater in rows:
            when = f"{rated_at:%Y-%m-%dT%H:%M:%SZ}"
            writer.writerow((request_id, stars, comment, when, rater))
