"""Business hours and holidays as lines that people write: read, checked, and written again in one form.

Mon-Fri 09:00-12:00, 13:00-17:00        2026-05-01 Labour Day
Sat 10:00-14:00                         2026-12-25 yearly Christmas
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

from postdesk.tickets.promises import clock_time, minutes

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LINE: Final = re.compile(r"\s*([A-Za-z]{3,9})(?:\s*[-–]\s*([A-Za-z]{3,9}))?\s*:?\s+(\S.*)\Z")
MOST_LINES: Final = 500

Spans = list[list[object]]


def spans_of(lines: Iterable[str]) -> Spans:
    """As stored (tickets.models.Schedule.spans), in order. Raises ValueError with a sentence that names the line."""
    spans: list[tuple[int, int, int]] = []
    for line in lines:
        if line.strip():
            spans += _line(line)
    spans.sort()
    for one, after in pairwise(spans):
        if one[0] == after[0] and after[1] < one[2]:
            raise ValueError(f"{DAYS[one[0]]} {_span(one)} and {_span(after)} overlap")
    return [[day, clock_time(begins), clock_time(ends)] for day, begins, ends in spans]


def _line(line: str) -> list[tuple[int, int, int]]:
    found = _LINE.match(line)
    if found is None:
        raise ValueError(f"“{line.strip()[:60]}” is not like “Mon-Fri 09:00-17:00”")
    first, last = _day(found[1], line), _day(found[2] or found[1], line)
    days = range(first, last + 1) if first <= last else (*range(first, 7), *range(last + 1))
    spans = []
    for part in found[3].split(","):
        begins, dash, ends = part.replace("–", "-").partition("-")
        try:
            times = (minutes(begins), minutes(ends)) if dash else None
        except ValueError as error:
            raise ValueError(f"“{part.strip()[:40]}” in “{line.strip()[:60]}”: {error}") from None
        if times is None or times[0] >= times[1]:
            raise ValueError(f"“{part.strip()[:40]}” in “{line.strip()[:60]}” is not like 09:00-17:00")
        spans += [(day, *times) for day in days]
    return spans


def _day(name: str, line: str) -> int:
    short = name[:3].capitalize()
    if short not in DAYS:
        raise ValueError(f"“{name}” in “{line.strip()[:60]}” is no day: they are {', '.join(DAYS)}")
    return DAYS.index(short)


def _span(span: tuple[int, int, int]) -> str:
    return f"{clock_time(span[1])}-{clock_time(span[2])}"


def lines_of_spans(spans: Iterable[Iterable[Any]]) -> tuple[str, ...]:
    """One line for each run of days with the same hours."""
    by_day: dict[int, list[str]] = {}
    for day, begins, ends in spans:
        by_day.setdefault(int(day), []).append(f"{begins}-{ends}")
    lines: list[str] = []
    day = 0
    while day < 7:
        hours = by_day.get(day)
        last = day
        while hours and last < 6 and by_day.get(last + 1) == hours:
            last += 1
        if hours:
            name = DAYS[day] if last == day else f"{DAYS[day]}-{DAYS[last]}"
            lines.append(f"{name} {', '.join(hours)}")
        day = last + 1
    return tuple(lines)


def holidays_of(lines: Iterable[str]) -> Spans:
    """As stored (tickets.models.Schedule.holidays), in order. Raises ValueError with a sentence that names the line."""
    found: list[list[object]] = []
    for line in lines:
        words = line.split()
        if not words:
            continue
        try:
            on = dt.date.fromisoformat(words[0])
        except ValueError:
            raise ValueError(f"“{line.strip()[:60]}” is not like “2026-12-25 yearly Christmas”") from None
        yearly = len(words) > 1 and words[1].lower() == "yearly"
        found.append([on.isoformat(), " ".join(words[2 if yearly else 1 :])[:100], yearly])
    if len(found) > MOST_LINES:
        raise ValueError(f"There are {MOST_LINES} holidays at most")
    return sorted(found, key=lambda one: (str(one[0]), str(one[1])))


def lines_of_holidays(holidays: Iterable[Iterable[Any]]) -> tuple[str, ...]:
    return tuple(
        " ".join([on, *(["yearly"] if yearly else []), *([name] if name else [])]) for on, name, yearly in holidays
    )
