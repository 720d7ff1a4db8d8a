"""Decide what a new ticket starts as: address, department, help topic, priority and the rest (osticket.md 4.1, 4.6).

For each the first that says something decides: a filter, the address, the help topic, the system's default.
"""

from __future__ import annotations

from typing import Final, get_args

from postdesk.judge.facts import AddressOfOurs, Arrival, DepartmentFacts, Desk, Facts, TopicFacts
from postdesk.judge.filters.run import Chosen
from postdesk.judge.verdict import AutoResponse, Routing, Threading, Verdict
from postdesk.mail.address import parse
from postdesk.mail.message import ParsedMail, Priority

_UNFILTERED: Final = Chosen()
_PRIORITIES: Final[dict[str, Priority]] = {name: name for name in get_args(Priority)}


def route(arrival: Arrival, facts: Facts, chosen: Chosen = _UNFILTERED) -> Routing:
    """Never fails: what nothing decides goes to the default department with normal priority."""
    desk = facts.desk
    matched = _addressed(arrival.mail, desk)
    polled = desk.address_by_id(arrival.via_email)
    email: AddressOfOurs | None
    if matched:
        sentence, email = matched[0]
    elif polled is not None:
        email, sentence = polled, f"No recipient is ours; it was in the mailbox of {polled.address}."
    else:
        email = desk.address_by_id(desk.default_email)
        sentence = "No recipient is ours; the Default System Email decides."
    every = list(dict.fromkeys([*(ours.id for _, ours in matched), *([polled.id] if polled else [])]))
    topic = _topic(desk, email, chosen)
    department = _department(desk, email, topic, chosen)
    agent, team = _assigned(arrival, facts, topic, chosen)
    return Routing(
        email=email.id if email else None,
        department=department,
        help_topic=topic.id if topic else None,
        priority=_priority(arrival.mail, desk, email, topic, chosen),
        all_emails=tuple(every),
        sentence=sentence,
        agent=agent,
        status=chosen.status or ("closed" if topic is not None and topic.closes else ""),
        team=team,
        sla=_sla(desk, desk.departments[department], topic, chosen),
    )


def auto_response(verdict: Verdict, routing: Routing, desk: Desk, *, is_on: bool = True) -> AutoResponse:
    """Whether a new ticket is acknowledged, and from which address (osticket.md 4.6, 5.1)."""
    if verdict.silence:
        return AutoResponse(None, verdict.silence)
    if not is_on:
        return AutoResponse(None, "New Ticket auto-responses are off (Settings > Tickets).")
    email = desk.address_by_id(routing.email)
    if email is not None and not email.autoresponse:
        return AutoResponse(None, f"Auto-responses are off for {email.address}.")
    topic = desk.topics.get(routing.help_topic) if routing.help_topic else None
    if topic is not None and not topic.autoresponse:
        return AutoResponse(None, "Auto-responses are off for the help topic.")
    department = desk.departments[routing.department]
    if not department.new_ticket_autoresponse:
        return AutoResponse(None, f"Auto-responses are off for the department {department.name}.")
    return _from(department, routing.email, desk)


def message_response(
    verdict: Verdict, threading: Threading, desk: Desk, *, department: int, email: int | None, is_on: bool
) -> AutoResponse:
    """Whether a message that joined a ticket is confirmed to its writer, and from which address (2.1, 4.5)."""
    if not is_on:
        return AutoResponse(None, "New Message auto-responses are off (Settings > Tickets).")
    if verdict.silence:
        return AutoResponse(None, verdict.silence)
    if threading.stranger:
        return AutoResponse(None, "The writer takes no part in the ticket.")
    place = desk.departments.get(department)
    if place is None or not place.new_message_autoresponse:
        return AutoResponse(None, "New Message auto-responses are off for the department.")
    return _from(place, email, desk)


def overlimit_response(verdict: Verdict, routing: Routing, desk: Desk, *, is_on: bool) -> AutoResponse:
    """Whether a user is told that they have too many open tickets (osticket.md 5.1)."""
    if not is_on:
        return AutoResponse(None, "Overlimit notices are off (Settings > Tickets).")
    if verdict.silence:
        return AutoResponse(None, verdict.silence)
    return _from(desk.departments[routing.department], routing.email, desk)


