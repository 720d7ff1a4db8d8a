"""Tell agents what happened: an event becomes letters to whoever the settings choose, in the event's transaction.

Intake gathers the occasions of a chunk and writes their letters together; operations tell at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from postdesk.basics.ids import message_key
from postdesk.mail.message import Address
from postdesk.mailroom import outbox
from postdesk.mailroom.models import MailSettings
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.mailroom.secrets import signing_keys
from postdesk.tickets.circles import Placed, circles
from postdesk.tickets.letters import Draft, Sender, write
from postdesk.tickets.models import KnownMessageId, Ticket
from postdesk.tickets.models.thread import Direction
from postdesk.tickets.notices import Person, Scene
from postdesk.tickets.notices.alerts import BY_NAME
from postdesk.tickets.notices.circle import recipients
from postdesk.tickets.senders import Senders, senders
from postdesk.tickets.voice import Voice, voice


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that agents may be told. `alert`: its name in notices.alerts; `entry` 0 where there is none."""

    alert: str
    placed: Placed
    entry: int
    scene: Scene
    #: The agent who did it: never told of it.
    actor: int | None = None
    #: The user's mail, so that mail programs show alert and mail together.
    about: str | None = None
    #: The address the ticket came through.
    email: int | None = None
    #: Whose mail it is about, lower case: never told of it, or a robot at that address would go on for ever.
    author: str = ""


@dataclass(frozen=True, slots=True)
class Alerted:
    """A letter, and the ticket and entry it is about."""

    letter: NewLetter
    ticket: int
    entry: int


def of(ticket: Ticket) -> Placed:
    return Placed(ticket.pk, ticket.department_id, ticket.assignee_id, ticket.team_id)


def letters(
    occasions: Sequence[Occasion],
    *,
    voice: Voice,
    senders: Senders,
    mail: MailSettings,
    key: bytes,
    at: dt.datetime,
) -> list[Alerted]:
    """The letters of these occasions. Nobody is told twice of one ticket: the first occasion counts."""
    if not occasions:
        return []
    wanted = {name for one in occasions for name in voice.chosen(one.alert)}
    placed, entries = [one.placed for one in occasions], [one.entry for one in occasions]
    around = circles(placed, wanted, admin=mail.admin_email, apart_from=entries)
    drafts: list[Draft] = []
    told: set[tuple[int, str]] = set()
    for one in occasions:
        sender = _sender(one, voice, senders, mail)
        if sender is None:
            continue
        chosen = voice.chosen(one.alert)
        circle = around[one.placed.ticket]
        for colleague in recipients(chosen, circle, actor=one.actor, ours=senders.is_ours):
            if (one.placed.ticket, colleague.address) in told or colleague.address.lower() == one.author:
                continue
            told.add((one.placed.ticket, colleague.address))
            drafts.append(_draft(one, Address(colleague.name, colleague.address), sender, voice, mail))
    ids = outbox.next_ids("mailroom_letter", len(drafts))
    return [
        Alerted(write(replace(draft, letter=pk), key=key, at=at), draft.ticket, draft.entry)
        for draft, pk in zip(drafts, ids, strict=True)
    ]


def tell(occasions: Sequence[Occasion], *, at: dt.datetime, speaking: Voice | None = None) -> None:
    """Write the letters of these occasions, in the caller's transaction."""
    speaking = speaking or voice()
    heard = [one for one in occasions if speaking.listens(one.alert)]
    if not heard:
        return
    mail = MailSettings.objects.get_or_create(pk=1)[0]
    found = letters(heard, voice=speaking, senders=senders(), mail=mail, key=signing_keys()[0], at=at)
    if not found:
        return
    outbox.put([one.letter for one in found], at=at)
    KnownMessageId.objects.bulk_create(
        KnownMessageId(
            message_id=message_key(one.letter.message_id),
            direction=Direction.OUT,
            ticket_id=one.ticket,
            entry_id=one.entry or None,
            letter_id=one.letter.pk,
        )
        for one in found
    )


def _draft(one: Occasion, to: Address, sender: Sender, voice: Voice, mail: MailSettings) -> Draft:
    scene = replace(
        one.scene,
        recipient=Person(to.name, to.address),
        recipient_link=one.scene.ticket.link,
        company=sender.address.name,
        url=voice.url,
    )
    return Draft(
        letter=0,
        ticket=one.placed.ticket,
        entry=one.entry,
        kind=Kind.ALERT,
        sender=sender,
        to=(to,),
        words=voice.words(BY_NAME[one.alert].message, scene, department=one.placed.department),
        in_reply_to=one.about,
        references=(),
        separator=mail.reply_separator if mail.strip_quoted_reply else None,
    )


def _sender(one: Occasion, voice: Voice, senders: Senders, mail: MailSettings) -> Sender | None:
    """Default Alert Email, else DeptOut, else the address the ticket came through, else the Default System Email."""
    outgoing = voice.of(one.placed.department).outgoing_email
    return senders.first(mail.alert_email_id, outgoing, one.email, mail.default_email_id)
