"""Senders and links that look like something else."""

from __future__ import annotations

import pytest

from postdesk.mail.links import leads_elsewhere, marked
from postdesk.mail.lookalike import warnings
from postdesk.mail.names import safe


@pytest.mark.parametrize(
    ("name", "address", "words"),
    [
        ("PayPal", "service@p\u0430ypal.com", "mixes Latin letters with Cyrillic"),
        ("PayPal", "service@xn--pypal-4ve.com", "mixes Latin letters with Cyrillic"),
        ("Apple", "id@\u0430\u0440\u0440\u04cf\u0435.com", "only looks like apple"),
        ("Apple", "id@xn--80ak6aa92e.com", "only looks like apple"),
        ("ceo@desk.test", "mallory@evil.example", "The name shows ceo@desk.test, but the mail is from"),
        ("Ann \u202emoc.elpmaxe", "ann@evil.example", "change the direction"),
    ],
)
def test_a_sender_that_looks_like_another_is_warned_of(name: str, address: str, words: str) -> None:
    assert any(words in one for one in warnings(name, address))


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Carol", "carol@example.com"),
        ("Jürgen Müller", "j@müller.de"),
        ("Иван", "ivan@почта.рф"),
        ("Γιώργος", "g@ελλάδα.gr"),
        ("carol@example.com", "carol@mail.example.com"),
        ("田中", "tanaka@例え.jp"),
        ("", "a@xn--.com"),
        ("Bad", "a@xn--\udcff.com"),
    ],
)
def test_honest_senders_are_not_warned_of(name: str, address: str) -> None:
    assert warnings(name, address) == ()


@pytest.mark.parametrize(
    ("text", "address", "host"),
    [
        ("https://bank.example/login", "https://evil.example/", "evil.example"),
        ("bank.example", "https://evil.example/", "evil.example"),
        ("Go to www.bank.example now", "http://evil.example", "evil.example"),
        ("https://bank.example@evil.example/", "https://evil.example/", ""),
        ("https://bank.example", "https://bank.example.evil.example/", "bank.example.evil.example"),
        ("https://bank\u200b.example", "https://evil.example", "evil.example"),
        ("https://www.bank.example/a", "https://bank.example/a", ""),
        ("bank.example", "https://pay.bank.example/", ""),
        ("Click here", "https://evil.example/", ""),
        ("report.final", "mailto:a@b.example", ""),
        ("https://bücher.example", "https://xn--bcher-kva.example/", ""),
        ("https://bank.example", "https://[broken", "https://[broken"),
    ],
)
def test_a_link_that_leads_elsewhere_says_where(text: str, address: str, host: str) -> None:
    assert leads_elsewhere(text, address) == host


def test_the_mark_stands_behind_the_link_and_is_no_way_in() -> None:
    page = marked('<p><a href="https://evil.example/&quot;&gt;&lt;x" rel="x"><b>bank.example</b></a></p>')
    assert page.endswith("[leads to evil.example]</span></p>")
    assert marked("<p>no link</p>") == "<p>no link</p>"


def test_a_name_with_a_direction_override_shows_its_true_ending() -> None:
    assert safe("invoice\u202efdp.exe").endswith("fdp.exe")
    assert "\u202e" not in safe("invoice\u202efdp.exe")
