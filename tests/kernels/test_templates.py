"""Templates: what many requests share is found, what near copies share is not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.templates import Templates, find

REQUESTS = [
    "the street lamp at the corner is dark", "my bin was not emptied", "who prunes the lime tree",
    "a pipe bursts near the school", "the bus shelter has no roof", "the library card is lost",
    "where is the swimming hall fee paid", "the pavement is icy", "noise from the building site",
    "my tax letter has a wrong name", "playground swing is broken", "permit for a garden shed",
    "flat is damp and cold",
]  # fmt: skip


def prose(name: str, count: int, *, seed: int = 0) -> str:
    """So many words, other ones for each name."""
    draw = Random(f"{name}{seed}")
    return " ".join(f"{name}{draw.randrange(1000)}" for _ in range(count))


ROUTE, EXTRACT, TOOL = (f"{prose(name, 70)} " for name in ("route", "extract", "tool"))


def test_every_long_template_is_found_not_only_that_of_most_texts() -> None:
    texts = [template + text for template in (ROUTE, EXTRACT, TOOL) for text in REQUESTS]
    found = find([*texts, *REQUESTS])
    assert set(found.prefixes) == {ROUTE, EXTRACT, TOOL} and found.suffixes == ()
    assert {found.cut(text)[1] for text in texts} == set(REQUESTS)


def test_the_users_text_may_stand_in_front_or_in_the_middle() -> None:
    ending = f" {prose('ending', 30)}"
    found = find(
        [*(f"{ROUTE}{text}{ending}" for text in REQUESTS), *(t + ending for t in REQUESTS)]
    )
    assert found == Templates((ROUTE,), (ending,))
    assert found.cut(f"{ROUTE}my bin{ending}") == (ROUTE, "my bin", ending)
    assert find([text + ending for text in REQUESTS]) == Templates((), (ending,))


def test_too_few_or_too_short_is_no_template() -> None:
    assert find([ROUTE + text for text in REQUESTS[:5]]) == Templates()
    assert find([f"{prose('short', 19)} {text}" for text in REQUESTS]) == Templates()
    assert find([f"{prose('short', 20)} {text}" for text in REQUESTS[:6]]).prefixes != ()


def test_what_most_texts_share_may_be_short() -> None:
    asked = "Please answer this question briefly: "
    majority = [asked + text for text in REQUESTS[:11]]
    assert find([*majority, *REQUESTS[2:11]]).prefixes == (asked,)
    assert find([*majority, *REQUESTS[:11]]) == Templates()
    assert find([*majority, *REQUESTS[3:11]]) == Templates()


def test_requests_that_begin_alike_are_no_template_of_their_own() -> None:
    polite = [f"could you please tell me now {text}" for text in REQUESTS[:6]]
    assert find(ROUTE + text for text in [*polite, *REQUESTS[6:]]).prefixes == (ROUTE,)
    longer = f"{ROUTE}{prose('more', 25)} "
    parts = [*(longer + text for text in REQUESTS[:6]), *(ROUTE + text for text in REQUESTS)]
    assert find(parts).prefixes == (longer, ROUTE)


def test_a_beginning_that_only_longer_templates_have_is_none() -> None:
    one, other = (f"{prose('both', 30)} {template}" for template in (ROUTE, EXTRACT))
    found = find(template + text for template in (one, other) for text in REQUESTS)
    assert set(found.prefixes) == {one, other}


@pytest.mark.parametrize("words_changed", [1, 2])
@pytest.mark.parametrize("where", ["first", "last", "middle", "anywhere"])
def test_near_copies_of_one_text_are_no_template(where: str, words_changed: int) -> None:
    original, draw = prose("text", 100).split(), Random(3)
    copies = []
    for n in range(12):
        copy = list(original)
        places = {"first": range(3), "last": range(97, 100), "middle": range(48, 51)}
        for place in draw.sample(places.get(where, range(100)), words_changed):
            copy[place] = f"changed{n}"
        copies.append(" ".join(copy))
    assert find([*copies, *REQUESTS]) == Templates()


def test_a_text_that_is_nothing_but_template_stays_whole_and_changes_none() -> None:
    found = find([ROUTE.strip(), *(ROUTE + text for text in REQUESTS)])
    assert found.prefixes == (ROUTE,)
    assert found.cut(ROUTE) == ("", ROUTE, "")
    assert found.cut(ROUTE.strip()) == ("", ROUTE.strip(), "")


def test_what_was_known_stays() -> None:
    known = Templates((EXTRACT,), (" Kind regards",))
    texts = [f"{ROUTE}{text} Kind regards" for text in REQUESTS]
    assert find(texts, known) == Templates((*sorted((EXTRACT, ROUTE), key=len, reverse=True),),
                                           (" Kind regards",))  # fmt: skip


@settings(max_examples=50)
@given(st.randoms(use_true_random=False), st.data())
def test_the_order_of_texts_and_copies_of_them_change_nothing(
    random: Random, data: st.DataObject
) -> None:
    texts = [template + text for template in ("", ROUTE, EXTRACT) for text in REQUESTS]
    chosen = data.draw(st.lists(st.sampled_from(texts), max_size=60))
    shuffled = [*chosen, *chosen[:5]]
    random.shuffle(shuffled)
    assert find(shuffled) == find(chosen)
    for text in chosen:
        assert "".join(find(chosen).cut(text)) == text


ZH = (
    "你是市政服务热线的助手,请仔细阅读市民的来信,判断应当转交给哪个部门处理,"
    "并且只用一句话说明理由。如果信息不足以作出判断,请直接指出还缺少哪些内容。市民的来信如下:"
)
JA = (
    "あなたは市役所の窓口を担当する案内係です。次の問い合わせを読み、どの課が対応するべきかを選び、"
    "その理由を一文で述べてください。判断できないときは足りない情報を挙げてください。問い合わせ:"
)
TH = (
    "คุณเป็นผู้ช่วยของเทศบาลเมือง โปรดอ่านข้อความของประชาชนต่อไปนี้อย่างละเอียด "
    "แล้วเลือกหน่วยงานที่ต้องรับผิดชอบพร้อมเหตุผลสั้นๆ ข้อความคือ"
)
UNSPACED = {
    ZH: [
        "街角的路灯已经坏了三天", "我家门口的垃圾桶没有清空",
        "广场上的菩提树由谁修剪", "小学旁边的水管爆裂漏水",
        "公交车站的顶棚不见了", "图书馆的借书证丢失怎么补办",
        "游泳馆的门票在哪里购买", "人行道结冰非常滑",
        "工地夜里施工噪音太大", "税单上写错了我的姓名",
        "游乐场的秋千断了一根链子", "搭建花园小屋需要许可吗",
        "租的房子墙面潮湿发霉",
    ],
    JA: [
        "角の街灯が三日前から消えています", "家の前のごみ箱が回収されていません",
        "広場の菩提樹は誰が剪定しますか",
        "小学校の近くで水道管が破裂しました", "バス停の屋根がなくなりました",
        "図書館のカードを紛失しました",
        "プールの料金はどこで払えますか", "歩道が凍って滑りやすいです",
        "工事現場の騒音が夜もうるさい",
        "税金の通知に違う名前が書いてある", "公園のブランコの鎖が切れた",
        "物置を建てる許可は必要ですか",
        "借りている部屋の壁にカビが生えた",
    ],
    TH: [
        "ไฟถนนตรงหัวมุมดับมาสามวันแล้ว", "ถังขยะหน้าบ้านไม่มีใครมาเก็บ",
        "ใครเป็นคนตัดแต่งต้นโพธิ์ที่ลานเมือง",
        "ท่อประปาแตกใกล้โรงเรียนประถม", "หลังคาป้ายรถเมล์หายไป",
        "บัตรห้องสมุดหายต้องทำอย่างไร",
        "จ่ายค่าสระว่ายน้ำได้ที่ไหน", "ทางเท้าลื่นมากเพราะฝนตก",
        "เสียงก่อสร้างดังตลอดทั้งคืน",
        "ใบแจ้งภาษีเขียนชื่อผมผิด", "ชิงช้าในสนามเด็กเล่นขาด",
        "สร้างโรงเก็บของต้องขออนุญาตไหม",
        "ห้องเช่าชื้นและผนังขึ้นรา",
    ],
}  # fmt: skip


def test_templates_of_scripts_without_spaces() -> None:
    texts = [template + text for template, asked in UNSPACED.items() for text in asked]
    assert set(find([*texts, *REQUESTS]).prefixes) == set(UNSPACED)
    ends = [text + template for template, asked in UNSPACED.items() for text in asked]
    assert find([*ends, *REQUESTS]) == Templates((), find(texts).prefixes)
    for template, asked in UNSPACED.items():
        assert find(template + text for text in asked * 2).prefixes == (template,)
        assert find([template + text for text in asked[:5]]) == Templates()


def test_two_characters_without_spaces_are_as_long_as_a_word() -> None:
    asked = UNSPACED[ZH]
    assert find([ZH.replace(",", "")[:39] + text for text in asked]) == Templates()
    assert find([ZH.replace(",", "")[:40] + text for text in asked]).prefixes != ()
    most = [f"请简要回答下面的问题{text}" for text in asked]
    assert find([*most, *REQUESTS[:8]]).prefixes == ("请简要回答下面的问题",)
    assert find([*(text[1:] for text in most), *REQUESTS[:8]]) == Templates()


def test_a_letter_keeps_its_marks() -> None:
    # The requests go on from the same letter, with another vowel sign each.
    signs = ("\u0e34", "\u0e35", "\u0e36", "\u0e37", "\u0e38", "\u0e39")
    texts = [f"{TH}ก{sign}{text}" for sign, text in zip(signs, UNSPACED[TH], strict=False)]
    assert find(texts).prefixes == (TH,)
    texts = [f"{text}ก{sign}{TH}" for sign, text in zip(signs, UNSPACED[TH], strict=False)]
    assert find(texts).suffixes == (TH,)


@pytest.mark.parametrize("words_changed", [1, 2])
def test_near_copies_without_spaces_are_no_template(words_changed: int) -> None:
    draw, text = Random(5), ZH * 2
    copies = []
    for n in range(12):
        copy = text
        for place in draw.sample(range(0, len(text) - 2, 7), words_changed):
            word = chr(0x4E00 + 2 * n) + chr(0x5E00 + 3 * n)
            copy = copy[:place] + word + copy[place + 2 :]
        copies.append(copy)
    assert find([*copies, *REQUESTS]) == Templates()
