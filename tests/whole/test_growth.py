"""The ledger rules of design.md 5 over a growing project, against a brute-force oracle.

One story is played once: 2,000 examples with 10% held out, then +1, +100 and +1,000 rows with
planted leaks, ratings that come and go, corrections, changed texts, a tighter and a looser
threshold. Each export is kept as a `Version`; the tests below check every version of the story
with an oracle of plain Python that knows only the documented definition of a leak.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from curate.export.export import export
from curate.export.options import ExportResult, ExportSettings
from curate.filters import filters
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.pull.pull import pull
from curate.split import SplitSettings
from curate.store import Store
from curate.versions.verify import verify

pytestmark = pytest.mark.slow

# -- the oracle: what a leak is, by the documentation ------------------------------------------


@dataclass(frozen=True)
class Key:
    """What an example can be leaked by: its conversation (if any) and its input."""

    conversation: str | None
    text: str


def normalised(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text).casefold()).strip()


def input_of(row: dict[str, Any]) -> str:
    """The last user turn, with the two messages before it where it has fewer than 8 words."""
    talk = [m["content"] for m in row["messages"] or [] if m["role"] != "system"]
    short = len(re.findall(r"\w+", row["query"])) < 8
    return normalised("\n".join([*talk[-2:], row["query"]]) if short else row["query"])


@cache
def grams(text: str) -> frozenset[tuple[str, str, str]]:
    """The word 3-grams of an input; none below 8 words, where only equality counts."""
    words = re.findall(r"\w+", text)
    return frozenset(zip(words, words[1:], words[2:], strict=False)) if len(words) >= 8 else _NONE


_NONE: frozenset[tuple[str, str, str]] = frozenset()
Keyed = list[tuple[str, Key]]


def leaks(left: Keyed, right: Keyed, threshold: float) -> dict[str, set[str]]:
    """Every left example that leaks a right one, with all that it leaks; all pairs are counted."""
    by_talk, by_text = defaultdict(set), defaultdict(set)
    by_gram: dict[Any, list[int]] = defaultdict(list)
    for n, (name, key) in enumerate(right):
        by_talk[key.conversation].add(name)
        by_text[key.text].add(name)
        for gram in grams(key.text):
            by_gram[gram].append(n)
    found: dict[str, set[str]] = defaultdict(set)
    for name, key in left:
        hit = set(by_text[key.text]) if key.text else set()
        if key.conversation is not None:
            hit |= by_talk[key.conversation]
        mine = grams(key.text)
        shared = Counter(n for gram in mine for n in by_gram.get(gram, ()))
        for n, count in shared.items():
            union = len(mine) + len(grams(right[n][1].text)) - count
            if count / union >= threshold:
                hit.add(right[n][0])
        if hit - {name}:
            found[name] = hit - {name}
    return found


# -- the story: what the log says, and what each export made of it ------------------------------


@dataclass(frozen=True)
class Place:
    """One row of the ledger."""

    side: str
    exposed: bool
    origin: str
    unit: str
    evidence: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """Everything that one export said, and the log as it was then; examples by their source id."""

    result: ExportResult
    settings: ExportSettings
    keys: dict[str, Key]
    eligible: set[str]
    answers: dict[str, str]
    queries: dict[str, str]
    ledger: dict[str, Place]
    lines: dict[str, list[str]]
    reasons: dict[str, tuple[str, str]]
    hashes: dict[str, str]

    def on(self, side: str) -> set[str]:
        return {n for n, p in self.ledger.items() if p.side == side and not p.exposed}

    def keyed(self, names: Any) -> Keyed:
        return [(n, self.keys[n]) for n in names]


class Story:
    """A log that grows, the project that follows it, and the versions so far."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.random = folder, random.Random(7)
        self.words = [f"w{n:03d}" for n in range(600)]
        self.rows: dict[str, dict[str, Any]] = {}
        self.later: dict[str, int] = {}
        self.corrected: dict[str, str] = {}
        self.versions: list[Version] = []
        self.threshold = 1.0
        self.files = 0
        self.used: set[str] = set()
        self.planted: dict[str, list[str]] = defaultdict(list)
        self.store = Store(folder)
        self.store.create()
        # The oracle knows leaks and ratings; what is alike within train is another story.
        with self.store.write() as con:
            self.store.set_setting(con, "dedupe", {"near": 2.0})
        with self.store.run("init"), self.store.write() as con:
            self.store.set_setting(con, "project", {"task": "sft"})

    # -- what stands in the log

    def text(self, count: int = 0) -> str:
        return " ".join(self.random.choices(self.words, k=count or self.random.randint(12, 20)))

    def near(self, text: str) -> str:
        """A text of 3-gram Jaccard 0.8 or more, written in another way."""
        words, other = text.split(), self.random.choice(self.words)
        made = self.random.choice([[*words, other], [*words[:-1], other], [other, *words]])
        written = self.random.choice([" ", "\t", " \n "]).join(made)
        return self.random.choice([str.upper, str.title, str])(written)

    def row(self, kind: str, query: str, **others: Any) -> dict[str, Any]:
        number = len(self.rows)
        row = {
            "id": f"{kind}-{number}",
            "messages": None,
            "query": query,
            "response": f"answer {number}: {self.text(6)}",
            "rating": self.random.choice([5, 5, 5, 4, 4, 4, 2, None]),
            "label": self.random.choice("abc"),
            "session_id": None,
            "created_at": f"2026-0{self.random.randint(1, 4)}-05T10:00:00Z",
            **others,
        }
        self.rows[row["id"]] = row
        return row

    # -- what is pulled

    def _file(self, rows: list[dict[str, Any]]) -> str:
        self.files += 1
        path = self.folder / f"delta-{self.files:02d}.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(path)

    def pull(self, rows: list[dict[str, Any]]) -> None:
        options = PullOptions(declared=Declared("interactions", {}, "1-5"))
        pull(self.store, [self._file(rows)], options=options)

    def change(self, name: str, **fields: Any) -> dict[str, Any]:
        """Changes a row at the source; to be pulled again."""
        self.rows[name] = {**self.rows[name], **fields}
        return self.rows[name]

    def rate(self, ratings: dict[str, int], corrections: dict[str, str] | None = None) -> None:
        """Pulls ratings and corrected answers that came later, in a file of their own."""
        day = f"2026-06-{self.files + 1:02d}T00:00:00Z"
        names = [*ratings, *(corrections or {})]
        rows = [
            {
                "request_id": name,
                "rating": ratings.get(name),
                "corrected_response": (corrections or {}).get(name),
                "rated_at": day,
            }
            for name in names
        ]
        self.later.update(ratings)
        self.corrected.update(corrections or {})
        declared = Declared("feedback", {"key": "request_id"}, "1-5")
        pull(self.store, [self._file(rows)], options=PullOptions(declared=declared))

    # -- what is exported

    def export(self, **settings: Any) -> Version:
        split = {"test_size": 0.1, "leak_threshold": 0.8, "seed": 0}
        limit = settings.pop("limit", None)
        asked = ExportSettings(split=SplitSettings(**{**split, **settings}), limit=limit)
        result = export(self.store, "set", settings=asked)
        assert result.created
        self.threshold = min(self.threshold, asked.split.leak_threshold)
        strict = replace(asked, split=replace(asked.split, leak_threshold=self.threshold))
        self.versions.append(self._version(result, strict))
        return self.versions[-1]

    def _version(self, result: ExportResult, settings: ExportSettings) -> Version:
        with self.store.read() as con:
            names = dict(con.sql("SELECT interaction_id, source_id FROM interactions").fetchall())
            ledger = con.sql(
                "SELECT example_id, side, exposed, origin, unit, evidence FROM split_ledger"
            ).fetchall()
            frozen = con.execute(
                "SELECT example_id, side, line, reason, evidence FROM version_examples "
                "WHERE name = 'set' AND version = ? ORDER BY side, line",
                [result.version],
            ).fetchall()
        ids = {e: names.get(e, e) for e in names}
        lines: dict[str, list[str]] = {"train": [], "test": []}
        reasons = {}
        for example, side, line, reason, evidence in frozen:
            if line is None:
                reasons[ids[example]] = (reason, evidence)
            else:
                lines[side].append(ids[example])
                assert line == len(lines[side]) and reason is None
        return Version(
            result,
            settings,
            {name: Key(row["session_id"], input_of(row)) for name, row in self.rows.items()},
            {name for name in self.rows if self._eligible(name)},
            {n: self.corrected.get(n, row["response"]) for n, row in self.rows.items()},
            {name: row["query"] for name, row in self.rows.items()},
            {
                ids[e]: Place(side, exposed, origin, ids[unit], _named(evidence, ids))
                for e, side, exposed, origin, unit, evidence in ledger
            },
            lines,
            reasons,
            _hashes(result.folder),
        )

    def _eligible(self, name: str) -> bool:
        rating = self.later.get(name, self.rows[name]["rating"])
        return name in self.corrected or (rating is not None and rating >= 4)

    # -- whom to plant something on

    def pick(self, side: str, kind: str, count: int, *, line: bool = True) -> list[str]:
        """Fresh examples of one kind, on a line of the last version or in its ledger only."""
        last = self.versions[-1]
        pool = set(last.lines[side]) if line else last.on(side) - set(last.lines[side])
        names = sorted(n for n in pool - self.used if n.startswith(kind + "-"))[:count]
        assert len(names) == count, (side, kind, len(names))
        self.used.update(names)
        return names

    def plant(self, what: str, names: list[str]) -> list[str]:
        self.planted[what] += names
        return names


