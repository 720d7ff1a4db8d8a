"""Instants, spans and sizes in words."""

from __future__ import annotations

import datetime as dt
from typing import get_args

import pytest

from postdesk.mail.message import Kind
from postdesk.web.shared import words
from tests.support.builders import NOON


@pytest.mark.parametrize(
    ("seconds", "ago"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (3600, "1 h ago"),
        (86400, "1 d ago"),
        (59 * 86400, "59 d ago"),
        (90 * 86400, "3 mo ago"),
        (800 * 86400, "2 y ago"),
        (-30, "in a moment"),
        (-7200, "in 2 h"),
    ],
)
def test_an_instant_is_told_by_its_distance(seconds: int, ago: str) -> None:
    assert words.ago(NOON - dt.timedelta(seconds=seconds), now=NOON) == ago


@pytest.mark.parametrize(("hours", "heat"), [(0, 0), (1, 1), (3.9, 1), (4, 2), (23, 2), (24, 3), (1000, 3)])
def test_waiting_grows_hotter(hours: float, heat: int) -> None:
    assert words.heat(NOON - dt.timedelta(hours=hours), now=NOON) == heat


@pytest.mark.parametrize(("count", "size"), [(0, "0 B"), (999, "999 B"), (14_200, "14 kB"), (3_210_000, "3.2 MB")])
def test_sizes_are_short(count: int, size: str) -> None:
    assert words.size(count) == size


def test_the_absolute_time_is_in_utc_and_says_so() -> None:
    assert words.absolute(NOON) == "Mon 23 Nov 2026, 12:00 UTC"


@pytest.mark.parametrize(
    ("hours", "promise"), [(-1, "overdue"), (0, "overdue"), (1, "due"), (3.9, "due"), (4, "promised"), (13, "promised")]
)
def test_a_promise_stands_out_only_when_it_is_soon(hours: float, promise: str) -> None:
    assert words.promise(NOON + dt.timedelta(hours=hours), now=NOON) == promise


@pytest.mark.parametrize(
    ("code", "enhanced", "reply"),
    [
        (550, "5.1.1", "User unknown"),
        (550, "5.1.1", "550 5.1.1 User unknown"),
        (550, "5.1.1", "550-5.1.1 User unknown"),
        (550, "5.1.1", "5.1.1 User unknown"),
    ],
)
def test_a_reply_has_its_codes_once(code: int, enhanced: str, reply: str) -> None:
    assert words.server_reply(code, enhanced, reply) == "550 5.1.1 User unknown"


def test_a_reply_without_codes_is_left_alone() -> None:
    assert words.server_reply(None, "", "- queued as 7F1 -") == "- queued as 7F1 -"


def test_whatever_wrote_an_entry_but_a_person_has_words() -> None:
    assert set(words.KINDS) == set(get_args(Kind)) - {"mail"} | {"canned"}
