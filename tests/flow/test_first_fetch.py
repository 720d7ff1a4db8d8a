"""A mailbox that holds mail when it is connected: what is taken, what is left, and that nothing old is answered."""

from __future__ import annotations

import datetime as dt

import pytest

from postdesk.basics.clock import now
from postdesk.engine import errands as worker
from postdesk.engine import fetch
from postdesk.engine.reconcile import reconcile
from postdesk.flow import intake
from postdesk.mailroom import connection_checks
from postdesk.mailroom.connect import MailboxSetup, mailbox_setup, save_mailbox
from postdesk.mailroom.models import Email, Letter, RemoteMailbox, SpooledMail
from postdesk.mailroom.today import seen_since
from postdesk.people import audit
from postdesk.tickets.models import Ticket
from tests.support import builders
from tests.support.desk import a_desk, mail
from tests.support.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.django_db

DAY = dt.timedelta(days=1)
_users = iter(range(10_000))


class Past:
    """A mailbox on Dovecot with a mail of two months, of ten days and of an hour ago, and the desk that connects it."""

    def __init__(self, dovecot: Dovecot, protocol: str = "imap", **setup: object) -> None:
        self.dovecot, self.protocol = dovecot, protocol
        self.user = f"past{next(_users)}"
        desk = a_desk(protocol="imap")
        desk.billing_mailbox.delete()
        desk.mailbox.delete()
        self.email = Email.objects.get(pk=desk.support.pk)
        for subject, age in (("two months", 60 * DAY), ("ten days", 10 * DAY), ("an hour", DAY / 24)):
            self.arrives(subject, now() - age)
        port = dovecot.imap if protocol == "imap" else dovecot.pop3
        self.setup = MailboxSetup(
            **{  # type: ignore[arg-type]
                "host": "plain://127.0.0.1",
                "port": port,
                "protocol": protocol,
                "username": self.user,
                "password": PASSWORD,
                "fetched": "delete",
                **setup,
            }
        )
        save_mailbox(self.email, self.setup, by="test", at=now())

    def arrives(self, subject: str, at: dt.datetime) -> None:
        trace = f"Received: from a by b; {at:%a, %d %b %Y %H:%M:%S} +0000\r\n"
        raw = trace.encode() + mail(subject=subject, sender=f"{subject.replace(' ', '.')}@example.com")
        self.dovecot.drop(self.user, raw, at=at.timestamp())

    @property
    def mailbox(self) -> RemoteMailbox:
        return RemoteMailbox.objects.select_related("email", "credential").get(email=self.email)

    def fetched(self) -> None:
        fetch.take_turn(self.mailbox)
        assert self.mailbox.last_error == ""
        intake.take_in(self.mailbox.pk)

    @property
    def tickets(self) -> set[str]:
        return {*Ticket.objects.values_list("subject", flat=True)}

    @property
    def answered(self) -> set[str]:
        return {*Letter.objects.filter(kind="autoresponse").values_list("recipients__address", flat=True)}

    @property
    def on_the_server(self) -> int:
        return len(self.dovecot.mails(self.user))

    @property
    def left(self) -> int:
        return SpooledMail.objects.filter(outcome="left").count()


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_without_an_answer_all_is_taken_and_what_is_older_than_a_day_is_not_answered(
    dovecot: Dovecot, protocol: str
) -> None:
    past = Past(dovecot, protocol)

    past.fetched()

    assert past.tickets == {"two months", "ten days", "an hour"}
    assert past.answered == {"an.hour@example.com"}
    assert [*SpooledMail.objects.order_by("id").values_list("is_history", flat=True)] == [True, True, False]


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
@pytest.mark.parametrize("fetched", ["delete", "nothing"])
def test_only_from_now_on_leaves_the_old_mail_where_it_is_and_accounts_for_it(
    dovecot: Dovecot, protocol: str, fetched: str
) -> None:
    past = Past(dovecot, protocol, first_fetch="new", fetched=fetched)

    past.fetched()
    past.arrives("news", now())
    past.fetched()
    past.fetched()

    assert past.tickets == {"news"}
    assert past.answered == {"news@example.com"}
    assert past.left == 3
    assert past.on_the_server == (3 if fetched == "delete" else 4)
    reasons = {*SpooledMail.objects.filter(outcome="left").values_list("reason", flat=True)}
    assert all("not taken" in reason for reason in reasons)
    assert reconcile(past.mailbox) == []
    assert seen_since(now() - DAY) == {past.mailbox.pk: 1}, "what is left is no mail of today"


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_since_a_day_takes_what_came_from_then_on(dovecot: Dovecot, protocol: str) -> None:
    since = (now() - 20 * DAY).date().isoformat()
    past = Past(dovecot, protocol, first_fetch="since", first_fetch_since=since)

    past.fetched()

    assert past.tickets == {"ten days", "an hour"}
    assert past.answered == {"an.hour@example.com"}
    assert (past.left, past.on_the_server) == (1, 1)