def _named(evidence: str | None, ids: dict[str, str]) -> dict[str, str]:
    return {k: ids.get(v, v) for k, v in json.loads(evidence or "{}").items()}


def _hashes(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir()}


def swap(text: str, place: int, word: str) -> str:
    words = text.split()
    return " ".join([*words[:place], word, *words[place + 1 :]])


# -- the story itself ----------------------------------------------------------------------------

FAMILIES = 70
SHORT = ["reset my password", "Wo ist die Straße", "café at noon", "cancel it", "why is it slow"]


def base(story: Story) -> list[dict[str, Any]]:
    """2,000 rows: cousins (Jaccard 0.73), sessions, short inputs, near pairs, and others."""
    rows = []
    for number in range(FAMILIES):
        parent = story.text(40)
        story.planted["parents"].append(parent)
        rated = None if number % 3 == 0 else 5
        for place, name in ((10, "left"), (20, "right")):
            text = swap(parent, place, f"{name}{number}")
            rows.append(story.row("cousin", text, family=number, rating=rated))
    for number in range(120):
        session = f"s{number}"
        rows += [story.row("session", story.text(), session_id=session) for _ in range(4)]
    rows += [story.row("short", f"{SHORT[n % 5]} {n % 30 // 5}") for n in range(60)]
    for number in range(60):
        before = [
            {"role": "system", "content": "be brief and polite and answer in one short sentence"},
            {"role": "user", "content": story.text()},
            {"role": "assistant", "content": story.text()},
        ]
        rows.append(story.row("turns", f"and then {number % 7}?", messages=before))
    for _ in range(40):
        text = story.text()
        rows += [story.row("pair", text), story.row("pair", story.near(text))]
    rows += [story.row("single", story.text()) for _ in range(2000 - len(rows))]
    return rows


