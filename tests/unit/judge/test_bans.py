"""What a ban covers (rows D1 and D2), without a database."""

from __future__ import annotations

import time

import pytest

from postdesk.basics.errors import Invalid
from postdesk.judge.bans import Bans, candidates, clean_pattern


@pytest.mark.parametrize(
    ("typed", "kind", "kept"),
    [
        (" Mallory@Evil.Example ", "address", "mallory@evil.example"),
        ("@evil.example", "domain", "@evil.example"),
        ("*@evil.example", "domain", "@evil.example"),
        ("*@*.evil.example", "wildcard", "*@*.evil.example"),
        ("spam-?@x.example", "wildcard", "spam-?@x.example"),
    ],
)
def test_d2_addresses_domains_and_wildcards_are_told_apart(typed, kind, kept):
    assert clean_pattern(typed) == (kind, kept)


@pytest.mark.parametrize(
    "typed", ["", "mallory", "two words@x.example", "a@b@c", "@", "<a@b.example>", "x" * 251 + "@b.c"]
)
def test_d1_what_is_no_address_is_refused(typed):
    with pytest.raises(Invalid) as refusal:
        clean_pattern(typed)
    assert refusal.value.field == "pattern"


@pytest.mark.parametrize("typed", ["*@*", "*@*.*", "?@?"])
def test_d2_a_ban_of_everybody_is_refused(typed):
    with pytest.raises(Invalid, match="would ban everybody"):
        clean_pattern(typed)


@pytest.mark.parametrize(
    ("address", "hit"),
    [
        ("mallory@evil.example", "mallory@evil.example"),
        ("anybody@bad.example", "@bad.example"),
        ("anybody@sub.bad.example", ""),
        ("x@mail.worse.example", "*@*.worse.example"),
        ("x@worse.example", ""),
        ("spam-1@shop.example", "spam-?@shop.example"),
        ("spam-12@shop.example", ""),
        ("carol@example.com", ""),
        ("", ""),
    ],
)
def test_d2_what_a_ban_covers(address, hit):
    bans = Bans(frozenset({"mallory@evil.example", "@bad.example"}), ("*@*.worse.example", "spam-?@shop.example"))
    assert bans.hit(address) == hit


def test_d2_the_database_is_asked_about_the_senders_only():
    assert candidates(["a@b.example", "c@b.example", ""]) == {"a@b.example", "c@b.example", "@b.example"}


def test_d2_thousands_of_bans_cost_a_message_nothing_to_speak_of():
    bans = Bans(
        frozenset(f"u{n}@spam{n}.example" for n in range(50_000)),
        tuple(f"*@*.spam{n}.example" for n in range(2_000)),
    )
    assert bans.hit("x@y.spam1999.example") == "*@*.spam1999.example"
    began = time.monotonic()
    for number in range(1000):
        assert bans.hit(f"somebody{number}@example.com") == ""
    assert time.monotonic() - began < 2
