"""Date fields: RFC 5322 section 3.3, its obsolete forms (4.3), and what programs really send. Nothing here raises."""

from __future__ import annotations

import datetime as dt
import re

_USUAL = re.compile(
    r"(?:[A-Za-z]{3},?)?\s*(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d)(?::(\d\d))? (?:([+-])(\d\d)(\d\d)|"
    r"(?:GMT|UTC?)(?![+-]))\b"
)
#: Months by what they begin with, in the languages that servers are set up in.
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan jän gen ene янв sty led oca tam 1月",
            "feb fév fev fév фев lut úno şub hel 2月",
            "mar mär mrt мар bře maa 3月",
            "apr avr abr апр kwi dub nis huh 4月",
            "may mai mag maj май kvě tou 5月",
            "jun giu juin июн cze čer haz kes 6月",
            "jul lug juil июл lip čvc tem hei 7月",
            "aug ago aoû aou авг sie srp ağu elo 8月",
            "sep set сен wrz zář eyl syy 9月",
            "oct okt ott out окт paź říj eki lok 10月",
            "nov ноя lis kas 11月",
            "dec dez dic dis déc des дек gru pro ara jou 12月",
        ),
        1,
    )
    for name in names.split()
}
#: Zones by name, in hours from UTC. RFC 5322 knows the American ones; the rest are what old servers write.
_ZONES = {
    "z": 0, "gmt": 0, "ut": 0, "utc": 0, "wet": 0, "bst": 1, "west": 1, "cet": 1, "mez": 1, "met": 1, "cest": 2,
    "mesz": 2, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "msd": 4, "jst": 9, "kst": 9, "hkt": 8, "sgt": 8, "awst": 8,
    "aest": 10, "aedt": 11, "nzst": 12, "nzdt": 13, "brt": -3, "art": -3, "ast": -4, "adt": -3, "est": -5, "edt": -4,
    "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7, "akst": -9, "hst": -10,
}  # fmt: skip
_COMMENT = re.compile(r"\([^()]*+\)")
_TIME = re.compile(
    r"(?<!\d)(\d{1,2})\s*[:.]\s*(\d\d)(?:\s*[:.]\s*(\d\d))?(?:[.,]\d+)?\s*([ap]\.?m\b)?(?!\d)", re.IGNORECASE
)
_OFFSET = re.compile(r"(?:(?:gmt|utc?)\s*)?([+-])\s*(\d\d?):?(\d\d)(?!\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+", re.UNICODE)
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")
_ISO = re.compile(r"\s*(\d{4})-?(\d\d)-?(\d\d)(?:[T ,]\s*(\d\d):?(\d\d)(?::?(\d\d))?(?:[.,]\d+)?\s*(.*))?\Z", re.DOTALL)
_EPOCH = re.compile(r"\s*(\d{9,10})\s*\Z")
_LONGEST = 200


def date(value: str) -> dt.datetime | None:
    """A Date field as an aware UTC instant, or None where it says nothing."""
    found = _USUAL.match(value)
    try:
        if found and (month := _MONTHS.get(found[2].lower())):
            day, year, hour, minute = int(found[1]), int(found[3]), int(found[4]), int(found[5])
            instant = _instant(year, month, day, hour, minute, int(found[6] or 0))
            return instant - _away(found[7], found[8], found[9])
        return _odd(value[:_LONGEST])
    except (ValueError, OverflowError, OSError):
        return None


def _away(sign: str | None, hours: str | None, minutes: str | None) -> dt.timedelta:
    """How far a zone is from UTC; no zone on Earth is further than fourteen hours, so a larger one says nothing."""
    away = dt.timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    if away > dt.timedelta(hours=14):
        return dt.timedelta()
    return -away if sign == "-" else away


def _odd(value: str) -> dt.datetime | None:
    if found := _EPOCH.match(value):
        return dt.datetime.fromtimestamp(int(found[1]), dt.UTC)
    if found := _ISO.match(value):
        year, month, day, hour, minute, second = (int(found[number] or 0) for number in range(1, 7))
        return _instant(year, month, day, hour, minute, second) - _zone(found[7] or "")
    value = _COMMENT.sub(" ", _COMMENT.sub(" ", value))
    time = _TIME.search(value)
    if time is None:
        return None
    before, after = value[: time.start()], value[time.end() :]
    named = _month(before)
    # "Mon Jan  5 10:00:00 CET 2026" has its year, and perhaps its zone, after the time.
    numbers = [int(one) for one in _NUMBER.findall(before)]
    if len(numbers) < 2:
        numbers += [int(one) for one in _NUMBER.findall(_OFFSET.sub(" ", after)) if len(one) == 4]
    if named is None:
        return None
    day, year = _day_and_year(numbers)
    hour = int(time[1])
    if time[4] and hour <= 12:
        hour = hour % 12 + (12 if time[4][0] in "pP" else 0)
    return _instant(year, named, day, hour, int(time[2]), int(time[3] or 0)) - _zone(after)


def _month(text: str) -> int | None:
    words = (word for word in _WORD.findall(text.lower()) if len(word) >= 3)
    return next((number for word in words for length in (4, 3) if (number := _MONTHS.get(word[:length]))), None)


def _day_and_year(numbers: list[int]) -> tuple[int, int]:
    """A day and a year; years of two or three digits as RFC 5322 section 4.3 says."""
    if len(numbers) < 2:
        raise ValueError(numbers)
    day, year = numbers[0], numbers[1]
    if day > 31:
        day, year = year, day
    if year < 50:
        year += 2000
    elif year < 1000:
        year += 1900
    return day, year


def _instant(year: int, month: int, day: int, hour: int, minute: int, second: int) -> dt.datetime:
    at = dt.datetime(year, month, day, 0 if hour == 24 else hour, minute, min(second, 59), tzinfo=dt.UTC)
    return at + dt.timedelta(days=1) if hour == 24 else at


def _zone(text: str) -> dt.timedelta:
    if found := _OFFSET.search(text):
        return _away(found[1], found[2], found[3])
    named = next((_ZONES[word] for word in _WORD.findall(text.lower()) if word in _ZONES), 0)
    return dt.timedelta(hours=named)