def planted(story: Story, scale: int) -> list[dict[str, Any]]:
    """Rows that leak train, test, both, nothing, or only a row that leaks both."""
    rows = []
    for side in ("train", "test"):
        for count, kind in ((4, "single"), (1, "pair")):
            for name in story.pick(side, kind, count * scale):
                rows.append(story.row("near", story.near(story.rows[name]["query"])))
                story.plant(f"near {side}", [rows[-1]["id"]])
        for name in story.pick(side, "session", 2 * scale):
            session = story.rows[name]["session_id"]
            rows.append(story.row("talk", story.text(), session_id=session))
            story.plant(f"talk {side}", [rows[-1]["id"]])
        for name in story.pick(side, "short", 1):
            text = " " + story.rows[name]["query"].upper().replace("É", "E\u0301") + "\n"
            rows.append(story.row("equal", text))
            story.plant(f"equal {side}", [rows[-1]["id"]])
        name = story.pick(side, "turns", 1)[0]
        rows.append(story.row("again", story.rows[name]["query"].upper()))
        rows[-1]["messages"] = story.rows[name]["messages"][1:]
        story.plant(f"context {side}", [rows[-1]["id"]])
    sessions = story.pick("train", "session", scale)
    for name, held in zip(sessions, story.pick("test", "single", scale), strict=True):
        text = story.near(story.rows[held]["query"])
        rows.append(story.row("both", text, session_id=story.rows[name]["session_id"]))
        story.plant("both", [rows[-1]["id"]])
    return rows


