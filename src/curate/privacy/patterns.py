"""What personal data and secrets look like: patterns, and the checks that tell them from the rest.

Pure functions over strings; they know no store. A pattern alone is too generous, so each candidate
is checked by what its kind offers: a checksum, a table of lengths, the words before it. Words
count only after the last `>`, so that a text reads the same once placeholders stand in it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from curate.privacy import credentials
from curate.privacy.credentials import ascii_words

REGIONS = ("US", "GB")
SECRET = "SECRET"  # noqa: S105 - the name of a kind
KINDS = ("EMAIL", "PHONE", "CARD", "IBAN", "IP", "MAC", "SSN", SECRET)


@dataclass(frozen=True)
class SensitiveSpan:
    """Personal data or a secret in a text.

    Attributes:
        kind: one of `KINDS`, or what a finder of names adds.
        start: of the value, in characters.
        end: behind its last character.
        detector: what found it.
        score: how sure that is, 0 to 1.
        is_secret: it opens something, so it must not leave at all.
    """

    kind: str
    start: int
    end: int
    detector: str
    score: float
    is_secret: bool


def find(
    text: str, *, regions: Sequence[str] = REGIONS, leave: Iterable[str] = ()
) -> list[SensitiveSpan]:
    """Returns what a text holds of personal data and secrets, by position, never overlapping.

    Args:
        text: to look through.
        regions: whose phone numbers are known without a country code (ISO 3166, two letters).
        leave: kinds that are of no interest.
    """
    leave_out = frozenset(leave)

    def once(masked: str) -> Iterator[SensitiveSpan]:
        return (f for f in detect(masked, regions) if f.kind not in leave_out)

    return settle(text, once)


def detect(text: str, regions: Sequence[str] = REGIONS) -> Iterator[SensitiveSpan]:
    """Yields all that any detector sees in a text; what it yields may overlap."""
    for detector in _DETECTORS:
        yield from detector(text)
    yield from _phones(text, regions)


def settle(text: str, once: Callable[[str], Iterable[SensitiveSpan]]) -> list[SensitiveSpan]:
    """Returns what `once` finds, until nothing is left to find behind what was found.

    What overlaps gives way to secrets, then to what is longer. What was found is masked and the
    rest looked at again: a text that is redacted has nothing more to redact.
    """
    places: list[SensitiveSpan] = []
    while fresh := disjoint(once(text)):
        places += fresh
        for f in fresh:
            text = f"{text[: f.start]}{mask(f.end - f.start)}{text[f.end :]}"
    return sorted(places, key=lambda f: f.start)


def mask(length: int) -> str:
    """Returns a text of this length that no detector looks at, bounded as a placeholder is."""
    return f"<{'_' * (length - 2)}>"


def disjoint(candidates: Iterable[SensitiveSpan]) -> list[SensitiveSpan]:
    """Returns findings that do not overlap: secrets first, then the longest, then the first."""
    order = sorted(candidates, key=lambda f: (not f.is_secret, f.start - f.end, f.start, -f.score))
    places: list[SensitiveSpan] = []
    for f in order:
        if all(f.end <= other.start or other.end <= f.start for other in places):
            places.append(f)
    return places


def _before(text: str, start: int, length: int = 40) -> str:
    """Returns the words just before a position, as far as no placeholder stands between."""
    return text[max(0, start - length) : start].rpartition(">")[2].rpartition("\n\n")[2]


# An order number may look like anything; what it is called tells.
_NUMBERED = re.compile(
    r"(?i)(?:order|invoice|ticket|track|case|ref(?:erence)?|sku|part|model|serial|version|ver|isbn|"
    r"release|build|firmware|section|chapter|booking|confirmation|reservation|article|item|product|"
    r"line|row|page|port|bug|issue|commit|transaction|receipt|parcel|shipment|flight|id|"
    r"版本号?|订单号?|编号|バージョン|注文番号|버전|주문번호|верси[яию]|заказа?)"
    r"(?:[ _-]?(?:number|no|num|nr|id|code|ing))?[\s#:.=\"'()-]{0,4}(?:is|was)?[\s#:\"']{0,3}$"
)


def _is_numbered(text: str, start: int) -> bool:
    return _NUMBERED.search(_before(text, start)) is not None


# An address is of Latin letters, or a part of it is of others throughout: where words are not
# spaced, `邮箱是ann@example.com吧` has three of them.
LATIN = r"0-9A-Za-z\u00c0-\u024f"
_OTHER = r"[^\W\d_A-Za-z\u00c0-\u024f]"
_EMAIL = re.compile(
    rf"(?:(?<![{LATIN}_.+%'@-])[{LATIN}_.+%'-]{{1,64}}|(?<!{_OTHER}){_OTHER}{{1,64}})(?:@|%40)"
    rf"(?:(?:[{LATIN}](?:[{LATIN}_-]{{0,61}}[{LATIN}])?\.){{1,8}}[A-Za-z]{{2,24}}(?![{LATIN}_-])"
    r"|(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-]))"
)
_FILE_ENDINGS = ("png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "py")


def _emails(text: str) -> Iterator[SensitiveSpan]:
    for match in _EMAIL.finditer(text) if "@" in text or "%40" in text else ():
        # `//me:pw@host`, `git@host` and `icon@2x.png` only look like it.
        in_url = "@" in match[0] and re.search(
            r"://[^\s/]*$", text[max(0, match.start() - 200) : match.start()]
        )
        start = match.start() + len(match[0]) - len(match[0].lstrip("'.%+-"))
        local, _, domain = text[start : match.end()].replace("%40", "@").partition("@")
        if in_url or local in ("", "git") or domain.rpartition(".")[2].lower() in _FILE_ENDINGS:
            continue
        yield SensitiveSpan("EMAIL", start, match.end(), "email", 0.95, False)


_CARD = ascii_words(r"(?<![\w.,+#-])[2-6](?:[ -]?[0-9]){11,22}")
_CARD_WORDS = re.compile(r"(?i)card|visa|maestro|credit|debit|charge|pa(?:y|id)")
# Source: ISO/IEC 7812 issuer ranges as the networks publish them; brand -> prefix, lengths.
_BRANDS = (
    (re.compile(r"4"), (13, 16, 19)),
    (re.compile(r"5[1-5]|2(?:22[1-9]|2[3-9]|[3-6]|7[01]|720)"), (16,)),
    (re.compile(r"3[47]"), (15,)),
    (re.compile(r"3(?:0[0-5]|095|[68])"), (14, 16, 17, 18, 19)),
    (re.compile(r"35(?:2[89]|[3-8])"), (16, 17, 18, 19)),
    (re.compile(r"6(?:011|4[4-9]|5)|62"), (16, 17, 18, 19)),
    (re.compile(r"5018|5020|5038|5893|6304|6759|676[1-3]"), tuple(range(12, 20))),
)
_GROUPS = re.compile(
    r"[0-9]+|[0-9]{4}(?:([ -])[0-9]{4}(?:\1[0-9]{1,4}){1,3}|([ -])[0-9]{6}\2[0-9]{4,5})"
)


def luhn(digits: str) -> bool:
    """Returns whether the last digit is the check digit of the others.

    Source: ISO/IEC 7812-1, annex B.
    """
    doubles = (sum(divmod(2 * int(c), 10)) for c in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(doubles)) % 10 == 0


def _cards(text: str) -> Iterator[SensitiveSpan]:
    for match in _CARD.finditer(text):
        places = [match.start() + i for i, c in enumerate(match[0]) if c.isdecimal()]
        is_named = _CARD_WORDS.search(_before(text, match.start())) is not None
        for pattern, lengths in _BRANDS if len(set(match[0])) > 1 else ():
            # The numbers behind it may have been taken in; the brand says where it can end.
            for length in lengths if pattern.match(text[match.start() :].replace(" ", "")) else ():
                end = places[length - 1] + 1 if length <= len(places) else None
                value = text[match.start() : end]
                whole = end and _GROUPS.fullmatch(value) and not _CARD_GOES_ON.match(text, end)
                # So short, one is rare today, and article numbers are as long.
                if whole and luhn(re.sub("[ -]", "", value)) and (is_named or length > _SHORT_CARD):
                    yield SensitiveSpan(
                        "CARD", match.start(), match.start() + len(value), "card", 0.95, False
                    )


_SHORT_CARD = 13
_CARD_GOES_ON = ascii_words(r"[\w-]|[.,][0-9]")
# Source: SWIFT IBAN registry, release 99; country and length.
IBAN_LENGTHS = {
    word[:2]: int(word[2:])
    for word in re.findall(
        r"\w+",
        "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
        "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 "
        "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
        "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 "
        "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30",
    )
}
_IBAN = ascii_words(r"(?<![^\W_])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11,29}")


_IBAN_GOES_ON = re.compile("[A-Za-z0-9]")


def _ibans(text: str) -> Iterator[SensitiveSpan]:
    for match in _IBAN.finditer(text):
        length = IBAN_LENGTHS.get(match[0][:2].upper())
        # The pattern takes in the words that follow; the country says where the number ends.
        places = [i for i, c in enumerate(match[0]) if c.isalnum()]
        if length is None or len(places) < length:
            continue
        end = match.start() + places[length - 1] + 1
        value = re.sub("[ -]", "", text[match.start() : end]).upper()
        if not _IBAN_GOES_ON.match(text, end) and _mod_97(value[4:] + value[:4]) == 1:
            yield SensitiveSpan("IBAN", match.start(), end, "iban", 0.99, False)


def _mod_97(value: str) -> int:
    return int("".join(str(int(c, 36)) for c in value)) % 97


_SSN = ascii_words(
    r"(?<![\w.,#+-])(?!000|666|9)[0-9]{3}([ -]?)(?!00)[0-9]{2}\1(?!0000)[0-9]{4}(?![\w-])"
    r"(?![.,][0-9])"
)
_SSN_WORDS = re.compile(r"(?i)\bssn\b|(?<![a-z])ssn_|social.{0,2}sec")


def _ssns(text: str) -> Iterator[SensitiveSpan]:
    """Finds US social security numbers; only dashes are a form that says so by itself."""
    for match in _SSN.finditer(text):
        is_named = _SSN_WORDS.search(_before(text, match.start())) is not None
        if is_named or (match[1] == "-" and not _is_numbered(text, match.start())):
            yield SensitiveSpan("SSN", *match.span(), "ssn", 0.95 if is_named else 0.7, False)


_IPV4 = ascii_words(r"(?<![\w.-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w-])(?!\.[0-9])")
_IPV6 = ascii_words(r"(?<![\w:.])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,8}(?![\w:])(?!\.[0-9])")
_MAC = ascii_words(
    r"(?<![\w:-])[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}(?![\w:-])"
)


def _addresses(text: str) -> Iterator[SensitiveSpan]:
    for match in _IPV4.finditer(text):
        parts = match[0].split(".")
        # Four single digits are a version, or one of the well-known name servers.
        if (
            max(map(len, parts)) > 1
            and not _is_numbered(text, match.start())
            and _names_host(match[0])
        ):
            yield SensitiveSpan("IP", *match.span(), "ipv4", 0.8, False)
    for match in _IPV6.finditer(text) if text.count(":") > 1 else ():
        # Times and `ab::cd` in source code are made of the same characters.
        whole = match[0].count(":") == 7 and "::" not in match[0]
        wide = max(map(len, match[0].split(":"))) > 2
        if (
            wide
            and (whole or re.match("(?i)[23f][0-9a-f]{3}:", match[0]))
            and _names_host(match[0])
        ):
            yield SensitiveSpan("IP", *match.span(), "ipv6", 0.9, False)
    for match in _MAC.finditer(text):
        if len(set(match[0].lower())) > 2 and re.search("[0-9]", match[0]):
            yield SensitiveSpan("MAC", *match.span(), "mac", 0.9, False)


def _names_host(address: str) -> bool:
    """Returns whether an address can be somebody's: no mask, no loopback, no multicast."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mask = ip.version == 4 and int(ip) >= 0xF0000000
    return not (ip.is_loopback or ip.is_multicast or ip.is_unspecified or mask)


