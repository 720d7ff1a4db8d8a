"""What a new ticket starts as, or why there is none.

    route -> filters (bans and all checks once more when they change the sender) -> route with what they chose
          -> the checks of new tickets

Pure, as all of the judge. A desk without filters pays for none of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from postdesk.judge.checks import NEW_TICKET_CHECKS, identity
from postdesk.judge.decide import decide
from postdesk.judge.facts import Arrival, Facts
from postdesk.judge.filters.run import Chosen, run
from postdesk.judge.filters.sight import Sight
from postdesk.judge.route import route
from postdesk.judge.verdict import Finding, Routing, Verdict
from postdesk.mail.message import Address


@dataclass(frozen=True, slots=True)
class Opening:
    """`arrival`: with the sender the filters chose; `chosen`: None without filters; `refusal`: why there is none."""

    arrival: Arrival
    verdict: Verdict
    routing: Routing
    chosen: Chosen | None = None
    refusal: str = ""
    #: The check behind the refusal, "" when a filter rejected it.
    check: str = ""


def opening(arrival: Arrival, verdict: Verdict, facts: Facts) -> Opening:
    """For an accepted message that belongs to no ticket."""
    routing = route(arrival, facts)
    chosen = None
    if facts.desk.filters:
        arrival, verdict, chosen = _filtered(arrival, verdict, routing, facts)
        if chosen.rejected_by:
            return Opening(arrival, verdict, routing, chosen, f"Rejected by Ticket Filter “{chosen.rejected_by}”.")
        if verdict.action != "accept":
            return Opening(arrival, verdict, routing, chosen, verdict.reason)
        routing = route(arrival, facts, chosen)
    for check, _sentence in NEW_TICKET_CHECKS:
        finding = check(arrival, facts)
        if finding is not None:
            return Opening(arrival, verdict, routing, chosen, finding.sentence, finding.check)
    return Opening(arrival, verdict, routing, chosen)


def _filtered(arrival: Arrival, verdict: Verdict, routing: Routing, facts: Facts) -> tuple[Arrival, Verdict, Chosen]:
    """Let the filters act; whoever they make the sender is judged like any sender."""
    desk, chosen = facts.desk, Chosen()
    while run(desk.filters, _sight(arrival, routing, facts), chosen, desk.has):
        arrival = replace(arrival, instead=chosen.author)
        verdict = decide(arrival, facts)
        if verdict.action != "suppress":
            # What the message is was decided with its own From: the new sender may be turned away or not answered.
            verdict = Verdict("accept", tuple(_noted(one) for one in verdict.findings))
        ban = identity.ban(arrival, facts)
        if ban is not None:
            verdict = Verdict("suppress", (*verdict.findings, ban))
        if verdict.action != "accept":
            return arrival, verdict, chosen
    chosen.unanswerable = verdict.silence
    if chosen.silence or chosen.canned is not None:
        words = chosen.silence or "A filter's canned response takes its place."
        silence = Finding("filter", words, silent=True)
        verdict = replace(verdict, findings=(*verdict.findings, silence))
    return arrival, verdict, chosen


def _noted(finding: Finding) -> Finding:
    """The finding as one that decides nothing: what would have kept the message out keeps the desk silent."""
    return replace(finding, action=None, silent=finding.silent or finding.action is not None)


def _sight(arrival: Arrival, routing: Routing, facts: Facts) -> Sight:
    desk = facts.desk
    topic = desk.topics.get(routing.help_topic or 0)
    return Sight(
        mail=arrival.mail,
        author=arrival.author or Address("", ""),
        size=arrival.size,
        is_ours=desk.is_ours,
        origin=arrival.origin,
        email=routing.email,
        department=desk.departments[routing.department].name,
        help_topic=topic.name if topic else "",
        priority=routing.priority,
        authentication=arrival.authentication,
    )