def _from(department: DepartmentFacts, email: int | None, desk: Desk) -> AutoResponse:
    """DeptAuto, DeptOut, the address that was written to, the Default System Email."""
    candidates = (department.autoresponse_email, department.outgoing_email, email, desk.default_email)
    sender = next((candidate for candidate in candidates if candidate is not None), None)
    if sender is None:
        return AutoResponse(None, "There is no address to answer from: no Default System Email is set.")
    return AutoResponse(sender)


def _addressed(mail: ParsedMail, desk: Desk) -> list[tuple[str, AddressOfOurs]]:
    """Addresses of ours the message names, with a sentence: To, Cc, then what the transport noted, then Bcc.

    Bcc is what some servers leave in the copy of a person who was written to blindly.
    """
    named = [
        *(("To", address.key) for address in mail.to),
        *(("Cc", address.key) for address in mail.cc),
        *(("The delivery header", address.lower()) for address in mail.delivered_to),
    ]
    found = [(_sentence(where, address, ours), ours) for where, address in named if (ours := desk.ours(address))]
    if found:
        return found
    blind = (one.key for name, value in mail.headers if name.lower() == "bcc" for one in parse(value))
    return [(_sentence("Bcc", address, ours), ours) for address in blind if (ours := desk.ours(address))]


def _sentence(where: str, address: str, ours: AddressOfOurs) -> str:
    if address == ours.address.lower():
        return f"{where} names {ours.address}."
    return f"{where} names {address}, which is {ours.address}."


def _topic(desk: Desk, email: AddressOfOurs | None, chosen: Chosen) -> TopicFacts | None:
    """Filter, address, default; None for none. Only active ones are in the desk."""
    candidates = (chosen.help_topic, email.help_topic if email else None, desk.default_topic)
    return next((desk.topics[one] for one in candidates if one is not None and one in desk.topics), None)


def _department(desk: Desk, email: AddressOfOurs | None, topic: TopicFacts | None, chosen: Chosen) -> int:
    """Filter, address, help topic, default. An address whose department is not active: the default (4.6)."""
    candidates = (chosen.department, email.department if email else None, topic.department if topic else None)
    first = next((one for one in candidates if one is not None), None)
    return first if first is not None and first in desk.departments else desk.default_department


def _assigned(
    arrival: Arrival, facts: Facts, topic: TopicFacts | None, chosen: Chosen
) -> tuple[int | None, int | None]:
    """Agent and team: filter, help topic, the organisation's account manager.

    Of a topic the team only when it has no agent that is active (4.6).
    """
    desk = facts.desk
    if chosen.agent is not None or chosen.team is not None:
        return chosen.agent, chosen.team
    if topic is not None and topic.agent is not None and desk.has("agent", topic.agent):
        return topic.agent, None
    if topic is not None and topic.team in desk.teams:
        return None, topic.team
    manager = facts.organisations.get(arrival.sender.rpartition("@")[2])
    return (manager, None) if manager is not None and desk.has("agent", manager) else (None, None)


def _sla(desk: Desk, department: DepartmentFacts, topic: TopicFacts | None, chosen: Chosen) -> int | None:
    """Filter, help topic, department, default; plans that are not active are passed over (4.6)."""
    candidates = (chosen.sla, topic.sla if topic else None, department.sla, desk.default_sla)
    return next((one for one in candidates if one is not None and one in desk.promises), None)


def _priority(
    mail: ParsedMail, desk: Desk, email: AddressOfOurs | None, topic: TopicFacts | None, chosen: Chosen
) -> Priority:
    """Filter, the mail's own header where that is switched on, address, help topic, normal."""
    stated = mail.priority if desk.priority_from_mail else None
    return (
        _PRIORITIES.get(chosen.priority)
        or stated
        or (email.priority if email else None)
        or (topic.priority if topic else None)
        or "normal"
    )
