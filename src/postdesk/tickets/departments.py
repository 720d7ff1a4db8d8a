"""Departments as the administrator wants them: the values, what can be wrong with them, and the operations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import transaction

from postdesk.basics.changes import Change, differences
from postdesk.basics.errors import Invalid, Refused
from postdesk.mailroom.models import Email
from postdesk.people import audit
from postdesk.people.audit import Actor
from postdesk.people.models import Agent
from postdesk.people.naming import name_problems, refuse
from postdesk.tickets.models import (
    Department,
    Event,
    HelpTopic,
    NewTicketSettings,
    Recipients,
    Schedule,
    SlaPlan,
    TemplateSet,
    Ticket,
)


@dataclass(frozen=True, slots=True)
class DepartmentSetup:
    """One department; emails and the manager by address, the rest by name; "" for the system's default, or none."""

    name: str
    outgoing_email: str = ""
    autoresponse_email: str = ""
    new_ticket_autoresponse: bool = True
    signature: str = ""
    template_set: str = ""
    active: bool = True
    default: bool = False
    new_message_autoresponse: bool = True
    public: bool = True
    manager: str = ""
    alert_recipients: str = "members"
    sla: str = ""
    schedule: str = ""
    auto_claim: bool = True
    archived: bool = False
    notes: str = ""


def department_setup(row: Department) -> DepartmentSetup:
    """The department as stored."""
    return DepartmentSetup(
        name=row.name,
        outgoing_email=row.outgoing_email.address if row.outgoing_email else "",
        autoresponse_email=row.autoresponse_email.address if row.autoresponse_email else "",
        new_ticket_autoresponse=row.new_ticket_autoresponse,
        signature=row.signature,
        template_set=row.template_set.name if row.template_set else "",
        active=row.is_active,
        default=row.is_default,
        new_message_autoresponse=row.new_message_autoresponse,
        public=row.is_public,
        manager=row.manager.email if row.manager else "",
        alert_recipients=row.alert_recipients,
        sla=row.sla.name if row.sla else "",
        schedule=row.schedule.name if row.schedule else "",
        auto_claim=row.auto_claim,
        archived=row.is_archived,
        notes=row.notes,
    )


def department_problems(row: Department | None, setup: DepartmentSetup) -> Iterator[Invalid]:
    """Everything that is wrong, each with its field (texts of osticket.md 6)."""
    others = Department.objects.exclude(pk=row.pk) if row else Department.objects.all()
    yield from name_problems(others, setup.name, what="Department", longest=128)
    for name in ("outgoing_email", "autoresponse_email"):
        address = getattr(setup, name)
        if address and not Email.objects.filter(address__iexact=address).exists():
            yield Invalid(name, f"Unknown System Email: {address}")
    yield from _named_problems(row, setup)
    if setup.archived and setup.active:
        yield Invalid("archived", "An archived department is not active: say which of the two it is")
    if setup.default and not setup.active:
        yield Invalid("active", "The default department must be active")
    if row is not None and row.is_default and not setup.default and not others.filter(is_default=True).exists():
        yield Invalid("default", "One department must be the default: make another one the default instead")


def _named_problems(row: Department | None, setup: DepartmentSetup) -> Iterator[Invalid]:
    if setup.template_set and not TemplateSet.objects.filter(name__iexact=setup.template_set, is_active=True).exists():
        yield Invalid("template_set", f"Unknown Template Set: {setup.template_set}")
    managed = row.manager.email if row and row.manager else ""
    agents = Agent.objects.filter(email=setup.manager.lower(), is_active=True)
    if setup.manager and setup.manager != managed and not agents.exists():
        yield Invalid("manager", f"{setup.manager} is no active agent")
    if setup.alert_recipients not in Recipients.values:
        yield Invalid("alert_recipients", f"must be one of {', '.join(Recipients.values)}")
    kept = row.sla.name if row and row.sla else ""
    if setup.sla and setup.sla != kept and not SlaPlan.objects.filter(name__iexact=setup.sla, is_active=True).exists():
        yield Invalid("sla", f"There is no active SLA plan “{setup.sla}”")
    if setup.schedule and not Schedule.objects.filter(name__iexact=setup.schedule).exists():
        yield Invalid("schedule", f"There is no schedule “{setup.schedule}”")


