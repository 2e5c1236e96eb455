from __future__ import annotations

import csv
import itertools
import json
import re
import unicodedata
from collections import Counter, defaultdict
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pytest

from curate.demo.logs import Planted, assert_only_planted_collide, write_logs
from curate.demo.words import INTENTS, SLOTS, SYSTEM

MONTHS = [f"2026-{month:02d}.jsonl" for month in range(1, 7)]
COUNTS = {
    "exact_duplicates": 60,
    "near_duplicates": 60,
    "paraphrases": 40,
    "rewordings": 40,
    "contradictions": 20,
    "wrong_labels": 30,
    "refusals": 25,
    "truncated": 20,
    "empty": 8,
    "errors": 10,
    "repeated": 8,
    "echoes": 8,
    "late_flips": 15,
}
AGAIN = ("paraphrases", "rewordings")
PAIRS = ("exact_duplicates", "near_duplicates", *AGAIN, "contradictions")
SPOILT = ("refusals", "truncated", "empty", "errors", "repeated", "echoes")
KEYS = [
    *("request_id", "ts", "conversation_id", "user", "messages", "completion", "intent", "rating"),
    *("model", "finish_reason", "status", "latency_ms", "prompt_tokens", "completion_tokens"),
]


class Demo:
    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.planted = write_logs(folder, seed=seed)
        self.broken = 0
        self.lines: dict[str, dict] = {}
        for path in sorted((folder / "logs").iterdir()):
            for text in path.read_text(encoding="utf-8").splitlines():
                try:
                    line = json.loads(text)
                except json.JSONDecodeError:
                    self.broken += 1
                    continue
                assert line["ts"].startswith(path.stem)
                self.lines[line["request_id"]] = line

    def question(self, key: str) -> str:
        return self.lines[key]["messages"][-1]["content"]

    def grams(self, key: str) -> set[tuple[str, ...]]:
        found = re.findall(r"\w+", folded(self.question(key)))
        return {tuple(found[at : at + 3]) for at in range(len(found) - 2)}


@pytest.fixture(scope="module", params=range(5))
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    return Demo(tmp_path_factory.mktemp("demo"), request.param)


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def jaccard(one: set, other: set) -> float:
    return len(one & other) / len(one | other)


def ids(planted: Planted, kind: str) -> list[str]:
    """Every request id of a kind, the intents and ratings beside them left out."""
    found = getattr(planted, kind)
    if kind in PAIRS:
        return [key for pair in found for key in pair]
    return [entry if isinstance(entry, str) else entry[0] for entry in found]


def test_one_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    first, second = (write_logs(tmp_path / name, seed=7) for name in ("a", "b"))
    other = write_logs(tmp_path / "c", seed=8)
    names = [Path("logs") / month for month in MONTHS] + [Path("late_feedback.csv")]
    assert first == second != other
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
        assert (tmp_path / "a" / name).read_bytes() != (tmp_path / "c" / name).read_bytes()


def test_every_line_but_one_is_a_document(demo: Demo) -> None:
    assert sorted(path.name for path in (demo.folder / "logs").iterdir()) == MONTHS
    assert demo.broken == demo.planted.broken_lines == 1
    assert len(demo.lines) == demo.planted.interactions == 2000
    assert 120 < len({line["user"] for line in demo.lines.values()}) <= 150
    assert {line["intent"] for line in demo.lines.values()} == set(INTENTS)
    for line in demo.lines.values():
        assert list(line) == KEYS
        roles = [message["role"] for message in line["messages"]]
        turns = len(roles) // 2
        assert roles == ["system", *["user", "assistant"] * (turns - 1), "user"]
        assert 1 <= turns <= 4
        assert line["messages"][0]["content"] == SYSTEM
        assert not re.search(r"[\[\]{}|]", line["messages"][-1]["content"] + line["completion"])


def test_every_question_has_eight_words(demo: Demo) -> None:
    for line in demo.lines.values():
        for message in line["messages"]:
            assert message["role"] != "user" or len(message["content"].split()) >= 8


def test_a_conversation_grows_by_its_answers(demo: Demo) -> None:
    conversations = defaultdict(list)
    for line in demo.lines.values():
        conversations[line["conversation_id"]].append(line)
    assert any(len(calls) == 4 for calls in conversations.values())
    for calls in conversations.values():
        assert len({call["user"] for call in calls}) == 1
        for before, after in itertools.pairwise(calls):
            answer = {"role": "assistant", "content": before["completion"]}
            assert after["messages"][:-1] == [*before["messages"], answer]
            assert before["ts"] < after["ts"]


def test_lines_and_ids_are_in_the_order_of_time(demo: Demo) -> None:
    times = [(line["ts"], line["request_id"]) for line in demo.lines.values()]
    assert [key for _, key in times] == sorted(demo.lines)
    assert [when for when, _ in times] == sorted(when for when, _ in times)


