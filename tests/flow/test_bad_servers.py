"""Turns at mailboxes whose server fails: what is noted, who is told, and what is taken all the same."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from postdesk.engine import connect, fetch, todo
from postdesk.mailroom.models import Alert, Letter, RemoteMailbox, SpooledMail
from tests.support import peers
from tests.support.desk import a_desk, mail
from tests.support.dialogues import Ended, ImapTwist, speak_imap
from tests.support.peers import Connection, Peer

pytestmark = pytest.mark.django_db


@pytest.fixture
def mailbox():
    return a_desk().mailbox


def turn_at(mailbox: RemoteMailbox, peer: Peer) -> None:
    """One turn at the mailbox, which now lies on this server."""
    RemoteMailbox.objects.filter(pk=mailbox.pk).update(port=peer.port)
    row = fetch.readable(mailbox.pk)
    assert row is not None
    fetch.take_turn(row)
    mailbox.refresh_from_db()


def cuts_one(mails: Sequence[bytes], marked: bytes) -> Peer:
    """Serves a mailbox well, but closes the connection within the message that holds these bytes."""

    def body(client: Connection, before: bytes, raw: bytes) -> None:
        cut = marked in raw
        client.say(before + b"{%d}\r\n" % len(raw) + (raw[:100] if cut else raw))
        if cut:
            raise Ended

    return Peer(lambda client: speak_imap(client, mails, ImapTwist(body=body)))


def working(*mails: bytes) -> Peer:
    return Peer(lambda client: speak_imap(client, mails))


def test_h10_the_administrator_is_told_once_after_five_failures_and_once_when_it_works_again(mailbox):
    with peers.refuses_login("imap", "[AUTHENTICATIONFAILED] The password has expired.") as peer:
        for number in range(1, 9):
            turn_at(mailbox, peer)
            assert mailbox.failures == number
            assert Letter.objects.count() == (0 if number < 5 else 1)
    assert "The password has expired." in mailbox.last_error

    letter = Letter.objects.get()
    assert (letter.kind, list(letter.recipients.values_list("address", flat=True))) == ("alert", ["admin@example.net"])
    assert b"support@desk.test failed 5 times in a row" in bytes(letter.raw)
    assert b"The password has expired." in bytes(letter.raw)
    alert = Alert.objects.get()
    assert (alert.about, alert.recovered_at) == (f"mailbox:{mailbox.pk}", None)

    with working() as peer:
        turn_at(mailbox, peer)
        turn_at(mailbox, peer)

    alert.refresh_from_db()
    assert alert.recovered_at is not None
    assert (mailbox.failures, mailbox.last_error) == (0, "")
    subjects = list(Letter.objects.values_list("subject", flat=True))
    assert subjects == [
        "Fetching mail for support@desk.test fails",
        "Fetching mail for support@desk.test works again",
    ]


def test_a_mailbox_that_recovers_before_the_fifth_failure_is_no_news(mailbox):
    with peers.resets() as broken, working() as well:
        for _ in range(2):
            for _ in range(4):
                turn_at(mailbox, broken)
            turn_at(mailbox, well)

    assert mailbox.failures == 0
    assert Letter.objects.count() == Alert.objects.count() == 0


def test_a_message_that_cuts_the_connection_is_in_the_ledger_and_the_others_are_taken(mailbox):
    mails = [mail(text=text, message_id=f"{text}@example.com") for text in ("one", "broken", "three", "four")]
    with cuts_one(mails, b"<broken@example.com>") as peer:
        for _ in range(6):
            turn_at(mailbox, peer)

    taken = SpooledMail.objects.exclude(outcome="unfetched").order_by("uid")
    assert list(taken.values_list("message_id", flat=True)) == [
        "one@example.com",
        "three@example.com",
        "four@example.com",
    ]
    broken = SpooledMail.objects.get(outcome="unfetched")
    assert (broken.uid, broken.blob, broken.via) == (2, None, "support@desk.test")
    assert "the connection ended after 100 of " in broken.reason
    assert broken.attempts >= 1

    with working(*mails) as peer:
        SpooledMail.objects.filter(pk=broken.pk).update(attempts=1)
        turn_at(mailbox, peer)
    assert SpooledMail.objects.get(message_id="broken@example.com").outcome == "waiting"
    assert (mailbox.failures, SpooledMail.objects.count()) == (0, 4)


def test_a_message_that_always_breaks_is_left_alone_for_a_day_and_the_mailbox_is_well(mailbox):
    with cuts_one([mail(message_id="broken@example.com")], b"<broken@example.com>") as peer:
        for _ in range(todo.UNFETCHED_TRIES):
            turn_at(mailbox, peer)
        assert mailbox.failures == todo.UNFETCHED_TRIES
        turn_at(mailbox, peer)

    assert mailbox.failures == 0
    assert SpooledMail.objects.get().attempts == todo.UNFETCHED_TRIES


@pytest.mark.parametrize(
    "make",
    [
        peers.silent,
        lambda: peers.drips(0.05),
        lambda: peers.greets_then_silent("imap"),
        lambda: peers.lies_about_size(1000),
    ],
    ids=["silent", "drips", "greets", "lies"],
)
def test_a_server_that_hangs_costs_one_time_out(mailbox, monkeypatch, make):
    monkeypatch.setattr(connect, "TIMEOUT", 0.5)
    with make() as peer:
        turn_at(mailbox, peer)

    assert mailbox.last_error == "no answer from the server within 0.5 s"
    assert mailbox.failures == 1
    assert mailbox.next_fetch_at > mailbox.last_attempt_at
