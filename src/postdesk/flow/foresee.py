"""What would become of a message if it came now: judged with today's rows, and nothing changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction

from postdesk.basics.errors import Invalid
from postdesk.flow.facts import gather
from postdesk.judge.decide import decide
from postdesk.judge.facts import Arrival, Desk, Facts
from postdesk.judge.opening import Opening, opening
from postdesk.judge.route import auto_response
from postdesk.judge.thread import thread
from postdesk.judge.trust import heeded, weigh
from postdesk.judge.verdict import Verdict
from postdesk.mail.parse import parse
from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Team
from postdesk.tickets.allowed import is_allowed
from postdesk.tickets.models import NoticeSettings, SlaPlan


def foresee(raw: bytes, *, mailbox: str | None, at: dt.datetime) -> dict[str, Any]:
    """The outcome with all its reasons, as a document. `mailbox`: the address it would be fetched for.

    Raises Invalid("mailbox") for an address that is not the desk's.
    """
    email = Email.objects.filter(address__iexact=mailbox).first() if mailbox else None
    if mailbox and email is None:
        raise Invalid("mailbox", f"{mailbox} is not an address of this desk")
    arrival = Arrival(parse(raw), len(raw), email.pk if email else None)
    with transaction.atomic():
        facts = gather([arrival], at=at).facts
        # Reading locks the tickets it may belong to, as intake does; nothing of it stays.
        transaction.set_rollback(True)
    return _judged(arrival, facts)


def _judged(arrival: Arrival, facts: Facts) -> dict[str, Any]:
    verdict = decide(arrival, facts)
    if verdict.action != "accept":
        return {"outcome": verdict.action, "reason": verdict.reason, **_noted(verdict)}
    threading = thread(arrival, facts)
    evidence: dict[str, Any] = {"rule": threading.rule, "sentence": threading.sentence, "stranger": threading.stranger}
    weighed = weigh(arrival, facts, threading)
    verdict = heeded(verdict, weighed)
    evidence |= {"trust": weighed.level.name.lower(), "trust_evidence": list(weighed.evidence)}
    held = (threading.sentence if threading.hold else "") or weighed.held
    if held and not is_allowed(arrival.sender, threading.ticket):
        return {"outcome": "hold", "reason": held, **_noted(verdict), "threading": evidence}
    if threading.ticket is not None:
        number = facts.tickets[threading.ticket].number
        return {"outcome": "reply", "reason": "", "ticket": number, **_noted(verdict), "threading": evidence}
    made = opening(arrival, verdict, facts)
    outcome = "suppress" if made.refusal else "ticket"
    opened = None if made.refusal else _opened(made, facts.desk)
    return {
        "outcome": outcome,
        "reason": made.refusal,
        **_noted(made.verdict),
        "threading": evidence,
        "filters": [
            {"filter": step.filter, "why": step.why, "did": list(step.did)}
            for step in (made.chosen.steps if made.chosen else ())
        ],
        "new_ticket": opened,
    }


def _noted(verdict: Verdict) -> dict[str, Any]:
    return {"findings": [finding.sentence for finding in verdict.findings]}


def _opened(made: Opening, desk: Desk) -> dict[str, Any]:
    routing = made.routing
    settings = NoticeSettings.objects.filter(pk=1).first() or NoticeSettings(pk=1)
    answer = auto_response(made.verdict, routing, desk, is_on=settings.new_ticket_autoresponse)
    topic = desk.topics.get(routing.help_topic or 0)
    addresses = dict(Email.objects.values_list("id", "address"))
    return {
        "user": made.arrival.sender,
        "email": addresses.get(routing.email or 0),
        "known_emails": [addresses[pk] for pk in routing.all_emails if pk in addresses],
        "routed": routing.sentence,
        "department": desk.departments[routing.department].name,
        "help_topic": topic.name if topic else None,
        "priority": routing.priority,
        "status": routing.status or "open",
        "agent": Agent.objects.filter(pk=routing.agent or 0).values_list("email", flat=True).first(),
        "team": Team.objects.filter(pk=routing.team or 0).values_list("name", flat=True).first(),
        "sla": SlaPlan.objects.filter(pk=routing.sla or 0).values_list("name", flat=True).first(),
        "autoresponse_from": addresses.get(answer.email or 0),
        "no_autoresponse_because": answer.why_not,
    }
