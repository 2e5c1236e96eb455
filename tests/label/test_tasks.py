"""What annotators see can be read back, and what they answer is understood, or said not to be."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.label import extraction, interface, kinds, tasks

LABELS = ["refund", "delivery & <more>", 'say "hi"']
ROW: dict[str, Any] = {
    "task_key": "k1", "example_id": "x", "other_id": "y", "swapped": False, "blind": False,
    "query": "Order 88-1203 never came.", "context": "", "response": '{"order": "88-1203"}',
    "other_response": "B", "label_seen": "refund", "suggested": "delivery & <more>",
    "probability": 0.9, "why": "3 of 5 say so",
}  # fmt: skip


def choice(name: str, *values: str) -> dict[str, Any]:
    return {"from_name": name, "type": "choices", "value": {"choices": list(values)}}


def span(start: int, end: int, text: str, field: str) -> dict[str, Any]:
    value = {"start": start, "end": end, "text": text, "labels": [field]}
    return {"from_name": "span", "type": "labels", "value": value}


@pytest.mark.parametrize("kind", kinds.names())
def test_the_interface_of_each_kind_is_xml_with_the_projects_names_in_it(kind: str) -> None:
    root = ET.fromstring(interface.config(kind, LABELS))
    shown = [e.get("value") for e in root.iter() if e.tag in ("Choice", "Label")]
    assert shown[: len(LABELS)] == LABELS or not kinds.get(kind).choices
    assert "pre-wrap" in str(root.findtext(".//Style"))
    assert len(interface.instructions(kind)) > 100
    variables = {v[1:] for e in root.iter() for v in e.attrib.values() if v.startswith("$")}
    assert variables - {"curate_id"} <= tasks.question(kind, ROW, "given").data.keys()


@pytest.mark.parametrize("kind", kinds.names())
def test_no_key_means_two_things(kind: str) -> None:
    root = ET.fromstring(interface.config(kind, [f"name {n}" for n in range(50)]))
    hotkeys = [e.get("hotkey") for e in root.iter() if e.get("hotkey")]
    assert len(hotkeys) == len(set(hotkeys))
    assert len(hotkeys) > (30 if kind in ("relabel", "spans") else 2)


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        ("<View>", "no element found"),
        ('<View><Text name="text" value="$text"/></View>', '<Choices name="label">: not there'),
        ('<View><Text name="text" value="$text"/><Choices name="label" toName="txt">'
         '<Choice value="a"/></Choices></View>', 'toName="txt">: no such name'),
        ('<View><Text name="text" value="$txt"/><Choices name="label" toName="text">'
         '<Choice value="a"/></Choices></View>', "$txt is not sent"),
        ('<View><Text name="text" value="x"/><Choices name="label" toName="text">'
         '<Choice value="a"/></Choices></View>', "$text is not shown"),
        ('<View><Text name="text" value="$text"/><Choices name="label" toName="text"/></View>',
         "has nothing to choose from"),
    ],
)  # fmt: skip
def test_an_interface_that_could_not_be_read_back_is_refused(
    xml: str, said: str, tmp_path: Path
) -> None:
    own = tmp_path / "own.xml"
    own.write_text(xml, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"own\.xml") as refused:
        interface.config("relabel", [], own)
    assert said in str(refused.value)


def test_a_task_shows_what_it_should_and_a_blind_one_no_hint() -> None:
    made = tasks.question("relabel", ROW, "model")
    assert made.data["reason"] == "3 of 5 say so"
    (prediction,) = made.predictions
    assert prediction["result"][0]["value"] == {"choices": ["delivery & <more>"]}
    assert prediction["score"] == 0.9
    given = tasks.question("relabel", ROW, "given")
    assert given.predictions[0]["result"][0]["value"] == {"choices": ["refund"]}
    assert tasks.question("relabel", ROW, "none").predictions == ()
    blind = tasks.question("relabel", {**ROW, "blind": True}, "model")
    assert blind.predictions == ()
    assert blind.data["reason"] == ""
    assert "refund" not in str(blind)


def test_the_order_of_a_preference_is_kept_on_our_side() -> None:
    shown = tasks.question("preference", {**ROW, "swapped": True}, "none").data
    assert (shown["response_a"], shown["response_b"]) == ("B", ROW["response"])
    for swapped, chosen, winner in ((False, "A", "x"), (False, "B", "y"), (True, "A", "y")):
        row = {**ROW, "swapped": swapped}
        answer = tasks.understand("preference", [choice("preference", chosen)], row, [])
        assert answer.decisions == (("prefer", winner),)
        answer = tasks.understand("compare", [choice("preference", chosen)], row, [])
        assert answer.decisions == (("prefer", {"x": "this", "y": "other"}[winner]),)


@pytest.mark.parametrize(
    ("text", "said"),
    [("a\x00b", "U+0000"), ("a\ud800b", "U+D800"), ("x" * 200_001, "200,001 characters")],
)
def test_what_no_interface_can_show_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said.replace("+", r"\+")):
        tasks.question("relabel", {**ROW, "query": text}, "none")


def test_html_and_emoji_are_shown_as_they_are() -> None:
    text = "<script>alert(1)</script> $text 🎉 &amp; \r\n end"
    assert tasks.question("relabel", {**ROW, "query": text}, "none").data["text"] == text


RATED = {"from_name": "rating", "type": "rating", "value": {"rating": 2}}


def edited(text: str) -> dict[str, Any]:
    return {"from_name": "corrected", "type": "textarea", "value": {"text": [text]}}


@pytest.mark.parametrize(
    ("kind", "result", "decisions"),
    [
        ("relabel", [choice("label", "refund")], [("relabel", "refund")]),
        ("relabel", [choice("label", "__unusable__")], [("drop", None)]),
        ("review", [RATED, edited(ROW["response"])], [("rate", "2")]),
        ("review", [RATED, edited("Better.")], [("rate", "2"), ("correct", "Better.")]),
        ("review", [choice("verdict", "keep")], [("keep", None)]),
        ("review", [choice("verdict", "refuse")], [("keep", None)]),
        ("preference", [choice("preference", "both_bad")], [("prefer", "both_bad")]),
        ("compare", [choice("preference", "tie")], [("prefer", "tie")]),
        ("spans", [choice("verdict", "drop")], [("drop", None)]),
        ("spans", [choice("verdict", "nothing")], [("spans", "[]"), ("correct", "{}")]),
        ("spans", [span(6, 13, "88-1203", "order")],
         [("spans", '[[6, 13, "order"]]'), ("correct", '{"order": "88-1203"}')]),
    ],
)  # fmt: skip
def test_answers_are_understood(
    kind: str, result: list[dict[str, Any]], decisions: list[tuple[str, str | None]]
) -> None:
    answer = tasks.understand(kind, result, ROW, [*LABELS, "order"])
    assert (list(answer.decisions), answer.problem) == (decisions, None)


@pytest.mark.parametrize(
    ("kind", "result", "said"),
    [
        ("relabel", [], "nothing was answered"),
        ("relabel", [choice("label", "nonsense")], "no label of this project"),
        ("relabel", [choice("label", "refund", "refund")], "2 choices"),
        ("relabel", [{"from_name": "label"}], "not understood"),
        ("review", [{"from_name": "rating", "value": {"rating": 9}}], "a rating of 9"),
        ("preference", [choice("preference", "C")], "a preference of 'C'"),
        ("compare", [], "nothing was answered"),
        ("spans", [span(7, 14, "88-1203", "order")], "does not stand at 7 to 14"),
        ("spans", [span(6, 13, "88-1203", "colour")], "no field of this project"),
    ],
)
def test_what_is_not_understood_is_said(kind: str, result: list[dict[str, Any]], said: str) -> None:
    answer = tasks.understand(kind, result, ROW, [*LABELS, "order"])
    assert answer.decisions == ()
    assert said in str(answer.problem)


def test_spans_count_code_points_and_do_not_overlap() -> None:
    text = "🎉🎉 é\r\n order 88-1203, 88-1203"
    answer = '{"order": "88-1203", "again": ["88-1203"], "half": ["é", "absent"]}'
    found = extraction.places(text, answer)
    assert [(f, text[a:b]) for f, a, b in found] == [("order", "88-1203"), ("again", "88-1203")]
    assert found[0][2] <= found[1][1]
    assert extraction.places(text, "no JSON") == []


def test_what_became_of_a_prefilled_answer_is_kept() -> None:
    for origin in ("prediction", "prediction-changed", "manual"):
        result = [{**choice("label", "refund"), "origin": origin}]
        assert tasks.understand("relabel", result, ROW, LABELS).origin == origin


def test_a_label_that_no_page_can_show_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the label 'odd\\x1b\[2J' has a character that no page"):
        interface.config("relabel", ["fine", "odd\x1b[2J"])
