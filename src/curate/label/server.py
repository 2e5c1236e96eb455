"""A Label Studio server, as the few calls that the round trip needs.

Its SDK signs in and writes; reading goes through the SDK's connection, but past its typed lists:
they take the end of a broken listing for its end, and have two classes for one thing (SDK 2.1).
A write that may have been done is never repeated: a lost reply says nothing about what the server
did, so `DoubtfulError` makes the caller look before it writes again.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from curate.config import secret_of_file, secret_text
from curate.errors import ConfigError, LabelStudioError, MissingExtra, RemoteUnavailable

TOKEN_VARIABLE = "LABEL_STUDIO_API_KEY"  # noqa: S105 (the SDK's own name for it)
TIMEOUT_SECONDS = 300.0
PAGE, KEYS = 500, 150
"""Tasks of one listing; keys of one question, whose address must pass proxies (8 KB is common)."""


_TRIES, _LONGEST_WAIT_SECONDS = 3, 30.0
_AGAIN = "Nothing is lost; type the command again"


T = TypeVar("T")


class DoubtfulError(RemoteUnavailable):
    """A write was not answered: the server may have done it, or may still be at it."""


@dataclass(frozen=True)
class ServerTask:
    """A task that is on the server."""

    number: int
    answered: bool


class Server:
    """A connection to a Label Studio server.

    Args:
        url: its address.
        token: a personal access token or a legacy one.

    Raises:
        ConfigError: the address is none.
        MissingExtra: the SDK is not installed.
        LabelStudioError: the token is no good.
    """

    def __init__(self, url: str, token: str, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.url = address(url)
        try:
            import httpx
            from label_studio_sdk import LabelStudio
        except ImportError as error:
            raise MissingExtra(
                "Label Studio needs its client. Next: pip install 'curate-workbench[label]' "
                "(or hand over a file: curate label push --to-file tasks.json)"
            ) from error
        # A redirect would turn what is sent into a question, so it is told instead of followed.
        self._http = httpx.Client(timeout=timeout_seconds, follow_redirects=False)
        sdk: Any = LabelStudio  # untyped
        self._sdk: Any = self._understood(
            lambda: sdk(
                base_url=f"{self.url}/", api_key=token, httpx_client=self._http, max_retries=0
            )
        )

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    # -- projects --------------------------------------------------------------------------------

    def find_project(self, mark: str) -> int | None:
        """Returns the number of the oldest project whose description holds a mark."""
        return next((n for n, description in self.projects() if mark in description), None)

    def projects(self) -> Iterator[tuple[int, str]]:
        """Yields number and description of all projects, the oldest first."""
        page = 1
        while True:
            parameters = {"page": page, "page_size": 100, "ordering": "id"}
            pages = self._get("api/projects", {**parameters, "include": "id,description"})
            for project in pages["results"]:
                yield int(project["id"]), str(project.get("description") or "")
            if not pages.get("next"):
                return
            page += 1

    def project(self, number: int) -> dict[str, Any] | None:
        """Returns a project as the server has it; None where it is gone."""
        try:
            return dict(self._get(f"api/projects/{number}/", {}))
        except GoneError:
            return None

    def create_project(self, **settings: Any) -> int:
        """Creates a project and returns its number.

        Raises:
            DoubtfulError: it may be there.
        """
        return int(self._write(lambda: self._sdk.projects.create(**settings)).id)

    def update_project(self, number: int, **settings: Any) -> None:
        """Changes settings of a project; saying them twice does no harm."""
        self._write(lambda: self._sdk.projects.update(number, **settings))

    # -- tasks -----------------------------------------------------------------------------------

    def add_tasks(self, project: int, tasks: Sequence[Mapping[str, Any]]) -> list[int]:
        """Sends tasks, all or none of them, and returns their numbers in order.

        Raises:
            DoubtfulError: they may be there.
        """
        numbers = self._write(
            lambda: self._sdk.projects.import_tasks(
                project, request=list(tasks), return_task_ids=True
            )
        )
        return [int(number) for number in numbers.task_ids or []]

    def renew_task(self, number: int, task: Mapping[str, Any]) -> None:
        """Shows a task that is there with other data and another prefilled answer.

        Breaking off does no harm: doing it again ends the same.
        """
        self._write(lambda: self._sdk.tasks.update(str(number), data=dict(task["data"])))
        for one in self._write(lambda: list(self._sdk.predictions.list(task=number))):
            self._write(partial(self._sdk.predictions.delete, one.id))
        for prediction in task.get("predictions", ()):
            self._write(partial(self._sdk.predictions.create, task=number, **prediction))

    def find_tasks(self, project: int, keys: Sequence[str]) -> dict[str, list[ServerTask]]:
        """Returns the tasks that carry each `curate_id`, the lowest number first."""
        tasks_of: dict[str, list[ServerTask]] = {}
        for start in range(0, len(keys), KEYS):
            query = _filter("data.curate_id", "in_list", "String", [*keys[start : start + KEYS]])
            for tasks, _ in self._listing(project, [query], _FOUND):
                for task in tasks:
                    tasks_of.setdefault(_key(task), []).append(_found(task))
        return tasks_of

    def has_tasks(self, project: int, keys: Sequence[str]) -> bool:
        """Returns whether a project has one of the first of some tasks, by one question."""
        return bool(keys) and bool(self.find_tasks(project, keys[:KEYS]))

    def all_tasks(self, project: int) -> dict[str, list[ServerTask]]:
        """Returns all tasks by their `curate_id` ("" where somebody else made them)."""
        tasks_of: dict[str, list[ServerTask]] = {}
        for tasks, _ in self._listing(project, [], _FOUND):
            for task in tasks:
                tasks_of.setdefault(_key(task), []).append(_found(task))
        return tasks_of

    def changed_tasks(
        self, project: int, since: datetime | None
    ) -> Iterator[tuple[list[dict[str, Any]], datetime]]:
        """Yields pages of tasks that changed at `since` or later, and the server's time of each.

        There is always a first page. Each task has id, annotations and updated_at. By number, so
        that a task which changes while this goes on is seen with its old or its new content, and
        never missed.
        """
        filters = []
        if since is not None:
            stamp = f"{since:%Y-%m-%dT%H:%M:%S.%fZ}"
            filters.append(_filter("updated_at", "greater_or_equal", "Datetime", stamp))
        yield from self._listing(project, filters, _ANSWERS)

    def key_of(self, task: int) -> str:
        """Returns the `curate_id` of one task, empty where it has none or is gone."""
        try:
            return _key(self._get(f"api/tasks/{task}/", {}))
        except GoneError:
            return ""

    def remove_copies(self, found: Mapping[str, Sequence[ServerTask]]) -> int:
        """Deletes further tasks of one key that nobody has answered; returns how many."""
        count = 0
        for key, copies in found.items():
            if not key or len(copies) == 1:
                continue
            survivor = next((c for c in copies if c.answered), copies[0])
            for copy in copies:
                if copy is not survivor and not copy.answered:
                    self._write(partial(self._sdk.tasks.delete, str(copy.number)))
                    count += 1
        return count

    def _listing(
        self, project: int, filters: list[dict[str, Any]], include: str
    ) -> Iterator[tuple[list[dict[str, Any]], datetime]]:
        last = 0
        while True:
            items = [*filters, _filter("id", "greater", "Number", last)]
            query = {
                "filters": {"conjunction": "and", "items": items},
                "ordering": ["tasks:id"],
            }
            params: dict[str, Any] = {
                "project": project, "page": 1, "page_size": PAGE, "fields": "all",
                "include": include, "query": json.dumps(query),
            }  # fmt: skip
            response = self._patiently(partial(self._read, "api/tasks/", params))
            answer = self._json_of(response)
            tasks, total = answer["tasks"], answer["total"]
            if tasks or not last:
                yield tasks, _clock(response)
            if len(tasks) >= total:
                return
            if not tasks:
                raise RemoteUnavailable(f"{self.url}: the list of tasks broke off. {_AGAIN}")
            last = int(tasks[-1]["id"])

    # -- requests --------------------------------------------------------------------------------

    def _get(self, path: str, params: Mapping[str, Any]) -> Any:
        return self._json_of(self._patiently(lambda: self._read(path, params)))

    def _read(self, path: str, params: Mapping[str, Any]) -> Any:
        http = self._sdk._client_wrapper.httpx_client
        return self._understood(
            lambda: _raised(http.request(path, method="GET", params=dict(params)))
        )

    def _json_of(self, response: Any) -> Any:
        try:
            return response.json()
        except ValueError:
            raise RemoteUnavailable(
                f"{self.url} answers with a page that is not Label Studio's. Check the address. "
                f"{_AGAIN}"
            ) from None

    def _write(self, call: Callable[[], T]) -> T:
        return self._patiently(lambda: self._understood(call, writes=True))

    def _patiently(self, call: Callable[[], T]) -> T:
        """Asks again a few times where that may help, and never what may have been done."""
        for attempt in range(1, _TRIES):
            try:
                return call()
            except DoubtfulError:
                raise
            except RemoteUnavailable as error:
                pause = getattr(error, "retry_after", None) or 0.5 * 2**attempt
                if pause > _LONGEST_WAIT_SECONDS:
                    raise
                time.sleep(pause)
        return call()

    def _understood(self, call: Callable[[], T], *, writes: bool = False) -> T:
        """Calls, and says what went wrong in our words: the SDK's show headers with a cookie."""
        import httpx
        from label_studio_sdk.core.api_error import ApiError
        from pydantic import ValidationError

        said: Exception
        try:
            return call()
        except ApiError as error:
            said = self._refusal(error, writes)
        except httpx.TimeoutException as error:
            unsent = isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout)
            said = self._silence("did not answer in time", writes and not unsent)
        except httpx.ConnectError:
            said = self._silence("cannot be reached; is the server running?", doubtful=False)
        except httpx.UnsupportedProtocol:
            said = ConfigError(f"{self.url} is no address of a server")
        except httpx.HTTPError:
            said = self._silence("the line broke", writes)
        except (ValidationError, KeyError, json.JSONDecodeError) as error:
            what = f"answers as no Label Studio does ({type(error).__name__})"
            said = self._silence(what, writes)
        raise said from None

    def _silence(self, what: str, doubtful: bool) -> RemoteUnavailable:
        kind = DoubtfulError if doubtful else RemoteUnavailable
        return kind(f"{self.url}: {what}{'' if what.endswith('?') else '.'} {_AGAIN}")

    def _refusal(self, error: Any, writes: bool) -> Exception:
        status, detail = error.status_code, _detail(error.body)
        if status in (401, 403):
            return LabelStudioError(
                f"{self.url}: the token is not accepted ({status}{detail}). A personal access "
                f"token and a legacy one both work. Next: put a valid one into {TOKEN_VARIABLE}"
            )
        if status == 404 and isinstance(error.body, Mapping):
            return GoneError(f"{self.url}: not found{detail}")
        if status == 413:
            return LabelStudioError(f"{self.url}: the tasks are too large for it{detail}")
        if status == 429:
            refused = self._silence("has too much to do (429)", doubtful=False)
            refused.retry_after = _seconds(error.headers)  # type: ignore[attr-defined]
            return refused
        if status is not None and 300 <= status < 400:
            where = (error.headers or {}).get("location", "elsewhere")
            return LabelStudioError(f"{self.url} has moved to {where}: use that address")
        if status is None or status < 300 or status >= 500 or status in (408, 409):
            # A page instead of an answer: a login form, or a proxy that speaks for a dead server.
            return self._silence(f"no answer of Label Studio ({status}{detail})", writes)
        return LabelStudioError(f"{self.url} refused ({status}{detail})")