def bridges(story: Story, count: int) -> list[dict[str, Any]]:
    """Parents of cousins on both sides (each leaks both), and rows that leak only such a parent."""
    ledger, rows = story.versions[-1].ledger, []
    sides = defaultdict(set)
    for name, row in story.rows.items():
        if "family" in row and name in ledger:
            sides[row["family"]].add(ledger[name].side)
    split = sorted(family for family, found in sides.items() if {"train", "test"} <= found)
    chosen = [family for family in split if family not in story.used][:count]
    assert len(chosen) == count
    story.used.update(chosen)
    for number in chosen:
        parent = story.planted["parents"][number]
        rows.append(story.row("bridge", parent))
        story.plant("both", [rows[-1]["id"]])
        for place in (30, 36):
            rows.append(story.row("behind", swap(parent, place, f"child{place}"), rating=5))
            story.plant("behind", [rows[-1]["id"]])
    return rows


def ordinary(story: Story, count: int) -> list[dict[str, Any]]:
    """New rows that leak nothing old, some of them near one another or of one conversation."""
    rows: list[dict[str, Any]] = []
    for place in range(count):
        text, talk = story.text(), f"new{len(story.rows) - place % 5}" if place % 5 < 2 else None
        if place % 7 == 6:
            text = story.near(rows[-1]["query"])
        rows.append(story.row("fresh", text, session_id=talk))
    return rows


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    it = Story(tmp_path_factory.mktemp("growth"))
    it.pull(base(it))
    rules = filters.rules(it.folder)
    filters.apply(it.store, filters.resolve(rules, {"min_rating": 4}, [], None))
    it.export()

    held = it.pick("test", "single", 1)
    one = it.row("near", it.near(it.rows[held[0]]["query"]), rating=5)
    it.pull([one])
    it.plant("plus one", [one["id"]])
    it.export()

    hundred = planted(it, 2) + bridges(it, 2)
    it.pull(hundred + ordinary(it, 100 - len(hundred)))
    it.export()

    thousand = planted(it, 5) + bridges(it, 2)
    for name in it.planted["both"][:3]:  # near a row that is quarantined by now
        text = swap(it.rows[name]["query"], 3, "much-later")
        thousand.append(it.row("behind", text, rating=5))
        it.plant("behind", [thousand[-1]["id"]])
    it.pull(thousand + ordinary(it, 1000 - len(thousand)))
    it.export()

    flip_ratings(it)
    it.export()

    change_texts(it)
    it.export()

    it.rate(dict.fromkeys(unrated_cousins(it), 5))
    it.export(leak_threshold=0.7)

    it.pull(ordinary(it, 60))
    it.export(leak_threshold=0.9, test_size=0.5, limit=700)
    it.pull(ordinary(it, 10))
    it.export(leak_threshold=0.9, test_size=0.0)
    return it


def flip_ratings(it: Story) -> None:
    """Held-out and training rows lose their rating, others gain one; answers are corrected."""
    lost = it.plant("test rated low", it.pick("test", "single", 4))
    gone = it.plant("test unrated", it.pick("test", "single", 3))
    dropped = it.plant("train rated low", it.pick("train", "single", 4))
    gained = it.plant("test gained", it.pick("test", "single", 3, line=False))
    grown = it.plant("train gained", it.pick("train", "single", 3, line=False))
    right = it.plant("test corrected", it.pick("test", "single", 3))
    it.pull([it.change(name, rating=None) for name in gone])
    it.rate(
        {**dict.fromkeys([*lost, *dropped], 1), **dict.fromkeys([*gained, *grown], 5)},
        {name: f"the corrected answer of {name}" for name in right},
    )


