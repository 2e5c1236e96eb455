"""One request to an endpoint that is compatible with OpenAI's, and what its failures mean.

A key goes to the endpoint only: it is in no message, and no redirect is followed.
Source: OpenAI API reference, chat completions and error codes; RFC 9110, 10.2.3 (Retry-After).
"""

from __future__ import annotations

import json
import os
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from curate import config
from curate.errors import ConfigError, MissingExtra, RemoteUnavailable, TransportError
from curate.evaluate.ask_options import Ask, AskConduct, AskSettings
from curate.evaluate.heldout import answer_text
from curate.formats import Inexpressible, _chat
from curate.messages import Message, parse_messages, parse_tools
from curate.pull.bodies.reasoning import with_reasoning
from curate.sources.platforms._http import retry_after

KEY_VARIABLE = "CURATE_API_KEY"
LONGEST_REPLY_BYTES = 32 * 2**20

NO_CONNECTION, TIMEOUT = "no connection", "timeout"

_CONNECT_SECONDS = 10.0
_AGAIN = (408, 409, 425)
_BUSY = 429
_DETAIL_CHARACTERS = 300
_THOUGHTS = ("reasoning_content", "reasoning")


@dataclass(frozen=True)
class Completion:
    """What a model answered to one prompt.

    Attributes:
        messages: assistant messages, as in `interactions.output`; normally one.
        input_tokens: as the endpoint counts them; None where it does not say.
        latency_ms: from the request to the end of the reply.
    """

    messages: list[dict[str, Any]]
    finish_reason: str | None
    input_tokens: int | None
    output_tokens: int | None
    latency_ms: float

    @property
    def is_empty(self) -> bool:
        """Returns whether nothing was said and no tool called: that is no answer."""
        return not answer_text(self.messages)


