"""Close, reopen and assign a ticket."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.db import transaction

from postdesk.basics.errors import Refused
from postdesk.people.models import Agent, Team
from postdesk.tickets import alerts, promises
from postdesk.tickets.alerts import Occasion
from postdesk.tickets.circles import Placed
from postdesk.tickets.models import Department, Event, Membership, Ticket
from postdesk.tickets.models.ticket import Status
from postdesk.tickets.notices import Person, Scene
from postdesk.tickets.scenes import person, scene_of
from postdesk.tickets.voice import voice


@transaction.atomic
def close(ticket: Ticket, *, by: Agent, at: dt.datetime) -> None:
    """Refused when it is closed already."""
    ticket = locked(ticket)
    if ticket.status == Status.CLOSED:
        raise Refused(f"Ticket #{ticket.number} is closed already.")
    ticket.status, ticket.closed_at, ticket.waiting_since, ticket.updated_at = Status.CLOSED, at, None, at
    ticket.due_at = ticket.overdue_at = None
    ticket.save(update_fields=["status", "closed_at", "waiting_since", "updated_at", "due_at", "overdue_at"])
    Event.objects.create(ticket=ticket, name="ticket.closed", at=at, agent=by)


@transaction.atomic
def reopen(ticket: Ticket, *, by: Agent, at: dt.datetime) -> None:
    """Refused when it is open. The user is taken to wait from now on, unless the last word was ours."""
    ticket = locked(ticket)
    if ticket.status == Status.OPEN:
        raise Refused(f"Ticket #{ticket.number} is open already.")
    ticket.status, ticket.closed_at, ticket.updated_at = Status.OPEN, None, at
    ticket.waiting_since = None if ticket.is_answered else at
    promises.recount(ticket)
    ticket.save(update_fields=["status", "closed_at", "waiting_since", "updated_at", "due_at", "overdue_at"])
    Event.objects.create(ticket=ticket, name="ticket.reopened", at=at, agent=by)


@transaction.atomic
def assign(ticket: Ticket, *, to: Agent | Team | None, by: Agent, at: dt.datetime) -> None:
    """Give the ticket to an agent, to a team, or to nobody.

    An agent takes it out of no team's hands; a team takes it from the agent who had it. Nobody: from both. Refused
    for whoever is not active.
    """
    ticket = locked(ticket)
    if to is not None and not to.is_active:
        raise Refused(f"{to.name} is not active and cannot be given tickets.")
    agent = to.pk if isinstance(to, Agent) else None
    team = ticket.team_id if isinstance(to, Agent) else (to.pk if to else None)
    if (ticket.assignee_id, ticket.team_id) == (agent, team):
        return
    ticket.assignee_id, ticket.team_id, ticket.updated_at = agent, team, at
    ticket.save(update_fields=["assignee", "team", "updated_at"])
    name = "ticket.assigned" if to else "ticket.unassigned"
    data: dict[str, object] = {"to": to.name if to else ""}
    if to is not None:
        data["team" if isinstance(to, Team) else "agent"] = to.pk
    Event.objects.create(ticket=ticket, name=name, at=at, agent=by, data=data)
    if to is not None:
        # Of an agent's ticket the team hears nothing, and the other way round.
        placed = Placed(ticket.pk, ticket.department_id, agent, team if isinstance(to, Team) else None)
        given = Person(to.name, to.email if isinstance(to, Agent) else "")
        _tell("assigned_alert", ticket, placed, Scene(assignee=given, assigner=person(by)), by=by, at=at)


@transaction.atomic
def transfer(ticket: Ticket, *, to: Department, by: Agent, at: dt.datetime) -> None:
    """Move the ticket to another department. Who had it keeps it if they work there; its SLA plan gives way to the
    new department's when it is transient, or when it has none. Refused for a department that is not active."""
    ticket = locked(ticket)
    if to.pk == ticket.department_id:
        raise Refused(f"Ticket #{ticket.number} is in {to.name} already.")
    if not to.is_active:
        raise Refused(f"The department {to.name} is not active.")
    before = ticket.department
    ticket.department, ticket.updated_at = to, at
    if ticket.assignee is not None and not _works_in(ticket.assignee, to):
        ticket.assignee = None
    if ticket.sla is None or ticket.sla.is_transient:
        ticket.sla_id = promises.plan_for(to, ticket.help_topic)
    promises.recount(ticket)
    ticket.save(update_fields=["department", "assignee", "sla", "due_at", "overdue_at", "updated_at"])
    data: dict[str, object] = {"from": before.name, "to": to.name, "from_id": before.pk, "to_id": to.pk}
    Event.objects.create(ticket=ticket, name="ticket.transferred", at=at, agent=by, data=data)
    _tell("transfer_alert", ticket, alerts.of(ticket), Scene(staff=person(by)), by=by, at=at)


def _tell(alert: str, ticket: Ticket, placed: Placed, scene: Scene, *, by: Agent, at: dt.datetime) -> None:
    """Tell whom the settings choose, never who did it."""
    speaking = voice()
    if speaking.listens(alert, ticket.department_id):
        about = replace(scene, ticket=scene_of(ticket, speaking))
        alerts.tell([Occasion(alert, placed, 0, about, by.pk, email=ticket.email_id)], at=at, speaking=speaking)


def _works_in(agent: Agent, department: Department) -> bool:
    return agent.is_admin or Membership.objects.filter(agent=agent, department=department).exists()


def locked(ticket: Ticket) -> Ticket:
    """The row as it is now, ours until the transaction ends."""
    return Ticket.objects.select_for_update().get(pk=ticket.pk)