def change_texts(it: Story) -> None:
    """Ratings return; texts change at the source; new rows have the texts of before."""
    returned = it.planted["test rated low"][:2]
    it.rate(dict.fromkeys(returned, 5))
    moved = it.plant("train changed", it.pick("train", "single", 4))
    met = it.pick("train", "single", 2)
    now = it.plant("test became train's text", it.pick("test", "single", 2))
    then = it.plant("test became train's old text", it.pick("test", "single", 1))
    other = it.plant("test changed", it.pick("test", "single", 3))
    onto = it.plant("train became test's text", it.pick("train", "single", 2))
    onto_test = it.pick("test", "single", 2)
    before = {name: it.rows[name]["query"] for name in it.rows}
    changed = [it.change(name, query=it.text()) for name in [*moved, *other]]
    changed += [it.change(a, query=before[b]) for a, b in zip(now, met, strict=True)]
    changed += [
        it.change(a, query=it.near(before[b])) for a, b in zip(onto, onto_test, strict=True)
    ]
    changed += [it.change(then[0], query=it.near(before[moved[0]]))]
    new = []
    for name, what in [(n, "old train text") for n in moved[1:]] + [
        (n, "old test text") for n in other
    ]:
        for text in (before[name], it.near(before[name])):
            new.append(it.row("old", text, rating=5))
            it.plant(what, [new[-1]["id"]])
    it.pull(changed + new)


def unrated_cousins(it: Story) -> list[str]:
    """Training examples that no version has exported, with a cousin (Jaccard 0.73) in test."""
    last = it.versions[-1]
    found = []
    for name in last.on("train"):
        row = it.rows[name]
        if row.get("family", "none") not in {"none", *it.used} and row["rating"] is None:
            cousins = [n for n, r in it.rows.items() if r.get("family") == row["family"]]
            found += [name] * any(n in last.on("test") for n in cousins)
    return it.plant("withheld by the tighter threshold", sorted(found))


def versions(story: Story) -> list[tuple[Version | None, Version]]:
    return list(zip([None, *story.versions], story.versions, strict=False))


def trained_before(story: Story, version: Version) -> Keyed:
    """Every train line of all earlier versions, with the keys it had then."""
    earlier = [v for v in story.versions if v.result.version < version.result.version]
    return list(dict.fromkeys(k for v in earlier for k in v.keyed(v.lines["train"])))


def held_before(story: Story, version: Version) -> Keyed:
    """Every test line of all earlier versions that was not exposed since, as it was then."""
    earlier = [v for v in story.versions if v.result.version < version.result.version]
    keys = dict.fromkeys(k for v in earlier for k in v.keyed(v.lines["test"]))
    return [(n, key) for n, key in keys if not earlier[-1].ledger[n].exposed]


def shown_before(story: Story, version: Version) -> Keyed:
    """Every test line of all earlier versions, exposed or not, as it was then."""
    earlier = [v for v in story.versions if v.result.version < version.result.version]
    return list(dict.fromkeys(key for v in earlier for key in v.keyed(v.lines["test"])))


def trained_with_this_input(story: Story, version: Version) -> set[str]:
    """The examples that an earlier train line has with the input of today."""
    return {n for n, key in trained_before(story, version) if version.keys[n].text == key.text}


# -- promises over every version -----------------------------------------------------------------


def test_story_has_the_sizes_that_were_promised(story: Story) -> None:
    sizes = [len(v.ledger) for v in story.versions]
    assert sizes[:4] == [2000, 2001, 2101, 3101]
    assert 190 <= len(story.versions[0].on("test")) <= 210
    assert len(story.versions) == 9


def test_no_train_line_leaks_a_test_line_of_its_version(story: Story) -> None:
    for version in story.versions:
        train, test = (version.keyed(version.lines[s]) for s in ("train", "test"))
        assert leaks(train, test, version.settings.split.leak_threshold) == {}


