"""Every drop rule on answers written by hand, settings, rules of a project, late ratings."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from curate.errors import ConfigError
from curate.filters import filters
from curate.project import Project
from curate.pull.mapping import Declared
from curate.pull.options import PullOptions
from curate.store import Store
from curate.store.headers import Parameter
from program import Program
from projects import new_project

pytestmark = pytest.mark.store

WriteJsonl = Callable[[Path, Iterable[Mapping[str, Any]]], Path]


def curate(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(Program(), ["-C", str(folder), *arguments])  # type: ignore[arg-type]


def row(name: str, response: str | None, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "prompt": "How long does the delivery to Bergen take?",
        "response": response,
        "rating": 5,
        **more,
    }


def hits(store: Store) -> dict[str, dict[str, str]]:
    """Rule -> source id -> reason, as the rules in force hit today."""
    with store.read() as con:
        filters.collect(store, con, filters.stored_settings(store, con))
        query = "SELECT rule, source_id, reason FROM hits JOIN examples USING (example_id)"
        found: dict[str, dict[str, str]] = {}
        for rule, source_id, reason in con.execute(query).fetchall():
            found.setdefault(rule, {})[source_id] = reason
    return found


@pytest.fixture
def pulled(tmp_path: Path, write_jsonl: WriteJsonl) -> Callable[..., Project]:
    """Makes a project in tmp_path/p with these rows pulled."""

    def make(rows: Iterable[Mapping[str, Any]], task: str = "sft", toml: str = "") -> Project:
        project = new_project(tmp_path / "p", task=task)
        if toml:
            (project.folder / "curate.toml").write_text(toml, encoding="utf-8")
        rows = list(rows)
        if rows:
            project.pull([str(write_jsonl(tmp_path / "logs.jsonl", rows))])
        return project

    return make


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl) -> Project:
    """A filtered project of two examples, for commands that fail and must change nothing."""
    folder = tmp_path_factory.mktemp("two")
    project = new_project(folder)
    rows = [row("a", "Ok."), row("b", "Ok.", rating=1)]
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))])
    project.filter({"min_rating": 5})
    return project


@pytest.fixture
def unchanged(two: Project) -> Iterator[Project]:
    """The same project, whose state must be the same afterwards; rules of its own are removed."""
    before = two.store.state_digest()
    yield two
    shutil.rmtree(two.folder / "sql", ignore_errors=True)
    assert two.store.state_digest() == before, "a command that fails must store nothing"


# -- what answers say --------------------------------------------------------------------------

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, but I can\u2019t assist with that request.",
    "I cannot assist with this request.",
    "Sorry, I can't do that.",
    "I am unable to help you with that.",
    "I'm not able to provide that information.",
    "I cannot provide medical advice. Please see a doctor.",
    "I can't answer that question.",
    "I'm afraid I can't discuss this topic.",
    "Unfortunately, I cannot comply with your request.",
    "I apologize, but I cannot fulfill this request.",
    "I must decline to answer, because it may involve personal data.",
    "I respectfully decline.",
    "I won't be able to help with this. Please consult a professional.",
    "That's not something I can help with.",
    "I do not feel comfortable answering that question.",
    "Sorry, this goes against my guidelines, so I can't continue.",
    "It would not be appropriate for me to comment on your order.",
    "I'm sorry, I cannot generate such content.",
    "I have to refuse to talk about payments, for safety reasons.",
    "My apologies, but I'm not allowed to give information about deliveries.",
    "Unable to comply.",
    "I don't think I can help with that one, sorry.",
    "I'm sorry, but as an assistant I do not have the ability to look into this matter.",
    "I CANNOT HELP WITH THAT.",
    "I'm sorry,\nbut I can't\nassist you here.",
]
ANSWERS = [
    "We cannot process returns after 30 days, but we can offer you a voucher instead.",
    "I'm sorry you can't log in. Please reset your password under Settings > Security.",
    "I can help with that! Open the app and tap Refund.",
    "I cannot find an order under this number; could you check it for typing errors?",
    "I can't help without your order number. Could you send it to me?",
    "I won't be able to look into this until you confirm your address, so please reply with it.",
    "If you do not feel comfortable providing your card number in chat, call us instead.",
    'If the speaker says "I cannot help with that", restart it and update the firmware.',
    "The courier will not deliver on Sundays, so your parcel comes on Monday.",
    "I'm sorry for the delay. I could not answer your call yesterday; your refund left today.",
    "Unfortunately, this item cannot be shipped to Norway. It can be sent to Sweden.",
    "You can't change the address after dispatch, but the driver can leave it with a neighbour.",
    "I cannot give you the exact hour, but the parcel arrives between 9 and 12.",
    "Your card was declined by the bank. They will not discuss the reason with us: ask them.",
    "I am sorry that the first agent was unable to help you. I have refunded 20 euros.",
    "Our support team can't assist by phone on holidays. Write to us, we answer within the hour.",
    "It is against our policy to open sealed boxes, so I have sent you a new one.",
    "I would not recommend the older model; the newer one has twice the battery life.",
    "I can't help but notice that your plan ended in May. I have renewed it for you.",
    "Customers are not allowed to give information about their password to anybody.",
    "No, you do not have to decline the cookies to continue.",
    "I will not charge you for this. The refund of 12 euros is on its way.",
    "The delivery takes two days. " * 8 + "I'm sorry, but I can't help with the weather.",
]
OF_ITSELF = [
    "As an AI language model, I can't access orders.",
    "As an AI, I don't have access to your account, but here is how it works.",
    "I'm just an AI, so please check with the shop.",
    "I\u2019m an AI language model and cannot see pictures.",
    "I am a large language model trained by Google.",
    "The warranty is two years. My knowledge cutoff is 2023, though.",
    "As of my last update, the shop opened at nine.",
    "As an AI assistant developed by OpenAI, I do not have opinions.",
    "I don't have personal opinions, but many people like the blue one.",
    "Because I am an AI, I cannot taste it.",
]
OF_THE_MATTER = [
    "Our product works as an AI assistant that answers your customers.",
    "Choose 'Language model' under Settings > AI.",
    "As an AI startup you qualify for the discount.",
    "Upload your training data as CSV. The model is trained overnight.",
    "I am an agent of the Berlin team and will call you at nine.",
    "The knowledge base article explains it: my account > training.",
    "OpenAI was founded in 2015; ChatGPT came out in 2022.",
]

ENTITIES = [
    "It isn&#39;t here",
    "Tom &amp; Jerry",
    "sch&ouml;n",
    "5 &lt; 6",
    "it&#x27;s",
    "2&nbsp;days",
]
NO_ENTITIES = ["R&D; sales", "a && b;", "&here;", "Write `&amp;` for &.", "```\n&lt;b&gt;\n```"]
# Words whose UTF-8 is read as cp1252 gives mojibake.
MISREAD = [
    *(
        "sch\u00f6n",
        "caf\u00e9",
        "don\u2019t",
        "a \u2013 b",
        "5 \u20ac",
        "\u65e5\u672c\u8a9e",
        "\U0001f680",
    ),
    *("\u043f\u0440\u0438\u0432\u0435\u0442", "\u00a9 2020"),
]
QUOTED = [
    "\u201eMEN\u00dc\u201c",
    "\u00abCAF\u00c9\u00bb",
    "MANH\u00c3\u2026\u201d",
    "d\u00e9j\u00e0\u2026\u00bb",
    "N\u00c3O",
]

PHRASE = "your parcel is on its way to you today and "  # 10 words
DISTINCT = "one two three four five six seven eight nine ten eleven twelve thirteen"

# rule -> rows that it must hit, rows that only look like it
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "refusal": (
        [row("", text) for text in REFUSALS],
        [row("", text) for text in [*ANSWERS, *OF_THE_MATTER]],
    ),
    "boilerplate": (
        [row("", text) for text in OF_ITSELF],
        [row("", text) for text in [*ANSWERS, *OF_THE_MATTER]],
    ),
    "empty_answer": (
        [row("", text) for text in ("", " \t\r\n", "\u00a0\u2003", "\u200b", None)],
        [row("", text) for text in ("0", ".", "\U0001f44d")],
    ),
    "no_query": (
        [row("", "Hello!", prompt=text) for text in ("", "  \n", "\u00a0")],
        [row("", "Hello!", prompt=text) for text in ("?", "\U0001f4e6")],
    ),
    "echo": (
        [
            row("", "How long does the delivery to Bergen take?"),
            row("", "  HOW LONG does the\n\u00a0delivery to  bergen take? "),
            row("", "CAF\u00c9 open?", prompt="cafe\u0301 open?"),
        ],
        [
            row("", "How long does the delivery to Bergen take? Two days."),
            row("", "How long does the delivery to Oslo take?"),
        ],
    ),
    "repeated": (
        [
            row("", "yes " * 12),
            # 40 words, 38 3-grams, 10 of them distinct: 74% repeated.
            row("", PHRASE * 4),
            row("", "\u0434\u0430 \u043d\u0435\u0442 " * 10),
        ],
        [
            row("", "yes " * 11),  # below 12 words
            # 20 words, 18 3-grams, 10 distinct: 44%.
            row("", PHRASE * 2),
            row("", DISTINCT),
        ],
    ),
    "truncated": (
        [row("", "The", finish_reason=why) for why in ("length", "LENGTH", "max_tokens")],
        [row("", "The end.", finish_reason=why) for why in ("stop", "end_turn", None)],
    ),
    "error_status": (
        [
            *(
                row("", "Hm.", status=s)
                for s in (
                    "error",
                    "ERROR",
                    "Failed",
                    "timeout",
                    "timed out",
                    "500",
                    429,
                    "http 503",
                    "STATUS_CODE_ERROR",
                    "cancelled",
                    "incomplete",
                    "content_filter",
                    "rate_limited",
                )
            ),
            *(row("", "Hm.", error=e) for e in ("boom", "{'code': 3}", "Rate limit reached")),
        ],
        [
            *(
                row("", "Two days.", status=s)
                for s in (
                    "ok",
                    "OK",
                    "200",
                    200,
                    "200 OK",
                    "201",
                    "success",
                    "Completed",
                    "stop",
                    "closed",
                    "STATUS_CODE_OK",
                    "no error",
                    "0",
                    True,
                    None,
                )
            ),
            *(
                row("", "Two days.", error=e)
                for e in ("", " ", "None", "null", "NaN", "[]", "{}", "false", False, None)
            ),
        ],
    ),
    "html_entities": (
        [row("", text) for text in ENTITIES],
        [row("", text) for text in NO_ENTITIES],
    ),
    "mojibake": (
        [row("", text.encode().decode("cp1252")) for text in MISREAD],
        [row("", text) for text in [*MISREAD, *QUOTED]],
    ),
    "too_short": (
        [row("", text) for text in ("Yes.", "two days", "\u0434\u0432\u0430 \u0434\u043d\u044f")],
        [
            row("", text)
            for text in ("in two days", "\u0437\u0430 \u0434\u0432\u0430 \u0434\u043d\u044f")
        ],
    ),
    "too_long": ([row("", "word " * 600)], [row("", "word " * 500)]),
    "date_window": (
        [
            row("", "Ok.", created_at=t)
            for t in ("2026-01-31T23:59:59Z", "2026-03-01T00:00:00Z", "2026-02-01T00:30:00+01:00")
        ],
        [
            row("", "Ok.", created_at=t)
            for t in ("2026-02-01T00:00:00Z", "2026-02-28T23:59:59Z", None)
        ],
    ),
    "min_rating": (
        [row("", "Ok.", rating=r) for r in (1, 3, 3.9, None)],
        [row("", "Ok.", rating=r) for r in (4, 4.5, 5)]
        + [row("", "Ok.", rating=r, corrected_response="Two days.") for r in (1, None)],
    ),
}


@pytest.fixture(scope="module")
def judged(
    tmp_path_factory: pytest.TempPathFactory, write_jsonl: WriteJsonl
) -> dict[str, set[str]]:
    """Rule -> names of the cases that it hit, all rules over all cases at once."""
    folder = tmp_path_factory.mktemp("cases")
    rows = []
    for rule, (bad, good) in CASES.items():
        for kind, part in (("bad", bad), ("good", good)):
            rows += [{**r, "id": f"{rule}/{kind}/{n}"} for n, r in enumerate(part)]
    project = new_project(folder)
    options = PullOptions(declared=Declared("interactions", {}, "1-5"))
    project.pull([str(write_jsonl(folder / "logs.jsonl", rows))], options)
    project.filter(
        {"min_words": 3, "max_chars": 2800, "since": "2026-02-01", "until": "2026-03-01"},
        drop=("html_entities", "mojibake"),
    )
    return {rule: set(names) for rule, names in hits(project.store).items()}


@pytest.mark.parametrize("rule", CASES)
def test_a_rule_hits_what_it_must_and_no_near_miss(rule: str, judged: dict[str, set[str]]) -> None:
    for kind, part in zip(("bad", "good"), CASES[rule], strict=True):
        for n, case in enumerate(part):
            said = {k: v for k, v in case.items() if k != "id"}
            assert (f"{rule}/{kind}/{n}" in judged[rule]) == (kind == "bad"), said


def test_the_lists_are_long_enough_to_mean_something() -> None:
    assert len(REFUSALS) >= 20
    assert len(ANSWERS) >= 15


def test_every_rule_of_ours_has_cases() -> None:
    assert set(filters.rules()) - set(CASES) == {
        *("bad_context", "unknown_label"),
        "envelope",  # has a file of its own: no pull lets one in
        *("contract", "tool_arguments"),  # have tests of their own: what they read is stored first
    }


def test_an_answer_that_calls_a_tool_is_not_empty(pulled: Callable[..., Project]) -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "track", "arguments": "{}"}}
    asked = [{"role": "user", "content": "Where is it?"}]
    project = pulled(
        [
            {
                "id": "tool",
                "messages": [*asked, {"role": "assistant", "content": None, "tool_calls": [call]}],
            },
            {"id": "none", "messages": [*asked, {"role": "assistant", "content": None}]},
        ]
    )
    project.filter()
    assert set(hits(project.store)["empty_answer"]) == {"none"}


def test_unrated_can_be_kept_and_a_given_split_counts_as_chosen(
    pulled: Callable[..., Project],
) -> None:
    project = pulled(
        [
            row("low", "Ok."),
            row("none", "Ok.", rating=None),
            row("given", "Ok.", rating=None, split="train"),
            row("held", "Ok.", rating=None, split="test"),
        ]
    )
    project.filter({"min_rating": 5})
    assert hits(project.store)["min_rating"] == {"none": "unrated"}
    project.filter({"unrated": "keep"})
    assert "min_rating" not in hits(project.store)


def test_a_column_that_is_no_split_vouches_for_nothing(pulled: Callable[..., Project]) -> None:
    project = pulled([{**row("a", "Ok.", rating=None), "subset": "A"}, row("b", "Ok.")])
    project.filter()
    assert hits(project.store)["min_rating"] == {"a": "unrated"}


def test_ratings_do_not_drop_in_classification(pulled: Callable[..., Project]) -> None:
    toml = '[project]\ntask = "classification"\nlabels = ["refund", "delivery"]\n'
    project = pulled(
        [
            {"id": "a", "text": "Where is my parcel?", "label": "delivery", "rating": 1},
            {"id": "b", "text": "Money back!", "label": "Refund", "rating": 5},
            {"id": "c", "text": "Money back!!", "label": "", "rating": 5},
            {"id": "d", "text": "refund", "label": "refund", "rating": None},
        ],
        "classification",
        toml,
    )
    project.filter()
    assert hits(project.store) == {
        "unknown_label": {"b": "unknown_label"},
        "empty_answer": {"c": "no_label"},
    }


def talk(
    name: str, turns: list[str], answer: str, rating: int | None, at: str, **more: Any
) -> dict[str, Any]:
    roles = ("user", "assistant")
    messages = [{"role": roles[n % 2], "content": text} for n, text in enumerate(turns)]
    return {
        "id": name,
        "messages": messages,
        "response": answer,
        "rating": rating,
        "created_at": f"2026-02-01T10:{at}:00Z",
        **more,
    }


def test_bad_context_only_where_the_bad_answer_stands_in_the_messages(
    pulled: Callable[..., Project],
) -> None:
    bad = 'Throw it away, "friend".\n\u2028\U0001f680 \\ tab\t.'
    history = ["Broken!", bad, "Really?"]
    project = pulled(
        [
            talk("bad", ["Broken!"], bad, 1, "00", session_id="s"),
            talk("after", history, "Sorry, no. We replace it.", 5, "01", session_id="s"),
            talk(
                "after2",
                [*history, "Sorry, no. We replace it.", "Thanks"],
                "Welcome!",
                5,
                "02",
                session_id="s",
            ),
            # The same conversation, but the bad answer is not what was sent along.
            talk("fresh", ["Where do I send it?"], "To Bergen.", 5, "03", session_id="s"),
            # The user says what the model had said; nobody continues from a bad answer.
            talk("quoted", [bad], "Who told you so?", 5, "04", session_id="s"),
            # The same words in another conversation.
            talk("other", history, "Oh.", 5, "05", session_id="t"),
            # Rated 3: not good enough to train on, not bad enough to spoil what follows.
            talk("fair", ["And the box?"], "Keep it.", 3, "06", session_id="u"),
            talk("next", ["And the box?", "Keep it.", "Ok"], "Fine.", 5, "07", session_id="u"),
        ]
    )
    project.filter()
    assert set(hits(project.store)["bad_context"]) == {"after", "after2"}
    project.filter({"bad_rating": 3})
    assert set(hits(project.store)["bad_context"]) == {"after", "after2", "next"}


def test_bad_context_needs_the_bad_answer_to_be_earlier(pulled: Callable[..., Project]) -> None:
    project = pulled(
        [
            talk("good", ["One?"], "Yes.", 5, "00", session_id="s"),
            talk("middle", ["One?", "Yes.", "Two?"], "Two.", 5, "01", session_id="s"),
            talk(
                "late", ["One?", "Yes.", "Two?", "Two.", "Three?"], "Yes.", 1, "02", session_id="s"
            ),
        ]
    )
    project.filter()
    assert "bad_context" not in hits(project.store)


# -- settings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("number", "4", 4.0),
        ("number", 3, 3.0),
        ("integer", "7", 7),
        ("integer", 7.0, 7),
        ("text", "x", "x"),
        ("date", "2026-02-01", "2026-02-01"),
        ("drop|keep", "keep", "keep"),
        ("date", "2026-02-01T12:00", "2026-02-01T12:00:00"),
        ("date", "2026-02-01T00:30:00+01:00", "2026-01-31T23:30:00"),
        ("number", "none", None),
        ("date", "", None),
        ("integer", None, None),
    ],
)
def test_parameter_parses(kind: str, value: Any, wanted: Any) -> None:
    assert Parameter("x", kind, None, "").parse(value) == wanted


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("number", "many"),
        ("number", "nan"),
        ("number", "inf"),
        ("number", [4]),
        ("integer", "3.5"),
        ("integer", 3.5),
        ("date", "yesterday"),
        ("date", "2026-02-30"),
        ("date", "2026-02-01garbage"),
        ("drop|keep", "kep"),
        ("drop|keep", ["keep"]),
    ],
)
def test_parameter_refuses(kind: str, value: Any) -> None:
    with pytest.raises(ConfigError, match="size"):
        Parameter("size", kind, None, "").parse(value)


@pytest.mark.slow
def test_flags_come_before_the_file_and_the_file_before_the_defaults(
    pulled: Callable[..., Project],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = pulled(
        [row(f"r{n}", "Ok.", rating=n) for n in range(1, 6)],
        toml='[filter]\nmin_rating = 3\nskip = ["refusal"]\n',
    )

    def kept(*arguments: str) -> int:
        result = curate(project.folder, "filter", "--json", *arguments)
        assert result.exit_code == 0, result.stderr
        return int(orjson.loads(result.stdout)["kept"])

    assert kept() == 3
    monkeypatch.setenv("CURATE_FILTER_MIN_RATING", "2")
    assert kept() == 4
    assert kept("--min-rating", "5") == 1
    monkeypatch.delenv("CURATE_FILTER_MIN_RATING")
    (project.folder / "curate.toml").unlink()
    assert kept() == 2


def test_a_skipped_rule_does_not_hit(pulled: Callable[..., Project]) -> None:
    project = pulled([row("a", "I can't help with that."), row("b", "Two days.", rating=1)])
    assert (
        curate(project.folder, "filter", "--skip", "refusal", "--skip", "min_rating").exit_code == 0
    )
    assert hits(project.store) == {}
    result = curate(project.folder, "filter", "--skip", "refusl")
    assert result.exit_code == 2
    assert "Did you mean 'refusal'?" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ("--min-rating", "good"),
        ("--unrated", "maybe"),
        ("--since", "yesterday"),
        ("--max-chars", "1.5"),
        ("--set", "min_ratin=4"),
        ("--set", "min_rating"),
    ],
)
def test_values_that_cannot_work(unchanged: Project, arguments: tuple[str, str]) -> None:
    result = curate(unchanged.folder, "filter", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_list_explains_every_rule(unchanged: Project) -> None:
    result = curate(unchanged.folder, "filter", "--list")
    for name, rule in filters.rules().items():
        assert f"{name}\n" in result.stdout
        assert all(f"{p.name} ({p.kind}" in result.stdout for p in rule.parameters)
    listed = orjson.loads(curate(unchanged.folder, "filter", "--list", "--json").stdout)
    assert [r["name"] for r in listed] == list(filters.rules())


# -- conditions and the project's own rules ----------------------------------------------------


def test_where_keeps_what_meets_it(pulled: Callable[..., Project]) -> None:
    project = pulled(
        [
            row("a", "Ok.", model="new"),
            row("b", "Ok.", model="old"),
            row("c", "Ok.", model=None),
            row("d", "Ok.", model="new", rating=4),
        ]
    )
    where = "model <> 'old' AND human_rating = 5 -- only the best"
    assert curate(project.folder, "filter", "--where", where).exit_code == 0
    assert hits(project.store) == {"where": dict.fromkeys("bcd", "condition")}


MEANT = [
    ('model = "gpt-4"', "there is no column 'gpt-4' (in double", "model = 'gpt-4'"),
    ("model = \u2018gpt\u2019", "typographic quotes", "model = 'gpt'"),
    ("modle <> 'modle'", "no column 'modle'. Did you mean 'model'?", "model <> 'modle'"),
    ("rating > 3", "Did you mean 'human_rating'?", "human_rating > 3"),
    ("candidates.modl = 'a'", "Did you mean 'model'?", "candidates.model = 'a'"),
    ("model = gpt", "a text stands in single quotes", "model = 'gpt'"),
    ("model = 'a';", "it ends with ';'", "model = 'a'"),
    ("model = NULL", "never true", "model IS NULL"),
    ("model != null OR query = '= NULL'", "never true", "model IS NOT NULL OR query = '= NULL'"),
]


@pytest.mark.parametrize(("where", "said", "meant"), MEANT)
def test_a_condition_that_fails_shows_what_was_meant(
    unchanged: Project, where: str, said: str, meant: str
) -> None:
    result = curate(unchanged.folder, "filter", "--where", where)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert where in result.stderr
    assert result.stderr.endswith(f'Next: curate filter --where "{meant}"\n'), result.stderr


@pytest.mark.parametrize("meant", [meant for *_, meant in MEANT])
def test_what_was_meant_works(two: Project, meant: str) -> None:
    assert curate(two.folder, "filter", "--where", meant).exit_code == 0
    assert curate(two.folder, "filter").exit_code == 0


def test_a_quote_that_is_open_is_said(unchanged: Project) -> None:
    said = curate(unchanged.folder, "filter", "--where", "model = 'it's'").stderr
    assert "a ' inside a text is written twice" in said
    assert "it ends too early" in curate(unchanged.folder, "filter", "--where", "model =").stderr


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("no_such_column = 1", "no_such_column"),
        ("(SELECT count(*) FROM read_csv('/etc/passwd')) > 0", "rule 'where'"),
        ("(SELECT count(*) FROM read_text('/etc/hostname')) > 0", "rule 'where'"),
        ("(SELECT count(*) FROM 'logs.jsonl') > 0", "rule 'where'"),
        (
            "true), false); COPY candidates TO '/tmp/curate_stolen.csv'; SELECT ((true",
            "exactly one",
        ),
        ("true), false); DROP TABLE candidates; --", "rule 'where'"),
        ("model = ", "rule 'where'"),
        ("getenv('HOME') <> ''", "rule 'where'"),
        ("model = $secret", "rule 'where'"),
    ],
)
def test_a_condition_can_only_read_the_candidates(
    unchanged: Project, where: str, said: str
) -> None:
    result = curate(unchanged.folder, "filter", "--where", where)
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert said in result.stderr
    assert "Traceback" not in result.stderr
    assert not Path("/tmp/curate_stolen.csv").exists()
    assert unchanged.status().train + unchanged.status().test == 1


OWN_RULE = """\
-- Drops answers that name a competitor.
-- $competitor text = Acme: whose name must not appear
SELECT example_id, 'competitor' AS reason, NULL AS score
FROM candidates WHERE contains(response, $competitor)
"""


def add_rule(project: Project, name: str, text: str) -> None:
    folder = project.folder / "sql" / "filters"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sql").write_text(text, encoding="utf-8")


@pytest.mark.slow
def test_a_rule_of_the_project_with_its_option(pulled: Callable[..., Project]) -> None:
    project = pulled([row("a", "Acme is cheaper."), row("b", "Bmce is cheaper.")])
    add_rule(project, "competitor", OWN_RULE)
    assert curate(project.folder, "filter").exit_code == 0
    assert hits(project.store) == {"competitor": {"a": "competitor"}}
    (project.folder / "curate.toml").write_text('[filter]\ncompetitor = "Bmce"\n', encoding="utf-8")
    assert "curate run" in curate(project.folder, "status").stdout
    assert curate(project.folder, "filter").exit_code == 0
    assert hits(project.store) == {"competitor": {"b": "competitor"}}
    assert curate(project.folder, "filter", "--set", "competitor=cheaper").exit_code == 0
    assert set(hits(project.store)["competitor"]) == {"a", "b"}
    assert "competitor  (this project)" in curate(project.folder, "filter", "--list").stdout


@pytest.mark.slow
def test_status_tells_when_a_rule_has_changed(pulled: Callable[..., Project]) -> None:
    project = pulled([row("a", "Acme is cheaper.")])
    add_rule(project, "competitor", OWN_RULE)
    project.filter()
    assert "filter" not in project.status().stale
    add_rule(project, "competitor", OWN_RULE.replace("Acme", "Bmce"))
    assert "filter" in project.status().stale
    project.filter()
    assert "filter" not in project.status().stale
    (project.folder / "sql" / "filters" / "competitor.sql").unlink()
    assert "filter" in project.status().stale
    assert hits(project.store) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1; SELECT 2", "exactly one SELECT"),
        ("DELETE FROM candidates", "exactly one SELECT"),
        ("COPY candidates TO '/tmp/curate_stolen.csv'", "exactly one SELECT"),
        ("", "exactly one SELECT"),
        ("SELECT example_id, reason FROM candidates", "rule 'own'"),
        ("SELECT example_id, 'x' AS reason FROM candidates", "no score"),
        ("SELECT * FROM read_csv('/etc/passwd')", "rule 'own'"),
        (
            "SELECT example_id, 'x' AS reason, 0 AS score FROM candidates WHERE human_rating < 3",
            "-- when: live",
        ),
        ("-- $size number = many: how many\nSELECT 1", "size"),
        ("-- $size meters = 3: how many\nSELECT 1", "meters"),
        ("-- when: alive\nSELECT 1", "Did you mean 'live'?"),
        ("-- judges: answers\nSELECT 1", "Did you mean 'answer'?"),
        ("-- does: notes\nSELECT 1", "Did you mean 'note'?"),
        ("-- $min_words integer = 5: ours\nSELECT 1", "too_short"),
        ("-- $where text = x: ours\nSELECT 1", "rename"),
    ],
)
def test_a_rule_that_cannot_be_used_names_itself(unchanged: Project, text: str, said: str) -> None:
    add_rule(unchanged, "own", text)
    result = curate(unchanged.folder, "filter")
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    assert "own" in result.stderr
    assert said in result.stderr


@pytest.mark.parametrize("name", ["refusal", "where"])
def test_a_rule_may_not_have_the_name_of_another(unchanged: Project, name: str) -> None:
    add_rule(unchanged, name, OWN_RULE)
    result = curate(unchanged.folder, "filter")
    assert result.exit_code == 2
    assert f"called {name!r} already; rename it" in result.stderr


def test_a_rule_that_is_not_utf_8(unchanged: Project) -> None:
    add_rule(unchanged, "own", "")
    (unchanged.folder / "sql" / "filters" / "own.sql").write_bytes(b"-- \xff\xfe\nSELECT 1")
    result = curate(unchanged.folder, "filter")
    assert result.exit_code == 2
    assert "not UTF-8" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("live", ["", "-- when: live\n"])
def test_odd_rows_of_a_rule_of_the_project(pulled: Callable[..., Project], live: str) -> None:
    """Unknown ids, ids that are null, a null reason and a score that is no number do no harm."""
    project = pulled([row("a", "Ok."), row("b", "Ok.")])
    add_rule(
        project,
        "odd",
        live
        + """\