def test_with_move_nothing_that_is_left_is_moved(dovecot: Dovecot) -> None:
    past = Past(dovecot, first_fetch="new", fetched="move", archive_folder="Done")
    past.arrives("news", now())

    past.fetched()

    assert past.on_the_server == 3
    assert len(dovecot.mails(past.user, "Done")) == 1


def test_an_answer_that_changes_its_mind_takes_what_was_left(dovecot: Dovecot) -> None:
    past = Past(dovecot, first_fetch="new", fetched="nothing")
    past.arrives("news", now())
    past.fetched()
    assert past.tickets == {"news"}

    setup = MailboxSetup(**{**audit.values(mailbox_setup(past.mailbox)), "first_fetch": "all"})
    save_mailbox(past.mailbox.email, setup, by="test", at=now())
    past.fetched()
    past.fetched()

    assert past.tickets == {"two months", "ten days", "an hour", "news"}
    assert past.answered == {"news@example.com", "an.hour@example.com"}
    assert past.left == 0


def test_a_new_uidvalidity_does_not_let_the_past_in(dovecot: Dovecot) -> None:
    past = Past(dovecot, first_fetch="new", fetched="nothing")
    past.fetched()

    dovecot.forget_uids(past.user)
    past.arrives("news", now())
    past.fetched()

    assert past.tickets == {"news"}
    assert past.left == 6, "three under the old UIDVALIDITY, three under the new one"
    assert reconcile(past.mailbox) == []


def test_a_first_turn_that_breaks_off_leaves_nothing_out(dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch) -> None:
    past = Past(dovecot, first_fetch="since", first_fetch_since="2020-01-01", fetched="nothing", per_fetch=1)
    monkeypatch.setattr(fetch, "TURN", -1.0)
    fetch.take_turn(past.mailbox)
    assert (SpooledMail.objects.count(), past.mailbox.past_epoch) == (1, -1)

    monkeypatch.undo()
    past.fetched()

    assert len(past.tickets) == 3
    assert past.mailbox.past_epoch == past.mailbox.epoch


@pytest.mark.parametrize("protocol", ["imap", "pop3"])
def test_the_check_counts_what_each_answer_would_take(dovecot: Dovecot, protocol: str) -> None:
    past = Past(dovecot, protocol)
    alice = builders.alice()
    since = (now() - 20 * DAY).date().isoformat()
    wanted = MailboxSetup(
        **{**audit.values(past.setup), "password": PASSWORD, "first_fetch": "since", "first_fetch_since": since}
    )

    errand = connection_checks.ask("support@desk.test", mailbox=wanted, by=alice, at=now())
    worker.carry_out(errand.pk)

    stages = connection_checks.progress(errand.pk, by=alice, at=now()).stages
    count = next(stage for stage in stages if stage.key == "count")
    assert "It holds 3 messages" in count.note
    assert "takes 2 and leaves 1" in count.note
    assert past.on_the_server == 3
    assert not SpooledMail.objects.exists()
