"""Checks on who sent a message and whether it is one at all that we have not seen."""

from __future__ import annotations

from postdesk.basics.ids import message_key
from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.verdict import Finding


def already_here(arrival: Arrival, facts: Facts) -> Finding | None:
    """Same Message-ID and same words. The same id over other words is another mail: ids get reused."""
    if not arrival.mail.message_id:
        return None
    known = facts.known.get(message_key(arrival.mail.message_id))
    if known is None or known.ours or known.fingerprint != arrival.fingerprint:
        return None
    ticket = facts.tickets.get(known.ticket)
    where = f" It is in ticket #{ticket.number}." if ticket else ""
    return Finding("already_here", f"The same mail is here already.{where}", action="duplicate")


def own_message(arrival: Arrival, facts: Facts) -> Finding | None:
    """Our signature in the Message-ID itself (not in a reference) proves that we wrote it."""
    if not arrival.mail.message_id:
        return None
    key = message_key(arrival.mail.message_id)
    known = facts.known.get(key)
    if key in facts.signed or (known is not None and known.ours):
        return Finding("own_message", "We sent this message ourselves; it came back to us.", action="suppress")
    return None


def banned(arrival: Arrival, facts: Facts) -> Finding | None:
    """Of all mail, answers to tickets included, unless the desk bans new tickets only."""
    return ban(arrival, facts) if facts.desk.bans_cover_replies else None


def ban(arrival: Arrival, facts: Facts) -> Finding | None:
    hit = facts.bans.hit(arrival.sender)
    return Finding("banned", f"The banlist has {hit}.", action="suppress") if hit else None


def no_sender(arrival: Arrival, facts: Facts) -> Finding | None:
    if arrival.sender:
        return None
    return Finding("no_sender", "The message has no From address.", action="hold")


def unregistered(arrival: Arrival, facts: Facts) -> Finding | None:
    """Known are users, agents, and everybody at the domain of an organisation (osticket.md 2, Accept All Emails)."""
    sender = arrival.sender
    if facts.desk.accept_unregistered or sender in facts.users or sender in facts.desk.agents:
        return None
    if sender.rpartition("@")[2] in facts.organisations:
        return None
    words = f"{sender} is no registered user of this desk, and unknown senders are not accepted."
    return Finding("unregistered", words, action="suppress")


def our_own_address(arrival: Arrival, facts: Facts) -> Finding | None:
    if not facts.desk.is_ours(arrival.sender):
        return None
    return Finding("our_own_address", "From is an address of this desk.", silent=True)
