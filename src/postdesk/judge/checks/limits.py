"""Checks on how much: size, age, and how many automatic answers one address gets."""

from __future__ import annotations

from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.verdict import Finding


def too_large(arrival: Arrival, facts: Facts) -> Finding | None:
    """Only noted: a customer whose scan is too big still has a ticket (flow.understood keeps its beginning)."""
    limit = facts.desk.max_message_size
    if arrival.size <= limit:
        return None
    size = f"{arrival.size / 1e6:.1f} MB, the limit is {limit / 1e6:.1f} MB"
    return Finding("too_large", f"The message is large: {size}. Its beginning was read.")


def history(arrival: Arrival, facts: Facts) -> Finding | None:
    if not arrival.is_history:
        return None
    return Finding("history", "The message is older than the mailbox's connection to this desk.", silent=True)


def open_tickets(arrival: Arrival, facts: Facts) -> Finding | None:
    """Maximum Open Tickets: refused, and the message is done with (osticket.md 4.6; row C7)."""
    limit, count = facts.desk.max_open_tickets, facts.open_tickets.get(arrival.sender, 0)
    if not limit or count < limit:
        return None
    words = f"{arrival.sender} has {count} open tickets, and the desk's limit is {limit}."
    return Finding("open_tickets", words, action="suppress")


def answer_budget(arrival: Arrival, facts: Facts) -> Finding | None:
    """The last guard against loops: whatever the headers say, nobody is answered more often than this."""
    sent = facts.recent_answers.get(arrival.sender, 0)
    if sent < facts.desk.auto_answers_per_hour:
        return None
    return Finding("answer_budget", f"{sent} automatic answers went to this address in the last hour.", silent=True)
