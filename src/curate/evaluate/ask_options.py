"""What an endpoint is asked for, and how; nothing heavy, so that a command line reads it here."""

from __future__ import annotations

import hashlib
import ipaddress
import json
import math
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from curate.errors import ConfigError, unknown_name

COMPLETIONS = "/chat/completions"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]*")
_HOST = re.compile(r"(?:[^@]*@)?(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?")
_SHAPE = "NAME=URL#MODEL, such as tuned=http://127.0.0.1:8000/v1#my-model"


@dataclass(frozen=True)
class Ask:
    """A model to ask, at an endpoint that is compatible with OpenAI's.

    Attributes:
        name: that its answers go by.
        url: of the endpoint, without `/chat/completions`; it names the endpoint in the store.
        model: as the endpoint calls it.
    """

    name: str
    url: str
    model: str

    @property
    def completions_url(self) -> str:
        """Returns where requests go."""
        return f"{self.url}{COMPLETIONS}"

    @property
    def host(self) -> str:
        """Returns the host of the endpoint."""
        return urlsplit(self.url).hostname or ""

    @property
    def is_local(self) -> bool:
        """Returns whether what is sent stays on this machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_ask(text: str) -> Ask:
    """Returns who is asked, of `NAME=URL#MODEL`.

    The URL may end at the host, at `/v1` or any other path, or at `/chat/completions`.

    Raises:
        ConfigError: a part is missing, or the URL is none that can be asked.
    """
    name, _, rest = text.strip().partition("=")
    url, _, model = (part.strip() for part in rest.partition("#"))
    if not _NAME.fullmatch(name.strip()) or not url or not model:
        raise ConfigError(f"--ask {_without_key(text)!r}: expected {_SHAPE}", option="ask")
    return Ask(name.strip(), _endpoint(url), model)


def _without_key(text: str) -> str:
    """Returns a text as it may be shown: what a password or a query could be is left out."""
    return re.sub(r"//[^/@]*@|\?[^#]*", "...", text)


def _endpoint(url: str) -> str:
    """Returns the address of an endpoint in one form.

    Raises:
        ConfigError: it is none, or holds a password.
    """
    shown = _without_key(url)
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(_HOST.fullmatch(parts.netloc))
        _ = parts.port  # raises where it is no number
    except ValueError:
        is_address = False
    if not is_address:
        raise ConfigError(f"{shown!r} is no address of an endpoint; expected {_SHAPE}")
    if "@" in parts.netloc:
        raise ConfigError("a password does not belong into the endpoint's address")
    if parts.query:
        raise ConfigError(f"{shown}: nothing after a ? belongs into the endpoint's address")
    path = parts.path.rstrip("/")
    if path.endswith(COMPLETIONS):
        path = path.removesuffix(COMPLETIONS)
    elif not path:
        path = "/v1"
    return f"{parts.scheme}://{parts.netloc.lower()}{path}"


@dataclass(frozen=True)
class AskSettings:
    """What is asked for beside the prompt; answers are stored under these.

    Attributes:
        temperature: of the sampling; None leaves it to the endpoint.
        max_tokens: of an answer.
        seed: of the sampling, where the endpoint has one; None leaves it out.
    """

    temperature: float | None = 0.0
    max_tokens: int = 512
    seed: int | None = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise ConfigError(f"max_tokens is {self.max_tokens}: expected 1 or more")
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise ConfigError(f"temperature is {self.temperature}: expected 0 to 2")

    @property
    def fields(self) -> dict[str, Any]:
        """Returns the fields of a request that these are."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @property
    def digest(self) -> str:
        """Returns what names these settings in the store, SHA-256."""
        return hashlib.sha256(json.dumps(self.fields, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Prices:
    """What tokens cost: USD per million of the prompts', and of the answers'."""

    input_usd: float
    output_usd: float

    def __post_init__(self) -> None:
        _require_amount("price", self.input_usd)
        _require_amount("price", self.output_usd)

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """Returns what some tokens cost in USD."""
        return (input_tokens * self.input_usd + output_tokens * self.output_usd) / 1e6


@dataclass(frozen=True)
class AskConduct:
    """How an endpoint is asked; nothing of this changes an answer.

    Attributes:
        concurrency: requests that are under way at once, those that wait to be repeated included.
        timeout_seconds: how long the endpoint may say nothing, and how long a reply may take.
        tries: of one prompt that fails, before the endpoint counts as unavailable.
        first_pause_seconds: before the second try; it doubles from try to try.
        longest_pause_seconds: between two tries, where the endpoint does not ask for more.
        patience_seconds: how long one prompt waits for an endpoint with too much to do (429).
        max_requests: how many one call may send, repeated ones included; None for any number.
        budget_usd: what one call may cost. A request goes out only if its longest answer still
            fits; of a reply that did not arrive the full price is counted. It needs `prices`.
        prices: of the endpoint.
        plain_http: lets a key go over http to another machine, where anybody between can read it.
    """

    concurrency: int = 4
    timeout_seconds: float = 120.0
    tries: int = 5
    first_pause_seconds: float = 0.5
    longest_pause_seconds: float = 30.0
    patience_seconds: float = 300.0
    max_requests: int | None = None
    budget_usd: float | None = None
    prices: Prices | None = None
    plain_http: bool = False

    def __post_init__(self) -> None:
        for name in ("concurrency", "tries", "timeout_seconds"):
            if getattr(self, name) <= 0:
                raise ConfigError(f"{name} is {getattr(self, name)}: expected more than 0")
        if self.budget_usd is None:
            return
        _require_amount("budget", self.budget_usd)
        if self.prices is None:
            raise ConfigError("a budget in USD needs the endpoint's prices. Next: name both")


def _require_amount(what: str, usd: float) -> None:
    if not (math.isfinite(usd) and usd >= 0):
        raise ConfigError(f"the {what} is {usd} USD: expected 0 or more")


@dataclass(frozen=True)
class Asked:
    """Endpoints that are asked for the answers to judge.

    Attributes:
        key: of all of them; it is stored and shown nowhere.
        systems: name of a model -> the system prompt that it gets, in place of a logged one.
        retry_refused: sends prompts too that an endpoint did not take.
    """

    models: tuple[Ask, ...]
    settings: AskSettings = AskSettings()
    conduct: AskConduct = AskConduct()
    key: str | None = field(default=None, repr=False)
    systems: Mapping[str, str] = field(default_factory=dict)
    retry_refused: bool = False

    def __post_init__(self) -> None:
        for name in self.systems:
            if name not in {model.name for model in self.models}:
                raise ConfigError(
                    unknown_name("model that is asked", name, [m.name for m in self.models]),
                    option="system",
                )
        hosts = sorted({model.host for model in self.models if not model.is_local})
        if self.key and len(hosts) > 1:
            raise ConfigError(
                f"one key would go to {' and '.join(hosts)}. Next: ask one endpoint after the "
                "other, each with its key; answers are stored, so then name all without a key"
            )

    @property
    def prices(self) -> Prices | None:
        """Returns what their tokens cost, where that is known."""
        return self.conduct.prices