def test_no_test_line_is_leaked_by_a_train_line_of_an_earlier_version(story: Story) -> None:
    for version in story.versions:
        test = version.keyed(version.lines["test"])
        trained = trained_before(story, version)
        assert leaks(test, trained, version.settings.split.leak_threshold) == {}


def test_no_train_line_leaks_a_test_line_of_an_earlier_version(story: Story) -> None:
    for version in story.versions:
        train = version.keyed(version.lines["train"])
        tested = held_before(story, version)
        tested = [(n, key) for n, key in tested if not version.ledger[n].exposed]
        assert leaks(train, tested, version.settings.split.leak_threshold) == {}


def test_verify_agrees_with_the_oracle(story: Story) -> None:
    (checked,) = verify(story.store, "set@9")
    assert checked.problems == ()
    assert len(checked.earlier) == 8


def test_sides_never_change_and_exposed_stays_exposed(story: Story) -> None:
    for before, after in zip(story.versions, story.versions[1:], strict=False):
        for name, place in before.ledger.items():
            now = after.ledger[name]
            assert (now.side, now.origin, now.unit) == (place.side, place.origin, place.unit)
            assert now.exposed >= place.exposed


def test_lines_stand_in_the_file_of_their_side_and_nowhere_else(story: Story) -> None:
    last = story.versions[-1].ledger
    for version in story.versions:
        for side, names in version.lines.items():
            assert {last[name].side for name in names} <= {side}
        assert not set(version.lines["test"]) & {n for n, p in version.ledger.items() if p.exposed}


def test_every_example_is_on_a_line_or_has_a_reason(story: Story) -> None:
    for version in story.versions:
        lines = [*version.lines["train"], *version.lines["test"]]
        assert len(lines) == len(set(lines)) and None not in version.reasons.values()
        assert {*lines} | {*version.reasons} == {*version.keys} == {*version.ledger}
        assert not {*lines} & {*version.reasons}
        assert all(reason for reason, _ in version.reasons.values())
        assert len(version.lines["train"]) == version.result.train
        assert len(version.lines["test"]) == version.result.test
        assert dict(version.result.funnel) == Counter(r for r, _ in version.reasons.values())
        assert all(evidence for r, evidence in version.reasons.values() if r != "limit")


def test_files_hold_the_question_and_answer_of_each_line(story: Story) -> None:
    for version in story.versions:
        for side, names in version.lines.items():
            text = (version.result.folder / f"{side}.jsonl").read_text(encoding="utf-8")
            for name, line in zip(names, text.splitlines(), strict=True):
                row = json.loads(line)
                assert row["prompt"][-1]["content"] == version.queries[name]
                assert row["completion"][0]["content"] == version.answers[name]


def test_lines_are_exactly_what_the_oracle_expects(story: Story) -> None:
    for version in story.versions:
        threshold = version.settings.split.leak_threshold
        held = version.keyed(version.on("test")) + held_before(story, version)
        held = [(n, key) for n, key in held if not version.ledger[n].exposed]
        withheld = set(leaks(version.keyed(version.on("train")), held, threshold))
        # Rule 7: what left test is still in the files that people measure with.
        train = version.keyed(version.on("train"))
        published = set(leaks(train, shown_before(story, version), threshold))
        published -= withheld | trained_with_this_input(story, version)
        expected = (version.on("train") & version.eligible) - withheld - published
        got = set(version.lines["train"])
        if version.settings.limit is None:
            assert got == expected
        else:
            assert got < expected and len(got) == version.settings.limit
        assert set(version.lines["test"]) == version.on("test") & version.eligible
        said = {n for n, (reason, _) in version.reasons.items() if reason == "leak"}
        assert said == version.on("train") & version.eligible & withheld
        said = {n for n, (reason, _) in version.reasons.items() if reason == "published_leak"}
        assert said == version.on("train") & version.eligible & published


