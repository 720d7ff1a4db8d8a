"""Business hours: by when it is, so many working hours after an instant: nights, weekends, holidays, changed clocks."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postdesk.judge.hours import DAY, Holiday, Hours, Promise, Span, after, due, is_open, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Hours("Europe/Berlin", tuple(Span(day, 9 * 60, 17 * 60) for day in range(5)))
ALWAYS = Hours("Europe/Berlin", tuple(Span(day, 0, DAY) for day in range(7)))


def berlin(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def hours(number: float) -> dt.timedelta:
    return dt.timedelta(hours=number)


@pytest.mark.parametrize(
    ("since", "working", "expected"),
    [
        # 2026-03-02 is a Monday.
        ("2026-03-02 09:00", 4, "2026-03-02 13:00"),
        ("2026-03-02 06:30", 4, "2026-03-02 13:00"),
        ("2026-03-02 15:00", 4, "2026-03-03 11:00"),
        ("2026-03-02 09:00", 8, "2026-03-02 17:00"),
        ("2026-03-02 09:00", 8.5, "2026-03-03 09:30"),
        ("2026-03-02 17:00", 1, "2026-03-03 10:00"),
        ("2026-03-02 23:59", 1, "2026-03-03 10:00"),
        ("2026-03-06 16:00", 2, "2026-03-09 10:00"),
        ("2026-03-07 12:00", 1, "2026-03-09 10:00"),
        ("2026-03-02 09:00", 40, "2026-03-06 17:00"),
        ("2026-03-02 09:00", 41, "2026-03-09 10:00"),
        ("2026-12-31 16:00", 2, "2027-01-01 10:00"),
    ],
)
def test_hours_are_counted_in_the_office_only(since: str, working: float, expected: str) -> None:
    assert after(berlin(since), hours(working), OFFICE) == berlin(expected)


def test_a_day_of_two_spans_has_a_break() -> None:
    split = Hours("Europe/Berlin", (Span(0, 13 * 60, 17 * 60), Span(0, 8 * 60, 12 * 60)))

    assert after(berlin("2026-03-02 11:00"), hours(2), split) == berlin("2026-03-02 14:00")
    assert after(berlin("2026-03-02 12:30"), hours(5), split) == berlin("2026-03-09 09:00")


def test_a_span_may_end_with_the_day_and_the_next_go_on_at_once() -> None:
    night = Hours("Europe/Berlin", (Span(0, 22 * 60, DAY), Span(1, 0, 6 * 60)))

    assert after(berlin("2026-03-02 23:00"), hours(3), night) == berlin("2026-03-03 02:00")


def test_a_holiday_has_no_hours() -> None:
    closed = Hours(OFFICE.zone, OFFICE.spans, (Holiday(dt.date(2026, 3, 3), "Moving house"),))

    assert after(berlin("2026-03-02 16:00"), hours(2), closed) == berlin("2026-03-04 10:00")
    assert after(berlin("2027-03-02 16:00"), hours(2), closed) == berlin("2027-03-03 10:00")


def test_a_yearly_holiday_comes_every_year() -> None:
    closed = Hours(OFFICE.zone, OFFICE.spans, (Holiday(dt.date(2020, 12, 25), "Christmas", yearly=True),))

    assert after(berlin("2026-12-24 16:00"), hours(2), closed) == berlin("2026-12-28 10:00")


def test_a_yearly_29_february_closes_leap_years_only() -> None:
    closed = Hours(ALWAYS.zone, ALWAYS.spans, (Holiday(dt.date(2024, 2, 29), yearly=True),))

    assert after(berlin("2028-02-28 23:00"), hours(2), closed) == berlin("2028-03-01 01:00")
    assert after(berlin("2026-02-28 23:00"), hours(2), closed) == berlin("2026-03-01 01:00")


def test_the_night_a_clock_is_set_forward_has_an_hour_less() -> None:
    # 29 March 2026, 2:00 -> 3:00 in Berlin.
    assert after(berlin("2026-03-28 23:00"), hours(4), ALWAYS) == berlin("2026-03-29 04:00")
    night = Hours("Europe/Berlin", tuple(Span(day, 0, 4 * 60) for day in range(7)))
    assert after(berlin("2026-03-29 00:00"), hours(3), night) == berlin("2026-03-29 04:00")
    assert after(berlin("2026-03-29 00:00"), hours(3.5), night) == berlin("2026-03-30 00:30")


def test_the_night_a_clock_is_set_back_has_an_hour_more() -> None:
    # 25 October 2026, 3:00 -> 2:00 in Berlin.
    assert after(berlin("2026-10-24 23:00"), hours(4), ALWAYS) == berlin("2026-10-25 02:00").replace(fold=1).astimezone(
        dt.UTC
    )
    night = Hours("Europe/Berlin", tuple(Span(day, 0, 4 * 60) for day in range(7)))
    assert after(berlin("2026-10-25 00:00"), hours(5), night) == berlin("2026-10-25 04:00")


def test_office_hours_are_the_clock_s_on_both_sides_of_a_change() -> None:
    assert after(berlin("2026-03-27 16:00"), hours(2), OFFICE) == berlin("2026-03-30 10:00")
    assert after(berlin("2026-10-23 16:00"), hours(2), OFFICE) == berlin("2026-10-26 10:00")


def test_a_span_that_begins_in_the_hour_that_is_skipped_begins_when_the_clock_goes_on() -> None:
    early = Hours("Europe/Berlin", (Span(6, 2 * 60 + 30, 5 * 60),))

    found = after(berlin("2026-03-28 12:00"), hours(1), early)

    assert found is not None
    assert found.astimezone(BERLIN).isoformat() == "2026-03-29T04:30:00+02:00"


def test_another_zone_s_morning_is_another_instant() -> None:
    auckland = Hours("Pacific/Auckland", OFFICE.spans)

    found = after(dt.datetime(2026, 3, 1, 19, 0, tzinfo=dt.UTC), hours(2), auckland)

    # Monday 8:00 there: two hours after 9:00 NZDT (UTC+13).
    assert found == dt.datetime(2026, 3, 1, 22, 0, tzinfo=dt.UTC)


def test_a_schedule_without_any_hour_promises_nothing() -> None:
    assert after(berlin("2026-03-02 09:00"), hours(1), Hours("UTC", ())) is None
    only_christmas = Hours(
        "UTC", (Span(4, 0, DAY),), tuple(Holiday(dt.date(2026, 1, 1) + dt.timedelta(days=7 * n)) for n in range(400))
    )
    assert after(dt.datetime(2026, 1, 1, 9, tzinfo=dt.UTC), hours(30), only_christmas) is not None


def test_a_plan_s_own_schedule_comes_before_the_department_s_and_none_is_around_the_clock() -> None:
    since = berlin("2026-03-06 16:00")

    assert due(Promise(1, 2), since) == berlin("2026-03-06 18:00")
    assert due(Promise(1, 2), since, OFFICE) == berlin("2026-03-09 10:00")
    assert due(Promise(1, 2, ALWAYS), since, OFFICE) == berlin("2026-03-06 18:00")


def test_it_is_told_whether_somebody_is_there_now() -> None:
    assert is_open(berlin("2026-03-02 09:00"), OFFICE)
    assert not is_open(berlin("2026-03-02 17:00"), OFFICE)
    assert not is_open(berlin("2026-03-07 12:00"), OFFICE)
    assert not is_open(berlin("2026-03-07 12:00"), Hours("UTC", ()))


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "Europe"])
def test_a_zone_that_is_not_known_is_a_key_error(name: str) -> None:
    with pytest.raises(KeyError):
        zone_of(name)


_EPOCH = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
_MOMENTS = st.integers(0, 4 * 366 * 24 * 60).map(lambda minutes: _EPOCH + dt.timedelta(minutes=minutes))


@given(_MOMENTS, st.integers(1, 200))
def test_around_the_clock_every_hour_counts_whatever_the_clocks_do(since: dt.datetime, number: int) -> None:
    assert after(since, hours(number), ALWAYS) == since + hours(number)


@given(_MOMENTS, st.integers(1, 120), st.integers(1, 120))
def test_what_is_promised_later_is_due_no_earlier_and_two_steps_are_one(
    since: dt.datetime, one: int, more: int
) -> None:
    first = after(since, hours(one), OFFICE)
    assert first is not None
    assert first > since
    whole = after(since, hours(one + more), OFFICE)
    assert whole is not None
    assert whole >= first
    assert after(first, hours(more), OFFICE) == whole