def test_enough_is_rated(demo: Demo) -> None:
    ratings = [line["rating"] for line in demo.lines.values()]
    assert 0.3 < sum(rating in (4, 5) for rating in ratings) / len(ratings) < 0.42
    assert 0.06 < sum(rating in (1, 2, 3) for rating in ratings) / len(ratings) < 0.14
    assert set(ratings) == {None, 1, 2, 3, 4, 5}


def test_everything_promised_is_planted_and_exists(demo: Demo) -> None:
    for kind, count in COUNTS.items():
        planted = len(getattr(demo.planted, kind))
        # Of 40 reworded questions, some differ in a word that counts.
        assert planted == count or (kind == "rewordings" and 30 <= planted < count)
        assert set(ids(demo.planted, kind)) <= set(demo.lines)
    kinds = {field.name for field in fields(Planted)}
    assert kinds == {*COUNTS, "interactions", "broken_lines", "bad_context"}


def test_no_call_is_planted_twice(demo: Demo) -> None:
    planted = [key for kind in (*COUNTS, "bad_context") for key in ids(demo.planted, kind)]
    assert len(planted) == len(set(planted))


def test_inputs_collide_only_where_planted(demo: Demo) -> None:
    """Oracle: every pair that shares a 3-gram, compared as plain sets."""
    grams = {key: demo.grams(key) for key in demo.lines}
    holders = defaultdict(list)
    for key in sorted(grams):
        for gram in grams[key]:
            holders[gram].append(key)
    found = set()
    for one, own in grams.items():
        for other, shared in Counter(key for gram in own for key in holders[gram]).items():
            if one < other and shared >= 0.7 * len(own | grams[other]):
                found.add((one, other))
    kinds = ("exact_duplicates", "near_duplicates", "contradictions")
    planted = {tuple(sorted(pair)) for kind in kinds for pair in getattr(demo.planted, kind)}
    assert found == planted


def test_equal_inputs_are_exact_duplicates_or_contradictions(demo: Demo) -> None:
    same = defaultdict(list)
    for key in sorted(demo.lines):
        same[folded(demo.question(key))].append(key)
    found = {tuple(keys) for keys in same.values() if len(keys) > 1}
    planted = (*demo.planted.exact_duplicates, *demo.planted.contradictions)
    assert found == {tuple(sorted(pair)) for pair in planted}


def test_pairs_are_clean_but_for_each_other(demo: Demo) -> None:
    for kind in PAIRS:
        for one, other in getattr(demo.planted, kind):
            first, second = demo.lines[one], demo.lines[other]
            assert first["conversation_id"] != second["conversation_id"]
            assert first["ts"] != second["ts"]
            assert (first["user"] == second["user"]) == (kind in AGAIN)
            assert kind == "contradictions" or one < other
            for line in (first, second):
                assert line["rating"] in ((4, 5, None) if kind == "rewordings" else (4, 5))
                assert len(line["messages"]) == 2
                assert (line["status"], line["finish_reason"]) == ("ok", "stop")


def test_pairs_are_as_alike_as_promised(demo: Demo) -> None:
    near = [jaccard(demo.grams(a), demo.grams(b)) for a, b in demo.planted.near_duplicates]
    assert 0.8 <= min(near) < 0.85
    assert 0.94 < max(near) < 1
    for one, other in (*demo.planted.paraphrases, *demo.planted.rewordings):
        assert jaccard(demo.grams(one), demo.grams(other)) < 0.5
        assert demo.lines[one]["intent"] == demo.lines[other]["intent"]
    for one, other in demo.planted.exact_duplicates:
        answers = [folded(demo.lines[key]["completion"]) for key in (one, other)]
        assert answers[0] == answers[1]
        assert demo.lines[one]["intent"] == demo.lines[other]["intent"]


def test_rewordings_name_and_deny_the_same(demo: Demo) -> None:
    """Oracle: words with a digit, whatever the material puts into a slot, and negating words."""
    values = sorted({value for values in SLOTS.values() for value in values}, key=len)
    named = re.compile(rf"\w*\d\w*|\b(?:{'|'.join(reversed(values))})\b", re.IGNORECASE)
    shared = []
    for one, other in demo.planted.rewordings:
        texts = demo.question(one), demo.question(other)
        assert min(len(text.split()) for text in texts) >= 12
        says = [set(named.findall(folded(text))) for text in texts]
        assert says[0] == says[1] != set()
        denied = [len(re.findall(r"\b(?:no|not|nobody|without|cannot)\b|n't", t)) for t in texts]
        assert denied[0] == denied[1]
        shared.append(jaccard(demo.grams(one), demo.grams(other)))
    assert min(shared) < 0.2
    assert 0.35 < max(shared) < 0.5


def test_rewordings_are_rated_like_other_good_answers(demo: Demo) -> None:
    ratings = [demo.lines[key]["rating"] for key in ids(demo.planted, "rewordings")]
    assert 0.6 < ratings.count(None) / len(ratings) < 0.95


