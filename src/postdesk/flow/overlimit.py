"""A user has as many open tickets as the desk allows: they hear of it, and the administrator, once a day."""

from __future__ import annotations

import datetime as dt

from postdesk.basics.ids import nonce
from postdesk.basics.text import storable
from postdesk.flow.reaction import Reaction
from postdesk.judge.facts import Arrival
from postdesk.judge.route import overlimit_response
from postdesk.judge.verdict import Routing, Verdict
from postdesk.mail import compose
from postdesk.mail.compose import Auto, Outgoing
from postdesk.mail.message import Address
from postdesk.mailroom.models import Alert
from postdesk.mailroom.models.outbox import Kind
from postdesk.mailroom.outbox import NewLetter
from postdesk.tickets.letters import Sender
from postdesk.tickets.notices import Person, Scene, Words

#: Nobody hears of it more often than this.
ONCE_IN = dt.timedelta(days=1)
KIND = "user.overlimit"


def tell(on: Reaction, arrival: Arrival, verdict: Verdict, routing: Routing) -> None:
    """Put the notice and the administrator's letter into the batch, unless both heard of it today.

    There is no ticket, so their ids carry no signature: an answer to the notice is a new message like any other.
    """
    author = arrival.author
    if author is None or arrival.is_history or _is_told(on, author.key):
        return
    desk, settings = on.facts.desk, on.gathered.settings
    subject = storable(arrival.mail.subject) or "[No Subject]"
    scene = Scene(
        ticket=on.voice.ticket_scene(
            number=0, subject=subject, owner=Person(author.name, author.address), department=routing.department
        ),
        recipient=Person(author.name, author.address),
        poster=Person(author.name, author.address),
        signature=on.voice.of(routing.department).signature,
        limit=desk.max_open_tickets,
        url=on.voice.url,
    )
    response = overlimit_response(verdict, routing, desk, is_on=on.voice.settings.overlimit_notice)
    sender = on.senders.first(response.email)
    if sender is not None and len(author.address) <= 256:
        _put(on, "ticket.overlimit", scene, routing, sender, author, auto="auto-replied", about=arrival.mail.message_id)
        on.facts.recent_answers[author.key] = on.facts.recent_answers.get(author.key, 0) + 1
    sender = on.senders.first(settings.alert_email_id, desk.default_email)
    if sender is not None and settings.admin_email:
        _put(on, "overlimit.alert", scene, routing, sender, Address("", settings.admin_email), auto="auto-generated")


def _is_told(on: Reaction, address: str) -> bool:
    """Whether it was said today already; notes that it is said now."""
    about = address[:80]
    told = Alert.objects.filter(kind=KIND, about=about, raised_at__gt=on.batch.at - ONCE_IN)
    if told.exists():
        return True
    words = f"{address} has {on.facts.desk.max_open_tickets} open tickets, as many as are allowed."
    # Nothing has to be mended: it stands among the alerts as one that is over.
    Alert.objects.create(kind=KIND, about=about, text=words, raised_at=on.batch.at, recovered_at=on.batch.at)
    return False


def _put(
    on: Reaction,
    code: str,
    scene: Scene,
    routing: Routing,
    sender: Sender,
    to: Address,
    *,
    auto: Auto,
    about: str | None = None,
) -> None:
    words: Words = on.voice.words(code, scene, department=routing.department)
    domain = sender.address.address.rpartition("@")[2]
    message_id = f"notice.{nonce()}@{domain}"
    letter = Outgoing(
        from_=sender.address,
        sender=sender.on_behalf,
        to=(to,),
        subject=words.subject,
        text=words.text,
        html=words.html,
        message_id=message_id,
        in_reply_to=about,
        references=(about,) if about else (),
        date=on.batch.at,
        auto=auto,
    )
    on.batch.letters.append(
        NewLetter(
            pk=on.batch.letter_id(),
            kind=Kind.AUTORESPONSE if auto == "auto-replied" else Kind.ALERT,
            email=sender.email,
            from_address=sender.address.address,
            subject=words.subject,
            message_id=message_id,
            raw=compose.compose(letter),
            recipients=(to.address,),
        )
    )