_DIGITS = ascii_words(
    r"(?<![\w#$€£/-])(?<![0-9][.,])[+(]{0,2}[0-9](?:[0-9 ().\-\u2010-\u2015\u00a0/]{5,22})[0-9]"
)
_PHONE_WORDS = re.compile(
    r"(?i)phone|(?<![a-z])(?:tel|mobile|cell|fax|whatsapp|sms|call|dial|ring|text|reach|contact|"
    r"hotline|callback|landline|message)(?![a-z])|(?:my|his|her|our|new|their|following) number"
)
_BARE = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_FEWEST_DIGITS = 7
_FEWEST_DIGITS_NAMED = 9


def _phones(text: str, regions: Sequence[str]) -> Iterator[SensitiveSpan]:
    """Finds phone numbers by the numbering plans of the regions and, with a country code, of all.

    Where the words before say that it is one, it need not be assigned to anybody. Elsewhere it
    must be, and plain digits, or digits grouped as nobody there does, are taken for something else.
    """
    for match in _DIGITS.finditer(text):
        if sum(c.isdecimal() for c in match[0]) < _FEWEST_DIGITS:
            continue
        is_named = _PHONE_WORDS.search(_before(text, match.start())) is not None
        # The few characters around it are all that the matcher looks at.
        first = max(0, match.start() - 2)
        window = text[first : match.end() + 12]
        for start, end in _numbers(window, regions, is_named):
            if score := _phone_score(text, first + start, first + end, is_named, regions):
                yield SensitiveSpan("PHONE", first + start, first + end, "phone", score, False)


