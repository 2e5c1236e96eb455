"""What keys, tokens and passwords look like.

Most issuers begin their keys with a prefix of their own. What has none is found by what the text
calls it, where the value looks drawn rather than written.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Place = tuple[int, int, str, float]
"""Start and end of a secret, what found it, and how sure that is, 0 to 1."""


def find(text: str) -> Iterator[Place]:
    """Yields the secrets of a text; they may overlap."""
    yield from _keys(text)
    yield from _credentials(text)


def entropy(text: str) -> float:
    """Returns the Shannon entropy of the characters of a text, in bits a character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _random(value: str) -> bool:
    """Returns whether a token was drawn rather than written: letters, digits, no repetition."""
    digits = sum(c.isdecimal() for c in value)
    letters = sum(c.isalpha() for c in value)
    return digits >= 2 and letters >= 2 and entropy(value) >= 3.0


def _varied(value: str) -> bool:
    """Returns whether a token whose prefix tells its issuer is one, and no row of x."""
    return entropy(value) >= 3.0


def _mixed(value: str) -> bool:
    """Returns whether a base64 text was drawn: an sha1 in hexadecimal is not."""
    kinds = (str.islower, str.isupper, str.isdecimal)
    return all(any(is_kind(c) for c in value) for is_kind in kinds) and entropy(value) >= 4.0


def _long_body(value: str) -> bool:
    return len(re.sub(r"-----[A-Z ]+-----|[^A-Za-z0-9+/=]", "", value)) >= 40


@dataclass(frozen=True)
class _Key:
    """How the keys of one issuer look; the value is group 1 where there is one."""

    detector: str
    hints: tuple[str, ...]
    pattern: re.Pattern[str]
    check: Callable[[str], bool] = _varied


def ascii_words(pattern: str) -> re.Pattern[str]:
    """Returns a pattern for which a letter of another script ends a word, as in `密钥AKIA`."""
    return re.compile(pattern, re.ASCII)


# Source: the issuers' documentation, and the tables of GitHub's secret scanning and of gitleaks.
# Where no word ends like the prefix, a key may be glued to letters before it, as in `keyAKIA`.
_KEYS = (
    _Key("private-key", ("PRIVATE KEY",), ascii_words(
        r"-----BEGIN [A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----(?:[^<>]{40,20000}?-----END "
        r"[A-Z0-9 ]{0,20}PRIVATE KEY(?: BLOCK)?-----|[A-Za-z0-9+/=\s\\:,.-]{40,20000})"),
        _long_body),
    _Key("anthropic", ("sk-ant-",), ascii_words(
        r"(?:(?<![\w-])sk-ant-|sk-ant-[a-z]{3,8}[0-9]{2}-)[\w-]{20,}")),
    _Key("openai", ("sk-",), ascii_words(r"(?<![\w-])sk-(?!ant-)[\w-]{20,}"), _random),
    _Key("aws-access-key", ("AKIA", "ASIA"), ascii_words(
        r"(?<![A-Z0-9])A[KS]IA[A-Z0-9]{16}(?![A-Z0-9])"), bool),
    _Key("aws-secret-key", ("AKIA", "ASIA", "aws", "AWS", "ecret"), ascii_words(
        r"(?:(?i:aws|secret)|A[KS]IA[A-Z0-9]{16})[^\n>]{0,60}?(?<![\w/+=])([\w/+]{40})(?![\w/+=])"),
        _mixed),
    _Key("github", ("gh",), ascii_words(r"gh[pousr]_[A-Za-z0-9]{36,255}(?!\w)")),
    _Key("github", ("github_pat_",), ascii_words(r"(?<!\w)github_pat_\w{22,255}")),
    _Key("gitlab", ("glpat-",), ascii_words(r"glpat-[\w-]{20,}")),
    _Key("slack", ("xox", "xapp-"), ascii_words(r"(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}")),
    _Key("slack-webhook", ("hooks.slack.com",), ascii_words(
        r"hooks\.slack\.com/(?:services|workflows)/([A-Z0-9]{8,}/[A-Z0-9]{8,}/\w{16,})")),
    _Key("google", ("AIza",), ascii_words(r"AIza[\w-]{35}(?![\w-])")),
    _Key("google-oauth", ("GOCSPX-",), ascii_words(r"GOCSPX-[\w-]{28}")),
    _Key("stripe", ("_live_", "_test_"), ascii_words(
        r"(?<!\w)[sr]k_(?:live|test)_[A-Za-z0-9]{16,}")),
    _Key("sendgrid", ("SG.",), ascii_words(r"(?<![\w.-])SG\.[\w-]{16,32}\.[\w-]{16,64}")),
    _Key("npm", ("npm_",), ascii_words(r"npm_[A-Za-z0-9]{36}(?!\w)")),
    _Key("pypi", ("pypi-",), ascii_words(r"(?<![\w-])pypi-[\w-]{50,}")),
    _Key("hugging-face", ("hf_",), ascii_words(r"(?<!\w)hf_[A-Za-z0-9]{30,}")),
    _Key("groq", ("gsk_",), ascii_words(r"(?<!\w)gsk_[A-Za-z0-9]{40,}")),
    _Key("databricks", ("dapi",), ascii_words(r"(?<!\w)dapi[a-f0-9]{32}(?!\w)")),
    _Key("digitalocean", ("_v1_",), ascii_words(r"(?<!\w)do[opr]_v1_[a-f0-9]{64}")),
    _Key("shopify", ("shp",), ascii_words(r"(?<!\w)shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}")),
    _Key("telegram", (":AA",), ascii_words(r"(?<!\w)[0-9]{8,10}:AA[\w-]{33}(?![\w-])")),
    _Key("azure-storage", ("AccountKey=",), ascii_words(r"AccountKey=([A-Za-z0-9+/]{86}==)")),
    _Key("jwt", ("eyJ",), ascii_words(r"(?<![\w-])eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}")),
    _Key("bearer", ("earer", "EARER"), ascii_words(
        r"(?i)(?<![a-z])bearer\s+([\w.~+/-]{20,}=*)"), _random),
)  # fmt: skip


