"""Whom Authentication-Results make the sender, and what people do to make them say something else."""

from __future__ import annotations

import pytest

from postdesk.judge.facts import Arrival, Desk, Facts
from postdesk.judge.filters.authentication import believed, read
from postdesk.judge.trust import Level, weigh
from postdesk.judge.trust_policy import TrustPolicy, server_problems, servers
from postdesk.judge.verdict import Threading
from postdesk.mail.parse import parse
from tests.support.desk import AT, mail

OURS = "mx.desk.test"
PASS = f"{OURS}; dmarc=pass header.from=example.com"


def weighed(*results: str, policy: TrustPolicy | None = None, raw: bytes | None = None):
    above = "".join(f"Authentication-Results: {one}\r\n" for one in results).encode()
    raw = above + (raw if raw is not None else mail())
    desk = Desk(addresses={}, departments={}, topics={}, default_department=1, default_email=None,
                trust=policy or TrustPolicy(servers=frozenset({OURS})))  # fmt: skip
    arrival = Arrival(parse(raw), len(raw), via_email=None)
    return weigh(arrival, Facts(at=AT, desk=desk), Threading(None, "new", "It refers to no message that we know."))


@pytest.mark.parametrize(
    ("result", "level"),
    [
        ("dmarc=pass header.from=example.com", Level.AUTHENTICATED),
        ("dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com", Level.AUTHENTICATED),
        ("dkim=pass header.d=example.com", Level.AUTHENTICATED),
        ("dkim=pass header.i=@example.com header.s=s1", Level.AUTHENTICATED),
        ("spf=pass smtp.mailfrom=bounces@example.com", Level.AUTHENTICATED),
        ("dkim=fail header.d=example.com; dkim=pass header.d=example.com", Level.AUTHENTICATED),
        ("dmarc=fail (p=REJECT) header.from=example.com", Level.FAILED),
        ("dkim=pass header.d=evil.example; dmarc=fail header.from=example.com", Level.FAILED),
        ("dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=example.com", Level.BARE),
        ("dmarc=pass header.from=evil.example", Level.BARE),
        ("dkim=pass header.d=evil.example", Level.BARE),
        ("dkim=pass header.d=mail.example.com", Level.BARE),
        ("dkim=pass header.d=notexample.com", Level.BARE),
        ("dkim=pass header.d=com", Level.BARE),
        ("spf=pass smtp.mailfrom=carol@evil.example", Level.BARE),
        ("none", Level.BARE),
        ("arc=pass (i=1); dmarc=fail header.from=example.com", Level.FAILED),
    ],
)
def test_g10_what_a_trusted_server_says_is_what_the_sender_is(result: str, level: Level) -> None:
    assert weighed(f"{OURS}; {result}").level is level


@pytest.mark.parametrize(
    "forged",
    [
        "mx.evil.example; dmarc=pass header.from=example.com",
        "desk.test; dmarc=pass header.from=example.com",
        "mx.desk.test.evil.example; dmarc=pass header.from=example.com",
        "(mx.desk.test) evil.example; dmarc=pass header.from=example.com",
        "; dmarc=pass header.from=example.com",
        "",
        "dmarc=pass",
    ],
)
def test_g10_a_field_of_a_server_nobody_trusts_is_nothing(forged: str) -> None:
    found = weighed(forged)
    assert (found.level, found.server) == (Level.BARE, "")


def test_g10_of_two_fields_of_the_trusted_server_the_topmost_counts() -> None:
    assert weighed(f"{OURS}; dmarc=fail (p=REJECT) header.from=example.com", PASS).level is Level.FAILED
    assert weighed(f"{OURS}; spf=none", PASS).level is Level.BARE
    assert weighed("other.example; dmarc=fail", PASS).level is Level.AUTHENTICATED


@pytest.mark.parametrize(
    "result",
    [
        f'{OURS}; spf=fail smtp.mailfrom="a; dmarc=pass header.from=example.com; "@evil.example',
        f"{OURS}; spf=fail (sender said; dmarc=pass header.from=example.com) smtp.mailfrom=evil.example",
        f"{OURS}; spf=fail (a (nested; dmarc=pass) comment; dkim=pass header.d=example.com) smtp.mailfrom=evil.example",
        f"{OURS}; spf=fail (never closed; dmarc=pass header.from=example.com",
        rf'{OURS}; spf=fail smtp.mailfrom="a\"; dmarc=pass; "@evil.example',
    ],
)
def test_g10_what_a_sender_smuggled_into_the_trusted_servers_words_is_no_result(result: str) -> None:
    assert weighed(result).level is Level.BARE


def test_g10_two_from_fields_prove_nothing_whichever_was_signed() -> None:
    raw = b"From: ceo@example.com\r\n" + mail()
    found = weighed(PASS, raw=raw)
    assert found.level is Level.BARE
    assert "not exactly one From" in " ".join(found.evidence)


def test_a_desk_that_trusts_nobody_and_asks_for_nothing_does_not_look() -> None:
    found = weighed(PASS, policy=TrustPolicy())
    assert (found.evidence, found.held, found.data("carol@example.com")) == ((), "", {})


def test_a_new_ticket_is_held_below_the_bar_with_the_evidence_in_words() -> None:
    policy = TrustPolicy(servers=frozenset({OURS}), new_ticket="authenticated")
    assert weighed(PASS, policy=policy).held == ""
    held = weighed(f"{OURS}; spf=softfail smtp.mailfrom=evil.example", policy=policy).held
    assert held.startswith("A new ticket takes proof of the sender here. Nothing stands behind the sender")
    assert "Authentication-Results of mx.desk.test: spf=softfail" in held


def test_what_was_found_is_not_said_of_another_author() -> None:
    found = weighed(PASS)
    assert found.data("carol@example.com")["trust_level"] == "authenticated"
    assert found.data("somebody@else.example") == {}


def test_a_name_that_begins_with_a_dot_covers_the_servers_below_it() -> None:
    message = parse(b"Authentication-Results: MX7.Provider.example; spf=pass\r\n" + mail())
    assert believed(message, {".provider.example"}).server == "mx7.provider.example"
    assert believed(message, {"provider.example"}) is None


def test_odd_fields_are_read_without_harm() -> None:
    assert read("mx.example 1; dkim = pass; SPF=Pass").results == {"dkim": "pass", "spf": "pass"}
    assert read('"mx.example"; none').server == "mx.example"
    assert read("(" * 50_000).results == {}
    assert read('"' * 9_999).results == {}
    assert read("a;" * 20_000).results == {}


def test_names_of_servers_are_read_and_checked() -> None:
    assert servers(" mx.google.com, .Outlook.com\n") == {"mx.google.com", ".outlook.com"}
    assert list(server_problems("mx.google.com .outlook.com")) == []
    assert list(server_problems("mx google@com")) == ["google@com is not the name of a server."]
    assert list(server_problems(" ".join(f"mx{n}.example" for n in range(21))))
