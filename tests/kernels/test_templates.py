"""Templates: what many requests share is found, what near copies share is not."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curate.kernels.templates import Templates, find, longest_shared

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


def test_the_longest_text_that_so_many_share() -> None:
    texts = [ROUTE + text for text in REQUESTS]
    assert longest_shared([*REQUESTS, *texts], 13) == ROUTE
    assert longest_shared([text[::-1] for text in texts], 13) == ROUTE[::-1]
    assert longest_shared(texts, 14) == ""
