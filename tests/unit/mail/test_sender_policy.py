"""SPF, DKIM and DMARC in words."""

from __future__ import annotations

import pytest

from postdesk.mail import sender_policy


@pytest.mark.parametrize(
    ("texts", "state", "words"),
    [
        ([], "failed", "no SPF record"),
        (["google-site-verification=x"], "failed", "no SPF record"),
        (["v=spf1 include:_spf.example.net ~all"], "ok", "doubtful"),
        (["V=SPF1 a -all"], "ok", "refused"),
        (["v=spf1 all"], "failed", "Everybody"),
        (["v=spf1 ip4:192.0.2.0/24"], "ok", "without a word"),
        (["v=spf1 -all", "v=spf1 mx -all"], "failed", "2 SPF records"),
        (["v=spf1 " + " ".join(f"include:{n}.example" for n in range(9)) + " a mx -all"], "failed", "11 questions"),
        (["v=spf1 ip4:1.2.3.4 ip6:::1 a/24 mx:example.org -all"], "ok", "refused"),
        (["v=spf10 -all"], "failed", "no SPF record"),
    ],
)
def test_spf_in_words(texts: list[str], state: str, words: str) -> None:
    found = sender_policy.spf("example.org", texts)
    assert (found.state, words in found.note) == (state, True), found.note
    assert bool(found.remedy) == (state == "failed")


@pytest.mark.parametrize(
    ("texts", "state", "words"),
    [
        ([], "failed", "no DMARC record"),
        (["v=DMARC1; p=none; rua=mailto:x@example.org"], "ok", "p=none"),
        (["v=DMARC1; P = Reject"], "ok", "refused"),
        (["v=DMARC1; p=quarantine"], "ok", "spam"),
        (["v=DMARC1; p=none", "v=DMARC1; p=reject"], "failed", "none counts"),
    ],
)
def test_dmarc_in_words(texts: list[str], state: str, words: str) -> None:
    found = sender_policy.dmarc("example.org", texts)
    assert (found.state, words in found.note) == (state, True), found.note


@pytest.mark.parametrize(
    ("signer", "texts", "state", "words"),
    [
        ("example.org", ["v=DKIM1; k=rsa; p=MIIB"], "ok", "is published"),
        ("mail.example.org", ["p=MIIB"], "ok", "is published"),
        ("example.org", [], "failed", "has no key"),
        ("example.org", ["v=DKIM1; p="], "failed", "revoked"),
        ("hoster.example", ["p=MIIB"], "failed", "not for example.org"),
        ("notexample.org", ["p=MIIB"], "failed", "not for example.org"),
    ],
)
def test_dkim_in_words(signer: str, texts: list[str], state: str, words: str) -> None:
    found = sender_policy.dkim("example.org", "s1", signer, texts)
    assert (found.state, words in found.note) == (state, True), found.note


def test_tags_are_read_with_their_folding() -> None:
    assert sender_policy.tags(" v=1; d = example.org;\r\n\ts=s1 ; b=ab\r\n c==;") == {
        "v": "1", "d": "example.org", "s": "s1", "b": "abc==",
    }  # fmt: skip