def _numbers(window: str, regions: Sequence[str], is_named: bool) -> Iterator[tuple[int, int]]:
    from phonenumbers import Leniency, PhoneNumberMatcher

    levels = [(Leniency.VALID, _FEWEST_DIGITS)]
    if is_named:
        levels.append((Leniency.POSSIBLE, _FEWEST_DIGITS_NAMED))
    for region in regions or (None,):
        for leniency, fewest in levels:
            for number in PhoneNumberMatcher(window, region, leniency=leniency):
                if sum(c.isdecimal() for c in number.raw_string) >= fewest:
                    yield number.start, number.end


def _phone_score(text: str, start: int, end: int, is_named: bool, regions: Sequence[str]) -> float:
    """Returns how sure it is that digits which could be a phone number are one; 0: they are not."""
    if _PART_OF_MORE_AFTER.match(text, end) or _PART_OF_MORE_BEFORE.search(
        text[max(0, start - 2) : start]
    ):
        return 0
    value = text[start:end]
    international = value.lstrip("( ").startswith("+")
    if is_named or international:
        return 0.95 if is_named else 0.9
    if _is_numbered(text, start) or _BARE.fullmatch(value) or not _well_grouped(value, regions):
        return 0
    return 0.7


_PART_OF_MORE_BEFORE = ascii_words(r"[\w#$€£/-]$|[0-9][.,]$")
_PART_OF_MORE_AFTER = ascii_words(r"[\w-]|[.,/][0-9]|%")


def _well_grouped(value: str, regions: Sequence[str]) -> bool:
    from phonenumbers import Leniency, PhoneNumberMatcher

    strict = Leniency.STRICT_GROUPING
    return any(PhoneNumberMatcher(value, r, leniency=strict).has_next() for r in regions)


def _secrets(text: str) -> Iterator[SensitiveSpan]:
    for start, end, detector, score in credentials.find(text):
        yield SensitiveSpan(SECRET, start, end, detector, score, True)


_DETECTORS: tuple[Callable[[str], Iterable[SensitiveSpan]], ...] = (
    _secrets, _emails, _cards, _ibans, _ssns, _addresses,
)  # fmt: skip
