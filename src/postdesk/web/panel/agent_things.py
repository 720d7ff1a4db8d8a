"""Staff: agents, and where each of them works."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar, Final

from django import forms
from django.db.models import QuerySet

from postdesk.flow.desk_file import keys
from postdesk.people.models import Agent, DefaultSignature, FromName, Role
from postdesk.people.staff import AgentSetup, agent_setup, delete_agent
from postdesk.tickets.memberships import MembershipSetup, memberships_of, save_staff
from postdesk.tickets.models import Department
from postdesk.web.panel.choices import notes, switch, words
from postdesk.web.panel.things import Thing
from postdesk.web.shared.forms import SecretField, Section
from postdesk.web.shared.keyed import KeyedForm
from postdesk.web.shared.tables import Column, Empty

Row = Any


class AgentForm(KeyedForm):
    """An agent, and a line for each department: whether they work there, in which role."""

    desk_section = keys.AGENT
    takes_row = True
    sections: ClassVar = (
        Section("Agent", (("name", "email"), "password", "admin", "active", "vacation", "notes")),
        Section("Replies", (("from_name", "default_signature"), "signature")),
    )
    name = forms.CharField(max_length=120)
    email = forms.CharField(
        max_length=254, label="Email address", help_text="They sign in with it; not one of the desk's."
    )
    admin = switch("Administrator", "May do everything, in all departments, and use the Admin Panel.")
    active = switch("Active", "May sign in.", initial=True)
    vacation = switch("On vacation", "Sent no alerts, and not offered when tickets are assigned.")
    from_name = forms.ChoiceField(label="Reply From name", choices=FromName.choices, initial=FromName.EMAIL)
    default_signature = forms.ChoiceField(
        label="Default signature", choices=DefaultSignature.choices, initial=DefaultSignature.DEPARTMENT
    )
    signature = words("Signature", rows=4)
    notes = notes()
    primary = forms.CharField(required=False)

    def __init__(self, *args: Any, row: Agent | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["password"] = SecretField(
            set_at=row.created_at if row is not None and row.has_usable_password() else None,
            help_text="Eight characters at least. Without one a new agent cannot sign in.",
        )
        have = {one.department: one for one in memberships_of(row)} if row is not None else {}
        self.departments = list(Department.objects.all())
        roles = [(role.name, role.name) for role in Role.objects.filter(is_active=True)]
        for department in self.departments:
            one, pk = have.get(department.name), department.pk
            role = one.role if one else MembershipSetup("").role
            choices = roles if not one or (role, role) in roles else [*roles, (role, f"{role} (not active)")]
            self.fields[f"in_{pk}"] = forms.BooleanField(required=False, initial=one is not None)
            self.fields[f"role_{pk}"] = forms.ChoiceField(required=False, choices=choices, initial=role)
            self.fields[f"alerts_{pk}"] = forms.BooleanField(required=False, initial=one.alerts if one else True)
            if one and one.primary:
                self.initial["primary"] = str(pk)

    def laid_out(self) -> list[Any]:
        """Without the lines of departments, which the template draws as a table."""
        return [self._laid(section) for section in self.sections]

    def lines(self) -> list[dict[str, Any]]:
        """A line of the table for each department."""
        primary = str(self["primary"].value() or "")
        return [
            {
                "department": one,
                "works": self[f"in_{one.pk}"],
                "role": self[f"role_{one.pk}"],
                "alerts": self[f"alerts_{one.pk}"],
                "is_primary": primary == str(one.pk),
            }
            for one in self.departments
        ]

    def access_errors(self) -> list[str]:
        """What is wrong with the table, gathered from all its boxes."""
        return [str(error) for name in self.errors for error in self.errors[name] if name.startswith(("role_", "in_"))]

    def chosen(self) -> list[MembershipSetup]:
        """The departments ticked."""
        values = self.cleaned_data
        return [
            MembershipSetup(
                one.name, values[f"role_{one.pk}"], values["primary"] == str(one.pk), values[f"alerts_{one.pk}"]
            )
            for one in self.departments
            if values[f"in_{one.pk}"]
        ]

    def clean(self) -> dict[str, Any]:
        """The table's boxes become one value."""
        values = super().clean() or self.cleaned_data
        if not self.errors:
            values["departments"] = self.chosen()
        return values


def _wanted_agent(row: Row, values: dict[str, Any]) -> tuple[AgentSetup, list[MembershipSetup]]:
    known = {name: values[name] for name in AgentSetup.__slots__ if name in values}
    return AgentSetup(**{**known, "password": values["password"] or None}), values["departments"]


def _save_agent(row: Agent | None, wanted: Any, *, by: Agent, at: dt.datetime, **more: Any) -> tuple[Agent, Any]:
    """From the form with departments; from the bulk acts without, which leaves those alone."""
    setup, departments = wanted if isinstance(wanted, tuple) else (wanted, memberships_of(row) if row else ())
    return save_staff(row, setup, departments, by=by, at=at)


def _agent_consequences(row: Agent) -> list[str]:
    tickets = row.tickets.filter(status="open").count()
    found = ["What they wrote stays, under their name."]
    return [*found, f"Their open tickets ({tickets}) are nobody's then."] if tickets else found


def _agents() -> QuerySet[Agent]:
    return Agent.objects.prefetch_related("memberships__department", "memberships__role")


AGENTS: Final = Thing(
    "agents",
    "agent",
    "panel/agents",
    "Agents",
    "agent",
    "Everybody who works the desk.",
    Empty("No agents", "Agents answer tickets.", "Add agent", "agent-new", "person"),
    _agents,
    (
        Column("name", "Agent", ("name",)),
        Column("departments", "Departments"),
        Column("admin", "Administrator", ("is_admin",)),
        Column("last", "Last sign-in", ("last_login",)),
        Column("status", "Status", ("is_active",)),
    ),
    AgentForm,
    agent_setup,
    _wanted_agent,
    _save_agent,
    delete_agent,
    _agent_consequences,
    search=("name__icontains", "email__icontains"),
    form_template="panel/staff/agent.html",
)