SELECT example_id, NULL AS reason, 'high' AS score FROM candidates WHERE source_id = 'a'
UNION ALL SELECT NULL, 'nobody', NULL UNION ALL SELECT 'nosuchid', 'ghost', NULL
UNION ALL SELECT example_id, 'twice', NULL FROM candidates WHERE source_id = 'a'
""",
    )
    result = project.filter()
    assert result.hits == (("odd", "twice", 1),)
    assert result.kept == 1
    project.dedupe()
    assert project.status().train + project.status().test == 1


# -- incremental -------------------------------------------------------------------------------

EVIDENCE = (
    "filter_checked",
    "filter_hits",
    "example_inputs",
    "inputs",
    "input_pairs",
    "conversations",
    "interactions",
)


def evidence(project: Project) -> dict[str, list[dict[str, Any]]]:
    return {name: project.table(name).to_pylist() for name in EVIDENCE}


def test_an_empty_project(pulled: Callable[..., Project]) -> None:
    result = pulled([]).filter()
    assert (result.examples, result.checked, result.hits, result.kept) == (0, 0, (), 0)


@pytest.mark.slow
def test_only_what_is_new_is_judged(
    pulled: Callable[..., Project], write_jsonl: WriteJsonl
) -> None:
    rows = [row(f"r{n}", "Ok.", rating=5) for n in range(10)]
    project = pulled(rows)
    assert project.filter().checked == 10
    before = project.store.state_digest()
    assert project.filter().checked == 0
    assert project.store.state_digest() == before
    assert project.table("runs").to_pylist()[-1]["outcome"] == "unchanged"
    assert project.filter({"min_rating": 5}).checked == 0, "a live setting moves no evidence"
    project.pull([str(write_jsonl(project.folder / "more.jsonl", [row("new", "")]))])
    result = project.filter()
    assert result.checked == 1
    assert result.hits == (("empty_answer", "empty_answer", 1),)
    write_jsonl(project.folder / "more.jsonl", [row("new", "Two days.")])
    project.pull([str(project.folder / "more.jsonl")])
    result = project.filter()
    assert (result.checked, result.hits) == (1, ())
    assert project.filter({"max_chars": 10}).checked == 11, "a new number judges everything anew"
    assert project.filter({"max_chars": 10}).kept == 0


@pytest.mark.slow
def test_late_feedback_moves_verdicts_and_no_evidence(
    pulled: Callable[..., Project], tmp_path: Path
) -> None:
    """Must-show 7: ratings flip after an export; verdicts move, diff and why say what happened."""
    project = pulled(
        [
            row(
                f"r{n:02}",
                f"Answer number {n} about another thing altogether.",
                prompt=f"Question {n}: {'abcdefghijklmnopqrstuvwxyz'[n]}?",
                rating=5 if n < 16 else 2,
            )
            for n in range(20)
        ]
    )
    project.filter()
    project.dedupe()
    folder = project.folder
    assert curate(folder, "export", "sup", "--test-size", "0.2").exit_code == 0
    sides = {r["source_id"]: r["split"] for r in _lineage(project, 1)}
    assert set(sides) == {f"r{n:02}" for n in range(16)}
    before = evidence(project)
    lost = next(name for name, side in sides.items() if side == "train")
    late = tmp_path / "late.csv"
    late.write_text(f"request_id,rating\n{lost},1\nr17,5\n", encoding="utf-8")
    arguments = ("pull", str(late), "--as", "feedback", "--key", "request_id", "--scale", "1-5")
    assert curate(folder, *arguments).exit_code == 0
    status = project.status()
    assert status.train + status.test == 16
    assert {f.reason: f.examples for f in status.funnel} == {"low_rating": 4}
    assert curate(folder, "filter").exit_code == 0
    assert evidence(project) == before

    assert curate(folder, "export", "sup").exit_code == 0
    result = curate(folder, "diff", "sup@1", "sup@2", "--json")
    said = orjson.loads(result.stdout)
    assert said["train"]["removed"] == [["low_rating", 1]]
    assert said["train"]["added"] + said["test"]["added"] == [["was low_rating", 1]]
    assert (said["train"]["changed"], said["test"]["changed"], said["moved"]) == (0, 0, 0)
    assert evidence(project) == before
    story = curate(folder, "why", lost).stdout
    assert "rating      5 of 5" in story
    assert "rating      1 of 5" in story
    assert "low_rating (filter: min_rating: 1.0)" in story
    assert "sup v1  train line" in story
    assert "sup v2  not in: low_rating" in story
    assert "today       out: rated too low" in story
    found = curate(folder, "why", "r17").stdout
    assert "sup v1  not in: low_rating" in found
    assert "today       in: " in found


def _lineage(project: Project, version: int) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    path = project.folder / "datasets" / "sup" / f"v{version}" / "lineage.parquet"
    return list(pq.read_table(path).to_pylist())
