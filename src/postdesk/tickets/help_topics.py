"""Help topics as the administrator wants them: the values, what can be wrong with them, and the operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Agent, Team
from postdesk.people.naming import name_problems, refuse
from postdesk.tickets.models import Department, HelpTopic, NewTicketSettings, Priority, SlaPlan, Ticket


@dataclass(frozen=True, slots=True)
class HelpTopicSetup:
    """One help topic; the agent by address, the rest by name; "" for the system's default, or none."""

    name: str
    department: str = ""
    priority: str = ""
    autoresponse: bool = True
    active: bool = True
    sla: str = ""
    agent: str = ""
    team: str = ""
    archived: bool = False
    default: bool = False
    closes: bool = False
    notes: str = ""


def help_topic_setup(row: HelpTopic) -> HelpTopicSetup:
    """The help topic as stored."""
    return HelpTopicSetup(
        name=row.name,
        department=row.department.name if row.department else "",
        priority=row.priority,
        autoresponse=row.autoresponse,
        active=row.is_active,
        sla=row.sla.name if row.sla else "",
        agent=row.agent.email if row.agent else "",
        team=row.team.name if row.team else "",
        archived=row.is_archived,
        default=row.is_default,
        closes=row.closes,
        notes=row.notes,
    )


def help_topic_problems(row: HelpTopic | None, setup: HelpTopicSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field. What it names already may have become inactive meanwhile."""
    others = HelpTopic.objects.exclude(pk=row.pk) if row else HelpTopic.objects.all()
    yield from name_problems(others, setup.name, what="Help topic", longest=128)
    kept = help_topic_setup(row) if row else HelpTopicSetup("")
    named = (
        ("department", Department.objects.filter(name__iexact=setup.department), "department"),
        ("sla", SlaPlan.objects.filter(name__iexact=setup.sla), "SLA plan"),
        ("agent", Agent.objects.filter(email=setup.agent.lower()), "agent"),
        ("team", Team.objects.filter(name__iexact=setup.team), "team"),
    )
    for name, rows, what in named:
        value = getattr(setup, name)
        if value and value != getattr(kept, name) and not rows.filter(is_active=True).exists():
            yield Invalid(name, f"There is no active {what} “{value}”")
    if setup.priority and setup.priority not in Priority.values:
        yield Invalid("priority", f"must be one of {', '.join(Priority.values)}")
    if setup.agent and setup.team:
        yield Invalid("team", "Assign an agent or a team, not both")
    if setup.archived and setup.active:
        yield Invalid("archived", "An archived help topic is not active: say which of the two it is")
    if setup.default and not setup.active:
        yield Invalid("active", "The default help topic must be active")


@transaction.atomic
def save_help_topic(
    row: HelpTopic | None, setup: HelpTopicSetup, *, by: Actor, at: dt.datetime
) -> tuple[HelpTopic, tuple[Change, ...]]:
    """Make or change a help topic; a new default takes the old one's place. Returns what changed. Raises Problems."""
    refuse(help_topic_problems(row, setup))
    setup = replace(setup, name=setup.name.strip(), agent=setup.agent.lower())
    before = help_topic_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or HelpTopic()
    made.name, made.priority, made.autoresponse, made.notes = (
        setup.name,
        setup.priority,
        setup.autoresponse,
        setup.notes,
    )
    made.department = Department.objects.get(name__iexact=setup.department) if setup.department else None
    made.sla = SlaPlan.objects.get(name__iexact=setup.sla) if setup.sla else None
    made.agent = Agent.objects.get(email=setup.agent) if setup.agent else None
    made.team = Team.objects.get(name__iexact=setup.team) if setup.team else None
    made.is_active, made.is_archived = setup.active, setup.archived
    made.is_default, made.closes = setup.default, setup.closes
    if setup.default:
        HelpTopic.objects.filter(is_default=True).exclude(pk=made.pk).update(is_default=False)
    made.save()
    audit.saved(made, made.name, before, setup, by=by, at=at)
    return made, changes


def warnings(row: HelpTopic) -> list[str]:
    """What it names that is not active any more (row A4), in sentences."""
    named = (("department", row.department), ("SLA plan", row.sla), ("agent", row.agent), ("team", row.team))
    return [f"The {what} {one} is not active and is passed over." for what, one in named if one and not one.is_active]


def consequences(row: HelpTopic) -> list[str]:
    """What deleting the topic would do, in sentences."""
    found = [
        f"New mail to {address} has no help topic any more."
        for address in NewTicketSettings.objects.filter(help_topic=row).values_list("email__address", flat=True)
    ]
    tickets = Ticket.objects.filter(help_topic=row).count()
    if tickets:
        found.append(f"{tickets} ticket{'s' if tickets > 1 else ''} lose{'' if tickets > 1 else 's'} it.")
    return found


@transaction.atomic
def delete_help_topic(row: HelpTopic, *, by: Actor, at: dt.datetime) -> None:
    """Tickets and addresses that name it name none then."""
    audit.deleted(row, row.name, help_topic_setup(row), by=by, at=at)
    row.delete()