class GoneError(LabelStudioError):
    """What was asked for is not on the server."""


def address(url: str) -> str:
    """Returns the address of a server in one form, which also names it in the store.

    Raises:
        ConfigError: it is none, or holds a password.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError(f"{url!r} is no address of a server, such as http://127.0.0.1:8080")
    if parts.username or parts.password:
        raise ConfigError("a password does not belong into the server's address")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def fits_of(interface: str) -> Callable[[Mapping[str, Any]], bool]:
    """Checks an interface by Label Studio's own rules; returns whether a prediction fits it.

    The server takes any prediction, whether or not its interface can show it.

    Raises:
        ConfigError: Label Studio would not understand the interface.
    """
    from label_studio_sdk._legacy.exceptions import (
        LabelStudioValidationErrorSentryIgnored,
        LabelStudioXMLSyntaxErrorSentryIgnored,
    )
    from label_studio_sdk.label_interface.interface import LabelInterface

    try:
        rules: Any = LabelInterface(interface)
        rules.validate()
    except (
        LabelStudioValidationErrorSentryIgnored, LabelStudioXMLSyntaxErrorSentryIgnored
    ) as error:  # fmt: skip
        raise ConfigError(f"Label Studio does not understand the interface: {error}") from error
    return lambda prediction: not rules.validate_prediction(dict(prediction), return_errors=True)


def token(file: Path | None) -> str:
    """Returns the token: out of a file that only its owner can read, or the environment.

    Raises:
        ConfigError: there is none, or others can read the file.
    """
    if file is not None:
        text = secret_of_file(file)
    else:
        text = secret_text(os.environ.get(TOKEN_VARIABLE, ""))
    if not text:
        raise ConfigError(
            "no token for Label Studio. Next: copy one from Account & Settings in Label Studio and "
            f"export {TOKEN_VARIABLE}=..., or name a file of mode 600 with --token-file"
        )
    return text


# The list of fields is applied to the annotations too.
_ANSWERS = "id,annotations,result,completed_by,was_cancelled,lead_time,created_at,updated_at"
_FOUND = "id,data,total_annotations,cancelled_annotations"


def _found(task: Mapping[str, Any]) -> ServerTask:
    answers = (task.get("total_annotations") or 0) + (task.get("cancelled_annotations") or 0)
    return ServerTask(int(task["id"]), answers > 0)


def _key(task: Mapping[str, Any]) -> str:
    return str((task.get("data") or {}).get("curate_id") or "")


def _filter(column: str, operator: str, kind: str, value: Any) -> dict[str, Any]:
    return {
        "filter": f"filter:tasks:{column}", "operator": operator, "type": kind, "value": value,
    }  # fmt: skip


def _raised(response: Any) -> Any:
    """Returns a good response; raises the SDK's error for any other one."""
    from label_studio_sdk.core.api_error import ApiError

    if 200 <= response.status_code < 300:
        return response
    try:
        body = response.json()
    except ValueError:
        body = response.text
    raise ApiError(status_code=response.status_code, headers=dict(response.headers), body=body)


def _clock(response: Any) -> datetime:
    header = response.headers.get("date")
    now = parsedate_to_datetime(header) if header else datetime.now(UTC)
    return now.astimezone(UTC).replace(tzinfo=None)


def _seconds(headers: Mapping[str, str] | None) -> float | None:
    header = {k.lower(): v for k, v in (headers or {}).items()}.get("retry-after", "")
    return float(header) if header.isdecimal() else None


def _detail(body: Any) -> str:
    """Returns what the server says was wrong, in one short line."""
    if not isinstance(body, Mapping):
        return ""
    detail = body.get("validation_errors") or body.get("detail") or ""
    text = " ".join(str(detail).split())
    return f": {text[:300]}" if text else ""
