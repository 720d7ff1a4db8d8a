"""Mail from the desk to its administrator, about the desk itself."""

from __future__ import annotations

import datetime as dt

from postdesk.basics.ids import nonce
from postdesk.mail import compose
from postdesk.mail.compose import Outgoing
from postdesk.mail.message import Address
from postdesk.mailroom import outbox
from postdesk.mailroom.models import Email, MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.tickets.notices import Words


def tell_administrator(words: Words, *, at: dt.datetime) -> None:
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
