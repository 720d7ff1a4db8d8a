"""What is known about people who may open tickets: bans, open tickets, organisations. Once per chunk."""

from __future__ import annotations

from django.db.models import Count, Q

from postdesk.judge.bans import Bans, candidates
from postdesk.judge.facts import Facts
from postdesk.mailroom.models import Ban
from postdesk.mailroom.models.emails import BanKind
from postdesk.people import organisations
from postdesk.tickets.models import Ticket
from postdesk.tickets.models.ticket import Status


def read(facts: Facts, people: set[str]) -> None:
    """Fill the facts about these addresses (lower case): two small queries, and more only for what is switched on."""
    asked = Q(pattern__in=candidates(people)) | Q(kind=BanKind.WILDCARD)
    bans = Ban.objects.filter(asked, is_active=True).order_by("pattern").values_list("pattern", "kind")
    wild = tuple(pattern for pattern, kind in bans if kind == BanKind.WILDCARD)
    facts.bans = Bans(frozenset(pattern for pattern, _ in bans).difference(wild), wild)
    if facts.desk.max_open_tickets:
        rows = Ticket.objects.filter(status=Status.OPEN, user__address__in=people).order_by()
        facts.open_tickets = dict(rows.values_list("user__address").annotate(count=Count("id")))
    facts.organisations = organisations.managers({organisations.domain_of(address) for address in people})
