"""Who there is around tickets, read for many tickets at once and only as far as somebody asks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from postdesk.people import organisations
from postdesk.people.models import Agent, Team
from postdesk.tickets.models import Department, Entry, Membership, Ticket
from postdesk.tickets.models.thread import EntryKind
from postdesk.tickets.notices.circle import Circle, Colleague

_COLUMNS: Final = ("id", "name", "email", "is_active", "on_vacation")


@dataclass(frozen=True, slots=True)
class Placed:
    """A ticket and who it belongs to, by ids."""

    ticket: int
    department: int
    agent: int | None = None
    team: int | None = None


def circles(
    tickets: Sequence[Placed], wanted: Collection[str], *, admin: str, apart_from: Collection[int] = ()
) -> dict[int, Circle]:
    """The circle of each ticket. `wanted`: recipients that any alert at hand may go to; `admin`: the admin email.

    `apart_from`: entries that the alerts are about; who wrote them is not the last respondent by that.
    """
    departments = _departments({one.department for one in tickets})
    members = _members(departments) if "members" in wanted else {}
    respondents = _respondents({one.ticket for one in tickets}, apart_from) if "last_respondent" in wanted else {}
    accounts = _account_managers({one.ticket for one in tickets}) if "account_manager" in wanted else {}
    agents = _agents({one.agent for one in tickets if one.agent is not None})
    teams = _teams({one.team for one in tickets if one.team is not None})
    made = {}
    for one in tickets:
        manager, rule = departments.get(one.department, (None, "members"))
        lead, team = teams.get(one.team or 0, (None, ()))
        made[one.ticket] = Circle(
            admin=admin,
            manager=manager,
            account_manager=accounts.get(one.ticket),
            members=members.get(one.department, ()),
            last_respondent=respondents.get(one.ticket),
            agent=agents.get(one.agent or 0),
            team_lead=lead,
            team=team,
            rule=rule,
        )
    return made


def _colleague(row: tuple[int, str, str, bool, bool]) -> Colleague:
    pk, name, address, is_active, on_vacation = row
    return Colleague(pk, name, address, is_active and not on_vacation)


def _of(agent: Agent | None) -> Colleague | None:
    if agent is None:
        return None
    return Colleague(agent.pk, agent.name, agent.email, agent.is_active and not agent.on_vacation)


def _departments(ids: set[int]) -> dict[int, tuple[Colleague | None, str]]:
    rows = Department.objects.select_related("manager").filter(pk__in=ids)
    return {row.pk: (_of(row.manager), row.alert_recipients) for row in rows}


def _members(departments: dict[int, tuple[Colleague | None, str]]) -> dict[int, tuple[Colleague, ...]]:
    """Primary members, and those with extended access and alerts where the department says so.

    Whoever has no primary department at all counts as a member of each of theirs.
    """
    rows = list(
        Membership.objects.filter(department__in=departments)
        .order_by("agent__name", "agent")
        .values_list("department", "is_primary", "has_alerts", *(f"agent__{column}" for column in _COLUMNS))
    )
    settled = set(Membership.objects.filter(is_primary=True, agent__in={row[3] for row in rows}).values_list("agent"))
    found: dict[int, tuple[Colleague, ...]] = {}
    for department, is_primary, has_alerts, *agent in rows:
        is_member = is_primary or (agent[0],) not in settled
        if is_member or (has_alerts and departments[department][1] == "extended"):
            found[department] = (*found.get(department, ()), _colleague(tuple(agent)))
    return found


def _respondents(tickets: set[int], apart_from: Collection[int]) -> dict[int, Colleague]:
    """Whoever replied last, by ticket."""
    rows = Entry.objects.filter(ticket__in=tickets, kind=EntryKind.REPLY, agent__isnull=False)
    rows = rows.exclude(pk__in=apart_from)
    last = rows.order_by("ticket_id", "-id").distinct("ticket_id").select_related("agent")
    return {row.ticket_id: colleague for row in last if (colleague := _of(row.agent))}


def _account_managers(tickets: set[int]) -> dict[int, Colleague]:
    """The account managers of their owners' organisations, by ticket."""
    owners = dict(Ticket.objects.filter(pk__in=tickets).values_list("id", "user__address"))
    domains = {ticket: organisations.domain_of(address) for ticket, address in owners.items()}
    managers = organisations.managers(set(domains.values()))
    people = _agents(pk for pk in managers.values() if pk is not None)
    found = {ticket: people.get(managers.get(domain) or 0) for ticket, domain in domains.items()}
    return {ticket: colleague for ticket, colleague in found.items() if colleague is not None}


def _agents(ids: Iterable[int]) -> dict[int, Colleague]:
    return {row[0]: _colleague(row) for row in _columns(Agent.objects.filter(pk__in=set(ids)))} if ids else {}


def _columns(rows: QuerySet[Agent]) -> QuerySet[Agent, tuple[int, str, str, bool, bool]]:
    return rows.values_list("id", "name", "email", "is_active", "on_vacation")


def _teams(ids: set[int]) -> dict[int, tuple[Colleague | None, tuple[Colleague, ...]]]:
    if not ids:
        return {}
    rows = Team.objects.filter(pk__in=ids, is_active=True, has_alerts=True).select_related("lead")
    found = {}
    for row in rows.prefetch_related("members"):
        members = sorted(row.members.all(), key=lambda agent: agent.pk)
        found[row.pk] = (_of(row.lead), tuple(colleague for agent in members if (colleague := _of(agent))))
    return found
