"""Business hours as lines: every form people write is read, and written again in one form."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postdesk.tickets.promises import clock_time
from postdesk.tickets.schedule_lines import holidays_of, lines_of_holidays, lines_of_spans, spans_of


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (["Mon-Fri 09:00-17:00"], ("Mon-Fri 09:00-17:00",)),
        (["monday – friday: 9:00–12:00, 13:00–17:00"], ("Mon-Fri 09:00-12:00, 13:00-17:00",)),
        (["Sat 10:00-14:00", "Mon 08:00-24:00", ""], ("Mon 08:00-24:00", "Sat 10:00-14:00")),
        (["Sat-Mon 10:00-14:00"], ("Mon 10:00-14:00", "Sat-Sun 10:00-14:00")),
        (["Tue 9:00-10:00", "Tue 10:00-11:00"], ("Tue 09:00-10:00, 10:00-11:00",)),
    ],
)
def test_hours_are_read_as_people_write_them(written: list[str], kept: tuple[str, ...]) -> None:
    assert lines_of_spans(spans_of(written)) == kept


def test_holidays_may_be_yearly_and_have_names() -> None:
    lines = ["2026-12-25 yearly Christmas Day", "2026-05-01 Labour Day", "2026-01-01 yearly", "2026-08-15"]

    assert lines_of_holidays(holidays_of(lines)) == (
        "2026-01-01 yearly",
        "2026-05-01 Labour Day",
        "2026-08-15",
        "2026-12-25 yearly Christmas Day",
    )


_SPANS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 47), st.integers(1, 4)).map(
        lambda one: [one[0], clock_time(one[1] * 30), clock_time(min(48, one[1] + one[2]) * 30)]
    ),
    max_size=8,
)


@given(_SPANS)
def test_what_is_written_is_read_as_the_same(spans: list[list[Any]]) -> None:
    overlap = any(one[0] == other[0] and one[1] < other[2] and other[1] < one[2] for one, other in _pairs(spans))
    if overlap:
        with pytest.raises(ValueError, match="overlap"):
            spans_of(lines_of_spans(sorted(spans, key=str)))
        return
    stored = spans_of(lines_of_spans(sorted(spans, key=str)))
    assert stored == sorted(spans, key=str)


def _pairs(spans: list[list[Any]]) -> Iterator[tuple[list[Any], list[Any]]]:
    return combinations(spans, 2)
