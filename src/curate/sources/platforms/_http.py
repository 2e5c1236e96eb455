"""Asks a platform's HTTP API: patient with a busy server, and silent about keys."""

from __future__ import annotations

import http.client
import json
import logging
import re
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from curate.errors import RemoteUnavailable, SourceError

log = logging.getLogger(__name__)

SILENCE_SECONDS, REPLY_SECONDS = 60.0, 300.0
"""How long the server may say nothing, and how long one reply may take."""
TRIES, FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 5, 0.5, 30.0
PATIENCE_SECONDS = 300.0
"""How long to wait for one reply of a server that has too much to do (429)."""
LEAST_LIMIT = 10
_AGAIN = "Nothing is lost. Next: type the command again, which goes on where it was"
_TOO_MUCH, _TOO_LARGE = 429, (408, 413, 422, 504, 524)
_SAID_CHARACTERS = 200


class NotThere(Exception):
    """The server has no such endpoint."""


class Refused(SourceError):
    """The server refuses a request as wrong; `status` is its code."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Reply:
    """What a server answered: its JSON, and its time where it told."""

    content: Any
    at: datetime | None


class _Stays(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, which would carry the keys to another server."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Api:
    """A server that answers with JSON.

    Args:
        url: its address.
        shown: its address as a person may see it.
        authorization: the header that says who asks.
        secrets: texts that no message may hold.
        keys: where the keys come from, for a person.
    """

    def __init__(
        self, url: str, shown: str, authorization: str, secrets: tuple[str, ...], keys: str
    ) -> None:
        self._url, self.shown, self._keys = url, shown, keys
        self._secrets = sorted({*secrets, authorization, authorization.partition(" ")[2]}, key=len)
        self._headers = {
            "Authorization": authorization,
            "Accept": "application/json",
            "User-Agent": "curate",
        }
        self._opener = urllib.request.build_opener(_Stays)
        self._limits: dict[str, int] = {}

    def get(self, path: str, parameters: Mapping[str, Any], *, shrink: bool = False) -> Reply:
        """Returns what the server answers, after a few tries where it fails.

        Args:
            path: of the endpoint.
            parameters: of the query; those that are None are left out.
            shrink: whether to ask for fewer documents (`limit`) where a page is too much for it.

        Raises:
            NotThere: there is no such endpoint.
            Refused: the request is wrong.
            SourceError: the keys are no good.
            RemoteUnavailable: there is still no answer.
        """
        asked = {name: value for name, value in parameters.items() if value is not None}
        waited, failed = 0.0, 0
        while True:
            if shrink:
                asked["limit"] = self._limits.setdefault(path, asked["limit"])
            try:
                return self._ask(path, asked)
            except _Busy as busy:
                pause = busy.seconds or _pause(failed + 1)
                waited += pause
                if waited > PATIENCE_SECONDS:
                    raise RemoteUnavailable(
                        f"{self.shown} has too much to do (429) and asks to wait {pause:.0f} s. "
                        f"{_AGAIN}"
                    ) from None
                log.warning("%s asks to wait: going on in %.0f s", self.shown, pause)
            except _Failed as error:
                failed += 1
                if failed == TRIES:
                    raise RemoteUnavailable(f"{self.shown}: {error}. {_AGAIN}") from None
                pause = _pause(failed)
                log.info("%s: %s; trying again in %.1f s", self.shown, error, pause)
                if shrink and error.is_large:
                    self._limits[path] = max(LEAST_LIMIT, self._limits[path] // 2)
            time.sleep(pause)

    def _ask(self, path: str, parameters: Mapping[str, Any]) -> Reply:
        query = f"?{urlencode(parameters)}" if parameters else ""
        request = urllib.request.Request(f"{self._url}{path}{query}", headers=self._headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=SILENCE_SECONDS) as response:
                body = _read(response)
                return Reply(_parsed(body), _time(response.headers.get("Date")))
        except urllib.error.HTTPError as error:
            raise self._status(error) from None
        except urllib.error.URLError as error:
            if isinstance(error.reason, ssl.SSLCertVerificationError):
                raise SourceError(
                    f"{self.shown}: its certificate is not trusted ({error.reason.verify_message})"
                ) from None
            raise _Failed(self.clean(f"cannot be reached ({error.reason})")) from None
        except TimeoutError:
            raise _Failed("did not answer in time", is_large=True) from None
        except (OSError, http.client.HTTPException):
            raise _Failed("the line broke") from None

    def _status(self, error: urllib.error.HTTPError) -> Exception:
        """Returns what an answer that is no success means."""
        code, said = error.code, self.clean(_said(error))
        if code in (401, 403):
            return SourceError(
                f"{self.shown} does not accept the keys ({code}{said}). Next: put those of the "
                f"project into {self._keys}"
            )
        if code == 404:
            return NotThere()
        if code == _TOO_MUCH:
            return _Busy(retry_after(error.headers.get("Retry-After")))
        if 300 <= code < 400:
            where = self.clean(str(error.headers.get("Location") or "elsewhere"))
            return SourceError(f"{self.shown} has moved to {where}. Next: use that address")
        if code >= 500 or code in _TOO_LARGE:
            return _Failed(f"it answers {code}{said}", is_large=code in _TOO_LARGE)
        return Refused(f"{self.shown} refuses the request ({code}{said})", code)

    def clean(self, text: str) -> str:
        """Returns a text without keys."""
        for secret in reversed(self._secrets):
            text = text.replace(secret, "***")
        return text


class _Failed(Exception):
    """The server did not answer, or not whole: asking again may help, or asking for less."""

    def __init__(self, what: str, *, is_large: bool = False) -> None:
        super().__init__(what)
        self.is_large = is_large


class _Busy(Exception):
    """The server asks to wait; `seconds` is None where it does not say how long."""

    def __init__(self, seconds: float | None) -> None:
        super().__init__()
        self.seconds = seconds


def _pause(failed: int) -> float:
    return float(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (failed - 1)))


def _read(response: http.client.HTTPResponse) -> bytes:
    """Returns the whole body of a reply, which may not come a byte at a time for ever."""
    body, until = bytearray(), time.monotonic() + REPLY_SECONDS
    whole = response.headers.get("Content-Length")
    while (whole is None or len(body) < int(whole)) and (part := response.read1(2**20)):
        body += part
        if time.monotonic() > until:
            raise _Failed("did not answer in time", is_large=True)
    if whole is not None and len(body) < int(whole):
        raise _Failed("the reply was cut")
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:  # half a surrogate pair, which JavaScript writes, is no fault of the whole page
            return json.loads(body)
        except ValueError:
            raise _Failed("the reply was cut, or is none of the API's") from None


def _said(error: urllib.error.HTTPError) -> str:
    """Returns the message in the body of an error, as an addition to its code."""
    try:
        body = error.read(2**16)
        content = json.loads(body)
    except (OSError, http.client.HTTPException, ValueError):
        return ""
    said = content.get("message") or content.get("error") if isinstance(content, dict) else None
    text = " ".join(str(said).split()) if said else ""
    return f": {text[:_SAID_CHARACTERS]}" if text else ""


def _time(text: str | None) -> datetime | None:
    try:
        when = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return when.astimezone(UTC).replace(tzinfo=None)


def retry_after(text: str | None) -> float | None:
    """Returns how long a server asks to wait: it says seconds, or when."""
    if text is None:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text.strip()):
        return float(text)
    if (when := _time(text)) is None:
        return None
    return max(0.0, (when - datetime.now(UTC).replace(tzinfo=None)).total_seconds())
