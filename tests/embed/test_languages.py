"""Languages as far as they choose an encoder: scripts, and English among Latin scripts."""

from __future__ import annotations

import pytest

from curate.embed.kinds import kind_of, kinds
from curate.embed.languages import ENGLISH, OTHER_LATIN, language, survey
from curate.text.text import latin, normalise


@pytest.mark.parametrize(
    ("expected", "texts"),
    [
        (ENGLISH, ["Where is my parcel?", "cancel order 4711", "Los Angeles", "Sony Bravia TV 42"]),
        (ENGLISH, ["", "12345 !!", "a café near me, please", "résumé"]),
        (OTHER_LATIN, ["Wo ist mein Paket?", "Mein Konto wurde gesperrt", "Bitte um Rückruf"]),
        (OTHER_LATIN, ["Où est mon colis ?", "Je veux annuler ma commande"]),
        (OTHER_LATIN, ["Quiero devolver los zapatos", "Como posso cancelar o pedido?"]),
        (OTHER_LATIN, ["Vorrei annullare il mio ordine", "Ik wil mijn bestelling annuleren"]),
        (OTHER_LATIN, ["Gdzie jest moja paczka?", "Siparişim nerede?", "Di mana paket saya?"]),
        ("Hangul", ["제 소포는 어디에 있나요?", "order 4711 배송 언제 오나요 알려주세요"]),
        ("Kana", ["荷物はどこですか", "カード", "ｶｰﾄﾞ"]),
        ("Han", ["我的包裹在哪里"]),
        ("Cyrillic", ["Где моя посылка?"]),
        ("Devanagari", ["मेरा पार्सल कहाँ है?"]),
        ("English", ["\uff33\uff2f\uff2e\uff39"]),
    ],
)
def test_the_language_of_a_text(expected: str, texts: list[str]) -> None:
    assert {text: language(normalise(text)) for text in texts} == dict.fromkeys(texts, expected)


@pytest.mark.parametrize("text", ["ab 가나", "a 가나", "日本 x", "é가", "4711", "a\u0301"])
def test_latin_is_what_it_is_for_pairs(text: str) -> None:
    assert latin(text) == (language(text) in (ENGLISH, OTHER_LATIN))


def test_a_survey_has_the_most_frequent_first() -> None:
    assert list(survey(["Hi", "가", "나", "Где"]).items()) == [
        ("Hangul", 2),
        ("Cyrillic", 1),
        (ENGLISH, 1),
    ]


def test_what_encoders_were_made_for() -> None:
    assert [kind.name for kind in kinds()] == ["minilm", "use-multilingual", "e5-small"]
    english, sixteen, hundred = kinds()
    mixed = {ENGLISH: 60, OTHER_LATIN: 20, "Hangul": 10, "Devanagari": 10}
    assert [round(kind.share(mixed), 2) for kind in kinds()] == [0.6, 0.9, 1.0]
    assert english.unread(mixed) == {"Hangul": 10, "Devanagari": 10, OTHER_LATIN: 20}
    assert english.unread({ENGLISH: 99, OTHER_LATIN: 1}) == {}
    assert (sixteen.unread(mixed), hundred.unread(mixed)) == ({"Devanagari": 10}, {})
    assert kind_of("models/bge-m3") is None