def test_exposed_are_exactly_those_that_an_exported_train_row_leaks(story: Story) -> None:
    exposed: set[str] = set()
    for version in story.versions:
        out = {n for n, place in version.ledger.items() if place.exposed}
        trained = trained_before(story, version)
        test = version.keyed(version.on("test") | out)
        found = leaks(test, trained, version.settings.split.leak_threshold)
        for name in found.keys() - exposed:
            assert version.ledger[name].evidence["train"] in found[name]
        exposed |= set(found)
        assert out == exposed


# -- rule 1: a new example follows what it leaks ---------------------------------------------------


def test_rule_1_direct_leaks_decide_the_side_of_every_new_example(story: Story) -> None:
    for before, version in versions(story):
        if before is None:
            continue
        threshold = version.settings.split.leak_threshold
        new = version.keyed(version.ledger.keys() - before.ledger.keys())
        train = version.keyed(before.on("train")) + trained_before(story, version)
        test = version.keyed(before.on("test")) + held_before(story, version)
        by_train, by_test = leaks(new, train, threshold), leaks(new, test, threshold)
        for name, _ in new:
            place = version.ledger[name]
            if name in by_train and name in by_test:
                assert place.side == "quarantined"
                assert place.evidence["train"] in by_train[name]
                assert place.evidence["test"] in by_test[name]
            elif name in by_train or name in by_test:
                assert (place.side, place.origin) == (
                    "test" if name in by_test else "train",
                    "edge",
                )


@pytest.mark.parametrize("kind", ["near", "talk", "equal", "context"])
@pytest.mark.parametrize("side", ["train", "test"])
def test_rule_1_a_planted_leak_to_one_side_goes_there(story: Story, kind: str, side: str) -> None:
    names = story.planted[f"{kind} {side}"]
    ledger = story.versions[3].ledger
    assert len(names) >= 2
    assert {ledger[name].side for name in names} == {side}


def test_rule_1_plus_one_row_near_a_held_out_row_is_held_out(story: Story) -> None:
    place = story.versions[1].ledger[story.planted["plus one"][0]]
    assert (place.side, place.origin) == ("test", "edge")
    assert story.planted["plus one"][0] in story.versions[1].lines["test"]
    assert story.versions[0].lines["train"] == story.versions[1].lines["train"]


def test_rule_1_a_planted_leak_to_both_sides_is_in_neither(story: Story) -> None:
    names = story.planted["both"]
    assert len(names) >= 10
    for name in names:
        assert story.versions[-1].ledger[name].side == "quarantined"
        for version in story.versions:
            assert name not in {*version.lines["train"], *version.lines["test"]}
            assert version.reasons.get(name, ("quarantined", ""))[0] in {
                "quarantined",
                "low_rating",
                "unrated",
            }


def test_rule_1_edges_through_a_quarantined_example_join_nothing(story: Story) -> None:
    names = story.planted["behind"]
    places = [story.versions[3].ledger[name] for name in names]
    assert len(names) >= 10
    assert {place.origin for place in places} == {"new"}
    assert len({place.unit for place in places}) == len(names)


# -- rules 2 and 3: ratings come and go, answers are corrected ------------------------------------


def test_rule_2_a_held_out_example_without_a_good_rating_is_absent_and_stays_held_out(
    story: Story,
) -> None:
    before, flipped, after = story.versions[3:6]
    low, unrated = story.planted["test rated low"], story.planted["test unrated"]
    for name, reason in [*((n, "low_rating") for n in low), *((n, "unrated") for n in unrated)]:
        assert name in before.lines["test"]
        assert flipped.reasons[name][0] == reason
        assert flipped.ledger[name].side == "test" and not flipped.ledger[name].exposed
    assert set(low[:2]) <= set(after.lines["test"])
    assert set(low[2:]) <= set(after.reasons)
    assert flipped.result.pending >= len(low) + len(unrated)


def test_rule_2_ratings_that_arrive_bring_examples_in_on_their_own_side(story: Story) -> None:
    before, flipped = story.versions[3:5]
    for side in ("train", "test"):
        for name in story.planted[f"{side} gained"]:
            assert name in before.reasons and name in flipped.lines[side]
    for name in story.planted["train rated low"]:
        assert name in before.lines["train"] and flipped.reasons[name][0] == "low_rating"


