"""Texts with personal data and secrets at known places, and texts that only look like it.

Sentences are what people wrote in logged conversations. Values come from Faker in many locales, and
phone numbers from the example numbers of the phonenumbers library, none of them from the code under
test; keys follow the published shape of their issuers. All of it is drawn from one seed.
"""

from __future__ import annotations

import base64
import gzip
import json
import random
import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import phonenumbers
from faker import Faker
from phonenumbers import PhoneNumberFormat, PhoneNumberType

LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "pl_PL", "sv_SE")
NAME_LOCALES = ("en_US", "en_GB", "de_DE", "fr_FR", "es_ES")
LONGEST_SENTENCE = 300
SETS: dict[str, tuple[str, str, str | None]] = {
    "topical_chat_rated": ("turns.jsonl.gz", "message", None),
    "oasst1_en_validation": ("messages.jsonl.gz", "text", None),
    "sgd_turns_volume": ("turns.jsonl.gz", "utterance", "USER"),
}
"""Of each set its file, the column of the text, and the speaker (None: all)."""


@dataclass(frozen=True)
class Labelled:
    """A text and the value in it; of a look-alike, the value that is nobody's.

    Attributes:
        kind: what the value is.
        group: how it is written, or where it comes from.
        start: of the value; equal to `end` in an untouched sentence.
    """

    text: str
    kind: str
    group: str
    start: int
    end: int


def sentences(data: Path, sets: Iterable[str] = tuple(SETS)) -> list[str]:
    """Returns what people wrote in these sets of conversations, each text once, in order."""
    said = chain.from_iterable(_texts(data / name, *SETS[name]) for name in sets)
    return sorted({text for text in said if 20 <= len(text) <= LONGEST_SENTENCE})


def _texts(folder: Path, file: str, column: str, speaker: str | None) -> Iterator[str]:
    with gzip.open(folder / file, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if row[column] and speaker in (None, row.get("speaker")):
                yield row[column]


# -- values ----------------------------------------------------------------------------------------

Make = Callable[[], tuple[str, str]]
"""Returns a lead (empty: none) and a value."""


def personal(rng: random.Random) -> dict[tuple[str, str], Make]:
    """Returns for each (kind, group) what makes one value of it."""
    fakers = {locale: Faker(locale) for locale in sorted({*LOCALES, *NAME_LOCALES})}
    for n, fake in enumerate(fakers.values()):
        fake.seed_instance(rng.getrandbits(32) + n)
    us, anywhere = fakers["en_US"], [fakers[locale] for locale in LOCALES]
    numbers = _phone_numbers()

    def led(*leads: str) -> str:
        return rng.choice(("", *leads))

    def of(fake: str, *leads: str) -> Make:
        return lambda: (led(*leads), str(getattr(rng.choice(anywhere), fake)()))

    def grouped(value: str) -> str:
        return " ".join(value[i : i + 4] for i in range(0, len(value), 4))

    def phone(group: str) -> Make:
        leads = ("call me at ", "my number is ", "Phone: ", "you can text ")
        return lambda: (led(*leads), rng.choice(numbers[group]))

    def spaced(fake: str, *leads: str) -> Make:
        def make() -> tuple[str, str]:
            value = str(getattr(rng.choice(anywhere), fake)())
            return led(*leads), grouped(value) if rng.random() < 0.5 else value

        return make

    made: dict[tuple[str, str], Make] = {
        ("EMAIL", "Faker, 10 locales"): of("email", "write to ", "my mail is "),
        ("PHONE", "international, all regions"): phone("international"),
        ("PHONE", "national, US and GB"): phone("national"),
        ("PHONE", "Faker, US and GB"): lambda: (
            rng.choice(("call me at ", "Phone: ", "my number is ")),
            rng.choice((us, fakers["en_GB"])).phone_number(),
        ),
        ("CARD", "Faker"): spaced("credit_card_number", "my card is ", "charged to "),
        ("IBAN", "Faker, 10 locales"): spaced("iban", "refund to ", "IBAN "),
        ("IP", "IPv4"): of("ipv4_public", "from ", "my address is "),
        ("IP", "IPv6"): of("ipv6", "from ", "my address is "),
        ("MAC", "Faker"): of("mac_address", "the device "),
        ("SSN", "Faker, US"): lambda: (led("my SSN is ", "social security number "), us.ssn()),
    }
    return {**made, **_secrets(rng, us)}


def names(rng: random.Random) -> dict[tuple[str, str], Make]:
    """Returns what makes names of people, for each locale."""
    leads = ("My name is ", "I am ", "Please ask ", "Regards, ", "This is ")
    made: dict[tuple[str, str], Make] = {}
    for locale in NAME_LOCALES:
        fake = Faker(locale)
        fake.seed_instance(rng.getrandbits(32))
        made["NAME", locale] = lambda fake=fake: (  # type: ignore[misc]
            rng.choice(leads),
            f"{fake.first_name()} {fake.last_name()}",
        )
    return made


def _phone_numbers() -> dict[str, list[str]]:
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    written: dict[str, set[str]] = {"international": set(), "national": set()}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        for kind in kinds:
            number = phonenumbers.example_number_for_type(region, kind)
            if number is not None:
                forms = (PhoneNumberFormat.INTERNATIONAL, PhoneNumberFormat.E164)
                written["international"] |= {phonenumbers.format_number(number, f) for f in forms}
    # The metadata has one example of a kind; neighbours are as valid.
    for region in ("US", "GB"):
        for kind in kinds:
            example = phonenumbers.example_number_for_type(region, kind)
            for more in range(200):
                number = phonenumbers.PhoneNumber(
                    country_code=example.country_code,
                    national_number=example.national_number + more,
                )
                if phonenumbers.is_valid_number(number):
                    form = PhoneNumberFormat.NATIONAL
                    written["national"].add(phonenumbers.format_number(number, form))
    return {group: sorted(found) for group, found in written.items()}


def _secrets(rng: random.Random, fake: Faker) -> dict[tuple[str, str], Make]:
    """Returns keys in the shapes that their issuers publish, and passwords as people write them."""
    letters = string.ascii_letters + string.digits

    def drawn(count: int, alphabet: str = letters) -> str:
        return "".join(rng.choices(alphabet, k=count))

    def token(prefix: str, count: int, alphabet: str = letters) -> Make:
        return lambda: (
            rng.choice(("", "", "use ", "export KEY=")),
            prefix + drawn(count, alphabet),
        )

    def jwt() -> tuple[str, str]:
        head, body = ({"alg": "HS256", "typ": "JWT"}, {"sub": fake.user_name(), "iat": 1700000000})
        parts = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=")
                 for p in (head, body)]  # fmt: skip
        return "Authorization: Bearer ", ".".join([*parts, drawn(43)])

    def private_key() -> tuple[str, str]:
        body = "\n".join(drawn(64, letters + "+/") for _ in range(12))
        return "", f"-----BEGIN RSA PRIVATE KEY-----\n{body}\n-----END RSA PRIVATE KEY-----"

    def assigned() -> tuple[str, str]:
        return rng.choice(('api_key = "', "API key: ", "client_secret=", "token: ")), drawn(32)

    def url() -> tuple[str, str]:
        scheme = rng.choice(("postgres", "mysql", "mongodb+srv", "amqp", "https"))
        return f"{scheme}://{fake.user_name()}:", drawn(14)

    def password() -> tuple[str, str]:
        lead = rng.choice(("password: ", "my password is ", "PASSWORD=", "pwd: "))
        return lead, fake.password(length=rng.randint(9, 14))

    made: dict[str, Make] = {
        "AWS": token("AKIA", 16, string.ascii_uppercase + "234567"),
        "GitHub": token("ghp_", 36),
        "OpenAI": token("sk-proj-", 48),
        "Anthropic": token("sk-ant-api03-", 93),
        "Slack": token("xoxb-", 24, string.digits + string.ascii_letters),
        "Google": token("AIza", 35),
        "Stripe": token("sk_live_", 24),
        "JWT": jwt,
        "private key": private_key,
        "assigned": assigned,
        "in a URL": url,
        "password": password,
    }
    return {("SECRET", group): make for group, make in made.items()}


