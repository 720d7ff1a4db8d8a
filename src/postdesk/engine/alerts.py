"""Tell the administrator once that a mailbox fails, and once that it is well again."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from postdesk.flow.administrator import tell_administrator
from postdesk.mailroom.models import Alert, RemoteMailbox
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
        tell_administrator(words, at=at)
    return made


@transaction.atomic
def recover_for(mailbox: RemoteMailbox, *, at: dt.datetime) -> bool:
    """The mailbox works: close its alert, if one is open, and say so once."""
    closed = Alert.objects.filter(
        kind=MAILBOX_FAILING, about=f"mailbox:{mailbox.pk}", recovered_at__isnull=True
    ).update(recovered_at=at)
    if closed:
        tell_administrator(_words("mailbox.recovered", MailboxScene(mailbox.email.address)), at=at)
    return bool(closed)


def _words(code: str, mailbox: MailboxScene) -> Words:
    speaking = voice()
    return speaking.words(code, Scene(mailbox=mailbox, url=speaking.url), department=None)
