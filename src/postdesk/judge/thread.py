"""Find the ticket a message belongs to.

The evidence, strongest first. Proof of having seen our mail (our signature) joins, whoever writes; the
author stays who the From says. A known Message-ID or a number alone joins only for somebody who takes
part in the ticket already, for anybody may write these.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from postdesk.basics.ids import message_key
from postdesk.judge.facts import Arrival, Facts, TicketFacts
from postdesk.judge.verdict import Threading
from postdesk.mail.subject import bare

#: After so long a silence, an answer under another subject is taken for a new matter.
SILENCE: Final = dt.timedelta(days=30)
_NUMBER = re.compile(r"\[\s*#(\d{1,12})\s*\]")


def thread(arrival: Arrival, facts: Facts) -> Threading:
    """The first rule that finds a ticket decides; none: a new ticket."""
    for rule, _sentence in RULES:
        found = rule(arrival, facts)
        if found is not None:
            return _other_matter(_unless_final(found, facts), arrival, facts)
    return Threading(None, "new", _why_new(arrival, facts))


def _unless_final(found: Threading, facts: Facts) -> Threading:
    """Tickets of archived departments are not opened again: what answers them is a new ticket (osticket.md 6)."""
    ticket = facts.tickets.get(found.ticket or -1)
    if ticket is None or not ticket.is_final or found.hold:
        return found
    sentence = f"{found.sentence} It is closed, and its department is archived."
    return Threading(None, "archived", sentence, follows=ticket.id)


def _other_matter(found: Threading, arrival: Arrival, facts: Facts) -> Threading:
    """Whoever takes up an old mail to write about something new is heard where it came, and the ticket says so."""
    ticket = facts.tickets.get(found.ticket or -1)
    if ticket is None or ticket.last_at is None or facts.at - ticket.last_at < SILENCE:
        return found
    about = bare(arrival.mail.subject)
    if not about or about == bare(ticket.subject):
        return found
    days = (facts.at - ticket.last_at).days
    sentence = f"The subject is another one than the ticket's, and nobody had written for {days} days."
    return replace(found, new_matter=sentence)


def by_moved(arrival: Arrival, facts: Facts) -> Threading | None:
    """What is answered was moved to another ticket than our letters before it, whose signatures stay what they are."""
    nearest: tuple[str, TicketFacts] | None = None
    for where, key in _referenced(arrival):
        if key in facts.signed:
            signed = _signed(key, facts)
            if nearest is None or signed is None or signed.id == nearest[1].id:
                return None
            sentence = f"{nearest[0]} names a message in #{nearest[1].number}, and a letter of ours before it."
            return Threading(nearest[1].id, "known_id", sentence)
        known = facts.known.get(key)
        ticket = facts.tickets.get(known.ticket) if known and nearest is None else None
        if ticket is not None and _takes_part(arrival, ticket, facts):
            nearest = (where, ticket)
    return None


def _signed(key: str, facts: Facts) -> TicketFacts | None:
    """The ticket of a letter of ours: where it stands now, for it may have been moved; else what its signature says."""
    known = facts.known.get(key)
    return facts.tickets.get(known.ticket if known else facts.signed.get(key, -1))


def by_signature(arrival: Arrival, facts: Facts) -> Threading | None:
    for where, key in _referenced(arrival):
        ticket = _signed(key, facts) if key in facts.signed else None
        if ticket is not None:
            sentence = f"{where} carries our signature for #{ticket.number}."
            return Threading(ticket.id, "signature", sentence, stranger=not _takes_part(arrival, ticket, facts))
    return None


def by_known_id(arrival: Arrival, facts: Facts) -> Threading | None:
    for where, key in _referenced(arrival):
        known = facts.known.get(key)
        ticket = facts.tickets.get(known.ticket) if known else None
        if ticket is None or known is None:
            continue
        whose = "one of our messages" if known.ours else "a message"
        if _takes_part(arrival, ticket, facts):
            return Threading(ticket.id, "known_id", f"{where} names {whose} in #{ticket.number}.")
        sentence = f"{where} names {whose} in #{ticket.number}, but {arrival.sender} takes no part in that ticket."
        return Threading(ticket.id, "known_id", sentence, stranger=True, hold=True)
    return None


def by_number(arrival: Arrival, facts: Facts) -> Threading | None:
    ticket = _numbered(arrival, facts)
    if ticket is None or not _takes_part(arrival, ticket, facts):
        return None
    return Threading(ticket.id, "number", f"The subject names #{ticket.number}, and the sender takes part in it.")


def by_same_id(arrival: Arrival, facts: Facts) -> Threading | None:
    """The Message-ID of an earlier mail over other words: somebody's program reuses ids. Nothing gets lost."""
    if not arrival.mail.message_id:
        return None
    known = facts.known.get(message_key(arrival.mail.message_id))
    ticket = facts.tickets.get(known.ticket) if known else None
    if ticket is None or not _takes_part(arrival, ticket, facts):
        return None
    return Threading(ticket.id, "same_id", f"It has the Message-ID of an earlier mail in #{ticket.number}.")


RULES: Final[tuple[tuple[Callable[[Arrival, Facts], Threading | None], str], ...]] = (
    (by_moved, "The id of a message that was moved away from where our signature points, if the sender takes part."),
    (by_signature, "An id with our signature in In-Reply-To, References or the quoted text: proof of our mail."),
    (by_known_id, "The id of a mail received or sent; from a stranger to the ticket it is held."),
    (by_number, "[#number] in the subject, from somebody who takes part in that ticket."),
    (by_same_id, "The same Message-ID as an earlier mail, with other words, from somebody who takes part."),
)


def _referenced(arrival: Arrival) -> Iterator[tuple[str, str]]:
    """Header name and message key of each id referred to, the nearest first."""
    for where, message_id in ids_referenced(arrival):
        yield where, message_key(message_id)


def ids_referenced(arrival: Arrival) -> Iterator[tuple[str, str]]:
    """Header name and id of everything referred to, the nearest first."""
    mail = arrival.mail
    for message_id in mail.in_reply_to:
        yield "In-Reply-To", message_id
    for message_id in reversed(mail.references):
        yield "References", message_id
    for message_id in mail.body_ids:
        yield "The quoted text", message_id


def _takes_part(arrival: Arrival, ticket: TicketFacts, facts: Facts) -> bool:
    return arrival.sender in ticket.participants or arrival.sender in facts.desk.agents


def _numbered(arrival: Arrival, facts: Facts) -> TicketFacts | None:
    match = _NUMBER.search(arrival.mail.subject)
    return facts.tickets.get(facts.numbers.get(int(match[1]), -1)) if match else None


def _why_new(arrival: Arrival, facts: Facts) -> str:
    ticket = _numbered(arrival, facts)
    if ticket is not None:
        return f"The subject names #{ticket.number}, but {arrival.sender} takes no part in that ticket."
    return "It refers to no message that we know."


def numbers_in(subject: str) -> list[int]:
    """Ticket numbers a subject names, so that the facts about them can be gathered."""
    return [int(number) for number in _NUMBER.findall(subject)]


def keys_referenced(arrival: Arrival) -> list[str]:
    """Every message key threading may ask about, its own included."""
    own = [message_key(arrival.mail.message_id)] if arrival.mail.message_id else []
    return own + [key for _where, key in _referenced(arrival)]
