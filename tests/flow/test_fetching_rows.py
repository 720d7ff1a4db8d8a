"""Rows S8 and S9: when a mailbox is fetched, how much at a time, and what becomes of the mail on the server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest

from postdesk.basics.clock import now
from postdesk.engine import fetch
from postdesk.flow import intake, upkeep
from postdesk.mailroom.connect import mailbox_setup, save_mailbox
from postdesk.mailroom.models import Email, MailSettings, RemoteMailbox
from postdesk.tickets.models import Ticket
from tests.flow.test_fetch import Shelf
from tests.support.desk import AT, a_desk, mail
from tests.support.dovecot import Dovecot

pytestmark = pytest.mark.django_db


class Watched(Shelf):
    """A shelf that remembers how many messages it was asked for at one time."""

    def __init__(self, uids: Sequence[int]) -> None:
        super().__init__(uids)
        self.asked: list[int] = []

    def fetch(self, keys: Sequence[int]):  # type: ignore[override, no-untyped-def]
        self.asked.append(len(keys))
        return super().fetch(keys)


def test_s8_a_mailbox_is_due_again_when_its_frequency_has_passed_and_not_before() -> None:
    desk = a_desk(frequency=7)
    RemoteMailbox.objects.filter(pk=desk.billing_mailbox.pk).update(status=False)
    assert upkeep.due_mailboxes(at=now()) == [desk.mailbox.pk]

    began = now()
    fetch.take_turn(desk.mailbox, Shelf([1]))

    assert upkeep.due_mailboxes(at=began + dt.timedelta(minutes=6, seconds=59)) == []
    assert upkeep.due_mailboxes(at=now() + dt.timedelta(minutes=7)) == [desk.mailbox.pk]


@pytest.mark.parametrize("off", ["status", "paused", "desk"])
def test_s8_what_is_switched_off_is_neither_due_nor_fetched(off: str) -> None:
    mailbox = a_desk().mailbox
    RemoteMailbox.objects.exclude(pk=mailbox.pk).delete()
    assert (upkeep.due_mailboxes(at=now()), fetch.readable(mailbox.pk)) == ([mailbox.pk], mailbox)

    if off == "desk":
        MailSettings.objects.update(fetching=False)
    else:
        RemoteMailbox.objects.update(**({"status": False} if off == "status" else {"paused_at": AT}))

    assert (upkeep.due_mailboxes(at=now()), fetch.readable(mailbox.pk)) == ([], None)


def test_s8_so_many_emails_are_taken_at_one_time_and_the_backlog_follows() -> None:
    desk = a_desk(per_fetch=3)
    shelf = Watched(range(1, 9))

    fetch.take_turn(desk.mailbox, shelf)

    assert shelf.asked == [3, 3, 2]
    desk.mailbox.refresh_from_db()
    assert desk.mailbox.backlog == 0


@pytest.mark.parametrize(
    ("fetched", "in_inbox", "in_archive"),
    [("move", 0, 3), ("delete", 0, 0), ("nothing", 3, 0)],
)
def test_s9_fetched_mail_is_moved_deleted_or_left_and_is_one_ticket_each(
    dovecot: Dovecot, fetched: str, in_inbox: int, in_archive: int
) -> None:
    user = f"rows-{fetched}"
    for number in range(3):
        dovecot.drop(user, mail(subject=f"Matter {number}", message_id=f"{number}@{fetched}.example"))
    desk = a_desk(host="plain://127.0.0.1", port=dovecot.imap, fetched=fetched, archive_folder="Erledigt/Über")
    RemoteMailbox.objects.filter(pk=desk.mailbox.pk).update(username=user)

    for _turn in range(3):
        fetch.fetch(desk.mailbox.pk)
        intake.take_in(desk.mailbox.pk)

    assert Ticket.objects.count() == 3
    assert len(dovecot.mails(user)) == in_inbox
    # The archive folder did not exist before; it is made only where it is needed.
    assert len(dovecot.mails(user, "Erledigt/Über") if in_archive else []) == in_archive
    desk.mailbox.refresh_from_db()
    assert desk.mailbox.last_error == ""


def test_s9_mail_that_was_left_is_no_second_ticket_when_the_folder_is_fetched_from_anew(dovecot: Dovecot) -> None:
    user = "rows-anew"
    dovecot.drop(user, mail(message_id="1@anew.example"))
    desk = a_desk(host="plain://127.0.0.1", port=dovecot.imap)
    RemoteMailbox.objects.filter(pk=desk.mailbox.pk).update(username=user)
    fetch.fetch(desk.mailbox.pk)
    intake.take_in(desk.mailbox.pk)
    # The server gives every message another UID: what is in the ledger is known by its bytes.
    dovecot.forget_uids(user)
    fetch.fetch(desk.mailbox.pk)
    intake.take_in(desk.mailbox.pk)
    assert Ticket.objects.count() == 1

    # Another frequency is another setting, not another mailbox.
    email = Email.objects.get(pk=desk.support.pk)
    save_mailbox(email, replace(mailbox_setup(email.mailbox), frequency=9), by="test", at=AT)
    fetch.fetch(desk.mailbox.pk)
    intake.take_in(desk.mailbox.pk)
    assert Ticket.objects.count() == 1
