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
    address = arrival.sender
    domain = address.rpartition("@")[2]
    hit = next((pattern for pattern in (address, f"*@{domain}") if pattern in facts.desk.bans), None)
    return Finding("banned", f"The banlist has {hit}.", action="suppress") if hit else None


def no_sender(arrival: Arrival, facts: Facts) -> Finding | None:
    if arrival.sender:
        return None
    return Finding("no_sender", "The message has no From address.", action="hold")


def unregistered(arrival: Arrival, facts: Facts) -> Finding | None:
    if facts.desk.accept_unregistered or arrival.sender in facts.users:
        return None
    return Finding("unregistered", "The sender is not a known user of this desk.", action="suppress")


def our_own_address(arrival: Arrival, facts: Facts) -> Finding | None:
    if arrival.sender not in facts.desk.addresses:
        return None
    return Finding("our_own_address", "From is an address of this desk.", silent=True)
