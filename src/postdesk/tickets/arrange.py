"""How the desk is arranged, as values, and the operations that make it so: departments, help topics, new tickets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from postdesk.basics.changes import Change, differences
from postdesk.mailroom.models import Email
from postdesk.people import audit
from postdesk.people.models import Agent
from postdesk.tickets.models import Department, HelpTopic, Membership, NewTicketSettings, TemplateSet


@dataclass(frozen=True, slots=True)
class DepartmentSetup:
    """One department; emails by address, "" for the system's default."""

    name: str
    outgoing_email: str = ""
    autoresponse_email: str = ""
    new_ticket_autoresponse: bool = True
    signature: str = ""
    template_set: str = ""
    active: bool = True
    default: bool = False


@dataclass(frozen=True, slots=True)
class HelpTopicSetup:
    """One help topic; department by name, "" and priority "" for the system's default."""

    name: str
    department: str = ""
    priority: str = ""
    autoresponse: bool = True
    active: bool = True


@dataclass(frozen=True, slots=True)
class NewTicketSetup:
    """Account tab, New Ticket Settings; names, "" for the system's default."""

    department: str = ""
    help_topic: str = ""
    priority: str = ""
    autoresponse: bool = True


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
    )


def help_topic_setup(row: HelpTopic) -> HelpTopicSetup:
    """The help topic as stored."""
    department = row.department.name if row.department else ""
    return HelpTopicSetup(row.name, department, row.priority, row.autoresponse, row.is_active)


def new_ticket_setup(row: NewTicketSettings) -> NewTicketSetup:
    """The settings as stored."""
    return NewTicketSetup(
        department=row.department.name if row.department else "",
        help_topic=row.help_topic.name if row.help_topic else "",
        priority=row.priority,
        autoresponse=row.autoresponse,
    )


def save_department(row: Department | None, setup: DepartmentSetup) -> tuple[Department, tuple[Change, ...]]:
    """Make or change a department; a new default takes the place of the old one. Emails named must exist."""
    changes = differences(department_setup(row), setup) if row else ()
    if row and not changes:
        return row, ()
    row = row or Department(name=setup.name)
    row.outgoing_email = _email(setup.outgoing_email)
    row.autoresponse_email = _email(setup.autoresponse_email)
    row.new_ticket_autoresponse, row.signature = setup.new_ticket_autoresponse, setup.signature
    row.template_set = _template_set(setup.template_set)
    row.is_active, row.is_default = setup.active, setup.default
    if setup.default:
        Department.objects.filter(is_default=True).exclude(pk=row.pk).update(is_default=False)
    row.save()
    return row, changes


def save_help_topic(row: HelpTopic | None, setup: HelpTopicSetup) -> tuple[HelpTopic, tuple[Change, ...]]:
    """Make or change a help topic. The department named must exist."""
    changes = differences(help_topic_setup(row), setup) if row else ()
    if row and not changes:
        return row, ()
    row = row or HelpTopic(name=setup.name)
    row.department = _department(setup.department)
    row.priority, row.autoresponse, row.is_active = setup.priority, setup.autoresponse, setup.active
    row.save()
    return row, changes


def save_new_tickets(email: Email, setup: NewTicketSetup, *, by: audit.Actor, at: dt.datetime) -> tuple[Change, ...]:
    """Say what mail to an address becomes. Returns what changed (nothing for a new address)."""
    row: NewTicketSettings | None = getattr(email, "new_tickets", None)
    before = new_ticket_setup(row) if row else None
    changes = differences(before, setup) if before else ()
    if row and not changes:
        return ()
    row = row or NewTicketSettings(email=email)
    row.department = _department(setup.department)
    row.help_topic = HelpTopic.objects.get(name=setup.help_topic) if setup.help_topic else None
    row.priority, row.autoresponse = setup.priority, setup.autoresponse
    row.save()
    if before:
        old, new = audit.values(before), audit.values(setup)
        audit.record(by=by, at=at, verb="changed", of=row, label=email.address, before=old, after=new)
    return changes


def save_memberships(agent: Agent, departments: Iterable[str]) -> tuple[Change, ...]:
    """Let an agent work in exactly these departments. Returns what changed."""
    wanted = tuple(sorted(set(departments)))
    rows = Membership.objects.filter(agent=agent)
    present = tuple(sorted(rows.values_list("department__name", flat=True)))
    if present == wanted:
        return ()
    rows.exclude(department__name__in=wanted).delete()
    added = Department.objects.filter(name__in=set(wanted) - set(present))
    Membership.objects.bulk_create(Membership(agent=agent, department=department) for department in added)
    return (Change("departments", present, wanted),)


def _email(address: str) -> Email | None:
    return Email.objects.get(address__iexact=address) if address else None


def _template_set(name: str) -> TemplateSet | None:
    return TemplateSet.objects.get(name__iexact=name) if name else None


def _department(name: str) -> Department | None:
    return Department.objects.get(name=name) if name else None
