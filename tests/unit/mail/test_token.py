from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from postdesk.mail import token

_NUMBERS = st.integers(0, 2**63 - 1)


@given(
    ticket=_NUMBERS,
    entry=_NUMBERS,
    nonce=st.text(max_size=40),
    domain=st.sampled_from(["x.example", "d" * 200 + ".example", ""]),
)
def test_a_token_is_read_back_whatever_relays_do_to_its_case_and_domain(
    ticket: int, entry: int, nonce: str, domain: str
) -> None:
    made = token.make(b"key", ticket=ticket, entry=entry, nonce=nonce, domain=domain)
    assert len(made) <= 120
    for seen in (made, made.upper(), f"<{made}>", made.split("@")[0] + "@relay.example"):
        assert token.read([b"old", b"key"], seen) == token.Token(ticket, entry)


def test_a_foreign_key_reads_nothing() -> None:
    assert token.read([b"other"], token.make(b"key", ticket=1, entry=2, nonce="n", domain="x.example")) is None


@given(at=st.integers(4, 40), sign=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_sign_breaks_the_signature(at: int, sign: str) -> None:
    made = token.make(b"key", ticket=1, entry=2, nonce="n", domain="x.example")
    changed = made[:at] + sign + made[at + 1 :]
    if changed != made:
        assert token.read([b"key"], changed) is None


@given(st.text(max_size=100))
def test_other_ids_are_not_ours(text: str) -> None:
    assert token.read([b"key"], text) is None
    assert token.read([b"key"], f"pd1.{text}@x.example") is None


def test_the_nonce_makes_ids_differ() -> None:
    assert token.make(b"k", ticket=1, entry=1, nonce="a", domain="x.example") != token.make(
        b"k", ticket=1, entry=1, nonce="b", domain="x.example"
    )


def test_g2_a_signed_part_counts_wherever_a_relay_left_it_but_only_in_what_is_referred_to():
    made = token.make(b"key", ticket=7, entry=9, nonce="n", domain="desk.example")
    local = made.partition("@")[0]
    for seen in (
        f"{made}@relay.example",
        f"[{made}]",
        f"{local}=desk.example@bounces.relay.example",
        f"0100018f-{local}-000000@email.amazonses.com",
        f"x_{local.upper()}@EUR.PROD.OUTLOOK.COM",
    ):
        assert token.read_anywhere([b"key"], seen) == token.Token(7, 9), seen
    assert token.read([b"key"], f"0100018f-{local}-000000@email.amazonses.com") is None
    assert token.read_anywhere([b"other"], made) is None
    assert token.read_anywhere([b"key"], f"a{local}") is None
    assert token.read_anywhere([b"key"], "1." * 50_000) is None
