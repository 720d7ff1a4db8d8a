"""Dates as people's programs write them; all of them are ten o'clock in Paris or the same in UTC, on 5 January 2026."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.mail.dates import date

NINE = dt.datetime(2026, 1, 5, 9, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    "value",
    [
        "Mon, 5 Jan 2026 10:00:00 +0100",
        "Mon, 05 Jan 2026 10:00:00 +0100 (CET)",
        "5 Jan 2026 09:00 GMT",
        "Mon, 05 Jan 2026 10:00:00 GMT+0100",
        "Mon, 05 Jan 2026 10:00:00 +01:00",
        "Mon, 05 Jan 2026 10.00.00 +0100",
        "Mon,5 Jan 2026 10:00:00 +0100",
        "Mon, 5-Jan-2026 10:00:00 +0100",
        "Mon, 5 Jan 26 10:00:00 +0100",
        "Mon, 5 Jan 126 10:00:00 +0100",
        "Mon, 5 January 2026 10:00:00 +0100",
        "Mon, 5 Jan 2026 04:00:00 EST",
        "Mon, 5 Jan 2026 10:00:00 MEZ",
        "Mon Jan  5 10:00:00 CET 2026",
        "Mon Jan  5 09:00:00 2026",
        "Monday, January 5, 2026 10:00 AM +0100",
        "Mon, 5 Jan 2026 09:00:00 +9999",
        "Mon, 5 Jan 2026 10(comment):   00  :  00 +0100",
        "lun., 5 janv. 2026 10:00:00 +0100",
        "lun, 5 ene 2026 10:00:00 +0100",
        "Пн, 5 янв 2026 10:00:00 +0100",
        "Mo, 5 Jän 2026 10:00:00 +0100",
        "2026-01-05T09:00:00Z",
        "2026-01-05T10:00:00.123+01:00",
        "2026-01-05 10:00:00 +0100",
        "20260105T090000Z",
        "1767603600",
    ],
)
def test_a_date_is_an_instant(value: str) -> None:
    assert date(value) == NINE


@pytest.mark.parametrize(
    ("value", "instant"),
    [
        ("Fri, 9 Okt 2026 03:00:00 PM +0200", dt.datetime(2026, 10, 9, 13, 0, tzinfo=dt.UTC)),
        ("Sun, 4 Jan 2026 24:00:00 +0000", dt.datetime(2026, 1, 5, tzinfo=dt.UTC)),
        ("Mon, 21 Nov 97 09:55:60 -0600", dt.datetime(1997, 11, 21, 15, 55, 59, tzinfo=dt.UTC)),
        ("Mon, 25 août 2025 12:00:00 AM +0000", dt.datetime(2025, 8, 25, tzinfo=dt.UTC)),
    ],
)
def test_odd_dates_too(value: str, instant: dt.datetime) -> None:
    assert date(value) == instant


@pytest.mark.parametrize(
    "value",
    ["", "yesterday", "Sat, 31 Feb 2026 10:00:00 +0000", "05/01/2026 10:00", "99:99", "9" * 5000, "Mon, 5 Jan 2026"],
)
def test_what_says_no_instant_gives_none(value: str) -> None:
    assert date(value) is None
