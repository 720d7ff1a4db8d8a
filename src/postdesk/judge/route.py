"""Decide what a new ticket starts as: address, department, help topic, priority (osticket.md 4.1, 4.6)."""

from __future__ import annotations

from postdesk.judge.facts import AddressOfOurs, Arrival, Desk, Facts
from postdesk.judge.verdict import AutoResponse, Routing, Verdict
from postdesk.mail.message import Priority


def route(arrival: Arrival, facts: Facts) -> Routing:
    """Never fails: what nothing decides goes to the default department with normal priority."""
    desk = facts.desk
    matched = _addressed(arrival, desk)
    polled = desk.address_by_id(arrival.via_email)
    email: AddressOfOurs | None
    if matched:
        where, email = matched[0]
        sentence = f"{where} names {email.address}."
    elif polled is not None:
        email, sentence = polled, f"No recipient is ours; it was in the mailbox of {polled.address}."
    else:
        email = desk.address_by_id(desk.default_email)
        sentence = "No recipient is ours; the Default System Email decides."
    every = list(dict.fromkeys([*(ours.id for _where, ours in matched), *([polled.id] if polled else [])]))
    topic = desk.topics.get(email.help_topic) if email and email.help_topic else None
    departments = ((email.department if email else None), (topic.department if topic else None))
    department = next((known for known in departments if known in desk.departments), None)
    return Routing(
        email=email.id if email else None,
        department=department if department is not None else desk.default_department,
        help_topic=topic.id if topic else None,
        priority=_priority(arrival, desk, email),
        all_emails=tuple(every),
        sentence=sentence,
    )


def auto_response(verdict: Verdict, routing: Routing, desk: Desk) -> AutoResponse:
    """Whether a new ticket is acknowledged, and from which address (osticket.md 4.6, 5.1)."""
    if verdict.silence:
        return AutoResponse(None, verdict.silence)
    email = desk.address_by_id(routing.email)
    if email is not None and not email.autoresponse:
        return AutoResponse(None, f"Auto-responses are off for {email.address}.")
    topic = desk.topics.get(routing.help_topic) if routing.help_topic else None
    if topic is not None and not topic.autoresponse:
        return AutoResponse(None, "Auto-responses are off for the help topic.")
    department = desk.departments[routing.department]
    if not department.new_ticket_autoresponse:
        return AutoResponse(None, f"Auto-responses are off for the department {department.name}.")
    candidates = (department.autoresponse_email, department.outgoing_email, routing.email, desk.default_email)
    sender = next((candidate for candidate in candidates if candidate is not None), None)
    if sender is None:
        return AutoResponse(None, "There is no address to answer from: no Default System Email is set.")
    return AutoResponse(sender)


def _addressed(arrival: Arrival, desk: Desk) -> list[tuple[str, AddressOfOurs]]:
    """Addresses of ours the message names, in the order To, Cc, then what the transport noted."""
    mail = arrival.mail
    named = [
        *(("To", address.key) for address in mail.to),
        *(("Cc", address.key) for address in mail.cc),
        *(("The delivery header", address.lower()) for address in mail.delivered_to),
    ]
    return [(where, desk.addresses[address]) for where, address in named if address in desk.addresses]


def _priority(arrival: Arrival, desk: Desk, email: AddressOfOurs | None) -> Priority:
    if desk.priority_from_mail and arrival.mail.priority:
        return arrival.mail.priority
    topic = desk.topics.get(email.help_topic) if email and email.help_topic else None
    return (email.priority if email else None) or (topic.priority if topic else None) or "normal"
