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
    assert token.is_ours_shape(made)
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
