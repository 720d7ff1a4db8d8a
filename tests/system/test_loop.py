"""The loop on real servers: mailbox, ticket, answer, and the answer to the answer."""

from __future__ import annotations

import pytest

from postdesk.mail.parse import parse
from tests.support.desk import mail
from tests.support.desk_file import desk_file
from tests.support.dovecot import Dovecot
from tests.support.installation import Installation, wait_until
from tests.support.sink import Sink


@pytest.fixture
def sink():
    with Sink() as server:
        yield server


WAYS = [
    ("imap", "plain", "move"),
    ("imap", "tls", "delete"),
    ("imap", "starttls", "nothing"),
    ("pop3", "plain", "delete"),
    ("pop3", "tls", "nothing"),
    ("pop3", "starttls", "delete"),
]


@pytest.mark.parametrize(("protocol", "way", "fetched"), WAYS)
def test_s6_s9_mail_in_every_way_becomes_one_ticket_each_and_is_answered(
    installation: Installation, dovecot: Dovecot, sink: Sink, protocol: str, way: str, fetched: str
):
    user = f"loop-{protocol}-{way}"
    scheme = {"plain": "plain", "tls": "ssl", "starttls": "tls"}[way]
    port = getattr(dovecot, protocol + ("s" if way == "tls" else ""))
    for number in range(12):
        dovecot.drop(user, mail(subject=f"Matter {number}", sender=f"c{number}@example.com", message_id=f"{number}@c"))
    installation.apply(
        desk_file(
            host=f"{scheme}://localhost", port=port, smtp_port=sink.port, protocol=protocol, fetched=fetched,
            username=user, ca_file=str(dovecot.ca_file) if way != "plain" else None, per_fetch=5,
        )
    )  # fmt: skip

    installation.until_idle()
    installation.until_idle()

    tickets = installation.lines("tickets", "--json")
    assert sorted(ticket["subject"] for ticket in tickets) == sorted(f"Matter {number}" for number in range(12))
    assert sorted(letter.recipients[0] for letter in sink.letters) == sorted(f"c{n}@example.com" for n in range(12))
    left = dovecot.mails(user)
    assert len(left) == (12 if fetched == "nothing" else 0)
    # By POP3 the server itself notes what was read; there is no command to look without being seen.
    assert protocol == "pop3" or all(not one.flags for one in left)
    if fetched == "move":
        assert len(dovecot.mails(user, "Processed")) == 12


def test_a_conversation_of_four_mails_is_one_ticket(installation: Installation, dovecot: Dovecot, sink: Sink):
    installation.apply(desk_file(port=dovecot.imap, smtp_port=sink.port, username="conversation"))
    dovecot.deliver("conversation", mail(subject="It burns", message_id="first@c"))
    installation.until_idle(processes=3)
    acknowledged = parse(sink.wait_for(1)[0].raw)
    dovecot.deliver(
        "conversation",
        mail(subject="Re: It burns", message_id="second@c", headers=f"In-Reply-To: <{acknowledged.message_id}>\r\n"),
    )
    installation.until_idle()
    (ticket,) = installation.lines("tickets", "--json")
    installation.command("reply", str(ticket["number"]), "--as", "alice@example.net", stdin=b"Put it out.")
    installation.until_idle()
    reply = parse(sink.wait_for(2)[1].raw)
    dovecot.deliver(
        "conversation",
        mail(subject="Re: It burns", message_id="third@c", headers=f"References: <{reply.message_id}>\r\n"),
    )
    installation.until_idle()

    (ticket,) = installation.lines("tickets", "--json")
    assert ticket["entries"] == 4
    assert reply.in_reply_to == ("second@c",)
    assert {"first@c", acknowledged.message_id} <= set(reply.references)
    assert reply.from_ is not None
    assert reply.from_.address == "support@desk.test"
    # The customer got a receipt and the reply; the agent was told of the mail that came after it.
    assert [letter.recipients for letter in sink.letters] == [
        ("carol@example.com",),
        ("carol@example.com",),
        ("alice@example.net",),
    ]


def test_a_watched_mailbox_is_answered_at_once(installation: Installation, dovecot: Dovecot, sink: Sink):
    installation.apply(desk_file(port=dovecot.imap, smtp_port=sink.port, username="pushed"))
    installation.start("worker")
    watched = "mailroom_remotemailbox WHERE watched_since IS NOT NULL"
    wait_until(lambda: installation.count(watched) == 1, seconds=30, what="the mailbox is watched")

    dovecot.deliver("pushed", mail(message_id="push@c"))

    # Far below the five minutes of the next poll.
    assert sink.wait_for(1, timeout=10)[0].recipients == ("carol@example.com",)


def test_two_workers_share_the_work_and_one_may_die(installation: Installation, dovecot: Dovecot, sink: Sink):
    installation.apply(desk_file(port=dovecot.imap, smtp_port=sink.port, username="pair", per_fetch=5))
    first, _second = (installation.start("worker", "--processes", "1") for _ in range(2))
    watched = "mailroom_remotemailbox WHERE watched_since IS NOT NULL"
    wait_until(lambda: installation.count(watched) == 1, seconds=30, what="the mailbox is watched")
    for number in range(60):
        dovecot.drop("pair", mail(subject=f"Pair {number}", sender=f"p{number}@example.com", message_id=f"p{number}@c"))
        if number == 20:
            first.kill()

    wait_until(lambda: len(sink.letters) >= 60, seconds=60, what="every mail is answered")
    assert installation.count("tickets_ticket") == 60
    assert len({letter.recipients[0] for letter in sink.letters}) == len(sink.letters) == 60


def test_every_bad_server_is_named_in_its_own_words_and_delays_nobody_else(
    installation: Installation, dovecot: Dovecot, sink: Sink
):
    good = desk_file(port=dovecot.imap, smtp_port=sink.port, username="good")
    bad = good[good.index("[[email]]") : good.index("  [email.smtp]")]
    bad = bad.replace("support@desk.test", "locked@desk.test").replace('"secret"', '"wrong"')
    dovecot.drop("good", mail())
    installation.apply(good + bad)

    installation.until_idle()

    health = {row["address"]: row for row in installation.lines("emails", "--json")}
    assert "uthentication failed" in health["locked@desk.test"]["health"]["last_error"]
    assert installation.count("tickets_ticket") == 1
