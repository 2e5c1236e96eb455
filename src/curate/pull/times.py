"""Times as logs write them: ISO 8601, seconds since 1970, dates of spreadsheets and of mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Literal

from curate.pull.rating import as_number
from curate.sources.extended_json import simplified

DateOrder = Literal["day-first", "month-first"]
"""Which part of 05/11/2026 comes first."""

_LAST_SECOND = 1e11
_YEARS = range(1900, 2101)  # a bare year says no moment, and is no number of seconds
# Source: Firestore's Timestamp and protobuf's, as their libraries write them into JSON.
_SECONDS = ("_seconds", "seconds")
_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_CLOCK = re.compile(
    r"(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<half>[ap]\.?\s?m\.?)?\s*(?P<zone>z|(?:utc|gmt)?\s*[+-]\d{2}:?\d{2}|utc|gmt)?(?: utc)?",
    re.IGNORECASE,
)
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+", re.IGNORECASE)
_AT = r"(?:(?:\s*,\s*|\s+at\s+|\s+|T|:)(?P<clock>.+))?$"
_DAY, _YEAR = r"(?P<day>\d{1,2})", r"(?P<year>\d{4}|\d{2})"
_NAME, _FULL_YEAR = r"(?P<name>[a-z]{3,9})\.?", r"(?P<year>\d{4})"
_YEAR_FIRST = re.compile(rf"^{_FULL_YEAR}([-/.])(?P<month>\d{{1,2}})\2{_DAY}{_AT}")
_DOTS = re.compile(rf"^{_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}{_AT}")
_EITHER = re.compile(rf"^(?P<first>\d{{1,2}})([/-])(?P<second>\d{{1,2}})\2{_YEAR}{_AT}")
_NAMED = (
    re.compile(rf"^{_NAME}\s+{_DAY}(?:st|nd|rd|th)?,?\s+{_FULL_YEAR}{_AT}", re.IGNORECASE),
    re.compile(rf"^{_DAY}(?:st|nd|rd|th)?[\s/.-]+{_NAME}[\s/,-]+{_FULL_YEAR}{_AT}", re.IGNORECASE),
    re.compile(rf"^{_NAME}\s+{_DAY}\s+(?P<clock>[\d:]+)\s+{_FULL_YEAR}$", re.IGNORECASE),
)


def parse_time(value: Any, order: DateOrder | None = None) -> datetime | None:
    """Returns a time as naive UTC; one without a zone is UTC. Returns None where it is no time.

    A number is seconds, milli-, micro- or nanoseconds since 1970. Dots are day-first (05.11.2026).

    Args:
        value: as it was logged.
        order: of 05/11/2026, which is None without it; 13/11/2026 needs none.
    """
    if isinstance(value, str) and value[4:5] == "-":  # as most are
        try:
            return _utc(datetime.fromisoformat(value))
        except ValueError:
            pass
    elif isinstance(value, Mapping):
        seconds = next((value[name] for name in _SECONDS if name in value), None)
        value = simplified(value) if seconds is None else seconds
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    text = " ".join(str(value).split())
    # Eight digits are a date: as seconds they would lie in 1970. A comma is no number's here.
    number = None if (len(text) == 8 and text.isdecimal()) or "," in text else as_number(value)
    if number in _YEARS:
        return None
    try:
        if isinstance(value, datetime):
            return _utc(value)
        if number is None:
            return _utc(_from_text(text, order))
        # Later than the year 5000 in seconds means milliseconds (or micro-, or nanoseconds).
        for _ in range(3):
            number = number / 1000 if abs(number) > _LAST_SECOND else number
        return _utc(datetime.fromtimestamp(number, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def guess_date_order(values: Iterable[Any]) -> DateOrder | None:
    """Returns which part of dates such as 13/11/2026 comes first, None where no value says it."""
    days = months = False
    for match in _either(values):
        days = days or int(match["first"]) > 12
        months = months or int(match["second"]) > 12
    if days == months:
        return None
    return "day-first" if days else "month-first"


def first_ambiguous(values: Iterable[Any]) -> str | None:
    """Returns the first date that may be day-first or month-first, such as 05/11/2026."""
    for match in _either(values):
        if int(match["first"]) <= 12 and int(match["second"]) <= 12:
            return match[0]
    return None


def _either(values: Iterable[Any]) -> Iterable[re.Match[str]]:
    texts = (_WEEKDAY.sub("", " ".join(v.split())) for v in values if isinstance(v, str))
    return (match for text in texts if (match := _EITHER.match(text)))


def _from_text(text: str, order: DateOrder | None) -> datetime:
    """Returns the time that a text says; the zone is in it where the text has one."""
    try:
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    except ValueError:
        text = _WEEKDAY.sub("", text.partition(" (")[0])
    if match := _YEAR_FIRST.match(text) or _DOTS.match(text):
        return _moment(match, int(match["month"]), int(match["day"]))
    if match := _EITHER.match(text):
        return _moment(match, *_month_and_day(int(match["first"]), int(match["second"]), order))
    for pattern in _NAMED:
        if match := pattern.match(text):
            return _moment(match, _month(match["name"]), int(match["day"]))
    raise ValueError(text)


def _month_and_day(first: int, second: int, order: DateOrder | None) -> tuple[int, int]:
    if order is None and (first > 12) == (second > 12) and first != second:
        raise ValueError("day or month first")
    month_first = order == "month-first" or (order is None and second > 12)
    return (first, second) if month_first else (second, first)


def _month(name: str) -> int:
    if name.lower() not in _MONTH_NAMES:
        raise ValueError(name)
    return _MONTHS[name[:3].lower()]


_MONTH_NAMES = {
    *_MONTHS,
    *("january", "february", "march", "april", "june", "july", "august", "september", "sept"),
    *("october", "november", "december"),
}


def _moment(match: re.Match[str], month: int, day: int) -> datetime:
    year = int(match["year"])
    # Source: POSIX strptime, %y.
    year += (2000 if year < 69 else 1900) if year < 100 else 0
    if match["clock"] is None:
        return datetime(year, month, day)
    clock = _CLOCK.fullmatch(match["clock"].strip())
    if clock is None or not (clock["minute"] or clock["half"]):
        raise ValueError(match["clock"])
    micros = int((clock["fraction"] or "0")[:6].ljust(6, "0"))
    hour = _hour(int(clock["hour"]), clock["half"])
    second = int(clock["second"] or 0)
    minute = int(clock["minute"] or 0)
    return datetime(year, month, day, hour, minute, second, micros, _zone(clock["zone"]))


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if not 1 <= hour <= 12:
        raise ValueError(f"{hour} {half}")
    return hour % 12 + (12 if half[0] in "pP" else 0)


def _zone(text: str | None) -> timezone | None:
    offset = re.search(r"([+-])(\d{2}):?(\d{2})$", text or "")
    if offset is None:
        return UTC if text else None
    minutes = int(offset[2]) * 60 + int(offset[3])
    return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))


def _utc(moment: datetime) -> datetime:
    zone = moment.tzinfo
    if zone is None or zone is UTC:
        return moment if zone is None else moment.replace(tzinfo=None)
    return moment.astimezone(UTC).replace(tzinfo=None)
