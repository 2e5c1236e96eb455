"""`curate privacy`: where personal data and secrets stand, and what people said about them.

The stage looks through every example once a revision, with the detectors that need no model, and
stores places, never values. What an export hides it finds anew, in what it is about to write.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from curate import config
from curate.errors import ConfigError, GateFailed, unknown_name
from curate.formats import Example
from curate.inputs import inputs
from curate.privacy import credentials, patterns, person_names, redact
from curate.privacy import suspects as first_look
from curate.privacy.options import KEYS, PrivacySettings
from curate.privacy.patterns import KINDS, SECRET
from curate.privacy.redact import Finder, PrivacyFinding, Redactor
from curate.progress import Progress
from curate.store import Run, Store, fetch_arrow, sql
from curate.store.salt import salt
from curate.text.notebook import Shown
from curate.text.text import digest
from curate.text.wording import counted
from curate.verdicts import verdicts
from curate.verdicts.verdicts import Today

CHUNK_EXAMPLES = 5_000
_SHOWN = 3


@dataclass(frozen=True)
class KindCount:
    """What was found of a kind: places, examples that have it, and those of them that are kept."""

    kind: str
    places: int
    examples: int
    kept: int


@dataclass(frozen=True)
class SecretPlace:
    """A field of an example with a secret; the value is not stored anywhere."""

    example_id: str
    source_id: str
    field: str
    detector: str
    places: int
    kept: bool
    allowed: bool


@dataclass(frozen=True)
class Allowance:
    """What somebody allowed: the secrets of an example, or (without one) a value.

    Attributes:
        holds: whether the example is still the one that was looked at.
    """

    number: int
    example_id: str | None
    reason: str
    since: str
    holds: bool


@dataclass(frozen=True)
class PrivacyResult(Shown):
    """What the examples hold of personal data and secrets."""

    examples: int
    checked: int
    kinds: tuple[KindCount, ...]
    kept: int
    concerned: int
    secrets: tuple[SecretPlace, ...]
    allowances: tuple[Allowance, ...]
    settings: PrivacySettings

    @property
    def stopping(self) -> list[SecretPlace]:
        """Returns the secrets that stop an export."""
        return [s for s in self.secrets if s.kept and not s.allowed]


def settings(folder: Path) -> PrivacySettings:
    """Returns what curate.toml says under `[privacy]`, complete.

    Raises:
        ConfigError: a key, a kind or a region is unknown, or a value has the wrong type.
    """
    section = config.load(folder).get("privacy", {})
    config.check(folder, {"privacy": section}, {"privacy": set(KEYS)})
    for key in ("names", "redact"):
        if not isinstance(section.get(key, False), bool):
            raise _refused(folder, key, f"{section[key]!r}: expected true or false")
    lists = {key: _texts(section, key, folder) for key in ("regions", "leave") if key in section}
    kinds = [kind for kind in (*KINDS, *person_names.KINDS) if kind != SECRET]
    for kind in lists.get("leave", ()):
        if kind not in kinds:
            raise _refused(folder, "leave", unknown_name("kind", kind, kinds))
    for region in lists.get("regions", ()):
        _check_region(region, folder)
    return PrivacySettings(**{**section, **lists})


def _refused(folder: Path, key: str, message: str) -> ConfigError:
    return ConfigError(f"{config.place(folder, 'privacy', key, message)}: {message}")


def _texts(section: Mapping[str, Any], key: str, folder: Path) -> tuple[str, ...]:
    value = section[key]
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise _refused(folder, key, f"{value!r}: expected a list of texts")
    return tuple(v.upper() for v in value)


def _check_region(region: str, folder: Path) -> None:
    from phonenumbers import SUPPORTED_REGIONS

    if region not in SUPPORTED_REGIONS:
        raise _refused(folder, "regions", unknown_name("region", region, SUPPORTED_REGIONS))


def redactor(
    store: Store, con: duckdb.DuckDBPyConnection, *, personal: bool | None = None
) -> Redactor:
    """Returns a redactor with the project's settings and what people have allowed.

    Args:
        store: the project's store.
        con: a connection to it.
        personal: whether personal data is hidden; None for what curate.toml says of exports.

    Raises:
        MissingExtra: names are to be hidden, and the extra `[pii]` is not installed.
    """
    wishes = _settings(store, personal)
    if not wishes.redact:
        # Personal data may be meant to stay; a key never is, though it was said to be revoked.
        wishes = replace(wishes, leave=tuple(kind for kind in KINDS if kind != SECRET), names=False)
    names = person_names.load() if wishes.names else None
    allowed = [row[0] for row in con.execute(sql("privacy/allowed_examples")).fetchall()]
    return Redactor(_finder(store, con, wishes, names), allowed)


def _settings(store: Store, personal: bool | None) -> PrivacySettings:
    wishes = settings(store.folder)
    return wishes if personal is None else replace(wishes, redact=personal)


def hiding_digest(store: Store, con: duckdb.DuckDBPyConnection) -> str:
    """Returns what names all that a redactor follows from, apart from what it looks at."""
    wishes = settings(store.folder)
    models = [version(name) for name in person_names.PACKAGES] if wishes.names else []
    allowed = con.execute(sql("privacy/allowed_examples")).fetchall()
    harmless = con.execute(sql("privacy/allowed_values")).fetchall()
    key = value_key(salt(store.folder), "")
    return digest(repr([_code(), wishes, models, key, sorted(allowed), sorted(harmless)]))


def suspects(
    store: Store, con: duckdb.DuckDBPyConnection, *, personal: bool | None = None
) -> list[int]:
    """Returns the places of texts in which a redactor may find something, in order.

    Args:
        store: the project's store.
        con: a connection to it, as `suspects.suspects` takes it.
        personal: as `redactor` takes it.
    """
    wishes = _settings(store, personal)
    if wishes.redact and wishes.names:  # a name looks like any word
        return [place for (place,) in con.execute(sql("privacy/places")).fetchall()]
    return first_look.suspects(con)


def gate(secrets: Sequence[PrivacyFinding]) -> None:
    """Stops an export that would have secrets in it which nobody has looked at.

    Raises:
        GateFailed: there is one.
    """
    if not secrets:
        return
    examples = sorted({s.example_id for s in secrets})
    listing = ", ".join(f"{s.example_id[:12]} {s.field} ({s.detector})" for s in secrets[:_SHOWN])
    raise GateFailed(
        f"{counted(len(secrets), 'secret')} in {counted(len(examples), 'example')} that would be "
        f"exported: {listing}"
        f"{', ...' if len(secrets) > _SHOWN else ''}. Next: revoke them where they are used, then "
        f'curate privacy --allow {examples[0][:12]} --reason "revoked" (they are exported as '
        "placeholders)"
    )


def _finder(
    store: Store,
    con: duckdb.DuckDBPyConnection,
    wishes: PrivacySettings,
    names: redact.Names | None = None,
) -> Finder:
    harmless = [row[0] for row in con.execute(sql("privacy/allowed_values")).fetchall()]
    return Finder(
        regions=wishes.regions,
        leave=wishes.leave,
        names=names,
        key=functools.partial(value_key, salt(store.folder)),
        harmless=harmless,
    )


def value_key(key: bytes, value: str) -> str:
    """Returns what is stored of a value: its HMAC, whatever its case and punctuation."""
    return hmac.new(key, _plain(value).encode("utf-8", "surrogatepass"), "sha256").hexdigest()[:32]


def _plain(value: str) -> str:
    return re.sub(r"[\s().\-/]", "", value).casefold()


def privacy(
    store: Store,
    *,
    chunk: int = CHUNK_EXAMPLES,
    progress: Progress = lambda items, _: items,
) -> PrivacyResult:
    """Looks through examples that are new or changed, and returns what all of them hold.

    Raises:
        ConfigError: the section `[privacy]` has a mistake.
    """
    wishes = settings(store.folder)
    with store.run("privacy", wishes.as_dict()) as run:
        inputs.refresh(store, run)
        count = _look(store, run, wishes, chunk, progress)
        with verdicts.today(store, at_end=True) as today:
            result = _result(today, wishes, count)
        run.counts = {"checked": count, "secrets": len(result.secrets)}
    return result


def _look(store: Store, run: Run, wishes: PrivacySettings, chunk: int, progress: Progress) -> int:
    # What is left or allowed is so when it is counted: to change that costs no second look.
    finder = Finder(regions=wishes.regions, key=functools.partial(value_key, salt(store.folder)))
    parameters = {"detectors": _detectors(wishes)}
    with store.read() as con:
        pending = int(con.execute(sql("privacy/pending_count"), parameters).fetchall()[0][0])
        gone_rows = int(con.execute(sql("privacy/gone")).fetchall()[0][0])
    for _ in progress(_chunks(pending, gone_rows, chunk), "looking through"):
        with store.read() as con:
            wanted = {**parameters, "limit": chunk}
            batch = fetch_arrow(con, sql("privacy/pending"), wanted)
            places = pa.array(range(batch.num_rows), pa.int64())
            con.register("texts", batch.append_column("place", places))
            suspected = batch.take(pa.array(first_look.suspects(con), pa.int64()))
        rows = suspected.to_pylist()
        places = _finding_table([f for row in rows for f in findings(finder, row)])
        looked_at = batch.select(["example_id", "revision"])
        with store.write() as con:
            _store(con, run, looked_at, places, parameters)
    run.changed |= pending + gone_rows > 0
    return pending


def stale(store: Store, con: duckdb.DuckDBPyConnection) -> bool:
    """Returns whether `curate run` would look through examples: where `[privacy]` is configured."""
    if "privacy" not in config.load(store.folder):
        return False
    parameters = {"detectors": _detectors(settings(store.folder))}
    pending = con.execute(sql("privacy/pending_count"), parameters).fetchall()[0][0]
    return bool(pending or con.execute(sql("privacy/gone")).fetchall()[0][0])


def _chunks(pending: int, gone_rows: int, chunk: int) -> range:
    """Returns a number for each chunk; where examples are gone and none is new, there is one."""
    return range(0, max(pending, min(gone_rows, 1)), chunk)


def findings(finder: Finder, row: Mapping[str, Any]) -> list[PrivacyFinding]:
    """Returns what an example holds, by field and position."""
    redactor = Redactor(finder)
    redactor.look(example_of(row))
    return redactor.findings


def example_of(row: Mapping[str, Any]) -> Example:
    """Returns what a redactor looks at, of an example as the store has it."""
    return Example(
        example_id=row["example_id"],
        source=row["source"],
        messages=orjson.loads(row["messages"]),
        output=orjson.loads(row["output"] or "[]"),
        query=row["query"] or "",
        response=row["response"] or "",
        label=row["label"],
        human_rating=None,
        is_edge_case=False,
        tools=orjson.loads(row["tools"] or "null"),
        conversation_id=row["conversation_id"],
    )


def _finding_table(privacy_findings: Sequence[PrivacyFinding]) -> pa.Table:
    text = pa.string()
    columns = pa.schema(
        [("example_id", text), ("field", text), ("start", pa.int64()), ("stop", pa.int64()),
         ("kind", text), ("detector", text), ("score", pa.float64()), ("is_secret", pa.bool_()),
         ("value_key", text)]
    )  # fmt: skip
    return pa.Table.from_pylist([{**vars(f), "stop": f.end} for f in privacy_findings], columns)


def _store(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    looked_at: pa.Table,
    places: pa.Table,
    parameters: Mapping[str, Any],
) -> None:
    con.register("looked_at", looked_at)
    con.register("found", places)
    con.execute(sql("privacy/findings_forget"))
    con.execute(sql("privacy/checked_forget"))
    con.execute(sql("privacy/findings_add"), {"run_id": run.run_id})
    con.execute(sql("privacy/checked_add"), dict(parameters))


@functools.cache
def _code() -> str:
    """Returns a digest of the detectors: another release looks again only where they changed."""
    modules = (patterns, credentials, redact, first_look)
    parts = [Path(m.__file__).read_bytes() for m in modules if m.__file__]
    return hashlib.sha256(b"".join(parts) + version("phonenumbers").encode()).hexdigest()


def _detectors(wishes: PrivacySettings) -> str:
    return digest(repr([_code(), wishes.regions]))


def _result(today: Today, wishes: PrivacySettings, checked: int) -> PrivacyResult:
    con = today.con
    kinds = [KindCount(*row) for row in con.execute(sql("privacy/kinds")).fetchall()]
    kept, concerned = con.execute(sql("privacy/kept"), {"leave": list(wishes.leave)}).fetchall()[0]
    return PrivacyResult(
        examples=int(con.execute(sql("privacy/examples")).fetchall()[0][0]),
        checked=checked,
        kinds=tuple(kinds),
        kept=kept,
        concerned=concerned,
        secrets=tuple(SecretPlace(*row) for row in con.execute(sql("privacy/secrets")).fetchall()),
        allowances=tuple(Allowance(*r) for r in con.execute(sql("privacy/allowances")).fetchall()),
        settings=wishes,
    )


def allow(
    store: Store, *, examples: Sequence[str] = (), values: Sequence[str] = (), reason: str
) -> list[int]:
    """Records that secrets have been dealt with, or that values are nobody's; returns the numbers.

    Args:
        store: the project's store.
        examples: whose secrets no longer stop an export, by the beginning of their ids.
        values: which are found nowhere any more; only their HMAC is stored.
        reason: why.

    Raises:
        ConfigError: there is no reason, or nothing that it is about; a value is empty; no example
            has an id, or more than one.
    """
    if not reason.strip():
        raise ConfigError('a reason is missing. Next: the same command with --reason "..."')
    if not all(map(_plain, values)):
        raise ConfigError(
            "--allow-value is empty, or nothing but space and punctuation: expected a value as it "
            'stands in a text. Next: curate privacy --allow-value "+44 7911 123456" '
            '--reason "our hotline"'
        )
    if not examples and not values:
        raise ConfigError(
            "a reason alone allows nothing: expected an example or a value with it. Next: "
            'curate privacy --allow ID --reason "..."'
        )
    key = salt(store.folder)
    with (
        store.run("privacy", {"allow": list(examples), "reason": reason}) as run,
        store.write() as con,
    ):
        rows: list[dict[str, Any]] = [
            {"example_id": example, "revision": revision, "value_key": None}
            for example, revision in (_one_example(con, name) for name in examples)
        ]
        rows += [
            {"example_id": None, "revision": None, "value_key": value_key(key, value)}
            for value in values
        ]
        numbers = []
        for row in rows:
            row |= {"reason": reason.strip(), "run_id": run.run_id}
            numbers += [n for (n,) in con.execute(sql("privacy/allow"), row).fetchall()]
        run.changed = bool(numbers)
    return numbers


def _one_example(con: duckdb.DuckDBPyConnection, name: str) -> tuple[str, str]:
    rows = con.execute(sql("privacy/example"), {"id": name}).fetchall()
    if len(rows) != 1:
        many = "more than one example has" if rows else "no example has"
        raise ConfigError(f"--allow {name}: {many} this id. Next: curate privacy lists them")
    return str(rows[0][0]), str(rows[0][1])


def withdraw(store: Store, number: int) -> None:
    """Withdraws what was allowed under a number.

    Raises:
        ConfigError: nothing holds under this number.
    """
    with store.run("privacy", {"withdraw": number}) as run, store.write() as con:
        parameters = {"number": number, "run_id": run.run_id}
        if not con.execute(sql("privacy/withdraw"), parameters).fetchall():
            raise ConfigError(
                f"--withdraw {number}: nothing is allowed under this number. "
                "Next: curate privacy lists what is"
            )
        run.changed = True