@transaction.atomic
def save_department(
    row: Department | None, setup: DepartmentSetup, *, by: Actor, at: dt.datetime
) -> tuple[Department, tuple[Change, ...]]:
    """Make or change a department; a new default takes the place of the old one. Returns what changed (nothing for a
    new one). Raises Problems."""
    refuse(department_problems(row, setup))
    setup = replace(setup, name=setup.name.strip(), manager=setup.manager.lower())
    before = department_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row is not None and not changes:
        return row, ()
    made = row or Department()
    made.name, made.signature, made.is_public, made.notes = setup.name, setup.signature, setup.public, setup.notes
    made.outgoing_email = _email(setup.outgoing_email)
    made.autoresponse_email = _email(setup.autoresponse_email)
    made.new_ticket_autoresponse = setup.new_ticket_autoresponse
    made.new_message_autoresponse = setup.new_message_autoresponse
    made.template_set = TemplateSet.objects.get(name__iexact=setup.template_set) if setup.template_set else None
    made.manager = Agent.objects.get(email=setup.manager) if setup.manager else None
    made.alert_recipients, made.auto_claim = setup.alert_recipients, setup.auto_claim
    made.sla = SlaPlan.objects.get(name__iexact=setup.sla) if setup.sla else None
    made.schedule = Schedule.objects.get(name__iexact=setup.schedule) if setup.schedule else None
    made.is_active, made.is_archived, made.is_default = setup.active, setup.archived, setup.default
    if setup.default:
        Department.objects.filter(is_default=True).exclude(pk=made.pk).update(is_default=False)
    made.save()
    audit.saved(made, made.name, before, setup, by=by, at=at)
    return made, changes


def consequences(row: Department) -> list[str]:
    """What deleting the department would do, in sentences."""
    default = Department.objects.filter(is_default=True).first()
    tickets = Ticket.objects.filter(department=row).count()
    emails = list(NewTicketSettings.objects.filter(department=row).values_list("email__address", flat=True))
    topics = list(HelpTopic.objects.filter(department=row).values_list("name", flat=True))
    agents = row.agents.count()
    found = []
    if tickets:
        found.append(f"Its tickets ({tickets}) move to {default}.")
    found += [f"New mail to {address} goes to the default department." for address in emails]
    found += [f"Tickets of the help topic {name} go to the default department." for name in topics]
    if agents:
        found.append(f"{agents} agent{'s' if agents > 1 else ''} no longer work{'' if agents > 1 else 's'} in it.")
    return found


@transaction.atomic
def delete_department(row: Department, *, by: Actor, at: dt.datetime) -> None:
    """Its tickets move to the default department; its addresses, topics and filters name none. Refused for the
    default department itself."""
    row = Department.objects.select_for_update().get(pk=row.pk)
    default = Department.objects.filter(is_default=True).exclude(pk=row.pk).first()
    if default is None:
        raise Refused(
            f"{row.name} is the default department and cannot be deleted: make another one the default first."
        )
    audit.deleted(row, row.name, department_setup(row), by=by, at=at)
    moved = list(Ticket.objects.filter(department=row).values_list("pk", flat=True))
    Ticket.objects.filter(pk__in=moved).update(department=default, updated_at=at)
    agent = by if isinstance(by, Agent) else None
    data: dict[str, object] = {"from": row.name, "to": default.name, "to_id": default.pk}
    Event.objects.bulk_create(
        (Event(ticket_id=pk, name="ticket.moved", at=at, agent=agent, data=data) for pk in moved), batch_size=1000
    )
    row.delete()


def _email(address: str) -> Email | None:
    return Email.objects.get(address__iexact=address) if address else None
