"""Tell the administrator once that a mailbox fails, and once that it is well again."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk.basics.ids import nonce
from postdesk.mail import compose
from postdesk.mail.compose import Outgoing
from postdesk.mail.message import Address
from postdesk.mailroom import outbox
from postdesk.mailroom.models import Alert, Email, MailSettings, RemoteMailbox
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.tickets.notices import MailboxScene, Scene, Words
from postdesk.tickets.voice import voice

#: Failures in a row before anybody is told; one hiccup is no news.
AFTER_FAILURES = 5
MAILBOX_FAILING = "mailbox.failing"


@transaction.atomic
def raise_for(mailbox: RemoteMailbox, *, at: dt.datetime) -> bool:
    """After five failures in a row: one alert and one letter. False when it was raised already."""
    if mailbox.failures < AFTER_FAILURES:
        return False
    about = MailboxScene(mailbox.email.address, mailbox.failures, mailbox.last_error)
    words = _words("mailbox.failing", about)
    _alert, made = Alert.objects.get_or_create(
        kind=MAILBOX_FAILING,
        about=f"mailbox:{mailbox.pk}",
        recovered_at=None,
        defaults={"text": words.text, "raised_at": at},
    )
    if made:
        _mail(words, at=at)
    return made


@transaction.atomic
def recover_for(mailbox: RemoteMailbox, *, at: dt.datetime) -> bool:
    """The mailbox works: close its alert, if one is open, and say so once."""
    closed = Alert.objects.filter(
        kind=MAILBOX_FAILING, about=f"mailbox:{mailbox.pk}", recovered_at__isnull=True
    ).update(recovered_at=at)
    if closed:
        _mail(_words("mailbox.recovered", MailboxScene(mailbox.email.address)), at=at)
    return bool(closed)


def _words(code: str, mailbox: MailboxScene) -> Words:
    speaking = voice()
    return speaking.words(code, Scene(mailbox=mailbox, url=speaking.url), department=None)


def _mail(words: Words, *, at: dt.datetime) -> None:
    """To the admin's address, from the alert address. Without either, the alert stands on the panel only."""
    settings = MailSettings.objects.select_related("alert_email", "default_email").filter(pk=1).first()
    sender: Email | None = (settings.alert_email or settings.default_email) if settings else None
    if settings is None or sender is None or not settings.admin_email:
        return
    domain = sender.address.rpartition("@")[2]
    message_id = f"alert.{nonce()}@{domain}"
    letter = Outgoing(
        from_=Address(sender.name, sender.address),
        to=(Address("", settings.admin_email),),
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message_id,
        date=at,
        auto="auto-generated",
    )
    outbox.put(
        [
            NewLetter(
                pk=outbox.next_ids("mailroom_letter", 1)[0],
                kind=Kind.ALERT,
                email=sender.pk,
                from_address=sender.address,
                subject=words.subject,
                message_id=message_id,
                raw=compose.compose(letter),
                recipients=(settings.admin_email,),
            )
        ],
        at=at,
    )
