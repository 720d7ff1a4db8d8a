"""Staff: teams, roles, departments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from django import forms
from django.db.models import Count

from postdesk.flow.desk_file import keys
from postdesk.mailroom.models import Email
from postdesk.people.models import Agent, Role, Team
from postdesk.people.permissions import GRANTS
from postdesk.people.roles import RoleSetup, agents_of, delete_role, role_setup, save_role
from postdesk.people.teams import TeamSetup, delete_team, save_team, team_setup
from postdesk.tickets.departments import (
    DepartmentSetup,
    consequences,
    delete_department,
    department_setup,
    save_department,
)
from postdesk.tickets.models import Department, Recipients, Schedule, SlaPlan, TemplateSet, Ticket
from postdesk.web.panel.choices import (
    STATUS,
    ChoosingForm,
    Options,
    chooser,
    names,
    notes,
    people,
    status_of,
    switch,
    with_status,
    words,
)
from postdesk.web.panel.things import Thing
from postdesk.web.shared.forms import Section
from postdesk.web.shared.keyed import KeyedForm
from postdesk.web.shared.tables import Column, Empty

Row = Any


class RoleForm(KeyedForm):
    desk_section = keys.ROLE
    sections: ClassVar = (Section("Role", ("name", "active", "permissions", "notes")),)
    name = forms.CharField(max_length=64)
    active = switch("Active", "A role that is not grants nothing, and cannot be given.", initial=True)
    permissions = forms.MultipleChoiceField(
        label="Permissions",
        required=False,
        choices=[(one.verb, f"{one.group}: {one.label}. {one.sentence}") for one in GRANTS],
        widget=forms.CheckboxSelectMultiple,
        help_text="In the departments where an agent has this role. Reading tickets comes with working there.",
    )
    notes = notes()


def _wanted_role(row: Row, values: dict[str, Any]) -> RoleSetup:
    return RoleSetup(**{**values, "permissions": tuple(values["permissions"])})


ROLES: Final = Thing(
    "roles",
    "role",
    "panel/roles",
    "Roles",
    "role",
    "What agents may do with the tickets of a department. An agent can have another role in each.",
    Empty("No roles", "Without a role agents may only read.", "Add role", "role-new", "lock"),
    lambda: Role.objects.annotate(used=Count("memberships__agent", distinct=True)),
    (
        Column("name", "Role", ("name",)),
        Column("used", "Agents", ("used",), is_number=True),
        Column("status", "Status", ("is_active",)),
    ),
    RoleForm,
    role_setup,
    _wanted_role,
    save_role,
    delete_role,
    lambda row: [f"{name} has it: give them another one first." for name in agents_of(row)],
    list_template="panel/staff/roles.html",
)


class TeamForm(ChoosingForm):
    desk_section = keys.TEAM
    sections: ClassVar = (Section("Team", ("name", "active", "lead", "members", "alerts", "notes")),)
    name = forms.CharField(max_length=125)
    active = switch("Active", "Whether it can be given tickets.", initial=True)
    lead = chooser("Team lead", "Is told first; need not be a member.")
    members = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    alerts = switch(
        "Alerts", "Tell its lead and members of tickets it is given, as Alerts & Notices say.", initial=True
    )
    notes = notes()

    def sources(self) -> dict[str, Options]:
        agents = list(Agent.objects.filter(is_active=True))
        return {"lead": people(agents, "Nobody"), "members": people(agents)}


def _wanted_team(row: Row, values: dict[str, Any]) -> TeamSetup:
    return TeamSetup(**{**values, "members": tuple(values["members"])})


def _team_consequences(row: Team) -> list[str]:
    tickets = Ticket.objects.filter(team=row).count()
    return [f"Its tickets ({tickets}) are no team's any more."] if tickets else []


TEAMS: Final = Thing(
    "teams",
    "team",
    "panel/teams",
    "Teams",
    "team",
    "Agents of any departments who can be given a ticket together.",
    Empty("No teams yet", "A team can be given a ticket; one of them then takes it.", "Add team", "team-new", "team"),
    lambda: Team.objects.select_related("lead").annotate(size=Count("members", distinct=True)),
    (
        Column("name", "Team", ("name",)),
        Column("lead", "Lead", ("lead__name",)),
        Column("size", "Members", ("size",), is_number=True),
        Column("status", "Status", ("is_active",)),
    ),
    TeamForm,
    team_setup,
    _wanted_team,
    save_team,
    delete_team,
    _team_consequences,
)


class DepartmentForm(ChoosingForm):
    desk_section = keys.DEPARTMENT
    sections: ClassVar = (
        Section("Department", ("name", "status", "default", "public", "manager", "notes")),
        Section("Promise", (("sla", "schedule"),), "By when its tickets are answered, and in which hours."),
        Section("Outgoing Email", ("outgoing_email", "template_set")),
        Section(
            "Autoresponder",
            ("new_ticket_autoresponse", "new_message_autoresponse", "autoresponse_email"),
            "Settings > Autoresponder and each email can switch them off as well.",
        ),
        Section("Alerts & Notices", ("alert_recipients",)),
        Section("Tickets", ("auto_claim",)),
        Section("Signature", ("signature",), "Stands below replies and auto-responses while the department is public."),
    )
    name = forms.CharField(max_length=128)
    status = forms.ChoiceField(choices=STATUS, help_text="Archived: answers to its closed tickets open new ones.")
    default = switch(
        "Default department", "Gets what nothing else routes. Making it the default ends the other's being it."
    )
    public = switch("Public", "Users may see its name and its signature.", initial=True)
    manager = chooser("Manager")
    sla = chooser("SLA Plan")
    schedule = chooser("Business hours")
    outgoing_email = chooser("Outgoing Email", "Agents' replies and alerts leave from it.")
    template_set = chooser("Template set")
    new_ticket_autoresponse = switch("New ticket", "Tell people that their ticket was opened.", initial=True)
    new_message_autoresponse = switch("New message", "Confirm what people add to their tickets.", initial=True)
    autoresponse_email = chooser("Auto-Response Email", "Auto-responses leave from it.")
    alert_recipients = forms.ChoiceField(label="Recipients", choices=Recipients.choices, initial=Recipients.MEMBERS)
    auto_claim = switch("Claim on reply", "Give a ticket that is nobody's to whoever answers it.", initial=True)
    signature = words("Signature", rows=4)
    notes = notes()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["status"] = status_of(dict(self.initial))

    def sources(self) -> dict[str, Options]:
        emails = [(email.address, str(email)) for email in Email.objects.all()]
        return {
            "manager": people(Agent.objects.filter(is_active=True), "Nobody"),
            "sla": names(SlaPlan.objects.filter(is_active=True), "System default"),
            "schedule": names(Schedule.objects.all(), "Around the clock"),
            "outgoing_email": [("", "The ticket's, or the system default"), *emails],
            "autoresponse_email": [("", "The outgoing email"), *emails],
            "template_set": names(TemplateSet.objects.filter(is_active=True), "System default"),
        }


def _wanted_department(row: Row, values: dict[str, Any]) -> DepartmentSetup:
    return DepartmentSetup(**with_status(dict(values)))


def _protected_departments() -> dict[Any, str]:
    default = Department.objects.filter(is_default=True).values_list("pk", flat=True)
    return dict.fromkeys(default, "The default department cannot be deleted or switched off.")


DEPARTMENTS: Final = Thing(
    "departments",
    "department",
    "panel/departments",
    "Departments",
    "department",
    "Parts of the desk, each with its agents, addresses, signature and promise.",
    Empty("No departments", "Tickets belong to departments.", "Add department", "department-new", "inbox"),
    lambda: Department.objects.select_related("outgoing_email", "manager", "sla").annotate(
        size=Count("membership", distinct=True)
    ),
    (
        Column("name", "Department", ("name",)),
        Column("email", "Outgoing Email", ("outgoing_email__address",)),
        Column("manager", "Manager", ("manager__name",)),
        Column("sla", "SLA Plan", ("sla__name",)),
        Column("size", "Agents", ("size",), is_number=True),
        Column("status", "Status", ("is_active",)),
    ),
    DepartmentForm,
    department_setup,
    _wanted_department,
    save_department,
    delete_department,
    consequences,
    protected=_protected_departments,
)


def role_table() -> Mapping[str, Any]:
    """Every role with every permission, for the table of boxes."""
    return {
        "grants": GRANTS,
        "groups": [
            (group, sum(one.group == group for one in GRANTS)) for group in dict.fromkeys(one.group for one in GRANTS)
        ],
        "lines": [(role, [(grant, grant.verb in role.verbs) for grant in GRANTS]) for role in Role.objects.all()],
    }


THINGS: Final = (TEAMS, replace(ROLES, more=role_table), DEPARTMENTS)
