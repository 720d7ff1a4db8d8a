"""The desk as it is, read once in a handful of queries: the rows, found by what the file knows them by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Model, QuerySet

from postdesk.flow.desk_file.key import Refers
from postdesk.mailroom.models import Email, MailSettings
from postdesk.mailroom.preferences import locked_settings
from postdesk.people.models import Agent, Role, Team
from postdesk.tickets.models import Department, HelpTopic, NoticeSettings, Schedule, SlaPlan, TemplateSet
from postdesk.tickets.notice_preferences import notice_settings


@dataclass(frozen=True, slots=True)
class Present:
    """Rows by name; addresses in lower case."""

    settings: MailSettings
    emails: dict[str, Email]
    departments: dict[str, Department]
    help_topics: dict[str, HelpTopic]
    agents: dict[str, Agent]
    notices: NoticeSettings
    #: By name in lower case.
    template_sets: dict[str, TemplateSet]
    #: Names in lower case of what else can be named (NAMES).
    names: dict[Refers, frozenset[str]]


NAMES: Final[tuple[Refers, ...]] = ("team", "role", "sla", "schedule")


def _rows() -> dict[Refers, QuerySet[Any]]:
    models: tuple[type[Model], ...] = (Team, Role, SlaPlan, Schedule)
    return {kind: model._default_manager.all() for kind, model in zip(NAMES, models, strict=True)}


def present() -> Present:
    """Read the desk and hold its settings, so that two files are applied one after the other. In a transaction."""
    settings = locked_settings()
    joined = (
        *("mailbox__credential", "mailbox__authorisation", "smtp__credential", "smtp__authorisation"),
        *("new_tickets__department", "new_tickets__help_topic"),
    )
    emails = Email.objects.select_related(*joined)
    departments = Department.objects.select_related(
        "outgoing_email", "autoresponse_email", "template_set", "manager", "sla", "schedule"
    )
    return Present(
        settings=settings,
        emails={email.address.lower(): email for email in emails},
        departments={row.name: row for row in departments},
        help_topics={row.name: row for row in HelpTopic.objects.select_related("department", "sla", "agent", "team")},
        agents={agent.email: agent for agent in Agent.objects.all()},
        notices=notice_settings(),
        names={kind: frozenset(map(str.lower, rows.values_list("name", flat=True))) for kind, rows in _rows().items()},
        template_sets={row.name.lower(): row for row in TemplateSet.objects.prefetch_related("templates")},
    )
