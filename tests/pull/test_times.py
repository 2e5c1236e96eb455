from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from curate.pull.times import first_ambiguous, guess_date_order, parse_time

NOON = datetime(2026, 11, 5, 14, 3)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-05T14:03:00Z", "2026-11-05 14:03", "2026-11-05T16:03+02:00", "20261105T140300",
        "2026-11-05 14:03:00 UTC", "2026-11-05 14:03:00 +0000 UTC", "2026-11-05 14:03:00 +00:00",
        "2026/11/05 14:03", "2026.11.05 14:03:00", "2026-11-5 14:03",
        "05.11.2026 14:03", "5.11.2026, 14:03:00", "05. 11. 2026 14:03", "05.11.26 14:03",
        "Nov 5, 2026 2:03 PM", "November 5, 2026, 2:03:00 p.m.", "Nov 5, 2026 at 2:03\u202fPM",
        "5 Nov 2026 14:03", "5th November 2026 14:03 UTC", "05-Nov-2026 14:03:00",
        "05/Nov/2026:14:03:00 +0000", "Thu, 05 Nov 2026 14:03:00 GMT",
        "Thu, 05 Nov 2026 16:03:00 +0200 (EET)", "Thu Nov 5 14:03:00 2026",
        "Thu Nov 05 2026 15:03:00 GMT+0100 (Central European Standard Time)",
        1793887380, "1793887380", 1793887380.0, 1793887380000, 1793887380000000,
        1793887380000000000, NOON, NOON.replace(tzinfo=UTC),
        datetime(2026, 11, 5, 15, 3, tzinfo=timezone(timedelta(hours=1))),
        {"$date": "2026-11-05T14:03:00Z"}, {"$date": 1793887380000},
        {"$date": {"$numberLong": "1793887380000"}}, {"$timestamp": {"t": 1793887380, "i": 1}},
    ],
)  # fmt: skip
def test_one_time_in_many_notations(value: Any) -> None:
    assert parse_time(value) == NOON


@pytest.mark.parametrize(
    ("value", "order", "moment"),
    [
        ("05/11/2026 14:03", "day-first", NOON), ("11/05/2026 14:03", "month-first", NOON),
        ("11/5/2026 2:03 PM", "month-first", NOON), ("05-11-26 14:03", "day-first", NOON),
        ("05/11/2026", None, None), ("05-11-2026 10:00", None, None),
        ("13/11/2026", None, datetime(2026, 11, 13)), ("11/13/2026", None, datetime(2026, 11, 13)),
        ("13/11/2026", "month-first", None), ("11/13/2026", "day-first", None),
        ("11/11/2026", None, datetime(2026, 11, 11)),
        ("05.11.2026", "month-first", datetime(2026, 11, 5)),
        ("31/12/1999", None, datetime(1999, 12, 31)), ("31.12.69", None, datetime(1969, 12, 31)),
        ("12:00 AM", None, None), ("05.11.2026 12:30 am", None, datetime(2026, 11, 5, 0, 30)),
        ("05.11.2026 12:30 pm", None, datetime(2026, 11, 5, 12, 30)),
        ("05.11.2026 13:30 pm", None, None), ("32.11.2026", None, None), ("05.13.2026", None, None),
        ("05.11.2026 25:00", None, None), ("Foo 5, 2026", None, None),
        ("Mayor 5, 2026", None, None),
        ("05.11.2026 14:03 CET", None, None), ("05.11.2026 14", None, None),
        ("2026-09-01 10:00:00.100000", None, datetime(2026, 9, 1, 10, 0, 0, 100000)),
        ("05.11.2026 14:03:07,25", None, datetime(2026, 11, 5, 14, 3, 7, 250000)),
        ("20260901", None, datetime(2026, 9, 1)), (date(2026, 9, 1), None, datetime(2026, 9, 1)),
        ("4,5", None, None), ("soon", None, None), ("", None, None), (None, None, None),
        (True, None, None), ([], None, None), ({"a": 1}, None, None), (1e300, None, None),
        ({"$date": "soon"}, None, None), ("1/2", None, None),
    ],
)  # fmt: skip
def test_dates_whose_parts_have_an_order(value: Any, order: Any, moment: datetime | None) -> None:
    assert parse_time(value, order) == moment


@pytest.mark.parametrize(
    ("values", "order", "ambiguous"),
    [
        (["05/11/2026", "13/11/2026 18:45", None], "day-first", "05/11/2026"),
        (["11/05/2026", "11/13/2026"], "month-first", "11/05/2026"),
        (["05/11/2026", 7, "06-11-26 9:00"], None, "05/11/2026"),
        (["13/11/2026", "11/13/2026"], None, None),
        (["05.11.2026", "2026/11/13", "13"], None, None),
        ([], None, None),
    ],
)  # fmt: skip
def test_a_column_says_the_order_of_its_dates(
    values: list[Any], order: str | None, ambiguous: str | None
) -> None:
    assert guess_date_order(values) == order
    assert first_ambiguous(values) == ambiguous


@pytest.mark.parametrize("year", ["2026", 2026, 2026.0, "1999"])
def test_a_bare_year_is_no_time(year: Any) -> None:
    assert parse_time(year) is None