def test_rule_3_a_corrected_answer_is_in_the_next_version(story: Story) -> None:
    before, flipped = story.versions[3:5]
    for name in story.planted["test corrected"]:
        assert name in before.lines["test"] and name in flipped.lines["test"]
        assert flipped.answers[name] == f"the corrected answer of {name}"
        assert before.answers[name] != flipped.answers[name]
    assert before.result.test_id != flipped.result.test_id


def test_rule_3_exported_versions_never_change(story: Story) -> None:
    for version in story.versions:
        assert set(version.hashes) >= {"train.jsonl", "test.jsonl", "manifest.json"}
        assert _hashes(version.result.folder) == version.hashes


# -- rules 4, 5 and 6 ----------------------------------------------------------------------------


def test_rule_4_a_tighter_threshold_withholds_train_rows_that_were_never_exported(
    story: Story,
) -> None:
    before, tight = story.versions[5:7]
    names = story.planted["withheld by the tighter threshold"]
    assert len(names) >= 2
    for name in names:
        assert before.reasons[name][0] == "unrated"
        assert tight.reasons[name][0] == "leak"


def test_rule_4_a_tighter_threshold_exposes_test_rows_that_exported_rows_meet(story: Story) -> None:
    before, tight = story.versions[5:7]
    newly = {n for n, p in tight.ledger.items() if p.exposed and not before.ledger[n].exposed}
    assert len(newly & set(before.lines["test"])) >= 2
    for name in newly:
        assert tight.reasons[name][0] in {"exposed", "low_rating", "unrated"}
        assert tight.ledger[name].side == "test"


def test_rule_4_loosening_releases_nothing(story: Story) -> None:
    tight, loose, last = story.versions[6:]
    for name, place in tight.ledger.items():
        if place.exposed:
            assert loose.ledger[name].exposed and last.ledger[name].exposed
    for version in (loose, last):
        assert version.result.split["leak_threshold"] == 0.7
    withheld = {n for n, (reason, _) in tight.reasons.items() if reason == "leak"}
    assert withheld and all(last.reasons[name][0] == "leak" for name in withheld)


def test_rule_5_a_test_row_that_takes_the_text_of_a_trained_row_is_exposed(story: Story) -> None:
    for what in ("test became train's text", "test became train's old text"):
        for name in story.planted[what]:
            assert name in story.versions[4].lines["test"]
            assert story.versions[5].ledger[name].exposed
            assert story.versions[5].reasons[name][0] == "exposed"


def test_rule_5_a_train_row_that_takes_the_text_of_a_test_row_is_withheld(story: Story) -> None:
    for name in story.planted["train became test's text"]:
        assert name in story.versions[4].lines["train"]
        assert story.versions[5].reasons[name][0] == "leak"


def test_rule_5_a_new_row_with_the_old_text_of_an_exported_row_keeps_to_its_side(
    story: Story,
) -> None:
    for side in ("train", "test"):
        names = story.planted[f"old {side} text"]
        assert len(names) == 6
        assert {story.versions[5].ledger[name].side for name in names} == {side}
        changed = story.planted[f"{side} changed"]
        assert set(changed) <= set(story.versions[5].lines[side])


def test_rule_6_the_test_size_applies_to_new_units_only(story: Story) -> None:
    tight, half, none = story.versions[6:]
    drawn = {n: p for n, p in half.ledger.items() if n not in tight.ledger}
    held = sum(p.side == "test" for p in drawn.values())
    assert len(drawn) == 60 and 22 <= held <= 38
    last = [p for n, p in none.ledger.items() if n not in half.ledger]
    assert {p.side for p in last if p.origin == "new"} == {"train"}


def test_rule_6_a_limit_touches_train_only(story: Story) -> None:
    limited = story.versions[7]
    assert len(limited.lines["train"]) == 700
    assert set(limited.lines["test"]) == limited.on("test") & limited.eligible
    cut = {n for n, (reason, _) in limited.reasons.items() if reason == "limit"}
    assert cut and {limited.ledger[name].side for name in cut} == {"train"}