def _keys(text: str) -> Iterator[Place]:
    for key in _KEYS:
        if any(hint in text for hint in key.hints):
            for match in key.pattern.finditer(text):
                group = key.pattern.groups
                if key.check(match[group]):
                    yield *match.span(group), key.detector, 0.95


_URL_PASSWORD = ascii_words(
    r"(?<![\w+.-])[A-Za-z][\w+.-]{1,20}://[^\s:/@<>]{0,64}:(?P<value>[^\s/@<>]{1,100})@"
)
_IS = r"(?:[\"'`]|_\w{1,20})?(?:\s*(?:=>|:=|[=:：是])\s*|\s+(?:is|was)\s*:?\s+)[\"'`]?"
_PASSWORD = re.compile(
    rf"(?i)(?<![a-z])(?:pass(?:word|wd|phrase|code)?|pwd){_IS}"
    r"(?P<value>(?:(?!&\w+=)[^\s\"'`<>。，、；]){6,100}+)"
)
_ASSIGNED = re.compile(
    r"(?i)(?:(?:api|access|secret|private|auth)[ _-]?key|client[ _-]?secret|secret|token)"
    rf"{_IS}(?P<value>[^\s\"'`,;<>(){{}}\[\]&|\u0370-\U0010ffff]{{6,200}}+)(?![(\[{{])"
)
_EXAMPLE = re.compile(
    r"(?i)^\$[a-z_{(]|%\(|\*{3}|x{4}|\.{3}|example|placeholder|your|change.?me|pass(?:word)?$|secret$"
)
# Tokens of models, and of pages of results.
_OTHER_TOKEN = re.compile(
    r"(?i)(?:page|next|pad|eos|bos|sep|cls|unk|mask|sync|cursor|continuation|prompt)[ _-]?$"
)


def _credentials(text: str) -> Iterator[Place]:
    """Yields what a text calls a password or a key, and the passwords in addresses."""
    for pattern, detector, check in (
        (_URL_PASSWORD, "url-password", bool),
        (_PASSWORD, "password", _is_password),
        (_ASSIGNED, "assigned-key", _is_assigned_key),
    ):
        for match in pattern.finditer(text):
            value = match["value"].rstrip(".,;:")
            token = _OTHER_TOKEN.search(text[max(0, match.start() - 16) : match.start()])
            if check(value) and not _EXAMPLE.search(value) and not token:
                start = match.start("value")
                yield start, start + len(value), detector, 0.8


def _is_assigned_key(value: str) -> bool:
    return len(value) >= 12 and _random(value) and "://" not in value


_CODE = re.compile(r"[A-Za-z_.]+[0-9]?|[A-Za-z_.]+[(\[{].*|[{}()\[\]]+.{0,3}")


def _is_password(value: str) -> bool:
    """Returns whether a word is a password rather than a word about one, or source code."""
    if "://" in value or _CODE.fullmatch(value):
        return False
    kinds = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^\w\s]")
    several = sum(re.search(kind, value) is not None for kind in kinds)
    return several >= 3 or (
        several == 2 and len(value) >= 8 and re.search("[0-9]", value) is not None
    )