def test_labels_contradict_or_are_wrong(demo: Demo) -> None:
    for right, wrong in demo.planted.contradictions:
        given = demo.lines[right]["intent"], demo.lines[wrong]["intent"]
        assert given[1] in INTENTS[given[0]].mistaken_for
        assert folded(demo.lines[right]["completion"]) != folded(demo.lines[wrong]["completion"])
    for key, right in demo.planted.wrong_labels:
        given = demo.lines[key]["intent"]
        assert given != right
        assert given not in INTENTS[right].mistaken_for


def test_spoilt_answers_are_spoilt_and_no_others(demo: Demo) -> None:
    planted = demo.planted
    lines = demo.lines.items()
    assert {k for k, v in lines if not v["completion"].strip()} == set(planted.empty)
    assert {k for k, v in lines if v["status"] == "error"} == set(planted.errors)
    assert {k for k, v in lines if v["finish_reason"] == "length"} == set(planted.truncated)
    echoes = {k for k, v in lines if v["completion"] == v["messages"][-1]["content"]}
    assert echoes == set(planted.echoes)
    assert {k for k, v in lines if repeats(v["completion"])} == set(planted.repeated)
    refusing = re.compile(
        r"\b(can't|cannot assist|cannot answer|unable|not able|decline|appropriate|won't be able"
        r"|comfortable|not allowed to give|can not fulfill|as an AI|have to refuse)\b"
    )
    assert {k for k, v in lines if refusing.search(v["completion"])} == set(planted.refusals)
    spoilt = {key for kind in COUNTS for key in ids(planted, kind) if kind in SPOILT}
    for key, line in lines:
        if key not in spoilt:
            assert line["completion"].strip()[-1] in ".!?"
            assert 10 <= len(line["completion"].split()) <= 80
    for key in planted.truncated:
        assert demo.lines[key]["completion"][-1].isalpha()


def repeats(text: str) -> bool:
    found = text.split()
    return len(found) > 15 and len(set(found)) < 0.4 * len(found)


def test_spoilt_and_mislabelled_calls_are_never_rated_low(demo: Demo) -> None:
    for kind in (*SPOILT, "wrong_labels"):
        for key in ids(demo.planted, kind):
            assert demo.lines[key]["rating"] in (None, 4, 5)


def test_bad_context_is_what_follows_a_bad_rating(demo: Demo) -> None:
    bad, expected = set(), []
    for key, line in demo.lines.items():
        if line["conversation_id"] in bad:
            expected.append(key)
        if line["rating"] in (1, 2):
            bad.add(line["conversation_id"])
    assert list(demo.planted.bad_context) == expected
    assert len([key for key in expected if demo.lines[key]["rating"] in (4, 5)]) >= 5


def test_late_feedback_flips_ratings_and_has_one_unmatched_row(demo: Demo) -> None:
    with (demo.folder / "late_feedback.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["request_id", "stars", "comment", "rated_at", "rater"]
    late = {row["request_id"]: row for row in rows}
    assert len(late) == len(rows) == 16
    assert len(set(late) - set(demo.lines)) == 1
    for key, before, after in demo.planted.late_flips:
        assert demo.lines[key]["rating"] == before
        assert int(late[key]["stars"]) == after
        assert (before is None) or (before >= 4) != (after >= 4)
        given = datetime.fromisoformat(late[key]["rated_at"])
        assert given > datetime.fromisoformat(demo.lines[key]["ts"])
    flips = {(flip[1] is None, flip[2] >= 4) for flip in demo.planted.late_flips}
    assert flips == {(True, True), (True, False), (False, True), (False, False)}


@pytest.mark.parametrize(
    ("kind", "place"), [("exact_duplicates", 0), ("near_duplicates", 1), ("contradictions", 0)]
)
def test_the_check_finds_a_collision_that_is_not_planted(demo: Demo, kind: str, place: int) -> None:
    copied = getattr(demo.planted, kind)[0][place]
    target = next(key for key in demo.lines if key not in ids(demo.planted, "exact_duplicates"))
    lines = dict(demo.lines)
    lines[target] = lines[target] | {"messages": lines[copied]["messages"]}
    with pytest.raises(AssertionError, match="demo logs: expected"):
        assert_only_planted_collide(list(lines.values()), demo.planted)


def test_the_check_finds_a_rewording_that_names_another_number(demo: Demo) -> None:
    key = demo.planted.rewordings[0][1]
    *before, question = demo.lines[key]["messages"]
    changed = question | {"content": f"{question['content']} It is not 77 cm wide."}
    lines = demo.lines | {key: demo.lines[key] | {"messages": [*before, changed]}}
    with pytest.raises(AssertionError, match="ask the same"):
        assert_only_planted_collide(list(lines.values()), demo.planted)


@pytest.mark.parametrize("seed", [7, 13, 20])
def test_other_seeds_pass_their_own_check(tmp_path: Path, seed: int) -> None:
    assert write_logs(tmp_path, seed=seed).interactions == 2000