class NoCompletion(RemoteUnavailable):
    """The endpoint did not answer, or not whole: asking again may help.

    Attributes:
        reason: in one or two words, to be counted.
        wait_seconds: how long the endpoint asks to wait; None where it does not say.
        may_cost: whether an answer may have been made, and have its price.
    """

    def __init__(
        self, reason: str, *, wait_seconds: float | None = None, may_cost: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.wait_seconds, self.may_cost = reason, wait_seconds, may_cost

    @property
    def is_busy(self) -> bool:
        """Returns whether the endpoint has too much to do."""
        return self.reason == f"status {_BUSY}"


class OtherName(NoCompletion):
    """The endpoint knows a field by another name, under which it gets it from now on."""


class PromptRefused(TransportError):
    """The endpoint refuses one prompt; asking again will not help.

    Attributes:
        status: of its reply.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}{detail}")
        self.status = status


def api_key(file: Path | None = None) -> str | None:
    """Returns the key: out of a file that only its owner can read, or the environment.

    None where there is none: an endpoint on this machine seldom wants one.

    Raises:
        ConfigError: others can read the file, or there is no key in it.
    """
    if file is None:
        return config.secret_text(os.environ.get(KEY_VARIABLE, "")) or None
    key = config.secret_of_file(file)
    if not key:
        raise ConfigError(f"{file} is empty. Next: put the endpoint's key into it")
    return key


def refuse_open_line(ask: Ask, key: str | None, conduct: AskConduct) -> None:
    """Refuses to let a key go where others can read it.

    Raises:
        ConfigError: the endpoint is on another machine, and its address is http.
    """
    if key and ask.url.startswith("http:") and not ask.is_local and not conduct.plain_http:
        raise ConfigError(
            f"{ask.url}: over http anybody on the way to {ask.host} can read the key. Next: use "
            f"its https address, or unset {KEY_VARIABLE} if it wants none"
        )


class Endpoint:
    """A connection to an endpoint, which several threads may use at once.

    Args:
        ask: the endpoint and its model.
        settings: what is asked for beside the prompts.
        conduct: how it is asked.
        key: of the endpoint.

    Raises:
        ConfigError: the key would go over an open line.
        MissingExtra: httpx is not installed.
    """

    def __init__(
        self, ask: Ask, settings: AskSettings, conduct: AskConduct, key: str | None
    ) -> None:
        refuse_open_line(ask, key, conduct)
        try:
            import httpx
        except ImportError as error:
            raise MissingExtra(
                "asking an endpoint needs httpx. Next: pip install 'curate-workbench[evaluate]'"
            ) from error
        self.ask, self._settings, self._key = ask, settings, key
        self._seconds = conduct.timeout_seconds
        self._limit = "max_tokens"
        headers = {"Content-Type": "application/json", "User-Agent": "curate"}
        self._http = httpx.Client(
            headers=headers | ({"Authorization": f"Bearer {key}"} if key else {}),
            timeout=httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds)),
            limits=httpx.Limits(max_connections=conduct.concurrency),
            follow_redirects=False,
            # A proxy of the environment is no part of a line within this machine.
            trust_env=not ask.is_local,
        )

    def close(self) -> None:
        """Ends all connections."""
        self._http.close()

    def complete(self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Any]) -> Completion:
        """Returns what the model answers to one prompt; it is asked once.

        Raises:
            NoCompletion: there was no whole answer; asking again may help.
            PromptRefused: the endpoint does not take this prompt.
            TransportError: it takes none of us.
        """
        limit = self._limit
        body = self._body(messages, tools, limit)
        begun = time.monotonic()
        status, headers, content = self._send(body)
        latency_ms = (time.monotonic() - begun) * 1e3
        if 200 <= status < 300:
            return _completion(content, latency_ms)
        raise self._refusal(status, headers, content, limit)

    def _body(
        self, messages: Sequence[Mapping[str, Any]], tools: Sequence[Any], limit: str
    ) -> bytes:
        fields = self._settings.fields
        fields[limit] = fields.pop("max_tokens")
        request = {"model": self.ask.model, "messages": _sendable(messages), **fields}
        definitions = parse_tools(list(tools))
        return orjson.dumps(request | ({"tools": definitions} if definitions else {}))

    def _send(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Returns status, headers and content of a whole reply."""
        import httpx

        until = time.monotonic() + self._seconds
        try:
            with self._http.stream("POST", self.ask.completions_url, content=body) as response:
                content = bytearray()
                for part in response.iter_bytes():
                    content += part
                    if time.monotonic() > until:
                        raise NoCompletion(TIMEOUT, may_cost=True)
                    if len(content) > LONGEST_REPLY_BYTES:
                        raise NoCompletion("endless reply", may_cost=True)
                return response.status_code, response.headers, bytes(content)
        except (httpx.ConnectTimeout, httpx.PoolTimeout):
            raise NoCompletion(NO_CONNECTION) from None
        except httpx.TimeoutException:
            raise NoCompletion(TIMEOUT, may_cost=True) from None
        except httpx.ConnectError as error:
            raise self._no_connection(error) from None
        except httpx.HTTPError:
            raise NoCompletion("cut reply", may_cost=True) from None

    def _no_connection(self, error: Exception) -> Exception:
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
            cause = cause.__cause__ or cause.__context__
        if cause is None:
            return NoCompletion(NO_CONNECTION)
        return TransportError(
            f"{self.ask.url}: its certificate is not trusted ({cause.verify_message})"
        )

    def _refusal(
        self, status: int, headers: Mapping[str, str], content: bytes, limit: str
    ) -> Exception:
        """Returns what a reply that is no answer means."""
        url, detail = self.ask.url, self._clean(_detail(content))
        if status >= 500 or status in (*_AGAIN, _BUSY):
            wait_seconds = retry_after(headers.get("Retry-After"))
            return NoCompletion(f"status {status}", wait_seconds=wait_seconds)
        if status in (401, 403):
            what = "does not accept the key" if self._key else "wants a key"
            return TransportError(
                f"{url} {what} ({status}{detail}). Next: put a valid one into {KEY_VARIABLE}, or "
                "name a file of mode 600 with --token-file"
            )
        if status == 404:
            return TransportError(
                f"{url} has no model {self.ask.model!r}, or is no such endpoint (404{detail}). "
                f"Next: correct --ask {self.ask.name}=URL#MODEL; {url}/models lists its models"
            )
        if 300 <= status < 400:
            where = self._clean(headers.get("Location") or "elsewhere")
            return TransportError(f"{url} has moved to {where}. Next: use that address")
        if status == 400 and limit == "max_tokens" and b"max_completion_tokens" in content:
            # Source: OpenAI API reference: models that reason know only the newer name.
            self._limit = "max_completion_tokens"
            return OtherName("other name of max_tokens")
        return PromptRefused(status, detail)

    def _clean(self, text: str) -> str:
        """Returns a text of the endpoint's without the key."""
        return text.replace(self._key, "***") if self._key else text


def _sendable(messages: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Returns messages in the API's shape, whatever format their version is written in.

    The texts of tool calls, their ids and those of the results are as `openai-chat` has them.
    """
    parsed = parse_messages(list(messages))
    if parsed is None:
        return list(messages)
    try:
        return _chat.messages(parsed)
    except Inexpressible:  # an image, which a format of text alone would lose
        return parsed


def _completion(content: bytes, latency_ms: float) -> Completion:
    """Returns the answer in a reply.

    Raises:
        NoCompletion: there is none.
    """
    try:
        reply = _parsed(content)
        choice = reply["choices"][0]
        message = choice["message"]
        messages = parse_messages([{"role": "assistant", **message}])
        usage = reply.get("usage") or {}
        counts = [_number(usage.get(f"{side}_tokens")) for side in ("prompt", "completion")]
        finish_reason = choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError):
        raise NoCompletion("no chat completion", may_cost=True) from None
    if messages is None:
        raise NoCompletion("no chat completion", may_cost=True)
    reason = None if finish_reason is None else str(finish_reason)
    answer = _answer(messages[0], [message.get(name) for name in _THOUGHTS])
    return Completion([answer], reason, counts[0], counts[1], latency_ms)


def _answer(message: Message, thoughts: Sequence[Any]) -> Message:
    """Returns a message with what was thought apart from what was said; to refuse says something.

    Source: OpenAI API reference, `refusal`; `reasoning_content` as DeepSeek and vLLM write it,
    `reasoning` as OpenRouter does.
    """
    answer = with_reasoning(message, *(t for t in thoughts if isinstance(t, str)))
    refusal = answer.get("refusal")
    if isinstance(refusal, str) and not answer_text([answer]):
        return {**answer, "content": refusal}
    return answer


def _parsed(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise NoCompletion("invalid JSON", may_cost=True) from None


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _detail(content: bytes) -> str:
    """Returns what a reply says was wrong, as an addition to its status."""
    try:
        reply = json.loads(content)
    except ValueError:
        return ""
    if not isinstance(reply, Mapping):
        return ""
    error = reply.get("error") or reply.get("detail") or reply.get("message")
    said = error.get("message") if isinstance(error, Mapping) else error
    text = " ".join(str(said).split()) if said else ""
    return f": {text[:_DETAIL_CHARACTERS]}" if text else ""
