from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from curate.errors import ConfigError
from curate.pull import dialects
from curate.pull.dialects import Column

# -- addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "shown", "secret"),
    [
        ("postgresql://me:pass@host/db", "postgresql://host:5432/db", "pass"),
        ("postgres://me@host:6000/db", "postgresql://host:6000/db", None),
        ("postgresql://me:p%40ss@host/db?sslmode=require", "postgresql://host:5432/db", "p@ss"),
        ("postgresql://host/db?user=me&password=pass", "postgresql://host:5432/db", "pass"),
        ("postgresql:///db?host=/run/pg&password=x", "postgresql:///db?host=/run/pg", "x"),
        ("postgresql://a:1,b:2/db", "postgresql://a:1,b:2/db", None),
        ("postgresql://me:pass@[::1]:5433/db", "postgresql://[::1]:5433/db", "pass"),
        ("snowflake://me:pass@account/db/schema", "snowflake://account/db/schema", "pass"),
    ],
)
def test_what_is_shown_of_an_address(
    url: str, shown: str, secret: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PGPASSWORD", raising=False)
    monkeypatch.delenv("PGPORT", raising=False)
    found = dialects.address(url, tmp_path)
    assert found.shown == shown
    assert (secret in found.secrets) if secret else not found.secrets
    assert "pass" not in repr(found)
    if secret:
        assert secret not in found.clean(f'invalid "{secret}"')


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:pa@ss@host/db", "postgresql://me:pa/ss@host/db",
     "postgresql://me:pa?ss@host/db", "postgresql://me:pa#ss@host/db",
     "postgresql://me:pa:ss/db", "postgresql://me:12?ss@host/db"],
)  # fmt: skip
def test_an_address_that_could_show_a_part_of_a_password_is_refused(
    url: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="%40") as refused:
        dialects.address(url, tmp_path)
    assert "ss" not in str(refused.value).replace("PGPASSWORD", "").replace("password", "").replace(
        "address", "").replace("~/.pgpass", "")  # fmt: skip


def test_kinds_of_databases(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"'postgrsql'\. Did you mean 'postgresql'"):
        dialects.address("postgrsql://host/db", tmp_path)
    assert dialects.is_database("postgresql://host/db", None)
    assert not dialects.is_database("s3://bucket/logs", "updated_at")
    assert not dialects.is_database("app.sqlite", None)
    assert dialects.is_database("app.sqlite", "updated_at")


# -- values ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [7, -3, 2**62, 0.1, "", "k 1", "2026-05-01 09:00:00.000001+00", date(2026, 5, 1),
     datetime(2026, 5, 1, 9, 0, 0, 1), datetime(2026, 5, 1, 9, tzinfo=UTC)],
)  # fmt: skip
def test_values_come_back_as_they_were(value: Any) -> None:
    found = dialects.thaw(dialects.freeze(value))
    assert found == value and type(found) is type(value)


@pytest.mark.parametrize(
    ("value", "by", "wanted"),
    [
        (17, 5.0, 12),
        (1.5, 1.0, 0.5),
        ("2026-05-01 00:00:10", 20.0, "2026-04-30 23:59:50"),
        ("2026-05-01T00:00:10.250Z", 10.0, "2026-05-01T00:00:00"),
        ("2026-05-01", 300.0, "2026-04-30"),
        (date(2026, 5, 1), 300.0, date(2026, 4, 30)),
        (datetime(2026, 5, 1, tzinfo=UTC), 60.0, datetime(2026, 4, 30, 23, 59, tzinfo=UTC)),
        ("01J9", 0.0, "01J9"),
    ],
)
def test_earlier_values(value: Any, by: float, wanted: Any) -> None:
    assert dialects.earlier(value, by, Column("c")) == wanted


def test_earlier_numerics_stay_exact() -> None:
    column = Column("c", "numeric", kind="number")
    assert dialects.earlier("900719925474099300.5", Decimal(1), column) == "900719925474099299.5"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1, "number"), (0.5, "number"), ("2026-05-01", "time"), ("2026-05-01 10:00:00Z", "time"),
     ("20260501", "text"), ("abc", "text"), ("2026-99-01", "text"), (date(2026, 5, 1), "time")],
)  # fmt: skip
def test_what_a_value_says_its_column_holds(value: Any, kind: str) -> None:
    assert dialects.kind_of(value, Column("c")) == kind
    assert dialects.kind_of(value, Column("c", kind="text")) == "text"


def test_the_clock_in_the_form_of_a_value() -> None:
    for like in ("2026-05-01 09:00:00", "2026-05-01T09:00:00Z", "2026-05-01", date(2026, 5, 1),
                 datetime(2026, 5, 1), datetime(2026, 5, 1, tzinfo=UTC)):  # fmt: skip
        now = dialects.now_like(like)
        assert type(now) is type(like) and now > like
    east = datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=9))).isoformat()
    assert (
        str(dialects.now_like(east))[:13]
        == datetime.now(timezone(timedelta(hours=9))).isoformat()[:13]
    )
    assert dialects.now_like(5) is None and dialects.now_like("abc") is None