def look_alikes(rng: random.Random) -> dict[tuple[str, str], Make]:
    """Returns for each kind of number that is nobody's what makes one."""
    fake = Faker("en_US")
    fake.seed_instance(rng.getrandbits(32))

    def numbered(lead: str, *shapes: str) -> Make:
        return lambda: (lead, fake.numerify(rng.choice(shapes)))

    def plain(name: str, lead: str = "") -> Make:
        return lambda: (lead, str(getattr(fake, name)()))

    made: dict[str, Make] = {
        "UUID": plain("uuid4"),
        "SHA-1": plain("sha1", "commit "),
        "SHA-256": plain("sha256"),
        "MD5": plain("md5"),
        "version": numbered("version ", "%.%.#", "%.##.#.##", "%.#.#.#"),
        "version, v": numbered("", "v%.%.#", "v%.##.#.####", "v%.#.#-rc#"),
        "order number": numbered("order ", "####-####-##", "#%########", "%##-#######-#######"),
        "order number, #": numbered("", "#%#########", "#%###-####"),
        "price": numbered("", "$%,###,###.##", "€ %.###,##", "%##.## USD", "$%###"),
        "date": lambda: (
            rng.choice(("", "on ")),
            fake.date(rng.choice(("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%m-%d-%Y"))),
        ),
        "moment": lambda: ("", fake.date_time().isoformat(rng.choice(("T", " ")))),
        "seconds since 1970": lambda: ("", str(rng.randint(1_400_000_000, 1_800_000_000))),
        "milliseconds since 1970": lambda: ("", str(rng.randint(14 * 10**11, 18 * 10**11))),
        "ISBN": plain("isbn13", "ISBN "),
        "EAN": plain("ean13"),
        "decimal": lambda: ("", f"{rng.uniform(0, 1000):.{rng.randint(4, 12)}f}"),
        "coordinates": lambda: ("", f"{fake.latitude()}, {fake.longitude()}"),
        "ZIP+4": lambda: ("", fake.zipcode_plus4()),
        "19 digits": lambda: ("id ", str(rng.randint(10**18, 2 * 10**18))),
        "range": numbered("pages ", "%##-%##", "%###-%###"),
    }
    return {("none", group): make for group, make in made.items()}


# -- texts -----------------------------------------------------------------------------------------


def texts(
    makers: dict[tuple[str, str], Make], carriers: Iterable[str], rng: random.Random, each: int
) -> list[Labelled]:
    """Returns so many texts of each group: a value put between two words of a sentence."""
    pool = sorted(carriers)
    made = []
    for (kind, group), make in makers.items():
        for _ in range(each):
            words = rng.choice(pool).split(" ")
            place = rng.randint(0, len(words))
            lead, value = make()
            head = " ".join([*words[:place], lead]) if place else lead
            quote = '"' if lead.endswith('"') else ""
            tail = "@db.internal/main" if lead.endswith(":") else quote
            text = head + value + " ".join([tail, *words[place:]])
            made.append(Labelled(text, kind, group, len(head), len(head) + len(value)))
    return made
