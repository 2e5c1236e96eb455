"""What form answers have: hand-made ones, two public sets, and answers that have none."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from curate.contract.answers import check_text
from curate.contract.infer import FEWEST, Guess, infer
from curate.contract.terms import Contract


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "intent": ("refund", "delivery", "return")[number % 3],
        "order": f"A-{number}",
        "amount": number,
        "price": number / 4,
        "note": None if number % 3 else f"note {number}",
        "lines": [{"sku": f"s{number}", "count": number % 5}] * (number % 3),
        **({"coupon": f"c{number}"} if number % 10 == 0 else {}),
        **more,
    }


def orders(count: int = 600) -> list[str]:
    return [json.dumps(order(number)) for number in range(count)]


def schema_of(guess: Guess) -> dict[str, Any]:
    assert guess.form == "json" and guess.schema
    schema: dict[str, Any] = json.loads(guess.schema)
    assert schema.pop("$schema").endswith("2020-12/schema")
    return schema


ORDERS = {
    "type": "object",
    "properties": {
        "intent": {"type": "string", "enum": ["delivery", "refund", "return"]},
        "order": {"type": "string"},
        "amount": {"type": "integer"},
        "price": {"type": "number"},
        "note": {"type": ["string", "null"]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"sku": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["sku", "count"],
                "additionalProperties": False,
            },
        },
        "coupon": {"type": "string"},
    },
    "required": ["intent", "order", "amount", "price", "note", "lines"],
    "additionalProperties": False,
}


def _sorted_types(schema: Any) -> Any:
    """Returns a schema in which the order of types says nothing."""
    if isinstance(schema, dict):
        return {k: sorted(v) if k == "type" and isinstance(v, list) else _sorted_types(v)
                for k, v in schema.items()}  # fmt: skip
    return schema


def test_a_schema_has_types_keys_lists_and_few_values() -> None:
    found = schema_of(infer(orders()))
    expected = _sorted_types({**ORDERS})
    # The first order has the coupon last, so keys are in the order of the answers.
    assert _sorted_types(found) == expected
    assert list(found["properties"])[:3] == ["intent", "order", "amount"]


def test_what_few_answers_do_is_no_part_of_the_form() -> None:
    broken = [
        json.dumps(order(1, amount="7")), json.dumps(order(2, extra=1)), orders(9)[8][:40],
        json.dumps(order(4, intent="reufnd")), "Sure: " + orders(9)[5], "I cannot say.",
        json.dumps({k: v for k, v in order(7).items() if k != "order"}),
    ]  # fmt: skip
    guess = infer([*orders(), *broken])
    assert _sorted_types(schema_of(guess)) == _sorted_types(ORDERS)
    contract = Contract(schema=guess.schema)
    assert [check_text(text, contract) is None for text in broken] == [False] * len(broken)
    assert all(check_text(text, contract) is None for text in orders())


def test_one_in_ten_may_be_broken_json() -> None:
    guess = infer([text[: -(n % 10 == 0) or None] for n, text in enumerate(orders())])
    assert (guess.texts, guess.json) == (600, 540)
    assert schema_of(guess)["required"] == ORDERS["required"]


def test_few_answers_close_nothing() -> None:
    schema = schema_of(infer(orders(30)))
    assert "additionalProperties" not in schema
    assert schema["properties"]["intent"] == {"type": "string"}
    too_few = infer(orders(FEWEST - 1))
    assert (too_few.form, too_few.json) == ("none", FEWEST - 1)


def test_values_that_keep_coming_are_no_list() -> None:
    names = [
        json.dumps({"city": f"city {n % 40}", "rare": "x" if n % 20 else f"y{n}"})
        for n in range(400)
    ]
    properties = schema_of(infer(names))["properties"]
    assert properties == {"city": {"type": "string"}, "rare": {"type": "string"}}
    always = [json.dumps({"currency": "EUR"})] * 100
    assert schema_of(infer(always))["properties"] == {"currency": {"type": "string"}}


def test_keys_that_are_names_make_a_map() -> None:
    prices = [json.dumps({f"item {n}": n, f"item {n + 1}": 2 * n}) for n in range(100)]
    assert schema_of(infer(prices)) == {
        "type": "object", "additionalProperties": {"type": "integer"},
    }  # fmt: skip


def test_dates_and_the_like_are_formats_where_all_are() -> None:
    rows = [
        {"day": f"2026-05-{n % 28 + 1:02}", "to": f"p{n}@shop.example", "id": n} for n in range(60)
    ]
    properties = schema_of(infer(map(json.dumps, rows)))["properties"]
    assert properties["day"] == {"type": "string", "format": "date"}
    assert properties["to"] == {"type": "string", "format": "email"}


def test_halves_of_characters_are_no_part_of_a_form() -> None:
    guess = infer(
        [*orders(30), '{"intent": "\\ud83d", "\\udc00": 1}', '{"intent": "\\ud83d\\ude00"}']
    )
    assert guess.json == 31 and guess.schema
    guess.schema.encode()


def test_fences_are_the_form_where_most_have_them() -> None:
    fenced = [f"```json\n{text}\n```" for text in orders(100)]
    assert infer(fenced).fences
    assert infer([*fenced[:20], *orders(80)]).fences is False
    assert infer([*fenced[:20], *orders(80)]).json == 100


@pytest.mark.parametrize(
    ("answers", "form", "pattern"),
    [
        (["yes", "no"] * 40, "labels", "no|yes"),
        (["a.b", "c (d)"] * 40, "labels", r"a\.b|c \(d\)"),
        ([f"{n % 28 + 1:02}.05.2026" for n in range(100)], "pattern",
         "[0-9]{2}\\.[0-9]{2}\\.[0-9]{4}"),
        ([f"ORD-{n}" for n in range(100)], "pattern", "ORD-[0-9]+"),
        ([f"{n / 8:g}" for n in range(-40, 60)], "pattern", r"-?[0-9]+(\.[0-9]+)?"),
        ([f"Item {n} is on its way to you." for n in range(100)], "none", None),
        ([f"word{'abcdefghij'[n % 10]}{'klmnopqrst'[n // 10]}" for n in range(100)], "none", None),
        (["Thank you for your patience, we will call you back soon."] * 100, "none", None),
        ([f"Dear {name}, all is well." * n for n, name in enumerate("abcdefghijklmnopqrst", 1)],
         "none", None),
        ([""] * 100, "none", None),
        ([], "none", None),
    ],
)  # fmt: skip
def test_short_answers(answers: list[str], form: str, pattern: str | None) -> None:
    guess = infer(answers)
    assert (guess.form, guess.pattern) == (form, pattern)
    if pattern:
        assert all(check_text(text, Contract(pattern=pattern)) is None for text in answers)


# -- public sets -----------------------------------------------------------------------------------


def rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def test_a_contract_for_calls_of_a_ticket_shop(shared_data: Path) -> None:
    answers = [row["generation"] for row in rows(shared_data / "taskmaster3_reward/rows.jsonl.gz")]
    guess = infer(answers)
    schema = schema_of(guess)
    assert schema["required"] == ["role"]
    assert set(schema["properties"]) == {"role", "api", "text"}
    apis = schema["properties"]["api"]["properties"]
    assert {"find_movies", "find_theaters", "find_showtimes", "book_tickets"} <= set(apis)
    assert apis["resolve_movie"]["required"] == ["name.movie"]
    kept = [check_text(text, Contract(schema=guess.schema)) is None for text in answers]
    assert 0.99 < sum(kept) / len(kept) < 1


def test_a_contract_for_intents_of_a_bank(shared_data: Path) -> None:
    intents = [row["category"] for row in rows(shared_data / "banking77/rows.jsonl.gz")]
    guess = infer(intents)
    assert (guess.form, guess.texts) == ("labels", 13_083)
    assert guess.pattern and len(guess.pattern.split("|")) == 77
    contract = Contract(pattern=guess.pattern)
    assert all(check_text(text, contract) is None for text in set(intents))
    assert check_text("card_arival", contract) is not None


def test_people_who_talk_have_no_form(shared_data: Path) -> None:
    path = shared_data / "alpaca_eval_outputs" / "rows.jsonl.gz"
    answers = [row["output"] for row in rows(path)[:2_000]]
    assert infer(answers).form == "none"
